//go:build s3

package blobs

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"baohan/signing"
)

// bucket is as much of S3 as the store asks for, in memory.
type bucket struct {
	mu      sync.Mutex
	objects map[string][]byte
	at      time.Time
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := strings.TrimPrefix(r.URL.Path, "/files/")
	object, there := b.objects[key]
	switch {
	case r.Method == http.MethodGet && r.URL.Query().Get("list-type") == "2":
		b.list(w, r.URL.Query().Get("prefix"))
	case r.Method == http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("X-Amz-Decoded-Content-Length") != "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		b.objects[key] = body
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, md5.Sum(body)))
	case r.Method == http.MethodDelete:
		delete(b.objects, key)
		w.WriteHeader(http.StatusNoContent)
	case !there:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `<Error><Code>NoSuchKey</Code></Error>`)
	default:
		http.ServeContent(w, r, "", b.at, bytes.NewReader(object))
	}
}

func (b *bucket) list(w io.Writer, prefix string) {
	type contents struct {
		Key          string
		LastModified string
		Size         int
	}
	out := struct {
		XMLName  xml.Name `xml:"ListBucketResult"`
		Contents []contents
	}{}
	for key, object := range b.objects {
		if strings.HasPrefix(key, prefix) {
			out.Contents = append(out.Contents, contents{key, b.at.UTC().Format(time.RFC3339), len(object)})
		}
	}
	_ = xml.NewEncoder(w).Encode(out)
}

func TestS3(t *testing.T) {
	b := &bucket{objects: map[string][]byte{}, at: time.Now().Add(-25 * time.Hour)}
	server := httptest.NewServer(b)
	defer server.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	key := NewKey()
	location := "s3://files?region=cn-north-1&use_path_style=true&endpoint=" + server.URL
	s := openedAt(t, location, keysOf(t, key))
	plain := signing.Random(signing.StreamChunk + 1)
	ref, orphan := put(t, s, plain), put(t, s, []byte("nobody's"))
	if got, err := s.Read(t.Context(), testPurpose, ref); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := s.Put(t.Context(), testPurpose, bytes.NewReader(plain), 10); !errors.Is(err, ErrTooLong) || len(b.objects) != 3 {
		t.Errorf("%v, and %d objects", err, len(b.objects))
	}
	if _, err := s.Read(t.Context(), testPurpose, Ref{ID: strings.Repeat("0", 32)}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	for name, object := range b.objects {
		if bytes.Contains(object, plain[:32]) {
			t.Errorf("%s is in clear", name)
		}
	}
	if _, err := Open(t.Context(), location, keysOf(t, NewKey())); !errors.Is(err, ErrKeyUnknown) {
		t.Error(err)
	}
	if n, err := s.Sweep(t.Context(), map[Purpose]Namer{testPurpose: only(ref.ID)}); n != 1 || err != nil {
		t.Errorf("removed %d, %v", n, err)
	}
	if _, err := s.Read(t.Context(), testPurpose, orphan); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

// only is a room whose one row names id.
func only(id string) Namer {
	return func(context.Context, []string) ([]string, error) { return []string{id}, nil }
}
