package intakeweb

import (
	"context"
	"io"
	"net/http"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func (p *pages) job(w http.ResponseWriter, r *http.Request) error {
	j, err := p.s.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if j.State == intake.Draft {
		page := &setupPage{Job: j, Format: j.Format, Set: j.Settings}
		if in := r.URL.Query(); in.Get("format") == "facts" { // chosen before the file was
			page.Format = "facts"
			if k, ok := ledger.KindOfFact(in.Get("kind")); ok {
				page.Set.Target = intake.FactTarget(k.ID)
			}
		}
		return p.showSetup(w, r, page)
	}
	return web.Show(w, r, web.Page{Title: j.Name}, jobBody(&j))
}

func (p *pages) progress(w http.ResponseWriter, r *http.Request) error {
	j, err := p.s.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Part(w, r, jobState(&j))
}

func (p *pages) cancel(w http.ResponseWriter, r *http.Request) error {
	j, err := p.s.Cancel(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/import/"+j.ID)
}

func (p *pages) again(w http.ResponseWriter, r *http.Request) error {
	j, err := p.s.Again(r.Context(), r.PathValue("id"))
	if problem.Is(err, problem.Invalid) { // a dry run did without it
		return p.mend(w, r, &setupPage{Job: j, Format: j.Format, Set: j.Settings, New: j.Settings.NewChannel}, err)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/import/"+j.ID)
}

func (p *pages) remove(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.Remove(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "intake.removed")
	return web.Redirect(w, r, "/import")
}

func (p *pages) refused(w http.ResponseWriter, r *http.Request) error {
	list, err := p.s.RefusedList(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	defer list.Close()
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="refused.csv"`)
	h.Set("Cache-Control", "no-store")
	_, _ = io.Copy(w, list) // a reader who has gone is nobody to tell
	return nil
}

func progressProps(ctx context.Context, j *intake.Job) ui.ProgressProps {
	p := j.Progress
	rows, rate := i18n.Number(ctx, float64(p.Rows), 0), i18n.Number(ctx, p.Rate(), 0)
	detail := i18n.T(ctx, "intake.progress_detail", "Rows", rows, "Rate", rate)
	if p.LeftFor > 0 {
		detail = i18n.T(ctx, "intake.progress_left", "Rows", rows, "Rate", rate, "For", i18n.For(ctx, p.LeftFor))
	}
	return ui.ProgressProps{Label: i18n.T(ctx, "intake.progress"), Value: float64(p.Done), Max: float64(p.Total), Detail: detail}
}

func number(ctx context.Context, n int) string { return i18n.Number(ctx, float64(n), 0) }

func reason(ctx context.Context, j *intake.Job) string {
	return sentence(ctx, problem.New(problem.Invalid, j.Problem.Reason, j.Problem.Args...))
}
