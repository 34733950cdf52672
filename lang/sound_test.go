package lang_test

import (
	"slices"
	"testing"

	"github.com/entente/entente/lang"
)

// TestSound: words written by ear are said as those that were meant, in both languages, and words that are others are not.
func TestSound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, heard, meant string }{
		{"fr", "dérayeur", "dérailleur"}, {"fr", "déraïeur", "dérailleur"}, {"fr", "chenne", "chaîne"}, {"fr", "fotografie", "photographie"}, {"fr", "pédalié", "pédalier"}, {"fr", "sakoche", "sacoche"},
		{"fr", "kadenas", "cadenas"}, {"fr", "vélau", "vélo"}, {"fr", "plakette", "plaquette"}, {"fr", "fourshe", "fourche"}, {"fr", "guidont", "guidon"}, {"fr", "suspention", "suspension"},
		{"fr", "réparassion", "réparation"}, {"fr", "éclérage", "éclairage"}, {"fr", "otonomie", "autonomie"}, {"fr", "pneux", "pneu"}, {"fr", "apareil", "appareil"}, {"fr", "frin", "frein"},
		{"en", "weel", "wheel"}, {"en", "bysicle", "bicycle"}, {"en", "peddle", "pedal"}, {"en", "chane", "chain"}, {"en", "lite", "light"}, {"en", "garantie", "guarantee"}, {"en", "suspenshon", "suspension"},
		{"en", "squeek", "squeak"}, {"en", "fone", "phone"}, {"en", "sykling", "cycling"}, {"en", "rench", "wrench"}, {"en", "tyre", "tire"},
	} {
		heard, meant := lang.Sound(c.code, lang.Fold(c.heard)), lang.Sound(c.code, lang.Fold(c.meant))
		if heard != meant || heard == "" {
			t.Errorf("%s: %s is said %q, %s %q", c.code, c.heard, heard, c.meant, meant)
		}
	}
	for _, c := range [][2]string{{"frein", "fraise"}, {"chaîne", "chien"}, {"chaîne", "chance"}, {"roue", "rue"}, {"selle", "salle"}, {"pneu", "peine"}, {"guidon", "bidon"}, {"vélo", "ville"}, {"cadre", "cendre"},
		{"brake", "broke"}, {"brake", "brick"}, {"wheel", "while"}, {"saddle", "sandal"}, {"light", "late"}, {"rack", "rock"}, {"battery", "butter"}, {"lock", "lack"}} {
		if lang.SaidAs(lang.Fold(c[0]))(lang.Fold(c[1])) {
			t.Errorf("%s is taken for %s", c[0], c[1])
		}
	}
	for word, want := range map[string][]string{"fotografie": {"fo", "ph"}, "kadenas": {"ka", "ca", "qu", "ch"}, "été": nil, "2024": nil, "ampoule": {"am"}, "hiver": {"hi", "iv"}} {
		if got := lang.Beginnings(word); !slices.Equal(got, want) || len(got) > lang.MostBeginnings {
			t.Errorf("%s begins as %v", word, got)
		}
	}
	if lang.Sound("de", "kette") != "" || lang.Sound("fr", "") != "" {
		t.Error("what is not known is said")
	}
}
