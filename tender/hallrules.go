package tender

import (
	"fmt"
	"time"

	"baohan/party"
)

// HallRules are the rules of a remote opening (不见面开标), in minutes. They stand in the notice and are frozen with it; a
// zero takes the default.
type HallRules struct {
	Decrypt   int `json:"decrypt"`   // for the bidders to decrypt: 10 to 120, by default 30
	Objection int `json:"objection"` // for objections after the read-out: 5 to 240, by default 10
	Sign      int `json:"sign"`      // for signing the record: 5 to 60, by default 15
}

// SignInFrom is how long before the deadline bidders may sign in (签到).
const SignInFrom = time.Hour

func (r HallRules) withDefaults() HallRules {
	if r.Decrypt == 0 {
		r.Decrypt = 30
	}
	if r.Objection == 0 {
		r.Objection = 10
	}
	if r.Sign == 0 {
		r.Sign = 15
	}
	return r
}

// check is the rule for a draft. A lot whose bids are elsewhere is opened there.
func (r *HallRules) check(bids Place) error {
	if r == nil {
		return nil
	}
	for _, x := range []struct {
		field, name string
		n, from, to int
	}{
		{"decrypt", "解密时间", r.Decrypt, 10, 120},
		{"objection", "异议时间", r.Objection, 5, 240},
		{"sign", "签名时间", r.Sign, 5, 60},
	} {
		if x.n < x.from || x.n > x.to {
			return party.Invalid("lot.hall", "hall."+x.field, fmt.Sprintf("%s须为 %d 至 %d 分钟；请按招标文件填写", x.name, x.from, x.to))
		}
	}
	if bids != Here {
		return party.Invalid("lot.hall_bids", "hall", "投标文件在其他系统递交的标段不能在本平台不见面开标；请改为在本平台递交，或去掉不见面开标")
	}
	return nil
}

// window is how long a stage lasts; 0 of one without a window.
func (r HallRules) window(s HallStage) time.Duration {
	minutes := map[HallStage]int{HallDecrypting: r.Decrypt, HallObjecting: r.Objection, HallSigning: r.Sign}
	return time.Duration(minutes[s]) * time.Minute
}

// hallRow is how the rules stand in table lot.
type hallRow struct {
	HallDecrypt   *int `db:"hall_decrypt"`
	HallObjection *int `db:"hall_objection"`
	HallSign      *int `db:"hall_sign"`
}

func (r hallRow) rules() *HallRules {
	if r.HallDecrypt == nil || r.HallObjection == nil || r.HallSign == nil {
		return nil
	}
	return &HallRules{Decrypt: *r.HallDecrypt, Objection: *r.HallObjection, Sign: *r.HallSign}
}

func rowOfRules(r *HallRules) hallRow {
	if r == nil {
		return hallRow{}
	}
	return hallRow{&r.Decrypt, &r.Objection, &r.Sign}
}
