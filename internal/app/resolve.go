package app

import (
	"context"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/id"
)

// resolve finds what a channel calls by an external id, and the conversation about its thread.
func (a *App) resolve(ctx context.Context, channelID, externalID string) (post, conversation string, err error) {
	p, found, err := channel.FindPost(ctx, a.DB.Read(), channelID, externalID)
	if err != nil || !found {
		return "", "", err
	}
	c, found, err := a.Inbox.Of(ctx, p.ID)
	if err != nil || !found {
		// Not opened yet: it will have this id when the thread begins with this post.
		return p.ID, id.From(p.Root, "conversation"), err
	}
	return p.ID, c.ID, nil
}
