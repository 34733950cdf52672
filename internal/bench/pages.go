package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
)

const (
	connections = 16
	warm        = 160 // requests before it counts
)

// kind is one kind of page and addresses of it.
type kind struct {
	name  string
	paths []string
}

// latency is what was measured of a kind of page.
type latency struct {
	name     string
	n        int
	p50, p99 time.Duration
	each     time.Duration // processor of the program for one page
	busy     time.Duration // p99 while a colleague writes notes
}

// pages asks for the pages that people live in, from 16 connections at once, with few and with many posts stored.
func pages(b *bench) error {
	requests := number("ENTENTE_BENCH_REQUESTS", 4000)
	const few = 10_000
	// Who asks shares the two cores: its own collecting of garbage would be measured with the pages.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	var small, large []latency
	var kinds []kind
	var busy int64
	for i, posts := range []int{few, b.posts} {
		data, err := b.filled(posts)
		if err != nil {
			return err
		}
		if kinds, err = kindsOf(b.ctx, data); err != nil {
			return err
		}
		list, peak, err := b.load(data, kinds, requests)
		if err != nil {
			return err
		}
		if i == 0 {
			small = list
		} else {
			large, busy = list, peak
		}
	}
	for i, k := range kinds {
		s, l := small[i], large[i]
		b.out.most(fmt.Sprintf("%s, %d posts, p99", k.name, b.posts), millis(l.p99), 40, "ms",
			fmt.Sprintf("p50 %s, n %d, %d connections, %s processor a page; p99 %s while notes are written, 5 a second", ms(l.p50), l.n, connections, ms(l.each), ms(l.busy)))
		b.out.most(fmt.Sprintf("  against %d posts", few), millis(l.p99)/millis(s.p99), 1.3, "x",
			fmt.Sprintf("p99 %s, p50 %s, %s processor there", ms(s.p99), ms(s.p50), ms(s.each)))
	}
	b.out.most("memory under that load, resident", float64(busy)/(1<<20), 250, "MB", "the most it ever had")
	return nil
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// kindsOf reads from the database which pages there are.
func kindsOf(ctx context.Context, data string) ([]kind, error) {
	d, err := db.Open(ctx, filepath.Join(data, "entente.db"))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	list := func(query string) ([]string, error) { return db.All(ctx, d.Read(), db.Self[string], query) }
	topics, err := list("SELECT '/mentions?topic=' || id FROM topic WHERE removed_at IS NULL ORDER BY id")
	if err != nil {
		return nil, err
	}
	people, err := list("SELECT '/people/' || id FROM person ORDER BY id LIMIT 1000")
	if err != nil {
		return nil, err
	}
	if len(topics) == 0 || len(people) == 0 {
		return nil, errors.New("the installation has no topics or no persons")
	}
	return []kind{
		{"inbox page", []string{"/inbox", "/inbox?view=open", "/inbox?view=unassigned"}},
		{"mentions page", []string{"/mentions"}},
		{"mentions page of a topic", topics},
		{"person page", people},
	}, nil
}

// load starts the program on a folder and asks it for pages; peak is the most memory it ever had resident.
func (b *bench) load(data string, kinds []kind, requests int) (list []latency, peak int64, err error) {
	p, err := b.start(data, nil)
	if err != nil {
		return nil, 0, err
	}
	defer p.stop()
	if err := p.answers(b.ctx, "/sign-in"); err != nil {
		return nil, 0, err
	}
	c, err := signedIn(b.ctx, p.base)
	if err != nil {
		return nil, 0, err
	}
	for _, k := range kinds {
		if _, err := ask(b.ctx, c, p.base, k, warm); err != nil {
			return nil, 0, err
		}
		used := p.processor()
		took, err := ask(b.ctx, c, p.base, k, requests)
		if err != nil {
			return nil, 0, err
		}
		l := latency{n: len(took), p50: quantile(took, 0.5), p99: quantile(took, 0.99), each: (p.processor() - used) / time.Duration(requests)}
		if l.busy, err = b.beside(data, c, p.base, k, requests/2); err != nil {
			return nil, 0, err
		}
		list = append(list, l)
	}
	peak, err = p.memory("VmHWM")
	return list, peak, err
}

// noteEvery is how often a colleague writes a note while pages are asked for, so that what was read is not kept for long.
const noteEvery = time.Second / 5

// beside is the p99 of pages of a kind while a colleague writes.
func (b *bench) beside(data string, c *http.Client, base string, k kind, requests int) (time.Duration, error) {
	stop, err := colleague(b.ctx, data, c, base)
	if err != nil {
		return 0, err
	}
	took, err := ask(b.ctx, c, base, k, requests)
	if err = errors.Join(err, stop()); err != nil {
		return 0, err
	}
	return quantile(took, 0.99), nil
}

// colleague writes notes on conversations until stop is called, which says what went wrong.
func colleague(ctx context.Context, data string, c *http.Client, base string) (stop func() error, err error) {
	return colleagueOn(ctx, filepath.Join(data, "entente.db"), c, base)
}

// colleagueOn is colleague on any database.
func colleagueOn(ctx context.Context, database string, c *http.Client, base string) (stop func() error, err error) {
	d, err := db.Open(ctx, database)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	list, err := db.All(ctx, d.Read(), db.Self[string], "SELECT id FROM conversation ORDER BY id LIMIT 500")
	if err == nil && len(list) == 0 {
		err = errors.New("the installation has no conversations")
	}
	if err != nil {
		return nil, err
	}
	own := &http.Client{Jar: c.Jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ended, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		tick := time.NewTicker(noteEvery)
		defer tick.Stop()
		for i := 0; ; i++ {
			select {
			case <-ended:
				failed <- nil
				return
			case <-tick.C:
			}
			res, err := own.PostForm(base+"/inbox/"+list[i%len(list)]+"/notes", url.Values{"note": {fmt.Sprintf("Looked at it, %d.", i)}, "token": {id.New()}})
			if err != nil {
				failed <- fmt.Errorf("write a note: %w", err)
				return
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			if res.StatusCode != http.StatusSeeOther {
				failed <- fmt.Errorf("write a note: %s", res.Status)
				return
			}
		}
	}()
	return func() error {
		close(ended)
		return <-failed
	}, nil
}

// signedIn returns a client of 16 connections with the owner's session.
func signedIn(ctx context.Context, base string) (*http.Client, error) {
	return signedInAs(ctx, base, owner, password)
}

func signedInAs(ctx context.Context, base, email, password string) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	c := &http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}
	res, err := c.PostForm(base+"/sign-in", url.Values{"email": {email}, "password": {password}, "to": {"/me"}})
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	io.Copy(io.Discard, res.Body)
	res.Body.Close()
	if res.Request.URL.Path != "/me" || res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("sign in: %s at %s", res.Status, res.Request.URL)
	}
	return c, nil
}

// ask asks for n pages over all connections at once, each asking again as soon as it is answered, and returns how long each took, sorted.
func ask(ctx context.Context, c *http.Client, base string, k kind, n int) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	var next atomic.Int64
	var mu sync.Mutex
	var failed error
	var wait sync.WaitGroup
	for w := range connections {
		wait.Go(func() {
			err := func() error {
				l, err := dial(ctx, c, base)
				if err != nil {
					return err
				}
				defer l.conn.Close()
				draw := rand.New(rand.NewPCG(uint64(w), 9))
				for {
					i := int(next.Add(1)) - 1
					if i >= n || ctx.Err() != nil {
						return ctx.Err()
					}
					start := time.Now()
					err := l.get(k.paths[draw.IntN(len(k.paths))])
					took[i] = time.Since(start)
					if err != nil {
						return err
					}
				}
			}()
			if err != nil {
				mu.Lock()
				failed = errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	slices.Sort(took)
	return took, failed
}

// line is one kept connection. Who asks shares the machine with what is measured: net/http's client takes two goroutines and as many
// handovers a connection, and pages then wait for the asker's turn rather than for the program.
type line struct {
	conn   net.Conn
	in     *bufio.Reader
	header string // what every request says after its first line
}

// dial opens a line that is signed in as c is.
func dial(ctx context.Context, c *http.Client, base string) (*line, error) {
	at, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	var cookies []string
	for _, k := range c.Jar.Cookies(at) {
		cookies = append(cookies, k.Name+"="+k.Value)
	}
	// gzip, as browsers ask; unpacking it here would be the work of another machine.
	return dialAs(ctx, at.Host, "Accept-Encoding: gzip\r\nCookie: "+strings.Join(cookies, "; ")+"\r\n")
}

// dialAs opens a line whose every request has these headers.
func dialAs(ctx context.Context, host, headers string) (*line, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	return &line{conn: conn, in: bufio.NewReaderSize(conn, 64<<10), header: "Host: " + host + "\r\n" + headers + "\r\n"}, nil
}

func (l *line) get(path string) error {
	if _, err := io.WriteString(l.conn, "GET "+path+" HTTP/1.1\r\n"+l.header); err != nil {
		return err
	}
	res, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || n < 2000 {
		return fmt.Errorf("%s: %s, %d bytes", path, res.Status, n)
	}
	return nil
}
