package communityapi

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Thread is a question, a discussion or an idea.
type Thread struct {
	ID       string     `json:"id"`
	Space    string     `json:"space"`
	Kind     string     `json:"kind" enum:"question,discussion,idea,event"`
	Title    string     `json:"title"`
	Excerpt  string     `json:"excerpt"`
	Tags     []string   `json:"tags"`
	Author   string     `json:"author" doc:"The name shown."`
	At       time.Time  `json:"at"`
	LastAt   time.Time  `json:"last_at"`
	Replies  int        `json:"replies"`
	Score    int        `json:"score"`
	Accepted string     `json:"accepted,omitempty" doc:"The answer that solved it."`
	Locked   bool       `json:"locked,omitempty"`
	Status   string     `json:"status,omitempty" doc:"Of an idea."`
	Reason   string     `json:"reason,omitempty" doc:"Of the status."`
	Posts    []Post     `json:"posts,omitempty" doc:"Of one thread asked for: a page of what is said in it, the first post first."`
	Pages    int        `json:"pages,omitempty" doc:"How many pages there are."`
	Removed  *time.Time `json:"removed_at,omitempty"`
}

// Post is something said in a thread.
type Post struct {
	ID       string     `json:"id"`
	Thread   string     `json:"thread"`
	Parent   string     `json:"parent,omitempty" doc:"The post it answers."`
	Kind     string     `json:"kind,omitempty" doc:"question, answer, comment; absent in a discussion."`
	Author   string     `json:"author"`
	At       time.Time  `json:"at"`
	Markdown string     `json:"markdown"`
	HTML     string     `json:"html" doc:"Safe in any page."`
	Score    int        `json:"score"`
	Accepted bool       `json:"accepted,omitempty"`
	Edits    int        `json:"edits" doc:"Send it back when you change the post."`
	Removed  *time.Time `json:"removed_at,omitempty"`
}

// Article is a text that is kept right.
type Article struct {
	ID       string    `json:"id"`
	Space    string    `json:"space"`
	Kind     string    `json:"kind"`
	Lang     string    `json:"lang"`
	Title    string    `json:"title"`
	Author   string    `json:"author"`
	State    string    `json:"state"`
	Version  int       `json:"version" doc:"The one shown."`
	Changed  time.Time `json:"changed_at"`
	Yes      int       `json:"helped"`
	No       int       `json:"helped_not"`
	Products []string  `json:"products,omitempty" doc:"That it is about."`
	Markdown string    `json:"markdown,omitempty" doc:"Of one article asked for."`
}

// Said is what one writes.
type Said struct {
	Space   string `json:"space,omitempty" maxLength:"50" doc:"Where a thread begins."`
	Kind    string `json:"kind,omitempty" enum:"question,discussion,idea" doc:"What begins."`
	Title   string `json:"title,omitempty" maxLength:"600" doc:"Of what begins a thread."`
	Body    string `json:"body" maxLength:"160000" doc:"Markdown."`
	Tags    string `json:"tags,omitempty" maxLength:"1000" doc:"Separated by commas."`
	Lang    string `json:"lang,omitempty" maxLength:"10"`
	Comment bool   `json:"comment,omitempty" doc:"A remark rather than an answer."`
	Edits   int    `json:"edits,omitempty" doc:"Of a change: how often the post had been edited when you read it."`
}

// Decision is what somebody decides, and why.
type Decision struct {
	Decision string `json:"decision" maxLength:"40" doc:"Of an idea: open, review, planned, started, done, declined."`
	Reason   string `json:"reason,omitempty" maxLength:"4000"`
}

// Case is something that moderators are asked about.
type Case struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind" enum:"flag,held,appeal"`
	Community string    `json:"community"`
	Post      string    `json:"post,omitempty"`
	Author    string    `json:"author"`
	State     string    `json:"state"`
	Flags     int       `json:"flags"`
	At        time.Time `json:"at"`
	Decisions []string  `json:"decisions" doc:"What can be made of it."`
}

// Wish is what you want to hear of a community.
type Wish struct {
	Level  string            `json:"level" enum:"all,mine,none"`
	Spaces map[string]string `json:"spaces,omitempty" doc:"By the id of the space."`
	Mail   bool              `json:"mail"`
	Digest string            `json:"digest" enum:"none,daily,weekly"`
}

// Plan is a community or a space as it is to be.
type Plan struct {
	Slug     string            `json:"slug" maxLength:"60"`
	Host     string            `json:"host,omitempty" maxLength:"253"`
	Name     map[string]string `json:"name"`
	About    map[string]string `json:"about,omitempty"`
	Langs    []string          `json:"langs,omitempty" doc:"Of a community."`
	Audience string            `json:"audience,omitempty" doc:"Of a community: public, members, kinds, invited."`
	Kinds    []string          `json:"kinds,omitempty"`
	SignUp   string            `json:"sign_up,omitempty" doc:"Of a community: open, approval, closed."`
	Access   string            `json:"access,omitempty" doc:"Of a space: open, request, invitation, hidden."`
	Holds    []string          `json:"holds,omitempty" doc:"Of a space: question, discussion, idea, article."`
}

// Within names a thing of a community.
type Within struct {
	ByID
	Item string `path:"item" maxLength:"60"`
}

type said struct {
	Within
	Body Said
}

type decided struct {
	Within
	Body Decision
}

type desk struct {
	s    *community.Service
	find func(ctx context.Context, id string) (community.Community, community.Sight, error)
	of   func(ctx context.Context, c community.Community) Community
}

func op(id, method, path, summary string, p org.Permission) api.Op {
	return api.Op{ID: id, Method: method, Path: path, Tag: "community", Summary: summary, Permission: p}
}

func threadOf(t *community.Thread) Thread {
	return Thread{ID: t.ID, Space: t.Space, Kind: t.Kind, Title: t.Title, Excerpt: t.Excerpt, Tags: t.Tags, Author: t.AuthorName, At: t.At, LastAt: t.LastAt, Replies: t.Replies, Score: t.Score,
		Accepted: t.Accepted, Locked: t.Locked, Removed: moment(t.DeletedAt)}
}

func postOf(p *community.Post) Post {
	return Post{ID: p.ID, Thread: p.Thread, Parent: p.Parent, Kind: p.Kind, Author: p.AuthorName, At: p.At, Markdown: p.Markup, HTML: p.HTML, Score: p.Score, Accepted: p.Accepted, Edits: p.Edits,
		Removed: moment(p.DeletedAt)}
}

func articleOf(a *community.Article) Article {
	return Article{ID: a.ID, Space: a.Space, Kind: a.Kind, Lang: a.Lang, Title: a.Title, Author: a.AuthorName, State: string(a.State), Version: cmp.Or(a.Approved, a.Version), Changed: a.ChangedAt, Products: a.Products, Yes: a.Yes, No: a.No}
}

// thread reads a thread with a page of what is said in it.
func (d *desk) thread(ctx context.Context, id, thread string, page int) (*api.One[Thread], error) {
	c, o, err := d.find(ctx, id)
	if err != nil {
		return nil, err
	}
	t, err := d.s.Thread(ctx, o, c.ID, thread)
	if err != nil {
		return nil, err
	}
	leaf, err := d.s.Leaf(ctx, &t, page)
	if err != nil {
		return nil, err
	}
	out := threadOf(&t)
	out.Pages = leaf.Pages
	if i, found, err := d.s.Idea(ctx, t.ID); err != nil {
		return nil, err
	} else if found {
		out.Status, out.Reason = string(i.Status), i.Reason
	}
	add := func(p *community.Post) {
		out.Posts = append(out.Posts, postOf(p))
		for i := range leaf.Comments[p.ID] {
			out.Posts = append(out.Posts, postOf(&leaf.Comments[p.ID][i]))
		}
	}
	add(&leaf.First)
	for i := range leaf.Posts {
		add(&leaf.Posts[i])
	}
	return api.Only(out), nil
}

// post reads one post, after it was written.
func (d *desk) post(ctx context.Context, id, post string) (*api.One[Post], error) {
	c, o, err := d.find(ctx, id)
	if err != nil {
		return nil, err
	}
	p, _, err := d.s.Post(ctx, o, c.ID, post)
	if err != nil {
		return nil, err // it waits for a moderator
	}
	return api.Only(postOf(&p)), nil
}

// within refuses a space that is not of the community.
func (d *desk) within(ctx context.Context, id, space string) error {
	c, o, err := d.find(ctx, id)
	if err != nil {
		return err
	}
	if sp, known := o.SpaceByID(space); !known || sp.Community != c.ID {
		return problem.New(problem.Missing, "problem.not_found")
	}
	return nil
}

func (d *desk) operations(a *api.API) {
	s := d.s
	api.Add(a, op("list-threads", http.MethodGet, "/communities/{id}/threads", "Threads that you may read, those with the newest word first", org.CommunityRead), func(ctx context.Context, in *struct {
		ByID
		Space string `query:"space" maxLength:"50"`
		Order string `query:"order" enum:"active,new,best,waiting" default:"active"`
		Page  int    `query:"page" minimum:"0" maximum:"400" doc:"Of 25 threads each, from 0."`
	}) (*api.List[Thread], error) {
		c, o, err := d.find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		list, err := s.Threads(ctx, o, community.Query{Community: c.ID, Space: in.Space, Order: community.Order(in.Order), Page: in.Page})
		if err != nil {
			return nil, err
		}
		out := make([]Thread, len(list.Threads))
		for i := range list.Threads {
			out[i] = threadOf(&list.Threads[i])
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("get-thread", http.MethodGet, "/communities/{id}/threads/{item}", "A thread with what is said in it", org.CommunityRead), func(ctx context.Context, in *struct {
		Within
		Page int `query:"page" minimum:"0" maximum:"100000"`
	}) (*api.One[Thread], error) {
		return d.thread(ctx, in.ID, in.Item, in.Page)
	})
	start := op("start-thread", http.MethodPost, "/communities/{id}/threads", "Ask, discuss or propose", org.SignedIn)
	start.Status = http.StatusCreated
	api.Add(a, start, func(ctx context.Context, in *struct {
		ByID
		Body Said
	}) (*api.One[Post], error) {
		if err := org.InOwnName(ctx); err != nil {
			return nil, err
		}
		if err := d.within(ctx, in.ID, in.Body.Space); err != nil {
			return nil, err
		}
		thread, err := s.Start(ctx, community.Begin{Space: in.Body.Space, Kind: in.Body.Kind, Title: in.Body.Title, Body: in.Body.Body, Tags: in.Body.Tags, Lang: in.Body.Lang, Token: api.Key(ctx)})
		if err != nil {
			return nil, err
		}
		return d.post(ctx, in.ID, thread)
	})
	reply := op("reply-to-post", http.MethodPost, "/communities/{id}/posts/{item}/replies", "Answer or comment on a post", org.SignedIn)
	reply.Status = http.StatusCreated
	api.Add(a, reply, func(ctx context.Context, in *said) (*api.One[Post], error) {
		if err := org.InOwnName(ctx); err != nil {
			return nil, err
		}
		post, err := s.Reply(ctx, in.ID, community.Reply{Post: in.Item, Body: in.Body.Body, Comment: in.Body.Comment, Lang: in.Body.Lang, Token: api.Key(ctx)})
		if err != nil {
			return nil, err
		}
		return d.post(ctx, in.ID, post)
	})
	api.Add(a, op("change-post", http.MethodPut, "/communities/{id}/posts/{item}", "Change a post of yours, or one that you moderate", org.SignedIn), func(ctx context.Context, in *said) (*api.One[Post], error) {
		if err := org.InOwnName(ctx); err != nil {
			return nil, err
		}
		if err := s.Edit(ctx, in.ID, community.Change{Post: in.Item, Title: in.Body.Title, Tags: in.Body.Tags, Body: in.Body.Body, Seen: in.Body.Edits}); err != nil {
			return nil, err
		}
		return d.post(ctx, in.ID, in.Item)
	})
	api.Add(a, op("remove-post", http.MethodDelete, "/communities/{id}/posts/{item}", "Take a post away", org.SignedIn), func(ctx context.Context, in *struct {
		Within
		Reason string `query:"reason" enum:"spam,rude,illegal,private,off_topic,other" doc:"Why, when you moderate and somebody else wrote it"`
		Words  string `query:"words" maxLength:"1000" doc:"What its author is told"`
	}) (*api.None, error) {
		if err := org.InOwnName(ctx); err != nil {
			return nil, err
		}
		if in.Reason != "" {
			return &api.None{}, s.Remove(ctx, in.ID, in.Item, "hidden", in.Reason, in.Words)
		}
		return &api.None{}, s.Delete(ctx, in.ID, in.Item)
	})
	api.Add(a, op("vote-on-post", http.MethodPut, "/communities/{id}/posts/{item}/vote", "Vote on a post or an idea, or take the vote back", org.SignedIn), func(ctx context.Context, in *struct {
		Within
		Body struct {
			Value int `json:"value" minimum:"-1" maximum:"1"`
		}
	}) (*api.One[Post], error) {
		if err := org.InOwnName(ctx); err != nil {
			return nil, err
		}
		_, idea, err := s.Idea(ctx, in.Item)
		if err != nil {
			return nil, err
		}
		if idea {
			err = s.Support(ctx, in.ID, in.Item, in.Body.Value > 0, "")
		} else {
			_, _, err = s.Vote(ctx, in.ID, in.Item, in.Body.Value)
		}
		if err != nil {
			return nil, err
		}
		return d.post(ctx, in.ID, in.Item)
	})
	api.Add(a, op("judge-idea", http.MethodPut, "/communities/{id}/threads/{item}/status", "Say what becomes of an idea, and why", org.SignedIn), func(ctx context.Context, in *decided) (*api.One[Thread], error) {
		if err := org.InOwnName(ctx); err != nil {
			return nil, err
		}
		if err := s.Judge(ctx, in.ID, in.Item, community.Status(in.Body.Decision), in.Body.Reason); err != nil {
			return nil, err
		}
		return d.thread(ctx, in.ID, in.Item, 0)
	})
	api.Add(a, op("list-articles", http.MethodGet, "/communities/{id}/articles", "Articles that you may read", org.CommunityRead), func(ctx context.Context, in *struct {
		ByID
		Product string `query:"product" maxLength:"80" doc:"That they are about."`
	}) (*api.List[Article], error) {
		c, o, err := d.find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		list, err := s.Articles(ctx, o, community.ArticleQuery{Community: c.ID, Product: in.Product})
		if err != nil {
			return nil, err
		}
		out := make([]Article, len(list))
		for i := range list {
			out[i] = articleOf(&list[i])
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("get-article", http.MethodGet, "/communities/{id}/articles/{item}", "One article", org.CommunityRead), func(ctx context.Context, in *Within) (*api.One[Article], error) {
		c, o, err := d.find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		art, err := s.Article(ctx, o, c.ID, in.Item)
		if err != nil {
			return nil, err
		}
		out := articleOf(&art)
		r, err := s.Revision(ctx, art.ID, out.Version)
		out.Markdown = r.Markup
		return api.Only(out), err
	})
	d.places(a)
}

// places are the operations on communities, spaces, cases and wishes.
func (d *desk) places(a *api.API) {
	s := d.s
	texts := func(m map[string]string) community.Texts { return community.Texts(m) }
	type planned struct {
		ByID
		Body Plan
	}
	change := func(ctx context.Context, id string, p Plan) (*api.One[Community], error) {
		plan := community.Plan{Slug: p.Slug, Host: p.Host, Name: texts(p.Name), About: texts(p.About), Langs: p.Langs, Audience: community.Audience(p.Audience), Kinds: p.Kinds, SignUp: community.SignUp(p.SignUp)}
		was, _, err := d.find(ctx, id)
		if err != nil {
			return nil, err
		}
		plan.Welcome, plan.Look = was.Welcome, was.Look
		c, err := s.Change(ctx, id, plan)
		return api.Only(d.of(ctx, c)), err
	}
	api.Add(a, op("change-community", http.MethodPut, "/communities/{id}", "Change a community; its welcome and look stay", org.CommunityEdit),
		func(ctx context.Context, in *planned) (*api.One[Community], error) {
			return change(ctx, in.ID, in.Body)
		})
	space := func(ctx context.Context, do func(community.SpacePlan) (community.Space, error), p Plan) (*api.One[Space], error) {
		sp, err := do(community.SpacePlan{Slug: p.Slug, Name: texts(p.Name), About: texts(p.About), Access: community.Access(p.Access), Holds: p.Holds})
		if err != nil {
			return nil, err
		}
		o, err := s.Sees(ctx, nil)
		return api.Only(Space{ID: sp.ID, Slug: sp.Slug, Name: sp.Name, About: sp.About, Access: string(sp.Access), Holds: sp.Holds, Readable: o.May(sp.ID), ArchivedAt: moment(sp.ArchivedAt)}), err
	}
	made := op("add-space", http.MethodPost, "/communities/{id}/spaces", "Make a space", org.CommunityEdit)
	made.Status = http.StatusCreated
	api.Add(a, made, func(ctx context.Context, in *planned) (*api.One[Space], error) {
		return space(ctx, func(p community.SpacePlan) (community.Space, error) { return s.AddSpace(ctx, in.ID, p) }, in.Body)
	})
	api.Add(a, op("change-space", http.MethodPut, "/communities/{id}/spaces/{item}", "Change a space", org.CommunityEdit), func(ctx context.Context, in *struct {
		Within
		Body Plan
	}) (*api.One[Space], error) {
		if err := d.within(ctx, in.ID, in.Item); err != nil {
			return nil, err
		}
		return space(ctx, func(p community.SpacePlan) (community.Space, error) { return s.ChangeSpace(ctx, in.Item, p) }, in.Body)
	})
	api.Add(a, op("list-moderation-cases", http.MethodGet, "/moderation-cases", "What waits for you as a moderator", org.CommunityModerate), func(ctx context.Context, _ *struct{}) (*api.List[Case], error) {
		o, err := s.Sees(ctx, nil)
		if err != nil {
			return nil, err
		}
		list, err := s.Queue(ctx, o, false)
		if err != nil {
			return nil, err
		}
		out := make([]Case, len(list))
		for i := range list {
			c := &list[i]
			out[i] = Case{ID: c.ID, Kind: c.Kind, Community: c.Community, Post: c.Post, Author: c.AuthorName, State: c.State, Flags: c.Flags, At: c.At, Decisions: c.Decisions()}
		}
		return api.Listed(out, ""), nil
	})
	d.members(a)
	wish := func(ctx context.Context, id string) (*api.One[Wish], error) {
		c, o, err := d.find(ctx, id)
		if err != nil {
			return nil, err
		}
		w, err := s.Wishes(ctx, o, c.ID)
		out := Wish{Level: string(w.Level), Spaces: map[string]string{}, Mail: w.Mail, Digest: string(w.Digest)}
		for sp, l := range w.Spaces {
			out.Spaces[sp] = string(l)
		}
		return api.Only(out), err
	}
	api.Add(a, op("get-notice-wishes", http.MethodGet, "/communities/{id}/notice-wishes", "What you want to hear of a community", org.SignedIn),
		func(ctx context.Context, in *ByID) (*api.One[Wish], error) {
			if err := org.InOwnName(ctx); err != nil {
				return nil, err
			}
			return wish(ctx, in.ID)
		})
	api.Add(a, op("set-notice-wishes", http.MethodPut, "/communities/{id}/notice-wishes", "Say what you want to hear of a community", org.SignedIn), func(ctx context.Context, in *struct {
		ByID
		Body Wish
	}) (*api.One[Wish], error) {
		if err := org.InOwnName(ctx); err != nil {
			return nil, err
		}
		c, o, err := d.find(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		w := community.Wish{Level: community.Level(in.Body.Level), Spaces: map[string]community.Level{}, Mail: in.Body.Mail, Digest: community.Rhythm(in.Body.Digest)}
		for sp, l := range in.Body.Spaces {
			w.Spaces[sp] = community.Level(l)
		}
		if err := s.SetWishes(ctx, o, c.ID, w); err != nil {
			return nil, err
		}
		return wish(ctx, in.ID)
	})
}
