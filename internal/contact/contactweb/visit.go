package contactweb

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/entente/entente/internal/contact"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// stop is a request of somebody at a contact point.
type stop struct {
	Point    contact.Point
	Visit    contact.Visit
	Begun    bool // the visit
	Widget   bool
	Placed   bool   // on the pages of its community
	Base     string // address of its pages
	Secret   string
	Question string
	Answers  []contact.Answer
	Reading  *contact.Reading
	Lines    []contact.Line
	Form     contact.Message
	Wrong    []ui.FieldError
	Write    bool // the form is wanted
	Called   string
}

func (p *stop) bad(field string) string {
	for _, e := range p.Wrong {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// with is a page of the visit with the question along.
func (p *stop) with(path string, more ...string) string {
	v := url.Values{}
	if p.Question != "" {
		v.Set("q", p.Question)
	}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	if len(v) == 0 {
		return p.Base + path
	}
	return p.Base + path + "?" + v.Encode()
}

const mostAsked = 300

// at finds the contact point and the visit of a request.
func (h *handlers) at(widget bool, do func(w http.ResponseWriter, r *http.Request, p *stop) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		point, err := h.pointOf(r)
		if err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		p := &stop{Point: point, Widget: widget, Base: "/contact/" + point.Slug}
		if slug := r.PathValue("slug"); slug != "" {
			p.Base, p.Placed = web.Href(ctx, "/c/"+slug+"/contact"), true
		}
		if widget {
			if p.Secret = r.PathValue("visit"); len(point.Sites) == 0 || !contact.Secret(p.Secret) {
				return problem.New(problem.Missing, "problem.not_found")
			}
			p.Base = "/widget/" + point.Slug + "/" + p.Secret
			framed(w, &point)
			w.Header().Set("Referrer-Policy", "no-referrer") // the address is the key of the conversation
			w.Header().Set("X-Robots-Tag", "noindex, nofollow")
		} else if c, err := r.Cookie(h.cookie(&point)); err == nil && contact.Secret(c.Value) {
			p.Secret = c.Value
		}
		if lang := i18n.Lang(ctx); !slices.Contains(point.Langs, lang) && lang != i18n.Pseudo {
			ctx = i18n.With(ctx, point.Langs[0], i18n.Zone(ctx))
			r = r.WithContext(ctx)
		}
		o, err := h.org.Organisation(ctx)
		if err != nil {
			return err
		}
		p.Called = o.Name
		if p.Question = web.Clean(r.URL.Query().Get("q")); len(p.Question) > 4*mostAsked {
			p.Question = ""
		}
		if p.Secret != "" {
			if p.Visit, p.Begun, err = h.s.Visit(ctx, &point, p.Secret); err != nil {
				return err
			}
		}
		return do(w, r, p)
	}
}

// pointOf finds the contact point of a request: by its own name, or the one of the community whose page this is.
func (h *handlers) pointOf(r *http.Request) (contact.Point, error) {
	slug := r.PathValue("slug")
	if slug == "" {
		return h.s.Open(r.Context(), r.PathValue("point"))
	}
	o, err := h.community.Sees(r.Context(), nil)
	if err != nil {
		return contact.Point{}, err
	}
	c, seen := o.Community(slug)
	if !seen {
		return contact.Point{}, problem.New(problem.Missing, "problem.not_found")
	}
	return h.s.OpenIn(r.Context(), c.ID)
}

func (h *handlers) cookie(p *contact.Point) string { return "contact-" + p.Slug }

// remember keeps the name of the visit in the browser, for a few days and for this form alone.
func (h *handlers) remember(w http.ResponseWriter, p *stop) {
	if p.Secret == "" {
		p.Secret = contact.NewSecret()
	}
	if !p.Widget {
		http.SetCookie(w, &http.Cookie{Name: h.cookie(&p.Point), Value: p.Secret, Path: p.Base, MaxAge: int(contact.VisitFor.Seconds()), Secure: h.web.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
}

func (h *handlers) show(w http.ResponseWriter, r *http.Request, p *stop) error {
	ctx := r.Context()
	p.Write = r.URL.Query().Get("write") != ""
	var err error
	switch {
	case p.Visit.Thread != "":
		if p.Lines, err = h.s.Lines(ctx, &p.Point, &p.Visit); err == nil {
			err = h.s.Here(ctx, &p.Visit, p.Lines)
		}
	case p.Begun && !p.Visit.Held && p.Question != "":
		p.Answers, err = h.s.Answers(ctx, &p.Point, p.Question)
	}
	if err != nil {
		return err
	}
	if p.Form.Subject == "" {
		p.Form.Subject = p.Question
	}
	return h.page(w, r, p)
}

func (h *handlers) page(w http.ResponseWriter, r *http.Request, p *stop) error {
	p.Form.Token = id.New()
	page := web.Page{Title: p.Point.Name, Embedded: p.Widget, Whole: true}
	if p.Widget || p.Placed {
		return web.Show(w, r, page, visitBody(p))
	}
	return web.Bare(w, r, page, visitBody(p))
}

func (h *handlers) lines(w http.ResponseWriter, r *http.Request, p *stop) error {
	var err error
	if p.Lines, err = h.s.Lines(r.Context(), &p.Point, &p.Visit); err != nil {
		return err
	}
	if p.Visit.Thread != "" && r.URL.Query().Get("away") == "" { // who put the widget away has not seen what is in it
		if err := h.s.Here(r.Context(), &p.Visit, p.Lines); err != nil {
			return err
		}
	}
	return web.Part(w, r, linesBody(p))
}

func (h *handlers) read(w http.ResponseWriter, r *http.Request, p *stop) error {
	var v *contact.Visit
	if p.Begun && !p.Visit.Held {
		v = &p.Visit
	}
	reading, err := h.s.Read(r.Context(), &p.Point, v, r.PathValue("kind"), r.PathValue("ref"), web.IP(r))
	if err != nil {
		return err
	}
	p.Reading = &reading
	return h.page(w, r, p)
}

// do takes in what somebody asks, says or says on leaving.
func (h *handlers) do(w http.ResponseWriter, r *http.Request, p *stop) error {
	ctx := r.Context()
	f, uploads, done, err := typedWithFiles(r)
	if err != nil {
		return err
	}
	defer done()
	if p.Question = f.Text("q"); len(p.Question) > 4*mostAsked {
		p.Question = p.Question[:0]
	}
	refused := func(err error) error {
		pr := problem.Of(err)
		if pr.Code != problem.Invalid && pr.Code != problem.Busy && pr.Code != problem.TooLarge {
			return err
		}
		field := pr.Field
		if field == "question" {
			field = "q"
		}
		web.Invalid(w)
		p.Wrong = []ui.FieldError{{Field: field, Text: i18n.T(ctx, pr.Key, pr.Args...)}}
		return h.show(w, r, p)
	}
	switch f.Text("do") {
	case "ask":
		h.remember(w, p)
		if _, err := h.s.Ask(ctx, &p.Point, p.Secret, p.Question, i18n.Lang(ctx), web.IP(r), p.Widget); err != nil {
			return refused(err)
		}
		return web.Redirect(w, r, p.with(""))
	case "judge":
		if p.Begun {
			if err := h.s.Judge(ctx, &p.Point, &p.Visit, ledger.Judgement{Found: f.Text("found"), Would: f.Text("would")}, web.IP(r)); err != nil {
				return refused(err)
			}
		}
		if f.Text("found") == "no" {
			return web.Redirect(w, r, p.with("", "write", "1"))
		}
		return web.Redirect(w, r, p.with(""))
	case "say":
		p.Form = contact.Message{Name: f.Text("name"), Mail: f.Text("mail"), Subject: f.Text("subject"), Text: f.Text("text"), Consent: f.Has("consent"), Trap: f.Text("website"),
			Token: f.Text("token"), Lang: i18n.Lang(ctx), Address: web.IP(r), Widget: p.Widget, Files: uploads}
		h.remember(w, p)
		v, err := h.s.Say(ctx, &p.Point, p.Secret, p.Form)
		if err != nil {
			p.Write = true
			return refused(err)
		}
		if v.Thread == "" { // what a program filled in
			return web.Redirect(w, r, p.Base)
		}
		return web.Redirect(w, r, p.Base+"#end")
	case "again":
		if !p.Widget { // another matter: a visit of its own
			p.Secret = ""
			h.remember(w, p)
		}
		return web.Redirect(w, r, p.Base)
	}
	return problem.New(problem.Invalid, "problem.bad_form")
}
