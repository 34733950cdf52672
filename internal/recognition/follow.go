package recognition

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/recognition/merit"
	"github.com/entente/entente/internal/sorting"
)

// Follower derives what people are recognised for. It reads who said what from what the community's follower derived of the same batch.
func Follower() ledger.Follower {
	return ledger.Follower{Name: "recognition", Version: 5, Apply: derive, Tables: []string{"recognition_merit", "recognition_month", "recognition_standing", "recognition_thanks"}}
}

// stand is somebody in a month whose points are to be counted anew.
type stand struct{ channel, person, month string }

// derive keeps what each fact gives, and counts anew, at the end of the batch, the months that it touched: so it does not matter how the ledger is
// cut, and points never depend on the order of facts.
func derive(ctx context.Context, q db.Q, list []ledger.Activity) error {
	stale := map[stand]bool{}
	for i := range list {
		if err := deriveOne(ctx, q, &list[i], stale); err != nil {
			return err
		}
	}
	if err := deriveNamesakes(ctx, q, list, stale); err != nil {
		return err
	}
	all := make([]stand, 0, len(stale))
	for s := range stale {
		all = append(all, s)
	}
	sorting.Func(all, func(a, b stand) int {
		return cmp.Or(cmp.Compare(a.channel, b.channel), cmp.Compare(a.person, b.person), cmp.Compare(a.month, b.month))
	})
	type period struct{ channel, month string }
	rules := map[period]merit.Rules{}
	for i, s := range all {
		r, known := rules[period{s.channel, s.month}]
		if !known {
			var err error
			if r, err = rulesOf(ctx, q, s.channel, s.month); err != nil {
				return err
			}
			rules[period{s.channel, s.month}] = r
		}
		if err := countMonth(ctx, q, r, s); err != nil {
			return err
		}
		if i+1 == len(all) || all[i+1].channel != s.channel || all[i+1].person != s.person {
			if err := countAll(ctx, q, s); err != nil {
				return err
			}
		}
	}
	return nil
}

// deriveNamesakes notes whose points change since addresses are known to be of one person: one person is whoever gives and gets under any of them.
func deriveNamesakes(ctx context.Context, q db.Q, list []ledger.Activity, stale map[stand]bool) error {
	regrouped, err := people.Regrouped(ctx, q, list)
	if err != nil {
		return err
	}
	if len(regrouped) > 0 {
		if err := spoil(ctx, q, stale, "(giver IN "+db.Among(q, "$1")+" OR person IN "+db.Among(q, "$1")+")", db.Texts(regrouped)); err != nil {
			return err
		}
	}
	if len(stale) == 0 {
		return nil
	}
	seen := map[string]bool{}
	for s := range stale {
		seen[s.person] = true
	}
	type pair struct{ of, other string }
	others, err := db.All(ctx, q, func(p *pair) []any { return []any{&p.of, &p.other} },
		"SELECT i.uri, j.uri FROM identity i JOIN identity j ON j.person = i.person AND j.uri <> i.uri WHERE i.person <> '' AND i.uri IN "+db.Among(q, "$1"), db.Texts(slices.Sorted(maps.Keys(seen))))
	if err != nil {
		return fmt.Errorf("find the other addresses of somebody: %w", err)
	}
	of := map[string][]string{}
	for _, p := range others {
		of[p.of] = append(of[p.of], p.other)
	}
	var more []stand
	for s := range stale {
		for _, other := range of[s.person] {
			more = append(more, stand{s.channel, other, s.month})
		}
	}
	for _, s := range more {
		stale[s] = true
	}
	return nil
}

// given is one merit as a fact gives it.
type given struct {
	slot, kind, person, post, about string
	office                          bool // decided for the community
	by                              int  // added to its value
	to                              int  // or what its value is from now on
	sets                            bool // to counts
}

func deriveOne(ctx context.Context, q db.Q, a *ledger.Activity, stale map[stand]bool) error {
	switch a.Kind {
	case ledger.VoteCast:
		var v ledger.Vote
		if err := a.Decode(&v); err != nil {
			return err
		}
		author, err := authorOf(ctx, q, a.Object, " AND NOT EXISTS (SELECT 1 FROM community_idea i WHERE i.id = p.id)") // votes on ideas say that it is wanted, not that somebody did well
		if err != nil || author == "" {
			return err
		}
		return give(ctx, q, a, stale, given{slot: "vote:" + a.Object + ":" + a.Actor, kind: merit.Useful, person: author, post: a.Object, about: a.Object, by: v.Value})
	case ledger.ReactionSet:
		var r ledger.Reaction
		if err := a.Decode(&r); err != nil {
			return err
		}
		if r.Reaction != "thanks" {
			return nil
		}
		author, err := authorOf(ctx, q, a.Object, "")
		if err != nil || author == "" {
			return err
		}
		return give(ctx, q, a, stale, given{slot: "thanks:" + a.Object + ":" + a.Actor, kind: merit.Thanked, person: author, post: a.Object, about: a.Object, to: one(r.On), sets: true})
	case ledger.AnswerPicked:
		return derivePicked(ctx, q, a, stale)
	case ledger.ArticleHelped:
		var h ledger.Helped
		if err := a.Decode(&h); err != nil {
			return err
		}
		if !strings.HasPrefix(a.Actor, "mailto:") {
			return nil // a visitor may be anybody, any number of times
		}
		author, _, err := db.Value[string](ctx, q, "SELECT author FROM community_article WHERE id = $1 AND channel = $2", a.Object, a.Channel)
		if err != nil || !strings.HasPrefix(author, "mailto:") {
			return err
		}
		return give(ctx, q, a, stale, given{slot: "helped:" + a.Object + ":" + a.Actor, kind: merit.Helped, person: author, about: a.Object, to: one(h.Helped), sets: true})
	case ledger.IdeaJudged:
		var j ledger.Judged
		if err := a.Decode(&j); err != nil {
			return err
		}
		author, err := authorOf(ctx, q, a.Object, "")
		if err != nil || author == "" {
			return err
		}
		return give(ctx, q, a, stale, given{slot: "idea:" + a.Object, kind: merit.Realised, person: author, post: a.Object, about: a.Object, office: true, to: one(j.Status == "done"), sets: true})
	case ledger.MemberThanked:
		var t ledger.Thanks
		if err := a.Decode(&t); err != nil {
			return err
		}
		if t.Back != "" {
			if _, err := db.Exec(ctx, q, "DELETE FROM recognition_thanks WHERE id = $1", t.Back); err != nil {
				return err
			}
			return give(ctx, q, a, stale, given{slot: "said:" + t.Back, kind: merit.Thanked, person: t.To, sets: true})
		}
		if _, err := db.Exec(ctx, q, "INSERT INTO recognition_thanks (id, channel, person, giver, giver_name, words, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
			a.ID, a.Channel, t.To, a.Actor, t.Name, t.Words, db.T(a.At)); err != nil {
			return err
		}
		return give(ctx, q, a, stale, given{slot: "said:" + a.ID, kind: merit.Thanked, person: t.To, to: 1, sets: true})
	case ledger.PostDeleted, ledger.GroupDeleted, ledger.PostHidden, ledger.PostShown:
		return spoil(ctx, q, stale, "post = $1", a.Object)
	case ledger.ThreadTurned: // points are kept by space
		var t ledger.Turned
		if err := a.Decode(&t); err != nil || t.State != "moved" && t.State != "merged" {
			return err
		}
		return spoil(ctx, q, stale, "post IN (SELECT p.id FROM community_post p WHERE p.thread = $1 OR p.thread = $2)", a.Object, t.To)
	case ledger.RecognitionSet:
		return deriveRules(ctx, q, a, stale)
	}
	return nil
}

// spoil notes whose points are to be counted anew, of some merits.
func spoil(ctx context.Context, q db.Q, stale map[stand]bool, where string, args ...any) error {
	rows, err := db.All(ctx, q, standFields, "SELECT DISTINCT channel, person, month FROM recognition_merit WHERE month <> '' AND "+where, args...)
	for _, s := range rows {
		stale[s] = true
	}
	return err
}

// deriveRules notes what counts otherwise by rules that hold from the month on in which they were stated: what was earned in the months before stays as it was.
func deriveRules(ctx context.Context, q db.Q, a *ledger.Activity, stale map[stand]bool) error {
	month := merit.Month(a.At)
	if a.Channel != "" {
		return spoil(ctx, q, stale, "month >= $1 AND channel = $2", month, a.Channel)
	}
	return spoil(ctx, q, stale, "month >= $1", month)
}

// rulesOf are the rules of a community in a month: those stated last in it or before it for the community, else for all. With month "" they are those in force; channel "" is of all.
func rulesOf(ctx context.Context, q db.Q, channel, month string) (merit.Rules, error) {
	r, err := merit.Written()
	if err != nil {
		return r, err
	}
	for _, of := range slices.Compact([]string{channel, ""}) {
		set, found, err := ruleOf(ctx, q, of, month)
		if err != nil {
			return r, err
		}
		if found && !set.General {
			return with(r, set), nil
		}
	}
	return r, nil
}

// stated are the facts that state rules of a community, of those before a time; the last stated first. They are few, and read from the ledger itself: while all is
// derived anew, a table of them would say that there are none yet.
const stated = " FROM activity WHERE object = '" + rulesObject + "' AND object <> id AND kind = '" + ledger.RecognitionSet + "' AND channel = $1 AND at < $2 ORDER BY at DESC, id DESC"

// rulesObject is what facts that state rules are about.
const rulesObject = "recognition"

// ruleOf are the rules stated last for a community itself, or with channel "" for all.
func ruleOf(ctx context.Context, q db.Q, channel, month string) (ledger.MeritRules, bool, error) {
	before := any(int64(math.MaxInt64))
	if at, err := time.Parse("2006-01", month); err == nil {
		before = db.T(at.AddDate(0, 1, 0))
	}
	return db.One(ctx, q, func(s *ledger.MeritRules) []any { return []any{db.JSON(s)} }, "SELECT data"+stated+db.Limit(1), channel, before)
}

// with are rules as owners changed them.
func with(r merit.Rules, set ledger.MeritRules) merit.Rules {
	r.Merits = slices.Clone(r.Merits)
	for i := range r.Merits {
		r.Merits[i].Points = set.Points[r.Merits[i].Kind]
	}
	r.Caps = merit.Caps{Day: set.Day, Pair: set.Pair, Returned: set.Returned, Mutual: set.Mutual}
	r.Levels = set.Levels
	r.Badges = slices.Clone(r.Badges)
	for _, to := range set.Badges {
		b := merit.Badge(to)
		if i := slices.IndexFunc(r.Badges, func(x merit.Badge) bool { return x.ID == b.ID }); i >= 0 {
			r.Badges[i] = b
		} else if b.Own() {
			r.Badges = append(r.Badges, b)
		}
	}
	return r
}

func one(on bool) int { return int(db.B(on)) }

func standFields(s *stand) []any { return []any{&s.channel, &s.person, &s.month} }

// authorOf is who said a post of a community, "" for nobody who can be recognised. What is said in closed groups counts nowhere: from points others would
// learn of it.
func authorOf(ctx context.Context, q db.Q, post, more string) (string, error) {
	author, _, err := db.Value[string](ctx, q, "SELECT p.author FROM community_post p JOIN activity a ON a.id = p.id WHERE p.id = $1 AND a.kind = 'post.said'"+more, post)
	if err != nil {
		return "", fmt.Errorf("find who said a post: %w", err)
	}
	if !strings.HasPrefix(author, "mailto:") {
		return "", nil
	}
	return author, nil
}

// derivePicked gives an accepted answer its due, and takes that of the one accepted before.
func derivePicked(ctx context.Context, q db.Q, a *ledger.Activity, stale map[stand]bool) error {
	var p ledger.Picked
	if err := a.Decode(&p); err != nil {
		return err
	}
	slot := "accepted:" + a.Object
	type before struct {
		stand
		giver string
	}
	was, found, err := db.One(ctx, q, func(b *before) []any { return append(standFields(&b.stand), &b.giver) }, "SELECT channel, person, month, giver FROM recognition_merit WHERE slot = $1", slot)
	if err != nil {
		return err
	}
	if found {
		touch(stale, was.channel, was.person, was.giver, was.month)
		if _, err := db.Exec(ctx, q, "DELETE FROM recognition_merit WHERE slot = $1", slot); err != nil {
			return err
		}
	}
	if p.Answer == "" {
		return nil
	}
	type row struct{ id, author string }
	r, found, err := db.One(ctx, q, func(r *row) []any { return []any{&r.id, &r.author} }, `SELECT p.id, p.author FROM community_post p JOIN activity a ON a.id = p.id
		WHERE p.channel = $1 AND p.external_id = $2 AND a.kind = 'post.said'`, a.Channel, p.Answer)
	if err != nil || !found || !strings.HasPrefix(r.author, "mailto:") {
		return err
	}
	return give(ctx, q, a, stale, given{slot: slot, kind: merit.Accepted, person: r.author, post: r.id, about: r.id, office: p.Office, to: 1, sets: true})
}

// give keeps one merit. It counts in the month in which it came to be above nothing.
func give(ctx context.Context, q db.Q, a *ledger.Activity, stale map[stand]bool, g given) error {
	type row struct {
		value int
		at    time.Time
		month string
	}
	was, found, err := db.One(ctx, q, func(r *row) []any { return []any{&r.value, db.At(&r.at), &r.month} }, "SELECT value, at, month FROM recognition_merit WHERE slot = $1", g.slot)
	if err != nil {
		return fmt.Errorf("read a merit: %w", err)
	}
	now := row{value: was.value + g.by, at: was.at, month: was.month}
	if g.sets {
		now.value = g.to
	}
	if !found || now.value > 0 && was.value <= 0 {
		now.at, now.month = a.At, merit.Month(a.At)
	}
	if !found && now.value <= 0 && g.sets {
		return nil
	}
	if _, err := db.Exec(ctx, q, `INSERT INTO recognition_merit (slot, channel, person, kind, post, about, giver, value, at, month, office) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (slot) DO UPDATE SET value = excluded.value, at = excluded.at, month = excluded.month, giver = excluded.giver`, g.slot, a.Channel, g.person, g.kind, g.post, g.about, a.Actor,
		now.value, db.T(now.at), now.month, db.B(g.office)); err != nil {
		return fmt.Errorf("keep a merit: %w", err)
	}
	for _, month := range []string{was.month, now.month} {
		touch(stale, a.Channel, g.person, a.Actor, month)
	}
	if g.about == "" {
		return nil
	}
	// Of what the same person gave under another address the first counts, in whatever month that was.
	return spoil(ctx, q, stale, "channel = $1 AND person = $2 AND about = $3 AND giver IN (SELECT j.uri FROM identity i JOIN identity j ON j.person = i.person AND j.uri <> i.uri WHERE i.uri = $4 AND i.person <> '')",
		a.Channel, g.person, g.about, a.Actor)
}

// touch notes whose points a merit of a month changes: of who got it, and of who gave it, for what one gives changes what counts of what one gets back.
func touch(stale map[stand]bool, channel, person, giver, month string) {
	if month == "" {
		return
	}
	stale[stand{channel, person, month}] = true
	for _, m := range merit.Around(month) {
		stale[stand{channel, giver, m}] = true
	}
}

// merits are the merits that count, each with the space of what it was given for. What one person gave for one thing under two addresses is one, the first.
const merits = ` FROM recognition_merit m LEFT JOIN identity g ON g.uri = m.giver LEFT JOIN community_post p ON p.id = m.post AND m.post <> '' LEFT JOIN community_thread t ON t.id = p.thread
	LEFT JOIN community_article e ON e.id = m.about AND m.kind = 'helped' WHERE m.value > 0 AND (m.post = '' OR p.id IS NOT NULL AND p.deleted_at IS NULL)
	AND NOT EXISTS (SELECT 1 FROM identity n JOIN recognition_merit o ON o.channel = m.channel AND o.giver = n.uri WHERE n.person = g.person AND g.person <> '' AND n.uri <> m.giver
		AND o.person = m.person AND o.kind = m.kind AND o.about = m.about AND m.about <> '' AND o.value > 0 AND (o.at < m.at OR o.at = m.at AND o.slot < m.slot))`

// giverKey is who gave a merit: a person, or an address of whom nobody knows whose it is.
const giverKey = "COALESCE(NULLIF(g.person, ''), m.giver)"

const meritColumns = "m.slot, m.kind, " + giverKey + ", m.office, m.about, COALESCE(t.space, e.space, ''), m.at"

// keyOf is somebody as merits name givers.
func keyOf(ctx context.Context, q db.Q, identity string) (string, error) {
	person, _, err := db.Value[string](ctx, q, "SELECT person FROM identity WHERE uri = $1", identity)
	return cmp.Or(person, identity), err
}

func rowFields(r *merit.Row) []any {
	return []any{&r.Slot, &r.Kind, &r.Giver, &r.Office, &r.On, &r.Space, db.At(&r.At)}
}

// countMonth counts what somebody earned in a month.
func countMonth(ctx context.Context, q db.Q, rules merit.Rules, s stand) error {
	rows, err := db.All(ctx, q, rowFields, "SELECT "+meritColumns+merits+" AND m.channel = $1 AND m.person = $2 AND m.month = $3", s.channel, s.person, s.month)
	if err != nil {
		return fmt.Errorf("read what somebody earned: %w", err)
	}
	me, err := keyOf(ctx, q, s.person)
	if err != nil {
		return fmt.Errorf("find whose an address is: %w", err)
	}
	back := map[string]merit.Returns{}
	if len(rows) > 0 {
		light := map[string]bool{}
		for _, r := range rules.Merits {
			light[r.Kind] = r.Light
		}
		type gift struct{ person, kind string }
		gave, err := db.All(ctx, q, func(g *gift) []any { return []any{&g.person, &g.kind} }, "SELECT DISTINCT COALESCE(NULLIF(g.person, ''), m.person), m.kind FROM recognition_merit m LEFT JOIN identity g ON g.uri = m.person WHERE m.channel = $1 AND m.giver IN (SELECT $2 UNION SELECT uri FROM identity WHERE person = $4) AND m.office = 0 AND m.value > 0 AND m.month IN "+
			db.Among(q, "$3"), s.channel, s.person, db.Texts(merit.Around(s.month)), me)
		if err != nil {
			return fmt.Errorf("read what somebody gave: %w", err)
		}
		for _, g := range gave {
			r := back[g.person]
			r.Click, r.Accepted = r.Click || light[g.kind], r.Accepted || g.kind == merit.Accepted
			back[g.person] = r
		}
	}
	if _, err := db.Exec(ctx, q, "DELETE FROM recognition_month WHERE channel = $1 AND person = $2 AND month = $3", s.channel, s.person, s.month); err != nil {
		return err
	}
	var list [][]any
	for space, points := range rules.Points(me, rows, back) {
		list = append(list, []any{s.channel, s.person, s.month, space, points})
	}
	return db.Insert(ctx, q, "recognition_month (channel, person, month, space, points)", list, "")
}

// countAll adds up the months of somebody.
func countAll(ctx context.Context, q db.Q, s stand) error {
	if _, err := db.Exec(ctx, q, "DELETE FROM recognition_standing WHERE channel = $1 AND person = $2", s.channel, s.person); err != nil {
		return err
	}
	_, err := db.Exec(ctx, q, `INSERT INTO recognition_standing (channel, person, space, points) SELECT channel, person, space, SUM(points) FROM recognition_month
		WHERE channel = $1 AND person = $2 GROUP BY channel, person, space`, s.channel, s.person)
	return err
}
