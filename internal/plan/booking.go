package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

// Booking is money spent or time worked, noted by hand. A negative amount is money that came back.
type Booking struct {
	ID         string
	Initiative string
	Line       string // of the budget, or ""
	Day        schedule.Day
	Amount     int64 // minor units
	Currency   string
	Minutes    int
	Note       string
	Member     string // who noted it
	CreatedAt  time.Time
}

const maxBookings = 2000

type bookingRow struct {
	Booking
	day string
}

func bookingFields(b *bookingRow) []any {
	return []any{&b.ID, &b.Initiative, &b.Line, &b.day, &b.Amount, &b.Currency, &b.Minutes, &b.Note, &b.Member, db.At(&b.CreatedAt)}
}

const bookingColumns = "id, initiative, line, day, amount, currency, minutes, note, member, created_at"

// Bookings lists what was noted, the newest day first: all of it for those who lead the initiative, for others their own hours.
func (s *Service) Bookings(ctx context.Context, initiative string) ([]Booking, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	i, err := one(ctx, s.db.Read(), initiative)
	if err != nil {
		return nil, err
	}
	rows, err := db.All(ctx, s.db.Read(), bookingFields,
		"SELECT "+bookingColumns+" FROM initiative_booking WHERE initiative = $1 ORDER BY day DESC, id DESC"+db.Limit(maxBookings), i.ID)
	if err != nil {
		return nil, fmt.Errorf("list bookings: %w", err)
	}
	all, who, out := i.Leads(ctx), me(ctx), []Booking{}
	for _, r := range rows {
		if err := r.Day.UnmarshalText([]byte(r.day)); err != nil {
			return nil, fmt.Errorf("read a booking: %w", err)
		}
		switch {
		case all:
			out = append(out, r.Booking)
		case r.Member == who && who != "" && r.Minutes > 0:
			out = append(out, r.hidden())
		}
	}
	return out, nil
}

// MayBook reports whether whoever asks may book: money and time when they lead the initiative, time when they work in it.
func (i Initiative) MayBook(ctx context.Context) (time, money bool) {
	lead := i.Leads(ctx)
	return (lead || i.Works(ctx)) && (i.State != Draft || i.Approved != nil), lead && (i.State != Draft || i.Approved != nil)
}

// Book notes what was spent. Hours on a line of hours without an amount cost what the line says. Who works in the initiative and does not
// lead it books their own hours only, and sees no money of them.
func (s *Service) Book(ctx context.Context, b Booking) (Booking, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return b, err
	}
	i, err := one(ctx, s.db.Read(), b.Initiative)
	if err != nil {
		return b, err
	}
	if !i.Leads(ctx) {
		if !i.Works(ctx) {
			return b, problem.New(problem.Forbidden, "problem.forbidden")
		}
		if b.Amount != 0 || b.Line != "" {
			return b, problem.New(problem.Forbidden, "plan.book_hours_only")
		}
	}
	b.Member = me(ctx)
	if b, err = s.checkBooking(b, i, s.Today(ctx)); err != nil {
		return b, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.putBooking(ctx, q, &b); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "plan.booked", "initiative:"+i.ID, b.summary(i))
	})
	if !i.Leads(ctx) {
		b = b.hidden()
	}
	return b, err
}

// checkBooking puts a booking of an initiative in order, or says all that is wrong with it.
func (s *Service) checkBooking(b Booking, i Initiative, today schedule.Day) (Booking, error) {
	var errs []error
	refuse := func(field, key string, args ...any) {
		errs = append(errs, problem.New(problem.Invalid, key, args...).On(field))
	}
	if i.State == Draft && i.Approved == nil {
		return b, problem.New(problem.Conflict, "plan.book_draft")
	}
	var err error
	if b.Note, err = text(b.Note, "note", 300); err != nil {
		errs = append(errs, err)
	}
	if b.Day == 0 || !b.Day.Valid() {
		refuse("day", "plan.day_bad")
	} else if b.Day > today {
		refuse("day", "plan.not_yet")
	}
	if b.Minutes < 0 || b.Minutes > schedule.MaxMinutes {
		refuse("hours", "plan.hours_bad")
	}
	if b.Line != "" {
		n := slices.IndexFunc(i.Lines, func(l cost.Line) bool { return l.ID == b.Line })
		if n < 0 {
			refuse("line", "plan.line_unknown")
		} else if l := i.Lines[n]; l.Kind == cost.Hours && b.Amount == 0 && len(errs) == 0 {
			b.Amount, b.Currency = money.Worth(int64(b.Minutes), l.Amount), l.Currency
		} else if b.Currency == "" {
			b.Currency = l.Currency
		}
	}
	if b.Currency == "" {
		b.Currency = i.Currency
	}
	if !money.Known(b.Currency) {
		refuse("currency", "plan.currency_unknown")
	}
	if b.Amount < -money.Most || b.Amount > money.Most || b.Amount == 0 && b.Minutes == 0 {
		refuse("amount", "plan.amount_bad")
	}
	return b, errors.Join(errs...)
}

func (s *Service) putBooking(ctx context.Context, q db.Q, b *Booking) error {
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM initiative_booking WHERE initiative = $1", b.Initiative)
	if err != nil {
		return fmt.Errorf("count bookings: %w", err)
	}
	if n >= maxBookings {
		return problem.New(problem.Invalid, "plan.too_many", "Max", maxBookings)
	}
	b.ID, b.CreatedAt = s.newID(), s.Now()
	return db.Insert(ctx, q, "initiative_booking ("+bookingColumns+")",
		[][]any{{b.ID, b.Initiative, b.Line, b.Day.String(), b.Amount, b.Currency, b.Minutes, b.Note, b.Member, db.T(b.CreatedAt)}}, "")
}

// hidden is a booking without its money.
func (b Booking) hidden() Booking {
	b.Amount, b.Currency, b.Line = 0, "", ""
	return b
}

func (b Booking) summary(i Initiative) map[string]any {
	return map[string]any{"name": i.Name, "cost": money.Typed(b.Amount, b.Currency, ".") + " " + b.Currency}
}

// Unbook takes a booking away; the audit log keeps what it said. Those who lead the initiative may, and who noted their own hours.
func (s *Service) Unbook(ctx context.Context, initiative, booking string) error {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return err
	}
	if !id.Valid(booking) {
		return notFound()
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		i, err := one(ctx, q, initiative)
		if err != nil {
			return err
		}
		b, found, err := db.One(ctx, q, bookingFields, "SELECT "+bookingColumns+" FROM initiative_booking WHERE id = $1 AND initiative = $2", booking, i.ID)
		if err != nil {
			return fmt.Errorf("read a booking: %w", err)
		}
		if !found {
			return notFound()
		}
		if !i.Leads(ctx) && (b.Member == "" || b.Member != me(ctx) || b.Amount != 0) {
			return problem.New(problem.Forbidden, "problem.forbidden")
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM initiative_booking WHERE id = $1", booking); err != nil {
			return fmt.Errorf("remove a booking: %w", err)
		}
		return s.org.Audit(ctx, q, "plan.unbooked", "initiative:"+i.ID, b.summary(i))
	})
}
