package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"baohan/signing"
	"baohan/signing/devca"
)

// A key directory holds what one platform signs and seals with. Every private key in it is encrypted with one
// passphrase; certificates and anchors are in clear. In production the signing keys are in devices behind
// signing.Signer and the three custodians sit elsewhere; the directory is for development and small installations.
const (
	storageName  = "storage"        // the key to which secrets.sealed is encrypted
	secretsFile  = "secrets.sealed" // master keys of tags, of commands and of files
	platformName = "platform"
	centreName   = "centre"
	custodyDir   = "custody" // the development custodians' own directory
)

var custodianNames = [3]string{"custodian-1", "custodian-2", "custodian-3"}

// secrets are the symmetric master keys. Whoever has Tags can test a guess of bidder and lot against the rows;
// another Once or Command key forgets every answered command. Files are the keys of the store of files, the newest first:
// without the one under which a file was written it does not open.
type secrets struct {
	Tags    []byte   `json:"tags"`
	Once    []byte   `json:"once"`
	Command []byte   `json:"command"`
	Files   [][]byte `json:"files,omitempty"`
}

func (s secrets) seal(to signing.PublicKey) ([]byte, error) {
	clear, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return signing.SealTo(clear, []byte(secretsFile), to)
}

// keyring is an open key directory.
type keyring struct {
	Dir      string
	Secrets  secrets
	Trust    *signing.Trust
	Platform devca.Identity
	Centre   devca.Identity
	Translog namedKey // the transparency log's

	passphrase []byte
}

// openKeys opens the key directory that the settings name.
func openKeys(s *Settings) (*keyring, error) {
	passphrase, err := passphraseOf(s)
	if err != nil {
		return nil, err
	}
	k := &keyring{Dir: s.KeysDir(), passphrase: passphrase}
	if k.Trust, err = anchors(s.TrustFile()); err != nil {
		return nil, err
	}
	if err := k.loadIdentities(); err != nil {
		return nil, err
	}
	return k, k.loadSecrets()
}

// anchors reads the root certificates through which everything is trusted.
func anchors(path string) (*signing.Trust, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("没有根证书 %s：请先运行 baohan ca init 生成开发用密钥，或放入认可的电子认证机构的根证书", path)
	}
	if err != nil {
		return nil, err
	}
	roots, err := signing.ParseCertificatesPEM(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	trust, err := signing.NewTrust(roots...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return trust, nil
}

// passphraseOf is the passphrase of the key directory. One that came in a file may end with a newline.
func passphraseOf(s *Settings) ([]byte, error) {
	if s.Passphrase != "" {
		return []byte(s.Passphrase), nil
	}
	if s.PassphraseFile == "" {
		return nil, errors.New("没有打开密钥目录的口令：请设 BAOHAN_PASSPHRASE_FILE（口令文件）或 BAOHAN_PASSPHRASE")
	}
	text, err := os.ReadFile(s.PassphraseFile)
	if err != nil {
		return nil, fmt.Errorf("口令文件：%w", err)
	}
	text = bytes.TrimRight(text, "\r\n")
	if len(text) == 0 {
		return nil, fmt.Errorf("口令文件 %s 是空的", s.PassphraseFile)
	}
	return text, nil
}

func (k *keyring) loadIdentities() (err error) {
	if k.Platform, err = devca.LoadIdentity(k.Dir, platformName, k.passphrase); err != nil {
		return err
	}
	if k.Centre, err = devca.LoadIdentity(k.Dir, centreName, k.passphrase); err != nil {
		return err
	}
	k.Translog, err = loadNamedKey(k.Dir, translogName, k.passphrase, noTranslogKey)
	if err == nil && k.Translog.IsWitness() {
		err = fmt.Errorf("%s 是见证人的密钥，不能用来签日志", filepath.Join(k.Dir, translogName))
	}
	return err
}

// custodians are the long-term keys of the development custodians. A platform whose custodians sit elsewhere has
// none.
func (k *keyring) custodians() (all [3]devca.Identity, err error) {
	for i, name := range custodianNames {
		if all[i], err = devca.LoadIdentity(k.Dir, name, k.passphrase); err != nil {
			return all, err
		}
	}
	return all, nil
}

// storage is the key to which the secrets are sealed.
func (k *keyring) storage() (*signing.PrivateKey, error) {
	text, err := os.ReadFile(filepath.Join(k.Dir, storageName+".key"))
	if err != nil {
		return nil, err
	}
	return signing.DecryptKeyPEM(text, k.passphrase)
}

func (k *keyring) loadSecrets() error {
	storage, err := k.storage()
	if err != nil {
		return err
	}
	sealed, err := os.ReadFile(filepath.Join(k.Dir, secretsFile))
	if err != nil {
		return err
	}
	clear, err := signing.OpenEnvelope(context.Background(), storage, sealed, []byte(secretsFile))
	if err != nil {
		return fmt.Errorf("%s: %w", secretsFile, err)
	}
	return json.Unmarshal(clear, &k.Secrets, json.RejectUnknownMembers(true))
}
