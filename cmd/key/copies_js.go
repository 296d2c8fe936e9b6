package main

import (
	"context"
	"io/fs"
	"strings"
	"syscall/js"

	"baohan/client"
)

// copies are an organisation's papers in this browser (IndexedDB), each encrypted to its own key before it comes here.
type copies struct {
	store js.Value
	uscc  string
}

var _ client.Copies = copies{}

const maxCopy = 64 << 20 // bytes

// Put returns when the browser says that the bytes are durable.
func (c copies) Put(name string, b []byte) error {
	_, err := call(context.Background(), c.store, "put", c.uscc+"/"+name, toJS(b))
	return err
}

// Get reads one.
func (c copies) Get(name string) ([]byte, error) {
	v, err := call(context.Background(), c.store, "get", c.uscc+"/"+name)
	if err != nil {
		return nil, err
	}
	if v.IsUndefined() || v.IsNull() {
		return nil, fs.ErrNotExist
	}
	return toGo(v, maxCopy)
}

// Names lists this organisation's.
func (c copies) Names() ([]string, error) {
	v, err := call(context.Background(), c.store, "names")
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range v.Length() {
		if name, ours := strings.CutPrefix(v.Index(i).String(), c.uscc+"/"); ours {
			names = append(names, name)
		}
	}
	return names, nil
}
