package people

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// Event is one thing in a person's timeline: what they said, or something that happened with them.
type Event struct {
	At       time.Time
	ID       string
	Post     *channel.Post // what they said, or what we said to them
	Order    *ledger.Order
	Amount   int64
	Currency string
	Identity string
}

// Moment is where a page of the timeline ends.
type Moment struct {
	At time.Time
	ID string
}

// Timeline lists what these identities said and what happened with them, newest first. What was said in private is for those who may read
// the inbox.
func (s *Service) Timeline(ctx context.Context, uris []string, before Moment, limit int) ([]Event, Moment, error) {
	q := s.db.Read()
	if before.At.IsZero() {
		before = Moment{time.UnixMicro(1 << 62), ""}
	}
	open, known := "", "" // what narrows posts to those said before everybody
	if org.Require(ctx, org.InboxRead) != nil {
		open, known = " AND private = 0", " AND NOT EXISTS (SELECT 1 FROM post p WHERE p.id = t.activity AND p.private <> 0)"
	}
	var events []Event
	var sent []string
	for _, uri := range uris { // an index each; few have more than a handful
		posts, err := db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("")+` FROM post WHERE author = $1 AND (at, id) < ($2, $3)`+open+`
			ORDER BY at DESC, id DESC`+db.Limit(limit+1), uri, before.At.UnixMicro(), before.ID)
		if err != nil {
			return nil, Moment{}, fmt.Errorf("read posts: %w", err)
		}
		for i := range posts {
			events = append(events, Event{At: posts[i].At, ID: posts[i].ID, Post: &posts[i], Identity: uri})
		}
		type row struct {
			at       time.Time
			activity string
			kind     string
			amount   int64
			currency string
			order    ledger.Order
		}
		rows, err := db.All(ctx, q, func(r *row) []any {
			return []any{db.At(&r.at), &r.activity, &r.kind, &r.amount, &r.currency, db.JSON(&r.order)}
		}, `SELECT t.at, t.activity, a.kind, a.amount, a.currency, CASE WHEN a.kind = 'order.placed' THEN a.data ELSE '{}' END FROM timeline t
			JOIN activity a ON a.id = t.activity WHERE t.identity = $1 AND (t.at, t.activity) < ($2, $3)`+known+` ORDER BY t.at DESC, t.activity DESC`+db.Limit(limit+1),
			uri, before.At.UnixMicro(), before.ID)
		if err != nil {
			return nil, Moment{}, fmt.Errorf("read timeline: %w", err)
		}
		for _, r := range rows {
			e := Event{At: r.at, ID: r.activity, Identity: uri}
			if r.kind == ledger.OrderPlaced {
				e.Order, e.Amount, e.Currency = &r.order, r.amount, r.currency
			} else {
				sent = append(sent, r.activity)
			}
			events = append(events, e)
		}
	}
	posts, err := channel.Posts(ctx, q, sent...)
	if err != nil {
		return nil, Moment{}, err
	}
	byID := map[string]*channel.Post{}
	for i := range posts {
		byID[posts[i].ID] = &posts[i]
	}
	for i := range events {
		if events[i].Post == nil && events[i].Order == nil {
			events[i].Post = byID[events[i].ID]
		}
	}
	sort.SliceStable(events, func(i, j int) bool {
		if !events[i].At.Equal(events[j].At) {
			return events[i].At.After(events[j].At)
		}
		return events[i].ID > events[j].ID
	})
	// A mail to two addresses of one person stands once.
	once := events[:0]
	for i := range events {
		if i == 0 || events[i].ID != events[i-1].ID {
			once = append(once, events[i])
		}
	}
	var next Moment
	if len(once) > limit {
		once = once[:limit]
		next = Moment{once[limit-1].At, once[limit-1].ID}
	}
	return once, next, nil
}
