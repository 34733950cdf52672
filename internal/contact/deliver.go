package contact

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

const (
	deliverEvery = 5 * time.Second
	awayAfter    = 45 * time.Second    // since the page last asked: then they have left
	deliverFor   = 14 * 24 * time.Hour // what could not be brought by then is not tried any more
	deliverMost  = 300                 // the newest, and as many of those that have waited longer, in turn
	quotedMost   = 2000                // characters of their words below an answer
)

// Loop brings answers to those who left, until ctx ends.
func (s *Service) Loop(ctx context.Context) error {
	tick := time.NewTicker(deliverEvery)
	defer tick.Stop()
	var stated time.Time
	for {
		if now := s.Now(); now.Sub(stated) >= stateEvery {
			stated = now
			if err := s.StateDays(ctx, now.AddDate(0, 0, -stateDays)); err != nil && ctx.Err() == nil {
				s.log.Error("visits were not stated, will try again", "error", err)
			}
		}
		if err := s.Deliver(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("answers wait for those who left, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// Wake lets Loop look now: something was said.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// answer is one of ours in a contact point's thread of which nothing is decided yet.
type answer struct {
	post, visit, channel, text, name string
	parent, asked                    string // the post it answers, and its words
	thread                           string // the first of the visit
	widget                           bool
	at, askedAt, seen, shown         time.Time
}

// Deliver decides for each answer how it reaches whoever wrote: on the page while they have it open, by mail once they left and where they gave an
// address. What is decided is a row, kept in the transaction that queues the mail: it goes out once however the program ends.
func (s *Service) Deliver(ctx context.Context) error {
	points, err := s.all(ctx)
	if err != nil || len(points) == 0 {
		return err
	}
	now := s.Now()
	channels := make([]string, len(points))
	for i, p := range points {
		channels[i] = p.Channel
	}
	list, err := s.undelivered(ctx, channels, now, now.Add(time.Hour))
	if err != nil {
		return err
	}
	if len(list) == deliverMost { // many wait for people who gave no address: the others have their turn
		more, err := s.undelivered(ctx, channels, now, s.older.turn(list[len(list)-1].at))
		if err != nil {
			return err
		}
		s.older.looked(more)
		list = append(list, more...)
	}
	for _, a := range list {
		found, err := s.answered(ctx, &a)
		if err != nil {
			return err
		}
		for i := range points {
			if found && points[i].Channel == a.channel {
				if err := s.deliver(ctx, &points[i], a, now); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// undelivered are the newest answers said before a moment of which nothing is decided yet.
func (s *Service) undelivered(ctx context.Context, channels []string, now, before time.Time) ([]answer, error) {
	q := s.db.Read()
	list, err := db.All(ctx, q, func(a *answer) []any {
		return []any{&a.post, &a.channel, &a.text, &a.name, &a.parent, db.At(&a.at)}
	}, `SELECT p.id, p.channel, p.text, p.author_name, p.parent, p.at FROM post p WHERE p.channel IN `+db.Among(q, "$1")+` AND p.ours = 1 AND p.deleted_at IS NULL AND p.at > $2 AND p.at <= $3
		AND NOT EXISTS (SELECT 1 FROM contact_delivery d WHERE d.post = p.id) ORDER BY p.at DESC, p.id DESC`+db.Limit(deliverMost), db.Texts(channels), db.T(now.Add(-deliverFor)), db.T(before))
	if err != nil {
		return nil, fmt.Errorf("find answers that nobody was brought: %w", err)
	}
	return list, nil
}

// older is how far back the last look at answers that wait for long went. Several said in the same microsecond at its edge are looked at with the next round.
type older struct {
	mu sync.Mutex
	at time.Time
}

// turn is before when the next look begins, the newest looked at anyway ending at edge.
func (o *older) turn(edge time.Time) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at.IsZero() || o.at.After(edge) {
		return edge
	}
	return o.at
}

func (o *older) looked(list []answer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.at = (time.Time{}); len(list) == deliverMost {
		o.at = list[len(list)-1].at
	}
}

// answered finds the visit that an answer is for: whose words it answers.
func (s *Service) answered(ctx context.Context, a *answer) (bool, error) {
	for up, n := a.parent, 0; up != "" && n < 20; n++ {
		list, err := channel.Posts(ctx, s.db.Read(), up)
		if err != nil || len(list) == 0 {
			return false, err
		}
		if visit, _, ok := strings.Cut(list[0].ExternalID, ":"); ok && list[0].Channel == a.channel && !list[0].Ours {
			a.visit, a.asked, a.askedAt = visit, list[0].Text, list[0].At
			_, found, err := db.One(ctx, s.db.Read(), func(*struct{}) []any { return []any{db.Bool(&a.widget), &a.thread, db.At(&a.seen), db.At(&a.shown)} },
				"SELECT v.widget, v.thread, h.seen_at, h.shown_at FROM contact_visit v LEFT JOIN contact_presence h ON h.visit = v.id WHERE v.id = $1", visit)
			return found, err
		}
		up = list[0].Parent
	}
	return false, nil
}

func (s *Service) deliver(ctx context.Context, p *Point, a answer, now time.Time) error {
	var out *channel.Outgoing
	way := "shown"
	// Who wrote through the form is always answered by mail; in the widget, what was seen there need not come again.
	if !a.widget || a.shown.Before(a.at) {
		if a.widget && s.here.present(a.visit, a.seen, now) {
			return nil // they are here: it is shown when the page asks next
		}
		to, err := s.address(ctx, a.channel, a.visit)
		if err != nil {
			return err
		}
		if p.Mail == "" || to.URI == "" {
			return nil // it waits: until they come back, or a mailbox is named
		}
		letter, err := s.letter(ctx, a, to)
		if err != nil {
			return err
		}
		out, way = &letter, "mail"
	}
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "INSERT INTO contact_delivery (post, visit, way, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", a.post, a.visit, way, db.T(now))
		if err != nil || n == 0 || out == nil {
			return err
		}
		sending, err := s.channels.Queue(ctx, q, p.Mail, "", "", *out, now)
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, q, "UPDATE contact_delivery SET sending = $1 WHERE post = $2", sending, a.post)
		return err
	})
	if problem.Is(err, problem.Invalid) || problem.Is(err, problem.Missing) {
		s.log.Warn("an answer cannot go out by mail", "point", p.ID, "post", a.post, "error", err)
		return nil // the mailbox was removed or cannot send: it waits, and the page of the contact point says so
	}
	if err != nil {
		return fmt.Errorf("bring an answer: %w", err)
	}
	if out != nil {
		s.channels.WakeSender()
	}
	return nil
}

// letter is an answer as a mail, with their last words below.
func (s *Service) letter(ctx context.Context, a answer, to ledger.Address) (channel.Outgoing, error) {
	first, err := channel.Posts(ctx, s.db.Read(), a.thread)
	if err != nil {
		return channel.Outgoing{}, fmt.Errorf("read what was asked: %w", err)
	}
	subject, lang := "", ""
	if len(first) > 0 {
		subject, lang = first[0].Title, first[0].Lang
	}
	o, err := s.org.Organisation(ctx)
	if err != nil {
		return channel.Outgoing{}, err
	}
	if !i18n.Known(lang) {
		lang = o.Lang
	}
	ctx = i18n.With(ctx, lang, o.Location())
	if subject == "" {
		subject = i18n.T(ctx, "contact.mail.subject", "Organisation", o.Name)
	}
	text := strings.TrimSpace(a.text)
	if a.asked != "" {
		if runes := []rune(a.asked); len(runes) > quotedMost {
			a.asked = string(runes[:quotedMost]) + "…"
		}
		text += "\n\n" + i18n.T(ctx, "contact.mail.wrote", "Date", i18n.DateTime(ctx, a.askedAt)) + "\n> " + strings.ReplaceAll(a.asked, "\n", "\n> ")
	}
	return channel.Outgoing{Key: "contact." + a.post, To: []ledger.Address{to}, Subject: "Re: " + strings.TrimPrefix(subject, "Re: "), Text: text, AuthorName: a.name, Private: true, At: s.Now(), Carries: a.post}, nil
}

// Reached says how the answers of a thread reach whoever wrote: the way back there is now, and what became of each.
type Reached struct {
	Point Point
	Here  bool           // they have the page open
	Mail  string         // their address, "" when they gave none
	Ways  map[string]int // of the answers: mail, shown
	Waits int            // answers that nobody was brought yet
}

// Reaches says how the answers of a conversation's thread reach whoever wrote; found is false where it is none of a contact point.
func (s *Service) Reaches(ctx context.Context, root string) (r Reached, found bool, err error) {
	q := s.db.Read()
	type row struct {
		visit, point string
		seen         time.Time
	}
	v, found, err := db.One(ctx, q, func(r *row) []any { return []any{&r.visit, &r.point, db.At(&r.seen)} }, `SELECT v.id, v.point, h.seen_at FROM contact_visit v JOIN post p ON p.id = v.thread
		LEFT JOIN contact_presence h ON h.visit = v.id WHERE p.root = $1 LIMIT 1`, root)
	if err != nil || !found {
		return r, false, err
	}
	points, err := s.all(ctx)
	if err != nil {
		return r, false, err
	}
	for _, p := range points {
		if p.ID == v.point {
			r.Point = p
		}
	}
	r.Here = s.here.present(v.visit, v.seen, s.Now())
	a, err := s.address(ctx, r.Point.Channel, v.visit)
	if err != nil {
		return r, false, err
	}
	r.Mail, r.Ways = strings.TrimPrefix(a.URI, "mailto:"), map[string]int{}
	type way struct {
		way string
		n   int
	}
	list, err := db.All(ctx, q, func(w *way) []any { return []any{&w.way, &w.n} }, `SELECT COALESCE(d.way, ''), COUNT(*) FROM post p LEFT JOIN contact_delivery d ON d.post = p.id
		WHERE p.root = $1 AND p.ours = 1 AND p.channel = $2 AND p.deleted_at IS NULL GROUP BY 1`, root, r.Point.Channel)
	for _, w := range list {
		if w.way == "" {
			r.Waits = w.n
		} else {
			r.Ways[w.way] = w.n
		}
	}
	return r, true, err
}
