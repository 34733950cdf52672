// Package planapi offers over REST what plan decides.
package planapi

import (
	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/plan"
)

// Operations adds the operations.
func Operations(a *api.API, s *plan.Service) {
	_, _ = a, s
}
