package verify

import (
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/signing/tlog"
)

// MaxSize is the largest file that is looked at, in bytes.
const MaxSize = 64 << 20

// Source is a file that was given, and by which name people know it.
type Source struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

// Given is what a verification relies on, as the asker gave it. Roots are needed; the rest may be empty.
type Given struct {
	Roots         Source   `json:"roots"`                   // PEM, any number
	PlatformRoots Source   `json:"platform_roots,omitzero"` // of the platform's own signatures; empty: Roots
	Platform      string   `json:"platform,omitzero"`       // 统一社会信用代码
	Centre        string   `json:"centre,omitzero"`         // the same, of who signs verification sheets
	Deadline      string   `json:"deadline,omitzero"`       // of a lot that was postponed, RFC 3339
	Keys          []string `json:"keys,omitzero"`           // of the log and of its witnesses, all of whom must have seen the letter; with any, the log's proof is demanded
	Lists         []Source `json:"lists,omitzero"`          // revocation lists, DER or PEM; with any, revocation must be known
}

// options reads what was given. The error says in Chinese which part of it is no good.
func (g Given) options(now time.Time) (options []letter.Option, err error) {
	if g.Platform != "" {
		if letter.CheckUSCC(g.Platform) != nil {
			return nil, errors.New("平台运营单位：不是统一社会信用代码，请核对 18 位代码")
		}
		options = append(options, letter.Platform(g.Platform))
	}
	if g.Centre != "" {
		if letter.CheckUSCC(g.Centre) != nil {
			return nil, errors.New("交易中心：不是统一社会信用代码，请核对 18 位代码")
		}
		options = append(options, letter.Centre(g.Centre))
	}
	if len(g.PlatformRoots.Data) > 0 {
		t, err := g.anchors(g.PlatformRoots)
		if err != nil {
			return nil, err
		}
		options = append(options, letter.PlatformTrust(t))
	}
	if g.Deadline != "" {
		moved, err := time.Parse(time.RFC3339Nano, g.Deadline)
		if err != nil {
			return nil, errors.New("延期后的投标截止时间：请按 2026-12-20T09:30:00+08:00 的格式填写")
		}
		options = append(options, letter.Deadline(moved))
	}
	if len(g.Lists) > 0 {
		options = append(options, letter.Revocation(now))
	}
	if len(g.Keys) > 0 {
		trust, err := g.log()
		if err != nil {
			return nil, err
		}
		options = append(options, letter.Log(trust))
	}
	return options, nil
}

// log reads whom the asker believes about the transparency log.
func (g Given) log() (trust tlog.Policy, err error) {
	for _, text := range g.Keys {
		key, err := tlog.ParseKey(strings.TrimSpace(text))
		switch {
		case err != nil:
			return trust, fmt.Errorf("透明日志：%q 不是验证公钥，请照公布的原样填写", text)
		case key.IsWitness():
			trust.Witnesses = append(trust.Witnesses, key)
		default:
			trust.Log = append(trust.Log, key)
		}
	}
	if len(trust.Log) == 0 {
		return trust, errors.New("透明日志：只有见证人的公钥，还须给出日志的验证公钥")
	}
	trust.Quorum = len(trust.Witnesses)
	return trust, nil
}

// anchors reads roots and puts every revocation list under them.
func (g Given) anchors(from Source) (*signing.Trust, error) {
	roots, err := signing.ParseCertificatesPEM(from.Data)
	if err != nil {
		return nil, fmt.Errorf("%s：不是 PEM 证书：%w", from.Name, err)
	}
	trust, err := signing.NewTrust(roots...)
	if err != nil {
		return nil, fmt.Errorf("%s：不能作为根证书：%w", from.Name, err)
	}
	for _, list := range g.Lists {
		if err := AddLists(trust, list); err != nil {
			return nil, err
		}
	}
	return trust, nil
}

// AddLists puts the revocation lists of one file, one in DER or any number in PEM, under the anchors.
func AddLists(trust *signing.Trust, from Source) error {
	block, rest := pem.Decode(from.Data)
	if block == nil {
		block = &pem.Block{Bytes: from.Data}
	}
	for ; block != nil; block, rest = pem.Decode(rest) {
		if err := trust.AddCRL(block.Bytes); err != nil {
			return fmt.Errorf("%s：吊销列表不能采信：%w", from.Name, err)
		}
	}
	return nil
}
