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
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/sorting"
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
	sorting.Func(rows, func(a, b []any) int {
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

// spoken are words that were said in spaces, in whatever post or article. They are taken from facts one by one, so that it does not matter how the ledger is cut, and stay
// when what said them goes: whoever is offered one is offered it only where the index has it.
type spoken map[worded]bool

func (k spoken) add(space, text string) {
	if len(text) > maxIndexed {
		text = strings.ToValidUTF8(text[:maxIndexed], "")
	}
	lang.Words(text, func(t lang.Token) bool {
		w := lang.Term(text[t.Start:t.End])
		if n := utf8.RuneCountInString(w); n >= mendable && n <= longWord && strings.IndexFunc(w, notLetter) < 0 {
			k[worded{w, space}] = true
		}
		return true
	})
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// hear takes the words of a fact, which was derived before.
func (k spoken) hear(ctx context.Context, q db.Q, a *ledger.Activity) error {
	switch a.Kind {
	case ledger.PostSaid, ledger.GroupSaid, ledger.PostEdited, ledger.GroupEdited:
		s, err := a.Said()
		if err != nil {
			return err
		}
		post, space := a.Object, s.Space
		if a.Kind == ledger.PostSaid || a.Kind == ledger.GroupSaid {
			post = a.ID
		} else {
			space = "" // where it was begun
		}
		if space == "" {
			if space, _, err = db.Value[string](ctx, q, "SELECT t.space FROM community_post p JOIN community_thread t ON t.id = p.thread WHERE p.id = $1", post); err != nil {
				return fmt.Errorf("see where something was said: %w", err)
			}
		}
		if space != "" {
			k.add(space, s.Text)
		}
	case ledger.ArticleWritten:
		var w ledger.Written
		if err := a.Decode(&w); err != nil {
			return err
		}
		k.add(w.Space, w.Markup)
	case ledger.ThreadTurned:
		var t ledger.Turned
		if err := a.Decode(&t); err != nil {
			return err
		}
		thread := a.Object
		if t.State == merged {
			thread = t.To
		} else if t.State != moved {
			return nil
		}
		type said struct{ space, text string }
		list, err := db.All(ctx, q, func(s *said) []any { return []any{&s.space, &s.text} }, "SELECT t.space, p.markup FROM community_post p JOIN community_thread t ON t.id = p.thread WHERE t.id = $1", thread)
		if err != nil {
			return fmt.Errorf("read what was moved: %w", err)
		}
		for _, s := range list {
			k.add(s.space, s.text)
		}
	}
	return nil
}

func (k spoken) write(ctx context.Context, q db.Q) error {
	rows := make([][]any, 0, len(k))
	for w := range k {
		rows = append(rows, []any{w.word, w.space, backwards(w.word)})
	}
	sorting.Func(rows, func(a, b []any) int {
		return cmp.Or(strings.Compare(a[0].(string), b[0].(string)), strings.Compare(a[1].(string), b[1].(string)))
	})
	return db.Insert(ctx, q, "community_spoken (word, space, back)", rows, "ON CONFLICT DO NOTHING")
}

// nearSpoken finds words said in spaces that are spelled nearly like one, the nearest first; none when the word itself was said there.
func nearSpoken(ctx context.Context, q db.Q, spaces, word string) ([]string, error) {
	r := []rune(word)
	if len(r) < mendable {
		return nil, nil
	}
	off, head, tail := ends(r)
	list, err := db.All(ctx, q, db.Self[string], `SELECT DISTINCT word FROM (SELECT * FROM (
		SELECT word FROM community_spoken WHERE word >= $1 AND word < $2 AND LENGTH(word) BETWEEN $6 AND $7 AND space IN `+db.Among(q, "$5")+db.Limit(mostNear)+`) AS a
		UNION ALL SELECT * FROM (SELECT word FROM community_spoken WHERE back >= $3 AND back < $4 AND LENGTH(word) BETWEEN $6 AND $7 AND space IN `+db.Among(q, "$5")+db.Limit(mostNear)+`) AS b) AS w ORDER BY word`,
		head, after(head), tail, after(tail), spaces, max(mendable, len(r)-off), len(r)+off)
	if err != nil {
		return nil, fmt.Errorf("read words like %q: %w", word, err)
	}
	if slices.Contains(list, word) {
		return nil, nil
	}
	by := map[string]int{}
	list = slices.DeleteFunc(list, func(w string) bool {
		by[w] = distance(r, []rune(w), off+1)
		return by[w] > off
	})
	sorting.Stable(list, func(a, b string) int { return cmp.Compare(by[a], by[b]) })
	alike, err := soundsLike(ctx, q, "community_spoken", "word", spaces, word, mostOffered)
	if err != nil {
		return nil, err
	}
	for _, w := range alike {
		if !slices.Contains(list, w) {
			list = append(list, w)
		}
	}
	return list[:min(len(list), mostOffered)], nil
}

// mostOffered is how many words that are spelled nearly so are looked for.
const mostOffered = 6

// ends are how many letters of a word may be wrong, and the beginning and the end of which one is right then.
func ends(r []rune) (off int, head, tail string) {
	off = 1
	if len(r) >= mendableBy {
		off = 2
	}
	part := max(2, len(r)/(off+1))
	return off, string(r[:part]), backwards(string(r[len(r)-part:]))
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

// near finds the word of the titles of spaces that is nearest to one, and in how many titles it is and the word itself is. Of two as near, that which more have. What is said as
// a word that no title has is as near as what differs by a letter, where that is heard.
func near(ctx context.Context, q db.Q, spaces, word string, heard bool) (best string, n, own int, err error) {
	letters := utf8.RuneCountInString(word)
	if letters < mendable {
		return "", 0, 0, nil
	}
	r := []rune(word)
	off, head, tail := ends(r)
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
	if !heard || own > 0 || nearest <= 1 {
		return best, n, own, nil
	}
	alike, err := soundsLike(ctx, q, "community_word", "SUM(n) DESC, word", spaces, word, 1)
	if err != nil || len(alike) == 0 {
		return best, n, own, err
	}
	return alike[0], 0, own, nil
}

// soundsLike finds words that are said as one, in an order.
func soundsLike(ctx context.Context, q db.Q, table, order, spaces, word string, most int) ([]string, error) {
	begin := lang.Beginnings(word)
	if len(begin) == 0 {
		return nil, nil
	}
	var w db.Where
	var ways []string
	for i := range lang.MostBeginnings { // always as many, so that the statement's text is the same
		b := begin[min(i, len(begin)-1)]
		ways = append(ways, "word >= "+w.Arg(b)+" AND word < "+w.Arg(after(b)))
	}
	list, err := db.All(ctx, q, db.Self[string], "SELECT word FROM "+table+" WHERE ("+strings.Join(ways, " OR ")+") AND LENGTH(word) BETWEEN "+w.Arg(max(mendable, len(word)-mostMute))+" AND "+w.Arg(len(word)+mostMute)+
		" AND space IN "+db.Among(q, w.Arg(spaces))+" GROUP BY word ORDER BY "+order+db.Limit(mostNear), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("read words that begin as %q: %w", word, err)
	}
	said := lang.SaidAs(word)
	list = slices.DeleteFunc(list, func(other string) bool { return other == word || !said(other) })
	return list[:min(len(list), most)], nil
}

// mostMute is how many letters more a word may have than one that is said so.
const mostMute = 3

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
