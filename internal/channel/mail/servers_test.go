//go:build unix

package mail

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
)

// missing skips the test where a server is not installed, except where somebody asked for it with ENTENTE_TEST_SERVERS=1.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("ENTENTE_TEST_SERVERS") == "1" {
		t.Fatalf("ENTENTE_TEST_SERVERS=1, but %s", why)
	}
	t.Skip(why)
}

func binary(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin/", "/usr/local/sbin/", "/usr/bin/"} {
		if p, err := exec.LookPath(dir + name); err == nil {
			return p
		}
	}
	missing(t, name+" is not installed")
	return ""
}

func freePort(t *testing.T) int {
	t.Helper()
	// Below those that others are given who ask for any.
	for range 1_000 {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 18_000+int(lastPort.Add(1)+uint32(os.Getpid())*101)%2_000))
		if err == nil {
			defer l.Close()
			return l.Addr().(*net.TCPAddr).Port
		}
	}
	t.Fatal("no port is free")
	return 0
}

var lastPort atomic.Uint32

// start runs a server in the foreground until the test ends, and waits until it greets.
func start(t *testing.T, port int, log string, name string, args ...string) {
	t.Helper()
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
		out.Close()
	})
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 1200 {
		if conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second); err == nil {
			_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
			n, _ := conn.Read(make([]byte, 10))
			_ = conn.Close()
			if n > 0 {
				return
			}
		}
		select {
		case <-ended:
			t.Fatalf("%s ended:\n%s", name, tail(log))
		case <-tick.C:
		}
	}
	t.Fatalf("%s does not answer:\n%s", name, tail(log))
}

func tail(file string) string {
	raw, _ := os.ReadFile(file)
	return string(raw[max(0, len(raw)-3000):])
}

// dovecot runs a real IMAP server with a mailbox of its own and returns its address.
func dovecot(t *testing.T) (address, maildir string) {
	t.Helper()
	bin := binary(t, "dovecot")
	if out, err := exec.Command(bin, "--version").Output(); err != nil || !strings.HasPrefix(string(out), "2.3") {
		missing(t, "this test knows Dovecot 2.3, not "+strings.TrimSpace(string(out)))
	}
	dir := t.TempDir()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "home")
	if err := os.MkdirAll(filepath.Join(home, "Maildir", "new"), 0o755); err != nil {
		t.Fatal(err)
	}
	uid, gid, users := me.Uid, me.Gid, ""
	if me.Uid == "0" {
		// Dovecot gives no mail to root, and its log-in processes want a user of their own: those of its package are used.
		owner, err := user.Lookup("mail")
		if err != nil {
			missing(t, "there is no user to own the mail")
		}
		uid, gid = owner.Uid, owner.Gid
		for _, p := range []string{filepath.Dir(dir), dir} {
			if err := os.Chmod(p, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	} else {
		name := me.Username
		group, err := user.LookupGroupId(me.Gid)
		if err != nil {
			t.Fatal(err)
		}
		users = "default_internal_user = " + name + "\ndefault_internal_group = " + group.Name + "\ndefault_login_user = " + name +
			"\nservice anvil {\n chroot =\n}\nservice stats {\n chroot =\n}\n"
	}
	port := freePort(t)
	config := fmt.Sprintf(`protocols = imap
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/dovecot.log
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
%[2]s
service imap-login {
 chroot =
 inet_listener imap {
  port = %[3]d
 }
 inet_listener imaps {
  port = 0
 }
}
namespace inbox {
 inbox = yes
 mailbox Sent {
  auto = create
  special_use = \Sent
 }
}
passdb {
 driver = static
 args = password=sésame
}
userdb {
 driver = static
 args = uid=%[4]s gid=%[5]s home=%[6]s
}
`, dir, users, port, uid, gid, home)
	file := filepath.Join(dir, "dovecot.conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	if me.Uid == "0" {
		u, _ := strconv.Atoi(uid)
		g, _ := strconv.Atoi(gid)
		if err := filepath.WalkDir(home, func(p string, _ os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Chown(p, u, g)
		}); err != nil {
			t.Fatal(err)
		}
	}
	start(t, port, filepath.Join(dir, "out.log"), bin, "-F", "-c", file)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(tail(filepath.Join(dir, "dovecot.log")))
		}
	})
	return fmt.Sprintf("127.0.0.1:%d", port), filepath.Join(home, "Maildir")
}

// deliver puts messages into a maildir, as a delivery agent does.
func deliver(t *testing.T, maildir string, from, to int) {
	t.Helper()
	info, err := os.Stat(maildir)
	if err != nil {
		t.Fatal(err)
	}
	for i := from; i < to; i++ {
		name := fmt.Sprintf("%d.%06d.test", 1_770_000_000+i, i)
		tmp := filepath.Join(filepath.Dir(maildir), name)
		if err := os.WriteFile(tmp, []byte(simple(i)), 0o644); err != nil {
			t.Fatal(err)
		}
		chownLike(t, tmp, info)
		if err := os.Rename(tmp, filepath.Join(maildir, "new", name)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDovecot(t *testing.T) {
	address, maildir := dovecot(t)
	const n = 3000
	deliver(t, maildir, 0, n)
	s := openSession(t, mailSettings(address))
	if _, err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	wrong := mailSettings(address)
	wrong[fieldIMAPPassword] = "nope"
	if _, err := openSession(t, wrong).Check(t.Context()); faultKind(t, err) != channel.Unauthorised {
		t.Error(err)
	}
	elsewhere := mailSettings(address)
	elsewhere[fieldFolder] = "Nowhere"
	if _, err := openSession(t, elsewhere).Check(t.Context()); faultKind(t, err) != channel.Gone {
		t.Error(err)
	}
	began := time.Now()
	items, skipped, at := fetchAll(t, s, nil)
	t.Logf("%d messages in %v: %.0f a second", len(items), time.Since(began), float64(len(items))/time.Since(began).Seconds())
	if len(items) != n || len(skipped) != 0 {
		t.Fatalf("%d items, %v", len(items), skipped)
	}
	if items[7].ExternalID != "q7@client.example" || items[7].Text != "Mon vélo 7 grince." {
		t.Errorf("%+v", items[7])
	}
	seen, _ := filepath.Glob(filepath.Join(maildir, "cur", "*S"))
	if len(seen) != 0 {
		t.Errorf("%d messages are marked as seen", len(seen))
	}
	told, ended := watch(t.Context(), s)
	<-told
	deliver(t, maildir, n, n+1)
	select {
	case <-told:
	case err := <-ended:
		t.Fatal(err)
	case <-t.Context().Done():
	}
	items, _, _ = fetchAll(t, s, at)
	if d := cmp.Diff([]string{fmt.Sprintf("q%d@client.example", n)}, ids(items)); d != "" {
		t.Error(d)
	}
	if _, found, err := s.Find(t.Context(), channel.Outgoing{Key: "k1"}); found || err != nil {
		t.Errorf("%v %v", found, err)
	}
	sent := filepath.Join(maildir, ".Sent", "new", "1.k1.test")
	if err := os.WriteFile(sent, []byte(strings.Replace(simple(1), "q1@client.example", "k1@velo.example", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	info, _ := os.Stat(maildir)
	chownLike(t, sent, info)
	if r, found, err := s.Find(t.Context(), channel.Outgoing{Key: "k1"}); !found || err != nil || r.ExternalID != "k1@velo.example" {
		t.Errorf("%+v %v %v", r, found, err)
	}
}

func TestOpenSMTPD(t *testing.T) {
	bin := binary(t, "smtpd")
	if out, _ := exec.Command(bin, "-h").CombinedOutput(); !strings.Contains(string(out), "OpenSMTPD") {
		missing(t, "smtpd is not OpenSMTPD")
	}
	if os.Getuid() != 0 {
		missing(t, "OpenSMTPD only runs as root")
	}
	if _, err := os.Stat("/var/run/smtpd.sock"); err == nil {
		if conn, err := net.Dial("unix", "/var/run/smtpd.sock"); err == nil {
			_ = conn.Close()
			missing(t, "another OpenSMTPD runs on this machine")
		}
	}
	dir := t.TempDir()
	for _, p := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// It delivers as the user that the address stands for, so the mailbox is one that this user may write.
	box := filepath.Join(dir, "box")
	if err := os.Mkdir(box, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(box, 0o777); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	config := fmt.Sprintf(`table virtuals { "@" = "nobody" }
listen on 127.0.0.1 port %d
action "keep" maildir "%s" virtual <virtuals>
match from any for domain "client.example" action "keep"
match from any for any reject
`, port, filepath.Join(box, "Maildir"))
	file := filepath.Join(dir, "smtpd.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, "out.log")
	start(t, port, log, bin, "-d", "-f", file)
	set := sendSettings(fmt.Sprintf("127.0.0.1:%d", port))
	set[fieldSMTPUser] = ""
	s := openSession(t, set)
	if _, err := s.Send(t.Context(), reply()); err != nil {
		t.Fatalf("%v\n%s", err, tail(log))
	}
	var found []string
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 1200 {
		if found, _ = filepath.Glob(filepath.Join(box, "Maildir", "new", "*")); len(found) > 0 {
			break
		}
		<-tick.C
	}
	if len(found) != 1 {
		t.Fatalf("%d messages were delivered:\n%s", len(found), tail(log))
	}
	raw, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(raw, noon, s.own)
	if err != nil || m.Said.ExternalID != "01ABC@velo.example" || m.Said.Text != strings.TrimSpace(reply().Text) || !m.Said.Ours {
		t.Errorf("%v %+v", err, m.Said)
	}
	refused := reply()
	refused.To[0].URI = "mailto:a@elsewhere.example"
	if _, err := s.Send(t.Context(), refused); faultKind(t, err) != channel.Refused {
		t.Error(err)
	}
}
