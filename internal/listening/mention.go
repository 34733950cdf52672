package listening

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/lang/query"
)

// Mention is a post that matches topics.
type Mention struct {
	channel.Post
	Lang   string   // as identified
	Label  string   // sentiment, a person's word before the model's: negative, neutral, positive or ""
	Kinds  []string // what it says: praise, complaint, suggestion, question, lead, job
	Topics []string // ids
}

// Filter narrows the list of mentions.
type Filter struct {
	Topic, Channel, Lang string
	Label                string // sentiment, or "none" for posts without
	Kind                 string // one of what posts say
	Query                string // in the query language, "" for any post
	Since, Until         time.Time
}

// Mentions lists mentions of a topic, or of any topic, or with All every post by others, newest first. Before is the place of the last of
// the page before; its zero value is the beginning. What was said in private is for those who may read the inbox. It reads at most so many rows as limit and the filters make it;
// with a query a page may be short, or empty, although there are more: it ends after so many posts were looked at.
func (s *Service) Mentions(ctx context.Context, f Filter, before Place, limit int) ([]Mention, Place, error) {
	q := s.db.Read()
	meant, found := query.Parse(f.Query)
	if strings.TrimSpace(f.Query) == "" {
		read := func(ctx context.Context) (listing, error) {
			posts, next, err := s.listed(ctx, q, f, nil, before, limit)
			if err != nil {
				return listing{}, err
			}
			list, err := s.dress(ctx, q, posts)
			return listing{list, next}, err
		}
		if !f.Since.IsZero() { // counted back from now, so that nobody asks for the same again
			got, err := read(ctx)
			return got.list, got.next, err
		}
		got, err := s.lists.Read(ctx, s.db, fmt.Sprintf("%q %q %d %t", f, before, limit, confined(ctx)), read)
		return slices.Clone(got.list), got.next, err
	}
	if err := refused(found, "query"); err != nil {
		return nil, Place{}, err
	}
	var hits []channel.Post
	for looked := 0; looked < mostSearched; {
		const piece = 500
		posts, next, err := s.listed(ctx, q, f, meant, before, piece)
		if err != nil {
			return nil, Place{}, err
		}
		docs, err := s.enrich.Docs(ctx, q, posts)
		if err != nil {
			return nil, Place{}, err
		}
		for i := range posts {
			if p := &posts[i]; p.DeletedAt.IsZero() && meant.Match(docs[p.ID]) {
				if len(hits) == limit { // there is another
					list, err := s.dress(ctx, q, hits)
					return list, Place{hits[limit-1].At, hits[limit-1].ID}, err
				}
				hits = append(hits, *p)
			}
		}
		looked += len(posts)
		if before = next; next.Post == "" {
			break
		}
	}
	list, err := s.dress(ctx, q, hits)
	return list, before, err
}

const mostSearched = 20000

// listing is a page of mentions, and where it ends.
type listing struct {
	list []Mention
	next Place
}

// listed are posts by the filters, with a query those that it may mean.
func (s *Service) listed(ctx context.Context, q db.Q, f Filter, meant *query.Query, before Place, limit int) ([]channel.Post, Place, error) {
	var w db.Where
	from, at, post := "post p", "p.at", "p.id"
	if f.Topic != "" {
		from, at, post = "mention m JOIN post p ON p.id = m.post", "m.at", "m.post"
		w.And("m.topic = ?", f.Topic)
	} else {
		w.And("p.ours = 0")
	}
	if confined(ctx) {
		w.And("p.private = 0")
	}
	if !before.At.IsZero() {
		w.And("("+at+", "+post+") < (?, ?)", before.At.UnixMicro(), before.Post)
	}
	if f.Channel != "" {
		if f.Topic != "" {
			w.And("m.channel = ?", f.Channel)
		} else {
			w.And("p.channel = ?", f.Channel)
		}
	}
	if f.Lang != "" {
		if f.Topic != "" {
			w.And("m.lang = ?", f.Lang)
		} else {
			w.And("EXISTS (SELECT 1 FROM enrichment e WHERE e.post = p.id AND e.lang = ?)", f.Lang)
		}
	}
	if f.Label == "none" {
		w.And("NOT EXISTS (SELECT 1 FROM enrichment e WHERE e.post = p.id AND e.sentiment <> '')")
	} else if f.Label != "" {
		w.And("EXISTS (SELECT 1 FROM enrichment e WHERE e.post = p.id AND e.sentiment = ?)", f.Label)
	}
	if f.Kind != "" && slices.Contains(enrich.KindNames(), f.Kind) {
		w.And("EXISTS (SELECT 1 FROM enrichment e WHERE e.post = p.id AND ',' || e.kinds || ',' LIKE ?)", "%,"+f.Kind+",%")
	} else if f.Kind != "" {
		w.And("1 = 0")
	}
	if q.Engine() == db.Postgres {
		if expr := meant.Narrow(query.Postgres); expr != "" {
			w.And("p.seq IN (SELECT seq FROM post_text WHERE stems @@ CAST(? AS tsquery))", expr)
		}
	} else if expr := meant.Narrow(query.SQLite); expr != "" {
		w.And("p.seq IN (SELECT rowid FROM post_text WHERE post_text MATCH ?)", expr)
	}
	for _, r := range meant.Required() {
		narrow(&w, r)
	}
	if !f.Since.IsZero() {
		w.And(at+" >= ?", f.Since.UnixMicro())
	}
	if !f.Until.IsZero() {
		w.And(at+" < ?", f.Until.UnixMicro())
	}
	posts, err := db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("p.")+" FROM "+from+" "+w.String()+
		" ORDER BY "+at+" DESC, "+post+" DESC LIMIT "+w.Arg(limit+1), w.Args...)
	if err != nil {
		return nil, Place{}, fmt.Errorf("list mentions: %w", err)
	}
	var next Place
	if len(posts) > limit {
		posts = posts[:limit]
		next = Place{posts[limit-1].At, posts[limit-1].ID}
	}
	return posts, next, nil
}

// Place is where a page of mentions ends.
type Place struct {
	At   time.Time
	Post string
}

// confined reports whether whoever acts hears only what was said before everybody.
func confined(ctx context.Context) bool { return org.Require(ctx, org.InboxRead) != nil }

// Find returns one post as a mention. What was said in private is found by those who may read the inbox.
func (s *Service) Find(ctx context.Context, post string) (Mention, bool, error) {
	posts, err := channel.Posts(ctx, s.db.Read(), post)
	if err != nil || len(posts) == 0 || posts[0].Private && confined(ctx) {
		return Mention{}, false, err
	}
	list, err := s.dress(ctx, s.db.Read(), posts)
	if err != nil {
		return Mention{}, false, err
	}
	return list[0], true, nil
}

// dress adds what is known of posts beyond themselves.
func (s *Service) dress(ctx context.Context, q db.Q, posts []channel.Post) ([]Mention, error) {
	ids := make([]string, len(posts))
	for i := range posts {
		ids[i] = posts[i].ID
	}
	taken, err := enrich.TakenFor(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	type pair struct{ post, topic string }
	pairs, err := db.All(ctx, q, func(p *pair) []any { return []any{&p.post, &p.topic} },
		"SELECT post, topic FROM mention WHERE post IN "+db.Among(q, "$1")+" ORDER BY topic", db.Texts(ids))
	if err != nil {
		return nil, err
	}
	topics := map[string][]string{}
	for _, p := range pairs {
		topics[p.post] = append(topics[p.post], p.topic)
	}
	out := make([]Mention, len(posts))
	for i := range posts {
		id := posts[i].ID
		out[i] = Mention{Post: posts[i], Lang: taken[id].Lang, Label: taken[id].Sentiment, Kinds: taken[id].Kinds, Topics: topics[id]}
	}
	return out, nil
}

// TopicsOf lists the topics that any post of a thread matches.
func (s *Service) TopicsOf(ctx context.Context, root string) ([]string, error) {
	return db.All(ctx, s.db.Read(), db.Self[string], `SELECT DISTINCT m.topic FROM mention m WHERE m.post IN (SELECT id FROM post WHERE root = $1
		ORDER BY at LIMIT 200) ORDER BY m.topic`, root)
}
