// Package jobs is what follows a fact. The rooms state facts; this one decides, in one switch (outbox.go), what each
// of them sets in motion, and does it later: deliver to an institution, end what is past its day, take up a paper
// that a crash left behind, close and open a lot at its deadline. It alone knows River.
//
// Two rules hold it up. What follows is put in the queue by the transaction that makes the fact true, so nothing is
// done for a fact that was rolled back. And the queue is never the truth: the sweeper (sweep.go) makes every job
// again from the rows of the rooms, so that losing the queue loses time and nothing else. Every job may therefore
// run twice, at once or years later, and must find by itself that there is nothing left to do. A job's arguments
// are ids: what they mean stands in rows that are sealed or guarded, and the queue is neither.
package jobs
