package sandbox

import (
	"crypto/subtle"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// Handler is everything that the bank answers: the platform's messages, its cashier, and its operator's desk.
func (b *Bank) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(wire.MessagesPath, &client.Receiver{Me: b.Me, Certificates: b.Certificates, Clock: b.Platform.Clock,
		Handle: b.receive, Log: b.Log})
	mux.HandleFunc("GET /cashier/{application}", b.bill)
	mux.HandleFunc("POST /cashier/{application}/pay", b.pay)
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET /books":                               b.books,
		"GET /operator/queue":                      b.queue,
		"GET /operator/agreement":                  b.agreement,
		"POST /operator/behaviour":                 b.behave,
		"POST /operator/counter":                   b.sell,
		"POST /operator/applications/{id}/approve": b.approve,
		"POST /operator/applications/{id}/decline": b.decline,
		"POST /operator/demands/{id}/honour":       b.honour,
		"POST /operator/demands/{id}/reject":       b.reject,
	} {
		mux.HandleFunc(pattern, b.operator(handle))
	}
	return mux
}

// operator lets in who knows the token, or, when none is set, who sits at this machine and no browser page of
// somebody else's.
func (b *Bank) operator(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		known := b.Operator != "" && subtle.ConstantTimeCompare([]byte(token), []byte(b.Operator)) == 1
		local := b.Operator == "" && fromHere(r) && r.Header.Get("Origin") == ""
		if !known && !local {
			say(w, http.StatusForbidden, wire.Problem{Title: "Forbidden", Status: 403, Code: "operator.forbidden", Detail: "请使用操作员令牌"})
			return
		}
		next(w, r)
	}
}

func fromHere(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func say(w http.ResponseWriter, status int, v any) {
	body, err := wire.Write(v)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if status >= 400 {
		w.Header().Set("Content-Type", wire.ProblemType)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func no(w http.ResponseWriter, status int, code, detail string) {
	say(w, status, wire.Problem{Title: http.StatusText(status), Status: status, Code: code, Detail: detail})
}

// hear reads a strict body; an empty one is the zero value.
func hear[T any](w http.ResponseWriter, r *http.Request) (v T, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err == nil && len(body) > 0 {
		err = wire.Read(body, &v)
	}
	if err != nil {
		no(w, http.StatusBadRequest, "body.malformed", "数据格式有误；请核对字段")
	}
	return v, err == nil
}

// Bill is what the cashier asks.
type Bill struct {
	Application string     `json:"application"`
	Fee         letter.Fen `json:"fee"`
	Paid        bool       `json:"paid"`
	Reference   string     `json:"reference,omitzero"`
}

// Pay is POST /cashier/{application}/pay: the sandbox believes that the money came.
type Pay struct {
	Amount letter.Fen     `json:"amount"`
	Payer  letter.Account `json:"payer"`
}
