package custody

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/signing"
)

// DevAgent is all three custodians in one directory, for development and demonstrations: the rules are the
// real ones, the three premises are not. One directory that holds all three keys breaks the promise that no
// single place can open anything; a platform that serves others over TLS refuses it.
type DevAgent struct{ agents [3]*Agent }

// DevHolder is one of the three: who it is, and its long-term key with its certificate chain.
type DevHolder struct {
	Party  letter.Party
	Signer signing.Signer
	Chain  []signing.Certificate
}

// NewDevAgent opens or makes the three custodians under dir. Their storage keys are encrypted with
// passphrase, at the cost that options set.
func NewDevAgent(dir string, passphrase []byte, holders [3]DevHolder, clk clock.Clock, trust *signing.Trust, centre string, options ...signing.KeyOption) (*DevAgent, error) {
	d := new(DevAgent)
	for i, h := range holders {
		own := filepath.Join(dir, fmt.Sprintf("custodian-%d", i+1))
		if err := makeDir(own); err != nil {
			return nil, err
		}
		storage, err := StorageKey(filepath.Join(own, "storage.pem"), passphrase, options...)
		if err != nil {
			return nil, err
		}
		d.agents[i], err = NewAgent(Config{Holder: i, Party: h.Party, Signer: h.Signer, Chain: h.Chain,
			Storage: storage, Dir: own, Clock: clk, Trust: trust, Centre: centre, Supervisor: holders[1].Party.USCC, Unattended: true})
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Custodians are the three, in the order of their shares.
func (d *DevAgent) Custodians() [3]Custodian {
	return [3]Custodian{d.agents[0], d.agents[1], d.agents[2]}
}

// StorageKey reads the key that encrypts the keys of the lots, or makes it on the first start. In its file it is
// encrypted with passphrase.
func StorageKey(path string, passphrase []byte, options ...signing.KeyOption) (*signing.PrivateKey, error) {
	pem, err := os.ReadFile(path)
	if err == nil {
		return signing.DecryptKeyPEM(pem, passphrase)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	key, err := signing.GenerateKey()
	if err != nil {
		return nil, err
	}
	if pem, err = signing.EncryptKeyPEM(key, passphrase, options...); err != nil {
		return nil, err
	}
	return key, replace(path, pem)
}
