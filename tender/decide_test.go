package tender

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// Nobody but a supervisor decides, on paper that its own admitted certificate signed, about what it has seen.
func TestDecisionsThatAreNotTaken(t *testing.T) {
	e := missed(t)
	id := e.report()
	e.tells(e.AddEvidence(e.ctx, e.by(e.centre, party.Centre), id, "系统日志.txt", []byte("日志")))
	e.tells(e.present(e.bidders[0], e.copy))
	full := func(change func(*letter.IncidentDecision)) letter.IncidentDecision {
		d := e.decision(id)
		change(&d)
		return d
	}
	as := func(o org, r party.Role, signer org, d letter.IncidentDecision) error {
		_, err := e.DecideIncident(e.ctx, e.by(o, r), id, e.signed(signer, d))
		return err
	}
	same := full(func(*letter.IncidentDecision) {})
	for name, r := range map[string]party.Role{"the centre": party.Centre, "the operator": party.Operator, "a bidder": party.Bidder, "the tenderer": party.Beneficiary} {
		if err := as(e.supervisor, r, e.supervisor, same); !errors.Is(err, ErrIncidentNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e.refused(as(e.supervisor, party.Supervisor, e.centre, same), "decision.signer")
	e.refused(as(e.centre, party.Supervisor, e.centre, same), "signer.role") // a role that nobody gave
	unadmitted := e.supervisor
	unadmitted.sign = must(e.ca.Issue(signing.Name{CommonName: "经办人", Organization: e.supervisor.party.Name, OrganizationID: e.supervisor.party.USCC},
		signing.UseSign, started.AddDate(0, -1, 0), started.AddDate(1, 0, 0)))
	e.refused(as(e.supervisor, party.Supervisor, unadmitted, same), "signer.role")
	for code, change := range map[string]func(*letter.IncidentDecision){
		"decision.incident": func(d *letter.IncidentDecision) { d.Incident = newID() },
		"decision.lot":      func(d *letter.IncidentDecision) { d.Lot = "P-A2-01" },
		"decision.cause":    func(d *letter.IncidentDecision) { d.Cause = letter.CauseAttack },
		"decision.evidence": func(d *letter.IncidentDecision) { d.Evidence = nil },
		"decision.letters":  func(d *letter.IncidentDecision) { d.Letters[0].File = signing.Sum([]byte("另一份")) },
		"decision.at":       func(d *letter.IncidentDecision) { d.At = d.At.Add(time.Hour) },
	} {
		e.refused(as(e.supervisor, party.Supervisor, e.supervisor, full(change)), code)
	}
	unseen := full(func(d *letter.IncidentDecision) {
		d.Letters = []letter.IncidentLetter{{ID: e.good, File: d.Letters[0].File}}
	})
	e.refused(as(e.supervisor, party.Supervisor, e.supervisor, unseen), "decision.letters")
	_, err := e.DecideIncident(e.ctx, e.by(e.supervisor, party.Supervisor), id, []byte("x"))
	e.refused(err, "decision.signature")
	e.suspended(true)
	e.refused(as(e.supervisor, party.Supervisor, e.supervisor, same), "signer.role")
	e.suspended(false)
	if g := e.letterRow(e.bad); g.DisclosureState != guarantee.Missing || e.count(`SELECT count(*) FROM accepted_letter`) != 0 {
		t.Fatalf("the letter is %s", g.DisclosureState)
	}
	cmd := e.by(e.supervisor, party.Supervisor)
	p7s := e.signed(e.supervisor, same)
	first := e.tells(e.DecideIncident(e.ctx, cmd, id, p7s))
	if again := e.tells(e.DecideIncident(e.ctx, cmd, id, p7s)); again.Version != first.Version {
		t.Errorf("the same command again: %+v", again)
	}
	e.refused(as(e.supervisor, party.Supervisor, e.supervisor, same), "incident.illegal_move")
}

// A row that says something else by the time of the decision stops it: nothing moves.
func TestDecisionOverAnotherRow(t *testing.T) {
	e := missed(t)
	id := e.report()
	e.tells(e.present(e.bidders[0], e.copy))
	e.exec(`UPDATE guarantee SET commitment = set_byte(commitment, 0, get_byte(commitment, 0) # 1) WHERE id = @id`, e.bad)
	_, err := e.decide(id, e.decision(id))
	e.refused(err, "accept.another")
	if g := e.letterRow(e.bad); g.DisclosureState != guarantee.Missing || e.count(`SELECT count(*) FROM incident WHERE state = 'reported'`) != 1 {
		t.Errorf("the letter is %s", g.DisclosureState)
	}
}

// suspended has the operator suspend or resume the supervisor.
func (e *emergency) suspended(yes bool) { e.suspend(e.supervisor, yes) }

// Of decisions at the same instant one stands.
func TestDecisionsAtOnce(t *testing.T) {
	e := missed(t)
	id := e.report()
	e.tells(e.present(e.bidders[0], e.copy))
	e.market.busy = true
	yes, no := e.decision(id), e.decision(id)
	no.Decision = letter.DecisionDismiss
	var won sync.Map
	var wg sync.WaitGroup
	for i := range 8 {
		d := yes
		if i%2 == 1 {
			d = no
		}
		cmd, p7s := e.by(e.supervisor, party.Supervisor), e.signed(e.supervisor, d)
		wg.Go(func() {
			a, err := e.DecideIncident(e.ctx, cmd, id, p7s)
			if err == nil {
				won.Store(i, a.State)
				return
			}
			e.refused(err, "incident.illegal_move")
		})
	}
	wg.Wait()
	var states []string
	won.Range(func(_, s any) bool { states = append(states, s.(string)); return true })
	if len(states) != 1 {
		t.Fatalf("%d decisions stand: %v", len(states), states)
	}
	want := map[string]guarantee.State{"accepted": guarantee.Accepted, "dismissed": guarantee.Missing}[states[0]]
	if g := e.letterRow(e.bad); g.DisclosureState != want {
		t.Errorf("%s, and the letter is %s", states[0], g.DisclosureState)
	}
}

// A decision that dismisses moves nothing, stands in public, and leaves room for another incident.
func TestDismissed(t *testing.T) {
	e := missed(t)
	id := e.report()
	e.tells(e.present(e.bidders[0], e.copy))
	no := e.decision(id)
	no.Decision = letter.DecisionDismiss
	if a := e.tells(e.decide(id, no)); a.State != string(IncidentDismissed) {
		t.Fatalf("state %s", a.State)
	}
	if g := e.letterRow(e.bad); g.DisclosureState != guarantee.Missing {
		t.Errorf("the letter is %s", g.DisclosureState)
	}
	x := must(e.Opening(e.ctx, e.lot.ID)).Emergencies
	if len(x) != 1 || x[0].Accepted || x[0].Presented != nil || x[0].Letter != e.bad {
		t.Errorf("in public stands %+v", x)
	}
	if due := must(e.UnverifiedIncidents(e.ctx, 10)); len(due) != 0 {
		t.Errorf("to be verified: %v", due)
	}
	e.accepted()
}

// The custodians are away and the lot stays closed: copies are shown and accepted, so that the hall can go on, and
// nothing of the lot is unsealed or moved by it. When they are back the opening runs, and what it discloses is compared.
func TestLotThatIsStuck(t *testing.T) {
	for name, spoilt := range map[string]bool{"the seal is whole": false, "the seal is spoilt": true} {
		t.Run(name, func(t *testing.T) {
			e := atClosing(t)
			e.agents[0].off, e.agents[1].off = true, true
			if _, err := e.Open(e.ctx, system(), e.lot.ID); !errors.Is(err, ErrCustodians) {
				t.Fatal(err)
			}
			id := e.accepted()
			if g := e.letterRow(e.bad); g.DisclosureState != guarantee.Sealed || g.Amount != nil {
				t.Errorf("the row is %s", g.DisclosureState)
			}
			_, err := e.Opening(e.ctx, e.lot.ID)
			e.refused(err, "opening.not_found")
			_, err = e.Guarantees.File(e.ctx, e.bad)
			e.refused(err, "guarantee.not_found")
			v := must(e.Incident(e.ctx, e.tenderer.actor(party.Beneficiary), id))
			if len(v.Letters) != 1 || v.Letters[0].Summary.Amount != e.lot.Amount || v.Letters[0].Lines[7].Result != letter.ResultUnknown ||
				v.Letters[0].Lines[8].Result != letter.ResultPass {
				t.Errorf("the hall sees %+v", v.Letters)
			}
			e.reverify(id, IncidentAccepted)
			if due := must(e.UnverifiedIncidents(e.ctx, 10)); len(due) != 0 {
				t.Errorf("due again at once: %v", due)
			}
			if spoilt {
				e.exec(spoil, e.bad)
			}
			e.agents[0].off, e.agents[1].off = false, false
			e.clock.Advance(time.Minute)
			e.tells(e.Open(e.ctx, system(), e.lot.ID))
			if due := must(e.UnverifiedIncidents(e.ctx, 10)); len(due) != 1 {
				t.Errorf("due after the opening: %v", due)
			}
			if !spoilt {
				e.reverify(id, IncidentClosed)
				if g := e.letterRow(e.bad); g.DisclosureState != guarantee.Disclosed {
					t.Errorf("the row is %s", g.DisclosureState)
				}
				return
			}
			e.reverify(id, IncidentAccepted) // the supervisor has accepted what the opening has now missed
			x := e.presented(id)
			if g := e.letterRow(e.bad); g.DisclosureState != guarantee.Accepted || g.VerificationState != guarantee.Unknown || !x.Moved || x.Lines[7].Result != letter.ResultPass {
				t.Errorf("the row is %s, the letter %+v", g.DisclosureState, x)
			}
			e.exec(spoil, e.bad)
			e.reverify(id, IncidentClosed)
		})
	}
}

// Decision and opening at the same instant: whoever is first, the letter ends public once, and the incident verified.
func TestDecisionBesideTheOpening(t *testing.T) {
	for range 3 {
		e := atClosing(t)
		for _, a := range e.agents {
			a.busy = true
		}
		e.market.busy = true
		id := e.report()
		e.tells(e.present(e.bidders[0], e.copy))
		p7s, cmd := e.signed(e.supervisor, e.decision(id)), e.by(e.supervisor, party.Supervisor)
		var wg sync.WaitGroup
		wg.Go(func() { e.tells(e.Open(e.ctx, system(), e.lot.ID)) })
		wg.Go(func() { e.tells(e.DecideIncident(e.ctx, cmd, id, p7s)) })
		wg.Wait()
		e.reverify(id, IncidentClosed)
		if g := e.letterRow(e.bad); g.DisclosureState != guarantee.Disclosed {
			t.Errorf("the row is %s", g.DisclosureState)
		}
		if n := e.count(`SELECT count(*) FROM disclosure WHERE guarantee = $1`, e.bad); n != 1 {
			t.Errorf("%d disclosures", n)
		}
	}
}

// The row is lost altogether: the bidder's copy and the platform's receipt in it are all there is, and they are enough.
func TestLostRow(t *testing.T) {
	e := atClosing(t)
	back := e.lose(e.bad)
	e.open(e.lot)
	id := e.accepted()
	x := e.presented(id)
	for i, line := range x.Lines {
		unknown := i == 4 || i == 10 || i == 11 || i == 15
		if unknown != (line.Result == letter.ResultUnknown) || !unknown && line.Result != letter.ResultPass {
			t.Errorf("line %d: %+v", i+1, line)
		}
	}
	if x.Here || x.Moved {
		t.Errorf("a row that is not here: %+v", x)
	}
	e.reverify(id, IncidentAccepted)
	back()
	if g := e.letterRow(e.bad); g.DisclosureState != guarantee.Sealed {
		t.Fatalf("it came back %s", g.DisclosureState)
	}
	e.clock.Advance(reverifyEvery)
	if due := must(e.UnverifiedIncidents(e.ctx, 10)); len(due) != 1 {
		t.Errorf("due: %v", due)
	}
	e.reverify(id, IncidentClosed)
	x = e.presented(id)
	if g := e.letterRow(e.bad); g.DisclosureState != guarantee.Accepted || !x.Moved || x.State != LetterVerified {
		t.Errorf("the row is %s, the letter %+v", g.DisclosureState, x)
	}
	tenderer := func() party.Command { return e.by(e.tenderer, party.Beneficiary) }
	e.tells(e.Award(e.ctx, tenderer(), e.lot.ID, AwardNote{Winner: e.bidders[0].party.USCC, NoticedOn: today(e.world)}))
	e.tells(e.Contract(e.ctx, tenderer(), e.lot.ID, today(e.world)))
	if g := e.letterRow(e.bad); g.ReleaseState != guarantee.ReleaseDue {
		t.Errorf("after the contract its release is %s", g.ReleaseState)
	}
}

// A letter that comes back after the contract has no other moment at which its release falls due.
func TestLetterThatComesBackAfterTheContract(t *testing.T) {
	e := atClosing(t)
	back := e.lose(e.bad)
	e.open(e.lot)
	id := e.accepted()
	tenderer := func() party.Command { return e.by(e.tenderer, party.Beneficiary) }
	e.tells(e.Award(e.ctx, tenderer(), e.lot.ID, AwardNote{Winner: e.bidders[0].party.USCC, NoticedOn: today(e.world)}))
	e.tells(e.Contract(e.ctx, tenderer(), e.lot.ID, today(e.world)))
	back()
	e.reverify(id, IncidentClosed)
	g, other := e.letterRow(e.bad), e.letterRow(e.good)
	if g.ReleaseState != guarantee.ReleaseDue || g.ReleaseDueBy == nil || !g.ReleaseDueBy.Equal(*other.ReleaseDueBy) {
		t.Errorf("its release is %s by %v, the other's by %v", g.ReleaseState, g.ReleaseDueBy, other.ReleaseDueBy)
	}
}

// A difference closes nothing, whoever asks: it stands for people to see.
func TestContradicted(t *testing.T) {
	for name, c := range map[string]struct {
		sql   string
		moved guarantee.State
	}{
		"the row has another digest": {`UPDATE guarantee SET letter_digest = set_byte(letter_digest, 0, get_byte(letter_digest, 0) # 1) WHERE id = @id`, guarantee.Accepted},
		"the row is of another lot":  {`UPDATE guarantee SET lot_tag = set_byte(lot_tag, 0, get_byte(lot_tag, 0) # 1) WHERE id = @id`, guarantee.Accepted},
	} {
		t.Run(name, func(t *testing.T) {
			e := missed(t)
			id := e.accepted()
			e.exec(c.sql, e.bad)
			e.reverify(id, IncidentAccepted)
			x := e.presented(id)
			if x.State != LetterContradicted || x.Why == "" {
				t.Fatalf("the letter: %+v", x)
			}
			if v := must(e.Incident(e.ctx, e.centre.actor(party.Centre), id)); !v.Alarm() {
				t.Error("the centre sees no alarm")
			}
			sheet := must(e.Sheet(e.ctx, e.lot.ID, 0)).Content
			if i := slices.IndexFunc(sheet.Letters, func(l letter.SheetLetter) bool { return l.ID == e.bad }); sheet.Letters[i].Failure == "" || !strings.Contains(sheet.Note, "不一致") {
				t.Errorf("the newest edition still has it accepted: %q", sheet.Note)
			}
			e.exec(c.sql, e.bad) // mending it quietly changes nothing
			e.reverify(id, IncidentAccepted)
			e.refused(e.closeByHand(id, e.supervisor, ""), "incident.contradicted")
			if due := must(e.UnverifiedIncidents(e.ctx, 10)); len(due) != 0 {
				t.Errorf("due: %v", due)
			}
		})
	}
	t.Run("the opening disclosed another letter", func(t *testing.T) {
		e := atClosing(t)
		id := e.accepted()
		e.refused(e.closeByHand(id, e.supervisor, ""), "incident.not_opened")
		e.tells(e.Open(e.ctx, system(), e.lot.ID))
		e.exec(`UPDATE disclosure SET undertaking = set_byte(undertaking, 9, get_byte(undertaking, 9) # 1) WHERE guarantee = @id`, e.bad)
		e.reverify(id, IncidentAccepted)
		if x := e.presented(id); x.State != LetterContradicted {
			t.Errorf("the letter: %+v", x)
		}
	})
}

func (e *emergency) closeByHand(id string, signer org, lot string) error {
	e.t.Helper()
	if lot == "" {
		lot = e.lot.Lot.Code
	}
	b, err := letter.IncidentClosing{Version: 1, Incident: id, Project: e.lot.Lot.Project, Lot: lot,
		Reason: "封存数据不能恢复，副本与登记的摘要一致", At: e.clock.Now().In(calendar.Shanghai)}.Canonical()
	_, err = e.CloseIncident(e.ctx, e.by(e.supervisor, party.Supervisor), id, e.p7s(signer, b, err))
	return err
}

// The platform is killed between decision and verification, custodians are away or have said no, the data are beyond
// mending: nothing is forgotten, nothing is an error, and in the end the supervisor's hand may close.
func TestVerificationWaits(t *testing.T) {
	e := missed(t)
	id := e.accepted()
	if due := must(e.UnverifiedIncidents(e.ctx, 10)); len(due) != 1 || due[0] != id {
		t.Fatalf("after a kill it is found again: %v", due)
	}
	e.exec(spoil, e.bad)
	e.agents[0].off, e.agents[1].off = true, true
	e.reverify(id, IncidentAccepted)
	if x := e.presented(id); x.Why != "正在等待密钥保管人给出份额" {
		t.Errorf("why: %s", x.Why)
	}
	if due := must(e.UnverifiedIncidents(e.ctx, 10)); len(due) != 0 {
		t.Errorf("at once again: %v", due)
	}
	e.clock.Advance(reverifyEvery)
	if due := must(e.UnverifiedIncidents(e.ctx, 10)); len(due) != 1 {
		t.Errorf("in its rhythm: %v", due)
	}
	e.exec(`UPDATE guarantee SET sealed = set_byte(sealed, 500, get_byte(sealed, 500) # 1) WHERE id = @id`, e.bad)
	e.agents[0].off, e.agents[1].off = false, false
	e.reverify(id, IncidentAccepted)
	e.refused(e.closeByHand(id, e.centre, ""), "closing.signer")
	e.refused(e.closeByHand(id, e.supervisor, "P-A2-01"), "closing.incident")
	e.suspended(true)
	e.refused(e.closeByHand(id, e.supervisor, ""), "signer.role")
	e.suspended(false)
	_, err := e.CloseIncident(e.ctx, e.by(e.centre, party.Centre), id, nil)
	e.refused(err, "incident.not_found")
	if err := e.closeByHand(id, e.supervisor, ""); err != nil {
		t.Fatal(err)
	}
	e.refused(e.closeByHand(id, e.supervisor, ""), "incident.illegal_move")
	e.reverify(id, IncidentClosed)
	v := must(e.Incident(e.ctx, e.centre.actor(party.Centre), id))
	if v.Closing == nil || v.Letters[0].State != LetterAccepted {
		t.Errorf("closed by hand: %+v", v.Letters[0])
	}
}

// A full letter is unsealed again by both of its seals.
func TestFullLetterIsVerifiedAgain(t *testing.T) {
	e := atClosing(t)
	const spoilFull = `UPDATE guarantee SET letter = set_byte(letter, length(letter) - 400, get_byte(letter, length(letter) - 400) # 1) WHERE id = @id`
	e.copy = e.copyOf(e.bidders[1], e.good)
	e.agents[0].off = true
	e.exec(`UPDATE guarantee SET fee_evidence = set_byte(fee_evidence, 20, get_byte(fee_evidence, 20) # 1) WHERE id = @id`, e.good)
	e.open(e.lot)
	id := e.report()
	e.tells(e.present(e.bidders[1], e.copy))
	e.tells(e.decide(id, e.decision(id)))
	e.exec(spoilFull, e.good)
	e.reverify(id, IncidentAccepted)
	if x := e.presented(id); x.Why != "平台封存的数据与截标清单登记的摘要不符，保管人不会给出份额；不能恢复时请行政监督部门签名结案" {
		t.Errorf("why: %s", x.Why)
	}
	e.exec(spoilFull, e.good)
	e.reverify(id, IncidentAccepted)
	e.exec(`UPDATE guarantee SET fee_evidence = set_byte(fee_evidence, 20, get_byte(fee_evidence, 20) # 1) WHERE id = @id`, e.good)
	e.agents[0].off, e.agents[1].off = false, true // of the two that opened the lot one is gone, and the other was not needed then
	e.reverify(id, IncidentClosed)
}

// Each sees its own part of an incident; to everybody else there is none.
func TestWhoSeesAnIncident(t *testing.T) {
	e := atClosing(t)
	id := e.report()
	e.tells(e.AddEvidence(e.ctx, e.by(e.centre, party.Centre), id, "系统日志.txt", []byte("日志")))
	e.tells(e.present(e.bidders[0], e.copy))
	e.tells(e.present(e.bidders[1], e.copyOf(e.bidders[1], e.good)))
	agent := e.org("别处的代理机构", 63)
	sees := func(a party.Actor) (letters, evidence, events int) {
		t.Helper()
		v, err := e.Incident(e.ctx, a, id)
		list, listErr := e.Incidents(e.ctx, a, e.lot.ID)
		if err != nil {
			e.refused(err, "incident.not_found")
			e.refused(listErr, "lot.not_found")
			return -1, -1, -1
		}
		if listErr != nil || len(list) != 1 || len(list[0].Letters) != len(v.Letters) {
			t.Errorf("%s: the list has %d, %v", a.Role, len(list), listErr)
		}
		return len(v.Letters), len(v.Evidence), len(v.Events)
	}
	for _, c := range []struct {
		who                       party.Actor
		letters, evidence, events int
	}{
		{e.centre.actor(party.Centre), 2, 1, 4}, {e.supervisor.actor(party.Supervisor), 2, 1, 4},
		{e.tenderer.actor(party.Beneficiary), 0, 1, 0}, // the lot is not opened and nothing is decided
		{e.bidders[0].actor(party.Bidder), 1, 0, 0}, {e.bidders[1].actor(party.Bidder), 1, 0, 0},
		{e.bidders[2].actor(party.Bidder), -1, -1, -1}, {agent.actor(party.Agent), -1, -1, -1},
		{e.bank.actor(party.Guarantor), -1, -1, -1}, {e.platform.actor(party.Operator), -1, -1, -1}, {party.Actor{}, -1, -1, -1},
	} {
		if l, ev, x := sees(c.who); l != c.letters || ev != c.evidence || x != c.events {
			t.Errorf("%s %s sees %d letters, %d files, %d events; want %d, %d, %d", c.who.Role, c.who.Name, l, ev, x, c.letters, c.evidence, c.events)
		}
	}
	digest := signing.Sum([]byte("日志"))
	if _, b, err := e.EvidenceFile(e.ctx, e.supervisor.actor(party.Supervisor), id, digest); err != nil || string(b) != "日志" {
		t.Errorf("evidence: %q %v", b, err)
	}
	_, _, err := e.EvidenceFile(e.ctx, e.bidders[0].actor(party.Bidder), id, digest)
	e.refused(err, "incident.not_found")
	if b, err := e.CopyFile(e.ctx, e.supervisor.actor(party.Supervisor), id, e.bad); err != nil || string(b) != string(e.copy) {
		t.Errorf("the copy: %v", err)
	}
	_, err = e.CopyFile(e.ctx, e.bidders[1].actor(party.Bidder), id, e.bad)
	e.refused(err, "incident.not_found")
	d := e.decision(id)
	d.Letters = d.Letters[:1]
	e.tells(e.decide(id, d))
	if l, _, _ := sees(e.tenderer.actor(party.Beneficiary)); l != 1 {
		t.Errorf("the tenderer sees %d letters of a closed lot, want the accepted one", l)
	}
	if v := must(e.Incident(e.ctx, e.bidders[0].actor(party.Bidder), id)); v.Decision != nil {
		t.Error("a bidder is shown a decision that names the others' letters, before the opening")
	}
}
