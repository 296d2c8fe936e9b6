package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"baohan/signing"
	"baohan/tender/custody"
)

// custodians are the three that the platform asks, with the long-term certificate by which each is known, and its issuers as
// far as they were exchanged.
type custodians struct {
	three  [3]custody.Custodian
	chains [3][]signing.Certificate
}

// custodians are those that the settings name. When they name none, three development agents hold all keys in the key
// directory: with all three in one place the promise that no single place can open anything does not hold, and the
// log says so at every start.
func (s *system) custodians() (custodians, error) {
	if len(s.Custodians) > 0 {
		return s.remoteCustodians()
	}
	own, err := s.Keys.custodians()
	if err != nil {
		return custodians{}, err
	}
	var c custodians
	var holders [3]custody.DevHolder
	for i, id := range own {
		c.chains[i] = id.Chain
		holders[i] = custody.DevHolder{Party: subjectOf(id), Signer: id.Key, Chain: id.Chain}
	}
	agent, err := custody.NewDevAgent(filepath.Join(s.Keys.Dir, custodyDir), s.Keys.passphrase, holders, s.clock, s.Keys.Trust,
		subjectOf(s.Keys.Centre).USCC)
	if err != nil {
		return custodians{}, err
	}
	s.Log.Warn("all three custodians' keys are on this machine: for development and demonstrations only")
	c.three = agent.Custodians()
	return c, nil
}

// remoteCustodians reads 地址=证书文件 three times, in the order of the shares.
func (s *system) remoteCustodians() (c custodians, err error) {
	if len(s.Custodians) != 3 {
		return c, fmt.Errorf("custodians：须写三个，用逗号分隔，现有 %d 个", len(s.Custodians))
	}
	for i, text := range s.Custodians {
		base, file, ok := strings.Cut(text, "=")
		if !ok {
			return c, fmt.Errorf("custodians：%q 须写作 地址=证书文件", text)
		}
		chain, err := certificatesIn(file)
		if err != nil {
			return c, err
		}
		c.chains[i] = chain
		c.three[i], err = custody.NewClient(custody.Remote{Base: base, Certificate: chain[0], Platform: s.Keys.Platform.Key, Chain: s.Keys.Platform.Chain})
		if err != nil {
			return c, fmt.Errorf("custodians：%w", err)
		}
	}
	if one, two, three := c.chains[0][0], c.chains[1][0], c.chains[2][0]; one.Equal(two) || one.Equal(three) || two.Equal(three) {
		return c, errors.New("custodians：三个保管人须各有自己的证书")
	}
	return c, nil
}

// certificatesIn reads a PEM file, the leaf first.
func certificatesIn(file string) ([]signing.Certificate, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	chain, err := signing.ParseCertificatesPEM(text)
	if err == nil && len(chain) == 0 {
		err = errors.New("没有证书")
	}
	if err != nil {
		return nil, fmt.Errorf("%s：%w", file, err)
	}
	return chain, nil
}
