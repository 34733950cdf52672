package inboxweb

import (
	"context"
	"strings"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web/ui"
)

// facts are what is known of a conversation beside its words.
func facts(ctx context.Context, v *conversationView) []ui.Item {
	c := &v.c
	var out []ui.Item
	add := func(key, value string) {
		if value != "" {
			out = append(out, ui.Item{Label: i18n.T(ctx, key), Value: value})
		}
	}
	if !v.may(org.InboxAssign) {
		who := i18n.T(ctx, "inbox.nobody")
		if c.Assignee != "" {
			who = v.called[c.Assignee]
		}
		add("inbox.assignee", who)
	}
	add("inbox.channel", v.named[c.Channel])
	add("inbox.opened", i18n.DateTime(ctx, c.OpenedAt))
	if c.FirstReplyAt.IsZero() {
		add("inbox.first_reply", i18n.T(ctx, "inbox.none_yet"))
	} else {
		add("inbox.first_reply", i18n.T(ctx, "inbox.after", "For", i18n.For(ctx, c.FirstReplyAt.Sub(c.OpenedAt))))
	}
	if c.State == inbox.Resolved {
		add("inbox.resolved", i18n.DateTime(ctx, c.ResolvedAt))
	}
	if c.Reopened > 0 {
		add("inbox.reopened", i18n.N(ctx, "inbox.times", c.Reopened))
	}
	return out
}

// detail is what stands beside a post's author: the address, where it is not the name already, and who else it was said to.
func (v *conversationView) detail(ctx context.Context, p *inbox.Said) string {
	var parts []string
	if !p.Ours {
		if a := address(p.Author); a != "" && a != called(ctx, p.AuthorName, p.Author) {
			parts = append(parts, a)
		}
	}
	if p.Ours && len(p.More.To) > 0 {
		parts = append(parts, i18n.T(ctx, "inbox.to", "Names", people(ctx, p.More.To)))
	}
	if p.Channel != v.c.Channel {
		parts = append(parts, v.named[p.Channel])
	}
	if p.Private != v.c.Private {
		key := "inbox.public"
		if p.Private {
			key = "inbox.private"
		}
		parts = append(parts, i18n.T(ctx, key))
	}
	return strings.Join(parts, " · ")
}

func people(ctx context.Context, list []ledger.Address) string {
	var names []string
	for i, a := range list {
		if i == 3 {
			names = append(names, "…")
			break
		}
		names = append(names, called(ctx, a.Name, a.URI))
	}
	return strings.Join(names, ", ")
}

func ourName(ctx context.Context, p *inbox.Said) string {
	if p.ByName != "" {
		return p.ByName
	}
	if p.AuthorName != "" {
		return p.AuthorName
	}
	return i18n.T(ctx, "inbox.us")
}

// through says what will be sent: from which address, to whom.
func (v *conversationView) through(ctx context.Context) string {
	if to := people(ctx, v.ways.To); to != "" && v.ways.Post.Private {
		return i18n.T(ctx, "inbox.sent_from_to", "From", v.ways.From, "To", to, "Channel", v.ways.Channel.Name)
	}
	return i18n.T(ctx, "inbox.sent_from", "From", v.ways.From, "Channel", v.ways.Channel.Name)
}

func failure(ctx context.Context, s *channel.Sending) string {
	switch s.State {
	case channel.Failed:
		return i18n.T(ctx, "inbox.sending.failed_because", "Error", because(ctx, s.Remark))
	case channel.Unknown:
		return i18n.T(ctx, "inbox.sending.uncertain_because", "Error", because(ctx, s.Remark))
	}
	return ""
}

// because is why something was not sent: in our words where there are some, else in those of the other side.
func because(ctx context.Context, r channel.Remark) string {
	if r.Key != "" && i18n.Has(r.Key) {
		return i18n.T(ctx, r.Key, r.Args...)
	}
	if r.Text != "" {
		return r.Text
	}
	return i18n.T(ctx, "inbox.no_reason")
}

// confirmation warns before something is said a second time.
func confirmation(ctx context.Context, s *channel.Sending) string {
	if s.State == channel.Unknown {
		return i18n.T(ctx, "inbox.send_again_sure")
	}
	return ""
}

func attachmentName(ctx context.Context, a ledger.Attachment) string {
	if a.Name != "" {
		return a.Name
	}
	return i18n.T(ctx, "inbox.attachment")
}

// attachmentHref is where members read a file that came with a message at a contact point; "" for files that are elsewhere.
func attachmentHref(a ledger.Attachment) string {
	if id, kept := strings.CutPrefix(a.File, "contact/"); kept {
		return "/contact-points/files/" + id
	}
	return ""
}

// automatic is what a machine said, in words we have.
func automatic(kind string) string {
	switch kind {
	case "bounce", "bulk":
		return kind
	}
	return "reply"
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}
