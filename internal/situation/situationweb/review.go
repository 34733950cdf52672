package situationweb

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/situation"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

type reviewPage struct {
	S      situation.Situation
	Effect Effect
	Now    time.Time
	Errors []ui.FieldError
}

func (p *pages) review(w http.ResponseWriter, r *http.Request) error {
	v, err := p.s.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.showReview(w, r, &reviewPage{S: v})
}

func (p *pages) showReview(w http.ResponseWriter, r *http.Request, v *reviewPage) error {
	ctx := r.Context()
	v.Now = p.s.Now()
	if p.Effect != nil {
		var err error
		if v.Effect, err = p.Effect(ctx, v.S); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "situation.review_of", "Name", v.S.Name), Wide: true}, reviewBody(v))
}

func (p *pages) learn(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	learned := ledger.Reviewed{Well: f.Text("well"), Badly: f.Text("badly"), Changes: f.Text("changes")}
	v, err := p.s.Learn(ctx, r.PathValue("id"), learned)
	if err != nil {
		if !problem.Is(err, problem.Invalid) {
			return err
		}
		if v, err2 := p.s.Find(ctx, r.PathValue("id")); err2 == nil {
			f.Refuse(err)
			v.Review = learned
			web.Invalid(w)
			return p.showReview(w, r, &reviewPage{S: v, Errors: f.Errors(r)})
		}
		return err
	}
	web.Flash(w, r, ui.Success, "situation.saved")
	return web.Redirect(w, r, situation.Path(v.ID)+"/review")
}

// took is how long something took, and from when.
func took(ctx context.Context, from, to time.Time, fromFirst bool, label string) ui.StatProps {
	s := ui.StatProps{Label: i18n.T(ctx, label), Value: "–", Note: i18n.T(ctx, "situation.time.from_detection")}
	if fromFirst {
		s.Note = i18n.T(ctx, "situation.time.from_first")
	}
	switch {
	case from.IsZero():
		s.Note = i18n.T(ctx, "situation.time.unknown")
	case to.IsZero():
		s.Note = i18n.T(ctx, "situation.time.none")
	default:
		s.Value = minutes(ctx, max(0, to.Sub(from)))
	}
	return s
}

func marks(ctx context.Context, v *situation.Situation) []chart.Mark {
	var out []chart.Mark
	for _, m := range []struct {
		at  time.Time
		key string
	}{{v.First, "first"}, {v.DetectedAt, "detected"}, {v.StatedAt, "stated"}, {v.ClearedAt, "cleared"}} {
		if !m.at.IsZero() {
			out = append(out, chart.Mark{From: m.at, Label: i18n.T(ctx, "situation.effect.mark."+m.key), Alarm: m.key == "detected"})
		}
	}
	return out
}

func lines(ctx context.Context, v *reviewPage, title string, unit chart.Unit, points []chart.Point, zero bool) chart.LinesProps {
	return chart.LinesProps{Title: title, Unit: unit, Series: []chart.Series{{Name: title, Points: points}}, Marks: marks(ctx, &v.S), FromZero: zero,
		Note: i18n.T(ctx, "situation.effect.note", "From", i18n.Day(ctx, v.Effect.From), "To", i18n.Day(ctx, v.Effect.To))}
}
