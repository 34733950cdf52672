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

// part says of a post, by whether it matches the query and the query of the part, where it counts; "" for nowhere.
type part func(asked, inside bool) string

// matched lets a measure count posts that match its query. What matches cannot be said in SQL: posts are narrowed by the full-text index and
// read. The rows are found the same way.
func (d Definition) matched(m *kpi.Measure, docs Docs, which part) {
	asked, _ := query.Parse(d.Query)
	inner, _ := query.Parse(d.PartQuery)
	// each reads posts in order of time, or newest first where a page is asked for, until do has enough.
	each := func(ctx context.Context, q db.Q, a kpi.Ask, page *kpi.Page, do func(p *channel.Post, part string) (more bool)) error {
		from, id, after, order, size := a.From().UnixMicro(), "", ">", "", piece
		if page != nil {
			from, after, order, size = a.To().UnixMicro(), "<", " DESC", min(2*page.Limit, piece)
			if before := page.Before.UnixMicro(); !page.Before.IsZero() && before < from {
				from, id = before, page.ID
			}
		}
		for {
			src := kpi.Said(a, "")
			w := src.Where
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
				w.And("p.id IN "+db.Among(q, "?"), db.Texts(a.Only))
			}
			w.And("("+src.At+", p.id) "+after+" (?, ?)", from, id)
			posts, err := db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("p.")+" FROM "+src.Table+" "+w.String()+" ORDER BY "+src.At+order+", p.id"+order+db.Limit(size), w.Args...)
			if err != nil {
				return fmt.Errorf("read posts: %w", err)
			}
			read, err := docs(ctx, q, posts)
			if err != nil {
				return err
			}
			for i := range posts {
				p := &posts[i]
				doc := read[p.ID]
				if doc == nil || !p.DeletedAt.IsZero() {
					continue
				}
				if where := which(d.Query == "" || asked.Match(doc), d.PartQuery != "" && inner.Match(doc)); where != "" && !do(p, where) {
					return nil
				}
			}
			if len(posts) < size {
				return nil
			}
			last := posts[len(posts)-1]
			from, id, size = last.At.UnixMicro(), last.ID, min(2*size, piece)
		}
	}
	m.Searched = true
	m.Hourly = !asked.Asks("channel") && !inner.Asks("channel") // a channel that gets another name moves nothing
	m.Facts = func(ctx context.Context, q db.Q, a kpi.Ask) ([]kpi.Fact, error) {
		type key struct {
			at            int64
			part, channel string
		}
		counts := map[key]int{}
		err := each(ctx, q, a, nil, func(p *channel.Post, part string) bool {
			at := p.At.Truncate(kpi.Quarter)
			for _, c := range a.Cuts { // told apart by the cuts in their quarter
				if c.After(at) && !c.After(p.At) {
					at = c
				}
			}
			k := key{at: at.UnixMicro(), part: part}
			if a.Apart {
				k.channel = p.Channel
			}
			counts[k]++
			return true
		})
		out := make([]kpi.Fact, 0, len(counts))
		for k, n := range counts {
			out = append(out, kpi.Fact{At: time.UnixMicro(k.at).UTC(), Part: k.part, N: n, Channel: k.channel})
		}
		return out, err
	}
	m.Matching = func(ctx context.Context, q db.Q, a kpi.Ask, page kpi.Page) (kpi.Source, error) {
		src := kpi.Said(a, "")
		parts := map[string][]string{}
		var all []string
		err := each(ctx, q, a, &page, func(p *channel.Post, part string) bool {
			if page.Part != "" && part != page.Part {
				return true
			}
			parts[part] = append(parts[part], p.ID)
			all = append(all, p.ID)
			return len(all) < page.Limit
		})
		if err != nil {
			return src, err
		}
		src.Where.And("p.id IN "+db.Among(q, "?"), db.Texts(all))
		src.Part = "'" + m.Parts[len(m.Parts)-1].ID + "'"
		if len(m.Parts) > 1 {
			first := m.Parts[0].ID
			src.Part = "CASE WHEN p.id IN " + db.Among(q, src.Where.Arg(db.Texts(parts[first]))) + " THEN '" + first + "' ELSE '" + m.Parts[1].ID + "' END"
		}
		return src, nil
	}
}
