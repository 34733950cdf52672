// Package outside decides which addresses typed by people may be reached: requests and connections come in, answers bounded in size and
// time go out, and refusals carry words for people.
package outside

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"code.dny.dev/ssrf"

	"github.com/entente/entente/internal/problem"
)

// Options say how far the gate opens. The zero value is the safe one.
type Options struct {
	AllowPrivate bool           // reach loopback and private networks too; link-local and metadata addresses still need Allowed
	Allowed      []netip.Prefix // networks reached whatever they are
	UserAgent    string         // sent when the request has none; "Entente" when empty
	MaxBody      int64          // bytes of an answer after decompression; 16 MiB when 0
	Timeout      time.Duration  // of a whole exchange, redirects and body included, and of a Dial; 30 s when 0
	MaxRedirects int            // 5 when 0, none when negative
}

// Gate is the way out. It is safe for use by many goroutines.
type Gate struct {
	options  Options
	guardian *ssrf.Guardian
	dialer   net.Dialer
	client   *http.Client
}

const (
	defaultMaxBody      = 16 << 20
	defaultTimeout      = 30 * time.Second
	defaultMaxRedirects = 5
	maxHeader           = 128 << 10 // bytes; large cookies and policies fit, a flood does not
	dialFor             = 10 * time.Second
)

// New makes a gate.
func New(o Options) *Gate {
	if o.MaxBody <= 0 {
		o.MaxBody = defaultMaxBody
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.MaxRedirects == 0 {
		o.MaxRedirects = defaultMaxRedirects
	}
	if o.UserAgent == "" {
		o.UserAgent = "Entente"
	}
	g := &Gate{options: o}
	allowed4, allowed6 := split(o)
	g.guardian = ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(allowed4...), ssrf.WithAllowedV6Prefixes(allowed6...))
	g.dialer = net.Dialer{Timeout: min(dialFor, o.Timeout), KeepAlive: 30 * time.Second, Control: g.control}
	g.client = &http.Client{
		Transport:     &transport{gate: g, next: newTransport(g)},
		CheckRedirect: g.redirect,
	}
	return g
}

// Client is for requests to addresses that people type. Its errors wrap a *problem.Problem, and so do those of reading a body.
func (g *Gate) Client() *http.Client { return g.client }

// Dial connects to host:port over tcp, tcp4 or tcp6. Its errors are *problem.Problem.
func (g *Gate) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, g.options.Timeout)
	defer cancel()
	c, err := g.dialer.DialContext(ctx, network, address)
	if err != nil {
		host, _, splitErr := net.SplitHostPort(address)
		if splitErr != nil {
			host = address
		}
		return nil, explain(err, host)
	}
	return c, nil
}

// Permits says whether an address may be reached; nil when it may.
func (g *Gate) Permits(ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	for _, p := range g.options.Allowed {
		if p.Contains(ip) {
			return nil
		}
	}
	if slices.Contains(metadata(), ip) {
		return fmt.Errorf("%w: %s tells secrets of the machine", ssrf.ErrProhibitedIP, ip)
	}
	return g.guardian.SafeAddr(ip)
}

// control runs after the name was looked up and before the connection is made, on the very address that will be used: neither a redirect
// nor a name that changes its mind between two look-ups gets past it.
func (g *Gate) control(network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return fmt.Errorf("%w: %s", ssrf.ErrProhibitedNetwork, network)
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q: %w", ssrf.ErrInvalidHostPort, address, err)
	}
	return g.Permits(to.Addr())
}

func split(o Options) (v4, v6 []netip.Prefix) {
	all := o.Allowed
	if o.AllowPrivate {
		all = append(slices.Clone(all), private()...)
	}
	for _, p := range all {
		if p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	return v4, v6
}

func private() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
		netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("100.64.0.0/10"),
		netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("fc00::/7"),
	}
}

// metadata lists where machines in the cloud keep their keys, also inside networks that an operator may open as private.
func metadata() []netip.Addr {
	return []netip.Addr{
		netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200"),
		netip.MustParseAddr("fd20:ce::254"),
	}
}

func (g *Gate) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > max(g.options.MaxRedirects, 0) {
		return problem.New(problem.Invalid, "outside.redirects", "Host", req.URL.Hostname())
	}
	// The standard client takes other ports, subdomains and unencrypted connections of a host for the same place, and tells each place
	// where we come from, which may be a secret address.
	if !samePlace(via[0].URL, req.URL) {
		req.Header.Del("Authorization")
		req.Header.Del("Cookie")
	}
	req.Header.Del("Referer")
	return nil
}

// samePlace reports whether what was meant for one address may go to another: same scheme, host and port, or the encrypted door of it.
func samePlace(from, to *url.URL) bool {
	if from.Scheme == to.Scheme {
		return strings.EqualFold(from.Host, to.Host)
	}
	return from.Scheme == "http" && to.Scheme == "https" && from.Port() == "" && to.Port() == "" && strings.EqualFold(from.Hostname(), to.Hostname())
}
