// Package letter holds the bytes of a bid guarantee (电子投标保函): what the bidder reveals and applies for, what the
// guarantor undertakes, what the platform receipts, and how anyone checks all of it offline.
//
// Every object has one encoding, canonical JSON (RFC 8785), and one way in: Parse… accepts nothing but that encoding of
// an object that holds. What is hashed is hashed under a tag of its own (digest.go), so no object is ever taken for
// another. The bytes are final: a letter of today must be checked in ten years by whoever has this package's
// description (docs/blind-guarantee.md) and no program of ours.
//
// Nothing here asks a database, a clock or the network.
package letter
