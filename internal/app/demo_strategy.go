package app

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/sample"
)

// demoDepartment makes the map of the workshop, which contributes to that of the organisation.
func (a *App) demoDepartment(ctx context.Context, shift time.Duration, topic func(context.Context, string) (string, error)) error {
	f, err := sample.Files().Open("workshop.json")
	if err != nil {
		return err
	}
	defer f.Close()
	in, err := a.Strategy.Import(ctx, f, strategy.Lookups{Shift: shift, Topic: topic}, false)
	if err != nil {
		return err
	}
	if len(in.LeftOut) > 0 {
		return fmt.Errorf("the map of the workshop lost %v", in.LeftOut)
	}
	return nil
}
