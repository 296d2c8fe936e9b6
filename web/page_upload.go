package web

import (
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"baohan/party"
	"baohan/signing"
)

// mostUpload is how large a form with files may be, in bytes.
const mostUpload = filesBody

// chosen is a file of a form that the platform is to read: evidence, a table. What is sealed never comes this way.
type chosen struct {
	Name  string
	Bytes []byte
}

// Digest is the file's, as papers name it.
func (u chosen) Digest() signing.Digest { return signing.Sum(u.Bytes) }

// readFiles reads a form with files. The digest of each stands in the form beside its name, so that the command is the same
// only when the file is.
func (v *visit) readFiles() (url.Values, error) {
	r := v.Request()
	r.Body = http.MaxBytesReader(v.Response(), r.Body, mostUpload)
	if err := r.ParseMultipartForm(mostUpload); err != nil {
		return nil, errTooLarge
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	form := url.Values(maps.Clone(r.MultipartForm.Value))
	v.files = map[string]chosen{}
	for _, name := range slices.Sorted(maps.Keys(r.MultipartForm.File)) {
		u, err := readUpload(r.MultipartForm.File[name])
		if err != nil {
			return nil, err
		}
		if len(u.Bytes) > 0 {
			v.files[name] = u
			form.Set(name+".file", u.Name+" "+u.Digest().String()+" "+strconv.Itoa(len(u.Bytes)))
		}
	}
	return tidied(form), nil
}

func readUpload(all []*multipart.FileHeader) (chosen, error) {
	if len(all) != 1 {
		return chosen{}, nil
	}
	f, err := all[0].Open()
	if err != nil {
		return chosen{}, err
	}
	b, err := io.ReadAll(f)
	return chosen{all[0].Filename, b}, closed(err, f)
}

func closed(err error, c io.Closer) error {
	if cause := c.Close(); err == nil {
		err = cause
	}
	return err
}

// file is one that was chosen, or a refusal at its field.
func (v *visit) file(name, words string) (chosen, error) {
	if u, ok := v.files[name]; ok {
		return u, nil
	}
	return chosen{}, party.Invalid("page.file", name, words)
}

// digestOrNone is zero where no file was chosen.
func (u chosen) digestOrNone() (none signing.Digest) {
	if len(u.Bytes) == 0 {
		return none
	}
	return u.Digest()
}
