package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"baohan/party"
	"baohan/tender"
)

// hallForm is a posted form of a hall: the names of its fields end in what tells it apart.
type hallForm struct{ url.Values }

func (f hallForm) field(name string) string { return f.Get(name + "-" + f.Get("of")) }

// number is a number that a form of ours carries; anything else names nothing.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// hallDeeds are what people do in a session without signing it. Each goes to the desk as the API's own verb does, and its
// guard's row is that verb's.
func (s *server) hallDeeds() {
	hallVerb(s, "attend", "attend", func(v *visit, _ hallForm, _ party.Command) error { return v.attendHere() })
	hallVerb(s, "open", "open", func(v *visit, _ hallForm, cmd party.Command) error {
		_, err := v.tender.Open(v.ctx, cmd, v.id)
		return err
	})
	s.hostDeeds()
	s.bidderDeeds()
	hallVerb(s, "consents", "consent-extension", func(v *visit, f hallForm, cmd party.Command) error {
		return moved(v.tender.ConsentExtension(v.ctx, cmd, v.id, number(f.Get("of"))))
	})
	hallVerb(s, "confirmations", "confirm-attribution", func(v *visit, f hallForm, cmd party.Command) error {
		return moved(v.tender.ConfirmAttribution(v.ctx, cmd, v.id, number(f.Get("of"))))
	})
}

func (s *server) hostDeeds() {
	hallVerb(s, "decrypt", "order-decryption", func(v *visit, _ hallForm, cmd party.Command) error {
		return moved(v.tender.OrderDecryption(v.ctx, cmd, v.id))
	})
	hallVerb(s, "pause", "pause-hall", func(v *visit, f hallForm, cmd party.Command) error {
		return moved(v.tender.Pause(v.ctx, cmd, v.id, f.field("reason")))
	})
	hallVerb(s, "resume", "resume-hall", func(v *visit, f hallForm, cmd party.Command) error {
		return moved(v.tender.Resume(v.ctx, cmd, v.id, f.field("reason")))
	})
	hallVerb(s, "extensions", "ask-extension", func(v *visit, f hallForm, cmd party.Command) error {
		return moved(v.tender.AskExtension(v.ctx, cmd, v.id, int(number(f.field("minutes"))), f.field("reason")))
	})
	hallVerb(s, "attributions", "attribute", func(v *visit, f hallForm, cmd party.Command) error {
		n := tender.NewAttribution{Bid: f.Get("bid"), Cause: tender.Cause(f.field("cause")), Evidence: f.field("evidence")}
		if d := f.field("digest"); d != "" {
			if err := n.Digest.UnmarshalText([]byte(d)); err != nil {
				return errEvidenceDigest
			}
		}
		return moved(v.tender.Attribute(v.ctx, cmd, v.id, n))
	})
	hallVerb(s, "read", "read-out", func(v *visit, _ hallForm, cmd party.Command) error { return moved(v.tender.ReadOut(v.ctx, cmd, v.id)) })
	hallVerb(s, "answers", "answer-in-hall", func(v *visit, f hallForm, cmd party.Command) error {
		return moved(v.tender.AnswerInHall(v.ctx, cmd, v.id, number(f.Get("of")), f.field("text")))
	})
	hallVerb(s, "record", "make-record", func(v *visit, f hallForm, cmd party.Command) error {
		return moved(v.tender.MakeRecord(v.ctx, cmd, v.id, f.field("note")))
	})
}

func (s *server) bidderDeeds() {
	hallVerb(s, "confirm", "confirm-line", func(v *visit, _ hallForm, cmd party.Command) error {
		return moved(v.tender.ConfirmLine(v.ctx, cmd, v.id))
	})
	hallVerb(s, "objections", "object-in-hall", func(v *visit, f hallForm, cmd party.Command) error {
		return moved(v.tender.ObjectInHall(v.ctx, cmd, v.id, f.field("text")))
	})
}

var errEvidenceDigest = party.Invalid("attribution.digest", "digest", "证据文件的摘要须为 64 位十六进制数字（SM3）；没有文件的，请留空")

func moved(_ tender.HallAnswer, err error) error { return err }

// hallVerb mounts a form of the hall. It leads back there; whoever loads the address of a refused form again is led there too.
func hallVerb(s *server, verb, operation string, do func(*visit, hallForm, party.Command) error) {
	path := "/halls/:lot/" + verb
	s.deed(path, operation, func(v *visit, form url.Values, cmd party.Command) (string, error) {
		return "/halls/" + v.id + "?done=" + verb, do(v, hallForm{form}, cmd)
	}, (*visit).hallPage)
	if verb != "record" { // which is a page of its own
		s.echo.GET(path, func(c echo.Context) error {
			return c.Redirect(http.StatusSeeOther, "/halls/"+url.PathEscape(c.Param("lot")))
		})
	}
}
