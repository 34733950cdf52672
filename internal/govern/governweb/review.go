package governweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/govern/ical"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type reviewsPage struct {
	Desk  *desk
	Ahead []govern.Review // the next first
	Held  []govern.Review
}

func (h *handlers) reviews(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := h.desk(ctx)
	if err != nil {
		return err
	}
	p := reviewsPage{Desk: d}
	for _, v := range d.reviews {
		if v.HeldAt.IsZero() {
			p.Ahead = append([]govern.Review{v}, p.Ahead...)
		} else {
			p.Held = append(p.Held, v)
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.reviews")}, reviewsBody(p))
}

type reviewPage struct {
	Desk      *desk
	V         govern.Review
	Agenda    []govern.Item
	Actions   []govern.Action
	Earlier   []govern.Action // of other reviews, still open when this one is to come
	Decisions []govern.Decision
	Wrong     wrong
}

func (h *handlers) reviewNoun() noun[govern.Review] {
	return noun[govern.Review]{
		path: "/govern/reviews", key: "govern.review", plural: "govern.reviews",
		id: func(v govern.Review) string { return v.ID }, stamp: func(v *govern.Review) *time.Time { return &v.UpdatedAt }, name: func(v govern.Review) string { return v.Name },
		find: h.s.Review, add: h.s.AddReview, change: h.s.ChangeReview, remove: h.s.RemoveReview,
		begin: func(r *http.Request, d *desk) govern.Review {
			at := d.now.In(i18n.Zone(r.Context())).AddDate(0, 0, 7)
			return govern.Review{Rhythm: govern.Monthly, Minutes: 60, At: time.Date(at.Year(), at.Month(), at.Day(), 10, 0, 0, 0, at.Location())}
		},
		inputs: func(ctx context.Context, d *desk, v govern.Review) []input {
			when := input{Kind: inDate, Field: ui.Field{Name: "at", Label: i18n.T(ctx, "govern.field.at"), Type: "datetime-local", Value: v.At.In(i18n.Zone(ctx)).Format("2006-01-02T15:04"), Required: true}}
			people := input{Kind: inChecks, Field: ui.Field{Name: "participants", Label: i18n.T(ctx, "govern.field.participants"), Values: v.Participants}}
			for _, m := range d.members {
				if m.State == org.Active {
					people.Options = append(people.Options, ui.Option{Value: m.ID, Label: m.Name})
				}
			}
			out := []input{needed(text(ctx, "name", "govern.field.name", v.Name, 200)), choose(ctx, "rhythm", "govern.field.rhythm", v.Rhythm, worded(ctx, "govern.rhythm.", govern.ReviewRhythms())...), when,
				text(ctx, "minutes", "govern.field.minutes", strconv.Itoa(v.Minutes), 4), text(ctx, "place", "govern.field.place", v.Place, 300), people}
			if !v.HeldAt.IsZero() {
				out = append(out, area(ctx, "notes", "govern.field.notes", v.Notes))
			}
			return out
		},
		read: func(f *form, v govern.Review) govern.Review {
			v.Name, v.Rhythm, v.At, v.Minutes, v.Place, v.Participants = f.text("name"), f.text("rhythm"), f.moment("at"), f.number("minutes"), f.text("place"), f.f.Values["participants"]
			if f.f.Has("notes") {
				v.Notes = f.text("notes")
			}
			return v
		},
		facts: func(ctx context.Context, d *desk, v govern.Review) []ui.Item {
			var names []string
			for _, m := range v.Participants {
				names = append(names, orDash(d.names[m]))
			}
			out := []ui.Item{fact(ctx, "govern.field.at", i18n.DateTime(ctx, v.At)+" · "+i18n.For(ctx, time.Duration(v.Minutes)*time.Minute)), fact(ctx, "govern.field.rhythm", i18n.T(ctx, "govern.rhythm."+v.Rhythm)),
				fact(ctx, "govern.field.place", v.Place), fact(ctx, "govern.field.participants", strings.Join(names, ", "))}
			if !v.HeldAt.IsZero() {
				out = append(out, dayFact(ctx, "govern.field.held_at", v.HeldAt), long(ctx, "govern.field.notes", v.Notes))
			}
			for _, r := range d.reviews {
				if r.ID == v.Following {
					out = append(out, ui.Item{Label: i18n.T(ctx, "govern.field.following"), Body: link("/govern/reviews/"+r.ID, i18n.DateTime(ctx, r.At))})
				}
			}
			return out
		},
		actions: func(_ context.Context, v govern.Review) templ.Component { return reviewActions(v) },
		extra: func(ctx context.Context, d *desk, v govern.Review, bad wrong) (templ.Component, error) {
			p := reviewPage{Desk: d, V: v, Agenda: v.Agenda, Wrong: bad}
			if v.HeldAt.IsZero() {
				look, err := h.s.Look(ctx)
				if err != nil {
					return nil, err
				}
				p.Agenda = look.Agenda()
				for _, a := range look.Actions {
					if a.Review != v.ID && a.DoneAt.IsZero() {
						p.Earlier = append(p.Earlier, a)
					}
				}
			}
			var err error
			if p.Actions, err = h.s.ActionsOf(ctx, v.ID); err != nil {
				return nil, err
			}
			all, err := h.s.Decisions(ctx)
			for _, dec := range all {
				if dec.Review == v.ID {
					p.Decisions = append(p.Decisions, dec)
				}
			}
			return reviewExtra(p), err
		},
	}
}

// why says in words why something is on an agenda.
func why(ctx context.Context, i govern.Item) string {
	var args []any
	for _, a := range i.Args {
		args = append(args, a)
	}
	return i18n.T(ctx, i.Why, args...)
}

func itemName(ctx context.Context, i govern.Item) string {
	switch {
	case i.Kind == "charter":
		return i18n.T(ctx, "charter.title")
	case i.Kind == "spending" && i.Ref == "":
		return capability(ctx, i.Text)
	}
	return i.In(i18n.Lang(ctx))
}

func itemHref(i govern.Item) string {
	switch i.Kind {
	case "objective":
		return "/strategy/objectives/" + i.Ref
	case "charter":
		return "/charter/members"
	case "spending":
		if i.Ref == "" {
			return "/govern/spending"
		}
		return "/govern/spending/" + i.Ref
	}
	return "/govern/" + i.Kind + "s/" + i.Ref
}

func itemIcon(kind string) string {
	return map[string]string{"objective": "target", "action": "list-checks", "insight": "lightbulb", "risk": "shield", "surrounding": "globe", "decision": "check-check", "spending": "wallet", "charter": "scroll-text"}[kind]
}

func (h *handlers) hold(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	to := "/govern/reviews/" + r.PathValue("id")
	_, next, err := h.s.HoldReview(r.Context(), r.PathValue("id"), f.text("notes"))
	if err != nil {
		return refused(w, r, err, to)
	}
	if next != nil {
		web.Flash(w, r, ui.Success, "govern.held_next", "Day", i18n.Day(r.Context(), next.At))
	} else {
		web.Flash(w, r, ui.Success, "govern.held")
	}
	return web.Redirect(w, r, to)
}

func (h *handlers) calendar(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := h.s.Review(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	o, err := h.org.Organisation(ctx)
	if err != nil {
		return err
	}
	base := strings.TrimRight(o.URL, "/")
	e := ical.Event{UID: v.ID + "@entente", Stamp: h.s.Now(), Start: v.At, For: time.Duration(v.Minutes) * time.Minute, Summary: v.Name + " – " + o.Name, Place: v.Place, Link: base + "/govern/reviews/" + v.ID}
	agenda := v.Agenda
	if v.HeldAt.IsZero() {
		look, err := h.s.Look(ctx)
		if err != nil {
			return err
		}
		agenda = look.Agenda()
	}
	for i, item := range agenda {
		e.Description += strconv.Itoa(i+1) + ". " + itemName(ctx, item) + " (" + why(ctx, item) + ")\n"
	}
	for _, id := range v.Participants {
		if m, err := h.org.Find(ctx, id); err == nil {
			e.People = append(e.People, ical.Person{Name: m.Name, Email: m.Email})
		}
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="review.ics"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(ical.Write(e))
	_ = err // the reader has gone; there is nobody to tell
	return nil
}

type packPage struct {
	Desk   *desk
	V      govern.Review
	Look   govern.Look
	Agenda []govern.Item
	Since  time.Time // the review before
	Fresh  []govern.Decision
}

// pack is what participants read before, or print.
func (h *handlers) pack(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := h.s.Review(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	d, err := h.desk(ctx)
	if err != nil {
		return err
	}
	p := packPage{Desk: d, V: v}
	if p.Look, err = h.s.Look(ctx); err != nil {
		return err
	}
	if p.Agenda = v.Agenda; v.HeldAt.IsZero() {
		p.Agenda = p.Look.Agenda()
	}
	for _, other := range d.reviews {
		if !other.HeldAt.IsZero() && other.ID != v.ID && other.At.Before(v.At) && other.At.After(p.Since) {
			p.Since = other.At
		}
	}
	for _, dec := range p.Look.Decisions {
		if dec.DecidedAt.After(p.Since) {
			p.Fresh = append(p.Fresh, dec)
		}
	}
	return web.Show(w, r, web.Page{Title: v.Name + " – " + i18n.T(ctx, "govern.pack")}, packBody(p))
}

type actionsPage struct {
	Desk *desk
	List []govern.Action
}

func (h *handlers) actions(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := h.desk(ctx)
	if err != nil {
		return err
	}
	list, err := h.s.Actions(ctx)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.actions")}, actionsBody(actionsPage{d, list}))
}

func mayFinish(ctx context.Context, a govern.Action) bool {
	m := org.Who(ctx)
	return m.May(org.StrategyEdit) || m != nil && a.Owner == m.ID
}

func (h *handlers) actionNoun() noun[govern.Action] {
	return noun[govern.Action]{
		path: "/govern/actions", key: "govern.action", plural: "govern.actions",
		id: func(v govern.Action) string { return v.ID }, stamp: func(v *govern.Action) *time.Time { return &v.UpdatedAt }, name: func(v govern.Action) string { return v.Name },
		find: h.s.Action, add: h.s.AddAction, change: h.s.ChangeAction, remove: h.s.RemoveAction,
		begin: func(r *http.Request, d *desk) govern.Action {
			return govern.Action{Owner: org.Who(r.Context()).ID, DueAt: d.now.AddDate(0, 0, 14), Review: r.URL.Query().Get("review"), Objective: r.URL.Query().Get("objective")}
		},
		inputs: func(ctx context.Context, d *desk, v govern.Action) []input {
			return []input{needed(text(ctx, "name", "govern.field.action", v.Name, 300)), d.member(ctx, "owner", "govern.field.owner", v.Owner), date(ctx, "due_at", "govern.field.due_at", v.DueAt),
				d.review(ctx, v.Review), d.objective(ctx, v.Objective), area(ctx, "outcome", "govern.field.outcome", v.Outcome)}
		},
		read: func(f *form, v govern.Action) govern.Action {
			v.Name, v.Owner, v.DueAt, v.Review, v.Objective, v.Outcome = f.text("name"), f.text("owner"), f.until("due_at"), f.text("review"), f.text("objective"), f.text("outcome")
			return v
		},
		facts: func(ctx context.Context, d *desk, v govern.Action) []ui.Item {
			return []ui.Item{fact(ctx, "govern.field.owner", d.names[v.Owner]), dayFact(ctx, "govern.field.due_at", v.DueAt), dayFact(ctx, "govern.field.done_at", v.DoneAt), d.reviewFact(ctx, v.Review),
				d.objectiveFact(ctx, v.Objective), long(ctx, "govern.field.outcome", v.Outcome)}
		},
		extra: func(ctx context.Context, _ *desk, v govern.Action, bad wrong) (templ.Component, error) {
			if !mayFinish(ctx, v) {
				return nil, nil
			}
			return finishForm(v, bad), nil
		},
		after: func(v govern.Action) string {
			if v.Review != "" {
				return "/govern/reviews/" + v.Review
			}
			return "/govern/actions"
		},
	}
}

func (h *handlers) finish(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	to := "/govern/actions/" + r.PathValue("id")
	if review := f.text("review"); review != "" { // ticked off on its page
		to = "/govern/reviews/" + url.PathEscape(review)
	}
	if _, err := h.s.FinishAction(r.Context(), r.PathValue("id"), f.seen(), f.text("done") != "no", f.text("outcome")); err != nil {
		return refused(w, r, err, to)
	}
	web.Flash(w, r, ui.Success, "govern.saved")
	return web.Redirect(w, r, to)
}
