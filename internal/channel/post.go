package channel

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// Post is anything said, anywhere, as derived from the ledger.
type Post struct {
	ID, Channel, ExternalID, Kind string
	Seq                           int64 // its place among posts as we learned of them; the key of the full-text index
	Author, AuthorName            string
	Title, Text, URL, Lang        string
	At, LearnedAt                 time.Time
	Parent, Root                  string // posts; Root is the first of the thread, itself for a first post
	Direct, Private, Ours         bool
	Member                        string // who said it in our name, when known
	Automatic                     string
	Score                         int
	Accepted                      string // external id of the answer that solved a question
	Conversation                  string // the conversation it was an answer in, when said from here
	More                          More
	EditedAt, DeletedAt           time.Time
}

// More is what is kept of a post and not searched by column.
type More struct {
	Quoted      string              `json:"quoted,omitempty"`
	To          []ledger.Address    `json:"to,omitempty"`
	Bounced     []string            `json:"bounced,omitempty"`
	Tags        []string            `json:"tags,omitempty"`
	Attachments []ledger.Attachment `json:"attachments,omitempty"`
	Dated       bool                `json:"dated_by_us,omitempty"`
	Followers   int                 `json:"followers,omitempty"` // of the author there, when it was read
	In          string              `json:"in,omitempty"`        // id and name of the community or place it was said in
}

// moreOf is what is kept of what was said.
func moreOf(s *ledger.Said) More {
	return More{Quoted: s.Quoted, To: s.To, Bounced: s.Bounced, Tags: s.Tags, Attachments: s.Attachments, Dated: s.Dated, Followers: s.Followers, In: s.In}
}

// PostColumns are the columns that PostFields scans; prefix is "" or such as "p.".
func PostColumns(prefix string) string {
	return prefix + strings.Join(postColumns[:], ", "+prefix)
}

var postColumns = [...]string{"id", "seq", "channel", "external_id", "kind", "author", "author_name", "title", "text", "url", "lang", "at",
	"learned_at", "parent", "root", "direct", "private", "ours", "member", "automatic", "score", "accepted", "conversation", "more",
	"edited_at", "deleted_at"}

// PostFields gives the addresses for PostColumns.
func PostFields(p *Post) []any {
	return []any{&p.ID, &p.Seq, &p.Channel, &p.ExternalID, &p.Kind, &p.Author, &p.AuthorName, &p.Title, &p.Text, &p.URL, &p.Lang, db.At(&p.At),
		db.At(&p.LearnedAt), &p.Parent, &p.Root, db.Bool(&p.Direct), db.Bool(&p.Private), db.Bool(&p.Ours), &p.Member, &p.Automatic, &p.Score,
		&p.Accepted, &p.Conversation, db.JSON(&p.More), db.At(&p.EditedAt), db.At(&p.DeletedAt)}
}

// Posts returns the posts with these ids, in no order.
func Posts(ctx context.Context, q db.Q, ids ...string) ([]Post, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return db.All(ctx, q, PostFields, "SELECT "+PostColumns("")+" FROM post WHERE id IN "+db.Among(q, "$1"), db.Texts(ids))
}

// Thread returns the posts of a thread, oldest first, at most limit.
func Thread(ctx context.Context, q db.Q, root string, limit int) ([]Post, error) {
	return db.All(ctx, q, PostFields, "SELECT "+PostColumns("")+" FROM post WHERE root = $1 ORDER BY at, id"+db.Limit(limit), root)
}

// FindPost returns the post with this external id in a channel.
func FindPost(ctx context.Context, q db.Q, channel, externalID string) (Post, bool, error) {
	return db.One(ctx, q, PostFields, "SELECT "+PostColumns("")+" FROM post WHERE channel = $1 AND external_id = $2", channel, externalID)
}

// PostFollower derives posts and threads.
func PostFollower() ledger.Follower {
	return ledger.Follower{Name: "post", Version: 1, Tables: []string{"post", "thread_move", "post_alias"}, Apply: applyPosts, Cut: cutPosts}
}

// place is an external id within a channel.
type place struct{ channel, external string }

// cutPosts keeps apart what changes posts already there: edits, and a post that others were waiting for, which joins threads. It also cuts
// before a post that was spoken of before it was said: one at a time, that word would have found nothing.
func cutPosts(ctx context.Context, q db.Q, list []ledger.Activity) (int, error) {
	asked := map[string][]string{}
	for i := range list {
		if a := &list[i]; a.Kind == ledger.PostSaid {
			asked[a.Channel] = append(asked[a.Channel], external(a))
		}
	}
	awaited := map[place]bool{}
	for channel, externals := range asked {
		found, err := db.All(ctx, q, db.Self[string], "SELECT waiting_for FROM post WHERE channel = $1 AND waiting_for <> '' AND waiting_for IN "+
			db.Among(q, "$2"), channel, db.Texts(externals))
		if err != nil {
			return 0, err
		}
		for _, e := range found {
			awaited[place{channel, e}] = true
		}
	}
	spoken := map[string]bool{}
	for i := range list {
		a := &list[i]
		alone := a.Kind == ledger.ConversationMerged || a.Kind == ledger.PostCarried || a.Kind == ledger.ConversationSplit || a.Kind == ledger.PostEdited || a.Kind == ledger.PostDeleted || a.Kind == ledger.PostSaid && spoken[a.ID]
		if a.Kind != ledger.PostSaid && a.Object != "" {
			spoken[a.Object] = true
		}
		if a.Kind == ledger.PostSaid {
			alone = alone || awaited[place{a.Channel, external(a)}]
			if said, err := a.Said(); err == nil && len(said.InReplyTo) > 0 {
				awaited[place{a.Channel, said.InReplyTo[0]}] = true
			}
		}
		if alone {
			return max(i, 1), nil
		}
	}
	return len(list), nil
}

// external reads the external id from the key, where it has the usual form: that is cheaper than from the data.
func external(a *ledger.Activity) string {
	if e, ok := strings.CutPrefix(a.Key, ledger.SaidKey(a.Channel, "")); ok && e != "" {
		return e
	}
	if s, err := a.Said(); err == nil {
		return s.ExternalID
	}
	return ""
}

type threadRow struct{ channel, external, id, root string }

func applyPosts(ctx context.Context, q db.Q, list []ledger.Activity) error {
	said := make([]*ledger.Said, len(list))
	parents := map[string][]string{} // external ids asked for, by channel
	for i := range list {
		a := &list[i]
		if a.Kind != ledger.PostSaid && a.Kind != ledger.PostEdited {
			continue
		}
		var err error
		if said[i], err = a.Said(); err != nil {
			return err
		}
		if a.Kind == ledger.PostSaid {
			parents[a.Channel] = append(parents[a.Channel], said[i].InReplyTo...)
		}
	}
	known := map[place]threadRow{}
	for channel, externals := range parents {
		if len(externals) == 0 {
			continue
		}
		rows, err := db.All(ctx, q, func(r *threadRow) []any { return []any{&r.channel, &r.external, &r.id, &r.root} },
			"SELECT channel, external_id, id, root FROM post WHERE channel = $1 AND external_id IN "+db.Among(q, "$2"), channel, db.Texts(externals))
		if err != nil {
			return fmt.Errorf("find parents: %w", err)
		}
		for _, r := range rows {
			known[place{r.channel, r.external}] = r
		}
		if len(rows) == len(externals) {
			continue
		}
		carried, err := db.All(ctx, q, func(r *threadRow) []any { return []any{&r.channel, &r.external, &r.id, &r.root} },
			"SELECT l.channel, l.external_id, p.id, p.root FROM post_alias l JOIN post p ON p.id = l.post WHERE l.channel = $1 AND l.external_id IN "+db.Among(q, "$2"), channel, db.Texts(externals))
		if err != nil {
			return fmt.Errorf("find what went out a second way: %w", err)
		}
		for _, r := range carried {
			known[place{r.channel, r.external}] = r
		}
	}
	var rows [][]any
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		err := db.Insert(ctx, q, `post (id, seq, channel, external_id, kind, author, author_name, title, text, url, lang, at, learned_at, parent,
			waiting_for, root, direct, private, ours, member, automatic, score, conversation, more)`, rows, "")
		rows = rows[:0]
		return err
	}
	roots := make([]string, len(list))
	votes, picked := map[string]int{}, map[string]string{} // of posts there already or said in this batch before: see cutPosts
	for i := range list {
		a, s := &list[i], said[i]
		switch a.Kind {
		case ledger.PostSaid:
			parent, root, waiting := "", a.ID, ""
			for _, e := range s.InReplyTo {
				if r, ok := known[place{a.Channel, e}]; ok && r.id != a.ID {
					parent, root = r.id, r.root
					break
				}
			}
			if parent == "" && len(s.InReplyTo) > 0 && s.InReplyTo[0] != s.ExternalID {
				waiting = s.InReplyTo[0]
			}
			roots[i] = root
			here := place{a.Channel, s.ExternalID}
			known[here] = threadRow{a.Channel, s.ExternalID, a.ID, root}
			more := moreOf(s)
			rows = append(rows, []any{a.ID, a.Seq, a.Channel, s.ExternalID, s.Kind, a.Actor, s.AuthorName, s.Title, s.Text, s.URL, s.Lang, db.T(a.At),
				db.T(a.LearnedAt), parent, waiting, root, db.B(s.Direct), db.B(s.Private), db.B(s.Ours), s.Member, s.Automatic, s.Score,
				s.Conversation, db.J(more)})
			if len(list) == 1 { // Cut leaves a post that others wait for alone
				if err := flush(); err != nil {
					return err
				}
				if err := adopt(ctx, q, a, s.ExternalID, root); err != nil {
					return err
				}
			}
		case ledger.PostEdited:
			if err := flush(); err != nil {
				return err
			}
			more := moreOf(s)
			if _, err := db.Exec(ctx, q, `UPDATE post SET title = $1, text = $2, url = $3, lang = $4, more = $5, edited_at = $6,
				ours = CASE WHEN $7 = 1 THEN 1 ELSE ours END, member = CASE WHEN $8 <> '' THEN $8 ELSE member END,
				conversation = CASE WHEN $9 <> '' THEN $9 ELSE conversation END WHERE id = $10 AND deleted_at IS NULL`,
				s.Title, s.Text, s.URL, s.Lang, db.J(more), db.T(a.At), db.B(s.Ours), s.Member, s.Conversation, a.Object); err != nil {
				return err
			}
		case ledger.PostDeleted:
			if err := flush(); err != nil {
				return err
			}
			if _, err := db.Exec(ctx, q, "UPDATE post SET title = '', text = '', author_name = '', more = '{}', deleted_at = $1 WHERE id = $2",
				db.T(a.At), a.Object); err != nil {
				return err
			}
		case ledger.ConversationMerged, ledger.ConversationSplit: // alone, see cutPosts
			if err := rejoin(ctx, q, a); err != nil {
				return err
			}
		case ledger.PostCarried: // alone in its batch
			if err := carried(ctx, q, a); err != nil {
				return err
			}
		case ledger.VoteCast:
			var v ledger.Vote
			if err := a.Decode(&v); err != nil {
				return err
			}
			votes[a.Object] += v.Value
		case ledger.AnswerPicked:
			var p ledger.Picked
			if err := a.Decode(&p); err != nil {
				return err
			}
			picked[a.Object] = p.Answer
		}
	}
	if err := flush(); err != nil {
		return err
	}
	solved := make([][]any, 0, len(picked))
	for _, post := range slices.Sorted(maps.Keys(picked)) {
		solved = append(solved, []any{picked[post], post})
	}
	if err := db.Update(ctx, q, "post", []string{"accepted"}, []string{"id"}, solved); err != nil {
		return err
	}
	for _, post := range slices.Sorted(maps.Keys(votes)) { // in one order, so that two nodes never wait for each other
		n := votes[post]
		if _, err := db.Exec(ctx, q, "UPDATE post SET score = score + $1 WHERE id = $2", n, post); err != nil {
			return err
		}
	}
	for i := range list { // once they are written: of a post that could not be there is no thread
		list[i].Found(roots[i])
	}
	return nil
}

// carried keeps under which other id a post went out, and joins what answered it there before we knew.
func carried(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var c ledger.Carried
	if err := a.Decode(&c); err != nil {
		return err
	}
	posts, err := Posts(ctx, q, a.Object)
	if err != nil || len(posts) == 0 || c.ExternalID == "" {
		return err
	}
	if _, err := db.Exec(ctx, q, "INSERT INTO post_alias (channel, external_id, post) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", a.Channel, c.ExternalID, a.Object); err != nil {
		return err
	}
	return adopt(ctx, q, a, c.ExternalID, posts[0].Root)
}

// adopt joins to a's thread the posts that waited for it. One that is in the thread already stays where it is: replies in a circle.
func adopt(ctx context.Context, q db.Q, a *ledger.Activity, externalID, root string) error {
	type child struct{ id, root string }
	children, err := db.All(ctx, q, func(c *child) []any { return []any{&c.id, &c.root} },
		"SELECT id, root FROM post WHERE channel = $1 AND waiting_for <> '' AND waiting_for = $2 ORDER BY id", a.Channel, externalID)
	if err != nil {
		return err
	}
	for _, c := range children {
		parent := a.ID
		if a.Kind == ledger.PostCarried {
			parent = a.Object
		}
		if c.root == root {
			parent = ""
		}
		if _, err := db.Exec(ctx, q, "UPDATE post SET parent = $1, waiting_for = '' WHERE id = $2", parent, c.id); err != nil {
			return err
		}
		if c.root == root {
			continue
		}
		if _, err := db.Exec(ctx, q, "UPDATE post SET root = $1 WHERE root = $2", root, c.root); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "INSERT INTO thread_move (activity, old_root, new_root) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", a.ID, c.root, root); err != nil {
			return err
		}
	}
	return nil
}

// Excerpt is the beginning of the text on one line, at most so many characters.
func (p *Post) Excerpt(most int) string {
	text := p.Text
	if len(text) > 8*most {
		text = text[:8*most]
	}
	var out strings.Builder
	out.Grow(min(len(text), most+most/8) + len("…"))
	n, space := 0, false
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		from := i
		i += size
		switch {
		case r == utf8.RuneError && size == 1: // cut in two, or never a letter
		case r <= ' ' && unicode.IsSpace(r) || r >= 0x80 && unicode.IsSpace(r):
			space = n > 0
		default:
			if space && n < most {
				out.WriteByte(' ')
				n, space = n+1, false
			}
			if n == most {
				whole := out.String()
				if i := strings.LastIndexByte(whole, ' '); i > len(whole)/2 {
					whole = whole[:i]
				}
				return whole + "…"
			}
			out.WriteString(text[from:i])
			n++
		}
	}
	return out.String()
}
