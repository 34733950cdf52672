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

// Bookings lists what was noted, the newest day first.
func (s *Service) Bookings(ctx context.Context, initiative string) ([]Booking, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	rows, err := db.All(ctx, s.db.Read(), bookingFields,
		"SELECT id, initiative, line, day, amount, currency, minutes, note, member, created_at FROM initiative_booking WHERE initiative = $1 ORDER BY day DESC, id DESC"+db.Limit(maxBookings), initiative)
	if err != nil {
		return nil, fmt.Errorf("list bookings: %w", err)
	}
	out := make([]Booking, len(rows))
	for n, r := range rows {
		if err := r.Day.UnmarshalText([]byte(r.day)); err != nil {
			return nil, fmt.Errorf("read a booking: %w", err)
		}
		out[n] = r.Booking
	}
	return out, nil
}

// Book notes what was spent. Hours on a line of hours without an amount cost what the line says.
func (s *Service) Book(ctx context.Context, b Booking) (Booking, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return b, err
	}
	i, err := one(ctx, s.db.Read(), b.Initiative)
	if err != nil {
		return b, err
	}
	var errs []error
	refuse := func(field, key string, args ...any) {
		errs = append(errs, problem.New(problem.Invalid, key, args...).On(field))
	}
	if i.State == Draft && i.Approved == nil {
		return b, problem.New(problem.Conflict, "plan.book_draft")
	}
	if b.Note, err = text(b.Note, "note", 300); err != nil {
		errs = append(errs, err)
	}
	if b.Day == 0 || !b.Day.Valid() {
		refuse("day", "plan.day_bad")
	} else if b.Day > s.Today(ctx) {
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
	if err := errors.Join(errs...); err != nil {
		return b, err
	}
	b.ID, b.CreatedAt = s.newID(), s.Now()
	if m := org.Who(ctx); m != nil {
		b.Member = m.ID
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM initiative_booking WHERE initiative = $1", i.ID)
		if err != nil {
			return fmt.Errorf("count bookings: %w", err)
		}
		if n >= maxBookings {
			return problem.New(problem.Invalid, "plan.too_many", "Max", maxBookings)
		}
		if err := db.Insert(ctx, q, "initiative_booking (id, initiative, line, day, amount, currency, minutes, note, member, created_at)",
			[][]any{{b.ID, b.Initiative, b.Line, b.Day.String(), b.Amount, b.Currency, b.Minutes, b.Note, b.Member, db.T(b.CreatedAt)}}, ""); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "plan.booked", "initiative:"+i.ID, b.summary(i))
	})
	return b, err
}

func (b Booking) summary(i Initiative) map[string]any {
	return map[string]any{"name": i.Name, "cost": money.Typed(b.Amount, b.Currency, ".") + " " + b.Currency}
}

// Unbook takes a booking away; the audit log keeps what it said.
func (s *Service) Unbook(ctx context.Context, initiative, booking string) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
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
		b, found, err := db.One(ctx, q, bookingFields, "SELECT id, initiative, line, day, amount, currency, minutes, note, member, created_at FROM initiative_booking WHERE id = $1 AND initiative = $2", booking, i.ID)
		if err != nil {
			return fmt.Errorf("read a booking: %w", err)
		}
		if !found {
			return notFound()
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM initiative_booking WHERE id = $1", booking); err != nil {
			return fmt.Errorf("remove a booking: %w", err)
		}
		return s.org.Audit(ctx, q, "plan.unbooked", "initiative:"+i.ID, b.summary(i))
	})
}
