package inbox

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/sorting"
)

// Entry is one thing that was said or done in a conversation: a post, a note, a change or an answer on its way; one of the three is set.
type Entry struct {
	At     time.Time
	Post   *Said
	Change *Change
	Answer *channel.Sending
}

// Said is a post as the inbox shows it.
type Said struct {
	channel.Post
	Language  string // as identified
	Sentiment string // as a member labelled it, "" for not
	Taken     enrich.Taken
	ByName    string // the member who said it in our name, "" when unknown
}

// Change is what a member did with a conversation, notes included.
type Change struct {
	ID, Kind   string // ledger.Conversation…
	By, ByName string // member; "" when it was done by nobody in particular
	To, ToName string // of an assignment
	Text       string // of a note, of a pass and of handing it up
	Reason     string // of a pass, of handing it up, and of what was given back because of who had it
	Routed     bool   // assigned by routing
	Rule       string // the name of the rule that did it
	Undo       string // of a merge that can be undone: the activity; of a split: the conversation that left
}

// Timeline is a part of a conversation, oldest first.
type Timeline struct {
	Entries []Entry
	Earlier string    // cursor for what came before, "" at the beginning
	Later   bool      // there is more after this part
	Ours    time.Time // of the newest part: when the newest answer of ours was written or said, zero for never; see Answer.Seen
}

const maxChanges = 500

// Timeline returns the newest part of a conversation, or the part before a cursor; at most limit posts, 1 to 500. What was done stands
// among the posts by its time; answers on their way are in the newest part.
func (s *Service) Timeline(ctx context.Context, conversation, before string, limit int) (t Timeline, err error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return t, err
	}
	c, err := s.Find(ctx, conversation)
	if err != nil {
		return t, err
	}
	end := place{math.MaxInt64, ""}
	if before != "" {
		if end, err = parsePlace(before); err != nil {
			return t, err
		}
		t.Later = true
	}
	limit = min(max(limit, 1), 500)
	q := s.db.Read()
	posts, err := db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("")+
		" FROM post WHERE root = $1 AND (at, id) < ($2, $3) ORDER BY at DESC, id DESC"+db.Limit(limit+1), c.Root, end.at, end.id)
	if err != nil {
		return t, err
	}
	from := int64(math.MinInt64)
	if len(posts) > limit {
		posts = posts[:limit]
		first := posts[limit-1]
		from = first.At.UnixMicro()
		t.Earlier = place{from, first.ID}.String()
	}
	slices.Reverse(posts)
	said, err := s.said(ctx, q, posts)
	if err != nil {
		return t, err
	}
	for i := range said {
		t.Entries = append(t.Entries, Entry{At: said[i].At, Post: &said[i]})
	}
	changes, err := s.changes(ctx, &c)
	if err != nil {
		return t, err
	}
	for _, e := range changes {
		if at := e.At.UnixMicro(); at >= from && at < end.at {
			t.Entries = append(t.Entries, e)
		}
	}
	sorting.Stable(t.Entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	if !t.Later {
		var answers []channel.Sending
		if t.Ours, answers, err = s.newestOurs(ctx, &c); err != nil {
			return t, err
		}
		for i := range answers {
			t.Entries = append(t.Entries, Entry{At: answers[i].CreatedAt, Answer: &answers[i]})
		}
	}
	return t, nil
}

// said adds what is known of posts.
func (s *Service) said(ctx context.Context, q db.Q, posts []channel.Post) ([]Said, error) {
	ids := make([]string, len(posts))
	for i := range posts {
		ids[i] = posts[i].ID
	}
	taken, err := enrich.TakenFor(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	names := s.names(ctx)
	out := make([]Said, len(posts))
	for i, p := range posts {
		out[i] = Said{Post: p, Language: taken[p.ID].Lang, Taken: taken[p.ID]}
		if out[i].Taken.ByHand(enrich.Sentiment) {
			out[i].Sentiment = out[i].Taken.Sentiment
		}
		if p.Member != "" {
			out[i].ByName = names(p.Member)
		}
	}
	return out, nil
}

// names finds each name once.
func (s *Service) names(ctx context.Context) func(member string) string {
	known := map[string]string{}
	return func(member string) string {
		if member == "" {
			return ""
		}
		n, ok := known[member]
		if !ok {
			n = s.name(ctx, member)
			known[member] = n
		}
		return n
	}
}

// changes lists what members did, under any id the conversation had, in the order of the ledger.
func (s *Service) changes(ctx context.Context, c *Conversation) ([]Entry, error) {
	ids, err := s.ids(ctx, c)
	if err != nil {
		return nil, err
	}
	names := s.names(ctx)
	var out []Entry
	for _, id := range ids {
		list, err := s.ledger.About(ctx, id, maxChanges)
		if err != nil {
			return nil, err
		}
		slices.Reverse(list)
		for i := range list {
			a := &list[i]
			ch := Change{ID: a.ID, Kind: a.Kind}
			if m := memberOf(a.Actor); m != a.Actor {
				ch.By, ch.ByName = m, names(m)
			}
			through, _, err := a.Through()
			if err != nil {
				return nil, err
			}
			ch.Rule = through.Name
			switch a.Kind {
			case ledger.ConversationAssigned:
				var to ledger.Assigned
				if err := a.Decode(&to); err != nil {
					return nil, err
				}
				ch.To, ch.ToName, ch.Routed = to.To, names(to.To), to.ByWay != ""
			case ledger.ConversationReleased:
				var r ledger.Released
				if err := a.Decode(&r); err != nil {
					return nil, err
				}
				ch.Reason, ch.To, ch.ToName = r.Why, r.From, names(r.From)
			case ledger.ConversationPassed:
				var p ledger.Passed
				if err := a.Decode(&p); err != nil {
					return nil, err
				}
				ch.Reason, ch.Text = p.Reason, p.Words
			case ledger.ConversationEscalated:
				var e ledger.Escalated
				if err := a.Decode(&e); err != nil {
					return nil, err
				}
				ch.Reason, ch.Text, ch.To, ch.ToName = e.Reason, e.Words, e.To, names(e.To)
			case ledger.ConversationNoted:
				var n ledger.Noted
				if err := a.Decode(&n); err != nil {
					return nil, err
				}
				ch.Text = n.Text
			case ledger.ConversationMerged, ledger.ConversationSplit:
				if ch.Undo, err = s.undoable(ctx, c, a); err != nil {
					return nil, err
				}
			case ledger.ConversationTaken, ledger.ConversationResolved, ledger.ConversationReopened, ledger.ConversationOpened,
				ledger.ConversationRanked, ledger.ConversationTagged, ledger.ConversationLinked, ledger.ConversationUnlinked:
			default:
				continue
			}
			out = append(out, Entry{At: a.At, Change: &ch})
		}
	}
	return out, nil
}

// Answers lists the answers of a conversation that are not with the other side yet: queued, being sent, failed or uncertain, oldest first.
func (s *Service) Answers(ctx context.Context, c *Conversation) ([]channel.Sending, error) {
	_, unsent, err := s.newestOurs(ctx, c)
	return unsent, err
}

// Said returns one post as the inbox shows it.
func (s *Service) Said(ctx context.Context, post string) (Said, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return Said{}, err
	}
	p, err := s.Post(ctx, post)
	if err != nil {
		return Said{}, err
	}
	list, err := s.said(ctx, s.db.Read(), []channel.Post{p})
	if err != nil {
		return Said{}, err
	}
	return list[0], nil
}
