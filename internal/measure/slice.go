package measure

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// Slice is the number of a measure for one value of a dimension.
type Slice struct {
	Value  Choice
	Filter Filter // as asked, narrowed to the value
	Result Result
}

// mostSlices is how many values are shown, those with the most first.
const mostSlices = 24

// By gives a measure for each value of a dimension, those with the most behind them first. Values with nothing behind them are left out.
// What counts for several values, such as a post with two topics, stands with each.
func (s *Service) By(ctx context.Context, id string, w Window, f Filter, by kpi.Dimension) ([]Slice, error) {
	if err := may(ctx); err != nil {
		return nil, err
	}
	m, _, err := s.ask(ctx, id, w, f)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(m.Dims, by) {
		return nil, problem.New(problem.Invalid, "measure.filter_not").On("by")
	}
	values, err := s.Values(ctx, by, w)
	if err != nil {
		return nil, err
	}
	var out []Slice
	err = s.patiently(ctx, m, func(ctx context.Context) error { // all of them together
		out, err = s.slices(ctx, id, w, f, by, values)
		return err
	})
	if err != nil {
		return nil, err
	}
	sorting.Stable(out, func(a, b Slice) int { return b.Result.N - a.Result.N })
	return out[:min(len(out), mostSlices)], nil
}

func (s *Service) slices(ctx context.Context, id string, w Window, f Filter, by kpi.Dimension, values []Choice) (out []Slice, err error) {
	for _, v := range values {
		narrowed := f
		for _, field := range fields(&narrowed) {
			if field.By != by {
				continue
			}
			if *field.Value != "" && *field.Value != v.ID {
				v.ID = ""
			} else {
				*field.Value = v.ID
			}
		}
		if v.ID == "" {
			continue
		}
		r, err := s.Compute(ctx, id, w, narrowed)
		if err != nil {
			return nil, err
		}
		if r.N+r.LeftOut > 0 || r.Value.Defined() {
			out = append(out, Slice{v, narrowed, r})
		}
	}
	return out, nil
}

// ours are the departments and the organisations of people that no business fact need name.
var ours = map[kpi.Dimension]string{kpi.ByTeam: "SELECT DISTINCT department AS id, department AS name FROM team_profile WHERE department <> '' ORDER BY 1 LIMIT 100",
	kpi.ByPartner: organisations}

// Both are read from indexes that hold only what has one.
const (
	organisations = "SELECT organisation AS id, organisation AS name FROM person WHERE organisation <> '' GROUP BY organisation ORDER BY COUNT(*) DESC, organisation LIMIT 100"
	campaignLinks = "SELECT text FROM post WHERE text LIKE '%utm_campaign=%' ORDER BY at DESC LIMIT 2000" // the newest only
)

// own lists what is ours of a dimension: it can be chosen whether a business fact names it or not. others is what facts name in the words of
// ours, which is not listed again.
func (s *Service) own(ctx context.Context, by kpi.Dimension) (list []Choice, others []string, err error) {
	switch {
	case by == kpi.ByCommunity:
		places, err := s.communities(ctx)
		for _, c := range places {
			others = append(others, strings.Split(called(c), "\n")...)
			if c.ClosedAt.IsZero() {
				list = append(list, Choice{c.ID, c.Called(i18n.Lang(ctx))})
			}
		}
		return list, others, err
	case by == kpi.ByCampaign:
		list, err = s.campaigns(ctx)
	case ours[by] != "":
		list, err = db.All(ctx, s.db.Read(), func(c *Choice) []any { return []any{&c.ID, &c.Name} }, ours[by])
	}
	for _, c := range list {
		others = append(others, c.ID)
	}
	return list, others, err
}

var campaignLink = regexp.MustCompile(`(?i)utm_campaign=([^&#\s)\]<"']+)`)

// campaigns lists those that links of posts name.
func (s *Service) campaigns(ctx context.Context) ([]Choice, error) {
	texts, err := db.All(ctx, s.db.Read(), db.Self[string], campaignLinks)
	if err != nil {
		return nil, fmt.Errorf("look for links of campaigns: %w", err)
	}
	n := map[string]int{}
	for _, text := range texts {
		for _, found := range campaignLink.FindAllStringSubmatch(text, -1) {
			if name, err := url.QueryUnescape(found[1]); err == nil && len(name) <= 200 && !strings.ContainsRune(name, 0) && utf8.ValidString(name) {
				n[strings.ToLower(name)]++
			}
		}
	}
	out := make([]Choice, 0, len(n))
	for name := range n {
		out = append(out, Choice{name, name})
	}
	sorting.Func(out, func(a, b Choice) int { return cmp.Or(n[b.ID]-n[a.ID], strings.Compare(a.ID, b.ID)) })
	return out[:min(len(out), 100)], nil
}

// Values lists what a dimension can be in a period; names of languages and kinds are left to whoever shows them.
func (s *Service) Values(ctx context.Context, by kpi.Dimension, w Window) ([]Choice, error) {
	q := s.db.Read()
	plain := func(query string, args ...any) ([]Choice, error) {
		list, err := db.All(ctx, q, func(c *Choice) []any { return []any{&c.ID, &c.Name} }, query, args...)
		if err != nil {
			return nil, fmt.Errorf("list values of %s: %w", by, err)
		}
		return list, nil
	}
	switch by {
	case kpi.ByChannel:
		return s.Channels(ctx)
	case kpi.ByTopic:
		return s.Topics(ctx)
	case kpi.ByMember:
		return plain("SELECT id, name FROM member ORDER BY name, id LIMIT 200")
	case kpi.ByLanguage:
		return plain("SELECT lang, lang FROM label_hour WHERE hour >= $1 AND hour <= $2 AND lang <> '' GROUP BY lang ORDER BY SUM(n) DESC, lang"+db.Limit(mostSlices), hourOf(w.From), hourOf(w.To))
	case kpi.ByKind:
		var out []Choice
		for _, k := range enrich.KindNames() {
			out = append(out, Choice{k, k})
		}
		return out, nil
	case kpi.ByTeam, kpi.ByPartner, kpi.ByCampaign, kpi.ByCommunity:
		column := string(by)
		list, err := plain("SELECT "+column+", "+column+" FROM business_fact WHERE at >= $1 AND at < $2 AND "+column+" <> '' GROUP BY "+column+" ORDER BY COUNT(*) DESC, "+column+db.Limit(200), db.T(w.From), db.T(w.To))
		if err != nil {
			return nil, err
		}
		own, known, err := s.own(ctx, by)
		if err != nil {
			return nil, fmt.Errorf("list values of %s: %w", by, err)
		}
		if by == kpi.ByCommunity { // ours by their ids, whatever facts call them
			return append(own, slices.DeleteFunc(list, func(c Choice) bool { return slices.Contains(known, c.ID) })...), nil
		}
		for _, c := range own {
			if !slices.ContainsFunc(list, func(l Choice) bool { return strings.EqualFold(l.ID, c.ID) }) {
				list = append(list, c)
			}
		}
		return list, nil
	}
	return nil, problem.New(problem.Invalid, "measure.filter_not").On("by")
}

// LastYear is the same stretch of the calendar a year earlier.
func (w Window) LastYear(zone *time.Location) Window {
	back := func(t time.Time) time.Time { return t.In(zone).AddDate(-1, 0, 0).UTC() }
	return Window{back(w.From), back(w.To)}
}

// Need is something that a measure stands on and that is not there.
type Need struct {
	Kind   string // of business facts; "" for a part of Entente
	Label  string // or status of those facts, "" for any; one of several with "|" between
	Module string // a part of Entente that is not there yet
}

// Text says what is missing.
func (n Need) Text(ctx context.Context) string {
	if n.Kind == "" {
		key := "measure.need." + n.Module
		if !i18n.Has(key) {
			key = "measure.need.module"
		}
		return i18n.T(ctx, key, "Name", n.Module)
	}
	word := func(prefix, id string) string {
		if i18n.Has(prefix + id) {
			return i18n.T(ctx, prefix+id)
		}
		return id
	}
	kind := word("business.kind.", n.Kind)
	if n.Label == "" {
		return i18n.T(ctx, "measure.need.fact", "Kind", kind)
	}
	list := strings.Split(n.Label, "|")
	key := "measure.need.fact_label"
	if k, known := ledger.KindOfFact(n.Kind); known && slices.Contains(k.Statuses, list[0]) {
		key = "measure.need.fact_status"
	}
	for i := range list {
		list[i] = word("business.value.", list[i])
	}
	return i18n.T(ctx, key, "Kind", kind, "Label", strings.Join(list, ", "))
}

// Missing lists what keeps a measure from having a number at all.
func (s *Service) Missing(ctx context.Context, m kpi.Measure) ([]Need, error) {
	var out []Need
	for _, n := range m.Needs {
		kind, label, fact := kpi.FactNeed(n)
		if !fact {
			out = append(out, Need{Module: n})
			continue
		}
		query, args := ofKind("SELECT 1 FROM business_fact", kind, label)
		_, found, err := db.Value[int](ctx, s.db.Read(), query+db.Limit(1), args...)
		if err != nil {
			return nil, fmt.Errorf("look for facts of %s: %w", kind, err)
		}
		if !found {
			out = append(out, Need{Kind: kind, Label: label})
		}
	}
	return out, nil
}
