package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"baohan/client/wire"
	"baohan/internal/sample"
	"baohan/signing"
	"baohan/signing/httpsig"
)

// bank is a guarantor's system that signs what it sends and believes no answer that the platform did not sign.
type bank struct {
	http     *http.Client
	base     string
	member   sample.Member
	platform signing.Certificate
}

func (p *platform) newBank(clients int) *bank {
	return &bank{base: p.base, member: p.house.Bank, platform: p.house.Platform.Sign.Certificate(), http: &http.Client{
		Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: clients}}}
}

// issue sends one letter and accepts nothing but the signed receipt.
func (b *bank) issue(ctx context.Context, c call) error {
	req, err := b.request(ctx, c)
	if err != nil {
		return err
	}
	res, err := b.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("issue: %s: %s", res.Status, body)
	}
	if _, err := httpsig.VerifyResponse(res, body, req, b.pinned, now()); err != nil {
		return err
	}
	var said wire.Issued
	if err := wire.ReadAnswer(body, &said); err != nil || len(said.Receipt) == 0 {
		return errors.Join(errors.New("issue: no receipt"), err)
	}
	return nil
}

func (b *bank) request(ctx context.Context, c call) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, b.base+"/api/v1/issuer/applications/"+c.id+"/issue", bytes.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", "issue-"+c.id)
	return req, httpsig.Sign(req, c.body, b.member.Sign.KeyID(), b.member.Sign.Key, now())
}

func (b *bank) pinned(keyid string) (signing.PublicKey, error) {
	if keyid != b.platform.Fingerprint().String() {
		return signing.PublicKey{}, httpsig.ErrKeyID
	}
	return b.platform.PublicKey(), nil
}
