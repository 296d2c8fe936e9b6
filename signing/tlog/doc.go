// Package tlog is what an outsider needs in order to check a transparency log: the SM3 Merkle tree of RFC 9162,
// signed checkpoints, receipts, proofs that a leaf stands in the log and that the log only grew, a witness that
// follows and countersigns, and the audit of a dump. It knows no business word and no database; signing/translog keeps
// a log in PostgreSQL.
//
// It follows C2SP signed-note, tlog-checkpoint, tlog-cosignature and tlog-witness with SM3 in place of SHA-256 and SM2
// in place of Ed25519; docs/transparency-log.md has every byte, and says where it differs.
package tlog
