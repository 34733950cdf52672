package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
)

// Used is the number of a measure that is in use, over its usual period that ends now.
type Used struct {
	Measure kpi.Measure
	Filter  Filter
	Result  Result
}

// Labels are what it is narrowed to: the name is the dimension.
func (u Used) Labels() (out []Choice) {
	f := u.Filter
	for _, v := range fields(&f) {
		if *v.Value != "" {
			out = append(out, Choice{ID: *v.Value, Name: string(v.By)})
		}
	}
	return out
}

// mostUsed bounds what is computed at once for programs that watch.
const mostUsed = 500

// InUse gives the numbers of the measures that are on a map, or were asked for lately and are kept.
func (s *Service) InUse(ctx context.Context) ([]Used, error) {
	if err := may(ctx); err != nil {
		return nil, err
	}
	ctx = context.WithValue(ctx, watching{}, true)
	type pair struct{ measure, filter string }
	list, err := db.All(ctx, s.db.Read(), func(p *pair) []any { return []any{&p.measure, &p.filter} },
		"SELECT measure, filter FROM measure_key ORDER BY measure, filter"+db.Limit(mostUsed))
	if err != nil {
		return nil, fmt.Errorf("list measures in use: %w", err)
	}
	on, err := db.All(ctx, s.db.Read(), func(p *pair) []any { return []any{&p.measure, &p.filter} },
		"SELECT DISTINCT measure, channel || '\n' || topic || '\n' || language || '\n' || community || '\n' || kind || '\n' || team || '\n' || partner || '\n' || campaign FROM objective_measure ORDER BY 1, 2"+db.Limit(mostUsed))
	if err != nil {
		return nil, fmt.Errorf("list measures on maps: %w", err)
	}
	type wanted struct {
		id string
		f  Filter
	}
	var all []wanted
	seen := map[wanted]bool{}
	add := func(w wanted) {
		if !seen[w] {
			seen[w] = true
			all = append(all, w)
		}
	}
	for _, p := range list {
		var f Filter
		if json.Unmarshal([]byte(p.filter), &f) == nil {
			f.Called = kpi.Called{} // it is settled anew, and no other number for that
			add(wanted{p.measure, f})
		}
	}
	for _, p := range on {
		w := wanted{id: p.measure}
		if by := strings.Split(p.filter, "\n"); len(by) == 8 {
			w.f = Filter{Channel: by[0], Topic: by[1], Language: by[2], Community: by[3], Kind: by[4], Team: by[5], Partner: by[6], Campaign: by[7]}
		}
		add(w)
	}
	var out []Used
	for _, w := range all {
		m, err := s.find(ctx, w.id)
		if err != nil || Accepts(m, w.f) != nil || len(m.Pending()) > 0 {
			continue // gone, or no longer narrowed so
		}
		there, err := exists(ctx, s.db.Read(), w.f)
		if err != nil {
			return nil, err
		}
		if !there {
			continue
		}
		r, err := s.Compute(ctx, w.id, Last(m.Days, s.clock(), i18n.Zone(ctx)), w.f)
		if m.Searched && problem.Is(err, problem.Invalid) {
			continue // takes too long
		}
		if err != nil {
			return nil, err
		}
		out = append(out, Used{m, w.f, r})
	}
	return out, nil
}
