package community

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Poll is what a thread asks with choices.
type Poll struct {
	Post    string
	Choices []string
	Several bool
	EndsAt  time.Time // zero for never
	Ended   bool
	Mine    []int // what whoever asks took, from 0
	Voted   bool
	// Counts and N are told to who has voted, and to all once it has ended.
	Shown  bool
	Counts []int // by choice
	N      int   // who voted
}

// Share of those who voted who took a choice, in percent.
func (p *Poll) Share(choice int) int {
	if p.N == 0 || choice >= len(p.Counts) {
		return 0
	}
	return (200*p.Counts[choice] + p.N) / (2 * p.N)
}

// Takes reports whether whoever asks took a choice.
func (p *Poll) Takes(choice int) bool { return slices.Contains(p.Mine, choice) }

// Limits of polls.
const (
	maxChoices = 10
	maxChoice  = 120
	maxPollFor = 366 * 24 * time.Hour
)

// checkPoll takes a choice a line; none is no poll.
func checkPoll(choices string, several bool, ends, now time.Time) (*ledger.Poll, error) {
	p := &ledger.Poll{Several: several}
	if len(choices) > 8*maxChoices*maxChoice {
		return nil, problem.New(problem.Invalid, "community.poll.many", "Most", maxChoices).On("choices")
	}
	for line := range strings.SplitSeq(choices, "\n") {
		if line = lineOf(line); line == "" || slices.Contains(p.Choices, line) {
			continue
		}
		if utf8.RuneCountInString(line) > maxChoice {
			return nil, problem.New(problem.Invalid, "problem.too_long", "Max", maxChoice).On("choices")
		}
		p.Choices = append(p.Choices, line)
	}
	switch {
	case len(p.Choices) == 0:
		return nil, nil
	case len(p.Choices) == 1:
		return nil, problem.New(problem.Invalid, "community.poll.few").On("choices")
	case len(p.Choices) > maxChoices:
		return nil, problem.New(problem.Invalid, "community.poll.many", "Most", maxChoices).On("choices")
	case !ends.IsZero() && (!ends.After(now) || ends.Sub(now) > maxPollFor):
		return nil, problem.New(problem.Invalid, "community.poll.bad_end").On("ends")
	}
	if !ends.IsZero() {
		p.EndsAt = ends.UTC().Truncate(time.Microsecond)
	}
	return p, nil
}

// PollOf is the poll of a thread as whoever acts sees it; nil when it has none.
func (s *Service) PollOf(ctx context.Context, t *Thread) (*Poll, error) {
	q := s.db.Read()
	p, found, err := db.One(ctx, q, func(p *Poll) []any { return []any{&p.Post, db.JSON(&p.Choices), db.Bool(&p.Several), db.At(&p.EndsAt)} },
		"SELECT post, choices, several, ends_at FROM community_poll WHERE post = $1", t.ID)
	if err != nil || !found || !t.DeletedAt.IsZero() {
		return nil, err
	}
	p.Ended = !p.EndsAt.IsZero() && !s.Now().Before(p.EndsAt)
	if m := org.Who(ctx); m != nil {
		if _, p.Voted, err = db.One(ctx, q, func(_ *struct{}) []any { return []any{db.JSON(&p.Mine)} },
			"SELECT choices FROM community_poll_ballot WHERE post = $1 AND voter = $2", t.ID, actorOf(m)); err != nil {
			return nil, fmt.Errorf("see what somebody chose: %w", err)
		}
		p.Voted = len(p.Mine) > 0
	}
	if p.Shown = p.Voted || p.Ended; !p.Shown {
		return &p, nil
	}
	type row struct {
		choices []int
		n       int
	}
	list, err := db.All(ctx, q, func(r *row) []any { return []any{db.JSON(&r.choices), &r.n} },
		"SELECT choices, COUNT(*) FROM community_poll_ballot WHERE post = $1 AND choices <> '[]' GROUP BY choices", t.ID)
	if err != nil {
		return nil, fmt.Errorf("count a poll: %w", err)
	}
	p.Counts = make([]int, len(p.Choices))
	for _, r := range list {
		p.N += r.n
		for _, c := range r.choices {
			if c >= 0 && c < len(p.Counts) {
				p.Counts[c] += r.n
			}
		}
	}
	return &p, nil
}

// Answer makes choices, counted from 0, what whoever acts takes in the poll of a thread; none takes it back. A person has one ballot.
func (s *Service) Answer(ctx context.Context, community, thread string, choices []int) (Thread, error) {
	m := org.Who(ctx)
	if m == nil {
		return Thread{}, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return Thread{}, err
	}
	t, err := s.Thread(ctx, o, community, thread)
	if err != nil {
		return t, err
	}
	w, err := s.speaker(ctx, t.Space)
	if err != nil {
		return t, err
	}
	p, err := s.PollOf(ctx, &t)
	if err != nil {
		return t, err
	}
	if p == nil {
		return t, notFound()
	}
	choices = slices.Compact(slices.Sorted(slices.Values(choices)))
	switch {
	case p.Ended:
		return t, problem.New(problem.Conflict, "community.poll.over")
	case t.Locked:
		return t, problem.New(problem.Conflict, "community.thread.is_locked")
	case len(choices) > 1 && !p.Several, len(choices) > 0 && (choices[0] < 0 || choices[len(choices)-1] >= len(p.Choices)):
		return t, problem.New(problem.Invalid, "community.poll.no_such_choice").On("choice")
	}
	if err := s.votes.within(m.ID, s.Now(), mostVotes); err != nil {
		return t, err
	}
	if choices == nil {
		choices = []int{}
	}
	return t, s.replace(ctx, func(ctx context.Context) (*ledger.Activity, error) {
		var is []int
		last, found, err := db.One(ctx, s.db.Read(), func(last *string) []any { return []any{db.JSON(&is), last} },
			"SELECT choices, last FROM community_poll_ballot WHERE post = $1 AND voter = $2", t.ID, w.actor())
		if err != nil || slices.Equal(is, choices) && (found || len(choices) == 0) {
			return nil, err
		}
		return &ledger.Activity{Kind: ledger.PollAnswered, Actor: w.actor(), Object: t.ID, Channel: w.community.Channel, At: s.Now(),
			Key: "poll:" + t.ID + ":" + m.ID + ":" + last, Data: ledger.Data(ledger.Ballot{Choices: choices})}, nil
	})
}

func derivePoll(ctx context.Context, q db.Q, post string, p *ledger.Poll) error {
	if p == nil {
		return nil
	}
	_, err := db.Exec(ctx, q, "INSERT INTO community_poll (post, choices, several, ends_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
		post, db.J(p.Choices), db.B(p.Several), db.T(p.EndsAt))
	return err
}

func deriveBallot(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var b ledger.Ballot
	if err := a.Decode(&b); err != nil {
		return err
	}
	if b.Choices == nil {
		b.Choices = []int{}
	}
	_, err := db.Exec(ctx, q, `INSERT INTO community_poll_ballot (post, voter, choices, last) SELECT post, $2, $3, $4 FROM community_poll WHERE post = $1
		ON CONFLICT (post, voter) DO UPDATE SET choices = excluded.choices, last = excluded.last`, a.Object, a.Actor, db.J(b.Choices), a.ID)
	return err
}
