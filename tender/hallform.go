package tender

import (
	"baohan/signing"
)

// FormKey seals the signed forms that bidders hand in, until they are all read out. It has a subkey of the platform's own
// secret; whoever holds that secret and the database can read a form early, which docs/remote-opening.md admits.
type FormKey struct{ key []byte }

// NewFormKey derives it from a secret of the platform, at least 32 bytes.
func NewFormKey(master []byte) FormKey {
	if len(master) < 32 {
		panic("tender: NewFormKey needs a secret of at least 32 bytes")
	}
	k := signing.MAC(master, "baohan/hall-form-key/1", []byte("forms"))
	return FormKey{k[:]}
}

func (k FormKey) none() bool { return len(k.key) == 0 }

// of is the key of one row: no key is used twice.
func (k FormKey) of(lot, bid string) []byte {
	one := signing.MAC(k.key, "baohan/hall-form/1", []byte(lot), []byte(bid))
	return one[:16]
}

func (k FormKey) seal(lot, bid string, form []byte) ([]byte, error) {
	return signing.SealGCM(k.of(lot, bid), form, formAAD(lot, bid))
}

func (k FormKey) open(lot, bid string, sealed []byte) ([]byte, error) {
	return signing.OpenGCM(k.of(lot, bid), sealed, formAAD(lot, bid))
}

func formAAD(lot, bid string) []byte { return []byte("baohan/hall-form/1/" + lot + "/" + bid) }
