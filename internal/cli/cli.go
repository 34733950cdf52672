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

	"github.com/alecthomas/kong"

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

type commands struct {
	config.Config `embed:""`

	Serve    serveCommand    `cmd:"" help:"Run Entente: pages, REST, channels."`
	Import   importCommand   `cmd:"" help:"Take in files: feed, mbox, eml, stackexchange, csv, facts, jsonl, vcard, or an archive written by export."`
	Export   exportCommand   `cmd:"" help:"Write everything that is kept into one archive of JSON lines."`
	Match    matchCommand    `cmd:"" help:"Say which topics the posts on standard input belong to: a JSON object a line, given back with its topics."`
	Migrate  migrateCommand  `cmd:"" help:"Bring the database to the newest schema, and do nothing else."`
	Rebuild  rebuildCommand  `cmd:"" help:"Drop everything derived and derive it again from the ledger."`
	Backup   backupCommand   `cmd:"" help:"Copy the embedded database, while it is in use, into one file."`
	Doctor   doctorCommand   `cmd:"" help:"Look whether this installation is well, and say what is missing."`
	Admin    adminCommand    `cmd:"" help:"What an operator may have to do without a page."`
	Seal     sealCommand     `cmd:"" help:"Change the key under which secrets are kept."`
	Classify classifyCommand `cmd:"" help:"Say of each text what language, feeling and kind it is: an object with text a line on standard input, the same object with answers a line on standard output."`
	Train    trainCommand    `cmd:"" help:"Make the models of language and feeling anew from the labelled texts and refuse-hashes.txt in the folder --data."`
	OpenAPI  openapiCommand  `cmd:"" name:"openapi" help:"Print the specification of the REST interface."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

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
	var c commands
	exited := -1
	parser, err := kong.New(&c, kong.Name("entente"), kong.Writers(out, errs), kong.UsageOnError(),
		kong.Description("Ties everything said between an organisation and the people around it to what the organisation is trying to achieve."),
		kong.Exit(func(code int) {
			if exited < 0 {
				exited = code
			}
			panic(status(code))
		}))
	if err != nil {
		fmt.Fprintln(errs, err)
		return failed
	}
	parsed, code := parse(parser, args)
	if parsed == nil {
		return code
	}
	ctx = i18n.With(org.AsOperator(ctx), language(), nil)
	r := &run{ctx: ctx, config: &c.Config, in: in, out: out, err: errs, log: telemetry.Logger(errs, c.LogFormat, c.LogLevel)}
	err = parsed.Run(r)
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
		fmt.Fprintln(errs, i18n.T(ctx, p.Key, p.Args...))
		return refused
	}
	fmt.Fprintln(errs, "entente:", err)
	return failed
}

// parse turns kong's way to exit, as after --help, into a status.
func parse(parser *kong.Kong, args []string) (parsed *kong.Context, code int) {
	defer func() {
		if v := recover(); v != nil {
			s, ok := v.(status)
			if !ok {
				panic(v)
			}
			parsed, code = nil, int(s)
		}
	}()
	parsed, err := parser.Parse(args)
	if err != nil {
		parser.Errorf("%s", err)
		return nil, refused
	}
	return parsed, done
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
