package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"
	"github.com/go-json-experiment/json"

	"baohan/party"
	"baohan/web/view"
)

// operatorPages are the platform itself for who runs it. They name no lot, no letter and no bidder.
func (s *server) operatorPages() {
	s.page("/operator", "page-operator", (*visit).operatorPage)
	s.deed("/operator/deliveries/:id/retry", "retry-delivery", (*visit).retryDeliveryOf, (*visit).operatorPage)
	s.deed("/operator/jobs/:id/retry", "retry-job", (*visit).retryJobOf, (*visit).operatorPage)
}

func init() {
	view.Menu("/operator", "运行状态", party.Operator)
	homes[party.Operator] = "/operator"
	notes["retried"] = "已放回队列，随即重试。"
}

func (v *visit) operatorPage() (templ.Component, error) {
	d := view.OperatorDesk{}
	var err error
	if d.Deliveries, err = v.banks.DeadLetters(v.ctx); err != nil {
		return nil, err
	}
	if d.HasJobs = v.jobs != nil; d.HasJobs {
		if d.Jobs, err = v.jobs.Failed(v.ctx); err != nil {
			return nil, err
		}
	}
	if d.Log, err = v.readLogHead(); err != nil {
		return nil, err
	}
	v.askHealth(&d)
	return view.Operator(v.returned(v.frame("运行状态")), d), nil
}

// askHealth asks the checks of /readyz in this process.
func (v *visit) askHealth(d *view.OperatorDesk) {
	if v.readyz == nil {
		return
	}
	said := &spoken{header: http.Header{}, code: http.StatusOK}
	v.readyz.ServeHTTP(said, v.Request())
	var report struct {
		Failed []string `json:"failed"`
		Alarms []string `json:"alarms"`
	}
	d.Asked, d.Ready = true, said.code == http.StatusOK
	if json.Unmarshal(said.body, &report) == nil {
		d.Health, d.Alarms = report.Failed, report.Alarms
	}
}

// spoken is what a handler says when it is asked in this process.
type spoken struct {
	header http.Header
	code   int
	body   []byte
}

func (s *spoken) Header() http.Header  { return s.header }
func (s *spoken) WriteHeader(code int) { s.code = code }
func (s *spoken) Write(b []byte) (int, error) {
	s.body = append(s.body, b...)
	return len(b), nil
}

func (v *visit) retryDeliveryOf(_ url.Values, cmd party.Command) (string, error) {
	_, err := v.banks.Retry(v.ctx, cmd, v.id)
	return "/operator?done=retried", err
}

func (v *visit) retryJobOf(_ url.Values, cmd party.Command) (string, error) {
	id, err := strconv.ParseInt(v.id, 10, 64)
	if err != nil || v.jobs == nil {
		return "", absent()
	}
	return "/operator?done=retried", v.jobs.Retry(v.ctx, cmd, id)
}
