package enrich

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func reading(t *rapid.T) Reading {
	p := rapid.Float64Range(0, 1)
	r := Reading{LangP: p.Draw(t, "lang"), Classified: true}
	r.each(func(v *float64) { *v = p.Draw(t, "p") })
	for i := range r.Said {
		r.Said[i] = rapid.Bool().Draw(t, "said")
	}
	for i := range r.Sure {
		r.Sure[i] = rapid.Bool().Draw(t, "sure")
	}
	return r
}

// TestPack holds that what is stored says the same as what it was packed from: labels must follow from the row alone.
func TestPack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := reading(t)
		before := r
		packed := r.pack()
		var back Reading
		back.unpack(packed)
		if diff := cmp.Diff(r, back); diff != "" {
			t.Fatalf("-packed +read:\n%s", diff)
		}
		limits := Thresholds{Sentiment: 0.5, Kinds: map[string]float64{"lead": 0.3}}
		if diff := cmp.Diff(Resolve(&r, nil, limits), Resolve(&back, nil, limits)); diff != "" {
			t.Fatal(diff)
		}
		if math.Abs(before.Emotion[3]-back.Emotion[3]) > 2e-4 {
			t.Fatalf("%v became %v", before.Emotion[3], back.Emotion[3])
		}
	})
	odd := Reading{Classified: true, LangP: math.NaN(), Aggression: [4]float64{math.Inf(1), -1, 2, math.NaN()}}
	odd.pack()
	if odd.LangP != 0 || odd.Aggression != [4]float64{1, 0, 1, 0} {
		t.Errorf("%+v", odd)
	}
}

// FuzzUnpack holds that no row stops the program.
func FuzzUnpack(f *testing.F) {
	for _, s := range []string{"", "0", "zz", "~~~~", "é\x00", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var r Reading
		r.unpack(s)
		r.each(func(p *float64) {
			if !(*p >= 0 && *p <= 1) {
				t.Fatalf("%q gives %v", s, *p)
			}
		})
		Resolve(&r, nil, Thresholds{})
	})
}

func TestResolve(t *testing.T) {
	t.Parallel()
	sure := Reading{Lang: "fr", Classified: true, Sentiment: [3]float64{0.6, 0.3, 0.1}, Kinds: [6]float64{0, 0.9, 0, 0.4, 0, 0}, Emotion: [7]float64{0.7, 0, 0, 0, 0, 0, 0.3},
		Aggression: [4]float64{0.4, 0.1, 0.35, 0.15}, Said: [6]bool{false, true, false, false, false, false}, Sure: [3]bool{true, true, true}}
	unsure := sure
	unsure.Sure = [3]bool{}
	for name, c := range map[string]struct {
		r    Reading
		hand map[string]string
		t    Thresholds
		want Taken
	}{
		"the model's own rule": {sure, nil, Thresholds{}, Taken{Lang: "fr", Sentiment: "negative", Kinds: []string{"complaint"}, Emotion: "anger", Aggression: "none"}},
		"not sure":             {unsure, nil, Thresholds{}, Taken{Lang: "fr", Kinds: []string{"complaint"}}},
		"thresholds":           {unsure, nil, Thresholds{Sentiment: 0.5, Emotion: 0.8, Aggression: 0.5, Kinds: map[string]float64{"complaint": 0.95, "question": 0.3}}, Taken{Lang: "fr", Sentiment: "negative", Kinds: []string{"question"}, Aggression: "insult"}},
		"calm enough":          {sure, nil, Thresholds{Aggression: 0.9}, Taken{Lang: "fr", Sentiment: "negative", Kinds: []string{"complaint"}, Emotion: "anger", Aggression: "none"}},
		"people win": {sure, map[string]string{Sentiment: "positive", Kinds: None, Language: "de"}, Thresholds{},
			Taken{Lang: "de", Sentiment: "positive", Emotion: "anger", Aggression: "none", Hand: []string{Sentiment, Kinds, Language}}},
		"nobody looked": {Reading{Lang: "en"}, map[string]string{Emotion: "joy"}, Thresholds{Sentiment: 0.01}, Taken{Lang: "en", Emotion: "joy", Hand: []string{Emotion}}},
	} {
		if diff := cmp.Diff(c.want, Resolve(&c.r, c.hand, c.t)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := JoinKinds([]string{"question", "praise"}); got != "praise,question" || !Valid(Kinds, got) {
		t.Errorf("%q", got)
	}
	if got := JoinKinds([]string{"pest"}); Valid(Kinds, got) {
		t.Errorf("%q is valid", got)
	}
}

// TestShare holds that a sample has each group's part, all of a small one, and never a post twice.
func TestShare(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 50).Draw(t, "size")
		lots, total := map[[2]string]*lot{}, 0
		for g := range rapid.IntRange(1, 6).Draw(t, "groups") {
			l := &lot{}
			n := rapid.IntRange(1, 60).Draw(t, "posts")
			for i := range n {
				id := string(rune('a'+g)) + string(rune('A'+i))
				l.offer(drawn{rank: rankOf(9, id), post: id}, size)
			}
			lots[[2]string{string(rune('a' + g)), ""}] = l
			total += n
		}
		out := share(lots, size)
		if len(out) != min(size, total) {
			t.Fatalf("%d of %d, %d asked for", len(out), total, size)
		}
		count := map[string]int{}
		for i, d := range out {
			count[d.post[:1]]++
			if slices.ContainsFunc(out[:i], func(e drawn) bool { return e.post == d.post }) {
				t.Fatalf("%s twice", d.post)
			}
		}
		for k, l := range lots {
			exact := float64(min(size, total)) * float64(l.n) / float64(total)
			if got := float64(count[k[0]]); got < math.Floor(exact) || got > math.Ceil(exact)+1e-9 {
				t.Fatalf("group %s has %v of %v", k[0], got, exact)
			}
		}
	})
}
