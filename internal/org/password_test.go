package org

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"unicode/utf8"

	"github.com/entente/entente/internal/problem"
)

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]string{
		"":                                "problem.required",
		"short":                           "org.password_short",
		"éééééé":                          "org.password_short",
		strings.Repeat("long ", 100):      "org.password_long",
		"with a \x00 byte":                "org.password_form",
		"not \xff utf-8":                  "org.password_form",
		"password123":                     "org.password_common",
		"P@ssword2026":                    "org.password_common",
		"Motdepasse!1":                    "org.password_common",
		"azertyuiop":                      "org.password_common",
		"aaaaaaaaaaaa":                    "org.password_common",
		"abababababab":                    "org.password_common",
		"23456789:;":                      "org.password_common",
		"zyxwvutsrq":                      "org.password_common",
		"ada.morel@velo.example":          "org.password_own",
		"ada.morel2026":                   "org.password_own",
		"Ada Morel 12":                    "org.password_own",
		"velolumiere1":                    "org.password_own",
		"pignon libre":                    "",
		"correct horse battery staple":    "org.password_common",
		"le cheval mange la pile correct": "",
		"密码密码密码密码长一点":                     "",
		"Dérailleur arrière 7":            "",
	} {
		err := checkPassword(password, "ada.morel@velo.example", "Ada Morel", "Vélo Lumière")
		got := ""
		if err != nil {
			got = problem.Of(err).Key
		}
		if got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	v := newVault(hashMemory)
	ctx := t.Context()
	h, err := v.hash(ctx, "Dérailleur")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := v.hash(ctx, "Dérailleur")
	if h == again || !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("hashes %s and %s", h, again)
	}
	for _, c := range []struct {
		password, hash string
		want           bool
	}{
		{"Dérailleur", h, true},
		{"De\u0301railleur", h, true}, // the same letters, composed otherwise
		{"dérailleur", h, false},
		{"", h, false},
		{"Dérailleur", "", false},
		{"", "", false},
		{strings.Repeat("x", 1<<20), h, false},
	} {
		if got, err := v.same(ctx, c.password, c.hash); err != nil || got != c.want {
			t.Errorf("same(%.20q, %.10q) = %v, %v", c.password, c.hash, got, err)
		}
	}
}

// However many ask, two are served at once, some wait, and the rest are told to come back.
func TestHashesAreFewAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := newVault(hashMemory)
		first, err := v.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second, err := v.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		gone, cancel := context.WithCancel(t.Context())
		for range maxWaiting {
			go func() {
				if release, err := v.turn(gone); err == nil {
					release()
					t.Error("a third was let in")
				}
			}()
		}
		synctest.Wait()
		if _, err := v.turn(t.Context()); !problem.Is(err, problem.Busy) {
			t.Errorf("one too many: %v", err)
		}
		cancel()
		synctest.Wait()
		first()
		second()
		if release, err := v.turn(t.Context()); err != nil {
			t.Error(err)
		} else {
			release()
		}
	})
}

func FuzzParseHash(f *testing.F) {
	f.Add(encodeHash(hashMemory, make([]byte, 16), make([]byte, 32)))
	f.Add("$argon2id$v=19$m=4294967295,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=19456,t=2,p=0$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHash(s)
		if err == nil && (h.memory > 256*1024 || h.passes > 16 || h.lanes < 1 || len(h.sum) < 16 || len(h.salt) < 8) {
			t.Fatalf("accepted %q as %+v", s, h)
		}
	})
}

func FuzzWhatPeopleType(f *testing.F) {
	f.Add("Ada <ada@velo.example>")
	f.Add("a@b.c\r\nBcc: x")
	f.Add("\u202eevil\u202c")
	f.Add("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1")
	f.Add("\xff\xfe\x00")
	f.Fuzz(func(t *testing.T, s string) {
		if name, err := checkName(s, "name"); err == nil {
			if again, err := checkName(name, "name"); err != nil || again != name || strings.ContainsAny(name, "\x00\n\r\u202e") || !utf8.ValidString(name) {
				t.Fatalf("name %q of %q is not clean", name, s)
			}
		}
		if email, err := checkEmail(s, "email"); err == nil {
			if again, err := checkEmail(email, "email"); err != nil || again != email || strings.ContainsAny(email, " \x00\n\r<>,") || strings.Count(email, "@") != 1 {
				t.Fatalf("address %q of %q is not clean", email, s)
			}
		}
		if a := agentName(s); len(a) > 120*4 || strings.ContainsAny(a, "\x00\n") || !utf8.ValidString(a) {
			t.Fatalf("agent %q", a)
		}
		if c := clip(s, 10); len(c) > 10 || !utf8.ValidString(c) {
			t.Fatalf("clip %q", c)
		}
		origin(s)
		KnownZone(s)
		checkPassword(s, s)
		Organisation{Name: s, Lang: s, Zone: s, URL: s, Addresses: []string{s}}.checked("name")
	})
}

func TestAgentName(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"": "",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0":        "Edge · Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15":            "Safari · macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile Safari/604.1": "Safari · iPhone",
		"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36":            "Chrome · Android",
		"curl/8.5.0":   "curl",
		"weird\nthing": "weird thing",
	} {
		if got := agentName(agent); got != want {
			t.Errorf("%q: %q, want %q", agent, got, want)
		}
	}
}
