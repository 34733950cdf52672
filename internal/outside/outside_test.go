package outside

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/problem"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

func key(err error) string {
	if err == nil {
		return ""
	}
	return problem.Of(err).Key
}

func TestAddressesPeopleType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		ip                      string
		closed, private, opened bool // reached by the default gate, with AllowPrivate, with Allowed 0.0.0.0/0 and ::/0
	}{
		{"93.184.215.14", true, true, true},
		{"2606:4700::6810:84e5", true, true, true},
		{"127.0.0.1", false, true, true},
		{"127.8.9.1", false, true, true},
		{"0.0.0.0", false, false, true},
		{"10.1.2.3", false, true, true},
		{"172.16.0.1", false, true, true},
		{"192.168.1.1", false, true, true},
		{"100.64.0.1", false, true, true},
		{"100.100.100.200", false, false, true},
		{"169.254.169.254", false, false, true},
		{"169.254.1.1", false, false, true},
		{"224.0.0.1", false, false, true},
		{"255.255.255.255", false, false, true},
		{"192.0.2.1", false, false, true},
		{"::1", false, true, true},
		{"::", false, false, true},
		{"::ffff:127.0.0.1", false, true, true},
		{"::ffff:10.0.0.1", false, true, true},
		{"::ffff:169.254.169.254", false, false, true},
		{"::127.0.0.1", false, false, true},
		{"64:ff9b::7f00:1", false, false, true},
		{"2002:7f00:1::", false, false, true},
		{"2001:0:7f00:1::", false, false, true},
		{"fe80::1", false, false, true},
		{"fe80::1%eth0", false, false, true},
		{"fc00::1", false, true, true},
		{"fd00:ec2::254", false, false, true},
		{"ff02::1", false, false, true},
		{"fec0::1", false, false, true},
	} {
		ip := netip.MustParseAddr(c.ip)
		got := []bool{
			New(Options{}).Permits(ip) == nil,
			New(Options{AllowPrivate: true}).Permits(ip) == nil,
			New(Options{Allowed: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}}).Permits(ip) == nil,
		}
		if want := []bool{c.closed, c.private, c.opened}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", c.ip, got, want)
		}
	}
}

func TestGateIsClosed(t *testing.T) {
	t.Parallel()
	reached := false
	srv := serve(t, func(http.ResponseWriter, *http.Request) { reached = true })
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	client := New(Options{}).Client()
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.1.1.1", "user:pass@127.0.0.1", "0.0.0.0", "[::]"} {
		_, err := client.Get("http://" + host + ":" + port + "/")
		if key(err) != "outside.private" && key(err) != "outside.unknown_host" {
			t.Errorf("%s: got %v", host, err)
		}
	}
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1"} { // spellings that old programs understand
		if _, err := client.Get("http://" + host + ":" + port + "/"); err == nil {
			t.Errorf("%s was reached", host)
		}
	}
	if reached {
		t.Error("a request came through")
	}
}

func TestRedirectIntoThePrivateNetwork(t *testing.T) {
	t.Parallel()
	secret := serve(t, func(w http.ResponseWriter, _ *http.Request) { t.Error("reached"); _, _ = io.WriteString(w, "secret") })
	_, port, _ := net.SplitHostPort(secret.Listener.Addr().String())
	var to string
	public := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) })
	gate := New(Options{Allowed: loopback}) // 127.0.0.1 stands for the public network here, 127.0.0.2 for the private one
	for target, want := range map[string]string{
		"http://127.0.0.2:" + port + "/":           "outside.private",
		"http://[::ffff:127.0.0.2]:" + port + "/":  "outside.private",
		"http://169.254.169.254/latest/meta-data/": "outside.private",
		"file:///etc/passwd":                       "outside.scheme",
		"gopher://127.0.0.1:25/_HELO":              "outside.scheme",
		"http://does-not-exist.invalid/":           "outside.unknown_host",
	} {
		to = target
		_, err := gate.Client().Get(public.URL)
		got := key(err)
		if got != want && !(want == "outside.unknown_host" && strings.HasPrefix(got, "outside.")) {
			t.Errorf("%s: got %q (%v), want %q", target, got, err, want)
		}
	}
}

// TestNameThatChangesItsMind shows that the check is on the address that is connected to: the second look-up of a name cannot differ from
// the checked one because there is none.
func TestNameThatChangesItsMind(t *testing.T) {
	t.Parallel()
	gate := New(Options{})
	for _, address := range []string{"127.0.0.1:80", "[::1]:80", "[fe80::1%1]:80", "nonsense"} {
		if err := gate.control("tcp4", address, nil); err == nil {
			t.Errorf("%s passes", address)
		}
	}
	if err := gate.control("udp4", "93.184.215.14:53", nil); err == nil {
		t.Error("udp passes")
	}
	if err := gate.control("tcp4", "93.184.215.14:8080", nil); err != nil {
		t.Error(err)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) })
	if _, err := New(Options{Allowed: loopback}).Client().Get(srv.URL); key(err) != "outside.redirects" {
		t.Errorf("got %v", err)
	}
	if _, err := New(Options{Allowed: loopback, MaxRedirects: -1}).Client().Get(srv.URL); key(err) != "outside.redirects" {
		t.Errorf("none allowed: got %v", err)
	}
}

func TestPasswordStaysOnEncryptedConnections(t *testing.T) {
	t.Parallel()
	var seen string
	open := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen = r.Header.Get("Authorization") })
	sealed := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, open.URL, http.StatusFound)
	}))
	defer sealed.Close()
	gate := New(Options{Allowed: loopback})
	gate.client.Transport.(*transport).next.(*http.Transport).TLSClientConfig = sealed.Client().Transport.(*http.Transport).TLSClientConfig
	req, err := http.NewRequest(http.MethodGet, sealed.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("u", "p")
	res, err := gate.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if seen != "" {
		t.Errorf("the password went to %s unencrypted", open.URL)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	chunk := make([]byte, 1<<16)
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"a gzip bomb of 1 GB", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
			for range 1 << 30 / len(chunk) {
				if _, err := z.Write(chunk); err != nil {
					return
				}
			}
			_ = z.Close()
		}, "outside.too_large"},
		{"announced too large", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "2147483648")
			_, _ = w.Write(chunk)
		}, "outside.too_large"},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, "outside.too_large"},
		{"exactly the limit", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, limit)) }, ""},
		{"one more", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, limit+1)) }, "outside.too_large"},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write(chunk[:10])
		}, "outside.unreachable"},
		{"a flood of headers", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 1000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
			}
		}, "outside.unreachable"},
		{"no HTTP", func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = io.WriteString(c, "220 mail.example ESMTP\r\n")
				_ = c.Close()
			}
		}, "outside.unreachable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, c.handler)
			gate := New(Options{Allowed: loopback, MaxBody: limit})
			res, err := gate.Client().Get(srv.URL)
			n := int64(0)
			if err == nil {
				n, err = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
			}
			if key(err) != c.want {
				t.Errorf("got %q (%v), want %q", key(err), err, c.want)
			}
			if n > limit {
				t.Errorf("%d bytes came through", n)
			}
		})
	}
}

func TestSlowAnswers(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"no header": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"no end": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "<rss>")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, h)
			res, err := New(Options{Allowed: loopback, Timeout: 50 * time.Millisecond}).Client().Get(srv.URL)
			if err == nil {
				_, err = io.ReadAll(res.Body)
				_ = res.Body.Close()
			}
			if key(err) != "outside.slow" {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOneDeadlineForAChainOfRedirects(t *testing.T) {
	t.Parallel()
	var deadlines []time.Time
	gate := New(Options{Allowed: loopback})
	inner := gate.client.Transport.(*transport)
	next := inner.next
	inner.next = roundTrip(func(r *http.Request) (*http.Response, error) {
		d, _ := r.Context().Deadline()
		deadlines = append(deadlines, d)
		return next.RoundTrip(r)
	})
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/xx" {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}
	})
	res, err := gate.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if len(deadlines) != 3 || !deadlines[0].Equal(deadlines[2]) {
		t.Errorf("got %v", deadlines)
	}
}

func TestSamePlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"https://a.example/x", "https://A.example/y", true},
		{"http://a.example/x", "https://a.example/x", true},
		{"https://a.example/x", "http://a.example/x", false},
		{"https://a.example/x", "https://a.example:8443/x", false},
		{"http://a.example:8080/x", "https://a.example/x", false},
		{"https://a.example/x", "https://www.a.example/x", false},
		{"https://a.example/x", "https://b.example/x", false},
	} {
		from, _ := url.Parse(c.from)
		to, _ := url.Parse(c.to)
		if got := samePlace(from, to); got != c.want {
			t.Errorf("%s to %s: got %v", c.from, c.to, got)
		}
	}
}

func TestSecretAddressIsNotTold(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/secret" {
			http.Redirect(w, r, "/open", http.StatusFound)
			return
		}
		if got := r.Referer(); got != "" {
			t.Errorf("told %q", got)
		}
	})
	res, err := New(Options{Allowed: loopback}).Client().Get(srv.URL + "/secret")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestCallerCancels(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	srv := serve(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Allowed: loopback}).Client().Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestUnknownCertificate(t *testing.T) {
	t.Parallel()
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = nil
	srv.StartTLS()
	defer srv.Close()
	if _, err := New(Options{Allowed: loopback}).Client().Get(srv.URL); key(err) != "outside.certificate" {
		t.Errorf("got %v", err)
	}
}

func TestDial(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := New(Options{}).Dial(context.Background(), "tcp", l.Addr().String()); key(err) != "outside.private" {
		t.Errorf("closed: got %v", err)
	}
	c, err := New(Options{AllowPrivate: true}).Dial(context.Background(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.Close()
	if _, err := New(Options{AllowPrivate: true}).Dial(context.Background(), "tcp", "no port"); err == nil {
		t.Error("an address without a port was dialled")
	}
}

func TestUserAgentAndReuse(t *testing.T) {
	t.Parallel()
	agents := make(chan string, 20)
	connections := make(chan struct{}, 20)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { agents <- r.UserAgent() }))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections <- struct{}{}
		}
	}
	srv.Start()
	defer srv.Close()
	client := New(Options{Allowed: loopback, UserAgent: "Entente/1 (+https://example.org)"}).Client()
	for range 10 {
		res, err := client.Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if got := <-agents; got != "Entente/1 (+https://example.org)" {
			t.Fatalf("user agent %q", got)
		}
	}
	if n := len(connections); n > 3 { // one, unless the machine is so busy that the client gives one up
		t.Errorf("%d connections for 10 requests", n)
	}
}
