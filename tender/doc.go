// Package tender runs a lot from its publication to its contract: project, lot, bid, opening, award. It holds
// the lot's lock whenever a guarantee's verb needs the lot (apply, open, release), and hands the guarantee what
// it must know as a value.
//
// Before the opening no row says who bids on a lot, or how many do. A bid is a random id, three keyed tags and
// sealed bytes of one size; it has no lot column, no time and no event. Handing in takes a shared advisory lock
// on the lot and the deadline is decided by the database's clock under it; closing takes the same lock
// exclusively, so that whatever was decided in time is there when the bids are counted.
//
// After the deadline there may be an emergency (应急): a letter that could not be opened counts by its bidder's own copy
// and the supervisor's signed decision, and is verified again as soon as that is possible (docs/emergency.md).
//
// 招标投标法22: the names and the number of bidders are secret. 34: opened at the deadline.
package tender
