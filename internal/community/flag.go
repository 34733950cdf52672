package community

import (
	"context"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

// Reasons why something is flagged or decided against.
func Reasons() []string { return []string{"spam", "rude", "illegal", "private", "off_topic", "other"} }

func knownReason(r string) bool { return slices.Contains(Reasons(), r) }

// maxWords bounds what is said with a flag, a decision or an appeal; mostFlags is how many flags a member may raise within a day.
const (
	maxWords  = 1000
	mostFlags = 30
)

func flagWords(reason, words string) (string, error) {
	words = TextOf(words)
	switch {
	case !knownReason(reason):
		return "", problem.New(problem.Invalid, "problem.required").On("reason")
	case reason == "other" && words == "":
		return "", problem.New(problem.Invalid, "community.moderation.say_why").On("words")
	case utf8.RuneCountInString(words) > maxWords:
		return "", problem.New(problem.Invalid, "problem.too_long", "Max", maxWords).On("words")
	}
	return words, nil
}

// objection is what somebody says against something that somebody else made: who they are, what they see, why.
type objection struct {
	by            string // id of a member, or the address of a guest
	wrote         func(author string) bool
	sees          Sight
	reason, words string
}

// object begins a flag, or a decision without one.
func (s *Service) object(ctx context.Context, reason, words string) (b objection, err error) {
	m, err := signedIn(ctx)
	if err != nil {
		return b, err
	}
	b.by, b.wrote = m.ID, func(author string) bool { return Wrote(m, author) }
	if b.sees, err = s.Sees(ctx, nil); err != nil {
		return b, err
	}
	b.reason = reason
	b.words, err = flagWords(reason, words)
	return b, err
}

// to fills in whose it is what a case is about; nobody objects to what they made themselves.
func (s *Service) to(ctx context.Context, b *objection, c *Case) (err error) {
	if b.wrote(c.Author) {
		return problem.New(problem.Forbidden, "community.moderation.own_post")
	}
	c.Member, err = s.memberOf(ctx, c.Author)
	return err
}

// Flag tells the moderators that something is wrong with a post. Whoever flags it again changes nothing.
func (s *Service) Flag(ctx context.Context, community, post, reason, words string) error {
	b, err := s.object(ctx, reason, words)
	if err != nil {
		return err
	}
	return s.flagPost(ctx, &b, community, post)
}

func (s *Service) flagPost(ctx context.Context, b *objection, community, post string) error {
	p, t, err := s.Post(ctx, b.sees, community, post)
	if err != nil {
		return err
	}
	if !p.DeletedAt.IsZero() {
		return problem.New(problem.Conflict, "community.post.removed")
	}
	return s.raise(ctx, b, &Case{Community: community, Space: t.Space, Post: p.ID, Author: p.Author, AuthorName: p.AuthorName}, saidBy(&p))
}

func saidBy(p *Post) *flagged {
	return &flagged{Title: p.Title, Markup: p.Markup, Text: textOf(p.Markup)}
}

// raise keeps a flag, in the open case of what it is about, with what that says and shows now.
func (s *Service) raise(ctx context.Context, b *objection, c *Case, says *flagged) error {
	if err := s.to(ctx, b, c); err != nil {
		return err
	}
	now := s.Now()
	content, err := says.raw()
	if err != nil {
		return err
	}
	action, about := "community.flag", "post:"+c.Post
	if c.What != "" {
		action += "_" + c.What
	}
	if c.What == AProfile {
		about = "member:" + c.Post
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_flag WHERE member = $1 AND at > $2", b.by, db.T(now.Add(-24*time.Hour)))
		if err != nil {
			return fmt.Errorf("count the flags of somebody: %w", err)
		}
		if n >= mostFlags {
			return problem.New(problem.Busy, "community.moderation.many_flags")
		}
		opened := s.newID()
		if err := db.Insert(ctx, q, "community_case (id, kind, what, community, space, post, author, member, author_name, content, state, at)",
			[][]any{{opened, "flag", c.What, c.Community, c.Space, c.Post, c.Author, c.Member, c.AuthorName, content, "open", db.T(now)}}, "ON CONFLICT DO NOTHING"); err != nil {
			return fmt.Errorf("open a case: %w", err)
		}
		id, _, err := db.Value[string](ctx, q, "SELECT id FROM community_case WHERE post = $1 AND kind = 'flag' AND state = 'open'", c.Post)
		if err != nil {
			return fmt.Errorf("find the case of a post: %w", err)
		}
		if id == opened && says.Picture != "" {
			if _, err := db.Exec(ctx, q, `UPDATE community_case SET picture = (SELECT p.picture FROM community_profile p WHERE p.member = $1 AND p.picture_sum = $2),
				picture_type = COALESCE((SELECT p.picture_type FROM community_profile p WHERE p.member = $1 AND p.picture_sum = $2), '') WHERE id = $3`, c.Post, says.Picture, id); err != nil {
				return fmt.Errorf("keep a picture that was flagged: %w", err)
			}
		}
		if err := db.Insert(ctx, q, "community_flag (case_id, member, reason, words, at)", [][]any{{id, b.by, b.reason, b.words, db.T(now)}}, "ON CONFLICT DO NOTHING"); err != nil {
			return fmt.Errorf("keep a flag: %w", err)
		}
		return s.org.Audit(ctx, q, action, about, map[string]string{"community": c.Community, "reason": b.reason})
	})
}

// causeRemoved marks a case that no flag opened: a moderator decided at once.
const causeRemoved = "removed"

// Remove decides against a post that somebody else wrote, without a flag before: "hidden", which its author may appeal against, or "deleted", for good. It is a case
// like others: with a reason, told to the author, counted. An open case of the post is decided by it.
func (s *Service) Remove(ctx context.Context, community, post, decision, reason, words string) error {
	b, err := s.object(ctx, reason, words)
	if err != nil {
		return err
	}
	p, t, err := s.Post(ctx, b.sees, community, post)
	if err != nil {
		return err
	}
	switch {
	case !b.sees.MayModerate(t.Space):
		return problem.New(problem.Forbidden, "community.post.not_yours")
	case !p.DeletedAt.IsZero():
		return problem.New(problem.Conflict, "community.post.removed")
	case decision != "hidden" && decision != "deleted":
		return problem.New(problem.Invalid, "problem.bad_form")
	}
	c := Case{Author: p.Author}
	if err := s.to(ctx, &b, &c); err != nil {
		return err
	}
	id := ""
	if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := db.Insert(ctx, q, "community_case (id, kind, community, space, post, author, member, author_name, cause, state, at)",
			[][]any{{s.newID(), "flag", community, t.Space, p.ID, p.Author, c.Member, p.AuthorName, causeRemoved, "open", db.T(s.Now())}}, "ON CONFLICT DO NOTHING"); err != nil {
			return fmt.Errorf("open a case: %w", err)
		}
		id, _, err = db.Value[string](ctx, q, "SELECT id FROM community_case WHERE post = $1 AND kind = 'flag' AND state = 'open'", p.ID)
		return err
	}); err != nil {
		return fmt.Errorf("find the case of a post: %w", err)
	}
	return s.Decide(ctx, id, decision, b.reason, b.words)
}

// keepFlagged keeps what a post said with the case that is open about it, in the transaction that takes the post away: otherwise whoever wrote it would take the words from
// those who have to decide. What it said when it was flagged is kept already.
func (s *Service) keepFlagged(ctx context.Context, q db.Q, p *Post) error {
	raw, err := saidBy(p).raw()
	if err != nil {
		return err
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_case SET content = $1 WHERE post = $2 AND kind = 'flag' AND state = 'open' AND content = ''", raw, p.ID); err != nil {
		return fmt.Errorf("keep what was flagged: %w", err)
	}
	return nil
}
