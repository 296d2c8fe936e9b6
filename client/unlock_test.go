package client_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"net/http"
	"testing"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

func (w *world) key() *signing.PrivateKey {
	w.t.Helper()
	k, err := signing.GenerateKey()
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

// saved is a copy as a bidder keeps it in a file: written, and read again.
func (w *world) saved(c wire.Copy) wire.Copy {
	w.t.Helper()
	b, err := wire.Write(c)
	if err != nil {
		w.t.Fatal(err)
	}
	var again wire.Copy
	if err := wire.ReadAnswer(b, &again); err != nil {
		w.t.Fatal(err)
	}
	return again
}

// With a saved answer and its own encryption key a bidder needs nobody: what comes out proves itself.
func TestUnlockNeedsTheKeyAlone(t *testing.T) {
	for _, mode := range []letter.Mode{letter.ModeBlind, letter.ModeFull} {
		w := newWorld(t)
		d := w.prepared(w.bidder(), mode)
		i := w.issue(d, nil)
		c := w.saved(w.undertakingCopy(d, i))
		w.srv.Close() // there is no platform any more
		file, err := client.Unlock(t.Context(), c, w.Bidders[0].Encrypt.Key)
		if err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		plain, err := file.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if r := letter.VerifyFile(plain, w.Trust, letter.Platform(w.Platform.Party.USCC)); !r.OK || file.Undertaking.Number != i.Undertaking.Number {
			t.Errorf("%s: %+v", mode, r)
		}
		for name, key := range map[string]*signing.PrivateKey{"another bidder": w.Bidders[1].Encrypt.Key, "the bank": w.Bank.Encrypt.Key,
			"the platform": w.Platform.Encrypt.Key, "the centre": w.Centre.Encrypt.Key, "the bidder's signing key": w.Bidders[0].Sign.Key,
			"a custodian": w.CustodianKeys[0], "another custodian": w.CustodianKeys[1], "the third custodian": w.CustodianKeys[2]} {
			if _, err := client.Unlock(t.Context(), c, key); err == nil {
				t.Errorf("%s: %s opened it", mode, name)
			}
		}
		other := c
		other.ID = "ffffffffffffffffffffffffffffffff"
		if _, err := client.Unlock(t.Context(), other, w.Bidders[0].Encrypt.Key); err == nil {
			t.Errorf("%s: opened under another id", mode)
		}
		none := c
		none.Receipt = nil
		if _, err := client.Unlock(t.Context(), none, w.Bidders[0].Encrypt.Key); !errors.Is(err, client.ErrNotIssued) {
			t.Errorf("%s: nothing issued: %v", mode, err)
		}
	}
}

// The encryption key is lost. The recovery key opens the draft, and the draft opens a blind letter.
func TestALostKeyIsRecovered(t *testing.T) {
	w := newWorld(t)
	recovery := w.key()
	me := identity(w.Bidders[0])
	me.Recovery = recovery.Public()
	before, err := client.NewBidder(w.platform, me, w.copies)
	if err != nil {
		t.Fatal(err)
	}
	d := w.prepared(before, letter.ModeBlind)
	c := w.saved(w.undertakingCopy(d, w.issue(d, nil)))

	renewed := w.Member(w.Bidders[0].Party.Name, 10) // certificates for new keys; the old ones are gone
	now := me
	now.Open, now.OpenChain = renewed.Encrypt.Key, renewed.Encrypt.Chain
	after, err := client.NewBidder(w.platform, now, w.copies)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := after.Draft(t.Context(), d.ID); !errors.Is(err, signing.ErrOpen) {
		t.Fatalf("the new key opens old papers: %v", err)
	}
	if err := after.Rekeep(t.Context(), "", w.key()); !errors.Is(err, signing.ErrOpen) {
		t.Errorf("a key that was never told of opens them: %v", err)
	}
	if err := after.Rekeep(t.Context(), "", recovery); err != nil {
		t.Fatal(err)
	}
	kept, err := after.Draft(t.Context(), d.ID)
	if err != nil || !bytes.Equal(kept.Submission.Key, d.Submission.Key) {
		t.Fatalf("recovered draft: %v", err)
	}
	file, err := client.UnlockByDraft(t.Context(), c, kept)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := file.Canonical()
	if r := letter.VerifyFile(plain, w.Trust); err != nil || !r.OK {
		t.Errorf("%+v, %v", r, err)
	}
	kept.ID = w.lot.ID
	if _, err := client.UnlockByDraft(t.Context(), c, kept); err == nil {
		t.Error("another application's draft opened it")
	}
}

// rewrapping is a service that keeps what a rewrap hands in, as the platform does.
func (w *world) rewrapping(id string, c *wire.Copy, spoil func(*letter.Rewrapping)) {
	w.on("GET /applications/"+id+"/copy", func(rw http.ResponseWriter, _ *http.Request) { answer(rw, *c) })
	w.on("POST /applications/"+id+"/rewrap", func(rw http.ResponseWriter, _ *http.Request) {
		asked := w.sent("POST", "/applications/"+id+"/rewrap")
		var in wire.Rewrap
		if err := wire.Read([]byte(asked[len(asked)-1].body), &in); err != nil {
			w.t.Error(err)
		}
		signed, err := signing.ParseSignedData(in.Statement)
		if err != nil || signed.Verify(w.Trust, w.At) != nil || signed.Signer().Subject().OrganizationID != w.Bidders[0].Party.USCC {
			w.t.Errorf("not signed by the owner: %v", err)
		}
		r, err := letter.ParseRewrapping(signed.Content)
		if err != nil {
			w.t.Error(err)
		}
		blob, err := c.Record.MarshalBinary()
		if err != nil || r.Record != letter.SealedDigest(blob) || r.Application != id {
			w.t.Errorf("not bound to what is sealed: %v", err)
		}
		if spoil != nil {
			spoil(&r)
		}
		c.OwnerRecord, c.OwnerLetter = r.Owner, r.LetterOwner
		answer(rw, struct{}{})
	})
}

// After a renewal the platform's copy opens with the new key and not with the old, the seals are the same bytes, and
// the whole letter is read back. A second renewal goes on from the first.
func TestRewrapForARenewedCertificate(t *testing.T) {
	for _, mode := range []letter.Mode{letter.ModeBlind, letter.ModeFull} {
		w := newWorld(t)
		d := w.prepared(w.bidder(), mode)
		c := w.undertakingCopy(d, w.issue(d, nil))
		sealed, err := c.Record.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		w.rewrapping(d.ID, &c, nil)
		old := w.Bidders[0].Encrypt.Key
		for n := range 2 {
			renewed := w.Member(w.Bidders[0].Party.Name, 20+n)
			me := identity(w.Bidders[0])
			me.Open, me.OpenChain = renewed.Encrypt.Key, renewed.Encrypt.Chain
			b, err := client.NewBidder(w.platform, me, w.copies)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Rewrap(t.Context(), d.ID, old); err != nil {
				t.Fatalf("%s, renewal %d: %v", mode, n, err)
			}
			if _, err := b.Letter(t.Context(), d.ID); err != nil {
				t.Errorf("%s: the letter is not read with the new key: %v", mode, err)
			}
			if _, err := client.Unlock(t.Context(), c, old); err == nil {
				t.Errorf("%s: the old key opens the new wrapping", mode)
			}
			old = renewed.Encrypt.Key
		}
		if again, err := c.Record.MarshalBinary(); err != nil || !bytes.Equal(again, sealed) {
			t.Errorf("%s: what is sealed changed", mode)
		}
	}
}

// A copy that does not open with the new key after all is said to be so, not passed over.
func TestARewrapIsReadBack(t *testing.T) {
	w := newWorld(t)
	d := w.prepared(w.bidder(), letter.ModeBlind)
	c := w.undertakingCopy(d, w.issue(d, nil))
	w.rewrapping(d.ID, &c, func(r *letter.Rewrapping) {
		other, err := signing.Wrap(w.Bidders[1].Encrypt.Key.Public(), make([]byte, 16))
		if err != nil {
			t.Error(err)
		}
		r.Owner = other
	})
	if err := w.bidder().Rewrap(t.Context(), d.ID, w.Bidders[0].Encrypt.Key); !errors.Is(err, client.ErrLetter) {
		t.Errorf("%v", err)
	}
	if err := w.bidder().Rewrap(t.Context(), d.ID, w.Bidders[1].Encrypt.Key); err == nil {
		t.Error("rewrapped with a key that does not open the copy")
	}
}

// The paper names of one application do not begin another's.
func TestRekeepTouchesOneApplication(t *testing.T) {
	w := newWorld(t)
	b := w.bidder()
	one, other := w.prepared(b, letter.ModeBlind), w.prepared(b, letter.ModeBlind)
	before, err := w.copies.Get(other.ID + ".draft")
	if err != nil {
		t.Fatal(err)
	}
	was, _ := w.copies.Get(one.ID + ".draft")
	if err := b.Rekeep(t.Context(), one.ID, w.key()); err != nil {
		t.Fatal(err)
	}
	if after, _ := w.copies.Get(other.ID + ".draft"); !bytes.Equal(before, after) {
		t.Error("the other application's draft was written")
	}
	if is, _ := w.copies.Get(one.ID + ".draft"); bytes.Equal(was, is) {
		t.Errorf("%s… was not written", hex.EncodeToString(is[:4]))
	}
}
