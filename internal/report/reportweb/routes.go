// Package reportweb shows on pages what report decides: forms come in, pages and calls of report go out.
package reportweb

import (
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/web"
)

type handlers struct {
	s   *report.Service
	org *org.Service
}

// Routes registers the pages.
func Routes(r *web.Routes, s *report.Service, o *org.Service) {
	h := &handlers{s: s, org: o}
	_, _ = r, h
}
