package community

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/lang"
)

// worded is a word of the titles of a space.
type worded struct{ word, space string }

// vocabulary is by how much the number of titles that have a word changes.
type vocabulary map[worded]int

// Words of titles that are counted, by how many letters they have.
const (
	shortWord = 3
	longWord  = 30
)

func (v vocabulary) add(f *find, by int) {
	seen := map[string]bool{}
	lang.Words(f.title, func(t lang.Token) bool {
		w := lang.Term(f.title[t.Start:t.End])
		if n := utf8.RuneCountInString(w); n >= shortWord && n <= longWord && !seen[w] && strings.IndexFunc(w, unicode.IsLetter) >= 0 {
			seen[w] = true
			v[worded{w, f.space}] += by
		}
		return true
	})
}

// write counts, in an order that two who write agree on.
func (v vocabulary) write(ctx context.Context, q db.Q) error {
	var rows [][]any
	less := false
	for k, n := range v {
		if n != 0 {
			rows = append(rows, []any{k.word, k.space, backwards(k.word), n})
			less = less || n < 0
		}
	}
	slices.SortFunc(rows, func(a, b []any) int {
		return cmp.Or(strings.Compare(a[0].(string), b[0].(string)), strings.Compare(a[1].(string), b[1].(string)))
	})
	if err := db.Insert(ctx, q, "community_word (word, space, back, n)", rows, "ON CONFLICT (word, space) DO UPDATE SET n = community_word.n + excluded.n"); err != nil {
		return err
	}
	if !less {
		return nil
	}
	for _, r := range rows {
		if r[3].(int) < 0 {
			if _, err := db.Exec(ctx, q, "DELETE FROM community_word WHERE word = $1 AND space = $2 AND n <= 0", r[0], r[1]); err != nil {
				return fmt.Errorf("forget a word: %w", err)
			}
		}
	}
	return nil
}

func backwards(word string) string {
	r := []rune(word)
	slices.Reverse(r)
	return string(r)
}

// How far a word may be from one that titles have: a letter, or from longer ones two.
const (
	mendable   = 4 // letters of a word that may be misspelt by one
	mendableBy = 8 // by two
	mostNear   = 4000
)

// near finds the word of the titles of spaces that is nearest to one, and in how many titles it is and the word itself is. Of two as near, that which more have.
func near(ctx context.Context, q db.Q, spaces, word string) (best string, n, own int, err error) {
	letters := utf8.RuneCountInString(word)
	if letters < mendable {
		return "", 0, 0, nil
	}
	off := 1
	if letters >= mendableBy {
		off = 2
	}
	// When so few letters are wrong, the beginning or the end is right.
	r := []rune(word)
	part := max(2, letters/(off+1))
	head, tail := string(r[:part]), backwards(string(r[letters-part:]))
	type row struct {
		word string
		n    int
	}
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.word, &r.n} }, `SELECT word, SUM(n) FROM (
		SELECT word, space, n FROM community_word WHERE word >= $1 AND word < $2 AND LENGTH(word) BETWEEN $6 AND $7 AND space IN `+db.Among(q, "$5")+`
		UNION SELECT word, space, n FROM community_word WHERE back >= $3 AND back < $4 AND LENGTH(word) BETWEEN $6 AND $7 AND space IN `+db.Among(q, "$5")+`) AS w GROUP BY word ORDER BY 2 DESC, word`+db.Limit(mostNear),
		head, after(head), tail, after(tail), spaces, max(mendable, letters-off), letters+off)
	if err != nil {
		return "", 0, 0, fmt.Errorf("read words like %q: %w", word, err)
	}
	nearest := off + 1
	for _, c := range list {
		if c.word == word {
			own = c.n
			continue
		}
		if utf8.RuneCountInString(c.word) < mendable {
			continue
		}
		if d := distance(r, []rune(c.word), nearest); d < nearest {
			best, n, nearest = c.word, c.n, d
		}
	}
	return best, n, own, nil
}

// after is the first text that comes after all that begin with one.
func after(begin string) string {
	r, n := utf8.DecodeLastRuneInString(begin)
	return begin[:len(begin)-n] + string(r+1)
}

// distance is how many letters are to be put in, taken out, exchanged for another or for their neighbour to make a of b; most when it is that or more.
func distance(a, b []rune, most int) int {
	if d := len(a) - len(b); d >= most || -d >= most {
		return most
	}
	before, last, line := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		line[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			line[j] = min(last[j]+1, line[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				line[j] = min(line[j], before[j-2]+1)
			}
		}
		before, last, line = last, line, before
	}
	return min(last[len(b)], most)
}

// deriveName notes the words of a name, in place of those of the name before.
func deriveName(ctx context.Context, q db.Q, channel, author, name string, anew bool) error {
	if anew {
		if _, err := db.Exec(ctx, q, "DELETE FROM community_name WHERE channel = $1 AND author = $2", channel, author); err != nil {
			return fmt.Errorf("forget a name: %w", err)
		}
	}
	var rows [][]any
	for _, w := range nameWords(name) {
		rows = append(rows, []any{channel, w, author})
	}
	return db.Insert(ctx, q, "community_name (channel, word, author)", rows, "ON CONFLICT DO NOTHING")
}

func nameWords(name string) []string {
	out := strings.FieldsFunc(lang.Fold(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	slices.Sort(out)
	return slices.Compact(out)
}
