package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/db"
)

// printVersion prints the version.
func printVersion(r *run) error {
	fmt.Fprintln(r.out, "entente", version)
	return nil
}

// openapi prints the specification; it needs no installation.
func openapi(r *run) error {
	folder, err := os.MkdirTemp("", "entente-openapi-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	r.config.Data, r.config.DatabaseURL = folder, ""
	return r.with(func(a *app.App) error {
		raw, err := a.API().OpenAPI()
		if err != nil {
			return err
		}
		fmt.Fprintln(r.out, string(raw))
		return nil
	})
}

// migrate migrates; opening does.
func migrate(r *run) error {
	return r.with(func(*app.App) error {
		fmt.Fprintf(r.out, "the schema is at %d\n", db.Newest())
		return nil
	})
}

// rebuild rebuilds.
func rebuild(r *run) error {
	return r.with(func(a *app.App) error {
		last := 0
		err := a.Ledger.Rebuild(r.ctx, 500, func(n int) {
			if n-last >= 20000 {
				last = n
				fmt.Fprintf(r.err, "  %d\n", n)
			}
		})
		if err != nil {
			return err
		}
		failures, err := a.Ledger.Failures(r.ctx)
		if err != nil {
			return err
		}
		for _, f := range failures {
			fmt.Fprintf(r.err, "%s could not digest %s: %s\n", f.Follower, f.Activity, f.Error)
		}
		fmt.Fprintln(r.out, "rebuilt")
		return nil
	})
}

// Run checks what can be checked.
func doctor(r *run) error {
	well := true
	say := func(ok bool, text string, args ...any) {
		mark := "ok      "
		if !ok {
			mark, well = "missing ", false
		}
		fmt.Fprintln(r.out, mark+fmt.Sprintf(text, args...))
	}
	say(assets.Check() == nil, "browser side inside the program")
	err := r.with(func(a *app.App) error {
		say(true, "database %s, schema %d", a.DB.Engine(), db.Newest())
		set, err := a.Org.IsSetUp(r.ctx)
		if err != nil {
			return err
		}
		say(set, "set-up (open %s in a browser)", a.Config.Public())
		const mail = "mail server for invitations and resets (ENTENTE_SMTP, ENTENTE_MAIL_FROM)"
		if a.Config.SMTP != "" {
			say(true, mail)
		} else { // pages and commands show the links instead
			fmt.Fprintln(r.out, "hint    no "+mail)
		}
		failures, err := a.Ledger.Failures(r.ctx)
		if err != nil {
			return err
		}
		say(len(failures) == 0, "activities digested (%d could not be)", len(failures))
		unsure, err := a.Community.Unsure(r.ctx)
		if err == nil && unsure > 0 { // they are on the page of notices all the same, so nothing is lost
			fmt.Fprintf(r.out, "hint    %d notices by mail of which nobody knows whether they arrived\n", unsure)
		}
		return err
	})
	if err != nil {
		say(false, "database: %v", err)
	}
	if !well {
		return status(failed)
	}
	return nil
}

type resetCommand struct{ Email string }

func (r *run) resetPassword() *cobra.Command {
	c := &resetCommand{}
	return r.does("reset-password EMAIL", "Print a link with which a member sets a new password.", c.Run, &c.Email)
}

// Run prints the link.
func (c *resetCommand) Run(r *run) error {
	return r.with(func(a *app.App) error {
		link, err := a.ResetLink(r.ctx, strings.TrimSpace(c.Email))
		if err != nil {
			return err
		}
		fmt.Fprintln(r.out, link)
		return nil
	})
}
