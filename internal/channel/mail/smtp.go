package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"time"

	gomail "github.com/emersion/go-message/mail"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"golang.org/x/net/idna"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/problem"
)

// postman is a connection over which mail may be sent.
type postman struct {
	*smtp.Client
	conn *bounded
	stop func() bool
}

func (p *postman) close() {
	p.stop()
	_ = p.Client.Close()
}

// post connects and signs in where mail is sent. The connection is closed when ctx ends.
func (s *session) post(ctx context.Context) (*postman, error) {
	if s.smtp.host == "" {
		return nil, fault(channel.Refused, problem.New(problem.Invalid, "mail.no_smtp").On(fieldSMTPHost))
	}
	conn, err := s.dial(ctx, s.smtp)
	if err != nil {
		return nil, err
	}
	p := &postman{conn: conn, stop: context.AfterFunc(ctx, func() { _ = conn.Close() })}
	p.Client = smtp.NewClient(conn)
	p.CommandTimeout, p.SubmissionTimeout = answerFor, deliverFor
	_, domain, _ := strings.Cut(s.from, "@")
	if host, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = host
	}
	if s.smtp.security == securityStartTLS {
		secured, err := smtp.NewClientStartTLS(conn, s.tls(s.smtp))
		if err != nil {
			p.close()
			return nil, smtpFault(fmt.Errorf("secure the connection to %s: %w", s.smtp.address(), err), false)
		}
		p.Client = secured
		p.CommandTimeout, p.SubmissionTimeout = answerFor, deliverFor
	}
	if err := p.Hello(domain); err != nil {
		p.close()
		return nil, smtpFault(fmt.Errorf("greet %s: %w", s.smtp.address(), err), false)
	}
	s.learnSize(p.Extension("SIZE"))
	if s.smtp.user != "" {
		if err := p.signIn(s.smtp); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

func (p *postman) signIn(to server) error {
	_, offered := p.Extension("AUTH")
	var mechanism sasl.Client
	for _, m := range strings.Fields(strings.ToUpper(offered)) {
		if m == "PLAIN" {
			mechanism = sasl.NewPlainClient("", to.user, to.password)
			break
		}
		if m == "LOGIN" {
			mechanism = sasl.NewLoginClient(to.user, to.password)
		}
	}
	if mechanism == nil {
		return fault(channel.Refused, fmt.Errorf("sign in to %s: the server offers no way that we know (%q)", to.address(), offered))
	}
	if err := p.Auth(mechanism); err != nil {
		return smtpFault(fmt.Errorf("sign in to %s: %w", to.address(), err), true)
	}
	return nil
}

// Send sends one message. It is only repeated by the caller when the fault says so: after the end of the message was sent and until the
// server answered, nobody knows whether it was taken.
func (s *session) Send(ctx context.Context, out channel.Outgoing) (channel.Receipt, error) {
	raw, id, to, err := s.compose(out)
	if err != nil {
		return channel.Receipt{}, fault(channel.Refused, err)
	}
	p, err := s.post(ctx)
	if err != nil {
		return channel.Receipt{}, err
	}
	defer p.close()
	if most := s.most.Load(); most > 0 && int64(len(raw)) > most {
		return channel.Receipt{}, fault(channel.Refused, problem.New(problem.TooLarge, "mail.too_large", "Limit", max(most>>20, 1)))
	}
	var opts smtp.MailOptions
	for _, a := range append([]string{s.from}, to...) {
		if !isASCII(a) {
			if ok, _ := p.Extension("SMTPUTF8"); !ok {
				return channel.Receipt{}, fault(channel.Refused, problem.New(problem.Invalid, "mail.bad_address", "Address", a))
			}
			opts.UTF8 = true
		}
	}
	from, _ := envelope(s.from)
	if err := p.Mail(from, &opts); err != nil {
		return channel.Receipt{}, smtpFault(fmt.Errorf("offer a message from %s: %w", from, err), false)
	}
	for _, a := range to {
		if err := p.Rcpt(a, nil); err != nil {
			return channel.Receipt{}, smtpFault(fmt.Errorf("offer a message to %s: %w", a, err), false)
		}
	}
	w, err := p.Data()
	if err != nil {
		return channel.Receipt{}, smtpFault(fmt.Errorf("begin the message: %w", err), false)
	}
	if _, err := w.Write(raw); err != nil {
		return channel.Receipt{}, fault(channel.Temporary, fmt.Errorf("write the message: %w", err))
	}
	if err := w.Close(); err != nil {
		var said *smtp.SMTPError
		if !errors.As(err, &said) {
			return channel.Receipt{}, fault(channel.Uncertain, fmt.Errorf("wait for the word that %s was taken: %w", id, err))
		}
		return channel.Receipt{}, smtpFault(fmt.Errorf("send the message: %w", err), false)
	}
	_ = p.Quit()
	return channel.Receipt{ExternalID: id, At: s.world.Clock()}, nil
}

// learnSize keeps the most bytes the server takes (RFC 1870); 0 stands for no limit.
func (s *session) learnSize(offered bool, size string) {
	if n, err := strconv.ParseInt(strings.TrimSpace(size), 10, 64); offered && err == nil && n > 0 {
		s.most.Store(n)
	}
}

// headerRoom is what the header of a message may take of its size: fifty addressees and thirty references.
const headerRoom = 16 << 10

// Limits tells how long a text may be: quoted-printable makes twelve bytes of a letter at worst, three for each of its bytes, but that
// is an emoji; letters with accents make six.
func (s *session) Limits() channel.Limits {
	most := s.most.Load()
	if most == 0 {
		return channel.Limits{}
	}
	return channel.Limits{MaxLength: int(max(most-headerRoom, 1024) / 6)}
}

// smtpFault sorts answers by RFC 5321 and RFC 3463.
func smtpFault(err error, signing bool) error {
	var said *smtp.SMTPError
	if !errors.As(err, &said) {
		var protocol *textproto.Error
		if errors.As(err, &protocol) {
			said = &smtp.SMTPError{Code: protocol.Code, Message: protocol.Msg}
		} else {
			return fault(secureKind(err), err)
		}
	}
	words := strings.ToLower(said.Message)
	switch {
	case said.Code == 535 || said.Code == 534 || said.Code == 530 || signing && said.Code >= 500:
		return fault(channel.Unauthorised, err)
	case said.Code >= 400 && said.Code < 500:
		if said.EnhancedCode == (smtp.EnhancedCode{4, 7, 0}) || said.EnhancedCode == (smtp.EnhancedCode{4, 7, 28}) || said.EnhancedCode == (smtp.EnhancedCode{4, 4, 5}) ||
			strings.Contains(words, "too many") || strings.Contains(words, "rate limit") || strings.Contains(words, "throttl") {
			return &channel.Fault{Kind: channel.Throttled, After: 10 * time.Minute, Err: err}
		}
		return fault(channel.Temporary, err)
	case said.Code >= 500:
		return fault(channel.Refused, err)
	}
	return fault(channel.Temporary, err)
}

var (
	plainKey   = regexp.MustCompile(`^[A-Za-z0-9._+=-]{1,120}$`)
	distinctID = regexp.MustCompile(`#[0-9a-f]{12}$`)
	replied    = regexp.MustCompile(`(?i)^\s*(?:re|ré|r[ée]p|aw|sv|antw)\s*(?:\[\d+\])?\s?:`)
)

// idOf is the Message-ID of what is sent under a key, without brackets: the same key always gives the same id.
func (s *session) idOf(key string) string {
	if !plainKey.MatchString(key) {
		sum := sha256.Sum256([]byte(key))
		key = hex.EncodeToString(sum[:16])
	}
	_, domain, _ := strings.Cut(s.from, "@")
	if host, err := idna.Lookup.ToASCII(domain); err == nil {
		domain = host
	}
	return key + "@" + domain
}

// compose writes the message; it also returns its id and whom it goes to. Nothing may break a line of the header.
func (s *session) compose(out channel.Outgoing) (raw []byte, id string, to []string, err error) {
	for _, v := range append([]string{out.Key, out.Subject, out.AuthorName, out.InReplyTo}, out.References...) {
		if strings.ContainsAny(v, "\r\n\x00") {
			return nil, "", nil, problem.New(problem.Invalid, "mail.line_break")
		}
	}
	if out.Key == "" {
		return nil, "", nil, problem.New(problem.Invalid, "mail.no_key")
	}
	var h gomail.Header
	sender, err := envelope(s.from)
	if err != nil {
		return nil, "", nil, err
	}
	h.SetAddressList("From", []*gomail.Address{{Name: s.speaker(out.AuthorName), Address: sender}})
	var list []*gomail.Address
	for _, a := range out.To {
		if strings.ContainsAny(a.URI+a.Name, "\r\n\x00") {
			return nil, "", nil, problem.New(problem.Invalid, "mail.line_break")
		}
		addr := addressOf(a.URI)
		if addr == "" {
			return nil, "", nil, problem.New(problem.Invalid, "mail.bad_address", "Address", a.URI)
		}
		if addr, err = envelope(addr); err != nil {
			return nil, "", nil, err
		}
		to = append(to, addr)
		list = append(list, &gomail.Address{Name: a.Name, Address: addr})
	}
	if len(to) == 0 {
		return nil, "", nil, problem.New(problem.Invalid, "mail.nobody")
	}
	if len(to) > 50 {
		return nil, "", nil, problem.New(problem.Invalid, "mail.too_many_people", "Limit", 50)
	}
	h.SetAddressList("To", list)
	subject := strings.TrimSpace(out.Subject)
	if out.InReplyTo != "" && !replied.MatchString(subject) {
		subject = strings.TrimSpace("Re: " + subject)
	}
	h.SetSubject(subject)
	id = s.idOf(out.Key)
	h.SetMessageID(id)
	date := out.At
	if date.IsZero() {
		date = s.world.Clock()
	}
	h.SetDate(date)
	// The first one names the thread, the last ones its end; what lies between may go.
	refs := sentIDs(append(append([]string{}, out.References...), out.InReplyTo))
	if len(refs) > 30 {
		refs = append(refs[:1:1], refs[len(refs)-29:]...)
	}
	if len(refs) > 0 {
		h.SetMsgIDList("References", refs)
	}
	if answered := sentIDs([]string{out.InReplyTo}); len(answered) > 0 {
		h.SetMsgIDList("In-Reply-To", answered)
	}
	h.Set("MIME-Version", "1.0")
	h.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	var buf bytes.Buffer
	w, err := gomail.CreateSingleInlineWriter(&buf, h)
	if err != nil {
		return nil, "", nil, fmt.Errorf("write the header: %w", err)
	}
	text := strings.ToValidUTF8(strings.ReplaceAll(out.Text, "\r\n", "\n"), "\uFFFD")
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return nil, "", nil, fmt.Errorf("write the text: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, "", nil, fmt.Errorf("write the text: %w", err)
	}
	if buf.Len() > MaxMessage {
		return nil, "", nil, problem.New(problem.TooLarge, "mail.too_large", "Limit", MaxMessage>>20)
	}
	return buf.Bytes(), id, to, nil
}

// speaker is the member's name with the organisation's.
func (s *session) speaker(member string) string {
	member = strings.TrimSpace(member)
	switch {
	case member == "":
		return s.name
	case s.name == "":
		return member
	}
	return member + " (" + s.name + ")"
}

// envelope writes an address as mail servers read it.
func envelope(a string) (string, error) {
	i := strings.LastIndexByte(a, '@')
	if i <= 0 {
		return "", problem.New(problem.Invalid, "mail.bad_address", "Address", a)
	}
	domain, err := idna.Lookup.ToASCII(a[i+1:])
	if err != nil {
		return "", problem.New(problem.Invalid, "mail.bad_address", "Address", a).Because(err)
	}
	return a[:i+1] + domain, nil
}

// sentIDs keeps external ids that were Message-IDs, each once, as they were sent.
func sentIDs(ids []string) []string {
	var out []string
	for _, id := range ids {
		id = distinctID.ReplaceAllString(id, "")
		if id == "" || strings.HasPrefix(id, "hash:") || !isASCII(id) || len(id) > maxID || strings.ContainsAny(id, "<> \t\"\\") {
			continue
		}
		out = appendNew(out, id)
	}
	return out
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] > '~' || s[i] < ' ' {
			return false
		}
	}
	return true
}
