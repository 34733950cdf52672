package inboxweb

import (
	"context"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/web/ui"
)

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// name is what a conversation is called; one whose first post was deleted has no words left.
func name(ctx context.Context, c *inbox.Conversation) string {
	if n := strings.TrimSpace(c.Name()); n != "" {
		return n
	}
	return i18n.T(ctx, "inbox.untitled")
}

// excerpt is empty where it stands for the title already.
func excerpt(c *inbox.Conversation) string {
	if c.Title == "" {
		return ""
	}
	return c.Excerpt
}

func author(ctx context.Context, c *inbox.Conversation) string {
	return called(ctx, c.AuthorName, c.Author)
}

// called is what somebody goes by: their name, else their address.
func called(ctx context.Context, name, uri string) string {
	if name = strings.TrimSpace(name); name != "" {
		return name
	}
	if a := address(uri); a != "" {
		return a
	}
	return i18n.T(ctx, "inbox.unknown")
}

// address is an identity as people write it.
func address(uri string) string {
	for _, scheme := range []string{"mailto:", "acct:", "tel:", "https://", "http://"} {
		if rest, ok := strings.CutPrefix(uri, scheme); ok {
			return strings.TrimSuffix(rest, "/")
		}
	}
	for _, ours := range []string{"member:", "channel:"} {
		if strings.HasPrefix(uri, ours) {
			return ""
		}
	}
	return uri
}

// patience is how worrying a wait is: a day is what people expect at most, three they complain about.
func patience(wait time.Duration) ui.Tone {
	switch {
	case wait >= 72*time.Hour:
		return ui.Danger
	case wait >= 24*time.Hour:
		return ui.Warning
	}
	return ui.Info
}

func sentimentTone(value string) ui.Tone {
	switch value {
	case "negative":
		return ui.Danger
	case "positive":
		return ui.Success
	}
	return ui.Neutral
}

func sentimentIcon(value string) string {
	switch value {
	case "negative":
		return "thumbs-down"
	case "positive":
		return "thumbs-up"
	}
	return "minus"
}

// sentence says what a member did, or a rule in their name.
func sentence(ctx context.Context, ch *inbox.Change) string {
	if ch.Rule != "" {
		return i18n.T(ctx, "inbox.did.by_rule", "What", did(ctx, ch), "Rule", ch.Rule)
	}
	return did(ctx, ch)
}

func did(ctx context.Context, ch *inbox.Change) string {
	by := ch.ByName
	if by == "" {
		by = i18n.T(ctx, "inbox.somebody")
	}
	switch ch.Kind {
	case ledger.ConversationTaken:
		return i18n.T(ctx, "inbox.did.took", "Name", by)
	case ledger.ConversationRanked, ledger.ConversationTagged, ledger.ConversationLinked, ledger.ConversationUnlinked,
		ledger.ConversationMerged, ledger.ConversationSplit:
		return i18n.T(ctx, "service.history."+strings.TrimPrefix(ch.Kind, "conversation."), "By", by)
	case ledger.ConversationPassed, ledger.ConversationEscalated:
		return routingSentence(ctx, ch, by)
	case ledger.ConversationAssigned:
		if ch.Routed {
			return i18n.T(ctx, "routing.did.routed", "To", ch.ToName)
		}
		return i18n.T(ctx, "inbox.did.assigned", "Name", by, "To", ch.ToName)
	case ledger.ConversationReleased:
		if ch.Reason == "suspended" {
			return i18n.T(ctx, "routing.did.suspended", "Name", ch.ToName)
		}
		if ch.By == "" {
			return i18n.T(ctx, "inbox.did.released_gone")
		}
		return i18n.T(ctx, "inbox.did.released", "Name", by)
	case ledger.ConversationResolved:
		return i18n.T(ctx, "inbox.did.resolved", "Name", by)
	case ledger.ConversationReopened:
		return i18n.T(ctx, "inbox.did.reopened", "Name", by)
	case ledger.ConversationNoted:
		return i18n.T(ctx, "inbox.did.noted", "Name", by)
	case ledger.ConversationOpened:
		if ch.By == "" {
			return i18n.T(ctx, "inbox.did.opened_by_topic")
		}
		return i18n.T(ctx, "inbox.did.opened", "Name", by)
	}
	return ch.Kind
}

func changeIcon(kind string) string {
	switch kind {
	case ledger.ConversationTaken:
		return "hand"
	case ledger.ConversationAssigned:
		return "user-check"
	case ledger.ConversationReleased:
		return "undo-2"
	case ledger.ConversationResolved:
		return "circle-check"
	case ledger.ConversationReopened:
		return "rotate-ccw"
	case ledger.ConversationPassed:
		return "x"
	case ledger.ConversationEscalated:
		return "arrow-up-right"
	case ledger.ConversationNoted:
		return "sticky-note"
	}
	return "plus"
}

func changeTone(kind string) ui.Tone {
	if kind == ledger.ConversationResolved {
		return ui.Success
	}
	return ui.Neutral
}

func sendingTone(s channel.SendingState) ui.Tone {
	switch s {
	case channel.Failed:
		return ui.Danger
	case channel.Unknown:
		return ui.Warning
	}
	return ui.Info
}

// size writes bytes as people read them.
func size(ctx context.Context, n int64) string {
	switch {
	case n <= 0:
		return ""
	case n < 1000:
		return i18n.T(ctx, "inbox.size.b", "N", i18n.Number(ctx, float64(n), 0))
	case n < 1_000_000:
		return i18n.T(ctx, "inbox.size.kb", "N", i18n.Number(ctx, float64(n)/1e3, 0))
	}
	return i18n.T(ctx, "inbox.size.mb", "N", i18n.Number(ctx, float64(n)/1e6, 1))
}
