package communityweb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// files registers pictures and files, and what the editor asks for while somebody types.
func (h *handlers) files(r *web.Routes) {
	r.Page("GET /media/{file}", org.Public, h.media)
	r.Page("GET /c/{slug}/media/{file}", org.Public, h.media)
	r.Do("POST /c/{slug}/files", org.SignedIn, h.in(h.bring))
	r.Page("GET /c/{slug}/mentions", org.SignedIn, h.in(h.voices))
	r.Do("POST /c/{slug}/preview", org.Public, h.in(h.preview))
	r.Do("POST /communities/{id}/pictures/{place}", org.CommunityEdit, h.adorn)
}

// media sends a picture or file to whom its posts may be shown. It is asked for each time: what is removed is gone at once.
func (h *handlers) media(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o, err := h.s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	f, err := h.s.File(ctx, o, r.PathValue("file"))
	if err != nil {
		return err
	}
	if slug := r.PathValue("slug"); slug != "" {
		if c, _ := o.Community(slug); c.ID != f.Community {
			return problem.New(problem.Missing, "problem.not_found")
		}
	}
	head := w.Header()
	tag := `"` + f.Sum[:32] + `"`
	head.Set("ETag", tag)
	head.Set("Cache-Control", "private, no-cache")
	head.Set("Vary", "Cookie")
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	disposition := "attachment"
	if f.Picture() {
		disposition = "inline"
	}
	head.Set("Content-Type", f.Type)
	head.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Filename()}))
	if r.Method == http.MethodHead {
		return nil
	}
	return h.s.WriteFile(ctx, &f, w)
}

// readForm reads a form that may hold files, keeps them, and gives Markdown that shows them. What is wrong with them is noted in the form.
func (h *handlers) readForm(r *http.Request, c *community.Community) (*web.Form, error) {
	ctx := r.Context()
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind == "multipart/form-data" && org.Who(ctx) == nil {
		return typed(r)
	}
	if kind == "multipart/form-data" {
		r.Body = http.MaxBytesReader(nil, r.Body, community.MaxUpload)
		if err := r.ParseMultipartForm(web.MaxForm); err != nil {
			if _, big := err.(*http.MaxBytesError); big || errors.Is(err, multipart.ErrMessageTooLarge) {
				return nil, problem.New(problem.TooLarge, "problem.too_large", "Limit", fmt.Sprintf("%d MB", community.MaxUpload>>20)).Because(err)
			}
			return nil, problem.New(problem.Invalid, "problem.bad_form").Because(err)
		}
	}
	f, err := web.ReadForm(r)
	if err != nil || r.MultipartForm == nil {
		return f, err
	}
	if len(f.Get("body")) > mostTyped {
		tooMuch(f)
		return f, nil
	}
	list := r.MultipartForm.File["files"]
	if len(list) > community.MaxFiles {
		f.Refuse(problem.New(problem.Invalid, "community.file.many", "Most", community.MaxFiles).On("files"))
		return f, nil
	}
	var shown []string
	for _, header := range list {
		if header.Size == 0 && header.Filename == "" {
			continue
		}
		file, err := header.Open()
		if err != nil {
			return nil, problem.New(problem.Invalid, "problem.bad_form").Because(err)
		}
		kept, err := h.s.Bring(ctx, c.ID, header.Filename, file)
		file.Close()
		if err != nil {
			p := problem.Of(err)
			if p.Field == "" {
				return nil, err
			}
			f.Refuse(err)
			continue
		}
		shown = append(shown, kept.Markdown())
	}
	if len(shown) > 0 {
		f.Set("body", strings.TrimSpace(f.Text("body")+"\n\n"+strings.Join(shown, "\n\n")))
	}
	return f, nil
}

// What visitors send is read field by field: of a field no more than mostTyped, of a form no more than web.MaxForm, and what is beyond is thrown away as it comes, up to mostSent.
// They keep no files.
const (
	mostTyped  = web.MaxForm / 4
	mostSent   = 16 << 20
	mostFields = 100
)

func typed(r *http.Request) (*web.Form, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, mostSent)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, problem.New(problem.Invalid, "problem.bad_form").Because(err)
	}
	f, large, left := &web.Form{Values: url.Values{}}, false, web.MaxForm
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		var value []byte
		if err == nil && part.FileName() == "" && n < mostFields {
			value, err = io.ReadAll(io.LimitReader(part, mostTyped+1))
		}
		var big *http.MaxBytesError
		switch {
		case errors.As(err, &big):
			return nil, problem.New(problem.TooLarge, "problem.too_large", "Limit", "1 MB").Because(err)
		case err != nil:
			return nil, problem.New(problem.Invalid, "problem.bad_form").Because(err)
		}
		large = large || len(value) > mostTyped
		if left -= len(value); left < 0 {
			return nil, problem.New(problem.TooLarge, "problem.too_large", "Limit", "1 MB")
		}
		f.Add(part.FormName(), string(value))
	}
	if large {
		tooMuch(f)
	}
	return f, nil
}

// tooMuch gives a form back with what else was written, and the beginning of the words.
func tooMuch(f *web.Form) {
	for name, values := range f.Values {
		if len(values) == 1 {
			f.Set(name, clip(values[0], mostTyped))
		}
	}
	f.Refuse(problem.New(problem.TooLarge, "problem.too_long", "Max", community.MaxBody).On("body"))
}

// bring keeps what was pasted or dropped into the editor, and answers with the Markdown that shows it, or with a sentence why not.
func (h *handlers) bring(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	say := func(status int, text string) error {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, err := w.Write([]byte(text))
		_ = err // the reader has gone; there is nobody to tell
		return nil
	}
	f, err := h.readForm(r, &v.place)
	if err == nil && !f.OK() {
		err = f.Problems[0]
	}
	if p := problem.Of(err); err != nil {
		if p.Code == problem.Internal {
			return err
		}
		return say(http.StatusUnprocessableEntity, i18n.T(r.Context(), p.Key, p.Args...))
	}
	return say(http.StatusOK, f.Text("body"))
}

// voices suggests whom to mention.
func (h *handlers) voices(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	sp, _ := v.Space(v.place.ID, r.URL.Query().Get("space"))
	list, err := h.s.Voices(r.Context(), v.Sight, sp.ID, clip(r.URL.Query().Get("q"), 200))
	if err != nil {
		return err
	}
	type one struct {
		Handle string `json:"handle"`
		Name   string `json:"name"`
	}
	out := []one{}
	for _, l := range list {
		out = append(out, one{l.Handle, l.Name})
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return h.file(w, "application/json; charset=utf-8", raw)
}

// preview shows Markdown as it will be shown.
func (h *handlers) preview(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	return web.Part(w, r, rawPart(community.Preview(f.Text("text"))))
}

// editor says where the editor sends files, and asks for previews and for whom to mention.
func (v *hall) editor(ctx context.Context, space, name, value string) ui.Preview {
	p := ui.Preview{Name: name, Value: value, Address: v.href(ctx, "/preview")}
	if v.who != nil {
		p.Files = v.href(ctx, "/files")
		if sp, known := v.SpaceByID(space); known {
			p.Names = v.href(ctx, "/mentions") + "?space=" + sp.Slug + "&q="
		}
	}
	return p
}

// filesField is where files are chosen that a post shows.
func (v *hall) filesField(ctx context.Context, id string, f *web.Form) ui.Field {
	return ui.Field{Name: "files", ID: "f-files-" + id, Label: i18n.T(ctx, "community.file.add"), Hint: i18n.T(ctx, "community.file.hint", "Most", community.MaxFile>>20),
		Multiple: true, Accept: community.Accept, Optional: true, Error: problemOn(ctx, f, "files")}
}

// adorn changes the logo or the cover of a community.
func (h *handlers) adorn(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(nil, r.Body, community.MaxFile+web.MaxForm)
	if err := r.ParseMultipartForm(web.MaxForm); err != nil {
		if _, big := err.(*http.MaxBytesError); big {
			return problem.New(problem.TooLarge, "community.file.large", "Most", community.MaxFile>>20).Because(err)
		}
		return problem.New(problem.Invalid, "problem.bad_form").Because(err)
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	back := "/communities/" + v.ID + "/settings"
	list := r.MultipartForm.File["file"]
	if f.Text("do") == "remove" {
		if _, err := h.s.Adorn(r.Context(), v.ID, r.PathValue("place"), "", nil); err != nil {
			return err
		}
		web.Flash(w, r, ui.Success, "community.thread.changed")
		return web.Redirect(w, r, back)
	}
	if len(list) == 0 {
		web.Flash(w, r, ui.Warning, "community.file.choose")
		return web.Redirect(w, r, back)
	}
	file, err := list[0].Open()
	if err != nil {
		return problem.New(problem.Invalid, "problem.bad_form").Because(err)
	}
	defer file.Close()
	if _, err := h.s.Adorn(r.Context(), v.ID, r.PathValue("place"), list[0].Filename, file); err != nil {
		p := problem.Of(err)
		if p.Code != problem.Invalid && p.Code != problem.TooLarge {
			return err
		}
		web.Flash(w, r, ui.Danger, p.Key, p.Args...)
		return web.Redirect(w, r, back)
	}
	web.Flash(w, r, ui.Success, "community.thread.changed")
	return web.Redirect(w, r, back)
}
