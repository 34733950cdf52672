package kpi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/entente/entente/internal/i18n"
)

// TestDefined holds every measure to a complete definition, with words in every language and a page.
func TestDefined(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range All() {
		if seen[m.ID] || m.ID == "" {
			t.Errorf("%q stands twice", m.ID)
		}
		seen[m.ID] = true
		if m.Unit == "" || m.Better == "" || m.Days <= 0 || m.Clock == "" || m.Interval == "" || m.Evidence == "" || m.Stage == "" || m.Of == "" ||
			len(m.From) == 0 || m.Formula == "" || m.Source == nil || m.Estimate == nil {
			t.Errorf("%s is not completely defined: %+v", m.ID, m)
		}
		if (m.Unit == Seconds) != (m.Clock != NoClock) {
			t.Errorf("%s: a wait has a clock, anything else has none", m.ID)
		}
		keys := []string{"measure.unit." + string(m.Unit), "measure.better." + string(m.Better), "measure.clock." + string(m.Clock),
			"measure.interval." + string(m.Interval), "measure.evidence." + string(m.Evidence), "measure.stage." + string(m.Stage)}
		for _, k := range []string{"name", "about", "formula", "includes", "limits"} {
			keys = append(keys, "measure."+m.ID+"."+k)
		}
		for _, p := range m.Parts {
			keys = append(keys, "measure.part."+p.ID)
		}
		for _, lang := range i18n.Languages() {
			for _, k := range keys {
				if _, ok := i18n.Keys(lang)[k]; !ok {
					t.Errorf("%s has no %s in %s", m.ID, k, lang)
				}
			}
		}
		page, err := os.ReadFile(filepath.Join("../../../docs/measures", m.ID+".md"))
		if err != nil {
			t.Errorf("%s: %v", m.ID, err)
		} else if !strings.Contains(string(page), m.Formula) {
			t.Errorf("docs/measures/%s.md does not have the formula %s", m.ID, m.Formula)
		}
	}
}
