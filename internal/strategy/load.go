package strategy

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
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

// file is a map as a file has it: times in hours, shares in per cent, volumes in posts in four weeks, points from −100 to 100, amounts in
// whole units of their currency.
type file struct {
	Name         Words             `json:"name"`
	Kind         Kind              `json:"kind,omitempty"`
	Scope        string            `json:"scope,omitempty"`
	Themes       []fileTheme       `json:"themes,omitempty"`
	Perspectives []filePerspective `json:"perspectives"`
	Objectives   []fileObjective   `json:"objectives"`
	Links        []fileLink        `json:"links"`
	Hidden       []string          `json:"money_hidden,omitempty"` // measures in money that were left out, because whoever took the file does not see amounts
}

type fileTheme struct {
	ID     string `json:"id"`
	Name   Words  `json:"name"`
	Colour int    `json:"colour,omitempty"`
}

// fileContribution names an objective of another map by what both are called, in any language.
type fileContribution struct {
	Map    string  `json:"map"`
	To     string  `json:"to"`
	Weight float64 `json:"weight,omitempty"`
	Note   string  `json:"note,omitempty"`
}

type filePerspective struct {
	ID     string            `json:"id"`
	Name   Words             `json:"name"`
	Colour int               `json:"colour,omitempty"`
	Steps  []filePerspective `json:"steps,omitempty"`
}

type fileObjective struct {
	ID           string        `json:"id"`
	Perspective  string        `json:"perspective"`
	Step         *string       `json:"step"`
	Name         Words         `json:"name"`
	Owner        string        `json:"owner,omitempty"`
	Stakeholders []string      `json:"stakeholders,omitempty"`
	Note         string        `json:"note,omitempty"`
	Goal         string        `json:"goal,omitempty"`
	GoalKind     string        `json:"goal_kind,omitempty"`
	Stage        Stage         `json:"stage,omitempty"`
	Themes       []string      `json:"themes,omitempty"`
	By           string        `json:"by,omitempty"`
	Position     *float64      `json:"position,omitempty"`
	Measures     []fileMeasure `json:"measures"`

	Contributes []fileContribution `json:"contributes,omitempty"`

	Baseline float64  `json:"baseline,omitempty"` // of the first measure, said twice in the file
	Target   *float64 `json:"target,omitempty"`
}

type fileMeasure struct {
	ID         string     `json:"id"`
	Statistic  Statistic  `json:"statistic,omitempty"`
	Direction  string     `json:"direction"`
	Timing     Timing     `json:"timing,omitempty"`
	Weight     float64    `json:"weight"`
	Filter     fileFilter `json:"filter"`
	Days       int        `json:"days,omitempty"`
	Currency   string     `json:"currency,omitempty"` // of amounts, which are in whole units of it
	Baseline   float64    `json:"baseline"`
	BaselineOn string     `json:"baseline_on,omitempty"`
	Target     *float64   `json:"target,omitempty"`
	Low        *float64   `json:"low,omitempty"`
	High       *float64   `json:"high,omitempty"`
}

type fileFilter struct {
	Topic   string `json:"topic,omitempty"`
	Channel string `json:"channel,omitempty"`

	Language  string `json:"language,omitempty"`
	Community string `json:"community,omitempty"` // any of its names
	Kind      string `json:"kind,omitempty"`
	Team      string `json:"team,omitempty"`
	Partner   string `json:"partner,omitempty"`
	Campaign  string `json:"campaign,omitempty"`
}

// texts lists what a filter of a file says.
func (f fileFilter) texts() []string {
	return slices.DeleteFunc([]string{f.Channel, f.Topic, f.Language, f.Community, f.Kind, f.Team, f.Partner, f.Campaign}, func(s string) bool { return s == "" })
}

type fileLink struct {
	From     string  `json:"from"`
	To       string  `json:"to"`
	LagWeeks float64 `json:"lag_weeks"`
	Weight   float64 `json:"weight,omitempty"`
	Note     string  `json:"note,omitempty"`
}

const maxFile = 1 << 20

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
	in, err := s.Import(ctx, r, l, false)
	return in.Map, err == nil, err
}

// Imported is what came of a map file.
type Imported struct {
	Map     Map
	LeftOut []string // what this installation does not have: channels, topics, measures, objectives of other maps, by their names in the file
}

// Import makes one more map of a file that Export wrote, here or elsewhere. lenient leaves measures out whose channel, topic or measure
// this installation does not have, and says which; else the file is refused. What it contributes to other maps is tied where those have
// the same names.
func (s *Service) Import(ctx context.Context, r io.Reader, l Lookups, lenient bool) (Imported, error) {
	var in Imported
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return in, err
	}
	f, err := readFile(r)
	if err != nil {
		return in, err
	}
	d, err := s.parse(ctx, f, l, lenient, &in)
	if err != nil {
		return in, err
	}
	if in.Map, err = s.AddMap(ctx, d); err != nil {
		return in, err
	}
	return in, s.tie(ctx, f, &in)
}

func readFile(r io.Reader) (file, error) {
	var f file
	raw, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return f, fmt.Errorf("read the map file: %w", err)
	}
	if len(raw) > maxFile {
		return f, problem.New(problem.TooLarge, "problem.too_large", "Limit", "1 MB")
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return f, badFile(err)
	}
	return f, nil
}

// tie states the contributions of a file.
func (s *Service) tie(ctx context.Context, f file, in *Imported) error {
	maps, err := s.Maps(ctx)
	if err != nil {
		return err
	}
	called := func(w Words, name string) bool {
		for _, text := range w {
			if text == name && name != "" {
				return true
			}
		}
		return false
	}
	find := func(c fileContribution) (string, error) {
		for _, m := range maps {
			if m.ID == in.Map.ID || !called(m.Name, c.Map) {
				continue
			}
			full, err := s.read(ctx, m.ID)
			if err != nil {
				return "", err
			}
			for _, o := range full.Objectives {
				if called(o.Name, c.To) {
					return o.ID, nil
				}
			}
		}
		return "", nil
	}
	for i, fo := range f.Objectives {
		for _, c := range fo.Contributes[:min(len(fo.Contributes), MaxContributions)] {
			serves, err := find(c)
			if err != nil {
				return err
			}
			if serves != "" && i < len(in.Map.Objectives) {
				origin := in.origin(fo)
				if _, err = s.Contribute(ctx, Contribution{Origin: origin, Serves: serves, Weight: c.Weight, Note: c.Note}); err == nil {
					continue
				}
				if problem.Of(err).Code == problem.Internal {
					return err
				}
			}
			in.LeftOut = append(in.LeftOut, c.Map+" › "+c.To)
		}
	}
	return nil
}

// origin finds an objective of the file on the map that was made of it.
func (in *Imported) origin(fo fileObjective) string {
	for _, o := range in.Map.Objectives {
		if o.Name.In("en") == fo.Name.In("en") {
			return o.ID
		}
	}
	return ""
}

func (s *Service) parse(ctx context.Context, f file, l Lookups, lenient bool, in *Imported) (Draft, error) {
	var d Draft
	s.standard(&l)
	d.Name, d.Kind, d.Scope = f.Name, f.Kind, f.Scope
	for _, t := range f.Themes[:min(len(f.Themes), MaxThemes+1)] {
		d.Themes = append(d.Themes, Theme{ID: t.ID, Name: t.Name, Colour: t.Colour})
	}
	steps := map[string]bool{}
	for _, p := range f.Perspectives {
		d.Perspectives = append(d.Perspectives, Perspective{ID: p.ID, Name: p.Name, Colour: p.Colour})
		for _, step := range p.Steps {
			id := p.ID + "/" + step.ID
			steps[id] = true
			d.Perspectives = append(d.Perspectives, Perspective{ID: id, Within: p.ID, Name: step.Name, Colour: step.Colour})
		}
	}
	if len(f.Objectives) > MaxObjectives {
		return d, tooMany()
	}
	for _, fo := range f.Objectives {
		o, err := s.parseObjective(ctx, fo, l, steps, lenient, in)
		if err != nil {
			return d, blame(fo.Name, err)
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

func (s *Service) parseObjective(ctx context.Context, f fileObjective, l Lookups, steps map[string]bool, lenient bool, in *Imported) (Objective, error) {
	o := Objective{ID: f.ID, Perspective: f.Perspective, Name: f.Name, Stakeholders: f.Stakeholders, Note: f.Note, Goal: f.Goal, GoalKind: f.GoalKind, Stage: f.Stage, Themes: f.Themes}
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
		if code := problem.Of(err).Code; err != nil && lenient && (code == problem.Invalid || code == problem.Missing) {
			in.LeftOut = append(in.LeftOut, strings.Join(append([]string{fm.ID}, fm.Filter.texts()...), " · "))
			continue
		}
		if err != nil {
			return o, fmt.Errorf("measure %q: %w", fm.ID, err)
		}
		o.Measures = append(o.Measures, m)
	}
	return o, nil
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

func (s *Service) parseMeasure(ctx context.Context, f fileMeasure, l Lookups) (Measure, error) {
	def, err := s.measures.Find(f.ID)
	if err != nil {
		return Measure{}, err
	}
	if f.Currency != "" && !currencyCode.MatchString(f.Currency) {
		return Measure{}, problem.New(problem.Invalid, "strategy.currency_bad").On("currency")
	}
	unit := TypedIn(def.Unit, f.Currency)
	value := func(v *float64) float64 {
		if v == nil {
			return 0
		}
		return *v * unit
	}
	m := Measure{Measure: f.ID, Statistic: f.Statistic, Timing: f.Timing, Weight: f.Weight, Days: f.Days, BaselineAt: l.BaselineAt,
		Baseline: value(&f.Baseline), Target: value(f.Target), Low: value(f.Low), High: value(f.High)}
	if m.Days == 0 {
		m.Days = def.Days // as the form does
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
	m.Narrow(measure.Filter{Language: f.Filter.Language, Community: f.Filter.Community, Kind: f.Filter.Kind, Team: f.Filter.Team, Partner: f.Filter.Partner, Campaign: f.Filter.Campaign})
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
