package communityweb

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// persons registers the pages of people.
func (h *handlers) persons(r *web.Routes) {
	r.Page("GET /c/{slug}/people/{handle}", org.Public, h.in(h.person))
	r.Page("GET /c/{slug}/people/{handle}/picture", org.Public, h.in(h.portrait))
	r.Page("GET /c/{slug}/people/me", org.SignedIn, h.in(h.describing))
	r.Do("POST /c/{slug}/people/me", org.SignedIn, h.in(h.describe))
	r.Page("GET /c/{slug}/p/{post}/author", org.Public, h.in(h.authorOf))
	r.Page("GET /who/{channel}/{handle}", org.Public, h.whoIs)
	r.Page("GET /c/{slug}/who/{channel}/{handle}", org.Public, h.whoIs)
}

type personView struct {
	hall
	p      community.Profile
	list   []community.ProfilePost
	page   int
	more   bool
	wrong  wrong
	beside []ui.Panel
	form   *web.Form
	claim  *community.Claim // of what was brought: what whoever asks last said of it
}

func (v *personView) own() bool { return v.who != nil && v.who.ID == v.p.Member }

func (v *personView) path() string { return "/people/" + v.p.Handle }

func (v *personView) portrait(ctx context.Context) string {
	if v.p.Picture == "" || v.p.Handle == "" {
		return ""
	}
	return v.href(ctx, v.path()+"/picture?v="+v.p.Picture[:8])
}

func (v *personView) pages(ctx context.Context) ui.Pages {
	var p ui.Pages
	if v.page > 0 {
		p.Newer = v.href(ctx, v.path()) + "?page=" + strconv.Itoa(v.page-1)
	}
	if v.more {
		p.Older = v.href(ctx, v.path()) + "?page=" + strconv.Itoa(v.page+1)
	}
	return p
}

func (h *handlers) personView(r *http.Request) (*personView, error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, err
	}
	v := &personView{hall: at, page: max(0, number(r.URL.Query().Get("page")))}
	v.p, err = h.s.Profile(r.Context(), at.Sight, at.place.ID, r.PathValue("handle"))
	return v, err
}

func (h *handlers) person(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := h.personView(r)
	if err != nil {
		return err
	}
	if v.list, v.more, err = h.s.Spoken(ctx, v.Sight, v.place.ID, &v.p, v.page); err != nil {
		return err
	}
	if h.options.Person != nil {
		v.beside = h.options.Person(ctx, v.Sight, v.place, v.p.Handle)
	}
	if v.claim, err = h.s.Claimed(ctx, v.place.ID, &v.p); err != nil {
		return err
	}
	page := web.Page{Title: v.p.Name, Head: hidden()}
	if v.listed() && v.page == 0 {
		page.Head = personHead(v)
	}
	return web.Show(w, r, page, personPage(v))
}

// linked says to programs that search who the page is about: schema.org ProfilePage, as JSON-LD.
func (v *personView) linked() string {
	who := map[string]any{"@type": "Person", "name": v.p.Name, "alternateName": v.p.Handle, "url": v.world(v.path()), "agentInteractionStatistic": []any{
		map[string]any{"@type": "InteractionCounter", "interactionType": "https://schema.org/WriteAction", "userInteractionCount": v.p.Said}},
		"interactionStatistic": []any{map[string]any{"@type": "InteractionCounter", "interactionType": "https://schema.org/LikeAction", "userInteractionCount": v.p.Useful}}}
	if v.p.About != "" {
		who["description"] = v.p.About
	}
	if v.p.Picture != "" {
		who["image"] = v.world(v.path() + "/picture")
	}
	page := map[string]any{"@context": "https://schema.org", "@type": "ProfilePage", "url": v.world(v.path()), "mainEntity": who}
	if !v.p.Since.IsZero() {
		page["dateCreated"] = v.p.Since.Format(time.RFC3339)
	}
	raw, err := json.Marshal(page) // < > & are written \u003c …: nothing in it can end the element
	if err != nil {
		return ""
	}
	return `<script type="application/ld+json">` + string(raw) + "</script>"
}

// portrait sends a picture to whoever may know whose it is.
func (h *handlers) portrait(w http.ResponseWriter, r *http.Request) error {
	v, err := h.personView(r)
	if err != nil {
		return err
	}
	data, kind, err := h.s.ProfilePicture(r.Context(), &v.p)
	if err != nil {
		return err
	}
	sendPicture(w, data, kind)
	return nil
}

func sendPicture(w http.ResponseWriter, data []byte, kind string) {
	head := w.Header()
	head.Set("Cache-Control", "private, max-age=300")
	head.Set("Vary", "Cookie")
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	head.Set("Content-Type", kind)
	_, err := w.Write(data)
	_ = err // the reader has gone; there is nobody to tell
}

// whoIs leads to the page of who is mentioned: posts name the channel, which never changes.
func (h *handlers) whoIs(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o, err := h.s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	for _, c := range o.Communities() {
		if c.Channel == r.PathValue("channel") && c.Channel != "" {
			http.Redirect(w, r, href(ctx, c, "/people/"+r.PathValue("handle")), http.StatusFound)
			return nil
		}
	}
	return problem.New(problem.Missing, "problem.not_found")
}

// authorOf leads from a post to the page of who wrote it.
func (h *handlers) authorOf(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	p, _, err := h.s.Post(r.Context(), v.Sight, v.place.ID, r.PathValue("post"))
	if err != nil {
		return err
	}
	handle, err := h.s.HandleOf(r.Context(), v.place.Channel, p.Author)
	if err != nil {
		return err
	}
	if handle == "" || !p.DeletedAt.IsZero() {
		return problem.New(problem.Missing, "problem.not_found")
	}
	http.Redirect(w, r, v.href(r.Context(), "/people/"+handle), http.StatusFound)
	return nil
}

func (h *handlers) mineView(r *http.Request) (*personView, error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, err
	}
	v := &personView{hall: at}
	v.p, err = h.s.Mine(r.Context(), at.Sight, at.place.ID)
	return v, err
}

func (h *handlers) describing(w http.ResponseWriter, r *http.Request) error {
	v, err := h.mineView(r)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.person.edit"), Head: hidden()}, personForm(v))
}

func (h *handlers) describe(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := h.mineView(r)
	if err != nil {
		return err
	}
	var file io.Reader
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		r.Body = http.MaxBytesReader(nil, r.Body, community.MaxFile+web.MaxForm)
		if err := r.ParseMultipartForm(web.MaxForm); err != nil {
			return problem.New(problem.Invalid, "problem.bad_form").Because(err)
		}
		if list := r.MultipartForm.File["picture"]; len(list) > 0 && list[0].Size > 0 {
			f, err := list[0].Open()
			if err != nil {
				return problem.New(problem.Invalid, "problem.bad_form").Because(err)
			}
			defer f.Close()
			file = f
		}
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.Describe(ctx, v.place, f.Text("name"), f.Get("about"), file, f.Text("drop") != ""); err != nil {
		v.p.Name, v.p.About = f.Text("name"), f.Get("about")
		for _, p := range community.Problems(err) {
			if p.Code == problem.Internal || p.Field == "" {
				return err
			}
			f.Refuse(p)
		}
		v.form = f
		web.Invalid(w)
		return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.person.edit"), Head: hidden()}, personForm(v))
	}
	web.Flash(w, r, ui.Success, "community.person.saved")
	to := "/people/me"
	if v.p.Handle != "" {
		to = v.path()
	}
	return web.Redirect(w, r, v.place.Path()+to)
}
