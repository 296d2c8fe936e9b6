package signing

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/big"

	checker "github.com/emmansun/gmsm/sm2"
	maker "github.com/tjfoc/gmsm/sm2"
)

// ErrPrivateKey says that bytes are not an SM2 private key: 32 bytes, 1 ≤ d ≤ n-2 (GB/T 32918.1-2016, 6.1).
var ErrPrivateKey = errors.New("signing: not an SM2 private key")

// PrivateKey is an SM2 key in memory. It never prints itself. It signs and decrypts from many goroutines.
type PrivateKey struct {
	public PublicKey
	making *maker.PrivateKey   // signs
	opens  *checker.PrivateKey // decrypts
}

var (
	_ Signer    = (*PrivateKey)(nil)
	_ Decrypter = (*PrivateKey)(nil)
)

// GenerateKey makes a key from the operating system's randomness.
func GenerateKey() (k *PrivateKey, err error) {
	defer guard(&err)
	made, err := maker.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("signing: generate key: %w", err)
	}
	return ParsePrivateKey(made.D.FillBytes(make([]byte, 32)))
}

// ParsePrivateKey reads the 32 bytes that Bytes gives.
func ParsePrivateKey(b []byte) (k *PrivateKey, err error) {
	defer guard(&err)
	if len(b) != 32 {
		return nil, ErrPrivateKey
	}
	d := new(big.Int).SetBytes(b)
	if top := new(big.Int).Sub(order(), big.NewInt(2)); d.Sign() <= 0 || d.Cmp(top) > 0 {
		return nil, ErrPrivateKey
	}
	opens, err := checker.NewPrivateKey(b)
	if err != nil {
		return nil, ErrPrivateKey
	}
	raw := make([]byte, publicKeySize)
	raw[0] = 4
	opens.X.FillBytes(raw[1:33])
	opens.Y.FillBytes(raw[33:])
	public, err := ParsePublicKey(raw)
	if err != nil {
		return nil, ErrPrivateKey
	}
	return &PrivateKey{public: public, making: forSigning(public, d), opens: opens}, nil
}

// forSigning gives the signing library the other library's curve arithmetic, which takes the same time for
// every nonce and a tenth of the stock one's. ZA comes from the stock curve's constants, which ParsePublicKey
// has initialised. A wrong result cannot leave: Sign verifies first.
func forSigning(public PublicKey, d *big.Int) *maker.PrivateKey {
	key := &maker.PrivateKey{PublicKey: *public.forMaker(), D: d}
	key.Curve = checker.P256()
	return key
}

// Public is the key's public half.
func (k *PrivateKey) Public() PublicKey { return k.public }

// Sign signs msg with SM2 and SM3 and verifies the result before it leaves: a signature spoilt by a fault
// would give the key away.
func (k *PrivateKey) Sign(ctx context.Context, msg []byte) (sig Signature, err error) {
	defer guard(&err)
	if err := ctx.Err(); err != nil {
		return Signature{}, err
	}
	r, s, err := maker.Sm2Sign(k.making, msg, userID, rand.Reader)
	if err != nil {
		return Signature{}, fmt.Errorf("signing: sign: %w", err)
	}
	if sig, err = signatureOf(r, s); err != nil {
		return Signature{}, fmt.Errorf("signing: own signature out of range: %w", err)
	}
	if err := Verify(k.public, msg, sig); err != nil {
		return Signature{}, fmt.Errorf("signing: own signature: %w", err)
	}
	return sig, nil
}

// Bytes is the secret itself, 32 bytes, for sealing a fresh key into a record. Whoever asks for it keeps it.
func (k *PrivateKey) Bytes() []byte { return k.making.D.FillBytes(make([]byte, 32)) }

// String names the key by its public half.
func (k *PrivateKey) String() string {
	if k == nil {
		return "SM2 private key (none)"
	}
	return "SM2 private key of " + k.public.Fingerprint().String()[:16]
}

// GoString keeps %#v from printing the key.
func (k *PrivateKey) GoString() string { return k.String() }

// Format keeps every verb, %d and %x too, from printing the key.
func (k *PrivateKey) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(k.String())) }

// LogValue keeps slog from printing the key.
func (k *PrivateKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText refuses: a private key leaves only sealed (Bytes) or encrypted (EncryptKeyPEM).
func (k *PrivateKey) MarshalText() ([]byte, error) {
	return nil, errors.New("signing: a private key is not marshalled; use EncryptKeyPEM")
}
