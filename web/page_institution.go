package web

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"
	"github.com/go-json-experiment/json"

	"baohan/banks"
	"baohan/guarantee"
	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
	"baohan/web/view"
)

// institutionPages are where the people of a bank, an insurer or a guarantee company work: one that has no system of its own,
// or beside it. What they do is done in the browser, as requests that their own certificates sign (client/acts).
func (s *server) institutionPages() {
	s.page("/institution", "issuer-guarantees", (*visit).institutionQueue)
	s.page("/institution/queue", "issuer-guarantees", (*visit).institutionQueuePart)
	s.page("/institution/letters", "issuer-guarantees", (*visit).institutionLetters)
	s.page("/institution/deliveries", "issuer-deliveries", (*visit).institutionDeliveries)
	s.page("/institution/applications/:id", "issuer-application", (*visit).institutionApplication)
	s.page("/institution/applications/:id/sheet", "issuer-application", (*visit).approvalSheet)
	s.paper("/institution/applications/:id/receipt", "issuer-application", (*visit).letterReceipt)
	s.demandPages()
}

func init() {
	homes[party.Guarantor] = "/institution"
	view.Menu("/institution", "待办申请", party.Guarantor)
	view.Menu("/institution/demands", "索赔", party.Guarantor)
	view.Menu("/institution/letters", "保函", party.Guarantor)
	view.Menu("/institution/deliveries", "送达", party.Guarantor)
}

// mostWaiting is how many applications the queue shows.
const mostWaiting = 200

func (v *visit) institutionQueue() (templ.Component, error) {
	q, err := v.readQueue()
	return view.Institution(v.signing("待办申请"), q), err
}

func (v *visit) institutionQueuePart() (templ.Component, error) {
	q, err := v.readQueue()
	return view.QueuePart(v.frame("待办申请"), q), err
}

func (v *visit) readQueue() (view.InstitutionQueue, error) {
	by := v.x.actor
	waiting, err := v.guarantee.WaitingForGuarantor(v.ctx, by, mostWaiting)
	if err != nil {
		return view.InstitutionQueue{}, err
	}
	times, err := v.banks.AnswerTimes(v.ctx, by.USCC)
	if err != nil {
		return view.InstitutionQueue{}, err
	}
	q := view.InstitutionQueue{Full: len(waiting) == mostWaiting}
	for _, g := range waiting {
		q.Items = append(q.Items, queueItem(g, times))
	}
	slices.SortStableFunc(q.Items, func(a, b view.QueueItem) int { return soonest(a.Due, b.Due) })
	return q, v.alsoWaiting(&q)
}

func (v *visit) alsoWaiting(q *view.InstitutionQueue) error {
	demands, err := v.guarantee.DemandsOfGuarantor(v.ctx, v.x.actor, false, mostWaiting)
	if err != nil {
		return err
	}
	releases, err := v.guarantee.ReleasesToAcknowledge(v.ctx, v.x.actor, mostWaiting)
	if err != nil {
		return err
	}
	lost, err := v.banks.Undelivered(v.ctx, v.x.actor)
	q.Demands, q.Releases, q.Undelivered = len(demands), len(releases), len(lost)
	return err
}

// soonest puts what nobody has set a time for last.
func soonest(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		return cmp.Compare(btoi(a.IsZero()), btoi(b.IsZero()))
	}
	return a.Compare(b)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// queueItem says whose move is next, and until when.
func queueItem(g *guarantee.Guarantee, times banks.AnswerTimes) view.QueueItem {
	i := view.QueueItem{G: g, Due: value(g.FeeDueAt), Mine: true}
	switch {
	case g.FeeState == guarantee.FeeRefunding:
		i.Next, i.Due = "待退还保费", time.Time{}
	case g.ApplicationState == guarantee.Submitted, g.ApplicationState == guarantee.Underwriting:
		i.Next, i.Due = "待受理", times.By(letter.WordingRef{ID: g.Wording, Version: g.WordingVersion}, g.Mode, g.SubmittedAt)
		if g.ApplicationState == guarantee.Underwriting {
			i.Next = "待决定"
		}
	case g.FeeOffered != nil:
		i.Next, i.Mine = "等申请人确认保费", false
	case g.FeeState == guarantee.FeePending:
		i.Next = "待登记到账"
	case g.InstrumentState == guarantee.Issuing:
		i.Next = "签发未完成"
	default:
		i.Next = "待签发"
	}
	return i
}

func (v *visit) institutionApplication() (templ.Component, error) {
	a, err := v.underwriting()
	return view.ApplicationPage(v.signing("申请 "+v.id[:8]), a), err
}

func (v *visit) approvalSheet() (templ.Component, error) {
	a, err := v.underwriting()
	a.Sheet, a.Institution = true, v.x.actor.Name
	return view.ApprovalSheet(v.signing("保函审批单"), a), err
}

// underwriting reads one application of the institution with all that its people may know of it.
func (v *visit) underwriting() (a view.Application, err error) {
	g, err := v.guarantee.ForGuarantor(v.ctx, v.x.actor, v.id)
	if err != nil {
		return a, err
	}
	ref := letter.WordingRef{ID: g.Wording, Version: g.WordingVersion}
	times, err := v.banks.AnswerTimes(v.ctx, g.Guarantor)
	if err != nil {
		return a, err
	}
	a = view.Application{G: g, Item: queueItem(g, times), Decider: v.personBy(g.DecidedBy), Preparer: v.personBy(g.PreparedBy), Issuer: v.personBy(g.IssuedBy)}
	if a.Same, err = v.decided(g.TwoPeople, g.DecidedBy); err != nil {
		return a, err
	}
	if a.Wording, err = letter.WordingOf(ref); err != nil {
		return a, err
	}
	if a.Fees, err = v.banks.PublishedFees(v.ctx, g.Guarantor, ref, g.Mode, g.Ceiling); err != nil {
		return a, err
	}
	if a.Events, err = v.guarantee.EventsSince(v.ctx, g.ID, 0); err != nil {
		return a, err
	}
	if g.Amount == nil {
		return a, nil
	}
	return a, v.disclosedApplication(&a)
}

// disclosedApplication adds what the opening has made public.
func (v *visit) disclosedApplication(a *view.Application) (err error) {
	if a.Disclosed, err = v.guarantee.Disclosure(v.ctx, a.G.ID); err != nil {
		return err
	}
	r, err := letter.ParseReveal(a.Disclosed.Reveal)
	if err != nil {
		return err
	}
	a.Reveal = &r
	if a.Disclosed.Lines != nil {
		if err := json.Unmarshal(a.Disclosed.Lines, &a.Lines); err != nil {
			return err
		}
	}
	if a.Release, err = v.guarantee.ReleaseClock(v.ctx, a.G); err != nil {
		return err
	}
	a.Demands, err = v.guarantee.Demands(v.ctx, a.G.ID)
	return err
}

// decided tells whether the person in front of the page took the first of two steps that ask for two people.
func (v *visit) decided(two bool, by []byte) (bool, error) {
	if !two || by == nil {
		return false, nil
	}
	return v.party.SamePerson(v.ctx, by, v.x.actor.Certificate[:])
}

// personBy names who acted by a certificate, as far as the certificate is still on record.
func (v *visit) personBy(fingerprint []byte) string {
	return personBy(v.ctx, v.party, fingerprint)
}

func personBy(ctx context.Context, desk *party.Desk, fingerprint []byte) string {
	if len(fingerprint) == 0 {
		return ""
	}
	d := signing.Digest(fingerprint)
	if _, c, err := desk.ByFingerprint(ctx, d); err == nil {
		return "证书 " + c.Subject().CommonName + "（序列号 " + c.Serial() + "）"
	}
	return "证书 " + d.String()[:16] + "…（已停用或已到期）"
}

func (v *visit) institutionLetters() (templ.Component, error) {
	after, ended := v.QueryParam("after"), v.QueryParam("ended") == "yes"
	if after != "" && !isID(after) {
		return nil, absent()
	}
	all, err := v.guarantee.LettersOfGuarantor(v.ctx, v.x.actor, ended, after, lettersAPage)
	x := view.InstitutionLetters{Items: all, Ended: ended}
	if len(all) == lettersAPage {
		x.Next = "/institution/letters?after=" + all[len(all)-1].ID
		if ended {
			x.Next += "&ended=yes"
		}
	}
	return view.LettersPage(v.frame("本机构的保函"), x), err
}

const lettersAPage = 100

func (v *visit) institutionDeliveries() (templ.Component, error) {
	x := view.InstitutionDeliveries{}
	var err error
	if x.Releases, err = v.guarantee.ReleasesToAcknowledge(v.ctx, v.x.actor, mostWaiting); err != nil {
		return nil, err
	}
	if x.Messages, err = v.banks.Undelivered(v.ctx, v.x.actor); err != nil {
		return nil, err
	}
	i, err := v.banks.Institution(v.ctx, v.x.actor.USCC)
	if r, refused := party.RefusalOf(err); refused && r.Kind == party.KindNotFound {
		err = nil // admitted as an organisation, and not yet as an institution: nothing is sent to it
	}
	x.Listens = i.Base != ""
	return view.DeliveriesPage(v.signing("送达"), x), err
}

func (v *visit) letterReceipt() (download, error) {
	g, err := v.guarantee.ForGuarantor(v.ctx, v.x.actor, v.id)
	if err != nil {
		return download{}, err
	}
	if g.Receipt == nil {
		return download{}, absent()
	}
	return download{"保函回执-" + value(g.Number) + ".p7s", "application/pkcs7-signature", g.Receipt}, nil
}
