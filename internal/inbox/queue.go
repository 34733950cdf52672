package inbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// View is a way to look at the conversations.
type View string

// The views.
const (
	WaitingView    View = "waiting"    // they wait for us; the longest wait first
	MineView       View = "mine"       // open and mine, newest first
	UnassignedView View = "unassigned" // open and nobody's, newest first
	OpenView       View = "open"       // newest first
	ResolvedView   View = "resolved"   // newest first
	DueView        View = "due"        // something promised is due; what is due first first
)

// Views lists the views, the most used first.
func Views() []View {
	return []View{WaitingView, DueView, MineView, UnassignedView, OpenView, ResolvedView}
}

// Filter narrows a view. What is zero does not narrow.
type Filter struct {
	Channel  string // id
	Assignee string // member id, or Nobody
	Topic    string // id; mentioned somewhere in the thread
	Words    string // said somewhere in the thread, in the query language

	Language   string // of their first words, ISO 639-1
	Feeling    string // of their last words
	Nature     string // one of Natures
	Priority   string // one of due.Priorities
	Age        int    // days since it was opened, at least; one of Ages
	Service    string // Late, Soon or Running; sorted by when something is due
	Tag        string
	Department string // of whoever has it
	Skill      string // that is asked for, as routing finds it: all its words
	Situation  string // InAny, InNone, or one by id or words of its name
}

// Nobody is the assignee of what nobody has taken.
const Nobody = "nobody"

// place is a place in a list: the time it is sorted by, and the id.
type place struct {
	at int64
	id string
}

func (p place) String() string { return strconv.FormatInt(p.at, 36) + "." + p.id }

func parsePlace(cursor string) (p place, err error) {
	for i := range len(cursor) {
		if cursor[i] == '.' {
			p.at, err = strconv.ParseInt(cursor[:i], 36, 64)
			p.id = cursor[i+1:]
			if err == nil && id.Valid(p.id) {
				return p, nil
			}
			break
		}
	}
	return p, problem.New(problem.Invalid, "inbox.bad_cursor").On("cursor")
}

// walk is how a view goes through an index.
type walk struct {
	where  db.Where
	column string
	up     bool // oldest first
}

func walkOf(view View, f Filter, member string) (*walk, error) {
	w := &walk{column: "last_at"}
	switch view {
	case WaitingView:
		w.column, w.up = "waiting_since", true
		w.where.And("waiting_since IS NOT NULL")
	case MineView:
		f.Assignee = member
		w.where.And("state = 'open'")
	case UnassignedView:
		f.Assignee = Nobody
		w.where.And("state = 'open'")
	case OpenView:
		w.where.And("state = 'open'")
	case DueView:
		w.column, w.up = "due_at", true
		w.where.And("due_at IS NOT NULL")
	case ResolvedView:
		w.where.And("state = 'resolved'")
	default:
		return nil, problem.New(problem.Invalid, "inbox.no_view", "View", string(view)).On("view")
	}
	if f.Assignee == Nobody {
		w.where.And("assignee = ''")
	} else if f.Assignee != "" {
		w.where.And("assignee = ?", f.Assignee)
	}
	if f.Channel != "" {
		w.where.And("channel = ?", f.Channel)
	}
	return w, nil
}

// walk is how whoever acts goes through a view, narrowed.
func (s *Service) walk(ctx context.Context, view View, f Filter) (*walk, Reach, error) {
	w, err := walkOf(view, f, me(ctx))
	if err != nil {
		return nil, Reach{}, err
	}
	q := s.db.Read()
	if err := w.narrow(f, s.now()); err != nil {
		return nil, Reach{}, err
	}
	if err := w.alike(ctx, q, f); err != nil {
		return nil, Reach{}, err
	}
	if f.Tag != "" {
		if err := w.tagged(ctx, q, f.Tag); err != nil {
			return nil, Reach{}, err
		}
	}
	if f.Department != "" {
		if err := s.ofDepartment(ctx, q, w, f.Department); err != nil {
			return nil, Reach{}, err
		}
	}
	if f.Topic != "" {
		if err := mentioning(ctx, q, w, f.Topic); err != nil {
			return nil, Reach{}, err
		}
	}
	if err := s.gatheredBy(ctx, q, w, f); err != nil {
		return nil, Reach{}, err
	}
	reach := Reach{All: true}
	words, _ := gatheredIn(f.Words)
	if skill := wordsOnly(f.Skill); skill != "" {
		if words == "" {
			words = skill
		} else {
			words = "(" + words + ") AND (" + skill + ")"
		}
	}
	if words != "" {
		if reach, err = s.search(ctx, q, w, words); err != nil {
			return nil, reach, err
		}
	}
	return w, reach, nil
}

func (w *walk) at(c *Conversation) place {
	at := c.LastAt
	if w.column == "waiting_since" {
		at = c.WaitingSince
	}
	if w.column == "due_at" {
		at = c.DueAt
	}
	return place{at.UnixMicro(), c.ID}
}

func (w *walk) read(ctx context.Context, q db.Q, from place, up bool, limit int) ([]Conversation, error) {
	where := db.Where{Args: append([]any(nil), w.where.Args...)}
	text := w.where.String()
	sign, order := "<", " DESC"
	if up {
		sign, order = ">", ""
	}
	if from.id != "" {
		at := where.Arg(from.at)
		// Only of a plain comparison PostgreSQL knows how many rows it leaves; SQLite would be led astray by it.
		text += db.Pick(q, "", " AND "+w.column+" "+sign+"= "+at) + " AND (" + w.column + ", id) " + sign + " (" + at + ", " + where.Arg(from.id) + ")"
	}
	return db.All(ctx, q, fields, "SELECT "+columns+" FROM conversation "+text+" ORDER BY "+w.column+order+", id"+order+db.Limit(limit), where.Args...)
}

// Queue lists a view of whoever acts, narrowed, from after cursor on; next is the cursor for the rest, "" at the end. limit is 1 to 200.
func (s *Service) Queue(ctx context.Context, view View, f Filter, cursor string, limit int) (list []Conversation, next string, err error) {
	list, next, _, err = s.Search(ctx, view, f, cursor, limit)
	return list, next, err
}

// Search is Queue that tells how far it looked for the words of the filter.
func (s *Service) Search(ctx context.Context, view View, f Filter, cursor string, limit int) (list []Conversation, next string, reach Reach, err error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, "", reach, err
	}
	var from place
	if cursor != "" {
		if from, err = parsePlace(cursor); err != nil {
			return nil, "", reach, err
		}
	}
	limit = min(max(limit, 1), 200)
	read := func(ctx context.Context) (l listing, err error) {
		w, reach, err := s.walk(ctx, view, f)
		l.reach = reach
		if err != nil {
			return l, err
		}
		if l.list, err = w.read(ctx, s.db.Read(), from, w.up, limit+1); err == nil && len(l.list) > limit {
			l.list = l.list[:limit]
			l.next = w.at(&l.list[limit-1]).String()
		}
		return l, err
	}
	if f.timely() { // what is looked for depends on what time it is
		got, err := read(ctx)
		return got.list, got.next, got.reach, err
	}
	got, err := s.lists.Read(ctx, s.db, fmt.Sprintf("%s %#v %q %s %d", view, f, me(ctx), from, limit), read)
	return slices.Clone(got.list), got.next, got.reach, err
}

// listing is a page of a view.
type listing struct {
	list  []Conversation
	next  string
	reach Reach
}

func me(ctx context.Context) string {
	if m := org.Who(ctx); m != nil {
		return m.ID
	}
	return Nobody + "!" // no member has this id: nothing is theirs
}

// Around lists up to before conversations that come before one in a view and up to after that come after it, in the order of the view, with
// the one itself between them at index here: one that has left the view still has its place in it.
func (s *Service) Around(ctx context.Context, view View, f Filter, c *Conversation, before, after int) (list []Conversation, here int, err error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, 0, err
	}
	w, _, err := s.walk(ctx, view, f)
	if err != nil {
		return nil, 0, err
	}
	at := w.at(c)
	if w.column == "waiting_since" && !c.Waiting() {
		at.at = c.LastTheirsAt.UnixMicro()
	}
	if w.column == "due_at" && c.DueAt.IsZero() {
		at.at = s.now().UnixMicro()
	}
	if list, err = w.read(ctx, s.db.Read(), at, !w.up, before); err != nil {
		return nil, 0, err
	}
	slices.Reverse(list)
	rest, err := w.read(ctx, s.db.Read(), at, w.up, after)
	if err != nil {
		return nil, 0, err
	}
	here = len(list)
	return append(append(list, *c), rest...), here, nil
}

// Beside returns the ids of the conversations before and after one in a view, "" where there is none; see Around.
func (s *Service) Beside(ctx context.Context, view View, f Filter, c *Conversation) (before, after string, err error) {
	list, here, err := s.Around(ctx, view, f, c, 1, 1)
	if err != nil {
		return "", "", err
	}
	if here > 0 {
		before = list[here-1].ID
	}
	if here+1 < len(list) {
		after = list[here+1].ID
	}
	return before, after, nil
}

// Counts are how many conversations each view has.
type Counts struct {
	Waiting, Mine, Unassigned, Open, Resolved int
	MineWaiting                               int
	Due                                       int
}

// In returns the count of a view.
func (c Counts) In(v View) int {
	switch v {
	case WaitingView:
		return c.Waiting
	case MineView:
		return c.Mine
	case UnassignedView:
		return c.Unassigned
	case OpenView:
		return c.Open
	case ResolvedView:
		return c.Resolved
	case DueView:
		return c.Due
	}
	return 0
}

// Counts counts the views of a member.
func (s *Service) Counts(ctx context.Context, member string) (Counts, error) {
	rows, err := s.counts.Read(ctx, s.db, "", func(ctx context.Context) ([]counted, error) {
		return db.All(ctx, s.db.Read(), func(r *counted) []any { return []any{&r.state, &r.assignee, db.Bool(&r.waiting), &r.n} },
			"SELECT state, assignee, waiting, n FROM conversation_count")
	})
	var c Counts
	for _, r := range rows {
		if r.waiting {
			c.Waiting += r.n
		}
		if r.state == string(Resolved) {
			c.Resolved += r.n
			continue
		}
		c.Open += r.n
		switch r.assignee {
		case "":
			c.Unassigned += r.n
		case member:
			c.Mine += r.n
			if r.waiting {
				c.MineWaiting += r.n
			}
		}
	}
	if err != nil {
		return c, err
	}
	c.Due, err = s.dues.Read(ctx, s.db, "", func(ctx context.Context) (int, error) {
		n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM conversation WHERE due_at IS NOT NULL")
		return n, err
	})
	return c, err
}

// counted is how many conversations are in one state with one member.
type counted struct {
	state, assignee string
	waiting         bool
	n               int
}

// Waiting is how many conversations wait for an answer, for the navigation; 0 when it cannot be read.
func (s *Service) Waiting(ctx context.Context) int {
	c, err := s.Counts(ctx, "")
	if err != nil {
		return 0
	}
	return c.Waiting
}

// ByAuthors lists the newest conversations in which one of these identities speaks, at most limit.
func (s *Service) ByAuthors(ctx context.Context, uris []string, limit int) ([]Conversation, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	q := s.db.Read()
	return db.All(ctx, q, fields, "SELECT "+columns+` FROM conversation WHERE id IN (SELECT conversation FROM conversation_author
		WHERE author IN `+db.Among(q, "$1")+" ORDER BY conversation DESC LIMIT 500) ORDER BY last_at DESC, id DESC"+db.Limit(limit),
		db.Texts(append([]string{}, uris...)))
}

// Names gives the names of the channels and members that conversations speak of, by id.
func (s *Service) Names(ctx context.Context, list ...Conversation) (channels, members map[string]string, err error) {
	channels, members = map[string]string{}, map[string]string{}
	all, err := s.named.Read(ctx, s.db, "", s.channelNames)
	if err != nil {
		return nil, nil, err
	}
	for i := range list {
		c := &list[i]
		channels[c.Channel] = all[c.Channel]
		if c.Assignee != "" {
			members[c.Assignee] = c.Assignee
		}
	}
	who := slices.Sorted(maps.Keys(members))
	known, err := s.called.Page(ctx, s.db, strings.Join(who, " "), func(ctx context.Context) (map[string]string, error) { return s.org.Names(ctx, who) })
	maps.Copy(members, known)
	return channels, members, err
}

// channelNames are the names of all channels by id.
func (s *Service) channelNames(ctx context.Context) (map[string]string, error) {
	type row struct{ id, name string }
	rows, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.id, &r.name} }, "SELECT id, name FROM channel")
	if err != nil {
		return nil, fmt.Errorf("read the names of channels: %w", err)
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.id] = r.name
	}
	return out, nil
}

// Channels lists the channels by which the queue can be narrowed.
func (s *Service) Channels(ctx context.Context) ([]channel.Account, error) {
	return s.channels.List(ctx)
}
