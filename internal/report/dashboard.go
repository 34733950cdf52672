package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Dashboard is numbers that somebody put together.
type Dashboard struct {
	ID, Name, About      string
	Owner                string     // member id
	Roles                []org.Role // who sees it beside its owner; none: nobody
	Tiles                []Tile     // in the order in which they are shown
	CreatedAt, UpdatedAt time.Time
}

const (
	maxDashboards = 300
	// MaxTiles is how many tiles a dashboard may have.
	MaxTiles = 24
	maxName  = 120
	maxAbout = 600
)

const dashboardColumns = "id, name, about, owner, roles, tiles, created_at, updated_at"

func dashboardFields(d *Dashboard) []any {
	return []any{&d.ID, &d.Name, &d.About, &d.Owner, db.JSON(&d.Roles), db.JSON(&d.Tiles), db.At(&d.CreatedAt), db.At(&d.UpdatedAt)}
}

// seen reports whether whoever acts in ctx sees a dashboard.
func (d Dashboard) seen(ctx context.Context) bool {
	m := org.Who(ctx)
	return org.IsOperator(ctx) || m != nil && (d.Owner == m.ID || slices.Contains(d.Roles, m.Role))
}

// MayChange reports whether whoever acts in ctx may change a dashboard: its owner, and the owners of the installation when it is shared.
func (d Dashboard) MayChange(ctx context.Context) bool {
	m := org.Who(ctx)
	if org.IsOperator(ctx) {
		return true
	}
	return m != nil && m.May(org.MeasureEdit) && (d.Owner == m.ID || m.Role == org.Owner && len(d.Roles) > 0)
}

// Dashboards lists those that whoever acts sees, by name.
func (s *Service) Dashboards(ctx context.Context) ([]Dashboard, error) {
	if err := org.Require(ctx, org.MeasureRead); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), dashboardFields, "SELECT "+dashboardColumns+" FROM dashboard ORDER BY lower(name), id"+db.Limit(maxDashboards))
	if err != nil {
		return nil, fmt.Errorf("list dashboards: %w", err)
	}
	return slices.DeleteFunc(list, func(d Dashboard) bool { return !d.seen(ctx) }), nil
}

// Dashboard is one of them.
func (s *Service) Dashboard(ctx context.Context, dashboard string) (Dashboard, error) {
	if err := org.Require(ctx, org.MeasureRead); err != nil {
		return Dashboard{}, err
	}
	return s.dashboard(ctx, s.db.Read(), dashboard)
}

func (s *Service) dashboard(ctx context.Context, q db.Q, dashboard string) (Dashboard, error) {
	if !id.Valid(dashboard) {
		return Dashboard{}, notFound()
	}
	d, found, err := db.One(ctx, q, dashboardFields, "SELECT "+dashboardColumns+" FROM dashboard WHERE id = $1", dashboard)
	if err != nil {
		return d, fmt.Errorf("read a dashboard: %w", err)
	}
	if !found || !d.seen(ctx) {
		return Dashboard{}, notFound()
	}
	return d, nil
}

// AddDashboard saves a new one with its tiles; whoever acts owns it.
func (s *Service) AddDashboard(ctx context.Context, d Dashboard) (Dashboard, error) {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return d, err
	}
	if err := s.checked(&d); err != nil {
		return d, err
	}
	if len(d.Tiles) > MaxTiles {
		return d, problem.New(problem.Invalid, "report.too_many_tiles", "Max", MaxTiles)
	}
	for i := range d.Tiles {
		if err := s.check(&d.Tiles[i]); err != nil {
			return d, err
		}
		d.Tiles[i].ID = s.newID()
	}
	now := s.Now()
	d.ID, d.CreatedAt, d.UpdatedAt = s.newID(), now, now
	if o := actor(ctx); o != "" {
		d.Owner = o
	}
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM dashboard")
		if err != nil {
			return fmt.Errorf("count dashboards: %w", err)
		}
		if n >= maxDashboards {
			return problem.New(problem.Conflict, "report.too_many_dashboards", "Max", maxDashboards)
		}
		if err := db.Insert(ctx, q, "dashboard ("+dashboardColumns+")", [][]any{{d.ID, d.Name, d.About, d.Owner, db.J(d.Roles), db.J(d.Tiles), db.T(now), db.T(now)}}, ""); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "report.dashboard_added", "dashboard:"+d.ID, map[string]any{"name": d.Name, "roles": d.Roles})
	})
	return d, err
}

// checked makes name, words and roles whole.
func (s *Service) checked(d *Dashboard) error {
	var errs []error
	var err error
	if d.Name, err = text(d.Name, "name", maxName); err != nil {
		errs = append(errs, err)
	} else if d.Name == "" {
		errs = append(errs, problem.New(problem.Invalid, "problem.required").On("name"))
	}
	if d.About, err = text(d.About, "about", maxAbout); err != nil {
		errs = append(errs, err)
	}
	roles := []org.Role{}
	for _, r := range org.Roles() {
		if slices.Contains(d.Roles, r) && r.May(org.MeasureRead) {
			roles = append(roles, r)
		}
	}
	d.Roles = roles
	return errors.Join(errs...)
}

// ChangeDashboard changes what a dashboard is called, what it is for and who sees it.
func (s *Service) ChangeDashboard(ctx context.Context, dashboard, name, about string, roles []org.Role) (Dashboard, error) {
	return s.change(ctx, dashboard, "report.dashboard_changed", func(d *Dashboard) error {
		d.Name, d.About, d.Roles = name, about, roles
		return s.checked(d)
	})
}

// change lets do change a dashboard, noted under action. Only one at a time changes a dashboard.
func (s *Service) change(ctx context.Context, dashboard, action string, do func(*Dashboard) error) (d Dashboard, err error) {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return d, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE dashboard SET updated_at = updated_at WHERE id = $1", dashboard); err != nil { // locks the row
			return err
		}
		if d, err = s.dashboard(ctx, q, dashboard); err != nil {
			return err
		}
		if !d.MayChange(ctx) {
			return problem.New(problem.Forbidden, "report.not_yours")
		}
		if err := do(&d); err != nil {
			return err
		}
		d.UpdatedAt = s.Now()
		if _, err := db.Exec(ctx, q, "UPDATE dashboard SET name = $1, about = $2, roles = $3, tiles = $4, updated_at = $5 WHERE id = $6",
			d.Name, d.About, db.J(d.Roles), db.J(d.Tiles), db.T(d.UpdatedAt), d.ID); err != nil {
			return fmt.Errorf("save a dashboard: %w", err)
		}
		return s.org.Audit(ctx, q, action, "dashboard:"+d.ID, map[string]any{"name": d.Name, "tiles": len(d.Tiles), "roles": d.Roles})
	})
	return d, err
}

// RemoveDashboard removes a dashboard. One that a report is made of stays until the report is gone.
func (s *Service) RemoveDashboard(ctx context.Context, dashboard string) error {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		d, err := s.dashboard(ctx, q, dashboard)
		if err != nil {
			return err
		}
		if !d.MayChange(ctx) {
			return problem.New(problem.Forbidden, "report.not_yours")
		}
		if _, found, err := db.Value[int](ctx, q, "SELECT 1 FROM report_plan WHERE content = $1"+db.Limit(1), "dashboard:"+dashboard); err != nil || found {
			if err == nil {
				err = problem.New(problem.Conflict, "report.in_a_report")
			}
			return err
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM dashboard WHERE id = $1", dashboard); err != nil {
			return fmt.Errorf("remove a dashboard: %w", err)
		}
		return s.org.Audit(ctx, q, "report.dashboard_removed", "dashboard:"+d.ID, map[string]any{"name": d.Name})
	})
}
