package query

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/entente/entente/lang"
)

// world makes posts and topics of one vocabulary whose words are as unevenly used as those of a language.
type world struct {
	r     *rand.Rand
	words []string
	sums  []float64
}

func newWorld(seed uint64, words []string) *world {
	w := &world{r: rand.New(rand.NewPCG(seed, 1)), words: words}
	if words == nil {
		const onsets, vowels = "b c d f g l m n p r s t v br cr dr fr gr pl tr ch st", "a e i o u é ou ai eau on en in"
		on, vo := strings.Fields(onsets), strings.Fields(vowels)
		seen := map[string]bool{}
		for len(w.words) < 40000 {
			var b strings.Builder
			for range 1 + w.r.IntN(2) + min(2, len(w.words)/2000) {
				b.WriteString(on[w.r.IntN(len(on))] + vo[w.r.IntN(len(vo))])
			}
			if s := b.String() + []string{"", "s", "er", "tion", "ment"}[w.r.IntN(5)]; !seen[s] {
				seen[s] = true
				w.words = append(w.words, s)
			}
		}
	}
	sum := 0.0
	for i := range w.words {
		sum += 1 / math.Pow(float64(i)+2.7, 1.05)
		w.sums = append(w.sums, sum)
	}
	return w
}

// word is one as often used as its rank says.
func (w *world) word() string {
	i, _ := slices.BinarySearch(w.sums, w.r.Float64()*w.sums[len(w.sums)-1])
	return w.words[min(i, len(w.words)-1)]
}

// rare is one that people would listen for: none of the most common ones.
func (w *world) rare() string { return w.words[300+w.r.IntN(len(w.words)-300)] }

func (w *world) post() Doc {
	var b strings.Builder
	for want := 60 + w.r.IntN(66); b.Len() < want; {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		s := w.word()
		switch w.r.IntN(40) {
		case 0:
			s = strings.ToUpper(s[:1]) + s[1:]
		case 1:
			s += ","
		case 2:
			s = "#" + s
		case 3:
			s = "@" + s
		case 4:
			s += " 🔥"
		case 5:
			s = "l'" + s
		}
		b.WriteString(s)
	}
	return Doc{Lang: []string{"fr", "en", "fr", "en", "de", ""}[w.r.IntN(6)], Text: b.String(), Kinds: []string{"complaint", "praise"}[:w.r.IntN(3)],
		Sentiment: []string{"negative", "neutral", "positive"}[w.r.IntN(3)]}
}

// topic is a query of 5 to 20 terms as people write them.
func (w *world) topic(i int) string {
	brand := fmt.Sprintf("%s%s", w.rare(), []string{"", "io", "tech"}[w.r.IntN(3)])
	some := func(n int, word func() string) string {
		var list []string
		for range n {
			list = append(list, word())
		}
		return "(" + strings.Join(list, " OR ") + ")"
	}
	switch w.r.IntN(9) {
	case 0: // a brand, its forms, and what it is not
		return fmt.Sprintf(`(%s OR #%s OR "%s %s" OR @%s) -"%s %s" -%s`, brand, brand, brand, w.rare(), brand, brand, w.rare(), w.word())
	case 1: // a brand and a theme
		return fmt.Sprintf(`%s %s -%s`, brand, some(3+w.r.IntN(12), w.word), some(2, w.rare))
	case 2: // two themes
		return some(3+w.r.IntN(5), w.rare) + " " + some(3+w.r.IntN(5), w.word)
	case 3: // a list of products
		return some(5+w.r.IntN(15), w.rare)
	case 4: // a service near a failing
		return fmt.Sprintf(`%s NEAR/5 %s -%s`, some(3, w.rare), some(4, w.word), w.rare())
	case 5: // phrases
		return fmt.Sprintf(`("%s %s" OR "%s %s" OR "%s %s %s")`, w.word(), w.rare(), w.rare(), w.word(), w.word(), w.word(), w.rare())
	case 6: // fields
		return fmt.Sprintf(`lang:fr kind:complaint %s -site:example.org`, some(5+w.r.IntN(6), w.rare))
	case 7: // beginnings
		a := []rune(w.rare())
		return fmt.Sprintf(`%s* %s -%s`, string(a[:min(5, len(a))]), some(4+w.r.IntN(4), w.word), w.rare())
	}
	first := string([]rune(brand)[:1])
	return fmt.Sprintf(`=%s %s sentiment:negative`, strings.ToUpper(first)+brand[len(first):], some(4+w.r.IntN(8), w.rare))
}

func (w *world) set(t testing.TB, n int) *Set {
	t.Helper()
	b := NewBuilder()
	for i := range n {
		q, problems := Parse(w.topic(i))
		if HasErrors(problems) {
			for _, p := range problems {
				if p.Severity == Error && p.Key != "query.contradictory" {
					t.Fatalf("%s: %v", q, problems)
				}
			}
		}
		b.Add(q)
	}
	return b.Set()
}

// tweets are posts by people outside the project, cut to about the length of those in the figures; nil where there are none.
func tweets(n int) []Doc {
	var out []Doc
	for _, of := range []struct {
		lang, file string
		most       int
	}{{"fr", "sentiment.umsab.fr.train.tsv", n / 2}, {"en", "sentiment.tweeteval.en.train-rebuilt.tsv", n}} {
		files, _ := filepath.Glob("../../../shared/data/language/" + of.file)
		for _, name := range files {
			f, err := os.Open(name)
			if err != nil {
				return nil
			}
			for in := bufio.NewScanner(f); in.Scan() && len(out) < of.most; {
				if parts := strings.SplitN(in.Text(), "\t", 3); len(parts) == 3 {
					out = append(out, Doc{Lang: of.lang, Text: head(parts[2], 108)})
				}
			}
			_ = f.Close()
		}
	}
	return out
}

// vocabulary is the words of posts, the most used ones first.
func vocabulary(posts []Doc) []string {
	count := map[string]int{}
	for i := range posts {
		lang.Words(posts[i].Text, func(t lang.Token) bool {
			if w := posts[i].Text[t.Start:t.End]; t.Kind == lang.Word && len(w) > 1 {
				count[strings.ToLower(w)]++
			}
			return true
		})
	}
	words := make([]string, 0, len(count))
	for w := range count {
		words = append(words, w)
	}
	slices.SortFunc(words, func(a, b string) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return strings.Compare(a, b)
	})
	return words
}

func TestWorld(t *testing.T) {
	t.Parallel()
	w := newWorld(7, nil)
	var queries []*Query
	for i := range 300 {
		q, _ := Parse(w.topic(i))
		queries = append(queries, q)
	}
	// words of topics must be met for this to say something
	for i := range 300 {
		q, _ := Parse(fmt.Sprintf(`(%s OR %s) -%s %s`, w.word(), w.word(), w.word(), []string{"", "lang:fr", "kind:complaint", "sentiment:negative"}[i%4]))
		queries = append(queries, q)
	}
	set := NewSet(queries)
	m := set.NewMatcher()
	hits := 0
	for range 1500 {
		d := w.post()
		ready := NewDoc(d, nil)
		var want []int32
		for i, q := range queries {
			if q.Match(ready) {
				want = append(want, int32(i))
			}
		}
		hits += len(want)
		if got := m.Match(&d); !slices.Equal(got, want) {
			t.Fatalf("%q: %v, one by one %v", d.Text, got, want)
		}
	}
	if hits < 1000 {
		t.Errorf("%d hits: too few to tell", hits)
	}
}

func BenchmarkMatcher(b *testing.B) {
	for _, of := range []struct {
		name string
		real bool
	}{{"made", false}, {"tweets", true}} {
		for _, n := range []int{10, 1000, 10000} {
			b.Run(fmt.Sprintf("%s/%d", of.name, n), func(b *testing.B) {
				var posts []Doc
				w := newWorld(3, nil)
				if of.real {
					if posts = tweets(20000); len(posts) < 1000 {
						b.Skip("no tweets here")
					}
					w = newWorld(3, vocabulary(posts))
				} else {
					for range 20000 {
						posts = append(posts, w.post())
					}
				}
				bytes := 0
				for i := range posts {
					bytes += len(posts[i].Text)
				}
				set := w.set(b, n)
				m := set.NewMatcher()
				for i := range posts {
					m.Match(&posts[i])
				}
				hits, at := 0, 0
				before := processor()
				for b.Loop() {
					hits += len(m.Match(&posts[at]))
					if at++; at == len(posts) {
						at = 0
					}
				}
				b.ReportMetric(float64(b.N)/(processor()-before).Seconds(), "posts/cpu-s")
				b.ReportMetric(float64(hits)/float64(b.N), "hits/post")
				b.ReportMetric(float64(bytes)/float64(len(posts)), "bytes/post")
			})
		}
	}
}

// processor is the time this process was worked on: others on the machine do not count.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkMemory says how much 10,000 topics take, with a matcher that is warm.
func BenchmarkMemory(b *testing.B) {
	used := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / 1e6
	}
	w := newWorld(3, nil)
	before := used()
	set := w.set(b, 10000)
	alone := used()
	m := set.NewMatcher()
	for range 50000 {
		d := w.post()
		m.Match(&d)
	}
	both := used()
	for b.Loop() {
	}
	b.ReportMetric(alone-before, "MB/set")
	b.ReportMetric(both-before, "MB/set+matcher")
	b.ReportMetric(float64(len(set.postings)), "postings")
	b.ReportMetric(float64(set.count), "terms")
	runtime.KeepAlive(m)
}
