package devca

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"baohan/signing"
)

// Names of the files of a CA in its directory.
const (
	rootFile    = "root.pem"
	caFile      = "ca.pem"
	rootKeyFile = "root.key"
	caKeyFile   = "ca.key"
	stateFile   = "crl.json" // what was revoked, and the number of the last list
)

type state struct {
	Lists   int64                `json:"lists"`
	Revoked []signing.Revocation `json:"revoked"`
}

// Write puts the CA into a directory: certificates in PEM, keys encrypted with the passphrase and readable by the
// owner alone. It refuses to replace another CA's root.
func (ca *CA) Write(dir string, passphrase []byte, options ...signing.KeyOption) error {
	if err := ca.mayWrite(dir); err != nil {
		return err
	}
	ca.mu.Lock()
	kept, err := json.Marshal(state{Lists: ca.lists, Revoked: ca.revoked}, jsontext.WithIndent("  "))
	ca.mu.Unlock()
	if err != nil {
		return err
	}
	rootKey, err := signing.EncryptKeyPEM(ca.rootKey, passphrase, options...)
	if err != nil {
		return err
	}
	key, err := signing.EncryptKeyPEM(ca.key, passphrase, options...)
	if err != nil {
		return err
	}
	return writeAll(dir, []file{
		{rootKeyFile, rootKey, 0o600}, {caKeyFile, key, 0o600},
		{caFile, ca.Intermediate.PEM(), 0o644}, {stateFile, kept, 0o644},
		{rootFile, ca.Root.PEM(), 0o644}, // last: a directory without a root is no CA yet
	})
}

func (ca *CA) mayWrite(dir string) error {
	there, err := os.ReadFile(filepath.Join(dir, rootFile))
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return err
	}
	if !bytes.Equal(there, ca.Root.PEM()) {
		return fmt.Errorf("devca: %s holds another CA; choose another directory or remove it", dir)
	}
	return nil
}

// Load reads what Write wrote.
func Load(dir string, passphrase []byte) (*CA, error) {
	ca := &CA{}
	var err error
	if ca.Root, ca.rootKey, err = loadPair(dir, rootFile, rootKeyFile, passphrase); err != nil {
		return nil, err
	}
	if ca.Intermediate, ca.key, err = loadPair(dir, caFile, caKeyFile, passphrase); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return nil, err
	}
	var s state
	if err := json.Unmarshal(raw, &s, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("devca: %s: %w", stateFile, err)
	}
	ca.lists, ca.revoked = s.Lists, s.Revoked
	return ca, nil
}

// Write puts an identity into two files: NAME.pem, the chain, and NAME.key, the key encrypted with the passphrase.
func (i Identity) Write(dir, name string, passphrase []byte, options ...signing.KeyOption) error {
	key, err := signing.EncryptKeyPEM(i.Key, passphrase, options...)
	if err != nil {
		return err
	}
	var chain []byte
	for _, c := range i.Chain {
		chain = append(chain, c.PEM()...)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return writeAll(dir, []file{{name + ".key", key, 0o600}, {name + ".pem", chain, 0o644}})
}

// LoadIdentity reads what Identity.Write wrote.
func LoadIdentity(dir, name string, passphrase []byte) (Identity, error) {
	chain, key, err := load(dir, name+".pem", name+".key", passphrase)
	return Identity{Key: key, Chain: chain}, err
}

func loadPair(dir, certificate, key string, passphrase []byte) (signing.Certificate, *signing.PrivateKey, error) {
	chain, k, err := load(dir, certificate, key, passphrase)
	if err != nil {
		return signing.Certificate{}, nil, err
	}
	return chain[0], k, nil
}

func load(dir, certificate, key string, passphrase []byte) ([]signing.Certificate, *signing.PrivateKey, error) {
	text, err := os.ReadFile(filepath.Join(dir, certificate))
	if err != nil {
		return nil, nil, err
	}
	chain, err := signing.ParseCertificatesPEM(text)
	if err != nil {
		return nil, nil, fmt.Errorf("devca: %s: %w", certificate, err)
	}
	if text, err = os.ReadFile(filepath.Join(dir, key)); err != nil {
		return nil, nil, err
	}
	k, err := signing.DecryptKeyPEM(text, passphrase)
	if err != nil {
		return nil, nil, fmt.Errorf("devca: %s: %w", key, err)
	}
	if !k.Public().Equal(chain[0].PublicKey()) {
		return nil, nil, fmt.Errorf("devca: %s is not the key of %s", key, certificate)
	}
	return chain, k, nil
}

type file struct {
	name    string
	content []byte
	mode    os.FileMode
}

// writeAll replaces each file whole: a crash leaves the old one or the new one, and a mode that was wider narrows.
func writeAll(dir string, files []file) error {
	for _, f := range files {
		temporary, err := os.CreateTemp(dir, "."+f.name+".*") // 0600 from the start
		if err != nil {
			return err
		}
		_, werr := temporary.Write(f.content)
		err = errors.Join(werr, temporary.Chmod(f.mode), temporary.Sync(), temporary.Close())
		if err == nil {
			err = os.Rename(temporary.Name(), filepath.Join(dir, f.name))
		}
		if err != nil {
			_ = os.Remove(temporary.Name())
			return fmt.Errorf("devca: write %s: %w", f.name, err)
		}
	}
	return nil
}
