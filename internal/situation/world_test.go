package situation_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/situation"
)

// room is situations over an inbox under test, with two who may approve and one who may not.
type room struct {
	*inboxtest.Desk
	s              *situation.Service
	lea, paul, ida *org.Member
}

func each(t *testing.T, f func(t *testing.T, r *room)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := &room{Desk: inboxtest.New(t, d, situation.Follower())}
		r.s = r.service()
		r.lea, _ = r.Join("Lea", org.Social)
		r.paul, _ = r.Join("Paul", org.Social)
		r.ida, _ = r.Join("Ida", org.Volunteer)
		f(t, r)
	})
}

// service is what another process of the same installation has.
func (r *room) service() *situation.Service {
	return situation.New(r.DB, r.Ledger, r.Channels, r.Inbox, r.Org, slog.New(slog.DiscardHandler), r.Now)
}

func (r *room) must(err error) {
	r.T.Helper()
	if err != nil {
		r.T.Fatal(err)
	}
}

func refused(t testing.TB, err error, code problem.Code, key string) {
	t.Helper()
	if p := problem.Of(err); err == nil || p.Code != code || p.Key != key {
		t.Fatalf("got %v, want %s %s", err, code, key)
	}
}

// hear lets so many people complain, an hour ago, and returns their conversations.
func (r *room) hear(n int, text string) []string {
	r.T.Helper()
	var out []string
	for i := range n {
		r.Hear(r.Post.ID, inboxtest.Mail(fmt.Sprint("m", i), fmt.Sprint("rider", i), "Battery", text, r.Now().Add(-time.Hour+time.Duration(i)*time.Second)))
	}
	for i := range n {
		out = append(out, r.About(r.Post.ID, fmt.Sprint("m", i)).ID)
	}
	return out
}

// approved is an approved statement.
func (r *room) approved(v situation.Situation, text string) situation.Wording {
	r.T.Helper()
	w, err := r.s.Write(r.As(r.lea), v.ID, ledger.Worded{Kind: "statement", Texts: map[string]string{"en": text}}, "")
	r.must(err)
	_, err = r.s.Approve(r.As(r.lea), w.ID, false)
	refused(r.T, err, problem.Forbidden, "situation.own_words")
	w, err = r.s.Approve(r.As(r.paul), w.ID, false)
	r.must(err)
	return w
}

func (r *room) progress(w situation.Wording) situation.Progress {
	r.T.Helper()
	p, err := r.s.Progress(r.As(r.lea), w.ID)
	r.must(err)
	return p
}

// copies counts how often each conversation was sent something.
func (r *room) copies() map[string]int {
	r.T.Helper()
	type row struct {
		c string
		n int
	}
	rows, err := db.All(r.T.Context(), r.DB.Read(), func(v *row) []any { return []any{&v.c, &v.n} }, "SELECT conversation, COUNT(*) FROM outgoing WHERE state <> 'withdrawn' GROUP BY conversation")
	r.must(err)
	out := map[string]int{}
	for _, v := range rows {
		out[v.c] = v.n
	}
	return out
}

// derived is every row that the follower derived.
func (r *room) derived() string {
	r.T.Helper()
	out := ""
	for _, table := range situation.Follower().Tables {
		rows, err := r.DB.Read().QueryContext(r.T.Context(), "SELECT * FROM "+table)
		r.must(err)
		columns, err := rows.Columns()
		r.must(err)
		var lines []string
		for rows.Next() {
			row := make([]any, len(columns))
			to := make([]any, len(columns))
			for i := range row {
				to[i] = &row[i]
			}
			r.must(rows.Scan(to...))
			lines = append(lines, fmt.Sprintf("%s %v", table, row))
		}
		r.must(rows.Err())
		r.must(rows.Close())
		slices.Sort(lines)
		out += strings.Join(lines, "\n") + "\n"
	}
	return out
}
