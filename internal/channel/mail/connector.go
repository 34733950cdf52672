package mail

import (
	"crypto/x509"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/problem"
)

// The names of the settings.
const (
	fieldIMAPHost     = "imap_host"
	fieldIMAPSecurity = "imap_security"
	fieldIMAPUser     = "imap_user"
	fieldIMAPPassword = "imap_password"
	fieldFolder       = "imap_folder"
	fieldSMTPHost     = "smtp_host"
	fieldSMTPSecurity = "smtp_security"
	fieldSMTPUser     = "smtp_user"
	fieldSMTPPassword = "smtp_password"
	fieldAddress      = "address"
	fieldAddresses    = "addresses"
	fieldName         = "name"
	fieldServer       = "auth_server"
	fieldPosts        = "posts"
)

const (
	securityTLS      = "tls"
	securityStartTLS = "starttls"
	securityNone     = "none"
)

const (
	dialFor    = 30 * time.Second // to connect, greet and sign in, each
	answerFor  = 60 * time.Second // for one answer
	fetchFor   = 5 * time.Minute  // for one page
	deliverFor = 5 * time.Minute  // for the answer after the end of a message (RFC 5321, 4.5.3.2.6 asks for ten)
	idleFor    = 9 * time.Minute  // between two IDLE commands: routers forget quiet connections
	pollFor    = time.Minute      // between two looks where the server cannot tell us
	pageSize   = 150              // messages
	pageBytes  = 48 << 20         // bytes of messages
)

type connector struct {
	roots *x509.CertPool // nil: those of the system
}

// New returns the connector for mailboxes: IMAP in, SMTP out.
func New() channel.Connector { return connector{} }

func (connector) Describe() channel.Description {
	securities := []string{securityTLS, securityStartTLS, securityNone}
	return channel.Description{
		Kind: Kind, Icon: "mail", Direct: true, Says: "mail", Every: 5 * time.Minute,
		Can: channel.Fetch | channel.Stream | channel.Replies | channel.PrivateReply | channel.Publish,
		Fields: []channel.Field{
			{Name: fieldAddress, Type: channel.Mail, Required: true},
			{Name: fieldName, Type: channel.Text},
			{Name: fieldAddresses, Type: channel.Text},
			{Name: fieldIMAPHost, Type: channel.Host, Required: true},
			{Name: fieldIMAPSecurity, Type: channel.Choice, Default: securityTLS, Choices: securities, Guards: true},
			{Name: fieldIMAPUser, Type: channel.Text, Required: true},
			{Name: fieldIMAPPassword, Type: channel.Secret, Required: true},
			{Name: fieldFolder, Type: channel.Text, Default: "INBOX"},
			{Name: fieldSMTPHost, Type: channel.Host},
			{Name: fieldSMTPSecurity, Type: channel.Choice, Default: securityTLS, Choices: securities, Guards: true},
			{Name: fieldSMTPUser, Type: channel.Text},
			{Name: fieldSMTPPassword, Type: channel.Secret},
			{Name: fieldServer, Type: channel.Text},
			{Name: fieldPosts, Type: channel.Text},
		},
	}
}

// server is where to connect and how to sign in.
type server struct {
	host, port     string
	security       string
	user, password string
}

func (s server) address() string { return net.JoinHostPort(s.host, s.port) }

// session is one mailbox in use.
type session struct {
	imap, smtp server
	folder     string
	from       string // our address
	name       string // our organisation
	own        Own
	server     string // what our mail server calls itself in Authentication-Results; "" when it is not believed
	posts      Posts
	world      channel.World
	roots      *x509.CertPool
	idleFor    time.Duration
	pollFor    time.Duration

	most atomic.Int64 // bytes of a message that the sending server takes, 0 while it has not said

	mu   sync.Mutex // guards what Fetch keeps between calls
	box  *box
	seen map[string]string // digest by external id, to tell two messages that carry the same id
	poor poorUID
}

func (c connector) Open(settings channel.Settings, world channel.World) (channel.Session, error) {
	s := &session{world: world, roots: c.roots, idleFor: idleFor, pollFor: pollFor, seen: map[string]string{}}
	value := func(name string) string { return strings.TrimSpace(settings[name]) }
	for _, f := range c.Describe().Fields {
		if f.Required && settings[f.Name] == "" {
			return nil, problem.New(problem.Invalid, "problem.required").On(f.Name)
		}
		if strings.ContainsAny(settings[f.Name], "\r\n\x00") {
			return nil, problem.New(problem.Invalid, "mail.line_break").On(f.Name)
		}
		if f.Type == channel.Choice && value(f.Name) != "" && !slices.Contains(f.Choices, value(f.Name)) {
			return nil, problem.New(problem.Invalid, "mail.bad_choice").On(f.Name)
		}
	}
	if s.from = cleanAddress(value(fieldAddress)); s.from == "" {
		return nil, problem.New(problem.Invalid, "mail.bad_address", "Address", value(fieldAddress)).On(fieldAddress)
	}
	for _, a := range strings.FieldsFunc(value(fieldAddresses), func(r rune) bool { return strings.ContainsRune(",; \t", r) }) {
		if cleanAddress(a) == "" {
			return nil, problem.New(problem.Invalid, "mail.bad_address", "Address", a).On(fieldAddresses)
		}
	}
	s.own, s.name, s.server = NewOwn(s.from, value(fieldAddresses)), value(fieldName), strings.ToLower(value(fieldServer))
	if strings.ContainsAny(s.server, " ;@()\"") {
		return nil, problem.New(problem.Invalid, "mail.bad_host", "Host", s.server).On(fieldServer)
	}
	var good bool
	if s.posts, good = PostsAt(value(fieldPosts)); !good {
		return nil, problem.New(problem.Invalid, "mail.bad_posts").On(fieldPosts)
	}
	if s.folder = value(fieldFolder); s.folder == "" {
		s.folder = "INBOX"
	}
	var err error
	if s.imap, err = serverOf(fieldIMAPHost, value(fieldIMAPHost), value(fieldIMAPSecurity), "993", "143", "143"); err != nil {
		return nil, err
	}
	s.imap.user, s.imap.password = value(fieldIMAPUser), settings[fieldIMAPPassword]
	if value(fieldSMTPHost) != "" {
		if s.smtp, err = serverOf(fieldSMTPHost, value(fieldSMTPHost), value(fieldSMTPSecurity), "465", "587", "25"); err != nil {
			return nil, err
		}
		s.smtp.user, s.smtp.password = value(fieldSMTPUser), settings[fieldSMTPPassword]
	}
	return s, nil
}

// serverOf reads "host" or "host:port"; the port follows from the security when it is not given.
func serverOf(field, host, security, tlsPort, startPort, plainPort string) (server, error) {
	s := server{security: security}
	if s.security == "" {
		s.security = securityTLS
	}
	s.port = map[string]string{securityTLS: tlsPort, securityStartTLS: startPort, securityNone: plainPort}[s.security]
	bad := problem.New(problem.Invalid, "mail.bad_host", "Host", host).On(field)
	s.host = strings.Trim(host, "[]")
	if strings.Count(host, ":") == 1 || strings.HasPrefix(host, "[") && !strings.HasSuffix(host, "]") {
		h, p, err := net.SplitHostPort(host)
		n, nerr := strconv.Atoi(p)
		if err != nil || nerr != nil || n < 1 || n > 65535 {
			return s, bad
		}
		s.host, s.port = h, p
	}
	if s.host == "" || len(s.host) > 253 || strings.ContainsAny(s.host, " /@?#\\\"<>") {
		return s, bad
	}
	return s, nil
}

// Close ends the connection that Fetch keeps.
func (s *session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
	return nil
}

func (s *session) drop() {
	if s.box != nil {
		s.box.close()
		s.box = nil
	}
}

var (
	_ channel.Fetcher  = (*session)(nil)
	_ channel.Streamer = (*session)(nil)
	_ channel.Sender   = (*session)(nil)
	_ channel.Finder   = (*session)(nil)
)
