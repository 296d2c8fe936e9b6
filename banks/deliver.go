package banks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"baohan/client/wire"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/httpsig"
)

// Outcome says what DeliverNext did. Waiting tells whether more of the guarantee's messages wait, and Again when
// the next of them may be tried; zero when the head is a dead letter, which only people move.
type Outcome struct {
	Delivered string // the message's id, if one was
	Waiting   bool
	Again     time.Time
}

// maxAnswer is more than any acknowledgement needs.
const maxAnswer = 16 << 10

// DeliverNext sends the oldest undelivered message of a guarantee, if it is due and nobody else is sending it.
//
// The attempt is on record, with a lease, before the institution is asked; no transaction is open meanwhile. A
// crash after it arrived and before that is noted sends it again, under the same message id, when the lease is
// over. Nothing behind it is sent until it is delivered: order is kept by sending the head only.
func (d *Desk) DeliverNext(ctx context.Context, guarantee string) (Outcome, error) {
	lease := signing.Random(16)
	m, ok, err := claim(ctx, d.Pool, guarantee, lease, 2*d.Timeout+time.Second)
	if err != nil {
		return Outcome{}, err
	}
	if !ok {
		return d.outcome(ctx, guarantee, "")
	}
	ack, err := d.send(ctx, m)
	// The note is made even when the caller is shutting down: it says what really happened.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err != nil {
		return d.failed(after, m, lease, err)
	}
	if err := noteDelivered(after, d.Pool, m.ID, lease, ack); err != nil {
		return Outcome{}, err
	}
	return d.outcome(after, guarantee, m.ID)
}

func (d *Desk) failed(ctx context.Context, m delivery, lease []byte, cause error) (Outcome, error) {
	d.Log.WarnContext(ctx, "delivery failed", "message", m.ID, "attempt", m.Attempts, "error", cause)
	dead := m.Attempts >= d.Attempts
	if err := noteFailed(ctx, d.Pool, m.ID, lease, words(cause), pause(m.Attempts), dead); err != nil {
		return Outcome{}, err
	}
	return d.outcome(ctx, m.Guarantee, "")
}

func (d *Desk) outcome(ctx context.Context, guarantee, delivered string) (Outcome, error) {
	again, waiting, err := nextDue(ctx, d.Pool, guarantee)
	return Outcome{Delivered: delivered, Waiting: waiting, Again: again}, err
}

// pause is the time after the n-th failed attempt: 1 s, 2 s, 4 s … up to an hour. Thirty-six attempts take a day.
func pause(n int) time.Duration {
	if n > 12 {
		return time.Hour
	}
	return min(time.Hour, time.Second<<max(0, n-1))
}

// failure is a reason that staff may read. It never holds a byte of what the institution answered.
type failure struct {
	words string
	cause error
}

func (f failure) Error() string { return fmt.Sprintf("%s: %v", f.words, f.cause) }
func (f failure) Unwrap() error { return f.cause }

func words(err error) string {
	var f failure
	if errors.As(err, &f) {
		return f.words
	}
	return "发送失败；请查看日志"
}

// answer is a verified acknowledgement: its bytes, and the header that signs them.
type answer struct {
	body      []byte
	signature string
}

func (d *Desk) send(ctx context.Context, m delivery) (answer, error) {
	i, err := readInstitution(ctx, d.Pool, m.Guarantor)
	if err != nil {
		return answer{}, err
	}
	to, err := d.egress.address(i.Base)
	if err != nil {
		return answer{}, failure{"接入地址不在出站白名单内；请平台运营人员核对白名单和机构地址", err}
	}
	body, err := d.compose(ctx, m)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String()+wire.MessagesPath, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", m.ID)
	if err := httpsig.Sign(req, body, d.Certificate.Fingerprint().String(), d.Platform, time.Now()); err != nil {
		return answer{}, err
	}
	res, err := d.egress.client.Do(req)
	if err != nil {
		return answer{}, failure{unreachable(err), err}
	}
	defer func() { _ = res.Body.Close() }()
	return d.readAnswer(ctx, req, res, m)
}

func (d *Desk) readAnswer(ctx context.Context, req *http.Request, res *http.Response, m delivery) (answer, error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return answer{}, failure{unreachable(err), err}
	}
	if res.StatusCode != http.StatusOK {
		return answer{}, failure{fmt.Sprintf("机构应答 HTTP %d；请联系机构核对接口", res.StatusCode), errors.New("status")}
	}
	if len(body) > maxAnswer {
		return answer{}, failure{"机构应答过长；请联系机构核对接口", errors.New("answer too long")}
	}
	if err := d.verifyAnswer(ctx, req, res, body, m.Guarantor); err != nil {
		return answer{}, failure{"机构应答未签名或签名不符；请联系机构核对签名证书", err}
	}
	var ack wire.Ack
	if err := wire.Read(body, &ack); err != nil || ack.Message != m.ID {
		return answer{}, failure{"机构应答与所发报文不符；请联系机构核对接口", errors.New("not an acknowledgement of this message")}
	}
	return answer{body: body, signature: res.Header.Get("Signature-Input") + "\n" + res.Header.Get("Signature")}, nil
}

// verifyAnswer accepts only a key of the institution itself that is in use now.
func (d *Desk) verifyAnswer(ctx context.Context, req *http.Request, res *http.Response, body []byte, guarantor string) error {
	lookup := func(keyid string) (signing.PublicKey, error) {
		var fingerprint signing.Digest
		if err := fingerprint.UnmarshalText([]byte(keyid)); err != nil {
			return signing.PublicKey{}, err
		}
		actor, cert, err := d.Party.ByFingerprint(ctx, fingerprint)
		if err != nil {
			return signing.PublicKey{}, err
		}
		if actor.USCC != guarantor || !actor.Is(party.Guarantor) {
			return signing.PublicKey{}, errors.New("key of somebody else")
		}
		return cert.PublicKey(), nil
	}
	_, err := httpsig.VerifyResponse(res, body, req, lookup, time.Now())
	return err
}

// unreachable says in words why no answer came. The error of the network names addresses, no content.
func unreachable(err error) string {
	var timeout net.Error
	switch {
	case errors.Is(err, errNotListed):
		return "机构域名解析到白名单以外的地址，已拒绝连接；请平台运营人员核对"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "机构在时限内没有应答；将自动重发"
	}
	return "无法连接机构；将自动重发"
}
