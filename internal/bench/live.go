package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/webhook"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
)

const (
	online     = 50                     // members, each with a page open and its stream
	thinkFor   = time.Second            // between two pages of a member, on average
	gatherFor  = 150 * time.Millisecond // as assets/src/live.ts waits before it fetches, and up to gatherMore longer
	gatherMore = 300 * time.Millisecond
	arriveEach = time.Second // a new post comes in
)

// live asks for inbox lists and pages of conversations among a million, while 50 members are online with live updates and posts come in.
func live(b *bench) error {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	data, err := b.conversed(b.posts)
	if err != nil {
		return err
	}
	house, err := furnishLive(b.ctx, data)
	if err != nil {
		return err
	}
	p, err := b.start(data, nil)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.answers(b.ctx, "/sign-in"); err != nil {
		return err
	}
	if house.base, err = url.Parse(p.base); err != nil {
		return err
	}
	lists := []string{"/inbox", "/inbox?view=open", "/inbox?view=unassigned"}
	for _, path := range append(slices.Clone(lists), house.conversations[:20]...) {
		if err := house.get(b.ctx, 0, path); err != nil {
			return err
		}
	}
	ctx, stop := context.WithCancel(b.ctx)
	defer stop()
	var behind sync.WaitGroup
	seen, err := house.watch(ctx, &behind)
	if err != nil {
		return err
	}
	behind.Go(func() { house.arrive(ctx) })
	span := time.Duration(number("ENTENTE_BENCH_SECONDS", 60)) * time.Second
	used := p.processor()
	paced, err := house.work(ctx, lists, span)
	busy := (p.processor() - used).Seconds() / span.Seconds()
	if err != nil {
		return err
	}
	requests := number("ENTENTE_BENCH_REQUESTS", 4000)
	var flat [2][]time.Duration
	for i, paths := range [][]string{lists, house.conversations} {
		if flat[i], err = house.press(ctx, paths, requests); err != nil {
			return err
		}
	}
	stop()
	behind.Wait()
	slices.Sort(*seen)
	for i, name := range []string{"inbox list", "conversation page"} {
		b.out.most(fmt.Sprintf("%s, %d conversations, %d members online, p99", name, house.count, online), millis(quantile(paced[i], 0.99)), 50, "ms",
			fmt.Sprintf("p50 %s, n %d; each member asks for a page a second and has another open that is kept fresh, a post comes in each second; %.2f processors busy", ms(quantile(paced[i], 0.5)), len(paced[i]), busy))
		b.out.most("  asked for from 16 connections without a pause beside", millis(quantile(flat[i], 0.99)), 50, "ms", fmt.Sprintf("p50 %s, n %d", ms(quantile(flat[i], 0.5)), len(flat[i])))
	}
	if len(*seen) == 0 {
		return errors.New("no post was seen in an open inbox")
	}
	b.out.most("a new post visible in an open inbox, p99", quantile(*seen, 0.99).Seconds(), 1, "s", fmt.Sprintf("median %s, n %d, from the call that brings it to the list that shows it", ms(quantile(*seen, 0.5)), len(*seen)))
	peak, err := p.memory("VmHWM")
	b.out.plain("  memory under that load, resident", float64(peak)/(1<<20), "MB", "the most it ever had")
	return err
}

// conversed is the folder of an installation with so many conversations, made once.
func (b *bench) conversed(n int) (string, error) {
	dir := filepath.Join(b.work, "conversed-"+strconv.Itoa(n))
	done := filepath.Join(dir, ".whole")
	if _, err := os.Stat(done); err == nil {
		return dir, nil
	}
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "filling %s with %d conversations, once\n", dir, n)
	var out imported
	if err := b.child(&out, []string{"ENTENTE_BENCH_DATA=" + dir, "ENTENTE_BENCH_POSTGRES=", "ENTENTE_BENCH_ACTIVITIES=" + strconv.Itoa(n*100/34)}, "inner-mapfill"); err != nil {
		return "", err
	}
	return dir, os.WriteFile(done, nil, 0o644)
}

// household is who is online and what they look at.
type household struct {
	base          *url.URL
	cookies       []string
	conversations []string
	count         int
	hook, secret  string
	begun         string // of titles of what arrives in this run

	mu   sync.Mutex
	sent map[string]time.Time // when a title was called in
}

// furnishLive makes 50 members with sessions and a channel that posts are called in through.
func furnishLive(ctx context.Context, data string) (*household, error) {
	a, ctx, err := open(ctx, data, "", nil)
	if err != nil {
		return nil, err
	}
	defer a.db.Close()
	h := &household{begun: id.New(), sent: map[string]time.Time{}, secret: webhook.New().Mint()["secret"]}
	c, err := a.channels.Add(ctx, channel.Draft{Kind: "webhook", Name: "Calls " + strconv.FormatInt(time.Now().Unix(), 36), Settings: channel.Settings{"secret": h.secret}, Inbox: channel.InboxAll})
	if err != nil {
		return nil, err
	}
	h.hook = "/hooks/" + c.ID
	var members, sessions [][]any
	for range online {
		m, secret, now := id.New(), (id.New() + strings.Repeat("s", 43))[:43], db.T(time.Now())
		sum := sha256.Sum256([]byte(secret))
		members = append(members, []any{m, m + "@bench.example", "Colleague", string(org.Social), "en", "UTC", "active", now})
		sessions = append(sessions, []any{id.New(), m, hex.EncodeToString(sum[:]), now, now})
		h.cookies = append(h.cookies, "entente="+secret)
	}
	err = a.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := db.Insert(ctx, q, "member (id, email, name, role, lang, zone, state, created_at)", members, ""); err != nil {
			return err
		}
		return db.Insert(ctx, q, "member_session (id, member, hash, created_at, seen_at)", sessions, "")
	})
	if err != nil {
		return nil, err
	}
	if h.count, err = count(ctx, a, "conversation"); err != nil {
		return nil, err
	}
	h.conversations, err = db.All(ctx, a.db.Read(), db.Self[string], "SELECT '/inbox/' || id FROM conversation WHERE rowid % $1 = 0 ORDER BY last_at DESC LIMIT 2000", max(1, h.count/2000))
	if err == nil && len(h.conversations) < 100 {
		err = errors.New("the installation has hardly any conversations")
	}
	return h, err
}

func (h *household) dial(ctx context.Context, member int, more string) (*line, error) {
	return dialAs(ctx, h.base.Host, "Accept-Encoding: gzip\r\nCookie: "+h.cookies[member]+"\r\n"+more)
}

func (h *household) get(ctx context.Context, member int, path string) error {
	l, err := h.dial(ctx, member, "")
	if err != nil {
		return err
	}
	defer l.conn.Close()
	return l.get(path)
}

// work has each member ask for a page about once a second, half of them lists, and returns how long they took, sorted.
func (h *household) work(ctx context.Context, lists []string, span time.Duration) (took [2][]time.Duration, err error) {
	end := time.Now().Add(span)
	return took, h.all(ctx, online, func(member int, l *line, note func(int, time.Duration)) error {
		draw := rand.New(rand.NewPCG(uint64(member), 4))
		for {
			if err := rest(ctx, time.Duration(draw.ExpFloat64()*float64(thinkFor))); err != nil {
				return err
			}
			if time.Now().After(end) {
				return nil
			}
			which := draw.IntN(2)
			paths := [][]string{lists, h.conversations}[which]
			began := time.Now()
			if err := l.get(paths[draw.IntN(len(paths))]); err != nil {
				return err
			}
			note(which, time.Since(began))
		}
	}, &took)
}

// press asks for n pages from 16 connections, each again as soon as it is answered.
func (h *household) press(ctx context.Context, paths []string, n int) ([]time.Duration, error) {
	var took [2][]time.Duration
	err := h.all(ctx, connections, func(member int, l *line, note func(int, time.Duration)) error {
		draw := rand.New(rand.NewPCG(uint64(member), 5))
		for range n / connections {
			began := time.Now()
			if err := l.get(paths[draw.IntN(len(paths))]); err != nil {
				return err
			}
			note(0, time.Since(began))
		}
		return nil
	}, &took)
	return took[0], err
}

func (h *household) all(ctx context.Context, n int, do func(member int, l *line, note func(int, time.Duration)) error, took *[2][]time.Duration) error {
	var mu sync.Mutex
	var wait sync.WaitGroup
	var failed error
	for member := range n {
		wait.Go(func() {
			l, err := h.dial(ctx, member, "")
			if err == nil {
				err = do(member, l, func(which int, d time.Duration) {
					mu.Lock()
					defer mu.Unlock()
					took[which] = append(took[which], d)
				})
				l.conn.Close()
			}
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		})
	}
	wait.Wait()
	slices.Sort(took[0])
	slices.Sort(took[1])
	return failed
}

// watch opens a page of every member and its stream: of half of them a list, of the others a conversation. seen is how long after the call what was
// called in stood in a list.
func (h *household) watch(ctx context.Context, behind *sync.WaitGroup) (*[]time.Duration, error) {
	var seen []time.Duration
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: online}}
	form := regexp.MustCompile(h.begun + ` (\d+)`)
	for member := range online {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.base.String()+"/live", nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Cookie", h.cookies[member])
		res, err := c.Do(req)
		if err != nil {
			return nil, err
		}
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("the stream of updates: %s", res.Status)
		}
		path, topics, region := "/inbox?view=open", []string{"inbox"}, "queue"
		if member%2 == 1 {
			path = h.conversations[member]
			topics, region = []string{"conversation:" + strings.TrimPrefix(path, "/inbox/"), "conversation:all"}, "conversation"
		}
		told := make(chan struct{}, 1)
		behind.Go(func() {
			defer res.Body.Close()
			in := bufio.NewScanner(res.Body)
			for in.Scan() {
				said := strings.Fields(strings.TrimPrefix(in.Text(), "data: "))
				if slices.ContainsFunc(said, func(t string) bool { return slices.Contains(topics, t) }) {
					select {
					case told <- struct{}{}:
					default:
					}
				}
			}
		})
		behind.Go(func() {
			known := map[string]bool{}
			for {
				select {
				case <-ctx.Done():
					return
				case <-told:
				}
				if rest(ctx, gatherFor+time.Duration(rand.Int64N(int64(gatherMore)))) != nil {
					return
				}
				select {
				case <-told: // gathered
				default:
				}
				page, err := h.part(ctx, c, member, path, region)
				if err != nil {
					if ctx.Err() == nil {
						fmt.Fprintln(os.Stderr, "live:", err)
					}
					continue
				}
				for _, m := range form.FindAllSubmatch(page, -1) {
					if n := string(m[1]); !known[n] {
						known[n] = true
						h.mu.Lock()
						seen = append(seen, time.Since(h.sent[n]))
						h.mu.Unlock()
					}
				}
			}
		})
	}
	return &seen, nil
}

// part fetches a region of a page as an open page does.
func (h *household) part(ctx context.Context, c *http.Client, member int, path, region string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.base.String()+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Cookie", h.cookies[member])
	req.Header.Set("HX-Request", "true")
	req.Header.Set("HX-Target", region)
	res, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, res.Status)
	}
	return page, err
}

// arrive calls in a post each second.
func (h *household) arrive(ctx context.Context) {
	for i := 0; rest(ctx, arriveEach) == nil; i++ {
		name := strconv.Itoa(i)
		body := fmt.Appendf(nil, `{"id":"%s-%d","kind":"question","title":"%s %d","text":"The brakes of my bike squeak when it rains. What can I do?","author":{"uri":"mailto:caller%d@example.org","name":"Caller"}}`, h.begun, i, h.begun, i, i)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.base.String()+h.hook, bytes.NewReader(body))
		if err == nil {
			err = webhook.Sign(req.Header, h.secret, h.begun+name, time.Now(), body)
		}
		h.mu.Lock()
		h.sent[name] = time.Now()
		h.mu.Unlock()
		if err == nil {
			var res *http.Response
			if res, err = http.DefaultClient.Do(req); err == nil {
				res.Body.Close()
				if res.StatusCode != http.StatusAccepted {
					err = errors.New(res.Status)
				}
			}
		}
		if err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "call in a post:", err)
		}
	}
}
