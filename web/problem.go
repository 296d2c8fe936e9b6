package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"baohan/client/wire"
	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/tender"
)

// statusOf is the one table from what a refusal means to what HTTP says. A test holds it to party.Kinds.
var statusOf = map[party.Kind]int{
	party.KindInvalid:     http.StatusBadRequest,
	party.KindForbidden:   http.StatusForbidden,
	party.KindNotFound:    http.StatusNotFound,
	party.KindConflict:    http.StatusConflict,
	party.KindTooEarly:    http.StatusConflict,
	party.KindTooLate:     http.StatusConflict,
	party.KindKeyReused:   http.StatusUnprocessableEntity,
	party.KindUnauthentic: http.StatusUnauthorized,
}

var titleOf = map[int]string{
	http.StatusBadRequest:            "请求有误",
	http.StatusUnauthorized:          "身份未得到证明",
	http.StatusForbidden:             "无权执行",
	http.StatusNotFound:              "没有找到",
	http.StatusMethodNotAllowed:      "不支持此方法",
	http.StatusNotAcceptable:         "不支持所要求的格式",
	http.StatusRequestTimeout:        "接收超时",
	http.StatusConflict:              "当前状态不允许",
	http.StatusRequestEntityTooLarge: "请求体过大",
	http.StatusUnsupportedMediaType:  "不支持的媒体类型",
	http.StatusMisdirectedRequest:    "请求发错了地址",
	http.StatusUnprocessableEntity:   "幂等键冲突",
	http.StatusTooManyRequests:       "请求过于频繁",
	http.StatusServiceUnavailable:    "暂时无法处理",
	http.StatusInternalServerError:   "系统错误",
}

// problem is a refusal on its way out (RFC 9457).
type problem struct{ wire.Problem }

// GetStatus lets huma answer with it.
func (p *problem) GetStatus() int { return p.Status }

// ContentType makes it application/problem+json.
func (p *problem) ContentType(string) string { return wire.ProblemType }

func newProblem(status int, code, field, detail string) *problem {
	return &problem{wire.Problem{
		Type: "urn:baohan:problem:" + code, Title: titleOf[status], Status: status, Detail: detail, Code: code, Field: field,
	}}
}

// absent is the one answer for what does not exist, for what is somebody else's and for what may not be known
// yet: equal bytes, so that it tells nothing (招标投标法22).
func absent() *problem {
	return newProblem(http.StatusNotFound, "not_found", "", "没有找到所请求的内容；请核对编号，或确认您有权查看")
}

// problemOf maps every error that leaves a handler. What is not a refusal is nobody's business: the caller gets an
// incident number, the log gets the rest.
func (s *server) problemOf(ctx context.Context, err error) *problem {
	var ready *problem
	var several *refusals
	var field *letter.FieldError
	var custodian *tender.CustodianError
	switch r, refused := party.RefusalOf(err); {
	case errors.As(err, &ready):
		return ready
	case errors.As(err, &several):
		p := refusal(r)
		p.Errors = several.faults
		return p
	case refused:
		return refusal(r)
	case errors.Is(err, tender.ErrCustodians):
		return newProblem(http.StatusServiceUnavailable, "custodians_awaited", "",
			"已截标，正在等待密钥保管人，两个到齐即自动开标，无需重复操作；等待谁、因何等待，请查看标段")
	case errors.Is(err, tender.ErrSheetUnsigned):
		return newProblem(http.StatusServiceUnavailable, "sheet.unsigned", "", "开标结果已公布，核验结果表正在等待交易中心签名；系统会自动重试，请稍后再取")
	case errors.Is(err, guarantee.ErrEarlierPaper):
		return newProblem(http.StatusServiceUnavailable, "paper.earlier", "",
			"已经收到，以收到的时间为准；同一保函有更早到达的文件尚未处理，平台将依到达先后自动处理，无需重新签名，请稍后查看办理结果")
	case errors.As(err, &custodian):
		return newProblem(http.StatusServiceUnavailable, "custodian_absent", "",
			fmt.Sprintf("发布须三个密钥保管人都生成本标段的密钥，第 %d 个没有给出可信的答复，标段仍是草稿；请联系其经办人，恢复后再发布", custodian.Holder))
	case errors.As(err, &field):
		return newProblem(http.StatusBadRequest, "letter."+field.Rule, asPointer(field.Field), field.Message)
	}
	return s.unknown(ctx, err)
}

func refusal(r *party.Refusal) *problem {
	status, ok := statusOf[r.Kind]
	switch {
	case !ok:
		return newProblem(http.StatusInternalServerError, "internal", "", "系统未能处理此请求；请稍后重试")
	case status == http.StatusNotFound:
		return absent()
	}
	return newProblem(status, r.Code, asPointer(r.Field), r.Message)
}

// asPointer gives a desk's field name the shape of a JSON pointer; a header keeps its name.
func asPointer(field string) string {
	if field == "" || field[0] == '/' || field[0] >= 'A' && field[0] <= 'Z' {
		return field
	}
	return pointer(field)
}

// unknown answers for an error that nobody foresaw, or whose outcome nobody knows: a commit whose answer was lost
// may have happened, so the caller is told to ask again with the same key, never that it failed.
func (s *server) unknown(ctx context.Context, err error) *problem {
	x := exchangeOf(ctx)
	s.log.ErrorContext(ctx, "request failed", "incident", x.id, "operation", x.spoken(), "cause", quiet(err))
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return newProblem(http.StatusServiceUnavailable, "unavailable", "", "系统暂时未能确认结果；请用同一 Idempotency-Key 原样重发，或稍后查询（编号 "+x.id+"）")
	}
	return newProblem(http.StatusInternalServerError, "internal", "", "系统未能确认结果；请用同一 Idempotency-Key 原样重发，或稍后查询；仍不成功请报此编号："+x.id)
}

// quiet keeps a database error's code and nothing else: its detail carries values, and before opening a value may
// name a bidder.
func quiet(err error) string {
	var db interface{ SQLState() string }
	if errors.As(err, &db) {
		return "database, SQLSTATE " + db.SQLState()
	}
	return err.Error()
}

// humaProblem stands in for huma's own error, whose details repeat submitted values.
func humaProblem(status int, _ string, errs ...error) huma.StatusError {
	for _, err := range errs {
		d, ok := errors.AsType[*huma.ErrorDetail](err)
		switch {
		case ok && strings.HasPrefix(d.Location, "path."):
			return absent()
		case ok && strings.HasPrefix(d.Location, "query"):
			name, _, _ := strings.Cut(strings.TrimPrefix(d.Location, "query."), ".")
			if !ours(name) {
				name = ""
			}
			return newProblem(http.StatusBadRequest, "request.query", "?"+name, "查询参数未知或取值不对；请对照接口文档改正后重发")
		}
	}
	if status == 0 || status >= http.StatusInternalServerError {
		return newProblem(http.StatusInternalServerError, "internal", "", "系统未能处理此请求；请稍后重试")
	}
	return newProblem(status, "request.refused", "", "请求不符合接口文档；请改正后重发")
}

func init() {
	huma.NewError = humaProblem
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
}
