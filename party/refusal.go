package party

import "errors"

// Kind is what a refusal means to the one who is refused; the edge maps it to a status in one table.
type Kind string

// The kinds of refusal.
const (
	KindInvalid     Kind = "invalid"     // what was sent breaks a rule that does not depend on state
	KindForbidden   Kind = "forbidden"   // this actor may never do that
	KindNotFound    Kind = "not_found"   // no such object, or not this actor's: the two are not told apart
	KindConflict    Kind = "conflict"    // the object's state does not allow it
	KindTooEarly    Kind = "too_early"   // it may be done later
	KindTooLate     Kind = "too_late"    // its time is over
	KindKeyReused   Kind = "key_reused"  // an idempotency key came back with other bytes
	KindUnauthentic Kind = "unauthentic" // who is asking was not proved
)

// Kinds lists every kind, so that the edge can test that its table misses none.
func Kinds() []Kind {
	return []Kind{KindInvalid, KindForbidden, KindNotFound, KindConflict, KindTooEarly, KindTooLate, KindKeyReused, KindUnauthentic}
}

// Refusal is how every room says no. Code is stable and for programs, Message is Chinese, for people, and says
// what to do next. It never carries the submitted value: before opening a value could name a bidder.
type Refusal struct {
	Kind    Kind
	Code    string // e.g. "demand.after_expiry"
	Field   string // the member of the request that is wrong; empty when none is
	Message string
}

// Error is for logs: it holds nothing that was submitted.
func (r *Refusal) Error() string {
	if r.Field == "" {
		return r.Code + ": " + r.Message
	}
	return r.Code + " (" + r.Field + "): " + r.Message
}

// Is makes two refusals the same when kind and code are, so that a sentinel matches whatever its field.
func (r *Refusal) Is(target error) bool {
	other, ok := target.(*Refusal)
	return ok && other.Kind == r.Kind && other.Code == r.Code
}

// RefusalOf finds the refusal in err, if it is one.
func RefusalOf(err error) (*Refusal, bool) {
	var r *Refusal
	ok := errors.As(err, &r)
	return r, ok
}

// Invalid refuses what breaks a rule whatever the state.
func Invalid(code, field, message string) error {
	return &Refusal{KindInvalid, code, field, message}
}

// Forbidden refuses an actor for good.
func Forbidden(code, message string) error { return &Refusal{KindForbidden, code, "", message} }

// NotFound is also the answer for an object of somebody else's.
func NotFound(code, message string) error { return &Refusal{KindNotFound, code, "", message} }

// Conflict refuses because of the object's state.
func Conflict(code, message string) error { return &Refusal{KindConflict, code, "", message} }

// TooEarly refuses what may be done later.
func TooEarly(code, message string) error { return &Refusal{KindTooEarly, code, "", message} }

// TooLate refuses what may no longer be done.
func TooLate(code, message string) error { return &Refusal{KindTooLate, code, "", message} }

// Unauthentic refuses because the sender did not prove who it is.
func Unauthentic(code, message string) error { return &Refusal{KindUnauthentic, code, "", message} }

// ErrKeyReused refuses an idempotency key that comes back with other bytes.
var ErrKeyReused error = &Refusal{KindKeyReused, "idempotency.key_reused", "",
	"此 Idempotency-Key 已用于另一请求；同一请求请原样重发，新请求请换用新的键"}

// ErrReplayed refuses a signed request whose nonce was used before.
var ErrReplayed error = &Refusal{KindUnauthentic, "signature.replayed", "",
	"此请求的随机数已使用过；请用新的随机数重新签名后再发送"}
