package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/internal/sample"
	"baohan/signing"
)

// front is a platform with one lot, which answers bids as the test says.
func (d desk) front(receipt func(paper []byte, id string) []byte) *httptest.Server {
	lot := wire.Lot{ID: sample.ID(1), Lot: d.h.Requirement.Lot, Requirement: &d.h.Requirement, RequirementDigest: d.h.Requirement.Digest(), Custodians: &d.h.Keys,
		Deadline: d.h.Requirement.End.Deadline}
	say := func(v any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { d.say(w, v) }
	}
	mux := http.NewServeMux()
	mux.Handle("POST /api/v1/session/challenge", say(wire.Challenge{Challenge: strings.Repeat("0a", 32)}))
	mux.Handle("POST /api/v1/session", say(wire.Session{Token: "t"}))
	mux.Handle("POST /api/v1/me/certificates", say(struct{}{}))
	mux.Handle("GET /api/v1/lots/"+lot.ID, say(lot))
	mux.HandleFunc("POST /api/v1/lots/"+lot.ID+"/bids", func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, err := body.ReadFrom(r.Body)
		var in wire.HandInBid
		err = errors.Join(err, wire.Read(body.Bytes(), &in))
		signed, signErr := signing.ParseSignedData(in.Bid)
		bid, bidErr := letter.ParseBid(signed.Content)
		if err := errors.Join(err, signErr, bidErr); err != nil {
			d.t.Error(err)
		}
		d.say(w, wire.Bid{ID: bid.ID, State: "received", Receipt: receipt(in.Bid, bid.ID), AcceptedAt: d.h.At})
	})
	srv := httptest.NewServer(mux)
	d.t.Cleanup(srv.Close)
	return srv
}

func (d desk) say(w http.ResponseWriter, v any) {
	text, err := wire.Write(v)
	if err != nil {
		d.t.Error(err)
	}
	_, _ = w.Write(text)
}

// atDesk gives the first bidder its key directory, the platform's certificate and a clock.
func (d desk) atDesk() {
	d.t.Helper()
	me, light := d.h.Bidders[0], signing.WithIterations(1000)
	d.t.Setenv("BAOHAN_PASSPHRASE", passphrase)
	d.t.Setenv("BAOHAN_CLOCK_FILE", filepath.Join(d.dir, "clock"))
	_, err := clock.StartStepped(filepath.Join(d.dir, "clock"), d.h.At)
	if err := errors.Join(err, me.Sign.Write(d.dir, "sign", []byte(passphrase), light), me.Encrypt.Write(d.dir, "encrypt", []byte(passphrase), light)); err != nil {
		d.t.Fatal(err)
	}
	var chain []byte
	for _, c := range d.h.Platform.Sign.Chain {
		chain = append(chain, c.PEM()...)
	}
	d.put("platform.pem", chain)
	d.put("offer", []byte("报价"))
}

func (d desk) bidder(platform string, args ...string) (int, string) {
	var out, errs bytes.Buffer
	code := run(d.t.Context(), append([]string{"bidder", "--data", d.dir, "--keys", d.dir, "--platform", platform,
		"--platform-cert", filepath.Join(d.dir, "platform.pem")}, args...), &out, &errs)
	return code, out.String() + errs.String()
}

// TestBidFromTheCommandLine: without a receipt nothing is called a bid, and the same bid is asked for again; custodians
// who are not the pinned ones get none.
func TestBidFromTheCommandLine(t *testing.T) {
	d := newDesk(t)
	d.atDesk()
	lot := sample.ID(1)
	bid := func(price string) []string {
		return []string{"bid", lot, "--price", price, "--period-days", "365", "--leader", "示例经理", "--field", "费率=3.5%"}
	}
	for _, price := range []string{"", "0.00", "1.234", "一百万"} {
		if code, said := d.bidder("http://127.0.0.1:9", bid(price)...); code == 0 || strings.Contains(said, "resume-bid") {
			t.Errorf("price %q: %d %s", price, code, said)
		}
	}
	var id string
	silent := d.front(func(_ []byte, bid string) []byte { id = bid; return nil })
	code, said := d.bidder(silent.URL, bid("11980000.00")...)
	if code != 1 || !strings.Contains(said, "resume-bid "+lot+" "+id) || strings.Contains(said, `"received"`) {
		t.Fatalf("%d %s", code, said)
	}
	honest := d.front(func(paper []byte, bid string) []byte {
		content, err := wire.Write(wire.BidReceipt{Version: 1, Bid: bid, Digest: wire.BidDigest(paper), AcceptedAt: d.h.At})
		if err != nil {
			t.Error(err)
		}
		return d.h.Signed(d.h.Platform, content, d.h.At)
	})
	if code, said := d.bidder(honest.URL, "resume-bid", lot, id); code != 0 || !strings.Contains(said, id) || !strings.Contains(said, `"received"`) {
		t.Errorf("%d %s", code, said)
	}
	three := []string{d.h.Centre.Party.USCC, d.h.Supervisor.Party.USCC, d.h.Platform.Party.USCC}
	for pins, want := range map[string]int{strings.Join(three, ","): 0, strings.Join(three[:2], ","): 1, three[0] + "," + three[1] + "," + d.h.Agent.Party.USCC: 1} {
		if code, said := d.bidder(honest.URL, append([]string{"--custodians", pins}, bid("11980000.00")...)...); code != want || want == 1 && !strings.Contains(said, "保管人") {
			t.Errorf("%s: %d %s", pins, code, said)
		}
	}
}

// TestCheckFileFromTheCommandLine: the file that a bidder was given at a counter says by which id to name it; another's
// file, or one that was touched, does not.
func TestCheckFileFromTheCommandLine(t *testing.T) {
	d := newDesk(t)
	d.atDesk()
	front := d.front(func([]byte, string) []byte { return nil })
	mine := d.h.Issue(d.h.Full(), "XJGT-00000001").File()
	theirs := d.h.Issue(d.h.Draft(d.h.Bidders[1], d.h.Bank, sample.Independent, letter.ModeFull), "XJGT-00000002").File()
	touched := mine
	touched.Salt = bytes.Repeat([]byte{1}, 32)
	for name, c := range map[string]struct {
		file letter.File
		code int
		says string
	}{
		"mine.json": {mine, 0, mine.Reveal.Application}, "theirs.json": {theirs, 1, "申请人不是本单位"}, "touched.json": {touched, 1, "摘要不符"},
	} {
		b, err := c.file.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		d.put(name, b)
		if code, said := d.bidder(front.URL, "check-file", sample.ID(1), filepath.Join(d.dir, name)); code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d %s", name, code, said)
		}
	}
}
