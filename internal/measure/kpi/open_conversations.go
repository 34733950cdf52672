package kpi

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// OpenConversations is how many conversations are open at the end of the window, or now when it has not ended. It is a complete count, so
// it has no sampling interval.
func OpenConversations() Measure {
	return Measure{
		ID: "open-conversations", Section: Service, Entry: 2, Unit: Conversations, Better: Lower, Days: 30, Clock: NoClock, Interval: ExactNumber, Evidence: Measured, Stage: Activity,
		Dims: ofConversations(), Of: OfConversations, From: []string{ledger.PostSaid, ledger.ConversationOpened, ledger.ConversationResolved, ledger.ConversationReopened, ledger.AnswerPicked},
		Parts: []Part{{"open", Numerator}}, Stock: true,
		Formula: "O(t) = #{ c : opened(c) < t, ¬(resolved(c) < t) }",
		Source: func(a Ask) Source {
			t := a.To()
			if t.After(a.Now) {
				t = a.Now
			}
			return a.spans("s.opened_at", (&db.Where{}).And("s.opened_at < ?", db.T(t)).And("(s.resolved_at IS NULL OR s.resolved_at >= ?)", db.T(t)))
		},
		Facts:   func(ctx context.Context, q db.Q, a Ask) ([]Fact, error) { return a.stock(ctx, q) },
		Changes: func(ctx context.Context, q db.Q, a Ask) ([]Fact, error) { return a.opening(ctx, q, a.From(), a.To()) },
		Estimate: func(facts []Fact) Estimated {
			n := count(facts, "open")
			return Estimated{Value: stat.Estimate{Value: float64(n), N: n, Grade: stat.Enough}}
		},
	}
}

// spans is times of being open; conversations are looked at only when the filter asks something of them.
func (a Ask) spans(at string, w *db.Where) Source {
	return Source{Table: "conversation_span s JOIN conversation c ON c.id = s.conversation", ID: "c.id", At: at, Part: "'open'", Where: a.conversations(w)}
}

// stock counts what is open at the last cut and goes back from there: +1 for each opened, −1 for each resolved since the first cut.
func (a Ask) stock(ctx context.Context, q db.Q) ([]Fact, error) {
	from, to := a.From(), a.To()
	if to.After(a.Now) {
		to = a.Now
	}
	if to.Before(from) {
		from = to
	}
	n := 0
	for _, w := range []*db.Where{
		(&db.Where{}).And("s.resolved_at IS NULL").And("s.opened_at < ?", db.T(to)),
		(&db.Where{}).And("s.resolved_at >= ?", db.T(to)).And("s.opened_at < ?", db.T(to)),
	} {
		s := a.spans("", w)
		if a.Filter == (Filter{}) {
			s.Table = "conversation_span s"
		}
		k, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM "+s.Table+" "+s.Where.String(), s.Where.Args...)
		if err != nil {
			return nil, fmt.Errorf("count open conversations: %w", err)
		}
		n += k
	}
	facts, err := a.opening(ctx, q, from, to)
	for _, f := range facts {
		n -= f.N
	}
	return append(facts, Fact{At: from.Add(-time.Microsecond), Part: "open", N: n}), err
}

// opening is +1 for each time of being open that began, −1 for each that ended.
func (a Ask) opening(ctx context.Context, q db.Q, from, to time.Time) ([]Fact, error) {
	var facts []Fact
	for _, c := range []struct {
		column string
		sign   int
	}{{"s.opened_at", 1}, {"s.resolved_at", -1}} {
		// What was resolved before it was opened, by clocks that disagree, was never open.
		w := (&db.Where{}).And(c.column+" >= ?", db.T(from)).And(c.column+" < ?", db.T(to)).And("(s.resolved_at IS NULL OR s.resolved_at >= s.opened_at)")
		s := a.apart(a.spans(c.column, w))
		if a.Filter == (Filter{}) && !a.Apart {
			s.Table = "conversation_span s"
		}
		list, err := s.read(ctx, q, a.Cuts)
		if err != nil {
			return nil, err
		}
		for _, f := range list {
			f.N *= c.sign
			facts = append(facts, f)
		}
	}
	return facts, nil
}
