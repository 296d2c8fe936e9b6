// Package client is the Go SDK of the platform: what a bidder, an institution, a beneficiary and the platform's
// staff run on their own premises, with their own keys. The demonstration, the commands and the sandbox
// institution use nothing else.
//
// It trusts the service as little as it can. A lot's custodians are compared with the digest in its requirement
// before anything is sealed for them; a letter is opened and checked before the deadline; a machine's answers must
// be signed by the platform. Every command carries an idempotency key that follows from what it is about, so a
// program that died half way says the same again under the same key. When no answer came, the outcome is not
// known: it is read back, and never taken for a failure.
package client
