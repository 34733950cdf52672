package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/entente/entente/internal/app"
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
		// Filled, closed and opened again: what is served is what any later start finds.
		err := r.with(func(a *app.App) (err error) {
			if demo, err = a.FillDemo(r.ctx, func(step string) { fmt.Fprintln(r.out, "  "+step) }); err != nil {
				return fmt.Errorf("fill the demo: %w", err)
			}
			return nil
		})
		if err != nil {
			return err
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
