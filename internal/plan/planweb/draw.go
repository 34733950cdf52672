package planweb

import (
	"context"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/gantt"
	"github.com/entente/entente/internal/plan/schedule"
)

const wide = 1180

func ganttWords(ctx context.Context) gantt.Words {
	return gantt.Words{
		Month: func(d schedule.Day) string {
			_, short, _ := strings.Cut(dayShort(ctx, d.FirstOfMonth()), "\u00a0")
			return short
		},
		Today: i18n.T(ctx, "plan.today"), End: i18n.T(ctx, "plan.end"), Planned: i18n.T(ctx, "plan.planned"), Forecast: i18n.T(ctx, "plan.forecast"), Done: i18n.T(ctx, "plan.done_share"),
		Critical: i18n.T(ctx, "plan.critical"), Late: i18n.T(ctx, "plan.late_word"), Milestone: i18n.T(ctx, "plan.milestone"),
	}
}

// tasksDrawn is the timeline of the tasks of an initiative.
func tasksDrawn(ctx context.Context, st plan.Standing, alone bool) string {
	c := gantt.Chart{Title: i18n.T(ctx, "plan.timeline_of", "Name", st.Name), Desc: i18n.N(ctx, "plan.tasks_count", len(st.Tasks)), Today: st.World.Today, End: st.End, Calendar: st.World.Calendar}
	place := map[string]int{}
	for n, t := range st.Tasks {
		place[t.ID] = n
	}
	for n, t := range st.Tasks {
		planned, forecast := st.Planned.Slots[n], st.Forecast.Slots[n]
		r := gantt.Row{Label: t.Name, Planned: gantt.Span{From: planned.Start, To: planned.End}, Forecast: gantt.Span{From: forecast.Start, To: forecast.End}, Done: float64(t.Done) / 100,
			Milestone: t.Length == 0, Critical: forecast.Critical && t.Ended == 0, Late: late(st, n) > 0, Ended: t.Ended != 0,
			Spoken: t.Name + " · " + span(ctx, forecast.Start, forecast.End) + " · " + i18n.T(ctx, "plan.done_of", "Share", percent(ctx, float64(t.Done)/100))}
		for _, w := range t.After {
			if k, ok := place[w.Task]; ok {
				r.After = append(r.After, k)
			}
		}
		c.Rows = append(c.Rows, r)
	}
	return gantt.Render(c, ganttWords(ctx), gantt.Options{Width: wide, Standalone: alone})
}

// late is how many working days a task is late.
func late(st plan.Standing, n int) int {
	return st.World.Calendar.Late(st.Planned.Slots[n].End, st.Forecast.Slots[n].End)
}

// allDrawn is the timeline of initiatives.
func allDrawn(ctx context.Context, list []plan.Standing) string {
	if len(list) == 0 {
		return ""
	}
	w := list[0].World
	c := gantt.Chart{Title: i18n.T(ctx, "plan.timeline_all"), Desc: i18n.N(ctx, "plan.count", len(list)), Today: w.Today, Calendar: w.Calendar}
	for _, st := range list {
		from, to := st.Start, st.End
		if st.Approved != nil {
			from, to = st.Approved.Start, st.Approved.End
		}
		r := gantt.Row{Label: st.Name, Planned: gantt.Span{From: from, To: to}, Done: st.Done, Late: moves(st) && st.Slip > 0, Ended: st.State.Closed(),
			Spoken: st.Name + " · " + stateWord(ctx, st.State) + " · " + span(ctx, st.Start, st.End)}
		r.Forecast = gantt.Span{From: st.Start, To: st.Expected}
		if len(st.Tasks) > 0 {
			r.Forecast.From = st.Forecast.Start
		}
		if r.Forecast.To < r.Forecast.From {
			r.Forecast.To = r.Forecast.From
		}
		c.Rows = append(c.Rows, r)
	}
	words := ganttWords(ctx)
	words.Critical, words.Milestone = "", ""
	return gantt.Render(c, words, gantt.Options{Width: wide})
}
