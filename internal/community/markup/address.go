package markup

import (
	"bytes"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	"golang.org/x/net/idna"
)

// addressParser finds addresses that were typed bare, also after French quotes and with letters that ASCII lacks.
type addressParser struct{}

// Trigger is what may stand before an address; ' ' is any white space, the head of a line and what follows another sign. A semicolon is
// left out: it ends references, which must not be cut.
func (addressParser) Trigger() []byte {
	return []byte{' ', '(', '"', '\'', ',', ':', '!', '?', '='}
}

// Parse reads http://, https://, www. and mail addresses.
func (addressParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if pc.IsInLinkLabel() {
		return nil
	}
	line, segment := block.PeekLine()
	skip := 0
	for range 6 { // a long row of them is read once from each, so it must not be read far
		r, size := utf8.DecodeRune(line[skip:])
		if !opening(r) {
			break
		}
		skip += size
	}
	rest := line[skip:]
	rest = rest[:min(len(rest), maxAddress)]
	kind, end := ast.AutoLinkURL, 0
	var protocol []byte
	switch {
	case hasScheme(rest, "https://"), hasScheme(rest, "http://"):
		end = reach(rest)
	case hasScheme(rest, "www."):
		end, protocol = reach(rest), []byte("https")
	case skip == 0 || len(rest) == 0 || !util.IsAlphaNumeric(rest[0]):
		if segment.Start > 0 && word(block.PrecendingCharacter()) || len(rest) == 0 || !util.IsAlphaNumeric(rest[0]) {
			return nil
		}
		kind, end = ast.AutoLinkEmail, mailEnd(rest)
	default:
		kind, end = ast.AutoLinkEmail, mailEnd(rest)
	}
	if end == 0 {
		return nil
	}
	if skip > 0 {
		ast.MergeOrAppendTextSegment(parent, segment.WithStop(segment.Start+skip))
	}
	block.Advance(skip + end)
	link := ast.NewAutoLink(kind, ast.NewTextSegment(text.NewSegment(segment.Start+skip, segment.Start+skip+end)))
	link.Protocol = protocol
	return link
}

// opening reports what may stand before an address.
func opening(r rune) bool {
	switch r {
	case '(', '"', '\'', ',', ':', '!', '?', '=', '«', '“', '„', '‘', '‹', '\u2014', '\u2013':
		return true
	}
	return unicode.IsSpace(r) && r != '\n' && r != '\r'
}

// hasScheme compares without regard to case; the scheme is given in lower case.
func hasScheme(b []byte, scheme string) bool {
	if len(b) <= len(scheme) {
		return false
	}
	for i := range len(scheme) {
		if c := b[i]; c != scheme[i] && (c < 'A' || c > 'Z' || c+'a'-'A' != scheme[i]) {
			return false
		}
	}
	return true
}

// reach is how far an address goes: to white space, a quote or an angle bracket, without the punctuation of the sentence around it.
func reach(b []byte) int {
	end := bytes.IndexFunc(b, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("<>\"`«»“”‹›|\\^{}", r)
	})
	if end < 0 {
		end = len(b)
	}
	open, closed := bytes.Count(b[:end], []byte("(")), bytes.Count(b[:end], []byte(")"))
	for end > 0 {
		r, size := utf8.DecodeLastRune(b[:end])
		switch r {
		case '?', '!', '.', ',', ':', ';', '*', '_', '~', '\'', '’', '…', ']', '[':
		case ')':
			if closed <= open {
				return bounded(b, end)
			}
			closed--
		default:
			return bounded(b, end)
		}
		end -= size
	}
	return 0
}

func bounded(b []byte, end int) int {
	host := b[:end]
	if i := bytes.Index(host, []byte("://")); i >= 0 {
		host = host[i+3:]
	}
	if end > maxAddress || len(host) == 0 || host[0] == '/' || host[0] == '.' {
		return 0
	}
	return end
}

// mailEnd is how many bytes of a line are a mail address.
func mailEnd(b []byte) int {
	end := util.FindEmailIndex(b)
	if end <= 0 || end > 254 {
		return 0
	}
	at := bytes.IndexByte(b[:end], '@')
	host := bytes.TrimRight(b[at+1:end], ".")
	if bytes.IndexByte(host, '.') < 0 {
		return 0
	}
	end = at + 1 + len(host)
	if end < len(b) && (b[end] == '-' || b[end] == '_') {
		return 0
	}
	return end
}

// link is an address that may be followed.
type link struct {
	href string
	host string // as machines read it, in ASCII; "" for this site and for mail
	odd  bool   // people may take the host for another: it has letters beyond ASCII, or a name and password before it
}

// follow reads an address as it was written. Only http, https and mail addresses and paths of this site are links.
func follow(raw string) (link, bool) {
	if len(raw) == 0 || len(raw) > maxAddress || strings.ContainsFunc(raw, func(r rune) bool {
		return r < ' ' || r == 0x7f || r == '\\' || r == utf8.RuneError || unicode.Is(unicode.Cf, r)
	}) {
		return link{}, false
	}
	raw = strings.TrimSpace(raw)
	if strings.HasPrefix(raw, "/") && !strings.HasPrefix(raw, "//") {
		u, err := url.Parse(raw)
		if err != nil || u.Host != "" || u.Scheme != "" {
			return link{}, false
		}
		return link{href: u.String()}, true
	}
	u, err := url.Parse(raw)
	if err != nil {
		return link{}, false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
	case "mailto":
		if mailEnd([]byte(u.Opaque)) != len(u.Opaque) || u.Opaque == "" {
			return link{}, false
		}
		return link{href: "mailto:" + u.Opaque}, true
	default:
		return link{}, false
	}
	host := u.Hostname()
	if host == "" || u.Opaque != "" {
		return link{}, false
	}
	l := link{host: strings.ToLower(host), odd: u.User != nil}
	for i := range len(host) {
		if host[i] >= utf8.RuneSelf {
			l.odd = true
		}
	}
	if l.odd {
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return link{}, false
		}
		l.host = ascii
		u.Host = ascii
		if port := u.Port(); port != "" {
			u.Host += ":" + port
		}
	}
	if strings.HasPrefix(l.host, "xn--") || strings.Contains(l.host, ".xn--") {
		l.odd = true
	}
	u.Scheme = strings.ToLower(u.Scheme)
	l.href = u.String()
	return l, len(l.href) <= 3*maxAddress
}

// claims is the host that the words of a link name, when they look like an address.
func claims(words string) string {
	words = strings.TrimSpace(strings.ToLower(words))
	words = strings.TrimPrefix(strings.TrimPrefix(words, "https://"), "http://")
	host, _, _ := strings.Cut(words, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	host, _, _ = strings.Cut(host, ":")
	dot := strings.LastIndexByte(host, '.')
	if dot <= 0 || len(host)-dot < 3 || strings.ContainsFunc(host, func(r rune) bool {
		return !word(r) && r != '.' && r != '-'
	}) || strings.ContainsFunc(host[dot+1:], func(r rune) bool { return !unicode.IsLetter(r) }) {
		return ""
	}
	return host
}
