package tender

import (
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/internal/store"
	"baohan/party"
)

// meeting is the session of a remote opening as the rules have it.
type meeting struct {
	stage    HallStage
	pausedIn HallStage
	left     time.Duration
	until    *time.Time // of the window that runs; what comes at it is late
	closed   bool       // the decrypting is over
	read     bool
	record   bool
	forms    map[int]bool // who has decrypted
	host     bool         // has signed the newest record
	signed   map[int]bool
	asked    *int64 // the extension that waits for the supervisor
	minutes  int
	causes   []*cause
	said     []*remark
}

// cause is the host's word why a bid was not decrypted.
type cause struct {
	seq       int64
	bidder    int
	own       bool // the bidder's
	confirmed bool
}

// remark is an objection in the session.
type remark struct {
	seq      int64
	answered bool
}

func (h *meeting) in(s HallStage, at time.Time) bool {
	return h.stage == s && h.until != nil && at.Before(*h.until)
}

func (h *meeting) goes(to HallStage, until *time.Time) { h.stage, h.until, h.pausedIn = to, until, "" }

// settled is the session after the clock has done what it owes: the decrypting ends with its time or with the last bid, the
// session when the host has signed and all have, or the time is over.
func (h *meeting) settled(m *model) *meeting {
	s := *h
	if s.stage == HallDecrypting && (!s.in(HallDecrypting, m.now()) || len(s.forms) == len(m.bids)) {
		s.goes(HallDecrypted, nil)
		s.closed = true
	}
	if s.stage == HallSigning && s.host && (len(s.signed) == len(m.bids) || !s.in(HallSigning, m.now())) {
		s.goes(HallEnded, nil)
	}
	return &s
}

func (m *model) settle() { *m.hall = *m.hall.settled(m) }

// keptRefusal is what a refusal that is on record did: the clock's own work was done with it.
func (m *model) keptRefusal(a act) {
	h := m.hall
	switch a.verb {
	case "form":
		if h.stage != HallListed && (h.stage != HallPaused || h.pausedIn != HallDecrypting) && !h.stage.Final() {
			m.settle()
		}
	case "object":
		if h.read && h.stage != HallTerminated && (h.stage != HallPaused || h.pausedIn != HallObjecting) {
			m.settle()
		}
	}
}

// inHall is what the model says of a verb of the session, after the clock's own work.
func inHall(may func(m *model, h *meeting, a act) outcome) func(*model, act) outcome {
	return func(m *model, a act) outcome {
		if m.hall == nil {
			return noSuch
		}
		return may(m, m.hall.settled(m), a)
	}
}

// did lets the clock do its work, then the verb, then the clock's again, as every verb of a session does.
func did(then func(m *model, h *meeting, a act)) func(*model, act) {
	return func(m *model, a act) {
		m.settle()
		then(m, m.hall, a)
		m.settle()
	}
}

func (m *model) window(d time.Duration) *time.Time { t := m.now().Add(d); return &t }

// heard keeps the number of the event that a verb made.
func (m *model) heard(a HallAnswer, err error) error {
	m.extra = a.Seq
	return err
}

var hallVerbs = []modelVerb{
	{name: "settle", may: inHall(func(*model, *meeting, act) outcome { return yes }),
		do:   func(m *model, _ act) error { return m.Settle(m.ctx, m.l.ID) },
		then: did(func(*model, *meeting, act) {})},
	{name: "order", often: 2, may: inHall(func(_ *model, h *meeting, _ act) outcome { return only(h.stage == HallListed) }),
		do:   func(m *model, _ act) error { return m.heard(m.OrderDecryption(m.ctx, m.host(), m.l.ID)) },
		then: did(func(m *model, h *meeting, _ act) { h.goes(HallDecrypting, m.window(30*time.Minute)) })},
	{name: "form", often: 3, keeps: true, may: inHall(func(m *model, h *meeting, a act) outcome {
		if m.standing(a.a%4) == nil {
			return noSuch
		}
		return only(h.forms[a.a%4] || h.in(HallDecrypting, m.now()))
	}), do: func(m *model, a act) error {
		id := m.standing(a.a % 4).id
		return m.heard(m.HandInForm(m.ctx, m.by(m.bidders[a.a%4], party.Bidder), id, m.forms[id]))
	}, then: did(func(_ *model, h *meeting, a act) { h.forms[a.a%4] = true })},
	{name: "pause", may: inHall(func(m *model, h *meeting, _ act) outcome {
		return only(h.in(HallDecrypting, m.now()) || h.in(HallObjecting, m.now()) || h.in(HallSigning, m.now()))
	}), do: func(m *model, _ act) error { return m.heard(m.Pause(m.ctx, m.host(), m.l.ID, "核实情况")) },
		then: did(func(m *model, h *meeting, _ act) {
			in, left := h.stage, h.until.Sub(m.now())
			h.goes(HallPaused, nil)
			h.pausedIn, h.left = in, left
		})},
	{name: "resume", often: 2, may: inHall(func(_ *model, h *meeting, _ act) outcome { return only(h.stage == HallPaused) }),
		do:   func(m *model, _ act) error { return m.heard(m.Resume(m.ctx, m.host(), m.l.ID, "继续开标")) },
		then: did(func(m *model, h *meeting, _ act) { h.goes(h.pausedIn, m.window(h.left)) })},
	{name: "more_time", may: inHall(func(m *model, h *meeting, _ act) outcome { return only(h.in(HallDecrypting, m.now())) }),
		do: func(m *model, a act) error {
			return m.heard(m.AskExtension(m.ctx, m.host(), m.l.ID, 1+a.a, "网络故障"))
		},
		then: did(func(m *model, h *meeting, a act) {
			seq := m.extra.(int64)
			h.asked, h.minutes = &seq, 1+a.a
		})},
	{name: "consent", often: 3, may: inHall(func(m *model, h *meeting, _ act) outcome {
		if h.asked == nil {
			return noSuch
		}
		return only(h.in(HallDecrypting, m.now()))
	}), do: func(m *model, _ act) error {
		return m.heard(m.ConsentExtension(m.ctx, m.by(m.overseer, party.Supervisor), m.l.ID, *m.hall.asked))
	}, then: did(func(_ *model, h *meeting, _ act) {
		until := h.until.Add(time.Duration(h.minutes) * time.Minute)
		h.until, h.asked = &until, nil
	})},
	{name: "attribute", often: 2, may: inHall(func(m *model, h *meeting, a act) outcome {
		if m.standing(a.a%4) == nil {
			return noSuch
		}
		return only(h.closed && !h.forms[a.a%4])
	}), do: func(m *model, a act) error {
		c := CauseNotBidder
		if a.b%2 == 1 {
			c = CauseBidder
		}
		return m.heard(m.Attribute(m.ctx, m.host(), m.l.ID, NewAttribution{Bid: m.standing(a.a % 4).id, Cause: c, Evidence: "投标人的证书到期，见其说明"}))
	}, then: did(func(m *model, h *meeting, a act) {
		h.causes = append(h.causes, &cause{seq: m.extra.(int64), bidder: a.a % 4, own: a.b%2 == 1})
	})},
	{name: "confirm", often: 2, may: inHall(func(m *model, h *meeting, a act) outcome {
		if len(h.causes) == 0 {
			return noSuch
		}
		c := h.causes[len(h.causes)-1-a.a%len(h.causes)]
		newest := first(h.causes, func(x *cause) bool { return x.bidder == c.bidder && x.seq > c.seq }) == nil
		return only(!c.confirmed && newest)
	}), do: func(m *model, a act) error {
		c := m.hall.causes[len(m.hall.causes)-1-a.a%len(m.hall.causes)]
		return m.heard(m.ConfirmAttribution(m.ctx, m.by(m.overseer, party.Supervisor), m.l.ID, c.seq))
	}, then: did(func(m *model, h *meeting, a act) {
		c := h.causes[len(h.causes)-1-a.a%len(h.causes)]
		c.confirmed = true
		if h.record { // another edition, which nobody has signed
			h.host, h.signed = false, map[int]bool{}
		}
		x := m.standing(c.bidder).card
		if x != nil {
			x.revoked = c.own
		}
		switch on := m.today(); {
		case x == nil:
		case c.own:
			x.withdrawn = nil
		case x.withdrawn == nil:
			x.withdrawn = &on
		}
	})},
	{name: "read_out", often: 2, may: inHall(func(_ *model, h *meeting, _ act) outcome { return only(h.stage == HallDecrypted) }),
		do: func(m *model, _ act) error { return m.heard(m.ReadOut(m.ctx, m.host(), m.l.ID)) },
		then: did(func(m *model, h *meeting, _ act) {
			h.read = true
			h.goes(HallObjecting, m.window(10*time.Minute))
		})},
	{name: "object", keeps: true, may: inHall(func(m *model, h *meeting, a act) outcome {
		if m.standing(a.a%4) == nil {
			return noSuch
		}
		return only(h.in(HallObjecting, m.now()))
	}), do: func(m *model, a act) error {
		return m.heard(m.ObjectInHall(m.ctx, m.by(m.bidders[a.a%4], party.Bidder), m.l.ID, "请公布最高投标限价"))
	}, then: did(func(m *model, h *meeting, _ act) { h.said = append(h.said, &remark{seq: m.extra.(int64)}) })},
	{name: "answer", often: 2, may: inHall(func(_ *model, h *meeting, a act) outcome {
		if len(h.said) == 0 {
			return noSuch
		}
		return only((h.stage == HallObjecting || h.pausedIn == HallObjecting) && !h.said[a.a%len(h.said)].answered)
	}), do: func(m *model, a act) error {
		return m.heard(m.AnswerInHall(m.ctx, m.host(), m.l.ID, m.hall.said[a.a%len(m.hall.said)].seq, "见招标公告第三页"))
	}, then: did(func(_ *model, h *meeting, a act) { h.said[a.a%len(h.said)].answered = true })},
	{name: "record", often: 2, may: inHall(func(m *model, h *meeting, _ act) outcome {
		open := first(h.said, func(r *remark) bool { return !r.answered }) != nil
		return only(h.stage == HallObjecting && !h.in(HallObjecting, m.now()) && !open)
	}), do: func(m *model, _ act) error { return m.heard(m.MakeRecord(m.ctx, m.host(), m.l.ID, "")) },
		then: did(func(m *model, h *meeting, _ act) {
			h.record = true
			h.goes(HallSigning, m.window(15*time.Minute))
		})},
	{name: "sign", often: 3, may: inHall(func(m *model, h *meeting, a act) outcome {
		if a.b%3 == 0 {
			return only(h.record && (h.stage == HallSigning || h.stage == HallEnded))
		}
		if m.standing(a.a%4) == nil {
			return noSuch
		}
		return only(h.record && h.in(HallSigning, m.now()))
	}), do: func(m *model, a act) error {
		o, r := m.bidders[a.a%4], party.Bidder
		if a.b%3 == 0 {
			o, r = m.tenderer, party.Beneficiary
		}
		got, err := m.OpeningRecord(m.ctx, o.actor(r), m.l.ID, 0)
		if err != nil {
			return err
		}
		return m.heard(m.SignRecord(m.ctx, m.by(o, r), m.l.ID, m.p7s(o, got.Content, nil)))
	}, then: did(func(_ *model, h *meeting, a act) {
		if a.b%3 == 0 {
			h.host = true
		} else {
			h.signed[a.a%4] = true
		}
	})},
}

// rank is how far a session has gone; a pause stands where it began.
var rank = map[string]int{"listed": 1, "decrypting": 2, "decrypted": 3, "read": 4, "objecting": 5, "signing": 6, "ended": 7, "terminated": 8}

type hallRowSeen struct {
	Bid   string
	State HallBidState
	Read  bool
}

// askHall: the session stands where the model has it, with the time that the model gives it, and has not gone back.
func (m *model) askHall(a act) {
	if m.hall == nil {
		return
	}
	s, h := must(readSession(m.ctx, m.pool, m.l.ID, "")), m.hall
	same := (s.Deadline == nil) == (h.until == nil) && (s.Deadline == nil || s.Deadline.Equal(*h.until))
	if s.Stage != h.stage || !same || s.PausedIn != h.pausedIn || s.Stage == HallPaused && s.Left != h.left {
		m.wrong(a, "the session is %s until %v, paused in %q with %s; want %s until %v, %q, %s", s.Stage, s.Deadline, s.PausedIn, s.Left, h.stage, h.until, h.pausedIn, h.left)
	}
	at := string(s.Stage)
	if s.Stage == HallPaused {
		at = string(s.PausedIn)
	}
	if rank[at] < rank[m.seen["rank"]] {
		m.wrong(a, "the session went back from %s to %s", m.seen["rank"], at)
	}
	m.seen["rank"] = at
	rows := must(store.Many[hallRowSeen](m.ctx, m.pool, `SELECT bid, state, terms IS NOT NULL AS read FROM hall_bid WHERE lot = @lot`, pgx.NamedArgs{"lot": m.l.ID}))
	for _, r := range rows {
		o := first(m.bids, func(o *offer) bool { return o.id == r.Bid })
		if o == nil || (r.State == BidDecrypted) != h.forms[o.bidder] || r.Read != (h.read && h.forms[o.bidder]) {
			m.wrong(a, "a bid in the session is %+v, decrypted %v, read out %v", r, slices.Sorted(maps.Keys(h.forms)), h.read)
		}
	}
}
