// Package planweb shows on pages what plan decides: forms come in, pages and calls of plan go out.
package planweb

import (
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/web"
)

type handlers struct {
	s   *plan.Service
	org *org.Service
}

// Routes registers the pages.
func Routes(r *web.Routes, s *plan.Service, o *org.Service) {
	h := &handlers{s: s, org: o}
	_, _ = r, h
}
