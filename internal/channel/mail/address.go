package mail

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/ledger"
)

// author reads who wrote it: From, and when that cannot be read, the next best field.
func author(h header) (ledger.Address, []ledger.Address) {
	replyTo := addresses(strings.Join(h.all("Reply-To"), ", "))
	var name string
	for _, field := range []string{"From", "Sender", "Resent-From", "Reply-To", "Return-Path"} {
		for _, v := range h.all(field) {
			if list := addresses(v); len(list) > 0 {
				if list[0].Name == "" {
					list[0].Name = name
				}
				return list[0], replyTo
			}
			if field == "From" && name == "" {
				name = displayName(v)
			}
		}
	}
	return ledger.Address{Name: name}, replyTo
}

// recipients are To and Cc without us, each once.
func recipients(h header, own Own) []ledger.Address {
	var out []ledger.Address
	seen := map[string]bool{}
	for _, v := range append(h.all("To"), h.all("Cc")...) {
		for _, a := range addresses(v) {
			if len(out) < maxPeople && !own[a.URI] && !seen[a.URI] {
				seen[a.URI] = true
				out = append(out, a)
			}
		}
	}
	return out
}

// addresses reads a list of addresses; groups are opened, what is no address is left out.
func addresses(s string) []ledger.Address {
	var out []ledger.Address
	pending := "" // a name with a comma that nobody quoted: "Martin, Léa <lea@example.org>"
	for _, piece := range splitAddresses(s) {
		if strings.TrimSpace(piece) == "" {
			continue
		}
		if !strings.Contains(piece, "@") {
			pending += piece + ","
			continue
		}
		if strings.Contains(piece, "<") {
			piece = pending + piece
		}
		pending = ""
		if a, ok := address(piece); ok {
			if out = append(out, a); len(out) >= 4*maxPeople {
				break
			}
		}
	}
	return out
}

// splitAddresses cuts at commas and semicolons outside quotes, brackets and comments, and at the colon that opens a group.
func splitAddresses(s string) []string {
	var out []string
	start, quoted, angle, comment := 0, false, false, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && (quoted || comment > 0):
			i++
		case c == '"' && comment == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			comment++
		case c == ')' && comment > 0:
			comment--
		case comment > 0:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case angle:
		case c == ',' || c == ';':
			out = append(out, s[start:i])
			start = i + 1
		case c == ':' && !strings.Contains(s[start:i], "@"):
			start = i + 1
		}
	}
	if quoted && start < len(s) && strings.Count(s, `"`) > 0 {
		// A quote that never closes would swallow the rest: read it again without quotes.
		return append(out, splitAddresses(strings.ReplaceAll(s[start:], `"`, ""))...)
	}
	return append(out, s[min(start, len(s)):])
}

func address(s string) (ledger.Address, bool) {
	name, addr := "", s
	if i := strings.LastIndexByte(s, '<'); i >= 0 {
		name = s[:i]
		addr, _, _ = strings.Cut(s[i+1:], ">")
		if j := strings.LastIndexByte(addr, ':'); j >= 0 { // an old route, or mailto:
			addr = addr[j+1:]
		}
	} else if i := strings.IndexByte(s, '('); i >= 0 {
		addr = s[:i]
		name, _, _ = strings.Cut(s[i+1:], ")")
		if strings.TrimSpace(addr) == "" {
			if j := strings.IndexByte(s, ')'); j >= 0 {
				addr = s[j+1:]
			}
		}
	}
	raw := stripComments(addr)
	if strings.Contains(s, "<") {
		raw = strings.Join(strings.Fields(raw), "") // blanks around the dots are an old freedom
	}
	addr = cleanAddress(raw)
	if addr == "" && name == "" {
		// Name and address without brackets.
		words := strings.Fields(raw)
		for i, w := range words {
			if addr = cleanAddress(w); addr != "" {
				name = strings.Join(words[:i], " ")
				break
			}
		}
	}
	if addr == "" {
		return ledger.Address{}, false
	}
	if !strings.Contains(name, `"`) {
		if bare := stripComments(name); strings.TrimSpace(bare) != "" {
			name = bare
		}
	}
	return ledger.Address{URI: identity(addr), Name: displayName(name)}, true
}

func stripComments(s string) string {
	if !strings.Contains(s, "(") {
		return s
	}
	var out strings.Builder
	depth, literally := 0, false
	for _, r := range s {
		switch {
		case literally:
			literally = false
			if depth == 0 {
				out.WriteRune(r)
			}
		case r == '\\' && depth > 0:
			literally = true
		case r == '(':
			depth++
		case r == ')' && depth > 0:
			depth--
		case depth == 0:
			out.WriteRune(r)
		}
	}
	return out.String()
}

// cleanAddress returns local@domain in lower case, or "" when s is no address that mail could be sent to.
func cleanAddress(s string) string {
	s = decodeCharset([]byte(strings.Trim(strings.TrimSpace(s), `'"<>`)), "")
	s = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), ".")
	i := strings.LastIndexByte(s, '@')
	if i <= 0 || i == len(s)-1 || len(s) > 254 {
		return ""
	}
	local, domain := strings.Trim(s[:i], `"`), s[i+1:]
	if local == "" || strings.ContainsAny(local, "@<>,;:\\\"()[]") || strings.ContainsAny(domain, "@<>,;\\\"()/?#%") {
		return ""
	}
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ""
		}
	}
	return local + "@" + domain
}

// What has a meaning of its own in a mailto: address.
var escaped = strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23", "/", "%2F")

// identity writes an address as identities are written everywhere.
func identity(addr string) string {
	i := strings.LastIndexByte(addr, '@')
	raw := "mailto:" + escaped.Replace(addr[:max(i, 0)]) + addr[max(i, 0):]
	if uri, err := channel.Identify(raw, ""); err == nil {
		return uri
	}
	return raw
}

// addressOf is the address that an identity stands for, "" when it is no mail address.
func addressOf(uri string) string {
	scheme, rest, ok := strings.Cut(uri, ":")
	if !ok || !strings.EqualFold(scheme, "mailto") {
		return ""
	}
	if plain, err := url.PathUnescape(rest); err == nil {
		rest = plain
	}
	return cleanAddress(rest)
}

// displayName reads the words beside an address.
func displayName(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, `\"`, "\x00"), `"`, "")
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\x00", `"`), `\\`, `\`)
	s = strings.Join(strings.Fields(decodeWords(s)), " ")
	if len(s) >= 2 && (s[0] == '\'' && s[len(s)-1] == '\'' || s[0] == '"' && s[len(s)-1] == '"') {
		s = s[1 : len(s)-1]
	}
	return cut(strings.TrimSpace(s), 200)
}
