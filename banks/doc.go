// Package banks is what is said between the platform and an institution (担保机构): a bank, an insurer or a
// guarantee company. It keeps who they are, what they offer at which public price, and the queue of what they are
// owed: written in the transaction of the fact, signed and sent later, in order per guarantee, at least once,
// to allow-listed addresses only. What cannot be delivered stands in a dead-letter list that people see.
//
// No institution is preferred: prices are shown in one public order (发改法规〔2023〕27号: none may be designated).
// Package banks/sandbox is an institution to test against.
package banks
