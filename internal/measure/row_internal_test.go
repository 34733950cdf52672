package measure

import (
	"testing"
	"time"
	"unicode/utf8"
)

func FuzzCursor(f *testing.F) {
	f.Add(cursor(time.UnixMicro(1770000000000000), "1m800c75a94ksptvqreq"))
	f.Add("")
	f.Add("IA")
	f.Add("OTk5OTk5OTk5OTk5OTk5OTk5OTkgeA")
	f.Fuzz(func(t *testing.T, text string) {
		at, id, ok := readCursor(text)
		if !ok {
			return
		}
		if !utf8.ValidString(id) {
			t.Fatalf("%q gives an id that is no text", text)
		}
		again, same, ok := readCursor(cursor(time.UnixMicro(at), id))
		if len(id) < 300 && (!ok || again != at || same != id) {
			t.Fatalf("%q is %d %q, written and read again %d %q", text, at, id, again, same)
		}
	})
}
