package inbox

import (
	"context"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/problem"
)

// State is where a conversation stands.
type State string

// The states.
const (
	Open     State = "open"
	Resolved State = "resolved"
)

// Conversation is a thread that somebody should handle or did handle.
type Conversation struct {
	ID, Root, Channel, Kind string
	Post                    string // the one it began with
	State                   State
	Assignee                string // member, "" for nobody
	Title, Excerpt          string
	Author, AuthorName      string // who began it
	Private                 bool
	OpenedAt                time.Time // when the first of their posts was said
	FirstReplyAt            time.Time // when a human being of ours first answered; zero: not yet
	FirstReplyBy            string
	ResolvedAt              time.Time // when it was last resolved; zero while open
	WaitingSince            time.Time // since when they wait for us; zero: they do not
	LastTheirsAt            time.Time
	LastOursAt              time.Time
	LastAt                  time.Time
	Posts                   int // since it began
	Notes, Reopened         int

	Lang     string // of their first words, ISO 639-1
	Feeling  string // of their last words: negative, neutral, positive; "" when nobody is sure
	Nature   string // what matters most of what they want, one of Natures; "" when nobody is sure
	Priority string // as members say; "" is the usual
	DueAt    time.Time
	DueAim   string    // what is due then, a due.Aim
	WarnAt   time.Time // from when that presses
	Promised int       // how much was ever promised
}

const columns = `id, root, post, channel, kind, state, assignee, title, excerpt, author, author_name, private, opened_at, first_reply_at, first_reply_by,
	resolved_at, waiting_since, last_theirs_at, last_ours_at, last_at, posts, notes, reopened,
	lang, feeling, nature, priority, due_at, due_aim, warn_at, promised`

func fields(c *Conversation) []any {
	return []any{&c.ID, &c.Root, &c.Post, &c.Channel, &c.Kind, (*string)(&c.State), &c.Assignee, &c.Title, &c.Excerpt, &c.Author, &c.AuthorName,
		db.Bool(&c.Private), db.At(&c.OpenedAt), db.At(&c.FirstReplyAt), &c.FirstReplyBy, db.At(&c.ResolvedAt), db.At(&c.WaitingSince),
		db.At(&c.LastTheirsAt), db.At(&c.LastOursAt), db.At(&c.LastAt), &c.Posts, &c.Notes, &c.Reopened,
		&c.Lang, &c.Feeling, &c.Nature, &c.Priority, db.At(&c.DueAt), &c.DueAim, db.At(&c.WarnAt), &c.Promised}
}

func (c *Conversation) row() []any {
	return []any{c.ID, c.Root, c.Post, c.Channel, c.Kind, string(c.State), c.Assignee, c.Title, c.Excerpt, c.Author, c.AuthorName, db.B(c.Private),
		db.T(c.OpenedAt), db.T(c.FirstReplyAt), c.FirstReplyBy, db.T(c.ResolvedAt), db.T(c.WaitingSince), db.T(c.LastTheirsAt), db.T(c.LastOursAt),
		db.T(c.LastAt), c.Posts, c.Notes, c.Reopened, c.Lang, c.Feeling, c.Nature, c.Priority, db.T(c.DueAt), c.DueAim, db.T(c.WarnAt), c.Promised}
}

// Waiting reports whether they wait for us.
func (c *Conversation) Waiting() bool { return !c.WaitingSince.IsZero() }

// Name is what a conversation is called in lists: its title, else how it begins.
func (c *Conversation) Name() string {
	if c.Title != "" {
		return c.Title
	}
	return c.Excerpt
}

func missing() error { return problem.New(problem.Missing, "problem.not_found") }

// Find returns the conversation with this id, also by an id it had before it was joined to another.
func (s *Service) Find(ctx context.Context, conversation string) (Conversation, error) {
	if !id.Valid(conversation) {
		return Conversation{}, missing()
	}
	return s.finds.Page(ctx, s.db, conversation, func(ctx context.Context) (Conversation, error) { return s.find(ctx, conversation) })
}

func (s *Service) find(ctx context.Context, conversation string) (Conversation, error) {
	q := s.db.Read()
	c, found, err := db.One(ctx, q, fields, "SELECT "+columns+" FROM conversation WHERE id = $1", conversation)
	if err != nil || found {
		return c, err
	}
	c, found, err = db.One(ctx, q, fields, "SELECT "+columns+" FROM conversation WHERE id = (SELECT conversation FROM conversation_alias WHERE id = $1)", conversation)
	if err == nil && !found {
		err = missing()
	}
	return c, err
}

// Of returns the conversation about the thread of a post; found is false when there is none.
func (s *Service) Of(ctx context.Context, post string) (c Conversation, found bool, err error) {
	return db.One(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM conversation WHERE root = (SELECT root FROM post WHERE id = $1)", post)
}

// Authors are the identities that speak in a conversation, ours left out.
func (s *Service) Authors(ctx context.Context, conversation string) ([]string, error) {
	return db.All(ctx, s.db.Read(), db.Self[string], "SELECT author FROM conversation_author WHERE conversation = $1 ORDER BY author LIMIT 100", conversation)
}

// ids are the id of a conversation and those of what was joined to it.
func (s *Service) ids(ctx context.Context, c *Conversation) ([]string, error) {
	old, err := s.aliases.Page(ctx, s.db, c.ID, func(ctx context.Context) ([]string, error) {
		return db.All(ctx, s.db.Read(), db.Self[string], "SELECT id FROM conversation_alias WHERE conversation = $1 ORDER BY id LIMIT 100", c.ID)
	})
	return append([]string{c.ID}, old...), err
}
