package client

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// ReleaseLot signs one paper that releases several letters of one lot. Early names, by their ids, those that the beneficiary
// knowingly releases before it must: the winner's and the candidates' before the contract. The answer says what became of
// each letter; one that is refused keeps no other from being released. A second call signs a second paper: after ErrUnknown
// it is safe, and names as refused what the first has released.
func (b *Beneficiary) ReleaseLot(ctx context.Context, lot wire.Lot, letters []wire.Guarantee, reason string, early ...string) (wire.LotReleased, error) {
	paper, err := b.lotRelease(ctx, lot.Lot, letters, reason, early)
	if err != nil {
		return wire.LotReleased{}, err
	}
	return b.SendLotRelease(ctx, lot.ID, paper)
}

// SendLotRelease sends a paper that was signed before. The same paper is the same command, however often it is sent.
func (b *Beneficiary) SendLotRelease(ctx context.Context, lot string, paper []byte) (wire.LotReleased, error) {
	var out wire.LotReleased
	return out, b.post(ctx, "/lots/"+url.PathEscape(lot)+"/releases", keyOf("release-lot", paper), wire.ReleaseLot{Release: paper}, &out)
}

func (b *Beneficiary) lotRelease(ctx context.Context, lot letter.Lot, letters []wire.Guarantee, reason string, early []string) ([]byte, error) {
	r := letter.LotRelease{Version: 1, Lot: lot, Beneficiary: b.me.Party, Reason: reason, At: b.at()}
	for _, g := range letters {
		r.Letters = append(r.Letters, letter.LotReleaseEntry{Guarantee: g.ID, Number: g.Number, Undertaking: g.Undertaking,
			Early: slices.Contains(early, g.ID)})
	}
	slices.SortFunc(r.Letters, func(a, b letter.LotReleaseEntry) int { return strings.Compare(a.Guarantee, b.Guarantee) })
	content, err := r.Canonical()
	return b.me.paper(ctx, content, err, b.at())
}
