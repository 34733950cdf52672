// Package webtest shows pages to tests as people see them: a test gives a window of a real Chromium an address, and is failed for what
// axe, the policy of the page, its console, the width of the screen or the look that was asked for say.
package webtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/entente/entente/assets"
)

// most is how long one browser may be at work. Only a test that hangs gets there, and it should say where before its package is ended.
const most = 14 * time.Minute

// starts is how often a Chromium is started: on a busy machine one now and then dies while it starts.
const starts = 3

// Browser is a Chromium, with axe to look at what it shows.
type Browser struct {
	ctx context.Context
	axe string
}

// Start starts a Chromium that ends with the test. Without Chromium, axe or what is bundled for the browser the test is skipped; it fails
// with ENTENTE_TEST_BROWSER=1. Starting costs a second of processor: one browser is enough for a package.
func Start(t testing.TB) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: starting a browser takes seconds")
	}
	b, stop, err := Launch()
	if err != nil {
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(stop)
	return b
}

// Launch is Start for who ends the browser after all tests.
func Launch() (*Browser, func(), error) {
	if err := assets.Check(); err != nil {
		return nil, nil, err
	}
	axe, err := axe()
	if err != nil {
		return nil, nil, err
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err = exec.LookPath(name); err == nil {
			break
		}
	}
	if path == "" {
		return nil, nil, fmt.Errorf("Chromium is not installed (apt-get install chromium)")
	}
	for range starts {
		var ctx context.Context
		var stop func()
		if ctx, stop, err = launch(path); err == nil {
			return &Browser{ctx, axe}, stop, nil
		}
	}
	return nil, nil, fmt.Errorf("start %s: %w", path, err)
}

// launch starts one, and gives what ends it.
func launch(path string) (context.Context, func(), error) {
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, end := context.WithTimeout(context.Background(), most)
	ctx, forget := chromedp.NewExecAllocator(ctx, options...)
	ctx, stop := chromedp.NewContext(ctx)
	all := func() {
		stop()
		forget() // waits until the process and its files are gone
		end()
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		all()
		return nil, nil, err
	}
	return ctx, all, nil
}

// axe is the program that finds what keeps people from using a page, from the packages beside go.mod.
func axe() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", fmt.Errorf("axe-core is not installed (make assets): %w", err)
	}
	return string(raw), nil
}
