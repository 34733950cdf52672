package query

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMeant(t *testing.T) {
	t.Parallel()
	known := map[string][]string{
		"site":   {"https://www.leboncoin.fr/x", "https://blog.exemple.org/1", "https://velo.example/2"},
		"author": {"Marie Dupont", "mailto:jean.petit@example.org", "Élodie"},
		"tag":    {"#BonPlan", "#été", "#vélo"},
		"in":     {"12 Vélo et remorques"},
	}
	for src, want := range map[string]string{
		"site:leboncion.fr":             "site:leboncoin.fr",
		"site:leboncoin.com":            "site:leboncoin.fr",
		"site:https://velo.exemple/":    "site:velo.example",
		"site:ailleurs.net":             "",
		"author:Dupond":                 "author:dupont",
		`author:"marie dupond"`:         `author:"Marie Dupont"`,
		"author:elodei":                 `author:"Élodie"`,
		"author:jaen":                   "author:jean",
		"author:carie":                  "author:marie",
		"author:carine":                 "",
		"author:quelquun":               "",
		"tag:bomplan":                   "tag:BonPlan",
		"tag:bomp*":                     "",
		"tag:ete2":                      `tag:"été"`,
		`text OR (site:leboncion.fr x)`: "site:leboncoin.fr",
		"in:remorqeus":                  "in:remorques",
	} {
		q, problems := Parse(src)
		if HasErrors(problems) {
			t.Fatalf("%s: %v", src, problems)
		}
		values := q.Values("site", "author", "tag", "in")
		if len(values) != 1 {
			t.Fatalf("%s: %v", src, values)
		}
		v := values[0]
		got := v.Meant(known[v.Field])
		if !strings.EqualFold(got, want) {
			t.Errorf("%s: meant %q, not %q", src, got, want)
		}
		if at := src[v.Start:v.End]; !strings.HasPrefix(at, v.Field+":") {
			t.Errorf("%s: stands at %q", src, at)
		}
		if got == "" {
			continue
		}
		again, problems := Parse(src[:v.Start] + got + src[v.End:])
		fits := false
		for _, name := range known[v.Field] {
			fits = fits || again.Values(v.Field)[0].Fits(name)
		}
		if HasErrors(problems) || !fits {
			t.Errorf("%s: mended by %s, which is nothing that is known: %v", src, got, problems)
		}
	}
	q, _ := Parse("a -author:nobody -(tag:none b)")
	if v := q.Values("author", "tag"); len(v) != 0 {
		t.Errorf("%v is only excluded", v)
	}
}

// A value fits exactly the posts that the query finds by it.
func TestFits(t *testing.T) {
	t.Parallel()
	names := []string{"Marie Dupont", "marie", "dupont", "https://www.velo.example/a", "velo.example", "example", "Été", "ete", "#bon_plan", "bonplan", "bo*", "mar*", ""}
	rapid.Check(t, func(t *rapid.T) {
		field := rapid.SampledFrom([]string{"author", "site", "tag", "channel", "in"}).Draw(t, "field")
		name := rapid.SampledFrom(names).Draw(t, "name")
		value := rapid.SampledFrom(names).Draw(t, "value")
		q, problems := Parse(field + `:"` + value + `"`)
		if HasErrors(problems) || q.Empty() {
			return
		}
		d := Doc{}
		switch field {
		case "author":
			d.AuthorName = name
		case "site":
			d.URL = name
		case "tag":
			d.Tags = []string{name}
		case "channel":
			d.Channel = name
		case "in":
			d.In = name
		}
		if got := q.Values(field)[0].Fits(name); got != q.Match(NewDoc(d, nil)) {
			t.Errorf("%s in %q: fits %t", q, name, got)
		}
	})
}
