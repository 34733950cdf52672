// Package cause decides what has one cause: texts with their times come in, and those of them that speak of the same and come thicker than
// they used to go out together.
package cause

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/lang"
)

// Item is a text somebody wrote.
type Item struct {
	ID   string
	At   time.Time
	Text string
}

// Cluster is what has one cause, as far as words tell.
type Cluster struct {
	Items    []string  // ids, the earliest first
	From, To time.Time // of the first and the last
	Words    []string  // those that tell it from others, the strongest first, as they were written
	Usual    float64   // how many were to be expected in that time, by what was written before
}

// What counts as one cause.
const (
	mostTerms = 20   // of a text
	mostRunes = 600  // of a text
	alike     = 0.34 // cosine from which on a text belongs to a cluster
	kin       = 0.55 // cosine from which on two clusters are one
	least     = 4    // texts of a cluster
	surprise  = 1e-3 // probability of so many by chance
	distinct  = 3000 // texts compared; more are left out, the rarest first
	shown     = 5    // words that tell a cluster
)

// text is what is compared: weighted terms of length 1.
type text struct {
	terms   []string
	weights []float64
	written map[string]string // as it was written
	members []int
}

// Find groups recent items and keeps the groups that come thicker than earlier ones did. earlier items cover span before the recent ones,
// which cover window. The largest come first.
func Find(recent, earlier []Item, window, span time.Duration) []Cluster {
	usual := frequencies(earlier)
	texts := collapse(recent, usual)
	groups := gather(texts)
	groups = merge(groups)
	past := collapse(earlier, usual)
	var out []Cluster
	for _, g := range groups {
		n := 0
		for _, t := range g.texts {
			n += len(t.members)
		}
		if n < least {
			continue
		}
		before := 0
		for _, t := range past {
			if g.likeness(t) >= alike {
				before += len(t.members)
			}
		}
		expected := 0.0
		if span > 0 {
			expected = float64(before) * float64(window) / float64(span)
		}
		if tail(n, expected+0.3) > surprise { // before anything was heard little is usual, and not nothing
			continue
		}
		out = append(out, g.cluster(recent, expected))
	}
	sorting.Stable(out, func(a, b Cluster) int {
		return cmp.Or(cmp.Compare(len(b.Items), len(a.Items)), a.From.Compare(b.From))
	})
	return out
}

// Like returns the ids of the items that speak of the same as the sample.
func Like(sample []string, items []Item) []string {
	if len(sample) == 0 {
		return nil
	}
	list := make([]Item, len(sample))
	for i, s := range sample {
		list[i] = Item{Text: s}
	}
	usual := frequencies(items) // what all of them say tells nothing
	g := &group{sum: map[string]float64{}}
	for _, t := range collapse(list, usual) {
		g.add(t)
	}
	var out []string
	for _, t := range collapse(items, usual) {
		if g.likeness(t) >= alike {
			for _, m := range t.members {
				out = append(out, items[m].ID)
			}
		}
	}
	slices.Sort(out)
	return out
}

// frequency is in how many different texts each term is.
type frequency struct {
	in map[string]int
	of int
}

func frequencies(items []Item) frequency {
	f := frequency{in: map[string]int{}}
	seen, same := map[string]bool{}, map[string]bool{}
	for i := range items {
		if same[items[i].Text] { // need not be read again
			continue
		}
		same[items[i].Text] = true
		terms, _ := read(items[i].Text)
		key := strings.Join(terms, " ")
		if seen[key] {
			continue
		}
		seen[key] = true
		f.of++
		for _, t := range terms {
			f.in[t]++
		}
	}
	return f
}

// weight is the inverse document frequency of a term, ln(1 + N/(n + 1)), where few texts are known nearer to that of others.
func (f frequency) weight(term string) float64 {
	const ground = 20 // texts that are supposed, none with the term
	return math.Log(1 + float64(f.of+ground)/float64(f.in[term]+1))
}

// read is the terms of a text, without those that say little.
func read(s string) (terms []string, written map[string]string) {
	n := 0
	for i := range s {
		if n++; n > mostRunes {
			s = s[:i]
			break
		}
	}
	written = map[string]string{}
	lang.Words(s, func(token lang.Token) bool {
		word := s[token.Start:token.End]
		folded := lang.Term(word)
		if utf8.RuneCountInString(folded) < 3 || weak(folded) {
			return true
		}
		term := lang.Stem("fr", folded)
		if e := lang.Stem("en", folded); len(e) < len(term) {
			term = e
		}
		if _, known := written[term]; !known {
			written[term] = strings.ToLower(word)
			terms = append(terms, term)
		}
		return len(terms) < 4*mostTerms
	})
	return terms, written
}

// weak reports words that nearly every message has, in the languages of the interface.
func weak(folded string) bool {
	return strings.Contains(" the and for how what why when where which who can does did has have had with from that this you your not are was were been will would could should there their they them "+
		"our but all any than then its also just more very some about after before into out one two now new get got please thank thanks hello dear regards best sincerely kind "+
		"les des une est que qui quoi comment pourquoi quand pour dans avec sans sur pas mon mes vos votre notre nos sont ont avez fait faire peut peux plus cela cette ces son ses leur leurs elle ils nous vous "+
		"mais donc car par aux ete etre avoir avait etait tres bien tout tous toute toutes aussi comme depuis encore deja bonjour bonsoir merci cordialement madame monsieur salutations bonne journee ", " "+folded+" ")
}

// collapse makes one text of all items that say the same in the same words.
func collapse(items []Item, usual frequency) []*text {
	by, same := map[string]*text{}, map[string]*text{}
	var out []*text
	for i := range items {
		if t := same[items[i].Text]; t != nil {
			t.members = append(t.members, i)
			continue
		}
		terms, written := read(items[i].Text)
		if len(terms) == 0 {
			continue
		}
		sorting.Func(terms, func(a, b string) int { return cmp.Or(cmp.Compare(usual.weight(b), usual.weight(a)), cmp.Compare(a, b)) })
		terms = terms[:min(len(terms), mostTerms)]
		slices.Sort(terms)
		key := strings.Join(terms, " ")
		t := by[key]
		if t == nil {
			t = &text{terms: terms, written: written}
			length := 0.0
			for _, term := range terms {
				w := usual.weight(term)
				t.weights = append(t.weights, w)
				length += w * w
			}
			length = math.Sqrt(length)
			for j := range t.weights {
				t.weights[j] /= length
			}
			by[key] = t
			out = append(out, t)
		}
		same[items[i].Text] = t
		t.members = append(t.members, i)
	}
	// The most said first: they lead.
	sorting.Stable(out, func(a, b *text) int { return len(b.members) - len(a.members) })
	return out[:min(len(out), distinct)]
}

// group is texts around a common middle.
type group struct {
	sum    map[string]float64
	square float64 // of its length
	texts  []*text
}

func (g *group) add(t *text) {
	for i, term := range t.terms {
		was := g.sum[term]
		is := was + t.weights[i]
		g.sum[term] = is
		g.square += is*is - was*was
	}
	g.texts = append(g.texts, t)
}

// likeness is the cosine of a text and the middle of a group.
func (g *group) likeness(t *text) float64 {
	dot := 0.0
	for i, term := range t.terms {
		dot += t.weights[i] * g.sum[term]
	}
	if dot == 0 {
		return 0
	}
	return dot / math.Sqrt(g.square)
}

// gather puts each text to the group it is most like, or makes one of it.
func gather(texts []*text) []*group {
	var groups []*group
	index := map[string][]int{} // groups by term
	seen := map[int]bool{}
	for _, t := range texts {
		clear(seen)
		best, score := -1, alike
		for _, term := range t.terms {
			for _, k := range index[term] {
				if seen[k] {
					continue
				}
				seen[k] = true
				if s := groups[k].likeness(t); s > score {
					best, score = k, s
				}
			}
		}
		if best < 0 {
			best = len(groups)
			groups = append(groups, &group{sum: map[string]float64{}})
		}
		g := groups[best]
		for _, term := range t.terms {
			if g.sum[term] == 0 {
				index[term] = append(index[term], best)
			}
		}
		g.add(t)
	}
	return groups
}

// merge makes one of groups whose middles have come near each other.
func merge(groups []*group) []*group {
	var kept []*group
	for _, g := range groups {
		into := -1
		for k, h := range kept {
			if len(g.texts) == 1 && len(g.texts[0].members) < least || len(h.texts) == 1 && len(h.texts[0].members) < least {
				continue // too small to be worth looking at
			}
			if g.near(h) >= kin {
				into = k
				break
			}
		}
		if into < 0 {
			kept = append(kept, g)
			continue
		}
		for _, t := range g.texts {
			kept[into].add(t)
		}
	}
	return kept
}

func (g *group) near(h *group) float64 {
	small, large := g, h
	if len(h.sum) < len(g.sum) {
		small, large = h, g
	}
	dot := 0.0
	for term, w := range small.sum {
		dot += w * large.sum[term]
	}
	return dot / math.Sqrt(g.square*h.square)
}

func (g *group) cluster(items []Item, expected float64) Cluster {
	c := Cluster{Usual: expected}
	var members []int
	for _, t := range g.texts {
		members = append(members, t.members...)
	}
	sorting.Func(members, func(a, b int) int {
		return cmp.Or(items[a].At.Compare(items[b].At), cmp.Compare(items[a].ID, items[b].ID))
	})
	for _, m := range members {
		c.Items = append(c.Items, items[m].ID)
	}
	c.From, c.To = items[members[0]].At, items[members[len(members)-1]].At
	terms := make([]string, 0, len(g.sum))
	for term := range g.sum {
		terms = append(terms, term)
	}
	sorting.Func(terms, func(a, b string) int { return cmp.Or(cmp.Compare(g.sum[b], g.sum[a]), cmp.Compare(a, b)) })
	for _, term := range terms[:min(len(terms), shown)] {
		for _, t := range g.texts {
			if w := t.written[term]; w != "" {
				c.Words = append(c.Words, w)
				break
			}
		}
	}
	return c
}

// tail is P(X ≥ n) of a Poisson variable with the mean.
func tail(n int, mean float64) float64 {
	term, below := math.Exp(-mean), 0.0
	for k := range n {
		below += term
		term *= mean / float64(k+1)
	}
	return max(0, 1-below)
}
