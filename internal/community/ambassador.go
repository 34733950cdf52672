package community

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/community/similar"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// How often people are asked to help: few are asked for a thread, and nobody often.
const (
	MostAsked      = 2 // times in AskedWithin, of one person
	AskedWithin    = 30 * 24 * time.Hour
	mostForThread  = 3
	ambassadorSees = 365 * 24 * time.Hour // how old an accepted answer may be to count
	lowRating      = 180 * 24 * time.Hour // how long somebody who was not content is left in peace
	mostCandidates = 8

	MostAsks  = 3 // people whom one member asks in a day
	mostOfUs  = 3 // times in a day that members ask one of the team
	answering = 200
)

// Ambassador is a member of a community who may be asked to help in a thread, and why.
type Ambassador struct {
	Member   *org.Member
	Accepted int      // answers in a year
	Alike    []string // titles of threads like this one that they solved
	Tagged   int      // useful answers of theirs to questions with a tag of this one
	Asked    int      // times within the last 30 days
}

// Willing reports whether whoever acts may be asked to help; said is false when they never said.
func (s *Service) Willing(ctx context.Context) (willing, said bool, err error) {
	m, err := signedIn(ctx)
	if err != nil {
		return false, false, err
	}
	n, said, err := db.Value[int](ctx, s.db.Read(), "SELECT willing FROM community_ambassador WHERE member = $1", m.ID)
	return n == 1, said, err
}

// SetWilling keeps whether whoever acts may be asked to help.
func (s *Service) SetWilling(ctx context.Context, willing bool) error {
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		var err error
		stated, err = s.willing(ctx, q, m.ID, m.Email, willing)
		return err
	})
	if err != nil {
		return err
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}

// willing keeps whether a member may be asked to help, and states it as what they say of all their addresses, so that it is seen where they are known.
func (s *Service) willing(ctx context.Context, q db.Q, member, email string, willing bool) ([]ledger.Activity, error) {
	now, self := s.Now(), "mailto:"+email
	if _, err := db.Exec(ctx, q, "INSERT INTO community_ambassador (member, willing, at) VALUES ($1, $2, $3) ON CONFLICT (member) DO UPDATE SET willing = excluded.willing, at = excluded.at",
		member, db.B(willing), db.T(now)); err != nil {
		return nil, fmt.Errorf("keep who may be asked to help: %w", err)
	}
	all, err := people.Addresses(ctx, q, self)
	if err != nil {
		return nil, err
	}
	return s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: ledger.PersonConsented, Actor: self, At: now, Data: ledger.Data(ledger.Consent{Purpose: people.ToHelp, Given: willing, Identities: all})})
}

// Ambassadors lists who may be asked to help in a thread, the likeliest first: members who agreed to it and did not refuse since in another way, whose answers
// were accepted, who are content with us as far as we know, were not asked often, and may read the thread.
func (s *Service) Ambassadors(ctx context.Context, t *Thread) ([]Ambassador, error) {
	if err := org.Require(ctx, org.InboxEdit); err != nil {
		return nil, err
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return nil, err
	}
	return s.helpers(ctx, o, t, false)
}

// helpers finds who may be asked to help in a thread. With fellow, whoever asks is somebody of the community: then one of the team may be asked who never refused it, and
// only who knows something alike, by threads that o may read, or by a tag, is listed.
func (s *Service) helpers(ctx context.Context, o Sight, t *Thread, fellow bool) ([]Ambassador, error) {
	now, q := s.Now(), s.db.Read()
	type row struct {
		member, email string
		ours          bool
		asked, today  int
	}
	whom := "h.willing = 1 AND m.role = 'member'"
	if fellow {
		whom = "(" + whom + " OR m.role <> 'member' AND COALESCE(h.willing, 1) = 1) AND NOT EXISTS (SELECT 1 FROM community_post p WHERE p.thread = $3 AND p.author = 'mailto:' || m.email)"
	}
	rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.member, &r.email, db.Bool(&r.ours), &r.asked, &r.today} }, `SELECT m.id, m.email, CASE WHEN m.role = 'member' THEN 0 ELSE 1 END,
		(SELECT COUNT(*) FROM community_ambassador_ask a WHERE a.member = m.id AND a.at > $1), (SELECT COUNT(*) FROM community_ambassador_ask a WHERE a.member = m.id AND a.at > $5)
		FROM member m LEFT JOIN community_ambassador h ON h.member = m.id WHERE `+whom+` AND m.state = 'active' AND 'mailto:' || m.email <> $2 AND m.id <> $6
		AND NOT EXISTS (SELECT 1 FROM community_ambassador_ask a WHERE a.member = m.id AND a.thread = $3)
		AND NOT EXISTS (SELECT 1 FROM conversation c WHERE c.author = 'mailto:' || m.email AND c.state = 'open' AND c.private = 1)
		AND NOT EXISTS (SELECT 1 FROM business_fact f WHERE f.kind = 'rating' AND f.person = m.email AND f.at > $4 AND (f.label = 'csat' AND f.quantity <= 2 OR f.label = 'nps' AND f.quantity <= 6))
		ORDER BY m.id`+db.Limit(500), db.T(now.Add(-AskedWithin)), t.Author, t.ID, db.T(now.Add(-lowRating)), db.T(now.Add(-24*time.Hour)), by(ctx))
	if err != nil {
		return nil, fmt.Errorf("find who may help: %w", err)
	}
	type answer struct {
		title    string
		tags     []string
		accepted bool
	}
	var out []Ambassador
	wanted := similar.Of(t.Title)
	for _, r := range rows {
		if r.ours && r.today >= mostOfUs || !r.ours && r.asked >= MostAsked {
			continue
		}
		var w db.Where
		w.And("p.author = ?", "mailto:"+r.email).And("p.deleted_at IS NULL").And("t.deleted_at IS NULL").And("t.channel = ?", t.Channel).And("p.at > ?", db.T(now.Add(-ambassadorSees)))
		if fellow {
			w.And("(p.accepted = 1 OR p.kind = 'answer' AND p.score > 0)")
		} else {
			w.And("p.accepted = 1")
		}
		o.Where(q, &w, "t.space")
		answers, err := db.All(ctx, q, func(a *answer) []any { return []any{&a.title, db.JSON(&a.tags), db.Bool(&a.accepted)} }, "SELECT t.title, t.tags, p.accepted FROM community_post p JOIN community_thread t ON t.id = p.thread "+
			w.String()+" ORDER BY p.at DESC"+db.Limit(answering), w.Args...)
		if err != nil {
			return nil, fmt.Errorf("find who may help: %w", err)
		}
		var a Ambassador
		var titles []string
		var list []similar.Title
		for _, said := range answers {
			if slices.ContainsFunc(said.tags, func(tag string) bool { return slices.Contains(t.Tags, tag) }) {
				a.Tagged++
			}
			if said.accepted {
				titles, list = append(titles, said.title), append(list, similar.Of(said.title))
			}
		}
		if len(titles) == 0 && a.Tagged == 0 {
			continue
		}
		all, err := people.Addresses(ctx, q, "mailto:"+r.email)
		if err != nil {
			return nil, err
		}
		if _, refused, err := people.Agrees(ctx, q, people.ToHelp, "mailto:"+r.email, all); err != nil {
			return nil, err
		} else if refused {
			continue
		}
		m, may, err := s.mayHear(ctx, r.member, t.Space)
		if err != nil {
			return nil, err
		}
		if !may || m == nil {
			continue
		}
		a.Member, a.Accepted, a.Asked = m, len(titles), r.asked
		for _, hit := range similar.Rank(wanted, list, enough) {
			if a.Alike = append(a.Alike, titles[hit.Index]); len(a.Alike) == 2 {
				break
			}
		}
		if fellow && len(a.Alike) == 0 && a.Tagged == 0 {
			continue
		}
		out = append(out, a)
	}
	sorting.Stable(out, func(a, b Ambassador) int {
		return cmp.Or(len(b.Alike)-len(a.Alike), b.Tagged-a.Tagged, b.Accepted-a.Accepted)
	})
	return out[:min(len(out), mostCandidates)], nil
}

// MayAskSomebody reports whether whoever the sight is of may ask people to look at a thread: a question that is open and not solved, where they write.
func (o Sight) MayAskSomebody(t *Thread) bool {
	return o.Member != "" && t.Question() && t.Open() && t.Accepted == "" && o.MayWrite(t.Space)
}

// Askable lists whom whoever acts may ask to look at a question, the likeliest first.
func (s *Service) Askable(ctx context.Context, o Sight, t *Thread) ([]Ambassador, error) {
	if !o.MayAskSomebody(t) {
		return nil, problem.New(problem.Forbidden, "community.ambassador.not_here")
	}
	return s.helpers(ctx, o, t, true)
}

// AskSomebody asks a person to look at a question: one of those whom Askable lists, by a notice. A member asks at most MostAsks people in a day.
func (s *Service) AskSomebody(ctx context.Context, community, thread, member string) error {
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	t, err := s.Thread(ctx, o, community, thread)
	if err != nil {
		return err
	}
	list, err := s.Askable(ctx, o, &t)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(a Ambassador) bool { return a.Member.ID == member })
	if i < 0 {
		return problem.New(problem.Conflict, "community.ambassador.not_now")
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.join(ctx, q, o, community); err != nil {
			return err
		}
		// Held until the end, as below: nobody asks more people than a day has by asking them at once.
		if _, err := db.Exec(ctx, q, "UPDATE community_membership SET at = at WHERE member = $1 AND community = $2 AND space = ''", o.Member, community); err != nil {
			return err
		}
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_ambassador_ask WHERE asked_by = $1 AND at > $2", o.Member, db.T(s.Now().Add(-24*time.Hour)))
		if err != nil {
			return err
		}
		if n >= MostAsks {
			return problem.New(problem.Busy, "community.ambassador.enough", "Most", MostAsks)
		}
		return s.askOne(ctx, q, &list[i], &t, community, o.Member)
	})
}

// mostAskedIn is how many threads with somebody asked are kept in mind, so that pages of all others need not look.
const mostAskedIn = 2000

// AskedIn lists who was asked to help in a thread, the first asked first: their names.
func (s *Service) AskedIn(ctx context.Context, thread string) ([]string, error) {
	known, err := s.asks.Read(ctx, s.db, "", func(ctx context.Context) (map[string]bool, error) {
		list, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT DISTINCT thread FROM community_ambassador_ask"+db.Limit(mostAskedIn+1))
		out := make(map[string]bool, len(list))
		for _, t := range list {
			out[t] = true
		}
		return out, err
	})
	if err != nil {
		return nil, fmt.Errorf("list where somebody was asked: %w", err)
	}
	if len(known) <= mostAskedIn && !known[thread] {
		return nil, nil
	}
	list, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT m.name FROM community_ambassador_ask a JOIN member m ON m.id = a.member WHERE a.thread = $1 ORDER BY a.at, a.id"+db.Limit(20), thread)
	if err != nil {
		return nil, fmt.Errorf("list who was asked: %w", err)
	}
	return list, nil
}

// AskToHelp asks a member to help in a thread, by a notice and, as they wish, by mail. Whoever may not be asked now is not: see Ambassadors.
func (s *Service) AskToHelp(ctx context.Context, community, thread, member string) error {
	t, list, err := s.helpable(ctx, community, thread)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(a Ambassador) bool { return a.Member.ID == member })
	if i < 0 {
		return problem.New(problem.Conflict, "community.ambassador.not_now")
	}
	by := org.Who(ctx)
	if by == nil {
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error { return s.askOne(ctx, q, &list[i], &t, community, by.ID) })
}

// askOne asks one of those who may be asked, within what may be asked of them and for the thread.
func (s *Service) askOne(ctx context.Context, q db.Q, a *Ambassador, t *Thread, community, by string) error {
	member, ours := a.Member.ID, a.Member.Role != org.Plain
	// Held until the end, so that of two who ask at once the second sees what the first did. Of the team, who never said, there is no row to hold; three a day are no promise.
	n, err := db.Exec(ctx, q, "UPDATE community_ambassador SET at = at WHERE member = $1 AND willing = 1", member)
	if err != nil {
		return err
	}
	now, within, most := s.Now(), AskedWithin, MostAsked
	if ours {
		within, most = 24*time.Hour, mostOfUs
	}
	asked, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_ambassador_ask WHERE member = $1 AND at > $2", member, db.T(now.Add(-within)))
	if err != nil {
		return err
	}
	there, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_ambassador_ask WHERE thread = $1", t.ID)
	if err != nil {
		return err
	}
	if n == 0 && !ours || asked >= most || there >= mostForThread {
		return problem.New(problem.Conflict, "community.ambassador.not_now")
	}
	ask := s.newID()
	fresh, err := db.Exec(ctx, q, "INSERT INTO community_ambassador_ask (id, member, community, thread, asked_by, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING", ask, member, community, t.ID, by, db.T(now))
	if err != nil || fresh == 0 {
		return err
	}
	if err := s.tell(ctx, q, a.Member, Notice{ID: s.newID(), Member: member, Community: community, Kind: AskedFor, Thread: t.ID, Post: t.ID, Subject: ask, At: now}); err != nil {
		return err
	}
	return s.org.Audit(ctx, q, "community.ambassador_ask", "thread:"+t.ID, map[string]string{"member": member})
}

func (s *Service) helpable(ctx context.Context, community, thread string) (Thread, []Ambassador, error) {
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return Thread{}, nil, err
	}
	t, err := s.Thread(ctx, o, community, thread)
	if err != nil {
		return t, nil, err
	}
	if !t.Open() {
		return t, nil, problem.New(problem.Conflict, "community.ambassador.not_now")
	}
	list, err := s.Ambassadors(ctx, &t)
	return t, list, err
}

// HelpAsked is somebody asked to help in a thread, and what came of it.
type HelpAsked struct {
	ID, Member, Name, Community, Thread, Title string
	At                                         time.Time
	HelpedAt                                   time.Time // their first word there since; zero for none
	Accepted                                   bool      // what they said solved it
	ThankedAt                                  time.Time

	space string
}

// Path is the thread's page below its community.
func (h *HelpAsked) Path() string { return "/t/" + h.Thread }

// HelpAsked lists who was asked since a moment in threads that whoever asks may read, the newest first; thread is "" for all.
func (s *Service) HelpAsked(ctx context.Context, thread string, since time.Time) ([]HelpAsked, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return nil, err
	}
	if since.IsZero() {
		since = time.Unix(0, 0)
	}
	list, err := db.All(ctx, s.db.Read(), func(h *HelpAsked) []any {
		return []any{&h.ID, &h.Member, &h.Name, &h.Community, &h.Thread, &h.Title, &h.space, db.At(&h.At), db.At(&h.ThankedAt), db.At(&h.HelpedAt), db.Bool(&h.Accepted)}
	}, `SELECT a.id, a.member, COALESCE(m.name, ''), a.community, a.thread, COALESCE(t.title, ''), COALESCE(t.space, ''), a.at, a.thanked_at,
		(SELECT MIN(p.at) FROM community_post p WHERE p.thread = a.thread AND p.author = 'mailto:' || m.email AND p.at >= a.at AND p.deleted_at IS NULL),
		CASE WHEN EXISTS (SELECT 1 FROM community_post p WHERE p.thread = a.thread AND p.author = 'mailto:' || m.email AND p.at >= a.at AND p.accepted = 1) THEN 1 ELSE 0 END
		FROM community_ambassador_ask a LEFT JOIN member m ON m.id = a.member LEFT JOIN community_thread t ON t.id = a.thread
		WHERE a.at >= $1 AND ($2 = '' OR a.thread = $2) ORDER BY a.at DESC, a.id DESC`+db.Limit(200), db.T(since), thread)
	if err != nil {
		return nil, fmt.Errorf("list who was asked to help: %w", err)
	}
	return slices.DeleteFunc(list, func(h HelpAsked) bool { return !o.May(h.space) }), nil
}

// ThankFor thanks somebody who helped after they were asked, once.
func (s *Service) ThankFor(ctx context.Context, ask string) error {
	if err := org.Require(ctx, org.InboxEdit); err != nil {
		return err
	}
	list, err := s.HelpAsked(ctx, "", time.Time{})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(h HelpAsked) bool { return h.ID == ask })
	if i < 0 || list[i].HelpedAt.IsZero() {
		return notFound()
	}
	h := list[i]
	m, err := s.org.Find(ctx, h.Member)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE community_ambassador_ask SET thanked_at = $1 WHERE id = $2 AND thanked_at IS NULL", db.T(s.Now()), ask)
		if err != nil || n == 0 {
			return err
		}
		if err := s.tell(ctx, q, m, Notice{ID: s.newID(), Member: h.Member, Community: h.Community, Kind: Thanked, Thread: h.Thread, Post: h.Thread, Subject: ask, At: s.Now()}); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "community.ambassador_thank", "thread:"+h.Thread, map[string]string{"member": h.Member})
	})
}

// ThreadOf is the community and the thread that a post's thread is, where it is one of a community whoever asks sees.
func (s *Service) ThreadOf(ctx context.Context, root string) (Thread, Community, bool) {
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return Thread{}, Community{}, false
	}
	for _, c := range o.all.Communities {
		if t, err := s.Thread(ctx, o, c.ID, root); err == nil {
			return t, c, true
		}
	}
	return Thread{}, Community{}, false
}

// Why is why somebody is likely to help, as a list of titles.
func (a *Ambassador) Why() string { return strings.Join(a.Alike, " · ") }
