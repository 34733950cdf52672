package query

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/lang"
)

func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"printer", "printer"},
		{"a b c", "a b c"},
		{"a AND b OR c d", "(a b) OR (c d)"},
		{"a OR (b OR (c))", "a OR b OR c"},
		{"NOT a -b --c NOT (d e)", "-a -b c -(d e)"},
		{`"service client" 'x'`, `"service client" x`},
		{"« service client » “après vente”", `"service client" "après vente"`},
		{"e-mail l’avion d'un", `"e mail" avion un`},
		{"serv* title:é =Term =\"Le Monde\"", `serv* title:é =Term ="Le Monde"`},
		{`"a b"~3 c NEAR/5 d`, `"a b"~3 c NEAR/5 d`},
		{`(slow OR "very late") NEAR/3f (deliver* OR =Parcel) NEAR/2 x y`, `(slow OR "very late") NEAR/3f (deliver* OR =Parcel) NEAR/2 x y`},
		{"a NEAR/3 (b NEAR/2F c) -(d NEAR/0 e)", "a NEAR/3 (b NEAR/2f c) -(d NEAR/0 e)"},
		{"title:(a NEAR/3 b)", "title:a NEAR/3 title:b"},
		{"followers:>100 followers:<=5k followers:10..20 followers:=7", "followers:>=101 followers:<=5000 followers:10..20 followers:7"},
		{`kind:Complaint sentiment:NEGATIVE emotion:joy in:"after sales"`, `kind:complaint sentiment:negative emotion:joy in:"after sales"`},
		{`AUTHOR:"Jean Dupont" lang:FR site:https://www.a.fr/x #BonPlan`, `author:"Jean Dupont" lang:fr site:a.fr tag:BonPlan`},
		{"title:(a OR text:b -c) since:7d until:2026-11-21", "(title:a OR (text:b -title:c)) since:7d until:2026-11-21"},
		{`"AND" "NEAR"`, `"AND" "NEAR"`},
		{"https://a.fr/b 10:30 🔥", `url:https://a.fr/b "10 30" "🔥"`},
		{"@jean_d@a.fr", `"jean d a fr"`},
	} {
		q, problems := Parse(c.in)
		if d := cmp.Diff(c.want, q.String()); d != "" || HasErrors(problems) {
			t.Errorf("%q: %s %v", c.in, d, problems)
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, want  string // keys
		suggested string // in with the first suggestion applied
	}{
		{"fine -thing lang:fr", "", ""},
		{"", "query.empty", ""},
		{"...", "query.no_word query.empty", ""},
		{`a "b c`, "query.unclosed_quote", `a "b c"`},
		{"a (b OR c", "query.unclosed_paren", "a (b OR c)"},
		{"a) b", "query.unopened_paren", ""},
		{"a () b", "query.empty_group", ""},
		{"autor:jean x", "query.unknown_field_near", "author:jean x"},
		{"zzzzz:jean x", "query.unknown_field", ""},
		{"author: x", "query.missing_value", ""},
		{"a and b", "query.lower_operator", "a AND b"},
		{"a or b", "query.lower_operator", "a OR b"},
		{"a ET b", "query.french_operator", "a AND b"},
		{"a OU b", "query.french_operator", "a OR b"},
		{"a SAUF b", "query.french_operator", "a NOT b"},
		{"a et b", "query.french_operator", "a AND b"},
		{"a NEAR b", "query.near_words", "a NEAR/5 b"},
		{"a NEAR/x b", "query.near_words", "a NEAR/5 b"},
		{"a || b", "query.symbol_operator", "a OR b"},
		{"-a", "query.only_negative", ""},
		{"a OR -b", "query.only_negative", ""},
		{"a* b", "query.prefix_short", ""},
		{"* b", "query.no_word", ""},
		{"a*b", "query.inner_star", ""},
		{"a lang:xx", "query.unknown_language", ""},
		{"lang:french a", "query.unknown_language", "lang:fr a"},
		{"a since:tomorow", "query.bad_date", ""},
		{"a since:2026-02-30", "query.bad_date", ""},
		{"a -a", "query.contradictory", ""},
		{"a lang:fr lang:en", "query.contradictory", ""},
		{"a since:2026-11-21 until:2026-11-01", "query.contradictory", ""},
		{"a since:2026-11-21 until:2026-11-21", "", ""},
		{"kind:complaint kind:question", "", ""},
		{"a sentiment:negative sentiment:positive", "query.contradictory", ""},
		{"a kind:complant", "query.unknown_value", "a kind:complaint"},
		{"a kind:réclamation", "query.unknown_value", "a kind:complaint"},
		{"a kind:xxxxxxxxx", "query.unknown_value", ""},
		{"a sentiment:négatif", "query.unknown_value", "a sentiment:negative"},
		{"a emotion:colère", "query.unknown_value", "a emotion:anger"},
		{"a followers:many", "query.bad_count", ""},
		{"a followers:<0", "query.bad_count", ""},
		{"a followers>100", "query.missing_colon", "a followers:>100"},
		{"auteur:jean x", "query.unknown_field_near", "author:jean x"},
		{"a near/3 b", "query.lower_operator", "a NEAR/3 b"},
		{"\"a b\" ~3", "query.lone_tilde", ""},
		{"a NEAR/3 -b", "query.near_words", ""},
		{"a NEAR/3 (b c)", "query.near_words", ""},
		{"a NEAR/3 lang:fr", "query.near_words", ""},
		{"a NEAR/3f", "query.near_words", ""},
		{"a NEAR/xf b", "query.near_words", "a NEAR/5f b"},
		{"OR a", "query.missing_operand", ""},
		{"a AND", "query.missing_operand", ""},
		{"a NOT", "query.missing_operand", ""},
		{"a AND OR b", "query.missing_operand", ""},
		{"lang:(a b)", "query.no_group", ""},
		{"NEAR/3 a", "query.near_words", ""},
		{strings.Repeat("(", 60) + "a" + strings.Repeat(")", 60), "query.too_deep query.empty_group", ""},
		{strings.Repeat("ab ", 600), "query.too_many", ""},
		{strings.Repeat("abcdefghijklmnop ", 600), "query.too_long", ""},
	} {
		_, problems := Parse(c.in)
		var keys []string
		for _, p := range problems {
			keys = append(keys, p.Key)
		}
		if c.want != "" && strings.HasPrefix(c.want, "query.too") || c.want == "query.lower_operator" {
			if len(keys) == 0 || keys[0] != strings.Fields(c.want)[0] {
				t.Errorf("%.40q: %v, want %s", c.in, keys, c.want)
			}
		} else if d := cmp.Diff(c.want, strings.Join(keys, " ")); d != "" {
			t.Errorf("%.40q: %s", c.in, d)
		}
		if c.suggested != "" && len(problems) > 0 {
			p := problems[0]
			if got := c.in[:p.Start] + p.Suggestion + c.in[p.End:]; got != c.suggested {
				t.Errorf("%q: suggestion gives %q, want %q", c.in, got, c.suggested)
			}
		}
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	fr := NewDoc(Doc{
		Lang: "fr", Title: "Réclamation sur la livraison", URL: "https://www.forum.exemple.fr/sujet/12", Author: "acct:jean_d@social.exemple",
		AuthorName: "Jean Dupont", Channel: "Forum des clients", Kind: "question", Tags: []string{"Bon Plan"}, At: at, Now: at.AddDate(0, 0, 3),
		Kinds: []string{"complaint", "suggestion"}, Sentiment: "negative", Emotion: "anger", Followers: 1200, In: "s12 Après-ventes",
		Text: "J'adore l’imprimante d'Entente, mais les services après-vente ne répondent pas 🔥 #SAV voir https://boutique.exemple/commande/12",
	}, lang.NewStemmer())
	for q, want := range map[string]bool{
		"service":                  true,
		"SERVICES":                 true,
		"reclamations":             true,
		"réclamation livraison":    true,
		"absent":                   false,
		"service absent":           false,
		"service OR absent":        true,
		"service -absent":          true,
		"service -imprimante":      false,
		`"service après vente"`:    true,
		"après-vente":              true,
		`"vente après"`:            false,
		`"vente services"~1`:       true,
		`"imprimante vente"~1`:     false,
		"imprimante NEAR/6 vente":  true,
		"imprimante NEAR/6f vente": true,
		"vente NEAR/6f imprimante": false,
		"vente NEAR/6 imprimante":  true,
		"imprimante NEAR/4 vente":  false,
		"adore NEAR/0 imprimante":  true,
		"livraison NEAR/100 adore": false,
		"service NEAR/9 service":   false,
		"(absent OR impri*) NEAR/9f \"après vente\" NEAR/3 =répondent": true,
		"impri* NEAR/9f (vente NEAR/1f \"ne répondent pas\")":          true,
		"\"services après\" NEAR/0f vente":                             true,
		"\"services après\" NEAR/0f répondent":                         false,
		"kind:complaint":                                               true,
		"kind:praise":                                                  false,
		"sentiment:negative":                                           true,
		"sentiment:unknown":                                            false,
		"emotion:anger":                                                true,
		"emotion:none":                                                 false,
		"followers:>1199":                                              true,
		"followers:>1200":                                              false,
		"followers:1k..2k":                                             true,
		"in:ventes":                                                    true,
		"in:\"après ventes\"":                                          true,
		"in:vente":                                                     false,
		`"livraison adore"`:                                            false,
		"impri*":                                                       true,
		"imprimantes*":                                                 false,
		"imprimante*":                                                  true,
		"=Entente":                                                     true,
		"=entente":                                                     false,
		"=après":                                                       true,
		"=apres":                                                       false,
		"=services":                                                    true,
		"=service":                                                     false,
		"title:livraison":                                              true,
		"text:livraison":                                               false,
		"title:(livraison OR imprimante)":                              true,
		"title:(livraison imprimante)":                                 false,
		"🔥":                                                            true,
		"👍":                                                            false,
		"url:commande/12":                                              true,
		"url:SUJET":                                                    true,
		"site:exemple.fr":                                              true,
		"site:forum.exemple.fr":                                        true,
		"site:emple.fr":                                                false,
		"site:boutique.exemple":                                        false,
		"author:jean":                                                  true,
		"author:\"jean dupont\"":                                       true,
		"author:jean_d@social.exemple":                                 true,
		"author:dup*":                                                  true,
		"author:dup":                                                   false,
		"lang:fr":                                                      true,
		"lang:en":                                                      false,
		"lang:unknown":                                                 false,
		"channel:forum":                                                true,
		"kind:question":                                                true,
		"#sav":                                                         true,
		"tag:bonplan":                                                  true,
		"tag:bon":                                                      false,
		"tag:bon*":                                                     true,
		"plan":                                                         true,
		"since:2026-11-20":                                             true,
		"since:2026-11-21":                                             false,
		"until:2026-11-20":                                             true,
		"until:2026-11-19":                                             false,
		"since:7d":                                                     true,
		"since:2d":                                                     false,
		"until:2d":                                                     true,
		"since:2026-11 until:2026":                                     true,
		"(service OR x) (y OR livraison) -zzz":                         true,
	} {
		parsed, problems := Parse(q)
		if HasErrors(problems) {
			t.Errorf("%s: %v", q, problems)
		}
		if got := parsed.Match(fr); got != want {
			t.Errorf("%s matches %v, want %v", q, got, want)
		}
	}
}

func TestHostilePost(t *testing.T) {
	t.Parallel()
	d := NewDoc(Doc{Lang: "fr", Text: strings.Repeat("spam ", 60000), Tags: make([]string, 1000)}, nil)
	for _, src := range []string{`"` + strings.Repeat("spam ", 400) + `ham"`, `"` + strings.Repeat("spam ", 400) + `ham"~100`, "spa*", "spam NEAR/100 spam", "-(spam ham)"} {
		q, _ := Parse(src)
		if got, want := q.Match(d), !strings.Contains(src, "ham\""); got != want {
			t.Errorf("%.20q: %v, want %v", src, got, want)
		}
	}
}

func TestLocales(t *testing.T) {
	t.Parallel()
	var words [2]map[string]any
	for i, code := range []string{"en", "fr"} {
		b, err := os.ReadFile("../../locales/query." + code + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &words[i]); err != nil {
			t.Fatal(err)
		}
	}
	var used []string
	for _, f := range []string{"parse.go", "field.go", "lint.go", "exclude.go"} {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`"(query\.[a-z_]+)"`).FindAllStringSubmatch(string(b), -1) {
			used = append(used, m[1])
		}
	}
	slices.Sort(used)
	used = slices.Compact(used)
	for i := range words {
		if d := cmp.Diff(used, slices.Sorted(maps.Keys(words[i]))); d != "" {
			t.Error(d)
		}
	}
}

var pool = []string{"service", "services", "Réclamation", "livraison", "entente", "entreprises", "happy", "happiness", "printer", "print", "dying",
	"hoping", "hope", "informação", "informações", "l'avion", "après-vente", "12.5", "🔥", "👩‍👧", "東京", "#BonPlan", "@jean_d", "don't", "l’Été", "Straße", "qualité", "AND", "x"}

func drawQuery(t *rapid.T) string {
	part := rapid.Custom(func(t *rapid.T) string {
		w := rapid.SampledFrom(pool).Draw(t, "w")
		switch rapid.IntRange(0, 13).Draw(t, "form") {
		case 0:
			return `"` + w + " " + rapid.SampledFrom(pool).Draw(t, "w2") + `"`
		case 1:
			r := []rune(w)
			return string(r[:rapid.IntRange(1, len(r)).Draw(t, "n")]) + "*"
		case 2:
			return "=" + w
		case 3:
			return "-" + w
		case 4:
			return `"` + w + " " + rapid.SampledFrom(pool).Draw(t, "w2") + `"~2`
		case 5:
			return "title:" + w
		case 6:
			return "(" + w + " OR -" + rapid.SampledFrom(pool).Draw(t, "w2") + ")"
		case 7:
			return "(" + w + " OR " + rapid.SampledFrom(pool).Draw(t, "w2") + ")"
		case 8:
			return "tag:" + rapid.SampledFrom([]string{"bonplan", "bon_plan", "Été", "bon*"}).Draw(t, "tag")
		case 10:
			op := rapid.SampledFrom([]string{" NEAR/2 ", " NEAR/0f ", " NEAR/5f ", " NEAR/100 "}).Draw(t, "near")
			left := rapid.SampledFrom([]string{w, "(" + w + " OR ser*)", `"service livraison"`, "(" + w + op + "hope)", "title:" + w, "=" + w}).Draw(t, "left")
			return "(" + left + op + rapid.SampledFrom(pool).Draw(t, "w2") + rapid.SampledFrom([]string{"", op + "service"}).Draw(t, "more") + ")"
		case 11:
			return rapid.SampledFrom([]string{"kind:complaint", "kind:post", "sentiment:negative", "sentiment:unknown", "emotion:joy", "followers:>10", "followers:5..50",
				"in:shop", "author:jean", "author:jean*", "site:exemple.fr", "url:sujet", "channel:forum", "since:2026", "until:7d", "-kind:complaint", "-lang:fr"}).Draw(t, "field")
		case 9:
			return "lang:" + rapid.SampledFrom([]string{"fr", "en", "pt"}).Draw(t, "lang")
		}
		return w
	})
	return strings.Join(rapid.SliceOfN(part, 1, 4).Draw(t, "parts"), rapid.SampledFrom([]string{" ", " OR ", " AND "}).Draw(t, "op"))
}

func drawDoc(t *rapid.T) *Doc {
	raw := drawRaw(t)
	return NewDoc(raw, nil)
}

func drawRaw(t *rapid.T) Doc {
	texts := rapid.SliceOfN(rapid.SampledFrom(pool), 0, 12)
	return Doc{
		Lang:  rapid.SampledFrom([]string{"", "fr", "en", "de", "pt", "ja"}).Draw(t, "lang"),
		Title: strings.Join(texts.Draw(t, "title")[:0:0], " ") + rapid.SampledFrom(pool).Draw(t, "t"),
		Text:  strings.Join(texts.Draw(t, "text"), " "),
		Tags:  rapid.SliceOfN(rapid.SampledFrom([]string{"Bon Plan", "bonplan", "été"}), 0, 2).Draw(t, "tags"),
		Kind:  rapid.SampledFrom([]string{"", "question"}).Draw(t, "kind"), Kinds: rapid.SliceOfN(rapid.SampledFrom([]string{"complaint", "Praise"}), 0, 2).Draw(t, "kinds"),
		Sentiment: rapid.SampledFrom([]string{"", "negative"}).Draw(t, "sentiment"), Emotion: rapid.SampledFrom([]string{"", "joy"}).Draw(t, "emotion"),
		Followers: rapid.IntRange(0, 60).Draw(t, "followers"), In: rapid.SampledFrom([]string{"", "Shop talk"}).Draw(t, "in"),
		Author: rapid.SampledFrom([]string{"", "acct:jean_d@x.example", "mailto:Jeanne@y.example"}).Draw(t, "author"), AuthorName: rapid.SampledFrom([]string{"", "Jean Dupont"}).Draw(t, "name"),
		URL: rapid.SampledFrom([]string{"", "https://www.forum.exemple.fr/Sujet/1", "https://exemple.fr"}).Draw(t, "url"), Channel: rapid.SampledFrom([]string{"", "Forum one"}).Draw(t, "channel"),
		At: time.Date(rapid.IntRange(2025, 2026).Draw(t, "year"), 3, 1, 0, 0, 0, 0, time.UTC), Now: time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC),
	}
}

// lets evaluates a narrowing over the words of an index, as an engine does.
func (s *sieve) lets(words []string) bool {
	switch s.op {
	case opAnd:
		return !slices.ContainsFunc(s.kids, func(k *sieve) bool { return !k.lets(words) })
	case opOr:
		return slices.ContainsFunc(s.kids, func(k *sieve) bool { return k.lets(words) })
	}
	for i, w := range s.words {
		beginning := s.prefix && i == len(s.words)-1
		if !slices.ContainsFunc(words, func(x string) bool { return x == w || beginning && strings.HasPrefix(x, w) }) {
			return false
		}
	}
	return true
}

func TestProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		srcs := rapid.SliceOfN(rapid.Custom(drawQuery), 1, 30).Draw(t, "queries")
		var queries []*Query
		for _, src := range srcs {
			q, _ := Parse(src)
			again, problems := Parse(q.String())
			if !q.Empty() && again.String() != q.String() {
				t.Fatalf("%q: %q parses to %q %v", src, q, again, problems)
			}
			queries = append(queries, q)
		}
		set := NewSet(queries)
		m := set.NewMatcher()
		for range 5 {
			raw := drawRaw(t)
			if rapid.Bool().Draw(t, "hostile") {
				raw.Text = rapid.StringN(0, 60, 200).Draw(t, "any") + " " + raw.Text + rapid.StringMatching(`([#@'’.:)🔥8😀é]|[a-z]){0,40}`).Draw(t, "odd")
			}
			d := NewDoc(raw, nil)
			words := strings.Fields(d.IndexText(nil))
			var want []int
			for i, q := range queries {
				again, _ := Parse(q.String())
				hit := q.Match(d)
				if again.Match(d) != hit {
					t.Fatalf("%q: canonical form %q matches otherwise", srcs[i], q)
				}
				if !hit {
					continue
				}
				want = append(want, i)
				if n := narrow(q.root); n != nil && !n.lets(words) {
					t.Fatalf("%q narrows to %s and loses %v", srcs[i], q.Narrow(SQLite), words)
				}
			}
			if got := set.Match(d); !slices.Equal(got, want) {
				t.Fatalf("set gives %v, one by one %v", got, want)
			}
			var got []int
			for _, i := range m.Match(&raw) {
				got = append(got, int(i))
			}
			if !slices.Equal(got, want) {
				t.Fatalf("a matcher gives %v for a post as it is, one by one %v", got, want)
			}
		}
	})
}

func TestNarrow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, sqlite, postgres string }{
		{"-a", "", ""},
		{"lang:fr", "", ""},
		{"a OR lang:fr", "", ""},
		{"entente -a", `"entente" OR "entent"`, `'entente' | 'entent'`},
		{`chat noir lang:fr`, `"chat" AND "noir"`, `'chat' & 'noir'`},
		{`"a b"`, `"a" AND "b"`, `'a' & 'b'`},
		{"12*", `"12" *`, `'12':*`},
		{"tag:été", `"t0ete"`, `'t0ete'`},
	} {
		q, _ := Parse(c.in)
		if d := cmp.Diff([]string{c.sqlite, c.postgres}, []string{q.Narrow(SQLite), q.Narrow(Postgres)}); d != "" {
			t.Errorf("%s: %s", c.in, d)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`a "b c"~3 OR (d -e*) lang:fr`, `title:(x OR "y`, "=É #t @n https://x.y", "a NEAR/3 b", "\xff\"", "((((", `(a OR "b c") NEAR/3f d* -kind:complaint followers:>1k`, "kind:question sentiment:x NEAR/0", "-- - NOT", "«»"} {
		f.Add(s)
	}
	d := NewDoc(Doc{Lang: "fr", Title: "Une réclamation", Text: "le texte b c d #t"}, nil)
	f.Fuzz(func(t *testing.T, s string) {
		q, problems := Parse(s)
		for _, p := range problems {
			if p.Start < 0 || p.End < p.Start || p.End > len(s) || p.Key == "" {
				t.Fatalf("%q: problem %+v", s, p)
			}
		}
		if q.Empty() != (q.String() == "") {
			t.Fatalf("%q: empty %v, prints %q", s, q.Empty(), q)
		}
		if q.Empty() && !HasErrors(problems) {
			t.Fatalf("%q is empty without an error", s)
		}
		if c := q.String(); len(c) <= MaxBytes {
			again, _ := Parse(c)
			if again.String() != c {
				t.Fatalf("%q prints %q, which prints %q", s, c, again)
			}
			if again.Match(d) != q.Match(d) {
				t.Fatalf("%q and its canonical form %q match differently", s, c)
			}
		}
		if got := len(NewSet([]*Query{q}).Match(d)) == 1; got != q.Match(d) {
			t.Fatalf("%q: a set matches %t", s, got)
		}
		q.Narrow(Postgres)
		if excluded, problems := ParseExclusions(s); !HasErrors(problems) && excluded.Match(d) && q.Without(excluded).Match(d) {
			t.Fatalf("%q: excluded and found", s)
		}
	})
}
