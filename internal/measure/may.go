package measure

import (
	"context"

	"github.com/entente/entente/internal/org"
)

type permittedKey struct{}

// Permitted returns a context in which numbers may be read, for who has been asked for another permission that holds for them: a map, say, and
// the link with which it is shared. It permits nothing else; what was said in rows stays with those who may read it.
func Permitted(ctx context.Context) context.Context {
	return context.WithValue(ctx, permittedKey{}, true)
}

// may refuses unless measures may be read in ctx.
func may(ctx context.Context) error {
	if is, _ := ctx.Value(permittedKey{}).(bool); is {
		return nil
	}
	return org.Require(ctx, org.MeasureRead)
}
