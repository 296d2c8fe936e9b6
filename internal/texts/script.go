package texts

import (
	"strconv"
	"strings"
)

// Script rewrites the texts in a script of ours: each string, and each template, whose values are its holes. say answers
// for a key; what it does not know stays as it is. Regular expressions are told from divisions by what stands before them.
func Script(js string, say func(id string) (string, bool)) string {
	s := script{src: js, say: say}
	return s.code()
}

type script struct {
	src string
	at  int
	say func(string) (string, bool)
}

// code goes on to the end, or behind the brace that closes what was open.
func (s *script) code() string {
	var b strings.Builder
	depth, last := 0, byte('\n') // last is the last character that is no space
	for s.at < len(s.src) {
		c, rest := s.src[s.at], s.src[s.at:]
		switch {
		case strings.HasPrefix(rest, "//"):
			b.WriteString(s.until("\n"))
			continue
		case strings.HasPrefix(rest, "/*"):
			b.WriteString(s.until("*/"))
			continue
		case c == '/' && strings.IndexByte("\n(,=:[!&|?{};", last) >= 0:
			b.WriteString(s.regexp())
			last = '/'
			continue
		case c == '"' || c == '\'':
			b.WriteString(s.text(c))
			last = c
			continue
		case c == '`':
			b.WriteString(s.template())
			last = c
			continue
		case c == '{':
			depth++
		case c == '}' && depth == 0:
			return b.String()
		case c == '}':
			depth--
		}
		if c != ' ' && c != '\t' && c != '\n' {
			last = c
		}
		b.WriteByte(c)
		s.at++
	}
	return b.String()
}

// until takes everything up to and with end.
func (s *script) until(end string) string {
	from := s.at
	if n := strings.Index(s.src[s.at:], end); n >= 0 {
		s.at += n + len(end)
	} else {
		s.at = len(s.src)
	}
	return s.src[from:s.at]
}

func (s *script) regexp() string {
	from, class := s.at, false
	for s.at++; s.at < len(s.src); s.at++ {
		switch c := s.src[s.at]; {
		case c == '\\':
			s.at++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			s.at++
			return s.src[from:s.at]
		}
	}
	return s.src[from:]
}

// text is a string in quotes.
func (s *script) text(mark byte) string {
	from := s.at
	s.at++
	value := s.cooked(func() bool { return s.src[s.at] == mark })
	s.at++
	if said, ok := s.said(value); ok {
		return strconv.Quote(said)
	}
	return s.src[from:s.at]
}

// template is a string with values in it.
func (s *script) template() string {
	var parts, values []string
	s.at++
	for s.at < len(s.src) {
		parts = append(parts, s.cooked(func() bool { return s.src[s.at] == '`' || strings.HasPrefix(s.src[s.at:], "${") }))
		if s.at >= len(s.src) || s.src[s.at] == '`' {
			s.at++
			break
		}
		s.at += len("${")
		values = append(values, s.code())
		s.at++
	}
	var id strings.Builder
	for i, part := range parts {
		id.WriteString(part)
		if i < len(values) {
			id.WriteString("{" + strconv.Itoa(i+1) + "}")
		}
	}
	text, ok := s.said(id.String())
	if !ok {
		text = id.String()
	}
	return "`" + hole.ReplaceAllStringFunc(inTemplate.Replace(text), func(h string) string {
		n, err := strconv.Atoi(hole.FindStringSubmatch(h)[1])
		if err != nil || n < 1 || n > len(values) {
			return h
		}
		return "${" + values[n-1] + "}"
	}) + "`"
}

var inTemplate = strings.NewReplacer(`\`, `\\`, "`", "\\`", "${", `\${`)

// said keeps the space around a text.
func (s *script) said(value string) (string, bool) {
	inner := strings.TrimSpace(value)
	if !Chinese(inner) {
		return "", false
	}
	text, ok := s.say(Tidy(inner))
	before, after, _ := strings.Cut(value, inner)
	return before + text + after, ok
}

var escapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r'}

// cooked reads a string's characters up to where it ends.
func (s *script) cooked(end func() bool) string {
	var b strings.Builder
	for s.at < len(s.src) && !end() {
		c := s.src[s.at]
		if c == '\\' && s.at+1 < len(s.src) {
			s.at++
			if c = s.src[s.at]; escapes[c] != 0 {
				c = escapes[c]
			}
		}
		b.WriteByte(c)
		s.at++
	}
	return b.String()
}
