package intake

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
)

// whose is what is known under a key already.
type whose struct {
	key  string
	at   time.Time
	data string // of tables, which tell by titles
}

// counting is what external ids of a forum that counts its posts begin with, "" for a format that does not.
func counting(format string) string {
	return map[string]string{"stackexchange": "q", "discourse": "t"}[format]
}

// counts reports whether a forum that counts its posts was brought into the community before, be it another or the same.
func (r *Runner) counts(ctx context.Context, t *Task) (bool, error) {
	letter := counting(t.Format.Describe().Name)
	if r.DB == nil || letter == "" || !t.Options.into() {
		return false, nil
	}
	begin := ledger.SaidKey(t.Options.Channel, letter)
	_, there, err := db.Value[int](ctx, r.DB.Read(), "SELECT 1 FROM activity WHERE key >= $1 AND key < $2 LIMIT 1", begin+"0", begin+":")
	if err != nil {
		return false, fmt.Errorf("see whether another forum is here: %w", err)
	}
	return there, nil
}

// apart keeps what two forums, or two tables of ideas or articles, number alike in one community apart, for each counts from 1. A post whose number another has
// there, said at another moment, goes under its number and that moment; a line of a table whose number another has there, with another title and date, under its
// number and what its title comes to. What answers it in the same file, and what is said of it, is led there. Nobody has to say which forum a file is of, and what
// is brought again is known again. Posts are met before those that answer them, so the names given are known in time.
func (w *work) apart(ctx context.Context, rows []Row) error {
	o := &w.t.Options
	name := w.t.Format.Describe().Name
	table := name == "csv"
	if w.r.DB == nil || !o.into() || o.Shift != 0 || counting(name) == "" && !table {
		return nil
	}
	var keys []string
	for i := range rows {
		if item := rows[i].Item; item != nil {
			keys = append(keys, ledger.SaidKey(o.Channel, channel.External(item.ExternalID)))
		} else if fact := rows[i].Fact; fact != nil && fact.Kind == ledger.ArticleWritten {
			keys = append(keys, fact.Key)
		}
	}
	if len(keys) == 0 && len(w.others) == 0 {
		return nil
	}
	data := "''"
	if table {
		data = "data"
	}
	q := w.r.DB.Read()
	list, err := db.All(ctx, q, func(s *whose) []any { return []any{&s.key, db.At(&s.at), &s.data} }, "SELECT key, at, "+data+" FROM activity WHERE key IN "+db.Among(q, "$1"), db.Texts(keys))
	if err != nil {
		return fmt.Errorf("find whose numbers are taken: %w", err)
	}
	taken := make(map[string]whose, len(list))
	for _, s := range list {
		taken[s.key] = s
	}
	for i := range rows {
		row := &rows[i]
		if row.Item != nil {
			w.rename(row.Item, taken, table)
			continue
		}
		about := row.About.Post
		if to, other := w.others[about]; other {
			row.About.Post = to
		}
		if to, other := w.others[row.About.Same]; other {
			row.About.Same = to
		}
		if row.Fact == nil {
			continue
		}
		if table {
			if err := w.renameLine(row, row.About.Post != about, taken); err != nil {
				return err
			}
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
func (w *work) rename(item *channel.Item, taken map[string]whose, table bool) {
	replies := slices.Clone(item.InReplyTo)
	for i, r := range replies {
		if to, other := w.others[r]; other {
			replies[i] = to
		}
	}
	item.InReplyTo = replies
	o := &w.t.Options
	at := item.At.UTC().Truncate(time.Millisecond) // as dumps say it
	is, there := taken[ledger.SaidKey(o.Channel, channel.External(item.ExternalID))]
	if !there || is.at.Truncate(time.Millisecond).Equal(at) || table && is.titled(item.Title) {
		return
	}
	mark := strconv.FormatInt(at.UnixMilli(), 36)
	if table {
		mark = digest(item.Title)[:12] // a line may have no date
	}
	to := item.ExternalID + "~" + mark
	w.led(item.ExternalID, to)
	if host := o.host(); host != "" && !table { // where links in posts of the same forum find it
		item.Was = host + "/" + item.ExternalID
	}
	item.ExternalID, item.URL = to, o.to.URL+"/p/"+to // the old address is the other's
}

// renameLine keeps what is stated of a line of a table apart from what is stated of another of that number.
func (w *work) renameLine(row *Row, other bool, taken map[string]whose) error {
	fact := row.Fact
	if other { // the keys are made of what is stated
		fact.Key += "@" + row.About.Post
	}
	if fact.Kind == ledger.ArticleWritten {
		var said ledger.Written
		if err := fact.Decode(&said); err != nil {
			return err
		}
		if is, there := taken[fact.Key]; there && !is.titled(said.Title) && !is.at.Equal(fact.At) {
			w.led(fact.Object, id.From(w.t.Options.Channel, "article:"+fact.Object+"~"+digest(said.Title)))
		}
	}
	if to, led := w.others[fact.Object]; led && fact.Object != "" {
		if fact.ID == fact.Object {
			fact.ID = to
		}
		fact.Key, fact.Object = strings.Replace(fact.Key, fact.Object, to, 1), to
	}
	return nil
}

// led notes under which name something goes whose own is taken.
func (w *work) led(from, to string) {
	if w.others == nil {
		w.others = map[string]string{}
	}
	w.others[from] = to
}

// titled reports whether what is known has a title.
func (is *whose) titled(title string) bool {
	var said struct {
		Title string `json:"title"`
	}
	return (&ledger.Activity{Data: []byte(is.data)}).Decode(&said) == nil && said.Title == title
}

// pickedKey makes that an answer was accepted one fact.
func pickedKey(channel, question, answer string) string {
	return "picked:" + channel + ":" + question + ":" + answer
}
