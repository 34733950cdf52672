package check

import (
	"slices"
	"strings"
	"testing"
)

// TestListedVerbs holds that no verb of the lists is refused for how it ends, and that what may be a noun too is one of them.
func TestListedVerbs(t *testing.T) {
	t.Parallel()
	for code, list := range verbs() {
		for _, v := range append(slices.Clone(list), vague()[code]["verb"]...) {
			first, _, _ := strings.Cut(v, " ")
			if named(code, first) || !isVerb(code, first) {
				t.Errorf("%s %s is no verb", code, first)
			}
		}
	}
	for _, v := range either() {
		if !isVerb("en", v) {
			t.Errorf("%s is no verb", v)
		}
	}
	for code, list := range map[string]string{"fr": "satisfaire plaire extraire distraire refaire soustraire", "en": "question implement bring enhance influence advance finance balance document experiment"} {
		for _, v := range strings.Fields(list) {
			if named(code, v) || !isVerb(code, v) {
				t.Errorf("%s %s is no verb", code, v)
			}
		}
	}
	for code, list := range map[string]string{"fr": "satisfaction qualite fidelite plaisir partenaire affaire", "en": "satisfaction quality training customers the better"} {
		for _, v := range strings.Fields(list) {
			if !named(code, v) && isVerb(code, v) {
				t.Errorf("%s %s is a verb", code, v)
			}
		}
	}
	for code, names := range map[string][]string{"fr": {"Devenir le leader du marché", "Agir vite et bien"}, "en": {"Become the leader of the market", "Act fast for our customers"}} {
		for _, name := range names {
			if len(vagueIn(code, name)) == 0 {
				t.Errorf("%s says enough", name)
			}
		}
	}
}
