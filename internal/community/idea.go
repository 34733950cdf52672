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

// Status is what becomes of an idea.
type Status string

// What becomes of ideas.
const (
	IdeaOpen     Status = "open"
	IdeaReview   Status = "review"
	IdeaPlanned  Status = "planned"
	IdeaStarted  Status = "started"
	IdeaDone     Status = "done"
	IdeaDeclined Status = "declined"
)

// Statuses lists what can become of an idea, in the order in which it usually does.
func Statuses() []Status {
	return []Status{IdeaOpen, IdeaReview, IdeaPlanned, IdeaStarted, IdeaDone, IdeaDeclined}
}

// TakesVotes reports whether people may still vote: what is being done or is settled needs none.
func (s Status) TakesVotes() bool { return s == IdeaOpen || s == IdeaReview || s == IdeaPlanned }

// Idea is a thread that proposes something. Its score is the number of people who are for it.
type Idea struct {
	Thread
	Status     Status
	StatusAt   time.Time
	Reason     string // of the status, "" before anybody decided
	ReasonBy   string // the name of who decided
	MergedInto string // the idea its votes count for
	Initiative string // that was made of it
	Noted      int    // how many of its votes staff noted for somebody

	last string // the activity that decided last
}

const ideaColumns = threadColumns + `, i.status, i.status_at, i.reason, i.reason_by, i.merged_into, i.initiative,
	(SELECT COUNT(*) FROM community_idea_vote v WHERE v.idea = i.id AND v.value = 1 AND v.via <> ''), i.last`

func ideaFields(i *Idea) []any {
	return append(threadFields(&i.Thread), &i.Status, db.At(&i.StatusAt), &i.Reason, &i.ReasonBy, &i.MergedInto, &i.Initiative, &i.Noted, &i.last)
}

// BoardOrder is how ideas are sorted.
type BoardOrder string

// The orders of a board.
const (
	ByVotes  BoardOrder = "votes"
	ByAge    BoardOrder = "new"
	ByStatus BoardOrder = "status" // what was decided last comes first
)

// BoardOrders lists them.
func BoardOrders() []BoardOrder { return []BoardOrder{ByVotes, ByAge, ByStatus} }

// BoardQuery asks for ideas. What is zero does not narrow.
type BoardQuery struct {
	Community string // id
	Space     string // id
	Status    Status
	Tag       string
	Order     BoardOrder
	Page      int // from 0
}

// Board is a page of ideas.
type Board struct {
	Ideas  []Idea
	More   bool
	Counts map[Status]int // of all ideas of the board that may be read
}

// Board lists ideas that whoever the sight is of may read; those taken into another are left out.
func (s *Service) Board(ctx context.Context, o Sight, in BoardQuery) (Board, error) {
	spaces := o.Readable(in.Community)
	if in.Space != "" {
		if !o.May(in.Space) {
			return Board{}, notFound()
		}
		spaces = []string{in.Space}
	}
	in.Page = min(max(in.Page, 0), maxPage)
	if in.Tag != "" {
		var err error
		if in.Tag, err = oneTag(in.Tag); err != nil || in.Tag == "" {
			return Board{}, err
		}
	}
	key := fmt.Sprintf("%s|%s|%d|%s|%q", in.Order, in.Status, in.Page, strings.Join(spaces, " "), in.Tag)
	return s.boards.Read(ctx, s.db, key, func(ctx context.Context) (Board, error) { return s.board(ctx, spaces, in) })
}

const ideasFrom = " FROM community_thread t JOIN community_idea i ON i.id = t.id"

func (s *Service) board(ctx context.Context, spaces []string, in BoardQuery) (Board, error) {
	q, out := s.db.Read(), Board{Counts: map[Status]int{}}
	var w db.Where
	w.And("t.kind = 'idea'").And("t.deleted_at IS NULL").And("i.merged_into = ''")
	w.And("t.space IN " + db.Among(q, w.Arg(db.Texts(spaces))))
	if in.Tag != "" {
		w.And(tagged(&w, in.Tag))
	}
	type row struct {
		status Status
		n      int
	}
	counts, err := db.All(ctx, q, func(r *row) []any { return []any{&r.status, &r.n} }, "SELECT i.status, COUNT(*)"+ideasFrom+" "+w.String()+" GROUP BY i.status", w.Args...)
	if err != nil {
		return out, fmt.Errorf("count ideas: %w", err)
	}
	for _, r := range counts {
		out.Counts[r.status] = r.n
	}
	if in.Status != "" {
		w.And("i.status = ?", string(in.Status))
	}
	order := "t.score DESC, t.at DESC, t.id DESC"
	switch in.Order {
	case ByAge:
		order = "t.at DESC, t.id DESC"
	case ByStatus:
		order = "i.status_at DESC, t.id DESC"
	}
	out.Ideas, err = db.All(ctx, q, ideaFields, "SELECT "+ideaColumns+ideasFrom+" "+w.String()+" ORDER BY "+order+db.Limit(listed+1)+fmt.Sprintf(" OFFSET %d", in.Page*listed), w.Args...)
	if err != nil {
		return out, fmt.Errorf("list ideas: %w", err)
	}
	if len(out.Ideas) > listed {
		out.Ideas, out.More = out.Ideas[:listed], true
	}
	return out, nil
}

// Roadmap is what is planned, under way and done of the ideas of a community that may be read, of those with a tag if one is given, each the newest decision first.
func (s *Service) Roadmap(ctx context.Context, o Sight, community, tag string) (map[Status][]Idea, error) {
	out := map[Status][]Idea{}
	for _, status := range []Status{IdeaPlanned, IdeaStarted, IdeaDone} {
		b, err := s.Board(ctx, o, BoardQuery{Community: community, Status: status, Tag: tag, Order: ByStatus})
		if err != nil {
			return nil, err
		}
		out[status] = b.Ideas
	}
	return out, nil
}

// Idea reads what an idea is beyond its thread; found is false for a thread that is none. The thread must be one that may be read.
func (s *Service) Idea(ctx context.Context, thread string) (i Idea, found bool, err error) {
	i, found, err = db.One(ctx, s.db.Read(), ideaFields, "SELECT "+ideaColumns+ideasFrom+" WHERE t.id = $1", thread)
	if err != nil {
		err = fmt.Errorf("read an idea: %w", err)
	}
	return i, found, err
}

// IdeaOf finds the idea that an initiative was made of, when whoever asks may read it, and its community.
func (s *Service) IdeaOf(ctx context.Context, initiative string) (Idea, Community, bool, error) {
	i, found, err := db.One(ctx, s.db.Read(), ideaFields, "SELECT "+ideaColumns+ideasFrom+" WHERE i.initiative = $1 AND t.deleted_at IS NULL ORDER BY i.status_at"+db.Limit(1), initiative)
	if err != nil || !found {
		return Idea{}, Community{}, false, err
	}
	o, err := s.Sees(ctx, nil)
	if err != nil || !o.May(i.Space) {
		return Idea{}, Community{}, false, err
	}
	sp, _ := o.SpaceByID(i.Space)
	c, _ := o.ByID(sp.Community)
	return i, c, true, nil
}

// Step is something that became of an idea.
type Step struct {
	At     time.Time
	Status Status
	Reason string
	By     string // the name of who decided
}

// Steps are what became of an idea, the newest first.
func (s *Service) Steps(ctx context.Context, idea string) ([]Step, error) {
	list, err := db.All(ctx, s.db.Read(), func(p *Step) []any { return []any{db.At(&p.At), &p.Status, &p.Reason, &p.By} },
		"SELECT at, status, reason, decider FROM community_idea_step WHERE idea = $1 ORDER BY at DESC, activity DESC"+db.Limit(100), idea)
	if err != nil {
		return nil, fmt.Errorf("read what became of an idea: %w", err)
	}
	return list, nil
}

// Merged lists the ideas that were taken into one.
func (s *Service) Merged(ctx context.Context, idea string) ([]Idea, error) {
	list, err := db.All(ctx, s.db.Read(), ideaFields, "SELECT "+ideaColumns+ideasFrom+" WHERE i.merged_into = $1 AND t.deleted_at IS NULL ORDER BY t.at"+db.Limit(50), idea)
	if err != nil {
		return nil, fmt.Errorf("read what was taken into an idea: %w", err)
	}
	return list, nil
}

// maxReason is how long a reason may be, in characters.
const maxReason = 1000

// Judge says what becomes of an idea, and why. Who moderates its space may.
func (s *Service) Judge(ctx context.Context, community, idea string, to Status, reason string) error {
	return s.judge(ctx, community, idea, to, reason, "", false)
}

// Adopt says that an initiative was made of an idea, and why; who plans initiatives may.
func (s *Service) Adopt(ctx context.Context, community, idea, reason, initiative string) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	return s.judge(ctx, community, idea, "", reason, initiative, true)
}

// AdoptAs is Adopt with an initiative that is made in the same transaction: where the one is not kept, nor is the other. found is its id.
func (s *Service) AdoptAs(ctx context.Context, community, idea, reason string, found func(ctx context.Context, q db.Q) (initiative string, err error)) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	i, w, err := s.judged(ctx, community, idea, true)
	if err != nil {
		return err
	}
	to := i.Status
	if to == IdeaOpen || to == IdeaReview {
		to = IdeaPlanned
	}
	if reason, err = checkJudgement(&i, to, reason); err != nil {
		return err
	}
	if i.Initiative != "" {
		return problem.New(problem.Conflict, "problem.conflict")
	}
	return s.ruleWith(ctx, "community.judge_idea", idea, map[string]string{"community": community, "status": string(to)}, func(ctx context.Context, q db.Q) (ledger.Activity, error) {
		initiative, err := found(ctx, q)
		return ledger.Activity{Kind: ledger.IdeaJudged, Actor: actorOf(w), Object: idea, Channel: i.Channel, At: s.Now(), Key: "judged:" + idea + ":" + i.last,
			Data: ledger.Data(ledger.Judged{Status: string(to), Reason: reason, By: lineOf(w.Name), Initiative: initiative})}, err
	})
}

func (s *Service) judge(ctx context.Context, community, idea string, to Status, reason, initiative string, plans bool) error {
	i, w, err := s.judged(ctx, community, idea, plans)
	if err != nil {
		return err
	}
	if to == "" { // an initiative is a plan, also of what nobody had decided on
		if to = i.Status; to == IdeaOpen || to == IdeaReview {
			to = IdeaPlanned
		}
	}
	if reason, err = checkJudgement(&i, to, reason); err != nil {
		return err
	}
	if len(initiative) > 60 {
		return notFound()
	}
	if i.Status == to && i.Reason == reason && (initiative == "" || initiative == i.Initiative) {
		return nil
	}
	return s.rule(ctx, "community.judge_idea", idea, map[string]string{"community": community, "status": string(to)}, ledger.Activity{Kind: ledger.IdeaJudged, Actor: actorOf(w),
		Object: idea, Channel: i.Channel, At: s.Now(), Key: "judged:" + idea + ":" + i.last,
		Data: ledger.Data(ledger.Judged{Status: string(to), Reason: reason, By: lineOf(w.Name), Initiative: initiative})})
}

// checkJudgement tidies a reason, and refuses what cannot become of an idea.
func checkJudgement(i *Idea, to Status, reason string) (string, error) {
	reason = TextOf(reason)
	switch {
	case !slices.Contains(Statuses(), to):
		return "", problem.New(problem.Invalid, "problem.bad_form").On("status")
	case reason == "":
		return "", problem.New(problem.Invalid, "community.idea.say_why").On("reason")
	case utf8.RuneCountInString(reason) > maxReason:
		return "", problem.New(problem.Invalid, "problem.too_long", "Max", maxReason).On("reason")
	case i.MergedInto != "":
		return "", problem.New(problem.Conflict, "community.idea.is_merged")
	}
	return reason, nil
}

// judged finds an idea that whoever acts may decide on: they moderate its space, or, when plans is true, were found to plan initiatives.
func (s *Service) judged(ctx context.Context, community, idea string, plans bool) (Idea, *org.Member, error) {
	m := org.Who(ctx)
	if m == nil {
		return Idea{}, m, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return Idea{}, m, err
	}
	t, err := s.Thread(ctx, o, community, idea)
	if err != nil {
		return Idea{}, m, err
	}
	i, found, err := s.Idea(ctx, t.ID)
	switch {
	case err != nil:
		return i, m, err
	case !found || !i.DeletedAt.IsZero():
		return i, m, notFound()
	case !plans && !o.MayModerate(t.Space):
		return i, m, problem.New(problem.Forbidden, "problem.forbidden")
	}
	return i, m, nil
}

// rule states what who moderates decided, with its line in the audit log.
func (s *Service) rule(ctx context.Context, action, post string, details map[string]string, a ledger.Activity) error {
	return s.ruleWith(ctx, action, post, details, func(context.Context, db.Q) (ledger.Activity, error) { return a, nil })
}

// ruleWith is rule with what is made in the same transaction. When another decided at the same moment, nothing is kept of either.
func (s *Service) ruleWith(ctx context.Context, action, post string, details map[string]string, decide func(ctx context.Context, q db.Q) (ledger.Activity, error)) error {
	var stated []ledger.Activity
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		a, err := decide(ctx, q)
		if err != nil {
			return err
		}
		if stated, err = s.ledger.AppendTx(ctx, q, a); err != nil {
			return err
		}
		if len(stated) == 0 {
			return problem.New(problem.Conflict, "problem.conflict")
		}
		return s.org.Audit(ctx, q, action, "post:"+post, details)
	})
	if err != nil {
		return fmt.Errorf("state a decision: %w", err)
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}

// Merge takes an idea into another that says the same: its votes count there, those of one person once.
func (s *Service) Merge(ctx context.Context, community, idea, into, reason string) error {
	reason = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(reason, ""), "\x00", ""))
	if utf8.RuneCountInString(reason) > maxWords {
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxWords).On("reason")
	}
	i, w, err := s.judged(ctx, community, idea, false)
	if err != nil {
		return err
	}
	to, _, err := s.judged(ctx, community, into, false)
	from, _ := s.speaker(ctx, i.Space)
	sp, known := from.sight.SpaceByID(to.Space)
	if err != nil || to.ID == i.ID || to.MergedInto != "" || !known || sp.Listened() != from.space.Listened() {
		return problem.New(problem.Invalid, "community.idea.no_such_idea").On("to")
	}
	if i.MergedInto != "" {
		return problem.New(problem.Conflict, "community.idea.is_merged")
	}
	return s.rule(ctx, "community.merge_idea", idea, map[string]string{"community": community, "to": to.ID}, ledger.Activity{Kind: ledger.IdeaMerged, Actor: actorOf(w),
		Object: idea, Channel: i.Channel, At: s.Now(), Key: "merged:" + idea + ":" + i.last, Data: ledger.Data(ledger.Joined{Into: to.ID, Reason: reason, By: lineOf(w.Name)})})
}

// Part takes an idea out of the one it was taken into: its votes count for itself again, and for the other no more. Who was for the other alone stays there.
func (s *Service) Part(ctx context.Context, community, idea, reason string) error {
	i, w, err := s.judged(ctx, community, idea, false)
	if err != nil {
		return err
	}
	if i.MergedInto == "" {
		return problem.New(problem.Conflict, "community.idea.not_merged")
	}
	i.MergedInto = "" // what is asked of a reason is asked here too
	if reason, err = checkJudgement(&i, i.Status, reason); err != nil {
		return err
	}
	return s.rule(ctx, "community.part_idea", idea, map[string]string{"community": community}, ledger.Activity{Kind: ledger.IdeaMerged, Actor: actorOf(w),
		Object: idea, Channel: i.Channel, At: s.Now(), Key: "parted:" + idea + ":" + i.last, Data: ledger.Data(ledger.Joined{Reason: reason, By: lineOf(w.Name)})})
}
