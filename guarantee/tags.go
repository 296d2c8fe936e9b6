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

// Lot ties one record to its lot. It is computed when the record is handed in, and after the deadline.
func (t Tags) Lot(project, lot, record string) signing.Digest {
	return signing.MAC(t.lot, "baohan/lot/1", []byte(project), []byte(lot), []byte(record))
}

// Owner names a bidder's n-th record, so that two records of one bidder share nothing.
func (t Tags) Owner(bidder string, n int) signing.Digest {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return signing.MAC(t.owner, "baohan/owner/1", []byte(bidder), b[:])
}
