package web

import (
	"slices"

	"github.com/a-h/templ"
	"github.com/go-json-experiment/json"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/tender"
	"baohan/web/view"
)

// tendererPages are those of who runs tenders: 招标人, 招标代理机构.
func (s *server) tendererPages() {
	s.page("/tenderer", "page-tenderer", (*visit).tenderer)
	s.page("/tenderer/projects/new", "create-project", (*visit).newProject)
	s.deed("/tenderer/projects/new", "create-project", (*visit).createProject, (*visit).newProject)
	s.page("/tenderer/projects/:id/lots/new", "page-own-project", (*visit).newLot)
	s.deed("/tenderer/projects/:id/lots/new", "add-lot", (*visit).addLot, (*visit).newLot)
	s.page("/tenderer/lots/:lot", "page-own-lot", (*visit).lotOfTenderer)
	s.page("/tenderer/lots/:lot/draft", "page-own-lot", (*visit).draftOfTenderer)
	s.deed("/tenderer/lots/:lot/draft", "redraft", (*visit).redraftLot, (*visit).draftOfTenderer)
	for verb, do := range map[string]act{"publish": (*visit).publishLot, "announce": (*visit).announceLot, "award": (*visit).awardLot,
		"contract": (*visit).contractLot, "refuse": (*visit).refuseLot, "terminate": (*visit).terminateLot} {
		s.deed("/tenderer/lots/:lot/"+verb, verb, do, (*visit).lotOfTenderer)
	}
	s.page("/tenderer/objections/:id", "page-own-objection", (*visit).objectionOfTenderer)
	s.deed("/tenderer/objections/:id", "answer-objection", (*visit).answerObjection, (*visit).objectionOfTenderer)
	s.letterPages()
}

func init() {
	view.Menu("/tenderer", "我的标段", party.Beneficiary, party.Agent)
	for _, r := range tenderers {
		homes[r] = "/tenderer"
		lotActs[r] = (*visit).lotActsOfTenderer
	}
}

// lotActsOfTenderer leads whoever runs a lot from its notice to its own page.
func (v *visit) lotActsOfTenderer(l *tender.Lot) (templ.Component, error) {
	if !runs(l.Project, v.x.actor) {
		return nil, nil
	}
	return view.Go(view.Link{Href: "/tenderer/lots/" + l.ID, Text: "办理本标段"}), nil
}

// notes are what pages say after something was done, by the word in ?done=.
var notes = map[string]string{}

// returned is the frame of a page that one comes back to.
func (v *visit) returned(f view.Frame) view.Frame {
	f.Noted = notes[v.QueryParam("done")]
	return f
}

// formOf is a form of this page with why it was refused. A fault of a field that the form has not is told of the whole.
func (v *visit) formOf(d view.Deed, fields ...string) *view.Deed {
	out := v.deedOf(d)
	if out.Fault != nil && !slices.Contains(fields, out.Fault.Field) {
		out.Fault = &view.Fault{Message: out.Fault.Message}
	}
	return out
}

func (v *visit) tenderer() (templ.Component, error) {
	by := v.x.actor
	all, err := v.tender.Standings(v.ctx, by)
	if err != nil {
		return nil, err
	}
	b := view.Board{Lots: all}
	if b.Projects, err = v.tender.Projects(v.ctx, by); err != nil {
		return nil, err
	}
	if b.Demands, err = v.guarantee.OwnDemands(v.ctx, by, pageSize); err != nil {
		return nil, err
	}
	releases, err := v.guarantee.ReleasesDue(v.ctx, by)
	if err != nil {
		return nil, err
	}
	b.Dues = duesOf(all, releases, b.Demands, v.clock.Now())
	return view.Tenderer(v.returned(v.frame("我的标段")), b), nil
}

// lotOfTenderer reads a lot with all that has happened to it.
func (v *visit) lotOfTenderer() (templ.Component, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	d := view.LotDesk{Lot: l, Today: calendar.DateOf(v.clock.Now()), MayAward: l.Evaluated == 0 && l.Hall == nil}
	if err := v.readLotDesk(&d); err != nil {
		return nil, err
	}
	v.lotForms(&d)
	return view.LotOfTenderer(v.returned(v.frame(l.Lot.Name)), d), nil
}

func (v *visit) readLotDesk(d *view.LotDesk) (err error) {
	if d.State == tender.Draft {
		return nil
	}
	if d.AwaitedList, err = v.tender.AwaitedList(v.ctx, d.Lot); err != nil || d.ClosedAt == nil {
		return err
	}
	if d.Awaited, err = v.tender.Awaited(v.ctx, d.Lot); err != nil || d.OpenedAt == nil {
		return err
	}
	o, err := v.tender.Opening(v.ctx, d.ID)
	if err != nil {
		return err
	}
	for _, b := range o.Bids {
		if b.Failure == "" && len(b.Bidders) > 0 {
			d.Bidders = append(d.Bidders, b.Bidders[0])
		}
	}
	if d.Evaluated > 0 {
		e, err := v.tender.Evaluation(v.ctx, v.x.actor, d.ID, 0)
		if err != nil {
			return err
		}
		d.Evaluation = &e
	}
	if d.Notices, err = v.tender.Notices(v.ctx, d.ID); err != nil {
		return err
	}
	if d.Objections, err = v.tender.Objections(v.ctx, v.x.actor, d.ID); err != nil {
		return err
	}
	if d.Awards, err = v.tender.Awards(v.ctx, d.ID); err != nil {
		return err
	}
	d.Passed = map[int][]tender.PassedOver{}
	for _, a := range d.Awards {
		var all []tender.PassedOver
		if err := json.Unmarshal(a.PassedOver, &all); err != nil {
			return err
		}
		d.Passed[a.Round] = all
	}
	return nil
}

// lotForms are the forms that a lot's state allows; the desk asks again.
func (v *visit) lotForms(d *view.LotDesk) {
	form := func(verb, ask string, large bool, fields ...string) *view.Deed {
		return v.formOf(view.Deed{Action: "/tenderer/lots/" + d.ID + "/" + verb, Ask: ask, Large: large}, fields...)
	}
	d.Publish = form("publish", "发布之后不能撤回，也不能修改。确定发布吗？", false)
	d.Announce = form("announce", "公示之后任何人都能看到候选人，不能撤回。确定公示吗？", false, "days")
	ask := "登记之后不能撤回。确定登记吗？"
	if d.Project.Regime == letter.RegimeProcurement {
		ask = "登记之后不能撤回，未中标人的保函随即进入应解除。确定登记吗？"
	}
	d.Award = form("award", ask, true, "winner", "noticed_on")
	d.Contract = form("contract", "", false, "signed_on")
	d.Refuse = form("refuse", "登记之后取消中标人的中标资格，不能撤回。确定登记吗？", true, "reason", "evidence")
	for _, s := range []tender.State{tender.Published, tender.Closed, tender.Opened, tender.Awarded, tender.Refused} {
		if d.State == s {
			d.Terminate = form("terminate", "终止之后不能恢复。确定终止吗？", false, "ground", "words")
		}
	}
}

func (v *visit) objectionOfTenderer() (templ.Component, error) {
	lot, err := v.tender.ObjectionFor(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	l, err := v.tender.Lot(v.ctx, v.x.actor, lot)
	if err != nil {
		return nil, err
	}
	all, err := v.tender.Objections(v.ctx, v.x.actor, lot)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if o.ID == v.id {
			d := v.formOf(view.Deed{Action: "/tenderer/objections/" + v.id, Ask: "答复之后不能修改。确定答复吗？"}, "finding", "words")
			return view.ObjectionOfTenderer(v.returned(v.frame("异议和质疑")), l, o, d), nil
		}
	}
	return nil, tender.ErrNoObjection
}

// projectFields are the fields of the project form at which a fault is shown.
var projectFields = []string{"code", "name", "regime", "beneficiaries", "beneficiary-name-0", "beneficiary-uscc-0", "beneficiary-name-1", "beneficiary-uscc-1",
	"beneficiary-name-2", "beneficiary-uscc-2"}

func (v *visit) newProject() (templ.Component, error) {
	own := letter.Party{Name: v.x.actor.Name, USCC: v.x.actor.USCC}
	d := v.formOf(view.Deed{Action: "/tenderer/projects/new"}, projectFields...)
	return view.NewProject(v.frame("登记项目"), d, own, v.x.actor.Is(party.Agent)), nil
}

// newLot shows the form to who registered the project.
func (v *visit) newLot() (templ.Component, error) {
	all, err := v.tender.Projects(v.ctx, v.x.actor)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(p tender.Project) bool { return p.ID == v.id })
	if i < 0 {
		return nil, tender.ErrNotFound
	}
	d := v.formOf(view.Deed{Action: "/tenderer/projects/" + v.id + "/lots/new"}, lotFields...)
	return view.NewLot(v.returned(v.frame("增加标段")), d, all[i]), nil
}

// draftOfTenderer is the form of a draft with what it says now.
func (v *visit) draftOfTenderer() (templ.Component, error) {
	l, err := v.tender.Lot(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	if l.State != tender.Draft && v.said == nil {
		return nil, &elsewhere{"/tenderer/lots/" + l.ID}
	}
	d := v.formOf(view.Deed{Action: "/tenderer/lots/" + v.id + "/draft", Was: typedOf(l)}, lotFields...)
	return view.EditLot(v.frame("修改草稿"), d, l), nil
}
