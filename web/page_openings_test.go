package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
)

// htmlOf is what a page says to whoever has the token.
func (l *life) htmlOf(token, path string) string {
	l.t.Helper()
	got := l.as(token, http.MethodGet, path, nil)
	if got.status != http.StatusOK {
		l.t.Errorf("%s: %d %.300s", path, got.status, got.body)
	}
	return string(got.body)
}

// A lot with fewer than three bids is never opened, and its page says that nothing was unsealed; a lot that is opened on the
// spot has its public list; none has a hall.
func TestPagesOfOtherOpenings(t *testing.T) {
	l := newLife(t)
	ctx, spot := t.Context(), l.lot
	staff := must(client.NewStaff(l.at, l.tenderer.identity()))
	must(staff.SignIn(ctx, "beneficiary"))
	p := must(staff.CreateProject(ctx, wire.CreateProject{Code: "CS-2026-09", Name: "湘江路照明工程", Regime: "招投标", Beneficiary: []letter.Party{l.tenderer.party()}}))
	draft := must(staff.AddLot(ctx, p.ID, wire.AddLot{Code: "01", Name: "一标段", Base: 50_000_000_00, Amount: 800_000_00, Forms: []letter.Form{letter.FormIndependent, letter.FormCash},
		End: letter.EndRule{Deadline: deadline, ValidityDays: 90, ExtraDays: 30}, Hall: &wire.HallRules{}}))
	centre := l.signIn(l.centre, party.Centre)
	for _, path := range []string{"/halls/" + draft.ID, "/openings/" + draft.ID, "/halls/" + draft.ID + "/record"} {
		if got := l.as(centre, http.MethodGet, path, nil); got.status != http.StatusNotFound {
			t.Errorf("a draft at %s: %d", path, got.status)
		}
	}
	must(staff.Publish(ctx, draft.ID))
	few := must(staff.Lot(ctx, draft.ID))
	for i := range 3 {
		b := l.bidder(l.person("投标人第"+string(rune('1'+i))+"建设公司", 61+i))
		must(b.Bid(ctx, spot, l.applied(b, i), house.Terms(1_200_000_000)))
		if i < 2 {
			must(b.Bid(ctx, few, "", house.Terms(1_200_000_000)))
		}
	}
	for _, path := range []string{"/halls/" + spot.ID, "/halls/" + spot.ID + "/screen"} {
		if got := l.as(centre, http.MethodGet, path, nil); got.status != http.StatusSeeOther || got.header.Get("Location") != "/openings/"+spot.ID {
			t.Errorf("%s of a lot that is opened on the spot: %d %s", path, got.status, got.header.Get("Location"))
		}
	}
	if got := l.as("", http.MethodGet, "/halls/"+few.ID, nil); got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), "/sign-in?to=") {
		t.Errorf("a visitor in the hall: %d %s", got.status, got.header.Get("Location"))
	}
	for _, id := range []string{spot.ID, few.ID} {
		if says := l.htmlOf("", "/openings/"+id); !strings.Contains(says, "等待投标截止") || strings.Contains(says, "投标人第") {
			t.Errorf("before the deadline: %s", says)
		}
		l.english("/openings/"+id, http.StatusOK)
		l.english("/openings/"+id+"/board", http.StatusOK)
	}
	l.clock.Set(deadline.Add(time.Minute))
	centre = l.signIn(l.centre, party.Centre)
	if says := l.htmlOf(centre, "/halls/"+few.ID); !strings.Contains(says, "人工开标") {
		t.Error("the centre cannot begin it by hand")
	}
	l.open()
	if _, err := l.desks.Tender.Close(ctx, few.ID); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/openings/" + few.ID + "/board", "/halls/" + few.ID, "/halls/" + few.ID + "/screen", "/halls/" + few.ID + "/board"} {
		if says := l.htmlOf(centre, path); !strings.Contains(says, "什么也没有拆封") || strings.Contains(says, "投标人第") || strings.Contains(says, "人工开标") {
			t.Errorf("%s of a failed lot: %s", path, says)
		}
	}
	if says := l.htmlOf("", "/openings/"+spot.ID); !strings.Contains(says, "投标人第3建设公司") || !strings.Contains(says, "BH-2026-0001") || !strings.Contains(says, "捌拾万元整") {
		t.Errorf("the public list: %s", says)
	}
	if says := l.english("/openings/"+spot.ID, http.StatusOK); !strings.Contains(says, `<span lang="zh-CN">投标人第3建设公司</span>`) || !strings.Contains(says, "Findings on the guarantees") {
		t.Errorf("the public list in English: %s", says)
	}
	if says := l.english("/openings/"+few.ID, http.StatusOK); !strings.Contains(says, "Nothing was unsealed") {
		t.Errorf("a failed lot in English: %s", says)
	}
	if got := l.as("", http.MethodGet, "/openings/"+few.ID+"/sheet.pdf", nil); got.status != http.StatusNotFound && got.status != http.StatusSeeOther {
		t.Errorf("a sheet of a failed lot: %d", got.status)
	}
}

// applied is a letter of b's own.
func (l *life) applied(b *client.Bidder, i int) string {
	l.t.Helper()
	id := l.apply(b)
	l.issue(id, i+1)
	return id
}

// A form of the hall is the operation of the API with the same wall: who may not, is answered with what does not exist, and
// no page of the hall is served quicker or slower for it.
func TestFormsOfTheHallAreGuarded(t *testing.T) {
	r := newRemote(t)
	r.begin()
	stranger := r.person("没有投标的建设公司", 71)
	tokens := map[string]string{"host": r.signIn(r.tenderer, party.Beneficiary), "bidder": r.signIn(r.people[0], party.Bidder), "centre": r.signIn(r.life.centre, party.Centre),
		"stranger": r.signIn(stranger, party.Bidder)}
	form := "of=all&key=" + r.shownTo(stranger, party.Bidder) // the others' forms are not reached
	may := map[string]string{"decrypt": "host", "pause": "host", "resume": "host", "extensions": "host", "attributions": "host", "read": "host", "answers": "host",
		"record": "host", "confirm": "bidder", "objections": "bidder", "attend": "bidder", "open": "centre", "consents": "", "confirmations": ""}
	for verb, who := range may {
		for name, token := range tokens {
			req := must(http.NewRequestWithContext(t.Context(), http.MethodPost, r.server.URL+"/halls/"+r.lot.ID+"/"+verb, strings.NewReader(form)))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.AddCookie(&http.Cookie{Name: "baohan", Value: token})
			req.Header.Set("Sec-Fetch-Site", "cross-site")
			if got := r.send(req); got.status != http.StatusForbidden {
				t.Errorf("%s from another site as %s: %d", verb, name, got.status)
			}
			if name == who {
				continue
			}
			req = must(http.NewRequestWithContext(t.Context(), http.MethodPost, r.server.URL+"/halls/"+r.lot.ID+"/"+verb, strings.NewReader(form)))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Sec-Fetch-Site", "same-origin")
			req.AddCookie(&http.Cookie{Name: "baohan", Value: token})
			if got := r.send(req); got.status != http.StatusNotFound {
				t.Errorf("%s as %s: %d", verb, name, got.status)
			}
		}
	}
	if got := r.as(tokens["host"], http.MethodGet, "/halls/"+r.lot.ID+"/pause", nil); got.status != http.StatusSeeOther {
		t.Errorf("the address of a form that was refused, loaded again: %d", got.status)
	}
}

// How long the server takes for the pages of a hall, printed.
func TestHallPagesAreQuick(t *testing.T) {
	r := newRemote(t)
	r.begin()
	token := r.signIn(r.tenderer, party.Beneficiary)
	for _, path := range []string{"/openings", "/halls/" + r.lot.ID, "/halls/" + r.lot.ID + "/board", "/halls/" + r.lot.ID + "/screen/board", "/openings/" + r.lot.ID} {
		var took []time.Duration
		for range 40 {
			from := time.Now()
			r.htmlOf(token, path)
			took = append(took, time.Since(from))
		}
		slices.Sort(took)
		t.Logf("%s: p95 %s", strings.ReplaceAll(path, r.lot.ID, ":lot"), took[len(took)*95/100].Round(100*time.Microsecond))
	}
}
