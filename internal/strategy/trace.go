package strategy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
)

// Trace is what something left behind that measures may count, by ids: posts, conversations, insights, business facts, the members who said something,
// the situations it is part of and the visits that led to it; and a campaign by its name.
type Trace struct {
	Posts, Conversations, Insights, Facts []string
	People, Situations, Visits            []string
	Campaign                              string
}

// Moved is a measure of an objective that counts something of a trace.
type Moved struct {
	Counting
	Now   int // rows in the window that the measure is looked at over
	Since int // rows since its baseline, those included
}

// mostTraced bounds the posts of one thread.
const mostTraced = 500

// Said is the trace of a post or a conversation (ids): all that was said there, and the insights handed over from it.
func (s *Service) Said(ctx context.Context, id string) (Trace, error) {
	if err := org.Require(ctx, org.ListeningRead); err != nil {
		return Trace{}, err
	}
	return s.said(ctx, id)
}

// Fact is the trace of a business fact (id).
func (s *Service) Fact(ctx context.Context, id string) (Trace, error) {
	if err := org.Require(ctx, org.MeasureRead); err != nil {
		return Trace{}, err
	}
	_, found, err := db.Value[int](ctx, s.db.Read(), "SELECT 1 FROM business_fact WHERE id = $1", id)
	if err != nil {
		return Trace{}, fmt.Errorf("look for a fact: %w", err)
	}
	if !found {
		return Trace{}, notFound()
	}
	return Trace{Facts: []string{id}}, nil
}

// MovedBy is Moved for something said (the id of a post or a conversation) in a channel (id) about topics (ids), to whoever sees it already. Only
// measures that are not narrowed to something else are looked at.
func (s *Service) MovedBy(ctx context.Context, id, channel string, topics []string, at time.Time) ([]Moved, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	// Many look at one page while nothing changes; windows move by the minute at most.
	key := fmt.Sprintf("%s %s %q %d %s", id, channel, topics, at.Unix()/60, s.measures.Zone(ctx))
	counts, err := s.traces.Read(ctx, s.db, key, func(ctx context.Context) (map[string][2]int, error) {
		t, err := s.said(ctx, id)
		if err != nil {
			return nil, err
		}
		return s.countsOf(ctx, t, at, func(m Measure) bool {
			return (m.Channel == "" || m.Channel == channel) && (m.Topic == "" || slices.Contains(topics, m.Topic))
		})
	})
	if err != nil {
		return nil, err
	}
	return s.counted(ctx, counts, at)
}

func (s *Service) said(ctx context.Context, id string) (Trace, error) {
	q, t := s.db.Read(), Trace{}
	root, found, err := db.Value[string](ctx, q, "SELECT root FROM post WHERE id = $1", id)
	if err == nil && !found {
		root, found, err = db.Value[string](ctx, q, "SELECT root FROM conversation WHERE id = $1", id)
	}
	if err != nil {
		return t, fmt.Errorf("look for what was said: %w", err)
	}
	if !found {
		return t, notFound()
	}
	list := func(query string, args ...any) []string {
		var out []string
		if err == nil {
			out, err = db.All(ctx, q, func(v *string) []any { return []any{v} }, query+db.Limit(mostTraced), args...)
		}
		return out
	}
	t.Posts = list("SELECT id FROM post WHERE root = $1 ORDER BY at, id", root)
	t.Conversations = list("SELECT id FROM conversation WHERE root = $1 ORDER BY id", root)
	var about []string
	for _, p := range t.Posts {
		about = append(about, "post:"+p)
	}
	for _, c := range t.Conversations {
		about = append(about, "conversation:"+c)
	}
	t.People = list("SELECT m.id FROM member m WHERE 'mailto:' || m.email IN (SELECT p.author FROM post p WHERE p.root = $1) ORDER BY m.id", root)
	t.Situations = list("SELECT DISTINCT situation FROM situation_conversation WHERE conversation IN "+db.Among(q, "$1")+" ORDER BY situation", db.Texts(t.Conversations))
	t.Visits = list("SELECT id FROM contact_visit WHERE thread IN "+db.Among(q, "$1")+" AND thread <> '' ORDER BY id", db.Texts(t.Posts))
	t.Insights = list("SELECT id FROM insight WHERE about IN "+db.Among(q, "$1")+" ORDER BY id", db.Texts(about))
	if err != nil {
		return t, fmt.Errorf("follow what was said: %w", err)
	}
	return t, nil
}

// Moved lists on all maps the measures of objectives that count something of a trace, by the very rows behind their numbers. Where posts must be read to
// know which count, those of the trace are.
func (s *Service) Moved(ctx context.Context, t Trace, at time.Time) ([]Moved, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	counts, err := s.countsOf(ctx, t, at, func(Measure) bool { return true })
	if err != nil {
		return nil, err
	}
	return s.counted(ctx, counts, at)
}

// countsOf says of measures of objectives, by their ids, how many rows of a trace are behind them: in the window, and since the baseline.
func (s *Service) countsOf(ctx context.Context, t Trace, at time.Time, may func(Measure) bool) (map[string][2]int, error) {
	maps, err := s.Maps(ctx)
	if err != nil {
		return nil, err
	}
	type asked struct {
		measure string
		filter  measure.Filter
		days    int
		since   time.Time
	}
	known, counts := map[asked][2]int{}, map[string][2]int{}
	for _, m := range maps {
		full, err := s.full(ctx, m)
		if err != nil {
			return nil, err
		}
		for _, o := range full.Objectives {
			for _, x := range o.Measures {
				if !may(x) {
					continue
				}
				k := asked{x.Measure, x.Filter(), x.Days, x.BaselineAt}
				n, done := known[k]
				if !done {
					if n, err = s.traced(ctx, t, x, at); err != nil {
						return nil, err
					}
					known[k] = n
				}
				if n[1] > 0 {
					counts[x.ID] = n
				}
			}
		}
	}
	return counts, nil
}

// counted is where measures that count something stand.
func (s *Service) counted(ctx context.Context, counts map[string][2]int, at time.Time) ([]Moved, error) {
	maps, err := s.Maps(ctx)
	if err != nil {
		return nil, err
	}
	var out []Moved
	for _, m := range maps {
		full, err := s.full(ctx, m)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(full.Objectives, func(o Objective) bool {
			return slices.ContainsFunc(o.Measures, func(x Measure) bool { return counts[x.ID][1] > 0 })
		}) {
			continue
		}
		e, err := s.soon(ctx, full, at)
		if err != nil {
			return nil, err
		}
		for _, st := range e.Objectives {
			for _, r := range st.Readings {
				if n, counted := counts[r.ID]; counted {
					out = append(out, Moved{Counting{Standing: st, Reading: r, Serves: e.Served(st.ID)}, n[0], n[1]})
				}
			}
		}
	}
	return out, nil
}

// traced counts rows of a trace behind a measure: in its window, and since its baseline.
func (s *Service) traced(ctx context.Context, t Trace, x Measure, at time.Time) (n [2]int, err error) {
	def, err := s.measures.Find(x.Measure)
	for err == nil && def.Over != "" { // behind a ratio are the rows of what stands above the line
		def, err = s.measures.Find(def.Over)
	}
	if err != nil || len(def.Pending()) > 0 || measure.Narrows(def, x.Filter()) != x.Filter() {
		return n, nil // gone, not there yet, or not to be told by an id
	}
	ids := map[kpi.Thing][]string{kpi.OfPosts: t.Posts, kpi.OfConversations: t.Conversations, kpi.OfInsights: t.Insights, kpi.OfFacts: t.Facts,
		kpi.OfPeople: t.People, kpi.OfSituations: t.Situations, kpi.OfVisits: t.Visits}[def.Of]
	byCampaign := t.Campaign != "" && slices.Contains(def.Dims, kpi.ByCampaign) && def.Matching == nil // which would read all that was said
	if len(ids) == 0 && !byCampaign {
		return n, nil
	}
	w := x.Window(at, s.measures.Zone(ctx))
	from := w.From
	if !x.BaselineAt.IsZero() && x.BaselineAt.Before(from) {
		from = x.BaselineAt
	}
	filter, err := s.measures.Settled(ctx, def, x.Filter())
	if err != nil {
		return n, err
	}
	ask := kpi.Ask{Cuts: []time.Time{from, w.To}, Now: at, Filter: filter, Zone: s.measures.Zone(ctx)}
	if byCampaign && filter.Campaign != "" && !strings.EqualFold(filter.Campaign, t.Campaign) {
		return n, nil
	}
	if byCampaign {
		ask.Filter.Campaign = t.Campaign
	}
	q, src := s.db.Read(), kpi.Source{}
	if def.Matching == nil {
		src = def.Source(ask)
	} else {
		ask.Only = ids
		if src, err = def.Matching(ctx, q, ask, kpi.Page{Limit: len(ids) + 1}); err != nil {
			return n, fmt.Errorf("look for a trace behind %s: %w", x.Measure, err)
		}
	}
	if !byCampaign {
		src.Where.And(src.ID + " IN " + db.Among(q, src.Where.Arg(db.Texts(ids))))
	}
	for _, part := range def.Parts {
		if part.Role == kpi.LeftOut {
			src.Where.And("("+src.Part+") <> ?", part.ID)
		}
	}
	where := src.Where.String()
	first := "$" + fmt.Sprint(len(src.Where.Args)+1)
	wait, open := "0", "0" // asked for because they may hold some of the arguments
	if src.For != "" {
		wait, open = src.For, src.Open
	}
	found, _, err := db.One(ctx, q, func(n *[2]int) []any { return []any{&n[0], &n[1]} },
		"SELECT COALESCE(SUM(CASE WHEN t.at >= "+first+" THEN 1 ELSE 0 END), 0), COUNT(*) FROM (SELECT "+src.At+" AS at, "+src.Part+" AS part, "+wait+" AS wait, "+open+" AS open FROM "+src.Table+" "+where+") t", append(slices.Clone(src.Where.Args), db.T(w.From))...)
	if err != nil {
		return n, fmt.Errorf("look for a trace behind %s: %w", x.Measure, err)
	}
	if def.Stock { // a state at the end of the window: what stands behind it counts now, whenever it began
		found[0] = found[1]
	}
	return found, nil
}

// Stand says where objectives (ids) stand, with the map of each; those that are gone are left out. Maps may be shown as they stood some minutes ago.
func (s *Service) Stand(ctx context.Context, objectives []string, at time.Time) ([]Above, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil || len(objectives) == 0 {
		return nil, err
	}
	maps, err := s.Maps(ctx)
	if err != nil {
		return nil, err
	}
	place, err := s.mapsOf(ctx)
	if err != nil {
		return nil, err
	}
	var out []Above
	for _, m := range maps {
		if !slices.ContainsFunc(objectives, func(o string) bool { return place[o] == m.ID }) {
			continue
		}
		e, err := s.Lately(ctx, m.ID, at)
		if err != nil {
			return nil, err
		}
		for _, st := range e.Objectives {
			if slices.Contains(objectives, st.ID) {
				out = append(out, Above{Standing: st, Map: m})
			}
		}
	}
	return out, nil
}
