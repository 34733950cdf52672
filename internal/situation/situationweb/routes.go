// Package situationweb decides how situations look: requests of members come in, the list, the war room, playbooks and reviews as pages go out.
package situationweb

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/situation"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

// Topic is announced when something was done with a situation.
const Topic = "situation"

// Effect is how measures went while a situation lasted.
type Effect struct {
	From, To          time.Time
	Volume, Sentiment []chart.Point // by day
}

// Choice is a topic a situation can name.
type Choice struct{ ID, Name string }

// Options bring in what stands to the right of situations.
type Options struct {
	Effect func(ctx context.Context, v situation.Situation) (Effect, error) // may be nil
	Topics func(ctx context.Context) ([]Choice, error)                      // may be nil
}

type pages struct {
	s     *situation.Service
	inbox *inbox.Service
	Options
}

// Routes registers the pages.
func Routes(r *web.Routes, s *situation.Service, i *inbox.Service, o Options) {
	p := &pages{s: s, inbox: i, Options: o}
	r.Topic(Topic, org.InboxRead)
	r.Page("GET /situations", org.InboxRead, p.list)
	r.Do("POST /situations", org.InboxEdit, p.create)
	r.Page("GET /situations/new", org.InboxEdit, p.fresh)
	r.Do("POST /situation-suggestions/dismiss", org.InboxEdit, p.dismiss)
	r.Do("POST /situation-additions", org.InboxEdit, p.add)
	r.Page("GET /playbooks", org.InboxRead, p.playbooks)
	r.Page("GET /playbooks/new", org.InboxAssign, p.newPlaybook)
	r.Do("POST /playbooks", org.InboxAssign, p.savePlaybook)
	r.Page("GET /playbooks/{book}", org.InboxAssign, p.playbook)
	r.Do("POST /playbooks/{book}", org.InboxAssign, p.savePlaybook)
	r.Do("POST /playbooks/{book}/remove", org.InboxAssign, p.removePlaybook)
	r.Page("GET /situations/{id}", org.InboxRead, p.room)
	r.Page("GET /situations/{id}/conversations", org.InboxRead, p.conversations)
	r.Page("GET /situations/{id}/review", org.InboxRead, p.review)
	r.Do("POST /situations/{id}/review", org.InboxEdit, p.learn)
	r.Do("POST /situations/{id}/acknowledge", org.InboxEdit, p.acknowledge)
	r.Do("POST /situations/{id}/turn", org.InboxAssign, p.turn)
	r.Do("POST /situations/{id}/gather", org.InboxEdit, p.gather)
	r.Do("POST /situations/{id}/let", org.InboxEdit, p.let)
	r.Do("POST /situations/{id}/steps", org.InboxEdit, p.step)
	r.Do("POST /situations/{id}/tell", org.InboxEdit, p.tell)
	r.Do("POST /situations/{id}/note", org.InboxEdit, p.note)
	r.Do("POST /situations/{id}/statements", org.InboxEdit, p.write)
	r.Page("GET /situations/{id}/statements/{statement}", org.InboxRead, p.progress)
	r.Do("POST /situations/{id}/statements/{statement}", org.InboxAssign, p.statement)
	r.Do("POST /situations/{id}/routing", org.InboxAssign, p.divert)
	r.Do("POST /situations/{id}/clear", org.InboxAssign, p.clear)
	r.Do("POST /situations/{id}/reopen", org.InboxAssign, p.reopen)
}

func may(ctx context.Context, p org.Permission) bool { return org.Who(ctx).May(p) }

// refused shows a refusal that the reader can do something about on the page to.
func refused(w http.ResponseWriter, r *http.Request, err error, to string) error {
	switch p := problem.Of(err); p.Code {
	case problem.Conflict, problem.Invalid:
		web.Flash(w, r, ui.Danger, p.Key, p.Args...)
		return web.Redirect(w, r, to)
	case problem.Forbidden:
		if p.Key != "problem.forbidden" {
			web.Flash(w, r, ui.Danger, p.Key, p.Args...)
			return web.Redirect(w, r, to)
		}
	}
	return err
}

// back goes to the war room after something was done there.
func back(w http.ResponseWriter, r *http.Request, err error, anchor string) error {
	to := situation.Path(r.PathValue("id")) + anchor
	if err != nil {
		return refused(w, r, err, to)
	}
	return web.Redirect(w, r, to)
}

func (p *pages) owners(ctx context.Context, now string) ([]ui.Option, error) {
	leaders, err := p.s.Leaders(ctx)
	if err != nil {
		return nil, err
	}
	out := []ui.Option{{Label: i18n.T(ctx, "situation.field.nobody")}}
	known := now == ""
	for _, m := range leaders {
		out = append(out, ui.Option{Value: m.ID, Label: m.Name})
		known = known || m.ID == now
	}
	if !known {
		out = append(out, ui.Option{Value: now, Label: p.s.Name(ctx, now)})
	}
	return out, nil
}

func (p *pages) topics(ctx context.Context) ([]ui.Option, error) {
	out := []ui.Option{{Label: i18n.T(ctx, "situation.field.no_topic")}}
	if p.Topics == nil {
		return out, nil
	}
	list, err := p.Topics(ctx)
	for _, c := range list {
		out = append(out, ui.Option{Value: c.ID, Label: c.Name})
	}
	return out, err
}

func levels(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, l := range situation.Levels() {
		out = append(out, ui.Option{Value: string(l), Label: i18n.T(ctx, "situation.level."+string(l)), Hint: i18n.T(ctx, "situation.level."+string(l)+".hint")})
	}
	return out
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// minutes is a wait in words, without seconds.
func minutes(ctx context.Context, d time.Duration) string {
	if d < time.Minute {
		return i18n.For(ctx, d.Truncate(time.Second))
	}
	return i18n.For(ctx, d.Truncate(time.Minute))
}
