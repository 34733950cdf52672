package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/all"
	forum "github.com/entente/entente/internal/channel/community"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/outside"
	"github.com/entente/entente/internal/seal"
)

const (
	questions     = 2000
	demoCommunity = "sillage"
)

// rated is one kind of page and what its rate should be at least, as a share of the plain handler's.
type rated struct {
	kind
	signedIn bool
	share    float64
	most     float64 // p99, ms
}

// rates compares pages a second with those of a plain handler of net/http that sends as many bytes, on the demo with 2,000 more questions.
func rates(b *bench) error {
	requests := number("ENTENTE_BENCH_REQUESTS", 4000)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	data, err := os.MkdirTemp(b.work, "rates-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	p, err := b.demo(data)
	if err != nil {
		return err
	}
	p.stop()
	var said asked
	if err := b.child(&said, []string{"ENTENTE_BENCH_DATA=" + data}, "inner-asked"); err != nil {
		return err
	}
	if p, err = b.start(data, nil); err != nil {
		return err
	}
	defer p.stop()
	if err := p.answers(b.ctx, "/sign-in"); err != nil {
		return err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	guest := &http.Client{Jar: jar, Timeout: time.Minute}
	member, err := signedInAs(b.ctx, p.base, "claire.vannier@bruyere.example", "petit-plateau-26")
	if err != nil {
		return err
	}
	list := "/c/" + demoCommunity + "/questions"
	threads, err := links(guest, p.base, []string{list, list + "?page=2", list + "?page=3"}, `"(/c/`+demoCommunity+`/t/[^"?#]+)"`)
	if err != nil {
		return err
	}
	handled, err := links(member, p.base, []string{"/inbox", "/inbox?view=open"}, `"(/inbox/[0-9a-z]{20,})[?"]`)
	if err != nil {
		return err
	}
	b.out.least("an answer in a community: kept, derived, indexed", said.Rate, 400, "a second", fmt.Sprintf("%d questions and answers by %d hands at once, without HTTP", said.N, connections))
	b.out.most("  p99", millis(said.P99), 80, "ms", fmt.Sprintf("n %d", said.N))
	for _, r := range []rated{
		{kind{"list of questions, signed out", []string{list}}, false, 0.1, 30},
		{kind{"question, signed out", threads}, false, 0.1, 30},
		{kind{"list of questions, signed in", []string{list}}, true, 1.0 / 15, 40},
		{kind{"question, signed in", threads}, true, 1.0 / 15, 40},
		{kind{"inbox list", []string{"/inbox", "/inbox?view=open", "/inbox?view=unassigned"}}, true, 1.0 / 15, 50},
		{kind{"conversation page", handled}, true, 1.0 / 15, 50},
	} {
		c := guest
		if r.signedIn {
			c = member
		}
		if err := b.rate(p, c, r, requests); err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}

// rate asks for pages and for as many plain answers of the same size, twice: packed, by an asker who costs as little as can be, as many browsers
// would; and not packed, by the client of net/http, as most tools that load a server do. A dear asker takes more of what both sides share.
func (b *bench) rate(p *program, c *http.Client, r rated, requests int) error {
	for _, way := range []struct {
		name string
		ask  asker
		gzip bool
	}{{"", ask, true}, {", unpacked, asked by net/http", askCommonly, false}} {
		if _, err := way.ask(b.ctx, c, p.base, r.kind, warm); err != nil {
			return err
		}
		size, err := sent(b.ctx, c, p.base, r.kind, way.gzip)
		if err != nil {
			return err
		}
		used, began := p.processor(), time.Now()
		took, err := way.ask(b.ctx, c, p.base, r.kind, requests)
		if err != nil {
			return err
		}
		ours := float64(requests) / time.Since(began).Seconds()
		each := (p.processor() - used) / time.Duration(requests)
		plain, err := b.plain(way.ask, c, size, 4*requests)
		if err != nil {
			return err
		}
		b.out.least(r.name+way.name+", pages a second beside a plain handler", ours/plain, r.share, "x", fmt.Sprintf("%.0f to %.0f a second, %d bytes sent, %s processor a page, p50 %s", ours, plain, size,
			ms(each), ms(quantile(took, 0.5))))
		b.out.most("  p99", millis(quantile(took, 0.99)), r.most, "ms", fmt.Sprintf("n %d, %d connections, who asks on the same cores", requests, connections))
		if way.gzip && !r.signedIn {
			b.out.most("  processor a page", millis(each), 1, "ms", "of the program alone")
		}
	}
	return nil
}

// asker asks for n pages over all connections at once and returns how long each took, sorted.
type asker func(ctx context.Context, c *http.Client, base string, k kind, n int) ([]time.Duration, error)

// askCommonly asks with the client of net/http for what is not packed.
func askCommonly(ctx context.Context, c *http.Client, base string, k kind, n int) ([]time.Duration, error) {
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: connections}
	defer transport.CloseIdleConnections()
	common := &http.Client{Jar: c.Jar, Transport: transport, Timeout: time.Minute}
	took := make([]time.Duration, n)
	var next atomic.Int64
	var all errgroup.Group
	for w := range connections {
		all.Go(func() error {
			draw := rand.New(rand.NewPCG(uint64(w), 9))
			for {
				i := int(next.Add(1)) - 1
				if i >= n || ctx.Err() != nil {
					return ctx.Err()
				}
				start := time.Now()
				path := k.paths[draw.IntN(len(k.paths))]
				req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
				if err != nil {
					return err
				}
				res, err := common.Do(req)
				if err != nil {
					return err
				}
				size, err := io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if err != nil {
					return err
				}
				if res.StatusCode != http.StatusOK || size < 2000 {
					return fmt.Errorf("%s: %s, %d bytes", path, res.Status, size)
				}
				took[i] = time.Since(start)
			}
		})
	}
	err := all.Wait()
	slices.Sort(took)
	return took, err
}

// plain is how many answers of a size a second a handler gives that does nothing else, in a process of its own.
func (b *bench) plain(ask asker, c *http.Client, size, requests int) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(b.ctx, self, "inner-plain")
	cmd.Env = append(os.Environ(), "ENTENTE_BENCH_SIZE="+strconv.Itoa(size))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return 0, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() { stdin.Close(); cmd.Wait() }()
	var address string
	if _, err := fmt.Fscanln(stdout, &address); err != nil {
		return 0, fmt.Errorf("start the plain handler: %w", err)
	}
	k := kind{"plain", []string{"/"}}
	if _, err := ask(b.ctx, c, "http://"+address, k, warm); err != nil {
		return 0, err
	}
	began := time.Now()
	_, err = ask(b.ctx, c, "http://"+address, k, requests)
	return float64(requests) / time.Since(began).Seconds(), err
}

// plainHere answers until its input ends.
func plainHere(*bench) error {
	body := make([]byte, number("ENTENTE_BENCH_SIZE", 30_000))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) })}
	go s.Serve(l)
	fmt.Println(l.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, s.Close())
}

// sent is how many bytes of body the pages of a kind have on average, as they are sent.
func sent(ctx context.Context, c *http.Client, base string, k kind, gzip bool) (int, error) {
	sum, n := 0, min(len(k.paths), 20)
	for _, path := range k.paths[:n] {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
		if err != nil {
			return 0, err
		}
		req.Header.Set("Accept-Encoding", "identity")
		if gzip {
			req.Header.Set("Accept-Encoding", "gzip") // set by us, nothing is unpacked
		}
		res, err := c.Do(req)
		if err != nil {
			return 0, err
		}
		got, err := io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if err != nil {
			return 0, err
		}
		sum += int(got)
	}
	return sum / n, nil
}

// links finds addresses in pages.
func links(c *http.Client, base string, paths []string, pattern string) ([]string, error) {
	form := regexp.MustCompile(pattern)
	var out []string
	for _, path := range paths {
		res, err := c.Get(base + path)
		if err != nil {
			return nil, err
		}
		page, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			return nil, err
		}
		for _, m := range form.FindAllStringSubmatch(string(page), -1) {
			out = append(out, m[1])
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) == 0 {
		return nil, fmt.Errorf("no links like %s at %s", pattern, strings.Join(paths, " "))
	}
	return out, nil
}

// asked is how saying things in a community went.
type asked struct {
	N    int
	Rate float64
	P99  time.Duration
}

// askHere asks questions in the demo's community, each with two answers, as fast as it goes from a few hands.
func askHere(b *bench) error {
	s, ctx, err := open(b.ctx, os.Getenv("ENTENTE_BENCH_DATA"), "", nil)
	if err != nil {
		return err
	}
	defer s.db.Close()
	log := slog.New(slog.DiscardHandler)
	box, err := seal.Load("", os.Getenv("ENTENTE_BENCH_DATA"))
	if err != nil {
		return err
	}
	gate := outside.New(outside.Options{UserAgent: "Entente bench"})
	channels := channel.New(s.db, s.ledger, box, channel.World{HTTP: gate.Client(), Dial: gate.Dial, Clock: time.Now, Log: log}, log, time.Now, append(all.Connectors(), forum.New())...)
	var ticks atomic.Int64 // who says so much would be told to slow down; each look at this clock finds it half a minute later
	past := time.Now().Add(-60 * 24 * time.Hour)
	clock := func() time.Time { return past.Add(time.Duration(ticks.Add(1)) * 30 * time.Second) }
	places := community.New(s.db, s.ledger, channels, org.New(s.db, log, clock), log, clock)
	world, err := places.Map(ctx)
	if err != nil {
		return err
	}
	c, found := world.BySlug(demoCommunity)
	if !found {
		return fmt.Errorf("the demo has no community %s", demoCommunity)
	}
	space := ""
	for _, sp := range world.Spaces {
		if sp.Community == c.ID && sp.Slug == "questions" {
			space = sp.ID
		}
	}
	m, err := s.org.ByEmail(ctx, "claire.vannier@bruyere.example")
	if err != nil {
		return err
	}
	ctx = org.With(ctx, m)
	took := make([]time.Duration, 3*questions)
	var next, said atomic.Int64
	var all sync.WaitGroup
	failed := make([]error, connections)
	began := time.Now()
	for hand := range connections {
		all.Go(func() {
			draw := rand.New(rand.NewPCG(uint64(hand), 1))
			for {
				i := int(next.Add(1)) - 1
				if i >= questions {
					return
				}
				note := func(begun time.Time) { took[said.Add(1)-1] = time.Since(begun) }
				begun := time.Now()
				id, err := places.Start(ctx, community.Begin{Space: space, Kind: community.Questions, Lang: "en",
					Title: fmt.Sprintf("How do I change the %s of a %s, number %d?", pick(draw), pick(draw), i), Body: paragraph(draw, 3)})
				if err != nil {
					failed[hand] = err
					return
				}
				note(begun)
				for range 2 {
					begun := time.Now()
					if _, err := places.Reply(ctx, c.ID, community.Reply{Post: id, Body: paragraph(draw, 4), Lang: "en"}); err != nil {
						failed[hand] = err
						return
					}
					note(begun)
				}
			}
		})
	}
	all.Wait()
	wall := time.Since(began)
	if err := errors.Join(failed...); err != nil {
		return err
	}
	took = took[:said.Load()]
	slices.Sort(took)
	return say(asked{N: len(took), Rate: float64(len(took)) / wall.Seconds(), P99: quantile(took, 0.99)})
}

func pick(r *rand.Rand) string {
	words := []string{"battery", "brake", "charger", "display", "motor", "chain", "light", "tyre", "saddle", "sensor", "cable", "lock"}
	return words[r.IntN(len(words))]
}

func paragraph(r *rand.Rand, sentences int) string {
	var b strings.Builder
	for i := range sentences {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "The %s beside the %s comes off with a **%d mm** key, then the %s turns freely.", pick(r), pick(r), 2+r.IntN(9), pick(r))
	}
	return b.String()
}
