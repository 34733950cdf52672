package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// deck is what examples are drawn from.
type deck struct {
	lexicon *lexicon
	recipe  recipe
	rows    []row
	upTo    []float64 // sum of the weights up to each row
	place   [][2]int  // of each row's language
	words   [][]int32 // vocabulary of each language
	wordOf  [][2]int
}

func newDeck(c *corpus, m *model, rows []row, r recipe) *deck {
	d := &deck{lexicon: c.lexicon, recipe: r, rows: rows}
	type group struct {
		from source
		code string
	}
	count := map[group]int{}
	for _, r := range rows {
		count[group{r.from, r.code}]++
	}
	at := map[string]int{}
	for s := range m.scripts {
		for i, code := range m.scripts[s].codes {
			at[code] = len(d.wordOf)
			d.wordOf = append(d.wordOf, [2]int{s, i})
		}
	}
	d.words = make([][]int32, len(d.wordOf))
	seen := map[[2]int32]bool{}
	sum := 0.0
	for _, x := range rows {
		n := float64(count[group{x.from, x.code}])
		weight := 1.0
		switch x.from {
		case subtitle:
			weight = math.Pow(r.even/n, r.power)
		case post:
			weight = min(1, r.posts/n)
		case ours:
			weight = r.ours * float64(len(x.pieces))
		}
		sum += weight
		d.upTo = append(d.upTo, sum)
		l := at[x.code]
		d.place = append(d.place, d.wordOf[l])
		if x.from == post {
			continue // names and words of other languages
		}
		for _, w := range wordsOf(x.text) {
			if isName(x, w) {
				continue
			}
			w = strings.ToLower(strings.Trim(w, "'"))
			if utf8.RuneCountInString(w) < 3 {
				continue
			}
			id := c.lexicon.id(w)
			if key := [2]int32{int32(l), id}; !seen[key] && len(c.lexicon.grams[id]) > 0 {
				seen[key] = true
				d.words[l] = append(d.words[l], id)
			}
		}
	}
	return d
}

func (d *deck) epoch() int {
	if len(d.upTo) == 0 {
		return 0
	}
	return int(d.upTo[len(d.upTo)-1])
}

// draw appends the features of an example and says where its language stands.
func (d *deck) draw(rng *rand.Rand, dst []uint32) (grams []uint32, script, column int) {
	r := d.recipe
	var buf [5]int32
	var pieces []int32
	var place [2]int
	if rng.Float64() < r.words {
		l := rng.IntN(len(d.words))
		place = d.wordOf[l]
		if len(d.words[l]) == 0 {
			return dst, place[0], place[1]
		}
		pieces = buf[:1+rng.IntN(3)]
		for i := range pieces {
			pieces[i] = d.words[l][rng.IntN(len(d.words[l]))]
		}
	} else {
		i, _ := slices.BinarySearch(d.upTo, rng.Float64()*d.upTo[len(d.upTo)-1])
		i = min(i, len(d.rows)-1)
		pieces, place = d.rows[i].pieces, d.place[i]
		if len(pieces) > 1 && (d.rows[i].from == ours && len(pieces) > 15 || rng.Float64() < r.pieces) {
			n := 1 + rng.IntN(min(len(pieces), 5))
			from := rng.IntN(len(pieces) - n + 1)
			pieces = pieces[from : from+n]
		}
	}
	from := d.lexicon.grams
	if rng.Float64() < r.plain {
		from = d.lexicon.plain
	}
	for _, p := range pieces {
		dst = append(dst, from[p]...)
	}
	if r.drop > 0 && len(dst) > 1 {
		keep := uint32((1 - rng.Float64()*r.drop) * (1 << 16))
		kept := dst[:0]
		for _, g := range dst {
			if rng.Uint32()>>16 <= keep {
				kept = append(kept, g)
			}
		}
		dst = kept
	}
	return dst[:min(len(dst), 600)], place[0], place[1]
}

// isName says whether w, a word of a subtitle, may be a name, which tells no language: it is capitalised, and not in German.
// Words that only begin sentences are lost with them.
func isName(r row, w string) bool {
	first, _ := utf8.DecodeRuneInString(w)
	return r.from == subtitle && r.code != "de" && !unicode.IsLower(first)
}
