package story

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

var errNoQuote = errors.New("该机构没有报价")

// every form of letter, and cash as the notice of lot one prints it.
var everyForm = []letter.Form{letter.FormIndependent, letter.FormAccessory, letter.FormInsurance, letter.FormCash}

// notice is what is published of a lot.
type notice struct {
	project wire.CreateProject
	lot     wire.AddLot
}

// publish drafts and publishes a lot and reads it back as a stranger would.
func (t *tale) publish(ctx context.Context, who *client.Staff, n notice) (wire.Lot, error) {
	p, err := who.CreateProject(ctx, n.project)
	if err != nil {
		return wire.Lot{}, err
	}
	return t.publishIn(ctx, who, p, n)
}

// publishIn is publish for a project that is there.
func (t *tale) publishIn(ctx context.Context, who *client.Staff, p wire.Project, n notice) (wire.Lot, error) {
	greedy := n.lot
	greedy.Code, greedy.Amount = n.lot.Code+"X", n.lot.Base/50+1
	_, err := who.AddLot(ctx, p.ID, greedy)
	t.check(refusedWith(err, http.StatusBadRequest), "担保金额超过估算价 2%% 一分也不予登记（条例26）")
	draft, err := who.AddLot(ctx, p.ID, n.lot)
	if err != nil {
		return wire.Lot{}, err
	}
	_, err = who.Lot(ctx, "00000000000000000000000000000000")
	t.check(refusedWith(err, http.StatusNotFound), "不存在的标段查不到")
	if _, err := who.Publish(ctx, draft.ID); err != nil {
		return wire.Lot{}, err
	}
	lot, err := who.Lot(ctx, draft.ID)
	if err != nil {
		return lot, err
	}
	return lot, t.checkNotice(lot, n)
}

func (t *tale) checkNotice(lot wire.Lot, n notice) error {
	req := lot.Requirement
	t.check(req != nil && req.Digest() == lot.RequirementDigest, "公告的保函要求与其摘要一致")
	t.check(lot.Custodians != nil && lot.Custodians.Digest() == req.Custodians, "三个保管人的公钥与公告摘要一致")
	err := lot.Custodians.Check(t.Trust, t.Clock.Now())
	t.check(err == nil, "三把公钥各由其保管人签名")
	t.check(req.Amount == n.lot.Amount && slices.Equal(req.Beneficiaries, n.project.Beneficiary), "金额 %s（%s）和 %d 个受益人如公告",
		req.Amount, req.Amount.Capital(), len(req.Beneficiaries))
	t.check(req.End.Deadline.Equal(n.lot.End.Deadline), "截止时间 %s 如公告", req.End.Deadline.Format("2006-01-02 15:04"))
	return err
}

// buy takes one bidder from the quote to the letter in force, which it has opened and checked itself.
func (t *tale) buy(ctx context.Context, m Member, lot wire.Lot, bank Member, manual bool) (*held, error) {
	b, draft, err := t.apply(ctx, m, lot, bank)
	if err != nil {
		return nil, err
	}
	if manual {
		if err := t.approve(ctx, bank, draft.ID); err != nil {
			return nil, err
		}
	}
	if err := t.pay(ctx, b, m, bank, draft.ID); err != nil {
		return nil, err
	}
	return t.receive(ctx, b, m, bank, draft.ID)
}

// apply hands an application in, as often as it takes to be answered.
func (t *tale) apply(ctx context.Context, m Member, lot wire.Lot, bank Member) (*client.Bidder, client.Draft, error) {
	b, err := t.bidder(ctx, m)
	if err != nil {
		return nil, client.Draft{}, err
	}
	q, err := t.quote(ctx, b, lot, bank)
	if err != nil {
		return nil, client.Draft{}, err
	}
	draft, err := b.Prepare(ctx, lot, q)
	if err != nil {
		return nil, draft, err
	}
	err = t.persist(ctx, func() error { _, err := b.Resume(ctx, draft.ID); return err })
	return b, draft, err
}

func (t *tale) quote(ctx context.Context, b *client.Bidder, lot wire.Lot, bank Member) (wire.Quote, error) {
	quotes, err := b.Quotes(ctx, lot.ID)
	if err != nil {
		return wire.Quote{}, err
	}
	i := slices.IndexFunc(quotes, func(q wire.Quote) bool { return q.Guarantor == bank.Party })
	if i < 0 {
		return wire.Quote{}, errNoQuote
	}
	return quotes[i], nil
}

// pay settles the agreed fee at the institution's own cashier: the platform never touches it.
func (t *tale) pay(ctx context.Context, b *client.Bidder, m, bank Member, id string) error {
	var fee letter.Fen
	if err := t.until(ctx, "承保决定", func(ctx context.Context) (bool, error) {
		a, err := b.Application(ctx, id)
		fee = a.FeeDue
		return a.Fee == "pending", err
	}); err != nil {
		return err
	}
	payer := letter.Account{Name: m.Party.Name, Number: "6222" + signing.Sum([]byte(m.Party.USCC)).String()[:15], Bank: "演示开户行"}
	return t.until(ctx, "收银台", func(ctx context.Context) (bool, error) {
		_, err := desk[bill](ctx, t, bank, http.MethodPost, "/cashier/"+id+"/pay", payment{Amount: fee, Payer: payer})
		return err == nil, err
	})
}

// bill and payment are what an institution's cashier says and hears.
type bill struct {
	Application string     `json:"application"`
	Fee         letter.Fen `json:"fee"`
	Paid        bool       `json:"paid"`
	Reference   string     `json:"reference"`
}

type payment struct {
	Amount letter.Fen     `json:"amount"`
	Payer  letter.Account `json:"payer"`
}

// receive waits for the letter, opens the bidder's own copy and checks it, before the deadline and offline.
func (t *tale) receive(ctx context.Context, b *client.Bidder, m, bank Member, id string) (*held, error) {
	if err := t.until(ctx, "保函开立", func(ctx context.Context) (bool, error) {
		a, err := b.Application(ctx, id)
		return a.Instrument == "issued", err
	}); err != nil {
		return nil, err
	}
	file, err := b.Letter(ctx, id)
	if err != nil {
		return nil, err
	}
	own, err := file.Canonical()
	if err != nil {
		return nil, err
	}
	h := &held{id: id, bidder: m, bank: bank, file: file, bytes: own}
	t.letters[id] = h
	u := file.Undertaking
	t.check(u.Application.Mode == letter.ModeBlind == (u.Reveal == nil), "%s 开给%s的保函 %s 已生效，%s", bank.Party.Name, m.Party.Name, u.Number,
		map[bool]string{true: "文本不含标段（密文）", false: "全文密封"}[u.Reveal == nil])
	t.check(t.verify(own), "投标人自己打开副本，离线逐项核对通过")
	safe, err := b.Check(ctx, id)
	if err != nil {
		return nil, err
	}
	t.check(safe.OK, "平台签名的说明、标段公告和自存副本合看：已安全到达，满足要求")
	return h, t.export(ctx, h)
}

// verify checks a guarantee file as anyone can, with the root alone.
func (t *tale) verify(file []byte, more ...letter.Option) bool {
	r := letter.VerifyFile(file, t.Trust, append(more, letter.Platform(t.Platform.USCC))...)
	if r.OK {
		return true
	}
	for _, l := range r.Lines {
		if l.Result != letter.ResultPass {
			t.check(false, "核对 %s：%s", l.Name, l.Words)
		}
	}
	return false
}

// queue is what waits at an institution's own desk.
type queue struct {
	Applications []struct {
		Application string         `json:"application"`
		Ceiling     letter.Fen     `json:"ceiling"`
		Applicants  []letter.Party `json:"applicants"`
	} `json:"applications"`
	Demands []struct {
		Demand        string             `json:"demand"`
		Amount        letter.Fen         `json:"amount"`
		ExamineBy     string             `json:"examine_by"`
		Discrepancies []wire.Discrepancy `json:"discrepancies"`
	} `json:"demands"`
	Stuck []struct {
		Step   string `json:"step"`
		Code   string `json:"code"`
		Detail string `json:"detail"`
	} `json:"stuck"`
}

// waiting waits until an application lies on the institution's desk.
func (t *tale) waiting(ctx context.Context, bank Member, id string) error {
	return t.until(ctx, "待审队列", func(ctx context.Context) (bool, error) {
		q, err := desk[queue](ctx, t, bank, http.MethodGet, "/operator/queue", nil)
		for _, a := range q.Applications {
			if a.Application == id {
				return true, err
			}
		}
		return false, err
	})
}

func (t *tale) approve(ctx context.Context, bank Member, id string) error {
	if err := t.waiting(ctx, bank, id); err != nil {
		return err
	}
	_, err := desk[wire.Decision](ctx, t, bank, http.MethodPost, "/operator/applications/"+id+"/approve", nil)
	t.check(err == nil, "%s人工审核后同意承保", bank.Party.Name)
	return err
}

// bid hands in a bid that names a letter.
func (t *tale) bid(ctx context.Context, h *held, lot wire.Lot, price string) (wire.Bid, error) {
	b, err := t.bidder(ctx, h.bidder)
	if err != nil {
		return wire.Bid{}, err
	}
	return b.Bid(ctx, lot, h.id, terms(price))
}

// terms are an offer for a price in yuan; all else of it is supplemented.
func terms(price string) letter.BidTerms {
	return letter.BidTerms{Price: yuan(price), PeriodDays: 1095, Quality: "合格", Leader: "示例项目经理"}
}

// opened waits for the opening, which the platform holds by itself.
func (t *tale) opened(ctx context.Context, who *client.Staff, lot wire.Lot) (o wire.Opening, err error) {
	err = t.until(ctx, "开标", func(ctx context.Context) (bool, error) {
		o, err = who.Opening(ctx, lot.ID)
		return err == nil, err
	})
	return o, err
}

func (t *tale) agree(ctx context.Context, members ...Member) {
	for _, m := range members {
		var differences []client.Difference
		err := t.until(ctx, "对账", func(ctx context.Context) (bool, error) {
			page, err := desk[struct {
				Items []client.Difference `json:"items"`
			}](ctx, t, m, http.MethodGet, "/operator/agreement", nil)
			differences = page.Items
			return err == nil && len(differences) == 0, err
		})
		t.check(err == nil, "%s的账与平台一致%s", m.Party.Name, told(differences))
	}
}

func told(d []client.Difference) string {
	if len(d) == 0 {
		return ""
	}
	return "（" + d[0].Kind + "）"
}

// stands waits until a guarantee stands at a state in its beneficiary's list.
func (t *tale) stands(ctx context.Context, m Member, id string, so func(wire.Guarantee) bool) (g wire.Guarantee, err error) {
	b, err := t.beneficiary(ctx, m)
	if err != nil {
		return g, err
	}
	err = t.until(ctx, "保函状态", func(ctx context.Context) (bool, error) {
		page, err := b.Guarantees(ctx, "")
		i := slices.IndexFunc(page.Items, func(g wire.Guarantee) bool { return g.ID == id })
		if i < 0 {
			return false, err
		}
		g = page.Items[i]
		return so(g), err
	})
	return g, err
}
