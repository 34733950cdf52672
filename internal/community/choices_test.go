package community_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func drawing(t testing.TB) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	img.Set(3, 3, color.NRGBA{200, 10, 10, 255})
	var b bytes.Buffer
	must(t, png.Encode(&b, img))
	return b.Bytes()
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newSquare(t, d)
		amina, bruno, carla := k.join("Amina", org.Plain), k.join("Bruno", org.Plain), k.join("Carla", org.Plain)
		nobody := t.Context()
		k.enter(amina, "den")
		k.enter(bruno, "den")
		bring := func(who context.Context, name string, data []byte) (community.File, error) {
			return k.Bring(who, k.id, name, bytes.NewReader(data))
		}
		sees := func(who context.Context, file string) bool {
			_, err := k.File(who, k.sight(who), file)
			if err != nil && !problem.Is(err, problem.Missing) {
				t.Fatal(err)
			}
			return err == nil
		}
		for _, c := range []struct {
			name string
			data []byte
			code problem.Code
			key  string
		}{
			{"a.png", nil, problem.Invalid, "community.file.empty"},
			{"a.png", []byte("MZ\x90\x00\x03program"), problem.Invalid, "community.file.kind"},
			{"a.pdf", []byte("PK\x03\x04 zip"), problem.Invalid, "community.file.kind"},
			{"a.txt", []byte("caf\xe9"), problem.Invalid, "community.file.kind"},
			{"a.png", []byte("\x89PNG\r\n\x1a\nbroken"), problem.Invalid, "picture.broken"},
			{"a.txt", bytes.Repeat([]byte("a"), community.MaxFile+1), problem.TooLarge, "community.file.large"},
		} {
			_, err := bring(amina, c.name, c.data)
			refused(t, err, c.code, c.key)
		}
		_, err := bring(nobody, "a.txt", []byte("a"))
		refused(t, err, problem.Unauthenticated, "problem.sign_in")

		for name, want := range map[string][2]string{
			"../../évil [x](javascript:1).HTML": {"text/plain; charset=utf-8", "évil-x-javascript-1.txt"},
			"tours.CSV":                         {"text/csv; charset=utf-8", "tours.csv"},
		} {
			f, err := bring(carla, name, []byte("<script>alert(1)</script>"))
			must(t, err)
			if got := [2]string{f.Type, f.Filename()}; got != want {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}

		f, err := bring(amina, "IMG 2041 (Lyon).jpeg", drawing(t))
		must(t, err)
		if f.Type != "image/png" || f.Width != 40 || f.Markdown() != "![IMG-2041-Lyon]("+f.Path()+")" {
			t.Errorf("brought %+v, %s", f, f.Markdown())
		}
		if !sees(amina, f.ID) || sees(bruno, f.ID) || sees(nobody, f.ID) {
			t.Error("before a post shows it, a file is its owner's alone")
		}
		var got bytes.Buffer
		must(t, k.WriteFile(amina, &f, &got))
		if _, kind, err := image.Decode(bytes.NewReader(got.Bytes())); err != nil || kind != "png" || int64(got.Len()) != f.Size {
			t.Errorf("%d bytes of %s: %v", got.Len(), kind, err)
		}

		hidden, err := k.Start(amina, community.Begin{Space: k.spaces["den"], Kind: community.Questions, Title: "What do you see here?", Body: "Look: " + f.Markdown()})
		must(t, err)
		if !sees(bruno, f.ID) || sees(carla, f.ID) || sees(nobody, f.ID) {
			t.Error("a file is for whom its post is for")
		}
		// Whoever learned its address shows it to nobody.
		k.pass(time.Minute)
		open := k.ask(carla, "What do you think of this?", f.Markdown())
		if sees(carla, f.ID) || sees(nobody, f.ID) {
			t.Error("a file of a hidden group got out")
		}
		must(t, k.Edit(carla, k.id, community.Change{Post: open, Title: "What do you think of this?", Body: f.Markdown() + " again"}))
		if sees(nobody, f.ID) {
			t.Error("a file of a hidden group got out by an edit")
		}
		pub, err := bring(carla, "open.png", drawing(t))
		must(t, err)
		k.reply(carla, open, "Here: "+pub.Markdown())
		if !sees(nobody, pub.ID) {
			t.Error("a file of an open thread is for all")
		}
		orphan, err := bring(carla, "orphan.txt", []byte("nobody shows me"))
		must(t, err)
		rebuilt(t, k)

		// What a hidden post showed, and what one shows that waits for a moderator, is there when it is published.
		later, err := bring(carla, "later.txt", []byte("a hidden post shows me"))
		must(t, err)
		waits, err := bring(carla, "waits.txt", []byte("a post that waits shows me"))
		must(t, err)
		must(t, d.Tx(nobody, func(ctx context.Context, q db.Q) error {
			if _, err := db.Exec(ctx, q, "INSERT INTO community_hidden (post, markup, html, at) VALUES ('p', $1, '', 0)", "See "+later.Markdown()); err != nil {
				return err
			}
			_, err := db.Exec(ctx, q, "INSERT INTO community_case (id, kind, community, content, state, at) VALUES ('c', 'held', $1, $2, 'open', 0)", k.id, `{"body":"`+waits.Markdown()+`"}`)
			return err
		}))

		must(t, k.Delete(amina, k.id, hidden))
		if sees(bruno, f.ID) {
			t.Error("a file of a post that was removed is shown")
		}
		must(t, k.Tidy(nobody))
		if !sees(carla, orphan.ID) {
			t.Error("a file was removed at once")
		}
		k.pass(community.OrphanFor + time.Hour)
		must(t, k.Tidy(nobody))
		if sees(carla, orphan.ID) || sees(amina, f.ID) || !sees(nobody, pub.ID) || !sees(carla, later.ID) || !sees(carla, waits.ID) {
			t.Error("after a week what nothing shows is gone, and nothing else")
		}
		if n, _, err := db.Value[int](nobody, d.Read(), "SELECT COUNT(*) FROM community_file_part WHERE file NOT IN (SELECT id FROM community_file)"); err != nil || n != 0 {
			t.Errorf("%d parts are left: %v", n, err)
		}

		owner := k.join("Olga", org.Owner)
		_, err = k.Adorn(carla, k.id, community.Logo, "logo.png", bytes.NewReader(drawing(t)))
		refused(t, err, problem.Forbidden, "problem.forbidden")
		_, err = k.Adorn(owner, k.id, community.Logo, "logo.txt", strings.NewReader("words"))
		refused(t, err, problem.Invalid, "picture.kind")
		for range 2 {
			logo, err := k.Adorn(owner, k.id, community.Logo, "logo.png", bytes.NewReader(drawing(t)))
			must(t, err)
			now, cover, err := k.Adornments(nobody, k.id)
			if err != nil || now.ID != logo.ID || cover.ID != "" || !sees(nobody, logo.ID) {
				t.Errorf("logo %q, cover %q: %v", now.ID, cover.ID, err)
			}
		}
		_, err = k.Adorn(owner, k.id, community.Logo, "", nil)
		must(t, err)
		if now, _, err := k.Adornments(nobody, k.id); err != nil || now.ID != "" {
			t.Errorf("a logo is left: %v", err)
		}
	})
}

func TestMentions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newSquare(t, d)
		amina, bruno, carla := k.join("Amina", org.Plain), k.join("Bruno", org.Plain), k.join("Carla", org.Plain)
		k.join("Silent", org.Plain)
		k.enter(amina, "den")
		k.enter(bruno, "den")
		open := k.ask(amina, "Who else rides in the rain?", "Tell me, @silent and @bruno.")
		k.reply(bruno, open, "I do, @Amina! Not @nobody.")
		k.reply(carla, open, "So do I.")
		hidden, err := k.Start(amina, community.Begin{Space: k.spaces["den"], Kind: community.Questions, Title: "A word among ourselves", Body: "Hush @carla, hello @bruno."})
		must(t, err)
		said := func(post string) []string {
			list, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT b.name FROM community_mention m JOIN member b ON b.id = m.member WHERE m.post = $1 ORDER BY 1", post)
			must(t, err)
			return list
		}
		_, posts := k.thread(amina, open)
		if diff := cmp.Diff([]string{"Amina"}, said(posts[1].ID)); diff != "" || len(said(open)) != 0 {
			t.Errorf("mentioned (-want +got):\n%s, and %v before anybody was heard", diff, said(open))
		}
		if html := posts[1].HTML; !strings.Contains(html, `/amina">@Amina</a>`) || strings.Contains(html, `>@nobody`) {
			t.Errorf("shown as %s", html)
		}
		if diff := cmp.Diff([]string{"Bruno"}, said(hidden)); diff != "" {
			t.Errorf("in a hidden group (-want +got):\n%s", diff)
		}
		suggested := func(who context.Context, space, begin string) []string {
			list, err := k.Voices(who, k.sight(who), k.spaces[space], begin)
			must(t, err)
			var out []string
			for _, v := range list {
				out = append(out, v.Handle)
			}
			return out
		}
		for _, c := range []struct {
			who          context.Context
			space, begin string
			want         []string
		}{
			{amina, "help", "", []string{"bruno", "carla"}},
			{amina, "help", "BR", []string{"bruno"}},
			{amina, "help", "%", []string{"bruno", "carla"}},
			{amina, "help", "silent", nil},
			{amina, "den", "", []string{"bruno"}},
		} {
			if diff := cmp.Diff(c.want, suggested(c.who, c.space, c.begin)); diff != "" {
				t.Errorf("%s %q (-want +got):\n%s", c.space, c.begin, diff)
			}
		}
		_, err = k.Voices(carla, k.sight(carla), k.spaces["den"], "")
		refused(t, err, problem.Missing, "problem.not_found")
		twin := k.join("Amina ", org.Social) // the same name, from another address
		k.reply(twin, open, "Another of that name.")
		must(t, k.Edit(bruno, k.id, community.Change{Post: posts[1].ID, Body: "I do, @carla."}))
		if diff := cmp.Diff([]string{"Carla"}, said(posts[1].ID)); diff != "" {
			t.Errorf("after an edit (-want +got):\n%s", diff)
		}
		rebuilt(t, k)
	})
}

func TestPollsAndReactions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newSquare(t, d)
		amina, bruno := k.join("Amina", org.Plain), k.join("Bruno", org.Plain)
		begin := community.Begin{Space: k.spaces["talk"], Kind: community.Discussions, Title: "Which way shall we ride?", Body: "Choose."}
		for choices, key := range map[string]string{"one": "community.poll.few", strings.Repeat("x\ny\nz\nw\nv\n", 1) + "1\n2\n3\n4\n5\n6": "community.poll.many", strings.Repeat("x", 121) + "\ny": "problem.too_long"} {
			b := begin
			b.Choices = choices
			_, err := k.Start(amina, b)
			refused(t, err, problem.Invalid, key)
		}
		b := begin
		b.Choices, b.EndsAt = "a\nb", k.now().Add(-time.Hour)
		_, err := k.Start(amina, b)
		refused(t, err, problem.Invalid, "community.poll.bad_end")
		b.Choices, b.EndsAt = "River\n\nHill\nRiver\nTown", k.now().Add(48*time.Hour)
		thread, err := k.Start(amina, b)
		must(t, err)
		poll := func(who context.Context) community.Poll {
			t.Helper()
			th, err := k.Thread(who, k.sight(who), k.id, thread)
			must(t, err)
			p, err := k.PollOf(who, &th)
			must(t, err)
			return *p
		}
		if p := poll(amina); p.Shown || len(p.Choices) != 3 {
			t.Errorf("before voting %+v", p)
		}
		_, err = k.Answer(bruno, k.id, thread, []int{0, 1})
		refused(t, err, problem.Invalid, "community.poll.no_such_choice")
		_, err = k.Answer(bruno, k.id, thread, []int{3})
		refused(t, err, problem.Invalid, "community.poll.no_such_choice")
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				if _, err := k.Answer(bruno, k.id, thread, []int{i % 3}); err != nil && !problem.Is(err, problem.Conflict) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if p := poll(bruno); p.N != 1 || len(p.Mine) != 1 || p.Counts[p.Mine[0]] != 1 {
			t.Errorf("twelve votes at once make %+v", p)
		}
		_, err = k.Answer(amina, k.id, thread, []int{2})
		must(t, err)
		_, err = k.Answer(bruno, k.id, thread, nil)
		must(t, err)
		if p := poll(amina); p.N != 1 || p.Share(2) != 100 {
			t.Errorf("after one was taken back %+v", p)
		}
		if p := poll(bruno); p.Shown {
			t.Errorf("who took it back sees %+v", p)
		}
		k.pass(49 * time.Hour)
		_, err = k.Answer(bruno, k.id, thread, []int{1})
		refused(t, err, problem.Conflict, "community.poll.over")
		if p := poll(t.Context()); !p.Shown || p.N != 1 {
			t.Errorf("in the end all see %+v", p)
		}

		_, _, err = k.React(bruno, k.id, thread, "rage", true)
		refused(t, err, problem.Invalid, "community.post.no_such_reaction")
		for range 3 {
			for _, r := range []string{"thanks", "agree"} {
				_, _, err := k.React(bruno, k.id, thread, r, true)
				must(t, err)
			}
		}
		_, _, err = k.React(amina, k.id, thread, "thanks", true)
		must(t, err)
		_, _, err = k.React(bruno, k.id, thread, "agree", false)
		must(t, err)
		got, err := k.Reacted(bruno, org.Who(bruno), []string{thread})
		if diff := cmp.Diff([]community.Reacted{{Reaction: "thanks", N: 2, Mine: true}}, got[thread]); err != nil || diff != "" {
			t.Errorf("reactions, %v (-want +got):\n%s", err, diff)
		}

		must(t, func() error { _, _, err := k.Bookmark(bruno, k.id, thread, true); return err }())
		list, _, err := k.Bookmarks(bruno, k.sight(bruno), k.id, 0)
		if err != nil || len(list) != 1 || list[0].ThreadTitle != begin.Title {
			t.Errorf("bookmarks %v, %v", list, err)
		}
		if other, _, err := k.Bookmarks(amina, k.sight(amina), k.id, 0); err != nil || len(other) != 0 {
			t.Errorf("bookmarks of another: %v, %v", other, err)
		}
		rebuilt(t, k)
	})
}

func TestSplitAndMerge(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newSquare(t, d)
		amina, bruno, lead := k.join("Amina", org.Plain), k.join("Bruno", org.Plain), k.join("Lead", org.Social)
		q := k.ask(amina, "How do I grease a chain?", "It squeaks.")
		first := k.reply(bruno, q, "With oil, sparingly.")
		other := k.reply(bruno, q, "And how do I clean the display?")
		k.pass(time.Minute)
		remark, err := k.Reply(amina, k.id, community.Reply{Post: other, Body: "With a dry cloth.", Comment: true})
		must(t, err)
		_, err = k.Pick(amina, k.id, other, true)
		must(t, err)

		_, err = k.Split(amina, k.id, q, "How do I clean a display?", []string{other})
		refused(t, err, problem.Forbidden, "problem.forbidden")
		for _, bad := range [][]string{nil, {q}, {"nothing"}, {other, "nothing"}} {
			_, err = k.Split(lead, k.id, q, "How do I clean a display?", bad)
			refused(t, err, problem.Invalid, "community.thread.choose_posts")
		}
		fresh, err := k.Split(lead, k.id, q, "How do I clean a display?", []string{other})
		must(t, err)
		if fresh != other {
			t.Errorf("the new thread is %s, want %s", fresh, other)
		}
		th, posts := k.thread(amina, fresh)
		if th.Title != "How do I clean a display?" || th.Replies != 0 || th.Accepted != "" || th.AuthorName != "Bruno" || len(posts) != 2 || posts[1].ID != remark || posts[0].Kind != "question" {
			t.Errorf("split off: %+v, %+v", th, posts)
		}
		old, posts := k.thread(amina, q)
		if old.Replies != 1 || old.Accepted != "" || len(posts) != 2 || posts[1].ID != first || !old.LastAt.Equal(posts[1].At) {
			t.Errorf("what is left: %+v, %+v", old, posts)
		}
		// What was split off has a conversation of its own in the inbox, and what is answered there lands in it.
		kept, _, err := k.inbox.Of(lead, q)
		must(t, err)
		apart, found, err := k.inbox.Of(lead, other)
		must(t, err)
		if !found || apart.ID == kept.ID || apart.Root != other || apart.Post != other || kept.Post != q || apart.Posts != 2 || kept.Posts != 2 {
			t.Errorf("the conversation of what was split off: %+v, of what is left: %+v", apart, kept)
		}
		_, err = k.inbox.Reply(lead, apart.ID, inbox.Answer{Text: "Never with water.", To: other})
		must(t, err)
		_, err = k.channels.SendOnce(t.Context(), k.now())
		must(t, err)
		k.level()
		if th, _ := k.thread(amina, other); th.Replies != 1 {
			t.Errorf("an answer from the inbox is not in the thread that was split off: %+v", th)
		}
		rebuilt(t, k)

		must(t, k.Turn(lead, k.id, fresh, "merged", q))
		joined, posts := k.thread(amina, q)
		if joined.Replies != 2 || len(posts) != 5 {
			t.Errorf("merged: %+v, %d posts", joined, len(posts))
		}
		gone, err := k.Thread(amina, k.sight(amina), k.id, fresh)
		if err != nil || gone.MergedInto != q || gone.DeletedAt.IsZero() {
			t.Errorf("the merged thread: %+v, %v", gone, err)
		}
		if _, at, err := k.Post(amina, k.sight(amina), k.id, remark); err != nil || at.ID != q {
			t.Errorf("a post of it is in %s: %v", at.ID, err)
		}
		refused(t, k.Turn(lead, k.id, q, "merged", q), problem.Invalid, "community.thread.no_such_merge")
		refused(t, k.Turn(lead, k.id, q, "merged", remark), problem.Invalid, "community.thread.no_such_merge")
		again, err := k.Split(lead, k.id, q, "How do I clean a display now?", []string{other})
		must(t, err)
		if th, _ := k.thread(amina, again); th.MergedInto != "" || !th.DeletedAt.IsZero() {
			t.Errorf("split off once more: %+v", th)
		}
		rebuilt(t, k)

		// The conversation of a question that was merged is answered where the question is now.
		twin := k.ask(amina, "Why does my chain squeak?", "Since the rain.")
		must(t, k.Turn(lead, k.id, twin, "merged", q))
		seen, found, err := k.inbox.Of(lead, twin)
		if err != nil || !found {
			t.Fatalf("the conversation of a merged question: %v, %v", found, err)
		}
		_, err = k.inbox.Reply(lead, seen.ID, inbox.Answer{Text: "Grease it.", To: twin})
		must(t, err)
		_, err = k.channels.SendOnce(t.Context(), k.now())
		must(t, err)
		k.level()
		if th, _ := k.thread(amina, q); th.Replies != 3 {
			t.Errorf("an answer from the inbox is not in the thread: %+v", th)
		}
	})
}

func TestLongThreads(t *testing.T) {
	t.Parallel()
	k := newSquare(t, dbtest.SQLite(t))
	amina, bruno := k.join("Amina", org.Plain), k.join("Bruno", org.Volunteer) // who works here may say as much as there is to say
	q := k.ask(amina, "What is your longest ride?", "In one day.")
	var last string
	for range 203 {
		last = k.reply(bruno, q, "Long.")
	}
	_, err := k.Pick(amina, k.id, last, true)
	must(t, err)
	th, err := k.Thread(amina, k.sight(amina), k.id, q)
	must(t, err)
	seen := map[string]int{}
	for page := range 3 {
		l, err := k.Leaf(amina, &th, page)
		must(t, err)
		if l.Pages != 3 || l.Page != page || l.First.ID != q {
			t.Fatalf("page %d: %d of %d, began with %q", page, l.Page, l.Pages, l.First.ID)
		}
		for i := range l.Posts {
			seen[l.Posts[i].ID]++
			if at, err := k.PageOf(amina, &th, &l.Posts[i]); err != nil || at != page {
				t.Fatalf("post %d of page %d is said to be on %d: %v", i, page, at, err)
			}
		}
		if page == 0 && l.Posts[0].ID != last {
			t.Error("the accepted answer is not first")
		}
	}
	if len(seen) != 203 {
		t.Errorf("%d posts were shown", len(seen))
	}
	if l, err := k.Leaf(amina, &th, 1<<40); err != nil || l.Page != 2 {
		t.Errorf("far beyond the end is page %d: %v", l.Page, err)
	}
}

// Both texts can be put together from the pieces of their difference.
func TestDifference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "chaîne", " ", "\n", ".", "\xff", "日"}), 0, 40)
		was, is := strings.Join(words.Draw(t, "was"), ""), strings.Join(words.Draw(t, "is"), "")
		var before, after strings.Builder
		for _, p := range community.Difference(was, is) {
			if p.Text == "" || p.Added && p.Removed {
				t.Fatalf("an odd piece: %+v", p)
			}
			if !p.Added {
				before.WriteString(p.Text)
			}
			if !p.Removed {
				after.WriteString(p.Text)
			}
		}
		if before.String() != was || after.String() != is {
			t.Fatalf("%q to %q gives %q and %q", was, is, before.String(), after.String())
		}
	})
	got := community.Difference("Grease the old chain.", "Grease the new chain well.")
	want := []community.Piece{{Text: "Grease the "}, {Text: "old", Removed: true}, {Text: "new", Added: true}, {Text: " chain"}, {Text: " well", Added: true}, {Text: "."}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	long := strings.Repeat("x y\n", 9_000)
	if list := community.Difference(long, long+"z"); len(list) != 2 {
		t.Errorf("of a long text: %d pieces", len(list))
	}
	if list := community.Difference(strings.Repeat("a\n", 20_000), strings.Repeat("b\n", 20_000)); len(list) != 2 {
		t.Errorf("of two long texts: %d pieces", len(list))
	}
}
