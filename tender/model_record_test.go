package tender

import (
	"fmt"
	"slices"
	"strings"

	"baohan/party"
)

// askAward: results, notices, objections and awards stand on record as the model has them, and the facts name the same
// candidates; what the committee recommends is nobody else's to know before its notice (招标投标法44).
func (m *model) askAward(a act) {
	var got string
	must(0, m.pool.QueryRow(m.ctx, `SELECT concat_ws(';', coalesce((SELECT string_agg(edition::text, ',' ORDER BY edition) FROM evaluation WHERE lot = $1), ''),
		coalesce((SELECT string_agg(concat_ws(' ', edition, last_day, late), ',' ORDER BY edition) FROM candidate_notice WHERE lot = $1), ''),
		coalesce((SELECT string_agg(concat_ws(' ', id, kind, state, changes), ',' ORDER BY id) FROM objection WHERE lot = $1), ''),
		coalesce((SELECT string_agg(concat_ws(' ', winner, array_to_string(candidates, '+'), noticed_on, coalesce(evaluation, 0), refused_for IS NOT NULL, set_aside IS NOT NULL), ',' ORDER BY round)
			FROM award WHERE lot = $1), ''),
		coalesce((SELECT string_agg(translate(data->>'candidates', '[]", ', ''), ',' ORDER BY seq) FROM lot_event WHERE lot = $1 AND kind = 'award'), ''))`, m.l.ID).Scan(&got))
	if want := m.onRecord(); got != want {
		m.wrong(a, "on record is %s, want %s", got, want)
	}
	if m.opened.IsZero() || m.seen["told"] == got+string(m.state) {
		return
	}
	m.seen["told"] = got + string(m.state)
	told := 0
	if v, err := m.Evaluation(m.ctx, m.bidders[3].actor(party.Bidder), m.l.ID, 0); err == nil {
		told = v.Edition
	}
	if want := m.public(); told != want {
		m.wrong(a, "everybody reads edition %d of the result, want %d", told, want)
	}
}

func (m *model) onRecord() string {
	part := func(n int, say func(i int) string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = say(i)
		}
		return strings.Join(all, ",")
	}
	asked := slices.Clone(m.queries)
	slices.SortFunc(asked, func(a, b *query) int { return strings.Compare(a.id, b.id) })
	return strings.Join([]string{
		part(len(m.results), func(i int) string { return fmt.Sprint(i + 1) }),
		part(len(m.notices), func(i int) string {
			return fmt.Sprint(m.notices[i].edition, " ", m.notices[i].last, " ", truth(m.notices[i].late))
		}),
		part(len(asked), func(i int) string {
			q := asked[i]
			s := fmt.Sprint(q.id, " ", q.kind, " ", q.state)
			if q.state == ObjectionAnswered {
				s += " " + truth(q.changed != nil)
			}
			return s
		}),
		part(len(m.awards), func(i int) string {
			x := m.awards[i]
			return fmt.Sprint(m.bidders[x.winner].party.USCC, " ", m.codes(x.listed, "+"), " ", x.on, " ", x.edition, " ", truth(x.refused), " ", truth(x.setAside))
		}),
		part(len(m.awards), func(i int) string { return m.codes(m.awards[i].listed, "") }),
	}, ";")
}

func truth(b bool) string { return map[bool]string{true: "t", false: "f"}[b] }

// public is the newest edition that everybody may read: after its candidates' notice, its award, or once the end of a tender
// whose bids it rejected is on record.
func (m *model) public() (edition int) {
	for _, n := range m.notices {
		edition = max(edition, n.edition)
	}
	for _, x := range m.awards {
		edition = max(edition, x.edition)
	}
	if r := m.result(); m.ended != nil && m.endedFor != CalledOff && r != nil && len(r.ranked) == 0 {
		edition = r.content.Edition
	}
	return edition
}
