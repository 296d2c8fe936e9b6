package web

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"baohan/guarantee/letter"
	"baohan/guarantee/letter/page"
	"baohan/party"
	"baohan/tender"
	"baohan/web/view"
)

// hallRecord is an edition of the record with its signatures; before there is one, what the host would put on record.
func (v *visit) hallRecord() (templ.Component, error) {
	edition, err := v.edition()
	if err != nil {
		return nil, err
	}
	h, err := v.tender.HallOf(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	r := view.Record{Lot: v.id, Stage: h.Stage, Left: h.Deadline, Now: h.Now}
	got, err := v.tender.OpeningRecord(v.ctx, v.x.actor, v.id, edition)
	if refusal, refused := party.RefusalOf(err); refused && refusal.Kind == party.KindNotFound && h.Record == nil && v.x.actor.Is(party.Beneficiary, party.Agent) {
		r.Preview = true
		r.Content, err = v.tender.PreviewRecord(v.ctx, v.x.actor, v.id)
		return view.HallRecord(v.frame("开标记录表预览"), r), err
	}
	if err != nil {
		return nil, err
	}
	if r.Content, err = letter.ParseOpeningRecord(got.Content); err != nil {
		return nil, err
	}
	r.Digest, r.Newest, r.Signatures = got.Digest.String(), got.Newest, got.Signatures
	r.Sign = v.maySign(h, got)
	f := v.frame("开标记录表")
	f.Key = r.Sign
	return view.HallRecord(f, r), nil
}

// maySign tells whether the reader's signature is still to come: the host's, or that of whoever leads a bid.
func (v *visit) maySign(h tender.HallView, r tender.RecordOf) bool {
	for _, x := range r.Signatures {
		if x.Signer == v.x.actor.USCC {
			return false
		}
	}
	switch {
	case r.Edition != r.Newest:
		return false
	case v.x.actor.Is(party.Bidder):
		return h.Own != "" && h.Stage == tender.HallSigning && h.Remaining > 0
	case v.x.actor.Is(party.Beneficiary, party.Agent):
		return h.Stage == tender.HallSigning || h.Stage == tender.HallEnded
	}
	return false
}

// edition is the one that the address asks for; 0: the newest.
func (v *visit) edition() (int, error) {
	text := v.QueryParam("edition")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 9999 {
		return 0, absent()
	}
	return n, nil
}

// prints mounts a paper that is set on pages for whoever asks, as read-document is.
func (s *server) prints(path, operation string, set func(*visit) (name string, press func() ([]byte, error), err error)) {
	s.mounted[Route{http.MethodGet, path}] = operation
	s.echo.GET(path, func(c echo.Context) error {
		v, err := s.arrive(c, operation)
		if err != nil {
			return s.turnedAway(v, err)
		}
		if !s.limits.limiter(s.limits.address(c.Request()), documents).Allow() {
			return s.turnedAway(v, documents.refused)
		}
		name, press, err := set(v)
		if err != nil {
			return s.turnedAway(v, err)
		}
		b, err := s.presses.print(v.ctx, pressPatience, press)
		if err = unprintable(err); err != nil {
			return s.turnedAway(v, err)
		}
		c.Response().Header().Set("Content-Disposition", `attachment; filename="`+name+`.pdf"`)
		return c.Blob(http.StatusOK, "application/pdf", b)
	})
}

// recordPDF is the record with all signatures that are at hand.
func (v *visit) recordPDF() (string, func() ([]byte, error), error) {
	edition, err := v.edition()
	if err != nil {
		return "", nil, err
	}
	r, err := v.tender.OpeningRecord(v.ctx, v.x.actor, v.id, edition)
	if err != nil {
		return "", nil, err
	}
	var all [][]byte
	host := false
	for _, x := range r.Signatures {
		if x.Signed != nil {
			all, host = append(all, x.Signed), host || x.Host
		}
	}
	if !host {
		return "", nil, errRecordUnsigned
	}
	return "record-" + v.id + "-" + strconv.Itoa(r.Edition), func() ([]byte, error) { return page.OpeningRecord(v.ctx, all, v.printer, v.clock.Now()) }, nil
}

var errRecordUnsigned = party.Conflict("record.unsigned", "主持人还没有签署开标记录表；请在主持人签名后下载 PDF，现在可以打印网页")

// sheetPDF is the verification sheet as the centre signed it.
func (v *visit) sheetPDF() (string, func() ([]byte, error), error) {
	sheet, err := v.tender.Sheet(v.ctx, v.id, 0)
	return "sheet-" + v.id, func() ([]byte, error) { return page.Verification(v.ctx, sheet.Signed, v.printer, v.clock.Now()) }, err
}
