package classify_test

import (
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/lang/classify"
)

func open(t testing.TB) *classify.Classifier {
	t.Helper()
	c, err := classify.Open()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClassifyPlainPosts(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, tt := range []struct {
		lang, text string
		want       []string
	}{
		{"en", "I love this app, it works perfectly. Thank you so much!", []string{"sentiment:positive", "kind:praise"}},
		{"en", "Worst service ever, my order never arrived and nobody answers.", []string{"sentiment:negative", "kind:complaint"}},
		{"en", "The app crashes every time I open it since the last update", []string{"sentiment:negative", "kind:complaint"}},
		{"en", "Please add a dark mode, it would be great to have one", []string{"kind:suggestion"}},
		{"en", "How can I change my delivery address?", []string{"kind:question"}},
		{"en", "Do you have any openings for a junior accountant? I would like to send my CV", []string{"kind:job"}},
		{"en", "I want to buy the larger model, how much is it and is it in stock?", []string{"kind:lead"}},
		{"en", "You are a stupid idiot, shut up", []string{"aggression:insult"}},
		{"en", "I am so sad, my dog died yesterday and I can't stop crying", []string{"emotion:sadness"}},
		{"fr", "J'adore cette application, elle marche parfaitement, merci beaucoup !", []string{"sentiment:positive", "kind:praise"}},
		{"fr", "Service déplorable, mon colis n'est jamais arrivé et personne ne répond.", []string{"sentiment:negative", "kind:complaint"}},
		{"fr", "L'appli plante à chaque ouverture depuis la dernière mise à jour", []string{"sentiment:negative", "kind:complaint"}},
		{"fr", "Il faudrait ajouter un mode sombre, ce serait vraiment pratique", []string{"kind:suggestion"}},
		{"fr", "Comment est-ce que je peux changer mon adresse de livraison", []string{"kind:question"}},
		{"fr", "Bonjour, recherchez-vous un apprenti pour la rentrée ? Je peux vous envoyer mon CV", []string{"kind:job"}},
		{"fr", "Je voudrais acheter le grand modèle, quel est le prix et est-il disponible ?", []string{"kind:lead"}},
		{"fr", "Ferme ta gueule espèce de connard", []string{"aggression:insult"}},
		{"de", "Das ist einfach wunderbar, vielen Dank!", []string{"sentiment:positive"}},
		{"es", "Qué asco de servicio, es horrible", []string{"sentiment:negative"}},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			l := c.Classify(tt.text, classify.Options{Lang: tt.lang})
			if l.Language != tt.lang {
				t.Errorf("the language is %q", l.Language)
			}
			for _, want := range tt.want {
				of, err := classify.LabelOf(want)
				if err != nil {
					t.Fatal(err)
				}
				got := false
				switch of.Head {
				case classify.SentimentHead:
					got = uint8(l.Sentiment) == of.Index
				case classify.KindHead:
					got = l.Kinds.Has(classify.Kind(of.Index))
				case classify.EmotionHead:
					got = uint8(l.Emotion) == of.Index
				case classify.AggressionHead:
					got = uint8(l.Aggression) == of.Index
				}
				if !got {
					t.Errorf("not %s: %+v", want, l)
				}
			}
		})
	}
}

func TestClassifyPoorTexts(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, text := range []string{"", " ", "\x00\xff", "???", "42", strings.Repeat("a", 1<<20), strings.Repeat("non ", 1<<18), strings.Repeat("😡", 5000)} {
		l := c.Classify(text, classify.Options{})
		check(t, &l)
		if text == "" && (l.Sure(classify.SentimentHead) || l.Kinds != 0 || l.Aggression != classify.NoAggression) {
			t.Errorf("nothing is said, and yet: %+v", l)
		}
	}
}

func TestClassifyTooLittle(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, text := range []string{"a", "A", "ok", "x y", "42", "!", "zz", "👍"} {
		l := c.Classify(text, classify.Options{})
		if l.Language != "" {
			continue // told after all
		}
		if l.Kinds != 0 || l.KindP != [6]float64{} || l.Sure(classify.KindHead) {
			t.Errorf("%q is of kinds %v, %v", text, l.Kinds, l.KindP)
		}
		e := c.Explain(text, classify.Label{Head: classify.KindHead, Index: uint8(classify.Praise)}, classify.Options{})
		if e.P != 0 {
			t.Errorf("%q is explained as praise, %v", text, e.P)
		}
	}
	// three words may be enough, and a known language is
	if l := c.Classify("Thank you!", classify.Options{Lang: "en"}); l.Language != "en" || l.KindP[classify.Praise] == 0 {
		t.Errorf("thanks are nothing: %+v", l)
	}
}

// check finds what no answer may be.
func check(t *testing.T, l *classify.Labels) {
	t.Helper()
	sum := func(ps []float64) float64 {
		s := 0.0
		for _, p := range ps {
			if p < 0 || p > 1 || math.IsNaN(p) {
				t.Errorf("a probability of %v", p)
			}
			s += p
		}
		return s
	}
	for _, s := range []float64{sum(l.SentimentP[:]), sum(l.EmotionP[:]), sum(l.AggressionP[:])} {
		if math.Abs(s-1) > 1e-6 {
			t.Errorf("probabilities sum to %v", s)
		}
	}
	sum(l.KindP[:])
	sum([]float64{l.LanguageP})
}

func FuzzClassify(f *testing.F) {
	c := open(f)
	for _, s := range []string{"Bonjour !", "so baaaad :( #fail http://x.y @me", "\xff\xfe", "لا", "好", "🏳️‍🌈", "I can't… mais bon"} {
		f.Add(s, "fr")
	}
	f.Fuzz(func(t *testing.T, text, lang string) {
		o := classify.Options{Lang: lang}
		l := c.Classify(text, o)
		check(t, &l)
		if again := c.Classify(text, o); again != l {
			t.Errorf("twice the same text: %+v, %+v", l, again)
		}
		for _, h := range classify.Heads() {
			for i := range h.Labels() {
				e := c.Explain(text, classify.Label{Head: h, Index: uint8(i)}, o)
				sum := e.Bias
				for _, w := range e.Weights {
					sum += w.Value
					if w.Start < 0 || w.End > len(text) || w.Start > w.End || w.End > w.Start && w.Text != text[w.Start:w.End] {
						t.Fatalf("a piece that does not stand there: %+v", w)
					}
				}
				if math.Abs(sum-e.Score) > 1e-6*(1+math.Abs(e.Score)) || math.IsNaN(sum) {
					t.Errorf("%v: the weights sum to %v, not %v", e.Label, sum, e.Score)
				}
			}
		}
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	c := open(t)
	const text = "The delivery was awful, but I love the chairs"
	l := c.Classify(text, classify.Options{Lang: "en"})
	e := c.Explain(text, classify.Label{Head: classify.KindHead, Index: uint8(classify.Complaint)}, classify.Options{Lang: "en"})
	// the score of a kind is the logit of its probability
	if p := 1 / (1 + math.Exp(-e.Score)); math.Abs(p-l.KindP[classify.Complaint]) > 1e-3 || math.Abs(e.P-p) > 1e-3 {
		t.Errorf("score %v means %v, but the model says %v", e.Score, p, l.KindP[classify.Complaint])
	}
	e = c.Explain(text, classify.Label{Head: classify.SentimentHead, Index: uint8(classify.Negative)}, classify.Options{Lang: "en"})
	for _, w := range e.Weights {
		if w.Text == "awful" {
			if w.Value <= 0 {
				t.Errorf("awful speaks against negative: %v", w.Value)
			}
			return
		}
	}
	t.Errorf("awful weighs nothing: %+v", e.Weights)
}

func TestClassifyAtOnce(t *testing.T) {
	t.Parallel()
	c := open(t)
	texts := []string{"I love it", "Je déteste ça", "Wie geht das?", "http://example.org"}
	var want []classify.Labels
	for _, s := range texts {
		want = append(want, c.Classify(s, classify.Options{}))
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				if got := c.Classify(texts[i%len(texts)], classify.Options{}); got != want[i%len(texts)] {
					t.Errorf("%q: %+v, then %+v", texts[i%len(texts)], want[i%len(texts)], got)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestClassifyAllocatesNothing(t *testing.T) {
	c := open(t)
	c.Classify(post, classify.Options{})
	if n := testing.AllocsPerRun(200, func() { c.Classify(post, classify.Options{}) }); n >= 1 {
		t.Errorf("%v allocations a text", n)
	}
}

func TestCard(t *testing.T) {
	t.Parallel()
	c := open(t)
	card, err := c.Card()
	if err != nil {
		t.Fatal(err)
	}
	if card.Version != c.Version() || len(card.Figures) < 20 || len(card.Weak) == 0 {
		t.Errorf("version %q of %q, %d figures, %d weaknesses", card.Version, c.Version(), len(card.Figures), len(card.Weak))
	}
	for _, d := range card.Data {
		if strings.Contains(d.File, "-NC") && d.Use == "training" {
			t.Errorf("%s may not be learned from", d.File)
		}
	}
	for _, h := range classify.Heads() {
		m := c.Confusion(classify.Label{Head: h}, "fr")
		if len(m) < 2 || len(m) != len(m[0]) {
			t.Errorf("%v: the confusion matrix is %v", h, m)
		}
	}
}

func TestReadRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "ECL2", "ECL3", "ECL3\x01\x05\x00\x00", "ECL3\x01\x05\x00\x09aaaaaaaaaaaaaaaaaaaaaaaa", "ECL3\x09aaaaaaaaaaaaaaaaaaaaaaaaaaaa", strings.Repeat("\xff", 300)} {
		if c, err := classify.Read(s); err == nil {
			t.Errorf("%q is read: %v", s[:min(len(s), 20)], c)
		}
	}
}

func TestReadRefusesDamage(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("weights.bin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := classify.Read(string(file)); err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{"cut": file[:len(file)-1], "cut before the table": file[:len(file)/20], "more": append(slices.Clip(file), 1), "changed": changed(file, len(file)*2/3)} {
		if _, err := classify.Read(string(damaged)); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
}

func changed(file []byte, at int) []byte {
	out := slices.Clone(file)
	out[at] ^= 0x55
	return out
}

// TestRest gives the weights back while others use them: the answers stay the same.
func TestRest(t *testing.T) {
	t.Parallel()
	c := open(t)
	const text = "The battery died after two weeks and nobody answers, I want my money back"
	want := c.Classify(text, classify.Options{})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				if got := c.Classify(text, classify.Options{}); got != want {
					t.Errorf("%+v after a rest, %+v before", got, want)
				}
				c.Rest()
			}
		})
	}
	all.Wait()
}

func TestLabelOf(t *testing.T) {
	t.Parallel()
	for _, h := range classify.Heads() {
		for i := range h.Labels() {
			want := classify.Label{Head: h, Index: uint8(i)}
			got, err := classify.LabelOf(want.String())
			if err != nil || got != want {
				t.Errorf("%v becomes %v, %v", want, got, err)
			}
		}
	}
	if _, err := classify.LabelOf("kind:nonsense"); err == nil {
		t.Error("nonsense is a kind")
	}
	k := classify.KindsOf(classify.Lead, classify.Praise)
	if diff := cmp.Diff("praise,lead", k.String()); diff != "" {
		t.Error(diff)
	}
}

// post has 93 bytes, as many as a post usually has.
const post = "Mon colis n'est toujours pas arrivé, ça fait dix jours que j'attends une réponse @boutique 😡"

func BenchmarkClassify(b *testing.B) {
	if !utf8.ValidString(post) {
		b.Fatal("not a text")
	}
	c := open(b)
	b.ReportAllocs()
	for b.Loop() {
		c.Classify(post, classify.Options{})
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
}
