package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/entente/entente"
)

// file is one parsed source.
type file struct {
	path string // from the root, such as internal/db/db.go
	test bool
	made bool // by templ
	*ast.File
}

// pack is the folder of a file.
func (f *file) pack() string { return filepath.ToSlash(filepath.Dir(f.path)) }

// imports are those of ours, from the root: internal/db.
func (f *file) imports() []string {
	var out []string
	for _, i := range f.Imports {
		path, err := strconv.Unquote(i.Path.Value)
		if rest, ours := strings.CutPrefix(path, module+"/"); err == nil && ours {
			out = append(out, rest)
		}
	}
	return out
}

type tree struct {
	fset  *token.FileSet
	files []*file
	err   error
}

var read = sync.OnceValue(func() tree {
	t := tree{fset: token.NewFileSet()}
	t.err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path = filepath.ToSlash(path)
		if d.IsDir() {
			if name := d.Name(); path != root && (name == "node_modules" || name == "testdata" || name == "dist" || name[0] == '.') {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(t.fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		t.files = append(t.files, &file{path: strings.TrimPrefix(path, root+"/"), test: strings.HasSuffix(path, "_test.go"), made: strings.HasSuffix(path, "_templ.go"), File: parsed})
		return nil
	})
	return t
})

// sources are all files of the module, those of tests too.
func sources(t *testing.T) []*file {
	t.Helper()
	all := read()
	if all.err != nil {
		t.Fatal(all.err)
	}
	if len(all.files) < 100 {
		t.Fatalf("only %d files were found: the test looks in the wrong place", len(all.files))
	}
	return all.files
}

func line(n ast.Node) int { return read().fset.Position(n.Pos()).Line }

// packages are the folders with Go in them that is not only tests.
func packages(t *testing.T) map[string][]*file {
	t.Helper()
	out := map[string][]*file{}
	for _, f := range sources(t) {
		if !f.test {
			out[f.pack()] = append(out[f.pack()], f)
		}
	}
	return out
}

// calls counts calls of a function of a package, such as db.Pick, outside tests, by file.
func calls(t *testing.T, in, name string) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				if s, ok := c.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == name {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == in {
						out[f.path]++
					}
				}
			}
			return true
		})
	}
	return out
}

func under(path string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool { return path == folder || strings.HasPrefix(path, folder+"/") })
}
