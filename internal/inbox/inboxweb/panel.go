package inboxweb

import (
	"context"
	"slices"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web/ui"
)

// AboutPost is the panel that other pages show beside a post: the conversation about it, or the way to open one.
func AboutPost(ctx context.Context, s *inbox.Service, post string) []ui.Panel {
	m := org.Who(ctx)
	if !m.May(org.InboxRead) {
		return nil
	}
	c, found, err := s.Of(ctx, post)
	if err != nil {
		return nil // a panel is an extra; the page stands without it
	}
	if !found && !m.May(org.InboxEdit) {
		return nil
	}
	return []ui.Panel{{Title: i18n.T(ctx, "inbox.panel.conversation"), Body: aboutPost(post, c, found)}}
}

// With is the panel that other pages show beside somebody: the conversations with them, but for the one that is looked at, if any.
func With(ctx context.Context, s *inbox.Service, uris []string, but string) []ui.Panel {
	if !org.Who(ctx).May(org.InboxRead) || len(uris) == 0 {
		return nil
	}
	list, err := s.ByAuthors(ctx, uris, 8)
	list = slices.DeleteFunc(list, func(c inbox.Conversation) bool { return c.ID == but })
	if err != nil || len(list) == 0 {
		return nil
	}
	title := "inbox.panel.conversations"
	if but != "" {
		title = "inbox.panel.others"
	}
	return []ui.Panel{{Title: i18n.T(ctx, title), Body: withAuthors(list)}}
}

func panelTitle(ctx context.Context, c *inbox.Conversation) string {
	switch {
	case c.Title != "":
		return c.Title
	case c.Excerpt != "":
		return c.Excerpt
	}
	return i18n.T(ctx, "inbox.panel.untitled")
}
