// Package dbtest gives tests a fresh, migrated database of each engine; PostgreSQL is started by itself when nobody named one.
package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
)

// Each runs f on SQLite and on PostgreSQL, in parallel subtests, each with a migrated database of its own.
func Each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		f(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		f(t, Postgres(t))
	})
}

// SQLite returns a migrated SQLite database in a temporary folder.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	file := filepath.Join(t.TempDir(), "entente.db")
	if err := copyModel(file); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// Postgres returns a migrated PostgreSQL database that is dropped after the test.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	server := serverOf(t)
	model, err := postgresModel()
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), fresh(t, server, "TEMPLATE "+model))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// PostgresURL returns the address of an empty PostgreSQL database that is dropped after the test.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return fresh(t, serverOf(t), "")
}

func serverOf(t testing.TB) string {
	t.Helper()
	server, err := server()
	if err != nil {
		t.Fatalf("PostgreSQL is needed for this test (apt-get install postgresql, or ENTENTE_TEST_POSTGRES=postgres://…): %v", err)
	}
	return server
}

// fresh makes a database that is dropped after the test, and returns its address.
func fresh(t testing.TB, server, like string) string {
	t.Helper()
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	name := "t_" + id.New()
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+name+" "+like); err != nil {
		t.Fatalf("make a test database: %v", err)
	}
	t.Cleanup(func() {
		admin, err := sql.Open("pgx", server)
		if err != nil {
			return
		}
		defer admin.Close()
		admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
	})
	return addressOf(server, name)
}

func addressOf(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + name
	return u.String()
}

// cluster is the address of a server where databases may be made: ENTENTE_TEST_POSTGRES, or one of our own that all test
// processes of this account share and that is left running.
func cluster() (string, error) {
	if u := os.Getenv("ENTENTE_TEST_POSTGRES"); u != "" {
		return u, nil
	}
	const port = "29543" // below those that are given to who asks for any
	dir := filepath.Join(os.TempDir(), "entente-test-postgres-"+strconv.Itoa(os.Getuid())+"-"+port)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	turn, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer turn.Close()
	if err := syscall.Flock(int(turn.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("wait for the test server: %w", err)
	}
	server := "postgres://entente@127.0.0.1:" + port + "/postgres?sslmode=disable"
	if answers(server) {
		return server, nil
	}
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	as := func(command string, args ...string) error {
		cmd := exec.Command(filepath.Join(bin, command), args...)
		cmd.Dir = dir
		if os.Getuid() == 0 { // PostgreSQL refuses to run as root
			u, err := user.Lookup("postgres")
			if err != nil {
				if u, err = user.Lookup("nobody"); err != nil {
					return err
				}
			}
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			os.Chown(dir, uid, gid)
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		}
		log, err := os.Create(filepath.Join(dir, command+".out"))
		if err != nil {
			return err
		}
		defer log.Close()
		cmd.Stdout, cmd.Stderr = log, log // files, not pipes: the server keeps them
		if err := cmd.Run(); err != nil {
			said, _ := os.ReadFile(log.Name())
			return fmt.Errorf("%s: %w: %s", command, err, said)
		}
		return nil
	}
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err != nil {
		if err := as("initdb", "-D", data, "-U", "entente", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"); err != nil {
			return "", err
		}
	}
	if running(filepath.Join(data, "postmaster.pid")) { // it is only busy
		for range 60 {
			time.Sleep(time.Second)
			if answers(server) {
				return server, nil
			}
		}
		return "", fmt.Errorf("the test server at %s runs and does not answer", data)
	}
	os.Remove(filepath.Join(data, "postmaster.pid"))
	options := "-p " + port + " -k " + dir + " -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c max_connections=400 -c shared_buffers=128MB"
	if err := as("pg_ctl", "-D", data, "-w", "-t", "60", "-l", filepath.Join(dir, "server.log"), "-o", options, "start"); err != nil {
		return "", err
	}
	return server, nil
}

// running reports whether the server that wrote a file of its process is there still.
func running(file string) bool {
	raw, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	return err == nil && syscall.Kill(pid, 0) == nil
}

func answers(server string) bool {
	d, err := sql.Open("pgx", server)
	if err != nil {
		return false
	}
	defer d.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	return d.PingContext(ctx) == nil
}

func binaries() (string, error) {
	if p, err := exec.LookPath("pg_ctl"); err == nil {
		return filepath.Dir(p), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if len(found) == 0 {
		return "", fmt.Errorf("pg_ctl was not found")
	}
	sort.Slice(found, func(i, j int) bool { return version(found[i]) < version(found[j]) })
	return filepath.Dir(found[len(found)-1]), nil
}

func version(path string) int {
	n, _ := strconv.Atoi(strings.Split(path, "/")[4])
	return n
}
