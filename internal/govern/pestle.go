package govern

import (
	"context"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Surrounding is one thing around us that changes, seen in the manner of PESTLE.
type Surrounding struct {
	ID                   string
	Factor               string
	Name, Note           string
	Source               string // who says so: an address, a paper
	SourceOn             time.Time
	Probability, Impact  int // 1 to 5
	Horizon              string
	Objective, Risk      string
	Topic                string // it follows this topic
	ReviewAt             time.Time
	ReviewedAt           time.Time // when somebody last looked at it
	CreatedAt, UpdatedAt time.Time
}

// Factors lists the six: political, economic, social, technological, legal, environmental.
func Factors() []string {
	return []string{"political", "economic", "social", "technological", "legal", "environmental"}
}

// Horizons lists when something is felt: within three months, a year, three years, later.
func Horizons() []string { return []string{"quarter", "year", "three_years", "later"} }

// Gaps says what an entry lacks: a source, a date of the source, a review date, or its review is over due.
func (e Surrounding) Gaps(now time.Time) []string {
	var out []string
	if e.Source == "" || e.SourceOn.IsZero() {
		out = append(out, "source")
	}
	if e.ReviewAt.IsZero() {
		out = append(out, "review_at")
	} else if e.ReviewAt.Before(now) {
		out = append(out, "overdue")
	}
	return out
}

func surroundings() register[Surrounding] {
	return register[Surrounding]{
		table: "pestle_entry", order: "probability * impact DESC, created_at, id",
		columns: "id, factor, name, note, source, source_on, probability, impact, horizon, objective, risk, topic, review_at, reviewed_at, created_at, updated_at",
		fields: func(e *Surrounding) []any {
			return []any{&e.ID, &e.Factor, &e.Name, &e.Note, &e.Source, db.At(&e.SourceOn), &e.Probability, &e.Impact, &e.Horizon, &e.Objective, &e.Risk, &e.Topic,
				db.At(&e.ReviewAt), db.At(&e.ReviewedAt), db.At(&e.CreatedAt), db.At(&e.UpdatedAt)}
		},
		row: func(e Surrounding) []any {
			return []any{e.ID, e.Factor, e.Name, e.Note, e.Source, db.T(e.SourceOn), e.Probability, e.Impact, e.Horizon, e.Objective, e.Risk, e.Topic,
				db.T(e.ReviewAt), db.T(e.ReviewedAt), db.T(e.CreatedAt), db.T(e.UpdatedAt)}
		},
	}
}

func (s *Service) checkSurrounding(ctx context.Context, e, was Surrounding) (Surrounding, error) {
	n := s.notes(ctx)
	n.among(e.Factor, "factor", Factors())
	n.need(&e.Name, "name", 200)
	n.text(&e.Note, "note", 4000)
	n.text(&e.Source, "source", 500)
	n.day(e.SourceOn, "source_on")
	n.scale(e.Probability, "probability")
	n.scale(e.Impact, "impact")
	n.among(e.Horizon, "horizon", Horizons())
	n.objective(e.Objective, was.Objective, "objective")
	if e.Risk != "" && e.Risk != was.Risk {
		if _, err := s.Risk(ctx, e.Risk); problem.Is(err, problem.Missing) {
			n.refuse("risk", "govern.choice_bad")
		} else if err != nil {
			return e, err
		}
	}
	if e.Topic != "" && e.Topic != was.Topic {
		topics, err := s.Topics(ctx)
		if err != nil {
			return e, err
		}
		if !slices.ContainsFunc(topics, func(t Choice) bool { return t.ID == e.Topic }) {
			n.refuse("topic", "govern.choice_bad")
		}
	}
	n.day(e.ReviewAt, "review_at")
	return e, n.err()
}

func (e Surrounding) summary() map[string]any {
	return map[string]any{"name": e.Name, "factor": e.Factor, "probability": e.Probability, "impact": e.Impact, "topic": e.Topic}
}

// Surroundings lists all entries, what weighs most first.
func (s *Service) Surroundings(ctx context.Context) ([]Surrounding, error) {
	return list(ctx, s, surroundings(), "")
}

// Surrounding reads one.
func (s *Service) Surrounding(ctx context.Context, entry string) (Surrounding, error) {
	return one(ctx, s, surroundings(), entry)
}

// AddSurrounding notes something.
func (s *Service) AddSurrounding(ctx context.Context, e Surrounding) (Surrounding, error) {
	e, err := s.checkSurrounding(ctx, e, Surrounding{})
	if err != nil {
		return e, err
	}
	e.ID, e.CreatedAt, e.UpdatedAt = s.newID(), s.Now(), s.Now()
	e.ReviewedAt = e.CreatedAt
	return e, s.edit(ctx, org.StrategyEdit, "govern.surrounding_added", "surrounding:"+e.ID, e.summary(), func(ctx context.Context, q db.Q) error { return surroundings().insert(ctx, q, e) })
}

// ChangeSurrounding saves an entry anew. UpdatedAt is that of what whoever changes it has seen; when
// somebody else changed it since, that is a conflict. Zero saves it whatever others did.
func (s *Service) ChangeSurrounding(ctx context.Context, e Surrounding) (Surrounding, error) {
	was, err := s.Surrounding(ctx, e.ID)
	if err != nil {
		return e, err
	}
	if e, err = s.checkSurrounding(ctx, e, was); err != nil {
		return e, err
	}
	is, err := change(ctx, s, surroundings(), changing[Surrounding]{entry: e.ID, seen: e.UpdatedAt, action: "govern.surrounding_changed", object: "surrounding", put: func(was Surrounding, at time.Time) (Surrounding, any, error) {
		is := e
		is.ReviewedAt, is.CreatedAt, is.UpdatedAt = was.ReviewedAt, was.CreatedAt, at
		return is, map[string]any{"name": is.Name, "was": was.summary(), "is": is.summary()}, nil
	}})
	if err != nil {
		return e, err
	}
	return is, nil
}

// ReviewSurrounding notes that somebody looked at an entry now, and when it should be looked at again.
func (s *Service) ReviewSurrounding(ctx context.Context, entry string, next time.Time) error {
	n := s.notes(ctx)
	n.needDay(next, "review_at")
	if err := n.err(); err != nil {
		return err
	}
	if _, err := s.Surrounding(ctx, entry); err != nil { // who may not read it learns nothing about it
		return err
	}
	_, err := change(ctx, s, surroundings(), changing[Surrounding]{entry: entry, action: "govern.surrounding_reviewed", object: "surrounding", put: func(e Surrounding, at time.Time) (Surrounding, any, error) {
		e.ReviewedAt, e.ReviewAt, e.UpdatedAt = s.Now(), next, at
		return e, map[string]any{"name": e.Name}, nil
	}})
	return err
}

// RemoveSurrounding takes an entry away.
func (s *Service) RemoveSurrounding(ctx context.Context, entry string) error {
	return s.edit(ctx, org.StrategyEdit, "govern.surrounding_removed", "surrounding:"+entry, nil, func(ctx context.Context, q db.Q) error { return surroundings().remove(ctx, q, entry) })
}

// Choice is something to choose, by name.
type Choice struct{ ID, Name string }

// Topics lists the topics that an entry can follow, by name.
func (s *Service) Topics(ctx context.Context) ([]Choice, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	list, err := s.measures.Topics(ctx)
	if err != nil {
		return nil, err
	}
	var out []Choice
	for _, t := range list {
		out = append(out, Choice{t.ID, t.Name})
	}
	return out, nil
}

const followedWeeks = 26

// Followed is what the topic of an entry heard: mentions a week, and how many since the entry was last looked at.
type Followed struct {
	Weeks []listening.Volume
	New   int
}

// Follow reads what the topic of an entry heard in half a year; the zero value when it follows none.
func (s *Service) Follow(ctx context.Context, e Surrounding) (Followed, error) {
	if e.Topic == "" {
		return Followed{}, nil
	}
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Followed{}, err
	}
	o, err := s.org.Organisation(ctx)
	if err != nil {
		return Followed{}, err
	}
	// Weeks begin and end at midnight, so that a bar counts what the list of these days shows.
	now := s.Now().In(o.Location())
	end := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, o.Location())
	var cuts []time.Time
	for i := followedWeeks; i >= 0; i-- {
		cuts = append(cuts, end.AddDate(0, 0, -7*i))
	}
	var f Followed
	if f.Weeks, err = s.listening.VolumeBy(ctx, e.Topic, "", cuts); err != nil {
		return f, err
	}
	if since := e.ReviewedAt.Truncate(time.Hour); since.Before(end) && !e.ReviewedAt.IsZero() {
		fresh, err := s.listening.VolumeBy(ctx, e.Topic, "", []time.Time{since, end})
		if err != nil {
			return f, err
		}
		for _, v := range fresh {
			f.New += v.N
		}
	}
	return f, nil
}
