package channel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// The most that is kept of a post, in bytes; the rest is cut off. A post's data stays far below ledger.MaxData even when every byte of
// its text must be escaped.
const (
	maxText       = 250_000
	maxQuoted     = 100_000
	maxTitle      = 1_000
	maxName       = 300
	maxLink       = 2_000
	maxExternalID = 500
	maxFollowers  = 1_000_000_000_000
	maxListed     = 200 // replies, addressees, tags, attachments of one post
)

// skew is how far ahead of ours a place's clock may be.
const skew = 10 * time.Minute

// State says in the ledger what items tell, once each, and returns how many activities were new. An item whose external id is known is
// left out, unless it is Edited and says something else than what is known. It is for what comes from files, old as a rule: whether
// somebody should handle it is what the items say, not the channel.
func (s *Service) State(ctx context.Context, channel string, items []Item) (added int, err error) {
	a, err := s.Find(ctx, channel)
	if err != nil {
		return 0, err
	}
	a.Inbox = InboxNone
	return s.takeIn(ctx, &a, items)
}

// Hear states, in the caller's transaction, what was said to us through a channel that this program serves itself; the caller wakes and awaits the ledger.
func (s *Service) Hear(ctx context.Context, q db.Q, channel string, items ...Item) ([]ledger.Activity, error) {
	a, err := s.find(ctx, q, channel, true)
	if err != nil {
		return nil, err
	}
	return s.state(ctx, q, &a, items)
}

func (s *Service) takeIn(ctx context.Context, a *Account, items []Item) (added int, err error) {
	const batch = 2000
	for part := range slices.Chunk(items, batch) {
		var list []ledger.Activity
		err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
			list, err = s.state(ctx, q, a, part)
			return err
		})
		if err != nil {
			return added, fmt.Errorf("state what was said: %w", err)
		}
		added += len(list)
		s.ledger.Wake()
	}
	return added, nil
}

func (s *Service) state(ctx context.Context, q db.Q, a *Account, items []Item) ([]ledger.Activity, error) {
	fresh := make([]ledger.Activity, 0, len(items))
	var edits []ledger.Activity
	var others []Item
	for _, item := range items {
		if len(item.Letters) > 0 && s.letters != nil {
			taken, err := s.letters(ctx, q, a, &item)
			if err != nil {
				return nil, err
			}
			if taken && !item.Beside {
				continue
			}
		}
		said := s.said(a, item)
		if item.Edited {
			edits = append(edits, said)
		} else {
			fresh = append(fresh, said)
			if len(item.Digest) >= digestShown {
				others = append(others, item)
			}
		}
	}
	added, err := s.ledger.AppendTx(ctx, q, fresh...)
	if err != nil {
		return nil, err
	}
	if len(added) < len(fresh) && len(others) > 0 {
		more, err := s.others(ctx, q, a, others)
		if err != nil {
			return nil, err
		}
		added = append(added, more...)
	}
	for _, edit := range edits {
		more, err := s.edit(ctx, q, edit)
		if err != nil {
			return nil, err
		}
		added = append(added, more...)
	}
	return added, nil
}

// digestShown is how much of a digest tells two with one id apart.
const digestShown = 12

// Distinct is the external id of something that carries the id of something else that was said.
func Distinct(externalID, digest string) string {
	if len(digest) < digestShown {
		return externalID
	}
	return externalID + "#" + digest[:digestShown]
}

// others states those that were left out because something else had come under their id: some programs and machines give all they send the
// same one. Said at another time and in other words, it is another; what is read again after we learned to read it better is not.
func (s *Service) others(ctx context.Context, q db.Q, a *Account, items []Item) ([]ledger.Activity, error) {
	var more []ledger.Activity
	for _, item := range items {
		said := s.said(a, item)
		first, found, err := db.One(ctx, q, knownFields, "SELECT id, data, at FROM activity WHERE key = $1", said.Key)
		if err != nil {
			return nil, fmt.Errorf("find what has the same id: %w", err)
		}
		if !found || first.at.Equal(said.At) {
			continue
		}
		var was, is ledger.Said
		if json.Unmarshal([]byte(first.data), &was) != nil || json.Unmarshal(said.Data, &is) != nil || was.Text == is.Text && was.Title == is.Title {
			continue
		}
		item.ExternalID = Distinct(item.ExternalID, item.Digest)
		more = append(more, s.said(a, item))
	}
	if len(more) == 0 {
		return nil, nil
	}
	return s.ledger.AppendTx(ctx, q, more...)
}

type known struct {
	id, data string
	at       time.Time
}

func knownFields(k *known) []any { return []any{&k.id, &k.data, db.At(&k.at)} }

// edit states said as an edit of the post that has its key, or as a new post when there is none. The key of an edit names what it
// follows, so that going back to an earlier wording is an edit too, and the same edit learned twice is one.
func (s *Service) edit(ctx context.Context, q db.Q, said ledger.Activity) ([]ledger.Activity, error) {
	first, found, err := db.One(ctx, q, knownFields, "SELECT id, data, at FROM activity WHERE key = $1", said.Key)
	if err != nil {
		return nil, fmt.Errorf("find the post edited: %w", err)
	}
	if !found {
		return s.ledger.AppendTx(ctx, q, said)
	}
	type latest struct {
		known
		tx, ours int64
	}
	last, _, err := db.One(ctx, q, func(v *latest) []any { return append(knownFields(&v.known), &v.tx, &v.ours) },
		"SELECT id, data, at, tx, "+db.Pick(q, "tx", "pg_current_xact_id()::text::bigint")+
			" FROM activity WHERE "+ledger.Concerning("$1")+" AND kind IN ($2, $3) ORDER BY tx DESC, seq DESC LIMIT 1",
		first.id, ledger.PostSaid, ledger.PostEdited)
	if err != nil {
		return nil, fmt.Errorf("find the last edit: %w", err)
	}
	if last.tx > last.ours {
		// It was committed after we began: an edit by us would stand before what it edits, and be lost.
		return nil, fmt.Errorf("edit what was said after we began: %w", db.ErrAgain)
	}
	var before, now ledger.Said
	if err := (&ledger.Activity{Data: []byte(last.data)}).Decode(&before); err != nil {
		return nil, err
	}
	if err := said.Decode(&now); err != nil {
		return nil, err
	}
	// What only we know stays.
	now.Ours, now.Member, now.Conversation = now.Ours || before.Ours, or(now.Member, before.Member), or(now.Conversation, before.Conversation)
	if digest(before) == digest(now) {
		return nil, nil
	}
	said.ID, said.Object, said.Kind = s.ids.Make(s.ledger.Now()), first.id, ledger.PostEdited
	said.Say(&now)
	said.Key = "edited:" + last.id + ":" + digest(now)
	if !said.At.After(first.at) { // the date of the post, not of the edit
		said.At = said.LearnedAt
	}
	return s.ledger.AppendTx(ctx, q, said)
}

// digest tells wordings apart; votes and the date come and go without an edit.
func digest(said ledger.Said) string {
	said.Score, said.Dated = 0, false
	sum := sha256.Sum256(ledger.Data(said))
	return hex.EncodeToString(sum[:10])
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// said makes the activity of an item, repaired and bounded.
func (s *Service) said(a *Account, item Item) ledger.Activity {
	now := s.ledger.Now()
	v := item.Said
	v.Kind, v.Lang, v.Automatic = clean(v.Kind, 40), clean(v.Lang, 40), clean(v.Automatic, 40)
	v.AuthorName = line(or(v.AuthorName, item.Author.Name), maxName)
	v.Title, v.Text, v.Quoted = line(v.Title, maxTitle), clean(v.Text, maxText), clean(v.Quoted, maxQuoted)
	v.URL, v.Markup = web(v.URL), clean(v.Markup, maxText)
	at := item.At
	switch {
	case at.IsZero() || at.Before(time.Unix(0, 0)) || at.After(now.Add(skew)):
		at, v.Dated = now, true
	case at.After(now):
		at = now
	}
	if v.ExternalID == "" {
		sum := sha256.Sum256([]byte(item.Author.URI + "\x00" + v.Title + "\x00" + v.Text + "\x00" + v.URL))
		v.ExternalID = "sum:" + hex.EncodeToString(sum[:16])
	}
	v.ExternalID = External(v.ExternalID)
	replies := v.InReplyTo
	v.InReplyTo = nil
	for _, r := range replies {
		if r = External(r); r != "" && r != v.ExternalID && !slices.Contains(v.InReplyTo, r) && len(v.InReplyTo) < maxListed {
			v.InReplyTo = append(v.InReplyTo, r)
		}
	}
	v.To = nil
	for _, to := range item.Said.To[:min(len(item.Said.To), maxListed)] {
		if uri, err := Identify(to.URI, ""); err == nil {
			v.To = append(v.To, ledger.Address{URI: uri, Name: line(to.Name, maxName)})
		}
	}
	v.Bounced = nil
	for _, b := range item.Bounced[:min(len(item.Bounced), maxListed)] {
		if uri, err := Identify(b, ""); err == nil {
			v.Bounced = append(v.Bounced, uri)
		}
	}
	v.Tags = nil
	for _, tag := range item.Tags[:min(len(item.Tags), maxListed)] {
		if tag = line(tag, 200); tag != "" {
			v.Tags = append(v.Tags, tag)
		}
	}
	v.Followers, v.In = min(max(item.Followers, 0), maxFollowers), line(item.In, maxName)
	d, _ := s.Describe(a.Kind)
	v.Attachments = nil
	for _, f := range item.Attachments[:min(len(item.Attachments), maxListed)] {
		brought := ledger.Attachment{Name: line(f.Name, maxName), Type: line(f.Type, 200), Size: max(f.Size, 0)}
		if d.Internal { // what comes from elsewhere cannot name a file of ours
			brought.File = line(f.File, maxName)
		}
		v.Attachments = append(v.Attachments, brought)
	}
	v.Inbox = v.Inbox || a.Inbox.takes(&v)
	actor, err := Identify(item.Author.URI, "")
	if err != nil {
		actor = a.URI()
	}
	key := s.ids.Make(now)
	out := ledger.Activity{ID: key, Kind: ledger.PostSaid, Actor: actor, Object: key, Channel: a.ID, At: at, LearnedAt: now,
		Key: ledger.SaidKey(a.ID, v.ExternalID)}
	if item.Group {
		out.Kind = ledger.GroupSaid
	}
	out.Say(&v)
	return out
}

// takes reports whether somebody should handle a post of a channel set so. What matches a topic comes in later, by listening.
func (i Inbox) takes(v *ledger.Said) bool {
	if v.Ours || v.Automatic != "" {
		return false
	}
	switch i {
	case InboxAll:
		return true
	case InboxQuestions:
		return v.Direct || v.Kind == "question" || len(v.InReplyTo) == 0 && (strings.Contains(v.Title, "?") || strings.HasSuffix(strings.TrimSpace(v.Text), "?"))
	case InboxMentions:
		return v.Direct
	}
	return false
}

// External is the form of an external id in the ledger: of one that is too long, a digest stands for the end.
func External(external string) string {
	external = strings.TrimSpace(line(external, 1<<20))
	if len(external) <= maxExternalID {
		return external
	}
	sum := sha256.Sum256([]byte(external))
	return clean(external[:maxExternalID-50], maxExternalID) + "#" + hex.EncodeToString(sum[:16])
}

// web keeps a link that a browser may follow.
func web(link string) string {
	link = strings.TrimSpace(link)
	if len(link) > maxLink || link != line(link, maxLink) {
		return ""
	}
	if low := strings.ToLower(link[:min(len(link), 8)]); !strings.HasPrefix(low, "http://") && !strings.HasPrefix(low, "https://") {
		return ""
	}
	return link
}

// line is clean on one line.
func line(text string, most int) string {
	if strings.ContainsAny(text, "\n\r\t") {
		text = strings.Join(strings.Fields(text), " ")
	}
	return clean(text, most)
}

// clean repairs what is no UTF-8, drops control characters other than line ends and tabs, and cuts off after most bytes.
func clean(text string, most int) string {
	if len(text) > 4*most {
		text = text[:4*most]
	}
	if !plain(text) {
		text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
		text = strings.Map(func(r rune) rune {
			switch {
			case r == '\r':
				return '\n'
			case r < 0x20 && r != '\n' && r != '\t', r >= 0x7f && r < 0xa0:
				return -1
			}
			return r
		}, text)
	}
	if len(text) <= most {
		return text
	}
	const tail = "…"
	end := max(most-len(tail), 0)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + tail
}

func plain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < 0x20 && c != '\n' && c != '\t' || c == 0x7f || c == 0xc2 {
			return false
		}
	}
	return utf8.ValidString(text)
}
