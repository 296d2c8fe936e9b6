package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

func hallPath(lot, verb string) string { return "/lots/" + url.PathEscape(lot) + "/hall" + verb }

// HallOf reads the session of a lot's remote opening. It is there once the opening is published, for its host, the centre,
// the supervisor and the bidders of the lot.
func (p *person) HallOf(ctx context.Context, lot string) (wire.Hall, error) {
	var h wire.Hall
	return h, p.get(ctx, hallPath(lot, ""), &h)
}

// Record reads an edition of the record of a remote opening; 0 is the newest. It holds the content against the digest.
func (p *person) Record(ctx context.Context, lot string, edition int) (wire.HallRecord, error) {
	path := hallPath(lot, "/record")
	if edition > 0 {
		path += fmt.Sprintf("?edition=%d", edition)
	}
	var r wire.HallRecord
	if err := p.get(ctx, path, &r); err != nil {
		return r, err
	}
	if letter.RecordContentDigest(r.Content) != r.Digest {
		return r, errors.New("client: the record is not the one of its digest")
	}
	return r, nil
}

// inHall commands something of a session that may be said again and is then another command: a second pause is one.
func (p *person) inHall(ctx context.Context, lot, verb string, in any) (wire.HallState, error) {
	var out wire.HallState
	return out, p.post(ctx, hallPath(lot, verb), "hall-"+newID(), in, &out)
}

// onceInHall is inHall for what can be said once only: saying it again is answered as the first time.
func (p *person) onceInHall(ctx context.Context, lot, verb string, in any) (wire.HallState, error) {
	body, err := wire.Write(in)
	if err != nil {
		return wire.HallState{}, err
	}
	var out wire.HallState
	return out, p.post(ctx, hallPath(lot, verb), keyOf("hall", append([]byte(lot+verb), body...)), in, &out)
}

// SignRecord signs the newest edition of the record as it was read, and hands the signature in. Whoever signs has read it:
// the content is checked first, and a bidder should have held its own line against its form.
func (p *person) SignRecord(ctx context.Context, r wire.HallRecord) (wire.HallState, error) {
	if _, err := letter.ParseOpeningRecord(r.Content); err != nil {
		return wire.HallState{}, err
	}
	paper, err := p.me.paper(ctx, r.Content, nil, p.at())
	if err != nil {
		return wire.HallState{}, err
	}
	var out wire.HallState
	return out, p.post(ctx, hallPath(r.Lot, "/signatures"), keyOf("sign", paper), wire.SignRecord{Record: paper}, &out)
}

// OrderDecryption begins the decrypting, once. The host does.
func (s *Staff) OrderDecryption(ctx context.Context, lot string) (wire.HallState, error) {
	return s.onceInHall(ctx, lot, "/decrypt", struct{}{})
}

// Pause keeps what is left of the window. A second call is a
// second command: after ErrUnknown read HallOf before saying it again.
func (s *Staff) Pause(ctx context.Context, lot, reason string) (wire.HallState, error) {
	return s.inHall(ctx, lot, "/pause", wire.HallReason{Reason: reason})
}

// Resume goes on with the time that was left. A second call is a
// second command: after ErrUnknown read HallOf before saying it again.
func (s *Staff) Resume(ctx context.Context, lot, reason string) (wire.HallState, error) {
	return s.inHall(ctx, lot, "/resume", wire.HallReason{Reason: reason})
}

// AskExtension asks for more time to decrypt, for all bidders at once. Seq of the answer names it.
// A second call is a second command: after ErrUnknown read HallOf before saying it again.
func (s *Staff) AskExtension(ctx context.Context, lot string, minutes int, reason string) (wire.HallState, error) {
	return s.inHall(ctx, lot, "/extensions", wire.AskExtension{Minutes: minutes, Reason: reason})
}

// ConsentExtension puts it in force. The supervisor does.
func (s *Staff) ConsentExtension(ctx context.Context, lot string, extension int64) (wire.HallState, error) {
	return s.onceInHall(ctx, lot, "/consents", wire.HallConsent{Extension: extension})
}

// Attribute says why a bid was not decrypted. The host does; Seq of the answer names it.
// A second call is a second command: after ErrUnknown read HallOf before saying it again.
func (s *Staff) Attribute(ctx context.Context, lot string, in wire.Attribute) (wire.HallState, error) {
	return s.inHall(ctx, lot, "/attributions", in)
}

// ConfirmAttribution puts it in force. The supervisor does.
func (s *Staff) ConfirmAttribution(ctx context.Context, lot string, attribution int64) (wire.HallState, error) {
	return s.onceInHall(ctx, lot, "/confirmations", wire.ConfirmAttribution{Attribution: attribution})
}

// ReadOut publishes all terms together.
func (s *Staff) ReadOut(ctx context.Context, lot string) (wire.HallState, error) {
	return s.onceInHall(ctx, lot, "/read", struct{}{})
}

// AnswerInHall answers an objection.
func (s *Staff) AnswerInHall(ctx context.Context, lot string, objection int64, text string) (wire.HallState, error) {
	return s.onceInHall(ctx, lot, "/answers", wire.HallReply{Objection: objection, Text: text})
}

// MakeRecord has the record made, when the time for objections is over and all are answered.
func (s *Staff) MakeRecord(ctx context.Context, lot, note string) (wire.HallState, error) {
	return s.onceInHall(ctx, lot, "/record", wire.MakeRecord{Note: note})
}

// Attend signs the bidder in (签到). Before the opening is published the platform keeps nothing of it: the signed statement
// is kept here, and the next Attend hands it in. When there is a session, it is recorded with the instant of the first.
func (b *Bidder) Attend(ctx context.Context, lot string) (wire.SignedIn, error) {
	name := lot + ".attendance"
	statement, _ := b.kept(ctx, name) // none, or one that cannot be read: it signs in anew
	var out wire.SignedIn
	if err := b.post(ctx, "/lots/"+url.PathEscape(lot)+"/attendance", "attend-"+newID(), wire.Attend{Statement: statement}, &out); err != nil {
		return out, err
	}
	if out.Recorded || statement != nil {
		return out, nil
	}
	return out, b.keep(name, out.Statement)
}

// ErrWrongKey says that the offer does not open with this identity's key: it was sealed to another certificate.
var ErrWrongKey = errors.New("client: the offer was sealed to another certificate; use the one with which the bid was handed in")

// Decrypt decrypts the bidder's own bid and hands its form in (电子招标投标办法30). The platform's copy of the offer is asked
// first; where it does not come, the kept copy of the bid is as good.
func (b *Bidder) Decrypt(ctx context.Context, bid string) (wire.HallState, error) {
	form, err := b.OpenForm(ctx, bid)
	if err != nil {
		return wire.HallState{}, err
	}
	return b.HandInForm(ctx, bid, form)
}

// OpenForm decrypts the bidder's own bid and sends nothing: its form as it was signed (p7s).
func (b *Bidder) OpenForm(ctx context.Context, bid string) ([]byte, error) {
	var o wire.BidOffer
	err := b.get(ctx, "/bids/"+url.PathEscape(bid)+"/offer", &o)
	if err != nil {
		if o.Offer, err = b.keptOffer(ctx, bid, err); err != nil {
			return nil, err
		}
	}
	form, err := signing.OpenEnvelope(ctx, b.me.Open, o.Offer, letter.PartAAD(bid, "offer"))
	if err != nil {
		return nil, errors.Join(ErrWrongKey, err)
	}
	return form, nil
}

// keptOffer is the offer of the bid that this client made; because is why it is asked for.
func (b *Bidder) keptOffer(ctx context.Context, bid string, because error) ([]byte, error) {
	paper, err := b.kept(ctx, bid+".bid")
	if err != nil {
		return nil, because
	}
	signed, err := signing.ParseSignedData(paper)
	if err != nil {
		return nil, errors.Join(because, err)
	}
	content, err := letter.ParseBid(signed.Content)
	return content.Offer, err
}

// HandInForm hands a signed form in that the bidder has by another way, an unencrypted backup of the same run for one: the
// digest in its bid decides.
func (b *Bidder) HandInForm(ctx context.Context, bid string, form []byte) (wire.HallState, error) {
	var out wire.HallState
	return out, b.post(ctx, "/bids/"+url.PathEscape(bid)+"/form", "form-"+newID(), wire.HandInForm{Form: form}, &out)
}

// ConfirmLine says that what was read out of the bidder's bid agrees with it.
func (b *Bidder) ConfirmLine(ctx context.Context, lot string) (wire.HallState, error) {
	return b.onceInHall(ctx, lot, "/confirm", struct{}{})
}

// ObjectInHall objects to the opening, on the spot (招标投标法实施条例44). An objection that comes too late is a refusal of code
// objection.too_late, and on record.
func (b *Bidder) ObjectInHall(ctx context.Context, lot, text string) (wire.HallState, error) {
	return b.onceInHall(ctx, lot, "/objections", wire.HallText{Text: text})
}

// WatchHall follows a session, from the event after seq on (0: all), until its end or until ctx ends. No event is lost and
// none comes twice, however often the connection breaks. A refusal that stays is a wire.Problem.
func (p *person) WatchHall(ctx context.Context, lot string, seq int64, told func(wire.HallEvent)) error {
	return follow(ctx, p, hallPath(lot, "/events"), seq, func(e wire.HallEvent) (int64, bool) {
		if e.Seq <= seq { // the end, told again to whoever comes back after it
			return e.Seq, e.Final
		}
		seq = e.Seq
		told(e)
		return e.Seq, e.Final
	})
}
