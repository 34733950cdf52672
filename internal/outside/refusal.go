package outside

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"code.dny.dev/ssrf"

	"github.com/entente/entente/internal/problem"
)

// explain finds the words for a failure; what the caller itself ended stays as it is.
func explain(err error, host string) error {
	var already *problem.Problem
	if errors.As(err, &already) {
		return err
	}
	var (
		dns       *net.DNSError
		timeout   net.Error
		unknown   x509.UnknownAuthorityError
		wrongHost x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork), errors.Is(err, ssrf.ErrInvalidHostPort):
		return problem.New(problem.Invalid, "outside.private", "Host", host).Because(err)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("reach %s: %w", host, err)
	case errors.As(err, &dns) && dns.IsNotFound:
		return problem.New(problem.Invalid, "outside.unknown_host", "Host", host).Because(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return problem.New(problem.Busy, "outside.slow", "Host", host).Because(err)
	case errors.As(err, &verify), errors.As(err, &unknown), errors.As(err, &wrongHost), errors.As(err, &invalid):
		return problem.New(problem.Invalid, "outside.certificate", "Host", host).Because(err)
	}
	return problem.New(problem.Busy, "outside.unreachable", "Host", host).Because(err)
}

func tooLarge(limit int64, host string) *problem.Problem {
	return problem.New(problem.TooLarge, "outside.too_large", "Host", host, "Limit", megabytes(limit))
}

func megabytes(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d kB", max(n/1000, 1))
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}
