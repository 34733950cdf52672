package reportapi

import (
	"context"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/report"
)

// Pack is what a review looks at.
type Pack struct {
	At         time.Time       `json:"at"`
	Map        *PackMap        `json:"map,omitempty" doc:"Absent when there is no map."`
	Objectives []PackObjective `json:"objectives" nullable:"false" doc:"Off their path or to watch, the worst first."`
	Notes      []Note          `json:"notes" nullable:"false"`
	Over       int             `json:"over" doc:"Numbers in which notes were looked for."`
	Value      Value           `json:"value"`
	Late       []PackLate      `json:"late" nullable:"false" doc:"Initiatives that will end late."`
	Decisions  []PackDue       `json:"decisions" nullable:"false" doc:"To be looked at again by now or within a month."`
	Insights   []PackDue       `json:"insights" nullable:"false" doc:"Handed to a department and not decided, due by then."`
}

// PackMap is how many objectives of a map stand how.
type PackMap struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	OnTrack int    `json:"on_track"`
	Watch   int    `json:"watch"`
	Off     int    `json:"off"`
	Unknown int    `json:"unknown"`
}

// PackObjective is where an objective stands.
type PackObjective struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Owner    string   `json:"owner,omitempty" doc:"Id of a member."`
	State    string   `json:"state" enum:"on-track,watch,off,unknown"`
	Progress float64  `json:"progress"`
	Expected float64  `json:"expected"`
	Coverage float64  `json:"coverage" doc:"Share of the weight with fresh data."`
	Measures []string `json:"measures" nullable:"false" doc:"Ids of its measures that are off or to watch."`
}

// PackLate is an initiative that will end late.
type PackLate struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Slip int    `json:"slip" doc:"Working days."`
}

// PackDue is something to be decided.
type PackDue struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Owner string    `json:"owner,omitempty" doc:"Id of a member."`
	DueAt time.Time `json:"due_at"`
}

func pack(ctx context.Context, p report.Pack, name report.Namer) Pack {
	lang := i18n.Lang(ctx)
	out := Pack{At: p.At, Over: p.Over, Value: value(p.Value), Objectives: []PackObjective{}, Notes: []Note{}, Late: []PackLate{}, Decisions: []PackDue{}, Insights: []PackDue{}}
	if !p.NoMap {
		out.Map = &PackMap{p.Map.Map.ID, p.Map.Map.Name.In(lang), p.Map.OnTrack, p.Map.Watch, p.Map.Off, p.Map.Unknown}
	}
	for _, st := range p.Off {
		o := PackObjective{ID: st.ID, Name: st.Name.In(lang), Owner: st.Owner, State: st.Rolled.State.String(), Progress: st.Rolled.Progress, Expected: st.Rolled.Expected, Coverage: st.Rolled.Coverage, Measures: []string{}}
		for _, r := range st.Readings {
			if r.State == stat.Off || r.State == stat.Watch {
				o.Measures = append(o.Measures, r.Measure.Measure)
			}
		}
		out.Objectives = append(out.Objectives, o)
	}
	for _, n := range p.Notes {
		out.Notes = append(out.Notes, note(ctx, n, name))
	}
	for _, i := range p.Late {
		out.Late = append(out.Late, PackLate{i.ID, i.Name, i.Slip})
	}
	for _, d := range p.Decisions {
		out.Decisions = append(out.Decisions, PackDue{d.ID, d.Name, d.Owner, d.ReviewAt})
	}
	for _, i := range p.Insights {
		out.Insights = append(out.Insights, PackDue{i.ID, i.Name, i.Owner, i.DueAt})
	}
	return out
}
