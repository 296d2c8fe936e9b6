package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/party"
	"baohan/tender"
)

// streams tells the operations whose answer is a stream: it has no end for which it could be held back, or that could be
// signed.
func streams(operation string) bool { return operation == "watch-opening" || operation == "watch-hall" }

// givesFile and takesFile tell the operations whose answer, or whose body, is a file that is never whole in memory. Neither
// takes a request signature: an answer that is not held back cannot be signed, and a signed body is read before its sender
// is believed.
func givesFile(operation string) bool {
	return operation == "read-bid-file" || operation == "read-own-bid-file"
}

func takesFile(operation string) bool { return operation == "upload-bid-file" }

// slowest is how long a reader may take for one event before the stream is given up.
const slowest = 10 * time.Second

// stream is one answer of server-sent events (HTML Living Standard, 9.2).
type stream struct {
	out      http.ResponseWriter
	control  *http.ResponseController
	now      func() time.Time // the platform's clock
	last     int64            // the id of the last event that the reader has
	deadline time.Time        // the one that was told
	spoke    bool             // something was told on this connection
}

// watch tells everything after an event, then all that comes, until the end of the opening, of the stream's life, of this
// process, of the reader's patience, or of the session in which it was asked for.
func (s *server) watch(ctx context.Context, st *stream, f *feed, x *exchange) {
	life, beat := time.NewTimer(s.hub.Life), time.NewTicker(s.hub.Heartbeat)
	defer life.Stop()
	defer beat.Stop()
	if st.begin() != nil {
		return
	}
	for {
		b, known, changed := f.look()
		if known {
			if end, err := st.catchUp(b); end || err != nil {
				return
			}
		}
		select {
		case <-changed:
		case <-beat.C:
			if s.over(ctx, x, known && b.attended(st.now())) || st.send([]byte(":\n\n")) != nil {
				return
			}
		case <-life.C:
			return
		case <-s.stopping:
			return
		case <-ctx.Done():
			return
		}
	}
}

// over tells that who asks has signed out, was suspended, or lost his certificate, or that nobody has used his session; used
// tells whether watching is use. While the database cannot be asked nobody is cut off.
func (s *server) over(ctx context.Context, x *exchange, used bool) bool {
	if x.token == "" {
		return false
	}
	ask := s.party.Session
	if x.paged {
		ask = func(ctx context.Context, token string) (party.Actor, error) {
			return s.party.PageSession(ctx, token, used)
		}
	}
	_, err := ask(ctx, x.token)
	_, refused := party.RefusalOf(err)
	return refused
}

// begin lifts the server's own limits from this connection, whose answer is longer than any, and has the reader come back
// soon when it is cut off.
func (st *stream) begin() error {
	_ = st.control.SetReadDeadline(time.Time{}) // what cannot set one has none
	return st.send([]byte("retry: 2000\n\n"))
}

// catchUp tells what the reader does not have yet, and whether the end has come. Whoever comes back after the end is told
// the last event again.
func (st *stream) catchUp(b bulletin) (end bool, err error) {
	if b.deadline != nil {
		return false, st.waiting(*b.deadline)
	}
	end = b.over()
	for i, t := range b.news {
		if again := end && !st.spoke && i == len(b.news)-1; t.seq <= st.last && !again {
			continue
		}
		if err := st.tell(t); err != nil {
			return false, err
		}
		st.last = t.seq
	}
	return end, nil
}

// waiting tells the deadline, once, and again when it has been moved.
func (st *stream) waiting(deadline time.Time) error {
	if st.deadline.Equal(deadline) {
		return nil
	}
	st.deadline = deadline
	t, err := toldOf(wire.Progress{Stage: wire.BeforeDeadline, Words: "尚未截止，正在接收投标文件；截止前不显示投标人的名称和数量", At: local(st.now()), Deadline: local(deadline)})
	if err != nil {
		return err
	}
	return st.tell(t)
}

func (st *stream) tell(t told) error {
	var b bytes.Buffer
	if t.seq > 0 {
		fmt.Fprintf(&b, "id: %d\n", t.seq)
	}
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", t.name, t.data)
	st.spoke = true
	return st.send(b.Bytes())
}

// send gives the reader its time, and no more.
func (st *stream) send(b []byte) error {
	_ = st.control.SetWriteDeadline(time.Now().Add(slowest))
	if _, err := st.out.Write(b); err != nil {
		return err
	}
	return st.control.Flush()
}

// close leaves the connection as it was for the next answer.
func (st *stream) close() { _ = st.control.SetWriteDeadline(time.Time{}) }

// progressChannel tells how an opening gets on.
func (s *server) progressChannel() channel {
	return channel{progress, s.hub.Beat, func(ctx context.Context, lot string, after int64) (b bulletin, err error) {
		hall, err := s.tender.Hall(ctx, lot, after)
		if err != nil {
			return b, err
		}
		if !hall.Closed {
			return bulletin{deadline: &hall.Deadline}, nil
		}
		for _, p := range hall.News {
			t, err := toldOf(progressOf(p))
			if err != nil {
				return b, err
			}
			b.news = append(b.news, t)
		}
		return b, nil
	}}
}

func toldOf(p wire.Progress) (told, error) {
	data, err := json.Marshal(p, json.Deterministic(true))
	return told{p.Seq, p.Stage, data, p.Final}, err
}

func progressOf(p tender.Progress) wire.Progress {
	out := wire.Progress{Seq: p.Seq, Stage: string(p.Stage), Words: p.Words(), PerCent: p.PerCent, At: local(p.At), Final: p.Final()}
	for _, a := range p.Awaited {
		out.Awaited = append(out.Awaited, awaitedOf(a))
	}
	return out
}
