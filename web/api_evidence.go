package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"baohan/client/wire"
	"baohan/guarantee/letter/page"
	"baohan/party"
)

// evidenceRoutes are what anyone, or those who may know a fact, take away to check it without us.
func (s *server) evidenceRoutes() {
	s.document()
	query(s, "read-own-log", "/applications/{id}/log", "透明日志中关于本单位一份保函的记录和证明", s.ownLog)
	query(s, "issuer-log", "/issuer/guarantees/{id}/log", "透明日志中关于本机构一份保函的记录和证明", s.issuerLog)
	query(s, "read-guarantee-log", "/guarantees/{id}/log", "透明日志中关于以本单位为受益人的一份保函的记录和证明", s.guaranteeLog)
	query(s, "read-lot-log", "/lots/{lot}/log", "透明日志中关于一个标段的记录和证明：公布、延期、截标、开标、定标", s.lotLog)
}

func (s *server) ownLog(ctx context.Context, in *object) (wire.LogEntries, error) {
	all, err := s.guarantee.OwnLog(ctx, exchangeOf(ctx).actor, in.ID)
	return wire.LogEntries{Items: all}, err
}

func (s *server) issuerLog(ctx context.Context, in *object) (wire.LogEntries, error) {
	all, err := s.guarantee.GuarantorLog(ctx, exchangeOf(ctx).actor, in.ID)
	return wire.LogEntries{Items: all}, err
}

func (s *server) guaranteeLog(ctx context.Context, in *object) (wire.LogEntries, error) {
	all, err := s.guarantee.BeneficiaryLog(ctx, exchangeOf(ctx).actor, in.ID)
	return wire.LogEntries{Items: all}, err
}

func (s *server) lotLog(ctx context.Context, in *lotIn) (wire.LogEntries, error) {
	all, err := s.tender.LotLog(ctx, in.Lot)
	return wire.LogEntries{Items: all}, err
}

// document registers the letter as people print it: the same bytes as the file beneath, on pages that the platform
// signs. It is made anew for each reader, and like the file it exists from the opening on.
func (s *server) document() {
	op := operation(http.MethodGet, "read-document", "/guarantees/{id}/document", "下载保函 PDF（开标后公开）")
	op.Errors = append(op.Errors, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	op.Responses = map[string]*huma.Response{"200": {Description: "保函 PDF，附保函文件、揭示记录、签名数据和日志证明，平台签名", Content: map[string]*huma.MediaType{
		"application/pdf": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}
	huma.Register(s.api, op, func(ctx context.Context, in *object) (*fileAnswer, error) {
		b, err := s.render(ctx, in.ID)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return &fileAnswer{Type: "application/pdf", Disposition: `attachment; filename="` + in.ID + `.pdf"`, Body: b}, nil
	})
}

func (s *server) render(ctx context.Context, id string) ([]byte, error) {
	file, err := s.guarantee.File(ctx, id)
	if err != nil {
		return nil, err
	}
	b, err := s.presses.print(ctx, pressPatience, func() ([]byte, error) { return page.Guarantee(ctx, file, s.printer, s.clock.Now()) })
	return b, unprintable(err)
}

// unprintable tells a name that no font of ours can set: the letter stands, and so does its file.
func unprintable(err error) error {
	if missing, ok := errors.AsType[*page.MissingGlyphError](err); ok {
		return party.Conflict("document.glyph", missing.Error()+"。保函本身不受影响：请下载保函文件（.json），可照常核对")
	}
	return err
}
