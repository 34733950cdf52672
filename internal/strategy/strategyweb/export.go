package strategyweb

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy/layout"
)

// asked is the map of a request in the reader's words, for a file. A day that makes no sense is refused: nobody sees a warning in a file.
func (h *handlers) asked(r *http.Request) (layout.Map, error) {
	ctx := r.Context()
	at, odd := h.when(r)
	if odd != "" {
		return layout.Map{}, problem.New(problem.Invalid, "strategy.at_refused", "Typed", odd, "Years", lookBack).On("at")
	}
	e, err := h.s.Evaluate(ctx, r.URL.Query().Get("map"), at)
	if err != nil {
		return layout.Map{}, err
	}
	n, err := h.names(ctx)
	if err != nil {
		return layout.Map{}, err
	}
	return picture(ctx, e, n, look{base: h.site(ctx)}), nil
}

// alone draws a map as a file that stands by itself, and tells how high it is with its legend.
func (h *handlers) alone(ctx context.Context, m layout.Map, width float64) (svg string, plan layout.Plan, height float64, err error) {
	o := layout.Options{Width: width, Standalone: true, Words: layout.WordsFrom(func(key string) string { return i18n.T(ctx, key) })}
	if svg, err = h.drawn(ctx, m, o); err != nil {
		return "", plan, 0, err
	}
	plan = layout.Arrange(m, o)
	height = plan.Height + 60 // the legend stands below the plan
	if _, rest, ok := strings.Cut(svg, `viewBox="0 0 `); ok {
		height = sizeOf(rest, height)
	}
	return svg, plan, height, nil
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
	m, err := h.asked(r)
	if err != nil {
		return err
	}
	body, _, _, err := h.alone(r.Context(), m, wide)
	if err != nil {
		return err
	}
	return download(w, "image/svg+xml; charset=utf-8", "strategy-map.svg", []byte(body))
}

// onScreen is a page with nothing but a drawing, to take a picture of.
func onScreen(ctx context.Context, svg string) []byte {
	return []byte(`<!DOCTYPE html><html lang="` + i18n.Lang(ctx) + `" data-theme="light"><head><meta charset="utf-8"><title></title><style>html,body{margin:0;background:#fff}` +
		`svg{display:block;max-width:100%;height:auto;margin:auto}</style></head><body>` + svg + `</body></html>`)
}

// printed gives a map to the printer when it is the member's turn.
func (h *handlers) printed(w http.ResponseWriter, r *http.Request, kind, name string, print func(ctx context.Context, m layout.Map) ([]byte, error)) error {
	m, err := h.asked(r)
	if err != nil {
		return err
	}
	leave, err := h.desk.take(r.Context(), h.s.Now())
	if err != nil {
		w.Header().Set("Retry-After", "60")
		return err
	}
	defer leave()
	body, err := print(r.Context(), m)
	if err != nil {
		return err
	}
	return download(w, kind, name, body)
}

func (h *handlers) png(w http.ResponseWriter, r *http.Request) error {
	return h.printed(w, r, "image/png", "strategy-map.png", func(ctx context.Context, m layout.Map) ([]byte, error) {
		svg, _, height, err := h.alone(ctx, m, wide)
		if err != nil {
			return nil, err
		}
		return h.Printer.PNG(ctx, onScreen(ctx, svg), wide, int(height))
	})
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

// pdf chooses the smallest paper on which the words of the map can be read, and several sheets when one is not enough.
func (h *handlers) pdf(w http.ResponseWriter, r *http.Request) error {
	return h.printed(w, r, "application/pdf", "strategy-map.pdf", func(ctx context.Context, m layout.Map) ([]byte, error) {
		list := sheets()
		for i, s := range list {
			svg, plan, height, err := h.alone(ctx, m, s.width)
			if err != nil {
				return nil, err
			}
			switch {
			case s.readable(height):
				return h.Printer.PDF(ctx, onSheets(i18n.Lang(ctx), svg, s, []float64{0, height}))
			case i == len(list)-1:
				return h.Printer.PDF(ctx, onSheets(i18n.Lang(ctx), svg, s, cuts(plan, height, s.room())))
			}
		}
		return nil, nil
	})
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
