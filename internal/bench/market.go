package main

import (
	"context"
	"time"

	"baohan/banks"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// market is what tenders know of institutions, asked of the desk of banks as the binary asks it: one read per letter.
type market struct{ *banks.Desk }

func (m market) Product(ctx context.Context, guarantor string, wording letter.WordingRef, mode letter.Mode) (guarantee.Guarantor, error) {
	return m.Terms(ctx, guarantor, wording, mode)
}

func (m market) Licensed(ctx context.Context, guarantor string, form letter.Form, at time.Time) (bool, error) {
	i, err := m.Institution(ctx, guarantor)
	allowed, _ := i.Kind.Form()
	return err == nil && allowed == form && !calendar.DateOf(at).After(calendar.DateOf(i.LicenceUntil)), err
}
