// Package businessweb shows on pages what business decides: forms come in, pages and calls of business go out.
package businessweb

import (
	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

type handlers struct {
	s   *business.Service
	org *org.Service
}

// Routes registers the pages.
func Routes(r *web.Routes, s *business.Service, o *org.Service) {
	h := &handlers{s: s, org: o}
	_, _ = r, h
}
