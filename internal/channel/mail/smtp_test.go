package mail

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

func problemOf(err error) *problem.Problem {
	var p *problem.Problem
	errors.As(err, &p)
	return p
}

// smtpBox is a mail server in this process that keeps what it is given.
type smtpBox struct {
	address string
	mu      sync.Mutex
	got     []delivery
	refuse  error // the answer to the end of a message
	rcpt    error
	server  *smtp.Server
}

type delivery struct {
	from string
	to   []string
	raw  string
}

type smtpSession struct {
	box *smtpBox
	cur delivery
}

func (s *smtpSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *smtpSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "contact@velo.example" || password != "sésame" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}
func (s *smtpSession) Mail(from string, _ *smtp.MailOptions) error { s.cur.from = from; return nil }
func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.cur.to = append(s.cur.to, to)
	return s.box.rcpt
}
func (s *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	if s.box.refuse != nil {
		return s.box.refuse
	}
	s.cur.raw = string(raw)
	s.box.got = append(s.box.got, s.cur)
	return nil
}
func (s *smtpSession) Reset()        { s.cur = delivery{} }
func (s *smtpSession) Logout() error { return nil }

func newSMTP(t *testing.T) *smtpBox {
	t.Helper()
	box := &smtpBox{}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &smtpSession{box: box}, nil }))
	srv.AllowInsecureAuth, srv.Domain = true, "mx.velo.example"
	srv.ErrorLog = quiet{}
	box.server = srv
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	box.address = l.Addr().String()
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); _ = l.Close(); <-done })
	return box
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func sendSettings(smtpAddr string) channel.Settings {
	s := mailSettings("imap.velo.example")
	s[fieldSMTPHost], s[fieldSMTPSecurity], s[fieldSMTPUser], s[fieldSMTPPassword] = smtpAddr, securityNone, "contact@velo.example", "sésame"
	return s
}

func reply() channel.Outgoing {
	return channel.Outgoing{Key: "01ABC", InReplyTo: "q1@client.example", References: []string{"q0@client.example", "hash:123"},
		To: []ledger.Address{{URI: "mailto:max@client.example", Name: "Max Müller"}}, Subject: "Mon vélo grince – encore",
		Text: "Bonjour,\n\n.un point au début\nÀ bientôt — Léa\n" + strings.Repeat("très long ", 40), AuthorName: "Léa Martin", At: noon}
}

func TestSend(t *testing.T) {
	t.Parallel()
	box := newSMTP(t)
	s := openSession(t, sendSettings(box.address))
	receipt, err := s.Send(t.Context(), reply())
	if err != nil {
		t.Fatal(err)
	}
	if receipt.ExternalID != "01ABC@velo.example" {
		t.Error(receipt.ExternalID)
	}
	if len(box.got) != 1 {
		t.Fatalf("%d messages arrived", len(box.got))
	}
	got := box.got[0]
	if got.from != "contact@velo.example" || len(got.to) != 1 || got.to[0] != "max@client.example" {
		t.Errorf("envelope: %+v", got)
	}
	for i, c := range got.raw {
		if c > 126 {
			t.Fatalf("byte %d is not ASCII", i)
		}
	}
	for _, l := range strings.Split(got.raw, "\r\n") {
		if len(l) > 998 || strings.Contains(l, "\n") {
			t.Errorf("bad line %q", l)
		}
	}
	m, err := Parse([]byte(got.raw), noon, s.own)
	if err != nil {
		t.Fatal(err)
	}
	out := reply()
	want := ledger.Said{ExternalID: "01ABC@velo.example", Kind: "mail", AuthorName: "Léa Martin (Bruyère Cycles)", Title: "Re: Mon vélo grince – encore",
		Text: strings.TrimSpace(out.Text), InReplyTo: []string{"q1@client.example", "q0@client.example"}, Direct: true, Private: true, Ours: true,
		To: []ledger.Address{{URI: "mailto:max@client.example", Name: "Max Müller"}}}
	if d := cmp.Diff(want, m.Said); d != "" {
		t.Error(d)
	}
	if !m.At.Equal(noon) || m.Author.URI != "mailto:contact@velo.example" {
		t.Errorf("%v %v", m.At, m.Author)
	}
}

func TestSendFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*smtpBox, channel.Settings, *channel.Outgoing)
		want   channel.FaultKind
	}{
		{"nobody there", func(_ *smtpBox, s channel.Settings, _ *channel.Outgoing) { s[fieldSMTPHost] = "127.0.0.1:1" }, channel.Temporary},
		{"no server set", func(_ *smtpBox, s channel.Settings, _ *channel.Outgoing) { s[fieldSMTPHost] = "" }, channel.Refused},
		{"wrong password", func(_ *smtpBox, s channel.Settings, _ *channel.Outgoing) { s[fieldSMTPPassword] = "nope" }, channel.Unauthorised},
		{"busy", func(b *smtpBox, _ channel.Settings, _ *channel.Outgoing) {
			b.refuse = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}
		}, channel.Temporary},
		{"too fast", func(b *smtpBox, _ channel.Settings, _ *channel.Outgoing) {
			b.refuse = &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "Too many messages"}
		}, channel.Throttled},
		{"spam", func(b *smtpBox, _ channel.Settings, _ *channel.Outgoing) {
			b.refuse = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "no"}
		}, channel.Refused},
		{"unknown there", func(b *smtpBox, _ channel.Settings, _ *channel.Outgoing) {
			b.rcpt = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "who?"}
		}, channel.Refused},
		{"greylisted", func(b *smtpBox, _ channel.Settings, _ *channel.Outgoing) {
			b.rcpt = &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "greylisted"}
		}, channel.Temporary},
		{"line break in the subject", func(_ *smtpBox, _ channel.Settings, o *channel.Outgoing) { o.Subject = "x\r\nBcc: all@client.example" }, channel.Refused},
		{"line break in the name", func(_ *smtpBox, _ channel.Settings, o *channel.Outgoing) { o.AuthorName = "x\nBcc: all@client.example" }, channel.Refused},
		{"line break in the address", func(_ *smtpBox, _ channel.Settings, o *channel.Outgoing) { o.To[0].URI += "\r\nRCPT TO:<x@y.example>" }, channel.Refused},
		{"line break in the id", func(_ *smtpBox, _ channel.Settings, o *channel.Outgoing) { o.InReplyTo += "\nX: y" }, channel.Refused},
		{"line break in the recipient's name", func(_ *smtpBox, _ channel.Settings, o *channel.Outgoing) { o.To[0].Name += "\nX: y" }, channel.Refused},
		{"nobody to write to", func(_ *smtpBox, _ channel.Settings, o *channel.Outgoing) { o.To = nil }, channel.Refused},
		{"not an address", func(_ *smtpBox, _ channel.Settings, o *channel.Outgoing) { o.To[0].URI = "https://x.example" }, channel.Refused},
		{"address beyond ASCII, server cannot", func(_ *smtpBox, _ channel.Settings, o *channel.Outgoing) { o.To[0].URI = "mailto:jörg@client.example" }, channel.Refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			box := newSMTP(t)
			set, out := sendSettings(box.address), reply()
			c.change(box, set, &out)
			_, err := openSession(t, set).Send(t.Context(), out)
			if got := faultKind(t, err); got != c.want {
				t.Errorf("%s (%v)", got, err)
			}
			if len(box.got) != 0 {
				t.Error("a message arrived all the same")
			}
		})
	}
}

func TestComposeIsStable(t *testing.T) {
	t.Parallel()
	s := openSession(t, sendSettings("smtp.velo.example"))
	a, id1, _, err := s.compose(reply())
	b, id2, _, _ := s.compose(reply())
	if err != nil || string(a) != string(b) || id1 != id2 {
		t.Error("the same thing is written in two ways")
	}
	out := reply()
	out.Key = "key with blanks / and ünïcode"
	if _, id, _, _ := s.compose(out); !isASCII(id) || strings.ContainsAny(id, " <>/") {
		t.Error(id)
	}
	for subject, want := range map[string]string{"Hello": "Re: Hello", "RE: Hello": "RE: Hello", "Ré: Bonjour": "Ré: Bonjour", "Re : Bonjour": "Re : Bonjour", "": "Re:", "Repas": "Re: Repas"} {
		out := reply()
		out.Subject = subject
		raw, _, _, err := s.compose(out)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(raw, noon, nil)
		if err != nil || m.Said.Title != want {
			t.Errorf("%q became %q (%v)", subject, m.Said.Title, err)
		}
	}
	out = reply()
	out.InReplyTo, out.References = "q1@client.example#0123456789ab", nil
	raw, _, _, _ := s.compose(out)
	if m, _ := Parse(raw, noon, nil); len(m.Said.InReplyTo) != 1 || m.Said.InReplyTo[0] != "q1@client.example" {
		t.Errorf("%q", m.Said.InReplyTo)
	}
	out.To[0].URI = "mailto:max@bücher.example"
	if _, _, to, err := s.compose(out); err != nil || to[0] != "max@xn--bcher-kva.example" {
		t.Errorf("%v %v", to, err)
	}
	out.To[0].URI = "mailto:a%2Fb%3Fc@d.example"
	if _, _, to, err := s.compose(out); err != nil || to[0] != "a/b?c@d.example" {
		t.Errorf("%v %v", to, err)
	}
}

// The server says how much it takes: that is told, and nothing larger is offered to it.
func TestSendWithinSize(t *testing.T) {
	t.Parallel()
	box := newSMTP(t)
	box.server.MaxMessageBytes = 40_000
	s := openSession(t, sendSettings(box.address))
	if got := s.Limits(); got != (channel.Limits{}) {
		t.Errorf("limits %+v before the server said any", got)
	}
	if _, err := s.Send(t.Context(), reply()); err != nil {
		t.Fatal(err)
	}
	most := s.Limits().MaxLength
	if most < 2000 || most > 40_000/6 {
		t.Fatalf("%d characters in 40,000 bytes", most)
	}
	out := reply()
	out.Key, out.Text = "01ABD", strings.Repeat("é", most)
	if _, err := s.Send(t.Context(), out); err != nil {
		t.Errorf("as long as allowed: %v", err)
	}
	out.Key, out.Text = "01ABE", strings.Repeat("é", 10*most)
	_, err := s.Send(t.Context(), out)
	var fault *channel.Fault
	if !errors.As(err, &fault) || fault.Kind != channel.Refused || problemOf(err).Key != "mail.too_large" {
		t.Errorf("far too long: %v", err)
	}
	if len(box.got) != 2 {
		t.Errorf("%d messages arrived, want 2", len(box.got))
	}
}
