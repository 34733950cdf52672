package recognitionweb

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/recognition"
	"github.com/entente/entente/internal/recognition/merit"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// settingsView is the form with which owners change the rules.
type settingsView struct {
	rules   merit.Rules
	changes []recognition.Change
	place   community.Community // whose rules they are; none for all
	own     bool                // it has rules of its own
	tabs    []ui.Tab
	form    *web.Form // what was refused
	wrong   []ui.FieldError
}

func (p settingsView) value(name string, n int) string {
	if p.form != nil {
		return p.form.Text(name)
	}
	return strconv.Itoa(n)
}

func (p settingsView) text(name, is string) string {
	if p.form != nil {
		return p.form.Text(name)
	}
	return is
}

func (p settingsView) ticked(name string, is bool) bool {
	if p.form != nil {
		return p.form.Text(name) != ""
	}
	return is
}

func (p settingsView) kinds(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, r := range p.rules.Merits {
		out = append(out, ui.Option{Value: r.Kind, Label: i18n.T(ctx, "recognition.kind."+r.Kind)})
	}
	return out
}

func (p settingsView) bad(field string) string {
	for _, e := range p.wrong {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

type bound struct {
	name string
	n    int
}

func capsOf(r merit.Rules) []bound {
	return []bound{{"day", r.Caps.Day}, {"pair", r.Caps.Pair}, {"returned", r.Caps.Returned}, {"mutual", r.Caps.Mutual}}
}

// added is the badge that the form offers to add: without a name it is none.
func added(r merit.Rules) merit.Badge {
	return merit.Badge{ID: merit.NewBadge, Kind: r.Merits[0].Kind, Times: 5, People: 3}
}

// nameIn is what stands in the form as the name of a badge in a language.
func nameIn(ctx context.Context, b merit.Badge, lang string) string {
	if b.Own() {
		return b.Name[lang]
	}
	return badgeName(i18n.With(ctx, lang, nil), b)
}

// differs says what a change changed.
func (p settingsView) differs(ctx context.Context, i int) string {
	was, is := p.changes[i].Was, p.changes[i].Rules
	var out []string
	if p.changes[i].Ended {
		out = append(out, i18n.T(ctx, "recognition.as_all"))
	}
	add := func(label string, from, to int) {
		if from != to {
			out = append(out, i18n.T(ctx, "recognition.changed", "What", label, "From", from, "To", to))
		}
	}
	for j, m := range is.Merits {
		add(i18n.T(ctx, "recognition.kind."+m.Kind), was.Merits[j].Points, m.Points)
	}
	before := capsOf(was)
	for j, c := range capsOf(is) {
		add(i18n.T(ctx, "recognition.cap."+c.name), before[j].n, c.n)
	}
	for j, n := range is.Levels {
		add(LevelName(ctx, j), was.Levels[j], n)
	}
	said := func(b merit.Badge) string {
		if b.Off {
			return i18n.T(ctx, "recognition.badge_off")
		}
		return badgeName(ctx, b) + ", " + badgeHint(ctx, b)
	}
	of := func(r merit.Rules, id string) (merit.Badge, bool) {
		for _, b := range r.Badges {
			if b.ID == id {
				return b, true
			}
		}
		return merit.Badge{}, false
	}
	for _, b := range is.Badges {
		old, known := of(was, b.ID)
		title := badgeName(ctx, old)
		if !b.Own() {
			title = i18n.T(ctx, "recognition.badge."+b.ID)
		}
		if !known {
			out = append(out, i18n.T(ctx, "recognition.badge_added", "What", said(b)))
		} else if from, to := said(old), said(b); from != to {
			out = append(out, i18n.T(ctx, "recognition.changed", "What", title, "From", from, "To", to))
		} else if !reflect.DeepEqual(old, b) { // its name in another language, or of one that is off
			out = append(out, i18n.T(ctx, "recognition.badge_renamed", "What", title))
		}
	}
	for _, b := range was.Badges {
		if _, still := of(is, b.ID); !still {
			out = append(out, i18n.T(ctx, "recognition.badge_removed", "What", badgeName(ctx, b)))
		}
	}
	return strings.Join(out, " · ")
}

func (h *handlers) settings(w http.ResponseWriter, r *http.Request) error {
	place, err := h.placeOf(r, r.URL.Query().Get("of"))
	if err != nil {
		return err
	}
	return h.showSettings(w, r, settingsView{place: place})
}

// placeOf finds the community whose rules are looked at; "" is all.
func (h *handlers) placeOf(r *http.Request, community string) (c community.Community, err error) {
	if community == "" {
		return c, nil
	}
	all, err := h.places.Map(r.Context())
	if err != nil {
		return c, err
	}
	for _, c := range all.Communities {
		if c.ID == community {
			return c, nil
		}
	}
	return c, problem.New(problem.Missing, "problem.not_found")
}

func settingsHref(community string) string {
	if community == "" {
		return "/communities/recognition"
	}
	return "/communities/recognition?of=" + community
}

func (h *handlers) showSettings(w http.ResponseWriter, r *http.Request, p settingsView) error {
	ctx := r.Context()
	var err error
	if p.rules, err = h.s.Rules(ctx, p.place.Channel); err != nil {
		return err
	}
	if p.changes, err = h.s.Changes(ctx, p.place.Channel); err != nil {
		return err
	}
	if p.place.ID != "" {
		if p.own, err = h.s.HasOwn(ctx, p.place.Channel); err != nil {
			return err
		}
	}
	all, err := h.places.Map(ctx)
	if err != nil {
		return err
	}
	p.tabs = []ui.Tab{{Label: i18n.T(ctx, "recognition.of_all"), Href: settingsHref(""), Current: p.place.ID == ""}}
	for _, c := range all.Communities {
		p.tabs = append(p.tabs, ui.Tab{Label: c.Called(i18n.Lang(ctx)), Href: settingsHref(c.ID), Current: p.place.ID == c.ID})
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "recognition.rules")}, settingsBody(p))
}

func (h *handlers) change(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	number := func(name string) int {
		n, err := strconv.Atoi(f.Text(name))
		if err != nil {
			return -1 // refused with its bounds
		}
		return n
	}
	place, err := h.placeOf(r, f.Text("of"))
	if err != nil {
		return err
	}
	now, err := h.s.Rules(ctx, place.Channel)
	if err != nil {
		return err
	}
	if f.Text("general") != "" {
		if err := h.s.Change(ctx, place.Channel, ledger.MeritRules{General: true}); err != nil {
			return err
		}
		web.Flash(w, r, ui.Success, "recognition.saved")
		return web.Redirect(w, r, settingsHref(place.ID))
	}
	set := ledger.MeritRules{Points: map[string]int{}, Day: number("day"), Pair: number("pair"), Returned: number("returned"), Mutual: number("mutual"), Levels: []int{0}}
	for _, m := range now.Merits {
		set.Points[m.Kind] = number(m.Kind)
	}
	for i := 1; i < len(now.Levels); i++ {
		set.Levels = append(set.Levels, number("level"+strconv.Itoa(i)))
	}
	for _, b := range append(slices.Clone(now.Badges), added(now)) {
		kind := f.Text(b.Field("kind"))
		if kind == "" {
			continue // not in the form: it stays as it is
		}
		if b.ID == merit.NewBadge && !slices.ContainsFunc(i18n.Languages(), func(lang string) bool { return f.Text(b.Field("name-"+lang)) != "" }) {
			continue
		}
		if b.Own() && f.Text(b.Field("out")) != "" {
			set.Badges = append(set.Badges, ledger.MeritBadge{ID: b.ID})
			continue
		}
		to := ledger.MeritBadge{ID: b.ID, Off: b.ID != merit.NewBadge && f.Text(b.Field("on")) == "", Kind: kind, Times: number(b.Field("times")), People: number(b.Field("people")), One: f.Text(b.Field("one")) != "", Name: map[string]string{}}
		for _, lang := range i18n.Languages() { // the name that it comes with is none of its own
			if name := f.Text(b.Field("name-" + lang)); b.Own() || name != i18n.T(i18n.With(ctx, lang, nil), "recognition.badge."+b.ID) {
				to.Name[lang] = name
			}
		}
		set.Badges = append(set.Badges, to)
	}
	if err := h.s.Change(ctx, place.Channel, set); err != nil {
		if p := problem.Of(err); p.Code == problem.Invalid && p.Field != "" {
			web.Invalid(w)
			return h.showSettings(w, r, settingsView{place: place, form: f, wrong: []ui.FieldError{{Field: p.Field, Text: i18n.T(ctx, p.Key, p.Args...)}}})
		}
		return err
	}
	web.Flash(w, r, ui.Success, "recognition.saved")
	return web.Redirect(w, r, settingsHref(place.ID))
}
