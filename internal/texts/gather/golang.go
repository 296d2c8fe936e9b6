package gather

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"

	"baohan/internal/texts"
)

// goFile finds the texts of Go source: each string, of a sum the whole, with holes for its values; a verb of package fmt is a
// hole too.
func goFile(src string, found func(string)) error {
	f, err := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	goNode(f, found)
	return nil
}

// goExpr does the same with an expression of a template.
func goExpr(src string, found func(string)) error {
	return goFile("package p\nvar _ = any("+src+",\n)", found)
}

func goNode(n ast.Node, found func(string)) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			n.Tag = nil
		case *ast.BinaryExpr:
			return !sum(n, found)
		case *ast.BasicLit:
			if s, ok := literal(n); ok {
				var k key
				k.format(s)
				tell(k.b.String(), found)
			}
		}
		return true
	})
}

func tell(s string, found func(string)) {
	if s = texts.Tidy(s); texts.Chinese(s) {
		found(s)
	}
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}

// key makes one key of pieces; a piece that is no text is a hole, and holes that touch are one.
type key struct {
	b     strings.Builder
	holes int
	last  bool // it ends with a hole
}

func (k *key) text(s string) {
	if s != "" {
		k.b.WriteString(s)
		k.last = false
	}
}

func (k *key) hole() {
	if !k.last {
		k.holes++
		k.b.WriteString("{" + strconv.Itoa(k.holes) + "}")
		k.last = true
	}
}

var verb = regexp.MustCompile(`%[-+# 0]*[\d*]*(?:\.[\d*]+)?(?:\[\d+\])?[a-zA-Z%]`)

// format is a text in which each verb of package fmt is a hole.
func (k *key) format(s string) {
	from := 0
	for _, m := range verb.FindAllStringIndex(s, -1) {
		k.text(s[from:m[0]])
		if s[m[1]-1] == '%' {
			k.text("%")
		} else {
			k.hole()
		}
		from = m[1]
	}
	k.text(s[from:])
}

// sum tells of texts that are put together with +.
func sum(e *ast.BinaryExpr, found func(string)) bool {
	if e.Op != token.ADD {
		return false
	}
	var k key
	said := false
	for _, part := range addends(e) {
		if s, ok := literal(part); ok {
			k.format(s)
			said = true
			continue
		}
		k.hole()
		goNode(part, found)
	}
	if said {
		tell(k.b.String(), found)
	}
	return true
}

func addends(e ast.Expr) []ast.Expr {
	switch x := e.(type) {
	case *ast.ParenExpr:
		return addends(x.X)
	case *ast.BinaryExpr:
		if x.Op == token.ADD {
			return append(addends(x.X), addends(x.Y)...)
		}
	}
	return []ast.Expr{e}
}
