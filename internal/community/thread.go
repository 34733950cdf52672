package community

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang"
)

// Thread is a question with its answers, or a discussion.
type Thread struct {
	ID          string // of its first post
	Channel     string
	Space       string
	Kind        string // Questions, Discussions, Ideas or Events
	Title       string
	Excerpt     string
	Tags        []string
	Lang        string // a hint
	Author      string // an identity, never shown
	AuthorName  string
	At, LastAt  time.Time
	LastName    string // who spoke last
	Replies     int    // answers, or replies of a discussion; comments do not count
	Score       int
	Accepted    string // the answer that solved it
	Pinned      bool
	Locked      bool
	DuplicateOf string
	MergedInto  string // the thread that its posts are in now
	DeletedAt   time.Time
}

// Question reports whether it is one.
func (t *Thread) Question() bool { return t.Kind == Questions }

// Open reports whether something may be said in it.
func (t *Thread) Open() bool { return !t.Locked && t.DuplicateOf == "" && t.DeletedAt.IsZero() }

// Words are the words of its title as its address has them, "" when the title has none of letters that addresses have.
func (t *Thread) Words() string { return slug(t.Title) }

// Path is where it is in a community, below the community's own address.
func (t *Thread) Path() string {
	if w := t.Words(); w != "" {
		return "/t/" + t.ID + "/" + w
	}
	return "/t/" + t.ID
}

const maxSlug = 80

func slug(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range lang.Fold(title) {
		if r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(unicode.ToLower(r))
		} else {
			gap = true
		}
		if b.Len() >= maxSlug {
			break
		}
	}
	return b.String()
}

const threadColumns = `t.id, t.channel, t.space, t.kind, t.title, t.excerpt, t.tags, t.lang, t.author, t.author_name, t.at, t.last_at, t.last_name, t.replies,
	t.score, t.accepted, t.pinned, t.locked, t.duplicate_of, t.merged_into, t.deleted_at`

func threadFields(t *Thread) []any {
	return []any{&t.ID, &t.Channel, &t.Space, &t.Kind, &t.Title, &t.Excerpt, db.JSON(&t.Tags), &t.Lang, &t.Author, &t.AuthorName, db.At(&t.At), db.At(&t.LastAt),
		&t.LastName, &t.Replies, &t.Score, &t.Accepted, db.Bool(&t.Pinned), db.Bool(&t.Locked), &t.DuplicateOf, &t.MergedInto, db.At(&t.DeletedAt)}
}

// Order is how a list of threads is sorted.
type Order string

// The orders.
const (
	Active   Order = "active"   // what was said in last first
	Newest   Order = "new"      // what began last first
	Best     Order = "best"     // the highest score first
	Waiting  Order = "waiting"  // questions that nobody answered yet, the oldest first
	Unsolved Order = "unsolved" // questions with answers of which none was accepted, the oldest first
)

// Orders lists them.
func Orders() []Order { return []Order{Active, Newest, Best, Waiting, Unsolved} }

// Query asks for threads. What is zero does not narrow.
type Query struct {
	Community string // id
	Space     string // id
	Order     Order
	Page      int    // from 0
	Tag       string // of those that have it, among the first mostTagged of each space
}

// List is a page of threads.
type List struct {
	Threads []Thread
	More    bool // there are further ones
	Total   int  // how many there are, of questions that wait; 0 of other lists
}

// listed is how many threads a page has, maxPage how many pages can be leafed through.
const (
	listed     = 25
	maxPage    = 400
	mostTagged = 2000
)

// Threads lists threads that whoever the sight is of may read.
func (s *Service) Threads(ctx context.Context, o Sight, in Query) (List, error) {
	spaces := o.Readable(in.Community)
	if in.Space != "" {
		if !o.May(in.Space) {
			return List{}, notFound()
		}
		spaces = []string{in.Space}
	}
	in.Page = min(max(in.Page, 0), maxPage)
	if in.Tag != "" {
		var err error
		if in.Tag, err = oneTag(in.Tag); err != nil || in.Tag == "" {
			return List{}, err
		}
	}
	key := fmt.Sprintf("%s|%d|%s|%q", in.Order, in.Page, strings.Join(spaces, " "), in.Tag)
	return s.lists.Read(ctx, s.db, key, func(ctx context.Context) (List, error) { return s.threads(ctx, spaces, in) })
}

func (s *Service) threads(ctx context.Context, spaces []string, in Query) (List, error) {
	if len(spaces) == 0 {
		return List{}, nil
	}
	waits := func(replies string) string {
		return " AND t.kind = 'question' AND t.replies " + replies + " AND t.accepted = '' AND t.duplicate_of = '' AND t.deleted_at IS NULL AND t.locked = 0"
	}
	where, order, keys := " AND t.deleted_at IS NULL", "t.pinned DESC, t.last_at DESC, t.id DESC", "t.id, t.pinned, t.last_at"
	switch in.Order {
	case Newest:
		order, keys = "t.at DESC, t.id DESC", "t.id, t.at"
	case Best:
		order, keys = "t.score DESC, t.at DESC, t.id DESC", "t.id, t.score, t.at"
	case Waiting:
		where, order, keys = waits("= 0"), "t.at, t.id", "t.id, t.at"
	case Unsolved:
		where, order, keys = waits("> 0"), "t.at, t.id", "t.id, t.at"
	}
	if in.Tag != "" {
		keys += ", t.tags"
	}
	end := (in.Page + 1) * listed
	// Each space gives its first by its index; only those are sorted together, and only what the page shows is read.
	var b strings.Builder
	var w db.Where
	for i, space := range spaces {
		if i > 0 {
			b.WriteString(" UNION ALL ")
		}
		first := "SELECT " + keys + " FROM community_thread t WHERE t.space = " + w.Arg(space) + where + " ORDER BY " + order
		if in.Tag != "" {
			first = "SELECT " + keys + " FROM (" + first + db.Limit(mostTagged) + ") AS t WHERE " + tagged(&w, in.Tag) + " ORDER BY " + order
		}
		b.WriteString("SELECT * FROM (" + first + db.Limit(end+1) + ") AS s" + fmt.Sprint(i))
	}
	list, err := db.All(ctx, s.db.Read(), threadFields, "SELECT "+threadColumns+" FROM (SELECT t.id FROM ("+b.String()+") AS t ORDER BY "+order+db.Limit(listed+1)+
		fmt.Sprintf(" OFFSET %d", in.Page*listed)+") AS k CROSS JOIN community_thread t WHERE t.id = k.id ORDER BY "+order, w.Args...)
	if err != nil {
		return List{}, fmt.Errorf("list threads: %w", err)
	}
	out := List{Threads: list}
	if in.Order == Waiting || in.Order == Unsolved {
		q := s.db.Read()
		if out.Total, _, err = db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_thread t WHERE t.space IN "+db.Among(q, "$1")+where, db.Texts(spaces)); err != nil {
			return List{}, fmt.Errorf("count questions that wait: %w", err)
		}
	}
	if len(list) > listed {
		out.Threads, out.More = list[:listed], true
	}
	return out, nil
}

// Thread finds a thread of a community that may be read.
func (s *Service) Thread(ctx context.Context, o Sight, community, thread string) (Thread, error) {
	t, found, err := db.One(ctx, s.db.Read(), threadFields, "SELECT "+threadColumns+" FROM community_thread t WHERE t.id = $1", thread)
	if err != nil {
		return t, fmt.Errorf("find a thread: %w", err)
	}
	if !found || !o.May(t.Space) {
		return Thread{}, notFound()
	}
	if sp, _ := o.SpaceByID(t.Space); sp.Community != community {
		return Thread{}, notFound()
	}
	return t, nil
}

// Begin is what somebody writes to begin a thread.
type Begin struct {
	Space string // id
	Kind  string // Questions, Discussions, Ideas or Events
	Title string
	Body  string // Markdown
	Tags  string
	Token string // of the form: the same token begins one thread
	Lang  string

	Choices string    // of a poll, one a line; "" for no poll
	Several bool      // whether people may take several of them
	EndsAt  time.Time // of the poll; zero for never

	Event EventPlan // of an event
}

// Start begins a thread: a question or a discussion. It returns its id.
func (s *Service) Start(ctx context.Context, in Begin) (string, error) {
	w, err := s.speaker(ctx, in.Space)
	if err != nil {
		return "", err
	}
	if !w.space.Takes(in.Kind) {
		return "", problem.New(problem.Invalid, "community.thread.not_here").On("kind")
	}
	said := ledger.Said{Lang: in.Lang, Space: in.Space}
	if in.Kind == Questions || in.Kind == Ideas || in.Kind == Events {
		said.Kind = in.Kind
	}
	if in.Kind == Events {
		if said.Event, err = in.Event.checked(s.Now()); err != nil {
			return "", err
		}
	}
	if said.Title, err = checkTitle(in.Title); err != nil {
		return "", err
	}
	if said.Tags, err = checkTags(in.Tags); err != nil {
		return "", err
	}
	if said.Poll, err = checkPoll(in.Choices, in.Several, in.EndsAt, s.Now()); err != nil {
		return "", err
	}
	return s.say(ctx, w, said, in.Body, in.Token)
}
