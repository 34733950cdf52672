package export_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	forum "github.com/entente/entente/internal/channel/community"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/export"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

// town has two communities, from and to, each with an open space all and a hidden one den.
type town struct {
	*community.Service
	t        *testing.T
	db       *db.DB
	ledger   *ledger.Ledger
	channels *channel.Service
	export   *export.Service
	intake   *intake.Service
	time     time.Time
	ids      map[string]community.Community
	spaces   map[string]string
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newTown(t *testing.T, d *db.DB) *town {
	k := &town{t: t, db: d, time: time.Date(2026, 5, 4, 12, 0, 0, 123000, time.UTC), ids: map[string]community.Community{}, spaces: map[string]string{}}
	now := func() time.Time { return k.time }
	log := slog.New(slog.DiscardHandler)
	box, err := seal.New(make([]byte, 32))
	must(t, err)
	o := org.New(d, log, now, org.WithURL("https://town.example"))
	k.ledger = ledger.New(d, log, now, channel.PostFollower(), community.Follower())
	k.channels = channel.New(d, k.ledger, box, channel.World{Clock: now, Log: log}, log, now, forum.New())
	k.Service = community.New(d, k.ledger, k.channels, o, log, now)
	k.export = export.New(d, k.Service, o, t.TempDir(), log, now)
	k.intake = intake.New(d, k.ledger, k.channels, o, t.TempDir(), log, now, nil)
	must(t, d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO organisation (one, name, lang, zone, created_at, changed_at) VALUES (1, 'Town', 'en', 'UTC', $1, $1)", db.T(k.time))
		return err
	}))
	owner := k.join("Olga", org.Owner)
	for _, slug := range []string{"from", "to"} {
		c, err := k.Add(owner, community.Plan{Slug: slug, Name: community.Texts{"en": slug}, Langs: []string{"en"}, Audience: community.Everybody, SignUp: community.Open})
		must(t, err)
		k.ids[slug] = c
		for _, sp := range []struct {
			slug   string
			access community.Access
		}{{"hall", community.OpenSpace}, {"den", community.Hidden}} {
			made, err := k.AddSpace(owner, c.ID, community.SpacePlan{Slug: sp.slug, Name: community.Texts{"en": sp.slug}, Access: sp.access,
				Holds: []string{community.Questions, community.Discussions, community.Ideas}})
			must(t, err)
			k.spaces[slug+"/"+sp.slug] = made.ID
		}
	}
	return k
}

func (k *town) join(name string, role org.Role) context.Context {
	m := &org.Member{ID: id.New(), Email: strings.ToLower(name) + "@town.example", Name: name, Role: role, Lang: "en", Zone: "UTC", State: org.Active, CreatedAt: k.time}
	must(k.t, k.db.Tx(k.t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ($1, $2, $3, $4, 'en', 'UTC', 'active', $5)",
			m.ID, m.Email, m.Name, string(role), db.T(k.time))
		return err
	}))
	return org.With(k.t.Context(), m)
}

func (k *town) say(who context.Context, to, body string, comment bool) string {
	k.time = k.time.Add(13 * time.Minute)
	p, err := k.Reply(who, k.ids["from"].ID, community.Reply{Post: to, Body: body, Comment: comment})
	must(k.t, err)
	return p
}

// told is all that a space says, in lines that do not name ids.
func (k *town) told(space string) []string {
	var out []string
	titles := map[string]string{}
	must(k.t, k.EachThread(k.t.Context(), k.spaces[space], func(t *community.Told) error {
		titles[t.ID] = t.Title
		return nil
	}))
	must(k.t, k.EachThread(k.t.Context(), k.spaces[space], func(t *community.Told) error {
		if !t.DeletedAt.IsZero() {
			return nil
		}
		words := map[string]string{}
		for _, p := range t.Posts {
			words[p.ID] = p.Markup
		}
		out = append(out, fmt.Sprintf("%s %q %v %s score %d replies %d accepted %q files %d locked %t same %q", t.Kind, t.Title, t.Tags, t.At.Format(time.RFC3339Nano), t.Score, t.Replies, words[t.Accepted], len(t.Files), t.Locked, titles[t.DuplicateOf]))
		var posts []string
		for _, p := range t.Posts {
			if p.DeletedAt.IsZero() {
				posts = append(posts, fmt.Sprintf("  %s %s by %s on %q score %d accepted %t: %s", p.At.Format(time.RFC3339Nano), p.Kind, p.AuthorName, words[p.Parent], p.Score, p.Accepted, medialess(p.Markup)))
			}
		}
		slices.Sort(posts)
		out = append(out, posts...)
		return nil
	}))
	return out
}

func medialess(s string) string {
	if i := strings.Index(s, "/media/"); i >= 0 {
		return s[:i+7] + s[min(len(s), i+27):]
	}
	return s
}

func (k *town) bring(file string) intake.Report {
	src, err := intake.Open(file)
	must(k.t, err)
	defer src.Close()
	to := k.ids["to"]
	k.intake.WithCommunities(intake.Communities{Spaces: func(context.Context) ([]intake.Destination, error) {
		return []intake.Destination{{Space: k.spaces["to/hall"], Community: to.ID, Channel: to.Channel, Path: "to/hall", URL: "https://town.example/c/to",
			Holds: []string{community.Questions, community.Discussions, community.Ideas}}}, nil
	}, File: func(ctx context.Context, d intake.Destination, key, name string, open func() (io.ReadCloser, error)) (string, ledger.Attachment, error) {
		f, a, err := k.BringFor(ctx, d.Community, key, name, open)
		return f.Markdown(), a, err
	}})
	ctx := org.AsOperator(k.t.Context())
	opts := intake.Options{Settings: intake.Settings{Space: "to/hall"}}
	must(k.t, k.intake.Into(ctx, &opts))
	format, _ := intake.Find("stackexchange")
	report, err := k.intake.Runner().Run(ctx, intake.Task{Format: format, Source: src, Options: opts})
	must(k.t, err)
	return report
}

// TestRoundTrip writes a community as a dump and reads it into another: both say the same, and what is read twice is there once.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newTown(t, d)
		ana, bob, owner := k.join("Ana", org.Plain), k.join("Bob <b>", org.Plain), k.join("Rita", org.Owner)
		file, err := k.Bring(ana, k.ids["from"].ID, "a note.txt", strings.NewReader("hello"))
		must(t, err)
		for i, in := range []community.Begin{
			{Kind: community.Questions, Title: "How do I & you <do> \"this\"?", Body: "First\n\n```go\na <- b\n```\n\n| a | b |\n| --- | --- |\n| 1 | 2 |", Tags: "one two"},
			{Kind: community.Discussions, Title: "What a lovely day it is", Body: "See " + file.Markdown() + " *and* é \u2028 ok"},
			{Kind: community.Ideas, Title: "Let us have more of it", Body: "- a\n- b"},
		} {
			k.time = k.time.Add(time.Hour)
			in.Space = k.spaces["from/hall"]
			thread, err := k.Start(ana, in)
			must(t, err)
			first := k.say(bob, thread, fmt.Sprintf("answer *%d*\nwith `code`", i), false)
			k.say(ana, first, "on that <tag>", true)
			second := k.say(owner, thread, "another & better", false)
			k.say(bob, thread, "a remark", true)
			if i == 0 {
				_, err := k.Pick(ana, k.ids["from"].ID, second, true)
				must(t, err)
				_, _, err = k.Vote(ana, k.ids["from"].ID, first, 1)
				must(t, err)
				_, _, err = k.Vote(owner, k.ids["from"].ID, first, -1)
				must(t, err)
				_, _, err = k.Vote(bob, k.ids["from"].ID, thread, 1)
				must(t, err)
				must(t, k.Delete(bob, k.ids["from"].ID, k.say(bob, thread, "gone again", false)))
			}
		}
		var asked []string
		for _, title := range []string{"Asked once more and longer", "Something else altogether"} {
			k.time = k.time.Add(time.Hour)
			thread, err := k.Start(ana, community.Begin{Space: k.spaces["from/hall"], Kind: community.Questions, Title: title, Body: "How?"})
			must(t, err)
			asked = append(asked, thread)
		}
		first := ""
		must(t, k.EachThread(t.Context(), k.spaces["from/hall"], func(t *community.Told) error {
			if first == "" {
				first = t.ID
			}
			return nil
		}))
		must(t, k.Turn(owner, k.ids["from"].ID, asked[0], "closed", first))
		must(t, k.Turn(owner, k.ids["from"].ID, asked[1], "locked", ""))
		_, err = k.Start(k.in(owner, "from/den"), community.Begin{Space: k.spaces["from/den"], Kind: community.Questions, Title: "The secret of the den", Body: "secret-of-the-den"})
		must(t, err)
		name := k.write(owner, export.Order{Community: k.ids["from"].ID, Form: export.Dump})
		if all := unpacked(t, name); strings.Contains(all, "secret-of-the-den") || strings.Contains(all, "ana@town.example") {
			t.Error("a dump tells what was not asked for")
		}
		before := k.told("from/hall")
		if len(before) < 15 {
			t.Fatalf("little was said: %v", before)
		}
		report := k.bring(name)
		if report.Refused > 0 || report.Broken != nil {
			t.Fatalf("%+v", report)
		}
		for i := range before {
			before[i] = medialess(before[i])
		}
		after := k.told("to/hall")
		for i := range after {
			after[i] = medialess(after[i])
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Error(diff)
		}
		if again := k.bring(name); again.Added != 0 {
			t.Errorf("read twice, %d are new", again.Added)
		}

		// Who may: nobody but who may export, groups only when they are named, and only by who is in them.
		if _, err := k.export.Begin(bob, export.Order{Community: k.ids["from"].ID, Form: export.Dump}); problem.Of(err).Code != problem.Forbidden {
			t.Errorf("a member exports a community: %v", err)
		}
		lines := export.Order{Community: k.ids["from"].ID, Form: export.Lines, Groups: []string{"den"}, People: true}
		if _, err := k.export.Begin(k.join("Otto", org.Owner), lines); problem.Of(err).Code != problem.Missing {
			t.Errorf("a group goes out to who is not in it: %v", err)
		}
		if all := unpacked(t, k.write(owner, lines)); !strings.Contains(all, "secret-of-the-den") || !strings.Contains(all, "ana@town.example") {
			t.Error("what was asked for is missing")
		}

		// What stands beside the words goes along, by count where people chose, and of closed groups only with them.
		beside(t, k, "from/hall", "hall")
		beside(t, k, "from/den", "den")
		must(t, d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			if _, err := db.Exec(ctx, q, "INSERT INTO community_challenge_score (challenge, idea, juror, scores, words, at, last) SELECT id, 'i', 'mailto:ana@town.example', '[7]', 'verdict-of-' || id, 1, 'l' FROM community_challenge"); err != nil {
				return err
			}
			_, err := db.Exec(ctx, q, "INSERT INTO recognition_thanks (id, channel, person, giver, giver_name, words, at) VALUES ('9', $1, 'mailto:ana@town.example', 'mailto:x', 'Xavier', 'thanks-to-ana', 1)", k.ids["from"].Channel)
			return err
		}))
		open := unpacked(t, k.write(owner, export.Order{Community: k.ids["from"].ID, Form: export.Lines}))
		for _, want := range []string{`"kind":"event_date"`, `"place":"place-of-hall"`, `{"date":0,"kind":"seat","name":"Ana-of-hall","person":`, `"kind":"seat","name":"Zoe","since_at":"1970-01-01T00:00:00Z","state":"waiting"`, `"often":"week"`, `{"choices":["choice-of-hall","b"],"kind":"poll"`, `{"choices":[0],"count":2,"kind":"ballot"`, `"count":1,"kind":"reaction"`, `"markdown":"earlier-in-hall"`,
			`"title":"call-of-hall"`, `"words":"verdict-of-over-hall"`, `"words":"thanks-to-ana"`, `"kind":"member","name":"Ana"`} {
			if !strings.Contains(open, want) {
				t.Errorf("the export lacks %s", want)
			}
		}
		for _, never := range []string{"-of-den", "Left-of-hall", "earlier-in-den", "ana@town.example", "verdict-of-soon", k.spaces["from/den"]} {
			if strings.Contains(open, never) {
				t.Errorf("the export tells %s", never)
			}
		}
		if all := unpacked(t, k.write(owner, lines)); !strings.Contains(all, "place-of-den") || !strings.Contains(all, `"kind":"seat","mail":"ana@town.example","name":"Ana-of-den"`) || strings.Contains(all, "far.example") || !strings.Contains(all, "call-of-den") || !strings.Contains(all, `"role":"member","since_at":`) {
			t.Error("the export lacks what stands beside the words of a group that was named")
		}

		// A killed process: what it had begun is made anew.
		j, err := k.export.Begin(owner, lines)
		must(t, err)
		must(t, d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE community_export SET state = 'running', lease_by = 'gone', lease_until = 0 WHERE id = $1", j.ID)
			return err
		}))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- k.export.Loop(ctx) }()
		for j.Open() {
			j, err = k.export.Find(owner, j.ID)
			must(t, err)
		}
		stop()
		must(t, <-done)
		if _, f, err := k.export.File(owner, j.ID); err != nil || j.Size == 0 {
			t.Errorf("%+v: %v", j, err)
		} else {
			f.Close()
		}

		// One's own.
		var own bytes.Buffer
		must(t, d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			for _, x := range []string{
				"INSERT INTO community_thread (id, channel, space, kind, title, excerpt, lang, author, author_name, at, last_at, last_name) VALUES ('e', $1, 's', 'event', 'Meet', '', '', 'x', 'x', 1, 1, 'x')",
				"INSERT INTO community_event_seat (event, person, name, state, turn, at, last) SELECT 'e', 'mailto:' || m.email, m.name, 'in', 1, $2, 'l' FROM member m WHERE m.name LIKE 'Bob%' AND $1 <> ''",
				"INSERT INTO community_challenge_score (challenge, idea, juror, scores, words, at, last) SELECT 'c', 'i', 'mailto:' || m.email, '{\"a\":5}', 'Good', 1, 'l' FROM member m WHERE m.name LIKE 'Bob%' AND $1 <> ''",
				"INSERT INTO recognition_thanks (id, channel, person, giver, giver_name, words, at) SELECT '1', $1, 'mailto:ana@town.example', 'mailto:' || m.email, 'Bob', 'Thanks from Bob', 1 FROM member m WHERE m.name LIKE 'Bob%'",
				"INSERT INTO recognition_thanks (id, channel, person, giver, giver_name, words, at) SELECT '2', $1, 'mailto:' || m.email, 'mailto:ana@town.example', 'Ana', 'Thanks to Bob', 1 FROM member m WHERE m.name LIKE 'Bob%'",
				"INSERT INTO recognition_thanks (id, channel, person, giver, giver_name, words, at) VALUES ('3', $1, 'mailto:x', 'mailto:y', 'Y', 'Thanks of others', 1)",
			} {
				args := []any{k.ids["from"].Channel}
				if strings.Contains(x, "$2") {
					args = append(args, db.T(time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)))
				}
				if _, err := db.Exec(ctx, q, x, args...); err != nil {
					return err
				}
			}
			return nil
		}))
		must(t, k.export.Own(bob, &own))
		mine := filepath.Join(t.TempDir(), "own.zip")
		must(t, os.WriteFile(mine, own.Bytes(), 0o600))
		if all := unpacked(t, mine); !strings.Contains(all, `"event":"e","since_at":"2026-05-04T12:00:00Z","state":"in"`) || !strings.Contains(all, `"scores":{"a":5}`) || !strings.Contains(all, "Thanks from Bob") ||
			!strings.Contains(all, "Thanks to Bob") || strings.Contains(all, "Thanks of others") || strings.Contains(all, "ana@town.example") {
			t.Errorf("one's own export lacks a seat, scores or thanks, or has those of others: %s", all)
		}
		if all := unpacked(t, mine); !strings.Contains(all, "answer *0*") || !strings.Contains(all, `"value":1`) || strings.Contains(all, "another & better") {
			t.Errorf("one's own export holds %s", all)
		}
	})
}

// beside puts an event, a poll with ballots, a reaction, an earlier version and challenges into a space, in whose name they are.
func beside(t *testing.T, k *town, space, name string) {
	t.Helper()
	must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		for _, x := range []string{
			"INSERT INTO community_thread (id, channel, space, kind, title, excerpt, lang, author, author_name, at, last_at, last_name) VALUES ('meet-$N', '$C', '$S', 'event', 'Meet', '', '', 'x', 'x', 1, 1, 'x')",
			"INSERT INTO community_event (id, n, often, starts_at, ends_at, zone, place, changed_at) VALUES ('meet-$N', 0, 'week', 1, 2, 'UTC', 'place-of-$N', 1)",
			"INSERT INTO community_event_seat (event, person, name, state, turn, at, last) VALUES ('meet-$N', 'mailto:ana@town.example', 'Ana-of-$N', 'in', 1, 1, 'l'), ('meet-$N', 'acct:zoe@far.example', 'Zoe', 'waiting', 2, 1, 'l'), ('meet-$N', 'mailto:x', 'Left-of-$N', 'out', 3, 1, 'l')",
			"INSERT INTO community_poll (post, choices, several) SELECT MIN(id), '[\"choice-of-$N\",\"b\"]', 0 FROM community_thread WHERE space = '$S' AND id <> 'meet-$N' AND deleted_at IS NULL",
			"INSERT INTO community_poll_ballot (post, voter, choices, last) SELECT post, 'mailto:a', '[0]', 'l' FROM community_poll",
			"INSERT INTO community_poll_ballot (post, voter, choices, last) SELECT post, 'mailto:b', '[0]', 'l' FROM community_poll",
			"INSERT INTO community_reaction (post, reaction, voter, taken, last) SELECT post, 'heart', 'mailto:a', 1, 'l' FROM community_poll",
			"INSERT INTO community_edit (activity, post, at, markup, html) SELECT 'edit-$N', MIN(id), 1, 'earlier-in-$N', '' FROM community_thread WHERE space = '$S' AND id <> 'meet-$N' AND deleted_at IS NULL",
			"INSERT INTO community_challenge (id, channel, space, title, markup, html, author_name, starts_at, ends_at, judged_at, criteria, jury, at, last) VALUES ('over-$N', '$C', '$S', 'call-of-$N', 'm', 'm', 'x', 1, 2, 3, '[]', '[]', 1, 'l')",
			"INSERT INTO community_challenge (id, channel, space, title, markup, html, author_name, starts_at, ends_at, judged_at, criteria, jury, at, last) VALUES ('soon-$N', '$C', '$S', 'call-of-$N', 'm', 'm', 'x', 1, 2, 4102444800000000, '[]', '[]', 1, 'l')",
			"INSERT INTO community_membership (community, space, member, state, at) SELECT '$I', '', m.id, 'in', 1 FROM member m WHERE m.name = 'Ana' ON CONFLICT DO NOTHING",
		} {
			x = strings.NewReplacer("$N", name, "$S", k.spaces[space], "$C", k.ids["from"].Channel, "$I", k.ids["from"].ID).Replace(x)
			if strings.HasSuffix(x, "FROM community_poll") {
				x += " WHERE choices LIKE '%of-" + name + "%'"
			}
			if _, err := db.Exec(ctx, q, x); err != nil {
				return err
			}
		}
		return nil
	}))
}

// in lets somebody into a space.
func (k *town) in(who context.Context, space string) context.Context {
	must(k.t, k.db.Tx(k.t.Context(), func(ctx context.Context, q db.Q) error {
		for _, sp := range []string{"", k.spaces[space]} {
			if _, err := db.Exec(ctx, q, "INSERT INTO community_membership (community, space, member, state, at) VALUES ($1, $2, $3, 'in', $4) ON CONFLICT DO NOTHING", k.ids["from"].ID, sp, org.Who(who).ID, db.T(k.time)); err != nil {
				return err
			}
		}
		return nil
	}))
	return who
}

func (k *town) write(who context.Context, o export.Order) string {
	name := filepath.Join(k.t.TempDir(), "out.zip")
	f, err := os.Create(name)
	must(k.t, err)
	must(k.t, k.export.Write(who, f, o, nil))
	must(k.t, f.Close())
	return name
}

func unpacked(t *testing.T, name string) string {
	z, err := zip.OpenReader(name)
	must(t, err)
	defer z.Close()
	var b strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		_, err = io.Copy(&b, r)
		must(t, err)
		r.Close()
	}
	return b.String()
}
