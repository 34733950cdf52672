package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/lang"
)

// How the posts that are searched are made: a question has some answers, and words are as frequent as words are.
const (
	searchSpaces  = 12
	searchAnswers = 4
	searchWords   = 40_000 // different ones
	searchWritten = 40     // words of a post
	searchCommon  = 25     // so many of the most frequent nobody searches for
)

// searched is how a search did.
type searched struct {
	Posts, Asked, Found int
	Took                []time.Duration
	CPU                 time.Duration
	Slowest             string
	FilledFor           time.Duration
	Bytes               int64
}

// searching asks the search of a community with many posts.
func searching(b *bench) error {
	var s searched
	if err := b.child(&s, []string{"ENTENTE_BENCH_DATA=" + filepath.Join(b.work, fmt.Sprintf("search-%d", searchPosts()))}, "inner-search"); err != nil {
		return err
	}
	slices.Sort(s.Took)
	b.out.most(fmt.Sprintf("search of a community with %d posts, p99", s.Posts), millis(quantile(s.Took, 0.99)), 150, "ms", fmt.Sprintf("n %d of one to three words with counts by kind, space, language, age and tag; p50 %s, %s processor each; %d found on average; slowest: %s",
		s.Asked, ms(quantile(s.Took, 0.5)), ms(s.CPU/time.Duration(max(1, s.Asked))), s.Found/max(1, s.Asked), s.Slowest))
	if s.FilledFor > 0 {
		b.out.plain("  posts derived and indexed", float64(s.Posts)/s.FilledFor.Seconds(), "a second", fmt.Sprintf("%d MB of database", s.Bytes>>20))
	}
	return nil
}

func searchPosts() int { return number("ENTENTE_BENCH_SEARCH", 1_000_000) }

// searchHere fills a community, unless it is there, and searches it.
func searchHere(b *bench) error {
	dir, posts := os.Getenv("ENTENTE_BENCH_DATA"), searchPosts()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file := filepath.Join(dir, "entente.db")
	d, err := db.Open(b.ctx, file)
	if err != nil {
		return err
	}
	defer d.Close()
	if _, err := d.Migrate(b.ctx); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	l := ledger.New(d, log, time.Now, community.Follower())
	o := org.New(d, log, time.Now)
	s := community.New(d, l, channel.New(d, l, nil, channel.World{Clock: time.Now, Log: log}, log, time.Now), o, log, time.Now)
	out := searched{Posts: posts}
	words := vocabulary()
	n, _, err := db.Value[int](b.ctx, d.Read(), "SELECT COUNT(*) FROM community_doc")
	if err != nil {
		return err
	}
	if n < posts {
		if n > 0 {
			return fmt.Errorf("%s holds %d of %d posts: remove it", dir, n, posts)
		}
		began := time.Now()
		if err := fillSearched(b.ctx, d, l, words, posts); err != nil {
			return err
		}
		out.FilledFor = time.Since(began)
	}
	if info, err := os.Stat(file); err == nil {
		out.Bytes = info.Size()
	}
	sight, err := s.World(b.ctx)
	if err != nil {
		return err
	}
	draw := rand.New(rand.NewPCG(7, 7))
	frequent := rand.NewZipf(draw, 1.1, 4, searchWords-searchCommon-1)
	asks := number("ENTENTE_BENCH_REQUESTS", 4000)
	var slowest time.Duration
	for i := range asks + warm {
		var asked []string
		for range 1 + draw.IntN(3) {
			asked = append(asked, words[searchCommon+int(frequent.Uint64())])
		}
		in := community.Search{Community: "bench", Words: strings.Join(asked, " ")}
		used, began := processor(), time.Now()
		r, err := s.Search(b.ctx, sight, in)
		if err != nil {
			return err
		}
		if i < warm {
			continue
		}
		took := time.Since(began)
		out.Took, out.CPU, out.Found, out.Asked = append(out.Took, took), out.CPU+processor()-used, out.Found+r.Sum, out.Asked+1
		if took > slowest {
			slowest, out.Slowest = took, fmt.Sprintf("%q, %d found, %s", in.Words, r.Sum, ms(took))
		}
	}
	return say(out)
}

// vocabulary are words that can be said, the most frequent first.
func vocabulary() []string {
	draw := rand.New(rand.NewPCG(1, 2))
	parts := strings.Fields("ba cla do fre gui ha lo mo ni pra qui ri so tra vu cha ble der fon gru jo kli lan mer nou per ros sti ten ver")
	seen := map[string]bool{}
	var out []string
	for len(out) < searchWords {
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

// fillSearched states questions and answers of a community and lets them be derived.
func fillSearched(ctx context.Context, d *db.DB, l *ledger.Ledger, words []string, posts int) error {
	now := time.Now().UTC().Truncate(time.Second)
	err := d.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, `INSERT INTO community (id, slug, channel, name, langs, audience, sign_up, created_at, changed_at)
			VALUES ('bench', 'bench', 'bench', '{"en":"Bench"}', '["en"]', 'public', 'open', $1, $1)`, db.T(now)); err != nil {
			return err
		}
		for i := range searchSpaces {
			access := "open"
			if i%4 == 3 {
				access = "hidden" // a quarter of what is said is not for whoever searches
			}
			if _, err := db.Exec(ctx, q, `INSERT INTO community_space (id, community, slug, name, access, holds, position, created_at) VALUES ($1, 'bench', $1, '{"en":"Space"}', $2, '["question"]', $3, $4)`,
				fmt.Sprintf("space%d", i), access, i, db.T(now)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	draw := rand.New(rand.NewPCG(3, 4))
	frequent := rand.NewZipf(draw, 1.1, 4, searchWords-1)
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
	begin := now.AddDate(-3, 0, 0)
	step := now.Sub(begin) / time.Duration(posts+1)
	var list []ledger.Activity
	question := ""
	for i := range posts {
		id := fmt.Sprintf("p%d", i)
		body := text(searchWritten/2 + draw.IntN(searchWritten))
		said := ledger.Said{ExternalID: id, Kind: "answer", AuthorName: fmt.Sprintf("Member %d", i%997), Text: body, Markup: body, Lang: "en"}
		if i%(searchAnswers+1) == 0 {
			question = id
			said.Kind, said.Title, said.Space, said.Tags = "question", text(6), fmt.Sprintf("space%d", draw.IntN(searchSpaces)), []string{words[draw.IntN(40)]}
		} else {
			said.InReplyTo = []string{question}
		}
		list = append(list, ledger.Activity{Kind: ledger.PostSaid, Actor: fmt.Sprintf("mailto:m%d@bench.example", i%997), Channel: "bench", At: begin.Add(time.Duration(i) * step), Key: id, Data: ledger.Data(said)})
		if len(list) == 2000 || i == posts-1 {
			if _, err := l.Append(ctx, list...); err != nil {
				return err
			}
			list = list[:0]
			if err := l.CatchUp(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
