// Package guarantee holds the rules and the rows of one guarantee (保函), from the application to its end.
//
// A guarantee is not one status: it is an aggregate, one row to lock, of small machines (status.go) each with one
// table of legal moves. A verb is one file: its rule, and below it its transaction. Every transaction begins in
// [Desk.change]: lock the row, run the rule, append the events, write the row, enqueue what follows, commit.
//
// Before the opening a row names nobody but the guarantor: what it is about is encrypted before SQL (seal.go), and
// rows are found by keyed tags (tags.go).
package guarantee
