package cli

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/problem"
)

type importCommand struct {
	Format, File                string
	DryRun, Inbox, Direct       bool
	Spaces, Fetch               bool
	Space                       string
	Channel, Own, Site, Staff   string
	Target, Kind, Origin, Label string
	Column                      map[string]string
	Region, Errors              string

	first reasons
}

func (r *run) imports() *cobra.Command {
	c := &importCommand{}
	var columns []string
	cmd := r.does("import FORMAT FILE", "Take in files: feed, mbox, eml, stackexchange, discourse, csv, facts, jsonl, vcard, or an archive written by export. FILE may be a folder where the format has several files.",
		func(r *run) error {
			if len(columns) > 0 {
				c.Column = map[string]string{}
			}
			for _, pair := range columns {
				field, heading, ok := strings.Cut(pair, "=")
				if !ok {
					fmt.Fprintf(r.err, "entente: --column %q is not field=heading\n", pair)
					return status(refused)
				}
				c.Column[field] = heading
			}
			return c.Run(r)
		}, &c.Format, &c.File)
	f := cmd.Flags()
	f.BoolVar(&c.DryRun, "dry-run", false, "Read everything and say what would be imported; write nothing.")
	f.StringVar(&c.Channel, "channel", "", "Name of the channel under which posts are stated; made when there is none of that name.")
	f.BoolVar(&c.Inbox, "inbox", false, "Threads are to be handled: they become conversations.")
	f.BoolVar(&c.Direct, "direct", false, "What is said there is said to us.")
	f.StringVar(&c.Own, "own", "", "Our own mail addresses, separated by commas.")
	f.StringVar(&c.Space, "space", "", "The space of a community that threads are brought to, as COMMUNITY/SPACE; instead of a channel.")
	f.BoolVar(&c.Spaces, "spaces", false, "discourse: each category goes to a space of its own, made when there is none.")
	f.BoolVar(&c.Fetch, "fetch", false, "Download pictures and files that posts show and that are not in FILE, for a community.")
	f.StringVar(&c.Site, "site", "", "stackexchange, discourse: address of the forum.")
	f.StringVar(&c.Staff, "staff", "", "What the web address of our own people begins with.")
	f.StringVar(&c.Target, "target", "", "csv: customers, orders, posts, ideas or articles; found out by the headings when left out.")
	f.StringVar(&c.Kind, "kind", "", "facts: order, revenue, cost, hours, contact …; found out by the headings when left out.")
	f.StringVar(&c.Origin, "origin", "", "facts: the system that states them; files when left out.")
	f.StringVar(&c.Label, "label", "", "facts: the category of lines that name none.")
	f.StringArrayVar(&columns, "column", nil, "csv, facts: field=heading, several times.")
	f.StringVar(&c.Region, "region", "", "Country of telephone numbers without one, such as FR.")
	f.StringVar(&c.Errors, "errors", "", "File for what was refused and why, as CSV.")
	return cmd
}

// reasons keeps the beginning of the list of what was refused, for the terminal.
type reasons struct{ csv []byte }

const (
	maxReasons      = 10       // lines shown
	maxReasonsBytes = 64 << 10 // kept of the list
)

// Write keeps what fits and drops the rest.
func (f *reasons) Write(b []byte) (int, error) {
	f.csv = append(f.csv, b[:min(len(b), maxReasonsBytes-len(f.csv))]...)
	return len(b), nil
}

// lines are the first refusals: where, and why.
func (f *reasons) lines() []string {
	rows := csv.NewReader(bytes.NewReader(f.csv))
	rows.FieldsPerRecord = -1
	var out []string
	for head := true; len(out) < maxReasons; head = false {
		row, err := rows.Read()
		if err != nil {
			return out
		}
		if head || len(row) < 3 {
			continue
		}
		line := row[0] + ": " + row[1]
		if row[2] != "" {
			line += " (" + row[2] + ")"
		}
		out = append(out, line)
	}
	return out
}

// Run imports, or says what would be.
func (c *importCommand) Run(r *run) error {
	if c.Format == "archive" {
		return r.readArchive(c.File)
	}
	format, found := intake.Find(c.Format)
	if !found {
		return problem.New(problem.Invalid, "cli.unknown_format", "Format", c.Format, "Known", known())
	}
	src, err := intake.Open(c.File)
	if err != nil {
		return err
	}
	defer src.Close()
	defer intake.Hurry()()
	if c.Kind != "" {
		c.Target = intake.FactTarget(c.Kind)
	}
	task := intake.Task{Format: format, Source: src, DryRun: c.DryRun, Options: intake.Options{Settings: intake.Settings{Inbox: c.Inbox, Direct: c.Direct,
		Own: c.Own, Site: c.Site, Staff: c.Staff, Target: c.Target, Columns: c.Column, Region: c.Region, Origin: c.Origin, Label: c.Label, Space: c.Space, Spaces: c.Spaces, Fetch: c.Fetch}}}
	if c.Errors != "" {
		f, err := os.Create(c.Errors)
		if err != nil {
			return fmt.Errorf("make the list of what is refused: %w", err)
		}
		defer f.Close()
		task.Refused = intake.NewRefused(r.ctx, io.MultiWriter(f, &c.first))
	} else {
		task.Refused = intake.NewRefused(r.ctx, &c.first)
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
		if err := a.Intake.Into(r.ctx, &task.Options); err != nil {
			return err
		}
		if c.Channel != "" && c.Space == "" {
			place, err := a.Channels.FindByName(r.ctx, c.Channel)
			if problem.Is(err, problem.Missing) && !c.DryRun {
				mode := channel.InboxNone
				if c.Inbox {
					mode = channel.InboxAll
					if c.Format == "stackexchange" {
						mode = channel.InboxQuestions
					}
				}
				place, err = a.Channels.Place(r.ctx, c.Format, c.Channel, mode)
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
	first := c.first.lines()
	for _, line := range first {
		fmt.Fprintln(r.err, line)
	}
	if report.Broken != nil {
		p := problem.Of(report.Broken)
		why := strings.TrimSpace(i18n.T(r.ctx, p.Key, p.Args...))
		if len(first) == 0 || !strings.Contains(first[len(first)-1], why) {
			fmt.Fprintln(r.err, why)
		}
	}
	switch {
	case report.Cancelled:
		return status(failed)
	case report.Broken != nil && report.Added+report.Known == 0, report.Refused > 0 && report.Added+report.Known == 0:
		return status(refused)
	}
	return nil
}

// known names the formats.
func known() string {
	var names []string
	for _, f := range intake.Formats() {
		names = append(names, f.Describe().Name)
	}
	return strings.Join(append(names, "archive"), ", ")
}

func terminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
