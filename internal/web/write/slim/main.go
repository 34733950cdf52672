// Command slim makes the components that templ generates smaller: what each writes out (a buffer, the children, an error after every
// piece of text, where in the template it stands) is done by package write. A third of the program was that.
//
//	go run ./internal/web/write/slim internal
package main

import (
	"bytes"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

const (
	p     = `templ_7745c5c3_`
	check = `\s*if ` + p + `Err != nil \{\s*return (?:` + p + "Err|templ\\.Error\\{Err: " + p + "Err, FileName: `[^`]*`, Line: \\d+, Col: \\d+\\})\\s*\\}\n"
	head  = `\s*` + p + `W, ctx := ` + p + `Input\.Writer, ` + p + `Input\.Context\n`
	hold  = `\s*` + p + `Buffer, ` + p + `IsBuffer := templruntime\.GetBuffer\(` + p + `W\)\s*if !` + p + `IsBuffer \{\s*defer func\(\) \{\s*` +
		p + `BufErr := templruntime\.ReleaseBuffer\(` + p + `Buffer\)\s*if ` + p + `Err == nil \{\s*` + p + `Err = ` + p + `BufErr\s*\}\s*\}\(\)\s*\}\s*ctx = templ\.InitializeContext\(ctx\)\n`
	input = `templruntime\.GeneratedTemplate\(func\(` + p + `Input templruntime\.GeneratedComponentInput\) \(` + p + `Err error\) \{`
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "slim FOLDER")
		os.Exit(2)
	}
	err := filepath.WalkDir(os.Args[1], func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "_templ.go") {
			return err
		}
		from, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		to, err := slim(from)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if bytes.Equal(from, to) {
			return nil
		}
		return os.WriteFile(path, to, 0o644)
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// slim gives the source with what was recognised made smaller, formatted. What is not recognised stays as it was; slim of what is slim is the same.
func slim(src []byte) ([]byte, error) {
	for _, r := range []struct{ from, to string }{
		{input + head + `\s*if ` + p + `CtxErr := ctx\.Err\(\); ` + p + `CtxErr != nil \{\s*return ` + p + `CtxErr\s*\}\n` + hold +
			`\s*(` + p + `Var\d+) := templ\.GetChildren\(ctx\)\s*if ` + p + `Var\d+ == nil \{\s*` + p + `Var\d+ = templ\.NopComponent\s*\}\s*ctx = templ\.ClearChildren\(ctx\)\n`,
			"write.Component(func(ctx write.Context, " + p + "Buffer *write.Buffer, ${1} templ.Component) (" + p + "Err error) {\n"},
		{input + head + hold, "write.Children(func(ctx write.Context, " + p + "Buffer *write.Buffer) (" + p + "Err error) {\n"},
		{p + `Err = templruntime\.WriteString\(` + p + `Buffer, \d+, ("(?:[^"\\]|\\.)*")\)` + check, "_, _ = " + p + "Buffer.WriteString(${1})\n"},
		{value("String"), "write.Text(" + p + "Buffer, ${1})\n"},
		{p + `Err = templ\.RenderCSSItems\(ctx, ` + p + `Buffer, ` + p + `Var\d+\.\.\.\)` + check, ""}, // style sheets of components: there are none
		{value("URL"), "write.Link(" + p + "Buffer, ${1})\n"},
	} {
		src = regexp.MustCompile(r.from).ReplaceAll(src, []byte(r.to))
	}
	src = regexp.MustCompile(`templ\.CSSClasses\((`+p+`Var\d+)\)\.String\(\)`).ReplaceAll(src, []byte("write.Classes(${1})"))
	src = bytes.Replace(src, []byte("import templruntime \"github.com/a-h/templ/runtime\"\n"), []byte("import \"github.com/entente/entente/internal/web/write\"\n"), 1)
	src = bytes.Replace(src, []byte("\nvar _ = templruntime.GeneratedTemplate\n"), nil, 1)
	return format.Source(src)
}

// value is the pattern of what writes one value: declared, joined with the errors it may have come with, escaped, written.
func value(kind string) string {
	return `var ` + p + `Var\d+ (?:string|templ\.SafeURL)\n\s*` + p + `Var\d+, ` + p + `Err = templ\.Join` + kind + `Errs\((.*)\)` + check +
		`\s*_, ` + p + `Err = ` + p + `Buffer\.WriteString\(templ\.EscapeString\(` + p + `Var\d+\)\)` + check
}
