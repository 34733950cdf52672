package listening

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/lang/query"
)

// candidates are posts that may match, newest first by seq, below a seq (-1: from the newest).
func (s *Service) candidates(ctx context.Context, q db.Q, meant *query.Query, below int64, size int) ([]channel.Post, error) {
	var w db.Where
	if below >= 0 {
		w.And("p.seq < ?", below)
	}
	from := "post p"
	if q.Engine() == db.Postgres {
		if narrow := meant.Narrow(query.Postgres); narrow != "" {
			w.And("p.seq IN (SELECT seq FROM post_text WHERE stems @@ CAST(? AS tsquery))", narrow)
		}
	} else if narrow := meant.Narrow(query.SQLite); narrow != "" {
		from = "post_text t JOIN post p ON p.seq = t.rowid"
		w.And("t.post_text MATCH ?", narrow)
		if below >= 0 {
			w.And("t.rowid < ?", below)
		}
	}
	for _, r := range meant.Required() {
		if r.Field == "channel" {
			ids, err := called(ctx, q, r)
			if err != nil {
				return nil, err
			}
			// a channel without a row has its id for a name
			w.And("(p.channel IN "+db.Among(q, "?")+" OR p.channel NOT IN (SELECT id FROM channel))", db.Texts(ids))
			continue
		}
		narrow(&w, r)
	}
	order := "p.seq"
	if from != "post p" {
		order = "t.rowid"
	}
	return db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("p.")+" FROM "+from+" "+w.String()+
		" ORDER BY "+order+" DESC LIMIT "+w.Arg(size), w.Args...)
}

// called are the ids of the channels whose names have what a query requires of them.
func called(ctx context.Context, q db.Q, r query.Requirement) ([]string, error) {
	type named struct{ id, name string }
	list, err := db.All(ctx, q, func(n *named) []any { return []any{&n.id, &n.name} }, "SELECT id, name FROM channel")
	if err != nil {
		return nil, fmt.Errorf("read names of channels: %w", err)
	}
	var ids []string
	for _, n := range list {
		if r.Called(n.name) {
			ids = append(ids, n.id)
		}
	}
	return ids, nil
}

// narrow leaves out posts that lack what a query requires, where SQL can tell as surely as the query language does.
func narrow(w *db.Where, r query.Requirement) {
	value := r.Value
	if value == "unknown" {
		value = ""
	}
	const known = "COALESCE((SELECT e.%s FROM enrichment e WHERE e.post = p.id), '')"
	switch r.Field {
	case "lang":
		w.And("("+fmt.Sprintf(known, "lang")+" = ? OR "+fmt.Sprintf(known, "lang")+" LIKE ?)", value, value+"_%")
	case "sentiment", "emotion":
		w.And(fmt.Sprintf(known, r.Field)+" = ?", value)
	case "kind":
		// what a post is there may be written in any way, so only the ways known to be others are left out
		w.And("(',' || "+fmt.Sprintf(known, "kinds")+" || ',' LIKE ? OR p.kind NOT IN ("+otherKinds(value)+"))", "%,"+value+",%")
	case "since":
		if r.From.IsZero() {
			w.And("p.at >= p.learned_at - ?", r.Ago.Microseconds())
		} else {
			w.And("p.at >= ?", r.From.UnixMicro())
		}
	case "until":
		if r.Before.IsZero() {
			w.And("p.at < p.learned_at - ?", r.Ago.Microseconds())
		} else {
			w.And("p.at < ?", r.Before.UnixMicro())
		}
	}
}

// otherKinds lists what posts are there, beside kind, for SQL.
func otherKinds(kind string) string {
	var list []string
	for _, k := range []string{"article", "mail", "question", "answer", "comment", "review", "post"} {
		if k != kind {
			list = append(list, "'"+k+"'")
		}
	}
	if kind != "post" {
		list = append(list, "''")
	}
	return strings.Join(list, ", ")
}

// Preview is what a topic would match.
type Preview struct {
	Problems  []query.Problem // of the query
	Excluding []query.Problem // of the exclusions
	Unheard   []query.Term    // words of the query that no post has
	Hits      []Mention       // some of those that match
	Found     int             // how many match of those looked at
	Looked    int             // how many posts were looked at
	All       bool            // whether those were all that could match; else the newest
}

const (
	mostLooked  = 4000
	mostRead    = 2 * mostLooked // with those that are ours, deleted, or not for whoever asks
	mostUnheard = 12             // words looked up
)

// Try lints a query and shows posts it matches, those we learned of last, newest first, without saving anything.
// What was said in private is shown to those who may read the inbox.
func (s *Service) Try(ctx context.Context, source, exclude string, hits int) (p Preview, err error) {
	meant, found := query.Parse(source)
	excluded, excluding := query.ParseExclusions(exclude)
	p = Preview{Problems: found, Excluding: excluding, All: true}
	if query.HasErrors(found) || query.HasErrors(excluding) || meant.Empty() {
		return p, nil
	}
	if p.Unheard, err = s.unheard(ctx, meant); err != nil {
		return p, err
	}
	asked := meant
	meant = meant.Without(excluded)
	q := s.db.Read()
	var hit []channel.Post
	below, confined, read := int64(-1), confined(ctx), 0
	for p.Looked < mostLooked && read < mostRead {
		const piece = 500
		posts, err := s.candidates(ctx, q, meant, below, piece)
		if err != nil {
			return p, fmt.Errorf("look for hits: %w", err)
		}
		docs, err := s.enrich.Docs(ctx, q, posts)
		if err != nil {
			return p, err
		}
		for i := range posts {
			post := &posts[i]
			if post.Private && confined || post.Ours || !post.DeletedAt.IsZero() {
				continue
			}
			p.Looked++
			if meant.Match(docs[post.ID]) {
				if p.Found++; len(hit) < hits {
					hit = append(hit, *post)
				}
			}
		}
		if p.All = len(posts) < piece; p.All {
			break
		}
		read, below = read+len(posts), posts[len(posts)-1].Seq
	}
	unknown, err := s.Unknown(ctx, asked, hit)
	if err != nil {
		return p, err
	}
	p.Problems = append(p.Problems, unknown...)
	sorting.Func(hit, func(a, b channel.Post) int { return cmp.Or(b.At.Compare(a.At), strings.Compare(b.ID, a.ID)) })
	p.Hits, err = s.dress(ctx, q, hit)
	return p, err
}

// unheard are the words of a query that no post has that whoever asks may read: perhaps they are misspelled. Of fields see [Service.Unknown].
func (s *Service) unheard(ctx context.Context, meant *query.Query) ([]query.Term, error) {
	q := s.db.Read()
	match, seq := "t.post_text MATCH $1", "t.rowid"
	if q.Engine() == db.Postgres {
		match, seq = "t.stems @@ CAST($1 AS tsquery)", "t.seq"
	}
	statement := "SELECT 1 FROM post_text t WHERE " + match + " LIMIT 1"
	if confined(ctx) {
		statement = "SELECT 1 FROM post_text t JOIN post p ON p.seq = " + seq + " WHERE " + match + " AND p.private = 0 LIMIT 1"
	}
	var out []query.Term
	for i, t := range meant.Terms() {
		if i == mostUnheard {
			break
		}
		narrow := t.Query.Narrow(query.SQLite)
		if q.Engine() == db.Postgres {
			narrow = t.Query.Narrow(query.Postgres)
		}
		if narrow == "" {
			continue
		}
		_, found, err := db.Value[int](ctx, q, statement, narrow)
		if err != nil {
			return nil, fmt.Errorf("look up %q: %w", t.Text, err)
		}
		if !found {
			out = append(out, t)
		}
	}
	return out, nil
}
