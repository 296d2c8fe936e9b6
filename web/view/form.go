package view

import (
	"context"
	"encoding/hex"
	"net/url"

	"baohan/signing"
)

// Deed is a form that does something. One without Act is posted to Action as it is; one with Act is done in the browser
// with the certificate (key.js), and Says is the one sentence that stands above the signature.
type Deed struct {
	Action string
	Act    string
	Says   string
	Into   string     // where the facts that an act found out are shown: "#id"
	Ask    string     // asked once before a form without Act is sent; empty: not asked
	Was    url.Values // what was typed before it was refused
	Fault  *Fault     // why it was refused
	Large  bool       // it has files
}

// Fault is a refusal as a page shows it.
type Fault struct {
	Field   string // name of the field; empty: of the whole
	Message string
}

// key makes each form one command: sent twice, it is done once. It ends in the mark of who it is shown to.
func (d Deed) key(ctx context.Context) string {
	if k := d.Was.Get("key"); k != "" && d.Fault == nil {
		return k
	}
	mark, _ := ctx.Value(markKey{}).(string)
	return hex.EncodeToString(signing.Random(16)) + mark
}

type markKey struct{}

// Marked is the context of a page for one person: its forms carry the person's mark, in hexadecimal digits.
func Marked(ctx context.Context, mark string) context.Context {
	return context.WithValue(ctx, markKey{}, mark)
}

// Field is one thing to fill in.
type Field struct {
	Name, Label string
	Help        string
	Value       string // what is known already
	Kind        string // of an input: text, number, date, datetime-local, file…; empty: text
	Optional    bool
	Max         int // characters; 0: none said
	Accept      string
	Many        bool
	Choices     []Choice
	Rows        int
	Of          *Deed // whose form it stands in: it keeps what was typed, and its fault
}

// Choice is one of several.
type Choice struct {
	Value, Text string
	Help        string
}

func (f Field) value() string {
	if f.Of != nil && f.Of.Was != nil && f.Of.Was.Has(f.Name) {
		return f.Of.Was.Get(f.Name)
	}
	return f.Value
}

func (f Field) fault() string {
	if f.Of != nil && f.Of.Fault != nil && f.Of.Fault.Field == f.Name {
		return f.Of.Fault.Message
	}
	return ""
}

func (f Field) kind() string {
	if f.Kind == "" {
		return "text"
	}
	return f.Kind
}

func (f Field) described() string {
	switch {
	case f.fault() != "" && f.Help != "":
		return f.Name + "-help " + f.Name + "-fault"
	case f.fault() != "":
		return f.Name + "-fault"
	case f.Help != "":
		return f.Name + "-help"
	}
	return ""
}

// whole tells the fault that belongs to no field of the form.
func (d Deed) whole() string {
	if d.Fault == nil || d.Fault.Field != "" {
		return ""
	}
	return d.Fault.Message
}
