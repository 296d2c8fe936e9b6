package letter

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Fen is an amount of renminbi in fen (1 yuan = 100 fen), from 0 to MaxFen. In JSON it is an integer number of fen.
type Fen int64

// MaxFen is the largest amount there is here: a hundred billion yuan, far below the 2^53 that JSON keeps exact.
const MaxFen Fen = 10_000_000_000_000

var yuanShape = regexp.MustCompile(`^(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?$`)

// ParseYuan reads an amount in yuan, 800000 or 800000.00: ASCII digits, at most two decimals, no sign, no exponent, no
// comma, no leading zero.
func ParseYuan(text string) (Fen, error) {
	if !yuanShape.MatchString(text) {
		return 0, fault("", "amount", "金额格式有误：只用数字，最多两位小数，不带逗号和符号，例如 800000.00")
	}
	whole, part, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	if err != nil || Fen(n) > MaxFen {
		return 0, fault("", "amount", "金额超出上限（1000 亿元）；请核对")
	}
	return Fen(n), nil
}

// String is the amount in yuan with two decimals, 800000.00.
func (f Fen) String() string {
	sign := ""
	u := uint64(f)
	if f < 0 {
		sign, u = "-", -u
	}
	return fmt.Sprintf("%s%d.%02d", sign, u/100, u%100)
}

// MarshalJSONTo writes an integer number of fen.
func (f Fen) MarshalJSONTo(out *jsontext.Encoder) error {
	return out.WriteToken(jsontext.Int(int64(f)))
}

var errFen = errors.New("not an integer number of fen within the limit")

// UnmarshalJSONFrom reads an integer number of fen; 1e3, 1.0, -0, strings and amounts beyond MaxFen are refused, so that
// no amount ever passes through floating point.
func (f *Fen) UnmarshalJSONFrom(in *jsontext.Decoder) error {
	v, err := in.ReadValue()
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil || v[0] == '-' || n > int64(MaxFen) {
		return errFen
	}
	*f = Fen(n)
	return nil
}

// Check holds for 0 to MaxFen.
func (f Fen) Check() error {
	return need(f >= 0 && f <= MaxFen, "", "amount", "金额须为 0 至 1000 亿元")
}

// checkPositive holds for amounts of which something can be paid.
func (f Fen) checkPositive(field string) error {
	return need(f > 0 && f <= MaxFen, field, "amount", "金额须大于零且不超过 1000 亿元")
}

// The ladder of ceilings: 1, 2 and 5 times a power of ten, from ten thousand yuan up to MaxFen.
const lowestRung Fen = 10_000 * 100

// LadderCeiling is the lowest rung of the public ladder 1万, 2万, 5万, 10万 … yuan that is not below amount. A ceiling
// stands in clear before the opening; taken from a ladder it fits many lots and tells none.
func LadderCeiling(amount Fen) Fen {
	for power := lowestRung; power <= MaxFen; power *= 10 {
		for _, times := range []Fen{1, 2, 5} {
			if rung := power * times; rung >= amount {
				return min(rung, MaxFen)
			}
		}
	}
	return Fen(math.MaxInt64) // no amount that holds comes here
}
