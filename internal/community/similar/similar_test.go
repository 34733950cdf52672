package similar_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/community/similar"
)

var titles = []string{
	0: "Ma roue arrière fait du bruit",
	1: "Comment changer les plaquettes de frein ?",
	2: "Quel antivol pour un vélo cargo ?",
	3: "Le moteur du vélo ne démarre plus sous la pluie",
	4: "Ma roue avant est voilée",
	5: "How do I replace the brake pads?",
	6: "Bruits étranges dans la roue arrière depuis l’orage",
	7: "Horaires de l’atelier du samedi",
	8: "Where can I park a cargo bike in town?",
	9: "Le moteur siffle à 25 km/h",
}

func made(list []string) []similar.Title {
	out := make([]similar.Title, len(list))
	for i, t := range list {
		out[i] = similar.Of(t)
	}
	return out
}

func TestRank(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, asked string
		want        []int
	}{
		{"the same", "Ma roue arrière fait du bruit", []int{0, 6}},
		{"other forms, without accents", "bruits de roues arriere", []int{0, 6}},
		{"English forms", "replacing a brake pad", []int{5}},
		{"a letter forgotten", "changer les plaquetes de frein", []int{1}},
		{"two letters changed places", "atelier du samdei", []int{7}},
		{"half typed", "Comment changer les plaqu", []int{1}},
		{"a rare word weighs more", "Le moteur siffle", []int{9, 3}},
		{"words that every question has", "Comment faire pour que", nil},
		{"another matter", "Remboursement de ma commande", nil},
		{"nothing", "", nil},
		{"signs", "??? !!!", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []int
			for _, m := range similar.Rank(similar.Of(c.asked), made(titles), 0.35) {
				got = append(got, m.Index)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s\n%v", diff, similar.Rank(similar.Of(c.asked), made(titles), 0))
			}
		})
	}
}

func TestRankProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		title := rapid.OneOf(rapid.SampledFrom(titles), rapid.String())
		list := rapid.SliceOfN(title, 0, 12).Draw(t, "titles")
		asked := title.Draw(t, "asked")
		got := similar.Rank(similar.Of(asked), made(list), 0)
		seen := map[int]bool{}
		for i, m := range got {
			if m.Score <= 0 || m.Score > 1+1e-9 {
				t.Fatalf("the score of %q is %g", list[m.Index], m.Score)
			}
			if i > 0 && m.Score > got[i-1].Score {
				t.Fatalf("%v is not in order", got)
			}
			if seen[m.Index] {
				t.Fatalf("%d is there twice", m.Index)
			}
			seen[m.Index] = true
		}
		// The same title is as near as can be, when it has words.
		same := similar.Rank(similar.Of(asked), made(append([]string{asked}, list...)), 0)
		if len(same) > 0 && same[0].Score < 1-1e-9 {
			t.Fatalf("%q scores %g with itself", asked, same[0].Score)
		}
		if diff := cmp.Diff(got, similar.Rank(similar.Of(asked), made(list), 0)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzOf(f *testing.F) {
	for _, t := range titles {
		f.Add(t, t)
	}
	f.Add(strings.Repeat("é", 400), "\xff\x00 日本語")
	f.Fuzz(func(t *testing.T, a, b string) {
		similar.Rank(similar.Of(a), []similar.Title{similar.Of(b), {}}, 0)
	})
}

func BenchmarkRank(b *testing.B) {
	list := make([]similar.Title, 0, 400)
	for len(list) < 400 {
		list = append(list, made(titles)...)
	}
	b.ReportAllocs()
	for b.Loop() {
		similar.Rank(similar.Of("Comment changer les plaquettes de ma roue"), list, 0.35)
	}
}
