package tender

import (
	"slices"
	"testing"
	"time"

	"baohan/guarantee/letter"
	"baohan/party"
)

// The list of a day has who runs a lot its own, who oversees all of them, and a bidder, before the opening, all of them too:
// that a lot stands on its list says nothing. After it, it has those in which it bids.
func TestOpeningsToday(t *testing.T) {
	h := &session{world: newWorld(t)}
	h.l = h.remote("H1")
	spot := h.published(letter.RegimeTendering, "H2")
	for i := range 3 {
		h.bids = append(h.bids, h.submit(h.bidders[i], h.l, ""))
	}
	ids := func(a party.Actor, after string, limit int) (out []string) {
		for _, l := range must(h.OpeningsToday(h.ctx, a, after, limit)) {
			out = append(out, l.ID)
		}
		return out
	}
	both := []string{h.l.ID, spot.ID}
	slices.Sort(both)
	host, in, out := h.tenderer.actor(party.Beneficiary), h.bidders[0].actor(party.Bidder), h.bidders[3].actor(party.Bidder)
	overseers := []party.Actor{h.overseer.actor(party.Supervisor), h.overseer.actor(party.Centre)}
	if got := ids(host, "", 9); len(got) != 0 {
		t.Errorf("the day before: %v", got)
	}
	h.clock.Set(dayOf(deadline))
	for _, a := range append(overseers, host, in, out) {
		if got := ids(a, "", 9); !slices.Equal(got, both) {
			t.Errorf("%s in the morning: %v, want %v", a.Role, got, both)
		}
		if got := append(ids(a, "", 1), ids(a, both[0], 1)...); !slices.Equal(got, both) {
			t.Errorf("%s page by page: %v", a.Role, got)
		}
	}
	if got := ids(h.insurer.actor(party.Beneficiary), "", 9); len(got) != 0 {
		t.Errorf("who runs neither: %v", got)
	}
	h.open(h.l)
	if got := ids(out, "", 9); slices.Contains(got, h.l.ID) {
		t.Errorf("who does not bid has a session on its list: %v", got)
	}
	if got := must(h.OpeningsToday(h.ctx, in, "", 9)); !slices.ContainsFunc(got, func(l TodayLot) bool { return l.ID == h.l.ID && l.Stage == HallListed }) {
		t.Errorf("a bidder in the session: %+v", got)
	}
	h.clock.Set(dayOf(deadline).AddDate(0, 0, 1).Add(time.Hour))
	if got := ids(host, "", 9); !slices.Equal(got, []string{h.l.ID}) {
		t.Errorf("what still runs the day after: %v", got)
	}
}

// The preview is what the record becomes, and writes nothing.
func TestPreviewRecord(t *testing.T) {
	h := newSession(t)
	h.allDecrypt()
	host := h.tenderer.actor(party.Beneficiary)
	if _, err := h.PreviewRecord(h.ctx, host, h.l.ID); err == nil {
		t.Error("a preview before the read-out")
	}
	h.does(h.ReadOut(h.ctx, h.host(), h.l.ID))
	said := h.does(h.ObjectInHall(h.ctx, h.bidder(0), h.l.ID, "对开标程序有异议"))
	if got := must(h.PreviewRecord(h.ctx, host, h.l.ID)); len(got.Objections) != 1 || got.Objections[0].Answer != "" || got.Bids[0].Terms == nil {
		t.Errorf("with an open objection: %+v", got)
	}
	h.does(h.AnswerInHall(h.ctx, h.host(), h.l.ID, said.Seq, "程序合法"))
	h.clock.Advance(10 * time.Minute)
	preview := must(h.PreviewRecord(h.ctx, host, h.l.ID))
	for _, a := range []party.Actor{h.bidders[0].actor(party.Bidder), h.overseer.actor(party.Supervisor), h.insurer.actor(party.Beneficiary)} {
		if _, err := h.PreviewRecord(h.ctx, a, h.l.ID); err == nil {
			t.Errorf("%s previews", a.Role)
		}
	}
	before := h.kinds()
	h.does(h.MakeRecord(h.ctx, h.host(), h.l.ID, ""))
	if got := h.kinds(); len(got) != len(before)+1 {
		t.Errorf("events %v", got)
	}
	made := must(h.OpeningRecord(h.ctx, host, h.l.ID, 0))
	if preview.Digest() != made.Digest {
		t.Errorf("previewed %+v, made %s", preview, made.Content)
	}
	if _, err := h.PreviewRecord(h.ctx, host, h.l.ID); err == nil {
		t.Error("a preview of a record that there is")
	}
}
