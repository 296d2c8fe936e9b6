package blobs

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
)

// ErrLocation says that a location is neither a directory nor an s3 URL.
var ErrLocation = errors.New("文件库须为一个目录，或 s3://桶名?region=地区 形式的网址")

// place is where the objects lie. Of a directory the path is kept: what is written there is made durable by us, because
// fileblob asks for it neither of the file nor of the directory.
type place struct {
	bucket *blob.Bucket
	dir    string // empty: not a directory
}

// openPlace opens a directory, which is made if it is not there, or a bucket by its URL, which must be there.
func openPlace(ctx context.Context, location string) (place, error) {
	if !strings.Contains(location, "://") {
		return openDirectory(location)
	}
	u, err := url.Parse(location)
	if err != nil || u.Scheme != "s3" {
		return place{}, ErrLocation // the text of the URL may hold a secret
	}
	if !withS3 {
		return place{}, errors.New("本程序未包含 S3 支持：请用 go build -tags s3 构建的程序，或改用目录")
	}
	bucket, err := blob.OpenBucket(ctx, location)
	if err != nil {
		return place{}, fmt.Errorf("文件库：%w", err)
	}
	return place{bucket: bucket}, nil
}

// openDirectory lets only its owner see how many files there are, and when they came. A file is complete or not there:
// it is renamed from beside its place, on the same file system.
func openDirectory(dir string) (place, error) {
	if dir == "" {
		return place{}, ErrLocation
	}
	_, missing := os.Stat(dir)
	bucket, err := fileblob.OpenBucket(dir, &fileblob.Options{CreateDir: true, DirFileMode: 0o700, NoTempDir: true,
		Metadata: fileblob.MetadataDontWrite})
	if err != nil {
		return place{}, fmt.Errorf("文件库目录：%w", err)
	}
	p := place{bucket, dir}
	if missing != nil {
		err = p.sync("..")
	}
	return p, err
}

// settle makes the name of a new file durable, and that of the directory in which it is the first.
func (p place) settle(key string) error {
	return errors.Join(p.sync(filepath.Dir(key)), p.sync("."))
}

// sync makes the names in a directory durable, which is named from the store's own.
func (p place) sync(dir string) error {
	if p.dir == "" || runtime.GOOS == "windows" { // which has no such call
		return nil
	}
	d, err := os.Open(filepath.Join(p.dir, dir))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
