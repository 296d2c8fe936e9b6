package verify

import "slices"

// Language says a Chinese text in another language; false when it cannot. nil is Chinese.
type Language func(string) (string, bool)

// answer says an answer whole, or only the word of its verdict: an answer that is half the one and half the other would be
// read for what it is not. What a file says itself (names, amounts in words, clauses) stays as the file has it.
func (in Language) answer(a Answer) Answer {
	if in == nil {
		return a
	}
	out, whole := a, true
	say := func(text *string) {
		said, ok := in(*text)
		*text, whole = said, whole && ok
	}
	out.Lines, out.Facts = slices.Clone(a.Lines), slices.Clone(a.Facts)
	for _, text := range []*string{&out.Error, &out.Title, &out.Words, &out.Match} {
		say(text)
	}
	for i := range out.Lines {
		l := &out.Lines[i]
		say(&l.Title)
		say(&l.Says)
		say(&l.Words)
		l.Want, l.Got = in.known(l.Want), in.known(l.Got)
	}
	for i := range out.Facts {
		f := &out.Facts[i]
		f.Label, f.Value = in.known(f.Label), in.known(f.Value)
	}
	if whole {
		return out
	}
	a.Title, a.Untold = out.Title, true
	return a
}

// known is a text in the language, or as it stands.
func (in Language) known(text string) string {
	if in == nil {
		return text
	}
	said, _ := in(text)
	return said
}
