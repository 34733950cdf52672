package org

import (
	"errors"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/entente/entente/internal/problem"
)

const maxEmail = 254 // octets, RFC 5321 4.5.3.1.3

// checkName returns a name on one line without what hides or reorders text.
func checkName(s, field string) (string, error) {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200d' && r != '\u200c' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	clean = strings.Join(strings.Fields(clean), " ")
	if clean == "" {
		return "", problem.New(problem.Invalid, "problem.required").On(field)
	}
	if utf8.RuneCountInString(clean) > maxName {
		return "", problem.New(problem.Invalid, "problem.too_long", "Max", maxName).On(field)
	}
	return clean, nil
}

// Address returns a mail address as it is kept; field names where it was typed.
func Address(s, field string) (string, error) { return checkEmail(s, field) }

// checkEmail returns the address in lower case: two members whose addresses differ in case alone are one.
func checkEmail(s, field string) (string, error) {
	bad := problem.New(problem.Invalid, "org.bad_email").On(field)
	if !utf8.ValidString(s) {
		return "", bad // before ToLower, which would mend it
	}
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return "", problem.New(problem.Invalid, "problem.required").On(field)
	}
	if len(s) > maxEmail || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return "", bad
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" {
		return "", bad
	}
	local, domain, _ := strings.Cut(s, "@")
	if local == "" || strings.ContainsAny(local, `"`) {
		return "", bad
	}
	domain, err = idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(domain, ".") {
		return "", bad
	}
	return local + "@" + domain, nil
}

// clip shortens s to at most n bytes of whole characters.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Problems lists every problem joined in err, in order; nil when err is nil. The checks of this package say all that is wrong at once.
func Problems(err error) []*problem.Problem {
	if err == nil {
		return nil
	}
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*problem.Problem
		for _, e := range list.Unwrap() {
			out = append(out, Problems(e)...)
		}
		return out
	}
	if _, is := err.(*problem.Problem); !is {
		if inner := errors.Unwrap(err); inner != nil {
			return Problems(inner)
		}
	}
	return []*problem.Problem{problem.Of(err)}
}
