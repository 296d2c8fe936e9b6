package sandbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// replyWithin is how long this bank leaves an applicant to answer.
const replyWithin = 5 * 24 * time.Hour

// extension is an amendment that the bank has signed, before it is said.
type extension struct {
	Signed []byte        `json:"signed"`
	N      int           `json:"n"`
	Expiry calendar.Date `json:"expiry"`
}

// complying: a demand that was found so is paid, or held where it would take an extension and this bank's rule is to extend.
// It is one line of the journal after the ruling's own, so that whoever stops between them goes on here.
func (b *Bank) complying(f *file, c *claim) (task, bool) {
	if b.book.mode.Extension == "extend" && !c.Found.ExtendTo.IsZero() {
		h := wire.Hold{ReplyBy: b.Platform.Clock.Now().In(calendar.Shanghai).Add(replyWithin).Truncate(time.Second)}
		return b.quiet(func(context.Context) error { return b.write(claimHeld, f.ID, c.ID, h) })
	}
	p := b.payment(c)
	return b.quiet(func(context.Context) error { return b.write(claimPaid, f.ID, c.ID, p) })
}

// extending: a demand that would take an extension is held where this bank's rule is to extend, and then the applicant's
// answer decides. Whatever stands in the way of the extension, the bank pays, once the platform says that it still owes.
func (b *Bank) extending(f *file, c *claim) (task, bool) {
	switch {
	case c.Hold == nil || c.Withdraw || c.Payment != nil || !c.Told[sayRuling]:
		return task{}, false
	case !c.Told[sayHold]:
		h := *c.Hold
		return b.aloud(sayHold, f.ID, c.ID, func(ctx context.Context) error { return b.say.Hold(ctx, c.ID, h.ReplyBy) })
	case c.Extension != nil && !c.Told[sayExtension] && c.Stuck[sayExtension] == (problem{}):
		x := *c.Extension
		return b.aloud(sayExtension, f.ID, c.ID, func(ctx context.Context) error {
			_, err := b.second.Extend(ctx, c.ID, x.Signed)
			return err
		})
	case c.Told[sayExtension]:
		return task{}, false
	case c.Extension == nil && b.choice(f, c) == letter.ChooseExtend:
		a, err := b.amends(f, c)
		if err != nil {
			return b.owes(f, c)
		}
		return b.quiet(func(ctx context.Context) error {
			p7s, err := b.say.WriteExtension(ctx, a)
			if err != nil {
				return err
			}
			return b.write(claimExtended, f.ID, c.ID, extension{p7s, len(a.Earlier) + 1, a.Expiry})
		})
	case c.Stuck[sayExtension] != (problem{}), b.choice(f, c) == letter.ChoosePay, b.Platform.Clock.Now().After(c.Hold.ReplyBy):
		return b.owes(f, c)
	}
	return task{}, false
}

// owes asks before it pays, because money does not come back. An extension that was refused may have been taken when it was
// said before, and its answer lost: then it is in force, and nothing is owed. A demand that was withdrawn meanwhile is not
// owed either; that news is on its way. As long as the platform cannot be asked, nothing happens.
func (b *Bank) owes(f *file, c *claim) (task, bool) {
	p, asked, signed := b.payment(c), c.ID, c.Extension != nil
	return b.quiet(func(ctx context.Context) error {
		d, err := b.say.Demand(ctx, asked)
		switch {
		case err != nil:
			return fmt.Errorf("sandbox: whether demand %s is still owed: %s", asked, err) // a refusal of the question refuses nothing
		case d.State == "held":
			return b.write(claimPaid, f.ID, asked, p)
		case signed && d.Extension != nil && !d.Extension.Expiry.IsZero():
			return b.write(told, f.ID, asked, sayExtension)
		}
		return fmt.Errorf("sandbox: demand %s is %s, and not to be paid", asked, d.State)
	})
}

func (b *Bank) payment(c *claim) wire.DemandPaid {
	return wire.DemandPaid{Amount: c.Found.Amount, Reference: "FK" + c.ID[:20], PaidAt: b.Platform.Clock.Now().In(calendar.Shanghai).Truncate(time.Microsecond)}
}

// choice is what the applicant has answered, by its own signature; empty as long as it has not.
func (b *Bank) choice(f *file, c *claim) letter.ExtensionChoice {
	if c.Answer == nil {
		return ""
	}
	signed, err := signing.ParseSignedData(c.Answer.Signed)
	if err != nil || signed.Verify(b.Platform.Trust, c.Answer.At) != nil {
		return ""
	}
	a, err := letter.ParseExtensionAnswer(signed.Content)
	if err != nil || a.Demand != c.ID || a.Applicant != f.Exam.Application.Applicants[0] || signed.Signer().Subject().OrganizationID != a.Applicant.USCC {
		return ""
	}
	return a.Answer
}

// amends is what an extension to the day that was asked amends: the letter as this bank itself has it.
func (b *Bank) amends(f *file, c *claim) (letter.Amends, error) {
	var body wire.DemandBody
	if err := wire.Read(c.Papers.Body, &body); err != nil {
		return letter.Amends{}, err
	}
	a := letter.Amends{Letter: f.Letter.Signed, Demand: body.Signed, LastDay: f.lastDay(), Expiry: c.Found.ExtendTo}
	for _, x := range f.extensions() {
		a.Earlier = append(a.Earlier, x.Signed)
	}
	return a, nil
}

// extensions are those in force, in their order.
func (f *file) extensions() (all []extension) {
	for _, c := range f.Claims {
		if c.Extension != nil && c.Told[sayExtension] {
			all = append(all, *c.Extension)
		}
	}
	slices.SortFunc(all, func(a, b extension) int { return cmp.Compare(a.N, b.N) })
	return all
}

// lastDay is the letter's last day as it stands.
func (f *file) lastDay() calendar.Date {
	if all := f.extensions(); len(all) > 0 {
		return all[len(all)-1].Expiry
	}
	return client.DisclosedUntil(*f.Opening, *f.Reveal)
}
