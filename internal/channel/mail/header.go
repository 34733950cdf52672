package mail

import (
	"bytes"
	"strings"

	"github.com/entente/entente/internal/problem"
)

type field struct {
	name  string // in lower case
	value string // unfolded, bytes as they came
}

// header is the fields of a message or part, in order.
type header []field

// readHeader takes the fields off the front of raw. It forgives mbox lines, fields broken without indentation and bare line feeds.
func readHeader(raw []byte) (header, []byte, error) {
	var h header
	read := 0
	for len(raw) > 0 {
		line, rest := cutLine(raw)
		if len(bytes.Trim(line, " \t\x00")) == 0 && (len(line) == 0 || len(h) == 0 || blankBefore(rest)) {
			raw = rest
			if len(h) == 0 {
				// Blank lines before the first field are skipped, except that a part may have no header at all.
				if read == 0 && len(line) == 0 {
					return h, raw, nil
				}
				continue
			}
			return h, raw, nil
		}
		raw = rest
		if read += len(line); read > MaxHeader {
			return nil, nil, problem.New(problem.TooLarge, "mail.header_too_large", "Limit", MaxHeader>>20)
		}
		if after, mbox := bytes.CutPrefix(bytes.TrimPrefix(line, []byte(">")), []byte("From ")); mbox && len(h) == 0 && !bytes.HasPrefix(bytes.TrimSpace(after), []byte(":")) {
			continue
		}
		name, value, ok := cutField(line)
		switch {
		case ok:
			h = append(h, field{name, value})
		case len(h) > 0 && len(line) > 0:
			// Joined by a space: folding leaves the blank, and mailers that forget to indent mean one.
			last := &h[len(h)-1]
			last.value += " " + strings.TrimSpace(string(line))
		}
	}
	return h, nil, nil
}

// blankBefore tells whether a line of blanks ends the header: only when no indented line continues it.
func blankBefore(rest []byte) bool {
	return len(rest) == 0 || (rest[0] != ' ' && rest[0] != '\t')
}

func cutLine(raw []byte) (line, rest []byte) {
	i := bytes.IndexByte(raw, '\n')
	if i < 0 {
		return bytes.TrimRight(raw, "\r"), nil
	}
	return bytes.TrimRight(raw[:i], "\r"), raw[i+1:]
}

func cutField(line []byte) (string, string, bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i > 200 {
		return "", "", false
	}
	name := bytes.TrimRight(line[:i], " \t")
	if len(name) == 0 {
		return "", "", false
	}
	for _, b := range name {
		if b <= ' ' || b > '~' {
			return "", "", false
		}
	}
	return strings.ToLower(string(name)), strings.TrimSpace(string(line[i+1:])), true
}

// first is the first non-empty field of this name, as it came; a message that says something twice means the first.
func (h header) first(name string) string {
	for _, f := range h {
		if f.value != "" && strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

func (h header) all(name string) []string {
	var out []string
	for _, f := range h {
		if f.value != "" && strings.EqualFold(f.name, name) {
			out = append(out, f.value)
		}
	}
	return out
}

func (h header) has(name string) bool {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

// text is the first field of this name in readable form.
func (h header) text(name string) string { return decodeWords(h.first(name)) }

// plausible tells a mail from any other file that happens to have a line with a colon.
func (h header) plausible() bool {
	for _, f := range h {
		switch f.name {
		case "from", "to", "cc", "bcc", "subject", "date", "message-id", "received", "sender", "reply-to", "return-path", "mime-version",
			"content-type", "content-transfer-encoding", "content-disposition", "in-reply-to", "references", "delivered-to", "x-mailer":
			return true
		}
	}
	return false
}
