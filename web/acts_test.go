package web

import (
	"bytes"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/acts"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// browsing is how a browser asks: with the cookies that it was given, and saying that it stands on our own page.
type browsing struct{ jar *cookiejar.Jar }

func (b browsing) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, c := range b.jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	if r.Header.Get("Authorization") != "" {
		panic("a page sends no token")
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		b.jar.SetCookies(r.URL, res.Cookies())
	}
	return res, err
}

// actor is one person at the pages, whose acts are done natively: what the browser's module does.
type actor struct {
	t    *testing.T
	desk acts.Desk
	role string
}

// at sits p down in a role and signs in.
func (l *life) sits(p person, role string) *actor {
	l.t.Helper()
	a := &actor{l.t, acts.Desk{Platform: l.at, Me: p.identity(), Copies: client.Folder(l.t.TempDir())}, role}
	a.desk.Platform.Cookie, a.desk.Platform.Transport = true, browsing{must(cookiejar.New(nil))}
	a.signIn()
	return a
}

func (a *actor) signIn() { a.done("sign-in", "role", a.role) }

func (a *actor) with(files map[string][]acts.File, name string, pairs ...string) (acts.Result, error) {
	in := acts.Input{Fields: map[string][]string{}, Files: files}
	for i := 0; i < len(pairs); i += 2 {
		in.Fields[pairs[i]] = append(in.Fields[pairs[i]], pairs[i+1])
	}
	return a.desk.Do(a.t.Context(), name, in)
}

// done is an act that succeeds.
func (a *actor) done(name string, pairs ...string) acts.Result {
	a.t.Helper()
	r, err := a.with(nil, name, pairs...)
	if err != nil {
		a.t.Fatalf("%s: %v: %+v", name, err, acts.Words(err))
	}
	return r
}

// refused is an act that the platform refuses, in its own words.
func (a *actor) refused(code, name string, pairs ...string) {
	a.t.Helper()
	_, err := a.with(nil, name, pairs...)
	if said := acts.Words(err); err == nil || said.Code != code || said.Says == "" || said.Unknown {
		a.t.Errorf("%s: %v: %+v, want %s", name, err, said, code)
	}
}

func fact(r acts.Result, label string) string {
	for _, f := range r.Facts {
		if f.Label == label {
			return f.Value
		}
	}
	return ""
}

func chosenFile(name string, b []byte) acts.File {
	return acts.File{Name: name, Size: int64(len(b)), Open: func() (acts.Opened, error) { return chosenBytes{bytes.NewReader(b)}, nil }}
}

type chosenBytes struct{ *bytes.Reader }

func (chosenBytes) Close() error { return nil }

// A bidder at the pages: applies, bids with a file, replaces, takes the bid back, and cancels what is not
// issued.
func TestActsOfABidder(t *testing.T) {
	l := newLife(t)
	ctx := t.Context()
	p := l.person("投标人第一建设公司", 61)
	a := l.sits(p, "bidder")
	sdk := l.bidder(p)
	quote := must(sdk.Quotes(ctx, l.lot.ID))[0]
	apply := []string{"lot", l.lot.ID, "guarantor", quote.Guarantor.USCC, "product", quote.Product}
	id := a.done("apply", apply...).ID
	l.owners[id] = sdk
	a.refused("application.already_live", "apply", apply...)
	l.issue(id, 1)
	a.refused("application.already_issued", "cancel", "application", id)

	bid := []string{"lot", l.lot.ID, "letter", id, "price", "12,000,000.00", "period_days", "365", "quality", "合格", "leader", "示例经理"}
	var steps []int64
	a.desk.Progress = func(done, total int64, _ string) {
		if total > 0 {
			steps = append(steps, done)
		}
	}
	got, err := a.with(map[string][]acts.File{"files": {chosenFile("技术标.pdf", pdfOf(3<<20)), {}}}, "bid", bid...)
	if err != nil || len(got.Files) != 1 || fact(got, "投标编号") != got.ID {
		t.Fatalf("%+v: %v", got, err)
	}
	if len(steps) < 10 || steps[len(steps)-1] != 3<<20+must(letter.FileStep(3<<20)) {
		t.Errorf("told of %d steps up to %v", len(steps), steps[max(0, len(steps)-1):])
	}
	if receipt := must(signing.ParseSignedData(got.Files[0].Bytes)); receipt.Verify(l.trust, l.clock.Now()) != nil {
		t.Error("the receipt does not hold")
	}
	again := a.done("bid", append(bid, "replaces", got.ID)...)
	if own := a.done("withdraw-bid", "bid", again.ID); !strings.Contains(own.Says, "已经撤回") || len(own.Files) != 1 {
		t.Errorf("%+v", own)
	}
	a.done("withdraw-bid", "bid", again.ID) // nobody saw the answer: the same again

	other := l.sits(l.person("投标人第二建设公司", 62), "bidder")
	second := other.done("apply", apply...).ID
	other.done("cancel", "application", second)
	a.refused("not_found", "cancel", "application", second)
}

// A remote opening from the pages: a bidder decrypts and sees what its bid says, and host and bidder sign the record that
// they read.
func TestActsInAHall(t *testing.T) {
	r := newRemote(t)
	ctx, lot := t.Context(), r.lot.ID
	r.begin()
	must(r.host.OrderDecryption(ctx, lot))
	a, other := r.sits(r.people[0], "bidder"), r.sits(r.people[1], "bidder")
	got := a.done("hand-in-form", "bid", r.bids[0])
	if fact(got, "投标报价") != "¥12,000,000.00" || fact(got, "大写") != "人民币壹仟贰佰万元整" || !strings.Contains(got.Says, "已解密") {
		t.Errorf("%+v", got)
	}
	other.refused("not_found", "hand-in-form", "bid", r.bids[0])
	_, err := other.with(map[string][]acts.File{"form": {chosenFile("投标函.p7s", []byte("x"))}}, "hand-in-form", "bid", r.bids[1])
	wantCode(t, err, "form.digest")
	kept := must(r.bidders[1].OpenForm(ctx, r.bids[1]))
	if _, err := other.with(map[string][]acts.File{"form": {chosenFile("投标函.p7s", kept)}}, "hand-in-form", "bid", r.bids[1]); err != nil {
		t.Errorf("an own backup: %v", err)
	}
	must(r.bidders[2].Decrypt(ctx, r.bids[2]))
	must(r.host.ReadOut(ctx, lot))
	r.clock.Advance(10 * time.Minute)
	must(r.host.MakeRecord(ctx, lot, ""))
	read := must(r.host.Record(ctx, lot, 0)).Digest.String()
	a.refused("", "sign-record", "lot", lot, "digest", strings.Repeat("0", 64))
	a.done("sign-record", "lot", lot, "digest", read)
	r.sits(r.tenderer, "beneficiary").done("sign-record", "lot", lot, "digest", read)
	if h := r.hall(r.host); h.Record == nil || len(h.Record.Signed) != 2 {
		t.Errorf("%+v", h.Record)
	}
}

// A tenderer releases from the pages: one letter, and several with one signature.
func TestActsOfABeneficiary(t *testing.T) {
	l := newLife(t)
	bidders, ids := l.threeLetters()
	ctx := t.Context()
	a := l.sits(l.tenderer, "beneficiary")
	staff := must(client.NewStaff(l.at, l.tenderer.identity()))
	must(staff.SignIn(ctx, "beneficiary"))
	today := calendar.DateOf(l.clock.Now())
	must(staff.Award(ctx, l.lot.ID, wire.Award{Winner: bidders[0].uscc, Candidates: []string{bidders[0].uscc}, NoticedOn: today}))
	if r := a.done("release", "guarantee", ids[2], "reason", "未中标"); !strings.Contains(r.Says, "已经签署") {
		t.Errorf("%+v", r)
	}
	r := a.done("release-lot", "lot", l.lot.ID, "guarantee", ids[0], "guarantee", ids[1], "reason", "未中标")
	if fact(r, "保函 BH-2026-0002") != "已解除" || !strings.HasPrefix(fact(r, "保函 BH-2026-0001"), "没有解除：") {
		t.Errorf("%+v", r)
	}
	r = a.done("release-lot", "lot", l.lot.ID, "guarantee", ids[0], "reason", "提前解除", "early", ids[0])
	if fact(r, "保函 BH-2026-0001") != "已解除" {
		t.Errorf("%+v", r)
	}
	for name, pairs := range map[string][]string{"guarantee": {"lot", l.lot.ID, "reason", "未中标"}, "early": {"lot", l.lot.ID, "guarantee", ids[0], "early", ids[1], "reason", "未中标"},
		"reason": {"lot", l.lot.ID, "guarantee", ids[0], "reason", "合"}} {
		if _, err := a.with(nil, "release-lot", pairs...); acts.Words(err).Field != name {
			t.Errorf("%s: %+v", name, acts.Words(err))
		}
	}
	if _, err := a.with(nil, "release", "guarantee", strings.Repeat("0", 32), "reason", "未中标"); acts.Words(err).Field != "guarantee" {
		t.Errorf("a letter of nobody: %+v", acts.Words(err))
	}
}
