package story

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// end compares the three books once more and leaves everything behind that proves the story without the platform.
func (t *tale) end(ctx context.Context) error {
	return t.inOrder(
		scene{"每家机构的账、投标人的副本与平台三方一致", func() error { return t.books(ctx) }},
		scene{"透明日志从头到尾只增不改，最新的日志头由两家见证", func() error { return t.lastHead(ctx) }},
		scene{"全部保函和证书已导出，保函带有日志证明", func() error { return t.exported(ctx) }},
		scene{"用 OpenSSL 和脚本复核，不用平台的任何程序", t.openssl},
	)
}

// books goes through each institution's own book and the bidder's own copy of each letter in it.
func (t *tale) books(ctx context.Context) error {
	for _, m := range []Member{t.Cast.Bank, t.Cast.Company, t.Cast.Insurer} {
		page, err := desk[wire.BookPage](ctx, t, m, http.MethodGet, "/books", nil)
		if err != nil {
			return err
		}
		for _, e := range page.Items {
			h, known := t.letters[e.Guarantee]
			if !known {
				t.check(false, "%s的账上有一份无人持有的保函 %s", m.Party.Name, e.Number)
				continue
			}
			u := h.file.Undertaking
			t.check(e.Number == u.Number && e.Ceiling == u.Application.Ceiling && t.verify(h.bytes), "%s（%s）三方一致", e.Number, e.State)
			t.finished = append(t.finished, Guarantee{Number: e.Number, Guarantor: m.Party.Name, Lot: h.file.Reveal.Lot.Code,
				Amount: h.file.Reveal.Amount, State: e.State})
		}
	}
	t.check(len(t.finished) == len(t.letters), "机构账上 %d 份，投标人手中 %d 份", len(t.finished), len(t.letters))
	slices.SortFunc(t.finished, func(a, b Guarantee) int { return cmp.Compare(a.Number, b.Number) })
	t.summary.Guarantees = t.finished
	return nil
}

// exported checks what lies in the folder, with the log's proof that is there by now, and adds the certificates.
func (t *tale) exported(ctx context.Context) error {
	byNumber := func(a, b *held) int { return cmp.Compare(a.file.Undertaking.Number, b.file.Undertaking.Number) }
	for _, h := range slices.SortedFunc(maps.Values(t.letters), byNumber) {
		t.check(letter.VerifyP7S(h.file.Signed, t.Trust).OK, "%s.json 与 .p7s", h.file.Undertaking.Number)
		if err := t.keepProof(ctx, h); err != nil {
			return err
		}
	}
	return t.certificates()
}

func (t *tale) certificates() error {
	if err := os.MkdirAll(filepath.Join(t.Out, "certificates"), 0o755); err != nil {
		return err
	}
	for _, m := range t.Cast.All() {
		var chain []byte
		for _, c := range m.Sign.Chain {
			chain = append(chain, c.PEM()...)
		}
		if err := os.WriteFile(filepath.Join(t.Out, "certificates", m.Party.USCC+".pem"), chain, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Write leaves the summary beside the guarantees.
func (s Summary) Write(dir string) error {
	b, err := json.Marshal(s, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "summary.json"), append(b, '\n'), 0o644)
}

// copyOf is a letter as its bidder gets it now. A counter letter is not its bidder's to ask for: its file is taken as
// everybody may take it since the opening.
func copyOf(ctx context.Context, b *client.Bidder, h *held) (letter.File, error) {
	if !h.counter {
		return b.Letter(ctx, h.id)
	}
	file, err := b.File(ctx, h.id)
	if err != nil {
		return letter.File{}, err
	}
	return letter.ParseFile(file)
}

// keepProof replaces a letter's file by one that carries the log's proof.
func (t *tale) keepProof(ctx context.Context, h *held) error {
	b, err := t.bidder(ctx, h.bidder)
	if err != nil {
		return err
	}
	var f letter.File
	if err := t.until(ctx, "日志收入保函的开立", func(ctx context.Context) (bool, error) {
		f, err = copyOf(ctx, b, h)
		return err == nil && f.Log != nil, err
	}); err != nil {
		return err
	}
	file, err := f.Canonical()
	if err != nil {
		return err
	}
	_, trust, err := t.outsider()
	if err != nil {
		return err
	}
	t.check(bytes.Equal(bare(file), bare(h.bytes)) && t.verify(file, letter.Log(trust)), "%s.json 带有两家见证人签署过的日志证明", h.file.Undertaking.Number)
	to := filepath.Join(t.Out, h.file.Undertaking.Number+".json")
	if err := os.WriteFile(to+".new", file, 0o644); err != nil { //nolint:gosec // for everyone
		return err
	}
	return os.Rename(to+".new", to)
}
