package letter

import (
	"fmt"
	"slices"
	"time"

	"baohan/signing"
)

// Consortium (联合体) is what a bid of several bidders carries: one agreement that all of them signed, and of each partner
// its own word that it bids in it. The lead has signed the bid.
type Consortium struct {
	Agreement signing.Digest `json:"agreement"` // SM3 of the file of the agreement (联合体协议, 招标投标法31)
	Consents  [][]byte       `json:"consents"`  // SignedData over Consent, of each partner in the order of the bid's bidders
}

// Consent is what a partner signs: that it bids for this lot with these members and under this lead. It is good for every
// bid of theirs for the lot, so that a bid can be replaced without asking it again.
type Consent struct {
	Version   int            `json:"version"`
	Lot       Lot            `json:"lot"`
	Members   []Party        `json:"members"` // the lead first
	Agreement signing.Digest `json:"agreement"`
	At        time.Time      `json:"at"`
}

// maxConsent is the longest signed consent, in bytes. Several long ones may still be more than a sealed bid holds.
const maxConsent = 6 << 10

// Check holds for a consent of two to eight different members.
func (c Consent) Check() error {
	return firstOf(
		checkVersion(c.Version),
		within("lot", c.Lot.Check()),
		checkParties("members", c.Members, maxApplicants),
		need(len(c.Members) > 1, "members", "count", "联合体至少有两个成员"),
		checkDigest("agreement", c.Agreement.IsZero()),
		checkInstant("at", c.At),
	)
}

// Canonical is what the partner signs.
func (c Consent) Canonical() ([]byte, error) { return canonical(c, Consent.Check) }

// ParseConsent reads what Canonical wrote.
func ParseConsent(b []byte) (Consent, error) { return parse(b, Consent.Check) }

func (b Bid) checkConsortium() error {
	c := b.Consortium
	switch {
	case c == nil:
		return need(len(b.Bidders) == 1, "consortium", "consortium", "联合体投标须附联合体协议摘要和各成员签名的同意书")
	case len(b.Bidders) == 1:
		return fault("consortium", "consortium", "单独投标不得附联合体材料")
	}
	return firstOf(
		checkDigest("consortium.agreement", c.Agreement.IsZero()),
		need(len(c.Consents) == len(b.Bidders)-1, "consortium.consents", "count", "除牵头人外，每个成员须有一份同意书，次序与投标人一致"),
		need(!slices.ContainsFunc(c.Consents, func(p []byte) bool { return len(p) > maxConsent }), "consortium.consents", "size", "同意书过长；请重新生成"),
	)
}

// Agreed checks that every partner of a consortium has signed that it bids in it (招标投标法31); believe judges a
// signature. One bidder alone has nothing to agree to.
func (b Bid) Agreed(believe func(signing.SignedData) error) error {
	if b.Consortium == nil {
		return nil
	}
	for i, p7s := range b.Consortium.Consents {
		if err := b.agreed(b.Bidders[i+1], p7s, believe); err != nil {
			return within(fmt.Sprintf("consortium.consents.%d", i), err)
		}
	}
	return nil
}

func (b Bid) agreed(partner Party, p7s []byte, believe func(signing.SignedData) error) error {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return fault("", "signed", "同意书不是有效的签名数据；请由该成员重新签名")
	}
	if err := believe(signed); err != nil {
		return fault("", "signature", "同意书的签名或证书无效；请由该成员用本单位有效的证书重新签名")
	}
	if signed.Signer().Subject().OrganizationID != partner.USCC {
		return fault("", "signer", "同意书不是该成员签名的；请按投标人的次序附上各成员的同意书")
	}
	c, err := ParseConsent(signed.Content)
	switch {
	case err != nil:
		return err
	case c.Lot != b.Lot:
		return fault("lot", "lot", "同意书写的标段与投标文件不一致；请由该成员重新签名")
	case !slices.Equal(c.Members, b.Bidders):
		return fault("members", "members", "同意书写的联合体成员或牵头人与投标文件不一致；请由该成员重新签名")
	case c.Agreement != b.Consortium.Agreement:
		return fault("agreement", "agreement", "同意书写的联合体协议与投标文件不是同一份；请核对协议文件")
	}
	return nil
}
