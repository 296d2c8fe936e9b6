// Command key is what signs on the platform's pages: package acts with a way in from the browser. It is built for js/wasm
// alone (make wasm) and runs in a worker of its own. Key file and passphrase go in; what comes out is what the act says.
// It asks nobody but the platform that the page came from: the worker's policy sees to that.
package main

import (
	"context"
	"fmt"
	"runtime/debug"
	"syscall/js"

	"baohan/client"
	"baohan/client/acts"
)

// main hands three functions to the worker's script and stays for as long as the worker does.
func main() {
	debug.SetGCPercent(50) // memory that a page has taken it never gives back
	baohan := js.Global().Get("Object").New()
	baohan.Set("act", js.FuncOf(func(_ js.Value, args []js.Value) any {
		return promise(func() (js.Value, error) { return act(args[0].String(), args[1], args[2]) })
	}))
	baohan.Set("who", js.FuncOf(func(_ js.Value, args []js.Value) any {
		return promise(func() (js.Value, error) { return who(args[0]) })
	}))
	baohan.Set("digest", js.FuncOf(func(_ js.Value, args []js.Value) any {
		return promise(func() (js.Value, error) { return digest(args[0]) })
	}))
	js.Global().Set("baohan", baohan)
	js.Global().Call("ready")
	select {}
}

// act is baohan.act(name, input, hooks). Input is {base, mark, key, fields, files}; hooks are what Go has no way to by itself:
// progress, copies, upload, and for a device sign and decrypt.
func act(name string, input, hooks js.Value) (js.Value, error) {
	ctx := context.Background()
	platform, err := platformOf(ctx, input.Get("base").String(), hooks)
	if err != nil {
		return js.Value{}, err
	}
	platform.ShownTo = input.Get("mark").String()
	holder, err := holderOf(input.Get("key"), hooks)
	if err != nil {
		return js.Value{}, err
	}
	progress(hooks, 0, 0, holder.waiting())
	me, err := holder.identity()
	if err != nil {
		return js.Value{}, err
	}
	desk := acts.Desk{Platform: platform, Me: me, Copies: copies{hooks.Get("copies"), me.Party.USCC},
		Progress: func(done, total int64, says string) { progress(hooks, done, total, says) }}
	r, err := desk.Do(ctx, name, inputOf(input))
	if err != nil {
		return js.Value{}, err
	}
	return resultOf(r), nil
}

func progress(hooks js.Value, done, total int64, says string) {
	hooks.Call("progress", float64(done), float64(total), says)
}

// who says whose a key file, or a device's certificates, are: no passphrase is needed for that.
func who(key js.Value) (js.Value, error) {
	h, err := holderOf(key, js.Undefined())
	if err != nil {
		return js.Value{}, err
	}
	f := h.certificates()
	p := f.Party()
	return object(map[string]any{"name": p.Name, "uscc": p.USCC, "serial": f.Sign[0].Serial(),
		"until": f.Sign[0].NotAfter().Format("2006年1月2日"), "opens": f.Open != nil}), nil
}

// holder is whoever holds the keys: a file, or a device behind the page.
type holder interface {
	certificates() client.KeyFile
	waiting() string // what is said while identity is awaited
	identity() (client.Identity, error)
}

func holderOf(key, hooks js.Value) (holder, error) {
	if file := key.Get("file"); file.Type() == js.TypeString {
		f, err := client.ParseKeyFile([]byte(file.String()))
		if err != nil {
			return nil, err
		}
		return fileHolder{f, key.Get("pin")}, nil
	}
	if d := key.Get("device"); d.Type() == js.TypeObject {
		return deviceOf(d, hooks)
	}
	return nil, fmt.Errorf("%w：没有选择证书", client.ErrKeyFile)
}

// fileHolder is a key file: its keys are in this memory for as long as the act takes.
type fileHolder struct {
	client.KeyFile
	pin js.Value
}

func (h fileHolder) certificates() client.KeyFile { return h.KeyFile }
func (h fileHolder) waiting() string              { return "正在核对口令" }

func (h fileHolder) identity() (client.Identity, error) {
	if h.pin.Type() != js.TypeString || h.pin.String() == "" {
		return client.Identity{}, client.ErrPIN
	}
	return h.Unlock([]byte(h.pin.String()), derivation()...)
}
