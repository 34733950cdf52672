// Package listening decides what we listen for: saved queries (topics) and posts come in, mentions, their volume and the threads that
// somebody should look at go out.
package listening

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/lang/query"
)

// Service keeps topics and reads mentions.
type Service struct {
	db     *db.DB
	ledger *ledger.Ledger
	enrich *enrich.Service
	org    *org.Service
	log    *slog.Logger
	clock  func() time.Time
	fill   chan struct{}
	filled func() // told after old posts were matched; may be nil

	lists   db.Kept[listing]
	volumes db.Kept[[]Volume] // half a year by the hour, for several topics, is the dearest thing a page reads
	topics  db.Kept[[]Topic]
	heards  heards
}

// New makes the service; a Matcher's Follower must be one of the ledger's. filled, which may be nil, is called when old posts were matched
// against a topic.
func New(d *db.DB, l *ledger.Ledger, e *enrich.Service, o *org.Service, log *slog.Logger, clock func() time.Time, filled func()) *Service {
	return &Service{db: d, ledger: l, enrich: e, org: o, log: log, clock: clock, fill: make(chan struct{}, 1), filled: filled}
}

// Matcher tests posts against all topics at once.
type Matcher struct {
	enrich *enrich.Service

	mu  sync.Mutex
	set *compiled
}

// NewMatcher makes a matcher; the language and words of posts come from e.
func NewMatcher(e *enrich.Service) *Matcher { return &Matcher{enrich: e} }

// compiled is all topics ready to match one post against at once.
type compiled struct {
	count   int64
	changed int64
	topics  []Topic
	set     *query.Set
	asked   map[string]bool // heads of labels that some topic asks for
}

// topics reads what changed since the last batch; usually nothing has.
func (m *Matcher) topics(ctx context.Context, q db.Q) (*compiled, error) {
	type mark struct{ count, changed int64 }
	now, _, err := db.One(ctx, q, func(m *mark) []any { return []any{&m.count, &m.changed} },
		"SELECT COUNT(*), COALESCE(MAX(updated_at), 0) FROM topic")
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.set != nil && m.set.count == now.count && m.set.changed == now.changed {
		return m.set, nil
	}
	list, err := db.All(ctx, q, topicFields, "SELECT "+topicColumns+" FROM topic WHERE removed_at IS NULL ORDER BY id")
	if err != nil {
		return nil, err
	}
	c := &compiled{count: now.count, changed: now.changed, topics: list}
	b := query.NewBuilder()
	c.asked = map[string]bool{enrich.Language: len(list) > 0} // stems are those of the language
	for i := range list {
		meant := parsed(list[i].Query, list[i].Exclude)
		for head, field := range map[string]string{enrich.Sentiment: "sentiment", enrich.Kinds: "kind", enrich.Emotion: "emotion"} {
			c.asked[head] = c.asked[head] || meant.Asks(field)
		}
		b.Add(meant)
	}
	c.set = b.Set()
	m.set = c
	return c, nil
}
