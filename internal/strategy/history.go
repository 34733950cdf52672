package strategy

import (
	"context"
	"sync"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
)

// weeksKnown is how far back links are tested where facts are as old. An evaluation reads the last weeksTested of them; those before are read when
// somebody opens an objective with links, and remembered for the day: evaluations of the map take them from there.
const weeksKnown = 104

// longAgo is how long whoever opens an objective waits for older weeks.
const longAgo = 3 * time.Second

// past is older weeks that were read.
type past struct {
	mu sync.Mutex
	of map[pastOf][]Sample
}

// pastOf tells courses apart; before is the beginning of the weeks that an evaluation reads.
type pastOf struct {
	measure   string
	statistic Statistic
	filter    measure.Filter
	zone      string
	before    int64
}

const mostPasts = 2000

func pastKey(m Measure, at time.Time, zone *time.Location) pastOf {
	return pastOf{m.Measure, m.Statistic, m.Filter(), zone.String(), recent(at, zone).From.Unix()}
}

// recent is the weeks that an evaluation reads.
func recent(at time.Time, zone *time.Location) measure.Window {
	return measure.Last(7*weeksTested, at, zone)
}

// before is a course with the older weeks that are known before it, of which those that are not are told to be unknown: all courses are of one
// length.
func (p *past) before(k pastOf, course []Sample) []Sample {
	p.mu.Lock()
	older := p.of[k]
	p.mu.Unlock()
	out := make([]Sample, weeksKnown-weeksTested, weeksKnown-weeksTested+len(course))
	older = older[max(0, len(older)-len(out)):]
	copy(out[len(out)-len(older):], older)
	return append(out, course...)
}

// recall reads the older weeks of a measure, once a day.
func (s *Service) recall(ctx context.Context, m Measure, at time.Time) error {
	zone := i18n.Zone(ctx)
	k := pastKey(m, at, zone)
	s.past.mu.Lock()
	_, known := s.past.of[k]
	s.past.mu.Unlock()
	if known {
		return nil
	}
	def, err := s.measures.Find(m.Measure)
	if err != nil {
		return nil // it is gone, which the page says
	}
	until := recent(at, zone).From
	since, err := s.measures.Since(ctx, def)
	if err != nil {
		return err
	}
	var older []Sample
	if !since.IsZero() && since.Before(until) {
		w := measure.Window{From: until.In(zone).AddDate(0, 0, -7*(weeksKnown-weeksTested)).UTC(), To: until}
		if older, err = s.samples(ctx, m, w); err != nil {
			return err
		}
		for i := range older { // nothing at all, before there was anything, says nothing
			if older[i].Known && older[i].Value != 0 {
				break
			}
			older[i].Known = false
		}
		if n := len(older); n > 0 && older[n-1].Short {
			older = older[:n-1] // the weeks of an evaluation begin within it, and have it
		}
	}
	s.past.mu.Lock()
	defer s.past.mu.Unlock()
	if s.past.of == nil || len(s.past.of) >= mostPasts {
		s.past.of = map[pastOf][]Sample{}
	}
	s.past.of[k] = older
	return nil
}

// TestLinks tests the links of an objective of an evaluation on all the weeks there are, up to weeksKnown. What cannot be read in time stays tested
// on those that the evaluation read.
func (s *Service) TestLinks(ctx context.Context, e Evaluation, objective string) Evaluation {
	if org.Require(ctx, org.StrategyRead) != nil {
		return e
	}
	zone := s.measures.Zone(ctx)
	c, cancel := context.WithTimeout(i18n.With(ctx, i18n.Lang(ctx), zone), longAgo)
	defer cancel()
	type end struct {
		objective string
		measure   int
	}
	courses := map[end][]float64{}
	course := func(id string, j int) []float64 {
		at := end{id, j}
		if known, is := courses[at]; is {
			return known
		}
		courses[at] = nil
		st, _ := e.Standing(id)
		r := st.Readings[j]
		if r.Hidden {
			return nil
		}
		release, err := s.turn(c)
		if err != nil {
			return nil
		}
		defer release()
		if err := s.recall(c, r.Measure, e.At); err != nil {
			return nil
		}
		list, err := s.weekly(c, r.Measure, e.At)
		if err != nil {
			return nil
		}
		courses[at] = oriented(r.Measure, r.Unit, s.past.before(pastKey(r.Measure, e.At, zone), list))
		return courses[at]
	}
	links := make([]Tested, len(e.Links))
	copy(links, e.Links)
	for i, l := range links {
		if l.Origin != objective && l.Serves != objective {
			continue
		}
		from, is := e.Standing(l.Origin)
		to, there := e.Standing(l.Serves)
		if !is || !there {
			continue
		}
		if t := tested(l.Link, len(from.Readings), len(to.Readings), course); t.Correlation.N > 0 {
			links[i] = t
		}
	}
	e.Links = links
	return e
}

// tested tests a link on the weekly courses of a measure of each end: the first two, in the order of the objectives, of which enough weeks are known,
// else those of which most are. How they moved does not choose them.
func tested(l Link, froms, tos int, course func(objective string, measure int) []float64) Tested {
	best := Tested{Link: l}
	for sum := 0; sum <= froms+tos-2; sum++ {
		for i := max(0, sum-tos+1); i <= min(sum, froms-1); i++ {
			c := stat.Correlate(stat.Changes(course(l.Origin, i)), stat.Changes(course(l.Serves, sum-i)), (l.LagDays+3)/7, true)
			if c.Told() {
				return Tested{l, c, i, sum - i}
			}
			if c.N > best.Correlation.N {
				best = Tested{l, c, i, sum - i}
			}
		}
	}
	return best
}
