package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/client/wire"
	"baohan/tender"
)

// streamed is the one operation whose answer is a stream: it has no end for which it could be held back, or that could be
// signed.
const streamed = "watch-opening"

// slowest is how long a reader may take for one event before the stream is given up.
const slowest = 10 * time.Second

// stream is one answer of server-sent events (HTML Living Standard, 9.2).
type stream struct {
	out      http.ResponseWriter
	control  *http.ResponseController
	now      func() time.Time // the platform's clock
	last     int64            // the id of the last event that the reader has
	deadline time.Time        // the one that was told
	told     bool             // something was told on this connection
}

// watch tells everything after an event, then all that comes, until the end of the opening, of the stream's life, of this
// process, or of the reader's patience.
func (s *server) watch(ctx context.Context, st *stream, f *feed) {
	life, beat := time.NewTimer(s.hub.Life), time.NewTicker(s.hub.Heartbeat)
	defer life.Stop()
	defer beat.Stop()
	if st.begin() != nil {
		return
	}
	for {
		hall, known, changed := f.look()
		if known {
			if end, err := st.catchUp(hall); end || err != nil {
				return
			}
		}
		select {
		case <-changed:
		case <-beat.C:
			if st.send([]byte(":\n\n")) != nil {
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

// begin lifts the server's own limits from this connection, whose answer is longer than any, and has the reader come back
// soon when it is cut off.
func (st *stream) begin() error {
	_ = st.control.SetReadDeadline(time.Time{}) // what cannot set one has none
	return st.send([]byte("retry: 2000\n\n"))
}

// catchUp tells what the reader does not have yet, and whether that was the end. Whoever comes back after the end is told
// it again.
func (st *stream) catchUp(hall tender.Hall) (end bool, err error) {
	if !hall.Closed {
		return false, st.waiting(hall.Deadline)
	}
	for i, p := range hall.News {
		end = p.Final()
		if p.Seq <= st.last && (!end || st.told || i < len(hall.News)-1) {
			continue
		}
		if err := st.tell(progressOf(p)); err != nil {
			return false, err
		}
		st.last = p.Seq
	}
	return end, nil
}

// waiting tells the deadline, once, and again when it has been moved.
func (st *stream) waiting(deadline time.Time) error {
	if st.deadline.Equal(deadline) {
		return nil
	}
	st.deadline = deadline
	return st.tell(wire.Progress{Stage: wire.BeforeDeadline, Words: "尚未截止，正在接收投标文件；截止前不显示投标人的名称和数量", At: local(st.now()), Deadline: local(deadline)})
}

func (st *stream) tell(p wire.Progress) error {
	data, err := json.Marshal(p, json.Deterministic(true))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if p.Seq > 0 {
		fmt.Fprintf(&b, "id: %d\n", p.Seq)
	}
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", p.Stage, data)
	st.told = true
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

func progressOf(p tender.Progress) wire.Progress {
	out := wire.Progress{Seq: p.Seq, Stage: string(p.Stage), Words: p.Words(), PerCent: p.PerCent, At: local(p.At), Final: p.Final()}
	for _, a := range p.Awaited {
		out.Awaited = append(out.Awaited, awaitedOf(a))
	}
	return out
}
