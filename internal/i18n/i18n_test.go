package i18n

import (
	"context"
	"encoding/json"
	"io/fs"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/locales"
)

// The audit log says what somebody did, after their name: a verb, never "Map added".
func TestDeedsAreVerbs(t *testing.T) {
	t.Parallel()
	texts := sentences(t)
	verb := map[string]*regexp.Regexp{
		"fr": regexp.MustCompile("^(A|N’a pas|S’est) "),
		"en": regexp.MustCompile("^(Did not|Could not|Began|Brought|Chose|Drew|Gave|Had|Held|Kept|Left|Let|Made|Put|Said|Sent|Set|Split|Told|Took|Undid|Withdrew|Wrote|[A-Z][a-z]+ed)(,| |$)"),
	}
	for lang, verb := range verb {
		for key, s := range texts[lang] {
			if strings.Contains(key, ".audit.") && !verb.MatchString(s) {
				t.Errorf("%s: %s: %q does not begin with a verb", lang, key, s)
			}
		}
	}
}

// Every sentence exists in every language, with the plural forms the language asks for and the same values to fill in.
func TestLanguagesAreComplete(t *testing.T) {
	t.Parallel()
	w, err := read(locales.Files())
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range w.languages {
		for key, en := range w.sentences["en"] {
			got, ok := w.sentences[lang][key]
			if !ok {
				t.Errorf("%s has no %q", lang, key)
				continue
			}
			if (en.one == "") != (got.one == "") {
				t.Errorf("%s: %q has plural forms in one language and not in the other", lang, key)
			}
		}
		for key := range w.sentences[lang] {
			if _, ok := w.sentences["en"][key]; !ok {
				t.Errorf("%s has %q, which English does not have", lang, key)
			}
		}
	}
}

var (
	filled    = regexp.MustCompile(`\{\{\s*\.(\w+)`)
	badSpaces = regexp.MustCompile(`[^\x{00a0}\x{202f}\s:;!?»/]([;!?»]|:(\s|$))|[ ]([;:!?»])|«[ ]|'`)
)

// French sentences keep French typography: a no-break space before ; : ! ? », after «, and typographic apostrophes.
func TestFrenchTypography(t *testing.T) {
	t.Parallel()
	texts := sentences(t)
	for key, s := range texts["fr"] {
		plain := regexp.MustCompile(`https?://\S+|\{\{[^}]*\}\}|`+"`[^`]*`").ReplaceAllString(s, "x")
		if m := badSpaces.FindString(plain); m != "" {
			t.Errorf("%q: %q near %q", key, s, m)
		}
	}
}

func TestSameValues(t *testing.T) {
	t.Parallel()
	texts := sentences(t)
	for key, en := range texts["en"] {
		base := key
		fr, ok := texts["fr"][base]
		if !ok {
			continue
		}
		if diff := cmp.Diff(values(en), values(fr)); diff != "" {
			t.Errorf("%q is filled with other values (-en +fr):\n%s", key, diff)
		}
	}
}

func values(s string) []string {
	var out []string
	for _, m := range filled.FindAllStringSubmatch(s, -1) {
		if m[1] != "Count" && !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	slices.Sort(out)
	return out
}

// sentences gives every text by language and key, plural forms as key.form.
func sentences(t *testing.T) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	names, err := fs.ReadDir(locales.Files(), ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		parts := strings.Split(n.Name(), ".")
		lang := parts[len(parts)-2]
		raw, err := fs.ReadFile(locales.Files(), n.Name())
		if err != nil {
			t.Fatal(err)
		}
		if out[lang] == nil {
			out[lang] = map[string]string{}
		}
		flat, err := flatten(raw)
		if err != nil {
			t.Fatalf("%s: %v", n.Name(), err)
		}
		for k, v := range flat {
			out[lang][k] = v
		}
	}
	return out
}

func TestFormats(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	en, fr := With(context.Background(), "en", nil), With(context.Background(), "fr", paris)
	at := time.Date(2026, 11, 21, 23, 5, 0, 0, time.UTC)
	first := time.Date(2026, 9, 30, 22, 30, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{Number(en, 1234567.891, 1), "1,234,567.9"},
		{Number(fr, 1234567.891, 1), "1\u202f234\u202f567,9"},
		{Number(en, -0.001, 1), "0.0"},
		{Number(en, -12, 0), "−12"},
		{Number(en, math.NaN(), 1), "–"},
		{Percent(en, 0.8442, 1), "84.4%"},
		{Percent(fr, 0.8442, 0), "84\u202f%"},
		{Money(en, 2500000, "EUR"), "€25,000.00"},
		{Money(en, -950, "CHF"), "CHF\u00a0−9.50"},
		{Money(fr, 2500000, "EUR"), "25\u202f000,00\u00a0€"},
		{Money(en, 500, "JPY"), "JPY\u00a0500"},
		{Day(en, at), "21\u00a0Nov 2026"},
		{Day(fr, at), "22\u00a0nov. 2026"},
		{DateTime(fr, at), "22\u00a0nov. 2026, 00\u00a0h\u00a005"},
		{Day(fr, first), "1er\u00a0oct. 2026"}, // not yet in UTC
		{DayShort(fr, first), "1er\u00a0oct."},
		{DateTime(fr, first), "1er\u00a0oct. 2026, 00\u00a0h\u00a030"},
		{Day(en, first.AddDate(0, 0, 1)), "1\u00a0Oct 2026"},
		{DayShort(fr, first.AddDate(0, 0, 10)), "11\u00a0oct."},
		{Month(fr, at), "novembre 2026"},
		{Day(en, time.Time{}), "–"},
		{For(en, 26*time.Hour), "1\u00a0d 2\u00a0h"},
		{For(fr, 26*time.Hour), "1\u00a0j 2\u00a0h"},
		{For(en, 45*time.Second), "45\u00a0s"},
		{For(en, 59*time.Minute+59*time.Second), "60\u00a0min"},
		{For(en, 3*time.Hour), "3\u00a0h"},
		{Ago(en, at.Add(-3*time.Hour), at), "3\u00a0h ago"},
		{Ago(fr, at.Add(-3*time.Hour), at), "il y a 3\u00a0h"},
		{T(en, "no.such.key"), "no.such.key"},
		{T(With(context.Background(), Pseudo, nil), "time.now"), "⟦just now⟧"},
		{T(With(context.Background(), Pseudo, nil), "no.such.key"), "no.such.key"},
		{Match("de, fr;q=0.8, en;q=0.5"), "fr"},
		{Match("ja"), "en"},
		{Match("\x00;;;"), "en"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// What a file may hold, and what a sentence says of it.
func TestSentences(t *testing.T) {
	t.Parallel()
	files := func(text string) fstest.MapFS { return fstest.MapFS{"x.fr.json": {Data: []byte(text)}} }
	for _, bad := range []string{`{"a": "{{if .By}}x{{end}}"}`, `{"a": "{{.A.B}}"}`, `{"a": "{{.}}"}`, `{"a": "x {{.Open"}`, `{"a": "{{ printf .A }}"}`, `{"a": "{{}}"}`,
		`{"a": {"one": "x"}}`, `{"a": {"one": "x", "other": "y", "few": "z"}}`, `{"a": {"one": "x", "many": "y"}}`, `{"a": {"one": "{{.X", "other": "y"}}`, `{"a": 3}`, `{"a": ["x"]}`, `{`} {
		if _, err := read(files(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
	if _, err := read(fstest.MapFS{"x.fr.json": {Data: []byte(`{"a": "x"}`)}, "y.fr.json": {Data: []byte(`{"a": "y"}`)}}); err == nil {
		t.Error("a key that stands in two files was read")
	}
	w, err := read(files(`{"plain": "Bonjour {{.Name}}, {{ .N }}{{.Name}}", "days": {"one": "{{.Count}} jour", "other": "{{.Count}} jours"}}`))
	if err != nil {
		t.Fatal(err)
	}
	plain := w.sentences["fr"]["plain"]
	for _, c := range []struct {
		lang string
		args []any
		want string
	}{
		{"fr", []any{"Name", "Ada", "N", 3}, "Bonjour Ada, 3Ada"},
		{"fr", []any{"Name", "Ada", "N", 3, "Name", "Bob"}, "Bonjour Bob, 3Bob"}, // the last of a name
		{"fr", []any{"Name", "{{.N}}", "N", "x"}, "Bonjour {{.N}}, x{{.N}}"},     // a value is no sentence
		{"fr", []any{"Name"}, "Bonjour <no value>, <no value><no value>"},
		{Pseudo, []any{"Name", "Ada", "N", 3}, "⟦Bonjour Ada, 3Ada⟧"},
	} {
		if got := plain.say(c.lang, plain.other, c.args); got != c.want {
			t.Errorf("%v: %q, want %q", c.args, got, c.want)
		}
	}
}

// French says zero and one in the singular, English one only.
func TestCounted(t *testing.T) {
	t.Parallel()
	key := ""
	for k, counted := range Keys("en") {
		if counted && (key == "" || k < key) {
			key = k
		}
	}
	for _, lang := range Languages() {
		ctx, s := With(context.Background(), lang, nil), book().sentences[lang][key]
		for _, n := range []int{-1, 0, 1, 2, 11, 100, 1_000_000, 2_000_000, 30_000_000} {
			form := s.other
			if n == 1 || n == 0 && lang == "fr" {
				form = s.one
			}
			if got, want := N(ctx, key, n), s.say(lang, form, []any{"Count", Number(ctx, float64(n), 0)}); got != want {
				t.Errorf("%s %s %d: %q, want %q", lang, key, n, got, want)
			}
		}
	}
}

func flatten(raw []byte) (map[string]string, error) {
	var flat map[string]any
	if err := json.Unmarshal(raw, &flat); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for k, v := range flat {
		switch v := v.(type) {
		case string:
			out[k] = v
		case map[string]any:
			for form, s := range v {
				out[k+"."+form], _ = s.(string)
			}
		}
	}
	return out, nil
}
