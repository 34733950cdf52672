package query

import (
	"strings"
	"testing"
)

func TestExclusions(t *testing.T) {
	t.Parallel()
	list := "jus d'orange\n\n  Agent Orange  \n\"orange\" NEAR/2 (vif OR clair)\nsite:cuisine.example\norange*s"
	excluded, problems := ParseExclusions(list)
	if len(problems) != 1 || problems[0].Key != "query.inner_star" || list[problems[0].Start:problems[0].End] != "orange*s" {
		t.Errorf("%+v", problems)
	}
	q, _ := Parse("orange")
	topic := q.Without(excluded)
	for text, want := range map[string]bool{
		"Orange ne répond pas":              true,
		"un jus d’orange":                   false,
		"des jus d'oranges":                 false,
		"d'orange en jus":                   true,
		"l'agent Orange":                    false,
		"un orange très vif":                false,
		"Orange, un vif mécontentement non": false,
	} {
		if got := topic.Match(NewDoc(Doc{Lang: "fr", Text: text}, nil)); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
	}
	if topic.Match(NewDoc(Doc{Lang: "fr", Text: "orange", URL: "https://www.cuisine.example/tarte"}, nil)) {
		t.Error("a site in the list is not left out")
	}
	for _, none := range []string{"", "\n \n", "\r\n"} {
		if got, problems := ParseExclusions(none); got != nil || len(problems) > 0 || q.Without(got) != q {
			t.Errorf("%q: %v %v", none, got, problems)
		}
	}
	for src, want := range map[string]string{
		"ok\n-fine":                    "query.negative_exclusion",
		"(fine":                        "query.unclosed_paren",
		"lang:xx":                      "query.unknown_language",
		strings.Repeat("a b c\n", 200): "query.too_many",
		strings.Repeat("x", 9000):      "query.too_long",
		"...":                          "query.no_word",
	} {
		_, problems := ParseExclusions(src)
		if len(problems) == 0 || problems[0].Key != want {
			t.Errorf("%.20q: %v, want %s", src, problems, want)
		}
		for _, p := range problems {
			if p.Start < 0 || p.End < p.Start || p.End > len(src) {
				t.Errorf("%.20q: %+v", src, p)
			}
		}
	}
	// operators in capitals between plain words are operators, other capitals are not
	either, _ := ParseExclusions("juice OR zest")
	if !either.Match(NewDoc(Doc{Text: "zest"}, nil)) {
		t.Error("OR is taken for a word")
	}
}

func TestWhatAQueryAsks(t *testing.T) {
	t.Parallel()
	src := `lang:fr (kind:complaint OR "lent retard") -sentiment:positive since:7d until:2026 imprim*`
	q, _ := Parse(src)
	for field, want := range map[string]bool{"lang": true, "kind": true, "sentiment": true, "emotion": false} {
		if q.Asks("x", field) != want {
			t.Errorf("asks %s: %t", field, !want)
		}
	}
	var fields []string
	for _, r := range q.Required() {
		fields = append(fields, r.Field)
		if r.Field == "since" && r.Ago.Hours() != 7*24 || r.Field == "until" && r.Before.Year() != 2027 {
			t.Errorf("%+v", r)
		}
	}
	if got := strings.Join(fields, " "); got != "lang since until" {
		t.Error(got)
	}
	var terms []string
	for _, term := range q.Terms() {
		terms = append(terms, term.Text+"="+src[term.Start:term.End]+"="+term.Query.String())
	}
	if got := strings.Join(terms, " "); got != `lent="lent retard"=lent retard="lent retard"=retard imprim=imprim*=imprim*` {
		t.Error(got)
	}
	if (*Query)(nil).Asks("x") || (&Query{}).Terms() != nil || (&Query{}).Required() != nil {
		t.Error("nothing asks something")
	}
}
