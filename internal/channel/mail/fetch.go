package mail

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// cursor is how far a folder was read. Numbers are only good for one UIDVALIDITY: when that changes, the folder is read again, and what
// was known already is stated once because its external id is the same.
type cursor struct {
	Validity uint32   `json:"v"`
	Last     imap.UID `json:"u"`
}

// poorUID is the first message of a page on which reading broke, and how often it did.
type poorUID struct {
	uid   imap.UID
	times int
}

const poorTimes = 4

// Fetch reads the next page of messages.
func (s *session) Fetch(ctx context.Context, from json.RawMessage) (channel.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var at cursor
	if len(from) > 0 {
		if err := json.Unmarshal(from, &at); err != nil {
			at = cursor{} // not ours: read it all again
		}
	}
	ctx, cancel := context.WithTimeout(ctx, fetchFor)
	defer cancel()
	kept := s.box != nil
	page, err := s.fetch(ctx, at)
	if err != nil && kept && s.box == nil && ctx.Err() == nil {
		// The server had closed the connection that we kept.
		page, err = s.fetch(ctx, at)
	}
	return page, err
}

func (s *session) fetch(ctx context.Context, at cursor) (channel.Page, error) {
	if s.box != nil && s.box.State() == imap.ConnStateLogout {
		s.drop()
	}
	if s.box == nil {
		b, err := s.sign(ctx, nil)
		if err != nil {
			return channel.Page{}, err
		}
		s.box = b
	}
	b := s.box
	// In the middle of a long reading the folder need not be opened again.
	if len(b.pending) == 0 || b.pendingFrom != at.Last || b.uidValidity != at.Validity {
		if err := b.open(ctx, s.folder); err != nil {
			s.drop()
			return channel.Page{}, err
		}
		if b.uidValidity != at.Validity {
			at = cursor{Validity: b.uidValidity}
		}
		b.pending = nil
		if b.count == 0 || at.Last == math.MaxUint32 || b.uidNext != 0 && b.uidNext <= at.Last+1 {
			return s.page(at, channel.Page{Unchanged: true}), nil
		}
		if err := b.find(ctx, at.Last); err != nil {
			s.drop()
			return channel.Page{}, err
		}
	}
	size := pageSize
	if s.poor.times > 0 {
		size = 1 // alone, to see whether it is this one
	}
	uids := b.next(size)
	if len(uids) == 0 {
		return s.page(at, channel.Page{Unchanged: true}), nil
	}
	page, last, err := s.read(ctx, b, uids)
	if err != nil {
		s.drop()
		if len(page.Items)+len(page.Skipped) == 0 {
			poor := uids[0]
			if s.poor.uid != poor {
				s.poor = poorUID{uid: poor}
			}
			if errors.Is(err, errBody) && !errors.Is(err, context.Canceled) {
				s.poor.times++
			}
			if s.poor.times < poorTimes {
				return channel.Page{}, fault(channel.Temporary, err)
			}
			// It broke the connection each time: the others must not wait for it.
			s.poor = poorUID{}
			page.Skipped = append(page.Skipped, channel.Skipped{Place: place(poor), Reason: "mail.breaks", Detail: err.Error()})
			last = poor
		}
		page.More = true
		return s.page(cursor{at.Validity, last}, page), nil
	}
	s.poor = poorUID{}
	b.pendingFrom = last
	page.More = len(b.pending) > 0
	return s.page(cursor{at.Validity, last}, page), nil
}

func (s *session) page(at cursor, page channel.Page) channel.Page {
	page.Cursor, _ = json.Marshal(at)
	page.Title = s.from
	return page
}

func place(uid imap.UID) string { return "uid " + strconv.FormatUint(uint64(uid), 10) }

// read brings the messages of a page. last is how far the page reaches: when the connection breaks, up to where nothing is missing.
func (s *session) read(ctx context.Context, b *box, uids []imap.UID) (channel.Page, imap.UID, error) {
	defer b.during(ctx)()
	sizes, err := b.sizes(uids)
	if err != nil {
		return channel.Page{}, 0, err
	}
	var page channel.Page
	var wanted imap.UIDSet
	total := int64(0)
	waiting := map[imap.UID]bool{}
	last := uids[len(uids)-1]
	for i, uid := range uids {
		size, there := sizes[uid]
		switch {
		case !there: // deleted meanwhile
		case size > MaxMessage:
			page.Skipped = append(page.Skipped, channel.Skipped{Place: place(uid), Reason: "mail.too_large", Detail: strconv.FormatInt(size, 10)})
		case total+size > pageBytes && total > 0:
			last = uids[i-1]
			b.putBack(uids[i:])
		default:
			total += size
			wanted.AddNum(uid)
			waiting[uid] = true
		}
		if last < uid {
			break
		}
	}
	if len(waiting) == 0 {
		return page, last, nil
	}
	type read struct {
		uid  imap.UID
		item *channel.Item
		skip *channel.Skipped
	}
	var got []read
	b.conn.allow(total + total/8 + int64(len(waiting))*4096 + 1<<20)
	cmd := b.Fetch(wanted, &imap.FetchOptions{UID: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	var broken error
	for data := cmd.Next(); data != nil; data = cmd.Next() {
		uid, arrived, raw, err := body(data)
		if err != nil {
			broken = err
			_ = b.conn.Close()
			if uid != 0 && waiting[uid] && errors.Is(err, errLiteral) {
				delete(waiting, uid)
				got = append(got, read{uid: uid, skip: &channel.Skipped{Place: place(uid), Reason: "mail.too_large", Detail: err.Error()}})
			}
			break
		}
		if !waiting[uid] || raw == nil {
			continue
		}
		delete(waiting, uid)
		r := read{uid: uid}
		m, err := ParseBy(raw, s.world.Clock(), s.own, s.server)
		if err != nil {
			p := problem.Of(err)
			r.skip = &channel.Skipped{Place: place(uid), Reason: p.Key, Detail: p.Error()}
		} else {
			if m.At.IsZero() && arrived.Before(s.world.Clock().Add(24*time.Hour)) {
				m.At = arrived.UTC()
			}
			r.skip = s.distinct(&m, place(uid))
			item := m.Item()
			if item.Letters = s.posts.Tags(m.Said.To); len(item.Letters) > 0 {
				item.Raw = raw
			}
			r.item = &item
		}
		got = append(got, r)
	}
	if err := cmd.Close(); err != nil && broken == nil {
		broken = fmt.Errorf("read messages: %w", err)
	}
	if broken != nil {
		if ctx.Err() != nil {
			broken = ctx.Err()
		}
		broken = fmt.Errorf("%w: %w", errBody, broken)
		// The page ends before the first message that did not come.
		for uid := range waiting {
			last = min(last, uid-1)
		}
	}
	sorting.Stable(got, func(a, b read) int { return cmp.Compare(a.uid, b.uid) })
	if broken != nil {
		page.Skipped = slices.DeleteFunc(page.Skipped, func(k channel.Skipped) bool {
			uid, _ := strconv.ParseUint(k.Place[len("uid "):], 10, 32)
			return imap.UID(uid) > last
		})
	}
	for _, r := range got {
		if r.uid > last {
			continue
		}
		if r.skip != nil {
			page.Skipped = append(page.Skipped, *r.skip)
		}
		if r.item != nil {
			page.Items = append(page.Items, *r.item)
		}
	}
	return page, last, broken
}

// putBack makes messages pending again.
func (b *box) putBack(uids []imap.UID) {
	ranges := make([]imap.UIDRange, 0, len(uids)+len(b.pending))
	for _, u := range uids {
		if n := len(ranges); n > 0 && ranges[n-1].Stop+1 == u {
			ranges[n-1].Stop = u
			continue
		}
		ranges = append(ranges, imap.UIDRange{Start: u, Stop: u})
	}
	b.pending = append(ranges, b.pending...)
}

func (b *box) sizes(uids []imap.UID) (map[imap.UID]int64, error) {
	b.conn.allow(4 << 20)
	cmd := b.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true})
	sizes := map[imap.UID]int64{}
	for data := cmd.Next(); data != nil; data = cmd.Next() {
		var uid imap.UID
		size := int64(-1)
		for item := data.Next(); item != nil; item = data.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				uid = item.UID
			case imapclient.FetchItemDataRFC822Size:
				size = item.Size
			}
		}
		if uid != 0 && size >= 0 {
			sizes[uid] = size
		}
	}
	if err := cmd.Close(); err != nil {
		return nil, fmt.Errorf("ask for sizes: %w", err)
	}
	return sizes, nil
}

var errBody = errors.New("the connection broke inside a message")

var errLiteral = errors.New("the message is larger than the server said")

// body takes one message off the wire.
func body(data *imapclient.FetchMessageData) (uid imap.UID, arrived time.Time, raw []byte, err error) {
	for item := data.Next(); item != nil; item = data.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = item.UID
		case imapclient.FetchItemDataInternalDate:
			arrived = item.Time
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil {
				continue
			}
			if item.Literal.Size() > MaxMessage {
				return uid, arrived, nil, fmt.Errorf("%w: %d bytes", errLiteral, item.Literal.Size())
			}
			// Grown as the bytes come: a size is only a claim.
			raw, err = io.ReadAll(io.LimitReader(item.Literal, MaxMessage+1))
			if err != nil {
				return uid, arrived, nil, fmt.Errorf("read message %d: %w", uid, err)
			}
			if int64(len(raw)) < item.Literal.Size() {
				return uid, arrived, nil, fmt.Errorf("read message %d: %w", uid, io.ErrUnexpectedEOF)
			}
		}
	}
	return uid, arrived, raw, nil
}

const maxSeen = 50_000

// distinct gives a message that carries the id of another one, but says something else, an id of its own, and reports it.
func (s *session) distinct(m *Message, where string) *channel.Skipped {
	id := m.Said.ExternalID
	if len(s.seen) >= maxSeen {
		clear(s.seen)
	}
	known, ok := s.seen[id]
	if !ok {
		s.seen[id] = m.Digest
		return nil
	}
	if known == m.Digest {
		return nil
	}
	m.Distinguish()
	return &channel.Skipped{Place: where, Reason: "mail.same_id", Detail: id}
}

// Distinguish gives the message an external id that depends on its content too; for messages whose id another one has.
func (m *Message) Distinguish() {
	m.Said.ExternalID = channel.Distinct(m.Said.ExternalID, m.Digest)
}
