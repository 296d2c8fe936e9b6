package view

import (
	"slices"
	"time"

	"baohan/guarantee/letter"
	"baohan/tender"
)

// Record is an edition of the record of a remote opening with its signatures, or what it would be now.
type Record struct {
	Lot        string
	Content    letter.OpeningRecord
	Digest     string
	Newest     int
	Signatures []tender.RecordSignature
	Stage      tender.HallStage
	Left       *time.Time // when the time to sign is over
	Now        time.Time
	Preview    bool
	Sign       bool // the reader may sign it now
}

// signer is a party whose signature belongs under a record.
type signer struct {
	letter.Party
	Role   string
	Signed bool
	At     time.Time
}

func (r Record) hostSigned() bool {
	return slices.ContainsFunc(r.Signatures, func(x tender.RecordSignature) bool { return x.Host && x.Signed != nil })
}

// signers are the host and who leads a bid, then whoever else has signed.
func (r Record) signers() (out []signer) {
	add := func(p letter.Party) {
		if slices.ContainsFunc(out, func(s signer) bool { return s.USCC == p.USCC }) {
			return
		}
		s := signer{Party: p, Role: r.Content.Role(p.USCC)}
		for _, x := range r.Signatures {
			if x.Signer == p.USCC && x.Signed != nil {
				s.Signed, s.At = true, x.At
			}
		}
		out = append(out, s)
	}
	add(r.Content.Host)
	for _, b := range r.Content.Bids {
		if len(b.Bidders) > 0 {
			add(b.Bidders[0])
		}
	}
	for _, x := range r.Signatures {
		add(letter.Party{USCC: x.Signer, Name: x.Signer})
	}
	return out
}

func recordHeading(r letter.OpeningRecord) (out []Fact) {
	for _, pair := range r.Heading() {
		out = append(out, Fact{Label: pair[0], Value: pair[1]})
	}
	return out
}
