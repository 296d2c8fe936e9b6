package sample

import (
	"context"
	"fmt"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/signing/devca"
)

// Member is an organisation with its two certificates.
type Member struct {
	Party   letter.Party
	Sign    devca.Identity
	Encrypt devca.Identity
}

// House is one lot and everybody around it. Everything in it is signed at At; certificates are valid from a year before
// At to ten years after it.
type House struct {
	At    time.Time
	CA    *devca.CA
	Trust *signing.Trust

	Platform, Operator, Agent Member
	Centre, Supervisor        Member
	Bank, OtherBank           Member // independent guarantees
	Surety                    Member // accessory guarantees
	Insurer                   Member // policies
	Bidders                   [3]Member
	Tenderees                 [2]Member // the lead first

	Requirement   letter.Requirement // deadline at 10:00 on the 26th day after At
	Keys          letter.KeySet      // custodians: centre, supervisor, platform
	CustodianKeys [3]*signing.PrivateKey
}

// New makes a house whose present is at.
func New(at time.Time) *House {
	h := &House{At: at.Truncate(time.Microsecond)}
	h.CA = must(devca.New("示例根证书", at.AddDate(-2, 0, 0), 20))
	h.Trust = must(h.CA.Trust())
	for i, m := range []struct {
		at   *Member
		name string
	}{
		{&h.Platform, "示例电子保函平台有限公司"}, {&h.Operator, "示例平台运营有限公司"}, {&h.Agent, "示例项目管理有限公司"},
		{&h.Centre, "示例省公共资源交易中心"}, {&h.Supervisor, "示例省交通运输厅"},
		{&h.Bank, "湘江示例银行股份有限公司"}, {&h.OtherBank, "洞庭示例银行股份有限公司"},
		{&h.Surety, "岳麓示例融资担保有限公司"}, {&h.Insurer, "衡山示例财产保险股份有限公司"},
		{&h.Bidders[0], "示例路桥建设有限责任公司"}, {&h.Bidders[1], "示例公路养护有限公司"}, {&h.Bidders[2], "示例市政工程有限公司"},
		{&h.Tenderees[0], "湖南投资集团股份有限公司"}, {&h.Tenderees[1], "长沙环路建设开发集团有限公司"},
	} {
		*m.at = h.Member(m.name, i+1)
	}
	h.lot()
	return h
}

// Member makes an organisation with two certificates. Different n give different codes.
func (h *House) Member(name string, n int) Member {
	return h.MemberUntil(name, n, h.At.AddDate(10, 0, 0))
}

// MemberUntil makes an organisation whose certificates end at an instant.
func (h *House) MemberUntil(name string, n int, until time.Time) Member {
	m := Member{Party: letter.Party{Name: name, USCC: USCC(n)}}
	subject := signing.Name{CommonName: name, Organization: name, OrganizationID: m.Party.USCC}
	from := h.At.AddDate(-1, 0, 0)
	m.Sign = must(h.CA.Issue(subject, signing.UseSign, from, until))
	m.Encrypt = must(h.CA.Issue(subject, signing.UseEncrypt, from, until))
	return m
}

// USCC is the n-th code of Changsha companies, 1 to 999999999, with its check character.
func USCC(n int) string { return must(letter.CompleteUSCC(fmt.Sprintf("91430100%09d", n))) }

// ID is the n-th id: 32 hexadecimal digits.
func ID(n int) string { return fmt.Sprintf("%032x", n) }

func (h *House) lot() {
	lot := letter.Lot{Project: "HN-CS-2026-0113", ProjectName: "长沙绕城高速西南段及机场高速养护工程施工", Code: "HN-CS-2026-0113-01", Name: "养护工程施工一标段"}
	h.Keys = letter.KeySet{Version: 1, Project: lot.Project, Lot: lot.Code}
	for i, holder := range []Member{h.Centre, h.Supervisor, h.Platform} {
		h.CustodianKeys[i] = must(signing.GenerateKey())
		h.Keys.Keys[i] = h.CustodianKey(holder, lot, h.CustodianKeys[i].Public())
	}
	day := calendar.DateOf(h.At).AddDays(26)
	h.Requirement = letter.Requirement{Version: 1, Lot: lot, Regime: letter.RegimeTendering,
		Beneficiaries: []letter.Party{h.Tenderees[0].Party, h.Tenderees[1].Party}, Amount: 80_000_000,
		Forms:      []letter.Form{letter.FormIndependent, letter.FormAccessory, letter.FormInsurance, letter.FormCash},
		End:        letter.EndRule{Deadline: time.Date(day.Year(), day.Month(), day.Day(), 10, 0, 0, 0, calendar.Shanghai), ValidityDays: 90, ExtraDays: 30},
		Custodians: h.Keys.Digest()}
	check(h.Requirement.Check())
	check(h.Keys.Check(h.Trust, h.At))
}

// CustodianKey is a lot's key as its holder signs it.
func (h *House) CustodianKey(holder Member, lot letter.Lot, public signing.PublicKey) letter.CustodianKey {
	sig := must(holder.Sign.Key.Sign(context.Background(), letter.CustodianKeyBytes(lot.Project, lot.Code, public)))
	return letter.CustodianKey{Custodian: holder.Party, Public: public, Signature: sig, Certificate: letter.ChainBytes(holder.Sign.Chain)}
}

// Signed is content as a member signs it at an instant (p7s).
func (h *House) Signed(by Member, content []byte, at time.Time) []byte {
	return must(signing.SignData(context.Background(), by.Sign.Key, by.Sign.Chain, content, at))
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		panic("sample: " + err.Error())
	}
}
