package tender

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// Every state with every verb, written down a second time by hand.
func TestEveryIncidentStateWithEveryVerb(t *testing.T) {
	legal := map[string]string{"incident reported accept": "accepted", "incident reported dismiss": "dismissed", "incident reported withdraw": "withdrawn",
		"incident accepted close": "closed", "letter accepted verify": "verified", "letter accepted contradict": "contradicted"}
	if len(legal) != len(IncidentMoves) {
		t.Errorf("%d moves in the table, want %d", len(IncidentMoves), len(legal))
	}
	for _, m := range IncidentMoves {
		if legal[m.Part+" "+m.From+" "+string(m.Verb)] != m.To {
			t.Errorf("%+v is not legal", m)
		}
	}
	for from := range incidentWords {
		for _, verb := range []Verb{"accept", "dismiss", "withdraw", "close", "report", "verify", "contradict"} {
			to, err := nextIncident(from, verb)
			want, ok := legal["incident "+string(from)+" "+string(verb)]
			if ok != (err == nil) || string(to) != want {
				t.Errorf("%s %s: got %q %v, want %q", verb, from, to, err, want)
			}
			if r, is := party.RefusalOf(err); err != nil && (!is || r.Kind != party.KindConflict || !strings.Contains(r.Message, from.Words())) {
				t.Errorf("%s %s: %v is no conflict that says where it stands", verb, from, err)
			}
		}
	}
	for _, s := range []AcceptedState{LetterAccepted, LetterVerified, LetterContradicted} {
		if s.Words() == "" {
			t.Errorf("%s has no words", s)
		}
	}
}

func TestDatabaseHoldsTheSameIncidentMoves(t *testing.T) {
	w := newWorld(t)
	rows, err := w.pool.Query(w.ctx, `SELECT part || ' ' || from_state || ' ' || to_state FROM incident_move ORDER BY 1`)
	got := must(pgx.CollectRows(rows, pgx.RowTo[string]))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range IncidentMoves {
		want = append(want, m.Part+" "+m.From+" "+m.To)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("database %v, code %v", got, want)
	}
}

// The database refuses by itself what the code would never ask.
func TestDatabaseRefusesIllegalIncidents(t *testing.T) {
	e := missed(t)
	id := e.report()
	e.tells(e.present(e.bidders[0], e.copy))
	args := pgx.NamedArgs{"id": id, "letter": e.bad, "lot": e.lot.ID, "digest": signing.Random(32)}
	refuses := func(name, sql string) {
		t.Helper()
		if _, err := e.pool.Exec(e.ctx, sql, args); err == nil {
			t.Errorf("%s was let through", name)
		}
	}
	insert := `INSERT INTO accepted_letter (lot, letter, incident, state, moved, result, lines, why) VALUES (@lot, @letter, @id, 'accepted', false, 'passed', '[]', '')`
	refuses("a letter that nobody accepted", insert)
	refuses("acceptance without a decision", `UPDATE incident SET state = 'accepted', version = version + 1 WHERE id = @id`)
	refuses("closing what was not accepted", `UPDATE incident SET state = 'closed', closed_at = platform_now(), version = version + 1 WHERE id = @id`)
	refuses("another cause", `UPDATE incident SET cause = 'other', version = version + 1 WHERE id = @id`)
	refuses("another copy", `UPDATE incident_copy SET file = '\x00' WHERE incident = @id`)
	refuses("a second open incident", `INSERT INTO incident (id, lot, version, state, cause, words, reported_by, reported_at)
		SELECT md5(id), lot, 1, 'reported', cause, words, reported_by, reported_at FROM incident WHERE id = @id`)
	e.tells(e.decide(id, e.decision(id)))
	refuses("evidence after the decision", `INSERT INTO incident_evidence (incident, digest, name, bytes, added_at) VALUES (@id, @digest, 'x', 'x', platform_now())`)
	refuses("another decision", `UPDATE incident SET decision = 'x', version = version + 1 WHERE id = @id`)
	refuses("closing with a letter that is not verified", `UPDATE incident SET state = 'closed', closed_at = platform_now(), version = version + 1 WHERE id = @id`)
	refuses("forgetting a letter", `DELETE FROM accepted_letter WHERE letter = @letter`)
	refuses("a history that is written anew", `DELETE FROM incident_event WHERE incident = @id`)
	if _, err := e.pool.Exec(e.ctx, `UPDATE accepted_letter SET state = 'contradicted' WHERE letter = @letter`, args); err != nil {
		t.Fatal(err)
	}
	refuses("a contradiction that is taken back", `UPDATE accepted_letter SET state = 'verified' WHERE letter = @letter`)
	refuses("closing by hand what is contradicted", `UPDATE incident SET state = 'closed', closing = 'x', closed_at = platform_now(), version = version + 1 WHERE id = @id`)
}

// The whole course: a letter that could not be opened counts by its bidder's copy and the supervisor's signature, lives on
// like any other, and the platform verifies it again when its data are mended.
func TestEmergencyFromReportToVerification(t *testing.T) {
	e := missed(t)
	before := must(e.Opening(e.ctx, e.lot.ID))
	id := e.report()
	e.tells(e.AddEvidence(e.ctx, e.by(e.centre, party.Centre), id, "系统日志.txt", []byte("日志")))
	e.tells(e.AddEvidence(e.ctx, e.by(e.centre, party.Centre), id, "系统日志（重传）.txt", []byte("日志"))) // the same bytes
	first := e.tells(e.present(e.bidders[0], e.copy))
	if again := e.tells(e.present(e.bidders[0], e.copy)); again.State != first.State || again.Version != first.Version {
		t.Errorf("the same copy again: %+v, want %+v", again, first)
	}
	shown := e.presented(id)
	for i, line := range shown.Lines {
		want := letter.ResultPass
		if i == 15 {
			want = letter.ResultUnknown // who paid is sealed in the row
		}
		if line.Result != want || line.Name != lineNames[i] {
			t.Errorf("line %d: %+v", i+1, line)
		}
	}
	if !shown.Here || shown.Result != "unknown" || shown.Summary.Amount != e.lot.Amount || shown.Presenter != e.bidders[0].party.USCC {
		t.Errorf("shown %+v", shown)
	}
	dec := e.decision(id)
	if len(dec.Evidence) != 1 {
		t.Errorf("%d files of evidence, want 1", len(dec.Evidence))
	}
	e.tells(e.decide(id, dec))
	g := e.letterRow(e.bad)
	if g.DisclosureState != guarantee.Accepted || g.VerificationState != guarantee.Unknown || g.Amount == nil || *g.Amount != e.lot.Amount ||
		g.Expiry == nil || g.Status() != "有效（应急接受）" {
		t.Errorf("the row: %s %s %v %v %s", g.DisclosureState, g.VerificationState, g.Amount, g.Expiry, g.Status())
	}
	if file := must(e.Guarantees.File(e.ctx, e.bad)); !bytes.Equal(file, e.copy) {
		t.Error("the public file is not the copy")
	}
	after := must(e.Opening(e.ctx, e.lot.ID))
	if len(after.Emergencies) != 1 || !after.Emergencies[0].Accepted || after.Emergencies[0].Letter != e.bad || after.Emergencies[0].Presented.State != LetterAccepted {
		t.Fatalf("beside the opening stands %+v", after.Emergencies)
	}
	for i := range before.Letters {
		if a, b := before.Letters[i], after.Letters[i]; a.Failure != b.Failure || a.Result != b.Result || !slices.Equal(a.Lines, b.Lines) {
			t.Error("what was published has changed")
		}
	}
	if seals := e.count(`SELECT count(*) FROM disclosure WHERE guarantee = $1`, e.bad); seals != 1 {
		t.Errorf("%d disclosures", seals)
	}
	e.reverify(id, IncidentAccepted)
	if x := e.presented(id); x.State != LetterAccepted || !strings.Contains(x.Why, "仍不能解封") || x.CheckedAt == nil {
		t.Errorf("still spoilt: %+v", x)
	}
	e.exec(spoil, e.bad)
	e.reverify(id, IncidentClosed)
	e.reverify(id, IncidentClosed) // again: nothing
	if x := e.presented(id); x.State != LetterVerified || !strings.Contains(x.Why, "逐字节相同") {
		t.Errorf("mended: %+v", x)
	}
	if n := e.count(`SELECT count(*) FROM incident_event WHERE incident = $1 AND kind IN ('verify', 'close')`, id); n != 2 {
		t.Errorf("%d events of the verification", n)
	}
}

// What the beneficiary does with an accepted letter is what it does with a disclosed one.
func TestAcceptedLetterIsReleasedAndDemandedUnder(t *testing.T) {
	e := missed(t)
	e.accepted()
	g, u := e.letterRow(e.bad), e.fileAt(e.copy).Undertaking
	digest := letter.UndertakingDigest(e.fileAt(e.copy).Signed)
	dm := letter.Demand{Version: 1, ID: newID(), Guarantee: e.bad, Number: *g.Number, Guarantor: u.Guarantor, Beneficiary: e.tenderer.party,
		Undertaking: digest, Commitment: letter.Commitment(must(e.fileAt(e.copy).Reveal.Canonical())), Amount: 1_000_000, AmountCapital: letter.Fen(1_000_000).Capital(), Reason: "withdrawn_after_deadline",
		Statement: "投标截止后撤销投标文件", Payee: letter.Account{Name: e.tenderer.party.Name, Number: "4300100200300400500", Bank: "长沙分行"}, NoExemption: true, At: e.clock.Now()}
	b, err := dm.Canonical()
	body := must(canonical(guarantee.Presentation{Signed: e.p7s(e.tenderer, b, err), Documents: []guarantee.Attachment{}}))
	a, _, err := e.Guarantees.Present(e.ctx, e.by(e.tenderer, party.Beneficiary), guarantee.IntakeDemand, e.bad, body)
	if err != nil || a.Demand == "" {
		t.Fatalf("a demand: %+v %v", a, err)
	}
	rel := letter.Release{Version: 1, Guarantee: e.bad, Number: *g.Number, Guarantor: u.Guarantor, Beneficiary: e.tenderer.party, Undertaking: digest,
		Reason: "合同已签订", At: e.clock.Now()}
	b, err = rel.Canonical()
	p7s := e.p7s(e.tenderer, b, err)
	_, _, err = e.Guarantees.Present(e.ctx, e.by(e.tenderer, party.Beneficiary), guarantee.IntakeRelease, e.bad, p7s)
	e.refused(err, "release.demand_open")
	wd, err := letter.Withdrawal{Version: 1, Demand: a.Demand, Guarantee: e.bad, Reason: "双方已达成一致", At: e.clock.Now()}.Canonical()
	if _, _, err := e.Guarantees.Present(e.ctx, e.by(e.tenderer, party.Beneficiary), guarantee.IntakeWithdrawal, e.bad, e.p7s(e.tenderer, wd, err)); err != nil {
		t.Fatal(err)
	}
	a, _, err = e.Guarantees.Present(e.ctx, e.by(e.tenderer, party.Beneficiary), guarantee.IntakeRelease, e.bad, p7s)
	if err != nil || a.Instrument != guarantee.Released || a.Disclosure != guarantee.Accepted {
		t.Fatalf("a release: %+v %v", a, err)
	}
}

func (e *emergency) fileAt(b []byte) letter.File { return must(letter.ParseFile(b)) }

// An incident is about a lot whose deadline is over and that has not failed, and the centre reports it.
func TestReportsThatAreNotTaken(t *testing.T) {
	w := newWorld(t)
	l := w.published(letter.RegimeTendering, "A1")
	report := func(o org, r party.Role, lot string, cause letter.Cause, said string) error {
		_, err := w.ReportIncident(w.ctx, w.by(o, r), lot, cause, said)
		return err
	}
	w.refused(report(w.centre, party.Centre, l.ID, letter.CauseAttack, happening), "incident.before_deadline")
	draft := w.draftLot(letter.RegimeTendering, "A2", func(*NewLot) {})
	w.refused(report(w.centre, party.Centre, draft, letter.CauseAttack, happening), "lot.not_found")
	w.submit(w.bidders[0], l, "")
	w.clock.Set(deadline)
	w.refused(report(w.centre, party.Centre, l.ID, letter.CauseAttack, happening), "incident.before_deadline")
	w.closeAt(l, deadline)
	w.refused(report(w.centre, party.Centre, l.ID, letter.CauseAttack, happening), "incident.lot_failed")
	w.refused(report(w.tenderer, party.Beneficiary, l.ID, letter.CauseAttack, happening), "lot.not_found")
	w.refused(report(w.centre, party.Centre, l.ID, "flood", happening), "incident.cause")
	w.refused(report(w.centre, party.Centre, l.ID, letter.CauseOther, "坏了"), "incident.words")
}

// One incident waits at a time; who reported it may take it back, nobody else, and not after the decision.
func TestOneIncidentAtATime(t *testing.T) {
	e := missed(t)
	id := e.report()
	_, err := e.ReportIncident(e.ctx, e.by(e.centre, party.Centre), e.lot.ID, letter.CauseOther, happening)
	e.refused(err, "incident.open")
	other := e.org("另一交易中心", 61)
	_, err = e.WithdrawIncident(e.ctx, e.by(other, party.Centre), id)
	e.refused(err, "incident.not_found")
	e.tells(e.WithdrawIncident(e.ctx, e.by(e.centre, party.Centre), id))
	_, err = e.present(e.bidders[0], e.copy)
	e.refused(err, "incident.none")
	_, err = e.AddEvidence(e.ctx, e.by(e.centre, party.Centre), id, "x.txt", []byte("x"))
	e.refused(err, "incident.decided")
	second := e.accepted()
	_, err = e.WithdrawIncident(e.ctx, e.by(e.centre, party.Centre), second)
	e.refused(err, "incident.illegal_move")
	_, err = e.present(e.bidders[0], e.copy)
	e.refused(err, "incident.none")
	third := e.report()
	_, err = e.present(e.bidders[0], e.copy)
	e.refused(err, "copy.public")
	_, err = e.AddEvidence(e.ctx, e.by(e.centre, party.Centre), third, "x.txt", nil)
	e.refused(err, "file.empty")
	for n := range mostEvidence {
		e.tells(e.AddEvidence(e.ctx, e.by(e.centre, party.Centre), third, "x.txt", []byte{'a' + byte(n)}))
	}
	_, err = e.AddEvidence(e.ctx, e.by(e.centre, party.Centre), third, "x.txt", []byte("one more"))
	e.refused(err, "evidence.count")
}

// receipted is a copy with another receipt of its letter.
func (e *emergency) receipted(by org, change func(*letter.Receipt)) []byte {
	e.t.Helper()
	f := e.fileAt(e.copy)
	r := must(letter.ParseReceipt(must(signing.ParseSignedData(f.Receipt)).Content))
	change(&r)
	b, err := r.Canonical()
	if err != nil {
		e.t.Fatal(err)
	}
	f.Receipt = must(signing.SignData(e.ctx, by.sign.Key, by.sign.Chain, b, r.AcceptedAt))
	return must(f.Canonical())
}

// What a bidder may show that proves nothing. Each is refused before anything is kept.
func TestCopiesThatAreNotTaken(t *testing.T) {
	w := newWorld(t)
	e := &emergency{world: w, lot: w.published(letter.RegimeTendering, "A1"), supervisor: w.admitted("湖南省交通运输厅", 60, party.Supervisor)}
	other := w.published(letter.RegimeTendering, "A2")
	elsewhere := w.copyOf(w.bidders[2], w.letterOf(w.bidders[2], w.bank, other))
	e.bad, e.good = w.three(e.lot)
	e.copy = w.copyOf(w.bidders[0], e.bad)
	w.closeAt(e.lot, deadline)
	e.exec(spoil, e.bad)
	e.open(e.lot)
	id := e.report()
	same := func(*letter.Receipt) {}
	flipped := bytes.Clone(e.copy)
	flipped[bytes.Index(flipped, []byte(`"signed":"`))+2000] ^= 1
	stranger := w.org("假平台公司", 62)
	for name, c := range map[string]struct {
		by   org
		b    []byte
		code string
	}{
		"a flipped bit":             {w.bidders[0], flipped, "copy.not_genuine"},
		"nothing":                   {w.bidders[0], nil, "copy.size"},
		"too much":                  {w.bidders[0], bytes.Repeat([]byte("x"), largestCopy+1), "copy.size"},
		"no file":                   {w.bidders[0], []byte(`{}`), "copy.not_genuine"},
		"another lot's":             {w.bidders[2], elsewhere, "copy.lot"},
		"another bidder's":          {w.bidders[1], e.copy, "copy.applicant"},
		"receipted at the deadline": {w.bidders[0], e.receipted(w.platform, func(r *letter.Receipt) { r.AcceptedAt = deadline }), "copy.not_genuine"},
		"receipted after it":        {w.bidders[0], e.receipted(w.platform, func(r *letter.Receipt) { r.AcceptedAt = deadline.Add(time.Microsecond) }), "copy.not_genuine"},
		"receipted by another":      {w.bidders[0], e.receipted(stranger, same), "copy.not_genuine"},
		"receipted by itself":       {w.bidders[0], e.receipted(w.bidders[0], same), "copy.not_genuine"},
		"public already":            {w.bidders[1], w.copyOf(w.bidders[1], e.good), "copy.public"},
	} {
		_, err := e.present(c.by, c.b)
		if r, ok := party.RefusalOf(err); !ok || r.Code != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if n := e.count(`SELECT (SELECT count(*) FROM incident_copy) + (SELECT count(*) FROM incident_event WHERE incident = $1)`, id); n != 1 {
		t.Errorf("%d rows besides the report", n-1)
	}
	e.tells(e.present(w.bidders[0], e.copy))
	_, err := e.present(w.bidders[0], e.receipted(w.platform, func(r *letter.Receipt) { r.AcceptedAt = r.AcceptedAt.Add(time.Second) }))
	e.refused(err, "copy.other")
}

// One bidder does not fill an incident.
func TestCopiesOfOneBidderAreCounted(t *testing.T) {
	e := missed(t)
	id := e.report()
	for range mostCopiesEach {
		if _, err := e.pool.Exec(e.ctx, `INSERT INTO incident_copy (incident, letter, presenter, file, digest, here, result, summary, lines, presented_at)
			VALUES ($1, $2, $3, '', $4, false, 'unknown', '{}', '[]', platform_now())`, id, newID(), e.bidders[0].party.USCC, signing.Random(32)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := e.present(e.bidders[0], e.copy)
	e.refused(err, "copy.count")
}

// A copy that holds and that the platform's row denies is refused, and that is kept: somebody lies, or the rows are wrong.
func TestRefusedCopyIsKept(t *testing.T) {
	e := missed(t)
	id := e.report()
	e.exec(`UPDATE guarantee SET letter_digest = set_byte(letter_digest, 0, get_byte(letter_digest, 0) # 1) WHERE id = @id`, e.bad)
	for range mostRefusalEach + 2 {
		_, err := e.present(e.bidders[0], e.copy)
		e.refused(err, "copy.another")
		if r, _ := party.RefusalOf(err); !strings.Contains(r.Message, "原文摘要") {
			t.Fatal(r.Message)
		}
	}
	v := must(e.Incident(e.ctx, e.supervisor.actor(party.Supervisor), id))
	kept := slices.DeleteFunc(v.Events, func(x IncidentEvent) bool { return x.Kind != "copy_refused" })
	if len(kept) != mostRefusalEach || !strings.Contains(string(kept[0].Data), e.bad) || !strings.Contains(string(kept[0].Data), e.bidders[0].party.USCC) {
		t.Errorf("%d refusals are kept, the first %s", len(kept), kept[0].Data)
	}
	if len(v.Letters) != 0 {
		t.Error("the copy was taken")
	}
}

// A letter that no opened bid names is shown with a doubt, and its row stays sealed whatever is decided.
func TestLetterThatNoBidNames(t *testing.T) {
	w := newWorld(t)
	e := &emergency{world: w, lot: w.published(letter.RegimeTendering, "A1"), supervisor: w.admitted("湖南省交通运输厅", 60, party.Supervisor)}
	spare := w.letterOf(w.bidders[2], w.bank, e.lot)
	w.three(e.lot)
	e.copy = w.copyOf(w.bidders[2], spare)
	e.open(e.lot)
	id := e.report()
	e.tells(e.present(w.bidders[2], e.copy))
	if x := e.presented(id); x.Lines[7].Result != letter.ResultDoubtful || x.Result != "doubtful" {
		t.Errorf("line 8: %+v", x.Lines[7])
	}
	e.tells(e.decide(id, e.decision(id)))
	if g := w.letterRow(spare); g.DisclosureState != guarantee.Sealed {
		t.Errorf("its row is %s", g.DisclosureState)
	}
	e.reverify(id, IncidentClosed)
	if g := w.letterRow(spare); g.DisclosureState != guarantee.Sealed {
		t.Errorf("after the verification its row is %s", g.DisclosureState)
	}
}
