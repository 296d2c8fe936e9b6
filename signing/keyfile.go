package signing

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"

	maker "github.com/tjfoc/gmsm/sm4"
)

const (
	keyIterations    = 600_000   // PBKDF2 of a key we write
	minKeyIterations = 1_000     // and the least that is accepted, OpenSSL's old default being 2,048
	maxKeyIterations = 2_000_000 // and the most: a file must not keep a core busy for minutes
	maxKeyFile       = 8 << 10   // bytes of PEM
	keyBlock         = "ENCRYPTED PRIVATE KEY"
)

var (
	// ErrKeyFile says that bytes are not an encrypted SM2 key file that is accepted here.
	ErrKeyFile = errors.New("signing: key file")
	// ErrPassphrase says that a key file does not open with this passphrase, or is spoilt.
	ErrPassphrase = errors.New("signing: passphrase does not open the key file")
)

// KeyOption changes how EncryptKeyPEM encrypts.
type KeyOption func(*keyParameters)

// WithIterations sets the cost of guessing a passphrase, 1,000 to 2,000,000 rounds. Fewer than the default of
// 600,000 are for tests.
func WithIterations(n int) KeyOption {
	return func(p *keyParameters) { p.iterations = n }
}

// WithDerivation has PBKDF2 with HMAC-SHA256 computed elsewhere when a key file is opened: in a browser its own is many times
// faster than ours. Length is in bytes. A wrong result opens nothing.
func WithDerivation(derive func(passphrase, salt []byte, iterations, length int) ([]byte, error)) KeyOption {
	return func(p *keyParameters) { p.derive = derive }
}

// EncryptKeyPEM writes a key as PKCS#8 under PBES2: PBKDF2 with HMAC-SHA256, because OpenSSL 3.0 knows no HMAC-SM3
// there, and SM4-CBC. `openssl pkey -in FILE` opens it.
func EncryptKeyPEM(k *PrivateKey, passphrase []byte, options ...KeyOption) (text []byte, err error) {
	defer guard(&err)
	if len(passphrase) == 0 {
		return nil, fmt.Errorf("%w: empty passphrase", ErrPassphrase)
	}
	p := keyParameters{salt: Random(16), iv: Random(16), iterations: keyIterations, prf: oidHMACSHA256, scheme: oidSM4CBC}
	for _, option := range options {
		option(&p)
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	block, err := p.cipher(passphrase)
	if err != nil {
		return nil, err
	}
	secret := padBlocks(k.pkcs8())
	cipher.NewCBCEncrypter(block, p.iv).CryptBlocks(secret, secret)
	text = pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: p.der(secret)})
	back, err := DecryptKeyPEM(text, passphrase)
	if err != nil || !back.Public().Equal(k.Public()) {
		return nil, fmt.Errorf("%w: own key file does not open", ErrInternal)
	}
	return text, nil
}

// DecryptKeyPEM reads one ENCRYPTED PRIVATE KEY block and nothing else: PBES2 with PBKDF2 (HMAC-SHA256 or
// HMAC-SM3, 1,000 to 2,000,000 rounds) and SM4-CBC or AES-256-CBC. The key must be on the SM2 curve by its OID,
// and a public half inside must be its own.
func DecryptKeyPEM(text, passphrase []byte, options ...KeyOption) (k *PrivateKey, err error) {
	defer guard(&err)
	if len(text) > maxKeyFile {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrKeyFile, maxKeyFile)
	}
	file, rest := pem.Decode(text)
	if file == nil || file.Type != keyBlock || len(file.Headers) > 0 || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("%w: not one PEM block %q", ErrKeyFile, keyBlock)
	}
	p, secret, err := parseKeyFile(file.Bytes)
	if err != nil {
		return nil, err
	}
	var how keyParameters // of what the file says, no option changes anything
	for _, option := range options {
		option(&how)
	}
	p.derive = how.derive
	block, err := p.cipher(passphrase)
	if err != nil {
		return nil, err
	}
	clear := make([]byte, len(secret))
	cipher.NewCBCDecrypter(block, p.iv).CryptBlocks(clear, secret)
	if clear, err = unpadBlocks(clear); err != nil {
		return nil, err
	}
	return parsePKCS8(clear)
}

// keyParameters is what a key file says about its own encryption.
type keyParameters struct {
	salt, iv   []byte
	iterations int
	prf        asn1.ObjectIdentifier // HMAC-SHA256 or HMAC-SM3
	scheme     asn1.ObjectIdentifier // SM4-CBC or AES-256-CBC
	derive     func(passphrase, salt []byte, iterations, length int) ([]byte, error)
}

func (p keyParameters) check() error {
	if p.iterations < minKeyIterations || p.iterations > maxKeyIterations {
		return fmt.Errorf("%w: %d iterations, must be %d to %d", ErrKeyFile, p.iterations, minKeyIterations, maxKeyIterations)
	}
	if len(p.salt) < 8 || len(p.salt) > 64 || len(p.iv) != 16 {
		return fmt.Errorf("%w: salt of %d bytes, IV of %d", ErrKeyFile, len(p.salt), len(p.iv))
	}
	if !p.prf.Equal(oidHMACSHA256) && !p.prf.Equal(oidHMACSM3) {
		return fmt.Errorf("%w: PRF %v is neither HMAC-SHA256 nor HMAC-SM3", ErrKeyFile, p.prf)
	}
	if !p.scheme.Equal(oidSM4CBC) && !p.scheme.Equal(oidAES256CBC) {
		return fmt.Errorf("%w: cipher %v is neither SM4-CBC nor AES-256-CBC", ErrKeyFile, p.scheme)
	}
	return nil
}

func (p keyParameters) cipher(passphrase []byte) (cipher.Block, error) {
	prf, length := NewSM3, 16
	if p.prf.Equal(oidHMACSHA256) {
		prf = sha256.New
	}
	if p.scheme.Equal(oidAES256CBC) {
		length = 32
	}
	derive := func() ([]byte, error) { return pbkdf2.Key(prf, string(passphrase), p.salt, p.iterations, length) }
	if p.derive != nil && p.prf.Equal(oidHMACSHA256) {
		derive = func() ([]byte, error) { return p.derive(passphrase, p.salt, p.iterations, length) }
	}
	key, err := derive()
	if err != nil || len(key) != length {
		return nil, fmt.Errorf("%w: %v", ErrInternal, err)
	}
	if length == 32 {
		return aes.NewCipher(key)
	}
	return maker.NewCipher(key)
}

// padBlocks is the padding of PKCS#7, in memory of its own.
func padBlocks(b []byte) []byte {
	n := 16 - len(b)%16
	return append(bytes.Clone(b), bytes.Repeat([]byte{byte(n)}, n)...)
}

func unpadBlocks(b []byte) ([]byte, error) {
	if len(b) == 0 {
		return nil, ErrPassphrase
	}
	n := int(b[len(b)-1])
	if n < 1 || n > 16 || n > len(b) || !bytes.Equal(b[len(b)-n:], bytes.Repeat([]byte{byte(n)}, n)) {
		return nil, ErrPassphrase
	}
	return b[:len(b)-n], nil
}
