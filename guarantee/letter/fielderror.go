package letter

import "errors"

// FieldError says which member of an object does not hold and why. It never repeats the value.
type FieldError struct {
	Field   string // path of the member, applicants.0.uscc; empty for the object as a whole
	Rule    string // stable: canonical, unknown, duplicate, type, syntax, size, text, uscc, amount, …
	Message string // Chinese: what is wrong and what to do next
}

func (e *FieldError) Error() string { return "letter: " + e.Field + " (" + e.Rule + "): " + e.Message }

// FieldOf finds the FieldError in an error's chain.
func FieldOf(err error) (*FieldError, bool) { return errors.AsType[*FieldError](err) }

func fault(field, rule, message string) error { return &FieldError{field, rule, message} }

// need is nil when the rule holds.
func need(ok bool, field, rule, message string) error {
	if ok {
		return nil
	}
	return fault(field, rule, message)
}

// within puts an error about a part under the name of the part.
func within(field string, err error) error {
	f, ok := FieldOf(err)
	if !ok {
		return err
	}
	if f.Field != "" {
		field += "." + f.Field
	}
	return fault(field, f.Rule, f.Message)
}

// firstOf is the first of several findings, in the order of the object's members.
func firstOf(found ...error) error {
	for _, err := range found {
		if err != nil {
			return err
		}
	}
	return nil
}
