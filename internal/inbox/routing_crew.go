package inbox

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/inbox/match"
	"github.com/entente/entente/internal/team"
)

const (
	learnFrom  = 200 // conversations that somebody resolved last
	learnSince = 2 * 365 * 24 * time.Hour
	learnAnew  = 10 * time.Minute // also when they resolved nothing: what they did may have been reopened
)

// experience is what members learned, kept as long as they resolve nothing more.
type experience struct {
	mu   sync.Mutex
	list map[string]learned
}

type learned struct {
	newest int64 // when they last resolved something
	at     time.Time
	traits map[match.Trait]int
}

// crew are those who answer as match sees them; for routing only those who take part in it.
func (s *Service) crew(ctx context.Context, set Routing, routed bool) ([]match.Person, error) {
	key := fmt.Sprint(set, routed, s.now().Unix()/60) // who is there changes by the clock
	list, err := s.crews.Read(ctx, s.db, key, func(ctx context.Context) ([]match.Person, error) { return s.gather(ctx, set, routed) })
	return slices.Clone(list), err
}

func (s *Service) gather(ctx context.Context, set Routing, routed bool) ([]match.Person, error) {
	all, err := s.team.All(ctx)
	if err != nil {
		return nil, err
	}
	held, err := s.held(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := s.openCounts(ctx)
	if err != nil {
		return nil, err
	}
	now := s.now()
	week, err := s.team.ThisWeek(ctx)
	if err != nil {
		return nil, err
	}
	today := s.team.Local(ctx)
	month, err := s.team.Given(ctx, today.Add(-shareWindow).Format(time.DateOnly), today.AddDate(0, 0, 2).Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	experienced, err := s.learned(ctx, all)
	if err != nil {
		return nil, err
	}
	var out []match.Person
	sum, n := 0.0, 0
	for i := range all {
		p := &all[i]
		if routed && (!p.Routed || !p.Known) {
			continue
		}
		m := match.Person{ID: p.Member, Department: p.Department, Languages: p.Languages, Learned: experienced[p.Member], Here: p.Here(now), Offered: float64(p.Minutes),
			Open: counts[p.Member], Most: set.Most, Share: 1, Held: held[p.Member]}
		for _, k := range p.Skills {
			m.Skills = append(m.Skills, team.Skill(k))
		}
		if p.Minutes > 0 {
			begun := float64(counts[p.Member] * set.Cost)
			m.Left = m.Offered - week[p.Member].Minutes() - begun
			m.Share = (month[p.Member].Minutes() + begun) / (m.Offered * shareWindow.Hours() / 24 / 7)
			sum += m.Share
			n++
		}
		out = append(out, m)
	}
	if n > 0 && sum > 0 { // what somebody gave beside what the others gave of what they offered
		for i := range out {
			if out[i].Offered > 0 {
				out[i].Share /= sum / float64(n)
			}
		}
	}
	return out, nil
}

// openCounts are how many open conversations each member has.
func (s *Service) openCounts(ctx context.Context) (map[string]int, error) {
	type row struct {
		member string
		n      int
	}
	list, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.member, &r.n} },
		"SELECT assignee, CAST(SUM(n) AS BIGINT) FROM conversation_count WHERE state = 'open' AND assignee <> '' GROUP BY assignee")
	if err != nil {
		return nil, fmt.Errorf("count what members have: %w", err)
	}
	out := make(map[string]int, len(list))
	for _, r := range list {
		out[r.member] = r.n
	}
	return out, nil
}

// learned is what each member has resolved, by what it was about. What was reopened since does not count, nor what somebody else had and
// answered.
func (s *Service) learned(ctx context.Context, all []team.Profile) (map[string]map[match.Trait]int, error) {
	s.learns.mu.Lock()
	defer s.learns.mu.Unlock()
	if s.learns.list == nil {
		s.learns.list = map[string]learned{}
	}
	q, now := s.db.Read(), s.now()
	type newest struct {
		member string
		at     int64
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].Member
	}
	marks, err := db.All(ctx, q, func(n *newest) []any { return []any{&n.member, &n.at} },
		"SELECT id, COALESCE((SELECT MAX(resolved_at) FROM conversation_span WHERE resolved_by = member.id), 0) FROM member WHERE id IN "+db.Among(q, "$1"), db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("look who resolved something: %w", err)
	}
	for _, m := range marks {
		if have, ok := s.learns.list[m.member]; ok && have.newest == m.at && now.Sub(have.at) < learnAnew {
			continue
		}
		traits, err := s.learn(ctx, q, m.member, now)
		if err != nil {
			return nil, err
		}
		s.learns.list[m.member] = learned{m.at, now, traits}
	}
	out := make(map[string]map[match.Trait]int, len(all))
	for _, id := range ids {
		out[id] = s.learns.list[id].traits
	}
	return out, nil
}

// learn counts what a member resolved last.
func (s *Service) learn(ctx context.Context, q db.Q, member string, now time.Time) (map[match.Trait]int, error) {
	type row struct{ post, channel string }
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.post, &r.channel} },
		`SELECT c.post, c.channel FROM (SELECT conversation, n, resolved_at FROM conversation_span WHERE resolved_by = $1 AND resolved_at > $2
			ORDER BY resolved_at DESC LIMIT `+strconv.Itoa(learnFrom)+`) AS s JOIN conversation c ON c.id = s.conversation
		WHERE c.state = 'resolved' AND c.reopened = s.n AND (c.assignee IN ('', $1) OR c.first_reply_by = $1)`, member, db.T(now.Add(-learnSince)))
	if err != nil {
		return nil, fmt.Errorf("read what a member resolved: %w", err)
	}
	out := map[match.Trait]int{}
	posts := make([]string, len(list))
	for i, r := range list {
		posts[i] = r.post
		out[match.Trait{What: match.Channel, Value: r.channel}]++
	}
	traits, _, err := traitsOf(ctx, q, posts)
	if err != nil {
		return nil, err
	}
	for _, list := range traits {
		for _, t := range list {
			out[t]++
		}
	}
	return out, nil
}

// traitsOf are topics, kinds and languages of posts, and their languages, by post.
func traitsOf(ctx context.Context, q db.Q, posts []string) (map[string][]match.Trait, map[string]string, error) {
	if len(posts) == 0 {
		return nil, nil, nil
	}
	out, langs := map[string][]match.Trait{}, map[string]string{}
	type row struct{ post, topic string }
	topics, err := db.All(ctx, q, func(r *row) []any { return []any{&r.post, &r.topic} },
		"SELECT m.post, m.topic FROM mention m WHERE m.post IN "+db.Among(q, "$1")+" ORDER BY m.post, m.topic", db.Texts(posts))
	if err != nil {
		return nil, nil, fmt.Errorf("read what posts are about: %w", err)
	}
	for _, r := range topics {
		if r.topic != "" {
			out[r.post] = append(out[r.post], match.Trait{What: match.Topic, Value: r.topic})
		}
	}
	taken, err := enrich.TakenFor(ctx, q, posts)
	if err != nil {
		return nil, nil, err
	}
	for post, t := range taken {
		for _, k := range t.Kinds {
			out[post] = append(out[post], match.Trait{What: match.Kind, Value: k})
		}
		if t.Lang != "" {
			langs[post] = t.Lang
			out[post] = append(out[post], match.Trait{What: match.Language, Value: t.Lang})
		}
	}
	return out, langs, nil
}
