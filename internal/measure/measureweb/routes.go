// Package measureweb decides how measures are read on pages: a period and filters come in from the address, tiles, charts, definitions and
// the rows behind each number go out, and the same as CSV.
package measureweb

import (
	"context"
	"time"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// Options are what other modules add to these pages.
type Options struct {
	// Panels shows what a measure (id), narrowed by a filter, serves; may be nil.
	Panels func(ctx context.Context, measure string, f measure.Filter) []ui.Panel
	// Community is what a community of ours is called, for who may see it; nil for none.
	Community func(ctx context.Context, id string) (string, error)
	// AtOnce is how long the list works out numbers before the page is sent, 800 ms when 0; the rest is fetched as it comes into view.
	AtOnce time.Duration
}

const atOnce = 800 * time.Millisecond

type handlers struct {
	s *measure.Service
	Options
}

// Routes adds the pages.
func Routes(r *web.Routes, s *measure.Service, o Options) {
	if o.AtOnce <= 0 {
		o.AtOnce = atOnce
	}
	h := &handlers{s, o}
	r.Page("GET /measures", org.MeasureRead, h.all)
	r.Page("GET /measures/{id}", org.MeasureRead, h.one)
	r.Page("GET /measures/{id}/series.csv", org.MeasureRead, h.seriesCSV)
	r.Page("GET /measures/{id}/rows", org.MeasureRead, h.rows)
	r.Page("GET /measures/{id}/rows.csv", org.MeasureRead, h.rowsCSV)
	r.Page("GET /measures/{id}/tile", org.MeasureRead, h.tile)
	r.Page("GET /measures/{id}/series.xlsx", org.MeasureRead, h.seriesXLSX)
	r.Page("GET /measures/{id}/series.json", org.MeasureRead, h.seriesJSON)
	r.Page("GET /measures/{id}/rows.xlsx", org.MeasureRead, h.rowsXLSX)
	r.Page("GET /communities/{id}/health", org.MeasureRead, h.health)
	r.Page("GET /own-measures", org.MeasureRead, h.ownList)
	r.Page("GET /own-measures/new", org.MeasureEdit, h.ownForm)
	r.Page("GET /own-measures/preview", org.MeasureRead, h.ownPreview)
	r.Page("GET /own-measures/{id}", org.MeasureRead, h.ownForm)
	r.Do("POST /own-measures", org.MeasureEdit, h.ownSave)
	r.Do("POST /own-measures/{id}", org.MeasureEdit, h.ownSave)
	r.Do("POST /own-measures/{id}/choose", org.MeasureEdit, h.ownChoose)
	r.Do("POST /own-measures/{id}/remove", org.MeasureEdit, h.ownRemove)
	r.Page("GET /business-hours", org.MeasureRead, h.hours)
	r.Do("POST /business-hours", org.MeasureEdit, h.setHours)
}
