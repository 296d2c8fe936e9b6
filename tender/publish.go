package tender

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"baohan/guarantee/letter"
	"baohan/party"
	"baohan/signing"
	"baohan/tender/custody"
)

// CustodianError says which custodian could not be reached or is not what it claims. A lot that was to be published
// stays a draft: publishing again asks all three again.
type CustodianError struct {
	Holder int // 1, 2 or 3
	Cause  error
}

func (e *CustodianError) Error() string {
	return fmt.Sprintf("tender: custodian %d: %v", e.Holder, e.Cause)
}

func (e *CustodianError) Unwrap() error { return e.Cause }

func errCustodian(i int, err error) error { return &CustodianError{i + 1, err} }

// Publish freezes what the lot demands and makes it public. The three custodians first make the lot's keys, sign
// them and prove that they can decrypt: a lot whose records nobody could open must not be published.
func (d *Desk) Publish(ctx context.Context, cmd party.Command, id string) (answer Answer, err error) {
	if done, err := d.prior(ctx, cmd, &answer); err != nil || done {
		return answer, err
	}
	l, err := readLot(ctx, d.Pool, id)
	if err != nil {
		return Answer{}, err
	}
	if err := l.Project.runBy(cmd.Actor); err != nil {
		return Answer{}, err
	}
	if _, err := next(l.State, VerbPublish); err != nil {
		return Answer{}, err
	}
	if l.Hall != nil && d.Forms.none() {
		return Answer{}, errNoFormKey
	}
	req, keys, err := d.freeze(ctx, l)
	if err != nil {
		return Answer{}, err
	}
	return d.change(ctx, cmd, id, func(t *turn) error { return t.publish(req, keys, l.Version) })
}

// freeze asks the custodians, outside every transaction, and makes the requirement that everybody will see.
func (d *Desk) freeze(ctx context.Context, l *Lot) (req letter.Requirement, keys letter.KeySet, err error) {
	if keys, err = d.custodianKeys(ctx, l); err != nil {
		return req, keys, err
	}
	if err := keys.Check(d.Trust, d.Clock.Now()); err != nil {
		return req, keys, fmt.Errorf("tender: the custodians' keys: %w", err)
	}
	req = letter.Requirement{Version: 1, Lot: l.Lot, Regime: l.Project.Regime, Beneficiaries: l.Project.Beneficiaries,
		Amount: l.Amount, Forms: l.Forms, End: l.End, Custodians: keys.Digest()}
	if err := req.Check(); err != nil {
		return req, keys, refuse("lot", err)
	}
	return req, keys, nil
}

func (d *Desk) custodianKeys(ctx context.Context, l *Lot) (letter.KeySet, error) {
	keys := letter.KeySet{Version: 1, Project: l.Lot.Project, Lot: l.Lot.Code}
	for i, c := range d.Custodians {
		key, err := c.Key(ctx, l.Lot.Project, l.Lot.Code, l.End.Deadline)
		if errors.Is(err, custody.ErrDeadline) {
			return keys, errKeyDeadline
		}
		if err != nil {
			return keys, errCustodian(i, err)
		}
		if err := rehearse(ctx, c, l.Lot, key.Public); err != nil {
			return keys, errCustodian(i, err)
		}
		keys.Keys[i] = key
	}
	return keys, nil
}

// rehearse has a custodian decrypt something made for its new key.
func rehearse(ctx context.Context, c custody.Custodian, lot letter.Lot, to signing.PublicKey) error {
	message := custody.Rehearsal()
	wrapped, err := signing.Wrap(to, message)
	if err != nil {
		return err
	}
	got, err := c.Rehearse(ctx, lot.Project, lot.Code, wrapped)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, message) {
		return custody.ErrRehearsal
	}
	return nil
}

// publish refuses what was frozen of another version of the draft than the one that stands.
func (t *turn) publish(req letter.Requirement, keys letter.KeySet, version int64) (err error) {
	l := t.lot
	if !t.now.Before(l.End.Deadline) {
		return party.TooLate("lot.deadline_past", "投标截止时间已过；请修改截止时间后再发布")
	}
	if l.Version != version {
		return party.Conflict("lot.changed", "标段内容已被修改；请刷新后再发布")
	}
	if l.requirement, err = req.Canonical(); err != nil {
		return err
	}
	if l.custodianKeys, err = keys.Canonical(); err != nil {
		return err
	}
	l.Requirement, l.Custodians, l.frozen, l.PublishedAt = req, keys, req.Digest(), &t.now
	facts := map[string]any{"requirement": l.frozen, "consortium": l.Consortium}
	if l.Hall != nil {
		facts["hall"] = *l.Hall
	}
	return t.move(VerbPublish, facts)
}

// errNoFormKey: a platform that could not keep forms unreadable must not promise to.
var errNoFormKey = party.Conflict("lot.hall_key", "平台没有配置封存投标函的密钥，不能发布不见面开标的标段；请联系平台运营")

// errKeyDeadline: a publication that failed had a custodian make its key, and the draft's deadline was changed since. A custodian
// makes one key for a lot's code and binds it to one deadline.
var errKeyDeadline = party.Conflict("lot.key_deadline", "上次发布没有完成时，密钥保管人已为这个标段编号按原来的投标截止时间制作密钥；请在草稿中改回原截止时间，或换一个标段编号，再发布")
