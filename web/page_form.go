package web

import (
	"encoding/hex"
	"net/url"
	"strings"

	"baohan/party"
	"baohan/signing"
)

var errAnother = party.Forbidden("page.another", "没有办理：打开这张表单之后，浏览器里登录的单位或身份已经变了。请从菜单重新进入该页，核对页头的单位和身份后再办理")

// mark tells forms that were shown to one organisation in one role from those shown to anybody else. Cookies are one for all
// tabs of a browser: who signs in as another in one tab would otherwise act as that other by the form that stands in the next.
func (v *visit) mark() string { return v.markOf(v.x.actor) }

func (s *server) markOf(a party.Actor) string {
	m := signing.MAC(s.commandKey, "baohan/form/1", []byte(a.USCC), []byte(a.Role))
	return hex.EncodeToString(m[:8])
}

// shown tells whether a form was shown to who sends it. No other site can know its mark either.
func (v *visit) shown(form url.Values) bool {
	key := form.Get("key")
	return len(key) == 2*16+len(v.mark()) && strings.HasSuffix(key, v.mark())
}
