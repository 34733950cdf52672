package inbox

import (
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/ledger"
)

// Natures lists what somebody may want, what matters most first: of several, a conversation has that.
func Natures() []string {
	return []string{"complaint", "lead", "question", "suggestion", "job", "praise"}
}

// Feelings lists how somebody may feel.
func Feelings() []string { return []string{"negative", "neutral", "positive"} }

// weightier is the one of two natures that matters more.
func weightier(a, b string) string {
	list := Natures()
	at, bt := slices.Index(list, a), slices.Index(list, b)
	if at < 0 || bt >= 0 && bt < at {
		if bt < 0 {
			return ""
		}
		return b
	}
	return a
}

// hear takes in what a post of theirs is taken for.
func (c *Conversation) hear(t enrich.Taken, at time.Time) {
	if c.Lang == "" {
		c.Lang = t.Lang
	}
	if t.Sentiment != "" && !at.Before(c.LastTheirsAt) {
		c.Feeling = t.Sentiment
	}
	for _, k := range t.Kinds {
		c.Nature = weightier(c.Nature, k)
	}
}

// hearOf takes in what the posts of another are taken for. It stands before times are joined or after: who spoke last is told by the posts.
func (c *Conversation) hearOf(other *Conversation) {
	if c.Lang == "" {
		c.Lang = other.Lang
	}
	if other.Feeling != "" && (c.Feeling == "" || !other.LastTheirsAt.Before(c.LastTheirsAt)) {
		c.Feeling = other.Feeling
	}
	c.Nature = weightier(c.Nature, other.Nature)
	if rank(other.Priority) < rank(c.Priority) {
		c.Priority = other.Priority
	}
}

// takenFor reads what posts are taken for that were there before the batch.
func (d *desk) takenFor(posts []channel.Post) error {
	ids := make([]string, len(posts))
	for i := range posts {
		ids[i] = posts[i].ID
	}
	found, err := enrich.TakenFor(d.ctx, d.q, ids)
	for id, t := range found {
		d.taken[id] = t
	}
	return err
}

// labelled follows what a person says of a post.
func (d *desk) labelled(a *ledger.Activity) error {
	c := d.byRoot[d.roots[a.Object]]
	if c == nil {
		return nil
	}
	return d.hearAnew(c, a.At)
}

// heardAnew is a post of theirs as it is taken now.
type heardAnew struct {
	at                     time.Time
	lang, sentiment, kinds string
}

// hearAnew takes in anew what all posts of theirs are taken for.
func (d *desk) hearAnew(c *Conversation, at time.Time) error {
	anew, err := d.heardOf(c)
	if err != nil {
		return err
	}
	c.Lang, c.Feeling, c.Nature = anew.Lang, anew.Feeling, anew.Nature
	d.dirty[c.ID] = true
	return d.serve(c, at)
}

// heardOf is what all posts of theirs are taken for.
func (d *desk) heardOf(c *Conversation) (anew Conversation, err error) {
	list, err := db.All(d.ctx, d.q, func(h *heardAnew) []any { return []any{db.At(&h.at), &h.lang, &h.sentiment, &h.kinds} },
		`SELECT p.at, e.lang, e.sentiment, e.kinds FROM post p JOIN enrichment e ON e.post = p.id WHERE p.root = $1 AND p.ours = 0 AND p.automatic = ''
		AND p.at >= $2 ORDER BY p.seq`, c.Root, db.T(c.OpenedAt))
	if err != nil {
		return anew, err
	}
	for _, h := range list {
		t := enrich.Taken{Lang: h.lang, Sentiment: h.sentiment}
		if h.kinds != "" {
			t.Kinds = strings.Split(strings.Trim(h.kinds, ","), ",")
		}
		anew.hear(t, h.at)
		if h.at.After(anew.LastTheirsAt) {
			anew.LastTheirsAt = h.at
		}
	}
	return anew, nil
}
