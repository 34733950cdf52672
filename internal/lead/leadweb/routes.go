// Package leadweb shows leads on pages: forms come in, pages and calls of lead go out.
package leadweb

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/lead"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct {
	s        *lead.Service
	org      *org.Service
	measures func(ctx context.Context) []ui.StatProps
}

// Routes registers the pages; measures gives those of leads for who may read measures, and may be nil.
func Routes(r *web.Routes, s *lead.Service, o *org.Service, measures func(ctx context.Context) []ui.StatProps) {
	h := &handlers{s, o, measures}
	r.Page("GET /leads", org.InboxRead, h.list)
	r.Page("GET /leads/new", org.InboxEdit, h.begin)
	r.Do("POST /leads", org.InboxEdit, h.hand)
	r.Page("GET /leads/{id}", org.InboxRead, h.one)
	r.Do("POST /leads/{id}", org.InboxEdit, h.decide)
}

type listPage struct {
	List     []lead.Lead
	Done     bool
	Names    map[string]string
	Now      time.Time
	Measures []ui.StatProps
}

// names are those of who has a part in leads.
func (h *handlers) names(ctx context.Context, list ...lead.Lead) (map[string]string, error) {
	var who []string
	for i := range list {
		who = append(who, list[i].Owner, list[i].HandedBy, list[i].DecidedBy)
	}
	return h.org.Names(ctx, who)
}

func (h *handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := listPage{Done: r.URL.Query().Get("done") != "", Now: h.s.Now()}
	var err error
	if p.List, err = h.s.List(ctx, !p.Done); err != nil {
		return err
	}
	if p.Names, err = h.names(ctx, p.List...); err != nil {
		return err
	}
	if h.measures != nil && org.Require(ctx, org.MeasureRead) == nil {
		p.Measures = h.measures(ctx)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "lead.leads"), Wide: true}, listBody(p))
}

type leadPage struct {
	Lead    lead.Lead
	New     bool
	May     bool
	Amount  string
	Due     string
	Names   map[string]string
	Sellers []ui.Option
	Wrong   []ui.FieldError
	Now     time.Time
}

func (p leadPage) bad(field string) string {
	for _, e := range p.Wrong {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

func currencies() []ui.Option {
	var out []ui.Option
	for _, c := range lead.Currencies() {
		out = append(out, ui.Option{Value: c, Label: c})
	}
	return out
}

func (h *handlers) begin(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	due := h.s.Now().AddDate(0, 0, 14)
	return h.form(w, r, leadPage{Lead: lead.Lead{Conversation: q.Get("conversation"), Name: web.Clean(q.Get("name")), Currency: "EUR", DueAt: due}, Due: due.In(i18n.Zone(r.Context())).Format(time.DateOnly)})
}

func (h *handlers) form(w http.ResponseWriter, r *http.Request, p leadPage) error {
	ctx := r.Context()
	p.New = true
	list, err := h.s.Sellers(ctx)
	if err != nil {
		return err
	}
	for _, m := range list {
		p.Sellers = append(p.Sellers, ui.Option{Value: m.ID, Label: m.Name})
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "lead.new")}, leadBody(p))
}

// minor is an amount as people write it in minor units, -1 when it is none.
func minor(text string) int64 {
	text = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "", "’", "").Replace(text)
	if text == "" {
		return 0
	}
	if i := strings.LastIndexAny(text, ",."); i >= 0 && len(text)-i <= 3 {
		text = strings.NewReplacer(",", "", ".", "").Replace(text[:i]) + "." + text[i+1:]
	} else {
		text = strings.NewReplacer(",", "", ".", "").Replace(text)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 0 || v > 1e10 || math.IsNaN(v) {
		return -1
	}
	return int64(math.Round(v * 100))
}

func plain(amount int64) string {
	if amount == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(amount)/100, 'f', 2, 64)
}

func (h *handlers) hand(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := leadPage{Amount: f.Text("amount"), Due: f.Text("due_at")}
	p.Lead = lead.Lead{Conversation: inbox.MatterID(f.Text("conversation")), Name: f.Text("name"), Note: f.Text("note"), Owner: f.Text("owner"), Amount: minor(p.Amount), Currency: f.Text("currency")}
	if day, err := time.ParseInLocation(time.DateOnly, p.Due, i18n.Zone(ctx)); err == nil {
		p.Lead.DueAt = day.Add(18 * time.Hour)
	}
	l, err := h.s.Hand(ctx, p.Lead)
	if err != nil {
		pr := problem.Of(err)
		if pr.Code != problem.Invalid {
			return err
		}
		web.Invalid(w)
		p.Wrong = []ui.FieldError{{Field: pr.Field, Text: i18n.T(ctx, pr.Key, pr.Args...)}}
		return h.form(w, r, p)
	}
	web.Flash(w, r, ui.Success, "lead.saved")
	return web.Redirect(w, r, "/inbox/"+l.Conversation)
}

func (h *handlers) one(w http.ResponseWriter, r *http.Request) error {
	l, err := h.s.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	amount := plain(l.Won)
	if l.State == lead.Open {
		amount = plain(l.Amount)
	}
	return h.show(w, r, leadPage{Lead: l, Amount: amount})
}

func (h *handlers) show(w http.ResponseWriter, r *http.Request, p leadPage) error {
	ctx := r.Context()
	p.May, p.Now = p.Lead.MayDecide(ctx), h.s.Now()
	var err error
	if p.Names, err = h.names(ctx, p.Lead); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: p.Lead.Name}, leadBody(p))
}

func (h *handlers) decide(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	seen := time.Time{}
	if n, err := strconv.ParseInt(f.Text("seen"), 10, 64); err == nil && n > 0 {
		seen = time.UnixMicro(n).UTC()
	}
	state := lead.State(f.Text("state"))
	if !slices.Contains([]lead.State{lead.Won, lead.Lost, lead.Open}, state) {
		state = ""
	}
	l, err := h.s.Decide(ctx, r.PathValue("id"), seen, state, minor(f.Text("won")), f.Text("currency"), f.Text("outcome"))
	if err != nil {
		pr := problem.Of(err)
		if pr.Code != problem.Invalid && pr.Code != problem.Conflict {
			return err
		}
		web.Invalid(w)
		l.Outcome = f.Text("outcome")
		return h.show(w, r, leadPage{Lead: l, Amount: f.Text("won"), Wrong: []ui.FieldError{{Field: pr.Field, Text: i18n.T(ctx, pr.Key, pr.Args...)}}})
	}
	web.Flash(w, r, ui.Success, "lead.saved")
	return web.Redirect(w, r, "/leads/"+l.ID)
}

// InConversation is the panel on a conversation's page: the leads that were handed over from there, and a way to hand one.
func InConversation(ctx context.Context, s *lead.Service, c inbox.Conversation) []ui.Panel {
	list, err := s.Of(ctx, c.ID)
	if err != nil || len(list) == 0 && org.Require(ctx, org.InboxEdit) != nil {
		return nil // a panel is an extra; the page stands without it
	}
	return []ui.Panel{{Title: i18n.T(ctx, "lead.leads"), Body: panel(list, c, s.Now())}}
}

func tone(l lead.Lead, now time.Time) ui.Tone {
	switch {
	case l.State == lead.Won:
		return ui.Success
	case l.State == lead.Lost:
		return ui.Neutral
	case l.Late(now):
		return ui.Danger
	}
	return ui.Info
}

func state(ctx context.Context, l lead.Lead, now time.Time) string {
	if l.Late(now) {
		return i18n.T(ctx, "lead.late")
	}
	return i18n.T(ctx, "lead.state."+string(l.State))
}
