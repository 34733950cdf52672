package outside

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/entente/entente/internal/problem"
)

// newTransport keeps connections so that hundreds of feeds are polled without new handshakes. No proxy: it would connect for us, unguarded.
func newTransport(g *Gate) *http.Transport {
	return &http.Transport{
		DialContext:            g.dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           1024,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    min(dialFor, g.options.Timeout),
		ResponseHeaderTimeout:  g.options.Timeout,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeader,
	}
}

type transport struct {
	gate *Gate
	next http.RoundTripper
}

// RoundTrip bounds one exchange; the exchanges of a chain of redirects share one deadline.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	host := req.URL.Hostname()
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		closeRequest(req)
		return nil, problem.New(problem.Invalid, "outside.scheme", "Scheme", req.URL.Scheme)
	}
	if host == "" {
		closeRequest(req)
		return nil, problem.New(problem.Invalid, "outside.no_host")
	}
	deadline := time.Now().Add(t.gate.options.Timeout)
	if req.Response != nil {
		if b, ok := req.Response.Body.(*body); ok {
			deadline = b.deadline
		}
	}
	ctx, cancel := context.WithDeadline(req.Context(), deadline)
	bounded := req.Clone(ctx)
	if bounded.Header.Get("User-Agent") == "" {
		bounded.Header.Set("User-Agent", t.gate.options.UserAgent)
	}
	res, err := t.next.RoundTrip(bounded)
	if err != nil {
		cancel()
		return nil, explain(err, host)
	}
	// The chain of redirects is read from the requests, so it must show the caller's own.
	res.Request = req
	limit := t.gate.options.MaxBody
	b := &body{from: res.Body, left: limit, limit: limit, host: host, deadline: deadline, cancel: cancel}
	res.Body = b
	if res.ContentLength > limit && req.Method != http.MethodHead {
		_ = b.Close()
		return nil, tooLarge(limit, host)
	}
	return res, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func closeRequest(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// body counts what comes out of decompression, not what came over the wire.
type body struct {
	from     io.ReadCloser
	left     int64
	limit    int64
	host     string
	deadline time.Time
	cancel   context.CancelFunc
	err      error
}

// Read gives at most the limit and then says that there is more.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.from.Read(p)
	if int64(n) > b.left {
		n = int(b.left)
		b.left = 0
		b.err = tooLarge(b.limit, b.host)
		return n, b.err
	}
	b.left -= int64(n)
	if err != nil {
		b.err = err
		if err != io.EOF {
			b.err = explain(err, b.host)
		}
	}
	return n, b.err
}

// Close lets the connection go.
func (b *body) Close() error {
	err := b.from.Close()
	b.cancel()
	return err
}
