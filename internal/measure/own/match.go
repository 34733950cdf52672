package own

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/lang/query"
)

// piece is how many posts are read at once.
const piece = 1000

// part says of a row, by whether it matches the query and the query of the part, and by where it counts without them, where it counts; "" for nowhere.
type part func(asked, inside bool, counts string) string

// row is a post, or a conversation with the post that began it.
type row struct {
	channel.Post
	id, counts string
	at         time.Time
	wait       int64
	open       bool
}

// matched lets a measure count rows of source whose post matches its query: posts, or conversations by the post that began them. What matches
// cannot be said in SQL: posts are narrowed by the full-text index and read. The rows are found the same way.
func (d Definition) matched(m *kpi.Measure, docs Docs, source func(kpi.Ask) kpi.Source, which part) {
	asked, _ := query.Parse(d.Query)
	inner, _ := query.Parse(d.PartQuery)
	// each reads rows in order of time, or newest first where a page is asked for, until do has enough.
	each := func(ctx context.Context, q db.Q, a kpi.Ask, page *kpi.Page, do func(r *row, part string) (more bool)) error {
		from, id, after, order, size := a.From().UnixMicro(), "", ">", "", piece
		if page != nil {
			from, after, order, size = a.To().UnixMicro(), "<", " DESC", min(2*page.Limit, piece)
			if before := page.Before.UnixMicro(); !page.Before.IsZero() && before < from {
				from, id = before, page.ID
			}
		}
		for {
			src := source(a)
			w, wait, open := src.Where, "0", "0"
			if src.For != "" {
				wait, open = src.For, src.Open
			}
			if d.Of == kpi.OfConversations {
				src.Table += " JOIN post p ON p.id = c.post"
			}
			if narrow := asked.Narrow(query.Engine(q.Engine())); d.Query != "" && narrow != "" {
				hits := "SELECT rowid FROM post_text WHERE post_text MATCH ?"
				if q.Engine() == db.Postgres {
					hits = "SELECT seq FROM post_text WHERE stems @@ CAST(? AS tsquery)"
				}
				w.And("p.seq IN ("+hits+")", narrow)
			}
			if page != nil && page.Narrow != nil {
				page.Narrow(w, src.At)
			}
			if a.Only != nil {
				w.And(src.ID+" IN "+db.Among(q, "?"), db.Texts(a.Only))
			}
			w.And("("+src.At+", "+src.ID+") "+after+" (?, ?)", from, id)
			rows, err := db.All(ctx, q, func(r *row) []any {
				return append(channel.PostFields(&r.Post), &r.id, db.At(&r.at), &r.counts, &r.wait, db.Bool(&r.open))
			}, "SELECT "+channel.PostColumns("p.")+", "+src.ID+", "+src.At+", "+src.Part+", "+wait+", "+open+" FROM "+src.Table+" "+w.String()+
				" ORDER BY "+src.At+order+", "+src.ID+order+db.Limit(size), w.Args...)
			if err != nil {
				return fmt.Errorf("read posts: %w", err)
			}
			posts := make([]channel.Post, len(rows))
			for i := range rows {
				posts[i] = rows[i].Post
			}
			read, err := docs(ctx, q, posts)
			if err != nil {
				return err
			}
			for i := range rows {
				r := &rows[i]
				doc := read[r.Post.ID]
				if doc == nil || !r.DeletedAt.IsZero() {
					continue
				}
				if where := which(d.Query == "" || asked.Match(doc), d.PartQuery != "" && inner.Match(doc), r.counts); where != "" && !do(r, where) {
					return nil
				}
			}
			if len(rows) < size {
				return nil
			}
			last := rows[len(rows)-1]
			from, id, size = last.at.UnixMicro(), last.id, min(2*size, piece)
		}
	}
	m.Searched = true
	m.Hourly = d.Of == kpi.OfPosts && !asked.Asks("channel") && !inner.Asks("channel") // a channel that gets another name moves nothing
	m.Facts = func(ctx context.Context, q db.Q, a kpi.Ask) ([]kpi.Fact, error) {
		counts := map[kpi.Fact]int{}
		err := each(ctx, q, a, nil, func(r *row, part string) bool {
			at := r.at.Truncate(kpi.Quarter)
			for _, c := range a.Cuts { // told apart by the cuts in their quarter
				if c.After(at) && !c.After(r.at) {
					at = c
				}
			}
			k := kpi.Fact{At: time.UnixMicro(at.UnixMicro()).UTC(), Part: part, For: time.Duration(r.wait) * time.Microsecond, Open: r.open}
			if a.Apart {
				k.Channel = r.Channel
			}
			counts[k]++
			return true
		})
		out := make([]kpi.Fact, 0, len(counts))
		for f, n := range counts {
			f.N = n
			if m.Unit != kpi.Seconds && m.Unit != kpi.Hours { // waits are each a fact
				out = append(out, f)
				continue
			}
			for f.N = 1; n > 0; n-- {
				out = append(out, f)
			}
		}
		return out, err
	}
	m.Matching = func(ctx context.Context, q db.Q, a kpi.Ask, page kpi.Page) (kpi.Source, error) {
		src := source(a)
		parts := map[string][]string{}
		var all []string
		err := each(ctx, q, a, &page, func(r *row, part string) bool {
			if page.Part != "" && part != page.Part {
				return true
			}
			parts[part] = append(parts[part], r.id)
			all = append(all, r.id)
			return len(all) < page.Limit
		})
		if err != nil {
			return src, err
		}
		src.Where.And(src.ID+" IN "+db.Among(q, "?"), db.Texts(all))
		if d.Way == Share {
			src.Part = "CASE WHEN " + src.ID + " IN " + db.Among(q, src.Where.Arg(db.Texts(parts[inside]))) + " THEN '" + inside + "' ELSE '" + rest + "' END"
		}
		return src, nil
	}
}
