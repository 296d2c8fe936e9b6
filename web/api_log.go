package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"baohan/client/wire"
	"baohan/party"
	"baohan/signing"
	"baohan/signing/tlog"
	"baohan/signing/translog"
)

// How a proof or a leaf is named, and which part of the log.
type (
	ofLeaf struct {
		Leaf string `path:"leaf" doc:"叶，64 位小写十六进制"`
		Held string `header:"If-None-Match" doc:"已有的版本（ETag）；没有变化时答复 304"`
	}
	between struct {
		From uint64 `query:"from" required:"true" minimum:"0" maximum:"9007199254740991" doc:"较早的日志头的叶数；0 为空日志"`
		To   uint64 `query:"to" required:"true" minimum:"1" maximum:"9007199254740991" doc:"较晚的日志头的叶数"`
		Held string `header:"If-None-Match" doc:"已有的版本（ETag）；没有变化时答复 304"`
	}
	fromPosition struct {
		From uint64 `query:"from" minimum:"0" maximum:"9007199254740991" doc:"从这一片叶起（从 0 编号），最多 1024 片"`
		Held string `header:"If-None-Match" doc:"已有的版本（ETag）；没有变化时答复 304"`
	}
	newest struct {
		Held string `header:"If-None-Match" doc:"已有的版本（ETag）；没有变化时答复 304"`
	}
)

// errWaiting tells of a leaf that was handed in. Only who knows its fact can name it.
var errWaiting = newProblem(http.StatusConflict, "log.waiting", "", "这片叶已交入，正等待下一个日志头；请过一个节拍再取，此前可以取回执")

var errHeadless = newProblem(http.StatusConflict, "log.empty", "", "日志还没有第一个日志头；请过一个节拍再取")

// logHead is the newest signed head with what witnesses have said of it. It changes with every beat and every line.
func (s *server) logHead(ctx context.Context, in *newest) (*published, error) {
	if s.translog == nil {
		return nil, absent()
	}
	_, note, err := s.translog.Head(ctx)
	if errors.Is(err, translog.ErrNotYet) {
		return nil, errHeadless
	}
	if err != nil {
		return nil, err
	}
	return publish(textPlain, note.Bytes(), in.Held, freshly), nil
}

// logConsistency is proved between two signed heads, and stays as it is.
func (s *server) logConsistency(ctx context.Context, in *between) (*published, error) {
	if s.translog == nil {
		return nil, absent()
	}
	proof, err := s.translog.Consistency(ctx, in.From, in.To)
	if err != nil {
		return nil, ofLog(err)
	}
	body, err := proof.Canonical()
	return publish(applicationJSON, body, in.Held, forEver), err
}

// logProof is the file inclusion.json of a leaf. A later one leads to a later head, with more witnesses.
func (s *server) logProof(ctx context.Context, in *ofLeaf) (*published, error) {
	leaf, err := s.leafOf(in)
	if err != nil {
		return nil, err
	}
	proof, err := s.translog.Inclusion(ctx, leaf)
	if err != nil {
		return nil, ofLog(err)
	}
	body, err := proof.Canonical()
	return publish(applicationJSON, body, in.Held, freshly), err
}

// logReceipt is signed anew each time, and promises the same.
func (s *server) logReceipt(ctx context.Context, in *ofLeaf) (*published, error) {
	leaf, err := s.leafOf(in)
	if err != nil {
		return nil, err
	}
	note, err := s.translog.Receipt(ctx, leaf)
	if err != nil {
		return nil, ofLog(err)
	}
	return publish(textPlain, note.Bytes(), "", never), nil
}

// logLeaves lets anybody keep a mirror. Behind the newest head there is nothing to see.
func (s *server) logLeaves(ctx context.Context, in *fromPosition) (*published, error) {
	if s.translog == nil {
		return nil, absent()
	}
	leaves, err := s.translog.Leaves(ctx, in.From, wire.LogPage)
	if err != nil {
		return nil, err
	}
	body, err := wire.Write(wire.LogLeaves{From: in.From, Leaves: append([]signing.Digest{}, leaves...)})
	kept := freshly
	if len(leaves) == wire.LogPage {
		kept = forEver
	}
	return publish(applicationJSON, body, in.Held, kept), err
}

// logKeys are told so that a reader can compare them with those that it was given.
func (s *server) logKeys(_ context.Context, in *newest) (*published, error) {
	if s.translog == nil {
		return nil, absent()
	}
	c := s.translog.Config
	body, err := wire.Write(wire.LogKeys{Log: c.Key.String(), Old: verifiers(c.Old), Witnesses: verifiers(c.Witnesses), Quorum: c.Quorum,
		Batch: c.Batch, Every: int64(c.Every.Seconds()), Within: int64(c.Within.Seconds())})
	return publish(applicationJSON, body, in.Held, freshly), err
}

func verifiers(keys []tlog.Key) []string {
	texts := make([]string, len(keys))
	for i := range keys {
		texts[i] = keys[i].String()
	}
	return texts
}

// countersign takes a witness's line in. The line proves who says it, and of which head: nobody else's is taken.
func (s *server) countersign(ctx context.Context, _ *here, in *wire.LogCosignature) (wire.LogCosignature, error) {
	if s.translog == nil {
		return *in, absent()
	}
	line, err := tlog.ParseLine(in.Line)
	if err != nil {
		return *in, errStranger
	}
	return *in, ofLog(s.translog.Countersigned(ctx, in.Size, line))
}

var errStranger = party.Invalid("log.cosignature", "line", "这一行不是本日志登记的见证人对这个日志头的签名；请核对密钥已经登记（translog-witnesses）、叶数和签名行一致，再交一次")

var errAhead = party.Invalid("log.cosignature_time", "line", "签名行的时刻比平台的时钟快五分钟以上；请校准见证人机器的时钟，再交一次")

// ofLog gives the log's refusals the words of the API. What is not in the log is not there: one answer, whatever was
// asked for.
func ofLog(err error) error {
	switch {
	case errors.Is(err, translog.ErrUnknown):
		return absent()
	case errors.Is(err, translog.ErrNotYet):
		return errWaiting
	case errors.Is(err, translog.ErrStranger):
		return errStranger
	case errors.Is(err, translog.ErrAhead):
		return errAhead
	}
	return err
}

// leafOf refuses every spelling of a leaf but one.
func (s *server) leafOf(in *ofLeaf) (leaf signing.Digest, err error) {
	if s.translog == nil || leaf.UnmarshalText([]byte(in.Leaf)) != nil {
		return leaf, absent()
	}
	return leaf, nil
}

// published is an answer for everybody, as the bytes that are checked, and cached if it may be.
type published struct {
	Status int
	Type   string `header:"Content-Type"`
	Cache  string `header:"Cache-Control"`
	ETag   string `header:"ETag"`
	Body   []byte
}

// How long what everybody may read is kept: for ever, as long as it is asked again, or not at all.
const (
	forEver = "public, max-age=31536000, immutable"
	freshly = "public, no-cache"
	never   = "no-store"

	textPlain       = "text/plain; charset=utf-8"
	applicationJSON = "application/json"
)

// publish answers 304 to whoever holds these very bytes.
func publish(kind string, body []byte, held, kept string) *published {
	p := &published{Status: http.StatusOK, Type: kind, Cache: cmp.Or(kept, never), Body: body}
	if kept == never {
		return p
	}
	p.ETag = `"` + signing.Sum(body).String() + `"`
	if held == p.ETag {
		p.Status, p.Body = http.StatusNotModified, nil
	}
	return p
}
