package governweb

import (
	"context"
	"net/http"
	"strings"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/govern/orient"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type orientationPage struct {
	O        govern.Orientation
	Maps     []strategy.Map
	Measures map[string][]kpi.Measure // by proposal
}

func (h *handlers) orientation(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := orientationPage{Measures: map[string][]kpi.Measure{}}
	var err error
	if p.O, err = h.s.Orientation(ctx); err != nil {
		return err
	}
	if p.Maps, err = h.s.Strategy().Maps(ctx); err != nil {
		return err
	}
	for _, proposal := range p.O.Result.Proposals {
		p.Measures[proposal.ID] = h.s.Measures(proposal)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.orientation")}, orientationBody(p))
}

type questionPage struct {
	Q        orient.Question
	N, Of    int
	Taken    []string
	Wrong    wrong
	Previous string
}

func (h *handlers) question(w http.ResponseWriter, r *http.Request) error {
	return h.showQuestion(w, r, nil, nil)
}

func (h *handlers) showQuestion(w http.ResponseWriter, r *http.Request, typed []string, bad wrong) error {
	ctx := r.Context()
	list := orient.Questions()
	p := questionPage{Of: len(list), Wrong: bad, Taken: typed}
	for i, q := range list {
		if q.ID == r.PathValue("question") {
			p.Q, p.N = q, i+1
			if i > 0 {
				p.Previous = list[i-1].ID
			}
		}
	}
	if p.N == 0 {
		return problem.New(problem.Missing, "problem.not_found")
	}
	if typed == nil {
		o, err := h.s.Orientation(ctx)
		if err != nil {
			return err
		}
		p.Taken = o.Answers[p.Q.ID]
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.orient."+p.Q.ID)}, questionBody(p))
}

func (h *handlers) answer(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	question := r.PathValue("question")
	if err := h.s.Answer(ctx, question, f.Values["choice"]); err != nil {
		bad, err := mend(ctx, w, err)
		if err != nil {
			return err
		}
		return h.showQuestion(w, r, f.Values["choice"], bad)
	}
	list := orient.Questions()
	for i, q := range list {
		if q.ID == question && i+1 < len(list) && f.Text("then") != "result" {
			return web.Redirect(w, r, "/govern/orientation/"+list[i+1].ID)
		}
	}
	return web.Redirect(w, r, "/govern/orientation")
}

func (h *handlers) put(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	o, err := h.s.PutProposal(ctx, r.PathValue("proposal"), f.Text("map"))
	if err != nil {
		return refused(w, r, err, "/govern/orientation")
	}
	web.Flash(w, r, ui.Success, "govern.put", "Name", o.Name.In(i18n.Lang(ctx)))
	return web.Redirect(w, r, "/govern/orientation#"+r.PathValue("proposal"))
}

// reasons says what speaks for something, the strongest first.
func reasons(ctx context.Context, list []orient.Reason, most int) string {
	var out []string
	for i, r := range list {
		if i == most {
			break
		}
		out = append(out, i18n.T(ctx, "govern.orient."+r.Question+"."+r.Choice))
	}
	return strings.Join(out, " · ")
}

func subjects(ctx context.Context, list []orient.Subject) string {
	var out []string
	for _, s := range list {
		out = append(out, i18n.T(ctx, "govern.subject."+string(s)))
	}
	return strings.Join(out, ", ")
}

func places(ctx context.Context, list []string) string {
	var out []string
	for _, p := range list {
		out = append(out, i18n.T(ctx, "govern.place."+p))
	}
	return strings.Join(out, ", ")
}

func measureName(ctx context.Context, id string) string {
	if key := "measure." + id + ".name"; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return id
}

func strongest(r orient.Result) int {
	most := 1
	for _, w := range r.Activities {
		most = max(most, w.Points)
	}
	return most
}
