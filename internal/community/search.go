package community

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/community/similar"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/query"
)

// What a search looks at, at most.
const (
	mostAsked  = 8    // words
	mostHits   = 1000 // posts, the newest that have the words
	mostFound  = 200  // of threads, ideas and articles
	foundPage  = 20
	mostNames  = 5000 // people whose names are looked through
	mostPeople = 10
	mostVocab  = 2000 // titles whose words a misspelt word is held against
)

// People is what a search finds beside threads, ideas and articles.
const People = "person"

// Search asks a community's box.
type Search struct {
	Community string
	Words     string
	Kind      string // "" for all
	Space     string // id, "" for all
	Page      int
}

// Found is something that a search found.
type Found struct {
	Kind   string // Questions, Discussions, Ideas, Articles, People
	Title  string
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

// Results are what a search found that whoever asks may read.
type Results struct {
	List   []Found
	More   bool
	Sum    int
	Kinds  map[string]int // how many of each kind, whatever was narrowed
	Spaces map[string]int // of the kind asked for
	Words  string         // what was looked for in the end
	Mended bool           // a word that nobody uses was taken for another
	Some   bool           // nothing has all the words: these have some
}

// Search looks for questions, discussions, ideas, articles and people of a community. All counts are of what whoever asks may read.
func (s *Service) Search(ctx context.Context, o Sight, in Search) (Results, error) {
	words := askedWords(in.Words)
	out := Results{Kinds: map[string]int{}, Spaces: map[string]int{}, Words: strings.Join(words, " ")}
	if len(words) == 0 {
		return out, nil
	}
	all, err := s.find(ctx, o, in.Community, words, " ")
	if err != nil {
		return out, err
	}
	if len(all) == 0 {
		if mended, changed, err := s.mend(ctx, o, in.Community, words); err != nil {
			return out, err
		} else if changed {
			if all, err = s.find(ctx, o, in.Community, mended, " "); err != nil {
				return out, err
			}
			if len(all) > 0 {
				words, out.Mended, out.Words = mended, true, strings.Join(mended, " ")
			}
		}
	}
	if len(all) == 0 && len(words) > 1 {
		if all, err = s.find(ctx, o, in.Community, words, " OR "); err != nil {
			return out, err
		}
		out.Some = len(all) > 0
	}
	if len(all) == 0 {
		return out, s.missed(ctx, in.Community, words)
	}
	kept := all[:0:0]
	for _, f := range all {
		out.Kinds[f.Kind]++
		if in.Kind != "" && f.Kind != in.Kind {
			continue
		}
		if f.Space != "" {
			out.Spaces[f.Space]++
		}
		if in.Space == "" || f.Space == in.Space {
			kept = append(kept, f)
		}
	}
	slices.SortStableFunc(kept, func(a, b Found) int { return cmp.Or(cmp.Compare(b.score, a.score), b.At.Compare(a.At)) })
	out.Sum = len(kept)
	begin := min(max(in.Page, 0)*foundPage, len(kept))
	end := min(begin+foundPage, len(kept))
	out.List, out.More = kept[begin:end], end < len(kept)
	return out, nil
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

// find looks everywhere; joint stands between the words.
func (s *Service) find(ctx context.Context, o Sight, community string, words []string, joint string) ([]Found, error) {
	l := newLook(words)
	out, err := s.findThreads(ctx, o, community, l, joint)
	if err != nil {
		return nil, err
	}
	articles, err := s.findArticles(ctx, o, community, l, joint == " ")
	if err != nil {
		return nil, err
	}
	people, err := s.findPeople(ctx, o, community, words)
	return append(append(out, articles...), people...), err
}

// look is what is looked for: words by any of their stems.
type look struct {
	words []string
	stems []map[string]bool // of each word
}

func newLook(words []string) look {
	l := look{words: words}
	for _, w := range words {
		l.stems = append(l.stems, map[string]bool{w: true, lang.Stem("fr", w): true, lang.Stem("en", w): true})
	}
	return l
}

// at says which of the words a folded word is, -1 for none.
func (l *look) at(folded string) int {
	for i, stems := range l.stems {
		if stems[folded] || stems[lang.Stem("fr", folded)] || stems[lang.Stem("en", folded)] {
			return i
		}
	}
	return -1
}

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

// shown is how many bytes of a text stand in a result, around the first word that was looked for.
const shown = 240

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
	begin := max(0, first-shown/3)
	for begin > 0 && begin < len(text) && text[begin-1] != ' ' {
		begin++
	}
	end := min(len(text), begin+shown)
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end++
	}
	part := text[begin:end]
	var out []Bit
	put := func(text string, hit bool) {
		if text != "" {
			out = append(out, Bit{text, hit})
		}
	}
	if begin > 0 {
		put("… ", false)
	}
	at := 0
	lang.Words(part, func(t lang.Token) bool {
		if t.Start >= at && l.at(lang.Term(part[t.Start:t.End])) >= 0 {
			put(part[at:t.Start], false)
			put(part[t.Start:t.End], true)
			at = t.End
		}
		return true
	})
	put(part[at:], false)
	if end < len(text) {
		put(" …", false)
	}
	return out
}

func (s *Service) findThreads(ctx context.Context, o Sight, community string, l look, joint string) ([]Found, error) {
	parsed, _ := query.Parse(strings.Join(l.words, joint))
	q := s.db.Read()
	hits, narrow := "SELECT rowid AS seq FROM post_text WHERE post_text MATCH ?", parsed.Narrow(query.SQLite)
	if q.Engine() == db.Postgres {
		hits, narrow = "SELECT seq FROM post_text WHERE stems @@ CAST(? AS tsquery)", parsed.Narrow(query.Postgres)
	}
	if narrow == "" {
		return nil, nil
	}
	type row struct {
		Thread
		text string
	}
	var w db.Where
	w.And("p.seq IN ("+hits+")", narrow).And("t.deleted_at IS NULL").And("cp.deleted_at IS NULL")
	w.And("t.space IN " + db.Among(q, w.Arg(db.Texts(o.Readable(community)))))
	list, err := db.All(ctx, q, func(r *row) []any { return append(threadFields(&r.Thread), &r.text) },
		"SELECT "+threadColumns+", p.text FROM post p JOIN community_post cp ON cp.id = p.id JOIN community_thread t ON t.id = cp.thread "+w.String()+" ORDER BY p.seq DESC"+db.Limit(mostHits), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("search threads: %w", err)
	}
	at := map[string]int{}
	var out []Found
	for i := range list {
		r := &list[i]
		n := l.count(r.text)
		score := float64(4*l.count(r.Title)+n) / float64(len(l.words))
		if r.Accepted != "" {
			score += 0.5
		}
		k, known := at[r.ID]
		switch {
		case !known && len(out) < mostFound:
			at[r.ID] = len(out)
			count := r.Replies
			if r.Kind == Ideas {
				count = r.Score
			}
			out = append(out, Found{Kind: r.Kind, Title: r.Title, Path: r.Path(), Lang: r.Lang, Space: r.Space, By: r.AuthorName, At: r.At, Said: l.bits(r.text),
				Solved: r.Accepted != "", Count: count, score: score})
		case known && score > out[k].score:
			out[k].score, out[k].Said = score, l.bits(r.text)
		}
	}
	return out, nil
}

func (s *Service) findArticles(ctx context.Context, o Sight, community string, l look, all bool) ([]Found, error) {
	list, err := s.Articles(ctx, o, ArticleQuery{Community: community})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	type row struct{ article, markup string }
	q := s.db.Read()
	rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.article, &r.markup} }, `SELECT r.article, r.markup FROM community_revision r
		JOIN community_article a ON a.id = r.article AND a.approved = r.version WHERE a.id IN `+db.Among(q, "$1"), db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("search articles: %w", err)
	}
	text := map[string]string{}
	for _, r := range rows {
		text[r.article] = r.markup
	}
	var out []Found
	for _, a := range list {
		n := l.count(a.Title + " \n" + text[a.ID])
		if n == 0 || all && n < len(l.words) {
			continue
		}
		out = append(out, Found{Kind: Articles, Title: a.Title, Path: a.Path(), Lang: a.Lang, Space: a.Space, By: a.AuthorName, At: a.ApprovedAt, Said: l.bits(unmarked(text[a.ID])),
			Count: a.Yes, score: float64(4*l.count(a.Title)+n)/float64(len(l.words)) + 1})
	}
	return out, nil
}

// unmarked is Markdown without the marks that would stand in the way of reading a line of it.
func unmarked(text string) string {
	return strings.NewReplacer("**", "", "__", "", "#", "", "> ", "", "`", "", "|", " ").Replace(text)
}

// findPeople finds those whose name has all the words and who said something where whoever asks may read.
func (s *Service) findPeople(ctx context.Context, o Sight, community string, words []string) ([]Found, error) {
	c, _ := o.ByID(community)
	q := s.db.Read()
	type voice struct{ author, name string }
	list, err := db.All(ctx, q, func(v *voice) []any { return []any{&v.author, &v.name} }, "SELECT author, name FROM community_voice WHERE channel = $1 ORDER BY author"+db.Limit(mostNames), c.Channel)
	if err != nil {
		return nil, fmt.Errorf("search people: %w", err)
	}
	var out []Found
	for _, v := range list {
		folded := " " + strings.ReplaceAll(lang.Fold(v.name), "-", " ")
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(folded, " "+w) }) || len(out) == mostPeople {
			continue
		}
		type row struct {
			n  int
			at time.Time
			id string
		}
		r, _, err := db.One(ctx, q, func(r *row) []any { return []any{&r.n, db.At(&r.at), &r.id} }, `SELECT COUNT(*), MAX(p.at), COALESCE(MAX(p.id), '') FROM community_post p
			JOIN community_thread t ON t.id = p.thread WHERE p.author = $1 AND p.channel = $2 AND p.deleted_at IS NULL AND t.deleted_at IS NULL AND t.space IN `+db.Among(q, "$3"),
			v.author, c.Channel, db.Texts(o.Readable(community)))
		if err != nil {
			return nil, fmt.Errorf("count what somebody said: %w", err)
		}
		if r.n > 0 {
			out = append(out, Found{Kind: People, Title: v.name, Path: "/p/" + r.id, At: r.at, Count: r.n, score: 6})
		}
	}
	return out, nil
}

// mend takes each word that no title has for one that is a letter off and that most titles have, of what whoever asks may read.
func (s *Service) mend(ctx context.Context, o Sight, community string, words []string) ([]string, bool, error) {
	q := s.db.Read()
	titles, err := db.All(ctx, q, db.Self[string], "SELECT title FROM community_thread WHERE deleted_at IS NULL AND space IN "+db.Among(q, "$1")+" ORDER BY at DESC"+db.Limit(mostVocab),
		db.Texts(o.Readable(community)))
	if err != nil {
		return nil, false, fmt.Errorf("read titles: %w", err)
	}
	articles, err := s.Articles(ctx, o, ArticleQuery{Community: community})
	if err != nil {
		return nil, false, err
	}
	for _, a := range articles {
		titles = append(titles, a.Title)
	}
	used := map[string]int{}
	for _, t := range titles {
		lang.Words(t, func(k lang.Token) bool { used[lang.Term(t[k.Start:k.End])]++; return true })
	}
	out, changed := slices.Clone(words), false
	for i, w := range words {
		if used[w] > 0 || len(w) < 4 {
			continue
		}
		best, n := "", 0
		for u, k := range used {
			if (k > n || k == n && u < best) && len(u) > 3 && similar.OneOff(u, w) {
				best, n = u, k
			}
		}
		if best != "" {
			out[i], changed = best, true
		}
	}
	return out, changed, nil
}

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
	if s.misses.within("", s.Now(), missesFor) != nil {
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
