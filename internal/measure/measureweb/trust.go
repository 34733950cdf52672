package measureweb

import (
	"context"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

// portionDays is how far back shares are counted beside the models.
const portionDays = 30

// TrustPanels are the panels that the page of the models shows: how far people agree with them, and what that makes of shares.
func TrustPanels(ctx context.Context, s *measure.Service) ([]ui.Panel, error) {
	t, err := s.Agreement(ctx)
	if err != nil {
		return nil, err
	}
	portions, err := s.Portions(ctx, portionDays)
	if err != nil {
		return nil, err
	}
	panels := []ui.Panel{{Title: i18n.T(ctx, "measure.trust"), Body: trustPanel(t)}}
	if len(portions) > 0 && portions[0].Raw.Defined() {
		panels = append(panels, ui.Panel{Title: i18n.T(ctx, "measure.portions"), Body: portionsPanel(portions)})
	}
	return panels, nil
}

func agreedName(ctx context.Context, a measure.Agreed) string {
	switch {
	case a.Lang != "":
		return i18n.Language(ctx, a.Lang)
	case a.Kind != "":
		return i18n.T(ctx, "enrich.kinds."+a.Kind)
	}
	return i18n.T(ctx, "enrich.head."+a.Head)
}

func dotOf(label string, e stat.Estimate) chart.Estimate {
	d := chart.Estimate{Label: label, Value: chart.Missing(), N: e.N}
	if e.Defined() {
		d.Value, d.Low, d.High = e.Value, e.Low, e.High
	}
	return d
}

func agreedDots(ctx context.Context, t measure.Trust) chart.DotsProps {
	p := chart.DotsProps{Title: i18n.T(ctx, "measure.trust.by_head"), Unit: chart.Share(0), FromZero: true, Note: i18n.T(ctx, "measure.trust.note")}
	for _, a := range t.Heads {
		p.Items = append(p.Items, dotOf(agreedName(ctx, a), a.Share))
	}
	return p
}

func languageDots(ctx context.Context, t measure.Trust) chart.DotsProps {
	p := chart.DotsProps{Title: i18n.T(ctx, "measure.trust.by_language"), Unit: chart.Share(0), FromZero: true}
	for _, a := range t.Languages {
		p.Items = append(p.Items, dotOf(agreedName(ctx, a), a.Share))
	}
	return p
}

func agreedCourse(ctx context.Context, t measure.Trust) chart.LinesProps {
	one := 1.0
	p := chart.LinesProps{Title: i18n.T(ctx, "measure.trust.course"), Unit: chart.Share(0), FromZero: true, Top: &one, Short: true}
	s := chart.Series{Name: i18n.T(ctx, "enrich.head.sentiment")}
	for _, c := range t.Course {
		q := chart.Point{At: c.At, Value: chart.Missing(), N: c.Share.N}
		if c.Share.Defined() {
			q.Value, q.Low, q.High = c.Share.Value, c.Share.Low, c.Share.High
		}
		s.Points = append(s.Points, q)
	}
	p.Series = []chart.Series{s}
	return p
}

// kappaOf is beyond chance, with its interval.
func kappaOf(ctx context.Context, e stat.Estimate) string {
	if !e.Defined() {
		return "–"
	}
	return i18n.Number(ctx, e.Value, 2) + " (" + i18n.Number(ctx, e.Low, 2) + " – " + i18n.Number(ctx, e.High, 2) + ")"
}

func shareOf(ctx context.Context, e stat.Estimate) string {
	if !e.Defined() {
		return "–"
	}
	return i18n.Percent(ctx, e.Value, 0) + " (" + i18n.Percent(ctx, e.Low, 0) + " – " + i18n.Percent(ctx, e.High, 0) + ")"
}

func portionDots(ctx context.Context, list []measure.Portion) chart.DotsProps {
	p := chart.DotsProps{Title: i18n.T(ctx, "measure.portions.title"), Unit: chart.Share(0), FromZero: true, Note: i18n.T(ctx, "measure.portions.note")}
	for _, o := range list {
		label := i18n.T(ctx, "enrich."+o.Head+"."+o.Value)
		p.Items = append(p.Items, dotOf(i18n.T(ctx, "measure.portions.raw", "Label", label), o.Raw))
		if o.Right.Defined() {
			p.Items = append(p.Items, dotOf(i18n.T(ctx, "measure.portions.right", "Label", label), o.Right))
		}
	}
	return p
}

// errorsFrom says where the errors of the models were counted.
func errorsFrom(ctx context.Context, list []measure.Portion) string {
	audited, known := 0, 0
	for _, o := range list {
		if o.Right.Defined() {
			known++
			if o.Audited {
				audited++
			}
		}
	}
	switch {
	case known == 0:
		return i18n.T(ctx, "measure.portions.unknown")
	case audited == known:
		return i18n.T(ctx, "measure.portions.audited")
	case audited == 0:
		return i18n.T(ctx, "measure.portions.validated")
	}
	return i18n.T(ctx, "measure.portions.mixed", "N", audited, "Of", known)
}
