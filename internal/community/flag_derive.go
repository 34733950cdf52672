package community

import (
	"context"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// What belongs to a hidden post is kept under another name, so that nothing that looks for the post finds it.
const aside = "hidden:"

// besides are the tables of what belongs to a post and would show what it said.
func besides() []string {
	return []string{"community_edit", "community_post_file", "community_mention", "community_reaction"}
}

// deriveHidden makes a post look as if it had been taken away, and keeps what it said aside for its author and the moderators.
func deriveHidden(ctx context.Context, q db.Q, a *ledger.Activity) error {
	p, found, err := db.One(ctx, q, spotFields, spotQuery+"p.id = $1", a.Object)
	if err != nil || !found || p.deleted {
		return err
	}
	if _, err := db.Exec(ctx, q, `INSERT INTO community_hidden (post, author_name, title, markup, html, excerpt, tags, at, accepted)
		SELECT p.id, p.author_name, p.title, p.markup, p.html, CASE WHEN p.id = t.id THEN t.excerpt ELSE '' END, CASE WHEN p.id = t.id THEN t.tags ELSE '[]' END, $1, CASE WHEN t.accepted = p.id THEN 1 ELSE 0 END
		FROM community_post p JOIN community_thread t ON t.id = p.thread WHERE p.id = $2 ON CONFLICT DO NOTHING`, db.T(a.At), p.id); err != nil {
		return err
	}
	for _, table := range besides() {
		if _, err := db.Exec(ctx, q, "UPDATE "+table+" SET post = $1 WHERE post = $2", aside+p.id, p.id); err != nil {
			return err
		}
	}
	return deriveDeleted(ctx, q, a)
}

// deriveShown shows a hidden post again, with the reactions on it. An answer is the accepted one again, unless that was decided otherwise meanwhile.
func deriveShown(ctx context.Context, q db.Q, a *ledger.Activity) error {
	p, found, err := db.One(ctx, q, spotFields, spotQuery+"p.id = $1 AND p.id IN (SELECT h.post FROM community_hidden h)", a.Object)
	if err != nil || !found {
		return err
	}
	if _, err := db.Exec(ctx, q, `UPDATE community_post SET deleted_at = NULL, author_name = h.author_name, title = h.title, markup = h.markup, html = h.html
		FROM community_hidden h WHERE h.post = community_post.id AND community_post.id = $1`, p.id); err != nil {
		return err
	}
	if p.id == p.thread {
		if _, err := db.Exec(ctx, q, `UPDATE community_thread SET deleted_at = NULL, author_name = h.author_name, title = h.title, excerpt = h.excerpt, tags = h.tags
			FROM community_hidden h WHERE h.post = community_thread.id AND community_thread.id = $1`, p.id); err != nil {
			return err
		}
	} else if p.kind != "comment" {
		if _, err := db.Exec(ctx, q, "UPDATE community_thread SET replies = replies + 1 WHERE id = $1", p.thread); err != nil {
			return err
		}
	}
	if _, err := db.Exec(ctx, q, `UPDATE community_thread SET accepted = $1 WHERE id = $2 AND kind = 'question' AND accepted = '' AND EXISTS (SELECT 1 FROM community_hidden h
		JOIN community_post p ON p.id = h.post WHERE h.post = $1 AND h.accepted = 1 AND p.kind = 'answer')`, p.id, p.thread); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_post SET accepted = 1 WHERE id = $1 AND EXISTS (SELECT 1 FROM community_thread t WHERE t.id = community_post.thread AND t.accepted = $1)", p.id); err != nil {
		return err
	}
	for _, table := range besides() {
		if _, err := db.Exec(ctx, q, "UPDATE "+table+" SET post = $1 WHERE post = $2", p.id, aside+p.id); err != nil {
			return err
		}
	}
	_, err = db.Exec(ctx, q, "DELETE FROM community_hidden WHERE post = $1", p.id)
	return err
}

// forgetHidden drops what a hidden post said that is taken away for good.
func forgetHidden(ctx context.Context, q db.Q, post string) error {
	n, err := db.Exec(ctx, q, "DELETE FROM community_hidden WHERE post = $1", post)
	if err != nil || n == 0 {
		return err
	}
	for _, table := range besides() {
		if _, err := db.Exec(ctx, q, "DELETE FROM "+table+" WHERE post = $1", aside+post); err != nil {
			return err
		}
	}
	return nil
}
