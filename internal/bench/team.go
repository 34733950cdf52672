package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/team"
)

const (
	volunteers = 200
	routable   = 1000 // conversations that wait
	routings   = 5
)

// teamwork measures what a social team waits for: that conversations are given to people, and that a statement reaches everybody.
func teamwork(b *bench) error {
	var took []routedRound
	for range routings {
		var one routedRound
		if err := b.child(&one, nil, "inner-route"); err != nil {
			return err
		}
		took = append(took, one)
	}
	sorting.Func(took, func(a, b routedRound) int { return int(a.Wall - b.Wall) })
	b.out.most(fmt.Sprintf("routing %d waiting conversations among %d volunteers", routable, volunteers), took[len(took)-1].Wall.Seconds(), 1, "s",
		fmt.Sprintf("the slowest of %d first rounds, each in a process of its own; median %s, %s processor; all %d given", routings, ms(took[len(took)/2].Wall), ms(took[len(took)/2].CPU), took[0].Given))
	return statementToAll(b)
}

// routedRound is how a round of routing went.
type routedRound struct {
	Given     int
	Wall, CPU time.Duration
}

// routeHere gives conversations that wait to volunteers, from rows to facts and back to rows.
func routeHere(b *bench) error {
	data, err := os.MkdirTemp(b.work, "route-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	a, ctx, err := open(b.ctx, data, "", nil)
	if err != nil {
		return err
	}
	defer a.db.Close()
	if err := furnish(ctx, a); err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	box := inbox.New(a.db, a.ledger, a.channels, a.org, log, time.Now)
	crew := team.New(a.db, a.org, log, time.Now)
	always := hours.Calendar{Zone: "UTC"}
	for d := range always.Week {
		always.Week[d] = []hours.Stretch{{From: 0, To: 24 * 60}}
	}
	skills := []string{"brakes", "battery", "wheel", "price", "delivery", "screen", "warranty", "saddle", "motor", "invoice"}
	members, err := enlist(ctx, a, org.Volunteer, volunteers)
	if err != nil {
		return err
	}
	for i, m := range members {
		p := team.Profile{Member: m, Languages: []string{"en"}, Calendar: always, Routed: true, Minutes: 120, Skills: []string{skills[i%10], skills[i*7%10], skills[i*3%10]}}
		if _, err := crew.Save(ctx, "none", p); err != nil {
			return err
		}
	}
	if _, err := lettersTo(ctx, a, routable, func(i int) string {
		return fmt.Sprintf("Good morning, there is something wrong with the %s of my bike, and the %s too. Could somebody please help me with it this week?", skills[i%10], skills[i*3%10])
	}); err != nil {
		return err
	}
	if err := box.SetRouting(ctx, inbox.Routing{Automatic: true, Most: 8, Cost: 8}); err != nil {
		return err
	}
	began, used := time.Now(), processor()
	done, err := box.RouteWaiting(ctx)
	if err != nil {
		return err
	}
	if done.Given != routable {
		return fmt.Errorf("routing did %+v", done)
	}
	return say(routedRound{done.Given, time.Since(began), processor() - used})
}

// enlist makes members who are active at once.
func enlist(ctx context.Context, a *shop, role org.Role, n int) ([]string, error) {
	var out []string
	var rows [][]any
	for i := range n {
		m := id.New()
		out = append(out, m)
		rows = append(rows, []any{m, fmt.Sprintf("%s%d@bench.example", role, i), fmt.Sprintf("Colleague %d", i), string(role), "en", "UTC", "active", db.T(time.Now())})
	}
	return out, a.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return db.Insert(ctx, q, "member (id, email, name, role, lang, zone, state, created_at)", rows, "")
	})
}

// lettersTo lets so many people write to us in private, in a channel of a letterbox, and returns their conversations.
func lettersTo(ctx context.Context, a *shop, n int, text func(int) string) ([]string, error) {
	account, err := a.channels.Add(ctx, channel.Draft{Kind: letterKind, Name: "Letters", Settings: channel.Settings{"address": "help@bench.example"}, Inbox: channel.InboxAll})
	if err != nil {
		return nil, err
	}
	at := time.Now().Add(-time.Hour)
	for part := range slices.Chunk(slices.Collect(upTo(n)), 500) {
		var items []channel.Item
		for _, i := range part {
			it := channel.Item{At: at.Add(time.Duration(i) * time.Millisecond), Author: ledger.Address{URI: fmt.Sprintf("mailto:rider%d@example.org", i), Name: fmt.Sprintf("Rider %d", i)}}
			it.ExternalID, it.Kind, it.Title, it.Text, it.Direct, it.Private, it.Inbox, it.AuthorName = fmt.Sprint("m", i), "mail", fmt.Sprintf("Question %d", i), text(i), true, true, true, it.Author.Name
			items = append(items, it)
		}
		if _, err := a.channels.State(ctx, account.ID, items); err != nil {
			return nil, err
		}
		if err := a.ledger.CatchUp(ctx); err != nil {
			return nil, err
		}
	}
	if err := a.ledger.Finish(ctx); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, a.db.Read(), db.Self[string], "SELECT id FROM conversation ORDER BY id")
	if err == nil && len(list) != n {
		err = fmt.Errorf("%d letters made %d conversations", n, len(list))
	}
	return list, err
}

func upTo(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

const letterKind = "letters"

// letters is a kind of channel whose other side is a file: what arrived there stays, also when the program is killed.
type letters struct{ file string }

// Describe says what letters can.
func (letters) Describe() channel.Description {
	return channel.Description{Kind: letterKind, Icon: "mail", Can: channel.PublicReply | channel.PrivateReply, Direct: true, Says: "mail",
		Fields: []channel.Field{{Name: "address", Type: channel.Mail, Required: true}}}
}

// Open opens the letterbox.
func (l letters) Open(channel.Settings, channel.World) (channel.Session, error) {
	f, err := os.OpenFile(l.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	return letterbox{f}, err
}

type letterbox struct{ f *os.File }

// Check finds the letterbox in order.
func (letterbox) Check(context.Context) (channel.Health, error) { return channel.Health{}, nil }

// Close closes the file.
func (l letterbox) Close() error { return l.f.Close() }

// Send puts a letter into the box.
func (l letterbox) Send(_ context.Context, out channel.Outgoing) (channel.Receipt, error) {
	_, err := fmt.Fprintf(l.f, "%s %s\n", out.Key, out.InReplyTo)
	return channel.Receipt{ExternalID: out.Key}, err
}

// Find looks for a letter in the box.
func (l letterbox) Find(_ context.Context, out channel.Outgoing) (channel.Receipt, bool, error) {
	list, err := l.all()
	_, found := list[out.Key]
	return channel.Receipt{ExternalID: out.Key}, found, err
}

// all is what each letter in the box answers, by its key.
func (l letterbox) all() (map[string]string, error) { return lettersIn(l.f.Name()) }

func lettersIn(file string) (map[string]string, error) {
	raw, err := os.ReadFile(file)
	out := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		key, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("%s arrived twice", key)
		}
		out[key] = to
	}
	return out, err
}

func (b *bench) letterFile(data string) string { return filepath.Join(data, "letters.txt") }

// pause is a time between two kills.
func pause(draw *rand.Rand) time.Duration {
	return time.Duration(1000+draw.IntN(2000)) * time.Millisecond
}

func envNumber(name string) int {
	n, _ := strconv.Atoi(os.Getenv(name))
	return n
}
