package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

func (r *run) rotate() *cobra.Command {
	return r.does("rotate", "Make a new sealing key and seal every secret anew under it. The old key stays beside it.", rotateKey)
}

func (r *run) forget() *cobra.Command {
	return r.does("forget", "Remove old sealing keys, once nothing is sealed under them.", forgetKeys)
}

// rotateKey makes a new key and seals all secrets under it. The key is in its file before the first secret needs it, and the old one stays there:
// whenever this is killed, all secrets open.
func rotateKey(r *run) error {
	return r.with(func(a *app.App) error {
		n, dead, err := reseal(r.ctx, a.DB, func() (*seal.Box, error) {
			if a.Config.SecretKey == "" {
				return seal.Rotate(a.Config.Data)
			}
			box, err := seal.Load(a.Config.SecretKey, "")
			if err == nil && box.Keys() < 2 {
				err = problem.New(problem.Invalid, "cli.seal_one_key", "Key", seal.NewKey())
			}
			return box, err
		}, nil)
		if err != nil {
			return err
		}
		told(r, n, dead)
		return nil
	})
}

// forgetKeys removes old keys; what a program that ran meanwhile sealed under one is sealed anew before.
func forgetKeys(r *run) error {
	return r.with(func(a *app.App) error {
		if a.Config.SecretKey != "" {
			return problem.New(problem.Invalid, "cli.seal_not_ours")
		}
		n, dead, err := reseal(r.ctx, a.DB, func() (*seal.Box, error) { return seal.Load("", a.Config.Data) }, nil)
		if err != nil {
			return err
		}
		if _, err := seal.Forget(a.Config.Data); err != nil {
			return err
		}
		told(r, n, dead)
		return nil
	})
}

func told(r *run, n, dead int) {
	fmt.Fprintf(r.out, "%d secrets are sealed under the current key\n", n)
	if dead > 0 {
		fmt.Fprintf(r.out, "%d secrets open with no key; their channels ask for them again\n", dead)
	}
}

// sealed names where secrets are kept: the table, what names its rows, the column, and what each is bound to, before the name of its row.
type sealed struct{ table, id, column, bound string }

func places() []sealed {
	return []sealed{{"channel", "id", "secrets", "channel:"}, {"enrich_remote", "id", "secret", "enrich:"}, {"translate_remote", "id", "secret", "translate:"},
		{"fediverse_place", "community", "key", "fediverse:"}, {"push_browser", "id", "address", "push:"}, {"setting", "key", "value", ""}}
}

// isSealed reports whether a setting is a secret; like all settings it is JSON.
func isSealed(setting string) bool {
	return setting == "community.mail_key" || setting == "survey.key" || setting == "push.key"
}

// reseal seals all secrets anew, in one transaction, under the current key of the box it is given once no other does the same. It counts
// those under that key, and those that open with none. each, which may be nil, is called after each of them.
func reseal(ctx context.Context, d *db.DB, open func() (*seal.Box, error), each func(n int)) (n, dead int, err error) {
	err = d.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, dead = 0, 0
		if _, err := db.Exec(ctx, q, "UPDATE organisation SET one = one"); err != nil {
			return fmt.Errorf("wait for others who seal: %w", err)
		}
		box, err := open()
		if err != nil {
			return err
		}
		for _, at := range places() {
			type row struct{ id, text string }
			rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.id, &r.text} },
				"SELECT "+at.id+", "+at.column+" FROM "+at.table+" WHERE "+at.column+" <> '' ORDER BY "+at.id)
			if err != nil {
				return fmt.Errorf("read what is sealed: %w", err)
			}
			for _, r := range rows {
				text := r.text
				if at.table == "setting" {
					if !isSealed(r.id) || json.Unmarshal([]byte(r.text), &text) != nil || text == "" {
						continue
					}
				}
				anew, err := box.Reseal(at.bound+r.id, text)
				if errors.Is(err, seal.ErrSealed) {
					dead++
					continue
				}
				if err != nil {
					return fmt.Errorf("seal %s %s anew: %w", at.table, r.id, err)
				}
				n++
				if at.table == "setting" {
					raw, err := json.Marshal(anew)
					if err != nil {
						return err
					}
					anew = string(raw)
				}
				// One that somebody changes at this moment is under the new key, or opens all the same.
				if _, err := db.Exec(ctx, q, "UPDATE "+at.table+" SET "+at.column+" = $1 WHERE "+at.id+" = $2 AND "+at.column+" = $3", anew, r.id, r.text); err != nil {
					return fmt.Errorf("seal %s %s anew: %w", at.table, r.id, err)
				}
				if each != nil {
					each(n)
				}
			}
		}
		return nil
	})
	return n, dead, err
}
