package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// SavedView is a view with a filter that a member gave a name.
type SavedView struct {
	ID, Owner, Name string
	Shared          bool // everybody who reads the inbox sees it
	View            View
	Filter          Filter
	Count           int  // how many conversations it has, at most MostCounted
	More            bool // than that
}

// MostCounted is how far the conversations of a saved view are counted.
const MostCounted = 1000

const (
	mostViews   = 30 // of a member
	countsFor   = 5 * time.Second
	viewColumns = "id, owner, name, shared, view, filter"
)

func viewFields(v *SavedView) []any {
	return []any{&v.ID, &v.Owner, &v.Name, db.Bool(&v.Shared), (*string)(&v.View), db.JSON(&v.Filter)}
}

// SavedViews lists the views of whoever acts and those that others share, by name, with their counts.
func (s *Service) SavedViews(ctx context.Context) ([]SavedView, error) {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return nil, err
	}
	list, err := s.views.Page(ctx, s.db, m.ID, func(ctx context.Context) ([]SavedView, error) {
		return db.All(ctx, s.db.Read(), viewFields, "SELECT "+viewColumns+" FROM inbox_view WHERE owner = $1 OR shared = 1 ORDER BY name, id LIMIT 200", m.ID)
	})
	if err != nil {
		return nil, fmt.Errorf("read saved views: %w", err)
	}
	list = slices.Clone(list)
	for i := range list {
		v := &list[i]
		if v.Filter.Words != "" {
			v.Count = -1 // a search is too dear to be counted each time
			continue
		}
		if v.Count, err = s.size(ctx, v.View, v.Filter); err != nil {
			if problem.Of(err).Code == problem.Invalid { // saved by an earlier version
				v.Count, err = -1, nil
				continue
			}
			return nil, err
		}
		if v.More = v.Count > MostCounted; v.More {
			v.Count = MostCounted
		}
	}
	return list, nil
}

// heldCount is a count and when it was made.
type heldCount struct {
	at time.Time
	n  int
}

// size is how many conversations a view of whoever acts has, at most one more than MostCounted, as it was at most countsFor ago.
func (s *Service) size(ctx context.Context, view View, f Filter) (int, error) {
	key, now := fmt.Sprintf("%s %#v %s", view, f, me(ctx)), s.clock()
	if held, ok := s.viewCounts.Load(key); ok {
		if h := held.(heldCount); now.Sub(h.at) < countsFor && !now.Before(h.at) {
			return h.n, nil
		}
	}
	w, _, err := s.walk(ctx, view, f)
	if err != nil {
		return 0, err
	}
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM (SELECT 1 FROM conversation "+w.where.String()+db.Limit(MostCounted+1)+") AS v", w.where.Args...)
	if err != nil {
		return 0, fmt.Errorf("count a saved view: %w", err)
	}
	s.viewCounts.Store(key, heldCount{now, n})
	return n, nil
}

// SaveView keeps a view of whoever acts under a name.
func (s *Service) SaveView(ctx context.Context, name string, shared bool, view View, f Filter) (SavedView, error) {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return SavedView{}, err
	}
	name = strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(name, ""), "\x00", "")), " ")
	switch {
	case name == "":
		return SavedView{}, problem.New(problem.Invalid, "problem.required").On("name")
	case utf8.RuneCountInString(name) > 60:
		return SavedView{}, problem.New(problem.Invalid, "problem.too_long", "Max", 60).On("name")
	}
	if _, _, err := s.walk(ctx, view, f); err != nil {
		return SavedView{}, err
	}
	if shared && !m.May(org.InboxEdit) {
		shared = false // who only reads keeps to themselves
	}
	v := SavedView{ID: id.New(), Owner: m.ID, Name: name, Shared: shared, View: view, Filter: f}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		all, err := db.All(ctx, q, db.Self[string], "SELECT name FROM inbox_view WHERE owner = $1", m.ID)
		if err != nil {
			return err
		}
		if len(all) >= mostViews {
			return problem.New(problem.Invalid, "service.view.too_many", "Max", mostViews).On("name")
		}
		for _, n := range all {
			if n == name {
				return problem.New(problem.Conflict, "service.view.taken").On("name")
			}
		}
		if err := db.Insert(ctx, q, "inbox_view ("+viewColumns+", created_at)", [][]any{{v.ID, v.Owner, v.Name, db.B(v.Shared), string(v.View), db.J(v.Filter), db.T(s.now())}}, ""); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "inbox.view_save", "view:"+v.ID, map[string]any{"name": name, "shared": shared})
	})
	return v, err
}

// DropView forgets a view; of others only who assigns may.
func (s *Service) DropView(ctx context.Context, view string) error {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		v, found, err := db.One(ctx, q, viewFields, "SELECT "+viewColumns+" FROM inbox_view WHERE id = $1", view)
		switch {
		case err != nil:
			return err
		case !found || v.Owner != m.ID && !v.Shared:
			return missing()
		case v.Owner != m.ID && !m.May(org.InboxAssign):
			return problem.New(problem.Conflict, "service.view.not_yours", "Name", s.name(ctx, v.Owner))
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM inbox_view WHERE id = $1", view); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "inbox.view_drop", "view:"+view, map[string]any{"name": v.Name})
	})
}
