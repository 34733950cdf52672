package fediverse

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

// Instance is another server as a community meets it.
type Instance struct {
	Host      string
	Followers int
	Waiting   int // deliveries
	Failed    int
	Error     string // of what waits or failed last
}

// Figures are how a community stands in the fediverse.
type Figures struct {
	Followers int
	Waiting   int
	Failed    int
	Sent      int // deliveries of the last 30 days
	Refusals  int // members whose posts do not go out
	Instances []Instance
	Guests    []Guest
}

// Guest is somebody of elsewhere who said something here.
type Guest struct {
	Handle string
	Name   string
	LastAt time.Time
	Post   string // their newest
	Block  *Block // that holds
}

const (
	mostInstances = 25
	mostGuests    = 25
)

// Figures reads them, for who looks after the community.
func (s *Service) Figures(ctx context.Context, communityID string) (Figures, error) {
	var f Figures
	c, err := s.looksAfter(ctx, communityID)
	if err != nil {
		return f, err
	}
	q := s.db.Read()
	if f.Instances, err = db.All(ctx, q, func(i *Instance) []any { return []any{&i.Host, &i.Followers, &i.Waiting, &i.Failed, &i.Error} },
		`SELECT host, SUM(followers), SUM(waiting), SUM(failed), MAX(error) FROM (
			SELECT host, COUNT(*) AS followers, 0 AS waiting, 0 AS failed, '' AS error FROM fediverse_follower WHERE community = $1 GROUP BY host
			UNION ALL SELECT host, 0, SUM(CASE WHEN state = 'queued' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), MAX(error)
				FROM fediverse_delivery WHERE community = $1 AND state <> 'sent' GROUP BY host) AS x
		GROUP BY host ORDER BY 2 DESC, 3 DESC, host`+db.Limit(mostInstances), c.ID); err != nil {
		return f, fmt.Errorf("count by instance: %w", err)
	}
	for into, query := range map[*int]string{
		&f.Followers: "SELECT COUNT(*) FROM fediverse_follower WHERE community = $1 AND at < $2",
		&f.Waiting:   "SELECT COUNT(*) FROM fediverse_delivery WHERE community = $1 AND state = 'queued' AND created_at < $2",
		&f.Failed:    "SELECT COUNT(*) FROM fediverse_delivery WHERE community = $1 AND state = 'failed' AND created_at < $2",
		&f.Sent:      "SELECT COUNT(*) FROM fediverse_delivery WHERE community = $1 AND state = 'sent' AND sent_at > $2",
		&f.Refusals:  "SELECT COUNT(*) FROM fediverse_refusal WHERE $1 <> '' AND at < $2",
	} {
		until := s.Now().Add(time.Hour)
		if into == &f.Sent {
			until = s.Now().AddDate(0, 0, -30)
		}
		if *into, _, err = db.Value[int](ctx, q, query, c.ID, db.T(until)); err != nil {
			return f, fmt.Errorf("count what goes out: %w", err)
		}
	}
	posts, err := s.community.GuestsOf(ctx, c, mostGuests)
	if err != nil {
		return f, err
	}
	for _, p := range posts {
		g := Guest{Handle: strings.TrimPrefix(p.Author, "acct:"), Name: p.AuthorName, LastAt: p.At, Post: p.ID}
		if g.Block, err = s.barred(ctx, c.ID, g.Handle[strings.IndexByte(g.Handle, '@')+1:], g.Handle); err != nil {
			return f, err
		}
		f.Guests = append(f.Guests, g)
	}
	return f, nil
}

// Report tells the instance of whoever wrote a post here that something is wrong with it. It goes out in the name of the community.
func (s *Service) Report(ctx context.Context, communityID, post, words string) error {
	c, err := s.looksAfter(ctx, communityID)
	if err != nil {
		return err
	}
	o, err := s.community.Sees(ctx, nil)
	if err != nil {
		return err
	}
	p, _, err := s.community.Post(ctx, o, c.ID, post)
	if err != nil {
		return err
	}
	handle, guest := strings.CutPrefix(p.Author, "acct:")
	words = strings.TrimSpace(strings.ToValidUTF8(words, ""))
	switch {
	case !guest:
		return notFound()
	case words == "":
		return problem.New(problem.Invalid, "problem.required").On("words")
	case utf8.RuneCountInString(words) > maxReason:
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxReason).On("words")
	}
	if _, _, err := s.live(ctx, c.ID); err != nil {
		return err
	}
	who, found, err := s.known(ctx, "handle", handle)
	if err != nil || !found {
		return orMissing(err)
	}
	event := s.newID()
	flag := Document{"id": s.eventID(ctx, c, event), "type": "Flag", "actor": s.GroupID(ctx, c), "content": words, "object": []string{who.URI, p.ExternalID}, "to": []string{who.URI}}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.queue(ctx, q, []Outgoing{{ID: event, Community: c.ID, Kind: "flag", Body: flag.with(), Also: []string{who.door()}}}); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "fediverse.report", "post:"+p.ID, map[string]string{"community": c.ID, "whom": handle})
	})
	if err == nil {
		s.Wake()
	}
	return err
}

// Known reports whether a community is in the fediverse, and its name there.
func (s *Service) Known(ctx context.Context, communityID string) (handle string, on bool, err error) {
	_, c, err := s.live(ctx, communityID)
	if problem.Is(err, problem.Missing) {
		return "", false, nil
	}
	return s.Handle(ctx, c), err == nil, err
}
