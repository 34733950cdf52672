package community

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// Dates says in the language of ctx from when to when ideas are entered, and when the result is there.
func (h *Challenge) Dates(ctx context.Context) string {
	return i18n.T(ctx, "community.challenge.dates", "From", i18n.Day(ctx, h.StartsAt), "To", i18n.Day(ctx, h.EndsAt.Add(-time.Minute)), "Until", i18n.Day(ctx, h.JudgedAt))
}

// hearChallenges tells jurors that they are asked to judge, and once all is entered those of them who have not scored all of it; and them and those who
// entered that the dates or criteria are others, or that it is judged. What is still to be told has no row in community_heard.
func (s *Service) hearChallenges(ctx context.Context) (int, error) {
	now, n := s.Now(), 0
	list, err := db.All(ctx, s.db.Read(), challengeFields, "SELECT "+challengeColumns+" FROM community_challenge h WHERE h.judged_at > $1 ORDER BY h.judged_at, h.id"+db.Limit(atOnce), db.T(now.Add(-heardFor)))
	if err != nil {
		return 0, fmt.Errorf("look for challenges under way: %w", err)
	}
	for i := range list {
		more, err := s.hearChallenge(ctx, &list[i], now)
		if n += more; err != nil {
			return n, err
		}
	}
	return n, nil
}

// hearChallenge tells of one challenge, and says of how much.
func (s *Service) hearChallenge(ctx context.Context, h *Challenge, now time.Time) (n int, err error) {
	type news struct {
		fact   string
		kind   NoticeKind
		people []string
	}
	q := s.db.Read()
	jury := urisOf(h.Jury)
	type change struct {
		fact ledger.Activity
		data ledger.Challenge
	}
	last, found, err := db.One(ctx, q, func(c *change) []any { return []any{&c.fact.Actor, db.At(&c.fact.LearnedAt), db.JSON(&c.data)} }, "SELECT actor, learned_at, data FROM activity WHERE id = $1", h.last)
	if err != nil {
		return 0, fmt.Errorf("read how a challenge was changed: %w", err)
	}
	entered, err := db.All(ctx, q, db.Self[string], "SELECT DISTINCT t.author FROM community_challenge_entry x JOIN community_thread t ON t.id = x.idea AND t.deleted_at IS NULL WHERE x.challenge = $1 ORDER BY t.author", h.ID)
	if err != nil {
		return 0, fmt.Errorf("find who entered for a challenge: %w", err)
	}
	if h.Phase(now) == Judged {
		fact := fmt.Sprint("result:", h.ID, ":", h.JudgedAt.UnixMicro())
		_, heard, err := db.Value[int](ctx, q, "SELECT 1 FROM community_heard WHERE fact = $1", fact)
		if err != nil || heard || !found || !last.fact.LearnedAt.Before(h.JudgedAt) { // what came in when it was judged already is old
			return 0, err
		}
		return 1, s.hearAbout(ctx, &Thread{Space: h.Space}, true, fact, CallResult, append(jury, entered...), h.ID)
	}
	if !found || last.fact.LearnedAt.Before(now.Add(-heardFor)) { // an import, an archive: nobody is told of what is old
		jury = nil
	}
	var all []news
	for _, juror := range jury {
		if juror != last.fact.Actor {
			all = append(all, news{"jury:" + h.ID + ":" + juror, JuryAsked, []string{juror}})
		}
	}
	if len(jury) > 0 && h.last != h.ID && last.data.Moved {
		people := slices.DeleteFunc(append(slices.Clone(jury), entered...), func(p string) bool { return p == last.fact.Actor })
		all = append(all, news{"moved:" + h.last, MovedCall, people})
	}
	if h.Phase(now) == Judging && h.EndsAt.After(now.Add(-heardFor)) {
		due, err := db.All(ctx, q, db.Self[string], `SELECT v.author FROM community_voice v WHERE v.channel = $2 AND v.author IN `+db.Among(q, "$3")+` AND EXISTS (SELECT 1 FROM community_challenge_entry x
			JOIN community_thread t ON t.id = x.idea AND t.deleted_at IS NULL WHERE x.challenge = $1 AND t.author <> v.author AND NOT EXISTS (SELECT 1 FROM community_challenge_score c
			WHERE c.challenge = x.challenge AND c.idea = x.idea AND c.juror = v.author)) ORDER BY v.author`, h.ID, h.Channel, db.Texts(urisOf(h.Jury)))
		if err != nil {
			return 0, fmt.Errorf("find who has not judged yet: %w", err)
		}
		all = append(all, news{fmt.Sprint("judge:", h.ID, ":", h.EndsAt.UnixMicro()), JuryDue, due})
	}
	for _, x := range all {
		_, heard, err := db.Value[int](ctx, q, "SELECT 1 FROM community_heard WHERE fact = $1", x.fact)
		if err != nil {
			return n, fmt.Errorf("look what was told of a challenge: %w", err)
		}
		if heard {
			continue
		}
		if err := s.hearAbout(ctx, &Thread{Space: h.Space}, true, x.fact, x.kind, x.people, h.ID); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func urisOf(list []ledger.Address) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].URI
	}
	return out
}

// hearThanks tells members that they were thanked in words. Whoever wants to hear nothing of the community is not told.
func (s *Service) hearThanks(ctx context.Context) (int, error) {
	q := s.db.Read()
	type row struct {
		id, channel string
		data        ledger.Thanks
	}
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.id, &r.channel, db.JSON(&r.data)} }, `SELECT a.id, a.channel, a.data FROM activity a WHERE a.kind = 'member.thanked' AND a.learned_at > $1
		AND a.at > $1 AND NOT EXISTS (SELECT 1 FROM community_heard h WHERE h.fact = a.id) ORDER BY a.learned_at, a.id`+db.Limit(atOnce), db.T(s.Now().Add(-heardFor)))
	if err != nil {
		return 0, fmt.Errorf("look for thanks: %w", err)
	}
	for i := range list {
		if err := s.hearThank(ctx, list[i].id, list[i].channel, &list[i].data); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

func (s *Service) hearThank(ctx context.Context, fact, channel string, thanks *ledger.Thanks) error {
	member, err := s.memberOf(ctx, thanks.To)
	if err != nil {
		return err
	}
	all, err := s.Map(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all.Communities, func(c Community) bool { return c.Channel == channel })
	if member == "" || i < 0 || thanks.Back != "" || strings.TrimSpace(thanks.Words) == "" {
		return s.heard(ctx, fact, nil, Notice{})
	}
	place := all.Communities[i].ID
	m, err := s.org.Find(ctx, member)
	if err != nil {
		return err
	}
	o, err := s.Sees(org.With(ctx, m), nil)
	if err != nil {
		return err
	}
	levels, err := levelsAt(ctx, s.db.Read(), []string{atCommunity(place)}, member)
	if err != nil {
		return err
	}
	_, sees := o.ByID(place)
	if !sees || m.State != org.Active || slices.ContainsFunc(levels, func(l levelAt) bool { return l.level == Silence }) {
		return s.heard(ctx, fact, nil, Notice{})
	}
	return s.heard(ctx, fact, []told{{m, WordsOfThanks}}, Notice{Community: place, Subject: fact})
}
