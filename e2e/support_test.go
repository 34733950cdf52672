package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/entente/entente/internal/db/dbtest"
)

// The members of the sample organisation, by role, and the password of all of them.
const demoPassword = "petit-plateau-26"

var demoMembers = map[string]string{
	"owner":      "claire.vannier@bruyere.example",
	"strategist": "mathilde.roussin@bruyere.example",
	"social":     "ines.cordelier@bruyere.example",
	"volunteer":  "karim.belhadj-roche@bruyere.example",
	"member":     "luc.dallemagne@bruyere.example",
}

var engines = []string{"sqlite", "postgres"}

// scratch is a folder of this run, gone after it. ENTENTE_TEST_E2E names one for several runs of the same tree, which then share the program
// and the sample; whoever names it removes it.
var scratch = sync.OnceValue(func() string {
	dir := os.Getenv("ENTENTE_TEST_E2E")
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "entente-e2e-"); err != nil {
			panic(err)
		}
	}
	return dir
})

// build builds the program once for all tests, compiled as the tests are, so that nothing is compiled twice, and carrying its texts packed, as it is delivered.
var build = sync.OnceValues(func() (string, error) {
	file := filepath.Join(scratch(), "entente")
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	for _, args := range [][]string{{"run", "./internal/pack"}, {"build", "-buildvcs=false", "-tags", "packed", "-ldflags=-s -w", "-o", file + ".new", "./cmd/entente"}} {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
		if said, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build the program: %w\n%s", err, said)
		}
	}
	return file, os.Rename(file+".new", file)
})

// filled is the folder of an installation with the sample, filled once and stopped, for copying.
var filled = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(scratch(), "filled")
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	file, err := build()
	if err != nil {
		return "", err
	}
	s, err := place{data: dir + ".new"}.start(file, "--demo")
	if err != nil {
		return "", fmt.Errorf("fill the demo: %w", err)
	}
	s.stop()
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		return "", fmt.Errorf("fill the demo: exit %d\n%s", code, s.out)
	}
	if _, err := os.Stat(filepath.Join(dir+".new", "entente.db-wal")); err == nil {
		return "", fmt.Errorf("fill the demo: the database is not whole after the stop\n%s", s.out)
	}
	return dir, os.Rename(dir+".new", dir)
})

// demoed is a place of its own with the sample.
func demoed(t testing.TB) place {
	t.Helper()
	from, err := filled()
	if err != nil {
		t.Fatal(err)
	}
	p := newPlace(t, "sqlite")
	if err := os.CopyFS(p.data, os.DirFS(from)); err != nil {
		t.Fatalf("copy the demo: %v", err)
	}
	return p
}

// after is what has to end when all tests have.
var after struct {
	sync.Mutex
	todo []func()
}

func afterAll(f func()) {
	after.Lock()
	defer after.Unlock()
	after.todo = append(after.todo, f)
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range after.todo {
		f()
	}
	if os.Getenv("ENTENTE_TEST_E2E") == "" {
		os.RemoveAll(scratch())
	}
	os.Exit(code)
}

func program(t testing.TB) string {
	t.Helper()
	file, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// place is where an installation keeps its things.
type place struct {
	data     string // folder, not made yet
	database string // PostgreSQL, "" for the embedded one
}

func newPlace(t testing.TB, engine string) place {
	t.Helper()
	p := place{data: filepath.Join(t.TempDir(), "data")}
	if engine == "postgres" {
		p.database = dbtest.PostgresURL(t)
	}
	return p
}

// env is what the program gets: nothing of the surroundings that could change what it does.
func (p place) env(more ...string) []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "ENTENTE_") && !strings.HasPrefix(v, "LANG") && !strings.HasPrefix(v, "LC_") {
			env = append(env, v)
		}
	}
	env = append(env, "ENTENTE_DATA="+p.data, "LANG=C.UTF-8")
	if p.database != "" {
		env = append(env, "ENTENTE_DATABASE_URL="+p.database)
	}
	return append(env, more...)
}

// said is what a command answered.
type said struct {
	code     int
	out, err string
}

func (s said) String() string { return fmt.Sprintf("exit %d\n%s%s", s.code, s.out, s.err) }

// command runs the program to its end.
func (p place) command(t testing.TB, args ...string) said {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t), args...)
	cmd.Env = p.env()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if cmd.ProcessState == nil || ctx.Err() != nil {
		t.Fatalf("entente %s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return said{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// must is command that has to end well.
func (p place) must(t testing.TB, args ...string) said {
	t.Helper()
	s := p.command(t, args...)
	if s.code != 0 {
		t.Fatalf("entente %s: %s", strings.Join(args, " "), s)
	}
	return s
}

// patience is how long the program may take to become what a test waits for. Only a test that fails waits so long, however slow the machine.
const patience = 4 * time.Minute

// server is a program that serves.
type server struct {
	URL   string
	place place
	cmd   *exec.Cmd
	out   *logged
	ended chan struct{}
}

// logged keeps what a process says.
type logged struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

func freeAddress() (string, error) {
	// Below those that others are given who ask for any: between now and the start of a program nobody takes it.
	for range 10_000 {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(20_000+int(lastPort.Add(1)+uint32(os.Getpid())*101)%10_000))
		if err == nil {
			defer l.Close()
			return l.Addr().String(), nil
		}
	}
	return "", errors.New("no port is free")
}

var lastPort atomic.Uint32

// launch starts the program without waiting for it to answer.
func (p place) launch(file, address string, env []string, args ...string) (*server, error) {
	s := &server{URL: "http://" + address, place: p, out: &logged{}, ended: make(chan struct{})}
	s.cmd = exec.Command(file, append([]string{"serve"}, args...)...)
	s.cmd.Env = p.env(append(env, "ENTENTE_LISTEN="+address)...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = s.cmd.Wait() // how it ended is in ProcessState
		close(s.ended)
	}()
	return s, nil
}

// ready waits until the program answers that it is.
func (s *server) ready() error {
	end := time.Now().Add(patience)
	for time.Now().Before(end) {
		if r, err := http.Get(s.URL + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-s.ended:
			return fmt.Errorf("the program ended by itself: %v\n%s", s.cmd.ProcessState, s.out)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return fmt.Errorf("the program was not ready within %s\n%s", patience, s.out)
}

// kill ends it as a power cut would.
func (s *server) kill() {
	_ = s.cmd.Process.Signal(syscall.SIGKILL) // it may have ended
	<-s.ended
}

// stop asks it to end. What is held back ends by itself with an error after ten seconds; see app.Serve.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.kill()
	}
}

// stopped is stop that has to end well.
func (s *server) stopped(t testing.TB) {
	t.Helper()
	s.stop()
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the program was stopped and ended with %v\n%s", s.cmd.ProcessState, s.out)
	}
}

// start starts the program and waits until it answers.
func (p place) start(file string, args ...string) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s, err := p.launch(file, address, nil, args...)
	if err != nil {
		return nil, err
	}
	if err := s.ready(); err != nil {
		s.kill()
		return nil, err
	}
	return s, nil
}

// serve starts the program and ends it with the test.
func (p place) serve(t testing.TB, args ...string) *server {
	t.Helper()
	s, err := p.start(program(t), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s
}

var shared = sync.OnceValues(func() (*server, error) {
	from, err := filled()
	if err != nil {
		return nil, err
	}
	file, err := build()
	if err != nil {
		return nil, err
	}
	data, err := os.MkdirTemp(scratch(), "shared-")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(data, os.DirFS(from)); err != nil {
		return nil, fmt.Errorf("copy the demo: %w", err)
	}
	s, err := place{data: data}.start(file)
	if err == nil {
		afterAll(s.stop)
	}
	return s, err
})

// demo is a server with the sample that all tests which change nothing share.
func demo(t testing.TB) *server {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// client is a browser without a screen: it keeps cookies and does not follow redirects.
type client struct {
	t    testing.TB
	base string
	http *http.Client
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) to() string { return a.header.Get("Location") }

func newClient(t testing.TB, base string) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t, base, &http.Client{Jar: jar, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as signs a member of the sample in; role "" is nobody.
func as(t testing.TB, s *server, role, lang string) *client {
	t.Helper()
	c := newClient(t, s.URL)
	c.lang(lang)
	if role != "" {
		c.signIn(demoMembers[role], demoPassword)
		c.lang(lang) // signing in brings the member's own language
	}
	return c
}

func (c *client) lang(lang string) {
	u, err := url.Parse(c.base)
	if err != nil {
		c.t.Fatal(err)
	}
	c.http.Jar.SetCookies(u, []*http.Cookie{{Name: "lang", Value: lang, Path: "/"}})
}

func (c *client) signIn(email, password string) {
	c.t.Helper()
	if a := c.post("/sign-in", "email", email, "password", password); a.status != http.StatusSeeOther {
		c.t.Fatalf("sign in as %s: %d\n%s", email, a.status, a.body)
	}
}

// try sends a request; the error is of the network.
func (c *client) try(method, path string, body io.Reader, header ...string) (answer, error) {
	address := path
	if strings.HasPrefix(path, "/") {
		address = c.base + path
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, address, body)
	if err != nil {
		return answer{}, err
	}
	if method != http.MethodGet {
		r.Header.Set("Origin", c.base)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := c.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(raw)}, err
}

func (c *client) get(path string) answer {
	c.t.Helper()
	a, err := c.try(http.MethodGet, path, nil)
	if err != nil {
		c.t.Fatalf("get %s: %v", path, err)
	}
	return a
}

// page is get that has to answer 200.
func (c *client) page(path string) string {
	c.t.Helper()
	a := c.get(path)
	if a.status != http.StatusOK {
		c.t.Fatalf("get %s: %d %s\n%s", path, a.status, a.to(), a.body)
	}
	return a.body
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

func (c *client) tryPost(path string, v url.Values) (answer, error) {
	return c.try(http.MethodPost, path, strings.NewReader(v.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

func (c *client) post(path string, pairs ...string) answer {
	c.t.Helper()
	a, err := c.tryPost(path, form(pairs...))
	if err != nil {
		c.t.Fatalf("post %s: %v", path, err)
	}
	return a
}

func write(t testing.TB, name string, body []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
