package tender

import (
	"context"
	"errors"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// Withdrawal is what a bidder signs to withdraw its bid before the deadline (撤回, 招标投标法29, 条例35). It is
// canonical, like everything signed.
type Withdrawal struct {
	Version int       `json:"version"`
	Bid     string    `json:"bid"`
	At      time.Time `json:"at"`
}

// WithdrawalReceipt is what the platform signs for a withdrawal: accepted here at this instant, so that the bidder can
// show that it took its bid back, and when (撤回见证). It names no lot and no bidder.
type WithdrawalReceipt struct {
	Version     int            `json:"version"`
	Bid         string         `json:"bid"`
	Digest      signing.Digest `json:"digest"` // WithdrawalDigest of the bidder's SignedData
	WithdrawnAt time.Time      `json:"withdrawn_at"`
}

// WithdrawalDigest is the digest of a signed withdrawal that its receipt carries.
func WithdrawalDigest(p7s []byte) signing.Digest {
	return signing.TaggedSum("baohan/bid-withdrawal/1", p7s)
}

// withdrawalSize is the size of every sealed withdrawal.
const withdrawalSize = 16384

var (
	errNoBid = party.NotFound("bid.not_found", "没有找到这份投标；请核对编号，或确认您有权查看")
	// errRevocation: from the deadline on, taking a bid back is 撤销, which may cost the security.
	errRevocation = party.TooLate("bid.revocation", "投标截止时间已到，不能再撤回；截止后放弃投标属于撤销，请书面通知招标人（招标投标法实施条例第三十五条）")
	errWithdrawn  = party.Conflict("bid.withdrawn", "这份投标已经撤回；如需投标请重新递交")
)

// WithdrawBid takes a bid back before the deadline, on the bidder's signed statement, which the platform receipts. The bid
// stays sealed for ever, and so does the statement; the bidder may hand in another. The deadline is decided as for handing
// in: the instant of the receipt is read before the transaction that decides, and what is late is never answered with it.
func (d *Desk) WithdrawBid(ctx context.Context, cmd party.Command, who Bidder, id string, p7s []byte) (answer Answer, err error) {
	if done, err := d.prior(ctx, cmd, &answer); err != nil || done {
		return answer, err
	}
	l, err := d.lotOf(ctx, cmd.Actor, id)
	if err != nil {
		return Answer{}, err
	}
	sealed, answer, err := d.sealStatement(ctx, l, who, id, p7s)
	if err != nil {
		return Answer{}, err
	}
	err = d.within(ctx, func(tx pgx.Tx) error {
		done, err := d.before(ctx, tx, cmd, &answer)
		if err != nil || done {
			return err
		}
		if _, err = d.inTime(ctx, tx, l.ID); errors.Is(err, errClosed) {
			return errRevocation
		} else if err != nil {
			return err
		}
		uniq := d.Tags.Uniq(l.Lot.Project, l.Lot.Code, who.Party.USCC)
		if err := withdrawBid(ctx, tx, id, uniq, sealed); err != nil {
			return err
		}
		return d.after(ctx, tx, cmd, answer)
	})
	if err != nil {
		return Answer{}, err
	}
	return answer, nil
}

// sealStatement checks a withdrawal, receipts it and seals it.
func (d *Desk) sealStatement(ctx context.Context, l *Lot, who Bidder, id string, p7s []byte) ([]byte, Answer, error) {
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return nil, Answer{}, err
	}
	if err := d.readWithdrawal(who, id, p7s, now); err != nil {
		return nil, Answer{}, err
	}
	receipt, err := d.withdrawalReceipt(ctx, id, p7s, now)
	if err != nil {
		return nil, Answer{}, err
	}
	sealed, err := sealWithdrawal(l, who, id, p7s)
	return sealed, Answer{ID: id, State: string(Withdrawn), Receipt: receipt, At: now}, err
}

func (d *Desk) withdrawalReceipt(ctx context.Context, id string, p7s []byte, at time.Time) ([]byte, error) {
	content, err := canonical(WithdrawalReceipt{Version: 1, Bid: id, Digest: WithdrawalDigest(p7s), WithdrawnAt: at.In(calendar.Shanghai)})
	if err != nil {
		return nil, err
	}
	return signing.SignData(ctx, d.Platform, d.PlatformChain, content, at)
}

func (d *Desk) readWithdrawal(who Bidder, id string, p7s []byte, now time.Time) error {
	content, err := d.signedBy(who.Party.USCC, "statement", p7s, now)
	if err != nil {
		return err
	}
	var w Withdrawal
	if err := json.Unmarshal(content, &w, json.RejectUnknownMembers(true)); err != nil {
		return party.Invalid("withdrawal.invalid", "statement", "撤回声明格式不正确；请用客户端重新生成并签名")
	}
	if w.Version != 1 || w.Bid != id {
		return party.Invalid("withdrawal.bid", "statement", "撤回声明写的投标编号与所选投标不一致；请用客户端重新生成并签名")
	}
	return nil
}

// lotOf finds the lot of a bidder's own bid without a lot column: the tag of lot and bidder, which may be
// computed at any time, is compared over the lots that are open. To anyone else the bid does not exist.
func (d *Desk) lotOf(ctx context.Context, by party.Actor, id string) (*Lot, error) {
	own, err := d.OwnBid(ctx, by, id)
	if err != nil {
		return nil, err
	}
	if own.State == Withdrawn {
		return nil, errWithdrawn
	}
	open, err := manyLots(ctx, d.Pool, `SELECT `+lotColumns+` WHERE l.state = 'published' OR l.state = 'terminated' AND l.closed_at IS NULL`, pgx.NamedArgs{})
	if err != nil {
		return nil, err
	}
	for _, l := range open {
		if d.Tags.Uniq(l.Lot.Project, l.Lot.Code, by.USCC) == own.uniq {
			return l, nil
		}
	}
	return nil, errRevocation
}

func sealWithdrawal(l *Lot, who Bidder, id string, p7s []byte) ([]byte, error) {
	sealed, err := signing.SealTwoOfThree(p7s, withdrawalAAD(id), withdrawalSize, l.Custodians.Public(), who.Encryption)
	if err != nil {
		return nil, party.Invalid("withdrawal.size", "statement", "撤回声明过大；请用客户端重新生成并签名")
	}
	return sealed.MarshalBinary()
}

func withdrawalAAD(id string) []byte { return append(letter.BidAAD(id), "/withdrawal"...) }
