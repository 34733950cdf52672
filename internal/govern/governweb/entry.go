package governweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// How an input is drawn.
const (
	inText   = ""
	inArea   = "area"
	inSelect = "select"
	inDate   = "date"
	inChecks = "checks" // Options of which Values are taken
	inTies   = "ties"   // kinds of ties, one on a line
	inHidden = "hidden"
)

type input struct {
	ui.Field
	Kind  string
	Lines []tieLine
}

// sheet is a page with one entry to fill in.
type sheet struct {
	Title, Intro string
	Back         ui.Crumb
	Action       string
	Cancel       string
	Inputs       []input
	Wrong        wrong
	Remove       string // action, "" for none
}

// noun is how one kind of entry is shown, added, changed and removed.
type noun[T any] struct {
	path               string // of its list
	key                string // "govern.risk": .new, .edit and .one are its words, the plural its list
	plural             string
	id                 func(T) string
	name               func(T) string
	stamp              func(*T) *time.Time // when it was last changed
	find               func(context.Context, string) (T, error)
	add, change        func(context.Context, T) (T, error)
	remove             func(context.Context, string) error
	inputs             func(ctx context.Context, d *desk, v T) []input
	read               func(f *form, v T) T
	begin              func(r *http.Request, d *desk) T         // a new one, with what the address says
	prepare            func(ctx context.Context, d *desk) error // what the forms and pages of this noun name beside the rest
	facts              func(ctx context.Context, d *desk, v T) []ui.Item
	extra              func(ctx context.Context, d *desk, v T, bad wrong) (templ.Component, error)
	after              func(v T) string // where to go once it is saved; default its page
	mayChange          func(ctx context.Context, v T) bool
	actions            func(ctx context.Context, v T) templ.Component
	mayAdd             func(ctx context.Context) bool
	removable, headers bool
}

// allowed reports whether whoever asks may change an entry, or add one when it has no id.
func (n noun[T]) allowed(ctx context.Context, v T) bool {
	switch {
	case n.id(v) == "" && n.mayAdd != nil:
		return n.mayAdd(ctx)
	case n.id(v) != "" && n.mayChange != nil:
		return n.mayChange(ctx, v)
	}
	return mayEdit(ctx)
}

// desk is what forms and pages of the noun name.
func (n noun[T]) desk(ctx context.Context, h *handlers) (*desk, error) {
	d, err := h.desk(ctx)
	if err == nil && n.prepare != nil {
		err = n.prepare(ctx, d)
	}
	return d, err
}

func mount[T any](r *web.Routes, h *handlers, n noun[T], p org.Permission) {
	forbidden := func() error { return problem.New(problem.Forbidden, "problem.forbidden") }
	show := func(w http.ResponseWriter, r *http.Request, d *desk, v T, typed *form, bad wrong) error {
		ctx := r.Context()
		s := sheet{Title: i18n.T(ctx, n.key+".new"), Back: ui.Crumb{Label: i18n.T(ctx, n.plural), Href: n.path}, Action: n.path, Cancel: n.path, Inputs: n.inputs(ctx, d, v), Wrong: bad}
		if id := n.id(v); id != "" {
			s.Title, s.Action, s.Cancel = i18n.T(ctx, n.key+".edit"), n.path+"/"+id, n.path+"/"+id
			if mayEdit(ctx) {
				s.Remove = n.path + "/" + id + "/remove"
			}
		}
		if n.id(v) != "" {
			s.Inputs = append(s.Inputs, input{Kind: inHidden, Field: ui.Field{Name: "seen", Value: seen(*n.stamp(&v))}})
		}
		for i := range s.Inputs {
			f := &s.Inputs[i].Field
			f.Error = bad.at(f.Name)
			if typed != nil && typed.f.Has(f.Name) {
				f.Value, f.Values = typed.f.Text(f.Name), typed.f.Values[f.Name]
			}
		}
		return web.Show(w, r, web.Page{Title: s.Title}, sheetBody(s))
	}
	save := func(w http.ResponseWriter, r *http.Request, was T, do func(context.Context, T) (T, error)) error {
		ctx := r.Context()
		if !n.allowed(ctx, was) {
			return forbidden()
		}
		f, err := readForm(r)
		if err != nil {
			return err
		}
		v := n.read(f, was)
		*n.stamp(&v) = f.seen()
		if err = f.err(); err == nil {
			v, err = do(ctx, v)
		}
		if err != nil {
			bad, err := mend(ctx, w, err)
			if err != nil {
				return err
			}
			d, err := n.desk(ctx, h)
			if err != nil {
				return err
			}
			return show(w, r, d, v, f, bad)
		}
		web.Flash(w, r, ui.Success, "govern.saved")
		if n.after != nil {
			return web.Redirect(w, r, n.after(v))
		}
		return web.Redirect(w, r, n.path+"/"+n.id(v))
	}
	r.Page("GET "+n.path+"/new", p, func(w http.ResponseWriter, r *http.Request) error {
		var none T
		if !n.allowed(r.Context(), none) {
			return forbidden()
		}
		d, err := n.desk(r.Context(), h)
		if err != nil {
			return err
		}
		return show(w, r, d, n.begin(r, d), nil, nil)
	})
	r.Do("POST "+n.path, p, func(w http.ResponseWriter, r *http.Request) error {
		var none T
		return save(w, r, none, n.add)
	})
	r.Page("GET "+n.path+"/{id}", org.StrategyRead, func(w http.ResponseWriter, r *http.Request) error {
		v, err := n.find(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		return showEntry(w, r, h, n, v, nil)
	})
	r.Page("GET "+n.path+"/{id}/edit", p, func(w http.ResponseWriter, r *http.Request) error {
		v, err := n.find(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		if !n.allowed(r.Context(), v) {
			return forbidden()
		}
		d, err := n.desk(r.Context(), h)
		if err != nil {
			return err
		}
		return show(w, r, d, v, nil, nil)
	})
	r.Do("POST "+n.path+"/{id}", p, func(w http.ResponseWriter, r *http.Request) error {
		was, err := n.find(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		return save(w, r, was, n.change)
	})
	r.Do("POST "+n.path+"/{id}/remove", org.StrategyEdit, func(w http.ResponseWriter, r *http.Request) error {
		if err := n.remove(r.Context(), r.PathValue("id")); err != nil {
			return err
		}
		web.Flash(w, r, ui.Success, "govern.removed")
		return web.Redirect(w, r, n.path)
	})
}

// showEntry shows one entry with all that is known of it; bad belongs to a form below it.
func showEntry[T any](w http.ResponseWriter, r *http.Request, h *handlers, n noun[T], v T, bad wrong) error {
	ctx := r.Context()
	d, err := n.desk(ctx, h)
	if err != nil {
		return err
	}
	p := entryPage{Title: n.name(v), Back: ui.Crumb{Label: i18n.T(ctx, n.plural), Href: n.path}, Facts: n.facts(ctx, d, v), What: i18n.T(ctx, n.key+".one")}
	if n.allowed(ctx, v) {
		p.Edit = n.path + "/" + n.id(v) + "/edit"
	}
	if n.actions != nil {
		p.More = n.actions(ctx, v)
	}
	if n.extra != nil {
		if p.Extra, err = n.extra(ctx, d, v, bad); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: p.Title}, entryBody(p))
}

type entryPage struct {
	Title, What string
	Back        ui.Crumb
	Edit        string
	More        templ.Component
	Facts       []ui.Item
	Extra       templ.Component
}

// form reads what was typed; what cannot be read is noted, all of it at once.
type form struct {
	f    *web.Form
	zone *time.Location
	bad  []error
}

func readForm(r *http.Request) (*form, error) {
	f, err := web.ReadForm(r)
	if err != nil {
		return nil, err
	}
	return &form{f: f, zone: i18n.Zone(r.Context())}, nil
}

func (f *form) err() error {
	for _, e := range f.bad {
		return joined{f.bad, e}
	}
	return nil
}

// joined is several errors, the first of which speaks for all.
type joined struct {
	all   []error
	first error
}

func (j joined) Error() string   { return j.first.Error() }
func (j joined) Unwrap() []error { return j.all }

func (f *form) text(name string) string { return f.f.Text(name) }

// seen is when what a form shows was last changed, as the form carries it.
func seen(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }

func (f *form) seen() time.Time {
	n, err := strconv.ParseInt(f.text("seen"), 10, 64)
	if err != nil || n <= 0 {
		return time.UnixMicro(1).UTC() // nobody has seen what was never saved: refused rather than overwritten
	}
	return time.UnixMicro(n).UTC()
}

func (f *form) refuse(name, key string) {
	f.bad = append(f.bad, problem.New(problem.Invalid, key).On(name))
}

// day is the beginning of a day; none is the zero time.
func (f *form) day(name string) time.Time {
	text := f.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation(time.DateOnly, text, f.zone)
	if err != nil {
		f.refuse(name, "govern.day_bad")
		return time.Time{}
	}
	return t.UTC()
}

// until is the end of a day: what is due on a day is not late before it is over.
func (f *form) until(name string) time.Time {
	t := f.day(name)
	if t.IsZero() {
		return t
	}
	return t.In(f.zone).AddDate(0, 0, 1).Add(-time.Microsecond).UTC()
}

func (f *form) moment(name string) time.Time {
	text := f.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation("2006-01-02T15:04", text, f.zone)
	if err != nil {
		f.refuse(name, "govern.day_bad")
	}
	return t.UTC()
}

func (f *form) number(name string) int { return f.whole(name, f.text(name)) }

// whole reads a number that was typed in a field.
func (f *form) whole(name, typed string) int {
	text := strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\u202f' {
			return -1
		}
		return r
	}, strings.TrimSpace(typed))
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		f.refuse(name, "govern.number_bad")
	}
	return n
}

// cents reads an amount in units of a currency: 1 234,56 or 1234.56.
func (f *form) cents(name string) int64 {
	text := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f':
			return -1
		case ',':
			return '.'
		}
		return r
	}, f.text(name))
	if text == "" {
		return 0
	}
	whole, rest, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	for len(rest) < 2 {
		rest += "0"
	}
	c, err2 := strconv.ParseUint(rest, 10, 32)
	if err != nil || err2 != nil || len(rest) != 2 || n < 0 || n > 1e12 {
		f.refuse(name, "govern.amount_bad")
		return 0
	}
	return n*100 + int64(c)
}

func typedCents(n int64) string {
	if n == 0 {
		return ""
	}
	s := strconv.FormatInt(n/100, 10)
	if n%100 != 0 {
		s += "." + strconv.FormatInt(100+n%100, 10)[1:]
	}
	return s
}

func typedDay(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(i18n.Zone(ctx)).Format(time.DateOnly)
}

// desk is what forms and tables name: members and objectives.
type desk struct {
	now     time.Time
	members []*org.Member
	names   map[string]string // of members
	goals   []ui.Option
	goal    map[string]string // names of objectives
	risks   []govern.Risk
	reviews []govern.Review
	topics  []govern.Choice // of the relationship plan alone
	cards   []string        // what relations are called, there too
}

func (h *handlers) desk(ctx context.Context) (*desk, error) {
	d := &desk{now: h.s.Now(), names: map[string]string{}, goal: map[string]string{}}
	var err error
	if d.members, err = h.org.Team(ctx); err != nil {
		return nil, err
	}
	for _, m := range d.members {
		d.names[m.ID] = m.Name
	}
	maps, err := h.s.Strategy().Maps(ctx)
	if err != nil {
		return nil, err
	}
	lang := i18n.Lang(ctx)
	for _, m := range maps {
		whole, err := h.s.Strategy().Map(ctx, m.ID)
		if problem.Is(err, problem.Missing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, o := range whole.Objectives {
			d.goal[o.ID] = o.Name.In(lang)
			d.goals = append(d.goals, ui.Option{Value: o.ID, Label: o.Name.In(lang), Group: m.Name.In(lang)})
		}
	}
	if d.risks, err = h.s.Risks(ctx); err != nil {
		return nil, err
	}
	d.reviews, err = h.s.Reviews(ctx)
	return d, err
}

// Inputs that many entries have.

func text(ctx context.Context, name, label, value string, most int) input {
	return input{Field: ui.Field{Name: name, Label: i18n.T(ctx, label), Value: value, MaxLength: most, Optional: true}}
}

func needed(i input) input {
	i.Optional, i.Required = false, true
	return i
}

func hinted(i input, hint string) input {
	i.Hint = hint
	return i
}

func area(ctx context.Context, name, label, value string) input {
	return input{Kind: inArea, Field: ui.Field{Name: name, Label: i18n.T(ctx, label), Value: value, Rows: 3, Optional: true}}
}

func date(ctx context.Context, name, label string, t time.Time) input {
	return input{Kind: inDate, Field: ui.Field{Name: name, Label: i18n.T(ctx, label), Value: typedDay(ctx, t), Optional: true}}
}

func choose(ctx context.Context, name, label, value string, options ...ui.Option) input {
	return input{Kind: inSelect, Field: ui.Field{Name: name, Label: i18n.T(ctx, label), Value: value, Options: options}}
}

// worded makes options of ids whose words stand under a prefix.
func worded(ctx context.Context, prefix string, ids []string) []ui.Option {
	var out []ui.Option
	for _, id := range ids {
		out = append(out, ui.Option{Value: id, Label: i18n.T(ctx, prefix+id)})
	}
	return out
}

func scale(ctx context.Context, name, label string, v int) input {
	var list []ui.Option
	for n := 1; n <= 5; n++ {
		list = append(list, ui.Option{Value: strconv.Itoa(n), Label: strconv.Itoa(n) + " – " + i18n.T(ctx, label+"."+strconv.Itoa(n))})
	}
	return choose(ctx, name, label, strconv.Itoa(v), list...)
}

func (d *desk) member(ctx context.Context, name, label, value string) input {
	list := []ui.Option{{Label: i18n.T(ctx, "govern.nobody")}}
	for _, m := range d.members {
		if m.State == org.Active || m.ID == value {
			list = append(list, ui.Option{Value: m.ID, Label: m.Name})
		}
	}
	return choose(ctx, name, label, value, list...)
}

func (d *desk) objective(ctx context.Context, value string) input {
	list := []ui.Option{{Label: i18n.T(ctx, "govern.none")}}
	if value != "" && d.goal[value] == "" {
		list = append(list, ui.Option{Value: value, Label: i18n.T(ctx, "govern.gone")})
	}
	return choose(ctx, "objective", "govern.field.objective", value, append(list, d.goals...)...)
}

// Facts that many entries have.

func fact(ctx context.Context, label, value string) ui.Item {
	return ui.Item{Label: i18n.T(ctx, label), Value: value}
}

func long(ctx context.Context, label, value string) ui.Item {
	if value == "" {
		return fact(ctx, label, "")
	}
	return ui.Item{Label: i18n.T(ctx, label), Body: lines(value)}
}

func dayFact(ctx context.Context, label string, t time.Time) ui.Item {
	if t.IsZero() {
		return fact(ctx, label, "")
	}
	return fact(ctx, label, i18n.Day(ctx, t))
}

func (d *desk) objectiveFact(ctx context.Context, objective string) ui.Item {
	if objective == "" || d.goal[objective] == "" {
		return fact(ctx, "govern.field.objective", "")
	}
	return ui.Item{Label: i18n.T(ctx, "govern.field.objective"), Body: link("/strategy/objectives/"+objective, d.goal[objective])}
}
