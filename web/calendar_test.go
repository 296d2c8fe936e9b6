package web

import (
	"strings"
	"testing"

	"baohan/client"
	"baohan/client/wire"
	"baohan/party"
)

const table2027 = "date,kind,occasion\n2027-01-01,rest,元旦\n2027-10-01,rest,国庆节\n"

// TestCalendarByStaff: the centre enters a year by the SDK; everybody reads it; nobody else may.
func TestCalendarByStaff(t *testing.T) {
	w := newWorld(t)
	p := client.Platform{Base: w.server.URL, Trust: w.trust, USCC: w.desks.PlatformChain[0].Subject().OrganizationID, Clock: w.clock}
	clerk := must(client.NewStaff(p, w.admit(w.person("测试交易中心服务台", 51), party.Centre).identity()))
	must(clerk.SignIn(t.Context(), "centre"))
	_, err := clerk.Workdays(t.Context(), 2027)
	if got, ok := client.Refused(err); !ok || got.Code != "calendar.year_not_published" || got.Status != 409 {
		t.Errorf("a year that is not published: %v", err)
	}
	in := wire.ImportWorkdays{Number: "国办发明电〔2026〕1号", Title: "国务院办公厅关于2027年部分节假日安排的通知", CSV: table2027}
	first := must(clerk.ImportWorkdays(t.Context(), 2027, in))
	if first.Version != 1 || len(first.Changes) != 2 || first.Digest.IsZero() {
		t.Errorf("imported: %+v", first)
	}
	in.CSV += "2027-02-08,rest,春节\n"
	must(clerk.ImportWorkdays(t.Context(), 2027, in))
	in.CSV = table2027 // back again, by the same words
	if back := must(clerk.ImportWorkdays(t.Context(), 2027, in)); back.Version != 3 || back.Digest != first.Digest || len(back.Changes) != 1 {
		t.Errorf("back: %+v", back)
	}
	var y wire.Workdays
	w.as("", "GET", "/api/v1/calendar/2027", nil).into(t, &y)
	if y.Version != 3 || len(y.Days) != 2 || y.Number != in.Number || !strings.HasPrefix(y.EnteredBy, "centre:") {
		t.Errorf("read by a stranger: %+v", y)
	}
	in.CSV = table2027 + "2027-02-06,rest,春节\n"
	_, err = clerk.ImportWorkdays(t.Context(), 2027, in)
	if got, _ := client.Refused(err); got.Code != "calendar.rows" || got.Field != "/csv/4/kind" || !strings.Contains(got.Detail, "第4行") {
		t.Errorf("a free Saturday: %+v", got)
	}
	for _, other := range []party.Role{party.Operator, party.Supervisor, party.Beneficiary} {
		token := w.signIn(w.admit(w.person("测试单位"+string(other), 60+len(other)), other), other)
		if got := w.as(token, "POST", "/api/v1/ops/calendar/2027", in); got.status != 404 {
			t.Errorf("as %s: %d", other, got.status)
		}
	}
	for _, path := range []string{"/api/v1/calendar/1900", "/api/v1/calendar/x"} {
		if got := w.as("", "GET", path, nil); got.status >= 500 || got.status < 400 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}
