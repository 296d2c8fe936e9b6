// Package party says who acts: organisations, their certificates and roles, sessions of people and nonces of
// machines; and two things every room needs to answer anyone at all: the refusal (Refusal) and the answer that
// is given only once (Once).
//
// Nothing here tells who bids. A bidder's organisation is on record as soon as it signs in for the first time,
// which any number of firms do that never bid; its sessions are sealed under their own token, and a nonce or
// an idempotency key is kept as a digest only.
package party
