package view

import (
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/internal/texts"
	"baohan/party"
)

// Frame is what the shell shows around a page.
type Frame struct {
	Title  string
	Assets string // "/assets/<edition>"
	Who    *Who   // nil: nobody is signed in
	Path   string // of this page, to mark its entry in the menu
	Now    time.Time
	Key    bool // the page has an act that a certificate signs
	Hall   bool // the projector's page: no menu, large
	Demo   bool // the demonstration's mark
	Local  bool // served on somebody's own machine: nobody signs in there, and there is no other page
	Noted  string
}

// Who is the person in front of the page.
type Who struct {
	Name string // of the organisation
	USCC string
	Role party.Role
	Mark string        // of the organisation in this role, as forms carry it
	Idle time.Duration // after which the session is over when nobody uses it; 0: never
}

func (w *Who) idle() string { return strconv.Itoa(int(w.Idle.Seconds())) }

// Link is one entry of a menu, or the way to somewhere.
type Link struct{ Href, Text string }

// menus are the entries of each role. What a role cannot do has none.
var menus = map[party.Role][]Link{}

// Menu adds entries for roles; each page does it beside itself. The order is that of the calls.
func Menu(href, text string, roles ...party.Role) {
	for _, r := range roles {
		menus[r] = append(menus[r], Link{href, text})
	}
}

func (f Frame) menu() []Link {
	if f.Local {
		return nil
	}
	if f.Who == nil {
		return []Link{{"/lots", "招标项目"}, {"/verify", "核验保函"}}
	}
	return menus[f.Who.Role]
}

// here tells whether an entry is where this page belongs: of several that are, the one that says most.
func (f Frame) here(l Link) bool {
	for _, other := range f.menu() {
		if len(other.Href) > len(l.Href) && f.under(other) {
			return false
		}
	}
	return f.under(l)
}

func (f Frame) under(l Link) bool {
	return f.Path == l.Href || l.Href != "/" && strings.HasPrefix(f.Path, l.Href+"/")
}

func (f Frame) asset(name string) string { return f.Assets + "/" + name }

// Own marks what somebody has named himself, so that no page in another language takes it for a text of ours.
func Own(s string) string { return texts.Own(s) }

// RoleWords is a role as people say it.
func RoleWords(r party.Role) string {
	return map[party.Role]string{party.Bidder: "投标人", party.Guarantor: "担保机构", party.Beneficiary: "招标人", party.Agent: "招标代理机构",
		party.Centre: "交易中心", party.Supervisor: "行政监督", party.Operator: "平台运维", party.Custodian: "密钥保管人"}[r]
}

// Day is a date as it stands on a page.
func Day(t time.Time) string { return t.In(calendar.Shanghai).Format("2006年1月2日") }

// Minute is an instant to the minute.
func Minute(t time.Time) string { return t.In(calendar.Shanghai).Format("2006年1月2日 15:04") }

// Second is an instant to the second.
func Second(t time.Time) string { return t.In(calendar.Shanghai).Format("2006年1月2日 15:04:05") }

func stamp(t time.Time) string { return t.In(calendar.Shanghai).Format(time.RFC3339Nano) }

// Money is an amount with its thousands parted: ¥1,234,567.00.
func Money(f letter.Fen) string {
	yuan, rest, _ := strings.Cut(f.String(), ".")
	sign := ""
	if strings.HasPrefix(yuan, "-") {
		sign, yuan = "-", yuan[1:]
	}
	for i := len(yuan) - 3; i > 0; i -= 3 {
		yuan = yuan[:i] + "," + yuan[i:]
	}
	return sign + "¥" + yuan + "." + rest
}

// Fact is one line of what is known.
type Fact struct {
	Label string
	Value string
	More  templ.Component // beside the value; may be nil
}

// Stage is one part of a way that is gone in order.
type Stage struct {
	Name  string
	State string // "done", "now" or ""
}

// Stages marks everything before the n-th as done, and it as where one is.
func Stages(n int, names ...string) (all []Stage) {
	for i, name := range names {
		s := Stage{Name: name}
		switch {
		case i < n:
			s.State = "done"
		case i == n:
			s.State = "now"
		}
		all = append(all, s)
	}
	return all
}

// Tone colours a badge or a notice.
type Tone string

// The tones. Colour is never alone: the words say the same.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Open  Tone = "open"
	Bad   Tone = "bad"
)
