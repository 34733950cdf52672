// Package paper decides how a page of ours becomes a file to hand on: HTML comes in, a PDF or a picture made by a Chromium goes out.
package paper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/problem"
)

// Printer makes files with a Chromium, one at a time. It is safe for concurrent use; nil is one that cannot print.
type Printer struct {
	path string
	turn chan struct{}
}

// None is what an operator writes to have no printer.
const None = "none"

// New makes a printer of the Chromium at path. "" looks for one in the search path; the printer is nil when there is none.
func New(path string) *Printer {
	if path == None {
		return nil
	}
	names := []string{path}
	if path == "" {
		names = []string{"chromium", "chromium-browser", "google-chrome"}
	}
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return &Printer{path: found, turn: make(chan struct{}, 1)}
		}
	}
	return nil
}

// Able reports whether anything can be printed.
func (p *Printer) Able() bool { return p != nil }

const (
	longest = 2 * time.Minute // also on a small machine with much to do
	mostOut = 64 << 20
)

// PDF prints a page as its style sheet wants paper to be.
func (p *Printer) PDF(ctx context.Context, html []byte) ([]byte, error) {
	return p.run(ctx, html, "page.pdf", "--no-pdf-header-footer", "--print-to-pdf=")
}

// PNG takes a picture of a page, width and height in pixels of the page, twice as sharp.
func (p *Printer) PNG(ctx context.Context, html []byte, width, height int) ([]byte, error) {
	width, height = min(max(width, 16), 6000), min(max(height, 16), 12000)
	return p.run(ctx, html, "page.png", "--hide-scrollbars", "--force-device-scale-factor=2",
		"--window-size="+strconv.Itoa(width)+","+strconv.Itoa(height), "--screenshot=")
}

// policy lets a page bring its style and its pictures with it, and nothing else.
const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:">`

// guarded puts the policy first, behind the kind of document.
func guarded(html []byte) []byte {
	const kind = "<!DOCTYPE html>"
	rest := html
	if len(html) >= len(kind) && strings.EqualFold(string(html[:len(kind)]), kind) {
		rest = html[len(kind):]
	}
	return append([]byte(kind+policy), rest...)
}

// run gives the page to a Chromium that has no profile, runs no scripts and reaches nothing.
func (p *Printer) run(ctx context.Context, html []byte, name string, options ...string) ([]byte, error) {
	if p == nil {
		return nil, problem.New(problem.Missing, "web.no_printer")
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, problem.New(problem.Busy, "web.printer_busy").Because(ctx.Err())
	}
	raw, err := p.once(ctx, html, name, options)
	if err != nil && ctx.Err() == nil { // on a busy machine a browser now and then dies while it starts
		raw, err = p.once(ctx, html, name, options)
	}
	return raw, err
}

// once starts a browser that prints. The last option is completed with the name of the file.
func (p *Printer) once(ctx context.Context, html []byte, name string, options []string) ([]byte, error) {
	folder, err := os.MkdirTemp("", "entente-paper-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to print in: %w", err)
	}
	defer os.RemoveAll(folder)
	in, out := filepath.Join(folder, "page.html"), filepath.Join(folder, name)
	if err := os.WriteFile(in, guarded(html), 0o600); err != nil {
		return nil, fmt.Errorf("write the page to print: %w", err)
	}
	args := append([]string{"--headless", "--disable-gpu", "--disable-extensions", "--disable-dev-shm-usage", "--no-first-run", "--host-resolver-rules=MAP * ~NOTFOUND", "--user-data-dir=" + filepath.Join(folder, "profile")}, options...)
	args[len(args)-1] += out
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // a Chromium of root refuses to start with it
	}
	c := exec.CommandContext(ctx, p.path, append(args, "file://"+in)...)
	c.WaitDelay = 5 * time.Second
	c.Env = []string{"HOME=" + folder, "TMPDIR=" + folder, "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"} // nothing of ours: the environment holds secrets
	var said bytes.Buffer
	c.Stderr = &clipped{&said}
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("print with %s: %w: %s", p.path, err, said.String())
	}
	info, err := os.Stat(out)
	if err != nil || info.Size() > mostOut {
		return nil, errors.Join(fmt.Errorf("print with %s: no file of a sound size came out: %s", p.path, said.String()), err)
	}
	return os.ReadFile(out)
}

// clipped keeps the first of what a program complains about.
type clipped struct{ b *bytes.Buffer }

func (c *clipped) Write(p []byte) (int, error) {
	if room := 2000 - c.b.Len(); room > 0 {
		c.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
