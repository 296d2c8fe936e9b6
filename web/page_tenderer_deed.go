package web

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/tender"
)

func init() {
	notes["project"] = "项目已登记。请接着填写它的第一个标段。"
	notes["lot"] = "草稿已保存。请核对下面的全部内容，再发布。"
	notes["published"] = "标段已发布，投标人可以申请保函。"
	notes["announced"] = "中标候选人已经公示。"
	notes["awarded"] = "中标通知已经登记。"
	notes["contracted"] = "合同签订已经登记，解除保函的期限开始计算。"
	notes["refused"] = "已登记中标人不订立合同，其中标资格取消。"
	notes["terminated"] = "招标终止已经登记。"
	notes["answered"] = "答复已经登记。"
}

// onLot is where one goes after a deed on this lot.
func (v *visit) onLot(done string, err error) (string, error) {
	return "/tenderer/lots/" + v.id + "?done=" + done, err
}

// flat is a text in one paragraph: the desks take no line breaks.
func flat(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\n", " ")), " ")
}

func (v *visit) createProject(form url.Values, cmd party.Command) (string, error) {
	n := tender.NewProject{Code: form.Get("code"), Name: form.Get("name"), Regime: form.Get("regime")}
	for i := range 3 {
		p := letter.Party{Name: form.Get("beneficiary-name-" + strconv.Itoa(i)), USCC: strings.ToUpper(form.Get("beneficiary-uscc-" + strconv.Itoa(i)))}
		if p == (letter.Party{}) {
			continue
		}
		if err := p.Check(); err != nil {
			return "", ofBeneficiary(err, i)
		}
		n.Beneficiaries = append(n.Beneficiaries, p)
	}
	a, err := v.tender.CreateProject(v.ctx, cmd, n)
	return "/tenderer/projects/" + a.ID + "/lots/new?done=project", wholeField(err, "beneficiaries")
}

// ofBeneficiary tells at which of the fields of the i-th beneficiary something is wrong.
func ofBeneficiary(err error, i int) error {
	fault, ok := letter.FieldOf(err)
	if !ok {
		return err
	}
	field := "uscc"
	if fault.Field == "name" {
		field = "name"
	}
	return party.Invalid("project.beneficiaries", "beneficiary-"+field+"-"+strconv.Itoa(i), fault.Message)
}

// wholeField tells a fault below a group of fields at the group.
func wholeField(err error, group string) error {
	if r, ok := party.RefusalOf(err); ok && strings.HasPrefix(r.Field, group+".") || ok && strings.HasPrefix(r.Field, group+"[") {
		at := *r
		at.Field = group
		return &at
	}
	return err
}

// lotFields are the fields of the lot form at which a fault is shown.
var lotFields = []string{"code", "name", "base", "amount", "forms", "end.deadline", "end.validity_days", "end.extra_days", "bids", "opening",
	"hall", "hall.decrypt", "hall.objection", "hall.sign", "retender_of"}

func (v *visit) addLot(form url.Values, cmd party.Command) (string, error) {
	n, err := newLotOf(form)
	if err != nil {
		return "", err
	}
	a, err := v.tender.AddLot(v.ctx, cmd, v.id, n)
	return "/tenderer/lots/" + a.ID + "?done=lot", err
}

func (v *visit) redraftLot(form url.Values, cmd party.Command) (string, error) {
	n, err := newLotOf(form)
	if err != nil {
		return "", err
	}
	_, err = v.tender.Redraft(v.ctx, cmd, v.id, n)
	return v.onLot("lot", err)
}

// typedOf is a draft as its form would have sent it.
func typedOf(l *tender.Lot) url.Values {
	until := strings.TrimSuffix(l.End.Deadline.In(calendar.Shanghai).Format("2006-01-02T15:04:05"), ":00")
	form := url.Values{"code": {l.Lot.Code}, "name": {l.Lot.Name}, "base": {l.Base.String()}, "amount": {l.Amount.String()},
		"end.deadline": {until}, "end.validity_days": {strconv.Itoa(l.End.ValidityDays)},
		"end.extra_days": {strconv.Itoa(l.End.ExtraDays)}, "bids": {string(l.Bids)}, "opening": {"spot"}, "retender_of": {l.RetenderOf}}
	for _, f := range l.Forms {
		form.Set("form-"+string(f), "yes")
	}
	if l.Consortium {
		form.Set("consortium", "yes")
	}
	if h := l.Hall; h != nil {
		form.Set("opening", "hall")
		for name, n := range map[string]int{"hall.decrypt": h.Decrypt, "hall.objection": h.Objection, "hall.sign": h.Sign} {
			form.Set(name, strconv.Itoa(n))
		}
	}
	return form
}

func newLotOf(form url.Values) (n tender.NewLot, err error) {
	r := reader{form: form}
	n = tender.NewLot{Code: form.Get("code"), Name: form.Get("name"), Base: r.yuan("base"), Amount: r.yuan("amount"),
		End:  letter.EndRule{Deadline: r.instant("end.deadline"), ValidityDays: r.days("end.validity_days"), ExtraDays: r.days("end.extra_days")},
		Bids: tender.Place(form.Get("bids")), RetenderOf: form.Get("retender_of"), Consortium: form.Get("consortium") == "yes"}
	for _, f := range []letter.Form{letter.FormIndependent, letter.FormAccessory, letter.FormInsurance, letter.FormCash} {
		if form.Get("form-"+string(f)) == "yes" {
			n.Forms = append(n.Forms, f)
		}
	}
	if form.Get("opening") == "hall" {
		n.Hall = &tender.HallRules{Decrypt: r.days("hall.decrypt"), Objection: r.days("hall.objection"), Sign: r.days("hall.sign")}
	}
	return n, r.err
}

// reader reads fields that people typed; what is wrong first stays in err.
type reader struct {
	form url.Values
	err  error
}

func (r *reader) fault(field, words string) {
	if r.err == nil {
		r.err = party.Invalid("page.field", field, words)
	}
}

// yuan is 800000, 800,000.00 or ¥800,000.00.
func (r *reader) yuan(field string) letter.Fen {
	text := strings.NewReplacer(",", "", "，", "", "¥", "", "￥", "", "元", "", " ", "").Replace(r.form.Get(field))
	f, err := letter.ParseYuan(text)
	if err != nil {
		r.fault(field, "请填写以元为单位的金额：只用数字，最多两位小数，例如 800000.00")
	}
	return f
}

func (r *reader) days(field string) int {
	n, err := strconv.Atoi(r.form.Get(field))
	if err != nil || n < 0 {
		r.fault(field, "请填写整数")
	}
	return n
}

// instant is what <input type="datetime-local"> gives, in Beijing time.
func (r *reader) instant(field string) time.Time {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, r.form.Get(field), calendar.Shanghai); err == nil {
			return t
		}
	}
	r.fault(field, "请填写日期和时间，例如 2026-12-21T10:00（北京时间）")
	return time.Time{}
}

func (r *reader) date(field string) calendar.Date {
	d, err := calendar.ParseDate(r.form.Get(field))
	if err != nil {
		r.fault(field, "请填写日期，例如 2026-12-21")
	}
	return d
}

// publishLot publishes the draft that the person has read, and no other.
func (v *visit) publishLot(form url.Values, cmd party.Command) (string, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return "", err
	}
	if l.State == tender.Draft && form.Get("version") != strconv.FormatInt(l.Version, 10) {
		return "", party.Conflict("page.draft_changed", "草稿刚被本单位修改过，下面是修改后的内容；请重新核对，再发布")
	}
	_, err = v.tender.Publish(v.ctx, cmd, v.id)
	return v.onLot("published", err)
}

func (v *visit) announceLot(form url.Values, cmd party.Command) (string, error) {
	r := reader{form: form}
	days := r.days("days")
	if r.err != nil {
		return "", r.err
	}
	_, err := v.tender.Announce(v.ctx, cmd, v.id, days)
	return v.onLot("announced", err)
}

func (v *visit) awardLot(form url.Values, cmd party.Command) (string, error) {
	r := reader{form: form}
	n := tender.AwardNote{Winner: form.Get("winner"), NoticedOn: r.date("noticed_on")}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		uscc, ok := strings.CutPrefix(name, "pass-")
		if reason := form.Get(name); ok && reason != "" && uscc != n.Winner {
			n.PassedOver = append(n.PassedOver, tender.PassedOver{Bidder: uscc, Reason: reason, Evidence: v.files["proof-"+uscc].digestOrNone()})
		}
	}
	if r.err != nil {
		return "", r.err
	}
	_, err := v.tender.Award(v.ctx, cmd, v.id, n)
	return v.onLot("awarded", err)
}

func (v *visit) contractLot(form url.Values, cmd party.Command) (string, error) {
	r := reader{form: form}
	on := r.date("signed_on")
	if r.err != nil {
		return "", r.err
	}
	_, err := v.tender.Contract(v.ctx, cmd, v.id, on)
	return v.onLot("contracted", err)
}

func (v *visit) refuseLot(form url.Values, cmd party.Command) (string, error) {
	proof, err := v.file("evidence", "请选择中标人拒签的证据文件")
	if err != nil {
		return "", err
	}
	_, err = v.tender.Refuse(v.ctx, cmd, v.id, form.Get("reason"), proof.Digest())
	return v.onLot("refused", err)
}

func (v *visit) terminateLot(form url.Values, cmd party.Command) (string, error) {
	_, err := v.tender.Terminate(v.ctx, cmd, v.id, tender.Ground(form.Get("ground")), flat(form.Get("words")))
	return v.onLot("terminated", err)
}

func (v *visit) answerObjection(form url.Values, cmd party.Command) (string, error) {
	finding := form.Get("finding")
	if finding != "no" && finding != "upheld" && finding != "changes" {
		return "", party.Invalid("answer.finding", "finding", "请选择结论")
	}
	_, err := v.tender.AnswerObjection(v.ctx, cmd, v.id, tender.Reply{Upheld: finding != "no", Changes: finding == "changes", Words: flat(form.Get("words"))})
	return "/tenderer/objections/" + v.id + "?done=answered", err
}
