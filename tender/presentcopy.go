package tender

import (
	"context"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// How many copies are taken, and how large.
const (
	largestCopy     = 128 << 10 // bytes of one file
	mostCopies      = 500       // in one incident
	mostCopiesEach  = 3         // of one bidder in one incident
	mostRefusalEach = 20        // refused copies of one bidder that are kept on record
)

// copied is a bidder's own copy that proves itself.
type copied struct {
	id      string // of the guarantee
	bytes   []byte
	digest  signing.Digest
	file    letter.File
	row     *guarantee.SealedLetter // nil: the platform has lost it
	lines   []letter.Line
	summary *LetterSummary
}

var (
	errForeignCopy  = party.Invalid("copy.lot", "file", "这份保函不是为本标段开立的；请选择本标段的保函副本")
	errNotApplicant = party.Invalid("copy.applicant", "file", "这份保函的申请人（联合体为牵头人）不是本单位；请由申请人本单位出示")
	errLateCopy     = party.Invalid("copy.late", "file", "平台回执载明的接收时间不早于投标截止时间，不能证明保函按时到达")
	errOtherCopy    = party.Conflict("copy.other", "本应急事件中已出示过同一保函的另一份副本；一份保函只认最先出示的副本，请联系交易中心")
	errPublicCopy   = party.Conflict("copy.public", "这份保函已在开标时正常公开，无须出示副本")
)

// PresentCopy takes a bidder's own copy of its letter into the incident of its lot that waits for a decision. The copy
// proves itself, from the bytes up: the guarantor's signature, the commitment, and the platform's own signed receipt of
// an instant before the deadline. That needs no row here, so it holds when the row is lost.
func (d *Desk) PresentCopy(ctx context.Context, cmd party.Command, lot string, b []byte) (answer Answer, err error) {
	if done, err := d.prior(ctx, cmd, &answer); err != nil || done {
		return answer, err
	}
	l, err := d.published(ctx, lot)
	if err != nil {
		return Answer{}, err
	}
	c, err := d.readCopy(l, cmd.Actor, b)
	if err != nil {
		return Answer{}, err
	}
	in, err := openIncident(ctx, d.Pool, lot)
	if err != nil {
		return Answer{}, err
	}
	if err := d.againstRow(ctx, l, c, cmd.Actor, in.ID); err != nil {
		return Answer{}, err
	}
	if err := d.examineCopy(ctx, l, c); err != nil {
		return Answer{}, err
	}
	return d.changeIncident(ctx, cmd, in.ID, func(t *incidentTurn) error { return t.present(ctx, c) })
}

// readCopy believes a copy only from its bytes, and only from the applicant that it names.
func (d *Desk) readCopy(l *Lot, by party.Actor, b []byte) (*copied, error) {
	if !by.Is(party.Bidder) {
		return nil, ErrNotFound
	}
	if len(b) == 0 || len(b) > largestCopy {
		return nil, party.Invalid("copy.size", "file", "请出示 baohan bidder letter 或 baohan unlock 写成的保函文件（.json），不超过 128 KB")
	}
	report := letter.VerifyFile(b, d.Trust, letter.Platform(d.ours()), letter.Deadline(l.End.Deadline))
	if i := slices.IndexFunc(report.Lines, failed); !report.OK && i >= 0 {
		return nil, party.Invalid("copy.not_genuine", "file", "副本核对不通过（"+report.Lines[i].Title()+"："+report.Lines[i].Words+"）；请出示未经改动的保函文件")
	}
	f, err := letter.ParseFile(b)
	if err != nil {
		return nil, refuse("copy", err)
	}
	r, err := d.letterReceipt(f.Receipt)
	switch {
	case err != nil:
		return nil, refuse("copy", err)
	case f.Reveal.Lot != l.Requirement.Lot || !l.madeFor(f.Reveal.Requirement):
		return nil, errForeignCopy
	case f.Reveal.Applicants[0].USCC != by.USCC:
		return nil, errNotApplicant
	case !r.AcceptedAt.Before(l.End.Deadline):
		return nil, errLateCopy
	}
	// Two copies of one letter differ in the log's proof, which each has of its own time; one is no contradiction of the
	// other. The receipt shows that the letter was in time; the proof is not needed for it.
	f = f.Bare()
	if b, err = f.Canonical(); err != nil {
		return nil, err
	}
	return &copied{id: r.Application, bytes: b, digest: signing.Sum(b), file: f}, nil
}

// failed tells the lines that make a verification fail. Lists of revoked certificates that nobody gave do not.
func failed(l letter.Line) bool {
	return l.Result == letter.ResultDoubtful || l.Result == letter.ResultUnknown && !strings.HasSuffix(l.Name, "revocation")
}

// againstRow finds the row of a copy, if there is one, and holds both against each other. A difference is kept on
// record: somebody lies, or the rows are wrong.
func (d *Desk) againstRow(ctx context.Context, l *Lot, c *copied, by party.Actor, incident string) error {
	rows, err := d.Guarantees.SealedLetters(ctx, []string{c.id})
	if err != nil || len(rows) == 0 {
		return err
	}
	c.row = &rows[0]
	if c.row.DisclosureState == guarantee.Disclosed || c.row.DisclosureState == guarantee.Accepted {
		return errPublicCopy
	}
	what := d.differs(l, c.row, c.file)
	if len(what) == 0 {
		return nil
	}
	if err := d.noteRefusedCopy(ctx, incident, c, by, what); err != nil {
		return err
	}
	return party.Conflict("copy.another", "副本与平台登记的"+strings.Join(what, "、")+"不一致，未予接受；此事已记录，请联系交易中心和平台查明")
}

// differs names what a row says otherwise than a copy.
func (d *Desk) differs(l *Lot, row *guarantee.SealedLetter, f letter.File) []string {
	what := row.Differs(f)
	if !row.Of(d.Guarantees.Tags, l.Lot.Project, l.Lot.Code) {
		what = append(what, "标段")
	}
	return what
}

// noteRefusedCopy keeps what did not fit, under the incident, for the centre and the supervisor.
func (d *Desk) noteRefusedCopy(ctx context.Context, incident string, c *copied, by party.Actor, what []string) error {
	_, err := d.changeIncident(ctx, party.Command{Actor: party.System()}, incident, func(t *incidentTurn) error {
		var n int
		err := t.tx.QueryRow(ctx, `SELECT count(*) FROM incident_event WHERE incident = @id AND kind = 'copy_refused' AND data ->> 'presenter' = @by`,
			pgx.NamedArgs{"id": t.in.ID, "by": by.USCC}).Scan(&n)
		if err != nil || n >= mostRefusalEach || t.in.State != IncidentReported {
			return err
		}
		return t.happened("copy_refused", map[string]any{"presenter": by.USCC, "letter": c.id, "file": c.digest, "differs": what})
	})
	return err
}

// present keeps the copy. The same one again changes nothing; another one of the same letter is refused.
func (t *incidentTurn) present(ctx context.Context, c *copied) error {
	if t.in.State != IncidentReported {
		return errDecided
	}
	same, err := t.presentedBefore(ctx, c)
	if err != nil || same {
		return err
	}
	if err := t.happened("present_copy", map[string]any{"letter": c.id, "file": c.digest}); err != nil {
		return err
	}
	summary, err := json.Marshal(c.summary)
	if err != nil {
		return err
	}
	lines, err := json.Marshal(c.lines)
	if err != nil {
		return err
	}
	_, err = t.tx.Exec(ctx, `INSERT INTO incident_copy (incident, letter, presenter, file, digest, here, result, summary, lines, presented_at)
		VALUES (@incident, @letter, @presenter, @file, @digest, @here, @result, @summary, @lines, @at)`, pgx.NamedArgs{
		"incident": t.in.ID, "letter": c.id, "presenter": t.actor.USCC, "file": c.bytes, "digest": c.digest[:], "here": c.row != nil,
		"result": result(c.lines), "summary": string(summary), "lines": string(lines), "at": t.now})
	return translate(err)
}

func (t *incidentTurn) presentedBefore(ctx context.Context, c *copied) (same bool, err error) {
	var other, accepted bool
	var own, all int
	err = t.tx.QueryRow(ctx, `SELECT coalesce(bool_or(letter = @letter AND digest = @digest), false), coalesce(bool_or(letter = @letter AND digest <> @digest), false),
		count(*) FILTER (WHERE presenter = @by), count(*), EXISTS (SELECT 1 FROM accepted_letter WHERE lot = @lot AND letter = @letter)
		FROM incident_copy WHERE incident = @id`, pgx.NamedArgs{"id": t.in.ID, "lot": t.in.Lot, "letter": c.id, "digest": c.digest[:],
		"by": t.actor.USCC}).Scan(&same, &other, &own, &all, &accepted)
	switch {
	case err != nil || same:
		return same, err
	case other:
		return false, errOtherCopy
	case accepted:
		return false, party.Conflict("copy.accepted", "这份保函已在本标段的应急事件中获得认可，无须再次出示")
	case own >= mostCopiesEach || all >= mostCopies:
		return false, party.Conflict("copy.count", "本应急事件中出示的副本已达上限；请联系交易中心")
	}
	return false, nil
}
