package community

import (
	"context"
	"encoding/json"
	"fmt"
	stdhtml "html"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// CauseEdit is why an edit waits: it makes another post of one that was agreed to.
const CauseEdit = "edit"

// settled is how much trust beyond that of first posts it takes until edits are no longer looked at, much the share of a text that may be new.
const (
	settled = 5
	much    = 0.3
)

// changedMuch reports whether an edit makes another post of one: much of it is new, it is called otherwise, or it leads somewhere else.
func changedMuch(wasTitle, was, isTitle, is string) bool {
	if leadsElsewhere(was, is) {
		return true
	}
	fresh, all := 0, 0
	for _, pair := range [][2]string{{wasTitle, isTitle}, {was, is}} {
		for _, p := range Difference(pair[0], pair[1]) {
			n := utf8.RuneCountInString(p.Text)
			if p.Added {
				fresh += n
			}
			if !p.Removed {
				all += n
			}
		}
	}
	return float64(fresh) > much*float64(max(all, 1))
}

// leadsElsewhere reports whether an edit brings links that were not there.
func leadsElsewhere(was, is string) bool {
	before, _ := markup.Render(was)
	after, _ := markup.Render(is)
	return slices.ContainsFunc(after.Links, func(l string) bool { return !slices.Contains(before.Links, l) })
}

// holdEdit keeps back what somebody new would make of a post of theirs where first posts wait: what was agreed to stays until a moderator agrees to
// the other too. A later edit takes the place of one that waits. It returns nil when nothing stands against the edit.
func (s *Service) holdEdit(ctx context.Context, w *speaker, p *Post, a *ledger.Activity, said *ledger.Said) error {
	if looked, err := s.lookedAt(ctx, w); err != nil || !looked || !changedMuch(p.Title, p.Markup, said.Title, said.Markup) {
		return err
	}
	return s.holdChange(ctx, w, w.member.ID, p.ID, said.AuthorName, a)
}

// holdEvent does so with what those who enrolled would be told of an event: when and where it is, and the words of who announced it.
func (s *Service) holdEvent(ctx context.Context, w *speaker, e *Event, a *ledger.Activity, to *ledger.Event) error {
	told := !to.StartsAt.Equal(e.StartsAt) || !to.EndsAt.Equal(e.EndsAt) || to.Place != e.Place || to.Link != e.Link || to.Cancelled != e.Cancelled || len(to.More) > 0 || to.Reason != ""
	if looked, err := s.lookedAt(ctx, w); err != nil || !looked || !told {
		return err
	}
	return s.holdChange(ctx, w, w.member.ID, e.ID, to.By, a)
}

// lookedAt reports whether a moderator looks at what somebody changes of what they said.
func (s *Service) lookedAt(ctx context.Context, w *speaker) (bool, error) {
	if staff(w.member) || w.sight.MayModerate(w.space.ID) || !w.listenable() {
		return false, nil
	}
	rule, err := s.Rule(ctx, w.community.ID)
	if err != nil || rule.FirstPosts == 0 {
		return false, err
	}
	t, err := s.trust(ctx, &w.community, w.member)
	return t.Points() < rule.FirstPosts+settled, err
}

// holdChange keeps what a member, or a guest of elsewhere (""), would make of a post.
func (s *Service) holdChange(ctx context.Context, w *speaker, member, post, authorName string, a *ledger.Activity) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("keep an edit that waits: %w", err)
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE community_case SET state = 'gone' WHERE kind = 'held' AND cause = $1 AND post = $2 AND state = 'open'", CauseEdit, post); err != nil {
			return fmt.Errorf("take back an edit that waits: %w", err)
		}
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_case WHERE member = $1 AND author = $2 AND community = $3 AND kind = 'held' AND state = 'open'", member, a.Actor, w.community.ID)
		if err != nil {
			return fmt.Errorf("count what waits of somebody: %w", err)
		}
		if n >= mostWaiting {
			return problem.New(problem.Busy, "community.moderation.many_waiting", "Max", mostWaiting)
		}
		if err := db.Insert(ctx, q, "community_case (id, kind, community, space, post, author, member, author_name, cause, content, state, at)",
			[][]any{{s.newID(), "held", w.community.ID, w.space.ID, post, a.Actor, member, authorName, CauseEdit, string(raw), "open", db.T(s.Now())}}, ""); err != nil {
			return fmt.Errorf("keep an edit that waits: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return problem.New(problem.Conflict, waitsKey)
}

// planned is what a change of an event that waits says, in words.
func (s *Service) planned(ctx context.Context, a *ledger.Activity) (title, html, words string, err error) {
	var to ledger.Event
	if err := a.Decode(&to); err != nil {
		return "", "", "", err
	}
	if title, _, err = db.Value[string](ctx, s.db.Read(), "SELECT title FROM community_thread WHERE id = $1", a.Object); err != nil {
		return "", "", "", fmt.Errorf("read what an event is called: %w", err)
	}
	e := Event{StartsAt: to.StartsAt, EndsAt: to.EndsAt, Zone: to.Zone}
	lines := []string{e.When(ctx) + " (" + to.Zone + ")", to.Place, to.Link, to.Reason}
	if to.Cancelled {
		lines = []string{i18n.T(ctx, "community.event.is_off"), to.Reason}
	}
	lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" })
	for _, l := range lines {
		html += "<p>" + strings.ReplaceAll(stdhtml.EscapeString(l), "\n", "<br>") + "</p>"
	}
	return title, html, strings.Join(lines, "\n"), nil
}

// publishEdit states an edit that waited, unless the post was changed or taken away meanwhile: it would undo that.
func (s *Service) publishEdit(ctx context.Context, q db.Q, c *Case, a ledger.Activity) ([]ledger.Activity, error) {
	there, _, err := db.Value[int](ctx, q, "SELECT 1 FROM community_post WHERE id = $1 AND deleted_at IS NULL", c.Post)
	if err != nil {
		return nil, fmt.Errorf("find the post of an edit: %w", err)
	}
	var stated []ledger.Activity
	if there == 1 {
		if stated, err = s.ledger.AppendTx(ctx, q, a); err != nil {
			return nil, err
		}
	}
	if len(stated) == 0 {
		return nil, problem.New(problem.Conflict, "community.moderation.edit_outdated")
	}
	return stated, nil
}
