package survey

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
)

// Figures are what was asked and answered since a moment, of one scale.
type Figures struct {
	Scale    Scale
	Asked    int
	Answered int
	LeftOut  map[string]int // by why
	Scores   map[int]int
	Score    stat.Estimate // CSAT: share of 4 and 5, Wilson; NPS: -100 to 100 with its standard error
	Response stat.Estimate // share of the asked who answered
	Weeks    []Week
}

// Week is a week's score; the questions count in the week in which they were answered.
type Week struct {
	At    time.Time // its Monday
	Score stat.Estimate
}

// enough is the least n from which a score is shown as such.
const enough = 30

func scoreOf(s Scale, scores map[int]int) stat.Estimate {
	high, middle, low := 0, 0, 0
	for score, n := range scores {
		switch {
		case s == CSAT && score >= 4 || s == NPS && score >= 9:
			high += n
		case s == NPS && score >= 7:
			middle += n
		default:
			low += n
		}
	}
	if s == CSAT {
		return stat.Share(high, high+low).AtLeast(enough)
	}
	return stat.NPS(high, middle, low).AtLeast(enough)
}

// Figures counts since a moment; weeks begin on Mondays of zone.
func (s *Service) Figures(ctx context.Context, scale Scale, since time.Time, zone *time.Location) (Figures, error) {
	f := Figures{Scale: scale, LeftOut: map[string]int{}, Scores: map[int]int{}}
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return f, err
	}
	type row struct {
		state, why string
		score, n   int
	}
	rows, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.state, &r.why, &r.score, &r.n} },
		"SELECT state, why, COALESCE(score, -1), COUNT(*) FROM survey_ask WHERE scale = $1 AND at >= $2 GROUP BY state, why, COALESCE(score, -1)", string(scale), db.T(since))
	if err != nil {
		return f, fmt.Errorf("count answers: %w", err)
	}
	for _, r := range rows {
		switch r.state {
		case LeftOut:
			f.LeftOut[r.why] += r.n
			continue
		case Answered:
			f.Answered += r.n
			f.Scores[r.score] += r.n
		}
		f.Asked += r.n
	}
	f.Score, f.Response = scoreOf(scale, f.Scores), stat.Share(f.Answered, f.Asked)
	type said struct {
		at    time.Time
		score int
	}
	list, err := db.All(ctx, s.db.Read(), func(v *said) []any { return []any{db.At(&v.at), &v.score} },
		"SELECT answered_at, score FROM survey_ask WHERE scale = $1 AND at >= $2 AND state = 'answered' ORDER BY answered_at LIMIT 100000", string(scale), db.T(since))
	if err != nil {
		return f, fmt.Errorf("read answers: %w", err)
	}
	for i := 0; i < len(list); {
		week := monday(list[i].at, zone)
		scores := map[int]int{}
		for ; i < len(list) && monday(list[i].at, zone).Equal(week); i++ {
			scores[list[i].score]++
		}
		f.Weeks = append(f.Weeks, Week{week, scoreOf(scale, scores)})
	}
	return f, nil
}

func monday(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, zone)
	return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
}

// Narrow is which questions are listed: those answered, unless it says otherwise.
type Narrow struct {
	Scale Scale
	State string // Asked: answered or not; LeftOut: not asked
	Why   string // of LeftOut; "" for each reason
	Score string // of those answered
	Words bool   // only those answered in words
	Since time.Time
}

// List lists questions, those put or answered last first; before is the id of the one it goes on after.
func (s *Service) List(ctx context.Context, n Narrow, before string, limit int) ([]Ask, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	var w db.Where
	w.And("scale = ?", string(n.Scale))
	switch n.State {
	case Asked:
		w.And("state <> 'left_out'")
	case LeftOut:
		w.And("state = 'left_out'")
		if n.Why != "" {
			w.And("why = ?", n.Why)
		}
	default:
		w.And("state = 'answered'")
		if score, err := strconv.Atoi(n.Score); err == nil {
			w.And("score = ?", score)
		}
	}
	if n.Words {
		w.And("comment <> ''")
	}
	if !n.Since.IsZero() {
		w.And("at >= ?", db.T(n.Since))
	}
	if before != "" {
		w.And("(COALESCE(answered_at, at), id) < (SELECT COALESCE(answered_at, at), id FROM survey_ask WHERE id = ?)", before)
	}
	return db.All(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM survey_ask "+w.String()+" ORDER BY COALESCE(answered_at, at) DESC, id DESC"+db.Limit(min(max(limit, 1), 200)), w.Args...)
}

// Answers lists what was answered, the newest first; those with words only where asked; before is the id of the one it goes on after.
func (s *Service) Answers(ctx context.Context, scale Scale, words bool, before string, limit int) ([]Ask, error) {
	return s.List(ctx, Narrow{Scale: scale, Words: words}, before, limit)
}

// About lists the questions about a conversation, the newest first.
func (s *Service) About(ctx context.Context, conversation string) ([]Ask, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM survey_ask WHERE conversation = $1 AND state <> 'left_out' ORDER BY at DESC, id DESC LIMIT 10", conversation)
}
