package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/problem"
)

type importCommand struct {
	Format  string            `arg:"" help:"feed, mbox, eml, stackexchange, csv, jsonl, vcard, or archive."`
	File    string            `arg:"" help:"File, or folder where the format has several files." type:"path"`
	DryRun  bool              `help:"Read everything and say what would be imported; write nothing."`
	Channel string            `help:"Name of the channel under which posts are stated; made when there is none of that name."`
	Inbox   bool              `help:"Threads are to be handled: they become conversations."`
	Direct  bool              `help:"What is said there is said to us."`
	Own     string            `help:"Our own mail addresses, separated by commas."`
	Site    string            `help:"stackexchange: address of the forum."`
	Staff   string            `help:"What the web address of our own people begins with."`
	Target  string            `help:"csv: customers, orders or posts; found out by the headings when left out."`
	Column  map[string]string `help:"csv: field=heading, several times."`
	Region  string            `help:"Country of telephone numbers without one, such as FR."`
	Errors  string            `help:"File for what was refused and why, as CSV." type:"path"`
}

// Run imports, or says what would be.
func (c *importCommand) Run(r *run) error {
	if c.Format == "archive" {
		return r.readArchive(c.File)
	}
	format, found := intake.Find(c.Format)
	if !found {
		return problem.New(problem.Invalid, "intake.unknown_format", "Format", c.Format)
	}
	src, err := intake.Open(c.File)
	if err != nil {
		return err
	}
	defer src.Close()
	task := intake.Task{Format: format, Source: src, DryRun: c.DryRun, Options: intake.Options{Settings: intake.Settings{Inbox: c.Inbox, Direct: c.Direct,
		Own: c.Own, Site: c.Site, Staff: c.Staff, Target: c.Target, Columns: c.Column, Region: c.Region}}}
	if c.Errors != "" {
		f, err := os.Create(c.Errors)
		if err != nil {
			return fmt.Errorf("make the list of what is refused: %w", err)
		}
		defer f.Close()
		task.Refused = intake.NewRefused(r.ctx, f)
	}
	if c.DryRun {
		if !r.installed() {
			runner := intake.Runner{Clock: time.Now}
			return c.run(r, &runner, task)
		}
	}
	return r.with(func(a *app.App) error {
		a.Intake.Lookups(&task.Options)
		if o, err := a.Org.Organisation(r.ctx); err == nil {
			task.Options.Zone = o.Location()
		}
		if c.Channel != "" {
			place, err := a.Channels.FindByName(r.ctx, c.Channel)
			if problem.Is(err, problem.Missing) && !c.DryRun {
				mode := channel.InboxNone
				if c.Inbox {
					mode = channel.InboxAll
				}
				place, err = a.Channels.Place(r.ctx, "import", c.Channel, mode)
			}
			if err != nil && !problem.Is(err, problem.Missing) {
				return err
			}
			task.Options.Channel = place.ID
		}
		return c.run(r, a.Intake.Runner(), task)
	})
}

// installed reports whether there is something to compare a dry run with.
func (r *run) installed() bool {
	if r.config.DatabaseURL != "" {
		return true
	}
	_, err := os.Stat(r.config.Database())
	return err == nil
}

func (c *importCommand) run(r *run, runner *intake.Runner, task intake.Task) error {
	bar := progressbar.NewOptions64(max(task.Source.Size(), 1), progressbar.OptionSetWriter(r.err), progressbar.OptionShowBytes(true),
		progressbar.OptionSetPredictTime(true), progressbar.OptionSetVisibility(terminal(r.err)), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetDescription(task.Source.Name()))
	task.Progress = func(p intake.Progress) { _ = bar.Set64(min(p.Done, max(p.Total, 1))) } // only a picture
	report, err := runner.Run(r.ctx, task)
	_ = bar.Finish()
	if task.Refused != nil {
		err = errors.Join(err, task.Refused.Close())
	}
	if err != nil {
		return err
	}
	key := "intake.cli.done"
	if c.DryRun {
		key = "intake.cli.dry"
	}
	fmt.Fprintln(r.out, i18n.T(r.ctx, key, "Added", report.Added, "Known", report.Known, "Refused", report.Refused, "Rate", fmt.Sprintf("%.0f", report.Rate())))
	if report.Broken != nil {
		p := problem.Of(report.Broken)
		fmt.Fprintln(r.err, strings.TrimSpace(i18n.T(r.ctx, p.Key, p.Args...)))
	}
	switch {
	case report.Cancelled:
		return status(failed)
	case report.Broken != nil && report.Added+report.Known == 0, report.Refused > 0 && report.Added+report.Known == 0:
		return status(refused)
	}
	return nil
}

func terminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
