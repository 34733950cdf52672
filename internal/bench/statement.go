package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/situation"
)

const (
	statementKills = 3
	leaseOver      = 6 * time.Minute // what a killed process had claimed is anyone's again
)

// fanned is how a statement went out.
type fanned struct {
	Copies, Sent  int
	Handed, Wall  time.Duration // until all copies were in the outbox; until all had gone out
	CPU, Progress time.Duration // Progress is the longest that asking how far it is took
	Looks         int           // how often it was asked, and had not fallen back
	Doubtful      int           // of which nobody knew whether they had arrived, when it was killed: somebody looked
}

// statementToAll sends a statement to everybody in a process that is killed, started again on a later clock, and killed again; then once
// without kills, for its speed.
func statementToAll(b *bench) error {
	n := number("ENTENTE_BENCH_COPIES", 10_000)
	for _, kills := range []int{0, statementKills} {
		data, err := os.MkdirTemp(b.work, "statement-")
		if err != nil {
			return err
		}
		err = b.statement(data, n, kills)
		if err := errors.Join(err, os.RemoveAll(data)); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) statement(data string, n, kills int) error {
	env := []string{"ENTENTE_BENCH_DATA=" + data, "ENTENTE_BENCH_COPIES=" + strconv.Itoa(n)}
	var begun fanned
	if err := b.child(&begun, env, "inner-statement-begin"); err != nil {
		return err
	}
	draw := rand.New(rand.NewPCG(uint64(n), uint64(kills)))
	for i := range kills {
		before, _ := lettersIn(b.letterFile(data))
		if err := b.killed(append(env, "ENTENTE_BENCH_LATER="+strconv.Itoa(i*int(leaseOver/time.Second))), pause(draw), "inner-statement"); err != nil {
			return err
		}
		after, err := lettersIn(b.letterFile(data))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		fmt.Fprintf(os.Stderr, "killed: %d of %d were out, %d of them since the last kill\n", len(after), n, len(after)-len(before))
	}
	var out fanned
	if err := b.child(&out, append(env, "ENTENTE_BENCH_LATER="+strconv.Itoa(kills*int(leaseOver/time.Second))), "inner-statement"); err != nil {
		return err
	}
	arrived, err := lettersIn(b.letterFile(data)) // fails when one arrived twice
	if err != nil {
		return err
	}
	answered := map[string]int{}
	for _, to := range arrived {
		answered[to]++
	}
	once := 0
	for _, times := range answered {
		if times == 1 {
			once++
		}
	}
	if kills == 0 {
		b.out.least(fmt.Sprintf("a statement to %d conversations", n), float64(out.Sent)/out.Wall.Seconds(), 100, "a second",
			fmt.Sprintf("all in the outbox after %.1f s, all out after %.1f s, %.1f s processor; asked %d times how far it is, at most %s", out.Handed.Seconds(), out.Wall.Seconds(), out.CPU.Seconds(), out.Looks, ms(out.Progress)))
	}
	b.out.least(fmt.Sprintf("  each once, kill -9 %d times", kills), float64(once), float64(n), "conversations",
		fmt.Sprintf("%d letters arrived, none twice; %d were of the moment of a kill: somebody was asked to look", len(arrived), out.Doubtful))
	return nil
}

// killed runs an inner part and kills it after a while; that it ended before is all right.
func (b *bench) killed(env []string, after time.Duration, name string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(b.ctx, self, "-work", b.work, name)
	cmd.Env, cmd.Stderr = append(os.Environ(), env...), os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	over := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer over.Stop()
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() > 0 {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// stage opens the folder of a statement with what sends it.
func stage(b *bench) (*shop, *situation.Service, context.Context, error) {
	data := os.Getenv("ENTENTE_BENCH_DATA")
	later := time.Duration(envNumber("ENTENTE_BENCH_LATER")) * time.Second
	clock := func() time.Time { return time.Now().Add(later) }
	a, ctx, err := open(b.ctx, data, "", clock)
	if err != nil {
		return nil, nil, ctx, err
	}
	log := slog.New(slog.DiscardHandler)
	box := inbox.New(a.db, a.ledger, a.channels, a.org, log, clock)
	return a, situation.New(a.db, a.ledger, a.channels, box, a.org, log, clock), ctx, nil
}

// statementBegin has people write, gathers them in a situation, and lets an approved statement go out.
func statementBegin(b *bench) error {
	a, rooms, ctx, err := stage(b)
	if err != nil {
		return err
	}
	defer a.db.Close()
	if err := furnish(ctx, a); err != nil {
		return err
	}
	n := number("ENTENTE_BENCH_COPIES", 10_000)
	list, err := lettersTo(ctx, a, n, func(i int) string {
		return fmt.Sprintf("The battery of my bike burns while charging, case %d. What shall I do?", i)
	})
	if err != nil {
		return err
	}
	social, err := enlist(ctx, a, org.Social, 2)
	if err != nil {
		return err
	}
	var as []context.Context
	for _, id := range social {
		m, err := a.org.Find(ctx, id)
		if err != nil {
			return err
		}
		as = append(as, org.With(ctx, m))
	}
	v, err := rooms.Start(as[0], situation.Draft{Name: "Hot batteries", Level: situation.Crisis, Conversations: list[:1]})
	if err != nil {
		return err
	}
	for part := range slices.Chunk(list[1:], 5000) {
		if _, err := rooms.Gather(as[0], v.ID, part); err != nil {
			return err
		}
	}
	w, err := rooms.Write(as[0], v.ID, ledger.Worded{Kind: string(situation.Statement), Texts: map[string]string{"en": "Please stop charging. We call each of you today."}}, "")
	if err != nil {
		return err
	}
	if w, err = rooms.Approve(as[1], w.ID, true); err != nil {
		return err
	}
	if _, err = rooms.Begin(as[1], w.ID); err != nil {
		return err
	}
	return say(fanned{Copies: n})
}

// statementHere goes on with the statement until all of it has gone out.
func statementHere(b *bench) error {
	a, rooms, ctx, err := stage(b)
	if err != nil {
		return err
	}
	defer a.db.Close()
	statement, _, err := db.Value[string](ctx, a.db.Read(), "SELECT id FROM situation_statement")
	if err != nil {
		return err
	}
	loop, stop := context.WithCancel(ctx)
	ended := make(chan error, 3)
	go func() { ended <- rooms.Loop(loop) }()
	go func() { ended <- a.channels.SendLoop(loop) }()
	go func() { ended <- a.ledger.Run(loop, 250*time.Millisecond) }()
	defer func() {
		stop()
		for range 3 {
			<-ended
		}
	}()
	var out fanned
	began, used := time.Now(), processor()
	for was := -1; ; {
		asked := time.Now()
		p, err := rooms.Progress(ctx, statement)
		if err != nil {
			return err
		}
		out.Progress = max(out.Progress, time.Since(asked))
		out.Looks++
		if p.Ended() < was {
			return fmt.Errorf("the statement fell back from %d to %+v", was, p)
		}
		was = p.Ended()
		if p.Waiting == 0 && out.Handed == 0 {
			out.Handed = time.Since(began)
		}
		if p.Ended() == p.Copies && p.Failed > 0 {
			n, err := lookFor(ctx, a, b.letterFile(os.Getenv("ENTENTE_BENCH_DATA")))
			if err != nil {
				return err
			}
			out.Doubtful, was = out.Doubtful+n, -1
			continue
		}
		if p.Ended() == p.Copies && p.Copies > 0 {
			out.Copies, out.Sent, out.Wall, out.CPU = p.Copies, p.Sent, time.Since(began), processor()-used
			return say(out)
		}
		if err := rest(ctx, time.Second); err != nil {
			return err
		}
	}
}

// lookFor does what a person does with sendings of which nobody knows whether they arrived: looks, and sends again what is not there.
func lookFor(ctx context.Context, a *shop, file string) (int, error) {
	arrived, err := lettersIn(file)
	if err != nil {
		return 0, err
	}
	list, err := a.channels.Outgoing(ctx, channel.SendingFilter{State: channel.Unknown})
	for _, v := range list {
		if _, there := arrived[v.Content.Key]; there {
			err = a.channels.MarkSent(ctx, v.ID, v.Content.Key)
		} else {
			err = a.channels.Resend(ctx, v.ID)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(list), err
}
