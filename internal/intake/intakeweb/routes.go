// Package intakeweb shows imports: a file comes in, how it is understood is shown, and it is imported while one can watch.
package intakeweb

import (
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

type pages struct{ s *intake.Service }

// Routes registers the pages.
func Routes(r *web.Routes, s *intake.Service) {
	p := &pages{s}
	r.Page("GET /import", org.ImportRun, p.index)
	r.Do("POST /import", org.ImportRun, p.receive)
	r.Page("GET /import/{id}", org.ImportRun, p.job)
	r.Page("GET /import/{id}/settings", org.ImportRun, p.settings)
	r.Page("GET /import/{id}/progress", org.ImportRun, p.progress)
	r.Page("GET /import/{id}/refused", org.ImportRun, p.refused)
	r.Do("POST /import/{id}", org.ImportRun, p.start)
	r.Do("POST /import/{id}/cancel", org.ImportRun, p.cancel)
	r.Do("POST /import/{id}/again", org.ImportRun, p.again)
	r.Do("POST /import/{id}/remove", org.ImportRun, p.remove)
}
