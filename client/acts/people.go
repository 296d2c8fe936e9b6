package acts

import (
	"context"
	"errors"
	"io/fs"

	"baohan/client"
	"baohan/client/wire"
	"baohan/signing"
)

// who asks is found by the session and proved by the certificate; when they are not one organisation, the person has taken
// the wrong key, and learns so before anything is signed.
func (d Desk) own(ctx context.Context, whoAmI func(context.Context) (wire.Actor, error)) error {
	a, err := whoAmI(ctx)
	if err != nil {
		return err
	}
	if a.USCC != d.Me.Party.USCC {
		return spoken("您是以“" + a.Name + "”登录的，选择的却是“" + d.Me.Party.Name + "”的证书。请换用登录单位的证书，或退出后用这张证书重新登录。")
	}
	return nil
}

const noOpening = spoken("这个证书文件里没有加密证书，投标人不能用它：自己的文件要用加密证书封存。请选择同时含有签名证书和加密证书的文件。")

// bidder is the client of a bidder that is signed in.
func (d Desk) bidder(ctx context.Context) (*client.Bidder, error) {
	if d.Me.Open == nil {
		return nil, noOpening
	}
	b, err := client.NewBidder(d.Platform, d.Me, d.Copies)
	if err != nil {
		return nil, err
	}
	return b, d.own(ctx, b.WhoAmI)
}

func (d Desk) beneficiary(ctx context.Context) (*client.Beneficiary, error) {
	b, err := client.NewBeneficiary(d.Platform, d.Me)
	if err != nil {
		return nil, err
	}
	return b, d.own(ctx, b.WhoAmI)
}

// staff is the client of anybody who is signed in, for what needs no more than a session and a signing key.
func (d Desk) staff(ctx context.Context) (*client.Staff, error) {
	s, err := client.NewStaff(d.Platform, d.Me)
	if err != nil {
		return nil, err
	}
	return s, d.own(ctx, s.WhoAmI)
}

// note keeps the id of something that is about to be sent, so that whoever presses again after an unknown outcome or a
// crash resumes that one and makes no second; forget is for when its outcome is known.
type note struct {
	copies client.Copies
	name   string
}

func (n note) sent() string {
	b, err := n.copies.Get(n.name)
	if err != nil || !idShape.Match(b) {
		return ""
	}
	return string(b)
}

func (n note) sending(id string) error { return n.copies.Put(n.name, []byte(id)) }

// after forgets what was refused for good, and gives the error back.
func (n note) after(err error) error {
	if settled(err) {
		return errors.Join(err, n.forget())
	}
	return err
}

// settled tells an error after which nothing was done and nothing will be: a refusal, or papers that are not here.
func settled(err error) bool {
	_, refused := client.Refused(err)
	return refused || errors.Is(err, fs.ErrNotExist) || errors.Is(err, signing.ErrUnwrap)
}

func (n note) forget() error { return n.copies.Put(n.name, nil) }
