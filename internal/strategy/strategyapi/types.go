package strategyapi

import (
	"time"

	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/strategy"
)

// Map is a strategy map without what is on it.
type Map struct {
	ID        string            `json:"id"`
	Name      map[string]string `json:"name" doc:"By language."`
	Kind      string            `json:"kind" enum:"organisation,department,community" doc:"Whose map it is."`
	Scope     string            `json:"scope,omitempty" doc:"Which department or community."`
	CreatedAt time.Time         `json:"created_at"`
	UpdatedAt time.Time         `json:"updated_at" doc:"When anything on it last changed."`
}

// FullMap is a map with what is on it.
type FullMap struct {
	Map
	Perspectives []Perspective `json:"perspectives"`
	Themes       []MapTheme    `json:"themes"`
	Objectives   []Objective   `json:"objectives"`
	Links        []Link        `json:"links"`
}

// Perspective is a band of a map, or a step within one.
type Perspective struct {
	ID       string            `json:"id"`
	Within   string            `json:"within,omitempty" doc:"The perspective it is a step of."`
	Position int               `json:"position"`
	Name     map[string]string `json:"name"`
	Colour   int               `json:"colour,omitempty" doc:"1 to 8; absent is by its place."`
}

// MapTheme is a vertical chain through a map.
type MapTheme struct {
	ID       string            `json:"id"`
	Position int               `json:"position"`
	Name     map[string]string `json:"name"`
	Colour   int               `json:"colour,omitempty" doc:"1 to 8; absent is by its place."`
}

// Objective is something to reach.
type Objective struct {
	ID           string            `json:"id"`
	Map          string            `json:"map"`
	Perspective  string            `json:"perspective"`
	Name         map[string]string `json:"name"`
	Owner        string            `json:"owner,omitempty" doc:"A member."`
	Stakeholders []string          `json:"stakeholders"`
	Note         string            `json:"note,omitempty"`
	Goal         string            `json:"goal,omitempty" doc:"The business goal it serves."`
	GoalKind     string            `json:"goal_kind,omitempty"`
	Stage        string            `json:"stage,omitempty" doc:"AMEC framework: inputs to impact."`
	Themes       []string          `json:"themes"`
	Place        *float64          `json:"place,omitempty" doc:"Among its neighbours in the perspective, from left to right."`
	DueAt        *time.Time        `json:"due_at,omitempty"`
	Measures     []Measure         `json:"measures"`
	CreatedAt    time.Time         `json:"created_at"`
	UpdatedAt    time.Time         `json:"updated_at"`
}

// ObjectiveDraft is what an objective should be.
type ObjectiveDraft struct {
	Perspective  string            `json:"perspective" maxLength:"50" doc:"A step, or a perspective without steps."`
	Name         map[string]string `json:"name" doc:"A verb and a noun, by language."`
	Owner        string            `json:"owner,omitempty" maxLength:"50"`
	Stakeholders []string          `json:"stakeholders,omitempty" maxItems:"20"`
	Note         string            `json:"note,omitempty" maxLength:"4000"`
	Goal         string            `json:"goal,omitempty" maxLength:"300" doc:"The business goal it serves."`
	GoalKind     string            `json:"goal_kind,omitempty" enum:"revenue,retention,cost,risk,reputation,innovation,people,compliance"`
	Stage        string            `json:"stage,omitempty" enum:"inputs,activities,outputs,outtakes,outcomes,impact" doc:"AMEC framework."`
	Themes       []string          `json:"themes,omitempty" maxItems:"9"`
	DueAt        *time.Time        `json:"due_at,omitempty"`
}

// Measure says how an objective is measured. Values are in the unit of the measure: seconds, shares of 1, counts, points.
type Measure struct {
	ID          string `json:"id"`
	MoneyHidden bool   `json:"money_hidden,omitempty" doc:"It is an amount, and those are shown to those who steer the strategy: baseline says nothing, target, low and high are absent."`
	MeasureDraft
}

// MeasureDraft is what a measure of an objective should be.
type MeasureDraft struct {
	Measure    string    `json:"measure" maxLength:"50" doc:"Of the catalogue."`
	Statistic  string    `json:"statistic,omitempty" enum:"median,p90" doc:"Of waits."`
	Timing     string    `json:"timing,omitempty" enum:"leading,lagging" doc:"Lagging when absent."`
	Better     string    `json:"better" enum:"higher,lower,within"`
	Weight     float64   `json:"weight" exclusiveMinimum:"0" maximum:"1000"`
	Baseline   float64   `json:"baseline"`
	BaselineAt time.Time `json:"baseline_at"`
	Target     *float64  `json:"target,omitempty" doc:"Absent for a range."`
	Low        *float64  `json:"low,omitempty" doc:"Of a range."`
	High       *float64  `json:"high,omitempty" doc:"Of a range."`
	Days       int       `json:"days" minimum:"1" maximum:"366" doc:"Width of the window."`
	Channel    string    `json:"channel,omitempty" maxLength:"50"`
	Topic      string    `json:"topic,omitempty" maxLength:"50"`
	Language   string    `json:"language,omitempty" maxLength:"20"`
	Community  string    `json:"community,omitempty" maxLength:"200" doc:"Id, slug or name; ids are given back."`
	Kind       string    `json:"kind,omitempty" maxLength:"50"`
	Team       string    `json:"team,omitempty" maxLength:"200"`
	Partner    string    `json:"partner,omitempty" maxLength:"200"`
	Campaign   string    `json:"campaign,omitempty" maxLength:"200"`
}

// Link is a hypothesis: when one objective gets better, so does the other, later.
type Link struct {
	From    string  `json:"from" maxLength:"50"`
	To      string  `json:"to" maxLength:"50"`
	LagDays int     `json:"lag_days,omitempty" minimum:"0" maximum:"1098"`
	Weight  float64 `json:"weight,omitempty" minimum:"0" maximum:"1" doc:"How strong it is believed to be; 0.5 when absent."`
	Note    string  `json:"note,omitempty" maxLength:"1000"`
}

// Evaluation is where everything on a map stands.
type Evaluation struct {
	Map        string       `json:"map"`
	At         time.Time    `json:"at"`
	Counts     Counts       `json:"counts"`
	Objectives []Standing   `json:"objectives"`
	Links      []TestedLink `json:"links"`
}

// Counts is how many objectives are in each state.
type Counts struct {
	OnTrack int `json:"on_track"`
	Watch   int `json:"watch"`
	Off     int `json:"off"`
	Unknown int `json:"unknown"`
}

// Standing is where an objective stands.
type Standing struct {
	Objective string    `json:"objective"`
	State     string    `json:"state" enum:"on-track,watch,off,unknown"`
	Progress  float64   `json:"progress" doc:"0 to 1, weighted over the measures with data."`
	Expected  float64   `json:"expected"`
	Coverage  float64   `json:"coverage" doc:"Share of the weight that had data."`
	Leading   *Rolled   `json:"leading,omitempty" doc:"Over its leading measures alone."`
	Lagging   *Rolled   `json:"lagging,omitempty" doc:"Over its lagging measures alone."`
	Missing   []string  `json:"missing"`
	Readings  []Reading `json:"readings"`
}

// Rolled is progress over some measures.
type Rolled struct {
	State    string  `json:"state" enum:"on-track,watch,off,unknown"`
	Progress float64 `json:"progress"`
	Expected float64 `json:"expected"`
	Coverage float64 `json:"coverage"`
}

func rolled(r stat.Rolled) *Rolled {
	if r.Total == 0 {
		return nil
	}
	return &Rolled{r.State.String(), r.Progress, r.Expected, r.Coverage}
}

// Reading is a measure of an objective with its number.
type Reading struct {
	ID       string    `json:"id" doc:"Of the measure of the objective."`
	Measure  string    `json:"measure"`
	Unit     string    `json:"unit"`
	Currency string    `json:"currency,omitempty" doc:"Of an amount, which is in minor units of it."`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Value    *float64  `json:"value,omitempty" doc:"Absent without data."`
	Low      *float64  `json:"low,omitempty" doc:"Of the 95 % interval."`
	High     *float64  `json:"high,omitempty" doc:"Of the 95 % interval."`
	N        int       `json:"n"`
	Progress *float64  `json:"progress,omitempty" doc:"Raw: under 0 when worse than the baseline, over 1 beyond the target."`
	Expected *float64  `json:"expected,omitempty"`
	State    string    `json:"state" enum:"on-track,watch,off,unknown"`
	Why      string    `json:"why,omitempty" doc:"Why there is no state."`

	MoneyHidden bool `json:"money_hidden,omitempty" doc:"It is an amount, and those are shown to those who steer the strategy."`
}

// TestedLink is a link with what the data says.
type TestedLink struct {
	Link
	Verdict string   `json:"verdict" enum:"consistent,not-consistent,too-few-data" doc:"It never says that one causes the other."`
	R       *float64 `json:"r,omitempty" doc:"Correlation of the weekly changes at the lag."`
	Low     *float64 `json:"low,omitempty"`
	High    *float64 `json:"high,omitempty"`
	N       int      `json:"n"`
}

func ofMap(m strategy.Map) Map {
	return Map{m.ID, m.Name, string(m.Kind), m.Scope, m.CreatedAt, m.UpdatedAt}
}

func full(m strategy.Map) FullMap {
	out := FullMap{Map: ofMap(m), Perspectives: []Perspective{}, Themes: []MapTheme{}, Objectives: []Objective{}, Links: []Link{}}
	for _, p := range m.Perspectives {
		out.Perspectives = append(out.Perspectives, Perspective{p.ID, p.Within, p.Position, p.Name, p.Colour})
	}
	for _, t := range m.Themes {
		out.Themes = append(out.Themes, theme(t))
	}
	for _, o := range m.Objectives {
		out.Objectives = append(out.Objectives, objective(o))
	}
	for _, l := range m.Links {
		out.Links = append(out.Links, link(l))
	}
	return out
}

func theme(t strategy.Theme) MapTheme { return MapTheme{t.ID, t.Position, t.Name, t.Colour} }

func objective(o strategy.Objective) Objective {
	out := Objective{ID: o.ID, Map: o.Map, Perspective: o.Perspective, Name: o.Name, Owner: o.Owner, Stakeholders: o.Stakeholders, Note: o.Note,
		Goal: o.Goal, GoalKind: o.GoalKind, Stage: string(o.Stage), Themes: o.Themes, Measures: []Measure{}, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt}
	if out.Stakeholders == nil {
		out.Stakeholders = []string{}
	}
	if out.Themes == nil {
		out.Themes = []string{}
	}
	if o.Placed {
		out.Place = &o.Position
	}
	if !o.DueAt.IsZero() {
		out.DueAt = &o.DueAt
	}
	for _, m := range o.Measures {
		out.Measures = append(out.Measures, measureOf(m))
	}
	return out
}

func measureOf(m strategy.Measure) Measure {
	out := Measure{ID: m.ID, MeasureDraft: MeasureDraft{Measure: m.Measure, Statistic: string(m.Statistic), Better: string(m.Better), Weight: m.Weight, Baseline: m.Baseline,
		BaselineAt: m.BaselineAt, Days: m.Days, Channel: m.Channel, Topic: m.Topic, Timing: string(m.Timing), Language: m.Language, Community: m.Community, Kind: m.Kind, Team: m.Team,
		Partner: m.Partner, Campaign: m.Campaign}}
	if m.Better == kpi.Within {
		out.Low, out.High = &m.Low, &m.High
	} else {
		out.Target = &m.Target
	}
	if out.MoneyHidden = m.Hidden; m.Hidden {
		out.Target, out.Low, out.High = nil, nil, nil
	}
	return out
}

func (d MeasureDraft) measure() strategy.Measure {
	m := strategy.Measure{Measure: d.Measure, Statistic: strategy.Statistic(d.Statistic), Better: kpi.Better(d.Better), Weight: d.Weight, Baseline: d.Baseline,
		BaselineAt: d.BaselineAt.UTC(), Days: d.Days, Channel: d.Channel, Topic: d.Topic, Timing: strategy.Timing(d.Timing), Language: d.Language, Community: d.Community, Kind: d.Kind, Team: d.Team,
		Partner: d.Partner, Campaign: d.Campaign}
	for to, v := range map[*float64]*float64{&m.Target: d.Target, &m.Low: d.Low, &m.High: d.High} {
		if v != nil {
			*to = *v
		}
	}
	return m
}

func (d ObjectiveDraft) objective() strategy.Objective {
	o := strategy.Objective{Perspective: d.Perspective, Name: d.Name, Owner: d.Owner, Stakeholders: d.Stakeholders, Note: d.Note,
		Goal: d.Goal, GoalKind: d.GoalKind, Stage: strategy.Stage(d.Stage), Themes: d.Themes}
	if d.DueAt != nil {
		o.DueAt = d.DueAt.UTC()
	}
	return o
}

func link(l strategy.Link) Link { return Link{l.Origin, l.Serves, l.LagDays, l.Weight, l.Note} }

func evaluation(e strategy.Evaluation) Evaluation {
	out := Evaluation{Map: e.Map.ID, At: e.At, Counts: Counts{e.OnTrack, e.Watch, e.Off, e.Unknown}, Objectives: []Standing{}, Links: []TestedLink{}}
	for _, st := range e.Objectives {
		s := Standing{Objective: st.ID, State: st.Rolled.State.String(), Progress: st.Rolled.Progress, Expected: st.Rolled.Expected, Coverage: st.Rolled.Coverage,
			Leading: rolled(st.Leading), Lagging: rolled(st.Lagging), Missing: []string{}, Readings: []Reading{}}
		for _, g := range st.Missing {
			s.Missing = append(s.Missing, string(g))
		}
		for _, r := range st.Readings {
			s.Readings = append(s.Readings, reading(r))
		}
		out.Objectives = append(out.Objectives, s)
	}
	for _, l := range e.Links {
		c := l.Correlation
		t := TestedLink{Link: link(l.Link), Verdict: c.Verdict.String(), N: c.N}
		if c.Bounded {
			t.R, t.Low, t.High = &c.R, &c.Low, &c.High
		}
		out.Links = append(out.Links, t)
	}
	return out
}

func reading(r strategy.Reading) Reading {
	out := Reading{ID: r.ID, Measure: r.Measure.Measure, Unit: string(r.Unit), Currency: r.Result.Currency, From: r.Window.From, To: r.Window.To, N: r.Result.N, State: r.State.String(), Why: string(r.Why)}
	if r.Value.Defined() {
		out.Value, out.Progress = &r.Value.Value, &r.Progress
		if r.Value.Bounded {
			out.Low, out.High = &r.Value.Low, &r.Value.High
		}
	}
	if out.MoneyHidden = r.Hidden; r.Hidden && r.Why == strategy.Judged {
		out.Progress = &r.Progress
	}
	if r.Why == strategy.Judged {
		out.Expected = &r.Expected
	}
	return out
}
