// Package measureweb decides how measures are read on pages: a period and filters come in from the address, tiles, charts, definitions and
// the rows behind each number go out, and the same as CSV.
package measureweb

import (
	"context"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// Options are what other modules add to these pages.
type Options struct {
	// Panels shows what a measure (id), narrowed by a filter, serves; may be nil.
	Panels func(ctx context.Context, measure string, f measure.Filter) []ui.Panel
}

type handlers struct {
	s *measure.Service
	Options
}

// Routes adds the pages.
func Routes(r *web.Routes, s *measure.Service, o Options) {
	h := &handlers{s, o}
	r.Page("GET /measures", org.MeasureRead, h.all)
	r.Page("GET /measures/{id}", org.MeasureRead, h.one)
	r.Page("GET /measures/{id}/series.csv", org.MeasureRead, h.seriesCSV)
	r.Page("GET /measures/{id}/rows", org.MeasureRead, h.rows)
	r.Page("GET /measures/{id}/rows.csv", org.MeasureRead, h.rowsCSV)
}
