package custody

import (
	"context"
	"fmt"
	"sync"
	"time"

	"baohan/guarantee/letter"
	"baohan/internal/clock"
	"baohan/signing"
)

// Config is what one custodian stands on.
type Config struct {
	Holder  int // 0, 1 or 2: which of the three it is
	Party   letter.Party
	Signer  signing.Signer        // its long-term key: it signs the key of each lot
	Chain   []signing.Certificate // of Signer, leaf first, without the root
	Storage *signing.PrivateKey   // encrypts the lots' keys on disk; it never leaves the premises
	Dir     string
	Clock   clock.Clock // its own
	Trust   *signing.Trust
	Centre  string // 统一社会信用代码 of the centre whose closings count

	// Supervisor is the 统一社会信用代码 of the authority that signs a postponement beside the centre; empty: no
	// postponement is obeyed.
	Supervisor string
	// Automatic lets the agent serve by itself the lots of the days that its officer has authorised. Else every lot
	// waits for the officer's hand.
	Automatic bool
	// Unattended serves every lot at its time without any officer: for development and tests.
	Unattended bool
	// KeepFor is how long after its deadline a lot's key is kept; zero: for ever.
	KeepFor time.Duration
}

// Agent is a custodian that acts by itself: it gives its shares when, and only when, the rules allow it.
type Agent struct {
	Config
	mu sync.Mutex // one change of a lot's file at a time
}

var _ Custodian = (*Agent)(nil)

// NewAgent returns the agent over c; it makes Dir when it is not there.
func NewAgent(c Config) (*Agent, error) {
	if c.Holder < 0 || c.Holder > 2 {
		return nil, fmt.Errorf("custody: holder %d is not 0, 1 or 2", c.Holder)
	}
	if len(c.Chain) == 0 || !c.Chain[0].PublicKey().Equal(c.Signer.Public()) {
		return nil, fmt.Errorf("custody: the certificate of holder %d does not belong to its key", c.Holder)
	}
	return &Agent{Config: c}, makeDir(c.Dir)
}

// Key makes the lot's key when it is first asked for, and gives the same key ever after: whoever asks again after a
// lost answer gets what was lost. The deadline is remembered with it, and another one is refused: an earlier one would
// open too soon, and a later one takes an order of two (Postpone).
func (a *Agent) Key(ctx context.Context, project, lot string, notBefore time.Time) (letter.CustodianKey, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := a.load(project, lot)
	switch {
	case err != nil:
		return letter.CustodianKey{}, err
	case f == nil:
		f, err = a.make(ctx, project, lot, notBefore)
	case !notBefore.Equal(f.NotBefore):
		return letter.CustodianKey{}, ErrDeadline
	default:
		return f.Key, nil
	}
	if err != nil {
		return letter.CustodianKey{}, err
	}
	return f.Key, a.save(f)
}

// make creates a key and signs it with the long-term key, so that every bidder can see whose it is.
func (a *Agent) make(ctx context.Context, project, lot string, notBefore time.Time) (*lotFile, error) {
	fresh, err := signing.GenerateKey()
	if err != nil {
		return nil, err
	}
	sig, err := a.Signer.Sign(ctx, letter.CustodianKeyBytes(project, lot, fresh.Public()))
	if err != nil {
		return nil, err
	}
	private, err := signing.SealTo(fresh.Bytes(), fileAAD(project, lot), a.Storage.Public())
	if err != nil {
		return nil, err
	}
	return &lotFile{Project: project, Lot: lot, NotBefore: notBefore, Private: private, Key: letter.CustodianKey{
		Custodian: a.Party, Public: fresh.Public(), Signature: sig, Certificate: letter.ChainBytes(a.Chain)}}, nil
}

// Rehearse unwraps a Rehearsal and nothing else.
func (a *Agent) Rehearse(ctx context.Context, project, lot string, wrapped []byte) ([]byte, error) {
	_, key, err := a.open(ctx, project, lot)
	if err != nil {
		return nil, err
	}
	plain, err := key.Unwrap(ctx, wrapped)
	if err != nil {
		return nil, err
	}
	if !isRehearsal(plain) {
		return nil, ErrRehearsal
	}
	return plain, nil
}

// open reads a lot's file and decrypts its key.
func (a *Agent) open(ctx context.Context, project, lot string) (*lotFile, *signing.PrivateKey, error) {
	f, err := a.load(project, lot)
	if err != nil {
		return nil, nil, err
	}
	if f == nil {
		return nil, nil, ErrNoKey
	}
	if f.Destroyed != nil {
		return nil, nil, ErrDestroyed
	}
	raw, err := signing.OpenEnvelope(ctx, a.Storage, f.Private, fileAAD(project, lot))
	if err != nil {
		return nil, nil, err
	}
	key, err := signing.ParsePrivateKey(raw)
	return f, key, err
}
