package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/entente/entente/internal/app"
)

type correctionsCommand struct{ File string }

func (r *run) corrections() *cobra.Command {
	c := &correctionsCommand{}
	return r.does("corrections FILE", "Write what people said posts are, as entente train reads it: kinds, sentiment, language, text; - for standard output.", c.Run, &c.File)
}

// Run writes the corrections beside their place and moves them there once they are whole. The words are those of others: only the operator reads the file.
func (c *correctionsCommand) Run(r *run) error {
	return r.with(func(a *app.App) error {
		if c.File == "-" {
			return a.Review.WriteCorrections(r.ctx, r.out)
		}
		f, err := os.CreateTemp(filepath.Dir(c.File), ".entente-corrections-*")
		if err != nil {
			return fmt.Errorf("make the file of corrections: %w", err)
		}
		defer os.Remove(f.Name())
		if err := errors.Join(a.Review.WriteCorrections(r.ctx, f), f.Sync(), f.Close()); err != nil {
			return err
		}
		if err := os.Rename(f.Name(), c.File); err != nil {
			return fmt.Errorf("move the corrections to their place: %w", err)
		}
		fmt.Fprintf(r.err, "%s is written\n", c.File)
		return nil
	})
}
