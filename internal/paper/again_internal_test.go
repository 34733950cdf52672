package paper

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAgain: a browser that dies while it starts is started once more, and not for ever.
func TestAgain(t *testing.T) { // alone: what another test starts meanwhile may still hold the file open that is written here, and then it cannot be run
	for dies, want := range map[string]string{"1": "printed", "2": ""} {
		marks := t.TempDir()
		browser := filepath.Join(marks, "browser")
		script := "#!/bin/sh\nn=$(ls " + marks + " | grep -c died)\nif [ $n -lt " + dies + " ]; then touch " + marks + "/died$n; exit 1; fi\nfor a; do case $a in --print-to-pdf=*) printf printed > \"${a#*=}\";; esac; done\n"
		if err := os.WriteFile(browser, []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		p := &Printer{path: browser, turn: make(chan struct{}, 1)}
		got, err := p.PDF(t.Context(), []byte("<p>hello"))
		if string(got) != want || err == nil != (want != "") {
			t.Errorf("a browser that dies %s times prints %q: %v", dies, got, err)
		}
	}
}
