package channel

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"github.com/entente/entente/internal/problem"
)

// maxIdentity is the most bytes an identity may have.
const maxIdentity = 500

// Identify gives the one form of an identity, so that the same address is written the same way everywhere: mailto: and acct: in lower
// case, https: with the host in lower case, tel: in E.164, postal: folded. An address without a scheme is taken for what it looks like.
// region is the country of phone numbers written without one, such as "FR", or "". What is no identity is refused; so are the schemes
// member: and channel:, which only we may say.
func Identify(raw, region string) (string, error) {
	s := strings.TrimSpace(raw)
	bad := problem.New(problem.Invalid, "channel.bad_identity", "URI", clean(s, 100))
	if s == "" || len(s) > maxIdentity || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", bad
	}
	scheme, rest, named := strings.Cut(s, ":")
	if !named || strings.ContainsAny(scheme, "@ +/.") {
		scheme, rest = guess(s)
		named = false
	}
	var out string
	switch strings.ToLower(scheme) {
	case "mailto":
		if named {
			rest, _, _ = strings.Cut(rest, "?")
			if plain, err := url.PathUnescape(rest); err == nil {
				rest = plain
			}
		}
		out = address("mailto:", rest)
	case "acct":
		if plain, err := url.PathUnescape(rest); err == nil {
			rest = plain
		}
		out = address("acct:", strings.TrimPrefix(rest, "@"))
	case "https", "http":
		out = page(rest)
	case "tel":
		out = phone(rest, region)
	case "postal":
		if text := strings.Join(strings.Fields(fold(rest)), " "); len(text) > 3 {
			out = "postal:" + text
		}
	}
	if out == "" || len(out) > maxIdentity {
		return "", bad
	}
	return out, nil
}

func guess(s string) (scheme, rest string) {
	switch {
	case strings.HasPrefix(s, "@") && strings.Count(s, "@") == 2:
		return "acct", s
	case strings.Contains(s, "@") && !strings.Contains(s, "/"):
		return "mailto", s
	case strings.Trim(s, "+0123456789 ().-/") == "":
		return "tel", s
	}
	return "", ""
}

// fold lower-cases and composes; twice, because lower case of a composed letter may be a decomposed one.
func fold(s string) string { return norm.NFC.String(strings.ToLower(norm.NFC.String(s))) }

// address writes local@domain after scheme. Local parts are case-sensitive by the letter of RFC 5321; no mailbox in use is.
func address(scheme, s string) string {
	s = fold(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 {
		return ""
	}
	local, host := s[:at], domain(s[at+1:])
	if host == "" || len(local) > 64 || strings.ContainsAny(local, ` "(),:;<>@[\]`) || strings.ContainsFunc(local, hidden) ||
		strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") && scheme == "acct:" {
		return ""
	}
	return scheme + strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23", "/", "%2F").Replace(local) + "@" + host
}

func hidden(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError }

// domain writes a host name in its ASCII form, "" when it is none.
func domain(s string) string {
	s = strings.TrimSuffix(s, ".")
	out, err := idna.Lookup.ToASCII(s)
	if err != nil || out == "" || strings.HasSuffix(out, ".") || len(out) > 253 || strings.ContainsAny(out, " /@:[]") {
		return ""
	}
	again, err := idna.Lookup.ToASCII(out)
	if err != nil || again != out {
		return ""
	}
	return out
}

func page(rest string) string {
	u, err := url.Parse("https:" + rest)
	if err != nil || u.Host == "" || u.User != nil || u.Opaque != "" {
		return ""
	}
	host, port := u.Hostname(), u.Port()
	if strings.Contains(host, ":") { // an IPv6 address
		host = "[" + strings.ToLower(host) + "]"
		if strings.ContainsAny(host, "% ") {
			return ""
		}
	} else if host = domain(host); host == "" {
		return ""
	}
	if port != "" && port != "443" && port != "80" {
		host += ":" + port
	}
	u.Host = host
	if u.Path == "" {
		u.Path = "/"
	}
	out := u.String()
	// A text that reads differently the second time names nothing reliably.
	if v, err := url.Parse(out); err != nil || v.String() != out {
		return ""
	}
	return out
}

func phone(rest, region string) string {
	if plain, err := url.PathUnescape(rest); err == nil {
		rest = plain
	}
	rest, _, _ = strings.Cut(rest, ";")
	n, err := phonenumbers.Parse(rest, strings.ToUpper(region))
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return ""
	}
	out := phonenumbers.Format(n, phonenumbers.E164)
	again, err := phonenumbers.Parse(out, "")
	if err != nil || phonenumbers.Format(again, phonenumbers.E164) != out {
		return ""
	}
	return "tel:" + out
}
