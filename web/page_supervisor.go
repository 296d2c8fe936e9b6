package web

import (
	"errors"
	"slices"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"baohan/party"
	"baohan/signing"
	"baohan/signing/translog"
	"baohan/tender"
	"baohan/web/view"
)

// incidentDesks see every incident.
var incidentDesks = []party.Role{party.Centre, party.Supervisor}

// deskPages are the desks of the supervisor, the centre and the operator.
func (s *server) deskPages() {
	s.page("/supervision", "list-overdue", (*visit).supervision)
	s.page("/incidents", "page-incidents", (*visit).incidentList)
	s.page("/incidents/:id", "read-incident", (*visit).incidentPage)
	s.deed("/incidents/:id/evidence", "add-evidence", (*visit).addIncidentEvidence, (*visit).incidentPage)
	s.deed("/incidents/:id/withdraw", "withdraw-incident", (*visit).takeIncidentBack, (*visit).incidentPage)
	s.paper("/incidents/:id/evidence/:digest", "read-evidence", (*visit).evidenceFile)
	s.paper("/incidents/:id/copies/:letter", "read-incident-copy", (*visit).presentedFile)
	s.centrePages()
	s.orderPages()
	s.operatorPages()
}

func init() {
	view.Menu("/supervision", "监督", party.Supervisor)
	view.Menu("/centre", "交易中心", party.Centre)
	view.Menu("/orders", "延期令", ordering...)
	view.Menu("/incidents", "应急事件", incidentDesks...)
	homes[party.Supervisor] = "/supervision"
	notes["evidence"] = "证据文件已经保存。"
	notes["taken-back"] = "登记已经撤销。"
	notes["reported"] = "应急事件已登记。请接着补充证据文件。"
}

func (v *visit) evidenceFile() (download, error) {
	var digest signing.Digest
	if err := digest.UnmarshalText([]byte(v.Param("digest"))); err != nil {
		return download{}, absent()
	}
	name, content, err := v.tender.EvidenceFile(v.ctx, v.x.actor, v.id, digest)
	return download{name, echo.MIMEOctetStream, content}, err
}

func (v *visit) presentedFile() (download, error) {
	if !isID(v.Param("letter")) {
		return download{}, absent()
	}
	b, err := v.tender.CopyFile(v.ctx, v.x.actor, v.id, v.Param("letter"))
	return download{v.Param("letter") + ".json", echo.MIMEApplicationJSON, b}, err
}

func (v *visit) supervision() (templ.Component, error) {
	after := v.QueryParam("after")
	rows, err := v.tender.OverdueReleases(v.ctx, v.x.actor, after, pageSize)
	if err != nil {
		return nil, err
	}
	d := view.SupervisorDesk{Releases: rows, Later: after != ""}
	if len(rows) == pageSize {
		d.Next = "/supervision?after=" + rows[len(rows)-1].Cursor()
	}
	if !d.Later {
		if d.Demands, err = v.guarantee.OverdueDemands(v.ctx, v.clock.Now(), pageSize); err != nil {
			return nil, err
		}
		if d.Incidents, err = v.waitingIncidents(); err != nil {
			return nil, err
		}
		if d.Orders, err = v.tender.LiveOrders(v.ctx, v.x.actor, pageSize); err != nil {
			return nil, err
		}
		if d.Log, err = v.readLogHead(); err != nil {
			return nil, err
		}
	}
	return view.Supervision(v.frame("监督"), d), nil
}

// waitingIncidents are the newest that wait for people.
func (v *visit) waitingIncidents() ([]tender.IncidentLine, error) {
	all, err := v.tender.AllIncidents(v.ctx, v.x.actor, "", pageSize)
	return slices.DeleteFunc(all, func(i tender.IncidentLine) bool { return i.State != tender.IncidentReported && !i.Alarm }), err
}

// readLogHead is the newest head with which witnesses have signed it; nil: there is no log.
func (v *visit) readLogHead() (*view.LogHead, error) {
	if v.translog == nil {
		return nil, nil //nolint:nilnil // no log is not an error
	}
	c := v.translog.Config
	h := &view.LogHead{Origin: c.Key.Name(), Quorum: c.Quorum}
	head, note, err := v.translog.Head(v.ctx)
	if errors.Is(err, translog.ErrNotYet) {
		h.Empty = true
		return h, nil
	}
	if err != nil {
		return nil, err
	}
	h.Size, h.Root = head.Size, head.Root.String()
	for _, w := range c.Witnesses {
		state := view.WitnessState{Name: w.Name()}
		for _, line := range note.Lines {
			if _, err := w.Sighting(note.Text, line); err == nil {
				state.Signed = true
			}
		}
		h.Witnesses = append(h.Witnesses, state)
	}
	return h, nil
}

func (v *visit) incidentList() (templ.Component, error) {
	after := v.QueryParam("after")
	if after != "" && !isID(after) {
		return nil, absent()
	}
	all, err := v.tender.AllIncidents(v.ctx, v.x.actor, after, pageSize)
	if err != nil {
		return nil, err
	}
	next := ""
	if len(all) == pageSize {
		next = "/incidents?after=" + all[len(all)-1].ID
	}
	return view.Incidents(v.frame("应急事件"), all, next), nil
}

// incidentPage is one incident, with what the reader may do about it.
func (v *visit) incidentPage() (templ.Component, error) {
	in, err := v.tender.Incident(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	d := view.IncidentDesk{IncidentView: in, Role: v.x.actor.Role}
	act := func(name, says string) *view.Deed { return &view.Deed{Act: name, Says: says} }
	switch {
	case d.Role == party.Supervisor && in.State == tender.IncidentReported:
		d.Accept = act("decide-incident", "签署应急认定：认可所选的保函，视同开标时已经开启。")
		d.Dismiss = act("decide-incident", "签署应急认定：不予认可。")
	case d.Role == party.Supervisor && in.State == tender.IncidentAccepted:
		d.Close = act("close-incident", "签署手工结案：这些保函不再由平台复核。")
	case d.Role == party.Centre && in.State == tender.IncidentReported:
		d.Evidence = v.formOf(view.Deed{Action: "/incidents/" + v.id + "/evidence", Large: true}, "evidence")
		if in.ReportedBy == v.x.actor.USCC {
			d.Withdraw = v.formOf(view.Deed{Action: "/incidents/" + v.id + "/withdraw", Ask: "确定撤销本次登记吗？"})
		}
	}
	return view.Incident(v.returned(v.signing("应急事件")), d), nil
}
