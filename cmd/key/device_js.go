package main

import (
	"context"
	"errors"
	"fmt"
	"syscall/js"

	"baohan/client"
	"baohan/signing"
)

// deviceHolder is a USB key whose vendor has registered with the page (docs/usb-key.md): its keys stay in it. Nothing that
// it answers is believed unseen.
type deviceHolder struct {
	client.KeyFile
	hooks js.Value
}

func deviceOf(d, hooks js.Value) (holder, error) {
	f, err := client.KeyFileOf(chainOf(d, "sign"), chainOf(d, "open"))
	if err != nil {
		return nil, err
	}
	return deviceHolder{f, hooks}, nil
}

func chainOf(d js.Value, use string) []byte {
	if v := d.Get(use); v.Type() == js.TypeString {
		return []byte(v.String())
	}
	return nil
}

func (h deviceHolder) certificates() client.KeyFile { return h.KeyFile }
func (h deviceHolder) waiting() string              { return "请在证书介质的窗口里确认" }

func (h deviceHolder) identity() (client.Identity, error) {
	me := client.Identity{Party: h.Party(), Sign: device{h.hooks, h.Sign[0].PublicKey()}, Chain: h.Sign}
	if h.Open != nil {
		me.Open, me.OpenChain = device{h.hooks, h.Open[0].PublicKey()}, h.Open
	}
	return me, nil
}

// device is one key of a USB key.
type device struct {
	hooks  js.Value
	public signing.PublicKey
}

func (d device) Public() signing.PublicKey { return d.public }

var errDevice = errors.New("证书介质没有完成操作")

// Sign has the device sign msg itself, and holds the signature against the certificate's key.
func (d device) Sign(ctx context.Context, msg []byte) (signing.Signature, error) {
	v, err := call(ctx, d.hooks, "sign", toJS(msg))
	if err != nil {
		return signing.Signature{}, fmt.Errorf("%w：%w", errDevice, err)
	}
	der, err := toGo(v, 128)
	if err != nil {
		return signing.Signature{}, fmt.Errorf("%w：签名%w", errDevice, err)
	}
	sig, err := signing.ParseSignatureDER(der)
	if err == nil {
		err = signing.VerifyBoth(d.public, msg, sig)
	}
	if err != nil {
		return signing.Signature{}, fmt.Errorf("%w：它给出的签名与证书不符（%w）", errDevice, err)
	}
	return sig, nil
}

// Unwrap has the device open a wrapping. What it gives is proved by what it opens: every ciphertext here is authenticated,
// and its key is committed to.
func (d device) Unwrap(ctx context.Context, wrapped []byte) ([]byte, error) {
	v, err := call(ctx, d.hooks, "decrypt", toJS(wrapped))
	if err != nil {
		return nil, signing.ErrUnwrap
	}
	b, err := toGo(v, len(wrapped))
	if err != nil {
		return nil, signing.ErrUnwrap
	}
	return b, nil
}
