// Package charterweb shows on pages what charter decides: forms come in, pages and calls of charter go out.
package charterweb

import (
	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

type handlers struct {
	s   *charter.Service
	org *org.Service
}

// Routes registers the pages.
func Routes(r *web.Routes, s *charter.Service, o *org.Service) {
	h := &handlers{s: s, org: o}
	_, _ = r, h
}
