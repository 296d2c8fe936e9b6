package letter

import (
	"fmt"
	"strconv"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"baohan/signing"
)

// KeySet is the three custodians' keys for one lot. Its digest stands in the lot's requirement; clients refuse any
// other set.
type KeySet struct {
	Version int             `json:"version"`
	Project string          `json:"project"`
	Lot     string          `json:"lot"`
	Keys    [3]CustodianKey `json:"keys"`
}

// CustodianKey is a key that one custodian made for one lot and signed with its long-term key.
type CustodianKey struct {
	Custodian   Party             `json:"custodian"`
	Public      signing.PublicKey `json:"public"`
	Signature   signing.Signature `json:"signature"`   // over CustodianKeyBytes
	Certificate []byte            `json:"certificate"` // DER, leaf first, issuers after it up to but not with the root (ChainBytes)
}

// CustodianKeyBytes is what a custodian signs of its key for a lot.
func CustodianKeyBytes(project, lot string, public signing.PublicKey) []byte {
	d := signing.TaggedSum("baohan/custodian-key/1", []byte(project), []byte(lot), public.Bytes())
	return d[:]
}

// ChainBytes is certificates one after another, as CustodianKey.Certificate holds them.
func ChainBytes(chain []signing.Certificate) []byte {
	var b []byte
	for _, c := range chain {
		b = append(b, c.Raw()...)
	}
	return b
}

// Chain reads the custodian's certificates, leaf first.
func (k CustodianKey) Chain() ([]signing.Certificate, error) {
	var chain []signing.Certificate
	for rest := cryptobyte.String(k.Certificate); !rest.Empty(); {
		var der cryptobyte.String
		if len(chain) == 4 || !rest.ReadASN1Element(&der, asn1.SEQUENCE) {
			return nil, fault("certificate", "certificate", "保管人证书无法读取；请联系交易中心")
		}
		c, err := signing.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", fault("certificate", "certificate", "保管人证书无法读取；请联系交易中心"), err)
		}
		chain = append(chain, c)
	}
	return chain, need(len(chain) > 0, "certificate", "certificate", "缺少保管人证书")
}

// Check decides whether to seal to this set: three different custodians with three different keys, each signed, for
// this lot, with a certificate of that custodian which leads to an anchor at that instant.
func (s KeySet) Check(trust *signing.Trust, at time.Time) error {
	if err := s.checkShape(); err != nil {
		return err
	}
	for i, k := range s.Keys {
		if err := s.checkKey(k, trust, at); err != nil {
			return within("keys."+strconv.Itoa(i), err)
		}
	}
	return nil
}

func (s KeySet) checkKey(k CustodianKey, trust *signing.Trust, at time.Time) error {
	chain, err := k.Chain()
	if err != nil {
		return err
	}
	if err := trust.Verify(chain, signing.UseSign, at); err != nil {
		return fmt.Errorf("%w: %w", fault("certificate", "trust", "保管人证书不受信任、已过期或已吊销；请联系交易中心"), err)
	}
	if chain[0].Subject().OrganizationID != k.Custodian.USCC {
		return fault("custodian", "certificate", "保管人与其证书不是同一单位；请联系交易中心")
	}
	if err := signing.Verify(chain[0].PublicKey(), CustodianKeyBytes(s.Project, s.Lot, k.Public), k.Signature); err != nil {
		return fmt.Errorf("%w: %w", fault("signature", "signature", "保管人对公钥的签名不成立；请联系交易中心"), err)
	}
	return nil
}

func (s KeySet) checkShape() error {
	return firstOf(
		checkVersion(s.Version),
		checkText("project", s.Project, 1, 64),
		checkText("lot", s.Lot, 1, 64),
		checkEach("keys", s.Keys[:], CustodianKey.checkShape),
		need(!repeats(s.Keys[:], func(k CustodianKey) string { return k.Custodian.USCC }), "keys", "repeated", "三个保管人须为不同单位"),
		need(!repeats(s.Keys[:], func(k CustodianKey) string { return k.Public.String() }), "keys", "repeated", "三个保管人的公钥须互不相同"),
	)
}

func (k CustodianKey) checkShape() error {
	return firstOf(
		within("custodian", k.Custodian.Check()),
		need(!k.Public.IsZero(), "public", "key", "缺少公钥"),
		need(!k.Signature.IsZero(), "signature", "signature", "缺少保管人签名"),
		need(len(k.Certificate) > 0 && len(k.Certificate) <= 32<<10, "certificate", "certificate", "缺少保管人证书"),
	)
}

// Public are the keys in their order, as signing.SealTwoOfThree takes them.
func (s KeySet) Public() [3]signing.PublicKey {
	return [3]signing.PublicKey{s.Keys[0].Public, s.Keys[1].Public, s.Keys[2].Public}
}

// Canonical is the encoding that the digest is of.
func (s KeySet) Canonical() ([]byte, error) { return canonical(s, KeySet.checkShape) }

// ParseKeySet reads what Canonical wrote. Whether to trust it is for Check.
func ParseKeySet(b []byte) (KeySet, error) { return parse(b, KeySet.checkShape) }

// Digest names the set in a requirement; zero for a set that has no right shape.
func (s KeySet) Digest() signing.Digest { return digestOf("baohan/custodians/1", s.Canonical) }
