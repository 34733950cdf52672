// Package exportweb shows exports on pages: what is wanted comes in, progress and files go out.
package exportweb

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/export"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type pages struct {
	s *export.Service
	c *community.Service
}

// Routes registers the pages.
func Routes(r *web.Routes, s *export.Service, c *community.Service) {
	p := &pages{s, c}
	r.Page("GET /communities/{id}/export", org.ExportRun, p.show)
	r.Do("POST /communities/{id}/export", org.ExportRun, p.begin)
	r.Page("GET /communities/{id}/export/{job}/progress", org.ExportRun, p.progress)
	r.Page("GET /communities/{id}/export/{job}/file", org.ExportRun, p.file)
	r.Page("GET /me/export", org.SignedIn, p.own)
	r.Page("GET /c/{slug}/me/export", org.SignedIn, p.own)
}

type view struct {
	place  community.Community
	lang   string
	groups []community.Space // closed ones that whoever asks may take along
	apart  []community.Space // closed ones that stay here
	people bool
	jobs   []export.Job
}

func (p *pages) view(r *http.Request) (*view, error) {
	ctx := r.Context()
	o, err := p.c.Sees(ctx, nil)
	if err != nil {
		return nil, err
	}
	c, seen := o.ByID(r.PathValue("id"))
	if !seen {
		return nil, problem.New(problem.Missing, "problem.not_found")
	}
	v := &view{place: c, lang: i18n.Lang(ctx), people: org.Require(ctx, org.PeopleRead) == nil}
	for _, sp := range o.Spaces(c.ID) {
		switch {
		case sp.Listened():
		case o.May(sp.ID):
			v.groups = append(v.groups, sp)
		default:
			v.apart = append(v.apart, sp)
		}
	}
	v.jobs, err = p.s.List(ctx, c.ID)
	return v, err
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "export.title")}, body(v))
}

func (p *pages) begin(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	o := export.Order{Community: v.place.ID, Form: f.Text("form"), People: f.Text("people") != ""}
	for _, sp := range v.groups {
		if f.Text("group-"+sp.ID) != "" {
			o.Groups = append(o.Groups, sp.ID)
		}
	}
	if _, err := p.s.Begin(r.Context(), o); err != nil {
		return err
	}
	return web.Redirect(w, r, "/communities/"+v.place.ID+"/export")
}

func (p *pages) progress(w http.ResponseWriter, r *http.Request) error {
	j, err := p.s.Find(r.Context(), r.PathValue("job"))
	if err != nil {
		return err
	}
	return web.Part(w, r, job(&j))
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	j, f, err := p.s.File(r.Context(), r.PathValue("job"))
	if err != nil {
		return err
	}
	defer f.Close()
	attach(w, "community-"+j.Order.Form+"-"+j.CreatedAt.Format(time.DateOnly)+".zip")
	http.ServeContent(w, r, "", j.EndedAt, f)
	return nil
}

func attach(w http.ResponseWriter, name string) {
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
}

// own sends what is of whoever asks, and of nobody else.
func (p *pages) own(w http.ResponseWriter, r *http.Request) error {
	read, write := io.Pipe()
	go func() { write.CloseWithError(p.s.Own(r.Context(), write)) }()
	defer read.Close()
	// A failure before the first bytes is a page; a later one breaks the download off.
	first := make([]byte, 512)
	n, err := io.ReadFull(read, first)
	if err != nil && n == 0 {
		return err
	}
	attach(w, "entente-"+time.Now().UTC().Format(time.DateOnly)+".zip")
	if _, err := w.Write(first[:n]); err != nil {
		return nil // the reader has gone
	}
	if _, err := io.Copy(w, read); err != nil {
		panic(http.ErrAbortHandler) // a file cut short must not look whole
	}
	return nil
}

func tone(s export.State) ui.Tone {
	switch s {
	case export.Done:
		return ui.Success
	case export.Failed:
		return ui.Danger
	}
	return ui.Info
}

func forms(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, f := range export.Forms() {
		out = append(out, ui.Option{Value: f, Label: i18n.T(ctx, "export.form."+f), Hint: i18n.T(ctx, "export.form."+f+"_text")})
	}
	return out
}

func (v *view) name(sp *community.Space) string { return sp.Called(v.lang, v.place.Langs...) }

func progressOf(ctx context.Context, j *export.Job) ui.ProgressProps {
	return ui.ProgressProps{Label: i18n.T(ctx, "export.state."+string(j.State)), Detail: i18n.N(ctx, "export.posts", j.Done), Value: float64(j.Done), Max: float64(max(j.Total, 1))}
}
