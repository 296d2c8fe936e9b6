package tender

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// Ground is why a tender ends without a contract.
type Ground string

// The grounds.
const (
	CalledOff       Ground = "called_off"       // 终止招标 (条例31; 87号令29)
	AllRejected     Ground = "all_rejected"     // 否决所有投标 (招标投标法42)
	VoidProcurement Ground = "void_procurement" // 废标 (政府采购法36)
)

// Words are the Chinese words for a ground.
func (g Ground) Words() string { return groundWords[g] }

var groundWords = map[Ground]string{CalledOff: "终止招标", AllRejected: "否决所有投标", VoidProcurement: "废标"}

// Termination is how a tender ended: public, with the notice's own words.
type Termination struct {
	Ground Ground
	Words  string // the notice (公告): why
	At     time.Time
}

// errTerminated is what everyone hears who hands something in for a tender that was called off.
var errTerminated = party.TooLate("lot.terminated", "招标已终止，不再受理；如重新招标，请按新公告重新申请保函、重新投标")

// Terminate ends a tender, by who runs it. Before the opening nothing of it is ever unsealed: no custodian is asked again,
// and an opening that is under way at this instant either has published everything before or publishes nothing. Its
// letters end sealed, by their own wording, at their latest expiry; nobody touches their rows, which would tell how many
// there are. After the opening all its letters fall due for release (条例31). Until a letter is released its beneficiary
// may demand under it: what gave cause to it may have happened before.
func (d *Desk) Terminate(ctx context.Context, cmd party.Command, id string, ground Ground, words string) (Answer, error) {
	return d.change(ctx, cmd, id, func(t *turn) error {
		if err := t.lot.Project.runBy(t.actor); err != nil {
			return err
		}
		if _, err := next(t.lot.State, VerbTerminate); err != nil {
			return err
		}
		if err := mayTerminate(t.lot, ground, words); err != nil {
			return err
		}
		if ground == AllRejected {
			if err := d.committeeRejectedAll(ctx, t); err != nil {
				return err
			}
		}
		t.lot.Ended = &Termination{Ground: ground, Words: words, At: t.now}
		if err := t.move(VerbTerminate, map[string]any{"ground": ground, "words": signing.Sum([]byte(words))}); err != nil {
			return err
		}
		if err := d.endSession(ctx, t, words); err != nil {
			return err
		}
		return d.releaseTerminated(ctx, t.tx, t.lot)
	})
}

// mayTerminate is the rule of the grounds: which law, and from when on.
func mayTerminate(l *Lot, ground Ground, words string) error {
	procurement := l.Project.Regime == letter.RegimeProcurement
	switch {
	case ground.Words() == "":
		return party.Invalid("terminate.ground", "ground", "请从列表中选择：终止招标、否决所有投标、废标")
	case ground == AllRejected && (procurement || l.OpenedAt == nil):
		return party.Invalid("terminate.ground", "ground", "否决所有投标由评标委员会在评标后作出，适用于招投标（招标投标法第四十二条）；政府采购请选择“废标”")
	case ground == AllRejected && l.State != Opened:
		return party.Conflict("terminate.awarded", "本标段已经定标，评标委员会并未否决全部投标；请选择“终止招标”并写明原因")
	case ground == VoidProcurement && !procurement:
		return party.Invalid("terminate.ground", "ground", "废标适用于政府采购（政府采购法第三十六条）；招投标请选择“终止招标”或“否决所有投标”")
	case !validText(words, 5, 1000):
		return party.Invalid("terminate.words", "words", "请写明终止的原因，5 至 1000 个字；它随公告公开")
	}
	return nil
}

// committeeRejectedAll: it is the committee that rejects bids (招标投标法42). A lot whose committee's result is not on record
// here is taken at its tenderer's word.
func (d *Desk) committeeRejectedAll(ctx context.Context, t *turn) error {
	if !requiresEvaluation(t.lot) {
		return nil
	}
	e, err := evaluationOf(ctx, t.tx, t.lot.ID, 0)
	if err != nil {
		return err
	}
	if e == nil || !e.Content.AllRejected() {
		return party.Conflict("terminate.not_rejected", "评标结果没有否决全部投标，不能登记“否决所有投标”；请核对评标报告，或选择“终止招标”并写明原因")
	}
	return nil
}

// releaseTerminated sets the clocks of all letters of a lot that was called off after its opening: at once (及时, 条例31),
// under 政府采购 within five working days (87号令29).
func (d *Desk) releaseTerminated(ctx context.Context, tx pgx.Tx, l *Lot) error {
	if l.OpenedAt == nil {
		return nil
	}
	return d.releaseOn(ctx, tx, l, ReleaseTermination, calendar.DateOf(l.Ended.At), everyLetter)
}
