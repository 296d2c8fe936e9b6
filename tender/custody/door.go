package custody

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/calendar"
)

// Socket is the officer's door: a Unix socket in the agent's directory. Whoever may open that directory on the
// custodian's machine is its officer; from elsewhere there is no way in.
func Socket(dir string) string { return filepath.Join(dir, "officer.sock") }

// Act is one act of the officer.
type Act struct {
	Verb   string          `json:"verb"` // status, authorise, revoke, veto, lift, give, postpone
	Days   []calendar.Date `json:"days,omitzero"`
	Lot    string          `json:"lot,omitzero"`
	Reason string          `json:"reason,omitzero"`
	Order  *Order          `json:"order,omitzero"`
}

type actAnswer struct {
	Status  Status `json:"status"`
	Refused string `json:"refused,omitzero"`
}

// Officer is the handler behind Socket.
func (a *Agent) Officer() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, 64<<10))
		var act Act
		if err == nil {
			err = readJSON(body, &act)
		}
		if err == nil {
			err = a.act(req.Context(), act)
		}
		var answer actAnswer
		if err != nil {
			answer.Refused = err.Error()
		} else if answer.Status, err = a.Status(); err != nil {
			answer.Refused = err.Error()
		}
		b, err := json.Marshal(answer)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(b) // the officer asks again
	})
}

func (a *Agent) act(ctx context.Context, act Act) error {
	switch act.Verb {
	case "status":
		return nil
	case "authorise":
		return a.Authorise(act.Days...)
	case "revoke":
		return a.Revoke(act.Days...)
	case "veto":
		return a.Veto(act.Lot, act.Reason)
	case "lift":
		return a.Lift(act.Lot)
	case "give":
		return a.Give(act.Lot)
	case "postpone":
		if act.Order == nil {
			return ErrOrder
		}
		return a.Postpone(ctx, *act.Order)
	}
	return fmt.Errorf("%w: verb %q", ErrMalformed, act.Verb)
}

// Instruct has the officer's act done by the agent that runs over dir, and tells how things stand after it.
func Instruct(ctx context.Context, dir string, act Act) (Status, error) {
	body, err := json.Marshal(act)
	if err != nil {
		return Status{}, err
	}
	answer, err := overSocket(ctx, dir, body)
	if err != nil {
		return Status{}, fmt.Errorf("保管人代理没有应答，请确认它正在运行、且数据目录 %s 无误：%w", dir, err)
	}
	var a actAnswer
	if err := readJSON(answer, &a); err != nil {
		return Status{}, err
	}
	if a.Refused != "" {
		return Status{}, errors.New(a.Refused)
	}
	return a.Status, nil
}
