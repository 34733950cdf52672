package situation

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// Follower derives situations, what they gathered, their statements and changes of routing.
func Follower() ledger.Follower {
	return ledger.Follower{Name: "situation", Version: 1, Apply: derive,
		Tables: []string{"situation", "situation_conversation", "situation_statement", "situation_diversion"}}
}

func derive(ctx context.Context, q db.Q, list []ledger.Activity) error {
	for i := range list {
		if !strings.HasPrefix(list[i].Kind, "situation.") {
			continue
		}
		if err := deriveOne(ctx, q, &list[i]); err != nil {
			return fmt.Errorf("derive %s: %w", list[i].Kind, err)
		}
	}
	return nil
}

func by(a *ledger.Activity) string {
	m, _ := strings.CutPrefix(a.Actor, "member:")
	return m
}

func deriveOne(ctx context.Context, q db.Q, a *ledger.Activity) error {
	switch a.Kind {
	case ledger.SituationOpened:
		return deriveOpened(ctx, q, a)
	case ledger.SituationGathered, ledger.SituationLet:
		return deriveGathered(ctx, q, a)
	case ledger.SituationTold, ledger.SituationNoted:
		if a.Kind == ledger.SituationTold {
			return tick(ctx, q, a, Telling)
		}
		return nil
	case ledger.SituationWorded, ledger.SituationApproved, ledger.SituationBegun, ledger.SituationDelivered, ledger.SituationStopped:
		return deriveStatement(ctx, q, a)
	case ledger.SituationDiverted, ledger.SituationRestored:
		return deriveDiverted(ctx, q, a)
	case ledger.SituationAcknowledged:
		var to ledger.Assigned
		if err := a.Decode(&to); err != nil {
			return err
		}
		if err := set(ctx, q, a, "acknowledged_at = $3, acknowledged_by = $4, owner = CASE WHEN $5 = '' THEN owner ELSE $5 END", db.T(a.At), by(a), to.To); err != nil {
			return err
		}
		return tick(ctx, q, a, Acknowledging)
	case ledger.SituationTurned:
		return deriveTurned(ctx, q, a)
	case ledger.SituationStepped:
		return deriveStepped(ctx, q, a)
	case ledger.SituationCleared:
		if err := set(ctx, q, a, "cleared_at = $3", db.T(a.At)); err != nil {
			return err
		}
		return tick(ctx, q, a, Clearing)
	case ledger.SituationReopened:
		return set(ctx, q, a, "cleared_at = NULL")
	case ledger.SituationReviewed:
		var r ledger.Reviewed
		if err := a.Decode(&r); err != nil {
			return err
		}
		return set(ctx, q, a, "review = $3, reviewed_at = COALESCE(reviewed_at, $4)", db.J(r), db.T(a.At))
	}
	return nil
}

// set changes the situation that an activity is about. Its arguments begin with $3.
func set(ctx context.Context, q db.Q, a *ledger.Activity, what string, args ...any) error {
	_, err := db.Exec(ctx, q, "UPDATE situation SET last = $2, "+what+" WHERE id = $1", append([]any{a.Object, a.ID}, args...)...)
	return err
}

func deriveOpened(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var v ledger.Situation
	if err := a.Decode(&v); err != nil {
		return err
	}
	level := Level(v.Level)
	if !level.known() {
		level = Watch
	}
	steps := make([]Step, len(v.Steps))
	for i, s := range v.Steps {
		steps[i] = Step{Name: s.Name, After: time.Duration(s.After) * time.Minute, Does: s.Does}
	}
	_, err := db.Exec(ctx, q, `INSERT INTO situation (id, name, about, level, peak, owner, drill, topic, playbook, steps, opened_by, since_at, detected_at, last)
		VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12, $1) ON CONFLICT DO NOTHING`,
		a.Object, v.Name, v.About, string(level), v.Owner, db.B(v.Drill), v.Topic, v.Playbook, db.J(steps), by(a), db.T(v.Since), db.T(a.At))
	return err
}

func deriveGathered(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var g ledger.Gathered
	if err := a.Decode(&g); err != nil {
		return err
	}
	if a.Kind == ledger.SituationLet {
		_, err := db.Exec(ctx, q, "DELETE FROM situation_conversation WHERE situation = $1 AND conversation IN "+db.Among(q, "$2"), a.Object, db.Texts(g.Conversations))
		return err
	}
	rows := make([][]any, len(g.Conversations))
	for i, c := range g.Conversations {
		rows[i] = []any{a.Object, c, db.T(a.At)}
	}
	return db.Insert(ctx, q, "situation_conversation (situation, conversation, at)", rows, "ON CONFLICT DO NOTHING")
}

func deriveTurned(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var t ledger.SituationTurn
	if err := a.Decode(&t); err != nil {
		return err
	}
	text := func(p *string) any {
		if p == nil {
			return nil
		}
		return *p
	}
	peak, _, err := db.Value[string](ctx, q, "SELECT peak FROM situation WHERE id = $1", a.Object)
	if err != nil {
		return err
	}
	if t.Level != nil && Level(*t.Level).known() {
		peak = string(higher(Level(peak), Level(*t.Level)))
	} else {
		t.Level = nil
	}
	return set(ctx, q, a, "name = COALESCE($3, name), about = COALESCE($4, about), level = COALESCE($5, level), owner = COALESCE($6, owner), topic = COALESCE($7, topic), peak = $8",
		text(t.Name), text(t.About), text(t.Level), text(t.Owner), text(t.Topic), peak)
}

func deriveStepped(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var d ledger.Stepped
	if err := a.Decode(&d); err != nil {
		return err
	}
	if err := set(ctx, q, a, "name = name"); err != nil {
		return err
	}
	return alter(ctx, q, a, func(steps []Step) bool {
		if d.Step < 0 || d.Step >= len(steps) || steps[d.Step].Done() {
			return false
		}
		steps[d.Step].DoneAt, steps[d.Step].DoneBy, steps[d.Step].Note = a.At, by(a), d.Note
		return true
	})
}

// tick ticks off the steps that what was done ticks off by itself.
func tick(ctx context.Context, q db.Q, a *ledger.Activity, doing string) error {
	return alter(ctx, q, a, func(steps []Step) (changed bool) {
		for i := range steps {
			if steps[i].Does == doing && !steps[i].Done() {
				steps[i].DoneAt, steps[i].DoneBy, changed = a.At, by(a), true
			}
		}
		return changed
	})
}

func alter(ctx context.Context, q db.Q, a *ledger.Activity, do func([]Step) bool) error {
	steps, found, err := db.One(ctx, q, func(s *[]Step) []any { return []any{db.JSON(s)} }, "SELECT steps FROM situation WHERE id = $1", a.Object)
	if err != nil || !found || !do(steps) {
		return err
	}
	_, err = db.Exec(ctx, q, "UPDATE situation SET steps = $2 WHERE id = $1", a.Object, db.J(steps))
	return err
}

func deriveStatement(ctx context.Context, q db.Q, a *ledger.Activity) error {
	if a.Kind == ledger.SituationWorded {
		var w ledger.Worded
		if err := a.Decode(&w); err != nil {
			return err
		}
		state := "written"
		if w.Kind == string(Elsewhere) {
			state = "delivered"
		}
		if _, err := db.Exec(ctx, q, `INSERT INTO situation_statement (id, situation, kind, content, state, written_by, written_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
			a.ID, a.Object, w.Kind, db.J(w), state, by(a), db.T(a.At)); err != nil {
			return err
		}
		if w.Kind == string(Elsewhere) {
			return stated(ctx, q, a)
		}
		return nil
	}
	var o ledger.OfStatement
	if err := a.Decode(&o); err != nil {
		return err
	}
	args := []any{o.Statement, db.T(a.At)}
	what := ""
	switch a.Kind {
	case ledger.SituationApproved:
		what = "state = 'approved', approved_at = $2, approved_by = $3"
		args = append(args, by(a))
	case ledger.SituationBegun:
		what = "state = 'underway', begun_at = COALESCE(begun_at, $2), begun_by = $3, ended_at = NULL"
		args = append(args, by(a))
	case ledger.SituationDelivered:
		what = "state = 'delivered', ended_at = $2"
	case ledger.SituationStopped:
		what = "state = 'stopped', ended_at = $2"
	}
	if _, err := db.Exec(ctx, q, "UPDATE situation_statement SET "+what+" WHERE id = $1", args...); err != nil {
		return err
	}
	if a.Kind != ledger.SituationBegun {
		return nil
	}
	kind, _, err := db.Value[string](ctx, q, "SELECT kind FROM situation_statement WHERE id = $1", o.Statement)
	if err != nil {
		return err
	}
	if kind == string(Holding) {
		return tick(ctx, q, a, Holds)
	}
	return stated(ctx, q, a)
}

// stated notes the first public statement.
func stated(ctx context.Context, q db.Q, a *ledger.Activity) error {
	if _, err := db.Exec(ctx, q, "UPDATE situation SET stated_at = COALESCE(stated_at, $2) WHERE id = $1", a.Object, db.T(a.At)); err != nil {
		return err
	}
	return tick(ctx, q, a, Stating)
}

func deriveDiverted(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var d ledger.Diverted
	if err := a.Decode(&d); err != nil {
		return err
	}
	if a.Kind == ledger.SituationRestored {
		_, err := db.Exec(ctx, q, "UPDATE situation_diversion SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", d.Diversion, db.T(a.At))
		return err
	}
	_, err := db.Exec(ctx, q, "INSERT INTO situation_diversion (id, situation, words, team, member, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING", d.Diversion, a.Object, d.Words, d.Team, d.To, db.T(a.At))
	return err
}
