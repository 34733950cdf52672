// Command bench decides how fast Entente is on this machine: names of parts come in, lines with what was measured, the target and their
// ratio go out. scripts/bench.sh builds and runs it; docs/performance.md says how to read it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
)

// bench is what parts get.
type bench struct {
	ctx     context.Context
	binary  string // the program as built for people
	work    string // folder that stays between runs
	posts   int    // stored for the pages, the larger of the two sizes
	import_ int    // posts of the dump that is imported
	profile string // file for a CPU profile of the part, or ""
	out     *report
}

type part struct {
	name string
	run  func(*bench) error
}

// parts lists what can be measured, the quick ones first.
func parts() []part {
	return []part{
		{"binary", binarySize},
		{"start", coldStart},
		{"memory", memoryAtRest},
		{"language", language},
		{"poll", polling},
		{"mail", mailIn},
		{"import", importing},
		{"pages", pages},
		{"rates", rates},
		{"forum", grown},
		{"team", teamwork},
		{"live", live},
		{"map", maps},
	}
}

// inner are the parts that a part runs in a process of their own.
func inner() []part {
	return []part{
		{"inner-import", importHere},
		{"inner-fill", fillHere},
		{"inner-poll", pollHere},
		{"inner-mail", mailHere},
		{"inner-mapfill", mapFillHere},
		{"inner-map", mapHere},
		{"inner-asked", askHere},
		{"inner-plain", plainHere},
		{"inner-forum", forumHere},
		{"inner-route", routeHere},
		{"inner-statement-begin", statementBegin},
		{"inner-statement", statementHere},
	}
}

func main() {
	b := &bench{out: &report{w: os.Stdout}}
	flag.StringVar(&b.binary, "binary", "bin/entente", "the program to start and weigh")
	flag.StringVar(&b.work, "work", filepath.Join(os.TempDir(), fmt.Sprintf("entente-bench-%d", os.Getuid())), "folder for what is made once")
	flag.IntVar(&b.posts, "posts", number("ENTENTE_BENCH_POSTS", 1_000_000), "posts stored while pages are asked for")
	flag.IntVar(&b.import_, "import", number("ENTENTE_BENCH_IMPORT", 100_000), "posts of the dump that is imported")
	flag.StringVar(&b.profile, "cpuprofile", "", "write a CPU profile of an inner part")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b.ctx = ctx
	if err := run(b, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(b *bench, names []string) error {
	if err := os.MkdirAll(b.work, 0o755); err != nil {
		return err
	}
	if len(names) == 1 {
		for _, p := range inner() {
			if p.name == names[0] {
				return profiled(b, p.run)
			}
		}
	}
	for _, n := range names {
		if !slices.ContainsFunc(parts(), func(p part) bool { return p.name == n }) {
			return fmt.Errorf("no part %q", n)
		}
	}
	b.out.machine()
	var failed error
	for _, p := range parts() {
		if len(names) > 0 && !slices.Contains(names, p.name) {
			continue
		}
		if err := p.run(b); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", p.name, err))
			b.out.failed(p.name, err)
		}
	}
	b.out.noise("after")
	return failed
}
