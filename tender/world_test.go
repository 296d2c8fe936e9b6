package tender

import (
	"context"
	"encoding/hex"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/internal/testdb"
	"baohan/internal/testlog"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/devca"
	"baohan/tender/custody"
)

var (
	started  = time.Date(2026, 11, 23, 9, 0, 0, 0, calendar.Shanghai)
	deadline = time.Date(2026, 12, 21, 10, 0, 0, 0, calendar.Shanghai)
)

// quiet drops the facts of guarantees: what follows from them is another room's.
type quiet struct{ fail error }

func (q *quiet) PublishTx(context.Context, pgx.Tx, []guarantee.Event) error { return q.fail }

// pen is the centre's key; it fails when it is told to.
type pen struct {
	signing.Signer
	mu     sync.Mutex
	failAt int // the n-th signature from now, 0 = never
}

func (p *pen) Sign(ctx context.Context, msg []byte) (signing.Signature, error) {
	p.mu.Lock()
	p.failAt--
	fails := p.failAt == 0
	p.mu.Unlock()
	if fails {
		return signing.Signature{}, context.DeadlineExceeded
	}
	return p.Signer.Sign(ctx, msg)
}

// market is two institutions with one product each.
type market struct {
	w        *world
	busy     bool
	off      bool
	excluded string // an institution whose licence does not cover what it issued
	asked    func() // called when a product is asked for
}

func (m *market) Product(_ context.Context, uscc string, wording letter.WordingRef, mode letter.Mode) (guarantee.Guarantor, error) {
	if m.asked != nil {
		m.asked()
	}
	for _, o := range []org{m.w.bank, m.w.insurer} {
		if p := m.w.product(o); o.party.USCC == uscc && p.Wording == wording && p.Mode == mode {
			return p, nil
		}
	}
	return guarantee.Guarantor{}, party.NotFound("product.unknown", "没有该产品")
}

func (m *market) Licensed(_ context.Context, uscc string, _ letter.Form, _ time.Time) (bool, error) {
	if !m.busy {
		m.w.idle()
	}
	if m.off {
		return false, context.DeadlineExceeded
	}
	return uscc != m.excluded, nil
}

// org is an organisation with its two certificates.
type org struct {
	party   letter.Party
	sign    devca.Identity
	encrypt devca.Identity
}

func (o org) bidder() Bidder { return Bidder{Party: o.party, Encryption: o.encrypt.Key.Public()} }

// world is a desk on a real database with everybody who deals with it.
type world struct {
	*Desk
	t        testing.TB
	ctx      context.Context
	pool     *pgxpool.Pool
	clock    *testdb.Clock
	ca       *devca.CA
	market   *market
	outbox   *quiet
	pen      *pen
	platform org
	centre   org
	overseer org // signs postponements beside the centre; the second custodian
	bank     org
	insurer  org
	tenderer org
	bidders  []org
	agents   [3]*switchable

	filesDir   string
	custodyDir string            // of the three
	forms      map[string][]byte // the signed forms that bidders kept, by bid
}

// switchable is a custodian that a test may switch off or have cheat.
type switchable struct {
	custody.Custodian
	w       *world
	mu      sync.Mutex
	busy    bool // others hold connections of their own
	off     bool
	offAt   int                            // off from the n-th time it is asked
	refuses error                          // what it answers instead
	lie     func(map[string]signing.Share) // changes what it gives
	asked   int
	keyed   func() // called before it makes a key
}

// silent counts down to the time from which it does not answer. Several may ask at once.
func (s *switchable) silent() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.offAt--; s.offAt == 0 {
		s.off = true
	}
	return s.off
}

func (s *switchable) Shares(ctx context.Context, closing, previous []byte, records map[string]custody.Record) (map[string]signing.Share, error) {
	if !s.busy {
		s.asked++
		s.w.idle()
	}
	if s.silent() {
		return nil, context.DeadlineExceeded
	}
	if s.refuses != nil {
		return nil, s.refuses
	}
	out, err := s.Custodian.Shares(ctx, closing, previous, records)
	if s.lie != nil {
		s.lie(out)
	}
	return out, err
}

func newWorld(t testing.TB) *world {
	t.Helper()
	pool := testdb.New(t)
	w := &world{t: t, ctx: t.Context(), pool: pool, clock: testdb.NewClock(t, pool, started), outbox: &quiet{}}
	w.ca = must(devca.New("测试", started.AddDate(-1, 0, 0), 5))
	w.market = &market{w: w}
	w.platform, w.centre, w.tenderer = w.org("保函平台运营公司", 1), w.org("湖南省公共资源交易中心", 2), w.org("湖南投资集团股份有限公司", 3)
	w.bank, w.insurer = w.org("长沙银行股份有限公司", 4), w.org("湖南财产保险股份有限公司", 5)
	for i, name := range []string{"湖南路桥建设集团有限责任公司", "中铁五局集团有限公司", "湖南建工集团有限公司", "中建五局第三建设有限公司"} {
		w.bidders = append(w.bidders, w.org(name, 10+i))
	}
	w.desk()
	w.admit(w.centre, party.Centre)
	w.admit(w.overseer, party.Supervisor)
	return w
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func code(n int) string { return must(letter.CompleteUSCC(fmt.Sprintf("9143010076071%04d", n))) }

func (w *world) org(name string, n int) org {
	p := letter.Party{Name: name, USCC: code(n)}
	subject := signing.Name{CommonName: name, Organization: name, OrganizationID: p.USCC}
	from, until := started.AddDate(0, -1, 0), started.AddDate(3, 0, 0)
	o := org{party: p, sign: must(w.ca.Issue(subject, signing.UseSign, from, until)), encrypt: must(w.ca.Issue(subject, signing.UseEncrypt, from, until))}
	by := party.Organisation{USCC: p.USCC, Name: name, Roles: []party.Role{party.Bidder, party.Beneficiary, party.Agent}}
	if err := party.NewDesk(w.pool, w.clock, must(w.ca.Trust())).Admit(w.ctx, party.System(), by); err != nil {
		w.t.Fatal(err)
	}
	return o
}

func (w *world) desk() {
	w.t.Helper()
	trust := must(w.ca.Trust())
	w.pen = &pen{Signer: w.centre.sign.Key}
	master := []byte("a master key of thirty-two bytes")
	once := party.NewOnce(master)
	w.filesDir = w.t.TempDir()
	files := must(blobs.Open(w.ctx, w.filesDir, must(blobs.NewKeys(blobs.NewKey()))))
	letters := guarantee.NewDesk(guarantee.Config{Pool: w.pool, Clock: w.clock, Outbox: w.outbox, Once: once, Tags: guarantee.NewTags(master, "letter"),
		Calendar: calendar.Published(), Platform: w.platform.sign.Key, PlatformChain: w.platform.sign.Chain, Trust: trust, Log: testlog.New(w.t, w.pool, w.clock), Files: files})
	var holders [3]custody.DevHolder
	for i, name := range []string{"保管人甲中心", "保管人乙监督局", "保管人丙公证处"} {
		o := w.org(name, 30+i)
		if i == 1 {
			w.overseer = o
		}
		holders[i] = custody.DevHolder{Party: o.party, Signer: o.sign.Key, Chain: o.sign.Chain}
	}
	w.custodyDir = w.t.TempDir()
	agent := must(custody.NewDevAgent(w.custodyDir, []byte("pass"), holders, w.clock, trust, w.centre.party.USCC, signing.WithIterations(1000)))
	var custodians [3]custody.Custodian
	for i, c := range agent.Custodians() {
		w.agents[i] = &switchable{Custodian: c, w: w}
		custodians[i] = w.agents[i]
	}
	w.Desk = NewDesk(Config{Pool: w.pool, Clock: w.clock, Once: once, Guarantees: letters, Tags: guarantee.NewTags(master, "bid"),
		Calendar: calendar.Published(), Platform: w.platform.sign.Key, PlatformChain: w.platform.sign.Chain,
		Centre: w.pen, CentreChain: w.centre.sign.Chain, Supervisor: w.overseer.party.USCC, Trust: trust, Custodians: custodians, Market: w.market, Files: files,
		Forms: NewFormKey(master), Outage: time.Hour})
}

func (o org) actor(r party.Role) party.Actor {
	return party.Actor{USCC: o.party.USCC, Name: o.party.Name, Role: r}
}

// by is a command of o in a role, with a fresh key.
func (w *world) by(o org, r party.Role) party.Command {
	key := hex.EncodeToString(signing.Random(8))
	return party.Command{Actor: o.actor(r), Key: key, Digest: signing.Sum([]byte(key))}
}

func (w *world) tells(a Answer, err error) Answer {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) refused(err error, code string) {
	w.t.Helper()
	r, ok := party.RefusalOf(err)
	if !ok || r.Code != code {
		w.t.Fatalf("got %v, want the refusal %s", err, code)
	}
	if r.Message == "" {
		w.t.Fatalf("refusal %s says nothing", code)
	}
}

func (w *world) p7s(o org, content []byte, err error) []byte {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return must(signing.SignData(w.ctx, o.sign.Key, o.sign.Chain, content, w.clock.Now()))
}

// lotOf makes and publishes a lot of a regime.
func (w *world) published(regime, name string) *Lot {
	w.t.Helper()
	id := w.draftLot(regime, name, func(*NewLot) {})
	w.tells(w.Publish(w.ctx, w.by(w.tenderer, party.Beneficiary), id))
	return must(w.Lot(w.ctx, party.Actor{}, id))
}

func (w *world) draftLot(regime, name string, change func(*NewLot)) string {
	w.t.Helper()
	project := w.tells(w.CreateProject(w.ctx, w.by(w.tenderer, party.Beneficiary), NewProject{Code: "P-" + name, Name: "第" + name + "号养护工程",
		Regime: regime, Beneficiaries: []letter.Party{w.tenderer.party}})).ID
	n := NewLot{Code: "P-" + name + "-01", Name: "第" + name + "号施工一标段", Base: 4_000_000_000, Amount: 80_000_000, Consortium: true,
		Forms: []letter.Form{letter.FormIndependent, letter.FormInsurance}, End: letter.EndRule{Deadline: deadline, ValidityDays: 120}}
	change(&n)
	return w.tells(w.AddLot(w.ctx, w.by(w.tenderer, party.Beneficiary), project, n)).ID
}

// product is what an institution offers in public.
func (w *world) product(o org) guarantee.Guarantor {
	form, mode := letter.FormIndependent, letter.ModeBlind
	if o.party == w.insurer.party {
		form, mode = letter.FormInsurance, letter.ModeFull
	}
	g := guarantee.Guarantor{Party: o.party, Encryption: o.encrypt.Key.Public(), Form: form, Mode: mode, MaxCeiling: 1_000_000_000,
		Fee: func(c letter.Fen) letter.Fen { return c / 200 }, AnswerBy: w.clock.Now().Add(time.Hour)}
	for _, x := range letter.Wordings() {
		if x.Form == form {
			g.Wording = x.Ref()
		}
	}
	return g
}

// terms are an offer for a price.
func terms(price letter.Fen) letter.BidTerms {
	return letter.BidTerms{Price: price, PriceCapital: price.Capital(), PeriodDays: 365, Quality: "合格", Leader: "示例经理", Fields: []letter.BidField{}}
}

// bid makes a bid of o for a lot that names a letter.
func (w *world) bid(o org, l *Lot, letterID string, partners ...letter.Party) (string, []byte) {
	w.t.Helper()
	return w.bidWith(o, l, func(b *letter.Bid) { b.Letter = letterID }, partners...)
}

// bidWith makes a bid of o and its partners, who all agree, with what a test changes of it.
func (w *world) bidWith(o org, l *Lot, change func(*letter.Bid), partners ...letter.Party) (string, []byte) {
	w.t.Helper()
	id, at, bidders := newID(), w.clock.Now().In(calendar.Shanghai), append([]letter.Party{o.party}, partners...)
	b, err := letter.BidForm{Version: 1, Random: signing.Random(32), Bid: id, Lot: l.Lot, Bidders: bidders, Terms: terms(1_200_000_000),
		Files: []letter.BidFile{}, At: at}.Canonical()
	form := w.p7s(o, b, err)
	w.kept(id, form)
	bid := letter.Bid{Version: 1, Random: signing.Random(32), ID: id, Lot: l.Lot, Bidders: bidders, Form: letter.FormDigest(form),
		Offer: must(signing.SealTo(form, letter.PartAAD(id, "offer"), o.encrypt.Key.Public())), Files: []letter.SealedFile{}, At: at}
	if len(partners) > 0 {
		bid.Consortium = &letter.Consortium{Agreement: signing.Sum([]byte("联合体协议"))}
	}
	for _, p := range partners {
		bid.Consortium.Consents = append(bid.Consortium.Consents, w.consent(w.named(p), bid))
	}
	change(&bid)
	b, err = bid.Canonical()
	return id, w.p7s(o, b, err)
}

// consent is a partner's word that it bids as the bid says.
func (w *world) consent(o org, b letter.Bid) []byte {
	w.t.Helper()
	c, err := letter.Consent{Version: 1, Lot: b.Lot, Members: b.Bidders, Agreement: b.Consortium.Agreement, At: b.At}.Canonical()
	return w.p7s(o, c, err)
}

// named is the organisation of a party.
func (w *world) named(p letter.Party) org {
	w.t.Helper()
	for _, o := range w.bidders {
		if o.party == p {
			return o
		}
	}
	w.t.Fatalf("nobody is called %s", p.Name)
	return org{}
}

func (w *world) kept(id string, form []byte) {
	if w.forms == nil {
		w.forms = map[string][]byte{}
	}
	w.forms[id] = form
}

// submit hands a bid in and returns its id.
func (w *world) submit(o org, l *Lot, letterID string, partners ...letter.Party) string {
	w.t.Helper()
	id, p7s := w.bid(o, l, letterID, partners...)
	a := w.tells(w.SubmitBid(w.ctx, w.by(o, party.Bidder), o.bidder(), l.ID, p7s))
	if a.ID != id || a.State != string(Received) || len(a.Receipt) == 0 {
		w.t.Fatalf("answer %+v", a)
	}
	return id
}

func (w *world) withdrawal(o org, id string) []byte {
	w.t.Helper()
	b, err := canonical(Withdrawal{Version: 1, Bid: id, At: w.clock.Now().In(calendar.Shanghai)})
	return w.p7s(o, b, err)
}

func (w *world) withdraw(o org, id string) (Answer, error) {
	w.t.Helper()
	return w.WithdrawBid(w.ctx, w.by(o, party.Bidder), o.bidder(), id, w.withdrawal(o, id))
}

// idle fails the test when somebody is asked while a transaction is open.
func (w *world) idle() {
	if n := w.pool.Stat().AcquiredConns(); n != 0 {
		w.t.Errorf("asked outside while %d connections are in use", n)
	}
}

func (s *switchable) Key(ctx context.Context, project, lot string, notBefore time.Time) (letter.CustodianKey, error) {
	s.w.idle()
	if s.off {
		return letter.CustodianKey{}, context.DeadlineExceeded
	}
	if s.keyed != nil {
		s.keyed()
	}
	return s.Custodian.Key(ctx, project, lot, notBefore)
}

// closeAt moves the clock and closes.
func (w *world) closeAt(l *Lot, at time.Time) Answer {
	w.t.Helper()
	w.clock.Set(at)
	return w.tells(w.Close(w.ctx, l.ID))
}

// open closes at the deadline and opens.
func (w *world) open(l *Lot) Opening {
	w.t.Helper()
	w.clock.Set(deadline)
	a := w.tells(w.Open(w.ctx, party.Command{Actor: party.System()}, l.ID))
	if a.State != string(Opened) {
		w.t.Fatalf("state %s", a.State)
	}
	return must(w.Opening(w.ctx, l.ID))
}
