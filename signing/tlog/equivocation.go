package tlog

// Contradiction is two heads of one log, of which at most one can be true, both signed by the log or both countersigned
// by one witness. Whoever holds both notes convicts the signer.
type Contradiction struct {
	By            string // the log's origin, or the witness's name
	First, Second Checkpoint
}

// Contradicts compares two notes and names everyone trusted who signed both although no log can have both heads: the
// same size with two roots. Of two different sizes only a proof can tell (CheckConsistency). Notes that do not read, or
// that a trusted key has not signed, accuse nobody.
func (p Policy) Contradicts(first, second []byte) (all []Contradiction) {
	a, na, errA := Open(first, p.Log...)
	b, nb, errB := Open(second, p.Log...)
	if errA != nil || errB != nil || a.Origin != b.Origin || a.Size != b.Size || a.Root == b.Root {
		return nil
	}
	all = append(all, Contradiction{a.Origin, a, b})
	seenA, errA := p.sightings(na)
	seenB, errB := p.sightings(nb)
	if errA != nil || errB != nil {
		return all
	}
	for _, x := range seenA {
		for _, y := range seenB {
			if x.Name == y.Name {
				all = append(all, Contradiction{x.Name, a, b})
			}
		}
	}
	return all
}
