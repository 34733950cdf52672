package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"

	"github.com/entente/entente/internal/channel"
)

var errTooMuch = errors.New("the server sent more than it was asked for")

// bounded is a connection that gives at most so many bytes; what a server claims cannot fill our memory.
type bounded struct {
	net.Conn
	left atomic.Int64
}

func (b *bounded) allow(n int64) { b.left.Store(n) }

func (b *bounded) Read(p []byte) (int, error) {
	left := b.left.Load()
	if left <= 0 {
		return 0, errTooMuch
	}
	n, err := b.Conn.Read(p[:min(int64(len(p)), left)])
	b.left.Add(-int64(n))
	return n, err
}

// dial connects; with security "tls" the connection is encrypted and the server's name verified.
func (s *session) dial(ctx context.Context, to server) (*bounded, error) {
	ctx, cancel := context.WithTimeout(ctx, dialFor)
	defer cancel()
	conn, err := s.world.Dial(ctx, "tcp", to.address())
	if err != nil {
		return nil, fault(channel.Temporary, fmt.Errorf("connect to %s: %w", to.address(), err))
	}
	if to.security == securityTLS {
		secured := tls.Client(conn, s.tls(to))
		if err := secured.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, fault(secureKind(err), fmt.Errorf("secure the connection to %s: %w", to.address(), err))
		}
		conn = secured
	}
	b := &bounded{Conn: conn}
	b.allow(1 << 20)
	return b, nil
}

func (s *session) tls(to server) *tls.Config {
	return &tls.Config{ServerName: to.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

// secureKind tells a server that is not who it says, which a person must look into, from a broken line.
func secureKind(err error) channel.FaultKind {
	var (
		bad       *tls.CertificateVerificationError
		host      x509.HostnameError
		authority x509.UnknownAuthorityError
		plain     tls.RecordHeaderError
	)
	if errors.As(err, &bad) || errors.As(err, &host) || errors.As(err, &authority) || errors.As(err, &plain) ||
		strings.Contains(err.Error(), "x509:") || strings.Contains(err.Error(), "first record does not look like a TLS handshake") {
		return channel.Refused
	}
	return channel.Temporary
}

func fault(kind channel.FaultKind, err error) error {
	return &channel.Fault{Kind: kind, Err: err}
}
