package community

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Level is how much somebody wants to hear of a community, a space or a thread.
type Level string

// The levels. What is nearest counts: a thread's before its space's, that before its community's; Mine where nothing was said.
const (
	Everything Level = "all"
	Mine       Level = "mine" // answers to what they said, mentions, threads they follow
	Silence    Level = "none"
)

// Levels lists them.
func Levels() []Level { return []Level{Everything, Mine, Silence} }

func atCommunity(id string) string { return "community:" + id }
func atSpace(id string) string     { return "space:" + id }
func atThread(id string) string    { return "thread:" + id }

// Rhythm is how often somebody wants a mail with what matters to them.
type Rhythm string

// The rhythms.
const (
	Never  Rhythm = "none"
	Daily  Rhythm = "daily"
	Weekly Rhythm = "weekly"
)

// Rhythms lists them.
func Rhythms() []Rhythm { return []Rhythm{Never, Daily, Weekly} }

// Wish is what somebody wants to hear of a community, and how.
type Wish struct {
	Level  Level
	Spaces map[string]Level // by id; "" where the community's counts
	Mail   bool             // each notice by mail
	Digest Rhythm
}

// Wishes gives what whoever acts wants to hear of a community.
func (s *Service) Wishes(ctx context.Context, o Sight, community string) (Wish, error) {
	m, err := signedIn(ctx)
	if err != nil {
		return Wish{}, err
	}
	w := Wish{Level: Mine, Spaces: map[string]Level{}, Mail: true, Digest: Never}
	places := map[string]string{}
	ids := []string{atCommunity(community)}
	for _, sp := range o.Spaces(community) {
		places[atSpace(sp.ID)] = sp.ID
		ids = append(ids, atSpace(sp.ID))
	}
	q := s.db.Read()
	rows, err := levelsAt(ctx, q, ids, m.ID)
	if err != nil {
		return w, err
	}
	for _, r := range rows {
		if sp := places[r.place]; sp != "" {
			w.Spaces[sp] = r.level
		} else {
			w.Level = r.level
		}
	}
	wish, err := wishOf(ctx, q, m.ID, community)
	w.Mail, w.Digest = wish.Mail, wish.Digest
	return w, err
}

func wishOf(ctx context.Context, q db.Q, member, community string) (Wish, error) {
	w, found, err := db.One(ctx, q, func(w *Wish) []any { return []any{db.Bool(&w.Mail), (*string)(&w.Digest)} },
		"SELECT mail, digest FROM community_wish WHERE member = $1 AND community = $2", member, community)
	if err != nil {
		return w, fmt.Errorf("read what somebody wants by mail: %w", err)
	}
	if !found {
		w = Wish{Mail: true, Digest: Never}
	}
	return w, nil
}

type levelAt struct {
	member, place string
	level         Level
}

// levelsAt reads what was said of places, by one member or, with member "", by all.
func levelsAt(ctx context.Context, q db.Q, places []string, member string) ([]levelAt, error) {
	var w db.Where
	w.And("place IN " + db.Among(q, w.Arg(db.Texts(places))))
	if member != "" {
		w.And("member = ?", member)
	}
	list, err := db.All(ctx, q, func(l *levelAt) []any { return []any{&l.member, &l.place, (*string)(&l.level)} }, "SELECT member, place, level FROM community_level "+w.String(), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("read what people want to hear: %w", err)
	}
	return list, nil
}

// wants is what people want to hear of a thread.
type wants struct {
	places  []string // the nearest first
	said    map[string]map[string]Level
	follows map[string]bool
}

// wantsOf reads what people, or with member "" all, want to hear of a thread of a space.
func wantsOf(ctx context.Context, q db.Q, thread, space, community, member string) (wants, error) {
	w := wants{[]string{atThread(thread), atSpace(space), atCommunity(community)}, map[string]map[string]Level{}, map[string]bool{}}
	list, err := levelsAt(ctx, q, w.places, member)
	if err != nil {
		return w, err
	}
	for _, l := range list {
		if w.said[l.member] == nil {
			w.said[l.member] = map[string]Level{}
		}
		w.said[l.member][l.place] = l.level
	}
	var where db.Where
	where.And("thread = ?", thread)
	if member != "" {
		where.And("member = ?", member)
	}
	followers, err := db.All(ctx, q, db.Self[string], "SELECT member FROM community_follow "+where.String()+" ORDER BY member", where.Args...)
	if err != nil {
		return w, fmt.Errorf("find who follows a thread: %w", err)
	}
	for _, m := range followers {
		w.follows[m] = true
	}
	return w, nil
}

// of is the level that counts: the thread's, everything for who follows it, the space's, the community's.
func (w wants) of(member string) Level {
	for i, place := range w.places {
		if l := w.said[member][place]; l != "" {
			return l
		}
		if i == 0 && w.follows[member] {
			return Everything
		}
	}
	return Mine
}

// levelSQL is the same in SQL for threads t, of a member; "" where nothing was said of the thread and its space. What was said of the whole community is
// about notices.
const levelSQL = `COALESCE((SELECT l.level FROM community_level l WHERE l.member = ? AND l.place = 'thread:' || t.id), (SELECT 'all' FROM community_follow f WHERE f.member = ? AND f.thread = t.id),
	(SELECT l.level FROM community_level l WHERE l.member = ? AND l.place = 'space:' || t.space), '')`

func setLevel(ctx context.Context, q db.Q, member, place string, l Level, now time.Time) error {
	statement, args := "DELETE FROM community_level WHERE member = $1 AND place = $2", []any{member, place}
	if l != "" {
		statement = `INSERT INTO community_level (member, place, level, at) VALUES ($1, $2, $3, $4) ON CONFLICT (member, place) DO UPDATE SET level = excluded.level, at = excluded.at`
		args = append(args, string(l), db.T(now))
	}
	if _, err := db.Exec(ctx, q, statement, args...); err != nil {
		return fmt.Errorf("keep what somebody wants to hear: %w", err)
	}
	return nil
}

func (l Level) known() bool { return l == Everything || l == Mine || l == Silence }

// SetWishes keeps what whoever acts wants to hear of a community. Spaces that they do not know are left alone.
func (s *Service) SetWishes(ctx context.Context, o Sight, community string, w Wish) error {
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	if !w.Level.known() || w.Digest != Never && w.Digest != Daily && w.Digest != Weekly {
		return problem.New(problem.Invalid, "problem.bad_form")
	}
	now := s.Now()
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := setLevel(ctx, q, m.ID, atCommunity(community), w.Level, now); err != nil {
			return err
		}
		for _, sp := range o.Spaces(community) {
			l := w.Spaces[sp.ID]
			if l != "" && !l.known() {
				return problem.New(problem.Invalid, "problem.bad_form")
			}
			if err := setLevel(ctx, q, m.ID, atSpace(sp.ID), l, now); err != nil {
				return err
			}
		}
		return s.setWish(ctx, q, m, community, w)
	})
}

func (s *Service) setWish(ctx context.Context, q db.Q, m *org.Member, community string, w Wish) error {
	var due any
	if w.Digest != Never {
		due = db.T(morning(s.Now(), m.Location(), w.Digest))
	}
	if _, err := db.Exec(ctx, q, `INSERT INTO community_wish (member, community, mail, digest, digest_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (member, community) DO UPDATE SET mail = excluded.mail, digest = excluded.digest, digest_at = excluded.digest_at`,
		m.ID, community, db.B(w.Mail), string(w.Digest), due); err != nil {
		return fmt.Errorf("keep what somebody wants by mail: %w", err)
	}
	return nil
}

// LevelOf is what whoever acts wants to hear of a thread of a community.
func (s *Service) LevelOf(ctx context.Context, community string, t *Thread) (Level, error) {
	m := org.Who(ctx)
	if m == nil {
		return Mine, nil
	}
	w, err := wantsOf(ctx, s.db.Read(), t.ID, t.Space, community, m.ID)
	return w.of(m.ID), err
}

// SetLevelOf keeps what whoever acts wants to hear of a thread: everything is following it.
func (s *Service) SetLevelOf(ctx context.Context, community, thread string, l Level) error {
	if !l.known() {
		return problem.New(problem.Invalid, "problem.bad_form")
	}
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	if err := s.Follow(ctx, community, thread, l == Everything); err != nil {
		return err
	}
	if l == Everything {
		l = ""
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error { return setLevel(ctx, q, m.ID, atThread(thread), l, s.Now()) })
}
