package party

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"baohan/internal/testdb"
	"baohan/signing"
	"baohan/signing/devca"
)

var noon = time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)

const (
	bidderCode   = "91430100MA4L2BKJ0W"
	guaranteeing = "91430100MA4T0G0Y1L"
)

// world is a desk on a real database, with an authority that issues certificates.
type world struct {
	*Desk
	t     *testing.T
	pool  *pgxpool.Pool
	clock *testdb.Clock
	root  signing.Certificate
	key   *signing.PrivateKey
}

func newWorld(t *testing.T) *world {
	t.Helper()
	pool := testdb.New(t)
	w := &world{t: t, pool: pool, clock: testdb.NewClock(t, pool, noon)}
	w.root, w.key = authority(t)
	trust, err := signing.NewTrust(w.root)
	must(t, err)
	w.Desk = NewDesk(pool, w.clock, trust)
	return w
}

func authority(t *testing.T) (signing.Certificate, *signing.PrivateKey) {
	t.Helper()
	key, err := signing.GenerateKey()
	must(t, err)
	root, err := signing.IssueCertificate(t.Context(), signing.CertificateRequest{Subject: signing.Name{CommonName: "测试根"},
		Key: key.Public(), CA: true, NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(5, 0, 0)}, signing.Certificate{}, key)
	must(t, err)
	return root, key
}

// holder is an organisation's certificate with its key.
type holder struct {
	key  *signing.PrivateKey
	cert signing.Certificate
}

func (w *world) issue(uscc, name string, use signing.Usage) holder {
	w.t.Helper()
	return w.issueUntil(uscc, name, use, noon.AddDate(2, 0, 0))
}

func (w *world) issueUntil(uscc, name string, use signing.Usage, end time.Time) holder {
	w.t.Helper()
	key, err := signing.GenerateKey()
	must(w.t, err)
	cert, err := signing.IssueCertificate(w.t.Context(), signing.CertificateRequest{
		Subject: signing.Name{CommonName: name, Organization: name, OrganizationID: uscc}, Key: key.Public(), Usage: use,
		NotBefore: noon.AddDate(0, -1, 0), NotAfter: end}, w.root, w.key)
	must(w.t, err)
	return holder{key, cert}
}

func (w *world) signIn(h holder, role Role) (string, Actor, error) {
	w.t.Helper()
	challenge, err := w.Challenge(w.t.Context())
	must(w.t, err)
	return w.answer(h, challenge, role, role)
}

// here is the platform that is signed in to.
const here = "platform.test"

// answer signs for one role and asks for another.
func (w *world) answer(h holder, challenge string, signed, asked Role) (string, Actor, error) {
	w.t.Helper()
	sig, err := h.key.Sign(w.t.Context(), SignInText(here, challenge, signed))
	must(w.t, err)
	return w.SignIn(w.t.Context(), here, []signing.Certificate{h.cert}, challenge, sig, asked)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	r, ok := RefusalOf(err)
	if !ok || r.Code != code {
		t.Fatalf("got %v, want a refusal %s", err, code)
	}
}

func TestBidderAdmitsItselfByItsCertificate(t *testing.T) {
	w := newWorld(t)
	h := w.issue(bidderCode, "湖南路桥建设集团", signing.UseSign)
	token, actor, err := w.signIn(h, Bidder)
	must(t, err)
	if actor.USCC != bidderCode || actor.Name != "湖南路桥建设集团" || actor.Role != Bidder || actor.Machine {
		t.Fatalf("actor %+v", actor)
	}
	again, err := w.Session(t.Context(), token)
	must(t, err)
	if again != actor {
		t.Fatalf("session gave %+v, want %+v", again, actor)
	}
	org, err := w.Organisation(t.Context(), bidderCode)
	must(t, err)
	if org.AdmittedBy != Self || len(org.Roles) != 1 {
		t.Fatalf("organisation %+v", org)
	}
	must(t, w.SignOut(t.Context(), token))
	_, err = w.Session(t.Context(), token)
	wantCode(t, err, "session.unknown")
}

func TestOtherRolesAreGivenByAnOperator(t *testing.T) {
	w := newWorld(t)
	h := w.issue(guaranteeing, "某银行长沙分行", signing.UseSign)
	org := Organisation{USCC: guaranteeing, Name: "某银行长沙分行", Roles: []Role{Guarantor}}
	_, _, err := w.signIn(h, Guarantor)
	wantCode(t, err, "certificate.unknown")
	wantCode(t, w.Admit(t.Context(), Actor{USCC: bidderCode, Role: Bidder}, org, h.cert), "organisation.admit")
	must(t, w.Admit(t.Context(), System(), org, h.cert))
	must(t, w.Admit(t.Context(), System(), org, h.cert)) // again: nothing changes
	_, actor, err := w.signIn(h, Guarantor)
	must(t, err)
	if actor.Role != Guarantor {
		t.Fatalf("role %s", actor.Role)
	}
	_, _, err = w.signIn(h, Operator)
	wantCode(t, err, "session.role")
	machine, cert, err := w.ByFingerprint(t.Context(), h.cert.Fingerprint())
	must(t, err)
	if !machine.Machine || machine.Role != Guarantor || !cert.Equal(h.cert) {
		t.Fatalf("machine %+v", machine)
	}
	org.Roles = []Role{Custodian}
	must(t, w.Admit(t.Context(), System(), org))
	got, err := w.Organisation(t.Context(), guaranteeing)
	must(t, err)
	if len(got.Roles) != 2 || got.Roles[0] != Guarantor || got.Roles[1] != Custodian {
		t.Fatalf("roles %v", got.Roles)
	}
	org.Name = "另一家银行"
	wantCode(t, w.Admit(t.Context(), System(), org), "organisation.renamed")
}

func TestChallengeIsSpentOnceAndInTime(t *testing.T) {
	w := newWorld(t)
	h := w.issue(bidderCode, "湖南路桥建设集团", signing.UseSign)
	challenge, err := w.Challenge(t.Context())
	must(t, err)
	_, _, err = w.answer(h, challenge, Bidder, Operator) // the role is inside the signature
	wantCode(t, err, "session.signature")
	_, _, err = w.answer(h, challenge, Bidder, Bidder) // spent by the failure
	wantCode(t, err, "session.challenge")
	challenge, err = w.Challenge(t.Context())
	must(t, err)
	w.clock.Advance(ChallengeLife)
	_, _, err = w.answer(h, challenge, Bidder, Bidder)
	must(t, err) // the last instant
	challenge, err = w.Challenge(t.Context())
	must(t, err)
	w.clock.Advance(ChallengeLife + time.Microsecond)
	_, _, err = w.answer(h, challenge, Bidder, Bidder)
	wantCode(t, err, "session.challenge")
}

func TestSessionEndsWithItsTimeItsCertificateAndItsOrganisation(t *testing.T) {
	operator := Actor{USCC: guaranteeing, Role: Operator}
	for name, end := range map[string]func(w *world, h holder){
		"time": func(w *world, _ holder) { w.clock.Advance(SessionLife) },
		"certificate": func(w *world, h holder) {
			must(w.t, w.RemoveCertificate(w.t.Context(), operator, h.cert.Fingerprint()))
		},
		"suspension": func(w *world, _ holder) { must(w.t, w.Suspend(w.t.Context(), operator, bidderCode)) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			h := w.issue(bidderCode, "湖南路桥建设集团", signing.UseSign)
			token, _, err := w.signIn(h, Bidder)
			must(t, err)
			end(w, h)
			_, err = w.Session(t.Context(), token)
			wantCode(t, err, "session.unknown")
		})
	}
}

func TestCertificateMustHoldAtSignIn(t *testing.T) {
	w := newWorld(t)
	other := newWorld(t) // another authority
	for name, c := range map[string]struct {
		h    holder
		code string
	}{
		"another root":   {other.issue(bidderCode, "湖南路桥建设集团", signing.UseSign), "certificate.untrusted"},
		"expired":        {w.issueUntil(bidderCode, "湖南路桥建设集团", signing.UseSign, noon.Add(-time.Hour)), "certificate.expired"},
		"for encrypting": {w.issue(bidderCode, "湖南路桥建设集团", signing.UseEncrypt), "certificate.usage"},
		"no code":        {w.issue("", "湖南路桥建设集团", signing.UseSign), "session.subject"},
		"wrong code":     {w.issue("91430100MA4L2BKJ00", "湖南路桥建设集团", signing.UseSign), "session.subject"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := w.signIn(c.h, Bidder)
			wantCode(t, err, c.code)
		})
	}
}

func TestRenamedBidderIsNotTakenForAnother(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.signIn(w.issue(bidderCode, "湖南路桥建设集团", signing.UseSign), Bidder)
	must(t, err)
	_, _, err = w.signIn(w.issue(bidderCode, "湖南路桥建设集团有限责任公司", signing.UseSign), Bidder)
	wantCode(t, err, "organisation.renamed")
}

func TestEncryptionKey(t *testing.T) {
	w := newWorld(t)
	_, actor, err := w.signIn(w.issue(bidderCode, "湖南路桥建设集团", signing.UseSign), Bidder)
	must(t, err)
	_, err = w.EncryptionKey(t.Context(), bidderCode)
	wantCode(t, err, "certificate.no_encryption")
	enc := w.issue(bidderCode, "湖南路桥建设集团", signing.UseEncrypt)
	must(t, w.AddCertificate(t.Context(), actor, []signing.Certificate{enc.cert}))
	key, err := w.EncryptionKey(t.Context(), bidderCode)
	must(t, err)
	if !key.Equal(enc.key.Public()) {
		t.Fatal("another key")
	}
	foreign := w.issue(guaranteeing, "某银行长沙分行", signing.UseEncrypt)
	wantCode(t, w.AddCertificate(t.Context(), actor, []signing.Certificate{foreign.cert}), "certificate.subject")
	wantCode(t, w.RemoveCertificate(t.Context(), Actor{USCC: guaranteeing, Role: Guarantor}, enc.cert.Fingerprint()), "certificate.unknown")
}

func TestNonceIsUsedOnce(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	var won, lost int
	var mu sync.Mutex
	for range 8 {
		wg.Go(func() {
			err := w.UseNonce(context.Background(), "a", "n", time.Now().Add(time.Minute))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if errors.Is(err, ErrReplayed) {
				lost++
			}
		})
	}
	wg.Wait()
	if won != 1 || lost != 7 {
		t.Fatalf("won %d, lost %d", won, lost)
	}
	must(t, w.UseNonce(t.Context(), "b", "n", time.Now().Add(time.Minute))) // another sender's
}

func (w *world) once(o *Once, cmd Command, answer string) (string, error) {
	var got string
	err := w.change(context.Background(), func(tx pgx.Tx) error {
		prior, done, err := o.BeginTx(context.Background(), tx, cmd)
		if err != nil || done {
			got = string(prior)
			return err
		}
		got = answer
		return o.AnswerTx(context.Background(), tx, cmd, []byte(answer))
	})
	return got, err
}

func TestOnce(t *testing.T) {
	w := newWorld(t)
	o := NewOnce(bytes.Repeat([]byte{7}, 32))
	cmd := Command{Actor: Actor{USCC: bidderCode, Role: Bidder}, Key: "k-1", Digest: signing.Sum([]byte("body"))}
	if _, done, err := o.Prior(t.Context(), w.pool, cmd); done || err != nil {
		t.Fatalf("prior before the first: %v %v", done, err)
	}
	var wg sync.WaitGroup
	answers := make([]string, 8)
	for i := range answers {
		wg.Go(func() { answers[i], _ = w.once(o, cmd, string(rune('a'+i))) })
	}
	wg.Wait()
	for _, a := range answers {
		if a == "" || a != answers[0] {
			t.Fatalf("answers differ: %q", answers)
		}
	}
	prior, done, err := o.Prior(t.Context(), w.pool, cmd)
	if err != nil || !done || string(prior) != answers[0] {
		t.Fatalf("prior %q %v %v", prior, done, err)
	}
	other := cmd
	other.Digest = signing.Sum([]byte("other"))
	if _, err := w.once(o, other, "x"); !errors.Is(err, ErrKeyReused) {
		t.Fatalf("other bytes: %v", err)
	}
	other.Actor.USCC = guaranteeing // another party's key is another key
	if got, err := w.once(o, other, "theirs"); err != nil || got != "theirs" {
		t.Fatalf("another party: %q %v", got, err)
	}
	for _, bad := range []string{"", "a b", "键", strings.Repeat("k", 65)} {
		cmd.Key = bad
		_, err := w.once(o, cmd, "x")
		wantCode(t, err, "idempotency.key")
	}
}

func TestOnceForgetsWhatWasRolledBack(t *testing.T) {
	w := newWorld(t)
	o := NewOnce(bytes.Repeat([]byte{7}, 32))
	cmd := Command{Key: "k", Digest: signing.Sum([]byte("b"))}
	stop := errors.New("stop")
	err := w.change(t.Context(), func(tx pgx.Tx) error {
		if _, _, err := o.BeginTx(t.Context(), tx, cmd); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if got, err := w.once(o, cmd, "later"); err != nil || got != "later" {
		t.Fatalf("%q %v", got, err)
	}
}

// What the tables say of who is signed in and what was answered: nothing.
func TestTablesNameNobodyWhoActs(t *testing.T) {
	w := newWorld(t)
	token, actor, err := w.signIn(w.issue(bidderCode, "湖南路桥建设集团", signing.UseSign), Bidder)
	must(t, err)
	_, err = w.once(NewOnce(bytes.Repeat([]byte{7}, 32)), Command{Actor: actor, Key: "the-key", Digest: signing.Sum([]byte("b"))}, `{"name":"湖南路桥"}`)
	must(t, err)
	must(t, w.UseNonce(t.Context(), bidderCode, "the-nonce", time.Now()))
	for _, table := range []string{"session", "once", "nonce", "challenge"} {
		var dump string
		must(t, w.pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(x::text || convert_from(decode('', 'hex'), 'UTF8'), ' '), '') FROM `+table+` x`).Scan(&dump))
		for _, secret := range []string{bidderCode, hexOf(bidderCode), hexOf("湖南路桥"), "the-key", hexOf("the-key"), "the-nonce", token} {
			if strings.Contains(dump, secret) {
				t.Errorf("table %s holds %s", table, secret)
			}
		}
	}
}

func hexOf(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

func TestUSCC(t *testing.T) {
	for _, good := range []string{bidderCode, guaranteeing, "9144030071526726XG"} {
		if !validUSCC(good) {
			t.Errorf("%s refused", good)
		}
		for i := range good { // every single changed character is found
			bad := []byte(good)
			bad[i] = usccAlphabet[(strings.IndexByte(usccAlphabet, bad[i])+1)%31]
			if validUSCC(string(bad)) {
				t.Errorf("%s accepted", bad)
			}
		}
	}
}

// A machine never signs in: where its issuers are on record, a revocation stops its very next request.
func TestRevokedMachineIsStopped(t *testing.T) {
	w := newWorld(t)
	ca := func() *devca.CA { c, err := devca.New("测试", noon.AddDate(-1, 0, 0), 5); must(t, err); return c }()
	trust, err := ca.Trust()
	must(t, err)
	w.trust = trust
	name := signing.Name{CommonName: "某银行长沙分行", Organization: "某银行长沙分行", OrganizationID: guaranteeing}
	id, err := ca.Issue(name, signing.UseSign, noon.AddDate(0, -1, 0), noon.AddDate(1, 0, 0))
	must(t, err)
	org := Organisation{USCC: guaranteeing, Name: "某银行长沙分行", Roles: []Role{Guarantor}}
	must(t, w.Admit(t.Context(), System(), org, id.Certificate()))
	must(t, w.Admit(t.Context(), System(), org, id.Chain...)) // the issuers become known later
	_, _, err = w.ByFingerprint(t.Context(), id.Certificate().Fingerprint())
	must(t, err)
	ca.Revoke(id.Certificate(), noon.Add(-time.Minute), 1)
	list, err := ca.CRL(noon, noon.AddDate(0, 1, 0))
	must(t, err)
	must(t, trust.AddCRL(list))
	_, _, err = w.ByFingerprint(t.Context(), id.Certificate().Fingerprint())
	wantCode(t, err, "certificate.revoked")
}
