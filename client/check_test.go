package client_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// held is an application whose letter is in force, and what the service answers about it.
type held struct {
	*world
	bidder *client.Bidder
	draft  client.Draft
	issued sample.Issued
	copy   wire.Copy
	word   letter.Assurance
	signer sample.Member // of the word
}

func (w *world) held(mode letter.Mode) *held {
	w.t.Helper()
	w.lot.Deadline = w.Requirement.End.Deadline
	h := &held{world: w, bidder: w.bidder(), signer: w.Platform}
	h.draft = w.prepared(h.bidder, mode)
	h.issued = w.issue(h.draft, nil)
	h.copy = w.undertakingCopy(h.draft, h.issued)
	blob, err := h.copy.Record.MarshalBinary()
	if err != nil {
		w.t.Fatal(err)
	}
	r := h.issued.Receipt
	h.word = letter.Assurance{Version: 1, Application: r.Application, Guarantor: r.Guarantor, Mode: r.Mode, Commitment: r.Commitment,
		Ceiling: w.quote.Ceiling, LatestExpiry: w.quote.LatestExpiry, Record: letter.SealedDigest(blob), Number: r.Number, Digest: r.Digest,
		AcceptedAt: r.AcceptedAt, At: w.clock.Now(),
		States: letter.PartStates{Application: "approved", Fee: "paid", Instrument: "issued", Disclosure: "sealed", Verification: "not_done", Release: "none"}}
	return h
}

// check lets the service answer what the test made of it.
func (h *held) check() (letter.Report, error) {
	h.t.Helper()
	h.on("GET /lots/"+h.lot.ID, func(rw http.ResponseWriter, _ *http.Request) { answer(rw, h.lot) })
	h.on("GET /applications/"+h.draft.ID+"/copy", func(rw http.ResponseWriter, _ *http.Request) { answer(rw, h.copy) })
	h.on("GET /applications/"+h.draft.ID+"/assurance", func(rw http.ResponseWriter, _ *http.Request) {
		content, err := h.word.Canonical()
		if err != nil {
			h.t.Error(err)
		}
		answer(rw, wire.Assurance{Statement: h.Signed(h.signer, content, h.clock.Now())})
	})
	return h.bidder.Check(h.t.Context(), h.draft.ID)
}

// failing are the names of the lines that do not pass.
func failing(r letter.Report) string {
	var names []string
	for _, l := range r.Lines {
		if l.Result != letter.ResultPass {
			names = append(names, l.Name)
		}
	}
	return strings.Join(names, " ")
}

// require changes the lot's requirement as its notice would: with a new digest.
func (h *held) require(change func(*letter.Requirement)) {
	req := *h.lot.Requirement
	change(&req)
	h.lot.Requirement, h.lot.RequirementDigest, h.lot.Deadline = &req, req.Digest(), req.End.Deadline
}

func TestCheckAnswersTheOwner(t *testing.T) {
	for _, mode := range []letter.Mode{letter.ModeBlind, letter.ModeFull} {
		h := newWorld(t).held(mode)
		r, err := h.check()
		if err != nil || !r.OK || len(r.Lines) != 10 || !strings.Contains(r.Words, "已安全到达") {
			t.Errorf("%s: %v, %s: %+v", mode, err, failing(r), r)
		}
		if _, err := h.copies.Get(h.draft.ID + ".letter"); err != nil {
			t.Errorf("%s: the letter that was opened is not kept: %v", mode, err)
		}
		for _, l := range r.Lines {
			if l.Words == "" || l.Title() == l.Name {
				t.Errorf("%s says nothing to people", l.Name)
			}
		}
	}
}

// A lot that is put off within the latest expiry leaves the letter good; each thing that is really wrong is seen, on
// its own line.
func TestCheckSeesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*held)
		want  string
	}{
		"put off within the latest expiry": {func(h *held) {
			h.require(func(r *letter.Requirement) { r.End.Deadline = r.End.Deadline.AddDate(0, 0, 20) })
		}, ""},
		"put off to another round": {func(h *held) {
			h.require(func(r *letter.Requirement) { r.End.Deadline = r.End.Deadline.AddDate(0, 8, 0) })
		}, "expiry"},
		"put off beyond it": {func(h *held) {
			h.require(func(r *letter.Requirement) { r.End.ValidityDays = 700 })
		}, "expiry"},
		"a deadline brought forward": {func(h *held) {
			h.require(func(r *letter.Requirement) { r.End.Deadline = h.At })
		}, "arrived"},
		"a greater amount": {func(h *held) { h.require(func(r *letter.Requirement) { r.Amount++ }) }, "amount"},
		"another lot":      {func(h *held) { h.require(func(r *letter.Requirement) { r.Lot.Code = "OTHER" }) }, "requirement"},
		"another beneficiary": {func(h *held) {
			h.require(func(r *letter.Requirement) { r.Beneficiaries = r.Beneficiaries[:1] })
		}, "requirement"},
		"another form": {func(h *held) {
			h.require(func(r *letter.Requirement) { r.Forms = []letter.Form{letter.FormInsurance} })
		}, "form"},
		"other custodians": {func(h *held) {
			h.require(func(r *letter.Requirement) { r.Custodians = signing.Sum([]byte("others")) })
		}, "custodians"},
		"a digest that is not the requirement's": {func(h *held) { h.lot.RequirementDigest[0] ^= 1 }, "requirement"},
		"nothing published":                      {func(h *held) { h.lot.Requirement = nil }, "requirement"},
		"not issued yet": {func(h *held) {
			h.copy.Receipt, h.copy.Undertaking = nil, nil
			h.word.Number, h.word.Digest, h.word.AcceptedAt, h.word.States.Instrument = "", signing.Digest{}, time.Time{}, "none"
		}, "letter arrived in_force form"},
		"released meanwhile":     {func(h *held) { h.word.States.Instrument = "released" }, "in_force"},
		"another number":         {func(h *held) { h.word.Number = "CSBANK-00000002" }, "in_force"},
		"another record":         {func(h *held) { h.word.Record[0] ^= 1 }, "record"},
		"another's word":         {func(h *held) { h.word.Application = sample.ID(9) }, "statement"},
		"an old word":            {func(h *held) { h.word.At = h.word.At.Add(-time.Hour) }, "statement record in_force"},
		"not the platform's own": {func(h *held) { h.signer = h.Centre }, "statement record in_force"},
		"another's receipt": {func(h *held) {
			h.copy = h.undertakingCopy(h.draft, h.Receive(h.issued, signing.Sum([]byte("another")), h.At))
			blob, _ := h.copy.Record.MarshalBinary()
			h.word.Record = letter.SealedDigest(blob)
		}, "letter arrived in_force form"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newWorld(t).held(letter.ModeBlind)
			c.spoil(h)
			r, err := h.check()
			if err != nil || failing(r) != c.want || r.OK != (c.want == "") {
				t.Errorf("%v: %q fails, want %q: %+v", err, failing(r), c.want, r.Lines)
			}
		})
	}
}
