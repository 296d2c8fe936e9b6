package web

import (
	"context"
	"encoding/hex"
	"slices"

	"baohan/party"
	"baohan/signing"
)

// exchange is what is known of one request while it is answered. edge.go makes it, gate.go fills it, the handler
// and the log read it. It never outlives the answer.
type exchange struct {
	id        string // 32 hex digits, for the log and for a caller who reports an incident
	operation string // "" until a route matched
	pattern   string // the route, with {names} for values
	body      []byte // exactly as received
	actor     party.Actor
	known     bool   // an actor was proved
	token     string // of the session, for signing out
	paged     bool   // a browser sent the session by itself, as a cookie
	cookie    string // Set-Cookie of the answer, if it begins or ends a session
	signed    bool   // by a request signature, so the answer is signed too
	command   party.Command
	address   string  // from which the request came
	authority string  // by which it reached us
	held      *answer // to the request
}

type exchangeKey struct{}

func newExchange() *exchange { return &exchange{id: hex.EncodeToString(signing.Random(16))} }

func (x *exchange) within(ctx context.Context) context.Context {
	return context.WithValue(ctx, exchangeKey{}, x)
}

// exchangeOf returns the exchange of a request that came through the edge; anything else is a mistake in wiring.
func exchangeOf(ctx context.Context) *exchange {
	x, ok := ctx.Value(exchangeKey{}).(*exchange)
	if !ok {
		panic("web: a handler ran outside the edge")
	}
	return x
}

// spoken is the operation as the log may name it. What bidders do is one word: a log that counts applications tells
// how many bidders there are (招标投标法22). Who asks for a leaf's proof before an opening is most likely one.
func (x *exchange) spoken() string {
	known, _ := ruleOf(x.operation)
	ofLeaf := x.operation == "log-proof" || x.operation == "log-receipt"
	awaits := x.operation == "list-notices" && x.actor.Role == party.Bidder // its own reminders, before an opening too
	if ofLeaf || awaits || slices.Equal(known.roles, bidders) {
		return "bidder"
	}
	return x.operation
}
