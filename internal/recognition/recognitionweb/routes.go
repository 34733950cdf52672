// Package recognitionweb shows on pages how people of a community are recognised, and by which rules: forms come in, calls of recognition go out.
package recognitionweb

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/recognition"
	"github.com/entente/entente/internal/recognition/merit"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type handlers struct {
	s      *recognition.Service
	places *community.Service
}

// Routes registers the pages.
func Routes(r *web.Routes, s *recognition.Service, places *community.Service) {
	h := &handlers{s, places}
	r.Page("GET /c/{slug}/recognition", org.Public, h.rules)
	r.Page("GET /c/{slug}/recognition/{handle}", org.Public, h.person)
	r.Do("POST /c/{slug}/recognition/{handle}/thank", org.SignedIn, h.thank)
	r.Do("POST /c/{slug}/recognition/{handle}/take-back", org.SignedIn, h.takeBack)
	r.Page("GET /communities/recognition", org.OrgEdit, h.settings)
	r.Do("POST /communities/recognition", org.OrgEdit, h.change)
}

// view is a page of a community that whoever asks sees.
type view struct {
	sight  community.Sight
	place  community.Community
	person recognition.Person
	found  bool // a person is shown
	thanks bool // whoever asks may thank them
	token  string
	form   *web.Form
	rules  merit.Rules
	since  time.Time // of the rules, zero for those that come with the program
}

// at finds the community of a request, as whoever asks sees it.
func (h *handlers) at(r *http.Request) (*view, error) {
	ctx := r.Context()
	o, err := h.places.Sees(ctx, nil)
	if err != nil {
		return nil, err
	}
	c, seen := o.Community(r.PathValue("slug"))
	switch {
	case seen:
		return &view{sight: o, place: c, token: id.New()}, nil
	case c.ID == "" || !o.Shows(c.ID) && !web.AtOwnHost(ctx):
		return nil, problem.New(problem.Missing, "problem.not_found")
	case org.Who(ctx) == nil:
		return nil, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	return nil, problem.New(problem.Forbidden, "community.join_first")
}

func (v *view) href(ctx context.Context, path string) string {
	return web.Href(ctx, v.place.Path()+path)
}

func (v *view) problem(ctx context.Context, field string) string {
	if v.form == nil {
		return ""
	}
	for _, p := range v.form.Problems {
		if p.Field == field {
			return i18n.T(ctx, p.Key, p.Args...)
		}
	}
	return ""
}

func (h *handlers) rules(w http.ResponseWriter, r *http.Request) error {
	v, err := h.at(r)
	if err != nil {
		return err
	}
	if v.rules, err = h.s.Rules(r.Context(), v.place.Channel); err != nil {
		return err
	}
	own, err := h.s.HasOwn(r.Context(), v.place.Channel)
	if err != nil {
		return err
	}
	for _, channel := range []string{v.place.Channel, ""} {
		changes, err := h.s.Changes(r.Context(), channel)
		if err != nil {
			return err
		}
		if len(changes) > 0 && changes[0].At.After(v.since) && (channel != "" || !own) {
			v.since = changes[0].At
		}
	}
	if org.Who(r.Context()) != nil {
		v.person, err = h.s.Find(r.Context(), v.sight, v.place, "")
		if err != nil && !problem.Is(err, problem.Missing) {
			return err
		}
		v.found = err == nil
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "recognition.title")}, rulesPage(v))
}

func (h *handlers) personView(r *http.Request) (*view, error) {
	v, err := h.at(r)
	if err != nil {
		return nil, err
	}
	if v.person, err = h.s.Find(r.Context(), v.sight, v.place, r.PathValue("handle")); err != nil {
		return nil, err
	}
	v.found, v.thanks = true, org.Who(r.Context()) != nil && !v.person.Mine && v.sight.TakesPart(v.place.ID)
	return v, nil
}

func (h *handlers) person(w http.ResponseWriter, r *http.Request) error {
	v, err := h.personView(r)
	if err != nil {
		return err
	}
	return h.showPerson(w, r, v)
}

func (h *handlers) showPerson(w http.ResponseWriter, r *http.Request, v *view) error {
	return web.Show(w, r, web.Page{Title: v.person.Name, Head: head()}, personPage(v))
}

func (h *handlers) thank(w http.ResponseWriter, r *http.Request) error {
	v, err := h.personView(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.Thank(r.Context(), v.place.ID, v.person.Handle, f.Text("words"), f.Text("token")); err != nil {
		if problem.Of(err).Field == "" {
			return err
		}
		f.Refuse(err)
		v.form = f
		web.Invalid(w)
		return h.showPerson(w, r, v)
	}
	web.Flash(w, r, ui.Success, "recognition.thanked")
	return web.Redirect(w, r, v.place.Path()+"/recognition/"+v.person.Handle)
}

func (h *handlers) takeBack(w http.ResponseWriter, r *http.Request) error {
	v, err := h.personView(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.TakeBack(r.Context(), v.place.ID, v.person.Handle, f.Text("thanks")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "recognition.taken_back")
	return web.Redirect(w, r, v.place.Path()+"/recognition/"+v.person.Handle)
}

// Panel is how somebody is recognised, for their page; found is false where there is nothing to say and nobody to say thanks.
func Panel(ctx context.Context, s *recognition.Service, o community.Sight, c community.Community, handle string) (p ui.Panel, found bool, err error) {
	v := &view{sight: o, place: c}
	if v.person, err = s.Find(ctx, o, c, handle); err != nil {
		if problem.Is(err, problem.Missing) {
			err = nil
		}
		return p, false, err
	}
	v.thanks = org.Who(ctx) != nil && !v.person.Mine && o.TakesPart(c.ID)
	if v.person.Points == 0 && len(v.person.Thanks) == 0 && !v.thanks {
		return p, false, nil
	}
	return ui.Panel{Title: i18n.T(ctx, "recognition.title"), Body: panel(v)}, true, nil
}

// LevelName is what a level is called.
func LevelName(ctx context.Context, level int) string {
	return i18n.T(ctx, "recognition.level."+strconv.Itoa(level))
}

// badgeName is what a badge is called: as owners call it in the language of the reader, or as it comes.
func badgeName(ctx context.Context, b merit.Badge) string {
	if name := b.Name[i18n.Lang(ctx)]; name != "" {
		return name
	}
	if !b.Own() {
		return i18n.T(ctx, "recognition.badge."+b.ID)
	}
	for _, lang := range i18n.Languages() {
		if name := b.Name[lang]; name != "" {
			return name
		}
	}
	return i18n.T(ctx, "recognition.badge_new")
}

// badgeHint says what a badge is given for.
func badgeHint(ctx context.Context, b merit.Badge) string {
	out := i18n.N(ctx, "recognition.count."+b.Kind, b.Times)
	if b.One {
		out += " · " + i18n.T(ctx, "recognition.badge_one")
	}
	if b.People > 1 {
		out += " · " + i18n.N(ctx, "recognition.badge_people", b.People)
	}
	return out
}

// share is how far somebody is on the way to the next level, and how far that is.
func (v *view) share() (value, most float64) {
	level, next := v.person.Rules.Level(v.person.Points)
	from := v.person.Rules.Levels[level]
	if next == 0 {
		return 1, 1
	}
	return float64(v.person.Points - from), float64(next - from)
}
