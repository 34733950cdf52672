// Package recognition decides how those are recognised who do well in a community: what others accepted, found useful or thanked for comes in by the
// ledger, points by open rules, levels and badges go out. Nothing is earned by volume, and nobody is ranked.
package recognition

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/recognition/merit"
)

// Service tells how people are recognised. It is safe for concurrent use.
type Service struct {
	db     *db.DB
	ledger *ledger.Ledger
	places *community.Service
	clock  func() time.Time

	marks db.Kept[map[string]Mark]
	rules db.Kept[merit.Rules]
}

// New makes the service.
func New(d *db.DB, l *ledger.Ledger, c *community.Service, clock func() time.Time) *Service {
	return &Service{db: d, ledger: l, places: c, clock: clock}
}

// Mark is how somebody is recognised, as it stands beside what they say.
type Mark struct {
	Handle        string
	Points, Level int
}

// Marks are how some people are recognised in a community, by identity, for what whoever the sight is of may read; who has no points is left out. They are asked
// for authors of what the reader reads.
func (s *Service) Marks(ctx context.Context, o community.Sight, c community.Community, people []string) (map[string]Mark, error) {
	if len(people) == 0 {
		return nil, nil
	}
	rules, err := s.Rules(ctx, c.Channel)
	if err != nil {
		return nil, err
	}
	spaces := append([]string{""}, o.Readable(c.ID)...)
	return s.marks.Read(ctx, s.db, c.Channel+"\x00"+strings.Join(people, " ")+"\x00"+strings.Join(spaces, " "), func(ctx context.Context) (map[string]Mark, error) {
		type row struct {
			person string
			Mark
		}
		q := s.db.Read()
		list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.person, &r.Handle, &r.Points} }, `SELECT s.person, v.handle, SUM(s.points) FROM recognition_standing s
			JOIN community_voice v ON v.channel = s.channel AND v.author = s.person WHERE s.channel = $1 AND s.person IN `+db.Among(q, "$2")+" AND s.space IN "+db.Among(q, "$3")+
			" GROUP BY s.person, v.handle", c.Channel, db.Texts(people), db.Texts(spaces))
		if err != nil {
			return nil, fmt.Errorf("read how people are recognised: %w", err)
		}
		out := make(map[string]Mark, len(list))
		for _, r := range list {
			r.Level, _ = rules.Level(r.Points)
			out[r.person] = r.Mark
		}
		return out, nil
	})
}

// Person is somebody of a community, as they are recognised there.
type Person struct {
	Handle, Name string
	Points       int
	Badges       []string
	Kinds        map[string]int // how often each kind of merit was given to them
	Thanks       []Thanks       // in words, the newest first
	Mine         bool           // it is whoever asks
	Rules        merit.Rules    // those in force

	identity string
}

// Thanks is what somebody was thanked for in words.
type Thanks struct {
	ID    string
	By    string
	Back  bool // whoever asks may take it back
	Words string
	At    time.Time

	giver string
}

// mostThanks is how many thanks a page shows, maxThanks how long they may be, thanksADay how many somebody may say a day.
const (
	mostThanks = 20
	maxThanks  = 300
	thanksADay = 10
)

// Find finds somebody by their handle: who has said something where whoever the sight is of reads, and nobody else is revealed. handle "" is
// whoever asks.
func (s *Service) Find(ctx context.Context, o community.Sight, c community.Community, handle string) (Person, error) {
	q := s.db.Read()
	var w db.Where
	w.And("v.channel = " + w.Arg(c.Channel))
	me := ""
	if m := org.Who(ctx); m != nil {
		me = "mailto:" + m.Email
	}
	if handle == "" {
		w.And("v.author = ?", me)
	} else {
		w.And("v.handle = ?", handle)
		w.And("EXISTS (SELECT 1 FROM community_post p JOIN community_thread t ON t.id = p.thread WHERE p.author = v.author AND p.deleted_at IS NULL AND t.space IN " + db.Among(q, w.Arg(db.Texts(o.Readable(c.ID)))) + ")")
	}
	p, found, err := db.One(ctx, q, func(p *Person) []any { return []any{&p.Handle, &p.Name, &p.identity} }, "SELECT v.handle, v.name, v.author FROM community_voice v "+w.String(), w.Args...)
	if err != nil {
		return p, fmt.Errorf("find somebody: %w", err)
	}
	if !found {
		return p, problem.New(problem.Missing, "problem.not_found")
	}
	p.Mine, p.Kinds = p.identity == me, map[string]int{}
	if p.Rules, err = s.Rules(ctx, c.Channel); err != nil {
		return p, err
	}
	key, err := keyOf(ctx, q, p.identity)
	if err != nil {
		return p, fmt.Errorf("find whose an address is: %w", err)
	}
	spaces := db.Texts(append([]string{""}, o.Readable(c.ID)...))
	if p.Points, _, err = db.Value[int](ctx, q, "SELECT COALESCE(SUM(points), 0) FROM recognition_standing WHERE channel = $1 AND person = $2 AND space IN "+db.Among(q, "$3"), c.Channel, p.identity, spaces); err != nil {
		return p, fmt.Errorf("count the points of somebody: %w", err)
	}
	rows, err := db.All(ctx, q, rowFields, "SELECT "+meritColumns+merits+" AND m.channel = $1 AND m.person = $2 AND "+giverKey+" <> $4 AND COALESCE(t.space, e.space, '') IN "+db.Among(q, "$3"),
		c.Channel, p.identity, spaces, key)
	if err != nil {
		return p, fmt.Errorf("read what somebody was recognised for: %w", err)
	}
	for _, r := range rows {
		p.Kinds[r.Kind]++
	}
	p.Badges = p.Rules.Earned(key, rows)
	if p.Thanks, err = db.All(ctx, q, func(t *Thanks) []any { return []any{&t.ID, &t.By, &t.Words, db.At(&t.At), &t.giver} },
		"SELECT id, giver_name, words, at, giver FROM recognition_thanks WHERE channel = $1 AND person = $2 ORDER BY at DESC, id DESC"+db.Limit(mostThanks), c.Channel, p.identity); err != nil {
		return p, fmt.Errorf("read thanks: %w", err)
	}
	for i := range p.Thanks {
		p.Thanks[i].Back = me != "" && (p.Mine || p.Thanks[i].giver == me || org.Require(ctx, org.CommunityModerate) == nil)
	}
	return p, nil
}

// HandleOf is the handle of an identity in a community, "" for who has not spoken there.
func (s *Service) HandleOf(ctx context.Context, channel, identity string) (string, error) {
	h, _, err := db.Value[string](ctx, s.db.Read(), "SELECT handle FROM community_voice WHERE channel = $1 AND author = $2", channel, identity)
	return h, err
}

// Thank thanks somebody in words that all who see them may read. Who takes part in the community may.
func (s *Service) Thank(ctx context.Context, place, handle, words, token string) error {
	m := org.Who(ctx)
	if m == nil {
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.places.Sees(ctx, nil)
	if err != nil {
		return err
	}
	c, seen := o.ByID(place)
	if !seen || handle == "" {
		return problem.New(problem.Missing, "problem.not_found")
	}
	to, err := s.Find(ctx, o, c, handle)
	if err != nil {
		return err
	}
	words = community.TextOf(words)
	switch {
	case !o.TakesPart(c.ID):
		return problem.New(problem.Forbidden, "community.post.join_first")
	case to.Mine:
		return problem.New(problem.Invalid, "recognition.own_thanks").On("words")
	case words == "":
		return problem.New(problem.Invalid, "problem.required").On("words")
	case utf8.RuneCountInString(words) > maxThanks:
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxThanks).On("words")
	case len(token) > 100 || token == "":
		return problem.New(problem.Invalid, "problem.bad_form")
	}
	if err := s.places.MaySay(ctx, c, m, words); err != nil {
		return err
	}
	now := s.now()
	actor := "mailto:" + m.Email
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM recognition_thanks WHERE giver = $1 AND at > $2", actor, db.T(now.Add(-24*time.Hour)))
	if err != nil {
		return fmt.Errorf("count thanks: %w", err)
	}
	if n >= thanksADay {
		return problem.New(problem.Busy, "recognition.many_thanks", "Max", thanksADay)
	}
	a := ledger.Activity{ID: id.From(m.ID, "thanks:"+token), Kind: ledger.MemberThanked, Actor: actor, Channel: c.Channel, At: now, Data: ledger.Data(ledger.Thanks{To: to.identity, Name: m.Name, Words: words})}
	a.Object, a.Key = a.ID, "thanks:"+a.ID
	if _, err := s.ledger.State(ctx, a); err != nil {
		return fmt.Errorf("state thanks: %w", err)
	}
	return nil
}

// TakeBack takes thanks back: who said them may, whom they are for, and who looks after communities.
func (s *Service) TakeBack(ctx context.Context, community, handle, thanks string) error {
	m := org.Who(ctx)
	if m == nil {
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.places.Sees(ctx, nil)
	if err != nil {
		return err
	}
	c, _ := o.ByID(community)
	to, err := s.Find(ctx, o, c, handle)
	if err != nil {
		return err
	}
	for _, t := range to.Thanks {
		if t.ID != thanks {
			continue
		}
		if !t.Back {
			return problem.New(problem.Forbidden, "problem.forbidden")
		}
		_, err := s.ledger.State(ctx, ledger.Activity{Kind: ledger.MemberThanked, Actor: t.giver, Object: t.ID, Channel: c.Channel, At: s.now(), Key: "thanks_back:" + t.ID,
			Data: ledger.Data(ledger.Thanks{To: to.identity, Back: t.ID})})
		return err
	}
	return problem.New(problem.Missing, "problem.not_found")
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
