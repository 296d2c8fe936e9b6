package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"baohan/client/wire"
	"baohan/signing"
	"baohan/signing/tlog"
)

// Log reads the platform's transparency log as anybody can: it signs in nowhere and believes nothing that it is told.
// What it returns is checked by signing/tlog against keys that came from somebody else. It is a tlog.Source.
type Log struct{ *conn }

var _ tlog.Source = (*Log)(nil)

// NewLog needs the platform's address, and nothing else of it.
func NewLog(p Platform) (*Log, error) {
	c, err := newConn(p, nobody{})
	return &Log{c}, err
}

// nobody asks without a name.
type nobody struct{}

func (nobody) sign(*http.Request, []byte) error                  { return nil }
func (nobody) check(*http.Request, *http.Response, []byte) error { return nil }

// Head is the newest signed head, as its note, with what witnesses have said of it.
func (l *Log) Head(ctx context.Context) ([]byte, error) {
	var note []byte
	return note, l.get(ctx, "/log/head", &note)
}

// Consistency proves that the log grew from one signed head into another.
func (l *Log) Consistency(ctx context.Context, from, to uint64) (tlog.Consistency, error) {
	var raw []byte
	if err := l.get(ctx, fmt.Sprintf("/log/consistency?from=%d&to=%d", from, to), &raw); err != nil {
		return tlog.Consistency{}, err
	}
	return tlog.ParseConsistency(raw)
}

// Inclusion proves that a leaf is in the log.
func (l *Log) Inclusion(ctx context.Context, leaf signing.Digest) (tlog.Inclusion, error) {
	var raw []byte
	if err := l.get(ctx, "/log/leaves/"+leaf.String()+"/proof", &raw); err != nil {
		return tlog.Inclusion{}, err
	}
	return tlog.ParseInclusion(raw)
}

// Receipt is the log's promise for a leaf, as its note: tlog.OpenReceipt reads it.
func (l *Log) Receipt(ctx context.Context, leaf signing.Digest) ([]byte, error) {
	var note []byte
	return note, l.get(ctx, "/log/leaves/"+url.PathEscape(leaf.String())+"/receipt", &note)
}

// Leaves are at most wire.LogPage leaves from a position on; none where the newest head ends.
func (l *Log) Leaves(ctx context.Context, from uint64) ([]signing.Digest, error) {
	var page wire.LogLeaves
	return page.Leaves, l.get(ctx, fmt.Sprintf("/log/leaves?from=%d", from), &page)
}

// Keys are the keys that the platform says are the log's and its witnesses', and the log's rhythm.
func (l *Log) Keys(ctx context.Context) (wire.LogKeys, error) {
	var keys wire.LogKeys
	return keys, l.get(ctx, "/log/keys", &keys)
}

// Countersign hands a witness's line on the head of that size in. The same line again changes nothing.
func (l *Log) Countersign(ctx context.Context, size uint64, line tlog.Line) error {
	return l.post(ctx, "/log/cosignatures", newID(), wire.LogCosignature{Size: size, Line: line.String()}, nil)
}
