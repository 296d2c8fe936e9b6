package main

import (
	"context"
	"syscall/js"

	"baohan/signing"
)

// derivation has the browser compute PBKDF2, where it lets us (a page over https or on this machine).
func derivation() []signing.KeyOption {
	subtle := js.Global().Get("crypto").Get("subtle")
	if subtle.Type() != js.TypeObject {
		return nil
	}
	return []signing.KeyOption{signing.WithDerivation(func(passphrase, salt []byte, iterations, length int) ([]byte, error) {
		ctx := context.Background()
		key, err := call(ctx, subtle, "importKey", "raw", toJS(passphrase), "PBKDF2", false, []any{"deriveBits"})
		if err != nil {
			return nil, err
		}
		how := object(map[string]any{"name": "PBKDF2", "hash": "SHA-256", "iterations": iterations})
		how.Set("salt", toJS(salt))
		bits, err := call(ctx, subtle, "deriveBits", how, key, length*8)
		if err != nil {
			return nil, err
		}
		return toGo(js.Global().Get("Uint8Array").New(bits), length)
	})}
}
