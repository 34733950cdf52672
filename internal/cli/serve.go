package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/config"
	"github.com/entente/entente/internal/seal"
)

type serveCommand struct{ Demo bool }

func (r *run) serve() *cobra.Command {
	c := &serveCommand{}
	cmd := r.does("serve", "Run Entente: pages, REST, channels.", c.Run)
	cmd.Flags().BoolVar(&c.Demo, "demo", false, "Fill an empty installation with the sample organisation first.")
	return cmd
}

// Run serves until it is interrupted.
func (c *serveCommand) Run(r *run) error {
	var demo *app.Demo
	if c.Demo {
		var err error
		if demo, err = r.fillDemo(); err != nil {
			return fmt.Errorf("fill the demo: %w", err)
		}
	}
	return r.with(func(a *app.App) error {
		return a.Serve(r.ctx, func(address string) {
			fmt.Fprintf(r.out, "\nEntente is at %s\n", a.Config.Public())
			if demo != nil {
				fmt.Fprintf(r.out, "\nSign in as one of the sample organisation's members; the password of all is %s\n\n", demo.Password)
				for _, m := range demo.Accounts {
					fmt.Fprintf(r.out, "  %-12s %s\n", m.Role, m.Email)
				}
				fmt.Fprintln(r.out)
			}
		})
	})
}

// begun is where the sample is filled, in the data folder.
const begun = "demo-begun"

// fillDemo fills an empty installation, closes it, and leaves it to be opened again: what is served is what any later start finds. The embedded
// database is filled beside its place and moved there at last, so whoever is killed meanwhile leaves a folder that the next start fills.
func (r *run) fillDemo() (*app.Demo, error) {
	var demo *app.Demo
	fill := func(c config.Config) error {
		a, err := app.Open(r.ctx, c, r.log)
		if err != nil {
			return err
		}
		demo, err = a.FillDemo(r.ctx, func(step string) { fmt.Fprintln(r.out, "  "+step) })
		return errors.Join(err, a.Close())
	}
	to, apart := *r.config, *r.config
	apart.Data = filepath.Join(to.Data, begun)
	there, err := os.ReadDir(to.Data)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	if to.DatabaseURL != "" || slices.ContainsFunc(there, func(f os.DirEntry) bool { return f.Name() != begun && f.Name() != seal.File }) {
		err := fill(to)
		return demo, err
	}
	if err := os.RemoveAll(apart.Data); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(apart.Data, 0o700); err != nil {
		return nil, err
	}
	if key, err := os.ReadFile(filepath.Join(to.Data, seal.File)); err == nil {
		if err := os.WriteFile(filepath.Join(apart.Data, seal.File), key, 0o600); err != nil {
			return nil, err
		}
	}
	if err := fill(apart); err != nil {
		return nil, err
	}
	made, err := os.ReadDir(apart.Data)
	if err != nil {
		return nil, err
	}
	last := filepath.Base(to.Database())
	move := func(name string) error {
		return os.Rename(filepath.Join(apart.Data, name), filepath.Join(to.Data, name))
	}
	for _, f := range made {
		if f.Name() == last {
			continue
		}
		if err := move(f.Name()); err != nil {
			return nil, err
		}
	}
	if err := move(last); err != nil {
		return nil, err
	}
	return demo, os.Remove(apart.Data)
}
