// Package story tells three tenders from the notice to the last guarantee's end, on a stepped clock, as its parties
// would: through package client and the desks of the institutions, and through nothing else. Every step says what
// it checked; a story in which one check did not hold has failed.
//
// The first lot is the one of a real notice (长沙绕城高速西南段及机场高速养护, deadline 2019-12-27 10:00): it ends well. The
// second (肇源县城市供水管网漏损治理, 三标段): its winner refuses to sign, and its guarantor pays. The third
// is short and of no notice: its bids are handed in to the bid system that the centre already has, and it is opened on
// that system's signed list. What the notices do not print is supplemented and said to be (补充). No organisation's 统一社会信用代码 is the real one.
package story
