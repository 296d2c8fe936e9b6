package gather

import (
	"errors"
	"fmt"
	"html"

	"github.com/a-h/templ/parser/v2"
)

// template finds the texts of a templ file: what stands between two tags is one text, its values are holes; attributes; and
// what Go says in expressions and in calls of other templates.
func template(src string, found func(string)) error {
	file, err := parser.ParseString(src)
	if err != nil {
		return err
	}
	t := templates{found: found}
	for _, n := range file.Nodes {
		switch n := n.(type) {
		case *parser.TemplateFileGoExpression:
			t.fault(goFile("package p\n"+n.Expression.Value, found))
		case *parser.HTMLTemplate:
			t.nodes(n.Children)
		case *parser.CSSTemplate, *parser.ScriptTemplate:
			t.fault(fmt.Errorf("gather: %T is not read", n))
		}
	}
	return errors.Join(t.faults...)
}

type templates struct {
	found  func(string)
	faults []error
}

func (t *templates) fault(err error) {
	if err != nil {
		t.faults = append(t.faults, err)
	}
}

// expr reads Go that stands in a template; what is no expression is a condition or a loop, and says nothing.
func (t *templates) expr(e parser.Expression) { t.fault(goExpr(e.Value, t.found)) }

// nodes gathers what stands between two tags into one text.
func (t *templates) nodes(all []parser.Node) {
	var k key
	flush := func() {
		tell(html.UnescapeString(k.b.String()), t.found)
		k = key{}
	}
	for _, n := range all {
		switch n := n.(type) {
		case *parser.Text:
			k.text(n.Value + string(n.TrailingSpace))
			continue
		case *parser.StringExpression:
			t.expr(n.Expression)
			k.hole()
			k.text(string(n.TrailingSpace))
			continue
		case *parser.Whitespace:
			k.text(" ")
			continue
		case *parser.GoComment, *parser.HTMLComment:
			continue
		}
		flush()
		t.node(n)
	}
	flush()
}

func (t *templates) node(n parser.Node) {
	switch n := n.(type) {
	case *parser.Element:
		t.attributes(n.Attributes)
		t.nodes(n.Children)
	case *parser.ScriptElement:
		t.attributes(n.Attributes)
	case *parser.TemplElementExpression:
		t.expr(n.Expression)
		t.nodes(n.Children)
	case *parser.CallTemplateExpression:
		t.expr(n.Expression)
	case *parser.ForExpression:
		t.nodes(n.Children)
	case *parser.IfExpression:
		t.nodes(n.Then)
		for _, e := range n.ElseIfs {
			t.nodes(e.Then)
		}
		t.nodes(n.Else)
	case *parser.SwitchExpression:
		for _, c := range n.Cases {
			t.nodes(c.Children)
		}
	case *parser.GoCode:
		t.fault(goFile("package p\nfunc _() {\n"+n.Expression.Value+"\n}", t.found))
	case *parser.DocType, *parser.ChildrenExpression, *parser.RawElement, *parser.Fallthrough:
	default:
		t.fault(fmt.Errorf("gather: %T is not read", n))
	}
}

func (t *templates) attributes(all []parser.Attribute) {
	for _, a := range all {
		switch a := a.(type) {
		case *parser.ConstantAttribute:
			tell(html.UnescapeString(a.Value), t.found)
		case *parser.ExpressionAttribute:
			t.expr(a.Expression)
		case *parser.SpreadAttributes:
			t.expr(a.Expression)
		case *parser.ConditionalAttribute:
			t.attributes(a.Then)
			t.attributes(a.Else)
		}
	}
}
