package measure

import (
	"context"
	"errors"

	"github.com/entente/entente/internal/db"
)

// errMoved says that somebody else changed what is kept meanwhile.
var errMoved = errors.New("what is kept has changed meanwhile")

// generation is how far what is kept has come, in the moment that q reads.
func generation(ctx context.Context, q db.Q) (int64, error) {
	gen, _, err := db.Value[int64](ctx, q, "SELECT gen FROM measure_gen WHERE one = 1")
	return gen, err
}

// lockGen lets one at a time change what is kept: a row that is written is locked until the end.
func lockGen(ctx context.Context, q db.Q) error {
	_, err := db.Exec(ctx, q, "UPDATE measure_gen SET gen = gen WHERE one = 1")
	return err
}

// change writes what was worked out at gen, unless somebody else has changed what is kept since.
func (s *Service) change(ctx context.Context, gen int64, do func(ctx context.Context, q db.Q, next int64) error) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := lockGen(ctx, q); err != nil {
			return err
		}
		now, err := generation(ctx, q)
		if err != nil {
			return err
		}
		if now != gen {
			return errMoved
		}
		if err := do(ctx, q, gen+1); err != nil {
			return err
		}
		_, err = db.Exec(ctx, q, "UPDATE measure_gen SET gen = $1 WHERE one = 1", gen+1)
		return err
	})
}
