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
	each := func(ctx context.Context, q db.Q, a kpi.Ask, do func(p *channel.Post, part string)) error {
		from, id := a.From().UnixMicro(), ""
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
			w.And("("+src.At+", p.id) > (?, ?)", from, id)
			posts, err := db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("p.")+" FROM "+src.Table+" "+w.String()+" ORDER BY "+src.At+", p.id"+db.Limit(piece), w.Args...)
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
				if where := which(d.Query == "" || asked.Match(doc), d.PartQuery != "" && inner.Match(doc)); where != "" {
					do(p, where)
				}
			}
			if len(posts) < piece {
				return nil
			}
			last := posts[len(posts)-1]
			from, id = last.At.UnixMicro(), last.ID
		}
	}
	m.Hourly = !asked.Asks("channel") && !inner.Asks("channel") // a channel that gets another name moves nothing
	m.Facts = func(ctx context.Context, q db.Q, a kpi.Ask) ([]kpi.Fact, error) {
		type key struct {
			at   int64
			part string
		}
		counts := map[key]int{}
		err := each(ctx, q, a, func(p *channel.Post, part string) {
			at := p.At.Truncate(kpi.Quarter)
			for _, c := range a.Cuts { // told apart by the cuts in their quarter
				if c.After(at) && !c.After(p.At) {
					at = c
				}
			}
			counts[key{at.UnixMicro(), part}]++
		})
		out := make([]kpi.Fact, 0, len(counts))
		for k, n := range counts {
			out = append(out, kpi.Fact{At: time.UnixMicro(k.at).UTC(), Part: k.part, N: n})
		}
		return out, err
	}
	m.Matching = func(ctx context.Context, q db.Q, a kpi.Ask) (kpi.Source, error) {
		src := kpi.Said(a, "")
		parts := map[string][]string{}
		if err := each(ctx, q, a, func(p *channel.Post, part string) { parts[part] = append(parts[part], p.ID) }); err != nil {
			return src, err
		}
		var all []string
		for _, ids := range parts {
			all = append(all, ids...)
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
