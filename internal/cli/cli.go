// Package cli decides what the command line offers: words come in, the modules do the work, an exit status goes out. 0: done; 1: failed;
// 2: refused, and the reason was said; 3: done, but for lines of the input that could not be read.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/config"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/telemetry"
)

// version is set when the program is linked.
var version = "dev"

// Exit statuses.
const (
	done    = 0
	failed  = 1
	refused = 2
)

// run is what commands get.
type run struct {
	ctx    context.Context
	config *config.Config
	in     io.Reader
	out    io.Writer
	err    io.Writer
	log    *slog.Logger
}

type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// Run runs the command line and returns the exit status.
func Run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	r := &run{ctx: i18n.With(org.AsOperator(ctx), language(), nil), config: &config.Config{}, in: in, out: out, err: errs}
	root := r.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	asked, err := root.ExecuteC()
	if err != nil && r.log == nil { // nothing was begun: the words were not understood
		fmt.Fprintf(errs, "entente: %s\n%s --help says what there is.\n", err, asked.CommandPath())
		return refused
	}
	var s status
	switch {
	case err == nil:
		return done
	case errors.As(err, &s):
		return int(s)
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(errs, "cancelled")
		return failed
	}
	if p := (*problem.Problem)(nil); errors.As(err, &p) && p.Code != problem.Internal {
		fmt.Fprintln(errs, i18n.T(r.ctx, p.Key, p.Args...))
		return refused
	}
	fmt.Fprintln(errs, "entente:", err)
	return failed
}

// root is the whole command line.
func (r *run) root() *cobra.Command {
	root := &cobra.Command{Use: "entente", SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs,
		Short: "Ties everything said between an organisation and the people around it to what the organisation is trying to achieve.",
		RunE:  func(*cobra.Command, []string) error { return errors.New("say what to do") }}
	root.CompletionOptions.HiddenDefaultCmd = true
	options(root.PersistentFlags(), r.config)
	admin := group("admin", "What an operator may have to do without a page.")
	admin.AddCommand(r.resetPassword())
	seal := group("seal", "Change the key under which secrets are kept.")
	seal.AddCommand(r.rotate(), r.forget())
	root.AddCommand(r.serve(), r.imports(), r.export(), r.match(), r.corrections(),
		r.does("migrate", "Bring the database to the newest schema, and do nothing else.", migrate),
		r.does("rebuild", "Drop everything derived and derive it again from the ledger.", rebuild),
		r.backup(),
		r.does("doctor", "Look whether this installation is well, and say what is missing.", doctor),
		admin, seal, r.classify(), r.train(),
		r.does("openapi", "Print the specification of the REST interface.", openapi),
		r.does("version", "Print the version.", printVersion))
	return root
}

// group is a command that only holds others.
func group(name, about string) *cobra.Command {
	return &cobra.Command{Use: name, Short: about, Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return errors.New("say what to do") }}
}

// does is a command that takes one word for each of words, and is begun when the settings make sense.
func (r *run) does(use, about string, do func(*run) error, words ...*string) *cobra.Command {
	return &cobra.Command{Use: use, Short: about, Args: cobra.ExactArgs(len(words)), RunE: func(c *cobra.Command, args []string) error {
		if err := settle(c.Flags(), r.config); err != nil {
			return err
		}
		for i, to := range words {
			*to = args[i]
		}
		r.log = telemetry.Logger(r.err, r.config.LogFormat, r.config.LogLevel)
		return do(r)
	}}
}

// language is the one of the terminal.
func language() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if strings.HasPrefix(v, "fr") {
				return "fr"
			}
			return "en"
		}
	}
	return "en"
}

// open opens the installation.
func (r *run) open() (*app.App, error) { return app.Open(r.ctx, *r.config, r.log) }

// with opens the installation for do and closes it.
func (r *run) with(do func(*app.App) error) error {
	a, err := r.open()
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.Close())
}
