package story

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"

	"baohan/client"
	"baohan/client/wire"
	"baohan/guarantee/letter"
	"baohan/signing"
)

// emergency goes through the emergency rule (应急): a letter that the opening could not open counts by its bidder's own
// copy and the supervisor's signature.
func (t *tale) emergency(ctx context.Context, h *held) error {
	lot := t.lots[1]
	centre, err := t.staffOf(ctx, t.Centre, "centre")
	if err != nil {
		return err
	}
	in, err := centre.ReportIncident(ctx, lot.ID, letter.CauseClearLetter, "开标时一份银行保函无法解封，密文读取有误，已保全系统日志")
	if err != nil {
		return err
	}
	t.incident = in.ID
	if _, err := centre.AddEvidence(ctx, in.ID, "系统日志.txt", []byte("系统日志（演示文件，补充）")); err != nil {
		return err
	}
	if err := t.show(ctx, h, lot); err != nil {
		return err
	}
	if err := t.decide(ctx, centre, h); err != nil {
		return err
	}
	return t.counts(ctx, h, lot)
}

// show has the bidder take out what it kept before the deadline, and nobody else's hand it in.
func (t *tale) show(ctx context.Context, h *held, lot wire.Lot) error {
	b, err := t.bidder(ctx, h.bidder)
	if err != nil {
		return err
	}
	kept, err := b.KeptLetter(ctx, h.id)
	if err != nil {
		return err
	}
	rival, err := t.bidder(ctx, t.Cast.Bidders[2])
	if err != nil {
		return err
	}
	_, err = rival.PresentCopy(ctx, lot.ID, kept)
	t.check(refusedWith(err, http.StatusBadRequest), "别家拿这份副本来出示，被拒绝")
	_, err = rival.Incidents(ctx, lot.ID)
	t.check(refusedWith(err, http.StatusNotFound), "没有出示过副本的投标人看不到应急事件")
	spoilt := slices.Clone(kept)
	spoilt[len(spoilt)/2] ^= 1
	_, err = b.PresentCopy(ctx, lot.ID, spoilt)
	t.check(refusedWith(err, http.StatusBadRequest), "改动一个比特的副本被拒绝")
	_, err = b.PresentCopy(ctx, lot.ID, kept)
	t.check(err == nil, "%s出示截止前自存的副本：平台自己的签名回执证明它按时到达", h.bidder.Party.Name)
	return err
}

// decide has the supervisor check the copy itself and sign. The centre alone cannot.
func (t *tale) decide(ctx context.Context, centre *client.Staff, h *held) error {
	supervisor, err := t.staffOf(ctx, t.Supervisor, "supervisor")
	if err != nil {
		return err
	}
	in, err := supervisor.Incident(ctx, t.incident)
	if err != nil {
		return err
	}
	passed := 0
	for _, l := range in.Letters[0].Lines {
		if l.Result == string(letter.ResultPass) {
			passed++
		}
	}
	t.check(len(in.Letters) == 1 && in.Letters[0].Amount == h.file.Reveal.Amount && passed == 15, "凭副本查验十五项通过，缴费账户一项密封在平台、无法判断")
	const words = "副本及平台回执证明保函在投标截止前有效到达，同意继续开标"
	_, err = centre.DecideIncident(ctx, in, letter.DecisionAccept, words, nil)
	t.check(refusedWith(err, http.StatusNotFound), "交易中心自己不能认定")
	out, err := supervisor.DecideIncident(ctx, in, letter.DecisionAccept, words, nil)
	t.check(err == nil && out.State == "accepted", "%s在本机核对副本后签名认可", t.Supervisor.Party.Name)
	return err
}

// counts sees the letter live on like any other, and what the opening published unchanged beside it.
func (t *tale) counts(ctx context.Context, h *held, lot wire.Lot) error {
	reader, err := t.bidder(ctx, t.Cast.Bidders[3])
	if err != nil {
		return err
	}
	o, err := reader.Opening(ctx, lot.ID)
	if err != nil {
		return err
	}
	unchanged := slices.ContainsFunc(o.Letters, func(l wire.OpenedLetter) bool { return l.ID == h.id && l.Failure != "" })
	t.check(unchanged && len(o.Emergencies) == 1 && o.Emergencies[0].Accepted && o.Emergencies[0].Letter == h.id, "开标记录原样保留，认定公开列在旁边")
	signed, err := signing.ParseSignedData(o.Emergencies[0].Decision)
	if err != nil {
		return err
	}
	d, err := letter.ParseIncidentDecision(signed.Content)
	t.check(err == nil && signed.Verify(t.Trust, t.Clock.Now()) == nil && signed.Signer().Subject().OrganizationID == t.Supervisor.Party.USCC &&
		d.Letters[0].File == signing.Sum(bare(h.bytes)), "任何人都能核对：行政监督签名所指的正是这份副本")
	file, err := reader.File(ctx, h.id)
	t.check(err == nil && bytes.Equal(bare(file), bare(h.bytes)), "公开的保函文件就是投标人的副本")
	g, err := t.stands(ctx, t.Cast.County, h.id, func(g wire.Guarantee) bool { return g.Disclosure == "accepted" })
	t.check(err == nil && g.Amount == lot.Amount, "招标人可凭 %s 解除或索赔，金额 %s 元", g.Number, g.Amount)
	if err != nil {
		return err
	}
	return t.secondEdition(ctx, lot, h)
}

// secondEdition takes the sheet away that the committee has to read now: the accepted letter stands on it with its lines,
// and the first edition is still what it was.
func (t *tale) secondEdition(ctx context.Context, lot wire.Lot, h *held) error {
	county, err := t.staffOf(ctx, t.Cast.County, "beneficiary")
	if err != nil {
		return err
	}
	first, err := county.Sheet(ctx, lot.ID, 1)
	if err != nil {
		return err
	}
	s, err := county.Sheet(ctx, lot.ID, 0)
	if err != nil {
		return err
	}
	signed, r := letter.VerifySheet(s.Signed, t.Trust, letter.Centre(t.Centre.Party.USCC))
	now := slices.IndexFunc(signed.Sheet.Letters, func(l letter.SheetLetter) bool { return l.ID == h.id })
	t.check(r.OK && s.Edition == 2 && signed.Sheet.Previous == letter.SheetDigest(first.Signed) && now >= 0 &&
		signed.Sheet.Letters[now].Number == h.file.Undertaking.Number && strings.Contains(signed.Sheet.Note, t.incident),
		"核验结果表出了第二版，写明原因，锁定第一版，认可的保函列明各项")
	return nil
}

// verifiedAgain mends what was spoilt: the platform then compares by itself, on the closings that are on record, and
// closes the incident.
func (t *tale) verifiedAgain(ctx context.Context, h *held) error {
	supervisor, err := t.staffOf(ctx, t.Supervisor, "supervisor")
	if err != nil {
		return err
	}
	var in wire.Incident
	if err := t.until(ctx, "第一次自动复核", func(ctx context.Context) (bool, error) {
		in, err = supervisor.Incident(ctx, t.incident)
		return !in.CheckedAt.IsZero(), err
	}); err != nil {
		return err
	}
	t.check(in.State == "accepted", "密文仍然损坏：复核一次，没有结案")
	if err := t.Spoil(ctx, h.id); err != nil { // a second time: the byte is what it was
		return err
	}
	if err := t.move(ctx, twoMended); err != nil {
		return err
	}
	if supervisor, err = t.staffOf(ctx, t.Supervisor, "supervisor"); err != nil {
		return err
	}
	err = t.until(ctx, "自动复核", func(ctx context.Context) (bool, error) {
		in, err = supervisor.Incident(ctx, t.incident)
		return in.State == "closed", err
	})
	t.check(err == nil && in.Closing == nil && in.Letters[0].State == "verified" && strings.Contains(in.Letters[0].Why, "逐字节相同"),
		"保管人按原截标清单再给出份额，解封内容与副本逐字节相同，应急事件自动结案")
	return err
}
