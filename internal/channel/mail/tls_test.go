package mail

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-smtp"

	"github.com/entente/entente/internal/channel"
)

// certificate makes one for a name, and the pool that trusts it.
func certificate(t *testing.T, name string) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true}
	if ip := net.ParseIP(name); ip != nil {
		about.DNSNames, about.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

func TestEncryptedConnections(t *testing.T) {
	t.Parallel()
	good, pool := certificate(t, "127.0.0.1")
	other, otherPool := certificate(t, "mail.elsewhere.example")
	for _, c := range []struct {
		name   string
		server *tls.Config
		roots  *x509.CertPool
		want   channel.FaultKind
	}{
		{"verified", good, pool, ""},
		{"nobody vouches for it", good, otherPool, channel.Refused},
		{"another name", other, otherPool, channel.Refused},
		{"unknown to the system", good, nil, channel.Refused},
	} {
		for _, security := range []string{securityTLS, securityStartTLS} {
			t.Run(c.name+" "+security, func(t *testing.T) {
				t.Parallel()
				mem := imapmemserver.New()
				user := imapmemserver.NewUser("contact@velo.example", "sésame")
				if err := user.Create("INBOX", nil); err != nil {
					t.Fatal(err)
				}
				mem.AddUser(user)
				in := imapserver.New(&imapserver.Options{NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
					return mem.NewSession(), nil, nil
				}, TLSConfig: c.server, Logger: quiet{}})
				box := &smtpBox{}
				out := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &smtpSession{box: box}, nil }))
				out.TLSConfig, out.ErrorLog, out.Domain = c.server, quiet{}, "mx.velo.example"
				listen := func(serve func(net.Listener) error) string {
					l, err := net.Listen("tcp", "127.0.0.1:0")
					if err != nil {
						t.Fatal(err)
					}
					address := l.Addr().String()
					if security == securityTLS {
						l = tls.NewListener(l, c.server)
					}
					done := make(chan struct{})
					go func() { defer close(done); _ = serve(l) }()
					t.Cleanup(func() { _ = in.Close(); _ = out.Close(); _ = l.Close(); <-done })
					return address
				}
				set := sendSettings(listen(out.Serve))
				set[fieldIMAPHost], set[fieldIMAPSecurity], set[fieldSMTPSecurity] = listen(in.Serve), security, security
				opened, err := connector{roots: c.roots}.Open(set, world())
				if err != nil {
					t.Fatal(err)
				}
				s := opened.(*session)
				defer s.Close()
				_, err = s.Check(t.Context())
				_, sendErr := s.Send(t.Context(), reply())
				if c.want == "" {
					if err != nil || sendErr != nil || len(box.got) != 1 {
						t.Errorf("%v, %v", err, sendErr)
					}
					return
				}
				if faultKind(t, err) != c.want || faultKind(t, sendErr) != c.want || len(box.got) != 0 {
					t.Errorf("%v, %v", err, sendErr)
				}
			})
		}
	}
}

// Whoever turns encryption off types the password again.
func TestSecurityGuards(t *testing.T) {
	t.Parallel()
	guards := map[string]string{}
	for _, f := range New().Describe().Fields {
		if f.Guards {
			guards[f.Name] = strings.Join(f.Choices, " ")
		}
	}
	if guards[fieldIMAPSecurity] != "tls starttls none" || guards[fieldSMTPSecurity] != "tls starttls none" {
		t.Errorf("these guard secrets: %v; want both securities, the safest first", guards)
	}
}
