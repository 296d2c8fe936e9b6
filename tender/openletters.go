package tender

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/tender/custody"
)

// askLetters is the second round: closing B names exactly the letters that the bids named. Nil: none to be asked for.
func (o *opening) askLetters(ctx context.Context) (*given, error) {
	seals := o.seals()
	if len(seals) == 0 {
		return nil, nil //nolint:nilnil // no bid names a letter that is here
	}
	c, p7s, err := o.closeLetters(ctx, seals)
	if err != nil {
		return nil, err
	}
	o.closing[1] = p7s
	return o.desk.shares(ctx, o.lot.ID, p7s, o.closing[0], named(c, seals))
}

// judge begins to unseal the letters and to write the lines of each. It asks nobody, and goes on while the transaction
// writes what is final already; each letter tells when it is (judged).
func (o *opening) judge(ctx context.Context, exams []exam, shares *given) {
	n := len(o.letters)
	for _, x := range o.letters {
		x.judged = make(chan struct{})
	}
	go func() {
		atOnce(n, func(i int) {
			if x := o.letters[i]; x.sealed != nil && x.Failure == "" {
				x.unseal(ctx, o.lot.Requirement.Lot, shares)
			}
		})
		o.letGo()
		members, bids, payers := membersOf(o.letters), o.standingIn(), payersOf(o.letters)
		atOnce(n, func(i int) {
			x, e := o.letters[i], &exams[i]
			defer close(x.judged)
			if x.unsealed == nil {
				x.Lines = blank(x.Failure)
				return
			}
			e.u, e.members, e.bids, e.payers = x.unsealed, members, bids, payers
			x.Lines = e.judged()
		})
	}()
}

// seals are the two-of-three seals of all letters, by the id that closing B gives them.
func (o *opening) seals() map[string]record {
	found := make([]map[string]record, len(o.letters))
	atOnce(len(found), func(i int) { found[i] = o.letters[i].seals() })
	all := map[string]record{}
	for _, one := range found {
		maps.Copy(all, one)
	}
	return all
}

func (x *openedLetter) seals() map[string]record {
	if x.sealed == nil {
		return nil
	}
	own, err := sealsOf(x.sealed)
	if err != nil {
		x.Failure = "保函的密封数据不完整；请投标人提供自存副本，并按应急程序处理"
	}
	return own
}

// sealsOf are the seals of one row, by the ids that closing B gives them.
func sealsOf(row *guarantee.SealedLetter) (map[string]record, error) {
	seal, full, err := row.Seals()
	if err != nil {
		return nil, err
	}
	out := map[string]record{row.ID: {custody.RecordOf(row.Sealed), seal.SealedHead}}
	if full != nil {
		out[row.ID+custody.LetterSuffix] = record{custody.RecordOf(row.Letter), full.SealedHead}
	}
	return out, nil
}

// closeLetters writes the intent of closing B, or finds the one that an opening before this one wrote, and has
// it signed.
func (o *opening) closeLetters(ctx context.Context, seals map[string]record) (letter.Closing, []byte, error) {
	records := make([]letter.RecordRef, 0, len(seals))
	for id, s := range seals {
		records = append(records, letter.RecordRef{ID: id, Digest: s.Digest()})
	}
	slices.SortFunc(records, func(a, b letter.RecordRef) int { return strings.Compare(a.ID, b.ID) })
	c := o.lot.closing(letter.StageLetters, letter.ClosingDigest(o.closing[0]), records)
	err := o.desk.within(ctx, func(tx pgx.Tx) error {
		_, err := insertClosing(ctx, tx, o.lot.ID, c)
		return err
	})
	if err != nil {
		return c, nil, err
	}
	o.desk.at("letters_listed")
	return o.desk.signedClosing(ctx, o.lot.ID, letter.StageLetters)
}

// unseal opens one letter. Whatever goes wrong is this letter's alone.
func (x *openedLetter) unseal(ctx context.Context, lot letter.Lot, shares *given) {
	record, ok := shares.two(x.ID)
	if !ok {
		x.Failure = "密钥保管人无法解开揭示记录的密封；请投标人提供自存副本，并按应急程序处理"
		return
	}
	var full *guarantee.Shares
	if two, ok := shares.two(x.ID + custody.LetterSuffix); ok {
		s := guarantee.Shares(two)
		full = &s
	}
	u, err := x.sealed.Unseal(ctx, guarantee.Shares(record), full)
	switch {
	case errors.Is(err, guarantee.ErrNotIssued):
		x.Failure = "截标时该申请名下没有开立保函；请投标人提供购买凭证，并按应急程序处理"
	case err == nil && !x.sealed.Fits(lot, u):
		x.Failure = "保函已解封，但它不是开给本标段的，或与平台登记的不是同一份；请评标委员会核对投标文件"
	case err != nil:
		x.Failure = "保函解封后与承诺值或登记的摘要不符；请投标人提供自存副本，并按应急程序处理"
	default:
		x.unsealed = &u
	}
}

// letGo drops the counter letters that did not open here. Nobody but its guarantor and its buyer knows for which lot one
// was sold: a bid on this lot may name another's, and must not be able to end it. It stays on the list as failed.
func (o *opening) letGo() {
	for _, x := range o.letters {
		if x.sealed != nil && x.sealed.Channel == guarantee.AtCounter && x.unsealed == nil {
			x.sealed, x.Failure = nil, "这份柜台保函没有在本标段解封（它也可能是开给别的标段的，其状态不因此改变）："+x.Failure
		}
	}
}
