package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	forum "github.com/entente/entente/internal/channel/community"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/outside"
	"github.com/entente/entente/internal/seal"
	"github.com/entente/entente/lang"
)

// How a community of the forum part is made: a question has some answers, and words are as frequent as words are.
const (
	forumSpaces  = 12
	forumAnswers = 4
	forumWords   = 40_000 // different ones
	forumWritten = 40     // words of a post
	forumCommon  = 25     // so many of the most frequent nobody searches for
	forumShare   = 10     // posts for each member
	forumFew     = 10_000 // posts of the smaller one
	someMember   = "m7@bench.example"
)

func forumPosts() int { return number("ENTENTE_BENCH_FORUM", 1_000_000) }

// grown asks for the pages of a community of 10,000 posts and of one of 1,000,000, with a tenth as many members, and searches the larger one.
func grown(b *bench) error {
	requests := number("ENTENTE_BENCH_REQUESTS", 4000)
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	var small []latency
	for _, posts := range []int{forumFew, forumPosts()} {
		dir, err := b.forum(posts)
		if err != nil {
			return err
		}
		list, err := b.forumPages(dir, posts, requests)
		if err != nil {
			return err
		}
		if posts == forumFew {
			small = list
			continue
		}
		for i, k := range list {
			s := small[i]
			most := 30.0
			if strings.HasSuffix(k.name, "signed in") {
				most = 40
			}
			b.out.most(fmt.Sprintf("%s, %d posts and %d members, p99", k.name, posts, posts/forumShare), millis(k.p99), most, "ms", fmt.Sprintf("p50 %s, n %d, %d connections, %s processor a page", ms(k.p50), k.n, connections, ms(k.each)))
			b.out.most(fmt.Sprintf("  against %d posts", forumFew), millis(k.p99)/millis(s.p99), 1.3, "x", fmt.Sprintf("p99 %s, p50 %s, %s processor there", ms(s.p99), ms(s.p50), ms(s.each)))
		}
	}
	return nil
}

// forumPages starts the program on a community and asks for its pages; of the larger one it searches too, one after the other and from all connections.
func (b *bench) forumPages(dir string, posts, requests int) ([]latency, error) {
	p, err := b.start(dir, nil)
	if err != nil {
		return nil, err
	}
	defer p.stop()
	if err := p.answers(b.ctx, "/sign-in"); err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	guest := &http.Client{Jar: jar, Timeout: time.Minute}
	member, err := signedInAs(b.ctx, p.base, someMember, password)
	if err != nil {
		return nil, err
	}
	var lists []string
	for i := range forumSpaces {
		if i%4 != 3 {
			lists = append(lists, fmt.Sprintf("/c/bench/space%d", i), fmt.Sprintf("/c/bench/space%d?order=waiting", i), fmt.Sprintf("/c/bench/space%d?page=3", i))
		}
	}
	threads, err := links(guest, p.base, lists, `"(/c/bench/t/[^"?#]+)"`)
	if err != nil {
		return nil, err
	}
	var out []latency
	for _, k := range []struct {
		kind
		c *http.Client
	}{
		{kind{"lists of a community, signed out", lists}, guest}, {kind{"question, signed out", threads}, guest},
		{kind{"lists of a community, signed in", lists}, member}, {kind{"question, signed in", threads}, member},
	} {
		if _, err := ask(b.ctx, k.c, p.base, k.kind, max(warm, 2*len(k.paths))); err != nil {
			return nil, fmt.Errorf("%s: %w", k.name, err)
		}
		used := p.processor()
		took, err := ask(b.ctx, k.c, p.base, k.kind, requests)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.name, err)
		}
		out = append(out, latency{name: k.name, n: len(took), p50: quantile(took, 0.5), p99: quantile(took, 0.99), each: (p.processor() - used) / time.Duration(requests)})
	}
	if posts == forumFew {
		return out, nil
	}
	draw, words := rand.New(rand.NewPCG(7, 7)), vocabulary()
	frequent := rand.NewZipf(draw, 1.1, 4, forumWords-forumCommon-1)
	searches := kind{name: "search"}
	for range requests {
		var asked []string
		for range 1 + draw.IntN(3) {
			asked = append(asked, words[forumCommon+int(frequent.Uint64())])
		}
		searches.paths = append(searches.paths, "/c/bench/search?q="+url.QueryEscape(strings.Join(asked, " ")))
	}
	if _, err := ask(b.ctx, guest, p.base, searches, warm); err != nil {
		return nil, err
	}
	n := requests / 4
	alone, err := askOne(b.ctx, guest, p.base, searches.paths[:n])
	if err != nil {
		return nil, err
	}
	b.out.most(fmt.Sprintf("search of a community with %d posts, one after the other, p99", posts), millis(quantile(alone, 0.99)), 150, "ms", fmt.Sprintf("n %d of one to three words with counts by kind, space, language, age and tag; p50 %s", n, ms(quantile(alone, 0.5))))
	used := p.processor()
	took, err := ask(b.ctx, guest, p.base, searches, n)
	if err != nil {
		return nil, err
	}
	b.out.most("  from all connections without a pause, p99", millis(quantile(took, 0.99)), 150, "ms", fmt.Sprintf("n %d, %d connections, p50 %s, %s processor a page", n, connections, ms(quantile(took, 0.5)), ms((p.processor()-used)/time.Duration(n))))
	return out, nil
}

// askOne asks for each page once, one after the other.
func askOne(ctx context.Context, c *http.Client, base string, paths []string) ([]time.Duration, error) {
	l, err := dial(ctx, c, base)
	if err != nil {
		return nil, err
	}
	defer l.conn.Close()
	took := make([]time.Duration, len(paths))
	for i, path := range paths {
		began := time.Now()
		if err := l.get(path); err != nil {
			return nil, err
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return took, nil
}

// forum returns the data folder of an installation whose community has so many posts, made once.
func (b *bench) forum(posts int) (string, error) {
	dir := filepath.Join(b.work, "forum-"+strconv.Itoa(posts))
	done := filepath.Join(dir, ".whole")
	if _, err := os.Stat(done); err == nil {
		return dir, nil
	}
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil { // half made
		return "", err
	}
	fmt.Fprintf(os.Stderr, "filling %s with %d posts, once\n", dir, posts)
	var took time.Duration
	if err := b.child(&took, []string{"ENTENTE_BENCH_DATA=" + dir, "ENTENTE_BENCH_FORUM=" + strconv.Itoa(posts)}, "inner-forum"); err != nil {
		return "", err
	}
	b.out.plain("posts of a community kept, derived and indexed", float64(posts)/took.Seconds(), "a second", fmt.Sprintf("%d posts, %d members", posts, posts/forumShare))
	return dir, os.WriteFile(done, nil, 0o644)
}

// forumHere makes an installation with a community, its members and what they said over three years.
func forumHere(b *bench) error {
	data, posts := os.Getenv("ENTENTE_BENCH_DATA"), forumPosts()
	s, ctx, err := open(b.ctx, data, "", nil)
	if err != nil {
		return err
	}
	defer s.db.Close()
	if err := furnish(ctx, s); err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	box, err := seal.Load("", data)
	if err != nil {
		return err
	}
	gate := outside.New(outside.Options{UserAgent: "Entente bench"})
	channels := channel.New(s.db, s.ledger, box, channel.World{HTTP: gate.Client(), Dial: gate.Dial, Clock: time.Now, Log: log}, log, time.Now, forum.New())
	places := community.New(s.db, s.ledger, channels, s.org, log, time.Now)
	c, err := places.Add(ctx, community.Plan{Slug: "bench", Name: community.Texts{"en": "Bench"}, Langs: []string{"en"}, Audience: community.Everybody, SignUp: community.Open})
	if err != nil {
		return err
	}
	var spaces []string
	for i := range forumSpaces {
		access := community.OpenSpace
		if i%4 == 3 {
			access = community.Hidden // a quarter of what is said is not for whoever reads
		}
		sp, err := places.AddSpace(ctx, c.ID, community.SpacePlan{Slug: fmt.Sprintf("space%d", i), Name: community.Texts{"en": fmt.Sprintf("Space %d", i)}, Access: access, Holds: []string{community.Questions}})
		if err != nil {
			return err
		}
		spaces = append(spaces, sp.ID)
	}
	now := time.Now().UTC().Truncate(time.Second)
	begin := now.AddDate(-3, 0, 0)
	if err := enrol(ctx, s.db, c.ID, posts/forumShare, begin); err != nil {
		return err
	}
	draw, words := rand.New(rand.NewPCG(3, 4)), vocabulary()
	frequent := rand.NewZipf(draw, 1.1, 4, forumWords-1)
	text := func(n int) string {
		var w strings.Builder
		for i := range n {
			if i > 0 {
				w.WriteByte(' ')
			}
			w.WriteString(words[frequent.Uint64()])
		}
		return w.String()
	}
	step := now.Sub(begin) / time.Duration(posts+1)
	began, question := time.Now(), ""
	var list []ledger.Activity
	for i := range posts {
		id, author := fmt.Sprintf("p%d", i), draw.IntN(posts/forumShare)
		body := text(forumWritten/2 + draw.IntN(forumWritten))
		said := ledger.Said{ExternalID: id, Kind: "answer", AuthorName: fmt.Sprintf("Member %d", author), Text: body, Markup: body, Lang: "en"}
		if i%(forumAnswers+1) == 0 {
			question = id
			said.Kind, said.Title, said.Space, said.Tags = "question", text(6), spaces[draw.IntN(forumSpaces)], []string{words[draw.IntN(40)]}
		} else {
			said.InReplyTo = []string{question}
		}
		list = append(list, ledger.Activity{Kind: ledger.PostSaid, Actor: fmt.Sprintf("mailto:m%d@bench.example", author), Channel: c.Channel, At: begin.Add(time.Duration(i) * step), Key: id, Data: ledger.Data(said)})
		if len(list) == 2000 || i == posts-1 {
			if _, err := s.ledger.Append(ctx, list...); err != nil {
				return err
			}
			list = list[:0]
			if err := s.ledger.CatchUp(ctx); err != nil {
				return err
			}
		}
	}
	took := time.Since(began)
	for more := true; more; {
		if more, err = s.enrich.Piece(ctx, s.ledger); err != nil {
			return err
		}
	}
	return say(took)
}

// enrol makes accounts that belong to a community, all with the owner's password.
func enrol(ctx context.Context, d *db.DB, community string, n int, at time.Time) error {
	return d.Tx(ctx, func(ctx context.Context, q db.Q) error {
		secret, _, err := db.Value[string](ctx, q, "SELECT password FROM member WHERE email = $1", owner)
		if err != nil {
			return err
		}
		for i := range n {
			m := "m" + strconv.Itoa(i)
			if _, err := db.Exec(ctx, q, "INSERT INTO member (id, email, name, role, lang, zone, state, password, created_at) VALUES ($1, $2, $3, 'member', 'en', 'Europe/Paris', 'active', $4, $5)",
				m, m+"@bench.example", "Member "+strconv.Itoa(i), secret, db.T(at)); err != nil {
				return err
			}
			if _, err := db.Exec(ctx, q, "INSERT INTO community_membership (community, member, state, at) VALUES ($1, $2, 'in', $3)", community, m, db.T(at)); err != nil {
				return err
			}
		}
		return nil
	})
}

// vocabulary are words that can be said, the most frequent first.
func vocabulary() []string {
	draw := rand.New(rand.NewPCG(1, 2))
	parts := strings.Fields("ba cla do fre gui ha lo mo ni pra qui ri so tra vu cha ble der fon gru jo kli lan mer nou per ros sti ten ver")
	seen := map[string]bool{}
	var out []string
	for len(out) < forumWords {
		var w strings.Builder
		for range 2 + draw.IntN(3) {
			w.WriteString(parts[draw.IntN(len(parts))])
		}
		if s := w.String(); !seen[lang.Stem("fr", s)] && !seen[lang.Stem("en", s)] {
			seen[lang.Stem("fr", s)], seen[lang.Stem("en", s)] = true, true
			out = append(out, s)
		}
	}
	return out
}
