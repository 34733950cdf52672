package measure_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
)

// TestIdeas works the measures of ideas out by hand. Of six ideas submitted in May one was taken into another and counts there. Of the other five, two
// are done after 4 and 8 days, one is under way for 20, one was planned and declined then, one waits without an answer.
func TestIdeas(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, on(25, 0, 0))
		w.channel("forum")
		add := func(name string, at time.Time, into string, steps ...any) { // steps: status, reason, when
			w.state(said("forum", name, at, ledger.Said{Text: "A basket in front " + name}))
			id, status, last := postID("forum", name), "open", at
			for i := 0; i < len(steps); i += 3 {
				status, last = steps[i].(string), steps[i+2].(time.Time)
				w.exec("INSERT INTO community_idea_step (activity, idea, at, status, reason, decider) VALUES ($1, $2, $3, $4, $5, 'm')", fmt.Sprint(name, i), id, db.T(last), status, steps[i+1])
			}
			w.exec("INSERT INTO community_idea (id, status, status_at, merged_into) VALUES ($1, $2, $3, $4)", id, status, db.T(last), into)
			w.exec("INSERT INTO community_thread (id, channel, space, kind, title, author, at, last_at, duplicate_of) VALUES ($1, 'forum', 's', 'idea', $1, 'a', $2, $2, $3)", id, db.T(at), into)
		}
		add("a", on(2, 0, 0), "", "planned", "Good", on(3, 0, 0), "done", "", on(6, 0, 0))
		add("b", on(2, 0, 0), "", "done", "It is there", on(10, 0, 0))
		add("c", on(5, 0, 0), "", "started", "", on(7, 0, 0))
		add("d", on(8, 0, 0), "", "planned", "", on(9, 0, 0), "declined", "Too dear", on(12, 0, 0))
		add("e", on(9, 0, 0), "")
		add("f", on(10, 0, 0), postID("forum", "a"), "planned", "As the other", on(11, 0, 0))
		add("early", on(1, 0, 0).AddDate(0, 0, -1), "", "review", "We look", on(4, 0, 0)) // before the window, and never selected

		share := func(id string, f measure.Filter, part string, k, n int) {
			t.Helper()
			r, err := w.s.Compute(w.ctx, id, may, f)
			if err != nil || math.Abs(r.Value.Value-float64(k)/float64(n)) > 1e-9 || r.N != n {
				t.Errorf("%s: %+v of %d (%v), want %d of %d", id, r.Value, r.N, err, k, n)
			}
			if rows := w.rows(id, may, f, part); len(rows) != k {
				t.Errorf("%s: %d rows are %s, want %d", id, len(rows), part, k)
			}
			if rows := w.rows(id, may, f, ""); len(rows) != n || n > 0 && rows[0].Title == "" {
				t.Errorf("%s: %d rows behind %d", id, len(rows), n)
			}
		}
		share("idea-implementation-rate", measure.Filter{}, "implemented", 2, 4)
		share("idea-conversion", measure.Filter{Channel: "forum"}, "implemented", 2, 5)
		share("idea-response-rate", measure.Filter{}, "answered", 3, 5)
		share("duplication-rate", measure.Filter{}, "duplicate", 1, 6)
		if r, err := w.s.Compute(w.ctx, "idea-conversion", may, measure.Filter{Language: "xx"}); err != nil || r.N != 0 || r.Value.Defined() {
			t.Errorf("in no language: %+v, %v", r, err)
		}
		// By Kaplan and Meier S(4) = 2/3 and S(8) = 1/3: the median is 8 days.
		r, err := w.s.Compute(w.ctx, "innovation-cycle-time", may, measure.Filter{})
		if err != nil || !r.Median.Reached || r.Median.Value != 8*24*time.Hour || r.N != 3 || r.Open != 1 {
			t.Errorf("the cycle takes %+v of %d, %d open (%v)", r.Median, r.N, r.Open, err)
		}
		// What is decided later changes the past.
		w.exec("UPDATE community_idea SET status = 'done', status_at = $1 WHERE id = $2", db.T(on(24, 0, 0)), postID("forum", "c"))
		share("idea-implementation-rate", measure.Filter{}, "implemented", 3, 4)
	})
}

// TestEverythingSaidInACommunity works out what a discussion, an idea, an event and what is said of them come to, in a community that not everybody may
// read, and that a forum elsewhere counts only questions, answers and comments.
func TestEverythingSaidInACommunity(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, on(31, 0, 0))
		w.channel("ours")
		w.channel("elsewhere")
		w.exec(`INSERT INTO community (id, slug, name, channel, langs, audience, sign_up, created_at, changed_at) VALUES ('k', 'riders', '{"en":"Riders"}', 'ours', '["en"]', 'members', 'open', 1, 1)`)
		for _, id := range []string{"a", "b"} {
			w.member(id)
			w.exec("INSERT INTO community_membership (community, member, state, at) VALUES ('k', $1, 'in', $2)", id, db.T(on(1, 0, 0)))
		}
		say := func(channel, name, who, kind, to string, at time.Time) {
			t.Helper()
			in := ledger.Said{Kind: kind, Text: "Tyres " + name, Private: channel == "ours"}
			if to != "" {
				in.InReplyTo = []string{to}
			}
			p := said(channel, name, at, in)
			p.Actor = "mailto:" + who + "@velo.example"
			w.state(p)
		}
		counts := func(id string, n int, value float64) {
			t.Helper()
			r, err := w.s.Compute(w.ctx, id, may, measure.Filter{})
			if err != nil || r.N != n || math.Abs(r.Value.Value-value) > 1e-9 {
				t.Errorf("%s: %+v of %d (%v), want %v of %d", id, r.Value, r.N, err, value, n)
			}
			if rows := w.rows(id, may, measure.Filter{}, ""); len(rows) != n {
				t.Errorf("%s: %d rows, want %d", id, len(rows), n)
			}
		}
		say("ours", "talk", "a", "", "", on(2, 0, 0)) // a discussion
		counts("contribution-gini", 1, 0)
		counts("activation-rate", 2, 0.5)
		say("ours", "reply", "b", "", "talk", on(3, 0, 0))
		say("ours", "back", "a", "", "reply", on(4, 0, 0))
		counts("contribution-gini", 3, 1.0/6) // 1 and 2
		counts("network-reciprocity", 2, 1)
		say("ours", "idea", "a", "idea", "", on(5, 0, 0))
		say("ours", "ride", "a", "event", "", on(6, 0, 0))
		say("elsewhere", "post", "c", "", "", on(6, 0, 0))
		say("elsewhere", "review", "c", "review", "", on(6, 1, 0))
		counts("contribution-gini", 5, 0.3) // 1 and 4
		counts("contributing-share", 2, 1)
		for i := range 6 { // a becomes one of those who contribute often
			say("ours", fmt.Sprint("more", i), "a", "", "talk", on(6, 2, i))
		}
		classes, err := w.s.Compute(w.ctx, "contributing-share", may, measure.Filter{Community: "k"})
		if err != nil || classes.Value.Value != 1 || len(classes.Parts) != 3 || classes.Parts[0].N != 1 || classes.Parts[1].N != 1 || classes.Parts[2].N != 0 {
			t.Errorf("classes %+v (%v)", classes, err)
		}
		if rows := w.rows("contributing-share", may, measure.Filter{Community: "k"}, "often"); len(rows) != 1 || rows[0].ID != "a" {
			t.Errorf("who contributes often: %+v", rows)
		}
		w.exec("DELETE FROM post WHERE external_id LIKE 'more%'")
		say("elsewhere", "asked", "b", "question", "", on(7, 0, 0))
		say("ours", "late", "b", "", "idea", on(2, 12, 0)) // learned after all others
		counts("contribution-gini", 7, 1.0/14)             // 3 and 4
		counts("stickiness", 7, (4.0+3)/(2*31))

		say("ours", "q", "a", "question", "", on(10, 0, 0))
		counts("solve-rate", 2, 0)
		say("ours", "q1", "b", "answer", "q", on(11, 0, 0))
		counts("staff-answer-share", 1, 0)
		say("ours", "q2", "a", "question", "", on(1, 12, 0))
		counts("solve-rate", 3, 0)
	})
}

// TestMembersAndTeam works out by hand who became active, who is trained, who praises, and what was answered with an article.
func TestMembersAndTeam(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d, on(31, 0, 0))
		w.channel("forum")
		w.channel("mail")
		w.exec("INSERT INTO community (id, slug, name, channel, langs, audience, sign_up, created_at, changed_at) VALUES ('k', 'riders', '{\"en\":\"Riders\",\"fr\":\"Cyclistes\"}', 'forum', '[\"en\",\"fr\"]', 'public', 'open', 1, 1)")
		join := func(id string, at time.Time, posts ...time.Time) {
			w.member(id)
			w.exec("INSERT INTO community_membership (community, member, state, at) VALUES ('k', $1, 'in', $2)", id, db.T(at))
			for i, p := range posts {
				a := said("forum", fmt.Sprint(id, i), p, ledger.Said{Kind: "question", Text: "Which oil?"})
				a.Actor = "mailto:" + id + "@velo.example"
				w.state(a)
			}
		}
		join("a", on(2, 0, 0), on(5, 0, 0))
		join("b", on(2, 0, 0), on(12, 0, 0)) // too late
		join("c", on(3, 0, 0))
		join("d", on(28, 0, 0), on(28, 9, 0)) // joined lately
		join("early", on(1, 0, 0).AddDate(0, 0, -3), on(1, 9, 0))
		w.member("asked")
		w.exec("INSERT INTO community_membership (community, member, state, at) VALUES ('k', 'asked', 'asked', $1)", db.T(on(4, 0, 0)))
		r, err := w.s.Compute(w.ctx, "activation-rate", may, measure.Filter{Channel: "forum"})
		if err != nil || r.N != 3 || r.LeftOut != 1 || math.Abs(r.Value.Value-1.0/3) > 1e-9 {
			t.Errorf("activated: %+v of %d, %d left out (%v)", r.Value, r.N, r.LeftOut, err)
		}
		if rows := w.rows("activation-rate", may, measure.Filter{}, "activated"); len(rows) != 1 || rows[0].ID != "a" || rows[0].Title != "a" {
			t.Errorf("activated are %+v", rows)
		}
		if r, err = w.s.Compute(w.ctx, "activation-rate", may, measure.Filter{Channel: "mail"}); err != nil || r.N != 0 {
			t.Errorf("of no community: %d, %v", r.N, err)
		}

		// Of three who answered in our name one holds a certificate, one held it until the day before the last answer, one never did.
		w.state(said("mail", "q", on(4, 0, 0), ledger.Said{Direct: true, Inbox: true, Text: "Where is my parcel?"}))
		answer := func(n int, member, text string, at time.Time) {
			w.state(said("mail", fmt.Sprint("r", n), at, ledger.Said{Ours: true, Member: member, InReplyTo: []string{"q"}, Text: text}))
		}
		answer(1, "a", "See https://velo.example/c/riders/articles/42/parcels", on(5, 0, 0))
		answer(2, "b", "It is on its way", on(6, 0, 0))
		answer(3, "b", "It arrived", on(16, 0, 0))
		answer(4, "c", "Good", on(17, 0, 0))
		for _, g := range []struct {
			member string
			until  any
		}{{"a", nil}, {"b", db.T(on(15, 0, 0))}} {
			w.exec("INSERT INTO certificate (id, course, member, attempt, given_at, until) VALUES ($1, 'c', $1, $1, $2, $3)", g.member, db.T(on(1, 0, 0)), g.until)
		}
		if r, err = w.s.Compute(w.ctx, "trained-and-active", may, measure.Filter{}); err != nil || r.N != 4 || r.Value.N != 3 || math.Abs(r.Value.Value-1.0/3) > 1e-9 {
			t.Errorf("trained: %+v of %d (%v)", r.Value, r.N, err)
		}
		if r, err = w.s.Compute(w.ctx, "trained-and-active", measure.Window{From: may.From, To: on(10, 0, 0)}, measure.Filter{}); err != nil || r.Value.N != 2 || r.Value.Value != 1 {
			t.Errorf("trained at the beginning: %+v (%v)", r.Value, err)
		}
		if r, err = w.s.Compute(w.ctx, "article-reuse", may, measure.Filter{}); err != nil || r.N != 1 || r.Value.Value != 1 {
			t.Errorf("answered with an article: %+v of %d (%v)", r.Value, r.N, err)
		}

		// A community is its channel, a team the department of who has a conversation. It is meant by its id, its slug and each of its names.
		for _, name := range []string{"k", "riders", "Riders", "Cyclistes", `{"en":"Riders","fr":"Cyclistes"}`} {
			asked, err := w.s.Compute(w.ctx, "answer-rate", may, measure.Filter{Community: name})
			if err != nil || asked.N != 4 {
				t.Errorf("questions in the community %s: %d (%v)", name, asked.N, err)
			}
			if err := w.s.Known(w.ctx, measure.Filter{Community: name}); err != nil {
				t.Errorf("%s is not known: %v", name, err)
			}
		}
		if rows := w.rows("answer-rate", may, measure.Filter{Community: "k"}, ""); len(rows) != 4 {
			t.Errorf("behind them are %d", len(rows))
		}
		// Facts name it in words, or only the channel; those of another place, or of nowhere, are not of it.
		w.exec("UPDATE channel SET name = 'Our forum' WHERE id = 'forum'")
		rated := func(h int, community, channel string) stated {
			return stated{kind: "rating", at: on(2, h, 0), label: "csat", quantity: 5, community: community, channel: channel}
		}
		w.book(rated(0, "Riders", ""), rated(1, "Cyclistes", "mail"), rated(2, "k", ""), rated(3, "", "forum"), rated(4, "", "Our forum"), rated(5, "elsewhere", "forum"), rated(6, "", ""))
		for f, n := range map[measure.Filter]int{{Community: "k"}: 5, {Community: "Riders"}: 5, {Community: "elsewhere"}: 1, {}: 7, {Channel: "forum"}: 5, {Channel: "mail"}: 1, {Community: "k", Channel: "mail"}: 1} {
			if rows := w.rows("csat", may, f, ""); len(rows) != n {
				t.Errorf("facts of %+v are %d, want %d", f, len(rows), n)
			}
		}
		if by, err := w.s.Values(i18n.With(w.ctx, "fr", time.UTC), kpi.ByCommunity, may); err != nil || !slices.Equal(by, []measure.Choice{{ID: "k", Name: "Cyclistes"}, {ID: "elsewhere", Name: "elsewhere"}}) {
			t.Errorf("communities: %+v (%v)", by, err)
		}
		if r, err = w.s.Compute(w.ctx, "answer-rate", may, measure.Filter{Community: "Riders", Channel: "mail"}); err != nil || r.N != 0 {
			t.Errorf("of a community on another channel: %d (%v)", r.N, err)
		}
		w.exec("INSERT INTO team_profile (member, department, changed_at) VALUES ('a', 'Workshop', 1), ('b', 'Sales', 1)")
		w.state(about(ledger.ConversationTaken, conversationID("mail", "q"), on(5, 0, 0)))
		w.exec("UPDATE conversation SET assignee = 'a'")
		for team, n := range map[string]int{"Workshop": 1, "Sales": 0} {
			if r, err = w.s.Compute(w.ctx, "response-rate", may, measure.Filter{Team: team}); err != nil || r.N != n {
				t.Errorf("conversations of %s: %d (%v), want %d", team, r.N, err, n)
			}
			if err := w.s.Known(w.ctx, measure.Filter{Team: team, Community: "Riders"}); err != nil {
				t.Errorf("%s is not known: %v", team, err)
			}
		}
		if by, err := w.s.By(w.ctx, "response-rate", may, measure.Filter{}, kpi.ByTeam); err != nil || len(by) != 1 || by[0].Value.Name != "Workshop" {
			t.Errorf("by team: %+v (%v)", by, err)
		}
		if by, err := w.s.By(w.ctx, "answer-rate", may, measure.Filter{}, kpi.ByCommunity); err != nil || len(by) != 1 || by[0].Result.N != 4 || by[0].Value != (measure.Choice{ID: "k", Name: "Riders"}) {
			t.Errorf("by community: %+v (%v)", by, err)
		}

		w.exec("INSERT INTO community_ambassador (member, willing, at) VALUES ('a', 1, 1), ('b', 0, 1)")
		w.state(labelled(postID("forum", "a0"), "positive", on(21, 0, 0)), labelled(postID("forum", "b0"), "positive", on(21, 0, 0)))
		if r, err = w.s.Compute(w.ctx, "advocacy-share", may, measure.Filter{}); err != nil || r.N != 2 || r.Value.Value != 0.5 {
			t.Errorf("praise by ambassadors: %+v of %d (%v)", r.Value, r.N, err)
		}
	})
}
