package courseweb

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/course"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type holder struct {
	team.Profile
	Best course.Certificate
	Own  bool
}

type certificatesPage struct {
	courses []course.Course
	shown   course.Course
	gate    course.Gate
	from    string
	holders []holder
	valid   int
	ending  int
	now     time.Time
	at      string // whose form was refused
	wrong   wrong
}

// certificates shows who holds what counts for a course, the one that the right to speak hangs on first.
func (h *handlers) certificates(w http.ResponseWriter, r *http.Request) error {
	return h.showCertificates(w, r, certificatesPage{})
}

func (h *handlers) showCertificates(w http.ResponseWriter, r *http.Request, p certificatesPage) error {
	ctx := r.Context()
	p.now = h.s.Now()
	all, err := h.s.Courses(ctx)
	if err != nil {
		return err
	}
	gate, err := h.s.Gate(ctx)
	if err != nil {
		return err
	}
	if len(p.wrong) == 0 || p.at != "" {
		p.gate = gate
		if !gate.From.IsZero() {
			p.from = gate.From.In(i18n.Zone(ctx)).Format(time.DateOnly)
		}
	}
	want := r.URL.Query().Get("course")
	if want == "" {
		want = gate.Course
	}
	for _, c := range all {
		if c.Number == 0 {
			continue
		}
		p.courses = append(p.courses, c)
		if p.shown.ID == "" || c.ID == want {
			p.shown = c
		}
	}
	if p.shown.ID != "" {
		list, err := h.s.All(ctx)
		if err != nil {
			return err
		}
		team, err := h.team.All(ctx)
		if err != nil {
			return err
		}
		for _, m := range team {
			best, _ := course.Best(list, p.shown.ID, m.Member, p.now)
			p.holders = append(p.holders, holder{m, best, m.Member == org.Who(ctx).ID})
			if best.Valid(p.now) {
				p.valid++
			}
			if best.Ending(p.now) {
				p.ending++
			}
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "course.certificates")}, certificatesBody(p))
}

func (h *handlers) setGate(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := certificatesPage{gate: course.Gate{Course: f.Text("course"), Reach: course.Reach(f.Text("reach"))}, from: f.Text("from")}
	if p.from != "" {
		if p.gate.From, err = time.ParseInLocation(time.DateOnly, p.from, i18n.Zone(ctx)); err != nil {
			f.Refuse(problem.New(problem.Invalid, "course.bad_day").On("from"))
		}
	}
	if err = nil; f.OK() {
		if err = h.s.SetGate(ctx, p.gate); err == nil {
			return done(w, r, nil, "/certificates", "course.done.gate")
		}
	}
	if err == nil {
		web.Invalid(w)
		p.wrong = f.Errors(r)
	} else if p.wrong, err = mend(ctx, w, err); err != nil {
		return err
	}
	return h.showCertificates(w, r, p)
}

// certificate recognises or revokes what somebody holds.
func (h *handlers) certificate(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	c, m := r.PathValue("course"), r.PathValue("member")
	key := "course.done.revoked"
	if f.Text("do") == "recognise" {
		key, err = "course.done.recognised", h.s.Recognise(ctx, c, m, h.s.Now())
	} else {
		err = h.s.Revoke(ctx, c, m, f.Text("reason"))
	}
	return done(w, r, err, "/certificates?course="+c, key)
}

func reaches(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, v := range course.Reaches() {
		key := "course.reach.nowhere"
		if v != course.Nowhere {
			key = "course.reach." + string(v)
		}
		out = append(out, ui.Option{Value: string(v), Label: i18n.T(ctx, key)})
	}
	return out
}

func courseOptions(ctx context.Context, list []course.Course) []ui.Option {
	var out []ui.Option
	for _, c := range list {
		if c.Open() {
			out = append(out, ui.Option{Value: c.ID, Label: say(ctx, c.Content.Title)})
		}
	}
	return out
}

func courseTabs(ctx context.Context, p certificatesPage) []ui.Tab {
	var out []ui.Tab
	for _, c := range p.courses {
		out = append(out, ui.Tab{Label: say(ctx, c.Content.Title), Href: "/certificates?course=" + c.ID, Current: c.ID == p.shown.ID})
	}
	return out
}

// welcome is the list of a new colleague.
func (h *handlers) welcome(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := h.s.Welcomed(ctx)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "course.welcome")}, welcomeBody(v))
}

func (h *handlers) putAside(w http.ResponseWriter, r *http.Request) error {
	return done(w, r, h.s.PutAside(r.Context()), "/inbox", "")
}
