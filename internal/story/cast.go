package story

import (
	"slices"
	"strings"
	"time"

	"baohan/client"
	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/signing/devca"
)

// Member is one organisation of the story with its two key pairs.
type Member struct {
	Party letter.Party
	Sign  devca.Identity
	Open  devca.Identity
}

// Identity is the member as package client takes it. Who never decrypts has no second pair.
func (m Member) Identity() client.Identity {
	id := client.Identity{Party: m.Party, Sign: m.Sign.Key, Chain: m.Sign.Chain}
	if m.Open.Key != nil {
		id.Open, id.OpenChain = m.Open.Key, m.Open.Chain
	}
	return id
}

// Cast is everybody who acts, beside the platform itself.
type Cast struct {
	Agent    Member // 招标代理机构 of lot one
	Invest   Member // lead tenderer of lot one
	RingRoad Member // joint tenderer of lot one
	County   Member // tenderer of lot two
	Bank     Member
	Company  Member // 担保公司
	Clerk    Member // its second clerk (另一位经办人), with a signing key of his own and the company's encryption key
	Insurer  Member
	Bidders  [4]Member
	Guests   []Member // two more bidders, of the tender story alone
}

// Names of the house itself, whose keys the platform's key directory holds.
const (
	PlatformName   = "保函平台运营有限公司"
	CentreName     = "湖南省公共资源交易中心"
	SupervisorName = "湖南省交通运输厅"
)

// Code makes a 统一社会信用代码 for a name: well-formed, the same each time, and nobody's.
func Code(name string) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	digest := signing.TaggedSum("baohan/story/uscc/1", []byte(name))
	var subject strings.Builder
	for _, b := range digest[:9] {
		subject.WriteByte(alphabet[int(b)%len(alphabet)])
	}
	code, err := letter.CompleteUSCC("91430000" + subject.String())
	if err != nil {
		panic(err) // the first 17 are of the alphabet
	}
	return code
}

// Named is the organisation of that name in the story.
func Named(name string) letter.Party { return letter.Party{Name: name, USCC: Code(name)} }

// NewCast makes everybody's keys and has them certified, valid from `at` for nine years.
func NewCast(ca *devca.CA, at time.Time, plot Plot) (*Cast, error) {
	c := &Cast{}
	all := map[string]*Member{
		"湖南中誉项目管理有限公司":    &c.Agent,
		"湖南投资集团股份有限公司":    &c.Invest,
		"长沙环路建设开发集团有限公司":  &c.RingRoad,
		"肇源县城市供水管网改造建设单位": &c.County,
		"湘江演示银行股份有限公司":    &c.Bank,
		"岳麓演示融资担保有限公司":    &c.Company,
		"洞庭演示财产保险股份有限公司":  &c.Insurer,
		"麓山示例路桥工程有限公司":    &c.Bidders[0],
		"浏阳河示例建设集团有限公司":   &c.Bidders[1],
		"橘洲示例市政工程有限公司":    &c.Bidders[2],
		"松嫩示例水务工程有限公司":    &c.Bidders[3],
	}
	c.Guests = make([]Member, len(plot.guests))
	for i, name := range plot.guests {
		all[name] = &c.Guests[i]
	}
	for name, m := range all {
		if err := m.enrol(ca, Named(name), at); err != nil {
			return nil, err
		}
	}
	return c, c.second(ca, at)
}

// second enrols the company's second clerk.
func (c *Cast) second(ca *devca.CA, at time.Time) (err error) {
	c.Clerk = c.Company
	from, p := at.Truncate(time.Second), c.Company.Party
	c.Clerk.Sign, err = ca.Issue(signing.Name{CommonName: p.Name + "（签发）", Organization: p.Name, OrganizationID: p.USCC}, signing.UseSign, from, from.AddDate(9, 0, 0))
	return err
}

// AnotherBank is a bank that has no system of its own: its two clerks work on the platform's pages. It has no part in a story;
// it is for whoever tries the parts himself.
func AnotherBank(ca *devca.CA, at time.Time) (first, second Member, err error) {
	c := Cast{}
	if err := c.Company.enrol(ca, Named("资水演示银行股份有限公司"), at); err != nil {
		return first, second, err
	}
	err = c.second(ca, at)
	return c.Company, c.Clerk, err
}

func (m *Member) enrol(ca *devca.CA, p letter.Party, at time.Time) (err error) {
	m.Party = p
	name := signing.Name{CommonName: p.Name, Organization: p.Name, OrganizationID: p.USCC}
	from := at.Truncate(time.Second)
	if m.Sign, err = ca.Issue(name, signing.UseSign, from, from.AddDate(9, 0, 0)); err != nil {
		return err
	}
	m.Open, err = ca.Issue(name, signing.UseEncrypt, from, from.AddDate(9, 0, 0))
	return err
}

// All lists everybody.
func (c *Cast) All() []Member {
	return append([]Member{c.Agent, c.Invest, c.RingRoad, c.County, c.Bank, c.Company, c.Insurer}, slices.Concat(c.Bidders[:], c.Guests)...)
}

// Role is what a member acts as, in the words of the API.
func (c *Cast) Role(m Member) string {
	switch m.Party {
	case c.Agent.Party:
		return "agent"
	case c.Invest.Party, c.RingRoad.Party, c.County.Party:
		return "beneficiary"
	case c.Bank.Party, c.Company.Party, c.Insurer.Party:
		return "guarantor"
	}
	return "bidder"
}
