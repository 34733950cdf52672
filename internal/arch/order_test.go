package arch

import (
	"slices"
	"strings"
	"testing"
)

// order is the law: a package may import only what stands before it. What shares a line stands side by side and does not know its
// neighbours, except that a kit may build on the one before it.
var order = [][]string{
	{"config", "id", "problem", "i18n", "seal", "sheet", "sorting"},
	{"hours", "outside", "paper"},
	{"telemetry"},
	{"db"},
	{"work"},
	{"org"},
	{"web"},
	{"api"},
	{"ledger"},
	{"charter"},
	{"team"},
	{"channel"},
	{"intake"},
	{"people"},
	{"business"},
	{"enrich"},
	{"translate"},
	{"listening"},
	{"inbox"},
	{"situation"},
	{"rule"},
	{"push"},
	{"community"},
	{"recognition"},
	{"export"},
	{"fediverse"},
	{"contact"},
	{"letter"},
	{"lead"},
	{"course"},
	{"measure"},
	{"survey"},
	{"strategy"},
	{"plan"},
	{"govern"},
	{"report"},
	{"archive"},
	{"app"},
	{"cli", "bench"},
}

// data are packages with embedded files only.
var data = []string{"assets", "internal/db/migrations", "locales", "sample"}

// kits are what surfaces are made with, wherever their module stands.
var kits = []string{"internal/web", "internal/web/ui", "internal/web/ui/chart", "internal/web/write", "internal/api"}

// moduleOf is the part of the path that the order knows: inbox of internal/inbox/inboxweb.
func moduleOf(path string) string {
	rest, ok := strings.CutPrefix(path, "internal/")
	if !ok {
		return ""
	}
	first, _, _ := strings.Cut(rest, "/")
	return first
}

func rank(name string) int {
	return slices.IndexFunc(order, func(row []string) bool { return slices.Contains(row, name) })
}

// surface reports whether a package is the pages or the REST operations of a module.
func surface(path string) bool {
	m := moduleOf(path)
	return path == "internal/"+m+"/"+m+"web" || path == "internal/"+m+"/"+m+"api"
}

// support reports whether a package is for tests only.
func support(path string) bool {
	return path == "internal/arch" || path == "e2e" || strings.HasSuffix(path, "test") && under(path, "internal")
}

func TestImportOrder(t *testing.T) {
	t.Parallel()
	for pack, files := range packages(t) {
		if pack == "internal/arch" || pack == "e2e" || pack == "internal/depsx" {
			continue
		}
		for _, f := range files {
			for _, to := range f.imports() {
				if why := breach(pack, to); why != "" {
					t.Errorf("%s imports %s: %s", f.path, to, why)
				}
			}
		}
	}
}

// breach says why from may not import to; "" when it may.
func breach(from, to string) string {
	switch {
	case under(from, "lang"):
		if under(to, "lang") {
			return ""
		}
		return "lang is for everybody and imports nothing of ours"
	case slices.Contains(data, from):
		return "it holds files only"
	case under(to, "cmd", "e2e") || to == "internal/arch":
		return "nothing builds on it"
	case support(to) && !support(from):
		return "it is for tests only"
	case slices.Contains(data, to) || under(to, "lang"):
		return ""
	case under(from, "cmd"):
		if to == "internal/cli" || to == "internal/bench" {
			return ""
		}
		return "a command only parses, builds and runs: that is cli"
	}
	a, b := moduleOf(from), moduleOf(to)
	switch {
	case rank(a) < 0:
		return "the order does not know " + from
	case rank(b) < 0:
		return "the order does not know " + to
	case surface(to) && a != "app":
		return "only app imports surfaces"
	case a == b:
		return ""
	case surface(from) && slices.Contains(kits, to):
		return ""
	case rank(b) >= rank(a):
		return "calls go left: " + b + " does not stand before " + a
	}
	return ""
}

func TestBreach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		allowed  bool
	}{
		{"internal/inbox", "internal/channel", true},
		{"internal/channel", "internal/inbox", false},
		{"internal/org/orgweb", "internal/web", true},
		{"internal/org", "internal/web", false},
		{"internal/inbox/inboxweb", "internal/measure", false},
		{"internal/cli", "internal/inbox/inboxweb", false},
		{"internal/app", "internal/inbox/inboxweb", true},
		{"internal/inbox/inboxapi", "internal/inbox/inboxweb", false},
		{"internal/channel/feed", "internal/channel", true},
		{"internal/channel/feed", "internal/channel/channeltest", false},
		{"internal/inbox/inboxtest", "internal/people", true},
		{"internal/problem", "internal/id", false},
		{"lang/detect", "lang", true},
		{"lang", "internal/id", false},
		{"sample", "internal/id", false},
		{"internal/newcomer", "internal/id", false},
		{"cmd/entente", "internal/app", false},
	} {
		if got := breach(c.from, c.to); (got == "") != c.allowed {
			t.Errorf("%s imports %s: %q, want allowed %t", c.from, c.to, got, c.allowed)
		}
	}
}
