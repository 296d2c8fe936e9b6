package tender

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// hallBid is a bid as its session has it.
type hallBid struct {
	Lot         string
	Bid         string
	Bidder      string
	State       HallBidState
	Failure     string
	Sealed      []byte
	DecryptedAt *time.Time
	Terms       []byte
	ConfirmedAt *time.Time
}

const hallBidColumns = `lot, bid, coalesce(bidder, '') AS bidder, state, coalesce(failure, '') AS failure, sealed, decrypted_at, terms, confirmed_at FROM hall_bid`

func readHallBids(ctx context.Context, q store.Querier, lot string) ([]hallBid, error) {
	return store.Many[hallBid](ctx, q, `SELECT `+hallBidColumns+` WHERE lot = @lot ORDER BY bid`, pgx.NamedArgs{"lot": lot})
}

func readHallBid(ctx context.Context, q store.Querier, bid string) (hallBid, error) {
	return store.One[hallBid](ctx, q, errNoBid, `SELECT `+hallBidColumns+` WHERE bid = @bid`, pgx.NamedArgs{"bid": bid})
}

// outer is the outer half of a bid as the opening published it, with the instant at which it was received.
type outer struct {
	letter.Bid
	at time.Time
}

func (d *Desk) outerOf(ctx context.Context, q store.Querier, l *Lot, bid string) (o outer, err error) {
	var p7s, receipt []byte
	if err := q.QueryRow(ctx, `SELECT signed, receipt FROM opened_bid WHERE lot = @lot AND bid = @bid`,
		pgx.NamedArgs{"lot": l.ID, "bid": bid}).Scan(&p7s, &receipt); err != nil {
		return o, err
	}
	if o.at, err = d.readReceipt(bid, bidRecord{Bid: p7s, Receipt: receipt}, l.End.Deadline); err != nil {
		return o, err
	}
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return o, err
	}
	o.Bid, err = letter.ParseBid(signed.Content)
	return o, err
}

// Offer gives a bidder the sealed form of its own bid back, from the order to decrypt on. Its own kept copy is as good.
func (d *Desk) Offer(ctx context.Context, by party.Actor, bid string) ([]byte, error) {
	if _, err := d.OwnBid(ctx, by, bid); err != nil {
		return nil, err
	}
	b, err := readHallBid(ctx, d.Pool, bid)
	if err != nil {
		return nil, err
	}
	s, err := readSession(ctx, d.Pool, b.Lot, "")
	if err != nil {
		return nil, err
	}
	if s.DecryptFrom == nil || b.Bidder != by.USCC {
		return nil, errNoBid
	}
	l, err := readLot(ctx, d.Pool, b.Lot)
	if err != nil {
		return nil, err
	}
	o, err := d.outerOf(ctx, d.Pool, l, bid)
	return o.Offer, err
}

// Refusals of a form: nothing is lost by one, and the bidder tries again until the window's end (OPEN-06).
var (
	errFormDigest = party.Invalid("form.digest", "form", "这不是递交投标时封存的那份投标函：可能选错了文件，或用另一张证书解密；请换用递交时的证书或客户端自存的投标函重试")
	errFormEarly  = party.TooEarly("form.too_early", "主持人尚未下达解密指令；请等待通知后再解密")
	errFormLate   = party.TooLate("form.too_late", "解密时间已到，不能再解密；如非本单位原因，请向主持人说明并提供证据（电子招标投标办法第三十一条）")
	errFormPaused = party.Conflict("form.paused", "开标会已暂停，剩余时间保留；请等待恢复后再解密")
	errFormLost   = party.Conflict("form.unreadable", "这份投标文件的外层无法读取，不能解密；请联系主持人")
)

// HandInForm takes the signed form of a bid in, from its bidder: that is decrypting (电子招标投标办法30). The digest in the
// bid decides, so the unencrypted backup that the same run of the client kept is as good (OPEN-10). It stays unreadable
// until all are read out. The same form again is told when it came the first time.
func (d *Desk) HandInForm(ctx context.Context, cmd party.Command, bid string, p7s []byte) (HallAnswer, error) {
	if _, err := d.OwnBid(ctx, cmd.Actor, bid); err != nil {
		return HallAnswer{}, err
	}
	b, err := readHallBid(ctx, d.Pool, bid)
	if err != nil {
		return HallAnswer{}, err
	}
	l, err := readLot(ctx, d.Pool, b.Lot)
	if err != nil {
		return HallAnswer{}, err
	}
	wrong := errFormLost
	var sealed []byte
	if b.State != BidUnreadable {
		if sealed, wrong, err = d.checkForm(ctx, l, bid, p7s); err != nil {
			return HallAnswer{}, err
		}
	}
	return d.changeHall(ctx, cmd, b.Lot, "hall_decrypted", func(ctx context.Context, h *hallTurn) error {
		return h.takeForm(ctx, bid, sealed, wrong, signing.Sum(p7s))
	})
}

// checkForm holds a form against its bid, outside the transaction, and seals it. Wrong is what is wrong with it.
func (d *Desk) checkForm(ctx context.Context, l *Lot, bid string, p7s []byte) (sealed []byte, wrong, err error) {
	o, err := d.outerOf(ctx, d.Pool, l, bid)
	if err != nil {
		return nil, nil, err
	}
	if _, err := d.readForm(o, p7s, signing.SignedData.Verify); err != nil {
		return nil, err, nil
	}
	sealed, err = d.Forms.seal(l.ID, bid, p7s)
	return sealed, nil, err
}

// readForm holds the bytes of a form against the bid that carries their digest. The signature has to have been good when
// the bid was received.
func (d *Desk) readForm(o outer, p7s []byte, verify func(signing.SignedData, *signing.Trust, time.Time) error) (letter.BidForm, error) {
	if letter.FormDigest(p7s) != o.Form {
		return letter.BidForm{}, errFormDigest
	}
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return letter.BidForm{}, refuse("form", err)
	}
	if err := verify(signed, d.Trust, o.at); err != nil {
		return letter.BidForm{}, refuse("form", err)
	}
	if signed.Signer().Subject().OrganizationID != o.Bidders[0].USCC {
		return letter.BidForm{}, party.Invalid("form.signer", "form", "投标函的签名证书不是本单位的证书；请换用递交时的投标函")
	}
	form, err := letter.ParseBidForm(signed.Content)
	if err == nil {
		err = form.Holds(o.Bid)
	}
	if err != nil {
		return letter.BidForm{}, refuse("form", err)
	}
	return form, nil
}

// takeForm decides under the session's lock. A refusal in or after the window is kept: it is evidence of why a bid was not
// decrypted.
func (h *hallTurn) takeForm(ctx context.Context, bid string, sealed []byte, wrong error, digest signing.Digest) error {
	b, err := readHallBid(ctx, h.tx, bid)
	if err != nil {
		return err
	}
	if b.State == BidDecrypted && wrong == nil {
		h.at = *b.DecryptedAt
		return nil
	}
	switch {
	case h.s.Stage == HallListed:
		return errFormEarly
	case h.s.Stage == HallPaused && h.s.PausedIn == HallDecrypting:
		return errFormPaused
	case !h.s.in(HallDecrypting, h.now):
		return keptForm(bid, digest, errFormLate)
	case wrong != nil:
		return keptForm(bid, digest, wrong)
	}
	if _, err := h.tx.Exec(ctx, `UPDATE hall_bid SET state = 'decrypted', sealed = @sealed, decrypted_at = @at WHERE bid = @bid`,
		pgx.NamedArgs{"bid": bid, "sealed": sealed, "at": h.now}); err != nil {
		return translate(err)
	}
	return h.note(HallDecrypted1, map[string]any{"bid": bid})
}

// mostRefused is how many refusals of one bid are kept.
const mostRefused = 20

func keptForm(bid string, digest signing.Digest, because error) error {
	code := "form.refused"
	if r, ok := party.RefusalOf(because); ok {
		code = r.Code
	}
	return &refusal{because: because, keep: func(ctx context.Context, h *hallTurn) error {
		var n int
		err := h.tx.QueryRow(ctx, `SELECT count(*) FROM hall_event WHERE lot = @lot AND kind = 'form_refused' AND data->>'bid' = @bid`,
			pgx.NamedArgs{"lot": h.s.Lot, "bid": bid}).Scan(&n)
		if err != nil || n >= mostRefused || h.s.Stage.Final() {
			return err
		}
		return h.note(HallRefused, map[string]any{"bid": bid, "code": code, "file": digest})
	}}
}
