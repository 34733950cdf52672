// Package inboxweb decides how the inbox looks: requests of members come in, the queue and conversations as pages go out.
package inboxweb

import (
	"context"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/translate"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// What must be announced for open pages to show what is new: Topic for the queue; ConversationTopic, followed by ":" and an id when
// something was said in or done with one conversation, by ":" and AllConversations when it may be any.
const (
	Topic             = "inbox"
	ConversationTopic = "conversation"
	AllConversations  = "all"
)

// Options bring in what stands beside the inbox.
type Options struct {
	// Panels shows who a conversation is with; may be nil.
	Panels func(ctx context.Context, c inbox.Conversation) []ui.Panel
	// Folded draws panels that are read when somebody unfolds them, by name: a body, nil when there is nothing, and the page that tells more, "" for none.
	Folded map[string]func(ctx context.Context, c inbox.Conversation) (body templ.Component, page string, err error)
	// Marks are what else lists show of conversations, such as a situation they belong to, by id; may be nil.
	Marks func(ctx context.Context, list []inbox.Conversation) map[string]string
	// Situations are those that go on, by which lists can be narrowed; may be nil.
	Situations func(ctx context.Context) []ui.Option
	// Team are figures of the team that stand right of the inbox; may be nil.
	Team func(ctx context.Context) []ui.StatProps
	// Articles finds approved articles about some words, in a language or any; may be nil.
	Articles func(ctx context.Context, words, lang string) []Article
	// Translate gives posts and drafts in other languages; may be nil.
	Translate *translate.Service
}

type pages struct {
	inbox *inbox.Service
	Options
	lines ui.Memo // of the queue
}

// Routes registers the pages.
func Routes(r *web.Routes, s *inbox.Service, o Options) {
	p := &pages{inbox: s, Options: o}
	r.Topic(Topic, org.InboxRead)
	r.Topic(ConversationTopic, org.InboxRead)
	p.noticeRoutes(r)
	p.routingRoutes(r)
	p.serviceRoutes(r)
	p.composerRoutes(r)
	p.viewRoutes(r)
	held := web.Held{Version: s.Version, Now: s.Now}
	r.Page("GET /inbox", org.InboxRead, held.Page(p.queue))
	r.Page("GET /inbox/{id}", org.InboxRead, held.Page(p.conversation))
	r.Page("GET /inbox/{id}/panels/{panel}", org.InboxRead, p.folded)
	r.Page("GET /inbox/{id}/suggested", org.InboxRead, p.suggestedLater)
	r.Page("GET /inbox/{id}/answers", org.InboxRead, p.answers)
	r.Do("POST /inbox/{id}/take", org.InboxEdit, p.take)
	r.Do("POST /inbox/{id}/assign", org.InboxAssign, p.assign)
	r.Do("POST /inbox/{id}/release", org.InboxEdit, p.release)
	r.Do("POST /inbox/{id}/resolve", org.InboxEdit, p.resolve)
	r.Do("POST /inbox/{id}/reopen", org.InboxEdit, p.reopen)
	r.Do("POST /inbox/{id}/reply", org.InboxEdit, p.reply)
	r.Do("POST /inbox/{id}/notes", org.InboxEdit, p.note)
	r.Do("POST /inbox/{id}/answers/{sending}", org.InboxEdit, p.deal)
	r.Do("POST /inbox/{id}/presence", org.InboxRead, p.here)
	r.Do("DELETE /inbox/{id}/presence", org.InboxRead, p.gone)
	r.Do("POST /posts/{post}/label", org.InboxEdit, p.label)
	r.Do("POST /posts/{post}/conversation", org.InboxEdit, p.open)
}
