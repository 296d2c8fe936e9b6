package signing

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"

	checker "github.com/emmansun/gmsm/sm2"
	maker3 "github.com/tjfoc/gmsm/sm3"
)

// ErrSelfTest says that a known answer came out wrong on this machine. Do not start.
var ErrSelfTest = errors.New("signing: self-test")

// SelfTest computes the known answers of GB/T 32905, 32907 and 32918.5 and of RFC 8998, and holds that inputs which
// one of the libraries takes and must not are refused here. It takes some milliseconds. A processor, a compiler or
// a library that gets any of it wrong must not issue anything.
func SelfTest() (err error) {
	defer guard(&err)
	for _, test := range []struct {
		name string
		run  func() error
	}{
		{"SM3 (GB/T 32905-2016, A.1, A.2)", testSM3},
		{"SM4-GCM (RFC 8998, A.1)", testSM4},
		{"SM2 signature (GB/T 32918.5-2017, A.2)", testSM2Signature},
		{"SM2 encryption (GB/T 32918.5-2017, C.2)", testSM2Encryption},
		{"SM2 reduction on this processor", testSM2Reduction},
		{"refusals", testRefusals},
		{"round trip", testRoundTrip},
	} {
		if err := test.run(); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrSelfTest, test.name, err)
		}
	}
	return nil
}

var errWrongAnswer = errors.New("wrong answer")

func testSM3() error {
	abc := "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
	abcd := "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
	if Sum([]byte("abc")).String() != abc || Sum(bytes.Repeat([]byte("abcd"), 16)).String() != abcd {
		return errWrongAnswer
	}
	for _, n := range []int{0, 1, 55, 56, 63, 64, 65, 8192, 65537} {
		some := Random(n)
		if one, other := Sum(some), maker3.Sm3Sum(some); !bytes.Equal(one[:], other) {
			return fmt.Errorf("%w: the two SM3 implementations disagree on %d bytes", ErrDisagree, n)
		}
	}
	return nil
}

func testSM4() error {
	key := unhex("0123456789abcdeffedcba9876543210")
	nonce := unhex("00001234567800000000abcd")
	aad := unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
	plain := unhex("aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa")
	want := unhex("17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d" +
		"83de3541e4c2b58177e065a9bf7b62ec")
	aead, err := makerGCM(key)
	if err != nil {
		return err
	}
	if !bytes.Equal(aead.Seal(nil, nonce, plain, aad), want) {
		return errWrongAnswer
	}
	back, err := OpenGCM(key, append(nonce, want...), aad)
	if err != nil || !bytes.Equal(back, plain) {
		return errors.Join(errWrongAnswer, err)
	}
	return nil
}

const (
	knownKey       = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
	knownPublic    = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
	knownSignature = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
	knownSealed    = "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0" +
		"59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd876621886ca989ca9c7d58087307ca93092d651efa"
)

func testSM2Signature() error {
	key, err := ParsePrivateKey(unhex(knownKey))
	if err != nil {
		return err
	}
	if hex.EncodeToString(key.Public().Bytes()) != knownPublic {
		return errWrongAnswer
	}
	sig, err := ParseSignature(unhex(knownSignature))
	if err != nil {
		return err
	}
	return VerifyBoth(key.Public(), []byte("message digest"), sig)
}

func testSM2Encryption() error {
	key, err := ParsePrivateKey(unhex(knownKey))
	if err != nil {
		return err
	}
	w, err := wrappingOf(unhex(knownSealed))
	if err != nil {
		return err
	}
	text, err := key.Unwrap(context.Background(), w.der())
	if err != nil || string(text) != "encryption standard" {
		return errors.Join(errWrongAnswer, err)
	}
	return nil
}

// testSM2Reduction is a valid signature over 32 zero bytes that a carry lost in the field multiplication of the
// checking library (before v0.44.1, on processors with BMI2 and ADX) makes look invalid.
func testSM2Reduction() error {
	pub, err := ParsePublicKey(unhex("04ef4de57af00ae424c00c4caadff7193f804a19dd73a7e2954db9d0d15ab4cbba67728c3f4572878b7a674735da9fde1682fe2d9e0799c4a5cde57e3d473039a2"))
	if err != nil {
		return err
	}
	sig := unhex("3046022100be0ea64e1ec06f0d247093f3ccbbadcfb6260224272f86ddb78326e7cd6c7560022100e9f6ab2fcc48a2cef94838e66b5c7e21fd8e4de25990dd98ca5243f4966f2853")
	if !checker.VerifyASN1(pub.point, make([]byte, 32), sig) {
		return errWrongAnswer
	}
	return nil
}

// testRefusals hands in what tjfoc accepts: a point of another curve, whose order 53 would give the private key
// modulo 53, as a key and as the point of a ciphertext; and a signature that is the point at infinity.
func testRefusals() error {
	key, err := ParsePrivateKey(unhex(knownKey))
	if err != nil {
		return err
	}
	point := offCurvePoint()
	if _, err := ParsePublicKey(point); err == nil {
		return fmt.Errorf("%w: a key off the curve was accepted", errWrongAnswer)
	}
	forged := wrapping{point: point, hash: make([]byte, 32), text: []byte{1}}
	if _, err := key.Unwrap(context.Background(), forged.der()); err == nil {
		return fmt.Errorf("%w: a ciphertext off the curve was opened", errWrongAnswer)
	}
	msg := []byte("infinity")
	sig, err := infinitySignature(key, msg)
	if err != nil {
		return err
	}
	if Verify(key.Public(), msg, sig) == nil {
		return fmt.Errorf("%w: a signature at infinity was accepted", errWrongAnswer)
	}
	return nil
}

func offCurvePoint() []byte {
	x, _ := new(big.Int).SetString("82221515331834774485163071860811990549605860944621717500733382917065480440274", 10)
	y, _ := new(big.Int).SetString("100185818877148498776168493329689660419878661993711904733773820334460733239709", 10)
	point := make([]byte, publicKeySize)
	point[0] = 4
	x.FillBytes(point[1:33])
	y.FillBytes(point[33:])
	return point
}

// infinitySignature is r = e, s = -r·d/(1+d): sG + (r+s)P is the point at infinity.
func infinitySignature(key *PrivateKey, msg []byte) (Signature, error) {
	digest, err := checker.CalculateSM2Hash(key.public.point, msg, userID)
	if err != nil {
		return Signature{}, err
	}
	n, d := order(), new(big.Int).SetBytes(key.Bytes())
	r := new(big.Int).SetBytes(digest)
	r.Mod(r, n)
	s := new(big.Int).Add(d, big.NewInt(1))
	s.ModInverse(s, n).Mul(s, d).Mul(s, r).Neg(s).Mod(s, n)
	return signatureOf(r, s)
}

func testRoundTrip() error {
	key, err := GenerateKey()
	if err != nil {
		return err
	}
	msg := Random(32)
	sig, err := key.Sign(context.Background(), msg)
	if err != nil {
		return err
	}
	if err := VerifyBoth(key.Public(), msg, sig); err != nil {
		return err
	}
	sealed, err := SealTo(msg, nil, key.Public())
	if err != nil {
		return err
	}
	back, err := OpenEnvelope(context.Background(), key, sealed, nil)
	if err != nil || !bytes.Equal(back, msg) {
		return errors.Join(errWrongAnswer, err)
	}
	return nil
}

// unhex is for the constants above.
func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
