package story

import (
	"context"
	"encoding/base64"
	"net/http"

	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// purchase and slip are what a counter hears and says.
type purchase struct {
	Reference   string         `json:"reference"`
	Lot         string         `json:"lot"`
	Applicants  []letter.Party `json:"applicants"`
	Certificate string         `json:"certificate"`
}

type slip struct {
	Application string     `json:"application"`
	State       string     `json:"state"`
	Number      string     `json:"number"`
	Fee         letter.Fen `json:"fee"`
	File        []byte     `json:"file"`
}

// buyAtCounter has a bidder buy its letter at the institution's own counter and take the file home, where it checks it.
func (t *tale) buyAtCounter(ctx context.Context, m Member, lot wire.Lot, bank Member) (*held, error) {
	h, err := t.overTheCounter(ctx, m, lot, bank)
	if err != nil {
		return nil, err
	}
	b, err := t.bidder(ctx, m)
	if err != nil {
		return nil, err
	}
	fits, err := b.CheckFile(ctx, lot.ID, h.bytes)
	if err != nil {
		return nil, err
	}
	t.check(fits.OK, "文件与标段公告合看：满足要求，投标时写明编号")
	if err := t.unseen(ctx, h, lot); err != nil {
		return nil, err
	}
	return h, t.export(ctx, h)
}

// overTheCounter is the sale and its payment there. The platform gets the letter sealed and gives its receipt at once.
func (t *tale) overTheCounter(ctx context.Context, m Member, lot wire.Lot, bank Member) (*held, error) {
	var certificate string
	for _, c := range m.Open.Chain {
		certificate += string(c.PEM())
	}
	p := purchase{Reference: "柜台 " + lot.Lot.Code + " " + m.Party.USCC, Lot: lot.ID, Applicants: []letter.Party{m.Party}, Certificate: certificate}
	var s slip
	if err := t.until(ctx, "柜台开函", func(ctx context.Context) (ok bool, err error) {
		s, err = desk[slip](ctx, t, bank, http.MethodPost, "/operator/counter", p)
		return s.State == "in_force", err
	}); err != nil {
		return nil, err
	}
	file, err := letter.ParseFile(s.File)
	if err != nil {
		return nil, err
	}
	h := &held{id: s.Application, bidder: m, bank: bank, file: file, bytes: s.File, counter: true}
	t.letters[h.id] = h
	t.check(file.Undertaking.Number == s.Number && s.Fee > 0, "%s在柜台向%s售出保函 %s，保费 %s 元在柜台收取；平台当即给出回执", bank.Party.Name, m.Party.Name, s.Number, s.Fee)
	t.check(t.verify(s.File), "投标人拿到的文件，离线逐项核对通过")
	return h, nil
}

// unseen looks for what the letter says in every table. The platform was not told, so that it cannot tell.
func (t *tale) unseen(ctx context.Context, h *held, lot wire.Lot) error {
	record := base64.StdEncoding.EncodeToString(h.file.Reveal.Random)
	found, err := t.Search(ctx, []Needle{{"标段", lot.Lot.Code, []string{"project", "lot", "lot_event"}}, {"揭示记录", record, nil}})
	t.check(err == nil && len(found) == 0, "柜台保函的标段和揭示记录：明文、Base64、十六进制均未出现")
	seen, again := t.Search(ctx, []Needle{{"保函编号", h.file.Undertaking.Number, nil}})
	t.check(again == nil && len(seen) > 0, "同一搜索找得到它的编号")
	return err
}
