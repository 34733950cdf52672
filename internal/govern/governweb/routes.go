// Package governweb shows on pages what govern decides: forms come in, pages and calls of govern go out.
package governweb

import (
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

type handlers struct {
	s   *govern.Service
	org *org.Service
}

// Routes registers the pages.
func Routes(r *web.Routes, s *govern.Service, o *org.Service) {
	h := &handlers{s: s, org: o}
	_, _ = r, h
}
