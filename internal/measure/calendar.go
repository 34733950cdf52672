package measure

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
)

// Hours is when somebody is there: as set, else Monday to Friday, nine to six, in the organisation's zone.
func (s *Service) Hours(ctx context.Context) (hours.Calendar, error) {
	text, found, err := db.Value[string](ctx, s.db.Read(), "SELECT calendar FROM measure_calendar WHERE one = 1")
	if err != nil {
		return hours.Calendar{}, fmt.Errorf("read the business hours: %w", err)
	}
	if !found {
		zone := "UTC"
		if o, err := s.org.Organisation(ctx); err == nil {
			zone = o.Location().String()
		}
		return hours.Usual(zone), nil
	}
	var c hours.Calendar
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, fmt.Errorf("read the business hours: %w", err)
	}
	return c, nil
}

// SetHours says when somebody is there. Waits by the business clock are counted by it from then on, those of the past too.
func (s *Service) SetHours(ctx context.Context, c hours.Calendar) error {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return err
	}
	if err := c.Check(); err != nil {
		return err
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write the business hours: %w", err)
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := db.Insert(ctx, q, "measure_calendar (one, calendar, changed_at)", [][]any{{1, string(raw), db.T(s.clock())}},
			"ON CONFLICT (one) DO UPDATE SET calendar = excluded.calendar, changed_at = excluded.changed_at"); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "measure.hours_set", "hours", c)
	})
}

// working lets waits by the business clock be counted by the hours of the organisation, whoever asks.
func (s *Service) working(ctx context.Context, m kpi.Measure, a *kpi.Ask) error {
	if m.Clock != kpi.Business {
		return nil
	}
	c, err := s.Hours(ctx)
	if err != nil {
		return err
	}
	clock, err := c.Clock()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write the business hours: %w", err)
	}
	a.Hours = openingHours{clock, string(raw)}
	return nil
}

// openingHours is when somebody is there, and what tells it from other hours.
type openingHours struct {
	kpi.Hourly
	text string
}
