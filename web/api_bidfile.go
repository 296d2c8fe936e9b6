package web

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/internal/blobs"
	"baohan/party"
	"baohan/signing/httpsig"
	"baohan/tender"
)

var errFileDigest = party.Invalid("file.digest", "Content-Digest", "请用 Content-Digest: sm3=:…: 写明密文的 SM3 摘要，并与内容一致；请重新计算后重发")

const octets = "application/octet-stream"

// uploadBidFile registers the one operation whose body is no JSON: the ciphertext of a bid's file, raw, stored while it
// comes. It says nothing of a lot: whether it comes in time is decided when a bid that names it is handed in.
func (s *server) uploadBidFile() {
	op := operation(http.MethodPost, "upload-bid-file", "/bid-files", "上传投标文件的密文（递交投标以前）")
	op.Description = "请求体是密文本身，长度为 256 KiB、1、4、16、64、256 MiB 之一；Content-Digest 写明其 SM3。上传完成不等于递交：投标截止以前递交的投标写明了它，才算递交。" +
		"同一单位的同一密文是同一次上传，重发不会重复。不接受请求签名。"
	op.Errors = append(op.Errors, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	op.Parameters = []*huma.Param{{Name: "Content-Digest", In: "header", Required: true, Description: "sm3=:密文的 SM3 摘要，Base64:",
		Schema: &huma.Schema{Type: huma.TypeString}}}
	huma.Register(s.api, op, func(ctx context.Context, in *raw) (*answered[wire.UploadedFile], error) {
		up, err := s.takeBidFile(ctx, in.request)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return &answered[wire.UploadedFile]{wire.UploadedFile{ID: up.ID, Size: up.Size, Digest: up.Digest, Receipt: up.Receipt, At: local(up.At)}}, nil
	})
	s.api.OpenAPI().Paths[op.Path].Post.RequestBody = &huma.RequestBody{Required: true,
		Content: map[string]*huma.MediaType{octets: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
}

// raw is the input of an operation that reads its body itself.
type raw struct{ request *http.Request }

// Resolve keeps the request.
func (r *raw) Resolve(ctx huma.Context) []error {
	r.request = humaecho.Unwrap(ctx).Request()
	return nil
}

// takeBidFile asks first whether there is room, stores, and writes the row. What no row is to name is taken away again.
func (s *server) takeBidFile(ctx context.Context, r *http.Request) (up tender.UploadedFile, err error) {
	x, files := exchangeOf(ctx), s.tender.Files
	digest, err := httpsig.FieldDigest(r.Header)
	if err != nil {
		return up, errFileDigest
	}
	if r.ContentLength <= 0 {
		return up, errLength
	}
	has, err := s.tender.ExpectBidFile(ctx, x.actor, digest, r.ContentLength)
	if err != nil {
		return up, err
	}
	u := upload{purpose: blobs.BidFile, rule: blobs.Rule{Field: "Content-Digest", Max: r.ContentLength}, digest: digest}
	if has {
		return s.takeAgain(ctx, r, u)
	}
	ref, err := takeFile(x.held.out, r, files, u)
	if err != nil {
		return up, err
	}
	up, kept, err := s.tender.KeepBidFile(ctx, x.actor, ref)
	if _, refused := party.RefusalOf(err); refused || err == nil && !kept {
		_ = files.Delete(context.WithoutCancel(ctx), ref.ID) // the sweep finds it otherwise
	}
	return up, err
}

// takeAgain hears the same bytes out, so that their sender is answered and not cut off, and keeps nothing of them.
func (s *server) takeAgain(ctx context.Context, r *http.Request, u upload) (up tender.UploadedFile, err error) {
	x := exchangeOf(ctx)
	if err := waitFor(x.held.out, r.ContentLength); err != nil {
		return up, err
	}
	body, err := u.watch(r.Body)
	if err != nil {
		return up, err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return up, err
	}
	up, _, err = s.tender.KeepBidFile(ctx, x.actor, blobs.Ref{Digest: u.digest, Size: r.ContentLength})
	return up, err
}

// ownBidFile registers a bidder's own ciphertext, which it may have at any time.
func (s *server) ownBidFile() {
	op := s.givingFile("read-own-bid-file", "/bid-files/{id}", "取回本单位上传的密文", "密文，原样")
	huma.Register(s.api, op, func(ctx context.Context, in *object) (*huma.StreamResponse, error) {
		ref, err := s.tender.OwnBidFile(ctx, exchangeOf(ctx).actor, in.ID)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return s.givenFile(ctx, func(w http.ResponseWriter) error {
			return tender.FileFault(giveFile(ctx, w, s.tender.Files, blobs.BidFile, ref, ref.ID+".bin"))
		}), nil
	})
}

// bidFileIn names one file of one bid. The guard looks at the bid; the file is found in the bid's own form.
type bidFileIn struct {
	ID   string `path:"id"`
	File string `query:"file" required:"true" pattern:"^[0-9a-f]{32}$"`
}

// bidFile registers the plain file of a bid that was read out. It is read and held against the form once before a byte
// leaves, so that what does not agree is refused in words, and a second time as it goes.
func (s *server) bidFile() {
	op := s.givingFile("read-bid-file", "/bids/{id}/file", "下载一份已唱标的投标的一个文件（平台解密，与投标函核对）", "文件，已解密")
	huma.Register(s.api, op, func(ctx context.Context, in *bidFileIn) (*huma.StreamResponse, error) {
		f, err := s.tender.BidFile(ctx, exchangeOf(ctx).actor, in.ID, in.File)
		if err == nil {
			err = f.Verify(ctx)
		}
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return s.givenFile(ctx, func(w http.ResponseWriter) error {
			r, err := f.Open(ctx)
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }() // it was only read
			return give(w, r, f.Size, f.Name)
		}), nil
	})
}

func (s *server) givingFile(id, path, summary, what string) huma.Operation {
	op := operation(http.MethodGet, id, path, summary)
	op.Description = "不接受请求签名。收到的长度与 Content-Length 相同，才是完整的文件。"
	op.Responses = map[string]*huma.Response{"200": {Description: what, Content: map[string]*huma.MediaType{
		octets: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}
	return op
}

// givenFile has the answer go out as it is read. An error before the first byte is answered like any other.
func (s *server) givenFile(ctx context.Context, give func(http.ResponseWriter) error) *huma.StreamResponse {
	x := exchangeOf(ctx)
	return &huma.StreamResponse{Body: func(huma.Context) {
		if err := giveOn(&onItsWay{x.held, x}, give); err != nil {
			x.held.replace(s.problemOf(ctx, err))
		}
	}}
}

// giveOn turns a transfer that broke off into a connection that does, when everything else of the request is done.
func giveOn(w *onItsWay, give func(http.ResponseWriter) error) error {
	defer func() {
		if cause := recover(); cause != nil {
			if cause != http.ErrAbortHandler { //nolint:errorlint // it is this value
				panic(cause)
			}
			w.broken = true
		}
	}()
	return give(w)
}

// onItsWay lets an answer through from its first header on.
type onItsWay struct {
	*answer
	x *exchange
}

// WriteHeader sends what was set.
func (w *onItsWay) WriteHeader(int) { w.open(w.x) }

// Write sends.
func (w *onItsWay) Write(b []byte) (int, error) { return w.out.Write(b) }

// Unwrap is for deadlines.
func (w *onItsWay) Unwrap() http.ResponseWriter { return w.out }

// bidFiles lists what may be downloaded of a bid.
func (s *server) bidFiles(ctx context.Context, in *object) (wire.BidFiles, error) {
	all, err := s.tender.BidFiles(ctx, exchangeOf(ctx).actor, in.ID)
	out := wire.BidFiles{Items: make([]wire.BidFile, len(all))}
	for i, f := range all {
		out.Items[i] = bidFileOf(f)
	}
	return out, err
}

func bidFileOf(f letter.BidFile) wire.BidFile {
	return wire.BidFile{ID: f.ID, Name: f.Name, Size: f.Size, Digest: f.Digest}
}
