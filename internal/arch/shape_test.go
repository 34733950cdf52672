package arch

import (
	"go/ast"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel/all"
	"github.com/entente/entente/internal/i18n"
)

// pickCalls is how many statements differ between the engines. It is a fact to notice when it changes, not a goal: change it together
// with the statement.
const pickCalls = 10

func TestPickCount(t *testing.T) {
	t.Parallel()
	sum := 0
	found := calls(t, "db", "Pick")
	for _, n := range found {
		sum += n
	}
	if sum != pickCalls {
		t.Errorf("db.Pick is called %d times, want %d: %v", sum, pickCalls, found)
	}
}

func TestConnectors(t *testing.T) {
	t.Parallel()
	want := []string{ // a new channel: its folder, a line in channel/all, a line here
		"feed",
		"mail",
		"webhook",
	}
	var got []string
	for _, c := range all.Connectors() {
		got = append(got, c.Describe().Kind)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("connectors (-want +got):\n%s", diff)
	}
}

func TestPackageComments(t *testing.T) {
	t.Parallel()
	for pack, files := range packages(t) {
		if pack == "internal/depsx" {
			continue
		}
		comment, name := "", files[0].Name.Name
		for _, f := range files {
			if f.Doc != nil && !f.made {
				if comment != "" {
					t.Errorf("%s has two package comments", pack)
				}
				comment = f.Doc.Text()
			}
		}
		begin := "Package " + name + " "
		if name == "main" {
			begin = "Command "
		}
		if !strings.HasPrefix(comment, begin) || len(strings.Fields(comment)) < 6 {
			t.Errorf("%s: the package comment is %q, want a sentence that begins with %q", pack, comment, begin)
		}
	}
}

func TestPackageNames(t *testing.T) {
	t.Parallel()
	forbidden := []string{"models", "model", "types", "util", "utils", "common", "helper", "helpers", "base", "manager", "managers", "misc", "shared", "lib", "core", "service", "services"}
	for pack, files := range packages(t) {
		if name := files[0].Name.Name; slices.Contains(forbidden, name) || slices.Contains(forbidden, filepath.Base(pack)) {
			t.Errorf("%s: a package named %s says nothing of what it decides", pack, name)
		}
	}
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	get := regexp.MustCompile(`^Get[A-Z]`)
	for _, f := range sources(t) {
		if f.test || f.made {
			continue
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if fn.Name.Name == "init" && fn.Recv == nil {
				t.Errorf("%s:%d: what init does cannot be seen where it matters", f.path, line(fn))
			}
			if get.MatchString(fn.Name.Name) && !slices.Contains(asked, f.path+" "+fn.Name.Name) {
				t.Errorf("%s:%d: %s: say what it is, without Get", f.path, line(fn), fn.Name.Name)
			}
			if fn.Name.IsExported() && fn.Doc == nil && fn.Recv == nil && f.Name.Name != "main" {
				t.Errorf("%s:%d: %s has no comment", f.path, line(fn), fn.Name.Name)
			}
		}
	}
}

// asked are names that others ask for: huma.StatusError has this method.
var asked = []string{"internal/api/api.go GetStatus"}

// TestFormValue forbids what reads the body of any request without a bound, a form with files even onto the disk: web.ReadForm has one, and
// r.URL.Query() reads no body.
func TestFormValue(t *testing.T) {
	t.Parallel()
	for _, f := range sources(t) {
		if f.test || f.made {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				if s, ok := c.Fun.(*ast.SelectorExpr); ok && (s.Sel.Name == "FormValue" || s.Sel.Name == "PostFormValue") {
					t.Errorf("%s:%d: %s reads the body without a bound: use web.ReadForm or r.URL.Query()", f.path, line(c), s.Sel.Name)
				}
			}
			return true
		})
	}
}

// once are functions whose result nobody can change, or that hide the variable behind a function.
var once = []string{"sync.OnceValue", "sync.OnceValues", "sync.OnceFunc", "errors.New", "fmt.Errorf", "problem.New", "regexp.MustCompile",
	"strings.NewReplacer", "netip.MustParsePrefix", "netip.MustParseAddr", "cases.Title", "bluemonday.UGCPolicy"}

// TestVariables finds package-level variables that something changes, or whose first value does not show that nothing can: a table that
// is only read is fine, one that is assigned to, appended to, deleted from or whose address is taken is not.
func TestVariables(t *testing.T) {
	t.Parallel()
	for pack, files := range packages(t) {
		vars := map[string]*ast.ValueSpec{}
		where := map[string]*file{}
		for _, f := range files {
			if f.made {
				continue
			}
			for _, d := range f.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok || g.Tok != token.VAR {
					continue
				}
				for _, s := range g.Specs {
					v := s.(*ast.ValueSpec)
					embedded := g.Doc != nil && strings.Contains(docs(g.Doc), "//go:embed") || v.Doc != nil && strings.Contains(docs(v.Doc), "//go:embed")
					for i, n := range v.Names {
						if n.Name == "_" || embedded {
							continue
						}
						if len(v.Values) == 0 {
							if linked(pack, n.Name) {
								continue
							}
							t.Errorf("%s:%d: %s has no value, so something must give it one", f.path, line(n), n.Name)
							continue
						}
						if i < len(v.Values) && constant(v.Values[i]) {
							continue
						}
						vars[n.Name], where[n.Name] = v, f
					}
				}
			}
		}
		for _, f := range files {
			for _, found := range changes(f, vars) {
				if linked(pack, found.Name) {
					continue
				}
				t.Errorf("%s:%d: %s of %s:%d is changed", f.path, line(found), found.Name, where[found.Name].path, line(vars[found.Name]))
			}
		}
	}
}

// linked are set by the linker, or written so that the compiler keeps what is measured.
func linked(pack, name string) bool {
	return pack == "internal/cli" && name == "version" || pack == "internal/bench" && name == "sink"
}

func docs(g *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range g.List {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

// constant reports whether a value is one that nobody can change.
func constant(v ast.Expr) bool {
	switch v := v.(type) {
	case *ast.CallExpr:
		if s, ok := v.Fun.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				return slices.Contains(once, x.Name+"."+s.Sel.Name)
			}
		}
	case *ast.BasicLit:
		return false // a const would do; changes are found as of tables
	}
	return false
}

// changes finds where a file writes to one of the variables: assignment, ++, delete, clear, append to itself, & of it.
func changes(f *file, vars map[string]*ast.ValueSpec) []*ast.Ident {
	var out []*ast.Ident
	is := func(e ast.Expr) *ast.Ident {
		for {
			switch v := e.(type) {
			case *ast.Ident:
				spec := vars[v.Name]
				if spec == nil || v.Obj != nil && v.Obj.Decl != spec { // a local one of the same name
					return nil
				}
				return v
			case *ast.IndexExpr:
				e = v.X
			case *ast.SelectorExpr:
				e = v.X
			case *ast.StarExpr:
				e = v.X
			case *ast.ParenExpr:
				e = v.X
			default:
				return nil
			}
		}
	}
	note := func(e ast.Expr) {
		if v := is(e); v != nil {
			out = append(out, v)
		}
	}
	ast.Inspect(f.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				for _, e := range n.Lhs {
					note(e)
				}
			}
		case *ast.IncDecStmt:
			note(n.X)
		case *ast.CallExpr:
			if fn, ok := n.Fun.(*ast.Ident); ok && (fn.Name == "delete" || fn.Name == "clear") && len(n.Args) > 0 {
				note(n.Args[0])
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				note(n.X)
			}
		}
		return true
	})
	return out
}

// TestSentences finds keys that are asked for and have no sentence: a reader would see the key.
func TestSentences(t *testing.T) {
	t.Parallel()
	at := map[string]int{"problem.New": 1, "i18n.T": 1, "i18n.N": 1, "web.Flash": 3}
	found := 0
	for _, f := range sources(t) {
		if f.test || !under(f.path, "internal") || support(f.pack()) {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			s, ok := c.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := s.X.(*ast.Ident)
			if !ok {
				return true
			}
			i, ok := at[x.Name+"."+s.Sel.Name]
			if !ok || i >= len(c.Args) {
				return true
			}
			lit, ok := c.Args[i].(*ast.BasicLit)
			if !ok {
				return true // put together: pages in the made-up language show those
			}
			key, err := strconv.Unquote(lit.Value)
			if err != nil {
				return true
			}
			found++
			if !i18n.Has(key) {
				t.Errorf("%s:%d: %q has no sentence", f.path, line(c), key)
			}
			return true
		})
	}
	if found < 300 {
		t.Errorf("only %d keys were found: the test looks in the wrong place", found)
	}
}

// TestAuditNames finds deeds noted in the audit log that have no name there.
func TestAuditNames(t *testing.T) {
	t.Parallel()
	by := []string{"Audit", "edit", "change", "deal", "noteDone", "state", "set"}
	action, found := regexp.MustCompile(`^[a-z]+\.[a-z_]+$`), 0
	for _, f := range sources(t) {
		if f.test || !under(f.path, "internal") || support(f.pack()) {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if s, ok := c.Fun.(*ast.SelectorExpr); !ok || !slices.Contains(by, s.Sel.Name) {
				return true
			}
			for _, arg := range c.Args {
				lit, ok := arg.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				name, err := strconv.Unquote(lit.Value)
				if err != nil || !action.MatchString(name) {
					continue
				}
				found++
				module, verb, _ := strings.Cut(name, ".")
				if !i18n.Has("org.audit."+name) && !i18n.Has(module+".audit."+verb) {
					t.Errorf("%s:%d: %q has no name in the audit log (org.audit.%s)", f.path, line(c), name, name)
				}
			}
			return true
		})
	}
	if found < 40 {
		t.Errorf("only %d deeds were found: the test looks in the wrong place", found)
	}
}

// TestLibc holds modernc.org/libc at the version that modernc.org/sqlite was made for: another one breaks it in ways only use shows.
func TestLibc(t *testing.T) {
	t.Parallel()
	version := func(mod, of string) string {
		raw, err := os.ReadFile(mod)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`(?m)^\s*(?:require\s+)?` + regexp.QuoteMeta(of) + `\s+(v\S+)`).FindSubmatch(raw)
		if found == nil {
			t.Fatalf("%s does not name %s", mod, of)
		}
		return string(found[1])
	}
	cmd := exec.Command("go", "list", "-m", "-f", "{{.GoMod}}", "modernc.org/sqlite")
	cmd.Dir = root
	theirs, err := cmd.Output()
	if err != nil {
		t.Fatalf("find modernc.org/sqlite: %v", err)
	}
	want := version(strings.TrimSpace(string(theirs)), "modernc.org/libc")
	if got := version(filepath.Join(root, "go.mod"), "modernc.org/libc"); got != want {
		t.Errorf("modernc.org/libc is %s, but modernc.org/sqlite asks for %s", got, want)
	}
}

// TestMainIsSmall holds the program's main file small: what it does belongs to cli.
func TestMainIsSmall(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(root, "cmd/entente/main.go"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(raw), "\n"); n > 40 {
		t.Errorf("cmd/entente/main.go has %d lines, want at most 40", n)
	}
}
