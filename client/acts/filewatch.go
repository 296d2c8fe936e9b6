package acts

import (
	"io"

	"baohan/client"
	"baohan/guarantee/letter"
)

// fileWatch measures the way of a bid's files: each byte is read once to be encrypted, and its ciphertext is sent.
type fileWatch struct {
	desk        Desk
	files       []client.FileOf
	read, total int64
	gone        int64 // of files that are sent
}

func watchFiles(d Desk, files []client.FileOf) *fileWatch {
	w := &fileWatch{desk: d, files: files}
	for i, x := range files {
		w.total += x.Size
		if step, err := letter.FileStep(x.Size); err == nil {
			w.total += step
		}
		w.files[i].From = &watched{x.From, w, x.Name}
	}
	return w
}

func (w *fileWatch) sent(p client.FileProgress) {
	w.desk.tell(w.read+w.gone+p.Sent, w.total, "正在上传“"+p.Name+"”")
	if p.Sent == p.Total {
		w.gone += p.Total
	}
}

// watched counts what is read of a file, which the SDK does once, from beginning to end.
type watched struct {
	io.ReaderAt
	w    *fileWatch
	name string
}

func (x *watched) ReadAt(p []byte, off int64) (int, error) {
	n, err := x.ReaderAt.ReadAt(p, off)
	x.w.read += int64(n)
	x.w.desk.tell(x.w.read+x.w.gone, x.w.total, "正在加密“"+x.name+"”")
	return n, err
}
