// Command verify is the checking module of the page /verify: package verify with a way in from the browser. It is built
// for js/wasm alone (make wasm) and runs in a worker: it asks no network and keeps nothing.
package main

import (
	"syscall/js"

	"baohan/guarantee/letter/verify"
	"baohan/internal/clock"
	"baohan/internal/texts"
)

// main hands its functions to the worker's script and stays for as long as the page does. Each takes and gives text,
// but for the file itself, whose bytes are copied in. Answers are Chinese until speak was given the texts of another language.
func main() {
	var in verify.Language
	baohan := js.Global().Get("Object").New()
	baohan.Set("verify", function(func(args []js.Value) []byte {
		file := make([]byte, args[0].Length())
		js.CopyBytesToGo(file, args[0])
		return verify.Ask(file, []byte(args[1].String()), clock.System().Now(), in)
	}))
	baohan.Set("roots", function(func(args []js.Value) []byte {
		return verify.Roots(args[0].String(), []byte(args[1].String()), in)
	}))
	baohan.Set("scan", function(func(args []js.Value) []byte { return verify.Scan(args[0].String(), in) }))
	baohan.Set("speak", function(func(args []js.Value) []byte {
		c, err := texts.Open(args[0].String())
		if err == nil {
			in = c.Say
		}
		return nil
	}))
	js.Global().Set("baohan", baohan)
	js.Global().Call("ready")
	select {}
}

// function answers with the text of JSON.
func function(f func(args []js.Value) []byte) js.Func {
	return js.FuncOf(func(_ js.Value, args []js.Value) any { return string(f(args)) })
}
