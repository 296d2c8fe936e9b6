package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/internal/sample"
	"baohan/signing"
	"baohan/signing/httpsig"
)

// counter is a platform that takes the list of one lot, whose bids are outside.
func (d desk) counter(bids string, got *[]letter.BidList) *httptest.Server {
	lot := wire.Lot{ID: sample.ID(1), Lot: d.h.Requirement.Lot, Bids: bids, Deadline: d.h.Requirement.End.Deadline,
		Requirement: &d.h.Requirement, RequirementDigest: d.h.Requirement.Digest()}
	say := func(w http.ResponseWriter, r *http.Request, v any) {
		text, err := wire.Write(v)
		if err = errors.Join(err, httpsig.SignResponse(w.Header(), http.StatusOK, text, r, d.h.Platform.Sign.KeyID(), d.h.Platform.Sign.Key, time.Now())); err != nil {
			d.t.Error(err)
		}
		_, _ = w.Write(text)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/lots/"+lot.ID, func(w http.ResponseWriter, r *http.Request) { say(w, r, lot) })
	mux.HandleFunc("POST /api/v1/lots/"+lot.ID+"/bid-list", func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, err := body.ReadFrom(r.Body)
		var in wire.HandInBidList
		err = errors.Join(err, wire.Read(body.Bytes(), &in))
		signed, signErr := signing.ParseSignedData(in.List)
		list, listErr := letter.ParseBidList(signed.Content)
		if err := errors.Join(err, signErr, listErr); err != nil {
			d.t.Error(err)
		}
		*got = append(*got, list)
		say(w, r, wire.BidListTaken{Lot: lot.ID, State: "closed", Bids: len(list.Bids), Letters: list.Letters(), AcceptedAt: lot.Deadline})
	})
	srv := httptest.NewServer(mux)
	d.t.Cleanup(srv.Close)
	return srv
}

// atTheCentre gives the centre its key directory, a clock at an instant, and an export of its bid system.
func (d desk) atTheCentre(at time.Time) (sheet string) {
	d.t.Helper()
	d.atDesk()
	_, err := clock.StartStepped(filepath.Join(d.dir, "centre-clock"), at)
	d.t.Setenv("BAOHAN_CLOCK_FILE", filepath.Join(d.dir, "centre-clock"))
	if err := errors.Join(err, d.h.Centre.Sign.Write(d.dir, "centre", []byte(passphrase), signing.WithIterations(1000))); err != nil {
		d.t.Fatal(err)
	}
	var text strings.Builder
	text.WriteString("投标编号,密封投标文件,投标人,统一社会信用代码,保函申请编号\n")
	for i, b := range d.h.Bidders {
		text.WriteString(",offer," + b.Party.Name + "," + b.Party.USCC + "," + map[bool]string{true: sample.ID(7)}[i == 0] + "\n")
	}
	d.put("export.csv", []byte(text.String()))
	return filepath.Join(d.dir, "export.csv")
}

func (d desk) bidList(platform string, args ...string) (int, string) {
	var out, errs bytes.Buffer
	code := run(d.t.Context(), append([]string{"bid-list", "--data", d.dir, "--keys", d.dir, "--platform", platform, "--lot", sample.ID(1),
		"--platform-cert", filepath.Join(d.dir, "platform.pem"), "--sign", "centre"}, args...), &out, &errs)
	return code, out.String() + errs.String()
}

// answers is what the person at the terminal types.
func (d desk) answers(text string) {
	d.t.Helper()
	d.put("typed", []byte(text))
	f, err := os.Open(filepath.Join(d.dir, "typed"))
	if err != nil {
		d.t.Fatal(err)
	}
	was := os.Stdin
	os.Stdin = f
	d.t.Cleanup(func() { os.Stdin = was; _ = f.Close() })
}

// TestBidListFromTheCommandLine: what is signed is shown first, nothing is signed without a yes, and the same export
// gives the same list.
func TestBidListFromTheCommandLine(t *testing.T) {
	d := newDesk(t)
	var got []letter.BidList
	deadline := d.h.Requirement.End.Deadline
	sheet, outside := d.atTheCentre(deadline), d.counter("outside", &got)
	for _, typed := range []string{"", "否\n", "y\n"} {
		d.answers(typed)
		if code, said := d.bidList(outside.URL, sheet); code != 1 || len(got) != 0 || !strings.Contains(said, "没有确认") {
			t.Fatalf("%q: %d %s", typed, code, said)
		}
	}
	d.answers("是\n")
	code, said := d.bidList(outside.URL, sheet)
	if code != 0 || len(got) != 1 || !strings.Contains(said, "投标 3 份，其中指明保函 1 份，现金或未提交 2 份") || !strings.Contains(said, `"closed"`) {
		t.Fatalf("%d %s", code, said)
	}
	for _, b := range d.h.Bidders {
		if strings.Contains(said, b.Party.Name) {
			t.Errorf("a bidder stands on the screen: %s", said)
		}
	}
	if code, said := d.bidList(outside.URL, "--yes", sheet); code != 0 || len(got) != 2 {
		t.Fatalf("%d %s", code, said)
	}
	first, firstErr := got[0].Canonical()
	again, err := got[1].Canonical()
	if errors.Join(firstErr, err) != nil || !bytes.Equal(first, again) || !got[0].ClosedAt.Equal(deadline) {
		t.Errorf("%s\n%s", first, again)
	}
	if code, said := d.bidList(outside.URL, "--yes", "--closed-at", deadline.Add(time.Second).Format(time.RFC3339), sheet); code != 0 || !got[2].ClosedAt.Equal(deadline.Add(time.Second)) {
		t.Errorf("%d %s", code, said)
	}
}

// TestBidListThatIsNotSent: too early, a lot whose bids are here, a wrong cell: nothing leaves the centre.
func TestBidListThatIsNotSent(t *testing.T) {
	d := newDesk(t)
	var got []letter.BidList
	deadline := d.h.Requirement.End.Deadline
	sheet := d.atTheCentre(deadline.Add(-time.Minute))
	outside, here := d.counter("outside", &got), d.counter("here", &got)
	if code, said := d.bidList(outside.URL, "--yes", sheet); code != 1 || !strings.Contains(said, "未到") {
		t.Errorf("too early: %d %s", code, said)
	}
	if code, said := d.bidList(here.URL, "--yes", sheet); code != 1 || !strings.Contains(said, "不需要投标清单") {
		t.Errorf("bids here: %d %s", code, said)
	}
	d.put("wrong.csv", []byte("投标编号,密封投标文件,投标人,统一社会信用代码,保函申请编号\n,offer,甲,1,\n"))
	if code, said := d.bidList(outside.URL, "--yes", filepath.Join(d.dir, "wrong.csv")); code != 1 || !strings.Contains(said, "第 2 行“投标人”栏") {
		t.Errorf("a wrong cell: %d %s", code, said)
	}
	if len(got) != 0 {
		t.Errorf("%d lists were sent", len(got))
	}
}
