package tender

import (
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/party"
)

// The cap is 2 % exactly: of the estimate under 招投标 (条例26), of the budget under 政府采购 (33).
func TestTwoPerCent(t *testing.T) {
	for _, c := range []struct {
		base, amount letter.Fen
		code         string
	}{
		{4_000_000_000, 80_000_000, ""},
		{4_000_000_000, 80_000_001, "lot.amount_cap"},
		{99, 1, ""}, {49, 1, "lot.amount_cap"}, {50, 1, ""},
		{100, 0, "lot.amount"}, {100, 101, "lot.amount"}, {0, 1, "lot.base"}, {-5, 1, "lot.base"},
		{1_000_000_000_000_000, 20_000_000_000_000, ""}, {1_000_000_000_000_001, 1, "lot.base"},
	} {
		for _, regime := range []string{letter.RegimeTendering, letter.RegimeProcurement} {
			err := checkCap(regime, c.base, c.amount)
			r, _ := party.RefusalOf(err)
			if (err == nil) != (c.code == "") || r != nil && r.Code != c.code {
				t.Errorf("%s: %d of %d: %v, want %q", regime, c.amount, c.base, err, c.code)
			}
		}
	}
}

func TestFormsOfALot(t *testing.T) {
	for _, c := range []struct {
		regime string
		forms  []letter.Form
		code   string
	}{
		{letter.RegimeTendering, []letter.Form{letter.FormCash, letter.FormIndependent}, ""},
		{letter.RegimeTendering, []letter.Form{letter.FormCash}, "lot.forms_bank"},
		{letter.RegimeTendering, []letter.Form{letter.FormInsurance, letter.FormAccessory}, "lot.forms_bank"},
		{letter.RegimeTendering, nil, "lot.forms_bank"},
		{letter.RegimeTendering, []letter.Form{letter.FormIndependent, letter.FormIndependent}, "lot.forms"},
		{letter.RegimeTendering, []letter.Form{"gold"}, "lot.forms"},
		{letter.RegimeProcurement, []letter.Form{letter.FormIndependent}, ""},
		{letter.RegimeProcurement, []letter.Form{letter.FormIndependent, letter.FormCash}, "lot.forms_cash"},
	} {
		err := checkForms(c.regime, c.forms)
		r, _ := party.RefusalOf(err)
		if (err == nil) != (c.code == "") || r != nil && r.Code != c.code {
			t.Errorf("%s %v: %v, want %q", c.regime, c.forms, err, c.code)
		}
	}
}

func TestProjectAndLotAreChecked(t *testing.T) {
	w := newWorld(t)
	good := NewProject{Code: "P-1", Name: "养护工程", Regime: letter.RegimeTendering, Beneficiaries: []letter.Party{w.tenderer.party}}
	for code, spoil := range map[string]func(*NewProject){
		"project.code":          func(n *NewProject) { n.Code = "P 1" },
		"project.name":          func(n *NewProject) { n.Name = "养护\u202e工程" },
		"project.regime":        func(n *NewProject) { n.Regime = "拍卖" },
		"project.beneficiaries": func(n *NewProject) { n.Beneficiaries = []letter.Party{w.bank.party} },
	} {
		n := good
		spoil(&n)
		_, err := w.CreateProject(w.ctx, w.by(w.tenderer, party.Beneficiary), n)
		w.refused(err, code)
	}
	_, err := w.CreateProject(w.ctx, w.by(w.bidders[0], party.Bidder), good)
	w.refused(err, "project.create")
	id := w.tells(w.CreateProject(w.ctx, w.by(w.tenderer, party.Beneficiary), good)).ID
	_, err = w.CreateProject(w.ctx, w.by(w.tenderer, party.Beneficiary), good)
	w.refused(err, "project.code_used")
	_, err = w.AddLot(w.ctx, w.by(w.bank, party.Beneficiary), id, NewLot{})
	w.refused(err, "lot.not_found") // somebody else's project
}

// Publishing freezes the requirement; a custodian that is missing, or a deadline that has passed, leaves a draft.
func TestPublish(t *testing.T) {
	w := newWorld(t)
	id := w.draftLot(letter.RegimeTendering, "A1", func(*NewLot) {})
	if _, err := w.Lot(w.ctx, w.bidders[0].actor(party.Bidder), id); err == nil {
		t.Fatal("a draft is shown to a stranger")
	}
	if _, err := w.Publish(w.ctx, w.by(w.bank, party.Beneficiary), id); err == nil {
		t.Fatal("a stranger published")
	}
	w.agents[2].off = true
	if _, err := w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id); err == nil {
		t.Fatal("published without its third custodian")
	}
	w.agents[2].off = false
	cmd := w.by(w.tenderer, party.Beneficiary)
	a := w.tells(w.Publish(w.ctx, cmd, id))
	if again := w.tells(w.Publish(w.ctx, cmd, id)); again.Version != a.Version {
		t.Fatalf("again: %+v, want %+v", again, a)
	}
	_, err := w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id)
	w.refused(err, "lot.illegal_move")
	req, keys := must2(w.Requirement(w.ctx, id))
	if req.Custodians != keys.Digest() || keys.Check(w.Trust, w.clock.Now()) != nil || req.Amount != 80_000_000 {
		t.Fatalf("requirement %+v", req)
	}
	late := w.draftLot(letter.RegimeTendering, "A2", func(n *NewLot) { n.End.Deadline = started.Add(time.Hour) })
	w.clock.Advance(time.Hour)
	_, err = w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), late)
	w.refused(err, "lot.deadline_past")
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}

func TestListsShowPublishedLotsOnly(t *testing.T) {
	w := newWorld(t)
	w.draftLot(letter.RegimeTendering, "D", func(*NewLot) {})
	var ids []string
	for _, name := range []string{"A1", "A2", "A3"} {
		ids = append([]string{w.published(letter.RegimeTendering, name).ID}, ids...)
		w.clock.Advance(time.Second)
	}
	first := must(w.Lots(w.ctx, "", 2))
	rest := must(w.Lots(w.ctx, first[1].ID, 2))
	if len(first) != 2 || len(rest) != 1 || first[0].ID != ids[0] || rest[0].ID != ids[2] {
		t.Fatalf("pages %d and %d", len(first), len(rest))
	}
	if own := must(w.OwnLots(w.ctx, w.tenderer.actor(party.Beneficiary))); len(own) != 4 {
		t.Fatalf("own %d", len(own))
	}
	if due := must(w.Due(w.ctx, 10)); len(due) != 0 {
		t.Fatalf("due before the deadline: %v", due)
	}
	w.clock.Set(deadline)
	if due := must(w.Due(w.ctx, 10)); len(due) != 3 {
		t.Fatalf("due at the deadline: %v", due)
	}
}

// A draft is written anew by who runs it, as often as need be, and is checked as at first; what a publication froze of an earlier
// version is not published, and what is published is not written anew.
func TestRedraft(t *testing.T) {
	w := newWorld(t)
	var first NewLot
	id := w.draftLot(letter.RegimeTendering, "A1", func(n *NewLot) { first = *n })
	n := first
	n.Code, n.Name, n.Base, n.Amount, n.Forms = "P-A1-09", "第A1号施工九标段", 3_000_000_000, 60_000_000, []letter.Form{letter.FormIndependent}
	n.End, n.Bids, n.Consortium, n.Hall = letter.EndRule{Deadline: deadline.Add(time.Hour), ValidityDays: 60, ExtraDays: 5}, Here, false, &HallRules{}
	_, err := w.Redraft(w.ctx, w.by(w.bank, party.Beneficiary), id, n)
	w.refused(err, "lot.not_found")
	dear := n
	dear.Amount++
	_, err = w.Redraft(w.ctx, w.by(w.tenderer, party.Beneficiary), id, dear)
	w.refused(err, "lot.amount_cap")
	other := w.draftLot(letter.RegimeTendering, "A2", func(*NewLot) {})
	if a := w.tells(w.Redraft(w.ctx, w.by(w.tenderer, party.Beneficiary), id, n)); a.Version != 1 || a.State != string(Draft) {
		t.Errorf("redrafted: %+v", a)
	}
	l := must(w.Lot(w.ctx, w.tenderer.actor(party.Beneficiary), id))
	if l.Lot.Code != n.Code || l.Lot.Name != n.Name || l.Base != n.Base || l.Amount != n.Amount || len(l.Forms) != 1 || !l.End.Equal(n.End) || l.Consortium ||
		l.Hall == nil || *l.Hall != (HallRules{}.withDefaults()) {
		t.Errorf("the draft says %+v", l)
	}
	if o := must(w.Lot(w.ctx, w.tenderer.actor(party.Beneficiary), other)); o.Version != 0 || o.Amount != 80_000_000 {
		t.Errorf("the other draft says %+v", o)
	}
	w.agents[2].off = true // two of three have made their key for this deadline
	if _, err := w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id); err == nil {
		t.Fatal("published without its third custodian")
	}
	w.agents[2].off = false
	n.End.Deadline = deadline.Add(2 * time.Hour)
	w.tells(w.Redraft(w.ctx, w.by(w.tenderer, party.Beneficiary), id, n))
	_, err = w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id)
	w.refused(err, "lot.key_deadline")
	n.Code = "P-A1-10"
	w.tells(w.Redraft(w.ctx, w.by(w.tenderer, party.Beneficiary), id, n))
	w.agents[0].keyed = func() { // a colleague, while the custodians are asked
		w.agents[0].keyed = nil
		n.Amount--
		w.tells(w.Redraft(w.ctx, w.by(w.tenderer, party.Beneficiary), id, n))
	}
	_, err = w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id)
	w.refused(err, "lot.changed")
	w.tells(w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id))
	if req, _ := must2(w.Requirement(w.ctx, id)); req.Amount != n.Amount || req.Lot.Code != n.Code || !req.End.Equal(n.End) {
		t.Errorf("published: %+v", req)
	}
	_, err = w.Redraft(w.ctx, w.by(w.tenderer, party.Beneficiary), id, n)
	w.refused(err, "lot.not_draft")
}
