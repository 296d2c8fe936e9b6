package tlog

import "baohan/signing"

// Salt keeps a leaf from being guessed: whoever knows what may have been logged cannot try it against the log. It is
// given, with the fact, to those who may know the fact.
type Salt [32]byte

// MarshalText gives 64 lower-case hexadecimal digits.
func (s Salt) MarshalText() ([]byte, error) { return signing.Digest(s).MarshalText() }

// UnmarshalText accepts exactly what MarshalText writes.
func (s *Salt) UnmarshalText(text []byte) error { return (*signing.Digest)(s).UnmarshalText(text) }

// Leaf is what is logged of a fact: a commitment, which the log shows to all, and the salt, which it keeps apart.
// Leaf by leaf the log is random bytes, and a dummy looks like any other.
type Leaf struct {
	Commitment signing.Digest
	Salt       Salt
}

// NewLeaf commits to a fact with a fresh salt. The tag names the kind of fact and its version; it is a constant of the
// caller's code, at most 255 bytes.
func NewLeaf(tag string, parts ...[]byte) Leaf {
	salt := Salt(signing.Random(len(Salt{})))
	return Leaf{Commit(salt, tag, parts...), salt}
}

// Dummy is a leaf of nothing. Without knowing that nothing was committed to, nobody can tell it from another.
func Dummy() Leaf {
	return Leaf{signing.Digest(signing.Random(len(signing.Digest{}))), Salt(signing.Random(len(Salt{})))}
}

// Commit is the leaf of a fact: the tagged SM3 of the salt and the parts.
func Commit(salt Salt, tag string, parts ...[]byte) signing.Digest {
	return signing.TaggedSum(tag, append([][]byte{salt[:]}, parts...)...)
}
