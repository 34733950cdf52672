package kpi

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
)

// TestDefined holds every measure to a complete definition, with words in every language and a page.
func TestDefined(t *testing.T) {
	t.Parallel()
	seen, english := map[string]bool{}, i18n.With(t.Context(), "en", time.UTC)
	for _, m := range All() {
		if seen[m.ID] || m.ID == "" {
			t.Errorf("%q stands twice", m.ID)
		}
		seen[m.ID] = true
		if m.Unit == "" || m.Better == "" || m.Days <= 0 || m.Clock == "" || m.Interval == "" || m.Evidence == "" || m.Stage == "" || m.Of == "" ||
			len(m.From) == 0 || m.Formula == "" || m.Source == nil || m.Section == "" || m.Entry == 0 || len(m.Parts) == 0 ||
			(m.Estimate == nil) == (m.Between == nil) {
			t.Errorf("%s is not completely defined: %+v", m.ID, m)
		}
		if (m.Unit == Seconds) != (m.Clock != NoClock) {
			t.Errorf("%s: a wait has a clock, anything else has none", m.ID)
		}
		keys := []string{"measure.unit." + string(m.Unit), "measure.better." + string(m.Better), "measure.clock." + string(m.Clock),
			"measure.interval." + string(m.Interval), "measure.evidence." + string(m.Evidence), "measure.stage." + string(m.Stage), "measure.section." + string(m.Section)}
		for _, k := range []string{"name", "about", "formula", "includes", "limits"} {
			keys = append(keys, "measure."+m.ID+"."+k)
		}
		for _, p := range m.Parts {
			keys = append(keys, "measure.part."+p.ID)
		}
		if e := m.In(time.Unix(0, 0), time.Unix(1e9, 0), nil); e.Value.Defined() && m.Unit != Posts && m.Unit != Conversations {
			t.Errorf("%s: nothing at all is %+v", m.ID, e.Value)
		}
		source := m.Source(Ask{Cuts: make([]time.Time, 2)})
		if m.Spread != (source.Until != "") && !strings.HasPrefix(m.ID, "engagement-") { // of which the facts that replies are divided by are spread
			t.Errorf("%s: it does not say whether periods are spread", m.ID)
		}
		for _, lang := range i18n.Languages() {
			for _, k := range keys {
				if _, ok := i18n.Keys(lang)[k]; !ok {
					t.Errorf("%s has no %s in %s", m.ID, k, lang)
				}
			}
		}
		if key := "measure." + m.ID + ".symbols"; i18n.Has(key) && i18n.T(english, key) != m.Formula {
			t.Errorf("%s is %s, and said to be %s", m.ID, m.Formula, i18n.T(english, key))
		}
		page, err := os.ReadFile(filepath.Join("../../../docs/measures", m.ID+".md"))
		if err != nil {
			t.Errorf("%s: %v", m.ID, err)
		} else if !strings.Contains(string(page), m.Formula) {
			t.Errorf("docs/measures/%s.md does not have the formula %s", m.ID, m.Formula)
		} else {
			described(t, m, string(page))
		}
	}
	entries := map[int]bool{19: true} // the AMEC stages, which every measure has
	for _, m := range All() {
		entries[m.Entry] = true
	}
	for n := 1; n <= 32; n++ {
		if !entries[n] {
			t.Errorf("entry %d of the catalogue has no measure", n)
		}
	}
}

// described holds the page of a measure to what it stands on and is narrowed by; UPDATE=1 writes both lines.
func described(t *testing.T, m Measure, page string) {
	t.Helper()
	var facts, by []string
	words := map[string][]string{}
	for _, need := range m.Needs {
		kind, word, fact := FactNeed(need)
		if !fact {
			continue
		}
		if !slices.Contains(facts, kind) {
			facts = append(facts, kind)
		}
		if word != "" {
			words[kind] = append(words[kind], strings.ReplaceAll(word, "|", " or "))
		}
	}
	for i, kind := range facts {
		if facts[i] = "`" + kind + "`"; len(words[kind]) > 0 {
			facts[i] += " (" + strings.Join(words[kind], ", ") + ")"
		}
	}
	for _, d := range m.Dims {
		by = append(by, string(d))
	}
	said := page
	for name, list := range map[string][]string{"business facts": facts, "narrowed by": by} {
		line := regexp.MustCompile(`(?m)^\| ` + name + ` \|.*\|$`)
		want := "| " + name + " | " + strings.Join(list, ", ") + " |"
		if len(list) == 0 && !line.MatchString(page) {
			continue
		}
		if !strings.Contains(page, want) && !strings.Contains(page, strings.TrimSuffix(want, " |")+", whose ") {
			t.Errorf("docs/measures/%s.md does not say %s (UPDATE=1 writes it)", m.ID, want)
			if line.MatchString(said) {
				said = line.ReplaceAllString(said, want)
			} else {
				said = strings.Replace(said, "\n| file |", "\n"+want+"\n| file |", 1)
			}
		}
	}
	if os.Getenv("UPDATE") != "" && said != page {
		if err := os.WriteFile(filepath.Join("../../../docs/measures", m.ID+".md"), []byte(said), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWords holds that whatever estimates name has words.
func TestWords(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	term, why := regexp.MustCompile(`Term\{\{?ID: "([a-z_]+)", Unit|\{ID: "([a-z_]+)", Unit`), regexp.MustCompile(`Why(?::|\s*=) "([a-z_]+)"`)
	found := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for prefix, list := range map[string][][]string{"measure.term.": term.FindAllStringSubmatch(string(text), -1), "measure.why.": why.FindAllStringSubmatch(string(text), -1)} {
			for _, m := range list {
				found++
				id := m[1]
				if id == "" && len(m) > 2 {
					id = m[2]
				}
				if id[len(id)-1] == '_' {
					continue // with what follows
				}
				for _, lang := range i18n.Languages() {
					if _, ok := i18n.Keys(lang)[prefix+id]; !ok {
						t.Errorf("%s: no words for %s%s in %s", f, prefix, id, lang)
					}
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d terms found", found)
	}
	built := []string{"visits", "self_service", "support", "found", "would_contact", "success", "intent", "no_further", "reach", "followers", "impressions", "views",
		"revenue_base", "revenue_expansion", "revenue_contraction", "revenue_churn", "reputation_tone", "reputation_visibility", "reputation_ratings", "reputation_care", "reputation_advice"}
	for _, id := range factors() {
		built = append(built, "health_"+id)
	}
	for _, id := range built {
		for _, lang := range i18n.Languages() {
			if _, ok := i18n.Keys(lang)["measure.term."+id]; !ok {
				t.Errorf("no words for %s in %s", id, lang)
			}
		}
	}
}

// TestNeeds holds that whatever a measure stands on can be stated, and that the page says of facts with a label, and of kinds that are brought for
// a few measures only, what a line of them holds.
func TestNeeds(t *testing.T) {
	t.Parallel()
	for _, m := range All() {
		if m.Of == OfFacts && m.Source != nil {
			// What the rows are picked by must be said: at least one word of each list.
			where := m.Source(Ask{Cuts: []time.Time{time.Unix(0, 0), time.Unix(1, 0)}}).Where
			text := where.String()
			for i, arg := range where.Args {
				if word, is := arg.(string); is {
					text = regexp.MustCompile(fmt.Sprintf(`\$%d\b`, i+1)).ReplaceAllString(text, "'"+word+"'")
				}
			}
			for _, picked := range regexp.MustCompile(`\bf\.(?:label|status) (?:= |IN \()('[a-z_', ]+')`).FindAllStringSubmatch(text, -1) {
				if !slices.ContainsFunc(regexp.MustCompile(`[a-z_]+`).FindAllString(picked[1], -1), func(word string) bool {
					return slices.ContainsFunc(m.Needs, func(need string) bool {
						_, words, _ := FactNeed(need)
						return slices.Contains(strings.Split(words, "|"), word)
					})
				}) && !slices.Contains([]string{"lead-cycle-time", "cost-per-contact-saved", "joint-pipeline"}, m.ID) { // one way among others, or none open is a number too
					t.Errorf("%s counts only %s, and does not say so: %v", m.ID, picked[1], m.Needs)
				}
			}
		}
		for _, need := range m.Needs {
			id, words, fact := FactNeed(need)
			kind, known := ledger.KindOfFact(id)
			if !fact || !known {
				t.Errorf("%s needs %s, which nobody can state", m.ID, need)
				continue
			}
			for _, word := range strings.Split(words, "|") {
				if word != "" && kind.Labels != nil && !slices.Contains(kind.Labels, word) && !slices.Contains(kind.Statuses, word) {
					t.Errorf("%s needs %s, which has no such label or status", m.ID, need)
				}
			}
			key := "measure.bring." + id
			if words != "" {
				key += "." + strings.ReplaceAll(words, "|", "_")
			} else if !slices.Contains([]string{ledger.FactTouch, ledger.FactAct, ledger.FactProposal, ledger.FactComparison}, id) {
				continue
			}
			for _, lang := range i18n.Languages() {
				if _, ok := i18n.Keys(lang)[key]; !ok {
					t.Errorf("no words for what %s needs in %s: %s", m.ID, lang, key)
				}
			}
		}
	}
}
