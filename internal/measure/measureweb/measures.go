package measureweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// entry is a measure in the list: with its number, or with what is missing, or to be asked for.
type entry struct {
	Measure kpi.Measure
	Report  *measure.Report
	View    view // of Report
	Missing []measure.Need
}

// chapter is a section of the list.
type chapter struct {
	Section kpi.Section
	Entries []entry
	Folded  []entry // those without a number
}

func (h *handlers) all(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := h.view(r)
	if err == nil {
		err = h.choose(r, &v)
	}
	if err != nil {
		return err
	}
	v.Filter.Member = "" // a tile that cannot be narrowed would be missing
	began := time.Now()
	var list []chapter
	for _, m := range h.s.All() {
		if v.Section != "" && string(m.Section) != v.Section || !called(ctx, m, v.Search) {
			continue
		}
		e := entry{Measure: m}
		if e.Missing, err = h.s.Missing(ctx, m); err != nil {
			return err
		}
		if len(e.Missing) == 0 && time.Since(began) < h.AtOnce {
			of, rep, err := h.report(ctx, v, m, measure.Narrows(m, v.Filter))
			switch {
			case err == nil:
				e.Report, e.View = &rep, of
			case !m.Searched || !problem.Is(err, problem.Invalid): // what takes too long says so in its own tile
				return err
			}
		}
		i := slices.IndexFunc(list, func(c chapter) bool { return c.Section == m.Section })
		if i < 0 {
			i, list = len(list), append(list, chapter{Section: m.Section})
		}
		if e.blank() {
			list[i].Folded = append(list[i].Folded, e)
		} else {
			list[i].Entries = append(list[i].Entries, e)
		}
	}
	order := append(kpi.Sections(), kpi.Own)
	sorting.Stable(list, func(a, b chapter) int { return slices.Index(order, a.Section) - slices.Index(order, b.Section) })
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "measure.title"), Wide: true}, measuresPage(v, list))
}

// blank reports whether there is no number to look at.
func (e entry) blank() bool {
	return len(e.Missing) > 0 || e.Report != nil && !e.Report.Result.Value.Defined() && !e.Report.Result.Median.Defined()
}

// called reports whether somebody who looks for words looks for a measure.
func called(ctx context.Context, m kpi.Measure, words string) bool {
	text := strings.ToLower(name(ctx, m) + " " + word(ctx, m, "about") + " " + m.ID)
	for _, w := range strings.Fields(strings.ToLower(words)) {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// tile is one number of the list, fetched as it comes into view.
func (h *handlers) tile(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	m, err := h.s.Find(r.PathValue("id"))
	if err != nil {
		return err
	}
	of, rep, err := h.report(r.Context(), v, m, measure.Narrows(m, v.Filter))
	if err != nil {
		return err
	}
	return web.Part(w, r, tile(v, entry{Measure: m, Report: &rep, View: of}))
}

func (h *handlers) one(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := h.view(r)
	if err != nil {
		return err
	}
	m, err := h.s.Find(r.PathValue("id"))
	if err != nil {
		return err
	}
	v = v.of(ctx, m)
	if err := h.choose(r, &v, m.Dims...); err != nil {
		return err
	}
	p := measureProps{}
	if p.Missing, err = h.s.Missing(ctx, m); err != nil {
		return err
	}
	if v, p.Report, err = h.report(ctx, v, m, v.Filter); err != nil {
		return err
	}
	p.View = v
	if len(p.Missing) == 0 {
		if p.LastYear, err = h.s.Compute(ctx, m.ID, v.Window.LastYear(i18n.Zone(ctx)), v.Filter); err != nil {
			return err
		}
		if _, err := h.s.Comparable(ctx, m, &p.LastYear); err != nil {
			return err
		}
		if v.By != "" {
			if p.Slices, err = h.s.By(ctx, m.ID, v.Window, v.Filter, v.By); err != nil {
				return err
			}
		}
	}
	if h.Panels != nil {
		p.Panels = h.Panels(ctx, m.ID, v.Filter)
	}
	return web.Show(w, r, web.Page{Title: name(ctx, m), Wide: true}, measurePage(p))
}

// measureProps is what the page of a measure shows.
type measureProps struct {
	View     view
	Report   measure.Report
	LastYear measure.Result
	Slices   []measure.Slice
	Missing  []measure.Need
	Panels   []ui.Panel
}

// lastYear is the tile of the same period a year earlier.
func lastYear(ctx context.Context, v view, m kpi.Measure, r measure.Result) ui.StatProps {
	f := figureOf(ctx, m, r)
	return ui.StatProps{Label: i18n.T(ctx, "measure.last_year"), Value: f.value, Unit: f.unit, Interval: f.interval, N: r.N, Note: f.note, Href: v.rowsOf(m, r.Window, i18n.Zone(ctx))}
}

// rowsTo is where the rows of a value of a dimension are.
func (v view) rowsTo(m kpi.Measure, f measure.Filter) string {
	v.Filter = f
	return v.to("/measures/"+m.ID+"/rows", "at", v.moment())
}

// rowsOf is where the rows of a window are that begins with a day and may end within one.
func (v view) rowsOf(m kpi.Measure, w measure.Window, zone *time.Location) string {
	v.At, v.Window = strconv.FormatInt(w.To.UnixMicro(), 10), w
	return v.rowsIn(m, w, zone)
}

// rowsIn is where the rows of a step of a course are; a step is whole days of zone.
func (v view) rowsIn(m kpi.Measure, step measure.Window, zone *time.Location) string {
	at := v.moment()
	v.Period, v.From, v.To = "custom", step.From.In(zone).Format(date), step.To.Add(-time.Microsecond).In(zone).Format(date)
	return v.to("/measures/"+m.ID+"/rows", "at", at)
}
