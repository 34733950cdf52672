package strategy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Lookups find what a map file names. What is nil looks where members, topics and channels of this installation are: by e-mail address
// and by name. A name that is not found is an error, save for owners, who may be nobody.
type Lookups struct {
	Owner   func(ctx context.Context, email string) (member string, err error)
	Topic   func(ctx context.Context, name string) (id string, err error)
	Channel func(ctx context.Context, name string) (id string, err error)
	// Shift is added to every date of the file.
	Shift time.Duration
	// BaselineAt is the date of all baselines; twelve weeks ago when zero.
	BaselineAt time.Time
}

// file is a map as a file has it: times in hours, shares in per cent, volumes in posts in four weeks, points from −100 to 100.
type file struct {
	Name         Words             `json:"name"`
	Perspectives []filePerspective `json:"perspectives"`
	Objectives   []fileObjective   `json:"objectives"`
	Links        []fileLink        `json:"links"`
}

type filePerspective struct {
	ID    string            `json:"id"`
	Name  Words             `json:"name"`
	Steps []filePerspective `json:"steps,omitempty"`
}

type fileObjective struct {
	ID           string        `json:"id"`
	Perspective  string        `json:"perspective"`
	Step         *string       `json:"step"`
	Name         Words         `json:"name"`
	Owner        string        `json:"owner,omitempty"`
	Stakeholders []string      `json:"stakeholders,omitempty"`
	Note         string        `json:"note,omitempty"`
	By           string        `json:"by,omitempty"`
	Position     *float64      `json:"position,omitempty"`
	Measures     []fileMeasure `json:"measures"`

	Baseline float64  `json:"baseline,omitempty"` // of the first measure, said twice in the file
	Target   *float64 `json:"target,omitempty"`
}

type fileMeasure struct {
	ID         string     `json:"id"`
	Statistic  Statistic  `json:"statistic,omitempty"`
	Direction  string     `json:"direction"`
	Weight     float64    `json:"weight"`
	Filter     fileFilter `json:"filter"`
	Days       int        `json:"days,omitempty"`
	Baseline   float64    `json:"baseline"`
	BaselineOn string     `json:"baseline_on,omitempty"`
	Target     *float64   `json:"target,omitempty"`
	Low        *float64   `json:"low,omitempty"`
	High       *float64   `json:"high,omitempty"`
}

type fileFilter struct {
	Topic   string `json:"topic,omitempty"`
	Channel string `json:"channel,omitempty"`
}

type fileLink struct {
	From     string  `json:"from"`
	To       string  `json:"to"`
	LagWeeks float64 `json:"lag_weeks"`
	Weight   float64 `json:"weight,omitempty"`
	Note     string  `json:"note,omitempty"`
}

const (
	maxFile   = 1 << 20
	fourWeeks = 28
)

func badFile(err error) error { return problem.New(problem.Invalid, "strategy.bad_file").Because(err) }

// Load makes a map of a file such as sample/map.json. Where there is a map already nothing is done and that one is given, so that
// loading twice is loading once.
func (s *Service) Load(ctx context.Context, r io.Reader, l Lookups) (m Map, made bool, err error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return Map{}, false, err
	}
	if m, err := s.read(ctx, ""); err == nil {
		return m, false, nil
	} else if !problem.Is(err, problem.Missing) {
		return m, false, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return Map{}, false, fmt.Errorf("read the map file: %w", err)
	}
	d, err := s.parse(ctx, raw, l)
	if err != nil {
		return Map{}, false, err
	}
	m, err = s.AddMap(ctx, d)
	return m, err == nil, err
}

func (s *Service) parse(ctx context.Context, raw []byte, l Lookups) (Draft, error) {
	var d Draft
	if len(raw) > maxFile {
		return d, problem.New(problem.TooLarge, "problem.too_large", "Limit", "1 MB")
	}
	var f file
	if err := json.Unmarshal(raw, &f); err != nil {
		return d, badFile(err)
	}
	s.standard(&l)
	d.Name = f.Name
	steps := map[string]bool{}
	for _, p := range f.Perspectives {
		d.Perspectives = append(d.Perspectives, Perspective{ID: p.ID, Name: p.Name})
		for _, step := range p.Steps {
			id := p.ID + "/" + step.ID
			steps[id] = true
			d.Perspectives = append(d.Perspectives, Perspective{ID: id, Within: p.ID, Name: step.Name})
		}
	}
	if len(f.Objectives) > MaxObjectives {
		return d, tooMany()
	}
	for _, fo := range f.Objectives {
		o, err := s.parseObjective(ctx, fo, l, steps)
		if err != nil {
			return d, fmt.Errorf("objective %q: %w", fo.ID, err)
		}
		d.Objectives = append(d.Objectives, o)
	}
	for _, link := range f.Links {
		if !(link.LagWeeks >= 0 && link.LagWeeks <= maxLagDays) { // days are checked later; this keeps the product an integer
			return d, problem.New(problem.Invalid, "strategy.link_lag", "Max", maxLagDays/7)
		}
		d.Links = append(d.Links, Link{Origin: link.From, Serves: link.To, LagDays: int(link.LagWeeks * 7), Weight: link.Weight, Note: link.Note})
	}
	return d, nil
}

func (s *Service) parseObjective(ctx context.Context, f fileObjective, l Lookups, steps map[string]bool) (Objective, error) {
	o := Objective{ID: f.ID, Perspective: f.Perspective, Name: f.Name, Stakeholders: f.Stakeholders, Note: f.Note}
	if f.Step != nil && steps[f.Perspective+"/"+*f.Step] {
		o.Perspective += "/" + *f.Step
	}
	if f.Position != nil {
		o.Position, o.Placed = *f.Position, true
	}
	var err error
	if f.Owner != "" {
		if o.Owner, err = l.Owner(ctx, f.Owner); err != nil {
			return o, fmt.Errorf("find the owner: %w", err)
		}
	}
	if f.By != "" {
		if o.DueAt, err = day(f.By, l.Shift); err != nil {
			return o, err
		}
	}
	if len(f.Measures) > MaxMeasures {
		return o, problem.New(problem.Invalid, "strategy.too_many_measures", "Max", MaxMeasures)
	}
	for _, fm := range f.Measures {
		m, err := s.parseMeasure(ctx, fm, l)
		if err != nil {
			return o, fmt.Errorf("measure %q: %w", fm.ID, err)
		}
		o.Measures = append(o.Measures, m)
	}
	return o, nil
}

func (s *Service) parseMeasure(ctx context.Context, f fileMeasure, l Lookups) (Measure, error) {
	def, err := s.measures.Find(f.ID)
	if err != nil {
		return Measure{}, err
	}
	unit := Typed(def.Unit)
	value := func(v *float64) float64 {
		if v == nil {
			return 0
		}
		return *v * unit
	}
	m := Measure{Measure: f.ID, Statistic: f.Statistic, Weight: f.Weight, Days: f.Days, BaselineAt: l.BaselineAt,
		Baseline: value(&f.Baseline), Target: value(f.Target), Low: value(f.Low), High: value(f.High)}
	if m.Days == 0 {
		m.Days = fourWeeks
	}
	if f.BaselineOn != "" {
		if m.BaselineAt, err = day(f.BaselineOn, l.Shift); err != nil {
			return m, err
		}
	}
	switch f.Direction {
	case "maximise":
		m.Better = kpi.Higher
	case "minimise":
		m.Better = kpi.Lower
	case "range":
		m.Better = kpi.Within
	default:
		m.Better = kpi.Better(f.Direction)
	}
	if f.Filter.Topic != "" {
		if m.Topic, err = l.Topic(ctx, f.Filter.Topic); err != nil {
			return m, fmt.Errorf("find the topic %q: %w", f.Filter.Topic, err)
		}
	}
	if f.Filter.Channel != "" {
		if m.Channel, err = l.Channel(ctx, f.Filter.Channel); err != nil {
			return m, fmt.Errorf("find the channel %q: %w", f.Filter.Channel, err)
		}
	}
	return m, nil
}

// day is the instant of a date in a file: noon UTC, so that it is that day in most zones.
func day(text string, shift time.Duration) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, badFile(err)
	}
	return t.Add(12 * time.Hour).Add(shift), nil
}

func (s *Service) standard(l *Lookups) {
	if l.BaselineAt.IsZero() {
		l.BaselineAt = s.Now().AddDate(0, 0, -7*weeksDrawn)
	}
	if l.Owner == nil {
		l.Owner = func(ctx context.Context, email string) (string, error) {
			m, err := s.org.ByEmail(ctx, email)
			if problem.Is(err, problem.Missing) {
				return "", nil
			}
			if err != nil {
				return "", err
			}
			return m.ID, nil
		}
	}
	byName := func(list func(context.Context) ([]measure.Choice, error)) func(context.Context, string) (string, error) {
		return func(ctx context.Context, name string) (string, error) {
			choices, err := list(ctx)
			if err != nil {
				return "", err
			}
			for _, c := range choices {
				if c.Name == name {
					return c.ID, nil
				}
			}
			return "", problem.New(problem.Invalid, "strategy.filter_unknown")
		}
	}
	if l.Topic == nil {
		l.Topic = byName(s.measures.Topics)
	}
	if l.Channel == nil {
		l.Channel = byName(s.measures.Channels)
	}
}

// Export writes a map as Load reads it, with names in place of ids.
func (s *Service) Export(ctx context.Context, mapID string) ([]byte, error) {
	m, err := s.Map(ctx, mapID)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, list := range []func(context.Context) ([]measure.Choice, error){s.measures.Topics, s.measures.Channels} {
		choices, err := list(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range choices {
			names[c.ID] = c.Name
		}
	}
	f := file{Name: m.Name, Perspectives: []filePerspective{}, Objectives: []fileObjective{}, Links: []fileLink{}}
	for _, b := range m.Bands() {
		p := filePerspective{ID: b.ID, Name: b.Name}
		for _, step := range m.Steps(b.ID) {
			p.Steps = append(p.Steps, filePerspective{ID: step.ID, Name: step.Name})
		}
		f.Perspectives = append(f.Perspectives, p)
	}
	for _, o := range m.Objectives {
		fo := fileObjective{ID: o.ID, Perspective: m.Band(o.Perspective), Name: o.Name, Stakeholders: o.Stakeholders, Note: o.Note, Measures: []fileMeasure{}}
		if fo.Perspective != o.Perspective {
			fo.Step = &o.Perspective
		}
		if o.Placed {
			fo.Position = &o.Position
		}
		if !o.DueAt.IsZero() {
			fo.By = o.DueAt.UTC().Format(time.DateOnly)
		}
		if o.Owner != "" {
			if owner, err := s.org.Find(ctx, o.Owner); err == nil {
				fo.Owner = owner.Email
			} else if !problem.Is(err, problem.Missing) {
				return nil, err
			}
		}
		for _, measured := range o.Measures {
			unit := 1.0
			if def, err := s.measures.Find(measured.Measure); err == nil {
				unit = Typed(def.Unit)
			}
			fm := fileMeasure{ID: measured.Measure, Statistic: measured.Statistic, Weight: measured.Weight, Days: measured.Days, Baseline: round(measured.Baseline / unit),
				BaselineOn: measured.BaselineAt.UTC().Format(time.DateOnly), Filter: fileFilter{Topic: names[measured.Topic], Channel: names[measured.Channel]}}
			if measured.Better == kpi.Within {
				low, high := round(measured.Low/unit), round(measured.High/unit)
				fm.Direction, fm.Low, fm.High = "range", &low, &high
			} else {
				target := round(measured.Target / unit)
				fm.Target = &target
				if fm.Direction = "maximise"; measured.Better == kpi.Lower {
					fm.Direction = "minimise"
				}
			}
			fo.Measures = append(fo.Measures, fm)
		}
		f.Objectives = append(f.Objectives, fo)
	}
	for _, l := range m.Links {
		f.Links = append(f.Links, fileLink{From: l.Origin, To: l.Serves, LagWeeks: round(float64(l.LagDays) / 7), Weight: l.Weight, Note: l.Note})
	}
	return json.MarshalIndent(f, "", "  ")
}

// round takes away what changing units adds.
func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }
