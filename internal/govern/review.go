package govern

import (
	"context"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/strategy"
)

// Review is a meeting that looks at where things stand.
type Review struct {
	ID                   string
	Name                 string
	Rhythm               string
	At                   time.Time
	Minutes              int
	Place                string
	Participants         []string // member ids
	Notes                string   // what was said
	Agenda               []Item   // as it was when the review was held; made anew while it is ahead
	HeldAt               time.Time
	Following            string // the next review, made when this one was held
	CreatedAt, UpdatedAt time.Time
}

// Item is one point of an agenda: what, and why it is on it.
type Item struct {
	Kind string         `json:"kind"` // objective, action, risk, surrounding, decision, insight, spending, charter, gate
	Ref  string         `json:"ref,omitempty"`
	Name strategy.Words `json:"name,omitempty"`
	Text string         `json:"text,omitempty"` // a name that has no languages
	Why  string         `json:"why"`            // a key of locales
	Args []string       `json:"args,omitempty"` // name, value pairs for it
}

// In names the item in a language.
func (i Item) In(lang string) string {
	if len(i.Name) > 0 {
		return i.Name.In(lang)
	}
	return i.Text
}

// Rhythms of reviews.
const (
	Once      = "once"
	Monthly   = "monthly"
	Quarterly = "quarterly"
)

// ReviewRhythms lists how often a review comes.
func ReviewRhythms() []string { return []string{Monthly, Quarterly, Once} }

// NextDate is when a review of that rhythm comes again, by the calendar of zone: on the same weekday of its month (the second Tuesday, the
// last one for a fifth), at the same time of day. The zero time for one that does not.
func NextDate(at time.Time, rhythm string, zone *time.Location) time.Time {
	months := 0
	switch rhythm {
	case Monthly:
		months = 1
	case Quarterly:
		months = 3
	default:
		return time.Time{}
	}
	local := at.In(zone)
	first := time.Date(local.Year(), local.Month()+time.Month(months), 1, local.Hour(), local.Minute(), 0, 0, zone)
	day := 1 + (int(local.Weekday())-int(first.Weekday())+7)%7 + (local.Day()-1)/7*7
	if out := time.Date(first.Year(), first.Month(), day, local.Hour(), local.Minute(), 0, 0, zone); out.Month() == first.Month() {
		return out.UTC()
	}
	return time.Date(first.Year(), first.Month(), day-7, local.Hour(), local.Minute(), 0, 0, zone).UTC()
}

func reviews() register[Review] {
	return register[Review]{
		table: "review", order: "at DESC, id DESC",
		columns: "id, name, rhythm, at, minutes, place, participants, notes, agenda, held_at, following, created_at, updated_at",
		fields: func(r *Review) []any {
			return []any{&r.ID, &r.Name, &r.Rhythm, db.At(&r.At), &r.Minutes, &r.Place, db.JSON(&r.Participants), &r.Notes, db.JSON(&r.Agenda), db.At(&r.HeldAt), &r.Following, db.At(&r.CreatedAt), db.At(&r.UpdatedAt)}
		},
		row: func(r Review) []any {
			if r.Participants == nil {
				r.Participants = []string{}
			}
			if r.Agenda == nil {
				r.Agenda = []Item{}
			}
			return []any{r.ID, r.Name, r.Rhythm, db.T(r.At), r.Minutes, r.Place, db.J(r.Participants), r.Notes, db.J(r.Agenda), db.T(r.HeldAt), r.Following, db.T(r.CreatedAt), db.T(r.UpdatedAt)}
		},
	}
}

func (s *Service) checkReview(ctx context.Context, r, was Review) (Review, error) {
	n := s.notes(ctx)
	n.need(&r.Name, "name", 200)
	n.among(r.Rhythm, "rhythm", ReviewRhythms())
	n.needDay(r.At, "at")
	if r.Minutes == 0 {
		r.Minutes = 60
	}
	if r.Minutes < 5 || r.Minutes > 24*60 {
		n.refuse("minutes", "govern.minutes_bad")
	}
	n.text(&r.Place, "place", 300)
	r.Participants = slices.Compact(slices.Sorted(slices.Values(r.Participants)))
	if len(r.Participants) > 100 {
		n.refuse("participants", "govern.too_many", "Max", 100)
	} else {
		for _, m := range r.Participants {
			if !slices.Contains(was.Participants, m) {
				n.member(m, "", "participants")
			}
		}
	}
	n.text(&r.Notes, "notes", 20000)
	return r, n.err()
}

func (r Review) summary() map[string]any {
	return map[string]any{"name": r.Name, "at": r.At, "rhythm": r.Rhythm}
}

// Reviews lists all, the latest first.
func (s *Service) Reviews(ctx context.Context) ([]Review, error) { return list(ctx, s, reviews(), "") }

// Review reads one.
func (s *Service) Review(ctx context.Context, review string) (Review, error) {
	return one(ctx, s, reviews(), review)
}

// AddReview plans a review.
func (s *Service) AddReview(ctx context.Context, r Review) (Review, error) {
	r.HeldAt, r.Agenda, r.Following = time.Time{}, nil, ""
	r, err := s.checkReview(ctx, r, Review{})
	if err != nil {
		return r, err
	}
	r.ID, r.CreatedAt, r.UpdatedAt = s.newID(), s.Now(), s.Now()
	return r, s.edit(ctx, org.StrategyEdit, "govern.review_planned", "review:"+r.ID, r.summary(), func(ctx context.Context, q db.Q) error { return reviews().insert(ctx, q, r) })
}

// ChangeReview saves a review anew; what was held stays held. UpdatedAt is that of what whoever changes it has seen; when
// somebody else changed it since, that is a conflict. Zero saves it whatever others did.
func (s *Service) ChangeReview(ctx context.Context, r Review) (Review, error) {
	was, err := s.Review(ctx, r.ID)
	if err != nil {
		return r, err
	}
	if r, err = s.checkReview(ctx, r, was); err != nil {
		return r, err
	}
	is, err := change(ctx, s, reviews(), changing[Review]{entry: r.ID, seen: r.UpdatedAt, action: "govern.review_changed", object: "review", put: func(was Review, at time.Time) (Review, any, error) {
		is := r
		is.HeldAt, is.Agenda, is.Following, is.CreatedAt, is.UpdatedAt = was.HeldAt, was.Agenda, was.Following, was.CreatedAt, at
		return is, map[string]any{"name": is.Name, "was": was.summary(), "is": is.summary()}, nil
	}})
	if err != nil {
		return r, err
	}
	return is, nil
}

// HoldReview notes that a review took place: its agenda stays as it was, and one that comes again is planned for its next date.
func (s *Service) HoldReview(ctx context.Context, review, minutes string) (held Review, next *Review, err error) {
	r, err := s.Review(ctx, review)
	if err != nil {
		return r, nil, err
	}
	if !r.HeldAt.IsZero() {
		return r, nil, conflict("govern.held_already")
	}
	n := s.notes(ctx)
	if n.text(&minutes, "notes", 20000); n.err() != nil {
		return r, nil, n.err()
	}
	look, err := s.Look(ctx)
	if err != nil {
		return r, nil, err
	}
	o, err := s.org.Organisation(ctx)
	if err != nil {
		return r, nil, err
	}
	now := s.Now()
	err = s.edit(ctx, org.StrategyEdit, "govern.review_held", "review:"+r.ID, r.summary(), func(ctx context.Context, q db.Q) error {
		was, _, at, err := reviews().hold(ctx, q, r.ID, now)
		if err != nil {
			return err
		}
		if !was.HeldAt.IsZero() { // two who do so at once plan one next review
			return conflict("govern.held_already")
		}
		r, next = was, nil
		r.Agenda, r.Notes, r.HeldAt, r.UpdatedAt = look.Agenda(), minutes, now, at
		day := NextDate(r.At, r.Rhythm, o.Location())
		for !day.IsZero() && !day.After(now) { // held late: not in the past
			day = NextDate(day, r.Rhythm, o.Location())
		}
		if !day.IsZero() {
			next = &Review{ID: s.newID(), Name: r.Name, Rhythm: r.Rhythm, At: day, Minutes: r.Minutes, Place: r.Place, Participants: r.Participants, CreatedAt: now, UpdatedAt: now}
			r.Following = next.ID
			if err := reviews().insert(ctx, q, *next); err != nil {
				return err
			}
		}
		return reviews().update(ctx, q, r)
	})
	return r, next, err
}

// RemoveReview takes a review away; its actions stay.
func (s *Service) RemoveReview(ctx context.Context, review string) error {
	if !id.Valid(review) {
		return notFound()
	}
	return s.edit(ctx, org.StrategyEdit, "govern.review_removed", "review:"+review, nil, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE review_action SET review = '' WHERE review = $1", review); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE decision SET review = '' WHERE review = $1", review); err != nil {
			return err
		}
		return reviews().remove(ctx, q, review)
	})
}
