package community

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// Follower derives threads, posts, votes and what posts said before they were edited.
func Follower() ledger.Follower {
	return ledger.Follower{Name: "community", Version: 12 + 100*markup.Version, Apply: derive,
		Tables: append([]string{"community_thread", "community_post", "community_edit", "community_vote", "community_hidden", "community_post_file", "community_voice", "community_mention",
			"community_reaction", "community_poll", "community_poll_ballot"}, slices.Concat(ideaTables(), eventTables(), indexTables(), claimTables())...)}
}

// derive goes through a batch one activity at a time. What is no community's costs one statement a batch.
func derive(ctx context.Context, q db.Q, list []ledger.Activity) error {
	places, err := placesOf(ctx, q, list)
	if err != nil {
		return err
	}
	if len(places) > 0 {
		if err := derivePlaces(ctx, q, list, places); err != nil {
			return err
		}
	}
	return recountPeople(ctx, q, list)
}

func derivePlaces(ctx context.Context, q db.Q, list []ledger.Activity, places map[string]bool) error {
	changed := newTouched()
	for i := range list {
		a := &list[i]
		if !places[a.Channel] {
			continue
		}
		if err := deriveOne(ctx, q, a); err != nil {
			return err
		}
		changed.note(a)
		if err := changed.spoken.hear(ctx, q, a); err != nil {
			return err
		}
	}
	if err := changed.spoken.write(ctx, q); err != nil {
		return err
	}
	return changed.index(ctx, q)
}

// placesOf says which channels of a batch are communities': those in which a thread began, now or before.
func placesOf(ctx context.Context, q db.Q, list []ledger.Activity) (map[string]bool, error) {
	places, asked, unknown := map[string]bool{}, map[string]bool{}, []string{}
	for i := range list {
		a := &list[i]
		switch a.Kind {
		case ledger.PostSaid, ledger.GroupSaid:
			s, err := a.Said()
			if err != nil {
				return nil, err
			}
			if s.Space != "" {
				places[a.Channel] = true
			}
		case ledger.ArticleWritten, ledger.ArticleTurned, ledger.ArticleHelped, ledger.ChallengeSet:
			places[a.Channel] = true // articles and challenges are of communities alone
		case ledger.PostEdited, ledger.PostDeleted, ledger.GroupEdited, ledger.GroupDeleted, ledger.VoteCast, ledger.AnswerPicked, ledger.PostHidden, ledger.PostShown, ledger.ThreadTurned,
			ledger.ReactionSet, ledger.PollAnswered, ledger.IdeaJudged, ledger.IdeaMerged, ledger.EventSet, ledger.EventJoined, ledger.ChallengeEntered, ledger.ChallengeScored,
			ledger.AuthorClaimed:
		default:
			continue
		}
		if a.Channel != "" && !places[a.Channel] && !asked[a.Channel] {
			asked[a.Channel] = true
			unknown = append(unknown, a.Channel)
		}
	}
	if len(unknown) == 0 {
		return places, nil
	}
	found, err := db.All(ctx, q, db.Self[string], "SELECT c.id FROM channel c WHERE c.id IN "+db.Among(q, "$1")+
		" AND EXISTS (SELECT 1 FROM community_thread t WHERE t.channel = c.id)", db.Texts(unknown))
	if err != nil {
		return nil, fmt.Errorf("find communities: %w", err)
	}
	for _, c := range found {
		places[c] = true
	}
	return places, nil
}

func deriveOne(ctx context.Context, q db.Q, a *ledger.Activity) error {
	switch a.Kind {
	case ledger.PostSaid, ledger.GroupSaid:
		return deriveSaid(ctx, q, a)
	case ledger.PostEdited, ledger.GroupEdited:
		return deriveEdited(ctx, q, a)
	case ledger.PostDeleted, ledger.GroupDeleted:
		return deriveDeleted(ctx, q, a)
	case ledger.VoteCast:
		if idea, err := deriveSupport(ctx, q, a); err != nil || idea {
			return err
		}
		return deriveVote(ctx, q, a)
	case ledger.ArticleWritten, ledger.ArticleTurned, ledger.ArticleHelped:
		return deriveArticle(ctx, q, a)
	case ledger.IdeaJudged:
		return deriveJudged(ctx, q, a)
	case ledger.IdeaMerged:
		return deriveMerged(ctx, q, a)
	case ledger.ChallengeSet, ledger.ChallengeEntered, ledger.ChallengeScored:
		return deriveChallenge(ctx, q, a)
	case ledger.EventSet:
		return deriveEventSet(ctx, q, a)
	case ledger.EventJoined:
		return deriveSeat(ctx, q, a)
	case ledger.PostHidden:
		return deriveHidden(ctx, q, a)
	case ledger.PostShown:
		return deriveShown(ctx, q, a)
	case ledger.AnswerPicked:
		return derivePicked(ctx, q, a)
	case ledger.ThreadTurned:
		return deriveTurned(ctx, q, a)
	case ledger.ReactionSet:
		return deriveReaction(ctx, q, a)
	case ledger.PollAnswered:
		return deriveBallot(ctx, q, a)
	case ledger.AuthorClaimed:
		return deriveClaimed(ctx, q, a)
	}
	return nil
}

// spot is where a post stands.
type spot struct {
	id, thread, parent, kind, threadKind string
	deleted                              bool
	led                                  bool // a thread that was merged into this one
	claimed                              bool // its author is called otherwise here than where it was said
}

func spotFields(s *spot) []any {
	return []any{&s.id, &s.thread, &s.parent, &s.kind, &s.threadKind, db.Bool(&s.deleted), db.Bool(&s.led)}
}

const spotQuery = `SELECT p.id, p.thread, p.parent, p.kind, t.kind, CASE WHEN p.deleted_at IS NULL THEN 0 ELSE 1 END,
	CASE WHEN p.parent <> '' AND EXISTS (SELECT 1 FROM community_thread m WHERE m.id = p.id AND m.merged_into <> '') THEN 1 ELSE 0 END
	FROM community_post p JOIN community_thread t ON t.id = p.thread WHERE `

func deriveSaid(ctx context.Context, q db.Q, a *ledger.Activity) error {
	s, err := a.Said()
	if err != nil {
		return err
	}
	if len(s.InReplyTo) == 0 && s.Space == "" {
		return nil // something of this channel that is no community's
	}
	taker, err := takerOf(ctx, q, a.Channel, a.Actor)
	if err != nil {
		return err
	}
	claimed := taker != a.Actor
	if claimed {
		of := *a
		of.Actor, a = taker, &of
	}
	if s.Helper != "" { // words passed on are of whoever they are from: their page, their votes, their recognition
		of, by := *a, *s
		of.Actor, by.AuthorName = s.Helper, shownName(s)
		a, s = &of, &by
	}
	source, html := written(a.Channel, s)
	if len(s.InReplyTo) == 0 {
		kind, post := "discussion", ""
		switch s.Kind {
		case "question":
			kind, post = "question", "question"
		case "idea":
			kind = Ideas
		case "event":
			if s.Event != nil {
				kind = Events
			}
		}
		n, err := db.Exec(ctx, q, `INSERT INTO community_thread (id, channel, space, kind, title, excerpt, tags, lang, author, author_name, at, last_at, last_name, score)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $10, $12) ON CONFLICT DO NOTHING`,
			a.ID, a.Channel, s.Space, kind, s.Title, excerpt(s.Text), tagsOf(s), s.Lang, a.Actor, shownName(s), db.T(a.At), s.Score)
		if err != nil || n == 0 {
			return err
		}
		if kind == Ideas {
			if err := deriveIdea(ctx, q, a); err != nil {
				return err
			}
		}
		if kind == Events {
			if err := deriveEvent(ctx, q, a, s.Event); err != nil {
				return err
			}
		}
		if err := derivePoll(ctx, q, a.ID, s.Poll); err != nil {
			return err
		}
		return insertPost(ctx, q, a, s, spot{id: a.ID, thread: a.ID, kind: post, claimed: claimed}, source, html)
	}
	var above spot
	found := false
	for _, e := range s.InReplyTo {
		if above, found, err = db.One(ctx, q, spotFields, spotQuery+"p.channel = $1 AND p.external_id = $2", a.Channel, e); err != nil {
			return fmt.Errorf("find what was answered: %w", err)
		}
		if found {
			break
		}
	}
	if !found {
		return nil // what it answers was never here: there is no thread to show it in
	}
	here := spot{id: a.ID, thread: above.thread, parent: above.id, claimed: claimed}
	counts := true
	if above.threadKind == "question" {
		// An answer stands under the question, a comment under the question or an answer; what comments a comment stands beside it.
		switch {
		case above.id == above.thread && s.Kind != "comment":
			here.kind = "answer"
		case above.led && s.Kind != "comment":
			here.kind, here.parent = "answer", above.thread
		default:
			here.kind, counts = "comment", false
			if above.kind == "comment" {
				here.parent = above.parent
			}
		}
	}
	if err := insertPost(ctx, q, a, s, here, source, html); err != nil {
		return err
	}
	_, err = db.Exec(ctx, q, `UPDATE community_thread SET replies = replies + $1, last_name = CASE WHEN last_at <= $2 THEN $3 ELSE last_name END,
		last_at = CASE WHEN last_at < $2 THEN $2 ELSE last_at END WHERE id = $4`, db.B(counts), db.T(a.At), shownName(s), here.thread)
	return err
}

// shownName is the name under which something said is shown.
func shownName(s *ledger.Said) string { return cmp.Or(s.As, s.AuthorName) }

func insertPost(ctx context.Context, q db.Q, a *ledger.Activity, s *ledger.Said, p spot, source, html string) error {
	_, err := db.Exec(ctx, q, `INSERT INTO community_post (id, thread, parent, channel, external_id, kind, author, author_name, ours, at, title, markup, html, score)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING`,
		p.id, p.thread, p.parent, a.Channel, s.ExternalID, p.kind, a.Actor, shownName(s), db.B(s.Ours), db.T(a.At), s.Title, source, html, s.Score)
	if err != nil {
		return fmt.Errorf("keep a post of a community: %w", err)
	}
	if !p.claimed {
		if err := deriveVoice(ctx, q, a, s); err != nil {
			return err
		}
	}
	if err := deriveOld(ctx, q, a.Channel, s.Was, p.id); err != nil {
		return err
	}
	if err := deriveFiles(ctx, q, p.id, s); err != nil {
		return err
	}
	return deriveMentions(ctx, q, p.id, s, false)
}

func tagsOf(s *ledger.Said) string {
	if len(s.Tags) == 0 {
		return "[]"
	}
	raw, _ := json.Marshal(s.Tags) // strings always marshal
	return string(raw)
}

// excerptMost is how many characters of a first post stand in a list.
const excerptMost = 220

// excerpt is the beginning of a text on one line.
func excerpt(text string) string {
	if len(text) > 8*excerptMost {
		text = text[:8*excerptMost]
	}
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if utf8.RuneCountInString(text) <= excerptMost {
		return text
	}
	cut := string([]rune(text)[:excerptMost])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return cut + "…"
}

// unquoted is the text of a post without what it quotes: on one line the marks of quotes would be signs without a meaning. What only quotes stays, without its marks.
func unquoted(text string) string {
	var own, all []string
	for line := range strings.SplitSeq(text, "\n") {
		bare, quoted := unquote(line)
		if !quoted {
			own = append(own, line)
		}
		all = append(all, bare)
	}
	if out := strings.Join(own, "\n"); strings.TrimSpace(out) != "" {
		return out
	}
	return strings.Join(all, "\n")
}

// unquote takes the marks of quotes off a line of a post's text.
func unquote(line string) (bare string, quoted bool) {
	for strings.HasPrefix(line, markup.QuoteMark) {
		line, quoted = line[len(markup.QuoteMark):], true
	}
	return line, quoted
}

func deriveEdited(ctx context.Context, q db.Q, a *ledger.Activity) error {
	s, err := a.Said()
	if err != nil {
		return err
	}
	n, err := db.Exec(ctx, q, `INSERT INTO community_edit (activity, post, at, title, markup, html, editor)
		SELECT $1, id, COALESCE(edited_at, at), title, markup, html, $3 FROM community_post WHERE id = $2 AND deleted_at IS NULL ON CONFLICT DO NOTHING`, a.ID, a.Object, s.Editor)
	if err != nil || n == 0 {
		return err
	}
	if err := deriveFiles(ctx, q, a.Object, s); err != nil {
		return err
	}
	if err := deriveMentions(ctx, q, a.Object, s, true); err != nil {
		return err
	}
	source, html := written(a.Channel, s)
	if _, err := db.Exec(ctx, q, "UPDATE community_post SET title = $1, markup = $2, html = $3, edited_at = $4, edits = edits + 1, edited_by = $6 WHERE id = $5",
		s.Title, source, html, db.T(a.At), a.Object, s.Editor); err != nil {
		return err
	}
	_, err = db.Exec(ctx, q, "UPDATE community_thread SET title = $1, excerpt = $2, tags = $3 WHERE id = $4", s.Title, excerpt(s.Text), tagsOf(s), a.Object)
	return err
}

func deriveDeleted(ctx context.Context, q db.Q, a *ledger.Activity) error {
	p, found, err := db.One(ctx, q, spotFields, spotQuery+"p.id = $1", a.Object)
	if err != nil || !found {
		return err
	}
	if p.deleted {
		return forgetHidden(ctx, q, p.id)
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_post SET title = '', markup = '', html = '', author_name = '', accepted = 0, deleted_at = $1 WHERE id = $2",
		db.T(a.At), p.id); err != nil {
		return err
	}
	for _, table := range []string{"community_edit", "community_post_file", "community_mention", "community_reaction"} {
		if _, err := db.Exec(ctx, q, "DELETE FROM "+table+" WHERE post = $1", p.id); err != nil {
			return err
		}
	}
	if p.id == p.thread {
		_, err := db.Exec(ctx, q, "UPDATE community_thread SET title = '', excerpt = '', tags = '[]', author_name = '', deleted_at = $1 WHERE id = $2", db.T(a.At), p.id)
		return err
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_thread SET accepted = '' WHERE id = $1 AND accepted = $2", p.thread, p.id); err != nil {
		return err
	}
	if p.kind == "comment" {
		return nil
	}
	_, err = db.Exec(ctx, q, "UPDATE community_thread SET replies = replies - 1 WHERE id = $1", p.thread)
	return err
}

func deriveVote(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var v ledger.Vote
	if err := a.Decode(&v); err != nil {
		return err
	}
	n, err := db.Exec(ctx, q, "UPDATE community_post SET score = score + $1 WHERE id = $2", v.Value, a.Object)
	if err != nil || n == 0 {
		return err
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_thread SET score = score + $1 WHERE id = $2", v.Value, a.Object); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, q, `INSERT INTO community_vote (post, voter, value, last) VALUES ($1, $2, $3, $4)
		ON CONFLICT (post, voter) DO UPDATE SET value = community_vote.value + excluded.value, last = excluded.last`, a.Object, a.Actor, v.Value, a.ID); err != nil {
		return err
	}
	of, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM identity i JOIN identity j ON j.person = i.person JOIN community_vote v ON v.post = $1 AND v.voter = j.uri WHERE i.uri = $2 AND i.person <> ''", a.Object, a.Actor)
	if err != nil || of < 2 {
		return err
	}
	return recountDoubled(ctx, q, a.Object)
}

// recountDoubled takes from the score of a post what people voted more than once, under addresses that are known to be theirs: whoever found it useful under two did so once, and
// whoever found it useful under one and misleading under another said nothing.
func recountDoubled(ctx context.Context, q db.Q, post string) error {
	type vote struct {
		person string
		value  int
	}
	votes, err := db.All(ctx, q, func(v *vote) []any { return []any{&v.person, &v.value} },
		"SELECT i.person, v.value FROM community_vote v JOIN identity i ON i.uri = v.voter WHERE v.post = $1 AND v.value <> 0 AND i.person <> ''", post)
	if err != nil {
		return fmt.Errorf("see who voted twice: %w", err)
	}
	type ballots struct{ sum, low, high int }
	of, doubled := map[string]ballots{}, 0
	for _, v := range votes {
		b := of[v.person]
		of[v.person] = ballots{b.sum + v.value, min(b.low, v.value), max(b.high, v.value)}
	}
	for _, b := range of {
		doubled += b.sum - min(max(b.sum, b.low), b.high)
	}
	was, found, err := db.Value[int](ctx, q, "SELECT doubled FROM community_post WHERE id = $1", post)
	if err != nil || !found || was == doubled {
		return err
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_post SET doubled = $1 WHERE id = $2", doubled, post); err != nil {
		return err
	}
	return score(ctx, q, post, was-doubled)
}

func derivePicked(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var p ledger.Picked
	if err := a.Decode(&p); err != nil {
		return err
	}
	answer := ""
	if p.Answer != "" {
		var err error
		if answer, _, err = db.Value[string](ctx, q, "SELECT id FROM community_post WHERE channel = $1 AND external_id = $2 AND thread = $3 AND deleted_at IS NULL",
			a.Channel, p.Answer, a.Object); err != nil {
			return err
		}
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_thread SET accepted = $1 WHERE id = $2", answer, a.Object); err != nil {
		return err
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_hidden SET accepted = 0 WHERE post IN (SELECT id FROM community_post WHERE thread = $1)", a.Object); err != nil {
		return err
	}
	_, err := db.Exec(ctx, q, "UPDATE community_post SET accepted = CASE WHEN id = $1 THEN 1 ELSE 0 END WHERE thread = $2", answer, a.Object)
	return err
}

// What can be done with a thread.
const (
	pinned, unpinned = "pinned", "unpinned"
	locked, unlocked = "locked", "unlocked"
	closed, reopened = "closed", "reopened"
	moved            = "moved"
	split, merged    = "split", "merged"
)

func deriveTurned(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var t ledger.Turned
	if err := a.Decode(&t); err != nil {
		return err
	}
	var err error
	switch t.State {
	case pinned, unpinned:
		_, err = db.Exec(ctx, q, "UPDATE community_thread SET pinned = $1 WHERE id = $2", db.B(t.State == pinned), a.Object)
	case locked, unlocked:
		_, err = db.Exec(ctx, q, "UPDATE community_thread SET locked = $1 WHERE id = $2", db.B(t.State == locked), a.Object)
	case closed:
		_, err = db.Exec(ctx, q, "UPDATE community_thread SET duplicate_of = $1 WHERE id = $2", t.To, a.Object)
	case reopened:
		_, err = db.Exec(ctx, q, "UPDATE community_thread SET duplicate_of = '' WHERE id = $1", a.Object)
	case moved:
		_, err = db.Exec(ctx, q, "UPDATE community_thread SET space = $1 WHERE id = $2", t.To, a.Object)
	case split:
		err = deriveThreadSplit(ctx, q, a, t)
	case merged:
		err = deriveThreadMerged(ctx, q, a, t)
	}
	return err
}

// written is the Markdown of a post and the HTML it is shown as. What came without Markdown, such as an answer from the inbox, is plain text.
func written(channel string, s *ledger.Said) (source, html string) {
	if s.Markup == "" {
		return s.Text, markup.Plain(s.Text).HTML
	}
	return s.Markup, rendered(s.Markup, len(s.InReplyTo) == 0, resolved(channel, s))
}
