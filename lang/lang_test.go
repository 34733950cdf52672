package lang_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/lang"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	names := map[lang.Kind]string{lang.Word: "w", lang.Number: "n", lang.URL: "u", lang.Tag: "t", lang.Name: "@", lang.Emoji: "e", lang.Emoticon: "s", lang.Punct: "p"}
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"J'adore l’avion", "w:J' w:adore w:l’ w:avion"},
		{"Aujourd'hui, qu'il", "w:Aujourd'hui p:, w:qu' w:il"},
		{"don't rock'n'roll 'quoted'", "w:don't w:rock'n'roll p:' w:quoted p:'"},
		{"Voir https://exemple.fr/a_(b)?x=1, merci", "w:Voir u:https://exemple.fr/a_(b)?x=1 p:, w:merci"},
		{"(www.exemple.fr) http:// x", "p:( u:www.exemple.fr p:) w:http p:: p:// w:x"},
		{"#BonPlan #1 C#4 @jean_d@example.org. a@b.fr", "t:#BonPlan p:# n:1 w:C p:# n:4 @:@jean_d@example.org p:. w:a p:@ w:b p:. w:fr"},
		{"12.5 1,000 3D 15h30 10:30 ", "n:12.5 n:1,000 w:3D w:15h30 n:10 p:: n:30"},
		{"top 👩‍👩‍👧‍👦👍🏽🇫🇷🇩🇪 ❤️ 1️⃣ ©", "w:top e:👩‍👩‍👧‍👦 e:👍🏽 e:🇫🇷 e:🇩🇪 e:❤️ e:1️⃣ p:©"},
		{"bien :-) <3 :'( super:D http://a.b/:) :/ !!!", "w:bien s::-) s:<3 s::'( w:super s::D u:http://a.b/ s::) s::/ p:!!!"},
		{"東京に ภา 한국어", "w:東 w:京 w:に w:ภ w:า w:한국어"},
		{"e\u0301te\u0301 l\u00adong", "w:e\u0301te\u0301 w:l\u00adong"},
		{"a\xffb\x00", "w:a p:\xff w:b"},
	} {
		var got []string
		for _, tok := range lang.Tokens(c.in) {
			got = append(got, names[tok.Kind]+":"+c.in[tok.Start:tok.End])
		}
		if d := cmp.Diff(c.want, strings.Join(got, " ")); d != "" {
			t.Errorf("%q: %s", c.in, d)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain": "plain", "Œuvre À NOËL": "oeuvre a noel", "Straße ẞ": "strasse ss", "Øł Đ æ ŋ": "ol d ae n",
		"İstanbul ıI": "istanbul ii", "ΟΔΟΣ": "οδοσ", "Ёлка": "елка", "ﬁn ²": "fin 2", "٣٤": "34", "Ą̊ ǅ": "a dz", "\u1112\u1161\u11ab": "한",
	} {
		if got := lang.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestStems(t *testing.T) {
	t.Parallel()
	st := lang.NewStemmer()
	for _, c := range []struct{ code, in, want string }{
		{"fr", "J'adore les Réseaux d’Entente !", "ador le reseau entent"},
		{"en", "The company's services don't work", "the compani servic dont work"},
		{"", "The company's services", "the company services"},
		{"fr-CA", "e-mail 12.5 #BonPlan @jean_d https://x.y/z", "e mail 12 5 bonplan jean d"},
		{"en", "fire 🔥👍🏽 :) 👩‍👧", "fire u1f525 u1f44d u1f469u1f467"},
		{"ja", "東京𠮷", "東 京 u20bb7"},
	} {
		if got := st.Stems(c.code, c.in); got != c.want {
			t.Errorf("Stems(%q, %q) = %q, want %q", c.code, c.in, got, c.want)
		}
	}
}

func TestFormsShareAStem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ code, forms string }{
		{"fr", "service services Service SERVICES"},
		{"fr", "réseau reseau réseaux"},
		{"fr", "abonné abonnée abonnés abonnées abonner abonne"},
		{"fr", "livraison livraisons"},
		{"fr", "journal journaux"},
		{"fr", "heureux heureuse heureuses"},
		{"fr", "différent différence"},
		{"en", "hope hoping hopes"},
		{"en", "sky skies"},
		{"fr", "qualité qualités qualite"},
		{"en", "complaint complaints"},
		{"en", "happy happiness"},
		{"en", "delivered delivering deliver delivers"},
		{"es", "reclamación reclamaciones reclamacion"},
		{"pt", "informação informações informacao"},
		{"it", "servizio servizi"},
		{"de", "Straße Strasse Straßen"},
		{"sv", "Ärende ärende"},
	} {
		forms := strings.Fields(c.forms)
		for _, f := range forms[1:] {
			if a, b := lang.Stem(c.code, forms[0]), lang.Stem(c.code, f); a != b {
				t.Errorf("%s: %s gives %q, %s gives %q", c.code, forms[0], a, f, b)
			}
		}
	}
}

func TestStemProperties(t *testing.T) {
	t.Parallel()
	st := lang.NewStemmer()
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom(append(lang.Stemmed(), "", "ja", "fr-CA")).Draw(t, "code")
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`([a-zA-Zéèçñãüß'’ -]|ation|ement|ness|ing|ées|🔥|9){0,30}`)).Draw(t, "text")
		stems := lang.Stems(code, text)
		for i := 0; i < 2; i++ { // the second time from memory
			if got := strings.Fields(st.Stems(code, text)); strings.Join(got, " ") != strings.Join(stems, " ") {
				t.Fatalf("with memory %q, without %q", got, stems)
			}
		}
		for _, s := range stems {
			if lang.Term(s) != s || len(s) > 64 {
				t.Fatalf("stem %q is not a plain term", s)
			}
		}
		lang.Words(text, func(tok lang.Token) bool {
			w := text[tok.Start:tok.End]
			term, stem := lang.Term(w), lang.Stem(code, w)
			if stem != lang.Stem(code, term) {
				t.Fatalf("%q: stem %q, from its term %q", w, stem, lang.Stem(code, term))
			}
			n := 0
			for n < len(stem) && n < len(term) && stem[n] == term[n] {
				n++
			}
			ok := false
			for _, tail := range lang.StemTails() {
				ok = ok || stem[n:] == tail
			}
			if !ok {
				t.Fatalf("stem %q of %q breaks the promise", stem, term)
			}
			return true
		})
	})
}

func FuzzWalk(f *testing.F) {
	for _, s := range []string{"J'adore #été @a@b.c https://x.y 👩‍👧 :) 12.5", "\xff\xf0\x9f", "1️⃣#️⃣", "l'", "@", "a\u200d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, tok := range lang.Tokens(s) {
			if tok.Start < last || tok.End <= tok.Start || tok.End > len(s) {
				t.Fatalf("token %v after %d in %q", tok, last, s)
			}
			last = tok.End
		}
		for _, stem := range lang.Stems("fr", s) {
			if stem != lang.Term(stem) {
				t.Fatalf("stem %q of %q", stem, s)
			}
		}
	})
}
