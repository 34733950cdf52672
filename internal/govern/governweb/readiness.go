package governweb

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/govern/ready"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

type readinessPage struct {
	Desk *desk
	R    govern.Readiness
}

func (h *handlers) readiness(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := h.desk(ctx)
	if err != nil {
		return err
	}
	p := readinessPage{Desk: d}
	if p.R, err = h.s.Readiness(ctx); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.readiness")}, readinessBody(p))
}

func of(p ready.P) []ready.Question {
	return slices.DeleteFunc(ready.Questions(), func(q ready.Question) bool { return q.P != p })
}

func stageWord(ctx context.Context, level float64) string {
	if s := ready.Stage(level); s != "" {
		return i18n.T(ctx, "govern.stage."+s)
	}
	return i18n.T(ctx, "govern.stage.none")
}

// history draws how the four went.
func history(ctx context.Context, r govern.Readiness) chart.LinesProps {
	top := float64(ready.Highest)
	p := chart.LinesProps{Title: i18n.T(ctx, "govern.ready.history"), Unit: chart.Count("", 1), FromZero: true, Top: &top, Short: true}
	for i, name := range ready.Ps() {
		s := chart.Series{Name: i18n.T(ctx, "govern.p."+string(name))}
		for _, m := range r.History {
			s.Points = append(s.Points, chart.Point{At: m.At, Value: m.Scores[i].Mean})
		}
		p.Series = append(p.Series, s)
	}
	return p
}

// Where the radar stands: its middle, and how far the highest level is from it.
const (
	radarX, radarY, radarR = 200.0, 150.0, 110.0
)

// axis is the point of a level on the axis of the i-th of the four: up, right, down, left.
func axis(i int, level float64) (x, y float64) {
	angle := float64(i)*math.Pi/2 - math.Pi/2
	r := radarR * level / ready.Highest
	return radarX + r*math.Cos(angle), radarY + r*math.Sin(angle)
}

func polygon(levels ...float64) string {
	var out []string
	for i, l := range levels {
		x, y := axis(i, l)
		out = append(out, fmt.Sprintf("%.1f,%.1f", x, y))
	}
	return strings.Join(out, " ")
}

func means(scores []ready.Score) []float64 {
	var out []float64
	for _, s := range scores {
		out = append(out, s.Mean)
	}
	return out
}

func num(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

type claimsPage struct {
	Desk   *desk
	Q      ready.Question
	Last   govern.Claim
	Before []govern.Claim
	Wrong  wrong
	Next   string
}

func (h *handlers) claims(w http.ResponseWriter, r *http.Request) error {
	return h.showClaims(w, r, nil, nil)
}

func (h *handlers) showClaims(w http.ResponseWriter, r *http.Request, typed *govern.Claim, bad wrong) error {
	ctx := r.Context()
	p := claimsPage{Wrong: bad}
	var found bool
	if p.Q, found = ready.Find(r.PathValue("question")); !found {
		return problem.New(problem.Missing, "problem.not_found")
	}
	var err error
	if p.Desk, err = h.desk(ctx); err != nil {
		return err
	}
	if p.Before, err = h.s.Claims(ctx, p.Q.ID); err != nil {
		return err
	}
	p.Last.Level = -1
	if len(p.Before) > 0 {
		p.Last = p.Before[0]
	}
	if typed != nil {
		p.Last = *typed
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.ready."+p.Q.ID)}, claimsBody(p))
}

func (h *handlers) claim(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := readForm(r)
	if err != nil {
		return err
	}
	c := govern.Claim{Question: r.PathValue("question"), Level: -1, Evidence: f.text("evidence"), Link: f.text("link"), EvidenceOn: f.day("evidence_on")}
	if f.text("level") != "" {
		c.Level = f.number("level")
	}
	if err = f.err(); err == nil {
		_, err = h.s.Claim(ctx, c)
	}
	if err != nil {
		bad, err := mend(ctx, w, err)
		if err != nil {
			return err
		}
		return h.showClaims(w, r, &c, bad)
	}
	web.Flash(w, r, ui.Success, "govern.saved")
	if f.text("then") == "next" {
		list := ready.Questions()
		if i := slices.IndexFunc(list, func(q ready.Question) bool { return q.ID == c.Question }); i+1 < len(list) {
			return web.Redirect(w, r, "/govern/readiness/"+list[i+1].ID)
		}
	}
	return web.Redirect(w, r, "/govern/readiness")
}

func levelOptions(ctx context.Context) []ui.Option {
	out := []ui.Option{{Value: "0", Label: "0 – " + i18n.T(ctx, "govern.stage.none"), Hint: i18n.T(ctx, "govern.stage.none.text")}}
	for i, s := range ready.Stages() {
		out = append(out, ui.Option{Value: strconv.Itoa(i + 1), Label: strconv.Itoa(i+1) + " – " + i18n.T(ctx, "govern.stage."+s), Hint: i18n.T(ctx, "govern.stage."+s+".text")})
	}
	return out
}

func (h *handlers) openGate(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	if _, err := h.s.OpenGate(r.Context(), f.text("reason")); err != nil {
		return refused(w, r, err, "/govern/readiness")
	}
	web.Flash(w, r, ui.Warning, "govern.gate_opened")
	return web.Redirect(w, r, "/govern/readiness")
}

func (h *handlers) closeGate(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.CloseGate(r.Context()); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "govern.gate_closed")
	return web.Redirect(w, r, "/govern/readiness")
}

func mayOpen(ctx context.Context) bool { return org.Who(ctx).May(org.OrgEdit) }
