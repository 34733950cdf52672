package measure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang"
)

// Known refuses a filter that names what does not exist, which would give nothing and look like an answer. A team, a partner, a campaign or a
// community exists when a business fact names it, it is ours, somebody is of it or a link leads to it; a language when it is one that Entente
// tells or a post has.
func (s *Service) Known(ctx context.Context, f Filter) error {
	for _, v := range fields(&f) {
		value, by := *v.Value, string(v.By)
		if value == "" {
			continue
		}
		if len(value) > 200 || strings.ContainsRune(value, 0) || strings.ToValidUTF8(value, "") != value {
			return problem.New(problem.Invalid, "measure.filter_bad").On(by)
		}
		found := true
		var err error
		look := func(query string) {
			_, found, err = db.Value[int](ctx, s.db.Read(), query+db.Limit(1), value)
		}
		switch by {
		case "kind":
			found = slices.Contains(enrich.KindNames(), value)
		case "language":
			if !slices.Contains(lang.Detected(), value) {
				look("SELECT 1 FROM label_hour WHERE lang = $1")
			}
		case "channel", "topic", "member":
			look("SELECT 1 FROM " + by + " WHERE id = $1")
		default:
			look("SELECT 1 FROM business_fact WHERE " + by + " = $1")
			if err == nil && !found && v.By == kpi.ByPartner {
				look("SELECT 1 FROM person WHERE organisation = $1 AND organisation <> ''")
			} else if err == nil && !found {
				var known []string
				_, known, err = s.own(ctx, v.By)
				found = slices.ContainsFunc(known, func(k string) bool { return k == value || v.By == kpi.ByCampaign && strings.EqualFold(k, value) })
			}
		}
		if err != nil {
			return fmt.Errorf("look whether a %s exists: %w", by, err)
		}
		if !found {
			return problem.New(problem.Invalid, "measure.filter_unknown", "Value", value).On(by)
		}
	}
	return nil
}

// Names says what channels, topics, members and communities are called, by "DIMENSION ID"; those that were removed too, where they still have a name.
func (s *Service) Names(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	for _, table := range []string{"channel", "topic", "member"} {
		list, err := db.All(ctx, s.db.Read(), func(c *Choice) []any { return []any{&c.ID, &c.Name} }, "SELECT id, name FROM "+table+db.Limit(10_000))
		if err != nil {
			return nil, fmt.Errorf("read names of %s: %w", table, err)
		}
		for _, c := range list {
			out[table+" "+c.ID] = c.Name
		}
	}
	places, err := s.communities(ctx)
	for _, c := range places {
		out["community "+c.ID] = c.Called(i18n.Lang(ctx))
	}
	return out, err
}
