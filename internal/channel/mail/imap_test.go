package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
)

func world() channel.World {
	return channel.World{Dial: (&net.Dialer{}).DialContext, Clock: func() time.Time { return noon }}
}

// imapBox is a mailbox on a server in this process.
type imapBox struct {
	user    *imapmemserver.User
	address string
}

func newIMAP(t *testing.T, caps imap.CapSet) imapBox {
	t.Helper()
	mem := imapmemserver.New()
	user := imapmemserver.NewUser("contact@velo.example", "sésame")
	for _, folder := range []string{"INBOX", "Sent"} {
		if err := user.Create(folder, nil); err != nil {
			t.Fatal(err)
		}
	}
	mem.AddUser(user)
	srv := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		},
		Caps: caps, InsecureAuth: true, Logger: quiet{},
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close(); _ = l.Close(); <-done })
	return imapBox{user, l.Addr().String()}
}

type literal struct {
	*strings.Reader
}

func (l literal) Size() int64 { return l.Reader.Size() }

func (b imapBox) add(t *testing.T, folder string, messages ...string) {
	t.Helper()
	for _, m := range messages {
		if _, err := b.user.Append(folder, literal{strings.NewReader(m)}, &imap.AppendOptions{Time: noon.Add(-time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
}

func mailSettings(imapAddr string) channel.Settings {
	return channel.Settings{fieldAddress: "Contact@velo.example", fieldAddresses: "lea@velo.example", fieldName: "Bruyère Cycles",
		fieldIMAPHost: imapAddr, fieldIMAPSecurity: securityNone, fieldIMAPUser: "contact@velo.example", fieldIMAPPassword: "sésame"}
}

func openSession(t *testing.T, s channel.Settings) *session {
	t.Helper()
	c, err := New().Open(s, world())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*session)
}

func simple(n int) string {
	return fmt.Sprintf("From: Max <max%d@client.example>\r\nTo: contact@velo.example\r\nSubject: Question %d\r\nMessage-ID: <q%d@client.example>\r\nDate: Mon, 2 Feb 2026 10:00:00 +0100\r\n\r\nMon vélo %d grince.\r\n", n, n, n, n)
}

// fetchAll reads until there is no more.
func fetchAll(t *testing.T, f channel.Fetcher, from json.RawMessage) ([]channel.Item, []channel.Skipped, json.RawMessage) {
	t.Helper()
	var items []channel.Item
	var skipped []channel.Skipped
	for range 100 {
		page, err := f.Fetch(t.Context(), from)
		if err != nil {
			t.Fatal(err)
		}
		items, skipped, from = append(items, page.Items...), append(skipped, page.Skipped...), page.Cursor
		if !page.More {
			return items, skipped, from
		}
	}
	t.Fatal("the pages do not end")
	return nil, nil, nil
}

func ids(items []channel.Item) []string {
	var out []string
	for _, i := range items {
		out = append(out, i.ExternalID)
	}
	return out
}

func TestFetch(t *testing.T) {
	t.Parallel()
	srv := newIMAP(t, nil)
	s := openSession(t, mailSettings(srv.address))
	if h, err := s.Check(t.Context()); err != nil || h.Title != "contact@velo.example" {
		t.Fatalf("Check: %+v, %v", h, err)
	}
	page, err := s.Fetch(t.Context(), nil)
	if err != nil || !page.Unchanged || len(page.Items) != 0 {
		t.Fatalf("empty folder: %+v, %v", page, err)
	}
	n := 2*pageSize + 7
	for i := range n {
		srv.add(t, "INBOX", simple(i))
	}
	items, skipped, at := fetchAll(t, s, page.Cursor)
	if len(items) != n || len(skipped) != 0 {
		t.Fatalf("got %d items and %v", len(items), skipped)
	}
	for i, it := range items {
		if want := fmt.Sprintf("q%d@client.example", i); it.ExternalID != want {
			t.Fatalf("item %d is %s", i, it.ExternalID)
		}
	}
	if it := items[3]; it.Text != "Mon vélo 3 grince." || it.Author.URI != "mailto:max3@client.example" || !it.Direct || !it.Private || it.Ours {
		t.Errorf("item: %+v", it)
	}
	page, err = s.Fetch(t.Context(), at)
	if err != nil || !page.Unchanged || page.More || string(page.Cursor) != string(at) {
		t.Fatalf("nothing new: %+v, %v", page, err)
	}
	srv.add(t, "INBOX", simple(1000))
	items, _, _ = fetchAll(t, s, at)
	if d := cmp.Diff([]string{"q1000@client.example"}, ids(items)); d != "" {
		t.Error(d)
	}
	// The same cursor again gives the same, from another session too.
	items, _, _ = fetchAll(t, openSession(t, mailSettings(srv.address)), at)
	if d := cmp.Diff([]string{"q1000@client.example"}, ids(items)); d != "" {
		t.Error(d)
	}
	// Another UIDVALIDITY: all of it again.
	var c cursor
	if err := json.Unmarshal(at, &c); err != nil {
		t.Fatal(err)
	}
	c.Validity++
	other, _ := json.Marshal(c)
	if items, _, _ = fetchAll(t, s, other); len(items) != n+1 {
		t.Errorf("after a new UIDVALIDITY: %d items", len(items))
	}
	if items, _, _ = fetchAll(t, s, json.RawMessage(`"junk"`)); len(items) != n+1 {
		t.Errorf("after a foreign cursor: %d items", len(items))
	}
}

func TestFetchMarksNothingSeen(t *testing.T) {
	t.Parallel()
	srv := newIMAP(t, nil)
	srv.add(t, "INBOX", simple(1))
	s := openSession(t, mailSettings(srv.address))
	fetchAll(t, s, nil)
	status, err := srv.user.Status("INBOX", &imap.StatusOptions{NumUnseen: true})
	if err != nil || status.NumUnseen == nil || *status.NumUnseen != 1 {
		t.Errorf("unseen: %+v, %v", status, err)
	}
}

func TestFetchOddMessages(t *testing.T) {
	t.Parallel()
	srv := newIMAP(t, nil)
	srv.add(t, "INBOX",
		simple(1),
		simple(1), // the same mail, delivered twice
		strings.Replace(simple(1), "grince", "chante", 1),
		"Junk: no mail\r\n\r\nat all\r\n",
		strings.Repeat("x", MaxMessage+1),
		strings.Replace(strings.Replace(simple(2), "Date: Mon, 2 Feb 2026 10:00:00 +0100\r\n", "", 1), "max2@client", "LEA@velo", 1),
		strings.Replace(simple(3), "Date: Mon, 2 Feb 2026", "Date: Mon, 2 Feb 2126", 1),
	)
	items, skipped, _ := fetchAll(t, openSession(t, mailSettings(srv.address)), nil)
	got := ids(items)
	if len(got) != 5 || got[0] != got[1] || !strings.HasPrefix(got[2], got[0]+"#") {
		t.Errorf("ids: %q", got)
	}
	var reasons []string
	for _, k := range skipped {
		reasons = append(reasons, k.Place+" "+k.Reason)
	}
	slices.Sort(reasons)
	if d := cmp.Diff([]string{"uid 3 mail.same_id", "uid 4 mail.not_a_message", "uid 5 mail.too_large"}, reasons); d != "" {
		t.Error(d)
	}
	if it := items[3]; !it.Ours || !it.At.Equal(noon.Add(-time.Hour)) {
		t.Errorf("a mail of ours without a date: %+v", it)
	}
	if it := items[4]; it.At.Year() != 2026 {
		t.Errorf("a mail from the future is dated %v", it.At)
	}
}

func faultKind(t *testing.T, err error) channel.FaultKind {
	t.Helper()
	var f *channel.Fault
	if !errors.As(err, &f) {
		t.Fatalf("not a fault: %v", err)
	}
	return f.Kind
}

func TestFetchRefused(t *testing.T) {
	t.Parallel()
	srv := newIMAP(t, nil)
	for _, c := range []struct {
		name, field, value string
		want               channel.FaultKind
	}{
		{"wrong password", fieldIMAPPassword, "nope", channel.Unauthorised},
		{"no such folder", fieldFolder, "Nowhere", channel.Gone},
		{"nobody there", fieldIMAPHost, "127.0.0.1:1", channel.Temporary},
		{"not encrypted", fieldIMAPSecurity, securityTLS, channel.Refused},
		{"cannot be encrypted", fieldIMAPSecurity, securityStartTLS, channel.Temporary},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set := mailSettings(srv.address)
			set[c.field] = c.value
			s := openSession(t, set)
			_, err := s.Check(t.Context())
			if got := faultKind(t, err); got != c.want {
				t.Errorf("Check: %s (%v)", got, err)
			}
			if strings.Contains(err.Error(), "nope") {
				t.Error("the password is in the error")
			}
			_, err = s.Fetch(t.Context(), nil)
			if got := faultKind(t, err); got != c.want {
				t.Errorf("Fetch: %s (%v)", got, err)
			}
		})
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	srv := newIMAP(t, nil)
	s := openSession(t, mailSettings(srv.address))
	// The server in this process forgets what happens while an IDLE command begins, and tells of it when it ends.
	s.idleFor = 20 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	told, ended := watch(ctx, s)
	var at json.RawMessage
	for i := range 4 {
		<-told
		var items []channel.Item
		items, _, at = fetchAll(t, s, at)
		if i > 0 && len(items) != 1 {
			t.Errorf("told of a message, but Fetch brought %d", len(items))
		}
		if i < 3 {
			srv.add(t, "INBOX", simple(i))
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Watch ended with %v", err)
	}
}

func watch(ctx context.Context, s *session) (told chan struct{}, ended chan error) {
	told, ended = make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- s.Watch(ctx, func() {
			select {
			case told <- struct{}{}:
			case <-ctx.Done():
			}
		})
	}()
	return told, ended
}

func TestWatchWithoutIdle(t *testing.T) {
	t.Parallel()
	looks := 0
	addr := script(t, "* OK [CAPABILITY IMAP4rev1] ready\r\n", func(line string) (string, bool) {
		tag, command, _ := strings.Cut(line, " ")
		ok := tag + " OK done\r\n"
		switch command {
		case "CAPABILITY":
			return "* CAPABILITY IMAP4rev1\r\n" + ok, false
		case "NOOP":
			looks++
			if looks%3 == 0 {
				return fmt.Sprintf("* %d EXISTS\r\n%s", looks, ok), false
			}
			return ok, looks > 10
		}
		return ok, false
	})
	s := openSession(t, scripted(addr))
	s.pollFor = time.Millisecond
	told, ended := watch(t.Context(), s)
	for range 4 { // once at the start, and for each change
		<-told
	}
	if err := <-ended; faultKind(t, err) != channel.Temporary {
		t.Errorf("Watch ended with %v", err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	srv := newIMAP(t, nil)
	s := openSession(t, mailSettings(srv.address))
	out := channel.Outgoing{Key: "k1"}
	if _, found, err := s.Find(t.Context(), out); found || err != nil {
		t.Fatalf("found what was never sent: %v", err)
	}
	srv.add(t, "Sent", strings.Replace(simple(1), "q1@client.example", "k1@velo.example", 1))
	r, found, err := s.Find(t.Context(), out)
	if !found || err != nil || r.ExternalID != "k1@velo.example" {
		t.Errorf("%+v %v %v", r, found, err)
	}
}

func TestOpenChecksForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ field, value string }{
		{fieldAddress, ""}, {fieldAddress, "nobody"}, {fieldAddresses, "a@b.example, nobody"}, {fieldIMAPHost, ""}, {fieldIMAPHost, "http://x"}, {fieldIMAPHost, "x:99999"},
		{fieldIMAPHost, "x:y"}, {fieldIMAPSecurity, "rot13"}, {fieldIMAPUser, ""}, {fieldIMAPPassword, ""}, {fieldName, "A\r\nBcc: x@y.example"}, {fieldSMTPHost, "a b"},
	} {
		set := mailSettings("imap.velo.example")
		set[c.field] = c.value
		_, err := New().Open(set, world())
		if p := problemOf(err); p == nil || p.Field != c.field {
			t.Errorf("%s=%q: %v", c.field, c.value, err)
		}
	}
	s := openSession(t, mailSettings("[::1]:1143"))
	if s.imap.address() != "[::1]:1143" {
		t.Error(s.imap.address())
	}
	set := mailSettings("imap.velo.example")
	set[fieldIMAPSecurity] = ""
	if s = openSession(t, set); s.imap.address() != "imap.velo.example:993" {
		t.Error(s.imap.address())
	}
}
