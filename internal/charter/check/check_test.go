package check_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/charter/check"
	"github.com/entente/entente/lang/classify"
)

// letters are the checks that look at words alone.
func letters() map[charter.Check]string {
	return map[charter.Check]string{charter.BringsSomething: "B", charter.DoesNotSell: "S", charter.NotAggressive: "A", charter.NextStep: "N",
		charter.NoPersonalData: "P", charter.SaysWho: "M"}
}

func all() []charter.Clause {
	var out []charter.Clause
	for _, c := range charter.Checks() {
		out = append(out, charter.Clause{ID: string(c), Check: c, Binding: true})
	}
	return out
}

func tone(t testing.TB) check.Tone {
	t.Helper()
	c, err := classify.Open()
	if err != nil {
		t.Fatal(err)
	}
	return func(sentence string) (string, float64) {
		l := c.Classify(sentence, classify.Options{})
		p := 1 - l.AggressionP[classify.NoAggression]
		if l.Aggression == classify.NoAggression || p < 0.5 {
			return "", 0
		}
		return l.Aggression.String(), p
	}
}

// in is a text said in public, in a known place that shows the name of who speaks.
func in(text string) check.Input {
	return check.Input{Text: text, Speaker: check.Speaker{Name: "Karim Belhadj", Organisation: "Bruyère", Shown: true}, Place: check.Place{Own: true},
		Before: check.Before{Public: true, Negative: true}}
}

// TestAsPeopleJudge measures how often a broken rule is rightly named, on texts judged beforehand, and holds what was reached.
func TestAsPeopleJudge(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]judged{"en": english(), "fr": french(), "tricky en": trickyEnglish(), "tricky fr": trickyFrench()} {
		right, wrong, missed := map[string]int{}, map[string]int{}, map[string]int{}
		for _, j := range texts {
			i := in(j.text)
			i.Tone = tone(t)
			for _, f := range check.Find(all(), i) {
				l, ok := letters()[f.Check]
				if !ok {
					continue
				}
				said, is := f.Verdict == check.NotMet, strings.Contains(j.wrong, l)
				switch {
				case said && is:
					right[l]++
				case said:
					wrong[l]++
					t.Logf("%s: wrongly %s (%s): %s", name, f.Check, f.Reason, j.text)
				case is:
					missed[l]++
					t.Logf("%s: missed %s (%s): %s", name, f.Check, f.Reason, j.text)
				}
			}
		}
		var r, w, m int
		for _, l := range letters() {
			r, w, m = r+right[l], w+wrong[l], m+missed[l]
			t.Logf("%s %s: %d right, %d wrong, %d missed", name, l, right[l], wrong[l], missed[l])
		}
		precision, recall := float64(r)/float64(r+w), float64(r)/float64(r+m)
		t.Logf("%s: %d texts, precision %.3f, recall %.3f", name, len(texts), precision, recall)
		if precision < 0.97 || recall < 0.7 {
			t.Errorf("%s: precision %.3f, recall %.3f, want at least 0.97 and 0.7", name, precision, recall)
		}
	}
}

// TestFacts holds what is decided by who speaks where and after what, not by words.
func TestFacts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	hello := "Hello, I am Karim from the workshop of Bruyère. Take the battery out; I look again tonight."
	for name, c := range map[string]struct {
		change func(*check.Input)
		of     charter.Check
		want   check.Verdict
	}{
		"nobody speaks":                    {func(i *check.Input) { i.Speaker = check.Speaker{} }, charter.SaysWho, check.NotMet},
		"no name is seen":                  {func(i *check.Input) { i.Speaker.Shown = false }, charter.SaysWho, check.NotMet},
		"named in the text":                {func(i *check.Input) { i.Speaker.Shown, i.Text = false, hello }, charter.SaysWho, check.Met},
		"a word is no name":                {func(i *check.Input) { i.Speaker = check.Speaker{Name: "Grace Lo"}; i.Text = "With grace." }, charter.SaysWho, check.NotMet},
		"named before":                     {func(i *check.Input) { i.Speaker.Shown, i.Speaker.Named = false, true }, charter.SaysWho, check.Met},
		"nobody knows the place":           {func(i *check.Input) { i.Place = check.Place{} }, charter.KnowsPlace, check.CannotTell},
		"too early":                        {func(i *check.Input) { i.Place = check.Place{ReadUntil: now.Add(time.Hour)} }, charter.KnowsPlace, check.NotMet},
		"read long enough":                 {func(i *check.Input) { i.Place = check.Place{ReadUntil: now} }, charter.KnowsPlace, check.Met},
		"first word there":                 {func(i *check.Input) { i.Place = check.Place{} }, charter.Introduced, check.NotMet},
		"first word there, with a name":    {func(i *check.Input) { i.Place, i.Text = check.Place{}, hello }, charter.Introduced, check.Met},
		"a colleague has spoken there":     {func(i *check.Input) { i.Place = check.Place{Spoken: true} }, charter.Introduced, check.CannotTell},
		"introduced once":                  {func(i *check.Input) { i.Place = check.Place{Introduced: true} }, charter.Introduced, check.Met},
		"prices were asked for":            {func(i *check.Input) { i.Before.Buying, i.Text = true, "Ten percent off today." }, charter.DoesNotSell, check.Met},
		"prices were not asked for":        {func(i *check.Input) { i.Text = "Ten percent off today." }, charter.DoesNotSell, check.NotMet},
		"an address in private":            {func(i *check.Input) { i.Private, i.Text = true, "ada@mail.example" }, charter.NoPersonalData, check.Met},
		"an address of ours":               {func(i *check.Input) { i.Ours, i.Text = []string{"@velo.example"}, "Write to help@velo.example" }, charter.NoPersonalData, check.Met},
		"a quoted address":                 {func(i *check.Input) { i.Text = "> ada@mail.example" }, charter.NoPersonalData, check.NotMet},
		"a card":                           {func(i *check.Input) { i.Text = "4111 1111 1111 1111" }, charter.NoPersonalData, check.NotMet},
		"a number in a link":               {func(i *check.Input) { i.Text = "https://velo.example/order-4711111" }, charter.NoPersonalData, check.Met},
		"a complaint, in public alone":     {func(i *check.Input) { i.Text = "You are right." }, charter.PublicAndPrivate, check.NotMet},
		"a complaint, private is promised": {func(i *check.Input) { i.Text = "I write to you in private." }, charter.PublicAndPrivate, check.CannotTell},
		"a complaint, both":                {func(i *check.Input) { i.Before.Followed = true }, charter.PublicAndPrivate, check.Met},
		"a complaint, in private alone":    {func(i *check.Input) { i.Private = true }, charter.PublicAndPrivate, check.NotMet},
		"no complaint":                     {func(i *check.Input) { i.Before.Negative = false }, charter.PublicAndPrivate, check.Met},
	} {
		i := in("It is the valve.")
		i.Now = now
		c.change(&i)
		for _, f := range check.Find(all(), i) {
			if f.Check == c.of && f.Verdict != c.want {
				t.Errorf("%s: %s (%s), want %s", name, f.Verdict, f.Reason, c.want)
			}
		}
	}
}

// TestReach holds that a rule for public places does not bind private words, and that only binding rules refuse.
func TestReach(t *testing.T) {
	t.Parallel()
	rules := []charter.Clause{{ID: "a", Check: charter.DoesNotSell, Binding: true, Reach: charter.InPublic}, {ID: "b", Check: charter.NotAggressive}, {ID: "c"}}
	i := in("Buy now, you idiot!")
	got := check.Find(rules, i)
	if len(got) != 3 || !got[0].Refuses() || got[1].Refuses() || got[1].Verdict != check.NotMet || got[2].Verdict != check.CannotTell {
		t.Errorf("in public %+v", got)
	}
	i.Private = true
	if got = check.Find(rules, i); len(got) != 2 || got[0].Rule != "b" {
		t.Errorf("in private %+v", got)
	}
}

// words are drawn from what the rules look for, so that properties meet their corners.
func words(t *rapid.T) string {
	pool := append(append(english(), french()...), append(trickyEnglish(), trickyFrench()...)...)
	var parts []string
	for range rapid.IntRange(0, 3).Draw(t, "n") {
		p := rapid.SampledFrom(pool).Draw(t, "text").text
		from := rapid.IntRange(0, len(p)).Draw(t, "from")
		parts = append(parts, p[from:])
	}
	return strings.Join(append(parts, rapid.StringN(0, 20, -1).Draw(t, "noise")), rapid.SampledFrom([]string{" ", "\n", "\n> ", " « "}).Draw(t, "between"))
}

// TestQuotedIsNotOwn holds that what is quoted says nothing of who quotes it; only what must not be published is looked for there too.
func TestQuotedIsNotOwn(t *testing.T) {
	t.Parallel()
	judge := tone(t)
	rapid.Check(t, func(t *rapid.T) {
		i := in(words(t))
		i.Tone = judge
		quoted := i
		quoted.Text += "\n> " + strings.NewReplacer("\n", "\n> ", "»", "", "”", "", "“", "", "\"", "").Replace(words(t))
		was, is := check.Find(all(), i), check.Find(all(), quoted)
		for n := range was {
			if was[n].Check != charter.NoPersonalData && was[n].Verdict != is[n].Verdict {
				t.Fatalf("%s: %s alone, %s with a quotation\n%q", was[n].Check, was[n].Verdict, is[n].Verdict, quoted.Text)
			}
		}
	})
}

// TestNextStepNeverWorsens holds that saying what happens next makes no verdict worse.
func TestNextStepNeverWorsens(t *testing.T) {
	t.Parallel()
	judge := tone(t)
	worth := map[check.Verdict]int{check.NotMet: 0, check.CannotTell: 1, check.Met: 2}
	rapid.Check(t, func(t *rapid.T) {
		i := in(words(t))
		i.Tone = judge
		further := i
		further.Text += "\n" + rapid.SampledFrom([]string{"I write to you again on Thursday.", "Tell me tonight whether it holds.", "I call you tomorrow.",
			"Je vous réponds ici jeudi.", "Dites-moi ce soir si cela tient.", "Je vous rappelle demain."}).Draw(t, "step")
		was, is := check.Find(all(), i), check.Find(all(), further)
		for n := range was {
			if worth[is[n].Verdict] < worth[was[n].Verdict] {
				t.Fatalf("%s: %s became %s\n%q", was[n].Check, was[n].Verdict, is[n].Verdict, further.Text)
			}
			if was[n].Check == charter.NextStep && is[n].Verdict != check.Met {
				t.Fatalf("the step is not seen\n%q", further.Text)
			}
		}
	})
}

func FuzzFind(f *testing.F) {
	for _, j := range append(english(), french()...) {
		f.Add(j.text, false)
	}
	f.Add("> «\xff“ 4111 1111 1111 1111 İ\u212a…", true)
	f.Fuzz(func(t *testing.T, text string, private bool) {
		if own := check.Own(text); len(own) != len(text) {
			t.Fatalf("own words have %d bytes of %d", len(own), len(text))
		}
		i := in(text)
		i.Private = private
		for _, found := range check.Find(all(), i) {
			last := 0
			for _, s := range found.Words {
				if s.From < last || s.To < s.From || s.To > len(text) {
					t.Fatalf("%s: words from %d to %d of %d, after %d", found.Check, s.From, s.To, len(text), last)
				}
				last = s.To
			}
		}
	})
}
