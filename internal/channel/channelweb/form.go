package channelweb

import (
	"context"
	"net/http"
	"slices"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type formPage struct {
	ID      string // "" for a new channel
	Kind    channel.Description
	Served  bool // a connector knows this kind
	Minted  bool // its secrets may be made by us
	Name    string
	Inbox   channel.Inbox
	Enabled bool
	Values  channel.Settings
	Kept    []string // secrets that are stored
	Wrong   wrong
	Worked  bool   // the connection was just tried
	Calls   string // what the place calls itself
}

type newPage struct{ Kinds []channel.Description }

func (h *handlers) newPage(w http.ResponseWriter, r *http.Request) error {
	ctx, title := r.Context(), i18n.T(r.Context(), "channel.new")
	kind := r.URL.Query().Get("kind")
	if kind == "" {
		return web.Show(w, r, web.Page{Title: title}, newBody(newPage{h.s.Kinds()}))
	}
	d, found := h.s.Describe(kind)
	if !found {
		return problem.New(problem.Missing, "problem.not_found")
	}
	p := formPage{Kind: d, Served: true, Minted: h.s.Mints(kind), Enabled: true, Values: channel.Settings{}, Inbox: channel.InboxMentions}
	if d.Direct {
		p.Inbox = channel.InboxAll
	}
	for _, f := range d.Fields {
		p.Values[f.Name] = f.Default
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "channel.new_of", "Kind", kindName(ctx, kind))}, formBody(p))
}

// read takes the form: what is to be kept, and the page that shows it again.
func (h *handlers) read(f *web.Form, d channel.Description, served bool) (_ channel.Draft, _ formPage, try bool) {
	draft := channel.Draft{Kind: d.Kind, Name: f.Text("name"), Inbox: channel.Inbox(f.Text("inbox")), Disabled: f.Text("enabled") == "", Settings: channel.Settings{}}
	p := formPage{Kind: d, Served: served, Minted: h.s.Mints(d.Kind), Name: draft.Name, Inbox: draft.Inbox, Enabled: !draft.Disabled, Values: channel.Settings{}}
	for _, field := range d.Fields {
		v := f.Text(fieldName(field))
		if field.Type == channel.Secret {
			v = f.Get(fieldName(field)) // spaces may belong to it; it is not shown again
		} else {
			p.Values[field.Name] = v
		}
		draft.Settings[field.Name] = v
	}
	return draft, p, f.Text("do") == "try"
}

func (h *handlers) add(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	d, found := h.s.Describe(f.Text("kind"))
	if !found {
		return problem.New(problem.Missing, "problem.not_found")
	}
	draft, p, try := h.read(f, d, true)
	title := i18n.T(ctx, "channel.new_of", "Kind", kindName(ctx, d.Kind))
	if try {
		return h.try(w, r, title, p, draft)
	}
	a, err := h.s.Add(ctx, draft)
	if err != nil {
		if p.Wrong, err = mend(ctx, w, err, d); err != nil {
			return err
		}
		return web.Show(w, r, web.Page{Title: title}, formBody(p))
	}
	if len(a.Shown) > 0 {
		return h.showAccount(w, r, a)
	}
	web.Flash(w, r, ui.Success, "channel.added", "Name", a.Name)
	return web.Redirect(w, r, "/channels/"+a.ID)
}

// try asks the place with what stands in the form, and shows the form again.
func (h *handlers) try(w http.ResponseWriter, r *http.Request, title string, p formPage, draft channel.Draft) error {
	ctx := r.Context()
	health, err := h.s.Try(ctx, p.ID, draft)
	if err != nil {
		if p.Wrong, err = mend(ctx, w, err, p.Kind); err != nil {
			return err
		}
	} else {
		p.Worked, p.Calls = true, health.Title
		if p.Name == "" {
			p.Name = health.Title
		}
	}
	return web.Show(w, r, web.Page{Title: title}, formBody(p))
}

// account finds the channel of a page; one that was removed has none.
func (h *handlers) account(r *http.Request) (channel.Account, channel.Description, bool, error) {
	a, err := h.s.Find(r.Context(), r.PathValue("id"))
	if err == nil && !a.RemovedAt.IsZero() {
		err = problem.New(problem.Missing, "channel.not_found")
	}
	d, served := h.s.Describe(a.Kind)
	d.Kind = a.Kind
	return a, d, served, err
}

func (h *handlers) editPage(w http.ResponseWriter, r *http.Request) error {
	a, d, served, err := h.account(r)
	if err != nil {
		return err
	}
	p := formPage{ID: a.ID, Kind: d, Served: served, Name: a.Name, Inbox: a.Inbox, Enabled: a.Enabled, Values: a.Settings, Kept: a.Secrets}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "channel.edit_of", "Name", a.Name)}, formBody(p))
}

func (h *handlers) change(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, d, served, err := h.account(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	draft, p, try := h.read(f, d, served)
	p.ID, p.Kept, p.Minted = a.ID, a.Secrets, false
	title := i18n.T(ctx, "channel.edit_of", "Name", a.Name)
	if try && served {
		return h.try(w, r, title, p, draft)
	}
	if a, err = h.s.Update(ctx, a.ID, draft); err != nil {
		if p.Wrong, err = mend(ctx, w, err, d); err != nil {
			return err
		}
		return web.Show(w, r, web.Page{Title: title}, formBody(p))
	}
	web.Flash(w, r, ui.Success, "channel.kept", "Name", a.Name)
	return web.Redirect(w, r, "/channels/"+a.ID)
}

// field draws one setting.
func field(ctx context.Context, p formPage, f channel.Field) ui.Field {
	key := "channel." + p.Kind.Kind + "." + f.Name
	out := ui.Field{Name: fieldName(f), Label: i18n.T(ctx, key), Value: p.Values[f.Name], Error: p.Wrong.at(fieldName(f)), Required: f.Required,
		Autocomplete: "off"}
	if i18n.Has(key + ".hint") {
		out.Hint = i18n.T(ctx, key+".hint")
	}
	switch f.Type {
	case channel.URL:
		out.Type = "text" // an address without https:// is understood too
		out.Placeholder = "https://"
	case channel.Number:
		out.Type = "number"
	case channel.Mail:
		out.Type = "email"
	case channel.Switch:
		out.Value, out.Checked = "true", p.Values[f.Name] == "true"
	case channel.Secret:
		if p.Minted || slices.Contains(p.Kept, f.Name) {
			out.Required = false
		}
		if slices.Contains(p.Kept, f.Name) {
			out.Hint = i18n.T(ctx, "channel.secret_kept") + " " + out.Hint
		}
		out.Autocomplete = "new-password"
	case channel.Choice:
		if !f.Required {
			out.Options = append(out.Options, ui.Option{Label: "–"})
		}
		for _, c := range f.Choices {
			out.Options = append(out.Options, ui.Option{Value: c, Label: i18n.T(ctx, key+"."+c)})
		}
	}
	return out
}

func inboxes(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, in := range channel.Inboxes() {
		out = append(out, ui.Option{Value: string(in), Label: i18n.T(ctx, "channel.inbox."+string(in))})
	}
	return out
}
