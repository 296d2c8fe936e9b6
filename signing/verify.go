package signing

import (
	"errors"
	"fmt"
	"math/big"

	checker "github.com/emmansun/gmsm/sm2"
	maker "github.com/tjfoc/gmsm/sm2"
)

// ErrDisagree says that one implementation accepts a signature and the other refuses it. It is not the
// signer's fault and never a reason to accept: stop, keep the bytes, and look.
var ErrDisagree = errors.New("signing: the two SM2 implementations disagree")

// userID is the identity in ZA (GB/T 35276-2017, 10; GM/T 0009-2012).
var userID = []byte("1234567812345678")

// Verify checks an SM2 signature with SM3 over msg. One implementation decides; use VerifyBoth for what
// moves money.
func Verify(pub PublicKey, msg []byte, sig Signature) (err error) {
	defer guard(&err)
	digest, err := messageDigest(pub, msg, sig)
	if err != nil {
		return err
	}
	if !checker.VerifyASN1(pub.point, digest, sig.DER()) {
		return ErrBadSignature
	}
	return nil
}

// VerifyBoth is Verify by both implementations, which share no arithmetic. It costs some 2.5 ms: once, at
// acceptance, for an undertaking, an amendment, a release, a demand, a payment.
func VerifyBoth(pub PublicKey, msg []byte, sig Signature) (err error) {
	defer guard(&err)
	digest, err := messageDigest(pub, msg, sig)
	if err != nil {
		return err
	}
	return agree(
		checker.VerifyASN1(pub.point, digest, sig.DER()),
		maker.Sm2Verify(pub.forMaker(), msg, userID, sig.r(), sig.s()))
}

func agree(one, other bool) error {
	switch {
	case one && other:
		return nil
	case one || other:
		return ErrDisagree
	}
	return ErrBadSignature
}

// messageDigest is e = SM3(ZA ‖ msg), after the checks that neither library makes for us: a key that a
// constructor made, r and s in range, and r ≠ e, which would be the point at infinity.
func messageDigest(pub PublicKey, msg []byte, sig Signature) ([]byte, error) {
	if pub.IsZero() {
		return nil, ErrPublicKey
	}
	if !sig.inRange() {
		return nil, ErrBadSignature
	}
	digest, err := checker.CalculateSM2Hash(pub.point, msg, userID)
	if err != nil {
		return nil, fmt.Errorf("%w: digest of the message: %v", ErrInternal, err)
	}
	e := new(big.Int).SetBytes(digest)
	if e.Mod(e, order()).Cmp(sig.r()) == 0 {
		return nil, ErrBadSignature
	}
	return digest, nil
}

// order is n, the order of the base point. The value is shared: read it, never change it.
func order() *big.Int { return maker.P256Sm2().Params().N }
