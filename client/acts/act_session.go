package acts

import (
	"cmp"
	"context"
	"slices"

	"baohan/client"
	"baohan/client/wire"
)

var _ = register("sign-in", signIn)

var roles = []string{"bidder", "guarantor", "beneficiary", "agent", "centre", "supervisor", "operator"}

// signIn begins a session in the role of the field role, and leads to the page of the field to, or stays on the page (stay). A
// bidder's encryption certificate is registered with it.
func signIn(ctx context.Context, d Desk, f *fields) (Result, error) {
	role := f.needed("role")
	if role != "" && !slices.Contains(roles, role) {
		f.fault("role", "请选择以什么身份登录")
	}
	to := f.page("to")
	if f.err != nil {
		return Result{}, f.err
	}
	actor, err := d.signIn(ctx, role)
	if err != nil {
		return Result{}, err
	}
	r := Result{Says: "已登录：" + actor.Name + "。"}
	if !f.checked("stay") {
		r.Go = cmp.Or(to, "/")
	}
	return r, nil
}

func (d Desk) signIn(ctx context.Context, role string) (wire.Actor, error) {
	if role != "bidder" {
		s, err := client.NewStaff(d.Platform, d.Me)
		if err != nil {
			return wire.Actor{}, err
		}
		return s.SignIn(ctx, role)
	}
	if d.Me.Open == nil {
		return wire.Actor{}, noOpening
	}
	b, err := client.NewBidder(d.Platform, d.Me, d.Copies)
	if err != nil {
		return wire.Actor{}, err
	}
	return b.SignIn(ctx)
}
