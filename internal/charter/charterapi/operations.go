// Package charterapi offers over REST what charter decides.
package charterapi

import (
	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/charter"
)

// Operations adds the operations.
func Operations(a *api.API, s *charter.Service) {
	_, _ = a, s
}
