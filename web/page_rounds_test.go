package web

import (
	"path/filepath"
	"testing"
	"time"

	"baohan/party"
)

// A lot is put off beyond what letters reach. Its page says so to everybody; the bidder's pages say it of its own letter and lead
// to the new application, with the partner of the old one filled in; the bid names the new letter, and is warned of the old one.
func TestBidderWhenTheLotMovesFar(t *testing.T) {
	b := newBidding(t)
	lot, partner := b.cashLot(), b.person("联合体成员建设公司", 64)
	w := b.windowOf(b.chromium, "a clerk", b.clerk, party.Bidder)
	must(b.bidder(b.clerk).WhoAmI(t.Context())) // the encryption certificate is registered by signing in with the SDK
	w.open("/lots/" + lot.ID + "/quotes")
	w.silent("延期后须重新申请保函")
	w.fill("partner-name", partner.name)
	w.fill("partner-uscc", partner.uscc)
	w.pick("choice", 0)
	w.press("签名并递交申请")
	w.choose(b.file)
	w.sign(pin)
	old := b.applied(w, "BH-2026-0001")
	w.silent("重新申请一份")

	own := b.bidder(b.clerk)
	unpaid := must(own.Prepare(t.Context(), b.lot, must(own.Quotes(t.Context(), b.lot.ID))[0]))
	must(own.Resume(t.Context(), unpaid.ID))
	b.decided(unpaid.ID)

	b.clock.Advance(time.Hour)
	b.moves(lot, deadline.AddDate(0, 0, 105))
	visitor := b.windowOf(b.chromium, "a visitor", person{}, "")
	for name, x := range map[string]*window{"visitor": visitor, "bidder": w} {
		x.open("/lots/" + lot.ID)
		x.says("延期后须重新申请保函", "不再够用", "没有约定退还", "第 2 轮保函")
		x.picture(name + "-lot-moved-far")
	}
	if a, c := visitor.text(".notice"), w.text(".notice"); a != c {
		t.Errorf("the visitor reads %q, the bidder %q", a, c)
	}
	w.open("/bidder")
	w.says("它可能不再够用，请先核对", "（原待办：向 "+b.bank.name+" 缴纳保费")
	w.picture("bidder-desk-moved-far")
	w.open("/bidder/applications/" + unpaid.ID) // of another lot on the same rung: the platform cannot tell
	w.says("这份保函可能是为下列标段申请的", "请不要缴费", "请缴纳保费")
	w.picture("bidder-unpaid-moved-far")
	w.open("/bidder/applications/" + old)
	w.says("请核对：这份保函可能是为下列标段申请的", "岳麓大道改造工程")
	w.signs("核对我的保函")
	w.says("这份保函不再够用", "重新申请一份")
	w.picture("bidder-letter-moved-far")

	w.signs("去递交投标")
	w.at(`(p) => p.endsWith("/bid")`)
	w.says("不够用")
	b.offers(w, old)
	w.press("签名、加密并递交")
	if trouble := w.sign(pin); trouble == "" {
		t.Fatal("a bid was handed in with the old letter, and nothing was said")
	}
	w.says("请先为本标段重新申请一份")
	w.press("取消")
	w.picture("bidder-bid-short-letter")

	w.open("/bidder/applications/" + old)
	w.signs("重新申请一份")
	w.at(`(p) => p === "/lots/` + lot.ID + `/quotes"`)
	w.says("请选一家机构重新申请")
	if name, code := w.value("partner-name"), w.value("partner-uscc"); name != partner.name || code != partner.uscc {
		t.Errorf("filled in: %q, %q", name, code)
	}
	w.picture("bidder-quotes-again")
	w.pick("choice", 0)
	w.signs("签名并递交申请")
	again := b.applied(w, "BH-2026-0002")
	w.signs("核对我的保函")
	w.says("是。保函已安全到达")
	w.signs("去递交投标")
	w.at(`(p) => p.endsWith("/bid")`)
	b.offers(w, again)
	w.signs("签名、加密并递交")
	w.at(`(p) => p.startsWith("/bidder/bids/")`)
	w.says("投标已经递交")
}

// applied takes the application whose page is open to its letter, and opens that.
func (b *bidding) applied(w *window, number string) (id string) {
	b.t.Helper()
	w.at(`(p) => p.startsWith("/bidder/applications/")`)
	id = filepath.Base(w.path())
	b.decided(id)
	b.paidAs(id, number)
	w.open("/bidder/applications/" + id)
	w.says(number)
	return id
}

// offers fills a bid in that names a letter.
func (b *bidding) offers(w *window, letter string) {
	b.t.Helper()
	w.fill("letter", letter)
	for name, text := range map[string]string{"price": "12000000.00", "period_days": "365", "quality": "合格", "leader": "张三"} {
		w.fill(name, text)
	}
}
