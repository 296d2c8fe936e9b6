package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

const module = "baohan"

// A source is one Go file, whatever system it is built for.
type source struct {
	file string // from the root of the repository
	pkg  string // its folder
	test bool
	tree *ast.File
}

// read parses every Go file below the root.
func read(root fs.FS) ([]source, error) {
	var sources []source
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if skipped(entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		sources = append(sources, source{name, path.Dir(name), strings.HasSuffix(name, "_test.go"), tree})
		return nil
	})
	return sources, err
}

func skipped(folder string) bool {
	return folder != "." && strings.HasPrefix(folder, ".") || folder == "testdata" || folder == "node_modules"
}

func (s source) imports() []string {
	var paths []string
	for _, spec := range s.tree.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			panic(err) // the parser has accepted it
		}
		paths = append(paths, imported)
	}
	return paths
}

// own returns the folder of a package of this module.
func own(imported string) (string, bool) { return strings.CutPrefix(imported, module+"/") }

func within(imported string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return imported == root || strings.HasPrefix(imported, root+"/")
	})
}

func allows(list []string, pkg string) bool {
	return slices.Contains(list, everything) || slices.Contains(list, pkg)
}

// badArrows lists imports between rooms that the table does not have.
func badArrows(sources []source) (faults []string) {
	for _, s := range sources {
		may, known := arrows[s.pkg]
		if !known {
			faults = append(faults, s.file+": package "+s.pkg+" is not in the table of arrows")
			continue
		}
		for _, imported := range s.imports() {
			to, ours := own(imported)
			if !ours || to == s.pkg || to == "internal/clock" || allows(may, to) {
				continue
			}
			if s.test && (allows(inTests[everything], to) || allows(inTests[s.pkg], to)) {
				continue
			}
			faults = append(faults, fmt.Sprintf("%s: %s must not import %s", s.file, s.pkg, to))
		}
	}
	return faults
}

// badLibraries lists imports of a library outside the packages that may know it.
func badLibraries(sources []source) (faults []string) {
	for _, s := range sources {
		for _, imported := range s.imports() {
			for _, l := range libraries {
				if !within(imported, l.paths) || allows(l.only, s.pkg) || s.test && allows(l.inTests, s.pkg) {
					continue
				}
				faults = append(faults, fmt.Sprintf("%s: only %v may import %s: %s", s.file, l.only, imported, l.reason))
			}
		}
	}
	return faults
}

// badReach lists what the detached packages bring in through others.
func badReach(sources []source) (faults []string) {
	graph := map[string][]string{}
	for _, s := range sources {
		if !s.test {
			graph[s.pkg] = append(graph[s.pkg], s.imports()...)
		}
	}
	for _, from := range detached {
		seen := map[string]bool{}
		var walk func(pkg string, trail []string)
		walk = func(pkg string, trail []string) {
			for _, imported := range graph[pkg] {
				if within(imported, notDetached) {
					faults = append(faults, strings.Join(append(trail, imported), " → "))
				}
				if to, ours := own(imported); ours && !seen[to] {
					seen[to] = true
					walk(to, append(slices.Clone(trail), to))
				}
			}
		}
		walk(from, []string{from})
	}
	return faults
}

// undocumented lists packages that do not say what they are.
func undocumented(sources []source) (faults []string) {
	documented := map[string]bool{}
	for _, s := range sources {
		documented[s.pkg] = documented[s.pkg] || !s.test && s.tree.Doc != nil
	}
	for pkg, ok := range documented {
		if !ok {
			faults = append(faults, "package "+pkg+" has no doc comment")
		}
	}
	slices.Sort(faults)
	return faults
}

// namesOfNothing are names that say where code was put for want of a place.
var namesOfNothing = []string{"util", "utils", "common", "helper", "helpers", "model", "models", "misc", "shared"}

func misnamed(sources []source) (faults []string) {
	for _, s := range sources {
		if slices.Contains(namesOfNothing, path.Base(s.pkg)) || slices.Contains(namesOfNothing, strings.TrimSuffix(path.Base(s.file), ".go")) {
			faults = append(faults, s.file+": the name says nothing of what is in it")
		}
	}
	return faults
}

// clockReaders maps each file that reads the machine's clock to the first place where it does.
// Tests may: they measure.
func clockReaders(sources []source) map[string]string {
	readers := map[string]string{}
	for _, s := range sources {
		if s.test || !slices.Contains(s.imports(), "time") {
			continue
		}
		ast.Inspect(s.tree, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if ok && pkg.Name == timeName(s) && slices.Contains([]string{"Now", "Since", "Until"}, sel.Sel.Name) {
				readers[s.file] = "time." + sel.Sel.Name
			}
			return true
		})
	}
	return readers
}

func timeName(s source) string {
	for _, spec := range s.tree.Imports {
		if spec.Path.Value == `"time"` && spec.Name != nil {
			return spec.Name.Name
		}
	}
	return "time"
}

// badClocks lists readers of the clock without a reason, and reasons without a reader.
func badClocks(sources []source, allowed map[string]string) (faults []string) {
	readers := clockReaders(sources)
	for file, call := range readers {
		if allowed[file] == "" {
			faults = append(faults, file+": "+call+" reads the machine's clock; take a clock.Clock")
		}
	}
	for file := range allowed {
		if readers[file] == "" {
			faults = append(faults, file+": may read the machine's clock, but does not: strike it from the list")
		}
	}
	slices.Sort(faults)
	return faults
}
