package guarantee

import (
	"context"

	"baohan/internal/store"
	"baohan/party"
)

// An institution may ask for two people (双人经办): who decides to underwrite does not issue, and who finds a demand complying
// does not note its payment. People are told apart by the holders of the certificates that sign their requests
// (party.SamePerson): a certificate whose holder nobody has named is a person of its own. The rule that stood when it was decided
// is kept with the decision, and holds for all that follows from it. The rows hold it a second time, of certificates alone.

// fingerprint is the certificate by which somebody acts; nil for the clock.
func fingerprint(a party.Actor) []byte {
	if a.Certificate.IsZero() {
		return nil
	}
	return a.Certificate[:]
}

// twoPeople asks, inside the turn's transaction, whether the guarantor asks for two people now.
func (d *Desk) twoPeople(ctx context.Context, t *turn) (bool, error) {
	if d.TwoPeople == nil {
		return false, nil
	}
	return d.TwoPeople(ctx, t.tx, t.g.Guarantor)
}

// another refuses a second step by whoever took the first, inside the caller's transaction.
func another(ctx context.Context, q store.Querier, decidedBy []byte, a party.Actor, refusal error) error {
	by := fingerprint(a)
	if by == nil {
		return refusal
	}
	same, err := party.SamePerson(ctx, q, by, decidedBy)
	if err == nil && same {
		err = refusal
	}
	return err
}

var (
	errSameIssuer   = party.Conflict("issue.same_person", "本机构实行双人经办：同意承保的是您本人（同一张证书，或者同一持有人的另一张证书），不能再由您签发；请由另一位经办人用其证书签发")
	errSameExtender = party.Conflict("demand.same_person", "本机构实行双人经办：认定索赔相符的是您本人（同一张证书，或者同一持有人的另一张证书），不能再由您延期；请由另一位经办人用其证书办理")
	errSamePayer    = party.Conflict("demand.same_person", "本机构实行双人经办：认定索赔相符的是您本人（同一张证书，或者同一持有人的另一张证书），不能再由您登记付款；请由另一位经办人用其证书登记")
)

// issuesAsAnother refuses to prepare or to issue by whoever decided to underwrite.
func (t *turn) issuesAsAnother(ctx context.Context) error {
	if !t.g.TwoPeople {
		return nil
	}
	return another(ctx, t.tx, t.g.DecidedBy, t.actor, errSameIssuer)
}

// settlesAsAnother refuses to note the payment, or to extend, by whoever found the demand complying: an extension binds for as
// much money.
func (t *turn) settlesAsAnother(ctx context.Context, refusal error) error {
	if !t.demand.TwoPeople {
		return nil
	}
	return another(ctx, t.tx, t.demand.DecidedBy, t.actor, refusal)
}
