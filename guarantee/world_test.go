package guarantee

import (
	"context"
	"encoding/hex"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/internal/testdb"
	"baohan/internal/testlog"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/devca"
)

// outbox keeps what was published by transactions that committed, as a queue in the same database would.
type outbox struct {
	mu   sync.Mutex
	fail error
}

func (o *outbox) PublishTx(_ context.Context, _ pgx.Tx, _ []Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.fail
}

// org is an organisation with its two certificates.
type org struct {
	party   letter.Party
	sign    devca.Identity
	encrypt devca.Identity
}

func (o org) actor(r party.Role) party.Actor {
	return party.Actor{USCC: o.party.USCC, Name: o.party.Name, Role: r, Certificate: o.sign.Certificate().Fingerprint()}
}

// world is a desk on a real database with everybody who deals with it.
type world struct {
	*Desk
	t           testing.TB
	ctx         context.Context
	clock       *testdb.Clock
	outbox      *outbox
	ca          *devca.CA
	platform    org
	bank        org
	insurer     org
	otherBank   org
	company     org // a guarantee company
	bidders     []org
	tenderees   []org
	custodians  [3]*signing.PrivateKey
	keys        letter.KeySet
	requirement letter.Requirement
	round       int // of the lot's letters

	extendable bool // letters are issued under the newest wording of their form, which lets an extension take the place of payment
}

var started = time.Date(2026, 11, 23, 9, 0, 0, 0, calendar.Shanghai)

func code(t testing.TB, n int) string {
	t.Helper()
	c, err := letter.CompleteUSCC("9143010076071" + string([]byte{'0' + byte(n/1000%10), '0' + byte(n/100%10), '0' + byte(n/10%10), '0' + byte(n%10)}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newWorld(t testing.TB) *world {
	t.Helper()
	pool := testdb.New(t)
	w := &world{t: t, ctx: t.Context(), clock: testdb.NewClock(t, pool, started), outbox: &outbox{}}
	var err error
	if w.ca, err = devca.New("测试", started.AddDate(-1, 0, 0), 5); err != nil {
		t.Fatal(err)
	}
	w.platform = w.org("保函平台", 1)
	w.bank, w.insurer, w.otherBank = w.org("长沙银行股份有限公司", 2), w.org("湖南财产保险股份有限公司", 3), w.org("湘江银行股份有限公司", 4)
	w.company = w.org("湖南融资担保有限公司", 5)
	w.bidders = []org{w.org("湖南路桥建设集团有限责任公司", 10), w.org("中铁五局集团有限公司", 11), w.org("湖南建工集团有限公司", 12)}
	w.tenderees = []org{w.org("湖南投资集团股份有限公司", 20), w.org("长沙环路建设开发集团有限公司", 21)}
	w.lot(pool)
	w.desk(pool)
	return w
}

func (w *world) org(name string, n int) org {
	p := letter.Party{Name: name, USCC: code(w.t, n)}
	subject := signing.Name{CommonName: name, Organization: name, OrganizationID: p.USCC}
	issue := func(use signing.Usage) devca.Identity {
		id, err := w.ca.Issue(subject, use, started.AddDate(0, -1, 0), started.AddDate(3, 0, 0))
		if err != nil {
			w.t.Fatal(err)
		}
		return id
	}
	return org{party: p, sign: issue(signing.UseSign), encrypt: issue(signing.UseEncrypt)}
}

func (w *world) lot(_ *pgxpool.Pool) {
	lot := letter.Lot{Project: "CSRC2026-01", ProjectName: "长沙绕城高速西南段及机场高速养护工程施工", Code: "CSRC2026-01-01", Name: "养护工程施工一标段"}
	w.keys = letter.KeySet{Version: 1, Project: lot.Project, Lot: lot.Code}
	for i := range 3 {
		key, err := signing.GenerateKey()
		if err != nil {
			w.t.Fatal(err)
		}
		w.custodians[i] = key
		holder := w.org("保管人"+[]string{"甲", "乙", "丙"}[i], 30+i)
		sig, err := holder.sign.Key.Sign(w.ctx, letter.CustodianKeyBytes(lot.Project, lot.Code, key.Public()))
		if err != nil {
			w.t.Fatal(err)
		}
		w.keys.Keys[i] = letter.CustodianKey{Custodian: holder.party, Public: key.Public(), Signature: sig, Certificate: letter.ChainBytes(holder.sign.Chain)}
	}
	w.requirement = letter.Requirement{Version: 1, Lot: lot, Regime: "招投标",
		Beneficiaries: []letter.Party{w.tenderees[0].party, w.tenderees[1].party}, Amount: 80_000_000,
		Forms:      []letter.Form{letter.FormIndependent, letter.FormAccessory, letter.FormInsurance},
		End:        letter.EndRule{Deadline: time.Date(2026, 12, 21, 10, 0, 0, 0, calendar.Shanghai), ValidityDays: 120},
		Custodians: w.keys.Digest()}
}

func (w *world) desk(pool *pgxpool.Pool) {
	trust, err := w.ca.Trust()
	if err != nil {
		w.t.Fatal(err)
	}
	master := []byte("a master key of thirty-two bytes")
	keys, err := blobs.NewKeys(blobs.NewKey())
	if err != nil {
		w.t.Fatal(err)
	}
	files, err := blobs.Open(w.ctx, w.t.TempDir(), keys)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Desk = NewDesk(Config{Pool: pool, Clock: w.clock, Outbox: w.outbox, Once: party.NewOnce(master), Tags: NewTags(master, "letter"),
		Calendar: calendar.Published(), Platform: w.platform.sign.Key, PlatformChain: w.platform.sign.Chain, Trust: trust, Log: testlog.New(w.t, pool, w.clock),
		Files: files})
}

// by is a command of o in a role, with a fresh key.
func (w *world) by(o org, r party.Role) party.Command {
	key := hex.EncodeToString(signing.Random(8))
	return party.Command{Actor: o.actor(r), Key: key, Digest: signing.Sum([]byte(key))}
}

func (w *world) must(a Answer, err error) Answer {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) p7s(o org, content []byte, err error) []byte {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	b, err := signing.SignData(w.ctx, o.sign.Key, o.sign.Chain, content, w.clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// product is what an institution offers in public.
func (w *world) product(o org) Guarantor {
	g := Guarantor{Party: o.party, Encryption: o.encrypt.Key.Public(), Form: letter.FormIndependent, Mode: letter.ModeBlind,
		Wording: w.wording(letter.FormIndependent), MaxCeiling: 1_000_000_000, Fee: func(c letter.Fen) letter.Fen { return c / 200 },
		AnswerBy: w.clock.Now().Add(time.Hour)}
	if o.party == w.insurer.party {
		g.Form, g.Mode, g.Wording = letter.FormInsurance, letter.ModeFull, w.wording(letter.FormInsurance)
	}
	if o.party == w.company.party {
		g.Form, g.Mode, g.Wording = letter.FormAccessory, letter.ModeFull, w.wording(letter.FormAccessory)
	}
	return g
}

func (w *world) wording(f letter.Form) letter.WordingRef {
	all := letter.Wordings()
	if w.extendable {
		slices.Reverse(all)
	}
	for _, x := range all {
		if x.Form == f {
			return letter.WordingRef{ID: x.ID, Version: x.Version}
		}
	}
	w.t.Fatalf("no wording for %s", f)
	return letter.WordingRef{}
}

// draft is what the bidder's client makes before it hands in; a test may spoil it.
type draft struct {
	reveal      letter.Reveal
	application letter.Application
	key         *signing.PrivateKey
}

func (w *world) draft(bidder, guarantor org) draft {
	w.t.Helper()
	key, err := signing.GenerateKey()
	if err != nil {
		w.t.Fatal(err)
	}
	g, req := w.product(guarantor), w.requirement
	id := hex.EncodeToString(signing.Random(16))
	r := letter.Reveal{Version: 1, Random: signing.Random(32), Application: id, Guarantor: guarantor.party, Applicants: []letter.Party{bidder.party},
		Lot: req.Lot, Beneficiaries: req.Beneficiaries, Requirement: req.Digest(), Amount: req.Amount, End: req.End, Custodians: req.Custodians}
	ceiling := letter.LadderCeiling(req.Amount)
	return draft{reveal: r, key: key, application: letter.Application{Version: 1, Application: id, Guarantor: guarantor.party,
		Applicants: r.Applicants, Wording: g.Wording, Mode: g.Mode, Ceiling: ceiling, LatestExpiry: letter.LadderExpiry(req.End.Expiry()), Fee: g.Fee(ceiling)}}
}

// submission signs a draft.
func (w *world) submission(bidder org, dr draft) Submission {
	w.t.Helper()
	r, err := dr.reveal.Canonical()
	if err != nil {
		w.t.Fatal(err)
	}
	if dr.application.Commitment == (signing.Digest{}) {
		dr.application.Commitment = letter.Commitment(r)
	}
	b, err := dr.application.Canonical()
	return Submission{Reveal: r, Application: w.p7s(bidder, b, err), Key: dr.key.Bytes()}
}

// handed is a guarantee that a bidder handed in, with what its client keeps.
type handed struct {
	id         string
	bidder     org
	guarantor  org
	submission Submission
	draft      draft
}

func (w *world) seal(bidder, guarantor org, s Submission) (Prepared, error) {
	return w.Seal(w.ctx, s, Applicant{Party: bidder.party, Encryption: bidder.encrypt.Key.Public()}, Asked{w.requirement, w.keys, w.round}, w.product(guarantor), w.clock.Now())
}

func (w *world) applyPrepared(cmd party.Command, p Prepared) (Answer, error) {
	var a Answer
	err := w.within(w.ctx, func(tx pgx.Tx) (err error) {
		a, err = w.ApplyTx(w.ctx, tx, cmd, p)
		return err
	})
	return a, err
}

func (w *world) apply(bidder, guarantor org) handed {
	w.t.Helper()
	dr := w.draft(bidder, guarantor)
	s := w.submission(bidder, dr)
	p, err := w.seal(bidder, guarantor, s)
	if err != nil {
		w.t.Fatal(err)
	}
	w.must(w.applyPrepared(w.by(bidder, party.Bidder), p))
	return handed{id: p.ID(), bidder: bidder, guarantor: guarantor, submission: s, draft: dr}
}

func (w *world) guarantorSays(h handed) party.Command { return w.by(h.guarantor, party.Guarantor) }

// paid takes an application to the paid fee.
func (w *world) paid(h handed) {
	w.t.Helper()
	fee := h.draft.application.Fee
	w.must(w.Decide(w.ctx, w.guarantorSays(h), h.id, Decision{Approve: true, Fee: fee}))
	w.must(w.FeeReceived(w.ctx, w.guarantorSays(h), h.id, FeeEvidence{Amount: fee, Reference: "R1",
		Payer: letter.Account{Name: h.bidder.party.Name, Number: "6222020100012345", Bank: "工商银行长沙分行"}, PaidAt: w.clock.Now()}))
}

// letterOf writes what the guarantor signs.
func (w *world) letterOf(h handed, number string) (letter.Undertaking, []byte) {
	w.t.Helper()
	app, err := signing.ParseSignedData(h.submission.Application)
	if err != nil {
		w.t.Fatal(err)
	}
	content, err := letter.ParseApplication(app.Content)
	if err != nil {
		w.t.Fatal(err)
	}
	var reveal *letter.Reveal
	if content.Mode == letter.ModeFull {
		reveal = &h.draft.reveal
	}
	u, err := letter.NewUndertaking(content, letter.ApplicationDigest(h.submission.Application), number, "湖南省公共资源电子保函平台", reveal)
	if err != nil {
		w.t.Fatal(err)
	}
	b, err := u.Canonical()
	return u, w.p7s(h.guarantor, b, err)
}

// issued takes an application to a letter in force.
func (w *world) issued(h handed, number string) Answer {
	w.t.Helper()
	w.paid(h)
	_, p7s := w.letterOf(h, number)
	if h.draft.application.Mode == letter.ModeFull {
		return w.issueFull(h, number, p7s)
	}
	w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, number, letter.UndertakingDigest(p7s)))
	return w.must(w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Undertaking: p7s}))
}

func (w *world) issueFull(h handed, number string, p7s []byte) Answer {
	w.t.Helper()
	salt := signing.Random(32)
	content, err := letter.FullLetter{Salt: salt, Undertaking: p7s}.Canonical()
	if err != nil {
		w.t.Fatal(err)
	}
	holders := [3]signing.PublicKey{w.keys.Keys[0].Public, w.keys.Keys[1].Public, w.keys.Keys[2].Public}
	sealed, err := signing.SealTwoOfThree(content, letter.LetterAAD(h.id), letter.LetterSize, holders, h.bidder.encrypt.Key.Public())
	if err != nil {
		w.t.Fatal(err)
	}
	blob, err := sealed.MarshalBinary()
	if err != nil {
		w.t.Fatal(err)
	}
	digest := letter.SaltedDigest(salt, p7s)
	b, err := letter.SealedIssue{Version: 1, Application: h.id, Number: number, Digest: digest, Sealed: letter.SealedDigest(blob)}.Canonical()
	statement := w.p7s(h.guarantor, b, err)
	w.must(w.Prepare(w.ctx, w.guarantorSays(h), h.id, number, digest))
	return w.must(w.Issue(w.ctx, w.guarantorSays(h), h.id, Issue{Sealed: &sealed, Statement: statement}))
}

// open unseals the letters with two custodians and publishes them, every line passing.
func (w *world) open(ids ...string) []Unsealed {
	w.t.Helper()
	rows, err := w.SealedLetters(w.ctx, ids)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []Disclosing
	var out []Unsealed
	for _, s := range rows {
		u := w.unseal(s)
		out = append(out, u)
		all = append(all, Disclosing{ID: s.ID, Unsealed: &u, Lines: []letter.Line{{Name: "测试", Result: letter.ResultPass}}})
	}
	if err := w.within(w.ctx, func(tx pgx.Tx) error { return w.DiscloseTx(w.ctx, tx, w.requirement.Lot, all) }); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) unseal(s SealedLetter) Unsealed {
	w.t.Helper()
	record, full, err := s.Seals()
	if err != nil {
		w.t.Fatal(err)
	}
	shares := w.shares(record)
	var fullShares *Shares
	if full != nil {
		x := w.shares(*full)
		fullShares = &x
	}
	u, err := s.Unseal(w.ctx, shares, fullShares)
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func (w *world) shares(s signing.Sealed) Shares {
	w.t.Helper()
	var out Shares
	for i := range out {
		x, err := s.GiveShare(w.ctx, w.custodians[i+1], i+1)
		if err != nil {
			w.t.Fatal(err)
		}
		out[i] = x
	}
	return out
}

// disclosedLetter is a letter in force and published, with its content.
type disclosedLetter struct {
	handed
	number string
	u      Unsealed
}

func (w *world) disclosedLetter(bidder, guarantor org, number string) disclosedLetter {
	w.t.Helper()
	h := w.apply(bidder, guarantor)
	w.issued(h, number)
	return disclosedLetter{h, number, w.open(h.id)[0]}
}

func (w *world) releaseOf(l disclosedLetter, by org) []byte {
	w.t.Helper()
	r := letter.Release{Version: 1, Guarantee: l.id, Number: l.number, Guarantor: l.guarantor.party, Beneficiary: by.party,
		Undertaking: letter.UndertakingDigest(l.u.Undertaking), Reason: "合同已签订", At: w.clock.Now()}
	b, err := r.Canonical()
	return w.p7s(by, b, err)
}

func (w *world) release(l disclosedLetter, by org) (Answer, error) {
	a, _, err := w.Present(w.ctx, w.by(by, party.Beneficiary), IntakeRelease, l.id, w.releaseOf(l, by))
	return a, err
}

// files are what a demand brings; kinds are what the wording asks for.
func (w *world) files(l disclosedLetter, leaveOut ...letter.DocumentKind) []Attachment {
	files := []Attachment{}
	required, err := l.u.Content.Required("refused_contract")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, k := range required {
		if k == letter.PaymentNotice || k == letter.RevealRecord || slices.Contains(leaveOut, k) {
			continue
		}
		files = append(files, Attachment{Kind: k, Name: string(k) + ".txt", Bytes: []byte("文件 " + k)})
	}
	return files
}

func named(files []Attachment) []letter.Document {
	out := []letter.Document{}
	for _, f := range files {
		out = append(out, letter.Document{Kind: f.Kind, Name: f.Name, Digest: signing.Sum(f.Bytes)})
	}
	return out
}

func (w *world) demandOf(l disclosedLetter, by org, amount letter.Fen, files []Attachment) letter.Demand {
	return letter.Demand{Version: 1, ID: hex.EncodeToString(signing.Random(16)), Guarantee: l.id, Number: l.number, Guarantor: l.guarantor.party,
		Beneficiary: by.party, Undertaking: letter.UndertakingDigest(l.u.Undertaking), Commitment: letter.Commitment(l.u.RevealBytes),
		Amount: amount, AmountCapital: amount.Capital(), Reason: "refused_contract", Statement: "中标后无正当理由拒绝签订合同",
		Payee: letter.Account{Name: by.party.Name, Number: "43001500061050000123", Bank: "建设银行长沙分行"}, Documents: named(files), NoExemption: true, At: w.clock.Now()}
}

func (w *world) presentation(by org, content []byte, err error, files []Attachment) []byte {
	w.t.Helper()
	b, err := json.Marshal(Presentation{Signed: w.p7s(by, content, err), Documents: files})
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

func (w *world) present(l disclosedLetter, by org, d letter.Demand, files []Attachment) (Answer, Intake, error) {
	b, err := d.Canonical()
	return w.Present(w.ctx, w.by(by, party.Beneficiary), IntakeDemand, l.id, w.presentation(by, b, err, files))
}
