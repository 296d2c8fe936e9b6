package client

import (
	"errors"
	"fmt"
	"slices"

	"baohan/client/wire"
	"baohan/guarantee/letter"
)

// ErrCustodians refuses to seal anything for keys that are not the ones in the lot's requirement, or for custodians that
// are not the ones pinned.
var ErrCustodians = errors.New("client: the custodians or their keys are not those that were agreed")

// appointed accepts a lot's key set from three custodians who signed their keys for this lot and, when custodians are
// pinned, are exactly those three. Without pins, any three organisations with certificates of an accepted authority will
// do: whoever wrote the notice chose them.
func (p Platform) appointed(keys letter.KeySet) error {
	if err := keys.Check(p.Trust, p.Clock.Now()); err != nil {
		return fmt.Errorf("%w: %w", ErrCustodians, err)
	}
	if len(p.Custodians) == 0 {
		return nil
	}
	for _, k := range keys.Keys { // three different ones, by Check
		if !slices.Contains(p.Custodians, k.Custodian.USCC) {
			return fmt.Errorf("%w: %s（%s）不在本单位认可的保管人之列", ErrCustodians, k.Custodian.Name, k.Custodian.USCC)
		}
	}
	return nil
}

// checkPins refuses pins that could never hold, or that hold for more than one set.
func (p Platform) checkPins() error {
	if len(p.Custodians) == 0 {
		return nil
	}
	pins := slices.Sorted(slices.Values(p.Custodians))
	if len(pins) != 3 || len(slices.Compact(pins)) != 3 {
		return errors.New("client: 认可的保管人须为三个不同单位的统一社会信用代码，或者一个也不写")
	}
	for _, uscc := range pins {
		if err := letter.CheckUSCC(uscc); err != nil {
			return fmt.Errorf("client: 认可的保管人 %q：%w", uscc, err)
		}
	}
	return nil
}

// checkNotice believes nothing of a lot that the requirement's digest does not cover.
func (p Platform) checkNotice(lot wire.Lot) error {
	if lot.Requirement == nil || lot.Custodians == nil {
		return errors.New("client: the lot is not published")
	}
	req, keys := *lot.Requirement, *lot.Custodians
	if req.Digest() != lot.RequirementDigest {
		return errors.New("client: the requirement does not have the digest of the notice")
	}
	if keys.Digest() != req.Custodians || keys.Project != req.Lot.Project || keys.Lot != req.Lot.Code {
		return ErrCustodians
	}
	return p.appointed(keys)
}
