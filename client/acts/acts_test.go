package acts

import (
	"net/http"
	"strings"
	"testing"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
)

// A browser keeps the session as a cookie: no request carries a token, and the bidder's encryption certificate is on record.
func TestSignInByCookie(t *testing.T) {
	w := newWorld(t)
	w.desk.Platform.ShownTo = "whose page it is"
	w.says("POST /session/challenge", wire.Challenge{Challenge: strings.Repeat("0a", 32)})
	w.on("POST /session", func(rw http.ResponseWriter, _ *http.Request) {
		http.SetCookie(rw, &http.Cookie{Name: "baohan", Value: "session", Path: "/"})
		answer(rw, wire.Session{Token: "never to be sent", Actor: wire.Actor{Name: w.Bidders[0].Party.Name}})
	})
	w.says("POST /me/certificates", struct{}{})
	r, err := w.do("sign-in", "role", "bidder", "to", "/lots?after=1")
	if err != nil || r.Go != "/lots?after=1" || !strings.Contains(r.Says, w.Bidders[0].Party.Name) {
		t.Fatalf("%+v %v", r, err)
	}
	last := w.asked[len(w.asked)-1]
	if c, err := last.Cookie("baohan"); !strings.HasSuffix(last.URL.Path, "/me/certificates") || err != nil || c.Value != "session" {
		t.Errorf("%s with %v", last.URL, last.Header)
	}
	for _, a := range w.asked {
		if a.Header.Get("Authorization") != "" {
			t.Errorf("%s carries a token", a.URL)
		}
		if a.Header.Get(wire.ShownTo) != "whose page it is" {
			t.Errorf("%s does not say whom its page was shown to", a.URL)
		}
	}
	_, err = w.do("sign-in")
	wants(t, err, "role", "请填写此项")
	_, err = w.do("sign-in", "role", "king")
	wants(t, err, "role", "什么身份")
	for _, to := range []string{"//evil.test", "https://evil.test", `/\evil.test`} {
		_, err = w.do("sign-in", "role", "bidder", "to", to)
		wants(t, err, "to", "不是本平台的页面")
	}
	w.desk.Me.Open, w.desk.Me.OpenChain = nil, nil
	_, err = w.do("sign-in", "role", "bidder")
	wants(t, err, "", "没有加密证书")
	if _, err := w.do("sign-in", "role", "supervisor"); err != nil {
		t.Errorf("staff without an encryption certificate: %v", err)
	}
}

// A certificate of another organisation than the one that is signed in signs nothing.
func TestAnothersCertificate(t *testing.T) {
	w := newWorld(t)
	w.says("GET /me", wire.Actor{USCC: w.Bidders[1].Party.USCC, Name: "别的公司", Role: "bidder"})
	for _, act := range [][]string{{"cancel", "application", sample.ID(2)}, {"withdraw-bid", "bid", sample.ID(2)},
		{"sign-record", "lot", w.lot.ID, "digest", "x"}, {"release", "guarantee", sample.ID(2), "reason", "合同已签订"}} {
		_, err := w.do(act[0], act[1:]...)
		wants(t, err, "", "“别的公司”登录")
	}
	for _, a := range w.asked {
		if a.Method != http.MethodGet {
			t.Errorf("%s was asked", a.URL)
		}
	}
}

// applications takes what is handed in, and shows it again.
func (w *world) applications(then http.HandlerFunc) {
	w.on("POST /lots/"+w.lot.ID+"/applications", then)
}

func (w *world) application(t *testing.T, body string) string {
	t.Helper()
	var s wire.Submission
	if err := wire.Read([]byte(body), &s); err != nil {
		t.Fatal(err)
	}
	r, err := letter.ParseReveal(s.Reveal)
	if err != nil {
		t.Fatal(err)
	}
	w.says("GET /applications/"+r.Application, wire.Application{ID: r.Application, Application: "submitted", Ceiling: w.quote.Ceiling, LatestExpiry: w.quote.LatestExpiry})
	return r.Application
}

// Whoever presses again after an unknown outcome makes no second application, and after a refusal makes a new one.
func TestApplyAgain(t *testing.T) {
	w := newWorld(t)
	route := "POST /lots/" + w.lot.ID + "/applications"
	apply := func(fee string) (Result, error) {
		return w.do("apply", "lot", w.lot.ID, "guarantor", w.Bank.Party.USCC, "product", w.quote.Product, "fee", fee, "go", "/mine/{id}")
	}
	_, err := apply("1")
	wants(t, err, "product", "保费已变为 ¥")
	fee := w.quote.Fee.String()
	fee = strings.ReplaceAll(fee, ".", "")
	w.applications(broken)
	_, err = apply(fee)
	wants(t, err, "", "再按一次")
	if !Words(err).Unknown {
		t.Errorf("%+v", Words(err))
	}
	first := w.sent(route)
	id := w.application(t, first[0])
	w.applications(func(rw http.ResponseWriter, _ *http.Request) { answer(rw, struct{}{}) })
	r, err := apply(fee)
	if err != nil || r.ID != id || r.Go != "/mine/"+id || !strings.Contains(r.Says, "没有再提交一份") {
		t.Errorf("%+v %v", r, err)
	}
	if again := w.sent(route); again[len(again)-1] != first[0] {
		t.Error("other bytes were sent the second time")
	}
	w.applications(func(rw http.ResponseWriter, _ *http.Request) {
		refuse(rw, http.StatusUnprocessableEntity, wire.Problem{Code: "lot.closed", Detail: "标段已经截止；请选择其他标段", Field: "/lot"})
	})
	_, err = apply(fee)
	wants(t, err, "/lot", "标段已经截止")
	w.applications(broken)
	_, err = apply(fee)
	wants(t, err, "", "再按一次")
	all := w.sent(route)
	if other := w.application(t, all[len(all)-1]); other == id {
		t.Error("what was accepted is sent anew")
	}
}

// The same of a bid, whose files are measured on their way.
func TestBidAgain(t *testing.T) {
	w := newWorld(t)
	route := "POST /lots/" + w.lot.ID + "/bids"
	fields := []string{"lot", w.lot.ID, "letter", sample.ID(7), "price", "¥12,000,000.50 元", "period_days", "365", "quality", "合格", "leader", "示例经理",
		"field-name", "费率", "field-value", "3.5%", "field-name", "", "field-value", ""}
	w.on(route, broken)
	_, err := w.do("bid", fields...)
	wants(t, err, "", "再按一次")
	first := w.sent(route)[0]
	w.on(route, func(rw http.ResponseWriter, r *http.Request) {
		var in wire.HandInBid
		var b strings.Builder
		if _, err := b.WriteString(w.sent(route)[len(w.sent(route))-1]); err != nil || wire.Read([]byte(b.String()), &in) != nil {
			t.Error("no bid")
		}
		answer(rw, w.receiptFor(in.Bid))
	})
	r, err := w.do("bid", fields...)
	if err != nil || !strings.Contains(r.Says, "没有再提交一份") || len(r.Files) != 1 || factOf(r, "投标编号") != r.ID {
		t.Fatalf("%+v %v", r, err)
	}
	if all := w.sent(route); all[len(all)-1] != first {
		t.Error("other bytes were sent the second time")
	}
	r, err = w.do("bid", fields...)
	if err != nil || !strings.Contains(r.Says, "投标已经递交，签收时间 2026年11月23日 09:00:00") {
		t.Errorf("%+v %v", r, err)
	}
}

// A fee is agreed to by naming what the person saw.
func TestAcceptFee(t *testing.T) {
	w := newWorld(t)
	route := "POST /applications/" + sample.ID(2) + "/accept-fee"
	w.says(route, struct{}{})
	r, err := w.do("accept-fee", "application", sample.ID(2), "fee", "123456")
	if sent := w.sent(route); err != nil || !strings.Contains(r.Says, "¥1,234.56") || len(sent) != 1 || sent[0] != `{"fee":123456}` {
		t.Errorf("%+v %v %v", r, err, sent)
	}
	_, err = w.do("accept-fee", "application", sample.ID(2), "fee", "12.50")
	wants(t, err, "fee", "整数")
}
