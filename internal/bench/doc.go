// Command bench measures what signatures, a guarantor's call, an opening and the transparency log cost, each against a
// yardstick that is measured in the same run on the same machine, and prints the ratios. Absolute figures say how fast
// the machine was just then; a ratio survives a slower machine and a busy one. It judges nothing and never fails on a
// figure: see docs/benchmarks.md for what the figures mean and what they were.
//
// The database is a PostgreSQL of its own with the durability that production must have, and goes when the run ends.
package main
