package tender

// OpeningPoints are the names of all steps of an opening, from the closing to the end of a session, in the order in which
// they may come. Each is called, by Config.At, when its transaction has committed and before anything else is done: a
// process that is killed at one finds the step done, and one that is killed before it finds the step not done.
var OpeningPoints = []string{
	"closed",         // the handing in has ended, and the closing's intent is on record
	"told_asking",    // the hall has been told: the custodians are asked for the bids
	"bids_signed",    // closing A
	"told_bids",      // the shares of the bids are here, in memory alone
	"told_letters",   // the bids are read
	"letters_listed", // the intent of closing B
	"letters_signed", // closing B
	"told_verifying", // the shares of the letters are here, in memory alone
	"published",      // list, letters and sheet are public; a session has begun
	"sheet_signed",   // the sheet of the opening
	"hall_attended",  // from here on: the verbs of a session
	"hall_ordered",
	"hall_refused", // what was refused is on record, in a transaction of its own
	"hall_decrypted",
	"hall_paused",
	"hall_resumed",
	"hall_extension_asked",
	"hall_extended",
	"hall_outage",  // every running window is longer by an outage of the platform
	"hall_settled", // the clock has done what it owed
	"hall_attributed",
	"hall_attribution_confirmed",
	"hall_read",
	"hall_line_confirmed",
	"hall_objected",
	"hall_answered",
	"hall_record",
	"hall_signed", // the last of these ends the session
}

func (d *Desk) at(point string) {
	if d.At != nil {
		d.At(point)
	}
}
