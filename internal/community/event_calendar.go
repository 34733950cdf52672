package community

import (
	"context"
	"crypto/hmac"
	"fmt"
	"strings"

	"github.com/entente/entente/internal/community/ical"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Calendar is events for calendar programs, as whoever the sight is of may read them. m is who it is for, nil for nobody signed in: the addresses
// of meetings on the web are for those who have a seat. An event that repeats stands there with each of its dates: each says whether its reader comes, and one
// that is moved or called off needs no exception to a rule.
func (s *Service) Calendar(ctx context.Context, o Sight, c Community, m *org.Member, list []Event, name string) ([]byte, error) {
	seats, err := s.EnrolledIn(ctx, m, list)
	if err != nil {
		return nil, err
	}
	site := s.URL(ctx, c)
	out := ical.Calendar{Name: name}
	for i := range list {
		e := &list[i]
		x := ical.Event{UID: e.DateID() + "@entente", Sequence: e.Changes, ChangedAt: e.ChangedAt, Start: e.StartsAt, End: e.EndsAt, Summary: e.Title, Description: e.Excerpt,
			Location: e.Place, URL: site + e.DatePath(), Cancelled: e.Cancelled, Tentative: m != nil && seats[e.DateID()] != "in"}
		if e.Link != "" && (seats[e.DateID()] == "in" || o.MayModerate(e.Space) || Wrote(m, e.Author)) {
			x.Description = strings.TrimSpace(x.Description + "\n" + e.Link)
			if x.Location == "" {
				x.Location = e.Link
			}
		}
		if e.Cancelled && e.Reason != "" {
			x.Description = strings.TrimSpace(e.Reason + "\n" + x.Description)
		}
		out.Events = append(out.Events, x)
	}
	return ical.Write(out), nil
}

const calendarFor = "calendar:"

// CalendarToken is what stands in the address of the calendar of whoever acts in a community, made when it is asked for first. With fresh there is
// another one, and the address before ends.
func (s *Service) CalendarToken(ctx context.Context, community string, fresh bool) (string, error) {
	m, err := signedIn(ctx)
	if err != nil {
		return "", err
	}
	secret, found, err := db.Value[string](ctx, s.db.Read(), "SELECT secret FROM community_calendar WHERE member = $1 AND community = $2", m.ID, community)
	if err != nil {
		return "", fmt.Errorf("read the address of a calendar: %w", err)
	}
	if !found && !fresh {
		return "", nil
	}
	if fresh {
		secret = id.New()
		err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			if _, err := db.Exec(ctx, q, `INSERT INTO community_calendar (member, community, secret, at) VALUES ($1, $2, $3, $4)
				ON CONFLICT (member, community) DO UPDATE SET secret = excluded.secret, at = excluded.at`, m.ID, community, secret, db.T(s.Now())); err != nil {
				return fmt.Errorf("keep the address of a calendar: %w", err)
			}
			return s.org.Audit(ctx, q, "community.calendar_address", "community:"+community, nil)
		})
		if err != nil {
			return "", err
		}
	}
	return s.token(ctx, calendarFor+community+":"+secret, m.ID)
}

// CalendarReader finds whose calendar an address is, as long as they are a member and it is the newest. What they may read is asked as for anything
// else that they read.
func (s *Service) CalendarReader(ctx context.Context, community, token string) (*org.Member, error) {
	token = strings.ToLower(token)
	if len(token) != id.Length+codec().EncodedLen(macLength) {
		return nil, notFound()
	}
	who := token[:id.Length]
	secret, found, err := db.Value[string](ctx, s.db.Read(), "SELECT secret FROM community_calendar WHERE member = $1 AND community = $2", who, community)
	if err != nil {
		return nil, fmt.Errorf("read the address of a calendar: %w", err)
	}
	if !found {
		return nil, notFound()
	}
	mac, err := s.mac(ctx, calendarFor+community+":"+secret, who)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal([]byte(mac), []byte(token[id.Length:])) {
		return nil, notFound()
	}
	m, err := s.org.Find(ctx, who)
	if problem.Is(err, problem.Missing) || err == nil && m.State != org.Active {
		return nil, notFound()
	}
	return m, err
}
