package community

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/community/similar"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/query"
)

// What similar questions are sought by: the words of the title, the longest of them, in the full-text index of all posts.
const (
	mostSought   = 10
	shortSought  = 3
	similarMost  = 6
	similarAmong = 400 // of what has one of the words, those we learned of last
)

// Similar finds threads that whoever the sight is of may read and that share words with a title, the most alike first.
func (s *Service) Similar(ctx context.Context, o Sight, community, title string) ([]Thread, error) {
	return s.SimilarOf(ctx, o, community, title, "")
}

// SimilarOf is Similar among threads of one kind; "" is any.
func (s *Service) SimilarOf(ctx context.Context, o Sight, community, title, kind string) ([]Thread, error) {
	if len(title) > 4*maxTitle {
		title = strings.ToValidUTF8(title[:4*maxTitle], "")
	}
	words := wordsToSeek(title)
	if len(words) == 0 {
		return nil, nil
	}
	parsed, _ := query.Parse(strings.Join(words, " OR "))
	q := s.db.Read()
	hits := "SELECT rowid AS seq FROM post_text WHERE post_text MATCH ?"
	narrow := parsed.Narrow(query.SQLite)
	if q.Engine() == db.Postgres {
		hits, narrow = "SELECT seq FROM post_text WHERE stems @@ to_tsquery('simple', ?)", parsed.Narrow(query.Postgres)
	}
	if narrow == "" {
		return nil, nil
	}
	var w db.Where
	w.And("p.seq IN ("+hits+")", narrow).And("t.deleted_at IS NULL")
	if kind != "" {
		w.And("t.kind = ?", kind)
	}
	o.Where(q, &w, "t.space")
	list, err := db.All(ctx, q, threadFields, "SELECT "+threadColumns+" FROM community_thread t JOIN post p ON p.id = t.id "+w.String()+" ORDER BY t.at DESC, t.id DESC"+db.Limit(similarAmong), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("find similar threads: %w", err)
	}
	closed, err := s.closedThreads(ctx, q, o, community, kind)
	if err != nil {
		return nil, err
	}
	list = append(list, closed...)
	mine := map[string]bool{}
	for _, sp := range o.Readable(community) {
		mine[sp] = true
	}
	kept := list[:0]
	for _, t := range list {
		if mine[t.Space] {
			kept = append(kept, t)
		}
	}
	return alike(kept, title), nil
}

// closedThreads are the newest threads of groups that others do not know of, for who is in them: what is said there is in no index of posts, and is held against a title by
// its own.
func (s *Service) closedThreads(ctx context.Context, q db.Q, o Sight, community, kind string) ([]Thread, error) {
	var groups []string
	for _, id := range o.Readable(community) {
		if sp, _ := o.SpaceByID(id); !sp.Listened() {
			groups = append(groups, id)
		}
	}
	if len(groups) == 0 {
		return nil, nil
	}
	var w db.Where
	w.And("t.space IN " + db.Among(q, w.Arg(db.Texts(groups)))).And("t.deleted_at IS NULL").And("t.merged_into = ''")
	if kind != "" {
		w.And("t.kind = ?", kind)
	}
	list, err := db.All(ctx, q, threadFields, "SELECT "+threadColumns+" FROM community_thread t "+w.String()+" ORDER BY t.at DESC, t.id DESC"+db.Limit(similarAmong), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("find similar threads of groups: %w", err)
	}
	return list, nil
}

// wordsToSeek are the words of a title that tell it from others, at most mostSought.
func wordsToSeek(title string) []string {
	var out []string
	seen := map[string]bool{}
	for _, w := range strings.FieldsFunc(lang.Fold(title), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f)
	}) {
		if utf8.RuneCountInString(w) < shortSought || seen[w] || common(w) {
			continue
		}
		seen[w] = true
		if out = append(out, w); len(out) == mostSought {
			break
		}
	}
	return out
}

// common are words that nearly every question has, in the languages of the interface.
func common(word string) bool {
	return strings.Contains(" the and for how what why when where which who can does did has have with from that this you your not are was my "+
		"les des une est que qui quoi comment pourquoi quand pour dans avec sur pas mon mes vos votre notre sont ont avez fait faire peut ", " "+word+" ")
}

// enough is how alike a title must be to be shown.
const enough = 0.25

// alike keeps the threads whose titles are like one, the nearest first.
func alike(list []Thread, title string) []Thread {
	titles := make([]similar.Title, len(list))
	for i := range list {
		titles[i] = similar.Of(list[i].Title)
	}
	out := make([]Thread, 0, similarMost)
	for _, m := range similar.Rank(similar.Of(title), titles, enough) {
		if out = append(out, list[m.Index]); len(out) == similarMost {
			break
		}
	}
	return out
}
