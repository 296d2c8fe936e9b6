package guarantee

import (
	"bytes"
	"context"

	"baohan/party"
)

// An institution may ask for two people (双人经办): who decides to underwrite does not issue, and who finds a demand complying
// does not note its payment. People are told apart by the certificates that sign their requests, so that one person with two
// certificates is two; whom a certificate is given to is the institution's own affair. The rule that stood when it was decided
// is kept with the decision, and holds for all that follows from it.

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

// another refuses a second step by whoever took the first.
func another(asked bool, decidedBy []byte, a party.Actor, refusal error) error {
	if by := fingerprint(a); asked && (by == nil || bytes.Equal(by, decidedBy)) {
		return refusal
	}
	return nil
}

var (
	errSameIssuer   = party.Conflict("issue.same_person", "本机构实行双人经办：同意承保用的就是这张证书，不能再由它签发；请由另一位经办人用其证书签发")
	errSameExtender = party.Conflict("demand.same_person", "本机构实行双人经办：认定索赔相符用的就是这张证书，不能再由它延期；请由另一位经办人用其证书办理")
	errSamePayer    = party.Conflict("demand.same_person", "本机构实行双人经办：认定索赔相符用的就是这张证书，不能再由它登记付款；请由另一位经办人用其证书登记")
)

// issuesAsAnother refuses to prepare or to issue by the certificate that decided to underwrite.
func (g *Guarantee) issuesAsAnother(a party.Actor) error {
	return another(g.TwoPeople, g.DecidedBy, a, errSameIssuer)
}

// extendsAsAnother refuses to extend by the certificate that found the demand complying: it binds for as much money.
func (dm *Demand) extendsAsAnother(a party.Actor) error {
	return another(dm.TwoPeople, dm.DecidedBy, a, errSameExtender)
}

// paysAsAnother refuses to note the payment by the certificate that found the demand complying.
func (dm *Demand) paysAsAnother(a party.Actor) error {
	return another(dm.TwoPeople, dm.DecidedBy, a, errSamePayer)
}
