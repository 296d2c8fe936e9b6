package guarantee

import (
	"context"

	"baohan/guarantee/calendar"
)

// PayBy is the last day on which the guarantor may pay a demand, by the clause of its wording; zero while nothing is
// to be paid yet, or any more, or while a court has stopped the payment.
func (d *Desk) PayBy(ctx context.Context, dm *Demand) (calendar.Date, error) {
	all, err := d.Clocks(ctx, dm)
	if err != nil {
		return calendar.Date{}, err
	}
	return payBy(all), nil
}

func payBy(all []DemandClock) calendar.Date {
	for _, c := range all {
		if c.Kind == ClockPayment {
			return c.To
		}
	}
	return calendar.Date{}
}
