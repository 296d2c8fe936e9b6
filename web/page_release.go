package web

import (
	"strconv"

	"github.com/a-h/templ"

	"baohan/guarantee/letter"
	"baohan/signing"
	"baohan/web/view"
)

const signedData = "application/pkcs7-mime"

// releaseNotice is what was signed to release a letter, to be printed: one paper for each beneficiary.
func (v *visit) releaseNotice() (templ.Component, error) {
	g, err := v.guarantee.ForBeneficiary(v.ctx, v.x.actor, v.id)
	if err != nil {
		return nil, err
	}
	reveal, _, _, err := v.guarantee.Published(v.ctx, v.id)
	if err != nil {
		return nil, err
	}
	d := view.ReleaseDesk{ID: v.id, Number: *g.Number, Ended: g.InstrumentState}
	if d.Reveal, err = letter.ParseReveal(reveal); err != nil {
		return nil, err
	}
	papers, err := v.guarantee.ReleasePapers(v.ctx, v.id)
	if err != nil {
		return nil, err
	}
	for _, p7s := range papers {
		n, err := noticeOf(p7s)
		if err != nil {
			return nil, err
		}
		d.Notices = append(d.Notices, n)
	}
	return view.ReleaseNotice(v.frame("解除通知"), d), nil
}

// noticeOf reads one paper: of this letter alone, or of the letters of its lot.
func noticeOf(p7s []byte) (n view.Notification, err error) {
	signed, err := signing.ParseSignedData(p7s)
	if err != nil {
		return n, err
	}
	n = view.Notification{Serial: signed.Signer().Serial(), Digest: letter.PaperDigest(p7s).String()}
	if one, err := letter.ParseRelease(signed.Content); err == nil {
		n.By, n.Reason, n.At = one.Beneficiary, one.Reason, one.At
		return n, nil
	}
	lot, err := letter.ParseLotRelease(signed.Content)
	n.By, n.Reason, n.At, n.Letters = lot.Beneficiary, lot.Reason, lot.At, len(lot.Letters)
	return n, err
}

func (v *visit) releaseFile() (download, error) {
	papers, err := v.guarantee.ReleasePapers(v.ctx, v.id)
	if err != nil {
		return download{}, err
	}
	n, err := strconv.Atoi(v.Param("n"))
	if err != nil || n < 1 || n > len(papers) {
		return download{}, absent()
	}
	return download{"解除通知-" + strconv.Itoa(n) + ".p7s", signedData, papers[n-1]}, nil
}

func (v *visit) ownDemandFile() (download, error) {
	m, err := v.guarantee.DemandFor(v.ctx, v.x.actor, v.id)
	if err != nil {
		return download{}, err
	}
	return download{"索赔书.p7s", signedData, m.Signed}, nil
}
