// Package house holds, as a test, how the rooms of this repository may depend on each other: which
// room knows which (docs/adr/0001), who alone may import echo, river, pgx and the SM2 libraries,
// who may read the machine's clock, and that every package says what it is.
//
// When the test refuses a change, the change is usually in the wrong room. When it is not, the
// table in arrows_test.go is changed in the same commit, with its reason.
package house
