package acts

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// Trouble is an error for the person in front of the page.
type Trouble struct {
	Says    string `json:"says"`
	Field   string `json:"field,omitzero"` // of the form, or the JSON pointer in the body of the request
	Code    string `json:"code,omitzero"`  // of the platform's refusal
	Unknown bool   `json:"unknown,omitzero"`
}

// spoken is an error that is already in words.
type spoken string

func (s spoken) Error() string { return string(s) }

const unknownWords = "没有收到平台可信的应答，不知道是否已经办成。请检查网络后再按一次：已经办成的不会重复办理。"

// known are errors of the SDK that a person can do something about.
var known = []struct {
	err  error
	says string
}{
	{client.ErrNoAnswer, "没有收到平台可信的应答。请检查网络后重试。"},
	{client.ErrWrongKey, "这份投标不是用这张证书加密的，打不开。请换用递交投标时的那张证书。"},
	{client.ErrCustodians, "标段的密钥保管人或其公钥与公告不符，没有为它封存任何内容。请联系招标人和平台。"},
	{client.ErrLetter, "平台上的保函与您的申请不符。请立即联系担保机构和平台。"},
	{client.ErrNotIssued, "这份申请尚未开立保函。请查看申请进度。"},
	{client.ErrFile, "取回的文件与其摘要不符，请不要使用。请重试；仍不成功的，请联系平台。"},
	{client.ErrEarly, "还没有到时间。请在投标截止之后再办。"},
	{client.ErrPIN, client.ErrPIN.Error()},
	{signing.ErrUnwrap, "用这张证书打不开。请换用当时登记的加密证书。"},
	{fs.ErrNotExist, "本机没有这份文件的存底。请换用当时办理的电脑和浏览器。"},
	{context.DeadlineExceeded, "等候太久，已经停止。请重试。"},
}

// Words says an error in Chinese. What the platform said passes through; where nobody knows the outcome, that is said first.
func Words(err error) Trouble {
	var own *FieldError
	var said spoken
	refusal, refused := client.Refused(err)
	content, isContent := letter.FieldOf(err)
	switch {
	case errors.As(err, &own):
		return Trouble{Says: own.Message, Field: own.Field}
	case errors.Is(err, client.ErrUnknown):
		return Trouble{Says: unknownWords, Unknown: true}
	case refused:
		return Trouble{Says: refusalWords(refusal), Field: refusal.Field, Code: refusal.Code}
	case errors.As(err, &said):
		return Trouble{Says: string(said)}
	case isContent:
		return Trouble{Says: content.Message, Field: content.Field}
	case errors.Is(err, client.ErrKeyFile):
		return Trouble{Says: err.Error()}
	}
	for _, k := range known {
		if errors.Is(err, k.err) {
			return Trouble{Says: k.says}
		}
	}
	return Trouble{Says: "没有办成，程序给出的原因是：" + strings.TrimPrefix(err.Error(), "client: ") + "。请重试；仍不成功的，请把这句话告诉平台。"}
}

// refusalWords joins what a refusal found in several fields.
func refusalWords(p wire.Problem) string {
	parts := []string{p.Detail}
	for _, e := range p.Errors {
		if e.Detail != p.Detail {
			parts = append(parts, e.Detail)
		}
	}
	return strings.Join(parts, "；")
}

// money is ¥800,000.00.
func money(f letter.Fen) string {
	whole, part, _ := strings.Cut(f.String(), ".")
	for i := len(whole) - 3; i > 0 && whole[i-1] != '-'; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return "¥" + whole + "." + part
}

// instant is 2026年11月30日 14:05:09, Beijing time.
func instant(t time.Time) string { return t.In(calendar.Shanghai).Format("2006年1月2日 15:04:05") }

func number(n int) string { return strconv.Itoa(n) }
