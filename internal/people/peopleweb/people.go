package peopleweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

const perPage = 50

type listView struct {
	search, kind string
	list         []people.Person
	loose        []people.Identity
	older, first string
	may          bool
}

// kinds are the relationships offered; others may come from imports.
func kinds() []string {
	return []string{"customer", "prospect", "employee", "supplier", "partner", "reseller", "journalist", "investor", "ambassador", "candidate"}
}

func kindLabel(ctx context.Context, kind string) string {
	if key := "people.kind." + kind; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return kind
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), r.URL.Query()
	v := &listView{search: strings.TrimSpace(in.Get("q")), kind: in.Get("kind"), may: org.Who(ctx).May(org.PeopleEdit)}
	var after people.Place
	if text := in.Get("after"); text != "" {
		id, folded, ok := strings.Cut(text, "-")
		if !ok {
			return problem.New(problem.Missing, "problem.not_found")
		}
		after = people.Place{Folded: folded, ID: id}
		v.first = address(in, "after", "")
	}
	list, next, err := p.people.List(ctx, v.search, v.kind, after, perPage)
	if err != nil {
		return err
	}
	v.list = list
	if next.ID != "" {
		v.older = address(in, "after", next.ID+"-"+next.Folded)
	}
	if v.first == "" && v.kind == "" {
		if v.loose, err = p.people.Loose(ctx, v.search, 10); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "people.title")}, listPage(v))
}

func address(in url.Values, key, value string) string {
	out := url.Values{}
	for k, v := range in {
		if k != key && v[0] != "" {
			out[k] = v[:1]
		}
	}
	if value != "" {
		out.Set(key, value)
	}
	if len(out) == 0 {
		return "/people"
	}
	return "/people?" + out.Encode()
}

type personView struct {
	people.Person
	loose    bool // an identity that belongs to nobody
	events   []people.Event
	older    string
	newest   string
	merges   []people.MergeDone
	panels   []ui.Panel
	consents []people.Consent
	may      bool
	alike    []people.Person // of the same name as a loose identity
	form     *web.Form       // refused
}

// said is what was typed in a form that was refused, else what is.
func (v *personView) said(field, is string) string {
	if v.form == nil {
		return is
	}
	return v.form.Text(field)
}

func (v *personView) wrong(r *http.Request, field string) string {
	if v.form == nil {
		return ""
	}
	return v.form.Error(r, field)
}

// role is what somebody does, and where.
func role(p *people.Person) string {
	if p.Title == "" || p.Organisation == "" {
		return p.Title + p.Organisation
	}
	return p.Title + ", " + p.Organisation
}

func orderText(ctx context.Context, o *ledger.Order) string {
	var parts []string
	product := o.Product
	if o.Quantity > 1 {
		product = i18n.T(ctx, "people.quantity", "Count", o.Quantity, "Product", product)
	}
	through := o.Through
	if key := "people.through." + through; through != "" && i18n.Has(key) {
		through = i18n.T(ctx, key)
	}
	for _, part := range []string{product, o.ExternalID, through, o.Reseller} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " · ")
}

func (v *personView) uris() []string {
	out := make([]string, len(v.Identities))
	for i := range v.Identities {
		out[i] = v.Identities[i].URI
	}
	return out
}

// of shows whom an identity belongs to, or the identity alone.
func (p *pages) of(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	uri := r.URL.Query().Get("uri")
	i, person, err := p.people.ByIdentity(ctx, uri)
	if problem.Is(err, problem.Missing) { // typed by hand
		if uri, err = channel.Identify(uri, ""); err != nil {
			return problem.New(problem.Missing, "problem.not_found")
		}
		i, person, err = p.people.ByIdentity(ctx, uri)
	}
	if err != nil {
		return err
	}
	if person.ID != "" {
		return web.Redirect(w, r, "/people/"+person.ID)
	}
	v := &personView{loose: true, Person: people.Person{Name: or(i.Name, Short(i.URI)), Since: i.FirstAt, Identities: []people.Identity{i}}}
	if i.Name != "" {
		if v.alike, _, err = p.people.List(ctx, i.Name, "", people.Place{}, 5); err != nil {
			return err
		}
	}
	return p.show(w, r, v, "/people/of?uri="+url.QueryEscape(i.URI)+"&before=")
}

func (p *pages) person(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	person, err := p.people.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if person.ID != r.PathValue("id") {
		return web.Redirect(w, r, "/people/"+person.ID)
	}
	v := &personView{Person: person}
	if v.merges, err = p.people.Merges(ctx, person.ID); err != nil {
		return err
	}
	return p.show(w, r, v, "/people/"+person.ID+"?before=")
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, v *personView, more string) error {
	ctx := r.Context()
	v.may = org.Who(ctx).May(org.PeopleEdit)
	var before people.Moment
	if text := r.URL.Query().Get("before"); text != "" {
		micros, id, ok := strings.Cut(text, "-")
		n, err := strconv.ParseInt(micros, 10, 64)
		if err != nil || !ok {
			return problem.New(problem.Missing, "problem.not_found")
		}
		before = people.Moment{At: time.UnixMicro(n), ID: id}
		v.newest = strings.TrimSuffix(strings.TrimSuffix(more, "before="), "?")
		v.newest = strings.TrimSuffix(v.newest, "&")
	}
	events, next, err := p.people.Timeline(ctx, v.uris(), before, perPage)
	if err != nil {
		return err
	}
	v.events = events
	if next.ID != "" {
		v.older = more + strconv.FormatInt(next.At.UnixMicro(), 10) + "-" + next.ID
	}
	if !v.loose {
		if v.consents, err = p.people.Consents(ctx, &v.Person); err != nil {
			return err
		}
	}
	if p.Panels != nil {
		v.panels = p.Panels(ctx, v.uris())
	}
	return web.Show(w, r, web.Page{Title: Name(ctx, &v.Person)}, personPage(r, v))
}

// Name is what a person is called on pages.
func Name(ctx context.Context, p *people.Person) string {
	switch {
	case p.Name != "":
		return p.Name
	case len(p.Identities) > 0:
		for _, i := range p.Identities {
			if i.Name != "" {
				return i.Name
			}
		}
		return Short(p.Identities[0].URI)
	}
	return i18n.T(ctx, "people.nameless")
}

// Short is an identity as people read it: the address without its scheme.
func Short(uri string) string {
	_, rest, found := strings.Cut(uri, ":")
	if !found {
		return uri
	}
	return strings.TrimPrefix(rest, "//")
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func (p *pages) add(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	d := ledger.Person{Name: form.Optional("name", 200)}
	if uri := form.Text("uri"); uri != "" {
		d.Identities = []ledger.Identity{{URI: uri}}
	}
	if !form.OK() {
		return form.Problems[0]
	}
	person, err := p.people.Add(r.Context(), d)
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "people.added")
	return web.Redirect(w, r, "/people/"+person.ID)
}

func (p *pages) describe(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	refuse := func() error {
		person, err := p.people.Find(r.Context(), r.PathValue("id"))
		if err != nil {
			return err
		}
		v := &personView{Person: person, form: form}
		if v.merges, err = p.people.Merges(r.Context(), person.ID); err != nil {
			return err
		}
		web.Invalid(w)
		return p.show(w, r, v, "/people/"+person.ID+"?before=")
	}
	d := ledger.Person{Name: form.Optional("name", 200), Organisation: form.Optional("organisation", 200), Title: form.Optional("title", 200),
		Note: form.Optional("note", 5000)}
	if k := form.Text("kind"); k != "" {
		if !slices.Contains(kinds(), k) {
			form.Refuse(problem.New(problem.Invalid, "problem.bad_form").On("kind"))
		}
		d.Kinds = []string{k}
	}
	if k := form.Text("not_kind"); k != "" {
		d.NotKinds = []string{k}
	}
	if !form.OK() {
		return refuse()
	}
	if err := p.people.Describe(r.Context(), r.PathValue("id"), d); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "people.saved")
	return web.Redirect(w, r, "/people/"+r.PathValue("id"))
}

func (p *pages) link(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	uri, err := channel.Identify(form.Require("identity", 500), "")
	if err == nil {
		err = p.people.Link(r.Context(), r.PathValue("id"), uri, form.Get("verified") != "")
	}
	if err != nil {
		if problem.Is(err, problem.Internal) {
			return err
		}
		web.Flash(w, r, ui.Danger, problem.Of(err).Key, problem.Of(err).Args...)
		return web.Redirect(w, r, "/people/"+r.PathValue("id"))
	}
	web.Flash(w, r, ui.Success, "people.linked")
	return web.Redirect(w, r, "/people/"+r.PathValue("id"))
}

func (p *pages) unlink(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := p.people.Unlink(r.Context(), r.PathValue("id"), form.Text("identity")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "people.unlinked")
	return web.Redirect(w, r, "/people/"+r.PathValue("id"))
}

func (p *pages) consent(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	err = p.people.Consent(r.Context(), r.PathValue("id"), form.Text("purpose"), form.Text("given") == "1", form.Text("how"))
	switch {
	case problem.Is(err, problem.Invalid):
		web.Flash(w, r, ui.Danger, problem.Of(err).Key, problem.Of(err).Args...)
	case err != nil:
		return err
	default:
		web.Flash(w, r, ui.Success, "people.consent.noted")
	}
	return web.Redirect(w, r, "/people/"+r.PathValue("id"))
}

// purposes are what people agree to or not, to choose from.
func purposes(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, p := range people.Purposes() {
		out = append(out, ui.Option{Value: p, Label: i18n.T(ctx, "people.consent.to."+p)})
	}
	return out
}

// standing is the word that holds for a person: a refusal at any address before all else; nil where nothing is known.
func standing(list []people.Consent, purpose string) *people.Consent {
	for i := range list { // refusals come first
		if list[i].Purpose == purpose {
			return &list[i]
		}
	}
	return nil
}

func saidKey(c *people.Consent) string {
	if c.Given {
		return "people.consent.said_yes"
	}
	return "people.consent.said_no"
}

type mergeView struct {
	kept   people.Person
	search string
	list   []people.Person
}

func (p *pages) choose(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	kept, err := p.people.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := &mergeView{kept: kept, search: strings.TrimSpace(r.URL.Query().Get("q"))}
	search := v.search
	if search == "" { // others of the same first name
		if words := strings.Fields(kept.Name); len(words) > 0 {
			search = words[0]
		}
	}
	list, _, err := p.people.List(ctx, search, "", people.Place{}, 30)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].ID != kept.ID { // itself is no choice
			v.list = append(v.list, list[i])
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "people.merge")}, mergePage(v))
}

func (p *pages) merge(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := p.people.Merge(r.Context(), r.PathValue("id"), form.Text("person")); err != nil {
		if problem.Is(err, problem.Conflict) {
			web.Flash(w, r, ui.Danger, problem.Of(err).Key)
			return web.Redirect(w, r, "/people/"+r.PathValue("id"))
		}
		return err
	}
	web.Flash(w, r, ui.Success, "people.merged")
	return web.Redirect(w, r, "/people/"+r.PathValue("id"))
}

func (p *pages) unmerge(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := p.people.Unmerge(r.Context(), form.Text("merge")); err != nil {
		if problem.Is(err, problem.Conflict) {
			web.Flash(w, r, ui.Danger, problem.Of(err).Key)
			return web.Redirect(w, r, "/people/"+r.PathValue("id"))
		}
		return err
	}
	web.Flash(w, r, ui.Success, "people.unmerged")
	return web.Redirect(w, r, "/people/"+r.PathValue("id"))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func events(ctx context.Context, v *personView) []ui.Event {
	out := make([]ui.Event, 0, len(v.events))
	for i := range v.events {
		e := &v.events[i]
		u := ui.Event{At: i18n.DateTime(ctx, e.At), Stamp: stamp(e.At), Tone: ui.Neutral}
		switch {
		case e.Order != nil:
			u.At = i18n.Day(ctx, e.At) // shops tell the day
			u.Icon, u.Title, u.Tone = "shopping-cart", i18n.T(ctx, "people.event.order", "Amount", i18n.Money(ctx, e.Amount, e.Currency)), ui.Success
			if e.Amount < 0 {
				u.Title, u.Tone = i18n.T(ctx, "people.event.refund", "Amount", i18n.Money(ctx, e.Amount, e.Currency)), ui.Warning
			}
			u.Body = orderBody(e)
		case e.Post != nil && e.Post.Ours:
			u.Icon, u.Title, u.Href, u.Tone, u.Body = "reply", i18n.T(ctx, "people.event.ours"), "/mentions/"+e.Post.ID, ui.Accent, postBody(e)
		case e.Post != nil:
			u.Icon, u.Title, u.Href, u.Body = "message-square", or(e.Post.Title, i18n.T(ctx, "people.event.said")), "/mentions/"+e.Post.ID, postBody(e)
		default:
			continue
		}
		out = append(out, u)
	}
	return out
}
