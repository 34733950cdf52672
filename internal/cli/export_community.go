package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/export"
)

type exportCommunityCommand struct {
	Slug, File string
	order      export.Order
}

func (r *run) exportCommunity() *cobra.Command {
	c := &exportCommunityCommand{}
	cmd := r.does("community NAME FILE", "Write what is said in a community into one zip archive; NAME is the one in its address.", c.Run, &c.Slug, &c.File)
	f := cmd.Flags()
	f.StringVar(&c.order.Form, "form", export.Lines, "jsonl, or stackexchange for a dump that other forums read.")
	f.StringArrayVar(&c.order.Groups, "group", nil, "A closed group that goes along, by the name in its address; several times.")
	f.BoolVar(&c.order.People, "people", false, "With mail addresses of authors.")
	return cmd
}

// Run writes the archive beside its place and moves it there once it is whole.
func (c *exportCommunityCommand) Run(r *run) error {
	return r.with(func(a *app.App) error {
		c.order.Community = c.Slug
		f, err := os.CreateTemp(filepath.Dir(c.File), ".entente-export-*")
		if err != nil {
			return fmt.Errorf("make the archive: %w", err)
		}
		defer os.Remove(f.Name())
		posts := 0
		err = a.Exports.Write(r.ctx, f, c.order, func(done, _ int) error { posts = done; return r.ctx.Err() })
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return err
		}
		if err := os.Rename(f.Name(), c.File); err != nil {
			return fmt.Errorf("move the archive to its place: %w", err)
		}
		fmt.Fprintf(r.out, "%s: %d posts\n", c.File, posts)
		return nil
	})
}
