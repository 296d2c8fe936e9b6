package web

import (
	"net/http"
	"testing"

	"baohan/client/wire"
	"baohan/party"
)

// What a certificate signs on a page is refused, like its forms, when the session is another's by now: a bid that one unit wrote
// does not become another's because that one has signed in in the next tab.
func TestActsAreOfWhoTheyWereShownTo(t *testing.T) {
	w := newWorld(t)
	one, other := w.admit(w.person("甲建设有限公司", 11), party.Bidder, party.Beneficiary), w.admit(w.person("乙建设有限公司", 12), party.Bidder)
	mine, others, asOwner := w.signIn(one, party.Bidder), w.signIn(other, party.Bidder), w.signIn(one, party.Beneficiary)
	ask := func(token, mark string) int {
		r := w.request(http.MethodGet, prefix+"/me", nil)
		r.AddCookie(&http.Cookie{Name: "baohan", Value: token})
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set(wire.ShownTo, mark)
		return w.send(r).status
	}
	mark := w.shownTo(one, party.Bidder)[32:]
	for who, c := range map[string]struct {
		token, mark string
		status      int
	}{
		"the same":        {mine, mark, http.StatusOK},
		"a program":       {mine, "", http.StatusOK},
		"another unit":    {others, mark, http.StatusForbidden},
		"another role":    {asOwner, mark, http.StatusForbidden},
		"what is no mark": {mine, "x", http.StatusForbidden},
	} {
		if got := ask(c.token, c.mark); got != c.status {
			t.Errorf("%s: %d, want %d", who, got, c.status)
		}
	}
}
