package inboxweb

import (
	"context"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
)

// routingSentence says who passed on a conversation or handed it up, and why.
func routingSentence(ctx context.Context, ch *inbox.Change, by string) string {
	why := ch.Text
	if ch.Kind == ledger.ConversationPassed {
		if why == "" {
			why = i18n.T(ctx, "routing.pass."+string(known(inbox.PassReasons(), inbox.PassReason(ch.Reason), inbox.PassOther)))
		}
		return i18n.T(ctx, "routing.did.passed", "Name", by, "Why", why)
	}
	if why == "" {
		why = i18n.T(ctx, "routing.up."+string(known(inbox.EscalationReasons(), inbox.EscalationReason(ch.Reason), inbox.OtherReason)))
	}
	if ch.ToName == "" {
		return i18n.T(ctx, "routing.did.escalated", "Name", by, "Why", why)
	}
	return i18n.T(ctx, "routing.did.escalated_to", "Name", by, "To", ch.ToName, "Why", why)
}

// known is v when it is one of list.
func known[T comparable](list []T, v, other T) T {
	for _, k := range list {
		if k == v {
			return v
		}
	}
	return other
}
