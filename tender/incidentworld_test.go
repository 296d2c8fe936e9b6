package tender

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// emergency is a lot whose first letter, a blind one, could not be opened, with everybody whom that concerns.
type emergency struct {
	*world
	lot        *Lot
	supervisor org
	bad        string // the letter that could not be opened, of bidders[0]
	good       string // a full one that could, of bidders[1]
	copy       []byte // of bad, as its bidder keeps it
}

const (
	spoil     = `UPDATE guarantee SET letter = set_byte(letter, 400, get_byte(letter, 400) # 1) WHERE id = @id` // twice is not at all
	happening = "开标时该保函无法解封，已保全系统日志"
)

// atClosing is the lot closed, with the letter spoilt and its copy at hand; the opening has not been.
func atClosing(t *testing.T) *emergency {
	t.Helper()
	w := newWorld(t)
	e := &emergency{world: w, lot: w.published(letter.RegimeTendering, "A1"), supervisor: w.admitted("湖南省交通运输厅", 60, party.Supervisor)}
	e.bad, e.good = w.three(e.lot)
	e.copy = w.copyOf(w.bidders[0], e.bad)
	w.closeAt(e.lot, deadline)
	return e
}

// missed is the lot opened, with the letter missing.
func missed(t *testing.T) *emergency {
	t.Helper()
	e := atClosing(t)
	e.exec(spoil, e.bad)
	e.open(e.lot)
	if g := e.letterRow(e.bad); g.DisclosureState != guarantee.Missing {
		t.Fatalf("the letter is %s", g.DisclosureState)
	}
	return e
}

// admitted is an organisation to which an operator gave a role with its certificate.
func (w *world) admitted(name string, n int, role party.Role) org {
	w.t.Helper()
	o := w.org(name, n)
	w.admit(o, role)
	return o
}

func (w *world) admit(o org, role party.Role) {
	w.t.Helper()
	by := party.Organisation{USCC: o.party.USCC, Name: o.party.Name, Roles: []party.Role{role}}
	if err := party.NewDesk(w.pool, w.clock, must(w.ca.Trust())).Admit(w.ctx, party.System(), by, o.sign.Chain...); err != nil {
		w.t.Fatal(err)
	}
}

// suspend keeps an organisation from acting, or lets it act again.
func (w *world) suspend(o org, yes bool) {
	w.t.Helper()
	to := map[bool]string{true: "suspended", false: "active"}[yes]
	if _, err := w.pool.Exec(w.ctx, `UPDATE organisation SET status = @to WHERE uscc = @uscc`, pgx.NamedArgs{"to": to, "uscc": o.party.USCC}); err != nil {
		w.t.Fatal(err)
	}
}

// copyOf opens an owner's own copy with its own key, as its client does.
func (w *world) copyOf(owner org, id string) []byte {
	w.t.Helper()
	b, err := w.fileOf(owner, id).Canonical()
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) fileOf(owner org, id string) letter.File {
	w.t.Helper()
	row := must(w.Guarantees.SealedLetters(w.ctx, []string{id}))[0]
	record, full, err := row.Seals()
	if err != nil {
		w.t.Fatal(err)
	}
	r := must(letter.ParseRecord(must(record.OpenOwn(w.ctx, owner.encrypt.Key, letter.RecordAAD(id, 1)))))
	f := letter.File{Format: letter.FileFormat, Reveal: must(letter.ParseReveal(r.Reveal)), Receipt: row.Receipt}
	if full != nil {
		opened := must(letter.ParseFullLetter(must(full.OpenOwn(w.ctx, owner.encrypt.Key, letter.LetterAAD(id)))))
		f.Signed, f.Salt = opened.Undertaking, opened.Salt
	} else {
		padded := must(signing.OpenEnvelope(w.ctx, must(signing.ParsePrivateKey(r.Key)), row.Letter, letter.PartAAD(id, "undertaking")))
		f.Signed = must(letter.Unpad(padded))
	}
	f.Undertaking = must(letter.ParseUndertaking(must(signing.ParseSignedData(f.Signed)).Content))
	return f
}

func (e *emergency) report() string {
	e.t.Helper()
	return e.tells(e.ReportIncident(e.ctx, e.by(e.centre, party.Centre), e.lot.ID, letter.CauseClearLetter, happening)).ID
}

func (e *emergency) present(o org, b []byte) (Answer, error) {
	return e.PresentCopy(e.ctx, e.by(o, party.Bidder), e.lot.ID, b)
}

// decision is what the supervisor would sign of an incident as it stands, accepting every copy.
func (e *emergency) decision(incident string) letter.IncidentDecision {
	e.t.Helper()
	v := must(e.Incident(e.ctx, e.supervisor.actor(party.Supervisor), incident))
	d := letter.IncidentDecision{Version: 1, Incident: v.ID, Project: v.Project.Project, Lot: v.Project.Code, Cause: v.Cause,
		Decision: letter.DecisionAccept, Words: "副本证明平台在截止前已签收，同意继续开标", At: e.clock.Now().In(calendar.Shanghai)}
	for _, x := range v.Evidence {
		d.Evidence = append(d.Evidence, x.Digest)
	}
	for _, x := range v.Letters {
		d.Letters = append(d.Letters, letter.IncidentLetter{ID: x.ID, File: x.File})
	}
	return d
}

// signed is a decision under somebody's signature.
func (e *emergency) signed(o org, d letter.IncidentDecision) []byte {
	e.t.Helper()
	b, err := d.Canonical()
	return e.p7s(o, b, err)
}

func (e *emergency) decide(incident string, d letter.IncidentDecision) (Answer, error) {
	return e.DecideIncident(e.ctx, e.by(e.supervisor, party.Supervisor), incident, e.signed(e.supervisor, d))
}

// accepted takes an incident from its report to its acceptance.
func (e *emergency) accepted() string {
	e.t.Helper()
	id := e.report()
	e.tells(e.present(e.bidders[0], e.copy))
	if a := e.tells(e.decide(id, e.decision(id))); a.State != string(IncidentAccepted) {
		e.t.Fatalf("the incident is %s", a.State)
	}
	return id
}

func (e *emergency) reverify(incident string, want IncidentState) {
	e.t.Helper()
	if a := e.tells(e.ReverifyIncident(e.ctx, incident)); a.State != string(want) {
		e.t.Fatalf("the incident is %s, want %s: %+v", a.State, want, e.presented(incident).Why)
	}
}

// presented is the one letter of an incident, as the supervisor sees it.
func (e *emergency) presented(incident string) PresentedLetter {
	e.t.Helper()
	v := must(e.Incident(e.ctx, e.supervisor.actor(party.Supervisor), incident))
	if len(v.Letters) != 1 {
		e.t.Fatalf("%d letters", len(v.Letters))
	}
	return v.Letters[0]
}

func (e *emergency) count(sql string, args ...any) (n int) {
	e.t.Helper()
	if err := e.pool.QueryRow(e.ctx, sql, args...).Scan(&n); err != nil {
		e.t.Fatal(err)
	}
	return n
}

// lose takes a guarantee's row away, as a restored backup would, and returns how to bring it back.
func (e *emergency) lose(id string) (back func()) {
	e.t.Helper()
	past := func(sql ...string) {
		if err := pgx.BeginFunc(e.ctx, e.pool, func(tx pgx.Tx) error {
			for _, s := range append([]string{`SET LOCAL session_replication_role = replica`}, sql...) {
				if _, err := tx.Exec(e.ctx, s); err != nil {
					return fmt.Errorf("%s: %w", s, err)
				}
			}
			return nil
		}); err != nil {
			e.t.Fatal(err)
		}
	}
	past(`CREATE TABLE kept AS SELECT * FROM guarantee WHERE id = '`+id+`'`, `CREATE TABLE kept_event AS SELECT * FROM guarantee_event WHERE guarantee = '`+id+`'`,
		`DELETE FROM guarantee_event WHERE guarantee = '`+id+`'`, `DELETE FROM guarantee WHERE id = '`+id+`'`)
	return func() {
		past(`INSERT INTO guarantee SELECT * FROM kept`, `INSERT INTO guarantee_event SELECT * FROM kept_event`)
	}
}
