package client

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"unicode"

	"baohan/guarantee/letter"
	"baohan/signing"
)

// A key file (证书文件) is what a person brings to a page: PEM blocks and nothing else. The signing certificate with its
// issuers, its key in encrypted PKCS#8, and, where there is one, the same of the encryption certificate. One passphrase
// opens both keys. Its errors are in Chinese: people read them.

const (
	maxKeyFile  = 64 << 10 // bytes
	maxKeyCerts = 8        // of both chains
	certBlock   = "CERTIFICATE"
	keyBlock    = "ENCRYPTED PRIVATE KEY"
)

var (
	// ErrKeyFile says that a file is not a key file.
	ErrKeyFile = errors.New("这不是可用的证书文件")
	// ErrPIN says that a key file does not open with this passphrase.
	ErrPIN = errors.New("口令不对，请重新输入（区分大小写）；确认口令没有错的，证书文件可能已经损坏，请换用备份")
)

// KeyFile is a key file whose keys are still encrypted: whose it is can be shown before anyone types a passphrase.
type KeyFile struct {
	Sign []signing.Certificate // leaf first
	Open []signing.Certificate // leaf first; none: this organisation decrypts nothing with this file
	keys [][]byte              // PEM, in the order of the file
}

// ReadKeyFile opens a key file: the organisation with its keys.
func ReadKeyFile(text, passphrase []byte, how ...signing.KeyOption) (Identity, error) {
	f, err := ParseKeyFile(text)
	if err != nil {
		return Identity{}, err
	}
	return f.Unlock(passphrase, how...)
}

// WriteKeyFile writes a key file. Open and its chain may be nil.
func WriteKeyFile(sign *signing.PrivateKey, chain []signing.Certificate, open *signing.PrivateKey, openChain []signing.Certificate,
	passphrase []byte, options ...signing.KeyOption,
) ([]byte, error) {
	var text []byte
	for _, pair := range []struct {
		key   *signing.PrivateKey
		chain []signing.Certificate
	}{{sign, chain}, {open, openChain}} {
		if pair.key == nil {
			continue
		}
		for _, c := range pair.chain {
			text = append(text, c.PEM()...)
		}
		key, err := signing.EncryptKeyPEM(pair.key, passphrase, options...)
		if err != nil {
			return nil, err
		}
		text = append(text, key...)
	}
	_, err := ReadKeyFile(text, passphrase)
	return text, err
}

// ParseKeyFile reads a key file as far as that goes without its passphrase.
func ParseKeyFile(text []byte) (KeyFile, error) {
	var f KeyFile
	var chains [][]signing.Certificate
	if len(text) > maxKeyFile {
		return f, noKeyFile("文件太大")
	}
	for rest, certs := text, 0; len(bytes.TrimSpace(rest)) > 0; {
		block, after, err := nextBlock(rest)
		if err != nil {
			return f, err
		}
		switch {
		case block.Type == keyBlock && len(f.keys) < 2:
			f.keys = append(f.keys, pem.EncodeToMemory(block))
		case block.Type == certBlock && certs < maxKeyCerts:
			certs++
			if chains, err = addCertificate(chains, block.Bytes); err != nil {
				return f, err
			}
		case block.Type == "PRIVATE KEY" || block.Type == "EC PRIVATE KEY":
			return f, noKeyFile("其中的私钥没有加密，任何拿到文件的人都能用它签名；请重新制作")
		default:
			return f, noKeyFile("内容多余或不认识")
		}
		rest = after
	}
	return f, f.sort(chains)
}

// KeyFileOf is a key file without keys: the certificates of a device that keeps them, as PEM, leaf first. Open may be empty.
func KeyFileOf(sign, open []byte) (KeyFile, error) {
	var f KeyFile
	var chains [][]signing.Certificate
	for _, text := range [][]byte{sign, open} {
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		certs, err := signing.ParseCertificatesPEM(text)
		if err != nil || len(text) > maxKeyFile {
			return f, noKeyFile("证书介质给出的不是 SM2 证书")
		}
		chains, f.keys = append(chains, certs), append(f.keys, nil)
	}
	return f, f.sort(chains)
}

// nextBlock reads one PEM block and refuses whatever stands between blocks: pem.Decode would pass over it.
func nextBlock(text []byte) (*pem.Block, []byte, error) {
	block, rest := pem.Decode(text)
	if block == nil || len(block.Headers) > 0 ||
		!bytes.Equal(squeezed(text[:len(text)-len(rest)]), squeezed(pem.EncodeToMemory(block))) {
		return nil, nil, noKeyFile("请选择扩展名为 .baohan.pem 的证书文件，由“baohan keyfile”或电子认证机构制作")
	}
	return block, rest, nil
}

func squeezed(b []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, b)
}

// addCertificate begins a chain with a leaf and goes on with its issuers.
func addCertificate(chains [][]signing.Certificate, der []byte) ([][]signing.Certificate, error) {
	c, err := signing.ParseCertificate(der)
	switch {
	case err != nil:
		return nil, noKeyFile("其中的证书不是 SM2 证书")
	case !c.IsCA():
		return append(chains, []signing.Certificate{c}), nil
	case len(chains) == 0:
		return nil, noKeyFile("颁发机构的证书须排在单位证书之后")
	}
	last := len(chains) - 1
	chains[last] = append(chains[last], c)
	return chains, nil
}

// sort tells the signing chain from the encryption chain by what their leaves may do.
func (f *KeyFile) sort(chains [][]signing.Certificate) error {
	if len(chains) == 0 || len(chains) != len(f.keys) {
		return noKeyFile("单位证书和私钥的数目不符")
	}
	for _, chain := range chains {
		switch {
		case f.Sign == nil && chain[0].CanSign():
			f.Sign = chain
		case f.Open == nil && chain[0].CanEncrypt():
			f.Open = chain
		default:
			return noKeyFile("须有一张签名证书，至多再有一张加密证书")
		}
	}
	if f.Sign == nil {
		return noKeyFile("没有签名证书")
	}
	if f.Open != nil && f.Open[0].Subject().OrganizationID != f.Sign[0].Subject().OrganizationID {
		return noKeyFile("签名证书和加密证书不是同一单位的")
	}
	return nil
}

// Party is whose file it is, as its signing certificate says.
func (f KeyFile) Party() letter.Party {
	subject := f.Sign[0].Subject()
	return letter.Party{Name: subject.Organization, USCC: subject.OrganizationID}
}

// Unlock opens the keys and finds each one's certificate by its public half.
func (f KeyFile) Unlock(passphrase []byte, how ...signing.KeyOption) (Identity, error) {
	me := Identity{Party: f.Party()}
	for _, text := range f.keys {
		key, err := signing.DecryptKeyPEM(text, passphrase, how...)
		switch {
		case errors.Is(err, signing.ErrPassphrase):
			return Identity{}, ErrPIN
		case err != nil:
			return Identity{}, noKeyFile("其中的私钥不是加密的 SM2 私钥，或者加密方式不被支持")
		case me.Sign == nil && f.Sign[0].PublicKey().Equal(key.Public()):
			me.Sign, me.Chain = key, f.Sign
		case me.Open == nil && f.Open != nil && f.Open[0].PublicKey().Equal(key.Public()):
			me.Open, me.OpenChain = key, f.Open
		default:
			return Identity{}, noKeyFile("其中的私钥与证书不配对")
		}
	}
	if err := me.check(); err != nil {
		return Identity{}, noKeyFile("其中的私钥与证书不配对")
	}
	return me, nil
}

func noKeyFile(why string) error { return fmt.Errorf("%w：%s", ErrKeyFile, why) }
