package mail

import (
	netmail "net/mail"
	"strings"

	"github.com/entente/entente/internal/ledger"
)

// proof reads what the mail server that calls itself server found of where a message comes from (RFC 8601). Fields of others are not looked at:
// anybody can write them. It is nil where nothing is asked for, and says nothing where the server said nothing.
func proof(h header, server string) *ledger.Proof {
	server = strings.ToLower(strings.TrimSpace(server))
	if server == "" {
		return nil
	}
	p := &ledger.Proof{By: server}
	domain := sender(h)
	forged := false
	done := map[string]bool{} // the topmost field that names a method is the last server's; one further down may have come with the message
	for _, v := range h.all("Authentication-Results") {
		id, results, ok := authentication(v)
		if !ok { // somebody may have bent it to hide what follows
			forged = true
			break
		}
		if id != server {
			continue
		}
		seen := map[string]bool{}
		for _, r := range results {
			if done[r.method] {
				continue
			}
			seen[r.method] = true
			said := r.property["header.from"]
			switch r.method {
			case "spf":
				mark(&p.SPF, r.value)
				if r.value == "pass" && aligned(domainOf(r.property["smtp.mailfrom"]), domain) {
					p.Aligned = true
				}
			case "dkim":
				mark(&p.DKIM, r.value)
				d := r.property["header.d"]
				if d == "" {
					d = domainOf(r.property["header.i"])
				}
				if r.value == "pass" && aligned(d, domain) {
					p.Aligned = true
				}
			case "dmarc":
				mark(&p.DMARC, r.value)
				if r.value == "pass" && said != "" && said == domain {
					p.Aligned = true
				}
				forged = forged || r.value == "fail"
			case "auth":
				if r.value == "pass" {
					p.SignedIn = true
				}
			}
			forged = forged || said != "" && domain != "" && said != domain // the server and we do not read the same sender
		}
		for method := range seen {
			done[method] = true
		}
	}
	if forged || domain == "" {
		p.Aligned, p.SignedIn = false, false
	}
	return p
}

// mark keeps the best of several results of a method: one signature that holds is enough.
func mark(into *string, value string) {
	if *into == "" || value == "pass" {
		*into = value
	}
}

// sender is the domain of whoever the message says it is from, "" when that can be read in two ways: several senders, or a field twice of which a
// signature may cover the other.
func sender(h header) string {
	for _, name := range []string{"From", "To", "Cc", "Subject", "Date", "Message-ID", "Sender"} {
		n := 0
		for _, f := range h {
			if strings.EqualFold(f.name, name) {
				n++
			}
		}
		if n > 1 {
			return ""
		}
	}
	v := h.first("From")
	list, err := netmail.ParseAddressList(v)
	if err != nil || len(list) != 1 {
		return ""
	}
	address := cleanAddress(list[0].Address)
	if mine := addresses(v); address == "" || len(mine) != 1 || addressOf(mine[0].URI) != address {
		return ""
	}
	return domainOf(address)
}

func domainOf(address string) string {
	return strings.TrimSuffix(address[strings.LastIndexByte(address, '@')+1:], ".")
}

// aligned reports whether a domain that was proven stands for the sender's: the same, or one above or below it (RFC 7489, 3.1, relaxed, as far as
// that can be told without a list of public suffixes: two domains beside each other are not taken for one).
func aligned(proven, from string) bool {
	if !strings.Contains(proven, ".") || !strings.Contains(from, ".") {
		return false
	}
	return proven == from || strings.HasSuffix(from, "."+proven) || strings.HasSuffix(proven, "."+from)
}

// finding is what one method says.
type finding struct {
	method, value string
	property      map[string]string
}

const mostFindings = 40

// authentication reads a field Authentication-Results: who wrote it, and what it found. It is not ok when what others wrote into it, such as
// an address with quotes or brackets, makes it readable in two ways.
func authentication(v string) (id string, out []finding, ok bool) {
	if v, ok = uncommented(v); !ok {
		return "", nil, false
	}
	pieces := splitParams(v)
	head := strings.Fields(pieces[0])
	if len(head) == 0 || len(head) > 2 {
		return "", nil, true
	}
	id = strings.ToLower(strings.Trim(head[0], `"`))
	for _, piece := range pieces[1:] {
		words := pairs(piece)
		if len(words) == 0 || len(out) >= mostFindings {
			continue
		}
		method, _, _ := strings.Cut(words[0][0], "/")
		f := finding{method: strings.TrimSpace(method), value: words[0][1], property: map[string]string{}}
		for _, w := range words[1:] {
			if _, twice := f.property[w[0]]; !twice {
				f.property[w[0]] = w[1]
			}
		}
		out = append(out, f)
	}
	return id, out, true
}

// uncommented is a field without its comments. It is not ok when one does not end, or when a quote stands within a word: `"a@x"@y` is of y,
// and whoever stops at the quote takes it for x.
func uncommented(v string) (string, bool) {
	if len(v) > 16<<10 {
		return "", false
	}
	const apart = " \t\r\n;=("
	var out strings.Builder
	depth, quoted, ended := 0, false, false // ended: right behind a quoted string
	last := byte(' ')
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c == '\\' && (quoted || depth > 0):
			if i+1 < len(v) && quoted {
				out.WriteString(v[i : i+2])
			}
			i++
		case depth > 0:
			if c == '(' {
				depth++
			} else if c == ')' {
				depth--
			}
		case quoted:
			out.WriteByte(c)
			if c == '"' {
				quoted, ended = false, true
			}
		case ended && !strings.ContainsRune(apart, rune(c)), c == '"' && !strings.ContainsRune(apart, rune(last)):
			return "", false
		case c == '(':
			depth, ended = 1, false
			out.WriteByte(' ')
			c = ' '
		default:
			ended, quoted = false, c == '"'
			out.WriteByte(c)
		}
		last = c
	}
	return out.String(), depth == 0 && !quoted
}

// pairs reads "a=b c.d=e"; blanks around the signs and quotes are allowed. All is in lower case.
func pairs(s string) [][2]string {
	var out [][2]string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		name, rest, ok := strings.Cut(s, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || name == "" || strings.ContainsAny(name, " \t\"") {
			return out
		}
		rest = strings.TrimSpace(rest)
		value := ""
		if strings.HasPrefix(rest, `"`) {
			end := 1
			for end < len(rest) && rest[end] != '"' {
				if rest[end] == '\\' {
					end++
				}
				end++
			}
			if end >= len(rest) {
				return out
			}
			value, s = rest[1:end], rest[end+1:]
		} else {
			end := strings.IndexAny(rest, " \t")
			if end < 0 {
				end = len(rest)
			}
			value, s = rest[:end], rest[end:]
		}
		out = append(out, [2]string{name, strings.TrimSuffix(strings.ToLower(value), ".")})
	}
	return out
}
