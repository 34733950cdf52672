// Package measureweb decides how measures are read on pages: a period and filters come in from the address, tiles, charts, definitions and
// the rows behind each number go out, and the same as CSV.
package measureweb

import (
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

type handlers struct{ s *measure.Service }

// Routes adds the pages.
func Routes(r *web.Routes, s *measure.Service) {
	h := &handlers{s}
	r.Page("GET /measures", org.MeasureRead, h.all)
	r.Page("GET /measures/{id}", org.MeasureRead, h.one)
	r.Page("GET /measures/{id}/series.csv", org.MeasureRead, h.seriesCSV)
	r.Page("GET /measures/{id}/rows", org.MeasureRead, h.rows)
	r.Page("GET /measures/{id}/rows.csv", org.MeasureRead, h.rowsCSV)
}
