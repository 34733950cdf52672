package contactweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/contact"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type pointsPage struct {
	List []contact.Point
	May  bool
	Mail map[string]string // names of channels
}

func (h *handlers) points(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := h.s.Points(ctx)
	if err != nil {
		return err
	}
	boxes, err := h.s.Mailboxes(ctx)
	if err != nil {
		return err
	}
	p := pointsPage{List: list, May: org.Require(ctx, org.ChannelEdit) == nil, Mail: map[string]string{}}
	for _, b := range boxes {
		p.Mail[b.ID] = b.Name
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "contact.points"), Wide: true}, pointsBody(p))
}

// pointPage is a contact point as a form, new when it has no id.
type pointPage struct {
	Point       contact.Point
	Sites       string
	Holdout     string
	Days        string
	Communities []ui.Option
	Mailboxes   []ui.Option
	May         bool
	URL         string
	Wrong       []ui.FieldError
	Frame       string // address of the preview, "" for none
	Steps       contact.Steps
}

func (p pointPage) bad(field string) string {
	for _, e := range p.Wrong {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

func (p pointPage) seen() string {
	if p.Point.ChangedAt.IsZero() {
		return ""
	}
	return strconv.FormatInt(p.Point.ChangedAt.UnixMicro(), 10)
}

func (h *handlers) newPoint(w http.ResponseWriter, r *http.Request) error {
	langs := []string{i18n.Lang(r.Context())}
	for _, l := range i18n.Languages() {
		if !slices.Contains(langs, l) {
			langs = append(langs, l)
		}
	}
	return h.form(w, r, pointPage{Point: contact.Point{Langs: langs, Survey: true}, Days: strconv.Itoa(contact.UsualDays)})
}

func (h *handlers) point(w http.ResponseWriter, r *http.Request) error {
	p, err := h.s.Point(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.form(w, r, pointPage{Point: p, Sites: strings.Join(p.Sites, "\n"), Holdout: strconv.Itoa(p.Holdout), Days: strconv.Itoa(p.Days)})
}

func (h *handlers) form(w http.ResponseWriter, r *http.Request, p pointPage) error {
	ctx := r.Context()
	p.May, p.URL = org.Require(ctx, org.ChannelEdit) == nil, h.options.URL
	m, err := h.community.Map(ctx)
	if err != nil {
		return err
	}
	p.Communities = []ui.Option{{Label: i18n.T(ctx, "contact.no_community")}}
	for _, c := range m.Communities {
		if c.ClosedAt.IsZero() {
			p.Communities = append(p.Communities, ui.Option{Value: c.ID, Label: c.Called(i18n.Lang(ctx))})
		}
	}
	boxes, err := h.s.Mailboxes(ctx)
	if err != nil {
		return err
	}
	p.Mailboxes = []ui.Option{{Label: i18n.T(ctx, "contact.no_mail")}}
	for _, b := range boxes {
		p.Mailboxes = append(p.Mailboxes, ui.Option{Value: b.ID, Label: b.Name})
	}
	title := i18n.T(ctx, "contact.new")
	if p.Point.ID != "" {
		title = p.Point.Name
		if org.Require(ctx, org.InboxRead) == nil {
			if p.Steps, err = h.s.Steps(ctx, p.Point.ID, h.s.Now().AddDate(0, 0, -90)); err != nil {
				return err
			}
		}
		if len(p.Point.Sites) > 0 && p.Point.ClosedAt.IsZero() {
			p.Frame = "/widget/" + p.Point.Slug + "/" + contact.NewSecret()
			w.Header().Set("Content-Security-Policy", w.Header().Get("Content-Security-Policy")+"; frame-src 'self'")
		}
	}
	return web.Show(w, r, web.Page{Title: title, Wide: true}, pointBody(p))
}

func (h *handlers) typed(r *http.Request) (pointPage, error) {
	f, err := web.ReadForm(r)
	if err != nil {
		return pointPage{}, err
	}
	p := pointPage{Sites: f.Text("sites"), Holdout: f.Text("holdout"), Days: f.Text("days")}
	p.Point = contact.Point{ID: r.PathValue("id"), Name: f.Text("name"), Langs: f.Values["langs"], Community: f.Text("community"), Mail: f.Text("mail"), Survey: f.Has("survey")}
	p.Point.Sites = strings.FieldsFunc(p.Sites, func(r rune) bool { return strings.ContainsRune(" ,;\t\n", r) })
	if p.Point.Holdout, err = strconv.Atoi(p.Holdout); err != nil {
		p.Point.Holdout = -1 // refused with its bounds
		if p.Holdout == "" {
			p.Point.Holdout = 0
		}
	}
	if p.Point.Days, err = strconv.Atoi(p.Days); p.Days != "" && (err != nil || p.Point.Days == 0) {
		p.Point.Days = -1 // refused with its bounds
	}
	if n, err := strconv.ParseInt(f.Text("seen"), 10, 64); err == nil {
		p.Point.ChangedAt = time.UnixMicro(n).UTC()
	}
	return p, nil
}

func (h *handlers) again(w http.ResponseWriter, r *http.Request, p pointPage, err error) error {
	pr := problem.Of(err)
	if pr.Code != problem.Invalid && pr.Code != problem.Conflict {
		return err
	}
	web.Invalid(w)
	p.Wrong = []ui.FieldError{{Field: pr.Field, Text: i18n.T(r.Context(), pr.Key, pr.Args...)}}
	if p.Point.ID != "" {
		if was, err := h.s.Point(r.Context(), p.Point.ID); err == nil {
			p.Point.Slug, p.Point.ClosedAt = was.Slug, was.ClosedAt
		}
	}
	return h.form(w, r, p)
}

func (h *handlers) add(w http.ResponseWriter, r *http.Request) error {
	p, err := h.typed(r)
	if err != nil {
		return err
	}
	point, err := h.s.Add(r.Context(), p.Point)
	if err != nil {
		return h.again(w, r, p, err)
	}
	web.Flash(w, r, ui.Success, "contact.saved")
	return web.Redirect(w, r, "/contact-points/"+point.ID)
}

func (h *handlers) change(w http.ResponseWriter, r *http.Request) error {
	p, err := h.typed(r)
	if err != nil {
		return err
	}
	if _, err := h.s.Change(r.Context(), p.Point); err != nil {
		return h.again(w, r, p, err)
	}
	web.Flash(w, r, ui.Success, "contact.saved")
	return web.Redirect(w, r, "/contact-points/"+p.Point.ID)
}

func (h *handlers) close(w http.ResponseWriter, r *http.Request) error {
	do := r.PathValue("do")
	if do != "close" && do != "open" {
		return problem.New(problem.Missing, "problem.not_found")
	}
	if err := h.s.Close(r.Context(), r.PathValue("id"), do == "close"); err != nil {
		return err
	}
	return web.Redirect(w, r, "/contact-points/"+url.PathEscape(r.PathValue("id")))
}

type figuresPage struct {
	Days     int
	Steps    contact.Steps
	Useful   []contact.Useful
	Measures []ui.StatProps
	None     bool
}

func spans() []int { return []int{30, 90, 365} }

func (h *handlers) figures(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := figuresPage{Days: 30}
	if n, err := strconv.Atoi(r.URL.Query().Get("days")); err == nil && slices.Contains(spans(), n) {
		p.Days = n
	}
	since := h.s.Now().AddDate(0, 0, -p.Days)
	var err error
	if p.Steps, err = h.s.Steps(ctx, "", since); err != nil {
		return err
	}
	if p.Useful, err = h.s.Useful(ctx, since); err != nil {
		return err
	}
	if h.options.Measures != nil && org.Require(ctx, org.MeasureRead) == nil {
		p.Measures = h.options.Measures(ctx, p.Days)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "contact.deflection"), Wide: true}, figuresBody(p))
}
