package inboxweb

import (
	"context"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web/ui"
)

// With is the panel of the conversations in which these identities speak, for the page of a person. A panel is an extra: where it cannot
// be read the page stands without it.
func With(ctx context.Context, s *inbox.Service, uris []string) []ui.Panel {
	list, err := s.ByAuthors(ctx, uris, 10)
	if err != nil {
		return nil
	}
	return panel(ctx, s, i18n.T(ctx, "inbox.conversations"), list)
}

// AboutPost is the panel of the conversation about a post's thread, with a button that opens one where there is none.
func AboutPost(ctx context.Context, s *inbox.Service, post string) []ui.Panel {
	if org.Require(ctx, org.InboxRead) != nil {
		return nil
	}
	c, found, err := s.Of(ctx, post)
	if err != nil {
		return nil
	}
	if found {
		return panel(ctx, s, i18n.T(ctx, "inbox.conversation"), []inbox.Conversation{c})
	}
	p, err := s.Post(ctx, post)
	if err != nil || p.Ours || !p.DeletedAt.IsZero() || org.Require(ctx, org.InboxEdit) != nil {
		return nil
	}
	return []ui.Panel{{Title: i18n.T(ctx, "inbox.conversation"), Body: opener(post)}}
}

func panel(ctx context.Context, s *inbox.Service, title string, list []inbox.Conversation) []ui.Panel {
	named, called, err := s.Names(ctx, list...)
	if err != nil {
		return nil
	}
	return []ui.Panel{{Title: title, Body: conversations(&queueView{now: s.Now(), list: list, named: named, called: called, me: me(ctx)})}}
}
