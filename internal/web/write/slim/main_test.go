package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const template = `package page

templ row(name string, href string, on bool) {
	<li class={ "a", templ.KV("on", on) }><a href={ href }>{ name }</a>{ children... }</li>
}

templ list(names []string) {
	<ul>
		for _, n := range names {
			@row(n, "/"+n, true) {
				<b>{ n }</b>
			}
		}
	</ul>
}
`

// What the generator of this version writes is recognised, whole; and slim of what is slim is the same.
func TestSlim(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "page.templ"), []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "tool", "templ", "generate", "-path", dir, "-log-level", "warn").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	from, err := os.ReadFile(filepath.Join(dir, "page_templ.go"))
	if err != nil {
		t.Fatal(err)
	}
	to, err := slim(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{"templruntime", "templ.Error", "JoinStringErrs", "JoinURLErrs", "ReleaseBuffer"} {
		if strings.Contains(string(to), gone) {
			t.Errorf("%s is left in\n%s", gone, to)
		}
	}
	for _, there := range []string{"write.Component(", "write.Children(", "write.Text(", "write.Link("} {
		if !strings.Contains(string(to), there) {
			t.Errorf("%s is missing in\n%s", there, to)
		}
	}
	again, err := slim(to)
	if err != nil || string(again) != string(to) {
		t.Error("slim of what is slim is something else", err)
	}
}
