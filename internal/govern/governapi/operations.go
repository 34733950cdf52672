// Package governapi offers over REST what govern decides.
package governapi

import (
	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/govern"
)

// Operations adds the operations.
func Operations(a *api.API, s *govern.Service) {
	_, _ = a, s
}
