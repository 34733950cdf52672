package quote

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func FuzzTake(f *testing.F) {
	f.Add("Oui.\n\nLe 03/02/2026 à 10:12, Paul a écrit :\n> Ça va ?\n-- \nLéa")
	f.Add("From: a\nSent: b\nTo: c\n\nOn 1 x <a@b>\nwrote:\n")
	f.Fuzz(func(t *testing.T, text string) {
		got := Take(text)
		if d := cmp.Diff(words(text), words(got.Said+"\n"+got.Quoted)); d != "" {
			t.Fatal(d)
		}
	})
}
