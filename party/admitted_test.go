package party

import (
	"bytes"
	"testing"
	"time"

	"baohan/signing"
	"baohan/signing/devca"
)

const bankName = "长沙银行股份有限公司"

// bankWith is an organisation that an operator admitted in roles with the certificates given.
func (w *world) bankWith(roles []Role, certs ...signing.Certificate) {
	w.t.Helper()
	must(w.t, w.Admit(w.t.Context(), System(), Organisation{USCC: guaranteeing, Name: bankName, Roles: roles}, certs...))
}

// The token of any clerk who bids carries the same organisation's code. It opens the bidder's door and no other.
func TestWhatAnOrganisationAdmitsItselfServesABidderOnly(t *testing.T) {
	w := newWorld(t)
	w.bankWith([]Role{Guarantor, Operator}, w.issue(guaranteeing, bankName, signing.UseSign).cert)
	clerk := w.issue(guaranteeing, bankName, signing.UseSign)
	_, bidding, err := w.signIn(clerk, Bidder)
	must(t, err)
	added := w.issue(guaranteeing, bankName, signing.UseSign)
	must(t, w.AddCertificate(t.Context(), bidding, []signing.Certificate{added.cert}))
	for name, h := range map[string]holder{"signed in": clerk, "added": added} {
		t.Run(name, func(t *testing.T) {
			for _, role := range []Role{Guarantor, Operator} {
				_, _, err := w.signIn(h, role)
				wantCode(t, err, "certificate.self")
			}
			if _, _, err := w.signIn(h, Bidder); err != nil {
				t.Errorf("not even as a bidder: %v", err)
			}
			machine, _, err := w.ByFingerprint(t.Context(), h.cert.Fingerprint())
			must(t, err)
			if machine.Role != Bidder {
				t.Errorf("its signed requests act as %s", machine.Role)
			}
		})
	}
}

// What a member of staff in a given role brings is no operator's admission either, and no bidder's.
func TestACertificateAddedByStaffDoesNotActInTheirRole(t *testing.T) {
	w := newWorld(t)
	admitted, added := w.issue(guaranteeing, bankName, signing.UseSign), w.issue(guaranteeing, bankName, signing.UseSign)
	w.bankWith([]Role{Guarantor}, admitted.cert)
	_, staff, err := w.signIn(admitted, Guarantor)
	must(t, err)
	must(t, w.AddCertificate(t.Context(), staff, []signing.Certificate{added.cert}))
	_, _, err = w.signIn(added, Guarantor)
	wantCode(t, err, "certificate.self")
	_, _, err = w.ByFingerprint(t.Context(), added.cert.Fingerprint())
	wantCode(t, err, "certificate.unknown")
}

func TestAnOperatorsAdmissionUpgradesACertificate(t *testing.T) {
	w := newWorld(t)
	h := w.issue(guaranteeing, bankName, signing.UseSign)
	_, _, err := w.signIn(h, Bidder)
	must(t, err)
	w.bankWith([]Role{Guarantor}, h.cert)
	_, _, err = w.signIn(h, Guarantor)
	must(t, err)
	_, _, err = w.signIn(h, Bidder) // showing it again takes nothing back
	must(t, err)
	machine, _, err := w.ByFingerprint(t.Context(), h.cert.Fingerprint())
	must(t, err)
	if machine.Role != Guarantor {
		t.Errorf("it signed in as a bidder first, and its signed requests now act as %s", machine.Role)
	}
}

func TestOffersAreNotSealedToAClerksKey(t *testing.T) {
	w := newWorld(t)
	w.bankWith([]Role{Guarantor}, w.issue(guaranteeing, bankName, signing.UseSign).cert)
	_, clerk, err := w.signIn(w.issue(guaranteeing, bankName, signing.UseSign), Bidder)
	must(t, err)
	w.clock.Advance(time.Second) // the newer one would be taken
	own := w.issue(guaranteeing, bankName, signing.UseEncrypt)
	must(t, w.AddCertificate(t.Context(), clerk, []signing.Certificate{own.cert}))
	_, err = w.EncryptionKey(t.Context(), guaranteeing)
	wantCode(t, err, "certificate.no_encryption")
	enc := w.issue(guaranteeing, bankName, signing.UseEncrypt)
	w.bankWith([]Role{Guarantor}, enc.cert)
	w.clock.Advance(time.Second)
	must(t, w.AddCertificate(t.Context(), clerk, []signing.Certificate{w.issue(guaranteeing, bankName, signing.UseEncrypt).cert}))
	if key, err := w.EncryptionKey(t.Context(), guaranteeing); err != nil || !key.Equal(enc.key.Public()) {
		t.Errorf("not sealed to the key that the operator admitted: %v", err)
	}
}

// A bidder's session must not put the organisation's other certificates out of use.
func TestABidderRemovesABiddersCertificatesOnly(t *testing.T) {
	w := newWorld(t)
	admitted, clerk := w.issue(guaranteeing, bankName, signing.UseSign), w.issue(guaranteeing, bankName, signing.UseSign)
	w.bankWith([]Role{Guarantor}, admitted.cert)
	_, bidding, err := w.signIn(clerk, Bidder)
	must(t, err)
	wantCode(t, w.RemoveCertificate(t.Context(), bidding, admitted.cert.Fingerprint()), "certificate.unknown")
	must(t, w.RemoveCertificate(t.Context(), bidding, clerk.cert.Fingerprint()))
	_, _, err = w.signIn(clerk, Bidder)
	wantCode(t, err, "certificate.taken")
}

// An operator who locks its own organisation out could never undo it.
func TestAnOperatorDoesNotLockItselfOut(t *testing.T) {
	w := newWorld(t)
	h := w.issue(guaranteeing, bankName, signing.UseSign)
	w.bankWith([]Role{Operator}, h.cert)
	operator, _, err := w.ByFingerprint(t.Context(), h.cert.Fingerprint())
	must(t, err)
	wantCode(t, w.Suspend(t.Context(), operator, guaranteeing), "organisation.own")
	wantCode(t, w.RemoveCertificate(t.Context(), operator, h.cert.Fingerprint()), "certificate.own")
}

// Who suspended and who removed is on record.
func TestAnOperatorsActsAreOnRecord(t *testing.T) {
	w := newWorld(t)
	operator := Actor{USCC: guaranteeing, Role: Operator}
	h := w.issue(bidderCode, "湖南路桥建设集团", signing.UseSign)
	_, _, err := w.signIn(h, Bidder)
	must(t, err)
	must(t, w.Suspend(t.Context(), operator, bidderCode))
	must(t, w.RemoveCertificate(t.Context(), operator, h.cert.Fingerprint()))
	var by, remover string
	var at time.Time
	must(t, w.pool.QueryRow(t.Context(), `SELECT status_by, status_at FROM organisation WHERE uscc = $1`, bidderCode).Scan(&by, &at))
	must(t, w.pool.QueryRow(t.Context(), `SELECT removed_by FROM certificate WHERE uscc = $1`, bidderCode).Scan(&remover))
	if by != guaranteeing || remover != guaranteeing || !at.Equal(noon) {
		t.Errorf("suspended by %q at %s, certificate removed by %q", by, at, remover)
	}
}

// authorised is a world that trusts an authority with an intermediate, and an identity that it issued.
func authorised(t *testing.T, uscc, name string, use signing.Usage) (*world, *devca.CA, devca.Identity) {
	t.Helper()
	w := newWorld(t)
	ca, err := devca.New("测试", noon.AddDate(-1, 0, 0), 5)
	must(t, err)
	w.trust, err = ca.Trust()
	must(t, err)
	return w, ca, issuedBy(t, ca, uscc, name, use)
}

func issuedBy(t *testing.T, ca *devca.CA, uscc, name string, use signing.Usage) devca.Identity {
	t.Helper()
	id, err := ca.Issue(signing.Name{CommonName: name, Organization: name, OrganizationID: uscc}, use, noon.AddDate(0, -1, 0), noon.AddDate(1, 0, 0))
	must(t, err)
	return id
}

// revoke publishes a list that the world then knows.
func (w *world) revoke(ca *devca.CA, c signing.Certificate) {
	w.t.Helper()
	ca.Revoke(c, noon.Add(-time.Minute), 1)
	list, err := ca.CRL(noon, noon.AddDate(0, 1, 0))
	must(w.t, err)
	must(w.t, w.trust.AddCRL(list))
}

func TestARevocationEndsSessions(t *testing.T) {
	w, ca, id := authorised(t, bidderCode, "湖南路桥建设集团", signing.UseSign)
	challenge, err := w.Challenge(t.Context())
	must(t, err)
	sig, err := id.Key.Sign(t.Context(), SignInText(here, challenge, Bidder))
	must(t, err)
	token, _, err := w.SignIn(t.Context(), here, id.Chain, challenge, sig, Bidder)
	must(t, err)
	_, err = w.Session(t.Context(), token)
	must(t, err)
	w.revoke(ca, id.Certificate())
	_, err = w.Session(t.Context(), token)
	wantCode(t, err, "session.unknown")
}

// Two certificates of two authorities, and the issuers of both: each gets its own.
func TestIssuersAreThoseOfEachCertificate(t *testing.T) {
	w, ca, sign := authorised(t, guaranteeing, bankName, signing.UseSign)
	other, err := devca.New("另一家", noon.AddDate(-1, 0, 0), 5)
	must(t, err)
	w.trust, err = signing.NewTrust(ca.Root, other.Root)
	must(t, err)
	enc := issuedBy(t, other, guaranteeing, bankName, signing.UseEncrypt)
	w.bankWith([]Role{Guarantor}, append(append([]signing.Certificate{}, enc.Chain...), sign.Chain...)...)
	for id, want := range map[*devca.Identity]signing.Certificate{&sign: ca.Intermediate, &enc: other.Intermediate} {
		row, err := readCertificate(t.Context(), w.pool, id.Certificate().Fingerprint())
		must(t, err)
		if !bytes.Equal(row.Issuers, want.PEM()) {
			t.Errorf("%s has the issuers %s", id.Certificate().Issuer(), row.Issuers)
		}
	}
	_, err = w.EncryptionKey(t.Context(), guaranteeing)
	must(t, err)
	w.revoke(other, enc.Certificate())
	_, err = w.EncryptionKey(t.Context(), guaranteeing)
	wantCode(t, err, "certificate.no_encryption")
}

// With its issuers shown, a certificate is admitted only if its chain holds.
func TestAdmittedChainMustHold(t *testing.T) {
	w, ca, id := authorised(t, guaranteeing, bankName, signing.UseSign)
	w.revoke(ca, id.Certificate())
	org := Organisation{USCC: guaranteeing, Name: bankName, Roles: []Role{Guarantor}}
	wantCode(t, w.Admit(t.Context(), System(), org, id.Chain...), "certificate.revoked")
	other, err := devca.New("无名", noon.AddDate(-1, 0, 0), 5)
	must(t, err)
	wantCode(t, w.Admit(t.Context(), System(), org, issuedBy(t, other, guaranteeing, bankName, signing.UseSign).Chain...), "certificate.untrusted")
}
