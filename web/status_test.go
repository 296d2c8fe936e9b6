package web

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"baohan/client"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
)

// statusList makes the list of this beat and fetches it as a stranger.
func (l *life) statusList() said {
	l.t.Helper()
	must(l.desks.Guarantee.MakeStatusList(l.t.Context(), time.Hour))
	got := l.as("", "GET", "/api/v1/status-list", nil)
	if got.status != 200 || got.header.Get("Content-Type") != "application/pkcs7-mime" || !strings.Contains(got.header.Get("Content-Disposition"), ".p7s") {
		l.t.Fatalf("%d %v %s", got.status, got.header, got.body)
	}
	return got
}

// The list travels from the platform to somebody with a file and a root: a letter in force holds, one that is released or
// paid is caught.
func TestStatusListOverHTTP(t *testing.T) {
	l := newLife(t)
	ctx := t.Context()
	if got := l.as("", "GET", "/api/v1/status-list", nil); got.status != 404 {
		t.Fatalf("before the first: %d %s", got.status, got.body)
	}
	ids := make([]string, 3)
	for i := range ids {
		b := l.bidder(l.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i))
		ids[i] = l.apply(b)
		l.issue(ids[i], i+1)
		must(b.Letter(ctx, ids[i]))
		must(b.Bid(ctx, l.lot, ids[i], house.Terms(1_200_000_000)))
	}
	sealed := l.statusList()
	l.open()
	l.demandAndRelease(ids)
	b := must(client.NewBeneficiary(l.at, l.tenderer.identity()))
	must(b.SignIn(ctx))
	if _, err := b.StatusList(ctx); !errors.Is(err, client.ErrStatusList) {
		t.Errorf("a list of three weeks ago is taken for today's: %v", err)
	}
	must(l.desks.Guarantee.MakeStatusList(ctx, time.Hour))
	list := must(b.StatusList(ctx))
	if list.Sequence != 2 || list.Len() != 2 {
		t.Errorf("%+v", list.StatusList)
	}
	for _, g := range must(b.Guarantees(ctx, "")).Items {
		file := l.as("", "GET", "/api/v1/guarantees/"+g.ID+"/file", nil).body
		r := letter.VerifyFile(file, l.trust, letter.Status(list.Raw, l.clock.Now()))
		if r.OK != (g.Instrument == "issued") {
			t.Errorf("%s: %s", g.Instrument, r.Words)
		}
	}
	l.caches(list.Raw, sealed.body)
}

// caches asks again as those do who keep what they have.
func (l *life) caches(newest, first []byte) {
	l.t.Helper()
	got := l.statusList()
	tag := got.header.Get("ETag")
	if !bytes.Equal(got.body, newest) || tag != `"2"` || got.header.Get("Cache-Control") != "public, max-age=3540" {
		l.t.Errorf("%v", got.header)
	}
	again := l.having(tag)
	if again.status != 304 || len(again.body) != 0 || again.header.Get("ETag") != tag {
		l.t.Errorf("%d %v", again.status, again.header)
	}
	if other := l.having(`"1"`); other.status != 200 {
		l.t.Errorf("who has an old one: %d", other.status)
	}
	old := l.as("", "GET", "/api/v1/status-list?sequence=1", nil)
	if !bytes.Equal(old.body, first) || !strings.Contains(old.header.Get("Cache-Control"), "immutable") {
		l.t.Errorf("%d %v", old.status, old.header)
	}
	for _, query := range []string{"sequence=3", "sequence=0", "sequence=x", "sequenz=1"} {
		if got := l.as("", "GET", "/api/v1/status-list?"+query, nil); got.status/100 != 4 {
			l.t.Errorf("%s: %d", query, got.status)
		}
	}
}

// having asks as somebody who has the list of this tag.
func (l *life) having(tag string) said {
	l.t.Helper()
	r := l.request("GET", "/api/v1/status-list", nil)
	r.Header.Set("If-None-Match", tag)
	return l.send(r)
}
