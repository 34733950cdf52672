package govern

import (
	"context"
	"regexp"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Insight is something we heard that a department can act on, handed over with a day by which it decides.
type Insight struct {
	ID                   string
	Name, Note           string
	Department           string
	Owner                string // member id: decides for the department
	About                string // "conversation:ID" or "post:ID" it came from, or ""
	DueAt                time.Time
	Objective            string
	Verdict              string // "" while nothing is decided
	Reason               string
	DecidedAt            time.Time
	DecidedBy            string // member id
	Outcome              string // what came of it
	HandedBy             string // member id
	CreatedAt, UpdatedAt time.Time
}

// Verdicts lists what a department can decide.
func Verdicts() []string { return []string{"done", "planned", "refused"} }

// Overdue reports whether nothing was decided by the day it was due.
func (i Insight) Overdue(now time.Time) bool { return i.Verdict == "" && i.DueAt.Before(now) }

var about = regexp.MustCompile(`^((conversation|post):[0-9a-zA-Z_-]{1,60})?$`)

func insights() register[Insight] {
	return register[Insight]{
		table: "insight", order: "created_at DESC, id DESC",
		columns: "id, name, note, department, owner, about, due_at, objective, verdict, reason, decided_at, decided_by, outcome, handed_by, created_at, updated_at",
		fields: func(i *Insight) []any {
			return []any{&i.ID, &i.Name, &i.Note, &i.Department, &i.Owner, &i.About, db.At(&i.DueAt), &i.Objective, &i.Verdict, &i.Reason, db.At(&i.DecidedAt), &i.DecidedBy, &i.Outcome, &i.HandedBy,
				db.At(&i.CreatedAt), db.At(&i.UpdatedAt)}
		},
		row: func(i Insight) []any {
			return []any{i.ID, i.Name, i.Note, i.Department, i.Owner, i.About, db.T(i.DueAt), i.Objective, i.Verdict, i.Reason, db.T(i.DecidedAt), i.DecidedBy, i.Outcome, i.HandedBy,
				db.T(i.CreatedAt), db.T(i.UpdatedAt)}
		},
	}
}

// mayHand: those who steer, and those who hear.
func mayHand(ctx context.Context) org.Permission {
	if org.Require(ctx, org.StrategyEdit) == nil {
		return org.StrategyEdit
	}
	return org.InboxEdit
}

// MayHand reports whether whoever asks may hand insights over.
func MayHand(ctx context.Context) bool { return org.Require(ctx, mayHand(ctx)) == nil }

func (s *Service) checkInsight(ctx context.Context, i, was Insight) (Insight, error) {
	n := s.notes(ctx)
	n.need(&i.Name, "name", 300)
	n.text(&i.Note, "note", 4000)
	n.need(&i.Department, "department", 80)
	n.member(i.Owner, was.Owner, "owner")
	if !about.MatchString(i.About) {
		n.refuse("about", "govern.about_bad")
	}
	n.needDay(i.DueAt, "due_at")
	n.objective(i.Objective, was.Objective, "objective")
	return i, n.err()
}

func (i Insight) summary() map[string]any {
	return map[string]any{"name": i.Name, "department": i.Department, "owner": i.Owner, "about": i.About, "verdict": i.Verdict}
}

// Insights lists all, newest first.
func (s *Service) Insights(ctx context.Context) ([]Insight, error) {
	return list(ctx, s, insights(), "")
}

// InsightsAbout lists those that came from a conversation or a post ("conversation:ID"), newest first.
func (s *Service) InsightsAbout(ctx context.Context, about ...string) ([]Insight, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	q := s.db.Read()
	return insights().all(ctx, q, "about IN "+db.Among(q, "$1"), db.Texts(about))
}

// Insight reads one.
func (s *Service) Insight(ctx context.Context, insight string) (Insight, error) {
	return one(ctx, s, insights(), insight)
}

// notOneself refuses that who hands over decides on it too; those who steer may.
func notOneself(ctx context.Context, owner, handedBy string) error {
	if owner == "" || owner != handedBy || org.Require(ctx, org.StrategyEdit) == nil {
		return nil
	}
	return problem.New(problem.Invalid, "govern.not_oneself").On("owner")
}

// MayDecide reports whether whoever asks may decide: those who steer, and who decides for the department unless they handed it over.
func (i Insight) MayDecide(ctx context.Context) bool {
	if org.Require(ctx, org.StrategyEdit) == nil {
		return true
	}
	who := me(ctx)
	return who != "" && i.Owner == who && i.HandedBy != who && org.Require(ctx, org.StrategyRead) == nil
}

// HandInsight gives an insight to a department. Who hands it over cannot decide on it too, unless they steer.
func (s *Service) HandInsight(ctx context.Context, i Insight) (Insight, error) {
	i.Verdict, i.Reason, i.Outcome, i.DecidedBy, i.DecidedAt = "", "", "", "", time.Time{}
	i, err := s.checkInsight(ctx, i, Insight{})
	if err != nil {
		return i, err
	}
	if err := notOneself(ctx, i.Owner, me(ctx)); err != nil {
		return i, err
	}
	i.ID, i.CreatedAt, i.UpdatedAt, i.HandedBy = s.newID(), s.Now(), s.Now(), me(ctx)
	return i, s.edit(ctx, mayHand(ctx), "govern.insight_handed", "insight:"+i.ID, i.summary(), func(ctx context.Context, q db.Q) error { return insights().insert(ctx, q, i) })
}

// MayChange reports whether whoever asks may change what was handed over: those who steer, and who handed it while nothing is decided.
func (i Insight) MayChange(ctx context.Context) bool {
	return org.Require(ctx, org.StrategyEdit) == nil || MayHand(ctx) && i.HandedBy != "" && i.HandedBy == me(ctx) && i.Verdict == ""
}

// ChangeInsight saves what was handed over anew; the decision stays. Those who steer may, and who handed it while nothing is decided, but
// not say anew who decides. UpdatedAt is that of what whoever changes it has seen; when somebody else changed it since, that is a conflict.
// Zero saves it whatever others did.
func (s *Service) ChangeInsight(ctx context.Context, i Insight) (Insight, error) {
	was, err := s.Insight(ctx, i.ID)
	if err != nil {
		return i, err
	}
	if i, err = s.checkInsight(ctx, i, was); err != nil {
		return i, err
	}
	is, err := change(ctx, s, insights(), changing[Insight]{entry: i.ID, seen: i.UpdatedAt, action: "govern.insight_changed", object: "insight", may: func(was Insight) org.Permission {
		if was.MayChange(ctx) {
			return org.StrategyRead
		}
		return org.StrategyEdit
	}, put: func(was Insight, at time.Time) (Insight, any, error) {
		if i.Owner != was.Owner && org.Require(ctx, org.StrategyEdit) != nil {
			return i, nil, problem.New(problem.Forbidden, "govern.owner_stays").On("owner")
		}
		is := i
		is.Verdict, is.Reason, is.DecidedAt, is.DecidedBy, is.Outcome = was.Verdict, was.Reason, was.DecidedAt, was.DecidedBy, was.Outcome
		is.HandedBy, is.CreatedAt, is.UpdatedAt = was.HandedBy, was.CreatedAt, at
		return is, map[string]any{"name": is.Name, "was": was.summary(), "is": is.summary()}, nil
	}})
	if err != nil {
		return i, err
	}
	return is, nil
}

// DecideInsight notes what the department decided and why; outcome may follow later by deciding again. Who owns the insight may decide
// unless they handed it over, and those who steer. seen is the UpdatedAt of what whoever decides has seen; zero decides whatever others did.
func (s *Service) DecideInsight(ctx context.Context, insight string, seen time.Time, verdict, reason, outcome string) (Insight, error) {
	was, err := s.Insight(ctx, insight)
	if err != nil {
		return was, err
	}
	n := s.notes(ctx)
	n.among(verdict, "verdict", Verdicts())
	n.need(&reason, "reason", 2000)
	n.text(&outcome, "outcome", 4000)
	if err := n.err(); err != nil {
		return was, err
	}
	is, err := change(ctx, s, insights(), changing[Insight]{entry: insight, seen: seen, action: "govern.insight_decided", object: "insight", may: func(was Insight) org.Permission {
		if was.MayDecide(ctx) {
			return org.StrategyRead
		}
		return org.StrategyEdit
	}, put: func(was Insight, at time.Time) (Insight, any, error) {
		i := was
		if i.DecidedAt.IsZero() || i.Verdict != verdict { // the first decision counts for whether it was in time
			if i.DecidedAt.IsZero() {
				i.DecidedAt = s.Now()
			}
			i.DecidedBy = me(ctx)
		}
		i.Verdict, i.Reason, i.Outcome, i.UpdatedAt = verdict, reason, outcome, at
		return i, map[string]any{"name": i.Name, "was": was.summary(), "is": i.summary()}, nil
	}})
	if err != nil {
		return was, err
	}
	return is, nil
}

// RemoveInsight takes an insight away.
func (s *Service) RemoveInsight(ctx context.Context, insight string) error {
	return s.edit(ctx, org.StrategyEdit, "govern.insight_removed", "insight:"+insight, nil, func(ctx context.Context, q db.Q) error { return insights().remove(ctx, q, insight) })
}

// Rate is the insight-to-decision rate.
type Rate struct {
	Due     int           // whose day has come, or that were decided before it
	Decided stat.Estimate // share of Due with a decision, with the Wilson interval
	InTime  stat.Estimate // share of Due decided by the day
	Acted   stat.Estimate // share of decided ones that are done or planned
	Waiting int           // not due yet
}

// RateOf counts. What is not due yet is left out: it may still be decided.
func RateOf(list []Insight, now time.Time) Rate {
	var r Rate
	decided, inTime, acted := 0, 0, 0
	for _, i := range list {
		if i.Verdict == "" && !i.DueAt.Before(now) {
			r.Waiting++
			continue
		}
		r.Due++
		if i.Verdict == "" {
			continue
		}
		decided++
		if !i.DecidedAt.After(i.DueAt) {
			inTime++
		}
		if i.Verdict != "refused" {
			acted++
		}
	}
	r.Decided, r.InTime, r.Acted = stat.Share(decided, r.Due), stat.Share(inTime, r.Due), stat.Share(acted, decided)
	return r
}

func conflict(key string, args ...any) error { return problem.New(problem.Conflict, key, args...) }
