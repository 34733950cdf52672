package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/strategy"
)

const (
	objectives = 60
	places     = 12  // channels
	spread     = 500 // activities stated at once, times ten
	drawn      = 200 // days that are kept of what a map draws
)

// mapped is how measures did in a process of their own.
type mapped struct {
	Activities    int
	First         time.Duration // of the first evaluation, nothing kept
	Anew          time.Duration // all measures read again, of all time
	AnewCPU       time.Duration
	Keys          int
	Fresh         []time.Duration // from stating an activity to seeing it in a number of the map
	Evaluated     time.Duration   // processor of an evaluation after something came in
	Conversations int
}

// settling is how long a program that was just started is asked before it is measured: it reads its database into memory first.
const settling = 15 * time.Second

// maps asks for a map of 60 objectives over many activities, while more come in.
func maps(b *bench) error {
	n := number("ENTENTE_BENCH_ACTIVITIES", 1_000_000)
	requests := number("ENTENTE_BENCH_REQUESTS", 20000)
	// Who asks shares the two cores: its own collecting of garbage would be measured with the pages.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 30))
	engines := []string{"SQLite", "PostgreSQL"}
	if one := os.Getenv("ENTENTE_BENCH_ENGINE"); one != "" {
		engines = []string{one}
	}
	for _, engine := range engines {
		dir, database, end, err := b.mappedData(engine, n)
		if err != nil {
			b.out.failed("map page, "+engine, err)
			continue
		}
		if err := b.mapsOn(engine, dir, database, n, requests); err != nil {
			b.out.failed("map page, "+engine, err)
		}
		end()
	}
	return nil
}

func (b *bench) mapsOn(engine, dir, database string, n, requests int) error {
	var out mapped
	if err := b.child(&out, []string{"ENTENTE_BENCH_DATA=" + dir, "ENTENTE_BENCH_POSTGRES=" + database}, "inner-map"); err != nil {
		return err
	}
	slices.Sort(out.Fresh)
	b.out.most(fmt.Sprintf("all measures anew from %d activities, %s", n, engine), out.Anew.Seconds(), 600, "s",
		fmt.Sprintf("%d measures with filters, %d conversations, %.1f s processor of ours", out.Keys, out.Conversations, out.AnewCPU.Seconds()))
	b.out.most("  an activity shows in its measure, 99 %", quantile(out.Fresh, 0.99).Seconds(), 2, "s", fmt.Sprintf("n %d, median %s", len(out.Fresh), ms(quantile(out.Fresh, 0.5))))
	b.out.plain("  evaluating the map after something came in", millis(out.Evaluated), "ms processor", fmt.Sprintf("%d objectives; the first time, nothing kept, %.1f s", objectives, out.First.Seconds()))
	p, err := b.startOn(dir, database, nil)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.answers(b.ctx, "/sign-in"); err != nil {
		return err
	}
	c, err := signedIn(b.ctx, p.base)
	if err != nil {
		return err
	}
	stop, err := colleagueOn(b.ctx, address(dir, database), c, p.base)
	if err != nil {
		return err
	}
	k := kind{"map page", []string{"/strategy"}}
	for began := time.Now(); time.Since(began) < settling; {
		if _, err := ask(b.ctx, c, p.base, k, warm); err != nil {
			return errors.Join(err, stop())
		}
	}
	used := p.processor()
	took, err := ask(b.ctx, c, p.base, k, requests)
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	each := (p.processor() - used) / time.Duration(requests)
	b.out.most(fmt.Sprintf("map page, %d objectives, %d activities, %s, p99", objectives, n, engine), millis(quantile(took, 0.99)), 60, "ms",
		fmt.Sprintf("p50 %s, n %d, %d connections, a note written each 200 ms, %s processor a page", ms(quantile(took, 0.5)), len(took), connections, ms(each)))
	peak, err := p.memory("VmHWM")
	b.out.plain("  memory under that load, resident", float64(peak)/(1<<20), "MB", "the most it ever had")
	return err
}

func address(dir, database string) string {
	if database != "" {
		return database
	}
	return filepath.Join(dir, "entente.db")
}

// mappedData makes an installation with so many activities and a map, once on SQLite; ENTENTE_BENCH_MAPPED names a filled one of PostgreSQL.
func (b *bench) mappedData(engine string, n int) (dir, database string, end func(), err error) {
	end = func() {}
	dir = filepath.Join(b.work, "mapped-"+engine+"-"+strconv.Itoa(n))
	done := filepath.Join(dir, ".whole")
	if known := os.Getenv("ENTENTE_BENCH_MAPPED"); engine != "SQLite" && known != "" { // filled by an earlier run
		return dir, known, end, os.MkdirAll(dir, 0o755)
	}
	if engine != "SQLite" {
		server, _, stop, err := postgres(b)
		if err != nil {
			return "", "", end, err
		}
		database, end = server, stop
	} else if _, err := os.Stat(done); err == nil {
		return dir, "", end, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", "", end, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", "", end, err
	}
	fmt.Fprintf(os.Stderr, "filling %s with %d activities\n", engine, n)
	var out imported
	if err := b.child(&out, []string{"ENTENTE_BENCH_DATA=" + dir, "ENTENTE_BENCH_POSTGRES=" + database, "ENTENTE_BENCH_ACTIVITIES=" + strconv.Itoa(n)}, "inner-mapfill"); err != nil {
		end()
		return "", "", func() {}, err
	}
	b.out.plain("filled, "+engine, float64(out.Added)/out.Wall.Seconds(), "activities/s", fmt.Sprintf("%d %s; %.0f s processor of ours", out.Added, way(out.Copied), out.CPU.Seconds()))
	return dir, database, end, os.WriteFile(done, nil, 0o644)
}

// way says how a history was filled.
func way(copied bool) string {
	if copied {
		return fmt.Sprintf("activities: about %d stated through the ledger, the rest copied into the derived tables", block)
	}
	return "activities stated through the ledger"
}

// mapFillHere states activities of three years and makes the map. Of many only the first block is stated, unless ENTENTE_BENCH_FILL=ledger.
func mapFillHere(b *bench) error {
	n := number("ENTENTE_BENCH_ACTIVITIES", 1_000_000)
	data, database := os.Getenv("ENTENTE_BENCH_DATA"), os.Getenv("ENTENTE_BENCH_POSTGRES")
	began, used := time.Now(), processor()
	p := planned(n, block, began)
	copied := p.blocks > 1 && os.Getenv("ENTENTE_BENCH_FILL") != "ledger"
	if err := fillMap(b.ctx, data, database, p, copied, nil); err != nil {
		return err
	}
	return say(imported{Added: p.blocks * p.each, Copied: copied, Wall: time.Since(began), CPU: processor() - used})
}

// fillMap fills an empty database by a plan: all through the ledger, or the first block only and the others copied.
func fillMap(ctx context.Context, data, database string, p plan, copied bool, clock func() time.Time) error {
	stated := p.blocks
	if copied {
		stated = 1
	}
	if err := stateMap(ctx, data, database, p, stated, clock); err != nil || !copied {
		return err
	}
	return copyBlocks(ctx, address(data, database), p, func(done int) {
		if done%10 == 0 {
			fmt.Fprintf(os.Stderr, "%d of %d blocks\n", done, p.blocks)
		}
	})
}

func stateMap(ctx context.Context, data, database string, p plan, blocks int, clock func() time.Time) error {
	a, ctx, err := open(ctx, data, database, clock)
	if err != nil {
		return err
	}
	defer a.db.Close()
	if err := furnish(ctx, a); err != nil {
		return err
	}
	var channels []string
	for i := range places {
		c, err := a.channels.Place(ctx, "import", "Place "+strconv.Itoa(i+1), channel.InboxAll)
		if err != nil {
			return err
		}
		channels = append(channels, c.ID)
	}
	for k := range blocks {
		if err := stateBlock(ctx, a, channels, p, k); err != nil {
			return err
		}
	}
	if err := a.ledger.Finish(ctx); err != nil {
		return err
	}
	if err := drawMap(ctx, a, channels); err != nil {
		return err
	}
	// What other models say of old posts is worked out by the program in the background, and not what is measured here.
	return a.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO enrich_setting (one, paused_at) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET paused_at = excluded.paused_at", db.T(time.Now()))
		return err
	})
}

var words = [...]string{"couver", "plizo", "the brake", "squeaks", "thank you", "delivery", "is late", "battery", "laker", "monsa", "wonderful", "refund", "when", "open", "ba fi", "how do I"}

// stateBlock states a block through all followers: questions, answers of ours and of others, and business facts. All blocks are alike.
func stateBlock(ctx context.Context, a *shop, channels []string, p plan, k int) error {
	draw := rand.New(rand.NewPCG(7, 8))
	step := p.span / time.Duration(p.each)
	at := p.start.Add(time.Duration(k) * p.span)
	text := func() string {
		s := ""
		for range 8 {
			s += words[draw.IntN(len(words))] + " "
		}
		return s
	}
	kinds := []string{"contact", "rating", "lead", "cost"}
	open := map[string]string{} // channel to the newest question
	list := make([]ledger.Activity, 0, 10*spread)
	for i := range p.each {
		if i > 0 {
			at = at.Add(step)
		}
		c := channels[draw.IntN(len(channels))]
		key := reference(k, i)
		switch kind := draw.IntN(100); {
		case kind < 35: // a question
			list = append(list, ledger.Activity{Kind: ledger.PostSaid, Actor: "acct:u" + strconv.Itoa(draw.IntN(20000)) + "@example.social", Channel: c, At: at, Key: ledger.SaidKey(c, key),
				Data: ledger.Data(ledger.Said{ExternalID: key, Text: text(), Inbox: true})})
			open[c] = key
		case kind < 85 && open[c] != "":
			s := ledger.Said{ExternalID: key, Text: text(), InReplyTo: []string{open[c]}}
			actor := "acct:u" + strconv.Itoa(draw.IntN(20000)) + "@example.social"
			if kind < 60 {
				s.Ours, actor = true, "acct:us@example.social"
			}
			list = append(list, ledger.Activity{Kind: ledger.PostSaid, Actor: actor, Channel: c, At: at, Key: ledger.SaidKey(c, key), Data: ledger.Data(s)})
		default:
			kind := kinds[draw.IntN(len(kinds))]
			f := ledger.Fact{Kind: kind, Quantity: float64(1 + draw.IntN(4)), Origin: "bench", External: key}
			x := ledger.Activity{Kind: ledger.FactStated, Actor: "member:bench", Object: key, At: at, Key: "fact:" + key}
			switch kind {
			case "contact":
				f.Status = []string{"assisted", "self_service"}[draw.IntN(2)]
			case "rating":
				f.Label = "csat"
			case "lead":
				f.Status = []string{"open", "won", "lost"}[draw.IntN(3)]
			case "cost":
				f.Label, x.Amount, x.Currency = "platform", int64(draw.IntN(90000)), "EUR"
			}
			x.Data = ledger.Data(f)
			list = append(list, x)
		}
		if len(list) == cap(list) || i == p.each-1 {
			if _, err := a.ledger.Append(ctx, list...); err != nil {
				return err
			}
			if err := a.ledger.CatchUp(ctx); err != nil {
				return err
			}
			list = list[:0]
		}
	}
	return nil
}

// drawMap makes 60 objectives with two measures each, of different measures, channels and topics.
func drawMap(ctx context.Context, a *shop, channels []string) error {
	topics, err := db.All(ctx, a.db.Read(), db.Self[string], "SELECT id FROM topic ORDER BY id")
	if err != nil {
		return err
	}
	d := strategy.Draft{Name: strategy.Words{"en": "Bench"}, Perspectives: []strategy.Perspective{{ID: "p1", Name: strategy.Words{"en": "Outcomes"}}, {ID: "p2", Name: strategy.Words{"en": "Service"}},
		{ID: "p3", Name: strategy.Words{"en": "Voice"}}, {ID: "p4", Name: strategy.Words{"en": "Means"}}}}
	now := time.Now()
	for i := range objectives {
		d.Objectives = append(d.Objectives, strategy.Objective{ID: "o" + strconv.Itoa(i), Perspective: "p" + strconv.Itoa(i%4+1), Name: strategy.Words{"en": "Do thing " + strconv.Itoa(i+1)}, DueAt: now.AddDate(1, 0, 0)})
		if i >= 4 {
			d.Links = append(d.Links, strategy.Link{Origin: "o" + strconv.Itoa(i), Serves: "o" + strconv.Itoa(i-4), LagDays: 14})
		}
	}
	m, err := a.strategy.AddMap(ctx, d)
	if err != nil {
		return err
	}
	m, err = a.strategy.Map(ctx, m.ID)
	if err != nil {
		return err
	}
	ids := []string{"volume", "response-rate", "first-response-time", "resolution-time", "open-conversations", "overall-sentiment"}
	for i, o := range m.Objectives {
		for j := range 2 {
			x := strategy.Measure{Objective: o.ID, Measure: ids[(i+j*3)%len(ids)], Better: kpi.Higher, Weight: 1, Baseline: 1, BaselineAt: now.AddDate(0, -6, 0), Target: 2, Days: 30, Channel: channels[(i/2+j)%len(channels)]}
			switch {
			case i%5 == 0:
				x.Channel = ""
			case i%5 == 1 && x.Measure != "open-conversations":
				x.Channel, x.Topic = "", topics[i%len(topics)]
			}
			if x.Measure == "response-rate" {
				x.Baseline, x.Target = 0.4, 0.9
			}
			if x.Measure == "first-response-time" || x.Measure == "resolution-time" {
				x.Statistic, x.Better, x.Baseline, x.Target = strategy.Median, kpi.Lower, 7200, 3600
			}
			if _, err := a.strategy.AddMeasure(ctx, x); err != nil {
				return fmt.Errorf("%s: %w", x.Measure, err)
			}
		}
	}
	return nil
}

// mapHere reads all measures anew, then states activities and looks how soon the map shows them.
func mapHere(b *bench) error {
	a, ctx, err := open(b.ctx, os.Getenv("ENTENTE_BENCH_DATA"), os.Getenv("ENTENTE_BENCH_POSTGRES"), nil)
	if err != nil {
		return err
	}
	defer a.db.Close()
	var out mapped
	if out.Activities, err = count(ctx, a, "activity"); err != nil {
		return err
	}
	if out.Conversations, err = count(ctx, a, "conversation"); err != nil {
		return err
	}
	began := time.Now()
	m, err := a.strategy.Evaluate(ctx, "", time.Now())
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	out.First = time.Since(began)
	note := func(what string) {
		fmt.Fprintf(os.Stderr, "%s after %s, %s processor\n", what, time.Since(began).Round(time.Millisecond), processor().Round(time.Millisecond))
	}
	note("first evaluation")
	// All measures over all time, and those of the map with their filters as far back as it draws them: the first evaluation, which ends
	// after some seconds, came to few of them when there is much to read.
	now := time.Now()
	for _, m := range a.measure.All() {
		a.measure.Keep(ctx, m, measure.Filter{}, now.Add(-history-24*time.Hour))
	}
	for _, st := range m.Objectives {
		for _, r := range st.Readings {
			def, err := a.measure.Find(r.Measure.Measure)
			if err != nil {
				return err
			}
			a.measure.Keep(ctx, def, r.Filter(), now.AddDate(0, 0, -drawn))
		}
	}
	if err := a.measure.Roll(ctx); err != nil {
		return err
	}
	note("all kept")
	began, used := time.Now(), processor()
	if err := a.measure.Anew(ctx); err != nil {
		return err
	}
	out.Anew, out.AnewCPU = time.Since(began), processor()-used
	note("all anew")
	if out.Keys, err = count(ctx, a, "measure_key"); err != nil {
		return err
	}
	loop, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan struct{})
	go func() { defer close(ended); _ = a.measure.Loop(loop) }()
	if m, err = a.strategy.Evaluate(ctx, "", time.Now()); err != nil {
		return err
	}
	note("evaluated")
	watched := -1 // an objective that counts everything said
	for i, st := range m.Objectives {
		if len(st.Readings) > 0 && st.Readings[0].Measure.Measure == "volume" && st.Readings[0].Channel == "" && st.Readings[0].Topic == "" {
			watched = i
		}
	}
	if watched < 0 {
		return errors.New("no objective of the map counts everything said")
	}
	place, _, err := db.Value[string](ctx, a.db.Read(), "SELECT id FROM channel ORDER BY id"+db.Limit(1))
	if err != nil {
		return err
	}
	used = processor()
	const times, longest, most = 40, 20 * time.Second, 3
	late := 0
	for i := 0; i < times && late < most; i++ {
		n := m.Objectives[watched].Readings[0].Result.N
		key := "fresh" + strconv.Itoa(i) + strconv.FormatInt(now.UnixNano(), 36)
		stated := time.Now()
		if _, err := a.ledger.State(ctx, ledger.Activity{Kind: ledger.PostSaid, Actor: "acct:new@example.social", Channel: place, At: stated, Key: ledger.SaidKey(place, key),
			Data: ledger.Data(ledger.Said{ExternalID: key, Text: "One more", Inbox: true})}); err != nil {
			return err
		}
		for {
			if m, err = a.strategy.Evaluate(ctx, "", time.Now()); err != nil {
				return err
			}
			if m.Objectives[watched].Readings[0].Result.N > n || time.Since(stated) > longest {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		out.Fresh = append(out.Fresh, time.Since(stated))
		if time.Since(stated) > longest {
			late++
		}
	}
	out.Evaluated = (processor() - used) / time.Duration(len(out.Fresh))
	stop()
	<-ended
	return say(out)
}
