// Package sandbox is an institution to test against: its own process, its own keys, its own book. It stands on
// package client alone, as a bank's own system would, and checks everything a bank's engineer would check: our
// signature, the bidder's, the ladders, the wording that its licence allows, the commitment when a lot is opened,
// the documents of a demand.
//
// Everything that happens is a line of an append-only journal, on disk before anybody is answered; what the bank
// knows is the fold of those lines. It says each thing to the platform until it has an answer, under the same key.
// How it behaves, well or badly, is data (Behaviour).
package sandbox
