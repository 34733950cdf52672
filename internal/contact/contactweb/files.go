package contactweb

import (
	"errors"
	"fmt"
	"mime"
	"net/http"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/contact"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
)

// typedWithFiles reads a form that may hold files; done lets go of them.
func typedWithFiles(r *http.Request) (f *web.Form, list []contact.Upload, done func(), err error) {
	done = func() {}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		r.Body = http.MaxBytesReader(nil, r.Body, contact.MaxUpload)
		if err := r.ParseMultipartForm(web.MaxForm); err != nil {
			if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
				return nil, nil, done, problem.New(problem.TooLarge, "problem.too_large", "Limit", fmt.Sprintf("%d MB", contact.MaxUpload>>20)).Because(err)
			}
			return nil, nil, done, problem.New(problem.Invalid, "problem.bad_form").Because(err)
		}
	}
	if f, err = web.ReadForm(r); err != nil || r.MultipartForm == nil {
		return f, nil, done, err
	}
	done = func() { _ = r.MultipartForm.RemoveAll() } // what stays is removed with the folder for temporary files
	for _, header := range r.MultipartForm.File["files"] {
		if header.Size == 0 && header.Filename == "" {
			continue
		}
		file, err := header.Open()
		if err != nil {
			done()
			return nil, nil, func() {}, problem.New(problem.Invalid, "problem.bad_form").Because(err)
		}
		list = append(list, contact.Upload{Name: header.Filename, Data: file})
	}
	return f, list, done, nil
}

// brought shows a file to whoever brought it.
func (h *handlers) brought(w http.ResponseWriter, r *http.Request, p *stop) error {
	if !p.Begun {
		return problem.New(problem.Missing, "problem.not_found")
	}
	f, err := h.s.File(r.Context(), &p.Visit, r.PathValue("file"))
	if err != nil {
		return err
	}
	return h.give(w, r, &f)
}

// file shows a file to members.
func (h *handlers) file(w http.ResponseWriter, r *http.Request) error {
	f, err := h.s.File(r.Context(), nil, r.PathValue("file"))
	if err != nil {
		return err
	}
	return h.give(w, r, &f)
}

func (h *handlers) give(w http.ResponseWriter, r *http.Request, f *community.File) error {
	head := w.Header()
	head.Set("Cache-Control", "private, no-store")
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	disposition := "attachment"
	if f.Picture() {
		disposition = "inline"
	}
	head.Set("Content-Type", f.Type)
	head.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Filename()}))
	if r.Method == http.MethodHead {
		return nil
	}
	return h.s.WriteFile(r.Context(), f, w)
}

// lineFiles are the files that came with a line, nil for none.
func lineFiles(p *stop, l contact.Line) templ.Component {
	if len(l.More.Attachments) == 0 {
		return nil
	}
	return brought(p.Base+"/file/", l.More.Attachments)
}
