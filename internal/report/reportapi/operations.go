// Package reportapi offers over REST what report decides.
package reportapi

import (
	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/report"
)

// Operations adds the operations.
func Operations(a *api.API, s *report.Service) {
	_, _ = a, s
}
