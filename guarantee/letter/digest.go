package letter

import "baohan/signing"

// Commitment is what an application and a letter say of a reveal record without showing it.
func Commitment(reveal []byte) signing.Digest { return signing.TaggedSum("baohan/reveal/1", reveal) }

// ApplicationDigest is of the application as signed by the bidder (p7s).
func ApplicationDigest(p7s []byte) signing.Digest {
	return signing.TaggedSum("baohan/application/1", p7s)
}

// UndertakingDigest is of the undertaking as signed by the guarantor (p7s).
func UndertakingDigest(p7s []byte) signing.Digest {
	return signing.TaggedSum("baohan/undertaking/1", p7s)
}

// SaltedDigest is of a full letter (p7s): what it says can be guessed, so 32 random bytes stand before it.
func SaltedDigest(salt, p7s []byte) signing.Digest {
	return signing.TaggedSum("baohan/undertaking-salted/1", salt, p7s)
}

// SealedDigest is of sealed bytes (signing.Sealed.MarshalBinary), as a closing and a SealedIssue name them.
func SealedDigest(sealed []byte) signing.Digest {
	head, ciphertext := signing.SplitSealed(sealed)
	return HeadDigest(head, CiphertextDigest(ciphertext))
}

// HeadDigest is SealedDigest by the seal's head and its ciphertext's digest: a custodian needs no ciphertext.
func HeadDigest(head []byte, ciphertext signing.Digest) signing.Digest {
	return signing.TaggedSum("baohan/sealed/2", head, ciphertext[:])
}

// CiphertextDigest is of the ciphertext of a seal.
func CiphertextDigest(ciphertext []byte) signing.Digest {
	return signing.TaggedSum("baohan/ciphertext/1", ciphertext)
}

// ClosingDigest is of a closing as signed by the centre (p7s).
func ClosingDigest(p7s []byte) signing.Digest { return signing.TaggedSum("baohan/closing/1", p7s) }

// SheetDigest is of a verification sheet as signed by the centre (p7s), as the next edition names it.
func SheetDigest(p7s []byte) signing.Digest { return signing.TaggedSum("baohan/sheet/1", p7s) }

// PaperDigest is of a beneficiary's signed paper (p7s): a release, a demand, its completion or its withdrawal.
func PaperDigest(p7s []byte) signing.Digest { return signing.TaggedSum("baohan/paper/1", p7s) }

// BidListDigest is of a bid list as signed by the centre's bid system (p7s).
func BidListDigest(p7s []byte) signing.Digest { return signing.TaggedSum("baohan/bid-list/1", p7s) }

// RecordDigest is of an opening record as one party signed it (p7s).
func RecordDigest(p7s []byte) signing.Digest {
	return signing.TaggedSum("baohan/opening-record-signed/1", p7s)
}

// RecordContentDigest is of an opening record's bytes, the same under every signature; the next edition names it.
func RecordContentDigest(content []byte) signing.Digest {
	return signing.TaggedSum(openingRecordTag, content)
}

const openingRecordTag = "baohan/opening-record/1"

// digestOf is zero for what has no encoding, because it does not hold.
func digestOf(tag string, encoding func() ([]byte, error)) signing.Digest {
	b, err := encoding()
	if err != nil {
		return signing.Digest{}
	}
	return signing.TaggedSum(tag, b)
}
