package strategyweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// editMapPage is the page of what a map is made of: its name, perspectives and themes.
type editMapPage struct {
	Map     strategy.Map
	Names   map[string]string // what is typed, by field
	Colours map[string]string
	Kind    string
	Scope   string
	Seen    string // stamp of the map as it was when the form was shown
	Added   string // what the refused form of something new is about: "perspective" or "theme"
	Wrong   wrong
}

func (h *handlers) editMap(w http.ResponseWriter, r *http.Request) error {
	m, err := h.s.Map(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.showEditMap(w, r, filled(m))
}

// filled is the form as the map stands.
func filled(m strategy.Map) editMapPage {
	p := editMapPage{Map: m, Names: map[string]string{}, Colours: map[string]string{}, Kind: string(m.Kind), Scope: m.Scope, Seen: m.Stamp()}
	for _, lang := range i18n.Languages() {
		p.Names["name_"+lang] = m.Name[lang]
		for _, q := range m.Perspectives {
			p.Names["perspective_"+q.ID+"_"+lang] = q.Name[lang]
			p.Colours["perspective_"+q.ID] = strconv.Itoa(q.Colour)
		}
		for _, t := range m.Themes {
			p.Names["theme_"+t.ID+"_"+lang] = t.Name[lang]
			p.Colours["theme_"+t.ID] = strconv.Itoa(t.Colour)
		}
	}
	return p
}

func (h *handlers) showEditMap(w http.ResponseWriter, r *http.Request, p editMapPage) error {
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "strategy.edit_map")}, editMapBody(p))
}

// worded reads a name in all languages.
func worded(f *web.Form, field string, into map[string]string) strategy.Words {
	out := strategy.Words{}
	for _, lang := range i18n.Languages() {
		out[lang] = f.Text(field + "_" + lang)
		into[field+"_"+lang] = out[lang]
	}
	return out
}

func (h *handlers) renameMap(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	m, err := h.s.Map(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := editMapPage{Map: m, Names: map[string]string{}, Colours: map[string]string{}, Kind: f.Text("kind"), Scope: f.Text("scope"), Seen: f.Text("seen")}
	paints := map[string]strategy.Paint{}
	paint := func(field, row string) {
		p.Colours[field] = f.Text("colour_" + field)
		c, err := strconv.Atoi(p.Colours[field])
		if err != nil {
			c = -1
		}
		paints[row] = strategy.Paint{Name: worded(f, field, p.Names), Colour: c}
	}
	change := strategy.Map{ID: m.ID, Name: worded(f, "name", p.Names), Kind: strategy.Kind(p.Kind), Scope: p.Scope, Seen: p.Seen}
	for _, q := range m.Perspectives {
		paint("perspective_"+q.ID, q.ID)
	}
	for _, t := range m.Themes {
		paint("theme_"+t.ID, t.ID)
	}
	if err := h.s.ChangeMap(ctx, change, paints); err != nil {
		if p.Wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		return h.showEditMap(w, r, p)
	}
	web.Flash(w, r, ui.Success, "strategy.saved")
	return web.Redirect(w, r, mapHref(m.ID))
}

func editMapHref(mapID string) string { return "/strategy/maps/" + mapID + "/edit" }

func (h *handlers) addPerspective(w http.ResponseWriter, r *http.Request) error {
	return h.addPart(w, r, "perspective", func(f *web.Form, name strategy.Words, shade int) error {
		_, err := h.s.AddPerspective(r.Context(), r.PathValue("id"), strategy.Perspective{Name: name, Within: f.Text("within"), Colour: shade})
		return err
	})
}

func (h *handlers) addTheme(w http.ResponseWriter, r *http.Request) error {
	return h.addPart(w, r, "theme", func(f *web.Form, name strategy.Words, shade int) error {
		_, err := h.s.AddTheme(r.Context(), r.PathValue("id"), strategy.Theme{Name: name, Colour: shade})
		return err
	})
}

func (h *handlers) addPart(w http.ResponseWriter, r *http.Request, what string, add func(f *web.Form, name strategy.Words, shade int) error) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	typed := map[string]string{}
	name := worded(f, "new_"+what, typed)
	shade, _ := strconv.Atoi(f.Text("colour"))
	if err := add(f, name, shade); err != nil {
		bad, err := mend(ctx, w, err)
		if err != nil {
			return err
		}
		m, err := h.s.Map(ctx, r.PathValue("id"))
		if err != nil {
			return err
		}
		p := filled(m)
		for k, v := range typed {
			p.Names[k] = v
		}
		for i := range bad { // the form of something new has names of its own
			if lang, is := strings.CutPrefix(bad[i].Field, "name"); is {
				bad[i].Field, bad[i].ID = "new_"+what+lang, "f-new_"+what+"_"+i18n.Languages()[0]
			}
		}
		p.Wrong, p.Added = bad, what
		return h.showEditMap(w, r, p)
	}
	web.Flash(w, r, ui.Success, "strategy.saved")
	return web.Redirect(w, r, editMapHref(r.PathValue("id")))
}

func (h *handlers) movePerspective(w http.ResponseWriter, r *http.Request) error {
	return h.ofPart(w, r, func(f *web.Form) error { return h.s.MovePerspective(r.Context(), r.PathValue("id"), stepTo(f)) })
}

func (h *handlers) moveTheme(w http.ResponseWriter, r *http.Request) error {
	return h.ofPart(w, r, func(f *web.Form) error { return h.s.MoveTheme(r.Context(), r.PathValue("id"), stepTo(f)) })
}

// stepTo is one back or one on, as the button says.
func stepTo(f *web.Form) int {
	if f.Text("to") == "back" {
		return -1
	}
	return 1
}

func (h *handlers) removePerspective(w http.ResponseWriter, r *http.Request) error {
	return h.ofPart(w, r, func(f *web.Form) error {
		return h.s.RemovePerspective(r.Context(), r.PathValue("id"), f.Text("into"))
	})
}

func (h *handlers) removeTheme(w http.ResponseWriter, r *http.Request) error {
	return h.ofPart(w, r, func(*web.Form) error { return h.s.RemoveTheme(r.Context(), r.PathValue("id")) })
}

// ofPart does something to a perspective or a theme, and goes back to the page of its map, which the form names.
func (h *handlers) ofPart(w http.ResponseWriter, r *http.Request, do func(f *web.Form) error) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	to := editMapHref(f.Text("map"))
	if err := do(f); err != nil {
		return refused(w, r, err, to)
	}
	web.Flash(w, r, ui.Success, "strategy.saved")
	return web.Redirect(w, r, to)
}

func (h *handlers) removeMap(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.RemoveMap(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "strategy.map_removed")
	return web.Redirect(w, r, "/strategy")
}

func (h *handlers) untangle(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.Place(r.Context(), r.PathValue("id"), nil); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "strategy.untangled")
	return web.Redirect(w, r, mapHref(r.PathValue("id")))
}

// newMapPage is the page on which a map begins: with a template, with nothing, or with a file.
type newMapPage struct {
	Templates []offered
	Names     map[string]string
	Template  string
	Kind      string
	Scope     string
	Wrong     wrong
}

type offered struct {
	ID, Sketch string
}

func (h *handlers) newMap(w http.ResponseWriter, r *http.Request) error {
	return h.showNewMap(w, r, newMapPage{Names: map[string]string{}, Template: strategy.MainTemplate, Kind: string(strategy.OfOrganisation)})
}

func (h *handlers) showNewMap(w http.ResponseWriter, r *http.Request, p newMapPage) error {
	ctx := r.Context()
	for _, t := range strategy.Templates() {
		m := t.Preview()
		e := strategy.Evaluation{Map: m}
		for _, o := range m.Objectives {
			e.Objectives = append(e.Objectives, strategy.Standing{Objective: o})
		}
		for _, l := range m.Links {
			e.Links = append(e.Links, strategy.Tested{Link: l})
		}
		sketch, err := h.sketched(ctx, picture(ctx, e, names{}, look{names: true, alone: true}), i18n.T(ctx, "strategy.sketch_of", "Name", i18n.T(ctx, "strategy.template."+t.ID)))
		if err != nil {
			return err
		}
		p.Templates = append(p.Templates, offered{t.ID, sketch})
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "strategy.new_map"), Wide: true}, newMapBody(p))
}

func (h *handlers) addMap(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := newMapPage{Names: map[string]string{}, Template: f.Text("template"), Kind: f.Text("kind"), Scope: f.Text("scope")}
	as := strategy.As{Name: worded(f, "name", p.Names), Kind: strategy.Kind(p.Kind), Scope: p.Scope}
	var m strategy.Map
	if p.Template == "empty" {
		m, err = h.s.EmptyMap(ctx, as)
	} else {
		m, err = h.s.FromTemplate(ctx, p.Template, as)
	}
	if err != nil {
		if p.Wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		return h.showNewMap(w, r, p)
	}
	web.Flash(w, r, ui.Success, "strategy.map_made")
	return web.Redirect(w, r, mapHref(m.ID))
}

func (h *handlers) fromTemplate(w http.ResponseWriter, r *http.Request) error {
	m, err := h.s.FromTemplate(r.Context(), "", strategy.As{})
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "strategy.map_made")
	return web.Redirect(w, r, mapHref(m.ID))
}

// byName finds the channels and topics of a file by their names, and says which one is not here.
func (h *handlers) byName() strategy.Lookups {
	find := func(list func(context.Context) ([]measure.Choice, error), key string) func(context.Context, string) (string, error) {
		return func(ctx context.Context, name string) (string, error) {
			choices, err := list(ctx)
			if err != nil {
				return "", err
			}
			for _, c := range choices {
				if c.Name == name {
					return c.ID, nil
				}
			}
			return "", problem.New(problem.Invalid, key, "Name", name)
		}
	}
	return strategy.Lookups{Topic: find(h.s.Measures().Topics, "strategy.no_topic_called"), Channel: find(h.s.Measures().Channels, "strategy.no_channel_called")}
}

// importMap makes a map of a file that was exported, here or elsewhere.
func (h *handlers) importMap(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := newMapPage{Names: map[string]string{}, Template: strategy.MainTemplate, Kind: string(strategy.OfOrganisation)}
	file, _, err := r.FormFile("file")
	if err != nil {
		if p.Wrong, err = mend(ctx, w, problem.New(problem.Invalid, "problem.required").On("file").Because(err)); err != nil {
			return err
		}
		return h.showNewMap(w, r, p)
	}
	defer file.Close()
	in, err := h.s.Import(ctx, file, h.byName(), f.Text("lenient") != "")
	if err != nil {
		list := strategy.Problems(err)
		for _, one := range list {
			if one.Code == problem.Internal || one.Code == problem.Forbidden {
				return err
			}
		}
		for _, one := range list {
			text := i18n.T(ctx, one.Key, one.Args...)
			if name := strategy.About(err, i18n.Lang(ctx)); name != "" {
				text = i18n.T(ctx, "strategy.import_about", "Name", name, "What", text)
			}
			p.Wrong = append(p.Wrong, ui.FieldError{Field: "file", Text: text})
		}
		web.Invalid(w)
		return h.showNewMap(w, r, p)
	}
	if len(in.LeftOut) > 0 {
		web.Flash(w, r, ui.Warning, "strategy.imported_without", "Names", strings.Join(in.LeftOut[:min(len(in.LeftOut), 8)], ", "))
	} else {
		web.Flash(w, r, ui.Success, "strategy.imported")
	}
	return web.Redirect(w, r, mapHref(in.Map.ID))
}
