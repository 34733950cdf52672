package govern

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/govern/ready"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Claim is a level that somebody gave a question, with what there is to show for it.
type Claim struct {
	ID         string
	Question   string
	Level      int
	Evidence   string
	Link       string
	EvidenceOn time.Time // of what day the evidence is
	Member     string    // who says so
	At         time.Time
}

func claimFields(c *Claim) []any {
	return []any{&c.ID, &c.Question, &c.Level, &c.Evidence, &c.Link, db.At(&c.EvidenceOn), &c.Member, db.At(&c.At)}
}

// Readiness is where the organisation stands, and how it came there.
type Readiness struct {
	Claims  map[string]Claim // by question, the last ones
	Levels  map[string]int
	Scores  []ready.Score
	Before  []ready.Score // ninety days ago; nil when nothing was answered then
	History []Moment      // each day on which something was answered, oldest first
	Gate    ready.Gate
	Opening *Opening // an owner opened it all the same
}

// Moment is where the four stood at the end of a day.
type Moment struct {
	At     time.Time
	Scores []ready.Score
}

// Opening is an owner's word that a public service opens although the organisation is not ready.
type Opening struct {
	ID          string
	Reason      string
	Member      string
	At          time.Time
	UntilAt     time.Time
	WithdrawnAt time.Time
}

// Open reports whether a public service channel may open: because the organisation is ready, or because an owner said so.
func (r Readiness) Open() bool { return r.Gate.Open || r.Opening != nil }

// Readiness reads where the organisation stands.
func (s *Service) Readiness(ctx context.Context) (Readiness, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Readiness{}, err
	}
	return s.readiness(ctx)
}

func (s *Service) readiness(ctx context.Context) (Readiness, error) {
	q := s.db.Read()
	claims, err := db.All(ctx, q, claimFields, "SELECT id, question, level, evidence, link, evidence_on, member, at FROM readiness_answer ORDER BY at, id")
	if err != nil {
		return Readiness{}, fmt.Errorf("read readiness: %w", err)
	}
	now := s.Now()
	r := Readiness{Claims: map[string]Claim{}}
	var answers []ready.Answer
	for _, c := range claims {
		r.Claims[c.Question] = c
		answers = append(answers, ready.Answer{Question: c.Question, Level: c.Level, At: c.At})
	}
	r.Levels = ready.Levels(answers, now)
	r.Scores = ready.Scores(r.Levels)
	if before := ready.Levels(answers, now.AddDate(0, 0, -90)); len(before) > 0 {
		r.Before = ready.Scores(before)
	}
	for i, a := range answers {
		day := a.At.Truncate(24 * time.Hour)
		if i+1 < len(answers) && answers[i+1].At.Truncate(24*time.Hour).Equal(day) {
			continue
		}
		r.History = append(r.History, Moment{day, ready.Scores(ready.Levels(answers[:i+1], a.At))})
	}
	r.Gate = ready.ServiceGate(r.Levels)
	o, found, err := db.One(ctx, q, openingFields, "SELECT "+openingColumns+" FROM gate_opening WHERE withdrawn_at IS NULL AND until_at > $1 ORDER BY at DESC LIMIT 1", db.T(now))
	if err != nil {
		return r, fmt.Errorf("read the opening of the gate: %w", err)
	}
	if found {
		r.Opening = &o
	}
	return r, nil
}

// Claim gives a question a level. From level 3 on something to show for it is needed, and of what day it is.
func (s *Service) Claim(ctx context.Context, c Claim) (Claim, error) {
	n := s.notes(ctx)
	q, found := ready.Find(c.Question)
	if !found {
		return c, notFound()
	}
	if c.Level < 0 || c.Level > ready.Highest {
		n.refuse("level", "govern.choice_bad")
	}
	n.text(&c.Evidence, "evidence", 2000)
	n.text(&c.Link, "link", 500)
	if c.Link != "" {
		if u, err := url.Parse(c.Link); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			n.refuse("link", "govern.link_bad")
		}
	}
	n.day(c.EvidenceOn, "evidence_on")
	if c.EvidenceOn.After(s.Now().AddDate(0, 0, 1)) {
		n.refuse("evidence_on", "govern.evidence_future")
	}
	if c.Level >= ready.NeedsEvidence {
		if c.Evidence == "" && c.Link == "" {
			n.refuse("evidence", "govern.evidence_missing", "Level", ready.NeedsEvidence)
		}
		if c.EvidenceOn.IsZero() {
			n.refuse("evidence_on", "govern.evidence_undated")
		}
	}
	if err := n.err(); err != nil {
		return c, err
	}
	c.ID, c.At, c.Member = s.newID(), s.Now(), me(ctx)
	return c, s.edit(ctx, org.StrategyEdit, "govern.readiness_claimed", "readiness:"+q.ID, map[string]any{"level": c.Level, "evidence": c.Evidence, "link": c.Link}, func(ctx context.Context, q db.Q) error {
		return db.Insert(ctx, q, "readiness_answer (id, question, level, evidence, link, evidence_on, member, at)",
			[][]any{{c.ID, c.Question, c.Level, c.Evidence, c.Link, db.T(c.EvidenceOn), c.Member, db.T(c.At)}}, "")
	})
}

// Claims lists how the level of a question changed, newest first.
func (s *Service) Claims(ctx context.Context, question string) ([]Claim, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), claimFields, "SELECT id, question, level, evidence, link, evidence_on, member, at FROM readiness_answer WHERE question = $1 ORDER BY at DESC, id DESC"+db.Limit(100), question)
	if err != nil {
		return nil, fmt.Errorf("read answers: %w", err)
	}
	return list, nil
}

const openingColumns = "id, reason, member, at, until_at, withdrawn_at"

func openingFields(o *Opening) []any {
	return []any{&o.ID, &o.Reason, &o.Member, db.At(&o.At), db.At(&o.UntilAt), db.At(&o.WithdrawnAt)}
}

// openFor is how long an owner's word holds: until then the organisation is ready, or the owner says so again.
const openFor = 90 * 24 * time.Hour

// OpenGate lets public service channels open although the organisation is not ready. Only an owner may; the reason is noted.
func (s *Service) OpenGate(ctx context.Context, reason string) (Opening, error) {
	n := s.notes(ctx)
	if n.need(&reason, "reason", 1000); n.err() != nil {
		return Opening{}, n.err()
	}
	o := Opening{ID: s.newID(), Reason: reason, Member: me(ctx), At: s.Now(), UntilAt: s.Now().Add(openFor)}
	r, err := s.readiness(ctx)
	if err != nil {
		return o, err
	}
	details := map[string]any{"reason": reason, "readiness": r.Gate.Readiness, "until": o.UntilAt}
	return o, s.edit(ctx, org.OrgEdit, "govern.gate_opened", "gate:"+o.ID, details, func(ctx context.Context, q db.Q) error {
		return db.Insert(ctx, q, "gate_opening ("+openingColumns+")", [][]any{{o.ID, o.Reason, o.Member, db.T(o.At), db.T(o.UntilAt), nil}}, "")
	})
}

// CloseGate takes the owner's word back. Channels that are open stay so.
func (s *Service) CloseGate(ctx context.Context) error {
	now := s.Now()
	return s.edit(ctx, org.OrgEdit, "govern.gate_closed", "gate", nil, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE gate_opening SET withdrawn_at = $1 WHERE withdrawn_at IS NULL AND until_at > $1", db.T(now))
		if err == nil && n == 0 {
			err = notFound()
		}
		return err
	})
}

// MayServe refuses to open a public service, one whose posts come into the inbox and that can answer where everybody reads, while the
// organisation is not ready for it; the refusal says why and what to do first. The operator, who fills and restores installations, is not
// asked. It needs no permission: it is for whoever opens a channel.
func (s *Service) MayServe(ctx context.Context) error {
	if org.IsOperator(ctx) {
		return nil
	}
	r, err := s.readiness(ctx)
	if err != nil {
		return err
	}
	if r.Open() {
		return nil
	}
	return problem.New(problem.Conflict, "govern.gate_shut", "Is", i18n.Number(ctx, r.Gate.Readiness, 1), "Needed", i18n.Number(ctx, ready.ServiceThreshold, 0), "Count", len(r.Gate.First),
		"First", i18n.T(ctx, "govern.ready."+r.Gate.First[0].Question.ID+".do"))
}
