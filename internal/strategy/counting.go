package strategy

import (
	"context"
	"time"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
)

// Counting is a measure of an objective in which something counts.
type Counting struct {
	Standing Standing
	Reading  Reading
	Serves   []Standing // what the objective serves directly
}

// Counts lists on all maps, as they stood a moment ago, the measures whose filters let something through, which was said in channel (id) and matches topics (ids).
func (s *Service) Counts(ctx context.Context, channel string, topics []string, at time.Time) ([]Counting, error) {
	in := map[string]bool{}
	for _, t := range topics {
		in[t] = true
	}
	return s.counting(ctx, at, func(m Measure) bool {
		return (m.Channel == "" || m.Channel == channel) && (m.Topic == "" || in[m.Topic])
	})
}

// Uses lists on all maps where a measure of the catalogue is used, with a filter that is wider or narrower than this one or the same; "" is everything.
func (s *Service) Uses(ctx context.Context, measure string, f measure.Filter, at time.Time) ([]Counting, error) {
	return s.counting(ctx, at, func(m Measure) bool {
		o := m.Filter()
		return m.Measure == measure && alike(o.Channel, f.Channel) && alike(o.Topic, f.Topic) && alike(o.Language, f.Language) && alike(o.Community, f.Community) &&
			alike(o.Kind, f.Kind) && alike(o.Team, f.Team) && alike(o.Partner, f.Partner) && alike(o.Campaign, f.Campaign)
	})
}

func alike(a, b string) bool { return a == "" || b == "" || a == b }

func (s *Service) counting(ctx context.Context, at time.Time, counts func(Measure) bool) ([]Counting, error) {
	maps, err := s.Maps(ctx)
	if err != nil {
		return nil, err
	}
	var out []Counting
	for _, m := range maps {
		full, err := s.full(ctx, m)
		if err != nil {
			return nil, err
		}
		found := false
		for _, o := range full.Objectives {
			for _, measured := range o.Measures {
				found = found || counts(measured)
			}
		}
		if !found {
			continue
		}
		e, err := s.soon(ctx, full, at)
		if err != nil {
			return nil, err
		}
		for _, st := range e.Objectives {
			for _, r := range st.Readings {
				if counts(r.Measure) {
					out = append(out, Counting{Standing: st, Reading: r, Serves: e.Served(st.ID)})
				}
			}
		}
	}
	return out, nil
}

// full is a map with all that is on it, read anew when it was changed since: each change gives it a later time. Nobody may change what it gives.
func (s *Service) full(ctx context.Context, m Map) (Map, error) {
	if known, ok := s.fulls.Load(m.ID); ok && known.(Map).UpdatedAt.Equal(m.UpdatedAt) {
		return known.(Map), nil
	}
	full, err := s.read(ctx, m.ID)
	if err == nil {
		s.fulls.Store(m.ID, full)
	}
	return full, err
}

// Standing finds where an objective stands.
func (e Evaluation) Standing(objective string) (Standing, bool) {
	for _, st := range e.Objectives {
		if st.ID == objective {
			return st, true
		}
	}
	return Standing{}, false
}

// Served lists what an objective serves.
func (e Evaluation) Served(objective string) []Standing {
	var out []Standing
	for _, l := range e.Links {
		if l.Origin == objective {
			if st, ok := e.Standing(l.Serves); ok {
				out = append(out, st)
			}
		}
	}
	return out
}

// Lately is Evaluate for those who can do with the state of some minutes ago: lists of many maps.
func (s *Service) Lately(ctx context.Context, mapID string, at time.Time) (Evaluation, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Evaluation{}, err
	}
	m, err := s.read(ctx, mapID)
	if err != nil {
		return Evaluation{}, err
	}
	return s.soon(ctx, m, at)
}
