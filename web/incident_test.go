package web

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	house "baohan/internal/sample"
	"baohan/party"
	"baohan/signing"
)

// spoil changes one byte of a letter past the guards of its table, as a bad disk would; twice is not at all.
func (l *life) spoil(id string) {
	l.t.Helper()
	err := pgx.BeginFunc(l.t.Context(), l.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(l.t.Context(), `SET LOCAL session_replication_role = replica`); err != nil {
			return err
		}
		_, err := tx.Exec(l.t.Context(), `UPDATE guarantee SET letter = set_byte(letter, 400, get_byte(letter, 400) # 1) WHERE id = @id`, pgx.NamedArgs{"id": id})
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// TestEmergency walks the emergency rule over HTTP, with the SDK that clerks, supervisors and bidders use.
func TestEmergency(t *testing.T) {
	l := newLife(t)
	ctx := t.Context()
	bidders, ids := make([]*client.Bidder, 3), make([]string, 3)
	for i := range ids {
		bidders[i] = l.bidder(l.person(fmt.Sprintf("投标人第%d建设公司", i+1), 61+i))
		ids[i] = l.apply(bidders[i])
		l.issue(ids[i], i+1)
		must(bidders[i].Letter(ctx, ids[i]))
		must(bidders[i].Bid(ctx, l.lot, ids[i], house.Terms(1_200_000_000)))
	}
	l.spoil(ids[0])
	l.open()
	for _, b := range bidders {
		must(b.SignIn(ctx))
	}
	centre, supervisor := l.staff(l.centre, "centre"), l.staff(l.admit(l.person("测试行政监督处", 81), party.Supervisor), "supervisor")
	owner := bidders[0]
	kept := must(owner.KeptLetter(ctx, ids[0]))

	_, err := owner.PresentCopy(ctx, l.lot.ID, kept)
	wantCode(t, err, "incident.none")
	id := must(centre.ReportIncident(ctx, l.lot.ID, letter.CauseClearLetter, "开标时一份保函无法解封")).ID
	must(centre.AddEvidence(ctx, id, "系统日志.txt", []byte("日志")))
	_, err = bidders[1].Incidents(ctx, l.lot.ID)
	wantCode(t, err, "not_found")
	_, err = bidders[1].PresentCopy(ctx, l.lot.ID, kept)
	wantCode(t, err, "copy.applicant")
	must(owner.PresentCopy(ctx, l.lot.ID, kept))
	if own := must(owner.Incidents(ctx, l.lot.ID)); len(own) != 1 || len(own[0].Letters) != 1 || len(own[0].Evidence) != 0 || own[0].Events != nil {
		t.Errorf("the bidder sees %+v", own)
	}
	in := must(supervisor.Incident(ctx, id))
	if len(in.Letters) != 1 || len(in.Letters[0].Lines) != 16 || len(in.Evidence) != 1 || len(in.Events) != 3 || in.Alarm {
		t.Errorf("the supervisor sees %+v", in)
	}
	if f := must(supervisor.Evidence(ctx, id, in.Evidence[0].Digest)); string(f.Content) != "日志" {
		t.Errorf("evidence %+v", f)
	}
	_, err = supervisor.Evidence(ctx, id, signing.Sum([]byte("x")))
	wantCode(t, err, "not_found")
	_, err = centre.DecideIncident(ctx, in, letter.DecisionAccept, "同意继续开标，保函有效", nil)
	wantCode(t, err, "not_found")
	_, err = supervisor.DecideIncident(ctx, in, letter.DecisionAccept, "同意继续开标，保函有效", []string{ids[1]})
	if !errors.Is(err, client.ErrCopy) {
		t.Errorf("a letter that was not shown: %v", err)
	}
	if got := must(supervisor.DecideIncident(ctx, in, letter.DecisionAccept, "同意继续开标，保函有效", nil)); got.State != "accepted" {
		t.Fatalf("decided: %+v", got)
	}
	l.accepted(ids[0], id, kept)
	l.spoil(ids[0])
	must(l.desks.Tender.ReverifyIncident(ctx, id))
	if in = must(centre.Incident(ctx, id)); in.State != "closed" || in.Letters[0].State != "verified" || in.Closing != nil {
		t.Errorf("in the end: %+v", in)
	}
	_, err = supervisor.CloseIncident(ctx, in, "已经结案，不必再签")
	wantCode(t, err, "incident.illegal_move")
}

// accepted holds what everybody reads of an accepted letter.
func (l *life) accepted(id, incident string, kept []byte) {
	l.t.Helper()
	var o wire.Opening
	l.as("", "GET", "/api/v1/lots/"+l.lot.ID+"/opening", nil).into(l.t, &o)
	if len(o.Emergencies) != 1 || !o.Emergencies[0].Accepted || o.Emergencies[0].Incident != incident || o.Emergencies[0].Presented.Amount != 800_000_00 {
		l.t.Errorf("in public stands %+v", o.Emergencies)
	}
	signed := must(signing.ParseSignedData(o.Emergencies[0].Decision))
	if d := must(letter.ParseIncidentDecision(signed.Content)); d.Letters[0].ID != id || d.Letters[0].File != signing.Sum(kept) || signed.Verify(l.trust, l.clock.Now()) != nil {
		l.t.Errorf("the decision in public: %+v", d)
	}
	if got := l.as("", "GET", "/api/v1/guarantees/"+id+"/file", nil); string(got.body) != string(kept) {
		l.t.Error("the public file is not the bidder's copy")
	}
	b := must(client.NewBeneficiary(l.at, l.tenderer.identity()))
	must(b.SignIn(l.t.Context()))
	for _, g := range must(b.Guarantees(l.t.Context(), "")).Items {
		if want := map[bool]string{true: "accepted", false: "disclosed"}[g.ID == id]; g.Disclosure != want || g.Amount != 800_000_00 {
			l.t.Errorf("the beneficiary's list: %+v", g)
		}
	}
}

func (l *life) staff(p person, role string) *client.Staff {
	l.t.Helper()
	s := must(client.NewStaff(l.at, p.identity()))
	must(s.SignIn(l.t.Context(), role))
	return s
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if p, ok := client.Refused(err); !ok || p.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
}
