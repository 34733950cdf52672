package community

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// against is the decision that an appeal is about: on a post, or on a member.
func (s *Service) against(ctx context.Context, c *Case) (Case, Sanction, error) {
	q := s.db.Read()
	was, found, err := db.One(ctx, q, caseFields, "SELECT "+caseColumns+caseTables+"WHERE c.id = $1", c.About)
	if err != nil || found {
		return was, Sanction{}, err
	}
	x, found, err := db.One(ctx, q, sanctionFields, "SELECT "+sanctionColumns+" FROM community_sanction x WHERE x.id = $1", c.About)
	if err != nil || !found {
		return was, x, orNotFound(err)
	}
	return was, x, nil
}

// Appeal says that a decision on what whoever acts wrote, or on themselves, was wrong: once, and another moderator answers. What was removed for good
// cannot come back, so there is no appeal against that.
func (s *Service) Appeal(ctx context.Context, community, about, words string) error {
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	words = TextOf(words)
	switch {
	case words == "":
		return problem.New(problem.Invalid, "problem.required").On("words")
	case utf8.RuneCountInString(words) > maxWords:
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxWords).On("words")
	}
	was, x, err := s.against(ctx, &Case{About: about})
	if err != nil {
		return err
	}
	switch {
	case was.ID != "" && (was.Member != m.ID || was.Community != community), x.ID != "" && (x.Member != m.ID || x.Community != community):
		return notFound()
	case was.ID != "" && (was.Kind == "appeal" || was.State != "hidden" && was.State != "declined"), x.ID != "" && !x.holds(s.Now()):
		return problem.New(problem.Conflict, "community.moderation.no_appeal")
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, `INSERT INTO community_case (id, kind, community, space, post, about, author, member, author_name, words, state, at, what)
			VALUES ($1, 'appeal', $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10, $11) ON CONFLICT DO NOTHING`,
			s.newID(), community, was.Space, was.Post, about, actorOf(m), m.ID, m.Name, words, db.T(s.Now()), was.What)
		if err != nil {
			return fmt.Errorf("keep an appeal: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "community.moderation.appealed")
		}
		return s.org.Audit(ctx, q, "community.appeal", "case:"+about, map[string]string{"community": community})
	})
}

// overturn takes a decision back.
func (s *Service) overturn(ctx context.Context, q db.Q, b *Brief, words string) ([]ledger.Activity, error) {
	if b.Sanction.ID != "" {
		return nil, s.endSanction(ctx, q, b.Sanction, words)
	}
	state, kind := "kept", BackPost
	var stated []ledger.Activity
	var err error
	if b.Against.Kind == "held" {
		state, kind = "published", LetThrough
		stated, err = s.publish(ctx, q, &b.Against)
	} else {
		stated, err = s.turnAny(ctx, q, &b.Against, "", words)
	}
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_case SET state = $1 WHERE id = $2", state, b.Against.ID); err != nil {
		return nil, fmt.Errorf("take a decision back: %w", err)
	}
	post := b.Post
	if b.What != "" {
		post = ""
	}
	return stated, s.word(ctx, q, Notice{Member: b.Member, Community: b.Community, Kind: kind, Post: post, Subject: b.ID, Words: strings.TrimSpace(b.Title + "\n" + words)})
}

// AppealOf gives the appeal against a decision or a sanction, if there is one.
func (s *Service) AppealOf(ctx context.Context, about string) (Case, bool, error) {
	c, found, err := db.One(ctx, s.db.Read(), caseFields, "SELECT "+caseColumns+caseTables+"WHERE c.about = $1 AND c.kind = 'appeal'", about)
	if err != nil {
		return c, false, fmt.Errorf("find an appeal: %w", err)
	}
	return c, found, nil
}
