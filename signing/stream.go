package signing

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	// StreamChunk is how many bytes of plaintext one chunk of a stream holds, in every chunk but the last.
	StreamChunk = 64 << 10

	sealedChunk = StreamChunk + overhead
)

// ErrStreamClosed says that a stream was written to after its end.
var ErrStreamClosed = errors.New("signing: stream is closed")

// StreamRoom is how many bytes of plaintext a stream of exactly so many bytes holds; -1 when no stream is so long.
func StreamRoom(sealed int64) int64 {
	whole, rest := sealed/sealedChunk, sealed%sealedChunk
	switch {
	case whole > 0 && rest == 0:
		return whole * StreamChunk
	case rest > overhead || sealed == overhead:
		return whole*StreamChunk + rest - overhead
	}
	return -1
}

// StreamSealer encrypts what is written to it, chunk by chunk, so that a file of any length passes through one chunk of
// memory. Close ends the stream; without it what was written does not open.
type StreamSealer struct {
	to     io.Writer
	key    []byte
	aad    []byte
	chunk  []byte // plaintext that is not sealed yet: whether it is the last is not known before more comes
	number uint64
	err    error
}

// SealStream returns the writer of one stream under a key that seals nothing else. Each chunk is SealGCM of up to 64
// KiB; its associated data are its number, whether it is the last, and aad. So a stream that was cut short, lengthened,
// put in another order or mixed with another does not open. ErrKeySize if the key is not one of SM4.
func SealStream(to io.Writer, key, aad []byte) (*StreamSealer, error) {
	if len(key) != keySize {
		return nil, ErrKeySize
	}
	return &StreamSealer{to: to, key: key, aad: aad, chunk: make([]byte, 0, StreamChunk)}, nil
}

// Write seals whole chunks as soon as it is known that another follows. After an error the stream is worth nothing.
func (s *StreamSealer) Write(p []byte) (n int, err error) {
	for len(p) > 0 && s.err == nil {
		if len(s.chunk) == StreamChunk {
			s.seal(false)
			continue
		}
		part := min(len(p), StreamChunk-len(s.chunk))
		s.chunk = append(s.chunk, p[:part]...)
		p, n = p[part:], n+part
	}
	return n, s.err
}

// Close seals the last chunk. It does not close what it writes to.
func (s *StreamSealer) Close() error {
	if s.err == nil {
		s.seal(true)
	}
	if s.err != nil {
		return s.err
	}
	s.err = ErrStreamClosed
	return nil
}

func (s *StreamSealer) seal(last bool) {
	sealed, err := SealGCM(s.key, s.chunk, chunkData(s.number, last, s.aad))
	if err == nil {
		_, err = s.to.Write(sealed)
	}
	s.chunk, s.number, s.err = s.chunk[:0], s.number+1, err
}

// streamOpener reads one chunk ahead of what it gives, to know which is the last.
type streamOpener struct {
	from   io.Reader
	key    []byte
	aad    []byte
	sealed []byte // the chunk read last, and the first byte of the next
	ahead  int    // how much of sealed is read already
	clear  []byte // opened, and not given yet
	number uint64
	err    error
}

// OpenStream gives the plaintext of what a StreamSealer wrote with the same key and the same aad. It gives only what is
// authentic, and io.EOF only when that was all of it; ErrOpen for everything else. Who must not act on a part reads to
// io.EOF first.
func OpenStream(from io.Reader, key, aad []byte) (io.Reader, error) {
	if len(key) != keySize {
		return nil, ErrKeySize
	}
	return &streamOpener{from: from, key: key, aad: aad, sealed: make([]byte, sealedChunk+1)}, nil
}

func (o *streamOpener) Read(p []byte) (int, error) {
	for len(o.clear) == 0 && o.err == nil {
		o.clear, o.err = o.next()
	}
	n := copy(p, o.clear)
	o.clear = o.clear[n:]
	if n > 0 || len(p) == 0 {
		return n, nil
	}
	return 0, o.err
}

// next opens one chunk; with the last comes io.EOF.
func (o *streamOpener) next() ([]byte, error) {
	n, err := io.ReadFull(o.from, o.sealed[o.ahead:])
	n += o.ahead
	last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !last {
		return nil, fmt.Errorf("signing: stream: %w", err)
	}
	clear, err := OpenGCM(o.key, o.sealed[:min(n, sealedChunk)], chunkData(o.number, last, o.aad))
	if err != nil || (len(clear) == 0 && o.number > 0) { // an empty chunk is only an empty stream's
		return nil, ErrOpen
	}
	if last {
		return clear, io.EOF
	}
	o.sealed[0], o.ahead, o.number = o.sealed[sealedChunk], 1, o.number+1
	return clear, nil
}

func chunkData(number uint64, last bool, aad []byte) []byte {
	end := byte(0)
	if last {
		end = 1
	}
	d := TaggedSum("baohan/stream/1", binary.BigEndian.AppendUint64(nil, number), []byte{end}, aad)
	return d[:]
}
