package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"baohan/client/wire"
	"baohan/internal/sample"
	"baohan/signing"
	"baohan/web"
)

// operation is one of the API's, as the contract lists it.
type operation struct{ method, path string }

var (
	pathLine   = regexp.MustCompile(`^  (/[^:]+):$`)
	methodLine = regexp.MustCompile(`^    (get|post|put|patch|delete):$`)
)

// operations are all of the OpenAPI document and all pages and forms, so that a new one is asked without anybody's thinking
// of it.
func operations() (all []operation, err error) {
	contract, err := web.Contract()
	path := ""
	for line := range strings.Lines(string(contract)) {
		line = strings.TrimRight(line, "\n")
		if m := pathLine.FindStringSubmatch(line); m != nil {
			path = m[1]
		} else if m := methodLine.FindStringSubmatch(line); m != nil {
			all = append(all, operation{strings.ToUpper(m[1]), path})
		}
	}
	if err == nil && len(all) < 40 {
		err = fmt.Errorf("only %d operations in the contract", len(all))
	}
	for _, r := range web.Pages() {
		all = append(all, operation{r.Method, r.Path})
	}
	return all, err
}

// reading is a GET.
type reading struct{ path string }

func readings() (all []reading, err error) {
	list, err := operations()
	for _, o := range list {
		if o.method == http.MethodGet {
			all = append(all, reading{o.path})
		}
	}
	return all, err
}

// technical is what a listener answers besides the contract and the pages.
var technical = []string{"/healthz", "/readyz", "/metrics", "/openapi.json", "/api/v1", "/debug/pprof/", "/favicon.ico"}

// publishes tells the operations and the pages that tell about lots what everybody may know.
func (r reading) publishes() bool {
	page := !strings.HasPrefix(r.path, "/api/") && !slices.Contains(technical, r.path)
	return page || strings.HasPrefix(r.path, "/api/v1/lots") || r.path == "/api/v1/me/lots"
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// caller is somebody who asks, with the token of a session; none for a stranger.
type caller struct{ role, token string }

// callers are a stranger and one of each role, none of whom owns a bid.
func (p *platform) callers(ctx context.Context, onlooker sample.Member) (all []caller, err error) {
	h := p.house
	all = []caller{{role: "nobody"}}
	for _, c := range []struct {
		sample.Member
		role string
	}{
		{onlooker, "bidder"}, {h.Tenderees[0], "beneficiary"}, {h.Agent, "agent"}, {h.Bank, "guarantor"}, {h.OtherBank, "guarantor"},
		{h.Insurer, "guarantor"}, {h.Centre, "centre"}, {h.Supervisor, "supervisor"}, {h.Platform, "operator"}, {h.Supervisor, "custodian"},
	} {
		token, err := p.signIn(ctx, c.Member, c.role)
		if err != nil {
			return nil, fmt.Errorf("sign in as %s: %w", c.role, err)
		}
		all = append(all, caller{c.role + " " + c.Party.Name, token})
	}
	return all, nil
}

func (p *platform) signIn(ctx context.Context, m sample.Member, role string) (token string, err error) {
	var c wire.Challenge
	if err := p.post(ctx, "/api/v1/session/challenge", struct{}{}, &c); err != nil {
		return "", err
	}
	sig, err := m.Sign.Key.Sign(ctx, wire.SignInText(strings.TrimPrefix(p.base, "http://"), c.Challenge, role))
	if err != nil {
		return "", err
	}
	var s wire.Session
	in := wire.SignIn{Challenge: c.Challenge, Signature: sig, Role: role}
	for _, c := range m.Sign.Chain {
		in.Chain = append(in.Chain, c.Raw())
	}
	return s.Token, errors.Join(p.post(ctx, "/api/v1/session", in, &s))
}

func (p *platform) post(ctx context.Context, path string, in, out any) error {
	body, err := wire.Write(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", signing.Sum(signing.Random(8)).String())
	a, err := do(r)
	if err != nil {
		return err
	}
	return wire.ReadAnswer(a.body, out)
}

// answer is what somebody was told, whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// patience is how long a request may take.
const patience = time.Minute

// asIs follows nobody elsewhere: what is told is told here.
var asIs = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func do(r *http.Request) (a answer, err error) {
	ctx, hangUp := context.WithTimeout(r.Context(), patience)
	defer hangUp()
	response, err := asIs.Do(r.WithContext(ctx))
	if err != nil {
		return a, err
	}
	read := io.ReadAll
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		read = firstEvent // it has no end
	}
	body, err := read(response.Body)
	return answer{response.StatusCode, response.Header, body}, errors.Join(err, response.Body.Close())
}

// firstEvent reads a stream as far as its first event with data: what the hall is told at once. What it is told later comes
// from the same rows, which are searched as a table.
func firstEvent(stream io.Reader) (all []byte, err error) {
	lines := bufio.NewReader(stream)
	for told := false; ; {
		line, err := lines.ReadBytes('\n')
		all = append(all, line...)
		if err == io.EOF || err == nil && told && len(line) == 1 {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		told = told || bytes.HasPrefix(line, []byte("data:"))
	}
}

// get asks for a path as a caller.
func (p *platform) get(ctx context.Context, c caller, path string) (answer, error) {
	return p.ask(ctx, c, http.MethodGet, path)
}

// ask sends a request as a caller; a command carries an empty object and a key of its own.
func (p *platform) ask(ctx context.Context, c caller, method, path string) (answer, error) {
	body, kind := io.Reader(http.NoBody), "application/json"
	switch {
	case method != http.MethodGet && !strings.HasPrefix(path, "/api/"):
		mark, err := p.mark(ctx, c)
		if err != nil {
			return answer{}, err
		}
		body, kind = strings.NewReader("key="+freshID()+mark), "application/x-www-form-urlencoded"
	case method != http.MethodGet:
		body = strings.NewReader("{}")
	}
	r, err := http.NewRequestWithContext(ctx, method, p.base+path, body)
	if err != nil {
		return answer{}, err
	}
	if method != http.MethodGet {
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Idempotency-Key", freshID())
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	return do(r)
}

var keyShown = regexp.MustCompile(`name="key" value="[0-9a-f]{32}([0-9a-f]*)"`)

// mark is what the forms end in that are shown to a caller: without it a form goes no further.
func (p *platform) mark(ctx context.Context, c caller) (string, error) {
	if mark, known := p.marks[c.token]; known {
		return mark, nil
	}
	a, err := p.ask(ctx, c, http.MethodGet, "/dev/components")
	if err != nil {
		return "", err
	}
	found := keyShown.FindSubmatch(a.body)
	if found == nil {
		return "", errors.New("no form is shown on /dev/components")
	}
	p.marks[c.token] = string(found[1])
	return p.marks[c.token], nil
}

// answerSurfaces asks every reading as every caller for every object, and whatever else the listener answers.
func (p *platform) answerSurfaces(ctx context.Context, callers []caller, objects []string) (all []surface, asked int, err error) {
	list, err := readings()
	if err != nil {
		return nil, 0, err
	}
	for _, path := range append(technical[:len(technical):len(technical)], "/") {
		list = append(list, reading{path})
	}
	for _, r := range list {
		s := surface{name: "answers of GET " + r.path, free: map[kind]string{}}
		if r.publishes() {
			s.free[where] = "lots are public"
		}
		paths := []string{r.path}
		if parameter.MatchString(r.path) {
			paths = paths[:0]
			for _, id := range objects {
				paths = append(paths, parameter.ReplaceAllLiteralString(r.path, id))
			}
		}
		for _, c := range append(slices.Clone(callers), caller{"the watch", metricsToken}) {
			for _, path := range paths {
				a, err := p.get(ctx, c, path)
				if err != nil {
					return nil, asked, err
				}
				asked++
				s.text = append(append(s.text, fmt.Sprintf("%s %d %v\n", c.role, a.status, a.header)...), a.body...)
			}
		}
		all = append(all, s)
	}
	return all, asked, nil
}
