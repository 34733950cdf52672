// Package mail decides how Entente reads and writes electronic mail: raw messages (IMAP, mbox, files) come in, and posts with their
// author, thread and own words go out; what we answer goes out over SMTP.
package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/mail/quote"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// Kind names this kind of channel.
const Kind = "mail"

// What a message may have at most; more is refused.
const (
	MaxMessage = 25 << 20 // bytes, as it was transmitted
	MaxHeader  = 1 << 20  // bytes of all header fields of the message or of a part
	MaxParts   = 200      // parts, at any depth
	MaxDepth   = 20       // multiparts inside each other
	maxText    = 1 << 20  // bytes of text kept; the rest of a longer text is cut and noted
	maxPeople  = 200      // addresses kept of To and Cc
	maxThread  = 100      // ids kept of In-Reply-To and References
	maxFiles   = 100      // attachments described
	maxSubject = 1000     // characters
)

// What Automatic says.
const (
	AutoReply = "reply"  // an answering machine
	AutoDSN   = "bounce" // a report that something could not be delivered, or is late
	AutoBulk  = "bulk"   // newsletters, lists, notifications
)

// Message is a mail as it was understood.
type Message struct {
	Said    ledger.Said
	Author  ledger.Address // URI "" when no address could be read
	At      time.Time      // zero when there was no usable date
	ReplyTo []ledger.Address
	Delayed []string // identities that a bounce says are late, not lost
	Digest  string   // of what was said, whatever way the mail took; hexadecimal
	Notes   []string // keys of sentences: what was cut or could not be read
	Beside  bool     // one of our addresses is among those it was written to
}

// Item states the message for the channel.
func (m Message) Item() channel.Item {
	return channel.Item{Said: m.Said, Author: m.Author, At: m.At, Digest: m.Digest, Beside: m.Beside}
}

// Own is the set of identities (mailto:) that are ours.
type Own map[string]bool

// NewOwn reads addresses separated by commas, semicolons or spaces; what is no address is left out.
func NewOwn(lists ...string) Own {
	o := Own{}
	for _, list := range lists {
		for _, a := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) }) {
			if addr := cleanAddress(strings.TrimPrefix(a, "mailto:")); addr != "" {
				o[identity(addr)] = true
			}
		}
	}
	return o
}

// Read is Parse for a stream; it reads at most MaxMessage and one more byte.
func Read(r io.Reader, now time.Time, own Own) (Message, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxMessage+1))
	if err != nil {
		return Message{}, problem.New(problem.Invalid, "mail.unreadable").Because(err)
	}
	return Parse(raw, now, own)
}

// Parse understands one message in RFC 5322 form, however badly it is formed. Dates later than a day after now are not believed.
// The error is a *problem.Problem with one of the keys mail.empty, mail.not_a_message, mail.too_large, mail.header_too_large,
// mail.too_many_parts and mail.too_deep. It keeps nothing of raw.
func Parse(raw []byte, now time.Time, own Own) (Message, error) { return ParseBy(raw, now, own, "") }

// ParseBy is Parse of a message that came through our mail server: what the server of that name found of the sender (Authentication-Results) is
// believed, and only what it found is. With server "" nothing is said of it.
func ParseBy(raw []byte, now time.Time, own Own, server string) (Message, error) {
	if len(raw) > MaxMessage {
		return Message{}, problem.New(problem.TooLarge, "mail.too_large", "Limit", MaxMessage>>20)
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(raw)) == 0 {
		return Message{}, problem.New(problem.Invalid, "mail.empty")
	}
	h, body, err := readHeader(raw)
	if err != nil {
		return Message{}, err
	}
	if !h.plausible() {
		return Message{}, problem.New(problem.Invalid, "mail.not_a_message")
	}
	w := walker{}
	if err := w.walk(part{header: h, body: body}, 0, "text/plain"); err != nil {
		return Message{}, err
	}
	m := Message{Digest: digest(h, body)}
	said := &m.Said
	said.Kind, said.Direct, said.Private = "mail", true, true

	m.Author, m.ReplyTo = author(h)
	said.AuthorName = m.Author.Name
	said.Proof = proof(h, server)
	said.Ours = own[m.Author.URI] && (said.Proof == nil || said.Proof.Aligned || said.Proof.SignedIn)
	said.Title = cut(strings.Join(strings.Fields(h.text("Subject")), " "), maxSubject)
	said.To = recipients(h, own)
	for _, a := range addresses(strings.Join(append(h.all("To"), h.all("Cc")...), ", ")) {
		m.Beside = m.Beside || own[a.URI]
	}
	said.Lang = language(h.first("Content-Language"))
	m.At = when(h, now)

	said.ExternalID = messageID(h)
	if said.ExternalID == "" {
		said.ExternalID = "hash:" + m.Digest
	}
	said.InReplyTo = thread(h, said.ExternalID)

	text := w.text()
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
		w.note("mail.text_cut")
	}
	split := quote.Take(text)
	said.Text, said.Quoted = split.Said, split.Quoted
	if split.Said == "" && split.Forwarded {
		said.Text, said.Quoted = strings.TrimSpace(text), ""
	}
	said.Attachments = w.files
	m.Notes = w.notes
	m.recognise(h, &w, own)
	if said.Automatic == AutoDSN {
		said.Text, said.Quoted = strings.TrimSpace(text), "" // mail systems mark transcripts like quotations
	}
	if said.Automatic == AutoBulk && listed(h) {
		said.Private = false
	}
	return m, nil
}

// digest is over what does not change on the way: servers add fields and change line ends.
func digest(h header, body []byte) string {
	sum := sha256.New()
	for _, name := range []string{"From", "Date", "Subject", "Content-Type"} {
		sum.Write([]byte(strings.Join(strings.Fields(h.first(name)), " ")))
		sum.Write([]byte{0})
	}
	for len(body) > 0 {
		line, rest, _ := bytes.Cut(body, []byte{'\n'})
		body = rest
		sum.Write(bytes.TrimRight(line, "\r"))
		if len(bytes.TrimSpace(rest)) > 0 {
			sum.Write([]byte{'\n'})
		} else {
			break
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

func cut(s string, max int) string {
	n := 0
	for i := range s {
		if n == max {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// language takes the first tag of a Content-Language field when it is formed like one.
func language(s string) string {
	s, _, _ = strings.Cut(s, ",")
	s = strings.ToLower(strings.TrimSpace(s))
	if len(s) < 2 || len(s) > 12 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ""
	}
	return s
}
