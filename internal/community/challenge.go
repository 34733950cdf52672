package community

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/community/jury"
	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Challenge is a call for ideas with dates, a jury and criteria.
type Challenge struct {
	ID, Channel, Space         string
	Title, Markup, HTML        string
	AuthorName                 string
	StartsAt, EndsAt, JudgedAt time.Time
	Criteria                   []jury.Criterion
	Jury                       []ledger.Address
	At                         time.Time
	Entries                    int

	last string
}

const challengeColumns = `h.id, h.channel, h.space, h.title, h.markup, h.html, h.author_name, h.starts_at, h.ends_at, h.judged_at, h.criteria, h.jury, h.at, h.last,
	(SELECT COUNT(*) FROM community_challenge_entry e JOIN community_thread t ON t.id = e.idea AND t.deleted_at IS NULL WHERE e.challenge = h.id)`

func challengeFields(h *Challenge) []any {
	return []any{&h.ID, &h.Channel, &h.Space, &h.Title, &h.Markup, &h.HTML, &h.AuthorName, db.At(&h.StartsAt), db.At(&h.EndsAt), db.At(&h.JudgedAt), db.JSON(&h.Criteria), db.JSON(&h.Jury),
		db.At(&h.At), &h.last, &h.Entries}
}

// Phase is how far a challenge is.
type Phase string

// The phases of challenges.
const (
	Announced Phase = "announced"
	Entering  Phase = "entering" // ideas are entered
	Judging   Phase = "judging"  // the jury scores what was entered
	Judged    Phase = "judged"   // all see the result, and why
)

// Phase is how far it is at a time.
func (h *Challenge) Phase(now time.Time) Phase {
	switch {
	case now.Before(h.StartsAt):
		return Announced
	case now.Before(h.EndsAt):
		return Entering
	case now.Before(h.JudgedAt):
		return Judging
	}
	return Judged
}

// Sits reports whether a member is of the jury.
func (h *Challenge) Sits(m *org.Member) bool {
	return m != nil && slices.ContainsFunc(h.Jury, func(a ledger.Address) bool { return Wrote(m, a.URI) })
}

// Call is what somebody says to call for ideas. Days are of the reader's calendar, and end with them.
type Call struct {
	Space               string // id
	Title, Body         string
	Starts, Ends, Until string // days: entering from, entering until, judged until
	Criteria            string // one a line, with "x 2" at its end for what counts twice
	Jury                string // handles of those who have spoken in the community, one a line
	Token               string
	Seen                string // of a change: Call.Seen as Recall gave it
}

// Limits of challenges.
const (
	maxCriteria  = 8
	maxJury      = 12
	maxCriterion = 80
)

// Call calls for ideas; who moderates the space may. It returns the id.
func (s *Service) Call(ctx context.Context, in Call, zone *time.Location) (string, error) {
	w, err := s.speaker(ctx, in.Space)
	if err != nil {
		return "", err
	}
	if !w.sight.MayModerate(in.Space) {
		return "", problem.New(problem.Forbidden, "problem.forbidden")
	}
	if !w.space.Takes(Ideas) {
		return "", problem.New(problem.Invalid, "community.thread.not_here").On("space")
	}
	c, err := in.checked(zone)
	if err != nil {
		return "", err
	}
	if !c.EndsAt.After(s.Now()) {
		return "", problem.New(problem.Invalid, "community.event.is_past").On("ends")
	}
	if c.JudgedAt.Sub(s.Now()) > maxAhead {
		return "", problem.New(problem.Invalid, "community.event.far").On("until")
	}
	c.Space, c.AuthorName = in.Space, lineOf(w.member.Name)
	if c.Jury, err = s.checkJury(ctx, w.sight, &w.community, nil, in.Jury); err != nil {
		return "", err
	}
	if len(in.Token) > 100 {
		return "", problem.New(problem.Invalid, "problem.bad_form")
	}
	a := ledger.Activity{ID: s.newID(), Kind: ledger.ChallengeSet, Actor: w.actor(), Channel: w.community.Channel, At: s.Now(), Data: ledger.Data(c)}
	if in.Token != "" {
		a.ID = id.From(w.member.ID, "challenge:"+in.Token)
	}
	a.Object, a.Key = a.ID, "challenge:"+a.ID
	if _, err := s.ledger.State(ctx, a); err != nil {
		return "", fmt.Errorf("state a challenge: %w", err)
	}
	return a.ID, nil
}

// Recall is a challenge as it was called for, to change it. Days are of the zone given.
func (s *Service) Recall(ctx context.Context, h *Challenge, zone *time.Location) (Call, error) {
	day := func(t time.Time, whole int) string { return t.In(zone).AddDate(0, 0, -whole).Format(time.DateOnly) }
	in := Call{Space: h.Space, Title: h.Title, Body: h.Markup, Starts: day(h.StartsAt, 0), Ends: day(h.EndsAt, 1), Until: day(h.JudgedAt, 1), Seen: h.last}
	for _, c := range h.Criteria {
		in.Criteria += c.Name
		if c.Weight > 1 {
			in.Criteria += " x " + strconv.Itoa(c.Weight)
		}
		in.Criteria += "\n"
	}
	for _, j := range h.Jury {
		handle, err := s.HandleOf(ctx, h.Channel, j.URI)
		if err != nil {
			return in, err
		}
		in.Jury += "@" + handle + "\n"
	}
	return in, nil
}

// ChangeCall says what a challenge is from now on, until its result is there. What the jury scored by stays once somebody has, and so does who has
// scored; jurors and those who entered are told of other dates and criteria.
func (s *Service) ChangeCall(ctx context.Context, community, challenge string, in Call, zone *time.Location) error {
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	h, err := s.FindChallenge(ctx, o, community, challenge)
	if err != nil {
		return err
	}
	now := s.Now()
	switch {
	case !o.MayModerate(h.Space):
		return problem.New(problem.Forbidden, "problem.forbidden")
	case h.Phase(now) == Judged:
		return problem.New(problem.Conflict, "community.challenge.not_now")
	case in.Seen != h.last:
		return problem.New(problem.Conflict, "problem.conflict")
	}
	c, err := in.checked(zone)
	if err != nil {
		return err
	}
	// Days are entered, times were kept: what stands in the form as it was shown stays to the second, whatever the zone of who called was.
	was, err := s.Recall(ctx, &h, zone)
	if err != nil {
		return err
	}
	for _, d := range []struct {
		text, shown string
		into        *time.Time
		is          time.Time
	}{{in.Starts, was.Starts, &c.StartsAt, h.StartsAt}, {in.Ends, was.Ends, &c.EndsAt, h.EndsAt}, {in.Until, was.Until, &c.JudgedAt, h.JudgedAt}} {
		if strings.TrimSpace(d.text) == d.shown {
			*d.into = d.is
		}
	}
	switch {
	case !c.EndsAt.Equal(h.EndsAt) && !c.EndsAt.After(now):
		return problem.New(problem.Invalid, "community.event.is_past").On("ends")
	case !c.JudgedAt.After(now):
		return problem.New(problem.Invalid, "community.event.is_past").On("until")
	case c.JudgedAt.Sub(now) > maxAhead:
		return problem.New(problem.Invalid, "community.event.far").On("until")
	}
	place, _ := o.ByID(community)
	if c.Jury, err = s.checkJury(ctx, o, &place, h.Jury, in.Jury); err != nil {
		return err
	}
	scored, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT DISTINCT juror FROM community_challenge_score WHERE challenge = $1", h.ID)
	if err != nil {
		return fmt.Errorf("find who has scored: %w", err)
	}
	same := slices.EqualFunc(c.Criteria, h.Criteria, func(a ledger.Criterion, b jury.Criterion) bool { return a.Name == b.Name && a.Weight == b.Weight })
	if len(scored) > 0 && !same {
		return problem.New(problem.Conflict, "community.challenge.scored_by").On("criteria")
	}
	for _, juror := range scored {
		if !slices.ContainsFunc(c.Jury, func(a ledger.Address) bool { return a.URI == juror }) {
			return problem.New(problem.Conflict, "community.challenge.has_scored").On("jury")
		}
	}
	c.Space, c.AuthorName = h.Space, h.AuthorName
	c.Moved = !c.StartsAt.Equal(h.StartsAt) || !c.EndsAt.Equal(h.EndsAt) || !c.JudgedAt.Equal(h.JudgedAt) || !same
	if !c.Moved && c.Title == h.Title && c.Markup == h.Markup && slices.Equal(c.Jury, h.Jury) {
		return nil
	}
	added, err := s.ledger.State(ctx, ledger.Activity{Kind: ledger.ChallengeSet, Actor: actorOf(m), Object: h.ID, Channel: h.Channel, At: now, Key: "challenge:" + h.ID + ":" + h.last, Data: ledger.Data(c)})
	if err != nil {
		return fmt.Errorf("state a challenge: %w", err)
	}
	if len(added) == 0 {
		return problem.New(problem.Conflict, "problem.conflict")
	}
	return nil
}

// checked is what a call says, without its space and its jury.
func (in *Call) checked(zone *time.Location) (c ledger.Challenge, err error) {
	if c.Title, err = checkTitle(in.Title); err != nil {
		return c, err
	}
	if c.Markup, err = checkBody(in.Body); err != nil {
		return c, err
	}
	if _, err := markup.Render(c.Markup); err != nil {
		return c, problem.Of(err).On("body")
	}
	for _, d := range []struct {
		text, field string
		into        *time.Time
		whole       int // the day belongs to it
	}{{in.Starts, "starts", &c.StartsAt, 0}, {in.Ends, "ends", &c.EndsAt, 1}, {in.Until, "until", &c.JudgedAt, 1}} {
		day, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(d.text), zone)
		if err != nil {
			return c, problem.New(problem.Invalid, "community.challenge.bad_day").On(d.field)
		}
		*d.into = day.AddDate(0, 0, d.whole).UTC()
	}
	switch {
	case !c.EndsAt.After(c.StartsAt):
		return c, problem.New(problem.Invalid, "community.event.ends_first").On("ends")
	case !c.JudgedAt.After(c.EndsAt):
		return c, problem.New(problem.Invalid, "community.challenge.judged_after").On("until")
	}
	c.Criteria, err = checkCriteria(in.Criteria)
	return c, err
}

func checkCriteria(text string) ([]ledger.Criterion, error) {
	var out []ledger.Criterion
	for line := range strings.SplitSeq(text, "\n") {
		if line = lineOf(line); line == "" {
			continue
		}
		c := ledger.Criterion{Name: line, Weight: 1}
		for _, sign := range []string{" x ", " × ", " x", " ×"} {
			if i := strings.LastIndex(line, sign); i > 0 {
				if n, err := strconv.Atoi(strings.TrimSpace(line[i+len(sign):])); err == nil && n >= 1 && n <= 9 {
					c.Name, c.Weight = strings.TrimSpace(line[:i]), n
					break
				}
			}
		}
		if utf8.RuneCountInString(c.Name) > maxCriterion {
			return nil, problem.New(problem.Invalid, "problem.too_long", "Max", maxCriterion).On("criteria")
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, problem.New(problem.Invalid, "problem.required").On("criteria")
	}
	if len(out) > maxCriteria {
		return nil, problem.New(problem.Invalid, "community.challenge.many", "Max", maxCriteria).On("criteria")
	}
	return out, nil
}

// checkJury finds jurors by what they are called after @: those who have spoken in the community where whoever asks reads, and those who sit already. Nobody
// else is revealed.
func (s *Service) checkJury(ctx context.Context, o Sight, c *Community, sit []ledger.Address, text string) ([]ledger.Address, error) {
	q := s.db.Read()
	uris := make([]string, len(sit))
	for i := range sit {
		uris[i] = sit[i].URI
	}
	var out []ledger.Address
	for _, h := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == ',' || r == ' ' || r == '\r' }) {
		h = strings.ToLower(strings.TrimPrefix(lineOf(h), "@"))
		v, found, err := db.One(ctx, q, voiceFields, `SELECT v.author, v.handle, v.name FROM community_voice v WHERE v.channel = $1 AND v.handle = $2 AND (v.author IN `+db.Among(q, "$4")+` OR EXISTS (SELECT 1 FROM community_post p
			JOIN community_thread t ON t.id = p.thread WHERE p.author = v.author AND p.deleted_at IS NULL AND t.space IN `+db.Among(q, "$3")+"))", c.Channel, h, db.Texts(o.Readable(c.ID)), db.Texts(uris))
		if err != nil {
			return nil, fmt.Errorf("find a juror: %w", err)
		}
		if !found {
			return nil, problem.New(problem.Invalid, "community.challenge.no_juror", "Handle", h).On("jury")
		}
		if !slices.ContainsFunc(out, func(a ledger.Address) bool { return a.URI == v.author }) {
			out = append(out, ledger.Address{URI: v.author, Name: v.name})
		}
	}
	switch {
	case len(out) == 0:
		return nil, problem.New(problem.Invalid, "problem.required").On("jury")
	case len(out) > maxJury:
		return nil, problem.New(problem.Invalid, "community.challenge.many", "Max", maxJury).On("jury")
	}
	return out, nil
}

// Challenges lists the challenges that whoever the sight is of may read: those under way first, then the newest.
func (s *Service) Challenges(ctx context.Context, o Sight, community string) ([]Challenge, error) {
	q := s.db.Read()
	var w db.Where
	w.And("h.space IN " + db.Among(q, w.Arg(db.Texts(o.Readable(community)))))
	list, err := db.All(ctx, q, challengeFields, "SELECT "+challengeColumns+" FROM community_challenge h "+w.String()+" ORDER BY h.judged_at DESC, h.id"+db.Limit(100), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("list challenges: %w", err)
	}
	return list, nil
}

// ChallengesIn lists the challenges of some spaces, the first called first. Whether the spaces may be told is asked before, by ExportSpaces.
func (s *Service) ChallengesIn(ctx context.Context, spaces []Space) ([]Challenge, error) {
	q, ids := s.db.Read(), make([]string, len(spaces))
	for i := range spaces {
		ids[i] = spaces[i].ID
	}
	list, err := db.All(ctx, q, challengeFields, "SELECT "+challengeColumns+" FROM community_challenge h WHERE h.space IN "+db.Among(q, "$1")+" ORDER BY h.at, h.id", db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("list challenges: %w", err)
	}
	return list, nil
}

// FindChallenge finds a challenge of a community that may be read.
func (s *Service) FindChallenge(ctx context.Context, o Sight, community, challenge string) (Challenge, error) {
	h, found, err := db.One(ctx, s.db.Read(), challengeFields, "SELECT "+challengeColumns+" FROM community_challenge h WHERE h.id = $1", challenge)
	if err != nil {
		return h, fmt.Errorf("find a challenge: %w", err)
	}
	sp, _ := o.SpaceByID(h.Space)
	if !found || !o.May(h.Space) || sp.Community != community {
		return Challenge{}, notFound()
	}
	return h, nil
}

// Entries are the ideas entered for a challenge that may be read, the oldest first.
func (s *Service) Entries(ctx context.Context, o Sight, h *Challenge) ([]Idea, error) {
	q := s.db.Read()
	list, err := db.All(ctx, q, ideaFields, "SELECT "+ideaColumns+ideasFrom+` JOIN community_challenge_entry x ON x.idea = i.id WHERE x.challenge = $1 AND t.deleted_at IS NULL AND t.space IN `+
		db.Among(q, "$2")+" ORDER BY x.at, i.id", h.ID, db.Texts(o.Readable("")))
	if err != nil {
		return nil, fmt.Errorf("list what was entered: %w", err)
	}
	return list, nil
}

// Verdict is what a juror gave an entry.
type Verdict struct {
	Idea, Juror string // an identity
	Name        string
	Scores      []int
	Words       string
	At          time.Time

	last string
}

// Verdicts are what the jury gave. Before the end each juror sees their own and nobody sees others'.
func (s *Service) Verdicts(ctx context.Context, h *Challenge, m *org.Member) ([]Verdict, error) {
	list, err := db.All(ctx, s.db.Read(), func(v *Verdict) []any {
		return []any{&v.Idea, &v.Juror, db.JSON(&v.Scores), &v.Words, db.At(&v.At), &v.last}
	},
		"SELECT idea, juror, scores, words, at, last FROM community_challenge_score WHERE challenge = $1 ORDER BY idea, juror", h.ID)
	if err != nil {
		return nil, fmt.Errorf("read what the jury gave: %w", err)
	}
	for i := range list {
		for _, a := range h.Jury {
			if a.URI == list[i].Juror {
				list[i].Name = a.Name
			}
		}
	}
	if h.Phase(s.Now()) == Judged {
		return list, nil
	}
	return slices.DeleteFunc(list, func(v Verdict) bool { return !Wrote(m, v.Juror) }), nil
}

// Result is the order of what was entered, by what verdicts there are.
func (h *Challenge) Result(entries []Idea, verdicts []Verdict) []jury.Line {
	var ids []string
	for i := range entries {
		ids = append(ids, entries[i].ID)
	}
	var ballots []jury.Ballot
	for _, v := range verdicts {
		ballots = append(ballots, jury.Ballot{Entry: v.Idea, Juror: v.Juror, Scores: v.Scores})
	}
	return jury.Rank(h.Criteria, ids, ballots)
}

// Enter enters an idea for a challenge: who proposed it may while ideas are entered, and who moderates.
func (s *Service) Enter(ctx context.Context, community, challenge, idea string) error {
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	h, err := s.FindChallenge(ctx, o, community, challenge)
	if err != nil {
		return err
	}
	t, err := s.Thread(ctx, o, community, idea)
	if err != nil {
		return err
	}
	i, found, err := s.Idea(ctx, t.ID)
	switch {
	case err != nil:
		return err
	case !found || !t.DeletedAt.IsZero() || i.MergedInto != "" || t.Space != h.Space:
		return problem.New(problem.Invalid, "community.idea.no_such_idea").On("idea")
	case !Wrote(m, t.Author) && !o.MayModerate(h.Space):
		return problem.New(problem.Forbidden, "community.post.not_yours")
	case h.Phase(s.Now()) != Entering:
		return problem.New(problem.Conflict, "community.challenge.not_now")
	}
	_, err = s.ledger.State(ctx, ledger.Activity{Kind: ledger.ChallengeEntered, Actor: actorOf(m), Object: t.ID, Channel: h.Channel, At: s.Now(), Key: "entered:" + h.ID + ":" + t.ID,
		Data: ledger.Data(ledger.Entered{Challenge: h.ID})})
	if err != nil {
		return fmt.Errorf("state an entry: %w", err)
	}
	return nil
}

// Score gives an entry what a juror thinks of it, with a reason; the last word of each counts until the end. Nobody judges what they proposed.
func (s *Service) Score(ctx context.Context, community, challenge, idea string, scores []int, words string) error {
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	h, err := s.FindChallenge(ctx, o, community, challenge)
	if err != nil {
		return err
	}
	entries, err := s.Entries(ctx, o, &h)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(entries, func(i Idea) bool { return i.ID == idea })
	words = TextOf(words)
	switch phase := h.Phase(s.Now()); {
	case !h.Sits(m):
		return problem.New(problem.Forbidden, "problem.forbidden")
	case at < 0:
		return notFound()
	case Wrote(m, entries[at].Author):
		return problem.New(problem.Forbidden, "community.challenge.own_entry")
	case phase != Entering && phase != Judging:
		return problem.New(problem.Conflict, "community.challenge.not_now")
	case len(scores) != len(h.Criteria) || slices.ContainsFunc(scores, func(n int) bool { return n < jury.Least || n > jury.Most }):
		return problem.New(problem.Invalid, "community.challenge.score_all")
	case words == "":
		return problem.New(problem.Invalid, "community.idea.say_why").On("words")
	case utf8.RuneCountInString(words) > maxReason:
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxReason).On("words")
	}
	return s.replace(ctx, func(ctx context.Context) (*ledger.Activity, error) {
		last, _, err := db.Value[string](ctx, s.db.Read(), "SELECT last FROM community_challenge_score WHERE challenge = $1 AND idea = $2 AND juror = $3", h.ID, idea, actorOf(m))
		if err != nil {
			return nil, err
		}
		return &ledger.Activity{Kind: ledger.ChallengeScored, Actor: actorOf(m), Object: h.ID, Channel: h.Channel, At: s.Now(), Key: "scored:" + h.ID + ":" + idea + ":" + m.ID + ":" + last,
			Data: ledger.Data(ledger.Scored{Idea: idea, Scores: scores, Words: words})}, nil
	})
}

// ChallengesOf are the challenges that an idea was entered for.
func (s *Service) ChallengesOf(ctx context.Context, idea string) ([]Challenge, error) {
	list, err := db.All(ctx, s.db.Read(), challengeFields, "SELECT "+challengeColumns+" FROM community_challenge h JOIN community_challenge_entry x ON x.challenge = h.id WHERE x.idea = $1 ORDER BY h.judged_at DESC"+db.Limit(10), idea)
	if err != nil {
		return nil, fmt.Errorf("read what an idea was entered for: %w", err)
	}
	return list, nil
}

func deriveChallenge(ctx context.Context, q db.Q, a *ledger.Activity) error {
	switch a.Kind {
	case ledger.ChallengeSet:
		var c ledger.Challenge
		if err := a.Decode(&c); err != nil {
			return err
		}
		_, err := db.Exec(ctx, q, `INSERT INTO community_challenge (id, channel, space, title, markup, html, author_name, starts_at, ends_at, judged_at, criteria, jury, at, last)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (id) DO UPDATE SET title = excluded.title, markup = excluded.markup, html = excluded.html,
			starts_at = excluded.starts_at, ends_at = excluded.ends_at, judged_at = excluded.judged_at, criteria = excluded.criteria, jury = excluded.jury, last = excluded.last`,
			a.Object, a.Channel, c.Space, c.Title, c.Markup, rendered(c.Markup, true, nil), c.AuthorName, db.T(c.StartsAt), db.T(c.EndsAt), db.T(c.JudgedAt), db.J(c.Criteria), db.J(c.Jury), db.T(a.At), a.ID)
		return err
	case ledger.ChallengeEntered:
		var e ledger.Entered
		if err := a.Decode(&e); err != nil {
			return err
		}
		_, err := db.Exec(ctx, q, "INSERT INTO community_challenge_entry (challenge, idea, at) SELECT id, $2, $3 FROM community_challenge WHERE id = $1 ON CONFLICT DO NOTHING", e.Challenge, a.Object, db.T(a.At))
		return err
	}
	var g ledger.Scored
	if err := a.Decode(&g); err != nil {
		return err
	}
	_, err := db.Exec(ctx, q, `INSERT INTO community_challenge_score (challenge, idea, juror, scores, words, at, last) SELECT challenge, idea, $3, $4, $5, $6, $7 FROM community_challenge_entry
		WHERE challenge = $1 AND idea = $2 ON CONFLICT (challenge, idea, juror) DO UPDATE SET scores = excluded.scores, words = excluded.words, at = excluded.at, last = excluded.last`,
		a.Object, g.Idea, a.Actor, db.J(g.Scores), g.Words, db.T(a.At), a.ID)
	return err
}
