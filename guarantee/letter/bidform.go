package letter

import (
	"slices"
	"time"

	"baohan/signing"
)

// BidTerms are what is read out of a bid (唱标, 招标投标法36): they come from the form that the bidder signed and from
// nowhere else.
type BidTerms struct {
	Price        Fen        `json:"price"`
	PriceCapital string     `json:"price_capital"` // 大写, without 人民币
	PeriodDays   int        `json:"period_days"`   // 工期 or 交货期, calendar days
	Quality      string     `json:"quality"`       // 质量目标
	Leader       string     `json:"leader"`        // 项目负责人
	Fields       []BidField `json:"fields"`        // what else the tender document has read out, in its order
}

// BidField is one more item of the tender document's form.
type BidField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// BidFile is one file of a bid as its form names it: what it is, and the key of its ciphertext.
type BidFile struct {
	ID     string         `json:"id"` // of the SealedFile that the bid names
	Name   string         `json:"name"`
	Size   int64          `json:"size"`   // bytes of the plain file
	Digest signing.Digest `json:"digest"` // SM3 of the plain file
	Key    []byte         `json:"key"`    // SM4, made for this file
}

// SealedFile is one file of a bid as its outer envelope names it: which ciphertext belongs to the bid. Sizes come from
// a ladder, so that they tell little.
type SealedFile struct {
	ID     string         `json:"id"`     // random
	Size   int64          `json:"size"`   // bytes of the ciphertext
	Digest signing.Digest `json:"digest"` // SM3 of the ciphertext
}

// BidForm (投标函) is the inner half of a bid: terms and files, signed by the bidder and sealed to the bidder's own
// certificate. Its digest stands in the outer half. Random keeps anyone from trying prices against that digest.
type BidForm struct {
	Version int       `json:"version"`
	Random  []byte    `json:"random"` // 32 bytes
	Bid     string    `json:"bid"`
	Lot     Lot       `json:"lot"`
	Bidders []Party   `json:"bidders"` // as in the bid
	Terms   BidTerms  `json:"terms"`
	Files   []BidFile `json:"files"`
	At      time.Time `json:"at"`
}

const (
	maxBidFields = 20
	maxBidFiles  = 20
	maxPeriod    = 36_500 // days
	maxFileSize  = int64(1) << 40
)

// Check holds for terms whose price agrees with its capitals.
func (t BidTerms) Check() error {
	return firstOf(
		need(t.Price > 0 && t.Price <= MaxFen, "price", "amount", "投标报价须大于零；请按招标文件的报价单位填写"),
		need(t.PriceCapital == t.Price.Capital(), "price_capital", "capital", "大写报价与小写报价不一致；大写应为"+t.Price.Capital()),
		need(t.PeriodDays >= 1 && t.PeriodDays <= maxPeriod, "period_days", "count", "工期（交货期）须为 1 至 36500 日历天"),
		checkText("quality", t.Quality, 1, 200),
		checkText("leader", t.Leader, 1, 50),
		need(len(t.Fields) <= maxBidFields, "fields", "count", "其他唱标内容至多 20 项"),
		checkEach("fields", t.Fields, BidField.Check),
		need(!repeats(t.Fields, func(f BidField) string { return f.Name }), "fields", "repeated", "同一项内容重复填写；请删除重复项"),
	)
}

// Check holds for a named item.
func (f BidField) Check() error {
	return firstOf(checkText("name", f.Name, 1, 50), checkText("value", f.Value, 1, 500))
}

// Check holds for a file with its key.
func (f BidFile) Check() error {
	return firstOf(
		checkID("id", f.ID),
		checkText("name", f.Name, 1, 200),
		need(f.Size > 0 && f.Size <= maxFileSize, "size", "size", "文件为空或过大"),
		checkDigest("digest", f.Digest.IsZero()),
		need(len(f.Key) == 16, "key", "key", "文件密钥须为 16 字节"),
	)
}

// Check holds for a ciphertext of a bid.
func (f SealedFile) Check() error {
	return firstOf(
		checkID("id", f.ID),
		need(f.Size > 0 && f.Size <= maxFileSize, "size", "size", "文件密文为空或过大"),
		checkDigest("digest", f.Digest.IsZero()),
	)
}

func checkSealedFiles(all []SealedFile) error {
	return firstOf(
		need(len(all) <= maxBidFiles, "files", "count", "投标文件至多 20 个"),
		checkEach("files", all, SealedFile.Check),
		need(!repeats(all, func(f SealedFile) string { return f.ID }), "files", "repeated", "同一文件重复列出"),
	)
}

// Check holds for a form that can be sealed.
func (f BidForm) Check() error {
	return firstOf(
		checkVersion(f.Version),
		need(len(f.Random) == 32, "random", "random", "随机数须为 32 字节"),
		checkID("bid", f.Bid),
		within("lot", f.Lot.Check()),
		checkParties("bidders", f.Bidders, maxApplicants),
		within("terms", f.Terms.Check()),
		need(len(f.Files) <= maxBidFiles, "files", "count", "投标文件至多 20 个"),
		checkEach("files", f.Files, BidFile.Check),
		need(!repeats(f.Files, func(x BidFile) string { return x.ID }), "files", "repeated", "同一文件重复列出"),
		checkInstant("at", f.At),
	)
}

// Canonical is what the bidder signs.
func (f BidForm) Canonical() ([]byte, error) { return canonical(f, BidForm.Check) }

// ParseBidForm reads what Canonical wrote.
func ParseBidForm(b []byte) (BidForm, error) { return parse(b, BidForm.Check) }

// FormDigest is the digest of a signed form that its bid carries.
func FormDigest(p7s []byte) signing.Digest { return signing.TaggedSum("baohan/bid-form/1", p7s) }

// Holds tells whether a form is the one that the bid was handed in with. Its bytes have to be compared with the bid's
// digest first, and their signature believed by the caller.
func (f BidForm) Holds(b Bid) error {
	same := func(x BidFile, y SealedFile) bool { return x.ID == y.ID }
	switch {
	case f.Bid != b.ID || f.Lot != b.Lot:
		return fault("bid", "bid", "投标函写的投标编号或标段与投标文件不一致")
	case !slices.Equal(f.Bidders, b.Bidders):
		return fault("bidders", "bidders", "投标函写的投标人与投标文件不一致")
	case !slices.EqualFunc(f.Files, b.Files, same):
		return fault("files", "files", "投标函所列文件与投标文件不一致")
	}
	return nil
}
