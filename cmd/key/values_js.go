package main

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"

	"github.com/go-json-experiment/json"

	"baohan/client/acts"
)

// promise runs f beside the worker's own loop. Its error is resolved as {trouble}, in words for people.
func promise(f func() (js.Value, error)) js.Value {
	var run js.Func
	run = js.FuncOf(func(_ js.Value, args []js.Value) any {
		go func() {
			defer run.Release()
			v, err := f()
			if err != nil {
				v = object(map[string]any{})
				v.Set("trouble", parsed(acts.Words(err)))
			}
			args[0].Invoke(v)
		}()
		return nil
	})
	return js.Global().Get("Promise").New(run)
}

// thrown is what JavaScript refused with.
type thrown struct{ js.Value }

func (t thrown) Error() string {
	if t.Type() == js.TypeObject && t.Get("message").Type() == js.TypeString {
		return t.Get("message").String()
	}
	return t.String()
}

// await waits for a promise. No callback may call it: the worker's loop would stand still.
func await(ctx context.Context, p js.Value) (js.Value, error) {
	kept, refused := make(chan js.Value, 1), make(chan js.Value, 1)
	yes, no := into(kept), into(refused)
	p.Call("then", yes, no)
	select {
	case v := <-kept:
		yes.Release()
		no.Release()
		return v, nil
	case e := <-refused:
		yes.Release()
		no.Release()
		return js.Value{}, thrown{e}
	case <-ctx.Done():
		return js.Value{}, ctx.Err() // whichever comes later is still called: it stays
	}
}

func into(c chan<- js.Value) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) == 0 {
			args = []js.Value{js.Undefined()}
		}
		c <- args[0]
		return nil
	})
}

// try calls a method that may throw.
func try(v js.Value, method string, args ...any) (out js.Value, err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case js.Error:
			err = thrown{r.Value}
		default:
			panic(r)
		}
	}()
	return v.Call(method, args...), nil
}

// call awaits a method that gives a promise.
func call(ctx context.Context, v js.Value, method string, args ...any) (js.Value, error) {
	p, err := try(v, method, args...)
	if err != nil {
		return js.Value{}, err
	}
	return await(ctx, p)
}

func object(m map[string]any) js.Value { return js.ValueOf(m) }

func parsed(v any) js.Value {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types
	}
	return js.Global().Get("JSON").Call("parse", string(b))
}

func toJS(b []byte) js.Value {
	a := js.Global().Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(a, b)
	return a
}

var errBytes = errors.New("这里应当是 Uint8Array")

// toGo copies a Uint8Array of at most so many bytes.
func toGo(v js.Value, most int) ([]byte, error) {
	if !v.InstanceOf(js.Global().Get("Uint8Array")) {
		return nil, errBytes
	}
	if n := v.Length(); n > most {
		return nil, fmt.Errorf("%d 字节，太长", n)
	}
	b := make([]byte, v.Length())
	js.CopyBytesToGo(b, v)
	return b, nil
}

func inputOf(input js.Value) acts.Input {
	in := acts.Input{Fields: map[string][]string{}, Files: map[string][]acts.File{}}
	each(input.Get("fields"), func(name string, v js.Value) { in.Fields[name] = append(in.Fields[name], v.String()) })
	each(input.Get("files"), func(name string, v js.Value) { in.Files[name] = append(in.Files[name], fileOf(v)) })
	return in
}

// each goes through {name: [value, …]}.
func each(o js.Value, told func(name string, v js.Value)) {
	names := js.Global().Get("Object").Call("keys", o)
	for i := range names.Length() {
		name := names.Index(i).String()
		for list, k := o.Get(name), 0; k < list.Length(); k++ {
			told(name, list.Index(k))
		}
	}
}

func resultOf(r acts.Result) js.Value {
	v := object(map[string]any{"id": r.ID, "go": r.Go, "says": r.Says, "files": []any{}})
	v.Set("facts", parsed(append([]acts.Fact{}, r.Facts...)))
	if len(r.Fill) > 0 {
		v.Set("fill", parsed(r.Fill))
	}
	for i, x := range r.Files {
		one := object(map[string]any{"name": x.Name, "kind": x.Kind})
		one.Set("bytes", toJS(x.Bytes))
		v.Get("files").SetIndex(i, one)
	}
	return v
}
