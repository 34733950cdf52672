package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/archive"
)

type exportCommand struct{ File string }

func (r *run) export() *cobra.Command {
	c := &exportCommand{}
	cmd := r.does("export FILE", "Write everything that is kept into one archive of JSON lines, such as entente.zip; - for standard output.", c.Run, &c.File)
	cmd.AddCommand(r.exportCommunity())
	return cmd
}

// Run writes the archive beside its place and moves it there once it is whole.
func (c *exportCommand) Run(r *run) error {
	return r.with(func(a *app.App) error {
		if c.File == "-" {
			_, err := a.Export(r.ctx, r.out, nil)
			return err
		}
		f, err := os.CreateTemp(filepath.Dir(c.File), ".entente-export-*")
		if err != nil {
			return fmt.Errorf("make the archive: %w", err)
		}
		defer os.Remove(f.Name())
		m, err := a.Export(r.ctx, f, func(table string, rows int) { fmt.Fprintf(r.err, "  %-20s %d\n", table, rows) })
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return err
		}
		if err := os.Rename(f.Name(), c.File); err != nil {
			return fmt.Errorf("move the archive to its place: %w", err)
		}
		fmt.Fprintf(r.out, "%s: %d tables. %s\n", c.File, len(m.Tables), m.Sealing)
		return nil
	})
}

// readArchive is `entente import archive FILE`.
func (r *run) readArchive(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	return r.with(func(a *app.App) error {
		var m archive.Manifest
		if m, err = a.ReadArchive(r.ctx, f, size, func(table string, rows int) { fmt.Fprintf(r.err, "  %-20s %d\n", table, rows) }); err != nil {
			return err
		}
		fmt.Fprintf(r.out, "%s: %d tables read, made at %s\n", file, len(m.Tables), m.MadeAt.Format(time.RFC3339))
		return nil
	})
}

type backupCommand struct{ File string }

func (r *run) backup() *cobra.Command {
	c := &backupCommand{}
	return r.does("backup FILE", "Copy the embedded database, while it is in use, into one file that must not exist yet.", c.Run, &c.File)
}

// Run copies the embedded database.
func (c *backupCommand) Run(r *run) error {
	if _, err := os.Stat(c.File); err == nil {
		fmt.Fprintf(r.err, "%s exists already\n", c.File)
		return status(refused)
	}
	return r.with(func(a *app.App) error {
		if err := a.DB.Backup(r.ctx, c.File); err != nil {
			return err
		}
		fmt.Fprintf(r.out, "%s written. Keep secret.key of the data folder with it: sealed secrets open only with it.\n", c.File)
		return nil
	})
}
