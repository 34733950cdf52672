package intake

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// apart keeps the posts of two forums in one community apart, for each counts its posts from 1. A post whose number another has there, said at another
// moment, goes under its number and that moment; what answers it in the same file, and what is said of it, is led there. Nobody has to say which forum a file
// is of, and what is brought again is known again. Posts are met before those that answer them, so the names given are known in time.
func (w *work) apart(ctx context.Context, rows []Row) error {
	o := &w.t.Options
	if name := w.t.Format.Describe().Name; w.r.DB == nil || !o.into() || o.Shift != 0 || name != "stackexchange" && name != "discourse" {
		return nil
	}
	var keys []string
	for i := range rows {
		if item := rows[i].Item; item != nil {
			keys = append(keys, ledger.SaidKey(o.Channel, channel.External(item.ExternalID)))
		}
	}
	if len(keys) == 0 && len(w.others) == 0 {
		return nil
	}
	type said struct {
		key string
		at  time.Time
	}
	q := w.r.DB.Read()
	list, err := db.All(ctx, q, func(s *said) []any { return []any{&s.key, db.At(&s.at)} }, "SELECT key, at FROM activity WHERE key IN "+db.Among(q, "$1"), db.Texts(keys))
	if err != nil {
		return fmt.Errorf("find whose numbers are taken: %w", err)
	}
	taken := make(map[string]time.Time, len(list))
	for _, s := range list {
		taken[s.key] = s.at
	}
	for i := range rows {
		row := &rows[i]
		if row.Item != nil {
			w.rename(row.Item, taken)
			continue
		}
		if to, other := w.others[row.About.Post]; other {
			row.About.Post = to
		}
		if to, other := w.others[row.About.Same]; other {
			row.About.Same = to
		}
		if row.Fact == nil {
			continue
		}
		if row.Fact.Kind == ledger.ThreadTurned {
			var turned ledger.Turned
			if err := row.Fact.Decode(&turned); err != nil {
				return err
			}
			row.Fact.Key = turnedKey(o.Channel, row.About.Post, turned.State)
		}
		if row.Fact.Kind != ledger.AnswerPicked {
			continue
		}
		var p ledger.Picked
		if err := row.Fact.Decode(&p); err != nil {
			return err
		}
		if to, other := w.others[p.Answer]; other {
			p.Answer = to
		}
		row.Fact.Key, row.Fact.Data = pickedKey(o.Channel, row.About.Post, p.Answer), ledger.Data(p)
	}
	return nil
}

// rename gives a post another name than the one that is taken, and lets it answer those that were given one.
func (w *work) rename(item *channel.Item, taken map[string]time.Time) {
	replies := slices.Clone(item.InReplyTo)
	for i, r := range replies {
		if to, other := w.others[r]; other {
			replies[i] = to
		}
	}
	item.InReplyTo = replies
	at := item.At.UTC().Truncate(time.Millisecond) // as dumps say it
	is, there := taken[ledger.SaidKey(w.t.Options.Channel, channel.External(item.ExternalID))]
	if !there || is.Truncate(time.Millisecond).Equal(at) {
		return
	}
	to := item.ExternalID + "~" + strconv.FormatInt(at.UnixMilli(), 36)
	if w.others == nil {
		w.others = map[string]string{}
	}
	w.others[item.ExternalID] = to
	item.ExternalID, item.URL = to, w.t.Options.to.URL+"/p/"+to // the old address is the other's
}

// pickedKey makes that an answer was accepted one fact.
func pickedKey(channel, question, answer string) string {
	return "picked:" + channel + ":" + question + ":" + answer
}
