// Package businessweb shows business facts on pages: what is there and what is missing, each fact with its history, forms to state, correct and withdraw them, and the watched folder.
package businessweb

import (
	"context"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

type pages struct {
	s     *business.Service
	watch *business.Watcher
	org   *org.Service
	clock func() time.Time
}

// Routes registers the pages. watch may be nil: no folder is watched.
func Routes(r *web.Routes, s *business.Service, watch *business.Watcher, o *org.Service, clock func() time.Time) {
	p := &pages{s, watch, o, clock}
	r.Page("GET /business", org.MeasureRead, p.index)
	r.Page("GET /business/example", org.MeasureRead, p.example)
	r.Page("GET /business/facts", org.MeasureRead, p.list)
	r.Page("GET /business/facts/new", org.MeasureEdit, p.blank)
	r.Do("POST /business/facts", org.MeasureEdit, p.add)
	r.Page("GET /business/facts/{id}", org.MeasureRead, p.fact)
	r.Page("GET /business/facts/{id}/correct", org.MeasureEdit, p.correction)
	r.Do("POST /business/facts/{id}/correct", org.MeasureEdit, p.correct)
	r.Do("POST /business/facts/{id}/withdraw", org.MeasureEdit, p.withdraw)
	if watch != nil {
		r.Page("GET /business/folder", org.MeasureRead, p.folder)
		r.Do("POST /business/folder", org.MeasureEdit, p.addRule)
		r.Do("POST /business/folder/{id}/remove", org.MeasureEdit, p.removeRule)
	}
}

// names are the members' by their id.
func (p *pages) names(ctx context.Context) map[string]string {
	out := map[string]string{}
	list, err := p.org.Team(org.AsOperator(ctx))
	if err != nil {
		return out // ids are shown
	}
	for _, m := range list {
		out[m.ID] = m.Name
	}
	return out
}
