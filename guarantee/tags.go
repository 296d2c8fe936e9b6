package guarantee

import (
	"encoding/binary"

	"baohan/signing"
)

// Tags makes the keyed names under which sealed rows are found. Each use has its own subkey, and every input is
// length-prefixed. Who holds the master key can test a guess of bidder and lot against the rows: in production it
// lives in an HSM whose policy allows lot tags only at handing in and after the deadline.
type Tags struct{ uniq, lot, owner []byte }

// NewTags derives the subkeys for one kind of record ("letter", "bid") from the master key, at least 32 bytes.
func NewTags(master []byte, kind string) Tags {
	if len(master) < 32 {
		panic("guarantee: NewTags needs a master key of at least 32 bytes")
	}
	sub := func(use string) []byte {
		k := signing.MAC(master, "baohan/tag-key/1", []byte(kind), []byte(use))
		return k[:]
	}
	return Tags{uniq: sub("uniq"), lot: sub("lot"), owner: sub("owner")}
}

// Uniq is the same for every record of one bidder on one lot: it holds the two apart from all others, once.
func (t Tags) Uniq(project, lot, bidder string) signing.Digest {
	return signing.MAC(t.uniq, "baohan/uniq/1", []byte(project), []byte(lot), []byte(bidder))
}

// UniqIn is Uniq for one round of a lot's letters (保函轮次), from 0: a deadline that moved beyond what letters reach begins
// another. In round 0 it is Uniq itself, so that what was written before there were rounds stays what it is; of any two
// rounds nobody without the key can tell that they are one bidder's.
func (t Tags) UniqIn(project, lot, bidder string, round int) signing.Digest {
	if round == 0 {
		return t.Uniq(project, lot, bidder)
	}
	return signing.MAC(t.uniq, "baohan/uniq/2", []byte(project), []byte(lot), []byte(bidder), number(round))
}

// Lot ties one record to its lot. It is computed when the record is handed in, and after the deadline.
func (t Tags) Lot(project, lot, record string) signing.Digest {
	return signing.MAC(t.lot, "baohan/lot/1", []byte(project), []byte(lot), []byte(record))
}

// Owner names a bidder's n-th record, so that two records of one bidder share nothing.
func (t Tags) Owner(bidder string, n int) signing.Digest {
	return signing.MAC(t.owner, "baohan/owner/1", []byte(bidder), number(n))
}

func number(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }
