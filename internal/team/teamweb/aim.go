package teamweb

import (
	"context"
	"net/http"
	"strconv"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// aimLine is an aim and how far it is.
type aimLine struct {
	team.Aim
	Reached float64
	N       int
	Mine    bool // it is up to the reader to agree
}

type aimsPart struct {
	member, quarter string
	list            []aimLine
}

// aims reads the aims of somebody when the reader may see them.
func (h *handlers) aims(ctx context.Context, v *profilePage) error {
	name, from, to := team.Quarter(h.s.Local(ctx))
	list, err := h.s.Aims(ctx, v.p.Member, name)
	if problem.Is(err, problem.Forbidden) {
		return nil
	}
	if err != nil {
		return err
	}
	v.aims = &aimsPart{member: v.p.Member, quarter: name}
	for _, a := range list {
		l := aimLine{Aim: a, Mine: v.own && a.MemberAt.IsZero() || !v.own && a.LeadAt.IsZero()}
		if h.Achieved != nil {
			if l.Reached, l.N, err = h.Achieved(ctx, a.Member, a.Measure, from, to); err != nil {
				return err
			}
		}
		v.aims.list = append(v.aims.list, l)
	}
	return nil
}

func (h *handlers) setAim(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	a := team.Aim{Member: r.PathValue("member"), Measure: team.AimMeasure(f.Text("measure")), Words: f.Text("words")}
	a.Target, _ = strconv.Atoi(f.Text("target")) // what is no number is refused as too small
	_, err = h.s.SetAim(r.Context(), a)
	return aimDone(w, r, err, "team.aim_set")
}

func (h *handlers) agreeAim(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	target, _ := strconv.Atoi(f.Text("target"))
	return aimDone(w, r, h.s.AgreeAim(r.Context(), r.PathValue("member"), r.PathValue("aim"), target), "team.aim_agreed")
}

func (h *handlers) dropAim(w http.ResponseWriter, r *http.Request) error {
	return aimDone(w, r, h.s.DropAim(r.Context(), r.PathValue("member"), r.PathValue("aim")), "team.aim_dropped")
}

// aimDone goes back to the profile and says what became of it.
func aimDone(w http.ResponseWriter, r *http.Request, err error, key string) error {
	if err == nil {
		web.Flash(w, r, ui.Success, key)
		return web.Redirect(w, r, "/team/"+r.PathValue("member"))
	}
	list := problems(err)
	if p := list[0]; p.Code == problem.Invalid || p.Code == problem.Conflict {
		web.Flash(w, r, ui.Danger, p.Key, p.Args...)
		return web.Redirect(w, r, "/team/"+r.PathValue("member"))
	}
	return err
}

func aimValue(ctx context.Context, m team.AimMeasure, v float64) string {
	switch m {
	case team.AimTime:
		return minutesText(ctx, int(v))
	case team.AimBreadth:
		return i18n.Number(ctx, v, 0)
	}
	return i18n.Percent(ctx, v/100, 0)
}

func aimState(ctx context.Context, a aimLine) (string, ui.Tone) {
	switch {
	case a.Agreed():
		return i18n.T(ctx, "team.aim_holds"), ui.Success
	case a.Mine:
		return i18n.T(ctx, "team.aim_yours"), ui.Warning
	}
	return i18n.T(ctx, "team.aim_theirs"), ui.Neutral
}

func aimOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, m := range team.AimMeasures() {
		out = append(out, ui.Option{Value: string(m), Label: i18n.T(ctx, "team.aim."+string(m))})
	}
	return out
}
