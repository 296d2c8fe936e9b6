package custody

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"baohan/guarantee/calendar"
	"baohan/guarantee/letter"
)

// Veto is the officer's word that a lot is not to be served. It is made before the deadline and holds until it is
// lifted before the deadline; after that only the officer's own hand goes past it.
type Veto struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Status is what the officer sees.
type Status struct {
	Party     letter.Party    `json:"party"`
	Holder    int             `json:"holder"` // 0, 1 or 2
	Automatic bool            `json:"automatic"`
	Now       time.Time       `json:"now"` // by the agent's clock
	Days      []calendar.Date `json:"days"`
	Lots      []LotStatus     `json:"lots"`
}

// LotStatus is one lot of which this custodian made a key.
type LotStatus struct {
	Project   string    `json:"project"`
	Lot       string    `json:"lot"`
	NotBefore time.Time `json:"not_before"`
	Bids      bool      `json:"bids"`    // the closing of the bids was served
	Letters   bool      `json:"letters"` // and that of the letters
	Veto      *Veto     `json:"veto,omitzero"`
	ByHand    time.Time `json:"by_hand,omitzero"`
	Postponed int       `json:"postponed,omitzero"` // how many orders were obeyed
	Destroyed bool      `json:"destroyed,omitzero"`
	Waits     string    `json:"waits,omitzero"` // why nothing would be given now, in words
}

// Why an officer's act is refused; in words for the officer.
var (
	ErrNoLot     = errors.New("没有这个标段的密钥；请查看标段编号（status），重名时写作 项目编号/标段编号")
	ErrVetoLate  = errors.New("投标截止时间已到，不能再否决或撤销否决；截止后仍要放行被否决的标段，请手工放行（give）")
	ErrNoVeto    = errors.New("这个标段没有被否决")
	ErrGiveEarly = errors.New("投标截止时间未到，不能放行；可以预先授权开标日（authorise）")
)

const officerFile = "officer.json"

// orders are the officer's standing orders. They lie beside the lots' files.
type orders struct {
	Days []calendar.Date `json:"days"`
}

func (a *Agent) orders() (o orders, err error) {
	b, err := os.ReadFile(filepath.Join(a.Dir, officerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return o, nil
	}
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(b, &o, json.RejectUnknownMembers(true))
}

// Authorise lets the lots whose deadline falls on these days (Asia/Shanghai) be served automatically.
func (a *Agent) Authorise(days ...calendar.Date) error {
	return a.change(func(o *orders) {
		for _, d := range days {
			if !slices.Contains(o.Days, d) {
				o.Days = append(o.Days, d)
			}
		}
		slices.SortFunc(o.Days, func(x, y calendar.Date) int { return x.Time().Compare(y.Time()) })
	})
}

// Revoke takes days back. What was given stays given.
func (a *Agent) Revoke(days ...calendar.Date) error {
	return a.change(func(o *orders) {
		o.Days = slices.DeleteFunc(o.Days, func(d calendar.Date) bool { return slices.Contains(days, d) })
	})
}

func (a *Agent) change(rule func(*orders)) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	o, err := a.orders()
	if err != nil {
		return err
	}
	rule(&o)
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return replace(filepath.Join(a.Dir, officerFile), b)
}

// Veto keeps a lot from being served, whatever day was authorised. It is refused after the deadline by the agent's
// clock.
func (a *Agent) Veto(name, reason string) error {
	return a.changeLot(name, func(f *lotFile, now time.Time) error {
		if !now.Before(f.NotBefore) {
			return ErrVetoLate
		}
		f.Veto = &Veto{At: now, Reason: reason}
		return nil
	})
}

// Lift ends a veto, before the deadline.
func (a *Agent) Lift(name string) error {
	return a.changeLot(name, func(f *lotFile, now time.Time) error {
		switch {
		case f.Veto == nil:
			return ErrNoVeto
		case !now.Before(f.NotBefore):
			return ErrVetoLate
		}
		f.Veto = nil
		return nil
	})
}

// Give lets a lot be served by the officer's own hand, after the deadline. All other rules hold as ever.
func (a *Agent) Give(name string) error {
	return a.changeLot(name, func(f *lotFile, now time.Time) error {
		if now.Before(f.NotBefore) {
			return ErrGiveEarly
		}
		f.ByHand = now
		return nil
	})
}

// changeLot finds a lot by its code, or by 项目编号/标段编号 when two projects have one of that code.
func (a *Agent) changeLot(name string, rule func(*lotFile, time.Time) error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	all, err := a.lots()
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(f *lotFile) bool { return name != f.Lot && name != f.Project+"/"+f.Lot })
	if len(all) != 1 {
		return fmt.Errorf("%s：%w", name, ErrNoLot)
	}
	if err := rule(all[0], a.Clock.Now()); err != nil {
		return err
	}
	return a.save(all[0])
}

// permitted is the officer's part: it says nothing of the clock and of what is asked.
func (a *Agent) permitted(f *lotFile) error {
	switch {
	case !f.ByHand.IsZero():
		return nil
	case f.Veto != nil:
		return ErrVeto
	case a.Unattended:
		return nil
	case !a.Automatic:
		return ErrByHand
	}
	o, err := a.orders()
	if err != nil {
		return err
	}
	if !slices.Contains(o.Days, calendar.DateOf(f.NotBefore)) {
		return ErrByHand
	}
	return nil
}

// Status tells the officer how things stand.
func (a *Agent) Status() (Status, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o, err := a.orders()
	if err != nil {
		return Status{}, err
	}
	all, err := a.lots()
	s := Status{Party: a.Party, Holder: a.Holder, Automatic: a.Automatic, Now: a.Clock.Now(), Days: o.Days}
	for _, f := range all {
		s.Lots = append(s.Lots, LotStatus{Project: f.Project, Lot: f.Lot, NotBefore: f.NotBefore, Bids: !f.Bids.IsZero(),
			Letters: !f.Letters.IsZero(), Veto: f.Veto, ByHand: f.ByHand, Postponed: len(f.Orders), Destroyed: f.Destroyed != nil,
			Waits: a.waits(f, s.Now)})
	}
	return s, err
}

func (a *Agent) waits(f *lotFile, now time.Time) string {
	switch err := a.permitted(f); {
	case f.Destroyed != nil:
		return "密钥已按期销毁"
	case errors.Is(err, ErrVeto):
		return "已否决：" + f.Veto.Reason
	case now.Before(f.NotBefore) && err == nil:
		return "投标截止时间未到；到时自动放行"
	case now.Before(f.NotBefore):
		return "投标截止时间未到；开标日尚未授权，到时须由经办人手工放行"
	case err != nil:
		return "等待经办人手工放行"
	}
	return ""
}
