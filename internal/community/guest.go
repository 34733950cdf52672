package community

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Guest is somebody of elsewhere, no member here, whose identity the caller has proved.
type Guest struct {
	URI  string // such as acct:ada@social.example
	Name string // as shown
	Hold int    // how much trust it takes until their posts no longer wait, where the community's own rule asks less
}

// Saying is what a guest says.
type Saying struct {
	Key   string // names it where it was said: the same key is one post here
	Reply string // id of the post it answers, "" begins a thread in Space
	Space string
	Title string
	Body  string // Markdown
	Lang  string
}

// guestPost is the id of what a guest said under a key, whether it is shown or waits.
func guestPost(c *Community, key string) string { return id.From(c.Channel, "guest:"+key) }

// hall finds where a guest may say something: what nobody in particular may read, and write to once they have signed up.
func (s *Service) hall(ctx context.Context, community, space string) (speaker, error) {
	o, err := s.Sees(org.With(ctx, nil), nil)
	if err != nil {
		return speaker{}, err
	}
	w := speaker{sight: o}
	var seen bool
	if w.community, seen = o.ByID(community); !seen || w.community.Audience != Everybody {
		return w, notFound()
	}
	if space == "" {
		return w, nil
	}
	if w.space, seen = o.SpaceByID(space); !seen || !o.May(space) || w.space.Community != community || w.space.Access != OpenSpace {
		return w, notFound()
	}
	if !w.space.ArchivedAt.IsZero() {
		return w, problem.New(problem.Forbidden, "community.thread.is_locked")
	}
	w.channel, err = s.channels.Find(ctx, w.community.Channel)
	return w, err
}

// GuestSays states what a guest says, once. It returns the id of the post, and whether it waits for a moderator, as first posts, blocked words and trust
// decide for members.
func (s *Service) GuestSays(ctx context.Context, community string, g Guest, in Saying) (post string, waits bool, err error) {
	said := ledger.Said{Lang: in.Lang}
	space := in.Space
	if in.Reply != "" {
		o, err := s.Sees(org.With(ctx, nil), nil)
		if err != nil {
			return "", false, err
		}
		p, t, err := s.Post(ctx, o, community, in.Reply)
		if err != nil {
			return "", false, err
		}
		if err := mayReply(&t, &p); err != nil {
			return "", false, err
		}
		space, said.InReplyTo = t.Space, []string{p.ExternalID}
		if t.Question() {
			said.Kind = "answer"
			if p.ID != t.ID {
				said.Kind = "comment"
			}
		}
	}
	w, err := s.hall(ctx, community, space)
	if err != nil {
		return "", false, err
	}
	if in.Reply == "" {
		switch {
		case w.space.Takes(Discussions):
		case w.space.Takes(Questions):
			said.Kind = Questions
		default:
			return "", false, problem.New(problem.Invalid, "community.thread.not_here")
		}
		said.Space = space
		if said.Title = lineOf(in.Title); said.Title == "" {
			return "", false, problem.New(problem.Invalid, "problem.required").On("title")
		}
		if utf8.RuneCountInString(said.Title) > maxTitle {
			said.Title = strings.TrimSpace(string([]rune(said.Title)[:maxTitle-1])) + "…"
		}
	}
	if err := guestWords(&said, in.Body); err != nil {
		return "", false, err
	}
	if err := s.pace.take(g.URI, s.Now()); err != nil {
		return "", false, err
	}
	a := ledger.Activity{ID: guestPost(&w.community, in.Key), Kind: ledger.PostSaid, Actor: g.URI, Channel: w.community.Channel, At: s.Now()}
	a.Object, a.Key = a.ID, ledger.SaidKey(w.community.Channel, in.Key)
	said.ExternalID, said.AuthorName = in.Key, lineOf(g.Name)
	said.URL = s.URL(ctx, w.community) + "/p/" + a.ID
	said.Inbox = w.listenable() && takes(w.channel.Inbox, said.Kind)
	a.Say(&said)
	cause, err := s.guestWaits(ctx, &w, g, &said)
	if err != nil {
		return "", false, err
	}
	if cause != "" {
		return a.ID, true, s.holdGuest(ctx, &w, g, &a, &said, cause)
	}
	if _, err := s.ledger.State(ctx, a); err != nil {
		return "", false, fmt.Errorf("state what a guest said: %w", err)
	}
	return a.ID, false, nil
}

// guestWords fills in what is said. What is beyond the limits of Markdown is plain text.
func guestWords(said *ledger.Said, body string) error {
	body, err := checkBody(body)
	if err != nil {
		return err
	}
	doc, err := markup.Render(body)
	said.Markup, said.Text = body, doc.Text
	if err != nil {
		said.Markup = ""
	}
	return nil
}

// guestWaits says why something must wait, "" for nothing.
func (s *Service) guestWaits(ctx context.Context, w *speaker, g Guest, said *ledger.Said) (string, error) {
	t, err := s.trustOf(ctx, &w.community, g.URI, "", time.Time{})
	if err != nil {
		return "", err
	}
	rule, err := s.Rule(ctx, w.community.ID)
	if err != nil {
		return "", err
	}
	if t.Accepted == 0 {
		n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM community_post WHERE author = $1 AND at > $2", g.URI, db.T(s.Now().Add(-time.Hour)))
		if err != nil {
			return "", fmt.Errorf("count what a guest has said: %w", err)
		}
		if n >= mostNew {
			return "", problem.New(problem.Busy, "community.moderation.slower", "Max", mostNew)
		}
	}
	doc, _ := markup.Render(said.Markup)
	switch {
	case blockedBy(rule.Blocked, said.Title+"\n"+said.Text, doc.Links) != "":
		return CauseBlocked, nil
	case t.Points() < max(rule.FirstPosts, g.Hold):
		return CauseFirst, nil
	}
	return "", nil
}

// holdGuest keeps what a guest said for the moderators. One that was decided already stays so.
func (s *Service) holdGuest(ctx context.Context, w *speaker, g Guest, a *ledger.Activity, said *ledger.Said, cause string) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("keep a post that waits: %w", err)
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_case WHERE member = '' AND author = $1 AND community = $2 AND kind = 'held' AND state = 'open' AND id <> $3", g.URI, w.community.ID, a.ID)
		if err != nil {
			return fmt.Errorf("count what waits of somebody: %w", err)
		}
		if n >= mostWaiting {
			return problem.New(problem.Busy, "community.moderation.many_waiting", "Max", mostWaiting)
		}
		if err := db.Insert(ctx, q, "community_case (id, kind, community, space, post, author, author_name, cause, content, state, at)",
			[][]any{{a.ID, "held", w.community.ID, w.space.ID, a.ID, g.URI, said.AuthorName, cause, string(raw), "open", db.T(s.Now())}}, "ON CONFLICT DO NOTHING"); err != nil {
			return fmt.Errorf("keep a post that waits: %w", err)
		}
		return nil
	})
}

// GuestEdits changes what a guest said under a key: what is shown, or what waits. It must be theirs. changed is false when nothing that is shown is
// another now.
func (s *Service) GuestEdits(ctx context.Context, community string, g Guest, in Saying) (changed bool, err error) {
	w, err := s.hall(ctx, community, "")
	if err != nil {
		return false, err
	}
	post := guestPost(&w.community, in.Key)
	if done, err := s.editHeld(ctx, g, post, in); done || err != nil {
		return false, err
	}
	p, t, err := s.guestOwn(ctx, &w, g, post)
	if err != nil {
		return false, err
	}
	if t.Locked {
		return false, problem.New(problem.Conflict, "community.thread.is_locked")
	}
	first, err := s.ledger.Find(ctx, p.ID)
	if err != nil {
		return false, err
	}
	before, err := first.Said()
	if err != nil {
		return false, err
	}
	said := *before
	if p.ID == t.ID && lineOf(in.Title) != "" {
		said.Title = lineOf(in.Title)
	}
	if err := guestWords(&said, in.Body); err != nil {
		return false, err
	}
	if source, _ := written(first.Channel, &said); source == p.Markup && said.Title == p.Title {
		return false, nil
	}
	rule, err := s.Rule(ctx, community)
	if err != nil {
		return false, err
	}
	if err := s.pace.take(g.URI, s.Now()); err != nil {
		return false, err
	}
	trust, err := s.trustOf(ctx, &w.community, g.URI, "", time.Time{})
	if err != nil {
		return false, err
	}
	a := ledger.Activity{Kind: ledger.PostEdited, Actor: g.URI, Object: p.ID, Channel: first.Channel, At: s.Now(), Key: fmt.Sprintf("edited:%s:%d", p.ID, p.Edits+1)}
	a.Say(&said)
	// Unlike a member, who is told that the words will not do, whoever is elsewhere has changed them there already: what would stand here is looked at.
	doc, _ := markup.Render(said.Markup)
	looked := trust.Points() < max(rule.FirstPosts, g.Hold)+settled && max(rule.FirstPosts, g.Hold) > 0
	if blockedBy(rule.Blocked, said.Title+"\n"+said.Text, doc.Links) != "" || looked && leadsElsewhere(p.Markup, said.Markup) {
		w.space, _ = w.sight.SpaceByID(t.Space)
		if err := s.holdChange(ctx, &w, "", p.ID, lineOf(g.Name), &a); !Waits(err) {
			return false, err
		}
		return false, nil
	}
	_, err = s.ledger.State(ctx, a)
	return err == nil, err
}

// editHeld changes what waits; done is false when nothing of theirs does.
func (s *Service) editHeld(ctx context.Context, g Guest, post string, in Saying) (done bool, err error) {
	raw, found, err := db.Value[string](ctx, s.db.Read(), "SELECT content FROM community_case WHERE id = $1 AND kind = 'held' AND state = 'open' AND author = $2", post, g.URI)
	if err != nil || !found {
		return false, err
	}
	var a ledger.Activity
	if err := json.Unmarshal([]byte(raw), &a); err != nil {
		return false, fmt.Errorf("read a post that waits: %w", err)
	}
	was, err := a.Said()
	if err != nil {
		return false, err
	}
	said := *was
	if err := guestWords(&said, in.Body); err != nil {
		return false, err
	}
	a.Say(&said)
	now, err := json.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("keep a post that waits: %w", err)
	}
	return true, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE community_case SET content = $1 WHERE id = $2 AND state = 'open' AND content = $3", string(now), post, raw)
		return err
	})
}

// guestOwn finds what a guest said, which must be theirs and stand.
func (s *Service) guestOwn(ctx context.Context, w *speaker, g Guest, post string) (Post, Thread, error) {
	p, t, err := s.Post(ctx, w.sight, w.community.ID, post)
	switch {
	case err != nil:
		return p, t, err
	case p.Author != g.URI:
		return p, t, problem.New(problem.Forbidden, "community.post.not_yours")
	case !p.DeletedAt.IsZero():
		return p, t, problem.New(problem.Conflict, "community.post.removed")
	}
	return p, t, nil
}

// GuestTakesAway takes away what a guest said under a key, also while it waits. It must be theirs.
func (s *Service) GuestTakesAway(ctx context.Context, community string, g Guest, key string) error {
	w, err := s.hall(ctx, community, "")
	if err != nil {
		return err
	}
	post := guestPost(&w.community, key)
	n, shown := int64(0), false
	if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		n, err = db.Exec(ctx, q, "UPDATE community_case SET state = 'gone', content = '', decided_at = $1 WHERE post = $2 AND kind = 'held' AND state = 'open' AND author = $3", db.T(s.Now()), post, g.URI)
		if err != nil {
			return err
		}
		_, shown, err = db.Value[int](ctx, q, "SELECT 1 FROM community_post WHERE id = $1", post) // then it was an edit of it that waited
		return err
	}); err != nil || n > 0 && !shown {
		return err
	}
	return s.guestGone(ctx, &w, g, post)
}

func (s *Service) guestGone(ctx context.Context, w *speaker, g Guest, post string) error {
	p, _, err := s.guestOwn(ctx, w, g, post)
	if err != nil {
		return err
	}
	_, err = s.ledger.State(ctx, ledger.Activity{Kind: ledger.PostDeleted, Actor: g.URI, Object: p.ID, Channel: w.community.Channel, At: s.Now(), Key: "deleted:" + p.ID})
	return err
}

// GuestLeaves takes away all that a guest said in a community: they are no more where they come from. It returns how many posts.
func (s *Service) GuestLeaves(ctx context.Context, community string, g Guest) (int, error) {
	w, err := s.hall(ctx, community, "")
	if err != nil {
		return 0, err
	}
	if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE community_case SET state = 'gone', content = '', decided_at = $1 WHERE kind = 'held' AND state = 'open' AND author = $2 AND community = $3", db.T(s.Now()), g.URI, community)
		return err
	}); err != nil {
		return 0, err
	}
	posts, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT id FROM community_post WHERE author = $1 AND channel = $2 AND deleted_at IS NULL ORDER BY id", g.URI, w.community.Channel)
	if err != nil {
		return 0, fmt.Errorf("find what a guest said: %w", err)
	}
	list := make([]ledger.Activity, len(posts))
	for i, p := range posts {
		list[i] = ledger.Activity{Kind: ledger.PostDeleted, Actor: g.URI, Object: p, Channel: w.community.Channel, At: s.Now(), Key: "deleted:" + p}
	}
	_, err = s.ledger.State(ctx, list...)
	return len(list), err
}

// GuestVotes makes a guest's vote on a post useful or none. On ideas, where votes are counted as a wish of those whom the community is for, it is shown as
// agreement and is no vote.
func (s *Service) GuestVotes(ctx context.Context, community string, g Guest, post string, useful bool) error {
	w, err := s.hall(ctx, community, "")
	if err != nil {
		return err
	}
	p, t, err := s.Post(ctx, w.sight, community, post)
	if err != nil {
		return err
	}
	switch {
	case !p.DeletedAt.IsZero():
		return problem.New(problem.Conflict, "community.post.removed")
	case t.Locked:
		return problem.New(problem.Conflict, "community.thread.is_locked")
	case p.Author == g.URI:
		return problem.New(problem.Invalid, "community.post.own_vote")
	}
	if err := s.votes.within(g.URI, s.Now(), mostVotes); err != nil {
		return err
	}
	return s.replace(ctx, func(ctx context.Context) (*ledger.Activity, error) {
		if t.Kind == Ideas {
			const agree = "agree"
			is, _, err := db.One(ctx, s.db.Read(), ballotFields, "SELECT taken, last FROM community_reaction WHERE post = $1 AND reaction = $2 AND voter = $3", p.ID, agree, g.URI)
			if err != nil || is.value == int(db.B(useful)) {
				return nil, err
			}
			return &ledger.Activity{Kind: ledger.ReactionSet, Actor: g.URI, Object: p.ID, Channel: w.community.Channel, At: s.Now(),
				Key: "reaction:" + p.ID + ":" + agree + ":" + g.URI + ":" + is.last, Data: ledger.Data(ledger.Reaction{Reaction: agree, On: useful})}, nil
		}
		is, _, err := db.One(ctx, s.db.Read(), ballotFields, "SELECT value, last FROM community_vote WHERE post = $1 AND voter = $2", p.ID, g.URI)
		if err != nil || is.value == int(db.B(useful)) {
			return nil, err
		}
		return &ledger.Activity{Kind: ledger.VoteCast, Actor: g.URI, Object: p.ID, Channel: w.community.Channel, At: s.Now(),
			Key: "vote:" + p.ID + ":" + g.URI + ":" + is.last, Data: ledger.Data(ledger.Vote{Value: int(db.B(useful)) - is.value})}, nil
	})
}

// GuestFlags tells the moderators that a guest finds something wrong with a post.
func (s *Service) GuestFlags(ctx context.Context, community string, g Guest, post, words string) error {
	w, err := s.hall(ctx, community, "")
	if err != nil {
		return err
	}
	if words = TextOf(words); words == "" {
		words = g.Name
	}
	if r := []rune(words); len(r) > maxWords {
		words = string(r[:maxWords])
	}
	return s.flagPost(ctx, &objection{by: g.URI, wrote: func(author string) bool { return author == g.URI }, sees: w.sight, reason: "other", words: words}, community, post)
}

// GuestsOf finds the last posts of guests in a community: one a guest, the newest first.
func (s *Service) GuestsOf(ctx context.Context, c Community, most int) ([]Post, error) {
	list, err := db.All(ctx, s.db.Read(), postFields, "SELECT "+postColumns+` FROM community_post p WHERE p.channel = $1 AND p.author LIKE 'acct:%' AND p.id = (SELECT x.id FROM community_post x
		WHERE x.author = p.author AND x.channel = p.channel ORDER BY x.at DESC, x.id DESC LIMIT 1) ORDER BY p.at DESC, p.id`+db.Limit(most), c.Channel)
	if err != nil {
		return nil, fmt.Errorf("list guests: %w", err)
	}
	return list, nil
}

// briefGuest adds what is known of an author who is no member.
func (s *Service) briefGuest(ctx context.Context, b *Brief) error {
	if !strings.HasPrefix(b.Author, "acct:") || b.Kind == "appeal" {
		return nil
	}
	place, _, err := s.listed(ctx, b.Community)
	if err != nil {
		return err
	}
	since, _, err := db.Value[int64](ctx, s.db.Read(), "SELECT COALESCE(MIN(at), 0) FROM community_post WHERE author = $1", b.Author)
	if err != nil {
		return fmt.Errorf("see since when a guest is here: %w", err)
	}
	at := b.At
	if since > 0 {
		at = time.UnixMicro(since).UTC()
	}
	if b.Trust, err = s.trustOf(ctx, &place, b.Author, "", at); err != nil {
		return err
	}
	b.Earlier, err = s.cases(ctx, "c.member = '' AND c.author = $1 AND c.community = $2 AND c.state <> 'open' AND c.kind <> 'appeal' AND c.id <> $3", b.Author, b.Community, b.ID)
	return err
}
