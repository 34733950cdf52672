package mail

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
)

// script is a server that says what it likes: for each command of the client, reply returns what to send, and whether to hang up then.
func script(t *testing.T, greeting string, reply func(command string) (answer string, hangUp bool)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
				defer stop()
				defer conn.Close()
				if _, err := io.WriteString(conn, greeting); err != nil || reply == nil {
					return
				}
				in := bufio.NewScanner(conn)
				in.Buffer(nil, 1<<20)
				for in.Scan() {
					answer, hangUp := reply(in.Text())
					if _, err := io.WriteString(conn, answer); err != nil || hangUp {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// imapScript answers what every client asks first; the rest is up to fetch.
func imapScript(t *testing.T, search string, sizes, fetch func(tag, command string) (string, bool)) string {
	return script(t, "* OK [CAPABILITY IMAP4rev1] ready\r\n", func(line string) (string, bool) {
		tag, command, _ := strings.Cut(line, " ")
		ok := tag + " OK done\r\n"
		switch {
		case strings.HasPrefix(command, "CAPABILITY"):
			return "* CAPABILITY IMAP4rev1\r\n" + ok, false
		case strings.HasPrefix(command, "EXAMINE"):
			return "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 4] x\r\n" + ok, false
		case strings.HasPrefix(command, "UID SEARCH"):
			return search + ok, false
		case strings.HasPrefix(command, "UID FETCH") && strings.Contains(command, "RFC822.SIZE"):
			return sizes(tag, command)
		case strings.HasPrefix(command, "UID FETCH"):
			return fetch(tag, command)
		}
		return ok, false
	})
}

func scripted(addr string) channel.Settings {
	s := mailSettings(addr)
	s[fieldIMAPPassword] = "sesame" // other letters are sent in a way that a script does not understand
	return s
}

func threeSizes(tag, _ string) (string, bool) {
	return "* 1 FETCH (UID 1 RFC822.SIZE 200)\r\n* 2 FETCH (UID 2 RFC822.SIZE 200)\r\n* 3 FETCH (UID 3 RFC822.SIZE 200)\r\n" + tag + " OK done\r\n", false
}

func sent(n int) string {
	m := simple(n)
	return fmt.Sprintf("* %d FETCH (UID %d INTERNALDATE \"02-Feb-2026 10:00:00 +0100\" BODY[] {%d}\r\n%s)\r\n", n, n, len(m), m)
}

func TestFetchServerHangsUpInsideAMessage(t *testing.T) {
	t.Parallel()
	addr := imapScript(t, "* SEARCH 1 2 3\r\n", threeSizes, func(tag, command string) (string, bool) {
		if strings.Contains(command, "FETCH 1:3") {
			return sent(1) + sent(2)[:120], true
		}
		if strings.Contains(command, "FETCH 2") {
			return sent(2) + sent(3) + tag + " OK done\r\n", false
		}
		return tag + " BAD what\r\n", true
	})
	s := openSession(t, scripted(addr))
	page, err := s.Fetch(t.Context(), nil)
	if err != nil || len(page.Items) != 1 || !page.More {
		t.Fatalf("the first page: %+v, %v", page, err)
	}
	items, skipped, _ := fetchAll(t, s, page.Cursor)
	if len(items) != 2 || len(skipped) != 0 {
		t.Errorf("the rest: %v %v", ids(items), skipped)
	}
}

func TestFetchPoisonousMessage(t *testing.T) {
	t.Parallel()
	addr := imapScript(t, "* SEARCH 1 2 3\r\n", threeSizes, func(tag, command string) (string, bool) {
		if strings.Contains(command, "FETCH 1") {
			return sent(1)[:100], true
		}
		return sent(2) + sent(3) + tag + " OK done\r\n", false
	})
	s := openSession(t, scripted(addr))
	var at json.RawMessage
	faults := 0
	for range 20 {
		page, err := s.Fetch(t.Context(), at)
		if err != nil {
			if faultKind(t, err) != channel.Temporary {
				t.Fatal(err)
			}
			faults++
			continue
		}
		at = page.Cursor
		if len(page.Skipped) == 1 {
			if page.Skipped[0].Reason != "mail.breaks" || !page.More {
				t.Errorf("%+v", page)
			}
			break
		}
	}
	if faults != poorTimes-1 {
		t.Errorf("given up after %d faults", faults)
	}
	if items, _, _ := fetchAll(t, s, at); len(items) != 2 {
		t.Errorf("the others: %v", ids(items))
	}
}

func TestFetchHugeLiteral(t *testing.T) { // alone: it looks at what the whole process takes
	addr := imapScript(t, "* SEARCH 1 2 3\r\n", threeSizes, func(tag, command string) (string, bool) {
		if strings.Contains(command, "FETCH 1:3") {
			return sent(1) + "* 2 FETCH (UID 2 BODY[] {4294967290}\r\n" + strings.Repeat("x", 1<<20), false
		}
		return sent(3) + tag + " OK done\r\n", false
	})
	s := openSession(t, scripted(addr))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	items, skipped, _ := fetchAll(t, s, nil)
	runtime.ReadMemStats(&after)
	if len(items) != 2 || len(skipped) != 1 || skipped[0].Reason != "mail.too_large" || skipped[0].Place != "uid 2" {
		t.Errorf("%v %+v", ids(items), skipped)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 256<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
}

func TestFetchHostileServers(t *testing.T) {
	t.Parallel()
	nothing := func(tag, _ string) (string, bool) { return tag + " OK done\r\n", false }
	for name, addr := range map[string]string{
		"garbage greeting":      script(t, "\x00\x01\x02\xff SSH-2.0-x\r\n\r\n", nil),
		"http greeting":         script(t, "HTTP/1.1 400 Bad Request\r\n\r\n", func(string) (string, bool) { return "", true }),
		"closes at once":        script(t, "", nil),
		"bye":                   script(t, "* BYE go away\r\n", func(string) (string, bool) { return "", true }),
		"endless greeting":      script(t, "* OK "+strings.Repeat("x", 3<<20)+"\r\n", func(string) (string, bool) { return "", true }),
		"huge string":           imapScript(t, "* SEARCH {4294967290}\r\n", nothing, nothing),
		"fetch of what was not": imapScript(t, "* SEARCH 1\r\n* 1 FETCH (UID 1 BODY[] {5}\r\nhello)\r\n* LIST () \"/\" {9999999999}\r\n", nothing, nothing),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second) // some wait for what they never get
			defer cancel()
			_, err := openSession(t, scripted(addr)).Fetch(ctx, nil)
			if err == nil {
				t.Fatal("it was believed")
			}
			if k := faultKind(t, err); k != channel.Temporary && k != channel.Unauthorised {
				t.Errorf("%s: %v", k, err)
			}
		})
	}
}

func TestFetchClaimsOfAllNumbers(t *testing.T) {
	t.Parallel()
	addr := imapScript(t, "* ESEARCH (TAG \"x\") UID ALL 1:4294967295\r\n* SEARCH 3 2 1 2 1 4294967295\r\n", threeSizes, func(tag, _ string) (string, bool) {
		return sent(3) + sent(1) + sent(2) + sent(2) + tag + " OK done\r\n", false
	})
	items, _, _ := fetchAll(t, openSession(t, scripted(addr)), nil)
	if got := strings.Join(ids(items), " "); got != "q1@client.example q2@client.example q3@client.example" {
		t.Error(got)
	}
}

func TestFetchGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	addr := imapScript(t, "* SEARCH 1 2 3\r\n", threeSizes, func(string, string) (string, bool) { return sent(1)[:50], false }) // and then nothing
	s := openSession(t, scripted(addr))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := s.Fetch(ctx, nil); faultKind(t, err) != channel.Temporary {
		t.Error(err)
	}
	silent := script(t, "", func(string) (string, bool) { return "", false })
	ctx, cancel = context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := openSession(t, scripted(silent)).Fetch(ctx, nil); faultKind(t, err) != channel.Temporary {
		t.Error(err)
	}
}

func TestSendServerDiesAfterTheEnd(t *testing.T) {
	t.Parallel()
	smtpScript := func(afterDot func() (string, bool)) string {
		inside := false
		return script(t, "220 mx ready\r\n", func(line string) (string, bool) {
			switch {
			case inside && line == ".":
				return afterDot()
			case inside:
				return "", false
			case strings.HasPrefix(line, "EHLO"):
				return "250-mx\r\n250 AUTH PLAIN\r\n", false
			case strings.HasPrefix(line, "AUTH"):
				return "235 2.7.0 in\r\n", false
			case line == "DATA":
				inside = true
				return "354 go on\r\n", false
			}
			return "250 2.0.0 fine\r\n", false
		})
	}
	const silent, deaf = "says nothing after the end", "garbage greeting"
	gone, leave := context.WithCancel(t.Context())
	t.Cleanup(leave) // not before the subtests ended
	for _, c := range []struct {
		name string
		addr string
		want channel.FaultKind
	}{
		{"hangs up after the end", smtpScript(func() (string, bool) { return "", true }), channel.Uncertain},
		{silent, smtpScript(func() (string, bool) { leave(); return "", false }), channel.Uncertain}, // until nobody waits any longer
		{"speaks garbage after the end", smtpScript(func() (string, bool) { return "\x00\x01\xff\r\n", true }), channel.Uncertain},
		{"half an answer after the end", smtpScript(func() (string, bool) { return "250-2.0.0 take", true }), channel.Uncertain},
		{"refuses after the end", smtpScript(func() (string, bool) { return "552 5.3.4 too big\r\n", true }), channel.Refused},
		{"later after the end", smtpScript(func() (string, bool) { return "452 4.3.1 full\r\n", true }), channel.Temporary},
		{deaf, script(t, "SSH-2.0-OpenSSH\r\n", func(string) (string, bool) { return "", true }), channel.Temporary},
		{"not now", script(t, "421 4.3.2 not now\r\n", func(string) (string, bool) { return "", true }), channel.Temporary},
		{"endless answer", script(t, "220 mx\r\n", func(string) (string, bool) { return strings.Repeat("250-x\r\n", 400_000), false }), channel.Temporary},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			switch {
			case c.name == silent:
				ctx = gone
			case c.name == deaf: // it waits for what it never gets, and whenever it gives up, nothing was sent
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 2*time.Second)
				defer cancel()
			}
			_, err := openSession(t, sendSettings(c.addr)).Send(ctx, reply())
			if got := faultKind(t, err); got != c.want {
				t.Errorf("%s: %v", got, err)
			}
			t.Log(err)
		})
	}
}
