package sandbox

import (
	"net/http"
	"time"

	"baohan/client/wire"
	"baohan/guarantee/calendar"
)

// billOf finds what may be paid; it tells a stranger nothing: an id is 128 random bits.
func (b *Bank) billOf(id string) (Bill, bool) {
	f, ok := b.book.files[id]
	if !ok || f.Decision == nil || !f.Decision.Approve || !f.Agreed {
		return Bill{}, false
	}
	bill := Bill{Application: id, Fee: f.Decision.Fee, Paid: f.Paid != nil}
	if f.Paid != nil {
		bill.Reference = f.Paid.Reference
	}
	return bill, true
}

func (b *Bank) bill(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	bill, ok := b.billOf(r.PathValue("application"))
	b.mu.Unlock()
	if !ok {
		no(w, http.StatusNotFound, "cashier.nothing_due", "没有待缴的保费；请在平台查看申请状态，确认保费后再来缴费")
		return
	}
	say(w, http.StatusOK, bill)
}

// pay takes the exact fee, once. Paying again shows the same receipt.
func (b *Bank) pay(w http.ResponseWriter, r *http.Request) {
	in, ok := hear[Pay](w, r)
	if !ok {
		return
	}
	id := r.PathValue("application")
	b.mu.Lock()
	defer b.mu.Unlock()
	bill, due := b.billOf(id)
	switch {
	case !due:
		no(w, http.StatusNotFound, "cashier.nothing_due", "没有待缴的保费；请在平台查看申请状态，确认保费后再来缴费")
		return
	case in.Amount != bill.Fee:
		no(w, http.StatusUnprocessableEntity, "cashier.amount", "金额与应缴保费不一致；请按账单金额缴费")
		return
	case !bill.Paid:
		p := wire.FeePaid{Amount: in.Amount, Reference: "SK" + id[:20], Payer: in.Payer,
			PaidAt: b.Platform.Clock.Now().In(calendar.Shanghai).Truncate(time.Microsecond)}
		if err := b.note(paid, id, "", p); err != nil {
			no(w, http.StatusInternalServerError, "cashier.failed", "缴费没有记录下来；请重试")
			return
		}
	}
	bill, _ = b.billOf(id)
	say(w, http.StatusOK, bill)
}
