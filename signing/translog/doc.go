// Package translog keeps a transparency log in PostgreSQL: leaves in the order in which they came, the Merkle tree over
// them in tiles, and the heads that were signed. What outsiders need to check it is signing/tlog; every byte is in
// docs/transparency-log.md.
//
// A leaf is handed in by the transaction that makes its fact true (EnqueueTx), and waits. One writer at a time (Run)
// appends batches of one fixed size at one fixed rhythm, filled up with dummies, so that the size of the log tells
// nothing but its age. Before a head is signed the stored bytes are read back and hashed again: a bit that has flipped
// stops the log, and is never signed.
package translog
