package main

import (
	"strings"
	"unicode"

	"github.com/mozillazg/go-pinyin"
)

// shortest is how many bytes of pinyin are looked for at least: fewer letters stand in a gigabyte by chance.
const shortest = 10

// spelledOut are the ways in which a name is written in letters: its syllables without tones, joined, apart or with
// hyphens, and its initials alone; in small letters, in capitals, and each syllable with a capital. Characters are
// taken by their first reading; digits and letters stay as they are.
func spelledOut(text string) map[string]string {
	syllables := syllablesOf(text)
	if len(syllables) < 2 {
		return nil
	}
	all := map[string]string{}
	for _, way := range []struct{ name, between string }{{"pinyin", ""}, {"pinyin with spaces", " "}, {"pinyin with hyphens", "-"}} {
		small := strings.Join(syllables, way.between)
		all[way.name], all[strings.ToUpper(way.name)] = small, strings.ToUpper(small)
		if way.between != "-" {
			all[way.name+", capitalised"] = strings.Join(capitalised(syllables), way.between)
		}
	}
	small := initials(syllables)
	all["initials"], all["INITIALS"] = small, strings.ToUpper(small)
	for name, spelling := range all {
		if len(spelling) < shortest {
			delete(all, name)
		}
	}
	return all
}

// syllablesOf is one syllable for each Chinese character, and whatever stands between two of them.
func syllablesOf(text string) (all []string) {
	if !strings.ContainsFunc(text, han) {
		return nil
	}
	between := ""
	for _, r := range text {
		if !han(r) {
			between += string(r)
			continue
		}
		if between != "" {
			all, between = append(all, between), ""
		}
		all = append(all, pinyin.LazyPinyin(string(r), pinyin.NewArgs())...)
	}
	if between != "" {
		all = append(all, between)
	}
	return all
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

func capitalised(syllables []string) (all []string) {
	for _, s := range syllables {
		all = append(all, strings.ToUpper(s[:1])+s[1:])
	}
	return all
}

// initials keep digits whole: they tell branches apart.
func initials(syllables []string) string {
	var all strings.Builder
	for _, s := range syllables {
		if s[0] < 'a' || s[0] > 'z' {
			all.WriteString(s)
			continue
		}
		all.WriteString(s[:1])
	}
	return all.String()
}
