package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Place is what is known of a channel as a place where we speak.
type Place struct {
	Channel, Name string
	Kind          string
	Own           bool      // we run it, and everybody there knows
	Names         bool      // the member's name is shown beside what they say
	ReadSince     time.Time // since when we read along; zero: nobody has said
	ReadDays      int       // how long we read along before we speak
	IntroducedAt  time.Time // when we said there who we are; zero: not yet
	IntroducedBy  string    // member
	Remark        string    // rules of the place, whom to ask
	ChangedAt     time.Time // zero: nobody has said anything of it
}

const (
	readDays    = 14 // unless somebody says otherwise
	maxReadDays = 365
	maxRemark   = 2000
)

// ReadUntil is when we shall have read along long enough; zero when nobody has said since when we do.
func (p *Place) ReadUntil() time.Time {
	if p.ReadSince.IsZero() {
		return time.Time{}
	}
	return p.ReadSince.AddDate(0, 0, p.ReadDays)
}

func placeFields(p *Place) []any {
	return []any{&p.Channel, db.Bool(&p.Own), db.Bool(&p.Names), db.At(&p.ReadSince), &p.ReadDays, db.At(&p.IntroducedAt), &p.IntroducedBy, &p.Remark, db.At(&p.ChangedAt)}
}

const placeColumns = "channel, own, names, read_since, read_days, introduced_at, introduced_by, remark, changed_at"

// usual is what holds of a channel of which nobody has said anything: a mailbox and a community of ours are our own.
func usual(a *channel.Account, d channel.Description) Place {
	return Place{Channel: a.ID, Name: a.Name, Kind: a.Kind, Own: d.Within || !d.Can.Has(channel.PublicReply), Names: true, ReadDays: readDays}
}

// PlaceOf is the place that a channel is.
func (s *Service) PlaceOf(ctx context.Context, channelID string) (Place, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return Place{}, err
	}
	a, err := s.channels.Find(ctx, channelID)
	if err != nil {
		return Place{}, err
	}
	p, found, err := db.One(ctx, s.db.Read(), placeFields, "SELECT "+placeColumns+" FROM inbox_place WHERE channel = $1", a.ID)
	if err != nil {
		return p, fmt.Errorf("read a place: %w", err)
	}
	d, _ := s.channels.Describe(a.Kind)
	if !found {
		return usual(&a, d), nil
	}
	p.Name, p.Kind = a.Name, a.Kind
	return p, nil
}

// Places lists the channels that can be answered, as places.
func (s *Service) Places(ctx context.Context) ([]Place, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	list, err := s.channels.List(ctx)
	if err != nil {
		return nil, err
	}
	known, err := db.All(ctx, s.db.Read(), placeFields, "SELECT "+placeColumns+" FROM inbox_place")
	if err != nil {
		return nil, fmt.Errorf("list places: %w", err)
	}
	var out []Place
	for i := range list {
		d, _ := s.channels.Describe(list[i].Kind)
		if !d.Can.Has(channel.PublicReply) && !d.Can.Has(channel.PrivateReply) {
			continue
		}
		p := usual(&list[i], d)
		if n := slices.IndexFunc(known, func(k Place) bool { return k.Channel == p.Channel }); n >= 0 {
			k := known[n]
			k.Name, k.Kind = p.Name, p.Kind
			p = k
		}
		out = append(out, p)
	}
	return out, nil
}

// Mark is that of what somebody has seen of a place.
func (p *Place) Mark() string {
	if p.ChangedAt.IsZero() {
		return "none"
	}
	return p.ChangedAt.UTC().Format(time.RFC3339Nano)
}

// SetPlace keeps what is known of a place; seen is the Mark of what whoever says so has seen.
func (s *Service) SetPlace(ctx context.Context, seen string, p Place) (Place, error) {
	m, err := acting(ctx, org.InboxAssign)
	if err != nil {
		return p, err
	}
	p.Remark = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(p.Remark, ""), "\x00", ""))
	now := s.now()
	switch {
	case utf8.RuneCountInString(p.Remark) > maxRemark:
		return p, problem.New(problem.Invalid, "problem.too_long", "Max", maxRemark).On("remark")
	case p.ReadDays < 0 || p.ReadDays > maxReadDays:
		return p, problem.New(problem.Invalid, "inbox.place.bad_days", "Max", maxReadDays).On("read_days")
	case p.ReadSince.After(now), p.IntroducedAt.After(now):
		return p, problem.New(problem.Invalid, "inbox.place.later").On("read_since")
	}
	was, err := s.PlaceOf(ctx, p.Channel)
	if err != nil {
		return p, err
	}
	if p.IntroducedAt.IsZero() {
		p.IntroducedBy = ""
	} else if p.IntroducedBy == "" {
		if p.IntroducedBy = was.IntroducedBy; p.IntroducedBy == "" {
			p.IntroducedBy = m.ID
		}
	}
	p.ChangedAt = now
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		at, found, err := db.Value[int64](ctx, q, "SELECT changed_at FROM inbox_place WHERE channel = $1", p.Channel)
		if err != nil {
			return err
		}
		is := Place{}
		if found {
			is.ChangedAt = time.UnixMicro(at)
		}
		if is.Mark() != seen {
			return problem.New(problem.Conflict, "problem.conflict")
		}
		if err := db.Insert(ctx, q, "inbox_place ("+placeColumns+")", [][]any{{p.Channel, db.B(p.Own), db.B(p.Names), db.T(p.ReadSince), p.ReadDays, db.T(p.IntroducedAt), p.IntroducedBy,
			p.Remark, db.T(p.ChangedAt)}}, `ON CONFLICT (channel) DO UPDATE SET own = excluded.own, names = excluded.names, read_since = excluded.read_since,
			read_days = excluded.read_days, introduced_at = excluded.introduced_at, introduced_by = excluded.introduced_by, remark = excluded.remark, changed_at = excluded.changed_at`); err != nil {
			return fmt.Errorf("keep a place: %w", err)
		}
		return s.org.Audit(ctx, q, "inbox.place", "channel:"+p.Channel, map[string]any{"own": p.Own, "read_since": p.ReadSince, "read_days": p.ReadDays, "introduced_at": p.IntroducedAt})
	})
	p.Name, p.Kind = was.Name, was.Kind
	return p, err
}
