package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/clock/sqlclock"
	"baohan/internal/sample"
	"baohan/internal/story"
	"baohan/signing"
)

// killHouse is everybody who acts in the lots of a killing, each with the SDK, which says again what nobody answered.
type killHouse struct {
	*killing
	t          *testing.T
	host       *client.Staff
	supervisor *client.Staff
	bidders    [3]*client.Bidder
}

// killLot is a lot that is ready to be opened. The third bid names a letter and is not decrypted.
type killLot struct {
	wire.Lot
	bids   [3]string
	letter string
}

func newHouse(k *killing) *killHouse {
	h := &killHouse{killing: k, t: k.t}
	at := client.Platform{Base: k.base, Trust: k.trust, USCC: k.house.Platform.USCC, Clock: k.clock, Certificates: k.signs,
		Custodians: strings.Split(k.pins(), ","), Attempts: 12, Pause: 20 * time.Millisecond}
	h.host = sure(client.NewStaff(at, k.cast.County.Identity()))(h)
	h.supervisor = sure(client.NewStaff(at, story.Member{Party: k.theatre.house.Supervisor, Sign: k.theatre.supervisor}.Identity()))(h)
	for i := range h.bidders {
		m := k.cast.Bidders[i]
		h.bidders[i] = sure(client.NewBidder(at, m.Identity(), client.Folder(filepath.Join(k.dir, "copies", m.Party.USCC))))(h)
	}
	return h
}

// sure is the value, or the end of the test.
func sure[T any](v T, err error) func(*killHouse) T {
	return func(h *killHouse) T {
		h.t.Helper()
		if err != nil {
			h.t.Fatalf("%v\n%s", err, h.platform.lastWords())
		}
		return v
	}
}

func (h *killHouse) must(err error) {
	h.t.Helper()
	sure(0, err)(h)
}

// move steps the clock. Sessions of people do not outlive half a day of it, so that everybody signs in.
func (h *killHouse) move(at time.Time) {
	h.t.Helper()
	h.step(at)
	h.must(together(
		func() error { _, err := h.host.SignIn(h.t.Context(), "beneficiary"); return err },
		func() error { _, err := h.supervisor.SignIn(h.t.Context(), "supervisor"); return err },
		func() error { _, err := h.bidders[0].SignIn(h.t.Context()); return err },
		func() error { _, err := h.bidders[1].SignIn(h.t.Context()); return err },
		func() error { _, err := h.bidders[2].SignIn(h.t.Context()); return err }))
}

func (h *killHouse) step(at time.Time) {
	h.t.Helper()
	if at.After(h.clock.Now()) {
		h.must(h.clock.Set(h.t.Context(), at, sqlclock.Mirror(h.pool)))
	}
}

// until asks again until it is so.
func (h *killHouse) until(what string, so func(context.Context) (bool, error)) {
	h.t.Helper()
	var last error
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(40 * time.Millisecond) {
		ok, err := so(h.t.Context())
		if ok && err == nil {
			return
		}
		last = err
	}
	h.t.Fatalf("%s: %v\n%s", what, last, h.platform.lastWords())
}

// prepare publishes lots, two hours between their deadlines, and has three bid for each.
func (h *killHouse) prepare(round, n int) []*killLot {
	h.t.Helper()
	ctx := h.t.Context()
	first := story.FirstDeadline.AddDate(0, 0, 30*round)
	h.move(first.AddDate(0, 0, -22))
	last := first.Add(2 * time.Hour * time.Duration(n))
	var days []string
	for d := first; !d.After(last.AddDate(0, 0, 1)); d = d.AddDate(0, 0, 1) {
		days = append(days, calendar.DateOf(d).String())
	}
	for i := range h.custodians {
		h.must(h.child(fmt.Sprintf("officer-%d", i+1), "", "", h.custodianEnv(i), "custodian", "authorise", "--day", strings.Join(days, ",")).run(ctx))
	}
	county := h.cast.County.Party
	p := sure(h.host.CreateProject(ctx, wire.CreateProject{Code: fmt.Sprintf("KILL-%d", round), Name: "中断开标测试工程", Regime: "招投标", Beneficiary: []letter.Party{county}}))(h)
	lots := make([]*killLot, n)
	for i := range lots {
		draft := sure(h.host.AddLot(ctx, p.ID, wire.AddLot{Code: fmt.Sprintf("KILL-%d-%03d", round, i), Name: "一标段", Base: 50_000_000_00, Amount: 800_000_00,
			Forms: []letter.Form{letter.FormIndependent, letter.FormCash}, Hall: &wire.HallRules{Decrypt: 20, Objection: 5, Sign: 10},
			End: letter.EndRule{Deadline: first.Add(2 * time.Hour * time.Duration(i)), ValidityDays: 90, ExtraDays: 30}}))(h)
		sure(h.host.Publish(ctx, draft.ID))(h)
		lots[i] = &killLot{Lot: sure(h.host.Lot(ctx, draft.ID))(h)}
	}
	var all [3]func() error
	for b := range all {
		all[b] = func() error {
			for _, l := range lots {
				if err := h.bid(ctx, l, b); err != nil {
					return err
				}
			}
			return nil
		}
	}
	h.must(together(all[:]...))
	return lots
}

func (h *killHouse) bid(ctx context.Context, l *killLot, b int) (err error) {
	if b == 2 {
		if l.letter, err = h.buy(ctx, l); err != nil {
			return err
		}
	}
	letters := [3]string{2: l.letter}
	bid, err := h.bidders[b].Bid(ctx, l.Lot, letters[b], sample.Terms(letter.Fen(1_200_000_000+b)))
	l.bids[b] = bid.ID
	return err
}

// buy takes the third bidder from the quote to the letter in force.
func (h *killHouse) buy(ctx context.Context, l *killLot) (string, error) {
	b, bank := h.bidders[2], h.cast.Bank.Party
	quotes, err := b.Quotes(ctx, l.ID)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(quotes, func(q wire.Quote) bool { return q.Guarantor == bank })
	if i < 0 {
		return "", errors.New("the bank quotes nothing")
	}
	draft, a, err := b.Apply(ctx, l.Lot, quotes[i])
	for end := time.Now().Add(time.Minute); err == nil && a.Instrument != "issued" && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if a.Fee == "pending" {
			h.pay(ctx, h.desks[bank.USCC], a)
		}
		a, err = b.Application(ctx, draft.ID)
	}
	if err == nil && a.Instrument != "issued" {
		err = fmt.Errorf("the letter is not issued: %+v", a)
	}
	return draft.ID, err
}

// pay pays at the bank's own cashier; one that was paid or is not known there yet is asked again by the caller.
func (h *killHouse) pay(ctx context.Context, desk string, a wire.Application) {
	m := h.cast.Bidders[2].Party
	body, err := wire.Write(struct {
		Amount letter.Fen     `json:"amount"`
		Payer  letter.Account `json:"payer"`
	}{a.FeeDue, letter.Account{Name: m.Name, Number: "6222020202020202", Bank: "演示开户行"}})
	if err != nil {
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, desk+"/cashier/"+a.ID+"/pay", bytes.NewReader(body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	if res, err := http.DefaultClient.Do(req); err == nil {
		_ = res.Body.Close()
	}
}

// play takes one lot from before its deadline to the end of its session, and has somebody die at points on the way. Of a
// point that comes several times the round chooses one.
func (h *killHouse) play(l *killLot, o orders, round int) *outcome {
	h.t.Helper()
	ctx, id := h.t.Context(), l.ID
	at := l.Deadline
	h.move(at.Add(-30 * time.Minute))
	sure(h.bidders[0].Attend(ctx, id))(h)
	often := map[string]int{"hall_decrypted": 2, "hall_signed": 4, "hall_settled": 1, "hall_attended": 1}
	arm := func(here string, n int) {
		if whom := o[here]; whom != "" && (round+often[here]-1)%often[here] == n {
			h.kill(here, whom)
		}
	}
	for point, whom := range o {
		if often[point] == 0 {
			h.kill(point, whom)
		}
	}
	h.step(at.Add(time.Second))
	h.until("the opening", func(ctx context.Context) (bool, error) {
		s, err := h.host.HallOf(ctx, id)
		return s.Stage == "listed", err
	})
	sure(h.host.Sheet(ctx, id, 0))(h)
	arm("hall_attended", 0)
	sure(h.bidders[0].Attend(ctx, id))(h)
	sure(h.host.OrderDecryption(ctx, id))(h)
	_, err := h.bidders[1].HandInForm(ctx, l.bids[1], []byte("not a form"))
	if p, ok := client.Refused(err); !ok || p.Code != "form.digest" {
		h.t.Errorf("what is no form: %v", err)
	}
	arm("hall_decrypted", 0)
	sure(h.bidders[0].Decrypt(ctx, l.bids[0]))(h)
	sure(h.host.Pause(ctx, id, "核实网络情况"))(h)
	sure(h.host.Resume(ctx, id, "网络恢复"))(h)
	asked := sure(h.host.AskExtension(ctx, id, 10, "一家投标人网络中断"))(h)
	sure(h.supervisor.ConsentExtension(ctx, id, asked.Seq))(h)
	arm("hall_decrypted", 1)
	sure(h.bidders[1].Decrypt(ctx, l.bids[1]))(h)
	arm("hall_settled", 0)
	h.windowEnds(l, "decrypted")
	said := sure(h.host.Attribute(ctx, id, wire.Attribute{Bid: l.bids[2], Cause: "not_bidder", Evidence: "平台证书服务中断", Digest: signing.Sum([]byte("日志"))}))(h)
	sure(h.supervisor.ConfirmAttribution(ctx, id, said.Seq))(h)
	sure(h.host.ReadOut(ctx, id))(h)
	sure(h.bidders[0].ConfirmLine(ctx, id))(h)
	objected := sure(h.bidders[2].ObjectInHall(ctx, id, "我方解密失败系平台原因"))(h)
	sure(h.host.AnswerInHall(ctx, id, objected.Seq, "已认定为非投标人原因"))(h)
	h.step(sure(h.host.HallOf(ctx, id))(h).Deadline)
	sure(h.host.MakeRecord(ctx, id, ""))(h)
	rec := sure(h.host.Record(ctx, id, 0))(h)
	for n, sign := range []func(context.Context, wire.HallRecord) (wire.HallState, error){h.host.SignRecord, h.bidders[0].SignRecord, h.bidders[1].SignRecord, h.bidders[2].SignRecord} {
		arm("hall_signed", n)
		sure(sign(ctx, rec))(h)
	}
	h.until("the end", func(ctx context.Context) (bool, error) {
		s, err := h.host.HallOf(ctx, id)
		return s.Stage == "ended", err
	})
	return h.outcome(l)
}

// windowEnds lets the running window of decrypting end by the clock.
func (h *killHouse) windowEnds(l *killLot, stage string) {
	h.t.Helper()
	h.step(sure(h.host.HallOf(h.t.Context(), l.ID))(h).Deadline)
	h.until("the end of the window", func(ctx context.Context) (bool, error) {
		s, err := h.host.HallOf(ctx, l.ID)
		return s.Stage == stage, err
	})
}

// outage has the platform away for longer than it may be unnoticed, twice: once simply, and once so that it dies again
// right after it has given the time back. What was left of the window is left, and nothing is given back twice.
func (h *killHouse) outage(l *killLot) {
	h.t.Helper()
	h.move(l.Deadline.Add(-30 * time.Minute))
	h.rest()
	h.platform.kill()
	h.platform.env = append(h.platform.env, outageLimit+"=4s")
	h.watch(h.platform)
	h.step(l.Deadline.Add(time.Second))
	h.until("the opening", func(ctx context.Context) (bool, error) {
		s, err := h.host.HallOf(ctx, l.ID)
		return s.Stage == "listed", err
	})
	sure(h.host.OrderDecryption(h.t.Context(), l.ID))(h)
	before := sure(h.host.HallOf(h.t.Context(), l.ID))(h)
	h.away(10 * time.Second)
	after := sure(h.host.HallOf(h.t.Context(), l.ID))(h)
	if lost := time.Duration(before.RemainingUS-after.RemainingUS) * time.Microsecond; lost > 6*time.Second || lost < -6*time.Second {
		h.t.Errorf("after an outage of 10 s the window is shorter by %s", lost)
	}
	h.kill("hall_outage", killSelf)
	h.away(5 * time.Second)
	sure(h.bidders[0].Decrypt(h.t.Context(), l.bids[0]))(h)
	h.obeyed(h.t)
	hall := sure(h.host.HallOf(h.t.Context(), l.ID))(h)
	var given time.Duration
	all := h.timeIsKept(l, hall.Rules)
	for _, o := range all {
		given += o.To.Sub(o.From)
	}
	if len(all) < 2 || given < 15*time.Second || !hall.Deadline.Equal(before.Deadline.Add(given)) {
		h.t.Errorf("%d outages, %s in all; the window ended at %s and ends at %s", len(all), given, before.Deadline, hall.Deadline)
	}
}

// away ends the platform at once and starts it again after a while.
func (h *killHouse) away(d time.Duration) {
	h.rest()
	h.platform.kill()
	time.Sleep(d)
	h.watch(h.platform)
}
