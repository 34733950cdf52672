package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/classify"
	"github.com/entente/entente/lang/query"
)

const (
	postBytes = 93 // of a post, on average: those of social networks
	topicsFew = 10
	topics    = 10_000
)

// language reads posts with all models, and matches them against topics, on one processor.
func language(b *bench) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	posts, err := ownPosts()
	if err != nil {
		return err
	}
	if err := reading(b, posts); err != nil {
		return err
	}
	words := wordsOf(posts)
	before := heap()
	set, err := topicsOf(words, topics)
	if err != nil {
		return err
	}
	m := set.NewMatcher()
	rate, hits := matched(m, posts)
	size := heap() - before
	runtime.KeepAlive(set)
	few, err := topicsOf(words, topicsFew)
	if err != nil {
		return err
	}
	fewRate, _ := matched(few.NewMatcher(), posts)
	b.out.least(fmt.Sprintf("match with %d topics of 5 to 20 terms", topics), rate, 100_000, "posts/s", fmt.Sprintf("one processor, %.1f hits a post, words cut and stemmed", hits))
	b.out.most(fmt.Sprintf("  slower than with %d topics", topicsFew), fewRate/rate, 4, "x", fmt.Sprintf("%.0f posts/s with %d", fewRate, topicsFew))
	b.out.most(fmt.Sprintf("  memory of %d topics", topics), size/1e6, 60, "MB", "with a matcher that is warm")
	return b.ctx.Err()
}

func reading(b *bench, posts []query.Doc) error {
	before := heap()
	c, err := classify.Open()
	if err != nil {
		return err
	}
	rate := rateOf(func(i int) { c.Classify(posts[i%len(posts)].Text, classify.Options{}) })
	b.out.least("classify: language and all heads", rate, 40_000, "posts/s", fmt.Sprintf("one processor, %d posts of ours of %d bytes on average", len(posts), postBytes))
	b.out.most("  memory of the models beside the program's own file", (heap()-before)/1e6, 40, "MB", "given back at rest")
	runtime.KeepAlive(c)
	return nil
}

// matched is how many posts a second a matcher takes, and how many topics one post has.
func matched(m *query.Matcher, posts []query.Doc) (rate, hits float64) {
	n, all := 0, 0
	for i := range posts { // words met for the first time must be stemmed
		m.Match(&posts[i])
	}
	rate = rateOf(func(i int) { all += len(m.Match(&posts[i%len(posts)])); n++ })
	return rate, float64(all) / float64(n)
}

// rateOf does something for about two seconds of processor, and returns how often a second.
func rateOf(do func(i int)) float64 {
	const piece = 2000
	began, n := processor(), 0
	for processor()-began < 2*time.Second {
		for range piece {
			do(n)
			n++
		}
	}
	return float64(n) / (processor() - began).Seconds()
}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// ownPosts are the posts that this project wrote for training, put together or cut to the length of the figures.
func ownPosts() ([]query.Doc, error) {
	names, err := filepath.Glob("lang/classify/own/*.tsv")
	if err != nil {
		return nil, err
	}
	var out []query.Doc
	bytes := 0
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		for in := bufio.NewScanner(f); in.Scan(); {
			parts := strings.Split(in.Text(), "\t")
			if len(parts) < 3 || strings.HasPrefix(parts[0], "#") {
				continue
			}
			d := query.Doc{Lang: parts[len(parts)-2], Text: parts[len(parts)-1]}
			if n := len(out); n > 0 && out[n-1].Lang == d.Lang && bytes/n < postBytes && len(out[n-1].Text) < postBytes {
				out[n-1].Text += " " + d.Text
				bytes += 1 + len(d.Text)
				continue
			}
			out, bytes = append(out, d), bytes+len(d.Text)
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	rand.New(rand.NewPCG(4, 9)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out, nil
}

// wordsOf are the words of posts, the most used first.
func wordsOf(posts []query.Doc) []string {
	count := map[string]int{}
	for i := range posts {
		lang.Words(posts[i].Text, func(t lang.Token) bool {
			if w := posts[i].Text[t.Start:t.End]; t.Kind == lang.Word && len(w) > 3 {
				count[strings.ToLower(w)]++
			}
			return true
		})
	}
	out := make([]string, 0, len(count))
	for w := range count {
		out = append(out, w)
	}
	sorting.Func(out, func(a, b string) int {
		if count[a] != count[b] {
			return count[b] - count[a]
		}
		return strings.Compare(a, b)
	})
	return out
}

// topicsOf are topics as people write them: a brand or product among rarer words, what is said of it, and what is not meant.
func topicsOf(words []string, n int) (*query.Set, error) {
	draw := rand.New(rand.NewPCG(5, 7))
	rare := func() string { return words[len(words)/10+draw.IntN(len(words)*9/10)] }
	usual := func() string { return words[50+draw.IntN(len(words)/10)] }
	set := query.NewBuilder()
	for i := range n {
		var of, about []string
		for range 1 + draw.IntN(5) {
			of = append(of, rare())
		}
		for range 3 + draw.IntN(12) {
			about = append(about, usual())
		}
		if i%3 == 0 {
			of[0] = `"` + rare() + " " + usual() + `"`
		}
		if i%5 == 0 {
			about[0] = string([]rune(rare())[:3]) + "*"
		}
		text := "(" + strings.Join(of, " OR ") + ") (" + strings.Join(about, " OR ") + ") -" + rare()
		if i%4 == 0 {
			text += " lang:" + []string{"fr", "en"}[i/4%2]
		}
		q, problems := query.Parse(text)
		if query.HasErrors(problems) {
			return nil, fmt.Errorf("topic %s: %v", text, problems)
		}
		set.Add(q)
	}
	return set.Set(), nil
}
