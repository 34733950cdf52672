// Package communityweb shows on pages what community decides: forms come in, pages in the community's own look and calls of community go out.
package communityweb

import (
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

type handlers struct {
	s   *community.Service
	org *org.Service
}

// Routes registers the pages.
func Routes(r *web.Routes, s *community.Service, o *org.Service) {
	h := &handlers{s: s, org: o}
	h.places(r)
}

// places registers the pages of communities and spaces.
func (h *handlers) places(*web.Routes) {}
