package mail

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// bounced finds out whether the message reports on the delivery of another one (RFC 3464, or free text), and about whom.
func (m *Message) bounced(h header, w *walker, own Own) bool {
	from := addressOf(m.Author.URI)
	local, _, _ := strings.Cut(from, "@")
	daemon := local == "mailer-daemon" || local == "postmaster" || local == "mail-daemon" || local == "maildaemon"
	subject := dsnSubject.MatchString(m.Said.Title)
	failedTo := strings.Join(h.all("X-Failed-Recipients"), ", ")
	plain := (daemon || nullPath(h)) && subject || daemon && nullPath(h) || failedTo != "" && (daemon || subject)
	if !w.report && !plain {
		return false
	}
	if w.report && len(w.status) == 0 && !plain {
		// A report of another type, or one that lost its status: only believable from a mail system.
		return false
	}
	late := regexpLate.MatchString(m.Said.Title)
	var failed, delayed []string
	for _, raw := range w.status {
		for _, r := range statuses(raw) {
			switch r.action {
			case "failed":
				failed = appendNew(failed, r.address)
			case "delayed":
				delayed = appendNew(delayed, r.address)
			case "":
				if strings.HasPrefix(r.status, "5") || r.status == "" {
					failed = appendNew(failed, r.address)
				} else if strings.HasPrefix(r.status, "4") {
					delayed = appendNew(delayed, r.address)
				}
			}
		}
	}
	if len(w.status) == 0 || len(failed)+len(delayed) == 0 && plain {
		var found []string
		for _, a := range addresses(failedTo) {
			found = appendNew(found, addressOf(a.URI))
		}
		if len(found) == 0 {
			found = mentioned(m.Said.Text+"\n"+m.Said.Quoted, own, from)
		}
		if late || regexpLate.MatchString(firstLines(m.Said.Text, 12)) && !regexpGone.MatchString(m.Said.Text) {
			delayed = found
		} else {
			failed = found
		}
	}
	for _, a := range failed {
		m.Said.Bounced = append(m.Said.Bounced, identity(a))
	}
	for _, a := range delayed {
		if !slices.Contains(failed, a) {
			m.Delayed = append(m.Delayed, identity(a))
		}
	}
	// It belongs to the conversation of the message that bounced.
	for _, about := range w.about {
		if id := messageID(about); id != "" && id != m.Said.ExternalID && !slices.Contains(m.Said.InReplyTo, id) {
			m.Said.InReplyTo = append([]string{id}, m.Said.InReplyTo...)
		}
	}
	return true
}

var (
	regexpLate = regexp.MustCompile(`(?i)delay|will (?:keep|continue|be retried)|still trying|retard|nouvelle tentative|not been delivered yet|warning message only|warning: (?:message|could not)`)
	regexpGone = regexp.MustCompile(`(?i)permanent|giving up|définiti|abandon`)
	regexpAddr = regexp.MustCompile(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}\.[A-Za-z]{2,24}`)
)

type recipientStatus struct {
	address string
	action  string
	status  string
}

// statuses reads the groups of fields of a delivery status. The first group is about the message, the others about one recipient each.
func statuses(raw []byte) []recipientStatus {
	var out []recipientStatus
	for len(bytes.TrimSpace(raw)) > 0 && len(out) < MaxParts {
		for {
			line, rest := cutLine(raw)
			if len(bytes.TrimSpace(line)) > 0 || len(raw) == 0 {
				break
			}
			raw = rest
		}
		h, rest, err := readHeader(raw)
		if err != nil || len(rest) >= len(raw) {
			break
		}
		raw = rest
		r := recipientStatus{
			action: strings.ToLower(strings.TrimSpace(stripComments(h.first("Action")))),
			status: strings.TrimSpace(stripComments(h.first("Status"))),
		}
		// Who was written to, rather than where that was forwarded.
		for _, name := range []string{"Original-Recipient", "Final-Recipient"} {
			v := h.first(name)
			if _, after, ok := strings.Cut(v, ";"); ok {
				v = after
			}
			if r.address = cleanAddress(xtext(v)); r.address != "" {
				break
			}
		}
		if r.address != "" {
			out = append(out, r)
		}
	}
	return out
}

// xtext undoes RFC 3461's "+XX".
func xtext(s string) string {
	if !strings.Contains(s, "+") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '+' && i+2 < len(s) && strings.ToUpper(s[i+1:i+3]) == s[i+1:i+3] && hexByte(s[i+1], s[i+2]) >= ' ' {
			out = append(out, byte(hexByte(s[i+1], s[i+2])))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}

// mentioned lists the addresses in the words of a mail system, before the copy of the message starts.
func mentioned(text string, own Own, from string) []string {
	var out []string
	for _, line := range strings.SplitN(text, "\n", 60) {
		low := strings.ToLower(line)
		if strings.Contains(low, "copy of the message") || strings.Contains(low, "original message") || strings.Contains(low, "message d'origine") ||
			strings.Contains(low, "message headers") || strings.HasPrefix(low, "received:") || strings.HasPrefix(low, "return-path:") {
			break
		}
		for _, a := range regexpAddr.FindAllString(line, 5) {
			a = cleanAddress(a)
			local, _, _ := strings.Cut(a, "@")
			if a == "" || a == from || own[identity(a)] || local == "postmaster" || local == "mailer-daemon" {
				continue
			}
			if out = appendNew(out, a); len(out) >= 20 {
				return out
			}
		}
	}
	return out
}

func firstLines(s string, n int) string {
	lines := strings.SplitN(s, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
