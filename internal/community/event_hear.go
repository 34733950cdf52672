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
)

// How long before an event begins those who have a seat are reminded: once the day before, once shortly before.
const (
	dayBefore  = 24 * time.Hour
	hourBefore = time.Hour
)

// hearEvents tells those who enrolled of what concerns them and they were not told of yet: that an event is changed or called off, that they have a
// seat now, that it begins soon. What is still to be told has no row in community_heard.
func (s *Service) hearEvents(ctx context.Context) (int, error) {
	ideas, err := s.hearIdeas(ctx)
	if err != nil {
		return ideas, err
	}
	events, err := s.hearMeetings(ctx)
	return ideas + events, err
}

// hearIdeas tells who proposed an idea, and who is for it, what was decided on it and why.
func (s *Service) hearIdeas(ctx context.Context) (int, error) {
	type row struct{ fact, idea, actor string }
	q := s.db.Read()
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.fact, &r.idea, &r.actor} }, `SELECT x.activity, x.idea, a.actor FROM community_idea_step x JOIN activity a ON a.id = x.activity
		WHERE x.at > $1 AND NOT EXISTS (SELECT 1 FROM community_heard h WHERE h.fact = x.activity) ORDER BY x.at, x.activity`+db.Limit(atOnce), db.T(s.Now().Add(-heardFor)))
	if err != nil {
		return 0, fmt.Errorf("look for what was decided on ideas: %w", err)
	}
	for i, r := range list {
		people, err := db.All(ctx, q, db.Self[string], `SELECT voter FROM community_idea_vote WHERE idea = $1 AND value = 1 AND voter <> $2
			UNION SELECT author FROM community_thread WHERE id = $1 AND author <> $2`, r.idea, r.actor)
		if err != nil {
			return i, fmt.Errorf("find who is for an idea: %w", err)
		}
		if err := s.hearEvent(ctx, r.idea, r.fact, NewsOfIdea, people); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

func (s *Service) hearMeetings(ctx context.Context) (int, error) {
	q, now := s.db.Read(), s.Now()
	n := 0
	type row struct{ fact, event, person, actor string }
	fields := func(r *row) []any { return []any{&r.fact, &r.event, &r.person, &r.actor} }
	tell := func(kind NoticeKind, list []row) error {
		for i := range list {
			r := &list[i]
			people := []string{r.person}
			if r.person == "" {
				var err error
				if people, err = db.All(ctx, q, db.Self[string], `SELECT s.person FROM community_event_seat s JOIN community_event_change c ON c.activity = $3 AND (s.n = c.n OR s.n > c.n AND c.alone = 0)
					WHERE s.event = $1 AND s.state <> 'out' AND s.person <> $2 GROUP BY s.person ORDER BY MIN(s.turn), s.person`, r.event, r.actor, r.fact[len("set:"):]); err != nil {
					return fmt.Errorf("find who enrolled: %w", err)
				}
			}
			as := kind
			if kind == ChangedEvent && strings.HasPrefix(r.fact, "off:") {
				as = OffEvent
			}
			if err := s.hearEvent(ctx, r.event, r.fact, as, people); err != nil {
				return err
			}
			n++
		}
		return nil
	}
	changes, err := db.All(ctx, q, fields, `SELECT CASE WHEN c.cancelled = 1 THEN 'off:' ELSE 'set:' END || c.activity, c.event, '', c.actor FROM community_event_change c WHERE c.at > $1
		AND NOT EXISTS (SELECT 1 FROM community_heard h WHERE h.fact IN ('off:' || c.activity, 'set:' || c.activity)) ORDER BY c.at, c.activity`+db.Limit(atOnce), db.T(now.Add(-heardFor)))
	if err != nil {
		return 0, fmt.Errorf("look for events that were changed: %w", err)
	}
	if err := tell(ChangedEvent, changes); err != nil {
		return n, err
	}
	seats, err := db.All(ctx, q, fields, `SELECT 'seat:' || s.raised || ':' || s.person, s.event, s.person, '' FROM community_event_seat s JOIN community_event e ON e.id = s.event AND e.n = s.n
		WHERE s.raised <> '' AND s.raised_at > $1 AND s.state = 'in' AND e.cancelled = 0 AND e.ends_at > $2
		AND NOT EXISTS (SELECT 1 FROM community_heard h WHERE h.fact = 'seat:' || s.raised || ':' || s.person) ORDER BY s.raised_at, s.turn`+db.Limit(atOnce), db.T(now.Add(-heardFor)), db.T(now))
	if err != nil {
		return n, fmt.Errorf("look for seats that are free: %w", err)
	}
	if err := tell(SeatFree, seats); err != nil {
		return n, err
	}
	for _, ahead := range []time.Duration{hourBefore, dayBefore} {
		from := db.T(now) // the day before ends where the hour before begins: who is late is told once
		if ahead == dayBefore {
			from = db.T(now.Add(hourBefore))
		}
		// Who enrolled after the time of the reminder knows.
		mark := fmt.Sprintf("'soon%d:' || e.id || ':' || e.starts_at || ':' || s.person", int(ahead.Hours()))
		list, err := db.All(ctx, q, fields, "SELECT "+mark+`, e.id, s.person, '' FROM community_event e JOIN community_event_seat s ON s.event = e.id AND s.n = e.n AND s.state = 'in'
			WHERE e.starts_at > $1 AND e.starts_at <= $2 AND e.cancelled = 0 AND s.at < e.starts_at - $3 AND NOT EXISTS (SELECT 1 FROM community_heard h WHERE h.fact = `+mark+`)
			ORDER BY e.starts_at, e.id, s.turn`+db.Limit(atOnce), from, db.T(now.Add(ahead)), ahead.Microseconds())
		if err != nil {
			return n, fmt.Errorf("look for events that begin soon: %w", err)
		}
		if err := tell(SoonEvent, list); err != nil {
			return n, err
		}
	}
	return n, nil
}

// hearEvent tells people of an event: those who may read of it and want to hear.
func (s *Service) hearEvent(ctx context.Context, event, fact string, kind NoticeKind, people []string) error {
	t, found, err := db.One(ctx, s.db.Read(), threadFields, "SELECT "+threadColumns+" FROM community_thread t WHERE t.id = $1 AND t.deleted_at IS NULL", event)
	if err != nil {
		return fmt.Errorf("find the thread of an event: %w", err)
	}
	return s.hearAbout(ctx, &t, found, fact, kind, people, t.ID)
}

// hearAbout tells people of something about a thread, or about a challenge of a space, unless they may not read it or want to hear nothing of it.
func (s *Service) hearAbout(ctx context.Context, t *Thread, found bool, fact string, kind NoticeKind, people []string, post string) error {
	all, err := s.Map(ctx)
	if err != nil {
		return err
	}
	i, known := all.spaces[t.Space]
	if !found || !known {
		return s.heard(ctx, fact, nil, Notice{})
	}
	place := all.Spaces[i].Community
	wants, err := wantsOf(ctx, s.db.Read(), t.ID, t.Space, place, "")
	if err != nil {
		return err
	}
	var to []told
	for _, person := range people {
		id, err := s.memberOf(ctx, person)
		if err != nil {
			return err
		}
		if id == "" || slices.ContainsFunc(to, func(x told) bool { return x.member.ID == id }) || wants.of(id) == Silence {
			continue
		}
		m, may, err := s.mayHear(ctx, id, t.Space)
		if err != nil {
			return err
		}
		if may {
			as := kind
			if kind == NewsOfIdea && person == t.Author {
				as = NewsOfOwn
			}
			to = append(to, told{m, as})
		}
	}
	return s.heard(ctx, fact, to, Notice{Community: place, Thread: t.ID, Post: post, Subject: fact})
}

// dateNotices says in notices of events when they are, for their reader.
func (s *Service) dateNotices(ctx context.Context, q db.Q, list []Notice) error {
	for i := range list {
		n := &list[i]
		switch n.Kind {
		case NewsOfIdea, NewsOfOwn:
			step, found, err := db.One(ctx, q, func(p *Step) []any { return []any{&p.Status, &p.Reason, &p.By} }, "SELECT status, reason, decider FROM community_idea_step WHERE activity = $1", n.Subject)
			if err != nil {
				return fmt.Errorf("read what was decided on an idea: %w", err)
			}
			if found {
				n.By, n.Words = step.By, strings.TrimSpace(i18n.T(ctx, "community.idea.status."+string(step.Status))+"\n"+step.Reason)
			}
			continue
		case JuryAsked, JuryDue, MovedCall, CallResult:
			h, found, err := db.One(ctx, q, challengeFields, "SELECT "+challengeColumns+" FROM community_challenge h WHERE h.id = $1", n.Post)
			if err != nil {
				return fmt.Errorf("read the challenge of a notice: %w", err)
			}
			if found {
				n.Words = h.Dates(ctx)
			}
			continue
		case WordsOfThanks:
			said, _, err := db.One(ctx, q, func(t *ledger.Thanks) []any { return []any{db.JSON(t)} }, "SELECT data FROM activity WHERE id = $1", n.Subject)
			if err != nil {
				return fmt.Errorf("read thanks: %w", err)
			}
			n.By, n.Words = said.Name, said.Words
			continue
		case SoonEvent, SeatFree: // nobody did that
			n.By = ""
		case ChangedEvent, OffEvent:
		default:
			continue
		}
		e, after, found, err := s.toldDate(ctx, q, n)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		words := []string{e.When(ctx)}
		if e.Location().String() != i18n.Zone(ctx).String() {
			words[0] += " (" + e.Zone + ")"
		}
		if after {
			words = append(words, i18n.T(ctx, "community.event.and_after"))
		}
		if e.Place != "" {
			words = append(words, e.Place)
		}
		if e.Link != "" && !e.Cancelled && n.Kind != OffEvent {
			_, seated, err := db.Value[int](ctx, q, "SELECT 1 FROM community_event_seat s JOIN member m ON s.person = 'mailto:' || m.email WHERE s.event = $1 AND s.n = $3 AND s.state = 'in' AND m.id = $2", n.Thread, n.Member, e.Date)
			if err != nil {
				return fmt.Errorf("read the seat of who is told of an event: %w", err)
			}
			if seated { // as on the page
				words = append(words, e.Link)
			}
		}
		if e.Reason != "" && (n.Kind == ChangedEvent || n.Kind == OffEvent) {
			words = append(words, e.Reason)
		}
		n.Words = strings.Join(words, "\n")
	}
	return nil
}

// toldDate finds the date of an event that a notice is about; after says that it is about those after it too.
func (s *Service) toldDate(ctx context.Context, q db.Q, n *Notice) (e Event, after, found bool, err error) {
	list, err := db.All(ctx, q, eventFields, "SELECT "+eventColumns+eventsFrom+" WHERE e.id = $1 ORDER BY e.n", n.Thread)
	if err != nil {
		return e, false, false, fmt.Errorf("read the event of a notice: %w", err)
	}
	parts := strings.Split(n.Subject, ":")
	type which struct {
		n    int
		only bool
	}
	at, known := which{n: -1}, false
	fields := func(w *which) []any { return []any{&w.n, db.Bool(&w.only)} }
	switch {
	case len(list) < 2 || len(parts) < 2:
	case n.Kind == SeatFree && len(parts) > 2:
		at, known, err = db.One(ctx, q, fields, "SELECT n, 1 FROM community_event_seat WHERE event = $1 AND raised = $2 AND person = $3 ORDER BY n"+db.Limit(1), n.Thread, parts[1], strings.Join(parts[2:], ":"))
	case n.Kind == ChangedEvent || n.Kind == OffEvent:
		at, known, err = db.One(ctx, q, fields, "SELECT n, alone FROM community_event_change WHERE activity = $1", parts[1])
	case len(parts) > 2:
		for i := range list {
			if fmt.Sprint(list[i].StartsAt.UnixMicro()) == parts[2] {
				at, known = which{i, true}, true
			}
		}
	}
	if err != nil {
		return e, false, false, fmt.Errorf("read which date of an event a notice is about: %w", err)
	}
	if known && at.n >= 0 && at.n < len(list) {
		return list[at.n], !at.only && at.n+1 < len(list), true, nil
	}
	e, found = next(list, s.Now())
	return e, false, found, nil
}
