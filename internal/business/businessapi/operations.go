// Package businessapi offers over REST what business decides.
package businessapi

import (
	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/business"
)

// Operations adds the operations.
func Operations(a *api.API, s *business.Service) {
	_, _ = a, s
}
