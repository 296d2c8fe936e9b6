package main

import (
	"context"
	"time"

	"baohan/banks"
	"baohan/guarantee"
	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// market is what tenders know of institutions: the desk of banks, as tender.Market asks it.
type market struct{ *banks.Desk }

// Product finds what an institution offers in public under a wording and a mode.
func (m market) Product(ctx context.Context, guarantor string, wording letter.WordingRef, mode letter.Mode) (guarantee.Guarantor, error) {
	return m.Terms(ctx, guarantor, wording, mode)
}

// Licensed tells whether the institution's licence allowed letters of this form on the day of at.
func (m market) Licensed(ctx context.Context, guarantor string, form letter.Form, at time.Time) (bool, error) {
	i, err := m.Institution(ctx, guarantor)
	if err != nil {
		return false, err
	}
	allowed, _ := i.Kind.Form()
	return allowed == form && !calendar.DateOf(at).After(calendar.DateOf(i.LicenceUntil)), nil
}
