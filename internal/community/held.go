package community

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// Why a post waits.
const (
	CauseFirst   = "first"
	CauseBlocked = "blocked"
)

const waitsKey = "community.moderation.waits"

// Waits reports whether something was not said but waits for a moderator to agree.
func Waits(err error) bool { return err != nil && problem.Of(err).Key == waitsKey }

// hold keeps back what somebody would say who is new, or what has something blocked in it: it is stated when a moderator agrees, and until then it
// is nowhere but in their queue and among what its author wrote. Closed groups hold nothing: a person let them in. It returns nil when nothing
// stands against saying it.
func (s *Service) hold(ctx context.Context, w *speaker, a *ledger.Activity, said *ledger.Said) error {
	if staff(w.member) || w.sight.MayModerate(w.space.ID) || !w.listenable() {
		return nil
	}
	t, err := s.trust(ctx, &w.community, w.member)
	if err != nil {
		return err
	}
	if err := s.slowed(ctx, w, t); err != nil {
		return err
	}
	rule, err := s.Rule(ctx, w.community.ID)
	if err != nil {
		return err
	}
	doc, _ := markup.Render(said.Markup)
	cause := ""
	switch {
	case blockedBy(rule.Blocked, said.Title+"\n"+said.Text+eventWords(said.Event), doc.Links) != "":
		cause = CauseBlocked
	case rule.FirstPosts > 0 && t.Points() < rule.FirstPosts:
		cause = CauseFirst
	default:
		return nil
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("keep a post that waits: %w", err)
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_case WHERE member = $1 AND community = $2 AND kind = 'held' AND state = 'open' AND id <> $3", w.member.ID, w.community.ID, a.ID)
		if err != nil {
			return fmt.Errorf("count what waits of somebody: %w", err)
		}
		if n >= mostWaiting {
			return problem.New(problem.Busy, "community.moderation.many_waiting", "Max", mostWaiting)
		}
		if err := db.Insert(ctx, q, "community_case (id, kind, community, space, post, author, member, author_name, cause, content, state, at)",
			[][]any{{a.ID, "held", w.community.ID, w.space.ID, a.ID, a.Actor, w.member.ID, said.AuthorName, cause, string(raw), "open", db.T(s.Now())}}, "ON CONFLICT DO NOTHING"); err != nil {
			return fmt.Errorf("keep a post that waits: %w", err)
		}
		return s.join(ctx, q, w.sight, w.community.ID)
	})
	if err != nil {
		return err
	}
	return problem.New(problem.Conflict, waitsKey)
}

// screen refuses an edit that puts in what makes new posts wait.
func (s *Service) screen(ctx context.Context, w *speaker, said *ledger.Said) error {
	if staff(w.member) || w.sight.MayModerate(w.space.ID) {
		return nil
	}
	rule, err := s.Rule(ctx, w.community.ID)
	if err != nil || len(rule.Blocked) == 0 {
		return err
	}
	doc, _ := markup.Render(said.Markup)
	if entry := blockedBy(rule.Blocked, said.Title+"\n"+said.Text, doc.Links); entry != "" {
		return problem.New(problem.Invalid, "community.moderation.blocked_edit").On("body")
	}
	return nil
}

// publish says what waited, now, in the transaction of the decision.
func (s *Service) publish(ctx context.Context, q db.Q, c *Case) ([]ledger.Activity, error) {
	var a ledger.Activity
	if err := json.Unmarshal([]byte(c.content), &a); err != nil {
		return nil, fmt.Errorf("read a post that waited: %w", err)
	}
	a.At, a.LearnedAt = s.Now(), time.Time{}
	a.Seq, a.Tx = 0, 0
	if a.Kind == ledger.PostEdited || a.Kind == ledger.EventSet {
		return s.publishEdit(ctx, q, c, a)
	}
	return s.ledger.AppendTx(ctx, q, a)
}

// Unseen is something of whoever acts that is not shown: it waits, was declined or was hidden; or what they may not do.
type Unseen struct {
	Case
	Title, HTML string
	Appealed    bool
}

// Own lists what whoever acts wrote in a community and others do not see, the newest first.
func (s *Service) Own(ctx context.Context, community string) ([]Unseen, error) {
	m, err := signedIn(ctx)
	if err != nil {
		return nil, err
	}
	list, err := s.cases(ctx, "c.member = $1 AND c.community = $2 AND c.kind <> 'appeal' AND (c.kind = 'held' AND c.state IN ('open', 'declined') OR c.state = 'hidden')", m.ID, community)
	if err != nil {
		return nil, err
	}
	var out []Unseen
	for i := range list {
		w := Unseen{Case: list[i], Appealed: list[i].appeal != ""}
		if w.Title, w.HTML, _, err = s.content(ctx, &list[i]); err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// content is the title, the safe HTML and the words of what a case is about.
func (s *Service) content(ctx context.Context, c *Case) (title, html, words string, err error) {
	if c.Kind == "held" && c.content != "" {
		var a ledger.Activity
		if err := json.Unmarshal([]byte(c.content), &a); err != nil {
			return "", "", "", fmt.Errorf("read what waits: %w", err)
		}
		if a.Kind == ledger.EventSet {
			return s.planned(ctx, &a)
		}
		said, err := a.Said()
		if err != nil {
			return "", "", "", err
		}
		_, html := written("", said)
		return said.Title, html, said.Text, nil
	}
	x, err := s.standing(ctx, c)
	if err != nil {
		return "", "", "", err
	}
	f, kept, err := c.was()
	if err != nil {
		return "", "", "", err
	}
	if x.there() && !(kept && c.What != "" && c.State == "hidden") { // what was written since is not what was decided on
		words = x.source
		if c.What != AProfile {
			words = textOf(x.source)
		}
		return x.title, x.html, words, nil
	}
	if !kept {
		return "", "", "", nil
	}
	return f.Title, f.html(), f.Text, nil // as it was when it was flagged: its author took it away
}
