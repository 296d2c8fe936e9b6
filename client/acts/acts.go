// Package acts holds what a person does with a certificate on a page, each act by its name: it reads the fields of the
// page's form, calls the SDK, and says in Chinese what became of it. In the browser package cmd/key runs it as WebAssembly;
// it is plain Go and is tested as such. Nothing that it returns is secret, but for what the person asked to read.
//
// An act is a function in a file act_<who>.go and a line that registers it:
//
//	var _ = register("accept-fee", acceptFee)
//
//	func acceptFee(ctx context.Context, d Desk, f *fields) (Result, error) {
//		id, fee := f.id("application"), f.fen("fee")
//		if f.err != nil {
//			return Result{}, f.err
//		}
//		...
//	}
package acts

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"baohan/client"
)

// Desk is who acts, with what, and where.
type Desk struct {
	Platform client.Platform
	Me       client.Identity
	Copies   client.Copies // own papers are kept here before they are sent

	// Progress is told how far an act is: done of total in a measure of its own (total 0: not to be measured), and in Chinese
	// what is being done. Nil: nobody wants to know.
	Progress func(done, total int64, says string)
}

// Input is a form as the page sends it.
type Input struct {
	Fields map[string][]string
	Files  map[string][]File
}

// File is a file that the person chose. It may be larger than memory.
type File struct {
	Name string
	Size int64 // bytes
	Open func() (Opened, error)
}

// Opened is a file that is being read.
type Opened interface {
	io.ReadSeekCloser
	io.ReaderAt
}

// Result is what became of an act.
type Result struct {
	ID    string              // of what was made, where there is one
	Go    string              // the page to go to; empty: stay here
	Says  string              // one Chinese sentence
	Facts []Fact              // shown on the page as text
	Files []Out               // for the person to keep
	Fill  map[string][]string // what the page of Go is filled in with, by the names of its fields
}

// Fact is a line for the page.
type Fact struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// Out is a file to download.
type Out struct {
	Name  string
	Kind  string // media type
	Bytes []byte
}

type act func(context.Context, Desk, *fields) (Result, error)

var registry = map[string]act{}

// register is called once for each act, when the program starts.
func register(name string, a act) struct{} { //nolint:unparam // its result is what makes it callable where acts are declared
	if _, twice := registry[name]; twice {
		panic("acts: " + name + " is registered twice")
	}
	registry[name] = a
	return struct{}{}
}

// Names lists all acts.
func Names() []string { return slices.Sorted(maps.Keys(registry)) }

// Do does one act. Errors are for Words. The form's field "go" names the page to go to afterwards, with {id} for the id of
// what was made; only a page of this site is one.
func (d Desk) Do(ctx context.Context, name string, in Input) (Result, error) {
	a, ok := registry[name]
	if !ok {
		return Result{}, fmt.Errorf("acts: no act %q", name)
	}
	f := &fields{in: in}
	to := f.page("go")
	if f.err != nil {
		return Result{}, f.err
	}
	r, err := a(ctx, d, f)
	if err == nil && to != "" {
		r.Go = strings.ReplaceAll(to, "{id}", url.PathEscape(r.ID))
	}
	return r, err
}

func (d Desk) tell(done, total int64, says string) {
	if d.Progress != nil {
		d.Progress(done, total, says)
	}
}
