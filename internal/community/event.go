package community

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Event is a thread that says when and where people meet, on one of its dates.
type Event struct {
	Thread
	Date             int    // counted from 0
	Often            string // how often it takes place, "" for once
	Dates            int    // how many there are
	StartsAt, EndsAt time.Time
	Zone             string // in which its times are said
	Place            string
	Link             string // where it is on the web: for those who enrolled, and for who looks after it
	Seats            int    // 0 for no limit
	Cancelled        bool
	Reason           string // of the last change
	ChangedAt        time.Time
	Changes          int
	In, Waiting      int // how many enrolled

	last string // the activity that changed it last
}

const eventColumns = threadColumns + `, e.n, e.often, (SELECT COUNT(*) FROM community_event d WHERE d.id = e.id), e.starts_at, e.ends_at, e.zone, e.place, e.link, e.seats, e.cancelled, e.reason, e.changed_at, e.changes, e.last,
	(SELECT COUNT(*) FROM community_event_seat s WHERE s.event = e.id AND s.n = e.n AND s.state = 'in'), (SELECT COUNT(*) FROM community_event_seat s WHERE s.event = e.id AND s.n = e.n AND s.state = 'waiting')`

const eventsFrom = " FROM community_event e JOIN community_thread t ON t.id = e.id"

func eventFields(e *Event) []any {
	return append(threadFields(&e.Thread), &e.Date, &e.Often, &e.Dates, db.At(&e.StartsAt), db.At(&e.EndsAt), &e.Zone, &e.Place, &e.Link, &e.Seats, db.Bool(&e.Cancelled), &e.Reason, db.At(&e.ChangedAt),
		&e.Changes, &e.last, &e.In, &e.Waiting)
}

// Location is the zone of the event, UTC when it is not known here.
func (e *Event) Location() *time.Location {
	if z, err := time.LoadLocation(e.Zone); err == nil && e.Zone != "" {
		return z
	}
	return time.UTC
}

// Full reports whether who enrols now waits.
func (e *Event) Full() bool { return e.Seats > 0 && e.In >= e.Seats }

// Over reports whether it has ended.
func (e *Event) Over(now time.Time) bool { return !e.EndsAt.After(now) }

// When says in the language of ctx when it is, in its own zone.
func (e *Event) When(ctx context.Context) string {
	return Span(ctx, e.StartsAt, e.EndsAt, e.Location())
}

// Span says from when to when something is, in a zone.
func Span(ctx context.Context, from, to time.Time, zone *time.Location) string {
	ctx = i18n.With(ctx, i18n.Lang(ctx), zone)
	day := func(t time.Time) string {
		return i18n.T(ctx, "community.event.weekday."+strings.ToLower(t.In(zone).Weekday().String()[:3])) + " " + i18n.Day(ctx, t)
	}
	if from.In(zone).Format(time.DateOnly) == to.In(zone).Format(time.DateOnly) {
		return day(from) + ", " + i18n.Time(ctx, from) + " – " + i18n.Time(ctx, to)
	}
	return day(from) + ", " + i18n.Time(ctx, from) + " – " + day(to) + ", " + i18n.Time(ctx, to)
}

// EventPlan is what somebody says of an event. The times are as the clocks of the zone show them, like 2026-03-29T18:30.
type EventPlan struct {
	Starts, Ends string
	Zone         string
	Place, Link  string
	Seats        int
	Often        string // see Often
	Until        string // of one that repeats: the last day on which it may begin
	Reason       string // of a change
	Date         int    // of a change: which date
	Only         bool   // of a change: that date alone, and not those after it
	Seen         int    // of a change: Event.Changes as it was shown
}

// Limits of events.
const (
	maxPlace    = 200
	maxLink     = 500
	maxSeats    = 100_000
	maxEventFor = 31 * 24 * time.Hour
	maxAhead    = 5 * 366 * 24 * time.Hour
)

// Plan is the event as a plan, to change it.
func (e *Event) Plan() EventPlan {
	z := e.Location()
	return EventPlan{Starts: e.StartsAt.In(z).Format(wallClock), Ends: e.EndsAt.In(z).Format(wallClock), Zone: e.Zone, Place: e.Place, Link: e.Link, Seats: e.Seats, Often: e.Often, Date: e.Date, Only: e.Repeats(), Seen: e.Changes}
}

const wallClock = "2006-01-02T15:04"

// clockTime is the time at which the clocks of a zone show text. One that they leave out when summer time begins is refused; of two that they show
// when it ends it is the first.
func clockTime(text string, zone *time.Location, field string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, problem.New(problem.Invalid, "problem.required").On(field)
	}
	if len(text) == len(wallClock)+3 {
		text = text[:len(wallClock)]
	}
	t, err := time.ParseInLocation(wallClock, text, zone)
	if err != nil {
		return t, problem.New(problem.Invalid, "community.event.bad_time").On(field)
	}
	if t.Format(wallClock) != text {
		return t, problem.New(problem.Invalid, "community.event.no_such_time", "Zone", zone.String()).On(field)
	}
	if early := t.Add(-time.Hour); early.Format(wallClock) == text {
		t = early
	}
	return t.UTC(), nil
}

// checked is the plan as it is stated.
func (p EventPlan) checked(now time.Time) (*ledger.Event, error) {
	zone, err := time.LoadLocation(p.Zone)
	if err != nil || p.Zone == "" || p.Zone == "Local" || len(p.Zone) > 60 {
		return nil, problem.New(problem.Invalid, "community.event.bad_zone").On("zone")
	}
	e := &ledger.Event{Often: p.Often, Zone: p.Zone, Place: lineOf(p.Place), Link: strings.TrimSpace(p.Link), Seats: p.Seats}
	if e.StartsAt, err = clockTime(p.Starts, zone, "starts"); err != nil {
		return nil, err
	}
	if e.EndsAt, err = clockTime(p.Ends, zone, "ends"); err != nil {
		return nil, err
	}
	switch {
	case !e.EndsAt.After(e.StartsAt):
		return nil, problem.New(problem.Invalid, "community.event.ends_first").On("ends")
	case e.EndsAt.Sub(e.StartsAt) > maxEventFor:
		return nil, problem.New(problem.Invalid, "community.event.long", "Days", 31).On("ends")
	case !e.EndsAt.After(now):
		return nil, problem.New(problem.Invalid, "community.event.is_past").On("starts")
	case e.StartsAt.Sub(now) > maxAhead:
		return nil, problem.New(problem.Invalid, "community.event.far").On("starts")
	case e.Place == "" && e.Link == "":
		return nil, problem.New(problem.Invalid, "community.event.nowhere").On("place")
	case utf8.RuneCountInString(e.Place) > maxPlace:
		return nil, problem.New(problem.Invalid, "problem.too_long", "Max", maxPlace).On("place")
	case len(e.Link) > maxLink:
		return nil, problem.New(problem.Invalid, "problem.too_long", "Max", maxLink).On("link")
	case e.Link != "" && !webLink(e.Link):
		return nil, problem.New(problem.Invalid, "community.event.bad_link").On("link")
	case e.Seats < 0 || e.Seats > maxSeats:
		return nil, problem.New(problem.Invalid, "community.event.bad_seats", "Max", maxSeats).On("seats")
	}
	if e.More, err = p.dates(e.StartsAt, zone); err != nil {
		return nil, err
	}
	return e, nil
}

func webLink(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil && strings.IndexFunc(link, func(r rune) bool { return r <= ' ' || invisible(r) }) < 0
}

// eventWords is what an event says beside its post, to be held against blocked words.
func eventWords(e *ledger.Event) string {
	if e == nil {
		return ""
	}
	return "\n" + e.Place + "\n" + e.Link
}

// EventQuery asks for events. What is zero does not narrow.
type EventQuery struct {
	Community string // id
	Space     string // id
	Past      bool   // those that have ended, the last first; else those to come
	Each      bool   // each date of those that repeat; else the next, or the last of those that have ended
	Mine      string // identity of somebody who enrolled
	Tag       string
	Page      int // from 0
}

// Events lists events that whoever the sight is of may read.
func (s *Service) Events(ctx context.Context, o Sight, in EventQuery) (list []Event, more bool, err error) {
	spaces := o.Readable(in.Community)
	if in.Space != "" {
		if !o.May(in.Space) {
			return nil, false, notFound()
		}
		spaces = []string{in.Space}
	}
	q := s.db.Read()
	var w db.Where
	w.And("t.space IN " + db.Among(q, w.Arg(db.Texts(spaces)))).And("t.deleted_at IS NULL")
	order, now := "e.starts_at, e.id, e.n", db.T(s.Now())
	switch {
	case in.Past && in.Each:
		w.And("e.ends_at <= ?", now)
	case in.Past:
		w.And("e.ends_at <= ? AND NOT EXISTS (SELECT 1 FROM community_event d WHERE d.id = e.id AND (d.starts_at > e.starts_at OR d.starts_at = e.starts_at AND d.n > e.n))", now)
	case in.Each:
		w.And("e.ends_at > ?", now)
	default: // as next does
		w.And(`e.ends_at > ? AND NOT EXISTS (SELECT 1 FROM community_event d WHERE d.id = e.id AND d.ends_at > ? AND (d.cancelled < e.cancelled OR d.cancelled = e.cancelled AND (d.starts_at < e.starts_at
			OR d.starts_at = e.starts_at AND d.n < e.n)))`, now, now)
	}
	if in.Past {
		order = "e.starts_at DESC, e.id DESC, e.n DESC"
	}
	if in.Tag != "" {
		if in.Tag, err = oneTag(in.Tag); err != nil || in.Tag == "" {
			return nil, false, err
		}
		w.And(tagged(&w, in.Tag))
	}
	if in.Mine != "" {
		w.And("EXISTS (SELECT 1 FROM community_event_seat s WHERE s.event = e.id AND s.n = e.n AND s.person = ? AND s.state <> 'out')", in.Mine)
	}
	list, err = db.All(ctx, q, eventFields, "SELECT "+eventColumns+eventsFrom+" "+w.String()+" ORDER BY "+order+db.Limit(listed+1)+fmt.Sprintf(" OFFSET %d", min(max(in.Page, 0), maxPage)*listed), w.Args...)
	if err != nil {
		return nil, false, fmt.Errorf("list events: %w", err)
	}
	if len(list) > listed {
		return list[:listed], true, nil
	}
	return list, false, nil
}

// Event reads what an event is beyond its thread, on the date that comes next, or on its last; found is false for a thread that is none. The thread must
// be one that may be read.
func (s *Service) Event(ctx context.Context, thread string) (e Event, found bool, err error) {
	list, err := s.Dates(ctx, thread)
	if err != nil {
		return e, false, err
	}
	e, found = next(list, s.Now())
	return e, found, nil
}

// Dates are all dates of an event that may be read, in their order; none for a thread that is no event.
func (s *Service) Dates(ctx context.Context, thread string) ([]Event, error) {
	list, err := db.All(ctx, s.db.Read(), eventFields, "SELECT "+eventColumns+eventsFrom+" WHERE t.id = $1 ORDER BY e.n", thread)
	if err != nil {
		return nil, fmt.Errorf("read an event: %w", err)
	}
	return list, nil
}

// OnDate is an event on one of its dates.
func (s *Service) OnDate(ctx context.Context, thread string, date int) (Event, bool, error) {
	list, err := s.Dates(ctx, thread)
	if err != nil || date < 0 || date >= len(list) {
		return Event{}, false, err
	}
	return list[date], true, nil
}

// Changed is something that was changed of an event.
type Changed struct {
	At        time.Time
	Cancelled bool
	Reason    string
	By        string
	Date      int  // the first that was
	Only      bool // those after it were not
}

// ChangesOf are what was changed of an event that people were told of, the newest first.
func (s *Service) ChangesOf(ctx context.Context, event string) ([]Changed, error) {
	list, err := db.All(ctx, s.db.Read(), func(c *Changed) []any {
		return []any{db.At(&c.At), db.Bool(&c.Cancelled), &c.Reason, &c.By, &c.Date, db.Bool(&c.Only)}
	},
		"SELECT at, cancelled, reason, decider, n, alone FROM community_event_change WHERE event = $1 ORDER BY at DESC, activity DESC"+db.Limit(20), event)
	if err != nil {
		return nil, fmt.Errorf("read what was changed of an event: %w", err)
	}
	return list, nil
}

// ChangeEvent says when and where an event is from now on: on one of its dates, or on that and those after it. Who announced it may, and who moderates its
// space. Those who enrolled are told of another time or place.
func (s *Service) ChangeEvent(ctx context.Context, community, event string, in EventPlan) error {
	e, rest, w, err := s.ownEvent(ctx, community, event, in.Date)
	if err != nil {
		return err
	}
	in.Often, in.Until = "", "" // what repeats goes on as often
	to, err := in.checked(s.Now())
	if err != nil {
		return err
	}
	if in.Seen != e.Changes {
		return problem.New(problem.Conflict, "problem.conflict")
	}
	same := to.StartsAt.Equal(e.StartsAt) && to.EndsAt.Equal(e.EndsAt) && to.Zone == e.Zone && to.Place == e.Place && to.Link == e.Link && to.Seats == e.Seats
	if same && !e.Cancelled && (in.Only || len(rest) == 0) {
		return nil
	}
	to.Often, to.Only = e.Often, in.Only && e.Repeats()
	if !to.Only && len(rest) > 0 {
		zone, err := time.LoadLocation(to.Zone)
		if err != nil {
			return fmt.Errorf("find a zone: %w", err)
		}
		to.More = again(to.StartsAt, e.Often, zone, time.Time{}, len(rest))
	}
	return s.setEvent(ctx, w, &e, to, in.Reason)
}

// CancelEvent says that an event does not take place on a date, or from that date on, and why; those who enrolled are told.
func (s *Service) CancelEvent(ctx context.Context, community, event string, date int, only bool, reason string) error {
	e, rest, w, err := s.ownEvent(ctx, community, event, date)
	only = only && e.Repeats()
	if err != nil || e.Cancelled && (only || !slices.ContainsFunc(rest, func(d Event) bool { return !d.Cancelled })) {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return problem.New(problem.Invalid, "community.event.say_why").On("reason")
	}
	if e.Over(s.Now()) {
		return problem.New(problem.Conflict, "community.event.is_over")
	}
	to := &ledger.Event{StartsAt: e.StartsAt, EndsAt: e.EndsAt, Zone: e.Zone, Place: e.Place, Link: e.Link, Seats: e.Seats, Often: e.Often, Only: only, Cancelled: true}
	return s.setEvent(ctx, w, &e, to, reason)
}

// ownEvent finds a date of an event that whoever acts may change, and those after it.
func (s *Service) ownEvent(ctx context.Context, community, event string, date int) (e Event, rest []Event, w speaker, err error) {
	_, t, w, err := s.own(ctx, community, event)
	if err != nil {
		return e, nil, w, err
	}
	list, err := s.Dates(ctx, event)
	if err != nil {
		return e, nil, w, err
	}
	if t.ID != event || date < 0 || date >= len(list) {
		return e, nil, w, notFound()
	}
	return list[date], list[date+1:], w, nil
}

func (s *Service) setEvent(ctx context.Context, w speaker, e *Event, to *ledger.Event, reason string) error {
	to.Date = e.Date
	to.Reason, to.By = TextOf(reason), lineOf(w.member.Name)
	if utf8.RuneCountInString(to.Reason) > maxReason {
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxReason).On("reason")
	}
	if err := s.screen(ctx, &w, &ledger.Said{Text: to.Reason + eventWords(to)}); err != nil {
		return err
	}
	a := ledger.Activity{Kind: ledger.EventSet, Actor: w.actor(), Object: e.ID, Channel: e.Channel, At: s.Now(), Key: "event:" + e.DateID() + ":" + e.last, Data: ledger.Data(to)}
	if err := s.holdEvent(ctx, &w, e, &a, to); err != nil {
		return err
	}
	added, err := s.ledger.State(ctx, a)
	if err != nil {
		return fmt.Errorf("state when an event is: %w", err)
	}
	if len(added) == 0 {
		return problem.New(problem.Conflict, "problem.conflict")
	}
	return nil
}

// Seat is somebody's place in an event.
type Seat struct {
	Name  string
	State string // in, waiting, out; "" for who never enrolled
	Turn  int    // of who waits: how many are before them
}

// Enrols reports whether whoever asks may enrol in an event.
func (o Sight) Enrols(m *org.Member, e *Event, now time.Time) bool {
	sp, _ := o.SpaceByID(e.Space)
	return m != nil && o.May(e.Space) && o.TakesPart(sp.Community) && !e.Cancelled && !e.Over(now) && e.DeletedAt.IsZero()
}

// EachDate stands for all dates of an event that are to come.
const EachDate = -1

// Enrol makes whoever acts come to an event on a date, or on EachDate, or not any more. Where it is full they wait, and have a seat when one is free and their
// turn comes.
func (s *Service) Enrol(ctx context.Context, community, event string, date int, want bool) error {
	m, err := signedIn(ctx)
	if err != nil {
		return err
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	t, err := s.Thread(ctx, o, community, event)
	if err != nil {
		return err
	}
	list, err := s.Dates(ctx, t.ID)
	if err != nil {
		return err
	}
	if len(list) == 0 || !t.DeletedAt.IsZero() || date < EachDate || date >= len(list) {
		return notFound()
	}
	now := s.Now()
	if date == EachDate {
		list = slices.DeleteFunc(list, func(e Event) bool { return e.Over(now) || e.Cancelled && want })
		if len(list) == 0 {
			return problem.New(problem.Conflict, "community.event.is_over")
		}
	} else {
		list = list[date : date+1]
	}
	e := &list[0]
	switch {
	case e.Over(now):
		return problem.New(problem.Conflict, "community.event.is_over")
	case e.Cancelled && want:
		return problem.New(problem.Conflict, "community.event.is_off")
	case want && !o.Enrols(m, e, now):
		return problem.New(problem.Forbidden, "community.post.join_first")
	}
	if err := s.votes.within(m.ID, now, mostVotes); err != nil {
		return err
	}
	if want {
		if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error { return s.join(ctx, q, o, community) }); err != nil {
			return err
		}
	}
	for i := range list {
		if err := s.seat(ctx, m, &list[i], want); err != nil {
			return err
		}
	}
	return nil
}

// seat states that somebody comes to an event on a date, or not any more.
func (s *Service) seat(ctx context.Context, m *org.Member, e *Event, want bool) error {
	return s.replace(ctx, func(ctx context.Context) (*ledger.Activity, error) {
		type seat struct{ state, last string }
		is, found, err := db.One(ctx, s.db.Read(), func(x *seat) []any { return []any{&x.state, &x.last} }, "SELECT state, last FROM community_event_seat WHERE event = $1 AND n = $2 AND person = $3", e.ID, e.Date, actorOf(m))
		if err != nil || (found && is.state != "out") == want {
			return nil, err
		}
		return &ledger.Activity{Kind: ledger.EventJoined, Actor: actorOf(m), Object: e.ID, Channel: e.Channel, At: s.Now(), Key: "seat:" + e.DateID() + ":" + m.ID + ":" + is.last,
			Data: ledger.Data(ledger.Seat{In: want, Date: e.Date, Name: lineOf(m.Name)})}, nil
	})
}

// SeatOf is the place of a member in an event on a date.
func (s *Service) SeatOf(ctx context.Context, m *org.Member, event string, date int) (Seat, error) {
	if m == nil {
		return Seat{}, nil
	}
	x, _, err := db.One(ctx, s.db.Read(), func(x *Seat) []any { return []any{&x.Name, &x.State, &x.Turn} }, `SELECT s.name, s.state, (SELECT COUNT(*) FROM community_event_seat b
		WHERE b.event = s.event AND b.n = s.n AND b.state = 'waiting' AND b.turn < s.turn) FROM community_event_seat s WHERE s.event = $1 AND s.n = $2 AND s.person = $3`, event, date, actorOf(m))
	if err != nil {
		return x, fmt.Errorf("read somebody's seat: %w", err)
	}
	return x, nil
}

// mostSeats is how many names are listed of those who enrolled.
const mostSeats = 200

// SeatsOf lists who enrolled in an event that may be read on a date, those with a seat first, each in their order.
func (s *Service) SeatsOf(ctx context.Context, event string, date int) ([]Seat, error) {
	list, err := db.All(ctx, s.db.Read(), func(x *Seat) []any { return []any{&x.Name, &x.State, &x.Turn} },
		"SELECT name, state, turn FROM community_event_seat WHERE event = $1 AND n = $2 AND state <> 'out' ORDER BY CASE WHEN state = 'in' THEN 0 ELSE 1 END, turn"+db.Limit(mostSeats), event, date)
	if err != nil {
		return nil, fmt.Errorf("list who enrolled: %w", err)
	}
	return list, nil
}

// DateID names an event on a date.
func (e *Event) DateID() string { return dateID(e.ID, e.Date) }

func dateID(event string, date int) string {
	if date == 0 {
		return event
	}
	return fmt.Sprint(event, "-", date)
}

// EnrolledIn says in which of the events, on their dates, a member enrolled, and how; see DateID.
func (s *Service) EnrolledIn(ctx context.Context, m *org.Member, list []Event) (map[string]string, error) {
	if m == nil || len(list) == 0 {
		return nil, nil
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].ID
	}
	type row struct {
		event, state string
		date         int
	}
	q := s.db.Read()
	rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.event, &r.date, &r.state} }, "SELECT event, n, state FROM community_event_seat WHERE person = $1 AND state <> 'out' AND event IN "+db.Among(q, "$2"),
		actorOf(m), db.Texts(slices.Compact(ids)))
	if err != nil {
		return nil, fmt.Errorf("read where somebody enrolled: %w", err)
	}
	out := map[string]string{}
	for _, r := range rows {
		out[dateID(r.event, r.date)] = r.state
	}
	return out, nil
}
