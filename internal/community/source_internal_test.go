package community

import "testing"

// TestConceal holds that what tells who asked is left out of an answer, and that what helps others stays.
func TestConceal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, want string
		names            []string
	}{
		{"a name in the greeting", "Dear Ada Byron,\n\none drop of oil.", "Dear … …,\n\none drop of oil.", []string{"Ada Byron"}},
		{"in another case", "BYRON, one drop.", "…, one drop.", []string{"Ada Byron"}},
		{"within a word", "Adapt the brakes.", "Adapt the brakes.", []string{"Ada"}},
		{"small words of a name", "Oil for the chain.", "Oil for the chain.", []string{"Vélo for the Few"}},
		{"an address", "We wrote to ada.byron+x@mail.example.org today.", "We wrote to … today.", nil},
		{"a telephone number", "Call +33 6 12 34 56 78 if it squeaks.", "Call … if it squeaks.", nil},
		{"an account", "IBAN FR76 3000 6000 0112.", "IBAN FR….", nil},
		{"a short number", "5 to 6 Nm, 27.5 inches, 2026.", "5 to 6 Nm, 27.5 inches, 2026.", nil},
		{"what was quoted", "> Ada: it squeaks\nOne drop.\n  > again", "One drop.", nil},
		{"nothing else", "> it squeaks", "", nil},
		{"what means something to the matcher", "A (b) c.", "A (b) c.", []string{"Zoë (Z.) [x"}},
	} {
		if got := conceal(c.text, c.names); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
