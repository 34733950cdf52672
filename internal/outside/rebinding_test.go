package outside

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// names answers every question of type A with the next of its addresses, the last one again and again, valid for no time.
func names(t *testing.T, addresses ...[4]byte) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m = dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true}, Questions: m.Questions}
			if q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}, Body: &dnsmessage.AResource{A: addresses[0]}}}
				if len(addresses) > 1 {
					addresses = addresses[1:]
				}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp4", conn.LocalAddr().String())
	}}
}

// TestRebinding plays the attack: a name is public when it is first looked up, and private from then on.
func TestRebinding(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") })
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	gate := New(Options{Allowed: loopback}) // 127.0.0.1 stands for the public network here, 127.0.0.2 for the private one
	gate.dialer.Resolver = names(t, [4]byte{127, 0, 0, 1}, [4]byte{127, 0, 0, 2})
	res, err := gate.Client().Get("http://flip.example.:" + port + "/")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	gate.Client().CloseIdleConnections()
	if _, err := gate.Client().Get("http://flip.example.:" + port + "/"); key(err) != "outside.private" {
		t.Errorf("got %v", err)
	}
	if _, err := gate.Dial(context.Background(), "tcp", "flip.example.:"+port); key(err) != "outside.private" {
		t.Errorf("dial: got %v", err)
	}
}

// TestNameOfThePrivateNetwork is the plain attack: a public name with a private address.
func TestNameOfThePrivateNetwork(t *testing.T) {
	t.Parallel()
	for _, ip := range [][4]byte{{127, 0, 0, 1}, {10, 0, 0, 1}, {169, 254, 169, 254}, {0, 0, 0, 0}} {
		gate := New(Options{})
		gate.dialer.Resolver = names(t, ip)
		if _, err := gate.Client().Get("http://inside.example./"); key(err) != "outside.private" {
			t.Errorf("%v: got %v", ip, err)
		}
	}
}
