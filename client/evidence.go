package client

import (
	"context"
	"net/url"

	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// Log is what the transparency log holds of an own guarantee: from the issue on a promise, a beat later the proof.
func (b *Bidder) Log(ctx context.Context, id string) ([]letter.LogEntry, error) {
	return b.entries(ctx, "/applications/"+url.PathEscape(id)+"/log")
}

// Log is what the transparency log holds of a disclosed guarantee in this beneficiary's favour.
func (b *Beneficiary) Log(ctx context.Context, id string) ([]letter.LogEntry, error) {
	return b.entries(ctx, "/guarantees/"+url.PathEscape(id)+"/log")
}

// Log is what the transparency log holds of one of this institution's guarantees.
func (i *Institution) Log(ctx context.Context, id string) ([]letter.LogEntry, error) {
	return i.entries(ctx, "/issuer/guarantees/"+url.PathEscape(id)+"/log")
}

// LotLog is what the transparency log holds of a published lot, for everybody.
func (p *person) LotLog(ctx context.Context, lot string) ([]letter.LogEntry, error) {
	return p.entries(ctx, "/lots/"+url.PathEscape(lot)+"/log")
}

// Document is a disclosed guarantee as people print it: a PDF that carries the file, signed by the platform.
func (p *person) Document(ctx context.Context, id string) ([]byte, error) {
	var b []byte
	return b, p.get(ctx, "/guarantees/"+url.PathEscape(id)+"/document", &b)
}

func (c *conn) entries(ctx context.Context, path string) ([]letter.LogEntry, error) {
	var all wire.LogEntries
	return all.Items, c.get(ctx, path, &all)
}
