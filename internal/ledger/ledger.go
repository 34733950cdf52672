// Package ledger decides what is a fact: it takes in activities (who did what to what, where and when), keeps them for ever in one
// append-only list, once each, and gives them in order to followers, from whose tables everything else is derived.
package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/problem"
)

// Activity is one fact.
type Activity struct {
	Seq, Tx   int64     // its place in the ledger; set by Append
	ID        string    // set by Append when empty
	Kind      string    // what was done, see kind.go
	Actor     string    // who: an identity such as mailto:ada@example.org, or member:ID
	Object    string    // to what: the id of a post, conversation, person
	Channel   string    // where: the id of a channel, or ""
	At        time.Time // when it happened; microseconds
	LearnedAt time.Time // when we learned it; set by Append when zero
	Amount    int64     // minor units of Currency, when the fact has an amount
	Currency  string    // ISO 4217, or ""
	Key       string    // what makes it once: an activity whose key is already in the ledger is left out; "" for none
	Data      json.RawMessage

	said *Said  // Data once read: every follower asks for it
	root string // see Root
}

// Root is the post that the thread of a post.said begins with, for followers to the right of the one that finds it; "" before.
func (a *Activity) Root() string { return a.root }

// Found notes Root.
func (a *Activity) Found(root string) { a.root = root }

// Said is the data of a post.said or post.edited; it must not be changed.
func (a *Activity) Said() (*Said, error) {
	if a.said == nil {
		s := new(Said)
		if err := a.Decode(s); err != nil {
			return nil, err
		}
		a.said = s
	}
	return a.said, nil
}

// Position is a place in the ledger. The zero value is the beginning.
type Position struct{ Tx, Seq int64 }

// Before reports whether p stands before q.
func (p Position) Before(q Position) bool { return p.Tx < q.Tx || p.Tx == q.Tx && p.Seq < q.Seq }

// Position is where a stands.
func (a *Activity) Position() Position { return Position{a.Tx, a.Seq} }

// Decode reads the activity's data into v.
func (a *Activity) Decode(v any) error {
	if len(a.Data) == 0 {
		return nil
	}
	if err := json.Unmarshal(a.Data, v); err != nil {
		return fmt.Errorf("read data of %s %s: %w", a.Kind, a.ID, err)
	}
	return nil
}

// Say sets Data from s, which must not be changed any more: who digests the activity in this process need not decode it again.
func (a *Activity) Say(s *Said) {
	a.Data, a.said = Data(s), nil
	if !bytes.Contains(a.Data, []byte(`\ufffd`)) { // what is no UTF-8 is written so, and would be read otherwise than it was said
		a.said = s
	}
}

// Data makes the data of an activity from v, which must marshal.
func Data(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("ledger data %T: %v", v, err)) // a programming error: our own types marshal
	}
	return raw
}

// MaxData is the most bytes the data of one activity may have.
const MaxData = 4 << 20

// Ledger appends and follows.
type Ledger struct {
	db    *db.DB
	log   *slog.Logger
	clock func() time.Time

	followers []Follower
	fresh     fresh
	turn      chan struct{} // holds one token: who has it runs the followers
	adopted   bool          // guarded by turn

	mu      sync.Mutex
	at      Position // how far all followers have come, as far as this process knows
	watches map[int]func([]Activity)
	next    int
	wake    chan struct{}
}

// New makes a ledger over d whose followers are run in the given order.
func New(d *db.DB, log *slog.Logger, clock func() time.Time, followers ...Follower) *Ledger {
	l := &Ledger{db: d, log: log, clock: clock, followers: followers, turn: make(chan struct{}, 1),
		watches: map[int]func([]Activity){}, wake: make(chan struct{}, 1)}
	l.turn <- struct{}{}
	return l
}

// Now is the ledger's clock.
func (l *Ledger) Now() time.Time { return l.clock() }

// Append adds activities in one transaction, durably, and returns those that were new, with their ids and places, in order. One whose
// key is known is left out, so saying something twice states it once. Followers learn of them soon; see Await.
func (l *Ledger) Append(ctx context.Context, list ...Activity) ([]Activity, error) {
	var added []Activity
	err := l.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		added, err = l.AppendTx(ctx, q, list...)
		return err
	})
	if err != nil {
		return nil, err
	}
	l.Wake()
	return added, nil
}

// AppendTx is Append inside a transaction of the caller, who calls Wake after the commit.
func (l *Ledger) AppendTx(ctx context.Context, q db.Q, list ...Activity) ([]Activity, error) {
	if len(list) == 0 {
		return nil, nil
	}
	now := l.clock()
	through, _ := ctx.Value(throughKey{}).(*Through)
	rows := make([][]any, 0, len(list))
	list = append([]Activity(nil), list...)
	for i := range list {
		a := &list[i]
		if a.ID == "" {
			a.ID = id.New()
		}
		if a.LearnedAt.IsZero() {
			a.LearnedAt = now
		}
		if err := a.check(now); err != nil {
			return nil, err
		}
		if len(a.Data) == 0 {
			a.Data = json.RawMessage("{}")
		}
		if through != nil {
			a.mark(through)
		}
		rows = append(rows, []any{a.ID, a.Kind, a.Actor, a.Object, a.Channel, db.T(a.At), db.T(a.LearnedAt), a.Amount, a.Currency,
			db.S(a.Key), string(a.Data)})
	}
	const into, tail = "activity (id, kind, actor, object, channel, at, learned_at, amount, currency, key, data)", "ON CONFLICT DO NOTHING"
	added := make([]Activity, 0, len(list))
	if q.Engine() == db.SQLite {
		seqs, err := db.InsertNumbered(ctx, q, into, rows, tail)
		if err != nil {
			return nil, fmt.Errorf("append to the ledger: %w", err)
		}
		for i, seq := range seqs {
			if seq > 0 {
				list[i].Seq = seq
				added = append(added, list[i])
			}
		}
		l.fresh.keep(added)
		return added, nil
	}
	byID := make(map[string]int, len(list))
	for i := range list {
		if _, twice := byID[list[i].ID]; !twice { // the first is the one that is new
			byID[list[i].ID] = i
		}
	}
	type place struct {
		id      string
		tx, seq int64
	}
	places, err := db.InsertReturning(ctx, q, into, rows, tail+" RETURNING id, tx, seq", func(p *place) []any { return []any{&p.id, &p.tx, &p.seq} })
	if err != nil {
		return nil, fmt.Errorf("append to the ledger: %w", err)
	}
	for _, p := range places {
		a := list[byID[p.id]]
		a.Tx, a.Seq = p.tx, p.seq
		added = append(added, a)
	}
	l.fresh.keep(added)
	return added, nil
}

// earliest and latest bound what can be a date of something said; what stands outside is a mistake of whoever said it.
var earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

func (a *Activity) check(now time.Time) error {
	switch {
	case a.Kind == "":
		return errors.New("an activity without a kind")
	case a.At.IsZero():
		return problem.New(problem.Invalid, "ledger.no_date").On("at")
	case a.At.Before(earliest):
		return problem.New(problem.Invalid, "ledger.too_old").On("at")
	case a.At.After(now.Add(24 * time.Hour)):
		return problem.New(problem.Invalid, "ledger.future").On("at")
	case len(a.Data) > MaxData:
		return problem.New(problem.TooLarge, "problem.too_large", "Limit", "4 MB").On("data")
	case a.Currency != "" && len(a.Currency) != 3:
		return problem.New(problem.Invalid, "ledger.currency").On("currency")
	}
	return nil
}

const columns = "seq, tx, id, kind, actor, object, channel, at, learned_at, amount, currency, COALESCE(key, ''), data"

func fields(a *Activity) []any {
	return []any{&a.Seq, &a.Tx, &a.ID, &a.Kind, &a.Actor, &a.Object, &a.Channel, db.At(&a.At), db.At(&a.LearnedAt), &a.Amount,
		&a.Currency, &a.Key, (*[]byte)(&a.Data)}
}

// Find returns the activity with this id.
func (l *Ledger) Find(ctx context.Context, activity string) (Activity, error) {
	a, found, err := db.One(ctx, l.db.Read(), fields, "SELECT "+columns+" FROM activity WHERE id = $1", activity)
	if err == nil && !found {
		return a, problem.New(problem.Missing, "problem.not_found")
	}
	return a, err
}

// FindKey returns the activity with this key; found is false when there is none.
func (l *Ledger) FindKey(ctx context.Context, key string) (a Activity, found bool, err error) {
	return db.One(ctx, l.db.Read(), fields, "SELECT "+columns+" FROM activity WHERE key = $1", key)
}

// About lists the newest activities about an object, newest first, at most limit.
func (l *Ledger) About(ctx context.Context, object string, limit int) ([]Activity, error) {
	return db.All(ctx, l.db.Read(), fields, "SELECT "+columns+" FROM activity a WHERE "+Concerning("$1")+" ORDER BY tx DESC, seq DESC LIMIT $2", object, limit)
}

// Concerning is the condition that an activity is about the object given to the placeholder. What first states a post or a person has its
// id, and is not in the index of objects.
func Concerning(placeholder string) string {
	return "id IN (SELECT " + placeholder + " UNION ALL SELECT id FROM activity WHERE object = " + placeholder + " AND object <> id) AND object = " + placeholder
}

// Each reads the whole ledger in order, a batch at a time.
func (l *Ledger) Each(ctx context.Context, do func([]Activity) error) error {
	var p Position
	for {
		list, err := l.after(ctx, l.db.Read(), p, 500)
		if err != nil || len(list) == 0 {
			return err
		}
		if err := do(list); err != nil {
			return err
		}
		p = list[len(list)-1].Position()
	}
}

// Exclusive runs do in a transaction in which no follower moves: for derived rows that are filled in afterwards, such as those of a new
// topic over old posts.
func (l *Ledger) Exclusive(ctx context.Context, do func(ctx context.Context, q db.Q) error) error {
	return l.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, _, err := l.cursor(ctx, q, db.Pick(q, "", " FOR UPDATE")); err != nil {
			return err
		}
		return do(ctx, q)
	})
}

// after reads what stands after p. On PostgreSQL it stops before the oldest transaction still under way: that one may yet commit rows
// that belong before newer ones, and a cursor that had passed them would never see them.
// It also stops after some megabytes, so that long facts do not fill the memory; one fact always fits.
func (l *Ledger) after(ctx context.Context, q db.Q, p Position, limit int) ([]Activity, error) {
	way := wayOf(q)
	rest := " FROM activity WHERE " + way.beyond + way.certain + " ORDER BY " + way.forth + " LIMIT $3"
	if !l.fresh.empty() {
		heads, err := db.All(ctx, q, func(h *head) []any { return []any{&h.Seq, &h.Tx, &h.id} }, "SELECT seq, tx, id"+rest, p.Tx, p.Seq, limit)
		if err != nil || len(heads) == 0 {
			return nil, err
		}
		if list, all := l.fresh.find(heads); all {
			return list[:fitting(list)], nil
		}
	}
	rows, err := q.QueryContext(ctx, "SELECT "+columns+rest, p.Tx, p.Seq, limit)
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	defer rows.Close()
	var list []Activity
	for size := 0; size < maxBatch && rows.Next(); {
		var a Activity
		if err := rows.Scan(fields(&a)...); err != nil {
			return nil, fmt.Errorf("read the ledger: %w", err)
		}
		size += len(a.Data)
		list = append(list, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	return list, nil
}

const maxBatch = 8 << 20 // bytes of data

// fitting is how many of list, at least one, are a batch.
func fitting(list []Activity) int {
	size := 0
	for i := range list {
		if size += len(list[i].Data); size >= maxBatch {
			return i + 1
		}
	}
	return len(list)
}

// way is how the ledger is walked.
type way struct {
	beyond  string // the condition of standing after ($1, $2)
	certain string // what else makes a place certain
	forth   string // from the beginning on
	back    string // from the end
}

// wayOf is the way through the ledger. On SQLite tx is always 0.
func wayOf(q db.Q) way {
	if q.Engine() == db.SQLite {
		return way{"tx >= $1 AND seq > $2", "", "seq", "seq DESC"}
	}
	return way{"(tx, seq) > ($1, $2)", " AND tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint", "tx, seq", "tx DESC, seq DESC"}
}

// InOrder are the columns of activity that the ledger is ordered by.
func InOrder(q db.Q) string { return wayOf(q).forth }
