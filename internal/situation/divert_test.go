package situation_test

import (
	"log/slog"
	"testing"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/situation"
)

// TestDivert: while a situation lasts, routing is another; lists mark what belongs to it; with the all-clear all is as before.
func TestDivert(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := r.As(r.lea)
		all := r.hear(3, "The battery burns")
		v, err := r.s.Start(ctx, situation.Draft{Name: "Hot batteries", Conversations: all[:2]})
		r.must(err)
		refused(t, r.s.Divert(ctx, v.ID, situation.Diversion{Words: "burn* (", Member: r.ida.ID}), problem.Invalid, "query.unclosed_paren")
		refused(t, r.s.Divert(r.As(r.ida), v.ID, situation.Diversion{Member: r.ida.ID}), problem.Forbidden, "problem.forbidden")
		r.must(r.s.Divert(ctx, v.ID, situation.Diversion{Member: r.paul.ID}))
		r.must(r.s.Divert(ctx, v.ID, situation.Diversion{Words: "smok*", Member: r.ida.ID, Hold: []string{r.paul.ID}}))
		_, err = r.s.Gather(ctx, v.ID, all[2:])
		r.must(err)
		now, err := r.s.Diversions(ctx, v.ID)
		r.must(err)
		there, err := r.Inbox.Diversions(ctx)
		r.must(err)
		if len(now) != 1 || len(there) != 1 || now[0].Member != r.ida.ID || len(now[0].Hold) != 1 || there[0].ID != now[0].ID {
			t.Fatalf("diverted %+v, in the inbox %+v", now, there)
		}
		if marks, err := r.s.Marks(ctx, all); err != nil || len(marks) != 3 || marks[all[2]].Name != "Hot batteries" {
			t.Errorf("marks %+v, %v", marks, err)
		}
		before := r.derived()
		r.must(r.Ledger.Rebuild(t.Context(), 2, nil))
		if after := r.derived(); after != before {
			t.Errorf("derived anew it is\n%s\nwas\n%s", after, before)
		}
		_, err = r.s.Clear(ctx, v.ID, "")
		r.must(err)
		if now, err = r.s.Diversions(ctx, v.ID); err != nil || len(now) != 0 {
			t.Errorf("after the all-clear: %+v, %v", now, err)
		}
		if there, err = r.Inbox.Diversions(ctx); err != nil || len(there) != 0 {
			t.Errorf("in the inbox: %+v, %v", there, err)
		}
		if marks, err := r.s.Marks(ctx, all); err != nil || len(marks) != 0 {
			t.Errorf("marks %+v, %v", marks, err)
		}
		refused(t, r.s.Divert(ctx, v.ID, situation.Diversion{}), problem.Invalid, "situation.is_over")
	})
}

// TestStatementUnderTheCharter: what breaks a binding rule is not approved without a word; somebody with several private conversations gets one
// copy, in the newest.
func TestStatementUnderTheCharter(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		vera, _ := r.Join("Vera", org.Owner)
		rules := charter.New(r.DB, r.Org, slog.New(slog.DiscardHandler), r.Now)
		draft, err := rules.Begin(r.As(vera))
		r.must(err)
		_, err = rules.Publish(r.As(vera), draft.ID, "", r.Now(), true)
		r.must(err)
		at := r.Now().Add(-1e12)
		r.Hear(r.Post.ID, inboxtest.Mail("a1", "ada", "Battery", "It burns", at), inboxtest.Mail("a2", "ada", "Battery", "It still burns", at.Add(1e11)),
			inboxtest.Mail("b1", "bob", "Battery", "It burns", at), inboxtest.Question("a3", "ada", "Battery", "It burns, says everybody", at))
		var all []string
		for _, m := range []string{"a1", "a2", "b1", "a3"} {
			all = append(all, r.About(r.Post.ID, m).ID)
		}
		v, err := r.s.Start(r.As(r.lea), situation.Draft{Name: "Hot batteries", Conversations: all})
		r.must(err)
		w, err := r.s.Write(r.As(r.lea), v.ID, ledger.Worded{Kind: "statement", Texts: map[string]string{"en": "Buy a new one now, only three left in stock!"}}, "")
		r.must(err)
		_, err = r.s.Approve(r.As(r.paul), w.ID, false)
		refused(t, err, problem.Invalid, "inbox.charter_broken")
		w, err = r.s.Write(r.As(r.lea), v.ID, ledger.Worded{Kind: "statement", Texts: map[string]string{"en": "Please stop charging it. We call each of you by Friday."}}, "")
		r.must(err)
		_, err = r.s.Approve(r.As(r.paul), w.ID, false)
		r.must(err)
		_, err = r.s.Begin(r.As(r.lea), w.ID)
		r.must(err)
		_, err = r.s.Deliver(t.Context())
		r.must(err)
		got := r.copies()
		if p := r.progress(w); p.Queued != 3 || p.Skipped != 1 || got[all[0]] != 0 || got[all[1]] != 1 || got[all[2]] != 1 || got[all[3]] != 1 {
			t.Errorf("%+v, copies %v of %v", p, got, all)
		}
	})
}
