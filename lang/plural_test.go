package lang

import "testing"

func TestFrenchPlurals(t *testing.T) {
	t.Parallel()
	for one, many := range map[string]string{"vélo": "vélos", "menu": "menus", "pneu": "pneus", "tatami": "tatamis", "batterie": "batteries", "selle": "selles",
		"arrivée": "arrivées", "journal": "journaux"} {
		if Stem("fr", one) != Stem("fr", many) {
			t.Errorf("%s is %q and %s is %q", one, Stem("fr", one), many, Stem("fr", many))
		}
	}
}
