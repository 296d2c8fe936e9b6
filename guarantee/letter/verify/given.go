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
	Lists         []Source `json:"lists,omitzero"`          // revocation lists, DER or PEM; with any, revocation must be known
	Status        Source   `json:"status,omitzero"`         // the platform's status list; with it, a letter must be in force
	Log           Source   `json:"log,omitzero"`            // verifier keys of the log and its witnesses, one a line; with it, the log's proof must hold
	StatusOffered bool     `json:"status_offered,omitzero"` // the list came from the platform, the asker chose none: letter.OfferedStatus
	LogOffered    bool     `json:"log_offered,omitzero"`    // so did the log's keys: letter.OfferedLog
	Quorum        int      `json:"quorum,omitzero"`         // how many of those witnesses must have countersigned; below 0: all of them
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
	status, log := letter.Status, letter.Log
	if g.StatusOffered {
		status = letter.OfferedStatus
	}
	if g.LogOffered {
		log = letter.OfferedLog
	}
	if len(g.Status.Data) > 0 {
		options = append(options, status(g.Status.Data, now))
	}
	if len(g.Log.Data) > 0 {
		trust, err := g.policy()
		if err != nil {
			return nil, err
		}
		options = append(options, log(trust))
	}
	return options, nil
}

// policy reads the keys of a log and of its witnesses: one a line, empty lines and lines that begin with # aside.
func (g Given) policy() (p tlog.Policy, err error) {
	for line := range strings.Lines(string(g.Log.Data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := tlog.ParseKey(line)
		if err != nil {
			return p, fmt.Errorf("%s：有一行不是日志或见证人的验证公钥；每行一把，形式为 名称+编号+公钥", g.Log.Name)
		}
		if key.IsWitness() {
			p.Witnesses = append(p.Witnesses, key)
		} else {
			p.Log = append(p.Log, key)
		}
	}
	if p.Quorum = g.Quorum; g.Quorum < 0 {
		p.Quorum = len(p.Witnesses)
	}
	switch {
	case len(p.Log) == 0:
		return p, fmt.Errorf("%s：没有日志的验证公钥", g.Log.Name)
	case p.Quorum > len(p.Witnesses):
		return p, fmt.Errorf("%s：只列出 %d 个见证人，不能要求 %d 个签名", g.Log.Name, len(p.Witnesses), p.Quorum)
	}
	return p, nil
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
