package main

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/sorting"
)

// postgres starts a server of our own with what Debian sets, fsync and synchronous commits included, and makes an empty database in it;
// or makes one in the server that ENTENTE_BENCH_POSTGRES_SERVER names.
func postgres(b *bench) (address string, used func() time.Duration, stop func(), err error) {
	server := os.Getenv("ENTENTE_BENCH_POSTGRES_SERVER")
	end, used := func() {}, func() time.Duration { return 0 }
	if server == "" {
		if server, used, end, err = cluster(b); err != nil {
			return "", nil, nil, err
		}
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		end()
		return "", nil, nil, err
	}
	defer admin.Close()
	name := "bench_" + id.New()
	if _, err := admin.ExecContext(b.ctx, "CREATE DATABASE "+name); err != nil {
		end()
		return "", nil, nil, fmt.Errorf("make a database: %w", err)
	}
	u, err := url.Parse(server)
	if err != nil {
		end()
		return "", nil, nil, err
	}
	u.Path = "/" + name
	return u.String(), used, func() {
		if admin, err := sql.Open("pgx", server); err == nil {
			admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
			admin.Close()
		}
		end()
	}, nil
}

func cluster(b *bench) (server string, used func() time.Duration, stop func(), err error) {
	bin, err := binaries()
	if err != nil {
		return "", nil, nil, err
	}
	dir, err := os.MkdirTemp("", "entente-bench-postgres-")
	if err != nil {
		return "", nil, nil, err
	}
	port, err := freePort()
	if err != nil {
		return "", nil, nil, err
	}
	as := func(command string, args ...string) error {
		cmd := exec.Command(filepath.Join(bin, command), args...)
		cmd.Dir = dir
		if os.Getuid() == 0 { // PostgreSQL refuses to run as root
			u, err := user.Lookup("postgres")
			if err != nil {
				return err
			}
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			if err := os.Chown(dir, uid, gid); err != nil {
				return err
			}
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
	data := filepath.Join(dir, "data")
	stop = func() {
		as("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
		os.RemoveAll(dir)
	}
	if err := as("initdb", "-D", data, "-U", "entente", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"); err != nil {
		os.RemoveAll(dir)
		return "", nil, nil, err
	}
	if err := as("pg_ctl", "-D", data, "-w", "-t", "60", "-l", filepath.Join(dir, "server.log"), "-o",
		"-p "+port+" -k "+dir+" -c listen_addresses=127.0.0.1", "start"); err != nil {
		stop()
		return "", nil, nil, err
	}
	return "postgres://entente@127.0.0.1:" + port + "/postgres?sslmode=disable", func() time.Duration { return familyProcessor(filepath.Join(data, "postmaster.pid")) }, stop, nil
}

// familyProcessor is the processor time of a server and all processes it started, read from /proc; 0 where that is not to be had.
func familyProcessor(pidFile string) time.Duration {
	raw, err := os.ReadFile(pidFile)
	if err != nil {
		return 0
	}
	server, _, _ := strings.Cut(string(raw), "\n")
	var ticks int64
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		raw, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(raw), ") ")
		f := strings.Fields(rest) // from the third field of proc(5) on: state, parent, …
		if len(f) < 16 || f[1] != server && name != "/proc/"+server+"/stat" {
			continue
		}
		for _, i := range []int{11, 12, 13, 14} { // own and of children that ended, in user mode and in the kernel
			n, _ := strconv.ParseInt(f[i], 10, 64)
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / 100
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

// binaries finds the newest PostgreSQL.
func binaries() (string, error) {
	if p, err := exec.LookPath("pg_ctl"); err == nil {
		return filepath.Dir(p), nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	if len(found) == 0 {
		return "", fmt.Errorf("PostgreSQL is needed (apt-get install postgresql, or ENTENTE_BENCH_POSTGRES_SERVER=postgres://…)")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	sorting.Func(found, func(x, y string) int { return version(x) - version(y) })
	return filepath.Dir(found[len(found)-1]), nil
}
