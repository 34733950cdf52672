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

// Case is something that moderators are asked about.
type Case struct {
	ID         string
	Kind       string // flag, held, appeal
	What       string // "" a post, article, profile
	Community  string
	Space      string // "" of an appeal against a sanction
	Post       string // or the article, or the member whose profile it is
	About      string // of an appeal: the case or the sanction
	Author     string // an identity
	Member     string // id of the author, "" when they are none
	AuthorName string
	Cause      string // of what waits: why
	State      string
	Reason     string // of the decision
	Words      string // of an appeal: of who appealed; else of who decided
	DecidedBy  string
	At         time.Time
	DecidedAt  time.Time
	Thread     string // that the post is in, "" when it is in none (yet)
	Flags      int

	content string
	appeal  string // the appeal against it
}

const caseColumns = `c.id, c.kind, c.what, c.community, COALESCE(t.space, c.space), c.post, c.about, c.author, c.member, c.author_name, c.cause, c.state, c.reason, c.words, c.decided_by, c.at,
	c.decided_at, COALESCE(p.thread, ''), (SELECT COUNT(*) FROM community_flag f WHERE f.case_id = c.id), c.content, COALESCE((SELECT a.id FROM community_case a WHERE a.about = c.id AND a.kind = 'appeal'), '')`

const caseTables = " FROM community_case c LEFT JOIN community_post p ON p.id = c.post AND c.post <> '' LEFT JOIN community_thread t ON t.id = p.thread "

func caseFields(c *Case) []any {
	return []any{&c.ID, &c.Kind, &c.What, &c.Community, &c.Space, &c.Post, &c.About, &c.Author, &c.Member, &c.AuthorName, &c.Cause, &c.State, &c.Reason, &c.Words, &c.DecidedBy, db.At(&c.At),
		db.At(&c.DecidedAt), &c.Thread, &c.Flags, &c.content, &c.appeal}
}

// Open reports whether it waits for a decision.
func (c *Case) Open() bool { return c.State == "open" }

// listedCases is how many cases a page shows.
const listedCases = 100

func (s *Service) cases(ctx context.Context, where string, args ...any) ([]Case, error) {
	list, err := db.All(ctx, s.db.Read(), caseFields, "SELECT "+caseColumns+caseTables+"WHERE "+where+" ORDER BY c.at DESC, c.id DESC"+db.Limit(listedCases), args...)
	if err != nil {
		return nil, fmt.Errorf("list what moderators are asked about: %w", err)
	}
	return list, nil
}

// moderated lists the spaces that whoever the sight is of moderates.
func (o Sight) moderated() []string {
	var out []string
	for _, sp := range o.all.Spaces {
		if o.MayModerate(sp.ID) {
			out = append(out, sp.ID)
		}
	}
	return out
}

// Moderates reports whether whoever acts moderates anything at all.
func (o Sight) Moderates(ctx context.Context) bool {
	return may(ctx, org.CommunityModerate) || len(o.moderated()) > 0
}

// ModeratesIn reports whether whoever the sight is of moderates a space of a community.
func (o Sight) ModeratesIn(community string) bool {
	for _, sp := range o.all.Spaces {
		if sp.Community == community && o.MayModerate(sp.ID) {
			return true
		}
	}
	return false
}

// within narrows cases to those that whoever acts may decide on: of spaces they moderate, and, where they look after all communities, of members and
// of closed groups in which nobody is left who may decide: what was flagged there would wait for ever.
func within(ctx context.Context, q db.Q, o Sight, w *db.Where) {
	cond := "COALESCE(t.space, c.space) IN " + db.Among(q, w.Arg(db.Texts(o.moderated())))
	if may(ctx, org.CommunityModerate) {
		cond = "(c.space = '' OR " + cond + ` OR c.kind IN ('flag', 'appeal') AND NOT EXISTS (SELECT 1 FROM community_membership b JOIN member m ON m.id = b.member
			WHERE b.space = COALESCE(t.space, c.space) AND b.state = 'in' AND b.role = 'moderator' AND m.state = 'active' AND m.id <> c.member
			AND m.id <> COALESCE((SELECT d.decided_by FROM community_case d WHERE d.id = c.about AND c.about <> ''), '')))`
	}
	w.And(cond)
}

// Queue lists what waits for a decision in all communities that whoever acts moderates, the oldest first; with decided, what was decided, the newest
// first.
func (s *Service) Queue(ctx context.Context, o Sight, decided bool) ([]Case, error) {
	if !o.Moderates(ctx) {
		return nil, notFound()
	}
	q := s.db.Read()
	var w db.Where
	within(ctx, q, o, &w)
	order := "c.at, c.id"
	if decided {
		w.And("c.state <> 'open'")
		order = "c.decided_at DESC, c.id DESC"
	} else {
		w.And("c.state = 'open'")
	}
	list, err := db.All(ctx, q, caseFields, "SELECT "+caseColumns+caseTables+w.String()+" ORDER BY "+order+db.Limit(listedCases), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("list what waits for moderators: %w", err)
	}
	return list, nil
}

// WaitingCases counts what waits for a decision of whoever acts.
func (s *Service) WaitingCases(ctx context.Context) int {
	o, err := s.Sees(ctx, nil)
	if err != nil || !o.Moderates(ctx) {
		return 0
	}
	n, err := s.queued.Read(ctx, s.db, fmt.Sprint(may(ctx, org.CommunityModerate), o.moderated()), func(ctx context.Context) (int, error) {
		q := s.db.Read()
		var w db.Where
		within(ctx, q, o, &w)
		w.And("c.state = 'open'")
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*)"+caseTables+w.String(), w.Args...)
		return n, err
	})
	if err != nil {
		return 0
	}
	return n
}

// Raised is a flag.
type Raised struct {
	Name, Reason, Words string
	At                  time.Time
}

// Brief is all that a moderator needs to decide a case.
type Brief struct {
	Case
	Title     string
	HTML      string
	Was       *Said  // what it said when it was flagged, where that was something else
	Picture   string // of a profile: its address below that of the case; "" for none
	Repainted bool   // it is another than that which was flagged
	Path      string // of an article or a profile, in its community; "" where whoever acts may not read it
	Flags     []Raised
	Trust     Trust
	Earlier   []Case // decided, of the same author in the same community
	Hint      string // what the model takes it for: attack, insult, hate; "" for nothing. It is a hint only.
	HintP     float64
	Against   Case     // of an appeal: the decision
	Sanction  Sanction // of an appeal against one
	Decider   string   // the name of who decided, of an appeal: on the decision
	May       bool     // whoever acts may decide
	Sanctions bool     // and silence or suspend the author
}

// Said is a title and safe HTML, and, of a profile, the address of its picture below that of the case; "" for none.
type Said struct{ Title, HTML, Picture string }

// pictureWas is the address of the picture as it was when it was flagged.
const pictureWas = "picture?was"

// Brief gives a case that whoever acts may decide on.
func (s *Service) Brief(ctx context.Context, o Sight, id string) (Brief, error) {
	c, err := s.caseOf(ctx, o, id)
	if err != nil {
		return Brief{}, err
	}
	b := Brief{Case: c}
	shown := &b.Case
	if c.Kind == "appeal" {
		if b.Against, b.Sanction, err = s.against(ctx, &c); err != nil {
			return b, err
		}
		shown = &b.Against
	}
	if shown.Post != "" {
		words := ""
		if b.Title, b.HTML, words, err = s.content(ctx, shown); err != nil {
			return b, err
		}
		if err := s.compare(ctx, shown, &b); err != nil {
			return b, err
		}
		if s.hint != nil {
			b.Hint, b.HintP = s.hint(b.Title, words)
		}
	}
	b.May = c.Open() && s.mayDecide(ctx, &b)
	if !o.May(b.Space) { // what was flagged, and nothing of what stands around it
		b.Thread = ""
	}
	switch {
	case b.What == AnArticle && o.May(b.Space):
		b.Path = "/articles/" + b.Post
	case b.What == AProfile:
		if place, seen := o.ByID(b.Community); seen {
			handle, err := s.HandleOf(ctx, place.Channel, b.Author)
			if err != nil {
				return b, err
			}
			b.Path = "/people/" + handle
		}
	}
	if by := shown.DecidedBy; by != "" {
		if m, err := s.org.Find(ctx, by); err == nil {
			b.Decider = m.Name
		}
	}
	if b.Flags, err = db.All(ctx, s.db.Read(), func(r *Raised) []any { return []any{&r.Name, &r.Reason, &r.Words, db.At(&r.At)} },
		"SELECT COALESCE(m.name, CASE WHEN f.member LIKE 'acct:%' THEN SUBSTR(f.member, 6) ELSE '' END), f.reason, f.words, f.at FROM community_flag f LEFT JOIN member m ON m.id = f.member WHERE f.case_id = $1 ORDER BY f.at"+db.Limit(50), shown.ID); err != nil {
		return b, fmt.Errorf("read flags: %w", err)
	}
	if c.Member == "" {
		return b, s.briefGuest(ctx, &b)
	}
	m, err := s.org.Find(ctx, c.Member)
	if err != nil {
		return b, err
	}
	place, _, err := s.listed(ctx, c.Community)
	if err != nil {
		return b, err
	}
	if b.Trust, err = s.trust(ctx, &place, m); err != nil {
		return b, err
	}
	b.Sanctions = m.Role == org.Plain && may(ctx, org.CommunityModerate) && c.Kind != "appeal"
	b.Earlier, err = s.cases(ctx, "c.member = $1 AND c.community = $2 AND c.state <> 'open' AND c.kind <> 'appeal' AND c.id <> $3", c.Member, c.Community, shown.ID)
	return b, err
}

// compare holds what was flagged against what stands there now.
func (s *Service) compare(ctx context.Context, c *Case, b *Brief) error {
	was, found, err := c.was()
	if err != nil {
		return err
	}
	now, err := s.standing(ctx, c)
	if err != nil {
		return err
	}
	kept := false
	if found && was.Picture != "" {
		if kept, _, err = db.Value[bool](ctx, s.db.Read(), "SELECT picture IS NOT NULL FROM community_case WHERE id = $1", c.ID); err != nil {
			return err
		}
	}
	if now.picture != "" {
		b.Picture = "picture"
	}
	if b.Repainted = found && was.Picture != now.picture; c.State == "hidden" { // as its words: what was decided on, not what was put there since
		b.Repainted = false
		if kept {
			b.Picture = pictureWas
		}
	}
	words := was.Markup
	if c.What == AProfile {
		words = was.Text
	}
	if found && c.Open() && now.there() && (b.Repainted || was.Title != now.title || words != now.source) {
		b.Was = &Said{Title: was.Title, HTML: was.html()}
		if b.Repainted && kept {
			b.Was.Picture = pictureWas
		}
	}
	return nil
}

// caseOf finds a case that whoever acts may know of.
func (s *Service) caseOf(ctx context.Context, o Sight, id string) (Case, error) {
	q := s.db.Read()
	var w db.Where
	within(ctx, q, o, &w)
	w.And("c.id = ?", id)
	c, found, err := db.One(ctx, q, caseFields, "SELECT "+caseColumns+caseTables+w.String(), w.Args...)
	if err != nil {
		return c, fmt.Errorf("find a case: %w", err)
	}
	if !found {
		return c, notFound()
	}
	return c, nil
}

// mayDecide reports whether whoever acts, who moderates there, may decide this one: nobody decides on what they wrote, nor on an appeal against their
// own decision.
func (s *Service) mayDecide(ctx context.Context, b *Brief) bool {
	m := org.Who(ctx)
	switch {
	case m == nil, b.Member == m.ID, Wrote(m, b.Author):
		return false
	case b.Kind == "appeal":
		return b.Against.DecidedBy != m.ID && b.Sanction.By != m.ID
	}
	return true
}

// Decisions lists what can be made of a case.
func (c *Case) Decisions() []string {
	switch c.Kind {
	case "held":
		return []string{"published", "declined"}
	case "appeal":
		return []string{"upheld", "overturned"}
	}
	if c.What == AnArticle { // it is withdrawn; its versions stay
		return []string{"kept", "hidden"}
	}
	return []string{"kept", "hidden", "deleted"}
}

// Decide decides a case. What is decided against its author says why.
func (s *Service) Decide(ctx context.Context, id, decision, reason, words string) error {
	if _, err := signedIn(ctx); err != nil {
		return err
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	b, err := s.Brief(ctx, o, id)
	if err != nil {
		return err
	}
	against := slices.Contains([]string{"hidden", "deleted", "declined"}, decision)
	if against {
		if words, err = flagWords(reason, words); err != nil {
			return err
		}
	} else {
		reason = ""
	}
	words = TextOf(words)
	switch {
	case !slices.Contains(b.Decisions(), decision):
		return problem.New(problem.Invalid, "problem.bad_form")
	case !b.Open():
		return problem.New(problem.Conflict, "community.moderation.decided_already")
	case !b.May:
		return problem.New(problem.Forbidden, "community.moderation.another")
	case b.Kind == "appeal" && words == "":
		return problem.New(problem.Invalid, "problem.required").On("words")
	case utf8.RuneCountInString(words) > maxWords:
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxWords).On("words")
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		set, args := "reason = $3, words = $4", []any{decision, b.ID, reason, words, by(ctx), db.T(s.Now())}
		if b.Kind == "appeal" { // the words are of who appealed
			set = "reason = $4, cause = $3"
		}
		n, err := db.Exec(ctx, q, "UPDATE community_case SET state = $1, "+set+", decided_by = $5, decided_at = $6 WHERE id = $2 AND state = 'open'", args...)
		if err != nil {
			return fmt.Errorf("keep a decision: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "community.moderation.decided_already")
		}
		if stated, err = s.effect(ctx, q, &b, decision, reason, words); err != nil {
			return err
		}
		if err := s.forget(ctx, q, &b, decision); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "community.decide", "case:"+b.ID, map[string]string{"community": b.Community, "kind": b.Kind, "post": b.Post, "decision": decision, "reason": reason})
	})
	if err != nil || len(stated) == 0 {
		return err
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}

// forget drops what something said and showed when it was flagged, once that is decided: what is kept has its own words, and what is removed for good has none. What its author
// took away stays with the decision on it, as do articles and profiles that could be shown again, until an appeal is answered.
func (s *Service) forget(ctx context.Context, q db.Q, b *Brief, decision string) error {
	about := b.ID
	switch {
	case b.Kind == "appeal" && b.What != "":
		about = b.Against.ID
	case b.Kind != "flag", decision == "hidden" && b.What != "":
		return nil
	}
	if b.What == "" {
		now, err := s.standing(ctx, &b.Case)
		if err != nil || !now.there() {
			return err
		}
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_case SET content = '', picture = NULL, picture_type = '' WHERE id = $1", about); err != nil {
		return fmt.Errorf("forget what was flagged: %w", err)
	}
	return nil
}

// effect does what a decision says, and tells the author.
func (s *Service) effect(ctx context.Context, q db.Q, b *Brief, decision, reason, words string) ([]ledger.Activity, error) {
	tell := func(kind NoticeKind) error {
		text := words
		if b.Title != "" {
			text = strings.TrimSpace(b.Title + "\n" + words)
		}
		n := Notice{Member: b.Member, Community: b.Community, Kind: kind, Post: b.Post, Subject: b.ID, Words: text}
		if b.What != "" {
			n.Post = ""
		}
		return s.word(ctx, q, n)
	}
	switch decision {
	case "published":
		stated, err := s.publish(ctx, q, &b.Case)
		if err != nil {
			return nil, err
		}
		return stated, tell(LetThrough)
	case "declined":
		return nil, tell(Declined)
	case "hidden":
		stated, err := s.turnAny(ctx, q, &b.Case, decision, words)
		if err != nil {
			return nil, err
		}
		return stated, tell(HidPost)
	case "deleted":
		stated, err := s.turnAny(ctx, q, &b.Case, decision, words)
		if err != nil {
			return nil, err
		}
		return stated, tell(TookPost)
	case "upheld":
		return nil, tell(Upheld)
	case "overturned":
		return s.overturn(ctx, q, b, words)
	}
	return nil, nil
}

// turnAny does what was decided: "hidden", "deleted", or, with "", shown again.
func (s *Service) turnAny(ctx context.Context, q db.Q, c *Case, decision, words string) ([]ledger.Activity, error) {
	if c.What != "" {
		return s.turnOther(ctx, q, c, decision, words)
	}
	kind := ledger.PostShown
	switch decision {
	case "hidden":
		kind = ledger.PostHidden
	case "deleted":
		kind = ledger.PostDeleted
	}
	return s.turnPost(ctx, q, c, kind)
}

// turnPost states that a post is hidden, shown again or taken away.
func (s *Service) turnPost(ctx context.Context, q db.Q, c *Case, kind string) ([]ledger.Activity, error) {
	place, _, err := s.listed(ctx, c.Community)
	if err != nil {
		return nil, err
	}
	key := kind + ":" + c.ID
	if kind == ledger.PostDeleted {
		key = "deleted:" + c.Post
		first, err := s.ledger.Find(ctx, c.Post)
		if err != nil {
			return nil, err
		}
		if first.Kind == ledger.GroupSaid {
			kind = ledger.GroupDeleted
		}
	}
	return s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: kind, Actor: "member:" + by(ctx), Object: c.Post, Channel: place.Channel, At: s.Now(), Key: key})
}

// WithHint lets a model say what it takes a post for; moderators see it as a hint and nothing else comes of it.
func (s *Service) WithHint(hint func(title, text string) (label string, p float64)) *Service {
	s.hint = hint
	return s
}
