package tender

import (
	"encoding/hex"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
)

// card is one letter as the law has it.
type card struct {
	id, number  string
	owner       int
	round       int // of the lot's letters, in which it was made
	by          org
	form        letter.Form
	counter     bool
	state       guarantee.State // Issued until its end
	shown       bool            // named by a bid that was opened
	signed      []int           // the beneficiaries whose release took effect
	acked       bool
	found       bool // by the committee, where the verification left it open
	amount      letter.Fen
	paid        letter.Fen
	claims      []*claim
	papers      []*paper       // receipts that nobody has read, in their order
	withdrawn   *calendar.Date // 撤回 by a confirmed cause that is not the bidder's
	revoked     bool           // 撤销 by one that is
	undertaking []byte
	reveal      []byte
	until       calendar.Date
	amendments  [][]byte // in force, in their order
	required    []letter.DocumentKind
}

// end is the last instant of a presentation.
func (c *card) end() time.Time { return c.until.EndOfDay() }

// open is what the demands that are not settled still ask for.
func (c *card) open() (n int, sum letter.Fen) {
	for _, d := range c.claims {
		if !d.over() {
			n, sum = n+1, sum+d.amount-d.interim
		}
	}
	return n, sum
}

// claim is one demand.
type claim struct {
	id              string
	state, below    guarantee.State // below: a stay
	amount, interim letter.Fen
	lacks           int
	asked           bool
	by              *calendar.Date // the last day of the examination, as the platform told it

	signed   []byte
	extendTo calendar.Date // a validity to it is taken instead of payment; zero: payment alone
	replyBy  *time.Time    // once the applicant was asked
	answer   letter.ExtensionChoice
}

func (d *claim) over() bool {
	return d.state == guarantee.Honoured || d.state == guarantee.Rejected || d.state == guarantee.WithdrawnDemand
}

// paper is a receipt that a crash left unread.
type paper struct {
	intake string
	kind   guarantee.IntakeKind
	at     time.Time
	owner  int    // of a release
	claim  *claim // what a demand will be, or the one that is completed or taken back
	later  bool   // it says that it will be completed
	empty  bool   // it brings no document
}

// letterOn picks a letter.
func (m *model) letterOn(a act) *card {
	if len(m.cards) == 0 {
		return nil
	}
	return m.cards[a.a%len(m.cards)]
}

// claimOn picks a demand of any letter.
func (m *model) claimOn(a act) (*card, *claim) {
	type pair struct {
		c *card
		d *claim
	}
	var all []pair
	for _, c := range m.cards {
		for _, d := range c.claims {
			all = append(all, pair{c, d})
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	p := all[len(all)-1-a.a%len(all)]
	return p.c, p.d
}

// disclosed: the letters that bids name are public, and end with the tender's validity.
func (m *model) disclosed() {
	for _, o := range m.bids {
		if o.card == nil || o.card.shown {
			continue
		}
		c := o.card
		c.shown, c.amount = true, 80_000_000
		if last := m.l.End.Expiry(); last.Before(c.until) {
			c.until = last // a letter of an earlier round ends at its latest expiry
		}
		must(0, m.pool.QueryRow(m.ctx, `SELECT undertaking, reveal FROM disclosure WHERE guarantee = $1`, c.id).Scan(&c.undertaking, &c.reveal))
		u := must(letter.ParseUndertaking(must(signing.ParseSignedData(c.undertaking)).Content))
		c.required = slices.DeleteFunc(must(u.Required("refused_contract")), func(k letter.DocumentKind) bool {
			return k == letter.PaymentNotice || k == letter.RevealRecord
		})
	}
}

// mayRelease: after the papers that came before, never while a demand is open, and never after the end.
func (m *model) mayRelease(c *card, at time.Time) outcome {
	if c.hasEarlier(at) {
		return waits
	}
	n, _ := c.open()
	return only(n == 0 && c.state == guarantee.Issued)
}

func (c *card) hasEarlier(at time.Time) bool {
	return slices.ContainsFunc(c.papers, func(p *paper) bool { return p.at.Before(at) })
}

// mayComplete: after the papers that came before; an independent letter's while it is examined and until its last instant.
func (m *model) mayComplete(c *card, d *claim, at time.Time) outcome {
	switch {
	case c.hasEarlier(at):
		return waits
	case c.form == letter.FormIndependent:
		stayed := isIn(d, guarantee.Stayed) && d.below == guarantee.Examining
		return only(!at.After(c.end()) && (stayed || isIn(d, guarantee.Incomplete, guarantee.Examining)))
	}
	return only(isIn(d, guarantee.Incomplete))
}

// mayTakeBack: after the papers that came before, until the demand is settled.
func (m *model) mayTakeBack(c *card, d *claim, at time.Time) outcome {
	if c.hasEarlier(at) {
		return waits
	}
	return only(!d.over())
}

// mayDemand: after the papers that came before, in time by its receipt, in force, and within what is left.
func (m *model) mayDemand(c *card, at time.Time, amount letter.Fen) outcome {
	if c.hasEarlier(at) {
		return waits
	}
	_, open := c.open()
	return only(!at.After(c.end()) && c.state == guarantee.Issued && amount <= c.amount-c.paid-open)
}

// takeRelease is a signature that took effect; with the last one the letter ends.
func (m *model) takeRelease(c *card, owner int) {
	if !slices.Contains(c.signed, owner) {
		c.signed = append(c.signed, owner)
	}
	if len(c.signed) == len(m.owners) {
		c.state = guarantee.Released
	}
}

// takeDemand: it waits for documents or is examined.
func (m *model) takeDemand(c *card, d *claim, later, empty bool) {
	if empty {
		d.lacks = len(c.required)
	}
	d.state = guarantee.Examining
	if later || d.lacks > 0 && c.form != letter.FormIndependent {
		d.state = guarantee.Incomplete
	}
	c.claims = append(c.claims, d)
}

func (m *model) files(c *card) (files []guarantee.Attachment, documents []letter.Document) {
	files, documents = []guarantee.Attachment{}, []letter.Document{}
	for _, k := range append(slices.Clone(c.required), letter.SupervisorDecision) {
		b := []byte("文件 " + string(k))
		files = append(files, guarantee.Attachment{Kind: k, Name: string(k) + ".txt", Bytes: b})
		documents = append(documents, letter.Document{Kind: k, Name: string(k) + ".txt", Digest: signing.Sum(b)})
	}
	return files, documents
}

func (m *model) presentation(signed []byte, files []guarantee.Attachment) []byte {
	return must(json.Marshal(guarantee.Presentation{Signed: signed, Documents: files}))
}

// amountOf is a part, the whole, the rest, or a fen too much.
func (c *card) amountOf(a act) letter.Fen {
	_, open := c.open()
	switch a.b % 4 {
	case 0:
		return c.amount / 4
	case 1:
		return max(1, c.amount-c.paid-open)
	case 2:
		return c.amount - c.paid - open + 1
	}
	return c.amount
}

// demandPaper is the paper of a demand.
func (m *model) demandPaper(c *card, a act) (*claim, []byte) {
	d := &claim{id: hex.EncodeToString(signing.Random(16)), amount: c.amountOf(a)}
	files, documents := m.files(c)
	if a.b%3 == 2 {
		files, documents = []guarantee.Attachment{}, []letter.Document{}
	}
	lead := m.owners[0]
	if c.form == letter.FormIndependent && a.b%2 == 1 {
		d.extendTo = c.until.AddDays(30)
	}
	b, err := letter.Demand{Version: 1, ID: d.id, Guarantee: c.id, Number: c.number, Guarantor: c.by.party, Beneficiary: lead.party,
		Undertaking: letter.UndertakingDigest(c.undertaking), Commitment: letter.Commitment(c.reveal), Amount: d.amount, AmountCapital: d.amount.Capital(),
		Reason: "refused_contract", Statement: "中标后无正当理由拒绝签订合同", Payee: letter.Account{Name: lead.party.Name, Number: "43001500061050000123", Bank: "建设银行长沙分行"},
		Documents: documents, NoExemption: true, CompleteLater: a.b > 8, ExtendTo: d.extendTo, At: m.now()}.Canonical()
	d.signed = m.p7s(lead, b, err)
	return d, m.presentation(d.signed, files)
}

func (m *model) releasePaper(c *card, owner int) []byte {
	by := m.owners[owner]
	b, err := letter.Release{Version: 1, Guarantee: c.id, Number: c.number, Guarantor: c.by.party, Beneficiary: by.party,
		Undertaking: letter.UndertakingDigest(c.undertaking), Reason: "合同已签订", At: m.now()}.Canonical()
	return m.p7s(by, b, err)
}

// unread is the receipt of a paper, and there the process dies.
func (m *model) unread(c *card, kind guarantee.IntakeKind, by org, body []byte) string {
	id := hex.EncodeToString(signing.Random(16))
	cert := by.actor(party.Beneficiary).Certificate
	must(m.pool.Exec(m.ctx, `INSERT INTO intake (id, kind, guarantee, sender, role, certificate, body) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, kind, c.id, by.party.USCC, party.Beneficiary, cert[:], body))
	return id
}

// guarantors is a command of the institution.
func (m *model) guarantors(c *card) party.Command { return m.by(c.by, party.Guarantor) }

// told reads the last day of the examination, which the platform has told both; that it holds is asked by its own tests.
func (m *model) told(d *claim) {
	d.by = nil
	var by *time.Time
	must(0, m.pool.QueryRow(m.ctx, `SELECT examine_by FROM demand WHERE id = $1`, d.id).Scan(&by))
	if by != nil {
		day := calendar.DateOf(*by)
		d.by = &day
	}
}

// make puts a letter in force: through the platform, or at a counter.
func (m *model) make(a act) error {
	owner := m.bidders[a.a%4]
	by := []org{m.bank, m.insurer}[a.b%2]
	c := &card{owner: a.a % 4, round: m.round, by: by, form: m.product(by).Form, state: guarantee.Issued, counter: a.b > 7}
	if c.counter {
		c.id = m.counterLetter(owner, by, m.l, nil)
	} else {
		d := m.draft(owner, by, m.l)
		who := guarantee.Applicant{Party: owner.party, Encryption: owner.encrypt.Key.Public()}
		if _, err := m.Apply(m.ctx, m.by(owner, party.Bidder), who, m.l.ID, m.submission(owner, d)); err != nil {
			return err
		}
		m.pay(d, letter.Account{Name: owner.party.Name, Number: "6222" + owner.party.USCC[13:17], Bank: "工商银行长沙分行"})
		m.issue(owner, d, m.l)
		c.id = d.application.Application
	}
	var latest time.Time
	must(0, m.pool.QueryRow(m.ctx, `SELECT number, latest_expiry FROM guarantee WHERE id = $1`, c.id).Scan(&c.number, &latest))
	c.until = calendar.DateOf(latest)
	m.extra = c
	return nil
}

// process reads one receipt that lies on the desk.
func (m *model) process(c *card, p *paper) outcome {
	switch p.kind {
	case guarantee.IntakeDemand:
		if o := m.mayDemand(c, p.at, p.claim.amount); o != yes || p.claim.extendTo.IsZero() || p.claim.extendTo.After(c.until) {
			return o
		}
		return no // the letter lasts longer by now than it asks
	case guarantee.IntakeCompletion:
		return m.mayComplete(c, p.claim, p.at)
	case guarantee.IntakeWithdrawal:
		return m.mayTakeBack(c, p.claim, p.at)
	default:
		return m.mayRelease(c, p.at)
	}
}

// entry is a letter as a lot's release lists it.
func (c *card) entry(early bool) letter.LotReleaseEntry {
	return letter.LotReleaseEntry{Guarantee: c.id, Number: c.number, Undertaking: letter.UndertakingDigest(c.undertaking), Early: early}
}

// shown are the published letters in the order of their ids.
func (m *model) shown() (out []*card) {
	for _, c := range m.cards {
		if c.shown {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *card) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	return out
}

// lotPaper is a release of all published letters by one beneficiary.
func (m *model) lotPaper(owner int, early bool) []byte {
	by := m.owners[owner]
	r := letter.LotRelease{Version: 1, Lot: m.l.Lot, Beneficiary: by.party, Letters: []letter.LotReleaseEntry{}, Reason: "合同已签订", At: m.now()}
	for _, c := range m.shown() {
		r.Letters = append(r.Letters, c.entry(early))
	}
	b, err := r.Canonical()
	return m.p7s(by, b, err)
}

// leaveLotPaper writes the receipts of a lot's release, and there the process dies.
func (m *model) leaveLotPaper(owner int) map[*card]string {
	by, id, out := m.owners[owner], hex.EncodeToString(signing.Random(16)), map[*card]string{}
	cert := by.actor(party.Beneficiary).Certificate
	must(0, m.within(m.ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(m.ctx, `INSERT INTO lot_release (id, lot, sender, signed, received_at) VALUES ($1, $2, $3, $4, platform_now())`,
			id, m.l.ID, by.party.USCC, m.lotPaper(owner, true)); err != nil {
			return err
		}
		for _, c := range m.shown() {
			out[c] = hex.EncodeToString(signing.Random(16))
			if _, err := tx.Exec(m.ctx, `INSERT INTO intake (id, kind, guarantee, sender, role, certificate, body, paper, received_at)
				SELECT $1, 'lot_release', $2, $3, $4, $5, '', id, received_at FROM lot_release WHERE id = $6`, out[c], c.id, by.party.USCC, party.Beneficiary, cert[:], id); err != nil {
				return err
			}
		}
		return nil
	}))
	return out
}
