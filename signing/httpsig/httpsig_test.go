package httpsig

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"baohan/signing"
)

var (
	now   = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)
	body  = []byte(`{"amount":80000000}`)
	keyid = strings.Repeat("ab", 32)
)

type signer struct {
	*signing.PrivateKey
}

func newSigner(t testing.TB) signer {
	t.Helper()
	k, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return signer{k}
}

var errUnknown = errors.New("unknown certificate")

func (s signer) lookup(id string) (signing.PublicKey, error) {
	if id != keyid {
		return signing.PublicKey{}, errUnknown
	}
	return s.Public(), nil
}

func newRequest(t testing.TB) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "https://Baohan.Example.cn:443/api/v1/a%2Fb?x=1&y=%E4%BF%9D", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Idempotency-Key", "k-1")
	return r
}

func signed(t testing.TB, s signer) *http.Request {
	t.Helper()
	r := newRequest(t)
	if err := Sign(r, body, keyid, s, now); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRequest(t *testing.T) {
	s := newSigner(t)
	r := signed(t, s)
	v, err := Verify(r, body, s.lookup, now)
	if err != nil {
		t.Fatal(err)
	}
	if v.KeyID != keyid || len(v.Nonce) != 32 || !v.Created.Equal(now) || v.Expires.Sub(v.Created) != lifetime {
		t.Errorf("%+v", v)
	}
	if again := signed(t, s); again.Header.Get(fieldInput) == r.Header.Get(fieldInput) {
		t.Error("the nonce repeats")
	}
	bare, _ := http.NewRequest(http.MethodGet, "https://baohan.example.cn", nil)
	if err := Sign(bare, nil, keyid, s, now); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(bare, nil, s.lookup, now); err != nil {
		t.Errorf("without body, path, query and idempotency key: %v", err)
	}
	if err := Sign(r, body, "another name", s, now); !errors.Is(err, ErrKeyID) {
		t.Errorf("a keyid that is no fingerprint: %v", err)
	}
}

// The base is what RFC 9421, 2.5 says, byte for byte: another implementation must come to the same.
func TestSignatureBase(t *testing.T) {
	s := newSigner(t)
	r := signed(t, s)
	m, _, err := ofRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	in, sig, err := readFields(r.Header)
	if err != nil {
		t.Fatal(err)
	}
	_, parameters, _ := strings.Cut(r.Header.Get("Signature-Input"), "=")
	want := `"@method": POST
"@authority": baohan.example.cn
"@path": /api/v1/a%2Fb
"@query": ?x=1&y=%E4%BF%9D
"content-digest": ` + r.Header.Get("Content-Digest") + `
"idempotency-key": k-1
"@signature-params": ` + parameters
	got, err := m.base(in)
	if err != nil || string(got) != want {
		t.Fatalf("%v\n%s\nwant\n%s", err, got, want)
	}
	if err := signing.VerifyBoth(s.Public(), []byte(want), sig); err != nil {
		t.Fatal(err)
	}
	prefix := `("@method" "@authority" "@path" "@query" "content-digest" "idempotency-key");created=1772424000;expires=1772424300;nonce="`
	if !strings.HasPrefix(parameters, prefix) || !strings.HasSuffix(parameters, `;keyid="`+keyid+`";tag="baohan"`) {
		t.Errorf("parameters %s", parameters)
	}
}

func edit(field, from, to string) func(*http.Request) {
	return func(r *http.Request) {
		old := r.Header.Get(field)
		if !strings.Contains(old, from) {
			panic(field + " has no " + from)
		}
		r.Header.Set(field, strings.Replace(old, from, to, 1))
	}
}

// Each covered component and each parameter, changed after signing.
func TestRequestRefusesEveryChange(t *testing.T) {
	s := newSigner(t)
	sent := signed(t, s)
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   error
	}{
		"method":                {func(r *http.Request) { r.Method = http.MethodPut }, ErrSignature},
		"host":                  {func(r *http.Request) { r.Host = "other.example.cn" }, ErrSignature},
		"port":                  {func(r *http.Request) { r.Host = "baohan.example.cn:8443" }, ErrSignature},
		"path":                  {func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/api/v1/a/c", "" }, ErrSignature},
		"path, decoded":         {func(r *http.Request) { r.URL.RawPath = "/api/v1/a/b"; r.URL.Path = "/api/v1/a/b" }, ErrSignature},
		"query":                 {func(r *http.Request) { r.URL.RawQuery = "x=2" }, ErrSignature},
		"query order":           {func(r *http.Request) { r.URL.RawQuery = "y=%E4%BF%9D&x=1" }, ErrSignature},
		"query gone":            {func(r *http.Request) { r.URL.RawQuery = "" }, ErrSignature},
		"idempotency key":       {func(r *http.Request) { r.Header.Set(fieldKey, "k-2") }, ErrSignature},
		"idempotency key gone":  {func(r *http.Request) { r.Header.Del(fieldKey) }, ErrComponents},
		"idempotency key twice": {func(r *http.Request) { r.Header.Add(fieldKey, "k-1") }, ErrDuplicate},
		"digest":                {func(r *http.Request) { r.Header.Set(fieldDigest, contentDigest([]byte("x"))) }, ErrSignature},
		"digest gone":           {func(r *http.Request) { r.Header.Del(fieldDigest) }, ErrUnsigned},
		"digest twice":          {func(r *http.Request) { r.Header.Add(fieldDigest, r.Header.Get(fieldDigest)) }, ErrDuplicate},
		"input gone":            {func(r *http.Request) { r.Header.Del(fieldInput) }, ErrUnsigned},
		"signature gone":        {func(r *http.Request) { r.Header.Del(fieldSignature) }, ErrUnsigned},
		"input twice":           {func(r *http.Request) { r.Header.Add(fieldInput, r.Header.Get(fieldInput)) }, ErrDuplicate},
		"signature twice":       {func(r *http.Request) { r.Header.Add(fieldSignature, r.Header.Get(fieldSignature)) }, ErrDuplicate},
		"two signatures in one": {func(r *http.Request) {
			r.Header.Set(fieldInput, r.Header.Get(fieldInput)+", b="+r.Header.Get(fieldInput)[7:])
		}, ErrMalformed},
		"created":              {edit(fieldInput, "created=1772424000", "created=1772424001"), ErrSignature},
		"expires":              {edit(fieldInput, "expires=1772424300", "expires=1772424299"), ErrSignature},
		"expires much later":   {edit(fieldInput, "expires=1772424300", "expires=1772424301"), ErrLifetime},
		"expires first":        {edit(fieldInput, "expires=1772424300", "expires=1772424000"), ErrParameters},
		"nonce":                {edit(fieldInput, `nonce="`, `nonce="0`), ErrSignature},
		"nonce too short":      {edit(fieldInput, `nonce="`, `nonce="x";x="`), ErrParameters},
		"keyid":                {edit(fieldInput, keyid, strings.Repeat("cd", 32)), errUnknown},
		"keyid upper case":     {edit(fieldInput, keyid, strings.ToUpper(keyid)), ErrKeyID},
		"tag":                  {edit(fieldInput, `tag="baohan"`, `tag="other"`), ErrTag},
		"tag as a number":      {edit(fieldInput, `tag="baohan"`, `tag=7`), ErrTag},
		"tag gone":             {edit(fieldInput, `;tag="baohan"`, ``), ErrParameters},
		"tag twice":            {edit(fieldInput, `;tag="baohan"`, `;tag="baohan";tag="baohan"`), ErrDuplicate},
		"an algorithm":         {edit(fieldInput, `;tag="baohan"`, `;tag="baohan";alg="rsa-v1_5-sha256"`), ErrParameters},
		"component gone":       {edit(fieldInput, `"@query" `, ``), ErrComponents},
		"component more":       {edit(fieldInput, `"@query" `, `"@query" "date" `), ErrComponents},
		"component twice":      {edit(fieldInput, `"@query" `, `"@query" "@query" `), ErrDuplicate},
		"component order":      {edit(fieldInput, `"@path" "@query"`, `"@query" "@path"`), ErrSignature},
		"component of request": {edit(fieldInput, `"@query"`, `"@query";req`), ErrComponents},
		"component upper case": {edit(fieldInput, `"@query"`, `"@Query"`), ErrMalformed},
		"two spaces":           {edit(fieldInput, `"@query" `, `"@query"  `), ErrMalformed},
		"space in parameters":  {edit(fieldInput, `;tag`, `; tag`), ErrMalformed},
		"negative created":     {edit(fieldInput, `created=`, `created=-`), ErrMalformed},
		"created padded":       {edit(fieldInput, `created=`, `created=0`), ErrMalformed},
		"no list":              {func(r *http.Request) { r.Header.Set(fieldInput, "baohan=1") }, ErrMalformed},
		"label":                {edit(fieldInput, "baohan=(", "other=("), ErrMalformed},
		"signature spoilt":     {flipSignature, ErrSignature},
		"signature not closed": {func(r *http.Request) {
			r.Header.Set(fieldSignature, strings.TrimSuffix(r.Header.Get(fieldSignature), ":"))
		}, ErrMalformed},
		"signature empty":      {func(r *http.Request) { r.Header.Set(fieldSignature, "baohan=::") }, ErrMalformed},
		"signature zero":       {func(r *http.Request) { r.Header.Set(fieldSignature, "baohan=:"+strings.Repeat("A", 86)+"==:") }, ErrMalformed},
		"signature parameters": {func(r *http.Request) { r.Header.Set(fieldSignature, r.Header.Get(fieldSignature)+";a=1") }, ErrMalformed},
	} {
		r := sent.Clone(t.Context())
		c.change(r)
		if v, err := Verify(r, body, s.lookup, now); !errors.Is(err, c.want) || v != (Verified{}) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := Verify(sent, append(slices.Clone(body), ' '), s.lookup, now); !errors.Is(err, ErrDigest) {
		t.Errorf("another body: %v", err)
	}
	if _, err := Verify(sent, body, newSigner(t).lookup, now); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if _, err := Verify(sent, body, s.lookup, now); err != nil {
		t.Errorf("the request itself: %v", err)
	}
}

// The head is proved by itself, and says nothing of who sent it until the body is the one that was signed.
func TestHeadBeforeBody(t *testing.T) {
	s := newSigner(t)
	r := signed(t, s)
	h, err := VerifyHead(r, s.lookup, now)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := h.Body(body); err != nil || v.KeyID != keyid || v.Nonce == "" {
		t.Errorf("%+v, %v", v, err)
	}
	for name, other := range map[string][]byte{"none": nil, "cut": body[:len(body)-1], "longer": append(slices.Clone(body), ' '), "another": []byte("{}")} {
		if v, err := h.Body(other); !errors.Is(err, ErrDigest) || v != (Verified{}) {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
	for _, empty := range [][]byte{nil, {}, body} {
		if _, err := (Head{}).Body(empty); !errors.Is(err, ErrDigest) {
			t.Errorf("nothing was proved, and a body fits: %v", err)
		}
	}
	r.Header.Set(fieldDigest, contentDigest(nil))
	if h, err := VerifyHead(r, s.lookup, now); !errors.Is(err, ErrSignature) || h != (Head{}) {
		t.Errorf("another digest in the head: %v", err)
	}
	if h, err := VerifyHead(signed(t, newSigner(t)), s.lookup, now); !errors.Is(err, ErrSignature) || h != (Head{}) {
		t.Errorf("another key: %v", err)
	}
}

func flipSignature(r *http.Request) {
	b := []byte(r.Header.Get(fieldSignature))
	if b[20] == 'A' {
		b[20] = 'B'
	} else {
		b[20] = 'A'
	}
	r.Header.Set(fieldSignature, string(b))
}

func TestFreshness(t *testing.T) {
	s := newSigner(t)
	r := signed(t, s)
	for name, c := range map[string]struct {
		after time.Duration
		want  error
	}{
		"30 s before": {-30 * time.Second, nil}, "31 s before": {-31 * time.Second, ErrFuture}, "now": {0, nil},
		"at its end": {300 * time.Second, nil}, "after its end": {300*time.Second + 1, ErrExpired}, "a day later": {24 * time.Hour, ErrExpired},
	} {
		if _, err := Verify(r, body, s.lookup, now.Add(c.after)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A sender may order components and parameters its own way and use its own label.
func TestOtherSendersOrder(t *testing.T) {
	s := newSigner(t)
	r := newRequest(t)
	r.Header.Set(fieldDigest, "sha-256=:AAAA:, "+contentDigest(body))
	m, components, err := ofRequest(r)
	if err != nil {
		t.Fatal(err)
	}
	in, err := newInput(components, keyid, now)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(in.components)
	slices.Reverse(in.parameters)
	in.label = "sig-1"
	base, err := m.base(in)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := s.Sign(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := sig.MarshalText()
	r.Header.Set(fieldInput, in.label+"="+in.String())
	r.Header.Set(fieldSignature, in.label+"=:"+string(text)+":")
	if _, err := Verify(r, body, s.lookup, now); err != nil {
		t.Fatal(err)
	}
}

func TestContentDigest(t *testing.T) {
	good := contentDigest(body)
	for name, c := range map[string]struct {
		value string
		want  error
	}{
		"alone": {good, nil}, "beside another": {"sha-256=:AAAA:, " + good, nil}, "first": {good + ",\tsha-256=:AAAA:", nil},
		"twice": {good + ", " + good, ErrDuplicate}, "other": {contentDigest(nil), ErrDigest}, "none": {"sha-256=:AAAA:", ErrDigest},
		"upper case name": {"SM3" + good[3:], ErrDigest}, "parameter": {good + ";a=1", ErrDigest}, "empty": {"", ErrDigest}, "not bytes": {"sm3=1", ErrDigest},
	} {
		h := http.Header{}
		h.Set(fieldDigest, c.value)
		member, err := sm3Member(h)
		if err == nil {
			_, err = Head{digest: member}.Body(body)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// answer is a signed response as a client sees it.
func answer(t testing.TB, s signer, r *http.Request, status int, body []byte) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	if err := SignResponse(w.Header(), status, body, r, keyid, s, now); err != nil {
		t.Fatal(err)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return w.Result()
}

func TestResponse(t *testing.T) {
	client, server := newSigner(t), newSigner(t)
	r := signed(t, client)
	resp := answer(t, server, r, 201, body)
	if v, err := VerifyResponse(resp, body, r, server.lookup, now); err != nil || v.KeyID != keyid {
		t.Fatal(err)
	}
	other := signed(t, client)
	for name, c := range map[string]struct {
		change func(*http.Response) (*http.Request, []byte)
		want   error
	}{
		"status":         {func(p *http.Response) (*http.Request, []byte) { p.StatusCode = 200; return r, body }, ErrSignature},
		"body":           {func(*http.Response) (*http.Request, []byte) { return r, []byte("{}") }, ErrDigest},
		"other request":  {func(*http.Response) (*http.Request, []byte) { return other, body }, ErrSignature},
		"unsigned":       {func(p *http.Response) (*http.Request, []byte) { p.Header.Del(fieldSignature); return r, body }, ErrUnsigned},
		"asked unsigned": {func(*http.Response) (*http.Request, []byte) { return newRequest(t), body }, ErrUnsigned},
		"digest": {func(p *http.Response) (*http.Request, []byte) {
			p.Header.Set(fieldDigest, contentDigest(nil))
			return r, nil
		}, ErrSignature},
		"digest twice": {func(p *http.Response) (*http.Request, []byte) {
			p.Header.Add(fieldDigest, "sha-256=:AAAA:")
			return r, body
		}, ErrDuplicate},
		"component gone": {func(p *http.Response) (*http.Request, []byte) {
			p.Header.Set(fieldInput, strings.Replace(p.Header.Get(fieldInput), ` "signature";req`, "", 1))
			return r, body
		}, ErrComponents},
	} {
		p := answer(t, server, r, 201, body)
		asked, got := c.change(p)
		if v, err := VerifyResponse(p, got, asked, server.lookup, now); !errors.Is(err, c.want) || v != (Verified{}) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := VerifyResponse(resp, body, r, client.lookup, now); !errors.Is(err, ErrSignature) {
		t.Errorf("signed by the client itself: %v", err)
	}
	if _, err := VerifyResponse(resp, body, r, server.lookup, now.Add(time.Hour)); !errors.Is(err, ErrExpired) {
		t.Errorf("an hour later: %v", err)
	}
	if err := SignResponse(http.Header{}, 99, nil, r, keyid, server, now); !errors.Is(err, ErrMalformed) {
		t.Errorf("status 99: %v", err)
	}
	if err := SignResponse(http.Header{}, 200, nil, newRequest(t), keyid, server, now); !errors.Is(err, ErrUnsigned) {
		t.Errorf("the answer to an unsigned request: %v", err)
	}
}

// A request cannot stand for a response, nor the other way round: their components differ.
func TestRequestIsNoResponse(t *testing.T) {
	s := newSigner(t)
	r := signed(t, s)
	p := &http.Response{StatusCode: 200, Header: r.Header.Clone()}
	if _, err := VerifyResponse(p, body, r, s.lookup, now); !errors.Is(err, ErrComponents) {
		t.Error(err)
	}
}

// Over a real connection, through net/http's own writing and parsing, from many goroutines.
func TestOverTheWire(t *testing.T) {
	client, server := newSigner(t), newSigner(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		v, err := Verify(r, got, client.lookup, now)
		status, text := http.StatusOK, []byte(v.Nonce)
		if err != nil {
			status, text = http.StatusUnauthorized, []byte(err.Error())
		}
		if err := SignResponse(w.Header(), status, text, r, keyid, server, now); err != nil {
			t.Error(err)
		}
		w.WriteHeader(status)
		_, _ = w.Write(text)
	}))
	defer srv.Close()
	var all sync.WaitGroup
	for i, target := range []string{"", "/", "/?", "/a/b?c=d", "/%E4%BF%9D%E5%87%BD/a%2Fb?q=%20+&q=2", "//double//slash", "/保函?名=值", "/a b", "/?a=b?c", "/;p=1?x;y"} {
		all.Go(func() {
			send := []byte(strconv.Itoa(i))
			r, err := http.NewRequest(http.MethodPost, srv.URL+strings.ReplaceAll(target, " ", "%20"), bytes.NewReader(send))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set(fieldKey, " spaced ")
			if err := Sign(r, send, keyid, client, now); err != nil {
				t.Error(err)
				return
			}
			resp, err := srv.Client().Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			text, _ := io.ReadAll(resp.Body)
			if _, err := VerifyResponse(resp, text, r, server.lookup, now); err != nil || resp.StatusCode != 200 {
				t.Errorf("%q: %d %s, %v", target, resp.StatusCode, text, err)
			}
		})
	}
	all.Wait()
}

func FuzzParseInput(f *testing.F) {
	in, err := newInput([]string{`"@method"`, `"signature";req`}, keyid, now)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("baohan=" + in.String())
	f.Add(`a=();created=1`)
	f.Fuzz(func(t *testing.T, value string) {
		in, err := parseInput(value)
		if err != nil {
			return
		}
		if in.label+"="+in.String() != value || strings.ContainsAny(value, "\r\n") {
			t.Fatalf("a second spelling of %q", value)
		}
		if v, err := in.read(now); err == nil && (v.Nonce == "" || v.KeyID == "" || v.Expires.Sub(v.Created) > lifetime) {
			t.Fatalf("accepted %q", value)
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	s := newSigner(b)
	b.Run("sign", func(b *testing.B) {
		for b.Loop() {
			signed(b, s)
		}
	})
	r := signed(b, s)
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if _, err := Verify(r, body, s.lookup, now); err != nil {
				b.Fatal(err)
			}
		}
	})
}
