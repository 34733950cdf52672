// Package inboxapi offers conversations over REST: queue, thread, assignment, notes, answers and labels.
package inboxapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
)

// Conversation is a thread that somebody should handle or did handle.
type Conversation struct {
	ID           string     `json:"id"`
	Root         string     `json:"root" doc:"The first post of the thread."`
	Post         string     `json:"post" doc:"The post it began with."`
	Channel      string     `json:"channel"`
	Kind         string     `json:"kind,omitempty"`
	State        string     `json:"state" enum:"open,resolved"`
	Assignee     string     `json:"assignee,omitempty" doc:"Member; absent for nobody."`
	Title        string     `json:"title,omitempty"`
	Excerpt      string     `json:"excerpt,omitempty"`
	Author       string     `json:"author" doc:"Identity of who began it."`
	AuthorName   string     `json:"author_name,omitempty"`
	Private      bool       `json:"private"`
	OpenedAt     time.Time  `json:"opened_at"`
	FirstReplyAt *time.Time `json:"first_reply_at,omitempty"`
	FirstReplyBy string     `json:"first_reply_by,omitempty"`
	ResolvedAt   *time.Time `json:"resolved_at,omitempty"`
	WaitingSince *time.Time `json:"waiting_since,omitempty" doc:"Since when they wait for an answer; absent when they do not."`
	LastAt       time.Time  `json:"last_at"`
	Posts        int        `json:"posts"`
	Notes        int        `json:"notes"`
	Reopened     int        `json:"reopened"`
}

// Post is something said.
type Post struct {
	ID           string       `json:"id"`
	Channel      string       `json:"channel"`
	ExternalID   string       `json:"external_id"`
	Kind         string       `json:"kind,omitempty"`
	Author       string       `json:"author"`
	AuthorName   string       `json:"author_name,omitempty"`
	Title        string       `json:"title,omitempty"`
	Text         string       `json:"text"`
	Quoted       string       `json:"quoted,omitempty"`
	URL          string       `json:"url,omitempty"`
	Lang         string       `json:"lang,omitempty" doc:"As identified, ISO 639-1."`
	Sentiment    string       `json:"sentiment,omitempty" doc:"As a member labelled it."`
	At           time.Time    `json:"at"`
	LearnedAt    time.Time    `json:"learned_at"`
	Parent       string       `json:"parent,omitempty"`
	Root         string       `json:"root"`
	Direct       bool         `json:"direct"`
	Private      bool         `json:"private"`
	Ours         bool         `json:"ours"`
	Member       string       `json:"member,omitempty"`
	Automatic    string       `json:"automatic,omitempty"`
	Score        int          `json:"score,omitempty"`
	Tags         []string     `json:"tags,omitempty"`
	Attachments  []Attachment `json:"attachments,omitempty"`
	Conversation string       `json:"conversation,omitempty"`
	EditedAt     *time.Time   `json:"edited_at,omitempty"`
	DeletedAt    *time.Time   `json:"deleted_at,omitempty"`
}

// Attachment describes a file that came with a post.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"`
	Size int64  `json:"size,omitempty" doc:"Bytes."`
}

// ConversationChange is what a member did with a conversation.
type ConversationChange struct {
	ID     string `json:"id"`
	Kind   string `json:"kind" doc:"conversation.taken, conversation.noted …"`
	Member string `json:"member,omitempty"`
	To     string `json:"to,omitempty" doc:"Member, of an assignment."`
	Text   string `json:"text,omitempty" doc:"Of a note."`
}

// Reply is something we say, on its way.
type Reply struct {
	ID        string     `json:"id"`
	State     string     `json:"state" enum:"queued,sending,sent,failed,uncertain,withdrawn,held" doc:"held: it waits for a mentor, and id names the approval."`
	Text      string     `json:"text"`
	Private   bool       `json:"private"`
	Member    string     `json:"member,omitempty"`
	Error     string     `json:"error,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	DueAt     time.Time  `json:"due_at"`
	SentAt    *time.Time `json:"sent_at,omitempty"`
}

// ThreadEntry is one thing in a thread; one of post, change and answer is there.
type ThreadEntry struct {
	At     time.Time           `json:"at"`
	Post   *Post               `json:"post,omitempty"`
	Change *ConversationChange `json:"change,omitempty"`
	Answer *Reply              `json:"answer,omitempty"`
}

// ConversationCounts are how many conversations each view has.
type ConversationCounts struct {
	Waiting    int `json:"waiting"`
	Mine       int `json:"mine"`
	Unassigned int `json:"unassigned"`
	Open       int `json:"open"`
	Resolved   int `json:"resolved"`
}

func at(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func conversation(c *inbox.Conversation) Conversation {
	return Conversation{ID: c.ID, Root: c.Root, Post: c.Post, Channel: c.Channel, Kind: c.Kind, State: string(c.State), Assignee: c.Assignee, Title: c.Title,
		Excerpt: c.Excerpt, Author: c.Author, AuthorName: c.AuthorName, Private: c.Private, OpenedAt: c.OpenedAt, FirstReplyAt: at(c.FirstReplyAt),
		FirstReplyBy: c.FirstReplyBy, ResolvedAt: at(c.ResolvedAt), WaitingSince: at(c.WaitingSince), LastAt: c.LastAt, Posts: c.Posts, Notes: c.Notes,
		Reopened: c.Reopened}
}

func post(p *inbox.Said) Post {
	out := Post{ID: p.ID, Channel: p.Channel, ExternalID: p.ExternalID, Kind: p.Kind, Author: p.Author, AuthorName: p.AuthorName, Title: p.Title,
		Text: p.Text, Quoted: p.More.Quoted, URL: p.URL, Lang: p.Language, Sentiment: p.Sentiment, At: p.At, LearnedAt: p.LearnedAt, Parent: p.Parent,
		Root: p.Root, Direct: p.Direct, Private: p.Private, Ours: p.Ours, Member: p.Member, Automatic: p.Automatic, Score: p.Score, Tags: p.More.Tags,
		Conversation: p.Conversation, EditedAt: at(p.EditedAt), DeletedAt: at(p.DeletedAt)}
	for _, a := range p.More.Attachments {
		out.Attachments = append(out.Attachments, Attachment{a.Name, a.Type, a.Size})
	}
	return out
}

func answer(v *channel.Sending) Reply {
	return Reply{ID: v.ID, State: string(v.State), Text: v.Content.Text, Private: v.Content.Private, Member: v.Member, Error: v.Remark.Text,
		CreatedAt: v.CreatedAt, DueAt: v.DueAt, SentAt: at(v.SentAt)}
}

// Named names one conversation in a path.
type Named struct {
	ID string `path:"id" maxLength:"40" doc:"Conversation; an id it had before it was joined to another is fine."`
}

// Operations adds the operations.
func Operations(a *api.API, s *inbox.Service) {
	queue(a, s)
	changes(a, s)
	answers(a, s)
	speech(a, s)
	posts(a, s)
	routing(a, s)
	desk(a, s)
}

func queue(a *api.API, s *inbox.Service) {
	api.Add(a, api.Op{ID: "list-conversations", Method: http.MethodGet, Path: "/conversations", Tag: "inbox", Summary: "List conversations",
		Description: "The view waiting begins with the longest wait; the others with the newest.", Permission: org.InboxRead},
		func(ctx context.Context, in *struct {
			api.Paging
			View      string `query:"view" enum:"waiting,mine,unassigned,open,resolved" default:"open"`
			Channel   string `query:"channel" maxLength:"40"`
			Assignee  string `query:"assignee" maxLength:"40" doc:"Member, or nobody."`
			Topic     string `query:"topic" maxLength:"40" doc:"Mentioned somewhere in the thread."`
			Q         string `query:"q" maxLength:"1000" doc:"Said somewhere in the thread, in the query language. Looked for in the newest 2,000 posts that could match."`
			Situation string `query:"situation" maxLength:"200" doc:"any that goes on, none of them, or one by its id or words of its name. Also in q: situation:any, -situation:none."`
		}) (*api.List[Conversation], error) {
			f := inbox.Filter{Channel: in.Channel, Assignee: in.Assignee, Topic: in.Topic, Words: in.Q, Situation: in.Situation}
			list, next, err := s.Queue(ctx, inbox.View(in.View), f, in.Cursor, in.Limit)
			if err != nil {
				return nil, err
			}
			items := make([]Conversation, len(list))
			for i := range list {
				items[i] = conversation(&list[i])
			}
			return api.Listed(items, next), nil
		})
	api.Add(a, api.Op{ID: "count-conversations", Method: http.MethodGet, Path: "/conversations/counts", Tag: "inbox",
		Summary: "Count the conversations of each view", Permission: org.InboxRead},
		func(ctx context.Context, _ *struct{}) (*api.One[ConversationCounts], error) {
			c, err := s.Counts(ctx, org.Who(ctx).ID)
			if err != nil {
				return nil, err
			}
			return api.Only(ConversationCounts{c.Waiting, c.Mine, c.Unassigned, c.Open, c.Resolved}), nil
		})
	api.Add(a, api.Op{ID: "find-conversation", Method: http.MethodGet, Path: "/conversations/{id}", Tag: "inbox", Summary: "Find a conversation",
		Permission: org.InboxRead}, func(ctx context.Context, in *Named) (*api.One[Conversation], error) {
		return shown(s.Find(ctx, in.ID))
	})
	api.Add(a, api.Op{ID: "read-thread", Method: http.MethodGet, Path: "/conversations/{id}/thread", Tag: "inbox", Summary: "Read a conversation",
		Description: "Posts, what members did, and answers on their way, oldest first. The first page is the newest part; next leads to what came before. limit counts posts; what was done between them comes with them.",
		Permission:  org.InboxRead}, func(ctx context.Context, in *struct {
		Named
		api.Paging
	}) (*api.List[ThreadEntry], error) {
		t, err := s.Timeline(ctx, in.ID, in.Cursor, in.Limit)
		if err != nil {
			return nil, err
		}
		items := make([]ThreadEntry, len(t.Entries))
		for i, e := range t.Entries {
			items[i].At = e.At
			switch {
			case e.Post != nil:
				p := post(e.Post)
				items[i].Post = &p
			case e.Change != nil:
				items[i].Change = &ConversationChange{e.Change.ID, e.Change.Kind, e.Change.By, e.Change.To, e.Change.Text}
			case e.Answer != nil:
				v := answer(e.Answer)
				items[i].Answer = &v
			}
		}
		return api.Listed(items, t.Earlier), nil
	})
}

func shown(c inbox.Conversation, err error) (*api.One[Conversation], error) {
	if err != nil {
		return nil, err
	}
	return api.Only(conversation(&c)), nil
}

func changes(a *api.API, s *inbox.Service) {
	for _, do := range []struct {
		id, path, summary string
		act               func(context.Context, string) (inbox.Conversation, error)
	}{
		{"take-conversation", "take", "Take a conversation", s.Take},
		{"release-conversation", "release", "Give a conversation back to everybody", s.Release},
		{"resolve-conversation", "resolve", "Resolve a conversation", s.Resolve},
		{"reopen-conversation", "reopen", "Reopen a conversation", s.Reopen},
	} {
		api.Add(a, api.Op{ID: do.id, Method: http.MethodPost, Path: "/conversations/{id}/" + do.path, Tag: "inbox", Summary: do.summary,
			Permission: org.InboxEdit}, func(ctx context.Context, in *Named) (*api.One[Conversation], error) {
			return shown(do.act(ctx, in.ID))
		})
	}
	api.Add(a, api.Op{ID: "assign-conversation", Method: http.MethodPost, Path: "/conversations/{id}/assign", Tag: "inbox",
		Summary: "Give a conversation to a member", Permission: org.InboxAssign}, func(ctx context.Context, in *struct {
		Named
		Body struct {
			To     string  `json:"to" maxLength:"40" doc:"Member."`
			Expect *string `json:"expect,omitempty" maxLength:"40" doc:"Who is believed to have it, empty for nobody: when somebody else does, nothing is changed."`
		}
	}) (*api.One[Conversation], error) {
		return shown(s.Assign(ctx, in.ID, in.Body.To, in.Body.Expect))
	})
	api.Add(a, api.Op{ID: "add-note", Method: http.MethodPost, Path: "/conversations/{id}/notes", Tag: "inbox", Summary: "Write a note that members alone see",
		Permission: org.InboxEdit, Status: http.StatusCreated}, func(ctx context.Context, in *struct {
		Named
		Body struct {
			Text string `json:"text" minLength:"1" maxLength:"20000"`
		}
	}) (*api.One[ConversationChange], error) {
		n, err := s.Note(ctx, in.ID, in.Body.Text, "")
		if err != nil {
			return nil, err
		}
		return api.Only(ConversationChange{ID: n.ID, Kind: n.Kind, Member: org.Who(ctx).ID, Text: in.Body.Text}), nil
	})
}

func answers(a *api.API, s *inbox.Service) {
	api.Add(a, api.Op{ID: "reply", Method: http.MethodPost, Path: "/conversations/{id}/replies", Tag: "inbox", Summary: "Answer a conversation",
		Description: "Queues an answer through the channel its post came from. Give an Idempotency-Key, so that a call repeated says it once. When a colleague answered meanwhile it is refused (409, other is the id of their answer).",
		Permission:  org.InboxEdit, Status: http.StatusAccepted, Again: true}, func(ctx context.Context, in *struct {
		Named
		Body struct {
			Text      string     `json:"text" minLength:"1" maxLength:"50000"`
			Private   *bool      `json:"private,omitempty" doc:"Seen by the author only. When absent: as the post answered."`
			To        string     `json:"to,omitempty" maxLength:"40" doc:"The post answered; when absent their newest."`
			NotBefore *time.Time `json:"not_before,omitempty" doc:"Until then it can be taken back."`
			Resolve   bool       `json:"resolve,omitempty" doc:"And resolve the conversation."`
			Follow    string     `json:"follow,omitempty" maxLength:"50000" doc:"Said in private at the same time; text is then said in public."`
			Plan      bool       `json:"plan,omitempty" doc:"A private follow-up is still to come: remind us of it."`
			Override  bool       `json:"override,omitempty" doc:"Send it though it breaks a binding rule of the charter; with inbox:assign alone, and noted."`
			Seen      *time.Time `json:"seen,omitempty" doc:"When the newest answer of ours in the thread that was read was written (created_at) or said (at). When absent: nothing after the post answered was seen."`
			Anyway    bool       `json:"anyway,omitempty" doc:"Send it though a colleague answered meanwhile."`
		}
	}) (*api.One[Reply], error) {
		b := &in.Body
		what := inbox.Answer{Text: b.Text, To: b.To, Resolve: b.Resolve, Follow: b.Follow, Pair: b.Plan, Override: b.Override,
			Token: token(api.Key(ctx), in.ID, b.Text, b.To, b.Private)}
		if !b.Anyway {
			what.Seen, what.Upon = b.Seen, true
		}
		if b.NotBefore != nil {
			what.NotBefore = *b.NotBefore
		}
		var err error
		if what.Private, err = private(ctx, s, in.ID, b.To, b.Private); err != nil {
			return nil, err
		}
		return sending(s.Reply(ctx, in.ID, what))
	})
	for _, do := range []struct {
		id, path, summary string
		act               func(ctx context.Context, conversation, sending string) (channel.Sending, error)
	}{
		{"withdraw-reply", "withdraw", "Take back an answer that is not on its way", s.Withdraw},
		{"resend-reply", "resend", "Send an answer again that failed or did not arrive", s.Resend},
		{"mark-reply-sent", "mark-sent", "Say that an answer was seen to have arrived", s.MarkSent},
	} {
		api.Add(a, api.Op{ID: do.id, Method: http.MethodPost, Path: "/conversations/{id}/replies/{reply}/" + do.path, Tag: "inbox", Summary: do.summary,
			Permission: org.InboxEdit}, func(ctx context.Context, in *struct {
			Named
			Reply string `path:"reply" maxLength:"40"`
		}) (*api.One[Reply], error) {
			return sending(do.act(ctx, in.ID, in.Reply))
		})
	}
}

// token makes of a key one by which the inbox knows the same answer again. What is said is part of it: keys are forgotten after a day, and
// whoever uses one anew for other words must be heard.
func token(key, conversation, text, to string, private *bool) string {
	if key == "" {
		return ""
	}
	sum := sha256.New()
	who := "as it was"
	if private != nil {
		who = strconv.FormatBool(*private)
	}
	for _, part := range []string{key, conversation, to, who, text} {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return "rest:" + hex.EncodeToString(sum.Sum(nil))
}

func sending(v channel.Sending, err error) (*api.One[Reply], error) {
	if err != nil {
		return nil, err
	}
	return api.Only(answer(&v)), nil
}

// NamedPost names one post in a path.
type NamedPost struct {
	ID string `path:"id" maxLength:"40" doc:"Post."`
}

func posts(a *api.API, s *inbox.Service) {
	api.Add(a, api.Op{ID: "find-post", Method: http.MethodGet, Path: "/posts/{id}", Tag: "inbox", Summary: "Find a post", Permission: org.InboxRead},
		func(ctx context.Context, in *NamedPost) (*api.One[Post], error) {
			p, err := s.Said(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return api.Only(post(&p)), nil
		})
	api.Add(a, api.Op{ID: "label-post", Method: http.MethodPut, Path: "/posts/{id}/sentiment", Tag: "inbox", Summary: "Say how the author of a post feels",
		Permission: org.InboxEdit}, func(ctx context.Context, in *struct {
		NamedPost
		Body struct {
			Sentiment string `json:"sentiment" enum:"negative,neutral,positive,"`
		}
	}) (*api.None, error) {
		return nil, s.Label(ctx, in.ID, in.Body.Sentiment)
	})
	api.Add(a, api.Op{ID: "open-conversation", Method: http.MethodPost, Path: "/posts/{id}/conversation", Tag: "inbox", Summary: "Open a conversation about a post",
		Description: "Gives the conversation there is when its thread has one.", Permission: org.InboxEdit}, func(ctx context.Context, in *NamedPost) (*api.One[Conversation], error) {
		return shown(s.OpenFrom(ctx, in.ID))
	})
}
