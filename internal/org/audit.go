package org

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/problem"
)

// Entry is one line of the audit log: who did what to what, when and from where.
type Entry struct {
	ID         string
	At         time.Time
	Member     string // id, "" for nobody
	MemberName string // "" when the member is unknown
	Way        string // "session", "token", "operator", "" when nobody had signed in
	IP         string
	Action     string          // such as member.suspend
	Object     string          // such as member:ID
	Details    json.RawMessage // a JSON object
}

const maxDetails = 16 << 10

// Audit notes that whoever acts in ctx did action ("channel.remove") to object ("channel:ID"), in the transaction q of the change itself.
// details is kept as a JSON object; never put secrets in it.
func (s *Service) Audit(ctx context.Context, q db.Q, action, object string, details any) error {
	raw := []byte("{}")
	if details != nil {
		var err error
		if raw, err = json.Marshal(details); err != nil {
			return fmt.Errorf("audit %s: %w", action, err)
		}
		if len(raw) > maxDetails {
			raw = []byte(`{"too_long":true}`)
		}
	}
	var member, way string
	switch m := Who(ctx); {
	case m != nil && m.limited:
		member, way = m.ID, "token"
	case m != nil:
		member, way = m.ID, "session"
	case IsOperator(ctx):
		way = "operator"
	}
	now := s.now()
	return db.Insert(ctx, q, "audit (id, at, member, way, ip, action, object, details)",
		[][]any{{s.ids.Make(now), db.T(now), member, way, clip(VisitOf(ctx).IP, 64), action, clip(object, 300), string(raw)}}, "")
}

// AuditFilter narrows the audit log. What is zero does not narrow.
type AuditFilter struct {
	Member string // id
	Action string // "member.suspend", or "member." for all that begins so
	Object string
	From   time.Time // included
	To     time.Time // excluded
	Before string    // id of an entry: only older ones, for the next page
	Limit  int       // 1 to 200, 50 when 0
}

// AuditLog lists entries, newest first, and the id to give as Before for the next page, "" on the last.
func (s *Service) AuditLog(ctx context.Context, f AuditFilter) (list []Entry, next string, err error) {
	if err := Require(ctx, AuditRead); err != nil {
		return nil, "", err
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	f.Limit = min(max(f.Limit, 1), 200)
	f.Member, f.Action, f.Object = clip(f.Member, 64), clip(f.Action, 64), clip(f.Object, 300)
	var w db.Where
	if f.Member != "" {
		w.And("a.member = ?", f.Member)
	}
	switch n := len(f.Action); {
	case n > 0 && f.Action[n-1] == '.':
		w.And("a.action >= ? AND a.action < ?", f.Action, f.Action[:n-1]+"/") // "/" follows "."
	case n > 0:
		w.And("a.action = ?", f.Action)
	}
	if f.Object != "" {
		w.And("a.object = ?", f.Object)
	}
	if !f.From.IsZero() {
		w.And("a.at >= ? AND a.id >= ?", db.T(f.From), idAbout(f.From.Add(-time.Hour)))
	}
	if !f.To.IsZero() {
		w.And("a.at < ? AND a.id < ?", db.T(f.To), idAbout(f.To.Add(time.Hour)))
	}
	if f.Before != "" {
		if !id.Valid(f.Before) {
			return nil, "", problem.New(problem.Invalid, "org.bad_cursor").On("before")
		}
		w.And("a.id < ?", f.Before)
	}
	list, err = db.All(ctx, s.db.Read(), func(e *Entry) []any {
		return []any{&e.ID, db.At(&e.At), &e.Member, db.Str(&e.MemberName), &e.Way, &e.IP, &e.Action, &e.Object, rawJSON{&e.Details}}
	}, `SELECT a.id, a.at, a.member, m.name, a.way, a.ip, a.action, a.object, a.details
		FROM audit a LEFT JOIN member m ON m.id = a.member `+w.String()+" ORDER BY a.id DESC"+db.Limit(f.Limit+1), w.Args...)
	if err != nil {
		return nil, "", fmt.Errorf("list the audit log: %w", err)
	}
	if len(list) > f.Limit {
		list = list[:f.Limit]
		next = list[f.Limit-1].ID
	}
	return list, next, nil
}

// idAbout is where ids of that moment stand, so that a range of days is found by key. An id may run ahead of a clock that was set back;
// callers leave room for that.
func idAbout(t time.Time) string {
	if t.Unix() < 0 {
		return ""
	}
	if t.Year() > 3000 { // ids end in 3084
		return "~"
	}
	var m id.Maker
	return m.Make(t)[:id.Length-11] // without chance
}

// AuditActions lists the actions that occur in the log.
func (s *Service) AuditActions(ctx context.Context) ([]string, error) {
	if err := Require(ctx, AuditRead); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db.Read(), db.Self[string], "SELECT DISTINCT action FROM audit ORDER BY action LIMIT 500")
}

type rawJSON struct{ to *json.RawMessage }

// Scan keeps the text as it is.
func (r rawJSON) Scan(v any) error {
	switch v := v.(type) {
	case string:
		*r.to = json.RawMessage(v)
	case []byte:
		*r.to = json.RawMessage(append([]byte(nil), v...))
	default:
		return fmt.Errorf("JSON is stored as %T", v)
	}
	return nil
}
