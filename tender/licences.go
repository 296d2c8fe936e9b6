package tender

import (
	"context"
	"sync"
	"time"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// licences asks the market once for each institution, form and day of one opening: a licence is judged by the day.
type licences struct {
	market Market
	mu     sync.Mutex
	known  map[licence]bool
}

type licence struct {
	guarantor string
	form      letter.Form
	on        calendar.Date
}

// cover tells whether the institution's licence, on the day of that instant, allows letters of this form.
func (l *licences) cover(ctx context.Context, guarantor string, form letter.Form, at time.Time) (bool, error) {
	key := licence{guarantor, form, calendar.DateOf(at.In(calendar.Shanghai))}
	l.mu.Lock()
	defer l.mu.Unlock()
	if ok, known := l.known[key]; known {
		return ok, nil
	}
	ok, err := l.market.Licensed(ctx, guarantor, form, at)
	if err != nil {
		return false, err
	}
	if l.known == nil {
		l.known = map[licence]bool{}
	}
	l.known[key] = ok
	return ok, nil
}
