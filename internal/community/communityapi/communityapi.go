// Package communityapi offers over REST what community decides.
package communityapi

import (
	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/community"
)

// Operations adds the operations.
func Operations(a *api.API, s *community.Service) {
	places(a, s)
}

func places(*api.API, *community.Service) {}
