package community

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/query"
)

// What a search looks at, at most.
const (
	mostAsked    = 8       // words
	mostHits     = 5000    // posts that have the words, of those that may be read: up to so many, all counts are exact
	busyHits     = 1000    // the same while others search too: so that all are served soon, each shares
	mostSome     = 1000    // posts that have some of the words, where none has all
	mostMatched  = 1000    // posts that are read to see whether they match, where the index cannot tell
	mostWhole    = 500_000 // the same where all are to be counted: some seconds
	mostReadAll  = 20_000
	mostTitled   = 2000 // posts whose titles have the words
	mostSpeakers = 200  // people
	foundPage    = 20
	fewFound     = 3 // so few that a word may have been misspelt
)

// People is what a search finds beside threads, ideas and articles.
const People = "person"

// Search asks a community's box. What is "" or 0 does not narrow.
type Search struct {
	Community string
	Words     string // in the query language, of which plain words are a part
	Kind      string
	Space     string // id
	Lang      string
	Tag       string
	State     string // QuestionSolved, QuestionAnswered or QuestionOpen
	Days      int    // since how many days
	Page      int
	Whole     bool // all are counted, however long that takes: one who asks so at a time
}

// Ages are since how many days a search can be narrowed to.
func Ages() []int { return []int{7, 30, 365} }

// Found is something that a search found.
type Found struct {
	Kind   string // Questions, Discussions, Ideas, Articles, People
	Title  string
	Titled []Bit
	Path   string // below the community
	Lang   string
	Space  string // id, "" for people
	By     string
	At     time.Time
	Said   []Bit // the part of the text that has the words
	Solved bool
	Count  int // answers, votes of an idea, posts of a person
	score  float64
}

// Bit is a part of a text that has one of the words, or has none.
type Bit struct {
	Text string
	Hit  bool
}

// Results are what a search found that whoever asks may read. Each count is of what is found when that is chosen in place of what is chosen of its sort.
type Results struct {
	List     []Found
	More     bool
	Sum      int
	Least    bool // there are more: these are the newest
	Crowd    bool // more people are called so than are listed
	Kinds    map[string]int
	Spaces   map[string]int
	Langs    map[string]int
	Tags     map[string]int
	States   map[string]int
	Ages     map[int]int
	Words    string          // what was looked for in the end
	Mended   bool            // a word that nobody uses was taken for another
	Meant    string          // what may have been meant, "" for what was asked
	Some     bool            // nothing has all the words: these have some
	Problems []query.Problem // of the query
}

// hit is a thread, an article or somebody that has what was asked for.
type hit struct {
	find
	doc    int64 // the newest post of it that has it
	posts  int   // how many have
	tagged []string
	score  float64
	voice  string // of People: the identity
	named  string
	crowd  bool // of People: more are called so than are looked at
}

// wanted is what a search looks for.
type wanted struct {
	*query.Query
	words []string // folded
	plain bool     // no more than words
	look  look
	most  int // posts that are looked at
	read  int // the same where they must be read
}

// whole is a search of which all is looked at.
func (w wanted) whole() wanted {
	w.most, w.read = mostWhole, mostReadAll
	return w
}

func wantedWords(words []string, joint string) wanted {
	q, _ := query.Parse(strings.Join(words, joint))
	most := mostHits
	if joint == " OR " {
		most = mostSome
	}
	return wanted{q, words, true, newLook(words), most, mostMatched}
}

// wantedBy reads what somebody typed. What cannot be read as a query is taken for words.
func wantedBy(text string) (wanted, []query.Problem) {
	if len(text) > 400 {
		text = strings.ToValidUTF8(text[:400], "")
	}
	q, problems := query.Parse(strings.ToValidUTF8(text, " "))
	if query.HasErrors(problems) || q.Empty() {
		return wantedWords(telling(askedWords(text)), " "), problems
	}
	if _, plain := q.Words(); plain {
		return wantedWords(telling(askedWords(text)), " "), nil
	}
	var said []string
	for _, t := range q.Terms() {
		said = append(said, t.Text)
	}
	words := askedWords(strings.Join(said, " "))
	return wanted{q, words, false, newLook(words), mostHits, mostMatched}, problems
}

// cannot refuses what is asked of a field that nothing in a community has: what a model takes posts for is not told there, nor are sites and followers. What a query only
// excludes is no harm.
func cannot(q *query.Query) []query.Problem {
	var out []query.Problem
	here := []string{Questions, Discussions, Ideas, Events, "article", "answer", "comment", "post"}
	for _, v := range q.Values("kind", "sentiment", "emotion", "followers", "site", "url") {
		if v.Field != "kind" || !slices.Contains(here, v.Value) {
			out = append(out, query.Problem{Start: v.Start, End: v.End, Severity: query.Error, Key: "community.search.cannot", Args: map[string]any{"Asked": v.String()}})
		}
	}
	return out
}

// telling leaves out the words that nearly everything has, unless there are no others.
func telling(words []string) []string {
	out := slices.DeleteFunc(slices.Clone(words), common)
	if len(out) == 0 {
		return words
	}
	return out
}

// Search looks for questions, discussions, ideas, articles and people of a community. All counts are of what whoever asks may read.
func (s *Service) Search(ctx context.Context, o Sight, in Search) (Results, error) {
	want, problems := wantedBy(in.Words)
	out := Results{Kinds: map[string]int{}, Spaces: map[string]int{}, Langs: map[string]int{}, Tags: map[string]int{}, States: map[string]int{}, Ages: map[int]int{}, Problems: problems}
	if want.Empty() {
		return out, nil
	}
	if no := cannot(want.Query); len(no) > 0 {
		out.Problems = append(out.Problems, no...)
		return out, nil
	}
	out.Words = want.String()
	if want.plain {
		out.Words = strings.Join(want.words, " ")
	}
	if in.Whole {
		select {
		case s.whole <- struct{}{}:
			defer func() { <-s.whole }()
		case <-ctx.Done():
			return out, ctx.Err()
		}
		want = want.whole()
	} else {
		want.most = max(mostHits/int(s.searching.Add(1)), busyHits)
		defer s.searching.Add(-1)
		// One after the other on each processor: where all searched at once, each would take as long as all together.
		select {
		case s.searches <- struct{}{}:
			defer func() { <-s.searches }()
		case <-ctx.Done():
			return out, ctx.Err()
		}
	}
	all, least, err := s.find(ctx, o, in.Community, want)
	if err != nil {
		return out, err
	}
	if want.plain && len(all) <= fewFound {
		if all, want, err = s.nearby(ctx, o, in.Community, all, want, &out); err != nil {
			return out, err
		}
	}
	if len(all) == 0 {
		return out, s.missed(ctx, in.Community, want.words)
	}
	out.Least = out.Least || least
	kept := s.narrow(all, in, &out)
	begin := min(max(in.Page, 0)*foundPage, len(kept))
	end := min(begin+foundPage, len(kept))
	out.Sum, out.More = len(kept), end < len(kept)
	out.Crowd = slices.ContainsFunc(all, func(h hit) bool { return h.crowd })
	kept = kept[begin:end]
	if err := identified(ctx, s.db.Read(), kept); err != nil {
		return out, err
	}
	out.List, err = s.shown(ctx, o, in.Community, kept, want.look)
	return out, err
}

// MostPeople is how many people a search lists.
const MostPeople = mostSpeakers

// nearby looks again where little or nothing has the words: for words that are spelled nearly so, then for some of them.
func (s *Service) nearby(ctx context.Context, o Sight, community string, all []hit, want wanted, out *Results) ([]hit, wanted, error) {
	mended, changed, err := s.mend(ctx, o, community, want.words, len(all) > 0)
	if err != nil {
		return all, want, err
	}
	if changed {
		other := wantedWords(mended, " ")
		list, _, err := s.find(ctx, o, community, other)
		if err != nil {
			return all, want, err
		}
		if len(list) > len(all) {
			if len(all) > 0 {
				out.Meant = strings.Join(mended, " ")
				return all, want, nil
			}
			out.Mended, out.Words = true, strings.Join(mended, " ")
			return list, other, nil
		}
	}
	if len(all) == 0 && len(want.words) > 1 {
		list, least, err := s.find(ctx, o, community, wantedWords(want.words, " OR "))
		out.Some, out.Least = len(list) > 0, least
		return list, want, err
	}
	return all, want, nil
}

// mend takes words for others that are spelled nearly so, or said so where nothing at all was found, and that titles have which whoever asks may read, else posts and articles: those that no title has, or with
// rare also those that far fewer titles have.
func (s *Service) mend(ctx context.Context, o Sight, community string, words []string, rare bool) ([]string, bool, error) {
	q, spaces := s.db.Read(), db.Texts(o.Readable(community))
	out, changed := slices.Clone(words), false
	for i, w := range words {
		if !rare { // what any title has stays as it is: no need to look at all that is spelled nearly so
			own, _, err := db.Value[int](ctx, q, "SELECT COALESCE(SUM(n), 0) FROM community_word WHERE word = $1 AND space IN "+db.Among(q, "$2"), w, spaces)
			if err != nil {
				return nil, false, fmt.Errorf("count the titles with %q: %w", w, err)
			}
			if own > 0 {
				continue
			}
		}
		best, n, own, err := near(ctx, q, spaces, w, !rare)
		if err != nil {
			return nil, false, err
		}
		if best != "" && (own == 0 || rare && n > 5*own) {
			out[i], changed = best, true
		}
		if best != "" || rare {
			continue
		}
		said, err := nearSpoken(ctx, q, spaces, w)
		if err != nil {
			return nil, false, err
		}
		for _, other := range said {
			there, err := s.has(ctx, o, community, other)
			if err != nil {
				return nil, false, err
			}
			if there {
				out[i], changed = other, true
				break
			}
		}
	}
	return out, changed, nil
}

// has reports whether something that whoever asks may read has a word.
func (s *Service) has(ctx context.Context, o Sight, community, word string) (bool, error) {
	var w db.Where
	q := s.db.Read()
	from, err := s.candidates(ctx, q, o, community, wantedWords([]string{word}, " "), &w)
	if err != nil || from == "" {
		return false, err
	}
	_, there, err := db.Value[int](ctx, q, "SELECT 1 FROM "+from+db.Limit(1), w.Args...)
	if err != nil {
		return false, fmt.Errorf("see whether a word is there: %w", err)
	}
	return there, nil
}

// narrow keeps what is asked for of what was found, the best first, and counts what there would be instead.
func (s *Service) narrow(all []hit, in Search, out *Results) []*hit {
	now := s.Now()
	since := now.AddDate(0, 0, -in.Days)
	ages := Ages()
	oldest := make([]time.Time, len(ages))
	for i, days := range ages {
		oldest[i] = now.AddDate(0, 0, -days)
	}
	kept := make([]*hit, 0, len(all))
	for i := range all {
		h := &all[i]
		off := [6]bool{in.Kind != "" && h.kind != in.Kind, in.Space != "" && h.space != in.Space, in.Lang != "" && h.lang != in.Lang, in.Tag != "" && !slices.Contains(h.tagged, in.Tag),
			in.State != "" && h.state != in.State, in.Days > 0 && h.at.Before(since)}
		n, last := 0, 0
		for k, is := range off {
			if is {
				n, last = n+1, k
			}
		}
		if n > 1 {
			continue
		}
		counts := func(k int) bool { return n == 0 || last == k }
		if counts(0) {
			out.Kinds[h.kind]++
		}
		if counts(1) && h.space != "" {
			out.Spaces[h.space]++
		}
		if counts(2) && h.lang != "" {
			out.Langs[h.lang]++
		}
		if counts(3) {
			for _, t := range h.tagged {
				out.Tags[t]++
			}
		}
		if counts(4) && h.state != "" {
			out.States[h.state]++
		}
		if counts(5) && h.kind != People {
			for i, days := range ages {
				if !h.at.Before(oldest[i]) {
					out.Ages[days]++
				}
			}
		}
		if n == 0 {
			h.score = h.weight(now)
			kept = append(kept, h)
		}
	}
	slices.SortFunc(kept, func(a, b *hit) int {
		return cmp.Or(cmp.Compare(b.score, a.score), b.at.Compare(a.at), cmp.Compare(b.n, a.n))
	})
	return kept
}

// weight says how far before others it is shown: what has the words in its title, what was solved or approved, where many posts have them, and what is new.
func (h *hit) weight(now time.Time) float64 {
	w := h.score + 0.25*float64(min(h.posts, 4)) + 1/(1+math.Max(0, now.Sub(h.at).Hours()/24/365))
	switch {
	case h.kind == People:
		return 6
	case h.kind == Articles:
		w++
	case h.state == QuestionSolved:
		w += 0.8
	}
	return w
}

// askedWords are the words of a search, folded, each once.
func askedWords(text string) []string {
	if len(text) > 400 {
		text = strings.ToValidUTF8(text[:400], "")
	}
	var out []string
	lang.Words(text, func(t lang.Token) bool {
		if w := lang.Term(text[t.Start:t.End]); w != "" && !slices.Contains(out, w) && (len(w) > 1 || w >= "0" && w <= "9") {
			out = append(out, w)
		}
		return len(out) < mostAsked
	})
	return out
}

// look is what is looked for: words by any of their stems.
type look struct {
	words []string
	stems []map[string]bool // of each word
	known map[string]int    // what at said
}

func newLook(words []string) look {
	l := look{words: words, known: map[string]int{}}
	for _, w := range words {
		l.stems = append(l.stems, map[string]bool{w: true, lang.Stem("fr", w): true, lang.Stem("en", w): true})
	}
	return l
}

// at says which of the words a folded word is, -1 for none. Stems are made of beginnings, so a word that begins otherwise is none.
func (l *look) at(folded string) int {
	n, known := l.known[folded]
	if known || folded == "" {
		return n
	}
	n = -1
	fr, en := "", ""
	for i, stems := range l.stems {
		if folded[0] != l.words[i][0] {
			continue
		}
		if fr == "" {
			fr, en = lang.Stem("fr", folded), lang.Stem("en", folded)
		}
		if stems[folded] || stems[fr] || stems[en] {
			n = i
			break
		}
	}
	if len(l.known) < mostKnown {
		l.known[strings.Clone(folded)] = n
	}
	return n
}

const mostKnown = 10_000

// count says how many of the words a text has.
func (l *look) count(text string) int {
	seen := make([]bool, len(l.words))
	n := 0
	lang.Words(text, func(t lang.Token) bool {
		if i := l.at(lang.Term(text[t.Start:t.End])); i >= 0 && !seen[i] {
			seen[i] = true
			n++
		}
		return n < len(l.words)
	})
	return n
}

// share is how much of the words a title and a text have; in the title they count more.
func (l *look) share(title, text string) float64 {
	return float64(4*l.count(title)+l.count(text)) / float64(len(l.words))
}

// excerpted is how many bytes of a text stand in a result, around the first word that was looked for.
const excerpted = 240

// bits cuts the part of a text that has the words into what has them and what has not.
func (l *look) bits(text string) []Bit {
	if len(text) > 20_000 {
		text = strings.ToValidUTF8(text[:20_000], "")
	}
	text = strings.Join(strings.Fields(text), " ")
	first := -1
	lang.Words(text, func(t lang.Token) bool {
		if l.at(lang.Term(text[t.Start:t.End])) >= 0 {
			first = t.Start
		}
		return first < 0
	})
	begin := max(0, first-excerpted/3)
	for begin > 0 && begin < len(text) && text[begin-1] != ' ' {
		begin++
	}
	end := min(len(text), begin+excerpted)
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	part := text[begin:end]
	out := l.marked(part)
	if begin > 0 {
		out = append([]Bit{{"… ", false}}, out...)
	}
	if end < len(text) {
		out = append(out, Bit{" …", false})
	}
	return out
}

// marked cuts a text into what has the words and what has not.
func (l *look) marked(text string) []Bit {
	var out []Bit
	put := func(text string, hit bool) {
		if text != "" {
			out = append(out, Bit{text, hit})
		}
	}
	at := 0
	lang.Words(text, func(t lang.Token) bool {
		if t.Start >= at && l.at(lang.Term(text[t.Start:t.End])) >= 0 {
			put(text[at:t.Start], false)
			put(text[t.Start:t.End], true)
			at = t.End
		}
		return true
	})
	put(text[at:], false)
	return out
}

// unmarked is Markdown without the marks that would stand in the way of reading a line of it.
func unmarked(text string) string {
	text = strings.NewReplacer("**", "", "*", "", "__", "", "#", "", "> ", "", "`", "", "|", " ", "![", "[").Replace(text)
	if strings.Contains(text, "](") {
		text = linked.ReplaceAllString(text, "$1")
	}
	return text
}

var linked = regexp.MustCompile(`\[([^\]\n]*)\]\([^)\s]*\)`) // of a link its words

// Miss is what was searched for and not found.
type Miss struct {
	Words  string
	N      int
	LastAt time.Time
}

// How many misses a community keeps, and how many are counted within paceFor: a program that searches for noise fills nothing.
const (
	mostMisses = 500
	missesFor  = 30
)

// missed counts a search without result.
func (s *Service) missed(ctx context.Context, community string, words []string) error {
	if len(words) == 0 || s.misses.within("", s.Now(), missesFor) != nil { // a query of nothing but fields has no words
		return nil
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, `INSERT INTO community_search_miss (community, words, n, last_at) VALUES ($1, $2, 1, $3)
			ON CONFLICT (community, words) DO UPDATE SET n = community_search_miss.n + 1, last_at = excluded.last_at`, community, strings.Join(words, " "), db.T(s.Now())); err != nil {
			return fmt.Errorf("count a search without result: %w", err)
		}
		_, err := db.Exec(ctx, q, `DELETE FROM community_search_miss WHERE community = $1 AND words IN (SELECT words FROM community_search_miss WHERE community = $1
			ORDER BY n DESC, last_at DESC, words LIMIT 100 OFFSET `+fmt.Sprint(mostMisses)+")", community)
		return err
	})
}

// Misses are what was searched for most often and not found, for those who look after communities.
func (s *Service) Misses(ctx context.Context, community string) ([]Miss, error) {
	if err := org.Require(ctx, org.CommunityModerate); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db.Read(), func(m *Miss) []any { return []any{&m.Words, &m.N, db.At(&m.LastAt)} },
		"SELECT words, n, last_at FROM community_search_miss WHERE community = $1 ORDER BY n DESC, last_at DESC, words"+db.Limit(50), community)
}
