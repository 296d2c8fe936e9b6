// Command secrecy tries to learn, before the opening, who bids and for which lot (招标投标法22), as a stranger, as the
// staff, as the operator with the whole database, its files and its logs before him. It runs a real platform on a
// durable PostgreSQL with production settings, lets bidders with unique names apply, pay and bid, and stops before the
// deadline. Then it searches every surface for them, plays a distinguishing game, and times the answers; after the
// deadline the same search must find them. At last it plants leaks and demands that it finds each.
//
// What it may not find, and what is admitted, stands in docs/secrecy.md. Run it by `make secrecy`, from the top of the
// repository.
package main
