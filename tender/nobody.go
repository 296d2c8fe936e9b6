package tender

import (
	"context"
	"encoding/hex"
	"math/rand/v2"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// nobody is a bid that nobody made, for a lot that does not exist: it is sealed, receipted and written as every bid is,
// and no closing will find it. What is in it is random, and the keys to which it is sealed were thrown away.
type nobody struct {
	lot  *Lot
	who  Bidder
	id   string
	uniq signing.Digest // what its row is withdrawn by
}

// How long a signed bid and a signed withdrawal are; in the seal nobody sees it.
const nobodyBid, nobodyWithdrawal = 4096, 1024

// newNobody is one more of nobody's bidders, for one more lot that is none.
func (f *Filler) newNobody() nobody {
	n := nobody{lot: &Lot{ID: newID(), Lot: letter.Lot{Project: newID(), Code: newID()}}, id: newID(),
		who: Bidder{Party: letter.Party{USCC: newID()}, Encryption: f.keys[3]}}
	for i := range n.lot.Custodians.Keys {
		n.lot.Custodians.Keys[i].Public = f.keys[i]
	}
	return n
}

// bid makes a bid of nobody's and its row. The platform signs its receipt, as it signs everybody's.
func (f *Filler) bid(ctx context.Context, n *nobody) (row bidRow, answer Answer, err error) {
	now, err := store.Now(ctx, f.desk.Pool)
	if err != nil {
		return row, answer, err
	}
	paper := signing.Random(nobodyBid + rand.IntN(nobodyBid)) // #nosec G404 -- a length that nobody sees
	receipt, err := f.desk.receipt(ctx, n.id, paper, now)
	if err != nil {
		return row, answer, err
	}
	row, err = f.desk.encrypt(n.lot, n.who, n.id, bidRecord{Bid: paper, Receipt: receipt})
	n.uniq = row.UniqTag
	return row, Answer{ID: n.id, State: string(Received), Receipt: receipt}, err
}

// withdrawal is the sealed statement of nobody, receipted as everybody's.
func (f *Filler) withdrawal(ctx context.Context, n nobody) (sealed []byte, answer Answer, err error) {
	now, err := store.Now(ctx, f.desk.Pool)
	if err != nil {
		return nil, answer, err
	}
	paper := signing.Random(nobodyWithdrawal)
	receipt, err := f.desk.withdrawalReceipt(ctx, n.id, paper, now)
	if err != nil {
		return nil, answer, err
	}
	sealed, err = sealWithdrawal(n.lot, n.who, n.id, paper)
	return sealed, Answer{ID: n.id, State: string(Withdrawn), Receipt: receipt, At: now}, err
}

// command is one that was never sent: its place in the record of commands is as random as everybody's.
func (n nobody) command() party.Command {
	return party.Command{Actor: party.Actor{USCC: n.who.Party.USCC, Role: party.Bidder},
		Key: hex.EncodeToString(signing.Random(16)), Digest: signing.Digest(signing.Random(32))}
}

// isNotFound tells whether a refusal says that there is no such thing.
func isNotFound(err error) bool {
	r, ok := party.RefusalOf(err)
	return ok && r.Kind == party.KindNotFound
}
