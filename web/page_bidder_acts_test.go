package web

import (
	"encoding/base64"
	"strings"
	"testing"

	"baohan/client/acts"
	"baohan/party"
	"baohan/signing"
)

// What a bidder opens of its own on the machine where it was made, and what on another, which has nothing but the certificate.
func TestOwnPapersOnAnotherMachine(t *testing.T) {
	l := newLife(t)
	p := l.person("投标人第1建设公司", 61)
	here := l.sits(p, "bidder")
	q := must(l.bidder(p).Quotes(t.Context(), l.lot.ID))[0]
	choice := q.Guarantor.USCC + " " + q.Product + " 300000"
	if _, err := here.with(nil, "apply-chosen", "lot", l.lot.ID, "choice", q.Guarantor.USCC+" "+q.Product+" 1"); acts.Words(err).Field != "choice" {
		t.Errorf("a fee that nobody asks: %v", err)
	}
	id := here.done("apply-chosen", "lot", l.lot.ID, "choice", choice).ID
	l.owners[id] = l.bidder(p)
	l.issue(id, 1)
	if _, err := here.with(nil, "hand-in-bid", "lot", l.lot.ID, "letter", id, "how", "new", "price", "12000000", "price_capital", "壹元整", "period_days", "365", "quality", "合格", "leader", "张三"); acts.Words(err).Field != "price" {
		t.Errorf("figures and capitals that differ: %v", err)
	}
	terms := []string{"lot", l.lot.ID, "letter", id, "price", "12000000", "price_capital", "壹仟贰佰万元整", "period_days", "365", "quality", "合格", "leader", "张三"}
	if _, err := here.with(nil, "hand-in-bid", append(terms, "how", "replace")...); acts.Words(err).Field != "how" {
		t.Errorf("a replacement of nothing: %v", err)
	}
	bid := here.done("hand-in-bid", append(terms, "how", "new")...).ID
	again := here.done("hand-in-bid", append(terms, "how", "replace", "keep-files", "yes")...).ID
	if again == bid {
		t.Error("the replacement is the same bid")
	}

	there := l.sits(p, "bidder")
	if got := fact(there.done("open-own", "application", id), "标段"); !strings.Contains(got, "一标段") {
		t.Errorf("an application opens to %q", got)
	}
	if r := there.done("own-copy", "application", id); len(r.Files) != 1 || !strings.Contains(r.Files[0].Name, "BH-2026-0001") {
		t.Errorf("the copy: %+v", r)
	}
	sealed := must(l.desks.Tender.OwnBid(t.Context(), party.Actor{USCC: p.uscc, Role: party.Bidder}, again)).Sealed
	for name, a := range map[string]*actor{"here": here, "there": there} {
		r := a.done("open-bid", "bid", again, "sealed", base64.StdEncoding.EncodeToString(sealed))
		if !strings.Contains(fact(r, "投标报价"), "壹仟贰佰万元整") || fact(r, "签收时间") == "" || len(fact(r, "投标文件的 SM3 摘要")) != 64 {
			t.Errorf("%s: %+v", name, r.Facts)
		}
	}
	if _, err := there.with(nil, "check-letter", "application", id); !strings.Contains(acts.Words(err).Says, "本机没有这份申请的存底") {
		t.Errorf("a check without the draft: %v", err)
	}
	if r := here.done("check-letter", "application", id); !strings.HasPrefix(r.Says, "是。") {
		t.Errorf("%+v", r)
	}
	if r := here.done("to-lot-of-bid", "bid", again, "go", "/lots/{id}/bid"); r.Go != "/lots/"+l.lot.ID+"/bid" {
		t.Errorf("leads to %s", r.Go)
	}
	other := l.sits(l.person("投标人第2建设公司", 62), "bidder")
	if _, err := other.with(nil, "open-bid", "bid", again, "sealed", base64.StdEncoding.EncodeToString(sealed)); err == nil {
		t.Error("another bidder opens the bid")
	}
	if _, err := here.with(nil, "resume-bid", "lot", l.lot.ID); !strings.Contains(acts.Words(err).Says, "没有没递交完的存底") {
		t.Errorf("nothing to resume: %v", err)
	}
}

// A partner of a consortium signs for its lead what the lead puts into the bid.
func TestConsentOfAPartner(t *testing.T) {
	l := newLife(t)
	lead, partner := l.person("牵头建设公司", 61), l.person("成员设计公司", 62)
	agreement := []byte("%PDF-1.7 联合体协议")
	a := l.sits(partner, "bidder")
	pairs := []string{"lot", l.lot.ID, "lead-name", lead.name, "lead-uscc", lead.uscc, "partner-name", partner.name, "partner-uscc", partner.uscc}
	if _, err := a.with(nil, "consent", pairs...); acts.Words(err).Field != "agreement" {
		t.Errorf("without the agreement: %v", err)
	}
	r, err := a.with(map[string][]acts.File{"agreement": {chosenFile("协议.pdf", agreement)}}, "consent", pairs...)
	if err != nil {
		t.Fatal(err)
	}
	signed := must(signing.ParseSignedData(r.Files[0].Bytes))
	if signed.Signer().Subject().OrganizationID != partner.uscc || fact(r, "牵头人") == "" || signed.Verify(l.trust, l.clock.Now()) != nil {
		t.Errorf("%+v", r)
	}
}
