package strategyweb

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/strategy/layout"
)

// standalone is the map of a request as a file that stands by itself, and its size in pixels.
func (h *handlers) standalone(r *http.Request) (svg string, plan layout.Plan, err error) {
	ctx := r.Context()
	e, err := h.s.Evaluate(ctx, r.URL.Query().Get("map"), h.when(r))
	if err != nil {
		return "", plan, err
	}
	n, err := h.names(ctx)
	if err != nil {
		return "", plan, err
	}
	m, o := picture(ctx, e, n, look{base: h.site(ctx)}), layout.Options{Width: wide, Standalone: true}
	svg, err = h.drawn(ctx, m, o)
	return svg, layout.Arrange(m, o), err
}

// site is the address of this installation, "" when it is not known.
func (h *handlers) site(ctx context.Context) string {
	if o, err := h.org.Organisation(ctx); err == nil {
		if u, err := url.Parse(o.URL); err == nil && u.Host != "" {
			return u.Scheme + "://" + u.Host
		}
	}
	return ""
}

// svg sends the map as a file that stands by itself.
func (h *handlers) svg(w http.ResponseWriter, r *http.Request) error {
	body, _, err := h.standalone(r)
	if err != nil {
		return err
	}
	return download(w, "image/svg+xml; charset=utf-8", "strategy-map.svg", []byte(body))
}

// onPaper is a page with nothing but a drawing, on paper as wide as it is.
func onPaper(ctx context.Context, svg, size string) []byte {
	return []byte(`<!DOCTYPE html><html lang="` + i18n.Lang(ctx) + `" data-theme="light"><head><meta charset="utf-8"><title></title><style>@page{size:` + size +
		`;margin:8mm}html,body{margin:0;background:#fff}svg{display:block;max-width:100%;height:auto;max-height:100vh;margin:auto}</style></head><body>` + svg + `</body></html>`)
}

func (h *handlers) png(w http.ResponseWriter, r *http.Request) error {
	svg, plan, err := h.standalone(r)
	if err != nil {
		return err
	}
	height := plan.Height + 60 // the legend stands below the plan
	if _, rest, ok := strings.Cut(svg, `viewBox="0 0 `); ok {
		height = sizeOf(rest, height)
	}
	body, err := h.Printer.PNG(r.Context(), onPaper(r.Context(), strings.Replace(svg, "max-height:100vh;", "", 1), "auto"), wide, int(height))
	if err != nil {
		return err
	}
	return download(w, "image/png", "strategy-map.png", body)
}

// sizeOf reads the height out of "WIDTH HEIGHT" at the beginning of a text.
func sizeOf(text string, otherwise float64) float64 {
	both, _, _ := strings.Cut(text, `"`)
	_, tall, _ := strings.Cut(both, " ")
	if v, ok := number(tall); ok && v > 0 {
		return v
	}
	return otherwise
}

func (h *handlers) pdf(w http.ResponseWriter, r *http.Request) error {
	svg, plan, err := h.standalone(r)
	if err != nil {
		return err
	}
	size := "A4 landscape"
	if plan.Height > plan.Width*1.1 {
		size = "A4 portrait"
	}
	body, err := h.Printer.PDF(r.Context(), onPaper(r.Context(), svg, size))
	if err != nil {
		return err
	}
	return download(w, "application/pdf", "strategy-map.pdf", body)
}

func (h *handlers) json(w http.ResponseWriter, r *http.Request) error {
	body, err := h.s.Export(r.Context(), r.URL.Query().Get("map"))
	if err != nil {
		return err
	}
	return download(w, "application/json", "strategy-map.json", body)
}

func download(w http.ResponseWriter, kind, name string, body []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(body)
	_ = err // the reader has gone; there is nobody to tell
	return nil
}
