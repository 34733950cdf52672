package community

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Post is something said in a thread.
type Post struct {
	ID         string
	Thread     string
	Parent     string // the post it answers, "" for the first
	Kind       string // question, answer, comment; "" in a discussion
	Author     string // an identity, never shown
	AuthorName string
	Ours       bool // said in our name
	At         time.Time
	Title      string
	Markup     string
	HTML       string // safe: made by markup
	Score      int
	Accepted   bool
	Edits      int
	EditedAt   time.Time
	EditedBy   string // the name of who changed it last, "" for its author
	DeletedAt  time.Time
	ExternalID string
}

const postColumns = `p.id, p.thread, p.parent, p.kind, p.author, p.author_name, p.ours, p.at, p.title, p.markup, p.html, p.score, p.accepted, p.edits, p.edited_at,
	p.deleted_at, p.external_id, p.edited_by`

func postFields(p *Post) []any {
	return []any{&p.ID, &p.Thread, &p.Parent, &p.Kind, &p.Author, &p.AuthorName, db.Bool(&p.Ours), db.At(&p.At), &p.Title, &p.Markup, &p.HTML, &p.Score,
		db.Bool(&p.Accepted), &p.Edits, db.At(&p.EditedAt), db.At(&p.DeletedAt), &p.ExternalID, &p.EditedBy}
}

// Post finds a post that may be read, by its id or by what the channel calls it, and its thread.
func (s *Service) Post(ctx context.Context, o Sight, community, post string) (Post, Thread, error) {
	p, found, err := db.One(ctx, s.db.Read(), postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.id = $1", post)
	if err == nil && !found {
		c, _ := o.ByID(community)
		p, found, err = db.One(ctx, s.db.Read(), postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.channel = $1 AND p.external_id = $2", c.Channel, post)
	}
	if err != nil {
		return p, Thread{}, fmt.Errorf("find a post: %w", err)
	}
	if !found {
		return Post{}, Thread{}, notFound()
	}
	t, err := s.Thread(ctx, o, community, p.Thread)
	if err != nil {
		return Post{}, Thread{}, err
	}
	return p, t, nil
}

// speaker is somebody who may say something in a space.
type speaker struct {
	member    *org.Member
	sight     Sight
	space     Space
	community Community
	channel   channel.Account

	beside func(ctx context.Context, q db.Q, post string) error // done in the transaction that states what is said, when it is said for the first time
}

// speaker finds who acts, and refuses whoever may say nothing in the space.
func (s *Service) speaker(ctx context.Context, space string) (speaker, error) {
	w := speaker{member: org.Who(ctx)}
	if w.member == nil {
		return w, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	var err error
	if w.sight, err = s.Sees(ctx, nil); err != nil {
		return w, err
	}
	if !w.sight.May(space) {
		return w, notFound()
	}
	w.space, _ = w.sight.SpaceByID(space)
	w.community, _ = w.sight.ByID(w.space.Community)
	if !w.sight.MayWrite(space) {
		return w, s.JoinFirst(ctx, w.community.ID)
	}
	w.channel, err = s.channels.Find(ctx, w.community.Channel)
	return w, err
}

func (w *speaker) actor() string { return actorOf(w.member) }

// actorOf is the identity a member speaks under.
func actorOf(m *org.Member) string { return "mailto:" + m.Email }

// staff reports whether a member speaks for us.
func staff(m *org.Member) bool { return m.Role != org.Plain }

// Wrote reports whether a post or thread is a member's own: they said it here, or from the inbox.
func Wrote(m *org.Member, author string) bool {
	return m != nil && (author == actorOf(m) || author == "member:"+m.ID)
}

// listenable reports whether what is said is a post like all others, which the social team may hear; see ledger.GroupSaid.
func (w *speaker) listenable() bool { return w.space.Listened() }

// kindOf is the kind of an activity: that of a post, or of what is said in a group.
func (w *speaker) kindOf(post, group string) string {
	if w.listenable() {
		return post
	}
	return group
}

// private reports whether not everybody may read what is said.
func (w *speaker) private() bool {
	return w.community.Audience != Everybody || w.space.Access != OpenSpace
}

// say states something said, and returns its id once it can be read.
func (s *Service) say(ctx context.Context, w speaker, said ledger.Said, body, token string) (string, error) {
	body, err := checkBody(body)
	if err != nil {
		return "", err
	}
	if err := s.pace.take(w.member.ID, s.Now()); err != nil {
		return "", err
	}
	if err := s.write(ctx, &w, &said, body); err != nil {
		return "", err
	}
	a := ledger.Activity{ID: s.newID(), Actor: w.actor(), Channel: w.community.Channel, At: s.Now(), Kind: w.kindOf(ledger.PostSaid, ledger.GroupSaid)}
	if token != "" {
		if len(token) > 100 {
			return "", problem.New(problem.Invalid, "problem.bad_form")
		}
		a.ID = id.From(w.member.ID, token)
	}
	a.Object, a.Key = a.ID, ledger.SaidKey(w.community.Channel, a.ID)
	said.ExternalID, said.AuthorName, said.Private = a.ID, lineOf(w.member.Name), w.private()
	if staff(w.member) {
		said.Ours, said.Member = true, w.member.ID
	}
	said.URL = s.URL(ctx, w.community) + "/p/" + a.ID
	said.Inbox = w.listenable() && !said.Ours && takes(w.channel.Inbox, said.Kind)
	a.Say(&said)
	if err := s.hold(ctx, &w, &a, &said); err != nil {
		return "", err
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if stated, err = s.ledger.AppendTx(ctx, q, a); err != nil {
			return err
		}
		if w.beside != nil && len(stated) > 0 {
			if err := w.beside(ctx, q, a.ID); err != nil {
				return err
			}
		}
		return s.join(ctx, q, w.sight, w.community.ID)
	})
	if err != nil {
		return "", fmt.Errorf("state what was said: %w", err)
	}
	s.ledger.Wake()
	return a.ID, s.ledger.Await(ctx, stated)
}

// takes reports whether somebody should handle a post of such a kind in a channel set so.
func takes(i channel.Inbox, kind string) bool {
	return i == channel.InboxAll || i == channel.InboxQuestions && (kind == "question" || kind == Ideas)
}

// write fills in what was written, and what it shows and whom it names.
func (s *Service) write(ctx context.Context, w *speaker, said *ledger.Said, body string) error {
	doc, err := markup.Render(body)
	if err != nil {
		return problem.Of(err).On("body")
	}
	said.Markup, said.Text = body, doc.Text
	if said.Attachments, err = s.attached(ctx, w.community.ID, body, said.Attachments); err != nil {
		return err
	}
	said.Mentions, err = s.named(ctx, w, doc.Mentions)
	return err
}

// Reply is what somebody answers to a post.
type Reply struct {
	Post    string // the one answered
	Body    string // Markdown
	Comment bool   // a remark on a question or an answer, no answer
	Token   string // of the form: the same token says it once
	Lang    string
}

// Reply says something in a thread: an answer, a comment, or a reply of a discussion. It returns the id of the post.
func (s *Service) Reply(ctx context.Context, community string, in Reply) (string, error) {
	if org.Who(ctx) == nil {
		return "", problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return "", err
	}
	p, t, err := s.Post(ctx, o, community, in.Post)
	if err != nil {
		return "", err
	}
	w, err := s.speaker(ctx, t.Space)
	if err != nil {
		return "", err
	}
	if err := mayReply(&t, &p); err != nil {
		return "", err
	}
	said := ledger.Said{Lang: in.Lang, InReplyTo: []string{p.ExternalID}}
	if t.Question() {
		said.Kind = "answer"
		if in.Comment || p.ID != t.ID {
			said.Kind = "comment"
		}
	}
	return s.say(ctx, w, said, in.Body, in.Token)
}

// mayReply refuses where nothing more is said.
func mayReply(t *Thread, p *Post) error {
	switch {
	case !t.DeletedAt.IsZero() || !p.DeletedAt.IsZero():
		return problem.New(problem.Conflict, "community.post.removed")
	case t.DuplicateOf != "":
		return problem.New(problem.Conflict, "community.thread.is_closed")
	case t.Locked:
		return problem.New(problem.Conflict, "community.thread.is_locked")
	}
	return nil
}

// Change is what somebody makes of a post of theirs.
type Change struct {
	Post  string
	Title string // of a first post
	Tags  string
	Body  string
	Seen  int // how often it had been edited when the form was made
}

// Edit changes a post: its author may, and who moderates the space, which stands under it and is told to the author. What it said before is kept and can be read.
func (s *Service) Edit(ctx context.Context, community string, in Change) error {
	p, t, w, err := s.own(ctx, community, in.Post)
	if err != nil {
		return err
	}
	if p.Edits != in.Seen {
		return problem.New(problem.Conflict, "problem.conflict")
	}
	body, err := checkBody(in.Body)
	if err != nil {
		return err
	}
	// What else was said of it stays as it was.
	first, err := s.ledger.Find(ctx, p.ID)
	if err != nil {
		return err
	}
	before, err := first.Said()
	if err != nil {
		return err
	}
	said := *before
	said.Tags = nil
	if p.ID == t.ID {
		if said.Title, err = checkTitle(in.Title); err != nil {
			return err
		}
		if said.Tags, err = checkTags(in.Tags); err != nil {
			return err
		}
	}
	if body == p.Markup && said.Title == p.Title && (p.ID != t.ID || fmt.Sprint(said.Tags) == fmt.Sprint(t.Tags)) {
		return nil
	}
	if err := s.pace.take(w.member.ID, s.Now()); err != nil {
		return err
	}
	if err := s.write(ctx, &w, &said, body); err != nil {
		return err
	}
	if err := s.screen(ctx, &w, &said); err != nil {
		return err
	}
	actor, own := first.Actor, Wrote(w.member, p.Author)
	if said.Editor = ""; !own {
		actor, said.Editor = w.actor(), lineOf(w.member.Name)
	}
	a := ledger.Activity{Kind: w.kindOf(ledger.PostEdited, ledger.GroupEdited), Actor: actor, Object: p.ID, Channel: first.Channel, At: s.Now(),
		Key: fmt.Sprintf("edited:%s:%d", p.ID, p.Edits+1)}
	a.Say(&said)
	if err := s.holdEdit(ctx, &w, &p, &a, &said); err != nil {
		return err
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if stated, err = s.ledger.AppendTx(ctx, q, a); err != nil || len(stated) == 0 || own {
			return err
		}
		author, err := s.memberOf(ctx, p.Author)
		if err != nil {
			return err
		}
		if err := s.word(ctx, q, Notice{Member: author, Community: w.community.ID, Kind: ChangedPost, Thread: t.ID, Post: p.ID, Subject: a.Key, By: said.Editor}); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "community.edit_post", "post:"+p.ID, map[string]string{"community": w.community.ID})
	})
	if err != nil {
		return fmt.Errorf("state an edit: %w", err)
	}
	if len(stated) == 0 {
		return problem.New(problem.Conflict, "problem.conflict")
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}

// own finds a post that whoever acts may change.
func (s *Service) own(ctx context.Context, community, post string) (Post, Thread, speaker, error) {
	var w speaker
	if org.Who(ctx) == nil {
		return Post{}, Thread{}, w, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return Post{}, Thread{}, w, err
	}
	p, t, err := s.Post(ctx, o, community, post)
	if err != nil {
		return p, t, w, err
	}
	if w, err = s.speaker(ctx, t.Space); err != nil {
		return p, t, w, err
	}
	switch {
	case !p.DeletedAt.IsZero():
		return p, t, w, problem.New(problem.Conflict, "community.post.removed")
	case w.sight.MayModerate(t.Space):
	case !Wrote(w.member, p.Author):
		return p, t, w, problem.New(problem.Forbidden, "community.post.not_yours")
	case t.Locked:
		return p, t, w, problem.New(problem.Conflict, "community.thread.is_locked")
	}
	return p, t, w, nil
}

// Delete takes a post away that whoever acts wrote. What answers it stays; of what was flagged the moderators keep the words until they have decided.
func (s *Service) Delete(ctx context.Context, community, post string) error {
	p, _, w, err := s.own(ctx, community, post)
	if err != nil {
		return err
	}
	if !Wrote(w.member, p.Author) {
		return problem.New(problem.Invalid, "community.moderation.reason_first").On("reason")
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if stated, err = s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: w.kindOf(ledger.PostDeleted, ledger.GroupDeleted), Actor: w.actor(), Object: p.ID,
			Channel: w.community.Channel, At: s.Now(), Key: "deleted:" + p.ID}); err != nil {
			return err
		}
		return s.keepFlagged(ctx, q, &p)
	})
	if err != nil {
		return fmt.Errorf("take a post away: %w", err)
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}

// Version is what a post said for a time.
type Version struct {
	At     time.Time // since when
	Title  string
	Markup string
	HTML   string
	Editor string // the name of who changed it then, "" for its author
}

// History lists what a post said until it was edited, the newest first; not what it says now.
func (s *Service) History(ctx context.Context, p *Post) ([]Version, error) {
	list, err := db.All(ctx, s.db.Read(), func(v *Version) []any { return []any{db.At(&v.At), &v.Title, &v.Markup, &v.HTML, &v.Editor} },
		"SELECT at, title, markup, html, editor FROM community_edit WHERE post = $1 ORDER BY at DESC, activity DESC"+db.Limit(100), p.ID)
	if err != nil {
		return nil, fmt.Errorf("read what a post said before: %w", err)
	}
	return list, nil
}
