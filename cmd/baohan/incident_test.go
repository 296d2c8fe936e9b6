package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/sample"
	"baohan/signing"
)

// incidentDesk is a platform with one incident, in which one copy was shown; it keeps the decision that it is sent.
type incidentDesk struct {
	desk
	in      wire.Incident
	copy    []byte
	decided []byte
	shown   []byte
}

func newIncidentDesk(t *testing.T) *incidentDesk {
	t.Helper()
	d := &incidentDesk{desk: newDesk(t)}
	d.atDesk()
	if err := d.h.Supervisor.Sign.Write(d.dir, "supervisor", []byte(passphrase), signing.WithIterations(1000)); err != nil {
		t.Fatal(err)
	}
	i := d.h.Issue(d.h.Blind(), "XJSL-2026-000009")
	file, err := i.File().Canonical()
	if err != nil {
		t.Fatal(err)
	}
	lot := d.h.Requirement.Lot
	d.copy = file
	d.in = wire.Incident{ID: sample.ID(9), Lot: sample.ID(1), Project: lot.Project, LotCode: lot.Code, State: "reported", Cause: letter.CauseClearLetter,
		Evidence: []wire.Evidence{{Digest: signing.Sum([]byte("日志")), Name: "../系统日志.txt"}},
		Letters:  []wire.PresentedLetter{{ID: i.Draft.Application.Application, File: signing.Sum(file), Number: i.Undertaking.Number, Expiry: i.Undertaking.LatestExpiry}}}
	return d
}

func (d *incidentDesk) serve() *httptest.Server {
	say := func(v any) http.HandlerFunc { return func(w http.ResponseWriter, _ *http.Request) { d.say(w, v) } }
	take := func(state string, body any, keep func()) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			var b bytes.Buffer
			if _, err := b.ReadFrom(r.Body); err != nil {
				d.t.Error(err)
			}
			if err := wire.Read(b.Bytes(), body); err != nil {
				d.t.Error(err)
			}
			keep()
			d.say(w, wire.IncidentState{ID: d.in.ID, Version: 2, State: state})
		}
	}
	var decision wire.DecideIncident
	var shown wire.PresentCopy
	mux := http.NewServeMux()
	mux.Handle("POST /api/v1/session/challenge", say(wire.Challenge{Challenge: strings.Repeat("0a", 32)}))
	mux.Handle("POST /api/v1/session", say(wire.Session{Token: "t"}))
	mux.Handle("POST /api/v1/me/certificates", say(struct{}{}))
	mux.Handle("GET /api/v1/lots/"+d.in.Lot, say(wire.Lot{ID: d.in.Lot}))
	mux.HandleFunc("GET /api/v1/incidents/"+d.in.ID, func(w http.ResponseWriter, _ *http.Request) { d.say(w, d.in) })
	mux.HandleFunc("GET /api/v1/incidents/"+d.in.ID+"/copy", func(w http.ResponseWriter, _ *http.Request) { d.say(w, wire.CopyFile{File: d.copy}) })
	mux.HandleFunc("GET /api/v1/incidents/"+d.in.ID+"/evidence", func(w http.ResponseWriter, _ *http.Request) {
		d.say(w, wire.EvidenceFile{Name: "../系统日志.txt", Content: []byte("日志")})
	})
	mux.Handle("POST /api/v1/incidents/"+d.in.ID+"/decision", take("accepted", &decision, func() { d.decided = decision.Decision }))
	mux.Handle("POST /api/v1/lots/"+d.in.Lot+"/copies", take("reported", &shown, func() { d.shown = shown.File }))
	srv := httptest.NewServer(mux)
	d.t.Cleanup(srv.Close)
	return srv
}

func (d *incidentDesk) incident(platform string, args ...string) (int, string) {
	var out, errs bytes.Buffer
	code := run(d.t.Context(), append([]string{"incident", "--data", d.dir, "--keys", d.dir, "--platform", platform, "--as", "supervisor",
		"--sign", "supervisor", "--platform-cert", filepath.Join(d.dir, "platform.pem")}, args...), &out, &errs)
	return code, out.String() + errs.String()
}

// TestDecideFromTheCommandLine: the supervisor's own program checks every copy before it signs, and signs what it read.
func TestDecideFromTheCommandLine(t *testing.T) {
	d := newIncidentDesk(t)
	srv := d.serve()
	good := d.copy
	d.copy = bytes.Replace(good, []byte("壹佰万"), []byte("玖佰万"), 1)
	if bytes.Equal(d.copy, good) {
		t.Fatal("nothing was spoilt")
	}
	for _, file := range []signing.Digest{signing.Sum(good), signing.Sum(d.copy)} {
		d.in.Letters[0].File = file // the platform shows another file, or names the digest of a false one
		if code, said := d.incident(srv.URL, "decide", d.in.ID, "accept", "--words", "同意继续开标，保函有效"); code == 0 || d.decided != nil {
			t.Fatalf("it signed a copy that does not hold: %d %s", code, said)
		}
	}
	d.copy, d.in.Letters[0].File = good, signing.Sum(good)
	code, said := d.incident(srv.URL, "decide", d.in.ID, "accept", "--words", "同意继续开标，保函有效")
	if code != 0 || !strings.Contains(said, `"accepted"`) {
		t.Fatalf("%d %s", code, said)
	}
	signed, err := signing.ParseSignedData(d.decided)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := letter.ParseIncidentDecision(signed.Content)
	if err != nil || dec.Incident != d.in.ID || dec.Letters[0].File != signing.Sum(good) || len(dec.Evidence) != 1 ||
		signed.Signer().Subject().OrganizationID != d.h.Supervisor.Party.USCC {
		t.Errorf("signed: %+v %v", dec, err)
	}
}

// TestFetchWritesWhereItIsTold: a file's name is somebody else's word and no path of ours.
func TestFetchWritesWhereItIsTold(t *testing.T) {
	d := newIncidentDesk(t)
	dir := filepath.Join(d.dir, "fetched")
	if code, said := d.incident(d.serve().URL, "fetch", d.in.ID, "--dir", dir); code != 0 {
		t.Fatalf("%d %s", code, said)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Fatalf("%v %v", files, err)
	}
	var out, errs bytes.Buffer
	name := filepath.Join(dir, d.in.Letters[0].ID+".json")
	if code := run(t.Context(), []string{"verify", name, "--trust", filepath.Join(d.dir, "root.pem")}, &out, &errs); code != 0 {
		t.Errorf("the copy does not verify: %d %s%s", code, out.Bytes(), errs.Bytes())
	}
}

// TestPresentCopyFromTheCommandLine: what is shown is the file, byte for byte.
func TestPresentCopyFromTheCommandLine(t *testing.T) {
	d := newIncidentDesk(t)
	d.put("letter.json", d.copy)
	if code, said := d.bidder(d.serve().URL, "present-copy", d.in.Lot, filepath.Join(d.dir, "letter.json")); code != 0 || !strings.Contains(said, d.in.ID) {
		t.Fatalf("%d %s", code, said)
	}
	if !bytes.Equal(d.shown, d.copy) {
		t.Error("another file was shown")
	}
}
