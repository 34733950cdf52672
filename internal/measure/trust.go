package measure

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/lang"
)

// Agreed is how far two judges say the same of a head, by language or of all.
type Agreed struct {
	Head   string        // of enrich
	Kind   string        // of enrich.Kinds: which one, present or absent
	Lang   string        // "" for all
	Share  stat.Estimate // of the posts of which both said the same; Wilson
	Kappa  stat.Estimate // beyond chance
	Unsure int           // posts on which the model said nothing, which are not in Share
}

// agreedAt is a step of the course of agreement.
type agreedAt struct {
	At    time.Time
	Share stat.Estimate
}

// Trust is how far models can be believed here, by what people said of posts drawn at random: what somebody happened to correct has no part
// in it, for people correct what is wrong.
type Trust struct {
	Posts     int // judged
	Heads     []Agreed
	Languages []Agreed // of sentiment, those with five posts or more
	People    []Agreed // two people about the same post
	Course    []agreedAt
	Monthly   bool // whether a step of the course is a month; else a week
}

// pairs counts what two judges said.
type pairs struct {
	names  []string
	counts [][]float64
	unsure int
}

func newPairs(names []string) *pairs {
	p := &pairs{names: names}
	for range names {
		p.counts = append(p.counts, make([]float64, len(names)))
	}
	return p
}

func (p *pairs) add(a, b string) {
	i, j := slices.Index(p.names, a), slices.Index(p.names, b)
	switch {
	case i < 0:
	case j < 0:
		p.unsure++
	default:
		p.counts[i][j]++
	}
}

func (p *pairs) share() stat.Estimate {
	same, n := 0.0, 0.0
	for i, row := range p.counts {
		same += row[i]
		for _, c := range row {
			n += c
		}
	}
	return stat.Share(int(same), int(n))
}

func (p *pairs) agreed(head, kind, lang string) Agreed {
	return Agreed{Head: head, Kind: kind, Lang: lang, Share: p.share(), Kappa: stat.Kappa(p.counts), Unsure: p.unsure}
}

// question is what two judges are compared in.
type question struct {
	head, kind string
	names      []string
}

func questions() []question {
	out := []question{{enrich.Sentiment, "", enrich.Sentiments()}}
	for _, k := range enrich.KindNames() {
		out = append(out, question{enrich.Kinds, k, []string{enrich.None, k}})
	}
	return append(out, question{enrich.Aggression, "", []string{enrich.None, "attack"}}, question{enrich.Emotion, "", enrich.Emotions()},
		question{enrich.Language, "", lang.Detected()})
}

// answer is a value as the question counts it: of kinds one of them or none, of aggressions any or none.
func (q question) answer(v string) string {
	switch {
	case v == "?" || v == "":
		return "?"
	case q.head == enrich.Kinds && slices.Contains(strings.Split(v, ","), q.kind):
		return q.kind
	case q.head == enrich.Kinds:
		return enrich.None
	case q.head == enrich.Aggression && v != enrich.None:
		return "attack"
	}
	return v
}

// Agreement reads the audit samples.
func (s *Service) Agreement(ctx context.Context) (t Trust, err error) {
	if s.enrich == nil {
		return t, nil
	}
	list, err := s.enrich.Judgements(ctx, s.db.Read())
	if err != nil {
		return t, fmt.Errorf("agreement: %w", err)
	}
	posts := map[string]bool{}
	for i := range list {
		posts[list[i].Post] = true
	}
	t.Posts = len(posts)
	zone := i18n.Zone(ctx)
	if len(list) > 0 {
		t.Monthly = list[len(list)-1].At.Sub(list[0].At) > 100*24*time.Hour
	}
	course := map[time.Time]*pairs{}
	for _, q := range questions() {
		all, people := newPairs(q.names), newPairs(q.names)
		languages := map[string]*pairs{}
		first := map[string]*enrich.Judgement{}
		for i := range list {
			j := &list[i]
			if j.Head != q.head {
				continue
			}
			if before := first[j.Post]; before != nil && before.Actor != j.Actor {
				people.add(q.answer(before.Value), q.answer(j.Value))
			}
			if !j.First() {
				continue
			}
			first[j.Post] = j
			said, model := q.answer(j.Value), q.answer(j.Model)
			all.add(said, model)
			if q.head != enrich.Sentiment {
				continue
			}
			if languages[j.Lang] == nil {
				languages[j.Lang] = newPairs(q.names)
			}
			languages[j.Lang].add(said, model)
			at := begin(j.At.In(zone), t.Monthly)
			if course[at] == nil {
				course[at] = newPairs(q.names)
			}
			course[at].add(said, model)
		}
		if a := all.agreed(q.head, q.kind, ""); a.Share.Defined() || a.Unsure > 0 {
			t.Heads = append(t.Heads, a)
		}
		if a := people.agreed(q.head, q.kind, ""); a.Share.Defined() {
			t.People = append(t.People, a)
		}
		for code, p := range languages {
			if a := p.agreed(q.head, q.kind, code); a.Share.N >= 5 {
				t.Languages = append(t.Languages, a)
			}
		}
	}
	sort.Slice(t.Languages, func(i, j int) bool {
		a, b := t.Languages[i], t.Languages[j]
		return a.Share.N > b.Share.N || a.Share.N == b.Share.N && a.Lang < b.Lang
	})
	for at, p := range course {
		t.Course = append(t.Course, agreedAt{at, p.share()})
	}
	sort.Slice(t.Course, func(i, j int) bool { return t.Course[i].At.Before(t.Course[j].At) })
	return t, nil
}

// begin is where the week or month of t begins.
func begin(t time.Time, month bool) time.Time {
	y, m, d := t.Date()
	if month {
		return time.Date(y, m, 1, 0, 0, 0, 0, t.Location())
	}
	return time.Date(y, m, d-(int(t.Weekday())+6)%7, 0, 0, 0, 0, t.Location())
}

// Portion is how much of what was said is of a sentiment or kind.
type Portion struct {
	Head, Value string
	Raw         stat.Estimate // as the labels say; Wilson
	Right       stat.Estimate // put right for the errors of models; no data when those are not known
	Audited     bool          // whether their errors were counted on the audit samples; else on validation texts
}

// Portions gives the share of each sentiment and kind among what others said in the last so many days.
func (s *Service) Portions(ctx context.Context, days int) ([]Portion, error) {
	if s.enrich == nil {
		return nil, nil
	}
	now := s.clock()
	type group struct {
		sentiment, kinds string
		n                int
	}
	groups, err := db.All(ctx, s.db.Read(), func(g *group) []any { return []any{&g.sentiment, &g.kinds, &g.n} },
		"SELECT sentiment, kinds, SUM(n) FROM label_hour WHERE hour >= $1 AND hour <= $2 GROUP BY sentiment, kinds", now.AddDate(0, 0, -days).Unix()/3600, now.Unix()/3600)
	if err != nil {
		return nil, fmt.Errorf("count sentiments and kinds: %w", err)
	}
	// What people said needs no correction.
	type spoken struct{ sentiment, kinds, hand string }
	hand, err := db.All(ctx, s.db.Read(), func(h *spoken) []any { return []any{&h.sentiment, &h.kinds, &h.hand} },
		`SELECT e.sentiment, e.kinds, e.hand FROM enrichment e WHERE e.hour >= $1 AND e.hour <= $2 AND e.post IN (
			SELECT post FROM post_label WHERE label IN ('sentiment', 'kinds') AND actor NOT LIKE 'rule:%' AND post_at >= $3)`,
		now.AddDate(0, 0, -days).Unix()/3600, now.Unix()/3600, db.T(now.AddDate(0, 0, -days).Truncate(time.Hour)))
	if err != nil {
		return nil, fmt.Errorf("count what people said: %w", err)
	}
	var out []Portion
	values := append(enrich.Sentiments(), "")
	said := make([]int, 3)
	for _, h := range hand {
		if i := slices.Index(enrich.Sentiments(), h.sentiment); i >= 0 && slices.Contains(strings.Split(h.hand, ","), enrich.Sentiment) {
			said[i]++
		}
	}
	seen, all := make([]int, len(values)), 0
	for _, g := range groups {
		all += g.n
		if i := slices.Index(values, g.sentiment); i >= 0 {
			seen[i] += g.n
		}
	}
	sure := all - seen[3]
	errs, err := s.enrich.Errors(ctx, s.db.Read())
	if err != nil {
		return nil, err
	}
	m, found := errs.Matrix(enrich.Sentiment, "")
	var right []stat.Estimate
	if found && len(m.Counts) == 3 {
		read := slices.Clone(seen[:min(len(m.Counts[0]), len(seen))])
		for i, n := range said {
			read[i] = max(read[i]-n, 0)
		}
		right = stat.Confusion{Counts: m.Counts}.SharesBeside(said, read)
	}
	for i, v := range enrich.Sentiments() {
		p := Portion{Head: enrich.Sentiment, Value: v, Raw: stat.Share(seen[i], sure), Audited: m.Audited && found}
		if right != nil {
			p.Right = right[i]
		}
		out = append(out, p)
	}
	for _, k := range enrich.KindNames() {
		n := 0
		for _, g := range groups {
			if slices.Contains(strings.Split(g.kinds, ","), k) {
				n += g.n
			}
		}
		p := Portion{Head: enrich.Kinds, Value: k, Raw: stat.Share(n, all)}
		if m, found := errs.Matrix(enrich.Kinds, k); found && len(m.Counts) == 2 {
			known := []int{0, 0}
			for _, h := range hand {
				if slices.Contains(strings.Split(h.hand, ","), enrich.Kinds) {
					if slices.Contains(strings.Split(h.kinds, ","), k) {
						known[1]++
					} else {
						known[0]++
					}
				}
			}
			read := []int{max(all-n-known[0], 0), max(n-known[1], 0)}
			p.Right, p.Audited = stat.Confusion{Counts: m.Counts}.SharesBeside(known, read)[1], m.Audited
		}
		out = append(out, p)
	}
	return out, nil
}
