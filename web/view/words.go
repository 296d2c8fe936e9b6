package view

import (
	"fmt"
	"slices"
	"time"

	"github.com/a-h/templ"

	"baohan/guarantee/letter"
)

func named(id, title string) templ.Attributes {
	if title == "" {
		return templ.Attributes{}
	}
	return templ.Attributes{"aria-labelledby": id + "-title"}
}

func roleOf(t Tone) string {
	if t == Bad {
		return "alert"
	}
	return "note"
}

// Left is a time until an instant in words: the largest two units.
func Left(until, now time.Time) string {
	d := until.Sub(now)
	if d <= 0 {
		return "已到"
	}
	days, hours, minutes, seconds := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%d 天 %d 小时", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d 小时 %02d 分", hours, minutes)
	default:
		return fmt.Sprintf("%d 分 %02d 秒", minutes, seconds)
	}
}

func toneOfCheck(r letter.Result) Tone {
	return map[letter.Result]Tone{letter.ResultPass: Good, letter.ResultDoubtful: Bad, letter.ResultUnknown: Open}[r]
}

func wordsOfCheck(r letter.Result) string {
	return map[letter.Result]string{letter.ResultPass: "相符", letter.ResultDoubtful: "存疑", letter.ResultUnknown: "无法查验"}[r]
}

// doubtfulFirst has what people must look at on top; the rest keeps its order.
func doubtfulFirst(lines []letter.Line) []letter.Line {
	rank := map[letter.Result]int{letter.ResultDoubtful: 0, letter.ResultUnknown: 1, letter.ResultPass: 2}
	out := slices.Clone(lines)
	slices.SortStableFunc(out, func(a, b letter.Line) int { return rank[a.Result] - rank[b.Result] })
	return out
}

// offPaper tells the columns that only a screen can use: countdowns, boxes to tick, and links.
func offPaper(column string) bool { return column == "还有" || column == "选择" || column == "" }

// orDash is a value that may be empty, as it stands in a table.
func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
