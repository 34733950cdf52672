package intakeweb

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

const listed = 30

// uploadFor is how long an upload may take; the server's limit for pages would cut long ones off.
const uploadFor = time.Hour

type indexPage struct {
	Jobs  []intake.Job
	Kind  string // of the facts that are brought, chosen before the file
	Facts bool
	Older string
	Wrong string
}

func (p *pages) index(w http.ResponseWriter, r *http.Request) error { return p.showIndex(w, r, "") }

func (p *pages) showIndex(w http.ResponseWriter, r *http.Request, wrong string) error {
	ctx := r.Context()
	jobs, err := p.s.List(ctx, r.URL.Query().Get("before"), listed+1)
	if err != nil {
		return err
	}
	page := indexPage{Jobs: jobs, Wrong: wrong, Facts: r.URL.Query().Get("format") == "facts"}
	if k, ok := ledger.KindOfFact(r.URL.Query().Get("kind")); ok && page.Facts {
		page.Kind = k.ID
	}
	if len(jobs) > listed {
		page.Jobs = jobs[:listed]
		page.Older = "/import?before=" + jobs[listed-1].ID
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "intake.title")}, indexBody(page))
}

// receive streams the file of the form to the disk; nothing of it is held.
func (p *pages) receive(w http.ResponseWriter, r *http.Request) error {
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Now().Add(uploadFor)) // not all writers have one
	_ = c.SetWriteDeadline(time.Now().Add(uploadFor + time.Minute))
	r.Body = http.MaxBytesReader(w, r.Body, intake.MaxUpload+1<<20)
	parts, err := r.MultipartReader()
	if err != nil {
		return problem.New(problem.Invalid, "problem.bad_form").Because(err)
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			err = problem.New(problem.Invalid, "problem.required").On("file")
			return p.again422(w, r, err)
		}
		if err != nil {
			return problem.New(problem.Invalid, "problem.bad_form").Because(err)
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		j, err := p.s.Receive(r.Context(), part.FileName(), part, r.ContentLength)
		if err != nil {
			return p.again422(w, r, err)
		}
		to := "/import/" + j.ID
		if in := r.URL.Query(); in.Get("format") == "facts" {
			to += "?" + url.Values{"format": {"facts"}, "kind": {in.Get("kind")}}.Encode()
		}
		return web.Redirect(w, r, to)
	}
}

// again422 shows the form again when a person can mend what was wrong.
func (p *pages) again422(w http.ResponseWriter, r *http.Request, err error) error {
	known := problem.Of(err)
	if known.Field != "file" || r.Header.Get("HX-Request") != "" {
		return err
	}
	web.Invalid(w)
	return p.showIndex(w, r, i18n.T(r.Context(), known.Key, known.Args...))
}

func formatName(ctx context.Context, format string) string {
	if format == "" {
		return "–"
	}
	return i18n.T(ctx, "intake.format."+format)
}

func stateTone(s intake.State) ui.Tone {
	switch s {
	case intake.Running:
		return ui.Info
	case intake.Done:
		return ui.Success
	case intake.Failed:
		return ui.Danger
	case intake.Cancelled:
		return ui.Warning
	}
	return ui.Neutral
}

func accepts() string {
	list := []string{".zip"}
	for _, f := range intake.Formats() {
		list = append(list, f.Describe().Extensions...)
	}
	return strings.Join(list, ",")
}

// action is where the form of a file goes: with what was chosen before it.
func (p *indexPage) action() string {
	if !p.Facts {
		return "/import"
	}
	return "/import?" + url.Values{"format": {"facts"}, "kind": {p.Kind}}.Encode()
}
