package report

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/report/find"
	"github.com/entente/entente/internal/sorting"
)

// NoteKind is what a note tells.
type NoteKind string

// The kinds.
const (
	Rose   NoteKind = "rose"   // over a period, against the one before
	Fell   NoteKind = "fell"   // the same
	Surged NoteKind = "surged" // a day, against the same days of eight weeks before
	Dipped NoteKind = "dipped" // the same
	Silent NoteKind = "silent" // a channel has not been heard, so that counts say less
)

// Note is something out of the ordinary, told from the figures.
type Note struct {
	Kind        NoteKind
	Measure     kpi.Measure // none of Silent
	Window      measure.Window
	Filter      measure.Filter // of the number itself
	From, To    float64        // the numbers, in the unit of the measure
	Currency    string
	N           int
	Mostly      []Narrowing // the part that made most of it
	OnWeekday   bool        // Weekday belongs to Mostly
	Weekday     time.Weekday
	Narrowed    measure.Filter // Filter with Mostly: whose rows to open
	NarrowedN   int            // on Weekday, when that belongs to Mostly
	P           float64
	Good        int    // 1: as it should, -1: the other way, 0: neither
	Channel     string // name, of Silent
	ChannelID   string
	SilentSince time.Time // zero when it was never heard
}

// Subject is what notes are looked for in: a measure in a window.
type Subject struct {
	Measure string
	Filter  measure.Filter
	Days    int
}

const (
	weeksBefore  = 8
	daysLooked   = 7
	leastMost    = 10 // observations in a part that is told to have made most of a change
	mostParts    = 3  // dimensions, one within the other, such as kind, language and channel; the day of the week comes after
	notesFor     = 2 * time.Minute
	mostNotes    = 12
	silentBefore = 24 * time.Hour
)

type noted struct {
	at    time.Time
	epoch int64
	notes []Note
}

// Subjects are the measures of the catalogue and own ones that have facts, over so many days; 0 is for each the period that suits it.
func (s *Service) Subjects(ctx context.Context, days int) ([]Subject, error) {
	var out []Subject
	for _, m := range s.measures.All() {
		missing, err := s.measures.Missing(ctx, m)
		if err != nil {
			return nil, err
		}
		if len(missing) == 0 {
			over := days
			if over == 0 {
				over = m.Days
			}
			out = append(out, Subject{Measure: m.ID, Days: over})
		}
	}
	return out, nil
}

// Subjects are what the tiles of a dashboard show, each once.
func (d Dashboard) Subjects() []Subject {
	var out []Subject
	for _, t := range d.Tiles {
		if sub := (Subject{t.Measure, t.Filter, t.Days}); !slices.Contains(out, sub) {
			out = append(out, sub)
		}
	}
	return out
}

// Notes tells what is out of the ordinary in subjects, what chance would do most seldom first, by the calendar of ctx. The same figures give
// the same notes. An answer of up to two minutes ago may be given while nothing came in.
func (s *Service) Notes(ctx context.Context, subjects []Subject) ([]Note, error) {
	if err := org.Require(ctx, org.MeasureRead); err != nil {
		return nil, err
	}
	now := s.Now()
	epoch, _ := s.measures.Epoch()
	key := fmt.Sprintf("%v %v", i18n.Zone(ctx), subjects)
	s.mu.Lock()
	kept, found := s.notes[key]
	s.mu.Unlock()
	if found && kept.epoch == epoch && now.Sub(kept.at) < notesFor && !now.Before(kept.at) {
		return discreetNotes(ctx, kept.notes), nil
	}
	notes, err := s.notesAt(org.WithMoney(ctx), subjects, now) // they are kept for all who look
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	if len(s.notes) > 200 {
		clear(s.notes)
	}
	s.notes[key] = noted{now, epoch, notes}
	s.mu.Unlock()
	return discreetNotes(ctx, notes), nil
}

// candidate is a note that stands when chance would seldom do as much, with many looked at.
type candidate struct {
	note  Note
	p     float64
	now   measure.Result
	was   measure.Result
	clear bool
}

// NotesAt is Notes as of a moment, worked out anew.
func (s *Service) NotesAt(ctx context.Context, subjects []Subject, now time.Time) ([]Note, error) {
	if err := org.Require(ctx, org.MeasureRead); err != nil {
		return nil, err
	}
	notes, err := s.notesAt(org.WithMoney(ctx), subjects, now)
	return discreetNotes(ctx, notes), err
}

func (s *Service) notesAt(ctx context.Context, subjects []Subject, now time.Time) ([]Note, error) {
	silent, err := s.silent(ctx, now)
	if err != nil {
		return nil, err
	}
	var list []candidate
	days := map[string]bool{}
	for _, sub := range subjects {
		m, err := s.measures.Find(sub.Measure)
		if err != nil {
			continue // gone: its tile says so
		}
		if missing, err := s.measures.Missing(ctx, m); err != nil || len(missing) > 0 {
			if err != nil {
				return nil, err
			}
			continue
		}
		c, ok, err := s.changed(ctx, m, sub, now)
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, c)
		}
		if key := fmt.Sprint(m.ID, sub.Filter); counted(m) && !days[key] {
			days[key] = true
			more, err := s.spikes(ctx, m, sub, now)
			if err != nil {
				return nil, err
			}
			list = append(list, more...)
		}
	}
	p := make([]float64, len(list))
	for i, c := range list {
		p[i] = c.p
	}
	stands := find.Discoveries(p, find.FalseShare)
	out := slices.Clone(silent)
	for i, c := range list {
		if !stands[i] || !c.clear || blinded(c.note, silent) {
			continue
		}
		if c.note.Kind == Rose || c.note.Kind == Fell {
			if err := s.mostly(ctx, &c); err != nil {
				return nil, err
			}
		}
		out = append(out, c.note)
	}
	sorting.Stable(out, func(a, b Note) int {
		switch {
		case a.P < b.P:
			return -1
		case a.P > b.P:
			return 1
		}
		return strings.Compare(a.Measure.ID, b.Measure.ID)
	})
	return out[:min(len(out), mostNotes)], nil
}

// counted reports whether a measure counts what happened, so that its days and parts add up.
func counted(m kpi.Measure) bool { return m.Interval == kpi.Poisson && !m.Stock }

// scaleOf is on what two numbers of a measure are compared.
func scaleOf(m kpi.Measure) find.Scale {
	switch m.Unit {
	case kpi.Share:
		return find.Odds
	case kpi.Points, kpi.Ratio, kpi.Money, kpi.Score, kpi.Index:
		return find.Linear
	}
	return find.Log
}

// changed holds a window against the one before.
func (s *Service) changed(ctx context.Context, m kpi.Measure, sub Subject, now time.Time) (c candidate, ok bool, err error) {
	zone := i18n.Zone(ctx)
	w := measure.Last(sub.Days, now, zone)
	rep, err := s.measures.Report(ctx, m.ID, w, measure.Month, sub.Filter)
	if err != nil {
		return c, false, nil // what cannot be asked of it is told by its tile
	}
	a, b := Whole.Of(m, rep.Result), Whole.Of(m, rep.Before)
	if !rep.Change.Known || !a.OK() || !b.OK() || m.Interval == kpi.ExactNumber {
		return c, false, nil
	}
	// What began to be told within the period before makes a change of the records, not of the world.
	if since, err := s.measures.Since(ctx, m); err != nil || since.IsZero() || since.After(rep.Before.Window.From) {
		return c, false, err
	}
	kind := Rose
	if rep.Change.By < 0 {
		kind = Fell
	}
	c = candidate{p: find.P(a, b, scaleOf(m)), now: rep.Result, was: rep.Before, clear: rep.Change.Clear,
		note: Note{Kind: kind, Measure: m, Window: w, Filter: sub.Filter, Narrowed: sub.Filter, From: b.Value, To: a.Value, Currency: rep.Result.Currency, N: rep.Result.N}}
	c.note.P, c.note.NarrowedN = c.p, rep.Result.N
	if m.Better == kpi.Higher || m.Better == kpi.Lower {
		c.note.Good = -1
		if (kind == Rose) == (m.Better == kpi.Higher) {
			c.note.Good = 1
		}
	}
	return c, true, nil
}

// spikes holds each of the last whole days against the same days of the weeks before.
func (s *Service) spikes(ctx context.Context, m kpi.Measure, sub Subject, now time.Time) ([]candidate, error) {
	zone := i18n.Zone(ctx)
	points, err := s.measures.Series(ctx, m.ID, measure.Last(1+daysLooked+7*weeksBefore, now, zone), measure.Day, sub.Filter)
	if err != nil {
		return nil, nil // as above
	}
	if n := len(points); n > 0 {
		points = points[:n-1] // today is not over
	}
	var out []candidate
	for i := max(len(points)-daysLooked, 7*weeksBefore); i < len(points); i++ {
		var before []float64
		for k := i - 7; k >= 0 && len(before) < weeksBefore; k -= 7 {
			before = append(before, float64(points[k].N))
		}
		mean := 0.0
		for _, v := range before {
			mean += v / float64(len(before))
		}
		p := points[i]
		base := Note{Measure: m, Window: p.Window, Filter: sub.Filter, Narrowed: sub.Filter, From: mean, To: float64(p.N), N: p.N, NarrowedN: p.N}
		up, down := base, base
		up.Kind, up.P = Surged, find.Surge(before, float64(p.N))
		down.Kind, down.P = Dipped, find.Dip(before, float64(p.N))
		out = append(out, candidate{note: up, p: up.P, clear: p.N >= 5}, candidate{note: down, p: down.P, clear: mean >= 5})
	}
	return out, nil
}

// silent lists channels that have not been heard for a day.
func (s *Service) silent(ctx context.Context, now time.Time) ([]Note, error) {
	if s.channels == nil {
		return nil, nil
	}
	list, err := s.channels.List(ctx)
	if err != nil {
		return nil, err
	}
	var out []Note
	for _, a := range list {
		if deaf(a, now) {
			out = append(out, Note{Kind: Silent, Channel: a.Name, ChannelID: a.ID, SilentSince: a.State.PolledAt})
		}
	}
	return out, nil
}

func deaf(a channel.Account, now time.Time) bool {
	if !a.Enabled || a.State.Fault == "" {
		return false
	}
	since := a.State.PolledAt
	if since.IsZero() {
		since = a.CreatedAt
	}
	return now.Sub(since) > silentBefore
}

// blinded reports whether a fall may only be a channel that was not heard.
func blinded(n Note, silent []Note) bool {
	if n.Kind != Fell && n.Kind != Dipped || !counted(n.Measure) {
		return false
	}
	return slices.ContainsFunc(silent, func(c Note) bool {
		return (n.Filter.Channel == "" || n.Filter.Channel == c.ChannelID) && c.SilentSince.Before(n.Window.To)
	})
}

// mostly looks over the dimensions of a measure, then within the part found over the others, for what made most of a change.
func (s *Service) mostly(ctx context.Context, c *candidate) error {
	n := &c.note
	before := n.Window.Before(i18n.Zone(ctx))
	now, was := c.now, c.was
	for range mostParts {
		type lookup struct {
			by    kpi.Dimension
			value string
			f     measure.Filter
			now   measure.Result
			was   measure.Result
		}
		var looked []float64
		var found []find.Finding
		var all []lookup
		total := find.Part{Now: Whole.Of(n.Measure, now), Before: Whole.Of(n.Measure, was), N: now.N}
		for _, by := range n.Measure.Dims {
			if by == kpi.ByMember || slices.ContainsFunc(Narrowed(n.Narrowed), func(p Narrowing) bool { return p.By == by }) {
				continue // whose work it is, is not for a note to say
			}
			list, err := s.measures.By(ctx, n.Measure.ID, n.Window, n.Narrowed, by)
			if err != nil {
				return err
			}
			var parts []find.Part
			var places []lookup
			for _, sl := range list {
				b, err := s.measures.Compute(ctx, n.Measure.ID, before, sl.Filter)
				if err != nil {
					return err
				}
				parts = append(parts, find.Part{Now: Whole.Of(n.Measure, sl.Result), Before: Whole.Of(n.Measure, b), N: sl.Result.N})
				places = append(places, lookup{by, sl.Value.ID, sl.Filter, sl.Result, b})
			}
			f, p := find.Mostly(parts, total, scaleOf(n.Measure), counted(n.Measure), max(leastMost, n.Measure.MinN))
			for i := range f {
				f[i].Part += len(all)
			}
			found, looked, all = append(found, f...), append(looked, p...), append(all, places...)
		}
		best := -1
		stands := find.Discoveries(looked, find.FalseShare)
		for i, f := range found {
			if stands[f.Part] && (best < 0 || f.P < found[best].P) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		l := all[found[best].Part]
		n.Mostly = append(n.Mostly, Narrowing{By: l.by, Value: l.value})
		n.Narrowed, n.NarrowedN, now, was = l.f, l.now.N, l.now, l.was
	}
	return s.weekday(ctx, n, before, now, was)
}

// weekday looks whether one day of the week made most of a change of a count, a wait or a share; now and was are the numbers that changed.
func (s *Service) weekday(ctx context.Context, n *Note, before measure.Window, now, was measure.Result) error {
	if n.Window.To.Sub(n.Window.From) < 13*24*time.Hour {
		return nil
	}
	is, ok, err := s.measures.ByWeekday(ctx, n.Measure.ID, n.Window, n.Narrowed)
	if err != nil || !ok {
		return err
	}
	were, _, err := s.measures.ByWeekday(ctx, n.Measure.ID, before, n.Narrowed)
	if err != nil {
		return err
	}
	of := func(r measure.Result) stat.Estimate { return Whole.Of(n.Measure, r) }
	scale, added, least := scaleOf(n.Measure), false, max(leastMost, n.Measure.MinN)
	if counted(n.Measure) {
		of = func(r measure.Result) stat.Estimate { return stat.Count(r.N) }
		scale, added, least = find.Log, true, leastMost
	}
	parts := make([]find.Part, 7)
	total := find.Part{Now: of(now), Before: of(was), N: now.N}
	for d := range parts {
		parts[d] = find.Part{Now: of(is[d]), Before: of(were[d]), N: is[d].N}
	}
	found, looked := find.Mostly(parts, total, scale, added, least)
	stands := find.Discoveries(looked, find.FalseShare)
	for _, f := range found {
		if stands[f.Part] && !math.IsNaN(f.P) {
			n.OnWeekday, n.Weekday, n.NarrowedN = true, time.Weekday(f.Part), is[f.Part].N
			return nil
		}
	}
	return nil
}
