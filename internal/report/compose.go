package report

import (
	"context"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/report/letter"
	"github.com/entente/entente/internal/report/tell"
	"github.com/entente/entente/internal/strategy"
)

// The contents of a report that are no dashboard.
const (
	OfMap  = "map"
	OfPack = "pack"
)

// compose writes a report, in the language and zone of ctx, as whoever acts in ctx sees it.
func (s *Service) compose(ctx context.Context, m Mailing) (letter.Doc, error) {
	now := s.Now()
	d := letter.Doc{Lang: i18n.Lang(ctx), Title: m.Name, Colon: i18n.T(ctx, "report.colon"), Subtitle: i18n.T(ctx, "report.as_of", "At", i18n.DateTime(ctx, now)), OpenLabel: i18n.T(ctx, "report.mail.open"), Foot: i18n.T(ctx, "report.mail.foot")}
	base := ""
	if o, err := s.org.Organisation(ctx); err == nil {
		d.Brand, base = o.Name, strings.TrimRight(o.URL, "/")
	}
	name, err := s.Namer(ctx)
	if err != nil {
		return d, err
	}
	w := writing{base, name}
	if board, ok := strings.CutPrefix(m.Content, "dashboard:"); ok {
		err = s.writeDashboard(ctx, &d, w, board, now)
	} else {
		err = s.writePack(ctx, &d, w, m.Content == OfPack)
	}
	if base == "" {
		d.Open = ""
	}
	return d, err
}

// writing is what every part of a report needs.
type writing struct {
	base string
	name Namer
}

// to is a whole address, "" while nobody knows where this installation is.
func (w writing) to(path string) string {
	if w.base == "" || path == "" {
		return ""
	}
	return w.base + path
}

func (s *Service) writeDashboard(ctx context.Context, d *letter.Doc, w writing, board string, now time.Time) error {
	b, err := s.Dashboard(ctx, board)
	if err != nil {
		return err
	}
	d.Open = w.to("/dashboards/" + b.ID)
	block := letter.Block{Title: b.Name, Empty: i18n.T(ctx, "report.no_tiles")}
	for _, t := range b.Tiles {
		r, err := s.Read(ctx, t, now)
		if err != nil {
			return err
		}
		block.Figures = append(block.Figures, w.figure(ctx, r))
	}
	d.Blocks = append(d.Blocks, block)
	notes, err := s.Notes(ctx, b.Subjects())
	if err != nil {
		return err
	}
	d.Blocks = append(d.Blocks, w.notes(ctx, notes))
	return nil
}

// figure writes a tile. A course over time and a breakdown become bars.
func (w writing) figure(ctx context.Context, r Reading) letter.Figure {
	f := letter.Figure{Label: r.Tile.Title}
	if f.Label == "" && r.Measure.ID != "" {
		f.Label = measure.Name(ctx, r.Measure)
	}
	switch {
	case r.Problem != nil:
		f.Value, f.Detail = "–", i18n.T(ctx, r.Problem.Key, r.Problem.Args...)
		return f
	case len(r.Missing) > 0:
		f.Value, f.Detail = "–", i18n.T(ctx, "measure.missing")
		return f
	}
	k := r.Tile.Statistic
	u := k.Unit(r.Measure)
	told := tell.Of(ctx, r.Measure, r.Result, u, k.Of(r.Measure, r.Result))
	f.Value, f.Href = told.Whole(), w.to(RowsPath(ctx, r.Tile.Measure, r.Window, r.Tile.Filter))
	detail := []string{i18n.T(ctx, "measure.window", "From", i18n.Day(ctx, r.Window.From), "To", i18n.Day(ctx, r.Window.To.Add(-time.Microsecond)))}
	if told.Interval != "" {
		detail = append(detail, told.Interval)
	}
	detail = append(detail, "n = "+i18n.Number(ctx, float64(r.Result.N), 0))
	if told.Note != "" {
		detail = append(detail, told.Note)
	}
	for _, p := range Narrowed(r.Tile.Filter) {
		detail = append(detail, w.name(ctx, p.By, p.Value))
	}
	f.Detail = strings.Join(detail, " · ")
	f.Change, f.Good = r.Moved(ctx)
	if r.Tile.Kind == Figure {
		return f
	}
	var most float64
	add := func(label string, x measure.Result) {
		v := k.Of(r.Measure, x)
		most = max(most, v.Value)
		f.Bars = append(f.Bars, letter.Bar{Label: label, Value: tell.Of(ctx, r.Measure, x, u, v).Whole(), Share: v.Value})
	}
	if r.Tile.By != "" && r.Tile.Kind != Line {
		for _, sl := range r.Slices {
			add(tell.Value(ctx, r.Tile.By, sl.Value.ID, sl.Value.Name), sl.Result)
		}
	} else {
		for _, p := range r.Points {
			add(i18n.Day(ctx, p.Window.From), p.Result)
		}
	}
	for i := range f.Bars {
		if most > 0 {
			f.Bars[i].Share = max(f.Bars[i].Share, 0) / most
		}
	}
	return f
}

func (w writing) notes(ctx context.Context, list []Note) letter.Block {
	b := letter.Block{Title: i18n.T(ctx, "report.notes"), Empty: i18n.T(ctx, "report.notes_none")}
	for _, n := range list {
		b.Lines = append(b.Lines, letter.Line{Text: n.Sentence(ctx, w.name), Href: w.to(n.Path(ctx))})
	}
	return b
}

// writePack writes the map with what is off and why; whole adds value, initiatives and decisions.
func (s *Service) writePack(ctx context.Context, d *letter.Doc, w writing, whole bool) error {
	p, err := s.Pack(ctx, "")
	if err != nil {
		return err
	}
	lang := i18n.Lang(ctx)
	d.Open = w.to("/strategy")
	if whole {
		d.Open = w.to("/review-pack")
	}
	summary := letter.Block{Title: i18n.T(ctx, "report.pack.map"), Empty: i18n.T(ctx, "report.pack.no_map")}
	if !p.NoMap {
		summary.Lines = []letter.Line{{Text: p.Map.Map.Name.In(lang)}, {Text: i18n.T(ctx, "strategy.summary", "OnTrack", p.Map.OnTrack, "Watch", p.Map.Watch, "Off", p.Map.Off, "Unknown", p.Map.Unknown)}}
	}
	off := letter.Block{Title: i18n.T(ctx, "report.pack.off"), Empty: i18n.T(ctx, "report.pack.none_off"), Table: &letter.Table{Head: []string{i18n.T(ctx, "report.objective"), i18n.T(ctx, "report.pack.state"), i18n.T(ctx, "report.pack.progress"), i18n.T(ctx, "report.pack.why")}}}
	called := map[string]string{}
	for _, m := range s.Measures().All() {
		called[m.ID] = measure.Name(ctx, m)
	}
	for _, st := range p.Off {
		var why []string
		for _, r := range PackReasons(ctx, st, called) {
			why = append(why, r.Text)
		}
		off.Table.Rows = append(off.Table.Rows, []letter.Line{{Text: st.Name.In(lang), Href: w.to("/strategy/objectives/" + st.ID)}, {Text: i18n.T(ctx, "report.state."+st.Rolled.State.String())}, {Text: PackProgress(ctx, st)}, {Text: strings.Join(why, " ")}})
	}
	d.Blocks = append(d.Blocks, summary, off, w.notes(ctx, p.Notes))
	if !whole {
		return nil
	}
	value := letter.Block{Title: i18n.T(ctx, "report.value"), Empty: i18n.T(ctx, "report.value_empty")}
	if p.Value.Hidden && len(p.Value.Entries) > 0 {
		value.Lines = []letter.Line{{Text: i18n.N(ctx, "report.value_lines", len(p.Value.Entries)), Href: w.to("/value")}, {Text: i18n.T(ctx, "report.money_hidden")}}
	}
	for _, t := range p.Value.Sums {
		value.Figures = append(value.Figures, letter.Figure{Label: i18n.T(ctx, "report.proven"), Value: i18n.Money(ctx, t.Proven, t.Currency), Detail: i18n.T(ctx, "report.proven_note"), Href: w.to("/value")},
			letter.Figure{Label: i18n.T(ctx, "report.potential"), Value: i18n.Money(ctx, t.Potential, t.Currency), Detail: i18n.T(ctx, "report.potential_note"), Href: w.to("/value")})
	}
	late := letter.Block{Title: i18n.T(ctx, "report.pack.late"), Empty: i18n.T(ctx, "report.pack.none_late")}
	for _, i := range p.Late {
		late.Lines = append(late.Lines, letter.Line{Text: i18n.N(ctx, "report.pack.late_by", i.Slip, "Name", i.Name), Href: w.to("/initiatives/" + i.ID)})
	}
	due := letter.Block{Title: i18n.T(ctx, "report.pack.due"), Empty: i18n.T(ctx, "report.pack.none_due")}
	for _, x := range p.Decisions {
		due.Lines = append(due.Lines, letter.Line{Text: i18n.T(ctx, "report.pack.decision_due", "Name", x.Name, "Day", i18n.Day(ctx, x.ReviewAt)), Href: w.to("/govern/decisions/" + x.ID)})
	}
	for _, x := range p.Insights {
		due.Lines = append(due.Lines, letter.Line{Text: i18n.T(ctx, "report.pack.insight_due", "Name", x.Name, "Day", i18n.Day(ctx, x.DueAt)), Href: w.to("/govern/insights/" + x.ID)})
	}
	d.Blocks = append(d.Blocks, value, late, due)
	return nil
}

// PackProgress says how far an objective is, and how far it should be.
func PackProgress(ctx context.Context, st strategy.Standing) string {
	return i18n.T(ctx, "report.pack.progress_of", "Progress", tell.Amount(ctx, kpi.Share, "", st.Rolled.Progress), "Expected", tell.Amount(ctx, kpi.Share, "", st.Rolled.Expected))
}

// PackReasons say why an objective is off: its measures that are, with their numbers and their targets, each with its rows.
func PackReasons(ctx context.Context, st strategy.Standing, names map[string]string) (out []letter.Line) {
	for _, r := range st.Readings {
		if r.State != stat.Off && r.State != stat.Watch {
			continue
		}
		called := names[r.Measure.Measure]
		if called == "" {
			called = r.Measure.Measure // it is gone
		}
		if r.Hidden {
			out = append(out, letter.Line{Text: i18n.T(ctx, "report.pack.reading_hidden", "Measure", called)})
			continue
		}
		out = append(out, letter.Line{Text: i18n.T(ctx, "report.pack.reading", "Measure", called, "Value", tell.Told(ctx, r.Unit, r.Result.Currency, r.Value), "Target", tell.Amount(ctx, r.Unit, r.Result.Currency, r.Target)),
			Href: RowsPath(ctx, r.Measure.Measure, r.Window, r.Filter())})
	}
	return out
}
