package strategy

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

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
	called, err := s.measures.Names(ctx)
	if err != nil {
		return nil, err
	}
	community := func(id string) string {
		if name := called["community "+id]; name != "" {
			return name
		}
		return id
	}
	f := file{Name: m.Name, Kind: m.Kind, Scope: m.Scope, Perspectives: []filePerspective{}, Objectives: []fileObjective{}, Links: []fileLink{}}
	for _, t := range m.Themes {
		f.Themes = append(f.Themes, fileTheme{t.ID, t.Name, t.Colour})
	}
	given, err := s.given(ctx, m)
	if err != nil {
		return nil, err
	}
	for _, b := range m.Bands() {
		p := filePerspective{ID: b.ID, Name: b.Name, Colour: b.Colour}
		for _, step := range m.Steps(b.ID) {
			p.Steps = append(p.Steps, filePerspective{ID: step.ID, Name: step.Name, Colour: step.Colour})
		}
		f.Perspectives = append(f.Perspectives, p)
	}
	for _, o := range m.Objectives {
		fo := fileObjective{ID: o.ID, Perspective: m.Band(o.Perspective), Name: o.Name, Stakeholders: o.Stakeholders, Note: o.Note, Goal: o.Goal, GoalKind: o.GoalKind,
			Stage: o.Stage, Themes: o.Themes, Contributes: given[o.ID], Measures: []fileMeasure{}}
		if fo.Perspective != o.Perspective {
			fo.Step = &o.Perspective
		}
		if o.Placed {
			fo.Position = &o.Position
		}
		if !o.DueAt.IsZero() {
			fo.By = o.DueAt.UTC().Format(time.DateOnly)
		}
		if o.Owner != "" && org.Require(ctx, org.MemberRead) == nil { // addresses are not for every reader of a map
			if owner, err := s.org.Find(ctx, o.Owner); err == nil {
				fo.Owner = owner.Email
			} else if !problem.Is(err, problem.Missing) {
				return nil, err
			}
		}
		for _, measured := range o.Measures {
			if measured.Hidden {
				f.Hidden = append(f.Hidden, measured.Measure)
				continue
			}
			unit, currency := 1.0, ""
			if def, err := s.measures.Find(measured.Measure); err == nil {
				if def.Unit == kpi.Money {
					now, err := s.measures.Compute(measure.Permitted(ctx), measured.Measure, measured.Window(s.Now(), s.measures.Zone(ctx)), measured.Filter())
					if err != nil && !problem.Is(err, problem.Invalid) && !problem.Is(err, problem.Missing) {
						return nil, fmt.Errorf("the currency of %s: %w", measured.Measure, err)
					}
					currency = now.Currency
				}
				unit = TypedIn(def.Unit, currency)
			}
			fm := fileMeasure{ID: measured.Measure, Currency: currency, Statistic: measured.Statistic, Timing: measured.Timing, Weight: measured.Weight, Days: measured.Days, Baseline: round(measured.Baseline / unit),
				BaselineOn: measured.BaselineAt.UTC().Format(time.DateOnly), Filter: fileFilter{Topic: names[measured.Topic], Channel: names[measured.Channel], Language: measured.Language,
					Community: community(measured.Community), Kind: measured.Kind, Team: measured.Team, Partner: measured.Partner, Campaign: measured.Campaign}}
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

// given lists what each objective of a map contributes to others, as a file says it.
func (s *Service) given(ctx context.Context, m Map) (map[string][]fileContribution, error) {
	all, err := s.Contributions(ctx)
	if err != nil {
		return nil, err
	}
	out, far := map[string][]fileContribution{}, map[string]Map{}
	for _, c := range all {
		if _, own := m.Objective(c.Origin); !own {
			continue
		}
		o, err := one(ctx, s.db.Read(), c.Serves)
		if err != nil {
			return nil, err
		}
		other, read := far[o.Map]
		if !read {
			if other, err = mapOf(ctx, s.db.Read(), o.Map); err != nil {
				return nil, err
			}
			far[o.Map] = other
		}
		out[c.Origin] = append(out[c.Origin], fileContribution{Map: other.Name.In("en"), To: o.Name.In("en"), Weight: c.Weight, Note: c.Note})
	}
	return out, nil
}

// round takes away what changing units adds.
func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }
