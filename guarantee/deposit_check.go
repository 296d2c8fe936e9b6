package guarantee

import (
	"context"

	"baohan/guarantee/letter"
	"baohan/internal/store"
	"baohan/party"
	"baohan/signing"
)

// Deposit is a letter from the counter: the reveal record and the letter, each sealed two-of-three to the custodians of
// a lot that is not named, and the guarantor's signed statement over both.
type Deposit struct {
	Statement []byte          // p7s of letter.Deposit
	Record    *signing.Sealed // letter.Record
	Letter    *signing.Sealed // letter.FullLetter
}

// deposited is a deposit in the form in which it is kept.
type deposited struct {
	issued
	row     newRow
	number  string
	digest  []byte // SaltedDigest
	content letter.Deposit
	signed  signing.SignedData

	two                 bool   // two people were asked for, and these are they
	decidedBy, handedBy []byte // fingerprints of their certificates
}

// readDeposit checks all that depends on the bytes alone: the statement is its sender's, and the seals are the ones that
// it names, made for this id.
func readDeposit(by party.Actor, in Deposit) (deposited, error) {
	if in.Statement == nil || in.Record == nil || in.Letter == nil {
		return deposited{}, party.Invalid("deposit.form", "statement", "须同时提交存入声明（statement）、密封的揭示记录（record）和密封的保函（letter）；不得提交明文")
	}
	k := deposited{issued: issued{statement: in.Statement}}
	var err error
	if k.signed, err = signing.ParseSignedData(in.Statement); err != nil {
		return k, refuse("statement", err)
	}
	if k.content, err = letter.ParseDeposit(k.signed.Content); err != nil {
		return k, refuse("statement", err)
	}
	if by.Role != party.Guarantor || k.signed.Signer().Subject().OrganizationID != by.USCC {
		return k, mismatch("deposit.signer", "statement", "存入声明的签名证书不是本机构的；请用本机构的证书签名")
	}
	s := k.content
	record, err := sealOf("record", *in.Record, letter.RecordAAD(s.Application, 1), letter.RecordSize, s.Record)
	if err != nil {
		return k, err
	}
	if k.letter, err = sealOf("letter", *in.Letter, letter.LetterAAD(s.Application), letter.LetterSize, s.Sealed); err != nil {
		return k, err
	}
	k.number, k.digest = s.Number, s.Digest[:]
	k.row = newRow{ID: s.Application, Guarantor: by.USCC, Mode: letter.ModeFull, Form: s.Form, Wording: s.Wording.ID, WordingVersion: s.Wording.Version,
		Ceiling: s.Ceiling, LatestExpiry: s.LatestExpiry.Time(), ApplicationDigest: s.ApplicationDigest[:], Commitment: s.Commitment[:],
		Sealed: record, RecordKey: s.RecordKey.Bytes()}
	return k, nil
}

// sealOf is the binary of a seal that has the shape of one of this size, says that it was made for this row, and is the
// one that the statement names. Custodians give no share of any other; taken in, it would only stand in the way.
func sealOf(field string, s signing.Sealed, aad []byte, size int, want signing.Digest) ([]byte, error) {
	if err := s.Check(size); err != nil {
		return nil, party.Invalid("deposit.sealed", field, "密封数据的格式、长度或密钥包裹不符合要求；请按接口文档重新密封")
	}
	if !s.Binds(aad) {
		return nil, party.Invalid("deposit.sealed_for_another", field, "密封数据不是为这个编号制作的；请以存入声明中的编号重新密封")
	}
	blob, err := s.MarshalBinary()
	if err != nil {
		return nil, err
	}
	if letter.SealedDigest(blob) != want {
		return nil, mismatch("deposit.digest", field, "密封数据与存入声明所载摘要不一致；请核对后重新签名")
	}
	return blob, nil
}

// checkDeposit checks what depends on today: the signature by both implementations, with a certificate that is good now,
// and the licence; and signs the receipt.
func (d *Desk) checkDeposit(ctx context.Context, k *deposited, may May) error {
	now, err := store.Now(ctx, d.Pool)
	if err != nil {
		return err
	}
	if err := k.signed.Verify(d.Trust, now); err != nil {
		return refuse("statement", err)
	}
	if err := may(ctx, k.content.Wording); err != nil {
		return err
	}
	k.at = now
	k.receipt, err = d.receipt(ctx, &Guarantee{ID: k.row.ID, Guarantor: k.row.Guarantor, Mode: k.row.Mode, Number: &k.number,
		LetterDigest: k.digest, Commitment: k.row.Commitment}, now)
	return err
}
