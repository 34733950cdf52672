package reportweb

import (
	"bytes"
	"context"
	"net/http"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/strategy/layout"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func (h *handlers) packRoutes(r *web.Routes) {
	r.Page("GET /review-pack", org.StrategyRead, h.pack)
	r.Page("GET /review-pack.pdf", org.StrategyRead, h.packPDF)
}

type packPage struct {
	Pack     report.Pack
	Name     report.Namer
	Names    map[string]strategy.Words
	Called   names
	Members  map[string]string
	Drawn    string
	CanPDF   bool
	Measures map[string]string // names by id
}

func (h *handlers) packed(ctx context.Context, mapID string, alone bool) (p packPage, err error) {
	p.CanPDF = h.printer.Able()
	if p.Pack, err = h.s.Pack(ctx, mapID); err != nil {
		return p, err
	}
	if p.Name, err = h.s.Namer(ctx); err != nil {
		return p, err
	}
	if p.Names, err = h.s.ObjectiveNames(ctx); err != nil {
		return p, err
	}
	if p.Called, err = h.names(ctx); err != nil {
		return p, err
	}
	var owners []string
	for i := range p.Pack.Off {
		owners = append(owners, p.Pack.Off[i].Owner)
	}
	if p.Members, err = h.org.Names(ctx, owners); err != nil {
		return p, err
	}
	p.Measures = map[string]string{}
	for _, m := range h.s.Measures().All() {
		p.Measures[m.ID] = measure.Name(ctx, m)
	}
	if !p.Pack.NoMap {
		p.Drawn, err = drawn(ctx, p.Pack.Map, alone)
	}
	return p, err
}

// drawn is the map with the state of each objective.
func drawn(ctx context.Context, e strategy.Evaluation, alone bool) (string, error) {
	lang := i18n.Lang(ctx)
	m := layout.Map{Title: e.Map.Name.In(lang), Desc: i18n.T(ctx, "strategy.as_of", "Day", i18n.Day(ctx, e.At))}
	for _, b := range e.Map.Bands() {
		band := layout.Band{ID: b.ID, Title: b.Name.In(lang), Shade: b.Colour}
		for _, s := range e.Map.Steps(b.ID) {
			band.Steps = append(band.Steps, layout.Step{ID: s.ID, Title: s.Name.In(lang)})
		}
		m.Bands = append(m.Bands, band)
	}
	for _, st := range e.Objectives {
		card := layout.Card{State: st.Rolled.State}
		if st.Rolled.State != stat.Unknown {
			card.Bar, card.Progress, card.Expected = true, st.Rolled.Progress, st.Rolled.Expected
		}
		m.Objectives = append(m.Objectives, layout.Objective{ID: st.ID, Band: e.Map.Band(st.Perspective), Step: st.Perspective, Title: st.Name.In(lang), Href: "/strategy/objectives/" + st.ID,
			Position: st.Position, Placed: st.Placed, Card: card})
	}
	for _, l := range e.Links {
		m.Links = append(m.Links, layout.Link{From: l.Origin, To: l.Serves, Weight: l.Weight, Verdict: l.Correlation.Verdict})
	}
	var b bytes.Buffer
	err := layout.Render(&b, m, layout.Options{Width: 1120, Prefix: "p", Standalone: alone, Words: layout.WordsFrom(func(key string) string { return i18n.T(ctx, key) })})
	return b.String(), err
}

func (h *handlers) pack(w http.ResponseWriter, r *http.Request) error {
	p, err := h.packed(r.Context(), r.URL.Query().Get("map"), false)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "report.pack"), Wide: true}, packBody(p))
}

// printed is the style of the pack on paper, where the style sheet of pages is not.
const printed = `@page{size:A4;margin:14mm}body{font:10.5pt/1.4 Helvetica,Arial,sans-serif;color:#111}h1{font-size:18pt}h2{font-size:13pt;margin:1.2em 0 .4em;break-after:avoid}
a{color:inherit}table{width:100%;border-collapse:collapse;font-size:9pt}th,td{text-align:left;vertical-align:top;padding:3pt 6pt 3pt 0;border-bottom:.5pt solid #bbb}tr,.stat{break-inside:avoid}
.icon,.visually-hidden,.sr-only,caption{display:none}.muted{color:#555}.small{font-size:9pt}.grid{display:flex;gap:14pt;flex-wrap:wrap}.stat{border:.5pt solid #bbb;padding:6pt 10pt;margin:0}.stat-value{font-size:15pt;font-weight:bold}
.pack-map svg{max-width:100%;height:auto}.badge{border:.5pt solid #888;padding:0 4pt;font-size:8.5pt}ul{padding-left:14pt}`

// packPDF prints the pack: the page with its style sheet, by itself.
func (h *handlers) packPDF(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p, err := h.packed(ctx, r.URL.Query().Get("map"), true)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	if err := packParts(p).Render(ctx, &body); err != nil {
		return err
	}
	html := `<!DOCTYPE html><html lang="` + i18n.Lang(ctx) + `" data-theme="light"><head><meta charset="utf-8"><title></title><style>` + printed + `</style></head><body><h1>` + i18n.T(ctx, "report.pack") + `</h1>` + body.String() + `</body></html>`
	pdf, err := h.printer.PDF(ctx, []byte(html))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="review-pack.pdf"`)
	w.Header().Set("Cache-Control", "no-store")
	w.Write(pdf)
	return nil // whoever stopped reading needs no answer
}

func stateTone(s stat.State) ui.Tone {
	switch s {
	case stat.OnTrack:
		return ui.Success
	case stat.Watch:
		return ui.Warning
	case stat.Off:
		return ui.Danger
	}
	return ui.Neutral
}
