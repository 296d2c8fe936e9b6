package custody

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/signing/httpsig"
)

const (
	dialTimeout = 5 * time.Second
	askTimeout  = 30 * time.Second
	batchBytes  = 8 << 20 // of the heads of sealed records in one request
	maxAnswer   = 32 << 20
)

// Remote says where a custodian is and how to know it.
type Remote struct {
	Base        string                // https; http on this very machine alone
	Certificate signing.Certificate   // the custodian's long-term one, exchanged beforehand
	Platform    signing.Signer        // signs what is asked
	Chain       []signing.Certificate // of Platform, leaf first
}

// Client is the platform's way to one custodian. It connects to the configured address and to no other: no redirect,
// no proxy of the environment. It believes only what the custodian signed as the answer to this very request.
type Client struct {
	Remote
	address string // host:port
	http    *http.Client
}

var _ Custodian = (*Client)(nil)

// NewClient refuses an address over which shares would travel in clear.
func NewClient(r Remote) (*Client, error) {
	u, err := url.Parse(r.Base)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.TrimRight(u.Path, "/") != "" {
		return nil, fmt.Errorf("custody: %q is not the address of a custodian", r.Base)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !onThisMachine(u.Hostname())) {
		return nil, fmt.Errorf("custody: %s is not https; without it only this very machine may be asked", r.Base)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	r.Base = u.Scheme + "://" + u.Host
	c := &Client{Remote: r, address: net.JoinHostPort(u.Hostname(), port)}
	c.http = &http.Client{
		Timeout:       askTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{Proxy: nil, DialContext: c.dial, TLSHandshakeTimeout: dialTimeout, DisableCompression: true, IdleConnTimeout: time.Minute},
	}
	return c, nil
}

func onThisMachine(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

var errElsewhere = errors.New("custody: not the configured address")

// dial goes to the configured address, whatever the request says.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if address != c.address {
		return nil, errElsewhere
	}
	return (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, address)
}

// Key asks for the lot's key and believes one that the pinned certificate signed for this lot.
func (c *Client) Key(ctx context.Context, project, lot string, notBefore time.Time) (letter.CustodianKey, error) {
	var k letter.CustodianKey
	if err := c.ask(ctx, pathKey, keyRequest{project, lot, notBefore}, &k); err != nil {
		return letter.CustodianKey{}, err
	}
	if err := belongs(k, c.Certificate, project, lot); err != nil {
		return letter.CustodianKey{}, err
	}
	return k, nil
}

// Rehearse has the custodian prove that it can decrypt.
func (c *Client) Rehearse(ctx context.Context, project, lot string, wrapped []byte) ([]byte, error) {
	var a rehearseAnswer
	err := c.ask(ctx, pathRehearse, rehearseRequest{project, lot, wrapped}, &a)
	return a.Plain, err
}

// Shares asks in batches. A later batch that fails fails all: what was given is given again on the same closing.
func (c *Client) Shares(ctx context.Context, closing, previous []byte, records map[string]Record) (map[string]signing.Share, error) {
	out := make(map[string]signing.Share, len(records))
	for _, batch := range batches(records) {
		var a sharesAnswer
		if err := c.ask(ctx, pathShares, sharesRequest{closing, previous, batch}, &a); err != nil {
			return nil, err
		}
		for id, share := range a.Shares {
			if _, asked := batch[id]; asked {
				out[id] = share
			}
		}
	}
	return out, nil
}

// batches splits records so that none is larger than batchBytes; without records there is one empty batch, so that
// the closing is served all the same.
func batches(records map[string]Record) []map[string]Record {
	all := []map[string]Record{{}}
	size := 0
	for id, r := range records {
		if size+len(r.Head) > batchBytes && size > 0 {
			all, size = append(all, map[string]Record{}), 0
		}
		all[len(all)-1][id] = r
		size += len(r.Head)
	}
	return all
}

// Postpone hands an order of two over.
func (c *Client) Postpone(ctx context.Context, o Order) error {
	return c.ask(ctx, pathPostpone, o, &done{})
}

// ask sends one signed question and reads the signed answer.
func (c *Client) ask(ctx context.Context, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	status, answer, err := c.post(ctx, path, body)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoAnswer, err)
	}
	if status == http.StatusOK {
		return readJSON(answer, out)
	}
	var f fault
	if err := readJSON(answer, &f); err != nil {
		return fmt.Errorf("%w: HTTP %d", ErrRefused, status)
	}
	return errorOf(f.Code)
}

func (c *Client) post(ctx context.Context, path string, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if err := httpsig.Sign(req, body, c.Chain[0].Fingerprint().String(), c.Platform, time.Now()); err != nil {
		return 0, nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return 0, nil, err
	}
	if len(answer) > maxAnswer {
		return 0, nil, errors.New("answer too long")
	}
	_, err = httpsig.VerifyResponse(res, answer, req, pinned([]signing.Certificate{c.Certificate}), time.Now())
	return res.StatusCode, answer, err
}
