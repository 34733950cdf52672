package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/entente/entente/internal/db"
)

// Through says by what somebody stated a fact without a hand of theirs: a rule that acts in their name.
type Through struct {
	Rule  string   `json:"rule"`
	Name  string   `json:"name,omitempty"` // of the rule, as it was called then
	Step  string   `json:"step"`           // which of its doings, so that it is done once
	Chain []string `json:"chain"`          // the rules whose doing led to this, this one the last
}

type throughKey struct{}

// Marked makes every fact that is appended within ctx say that it was stated through t.
func Marked(ctx context.Context, t Through) context.Context {
	return context.WithValue(ctx, throughKey{}, &t)
}

// mark writes into an activity through what it was stated.
func (a *Activity) mark(t *Through) {
	mark := append([]byte(`{"by_rule":`), Data(t)...)
	if body := bytes.TrimSpace(a.Data); len(body) > 2 && body[0] == '{' {
		mark = append(append(mark, ','), body[1:]...)
	} else {
		mark = append(mark, '}')
	}
	a.Data = json.RawMessage(mark)
}

// Through is by what the activity was stated; found is false for what people and channels stated.
func (a *Activity) Through() (t Through, found bool, err error) {
	if !bytes.HasPrefix(a.Data, []byte(`{"by_rule":`)) && !bytes.Contains(a.Data, []byte(`"by_rule"`)) {
		return t, false, nil
	}
	var in struct {
		Through *Through `json:"by_rule"`
	}
	if err := a.Decode(&in); err != nil || in.Through == nil {
		return t, false, err
	}
	return *in.Through, true, nil
}

// Took reports whether a fact about an object was stated through this step.
func (l *Ledger) Took(ctx context.Context, object, step string) (bool, error) {
	_, found, err := db.Value[int](ctx, l.db.Read(), "SELECT 1 FROM activity WHERE object = $1 AND object <> id AND data LIKE $2 LIMIT 1", object, `%"step":"`+step+`"%`)
	if err != nil {
		return false, fmt.Errorf("look for a step: %w", err)
	}
	return found, nil
}

// Digested reads what the followers have digested after a position, in order, at most limit.
func (l *Ledger) Digested(ctx context.Context, p Position, limit int) ([]Activity, error) {
	c, found, err := l.cursor(ctx, l.db.Read(), "")
	if err != nil || !found || !p.Before(c.Position) {
		return nil, err
	}
	list, err := l.after(ctx, l.db.Read(), p, limit)
	for i := range list {
		if c.Position.Before(list[i].Position()) {
			return list[:i], err
		}
	}
	return list, err
}

// Newest is the last activity that the followers have digested; found is false when there is none.
func (l *Ledger) Newest(ctx context.Context) (a Activity, found bool, err error) {
	c, found, err := l.cursor(ctx, l.db.Read(), "")
	if err != nil || !found {
		return a, false, err
	}
	return db.One(ctx, l.db.Read(), fields, "SELECT "+columns+" FROM activity WHERE tx = $1 AND seq = $2", c.Tx, c.Seq)
}
