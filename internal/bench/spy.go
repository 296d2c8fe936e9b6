package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// spy times every round trip of the service to its database while it is on: from sending to the last row, as the
// service waits.
type spy struct {
	on   atomic.Bool
	mu   sync.Mutex
	seen []statement
}

type statement struct {
	sql  string
	took time.Duration
}

type started struct {
	sql string
	at  time.Time
}

type startedKey struct{}

// TraceQueryStart implements pgx.QueryTracer.
func (s *spy) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if !s.on.Load() {
		return ctx
	}
	return context.WithValue(ctx, startedKey{}, started{q.SQL, now()})
}

// TraceQueryEnd implements pgx.QueryTracer.
func (s *spy) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) { s.ended(ctx) }

// TraceBatchStart implements pgx.BatchTracer: a batch is one round trip.
func (s *spy) TraceBatchStart(ctx context.Context, _ *pgx.Conn, b pgx.TraceBatchStartData) context.Context {
	if !s.on.Load() {
		return ctx
	}
	texts := make([]string, len(b.Batch.QueuedQueries))
	for i, q := range b.Batch.QueuedQueries {
		texts[i] = fmt.Sprintf("%.24s", strings.Join(strings.Fields(q.SQL), " "))
	}
	return context.WithValue(ctx, startedKey{}, started{"batch: " + strings.Join(texts, " … "), now()})
}

// TraceBatchQuery implements pgx.BatchTracer.
func (*spy) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements pgx.BatchTracer.
func (s *spy) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchEndData) { s.ended(ctx) }

// TraceCopyFromStart implements pgx.CopyFromTracer.
func (s *spy) TraceCopyFromStart(ctx context.Context, _ *pgx.Conn, c pgx.TraceCopyFromStartData) context.Context {
	if !s.on.Load() {
		return ctx
	}
	return context.WithValue(ctx, startedKey{}, started{"COPY " + strings.Join(c.TableName, "."), now()})
}

// TraceCopyFromEnd implements pgx.CopyFromTracer.
func (s *spy) TraceCopyFromEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceCopyFromEndData) {
	s.ended(ctx)
}

func (s *spy) ended(ctx context.Context) {
	begun, ok := ctx.Value(startedKey{}).(started)
	if !ok || !s.on.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, statement{begun.sql, now().Sub(begun.at)})
}

// take returns what was seen since the last take.
func (s *spy) take() []statement {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}
