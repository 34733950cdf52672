package feed

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/entente/entente/internal/channel"
)

// cursor is what is remembered between two readings.
type cursor struct {
	URL      string `json:"url,omitempty"` // that the rest is about
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"last_modified,omitempty"`
	Body     uint64 `json:"body,omitempty"`  // sum of the last document, for servers that never say 304
	Pace     pace   `json:"pace,omitzero"`   // as the last document asks
	Title    string `json:"title,omitempty"` // as the last document says
	Known    string `json:"known,omitempty"` // sums of ids and contents, newest first

	known map[uint64]uint64
	order []uint64
}

// remembered is how many items are known beside those of the last document, so that an item which leaves and returns is not new.
const remembered = 100

func readCursor(raw json.RawMessage, url string) (cursor, error) {
	var c cursor
	if len(raw) > 0 && string(raw) != "null" {
		if err := json.Unmarshal(raw, &c); err != nil {
			return cursor{}, fmt.Errorf("read the cursor of a feed: %w", err)
		}
	}
	if c.URL != url {
		// The items stay known: a feed that moves must not be told twice.
		c.URL, c.ETag, c.Modified, c.Body = url, "", "", 0
	}
	bytes, err := base64.RawStdEncoding.DecodeString(c.Known)
	if err != nil {
		return cursor{}, fmt.Errorf("read the items of a feed's cursor: %w", err)
	}
	n := len(bytes) / 16
	c.known = make(map[uint64]uint64, n)
	c.order = make([]uint64, 0, n)
	for ; len(bytes) >= 16; bytes = bytes[16:] {
		id := binary.LittleEndian.Uint64(bytes)
		c.known[id] = binary.LittleEndian.Uint64(bytes[8:])
		c.order = append(c.order, id)
	}
	return c, nil
}

// sift keeps the items that are new or edited, and remembers all.
func (c *cursor) sift(items []channel.Item) []channel.Item {
	out := make([]channel.Item, 0, len(items))
	next := make([]byte, 0, 16*(len(items)+remembered))
	now := make(map[uint64]bool, len(items))
	for _, it := range items {
		id, content := hash(it.ExternalID), hash(it.Title, it.Text)
		before, old := c.known[id]
		if !old || before != content {
			it.Edited = old
			out = append(out, it)
		}
		if !now[id] {
			now[id] = true
			next = binary.LittleEndian.AppendUint64(next, id)
			next = binary.LittleEndian.AppendUint64(next, content)
		}
	}
	left := max(remembered, len(items))
	for _, id := range c.order {
		if left == 0 {
			break
		}
		if !now[id] {
			next = binary.LittleEndian.AppendUint64(next, id)
			next = binary.LittleEndian.AppendUint64(next, c.known[id])
			left--
		}
	}
	c.Known = base64.RawStdEncoding.EncodeToString(next)
	return out
}

func (c *cursor) encode() (json.RawMessage, error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write the cursor of a feed: %w", err)
	}
	return raw, nil
}
