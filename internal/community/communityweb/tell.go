package communityweb

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web/ui"
)

// nameOf is how somebody is called on a page.
func nameOf(ctx context.Context, name string) string {
	if name == "" {
		return i18n.T(ctx, "community.post.nobody")
	}
	return name
}

func byLine(ctx context.Context, t *community.Thread) string {
	if t.Question() {
		return i18n.T(ctx, "community.thread.asked_by", "Name", nameOf(ctx, t.AuthorName))
	}
	if t.Kind == community.Ideas {
		return i18n.T(ctx, "community.idea.by", "Name", nameOf(ctx, t.AuthorName))
	}
	if t.Kind == community.Events {
		return i18n.T(ctx, "community.event.by", "Name", nameOf(ctx, t.AuthorName))
	}
	return i18n.T(ctx, "community.thread.started_by", "Name", nameOf(ctx, t.AuthorName))
}

func replyCount(ctx context.Context, t *community.Thread, n int) string {
	if t.Question() {
		return i18n.N(ctx, "community.thread.answers", n)
	}
	if t.Kind == community.Ideas {
		return i18n.N(ctx, "community.idea.comments", n)
	}
	return i18n.N(ctx, "community.thread.replies", n)
}

// replyWord is the unit below the number of answers.
func replyWord(ctx context.Context, t *community.Thread) string {
	return strings.TrimLeft(replyCount(ctx, t, t.Replies), "0123456789 \u00a0\u202f")
}

func tagText(tags []string) string { return strings.Join(tags, " ") }

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// threadIn finds the id of a thread or post in an address that somebody pasted.
func threadIn(address string) string {
	address = strings.TrimSpace(address)
	if u, err := url.Parse(address); err == nil && strings.Contains(u.Path, "/") {
		parts := strings.Split(strings.Trim(u.Path, "/"), "/")
		for i, p := range parts {
			if (p == "t" || p == "p") && i+1 < len(parts) {
				return parts[i+1]
			}
		}
	}
	return address
}

// feedBase is the path that the list's feeds are below.
func (v *listView) feedBase() string {
	if v.space == nil {
		return ""
	}
	return "/" + v.space.Slug
}

// narrowed is what an address of the list's feeds ends with, so that they come in the order in which the list is shown.
func (v *listView) narrowed() string {
	if v.order == "" || v.order == community.Active {
		return ""
	}
	return "?order=" + string(v.order)
}

// about says in a line what the list is of.
func (v *listView) about() string {
	if v.space != nil {
		if text := v.space.About.In(v.lang, v.place.Langs...); text != "" {
			return text
		}
	}
	return v.place.About.In(v.lang, v.place.Langs...)
}

func (v *listView) pages(ctx context.Context) ui.Pages {
	var p ui.Pages
	if v.page > 0 {
		p.Newer = v.at(ctx, v.order, v.page-1)
	}
	if v.list.More {
		p.Older = v.at(ctx, v.order, v.page+1)
	}
	return p
}
