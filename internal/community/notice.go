package community

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/push"
	"github.com/entente/entente/internal/seal"
)

// NoticeKind is why somebody is told of something.
type NoticeKind string

// The kinds of notices. The first are about what others said; they are shown as long as the reader may see it. The others are words to the reader
// alone.
const (
	Mentioned NoticeKind = "mention"
	Answered  NoticeKind = "answer"   // their question
	Replied   NoticeKind = "reply"    // their discussion, or what they said in one
	Commented NoticeKind = "comment"  // their question or answer
	Solved    NoticeKind = "accepted" // their answer was accepted
	Followed  NoticeKind = "followed" // something was said in a thread they follow
	Begun     NoticeKind = "begun"    // a thread began where they want to hear everything

	ShutThread  NoticeKind = "thread_closed" // their question was asked before
	MovedThread NoticeKind = "thread_moved"  // theirs is in another space, whether they read there or not
	OneThread   NoticeKind = "thread_merged" // theirs became part of another

	AskedFor NoticeKind = "asked"   // we ask them to help in a thread
	Thanked  NoticeKind = "thanked" // for having helped there

	SoonEvent    NoticeKind = "event_soon"      // an event they enrolled in begins
	ChangedEvent NoticeKind = "event_changed"   // it is at another time or place
	OffEvent     NoticeKind = "event_cancelled" // it does not take place
	NewsOfIdea   NoticeKind = "idea_judged"     // something was decided on an idea that they proposed or are for
	NewsOfOwn    NoticeKind = "idea_own"        // something was decided on an idea of theirs
	SeatFree     NoticeKind = "event_seat"      // they waited, and have a seat now

	JuryAsked NoticeKind = "jury"         // they are asked to judge what is entered for a challenge
	JuryDue   NoticeKind = "jury_due"     // it is all entered, and they have not scored it all yet
	MovedCall NoticeKind = "jury_changed" // a challenge where they sit or entered has other dates or criteria

	CallResult NoticeKind = "call_result" // a challenge where they sit or entered is judged

	HandedIn    NoticeKind = "article_in"       // an article waits where they look after articles
	ArticleBack NoticeKind = "article_back"     // theirs was given back
	ArticleOut  NoticeKind = "article_approved" // or is read by all
	ArticleOld  NoticeKind = "article_old"      // one that they wrote or look after is to be looked at again

	WordsOfThanks NoticeKind = "words" // somebody thanked them in words

	AsksIn      NoticeKind = "asks_in"    // somebody asks to be let in where they decide that
	CameIn      NoticeKind = "let_in"     // they were let in
	KeptOut     NoticeKind = "not_let_in" // they were not
	AskedIn     NoticeKind = "invited"    // they are invited
	MadeKeeper  NoticeKind = "moderator"  // they look after a space now
	LetThrough  NoticeKind = "approved"   // what they wrote waited and is there now
	Declined    NoticeKind = "declined"
	HidPost     NoticeKind = "hidden"
	ChangedPost NoticeKind = "edited" // somebody else changed what they wrote
	TookPost    NoticeKind = "deleted"
	BackPost    NoticeKind = "restored"
	Silencing   NoticeKind = "silenced"
	Banning     NoticeKind = "suspended"
	Ending      NoticeKind = "ended"  // of a silence or a suspension
	Upheld      NoticeKind = "upheld" // their appeal changed nothing
)

// personal reports whether a notice is addressed to its reader whatever they may see of the post it is about.
func (k NoticeKind) personal() bool {
	switch k {
	case Mentioned, Answered, Replied, Commented, Solved, Followed, Begun, AskedFor, Thanked, SoonEvent, ChangedEvent, OffEvent, SeatFree, NewsOfIdea, NewsOfOwn, JuryAsked, JuryDue, MovedCall, CallResult:
		return false
	}
	return true
}

// Notice tells a member of something.
type Notice struct {
	ID        string
	Member    string
	Community string
	Kind      NoticeKind
	Thread    string
	Post      string
	Subject   string // of a decision: its case or sanction
	Words     string // of who decided
	At        time.Time
	ReadAt    time.Time

	// What it is about as it stands now; "" where the reader may not see it any more.
	Title   string
	By      string // who did it, or said it
	Space   string
	Kindred string // question, discussion, idea, event; "" of a challenge
	Excerpt string

	mail   string
	markup string
	author string
}

const noticeColumns = "n.id, n.member, n.community, n.kind, n.thread, n.post, n.subject, n.words, n.by_name, n.mail, n.at, n.read_at"

func noticeFields(n *Notice) []any {
	return []any{&n.ID, &n.Member, &n.Community, (*string)(&n.Kind), &n.Thread, &n.Post, &n.Subject, &n.Words, &n.By, &n.mail, db.At(&n.At), db.At(&n.ReadAt)}
}

// noticed joins what a notice is about, as far as it is there and in one of the spaces that the reader may see: a post and its thread, or a challenge.
func noticed(q db.Q, w *db.Where, spaces []string) string {
	readable := db.Among(q, w.Arg(db.Texts(spaces)))
	return ` FROM community_notice n LEFT JOIN community_post p ON p.id = n.post AND p.deleted_at IS NULL LEFT JOIN community_thread t ON t.id = p.thread AND t.deleted_at IS NULL
		AND t.space IN ` + readable + ` LEFT JOIN community_challenge h ON h.id = n.post AND h.space IN ` + readable
}

// seen narrows to notices whose post or challenge may be seen, and to words to the reader; of thanks that were taken back nothing is left.
const seen = `NOT (n.kind = 'words' AND EXISTS (SELECT 1 FROM activity b WHERE b.key = 'thanks_back:' || n.subject))
	AND (p.id IS NOT NULL AND t.id IS NOT NULL OR h.id IS NOT NULL OR n.kind NOT IN ('jury', 'jury_due', 'jury_changed', 'call_result', 'mention', 'answer', 'reply', 'comment', 'accepted', 'followed', 'begun', 'event_soon', 'event_changed', 'event_cancelled', 'event_seat', 'idea_judged', 'idea_own'))`

// herald is what the service keeps to tell people of things.
type herald struct {
	mailer Mailer
	box    *seal.Box
	key    []byte // of links and addresses in mails; read once
	keyMu  sync.Mutex

	browsers *push.Service // nil where browsers are not told

	postAddress func(ctx context.Context, tag string) string // of posts by mail; nil where nothing is posted so

	counts db.Kept[int]

	hint   func(title, text string) (label string, p float64)
	bans   db.Kept[[]Sanction]
	rules  db.Kept[Rule]
	queued db.Kept[int]
}

// listedNotices is how many notices a page shows.
const listedNotices = 50

// Notices lists what whoever acts was told in a community, the newest first, without what they may not see any more.
func (s *Service) Notices(ctx context.Context, o Sight, community string) ([]Notice, error) {
	m, err := signedIn(ctx)
	if err != nil {
		return nil, err
	}
	return s.noticesOf(ctx, s.db.Read(), o.Readable(community), m.ID, func(w *db.Where) { w.And("n.community = ?", community) }, "n.at DESC, n.id DESC", listedNotices)
}

func (s *Service) noticesOf(ctx context.Context, q db.Q, spaces []string, member string, narrow func(*db.Where), order string, most int) ([]Notice, error) {
	var w db.Where
	from := noticed(q, &w, spaces)
	w.And("n.member = ?", member).And(seen)
	narrow(&w)
	list, err := db.All(ctx, q, func(n *Notice) []any {
		return append(noticeFields(n), &n.Title, &n.author, &n.Space, &n.Kindred, &n.markup)
	}, "SELECT "+noticeColumns+`, COALESCE(t.title, h.title, ''), CASE WHEN t.id IS NULL THEN COALESCE(h.author_name, '') ELSE COALESCE(p.author_name, '') END, COALESCE(t.space, h.space, ''), COALESCE(t.kind, ''),
		CASE WHEN t.id IS NULL THEN '' ELSE COALESCE(p.markup, '') END`+from+" "+w.String()+" ORDER BY "+order+db.Limit(most), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	for i := range list {
		list[i].Excerpt = excerpt(unquoted(textOf(list[i].markup)))
		list[i].By = cmp.Or(list[i].By, list[i].author)
	}
	return list, s.dateNotices(ctx, q, list)
}

// NewNotices counts what whoever acts has not read yet in a community, of what they may see.
func (s *Service) NewNotices(ctx context.Context, o Sight, community string) (int, error) {
	m := org.Who(ctx)
	if m == nil {
		return 0, nil
	}
	return s.counts.Read(ctx, s.db, m.ID+" "+community+" "+o.Key(), func(ctx context.Context) (int, error) {
		q := s.db.Read()
		var w db.Where
		from := noticed(q, &w, o.Readable(community))
		w.And("n.member = ?", m.ID).And("n.community = ?", community).And("n.read_at IS NULL").And(seen)
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*)"+from+" "+w.String(), w.Args...)
		if err != nil {
			return 0, fmt.Errorf("count notices: %w", err)
		}
		return n, nil
	})
}

// ReadNotice notes that whoever acts has read a notice of theirs, and returns it.
func (s *Service) ReadNotice(ctx context.Context, o Sight, community, notice string) (Notice, error) {
	m, err := signedIn(ctx)
	if err != nil {
		return Notice{}, err
	}
	list, err := s.noticesOf(ctx, s.db.Read(), o.Readable(community), m.ID, func(w *db.Where) { w.And("n.id = ?", notice).And("n.community = ?", community) }, "n.id", 1)
	if err != nil {
		return Notice{}, err
	}
	if len(list) == 0 {
		return Notice{}, notFound()
	}
	return list[0], s.readNotices(ctx, "member = $2 AND id = $3", m.ID, notice)
}

// ReadAllNotices notes that whoever acts has read all their notices of a community.
func (s *Service) ReadAllNotices(ctx context.Context, community string) error {
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	return s.readNotices(ctx, "member = $2 AND community = $3", m.ID, community)
}

// ReadNoticesOf notes that whoever acts has read what is said in a thread.
func (s *Service) ReadNoticesOf(ctx context.Context, thread string) error {
	m := org.Who(ctx)
	if m == nil || m.ByToken() {
		return nil
	}
	return s.readNotices(ctx, "member = $2 AND thread = $3", m.ID, thread)
}

// readNotices writes only when there is something to note.
func (s *Service) readNotices(ctx context.Context, where string, args ...any) error {
	_, found, err := db.Value[int](ctx, s.db.Read(), "SELECT 1 FROM community_notice WHERE read_at IS NULL AND $1 <> 0 AND "+where+" LIMIT 1", append([]any{1}, args...)...)
	if err != nil {
		return fmt.Errorf("look for notices not read: %w", err)
	}
	if !found {
		return nil
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE community_notice SET read_at = $1 WHERE read_at IS NULL AND "+where, append([]any{db.T(s.Now())}, args...)...); err != nil {
			return fmt.Errorf("note what was read: %w", err)
		}
		return nil
	})
}

// word tells a member something that is for them alone, in the transaction of what it is about.
func (s *Service) word(ctx context.Context, q db.Q, n Notice) error {
	if n.Member == "" {
		return nil
	}
	m, err := s.org.Find(ctx, n.Member)
	if err != nil {
		if problem.Is(err, problem.Missing) {
			return nil
		}
		return err
	}
	n.ID, n.At = s.newID(), s.Now()
	return s.tell(ctx, q, m, n)
}
