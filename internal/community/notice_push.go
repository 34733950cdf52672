package community

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/push"
)

// WithPush lets notices reach browsers while no page is open.
func (s *Service) WithPush(p *push.Service) *Service {
	s.browsers = p
	return s
}

// Pushed is what a browser of whoever acts shows of a notice: nothing of one that was read, or whose post they may not see any more.
func (s *Service) Pushed(ctx context.Context, notice string) (push.Message, bool, error) {
	who := org.Who(ctx)
	community, found, err := db.Value[string](ctx, s.db.Read(), "SELECT community FROM community_notice WHERE id = $1 AND member = $2 AND read_at IS NULL", notice, who.ID)
	if err != nil {
		return push.Message{}, false, fmt.Errorf("find a notice: %w", err)
	}
	all, err := s.Map(ctx)
	if err != nil || !found {
		return push.Message{}, false, err
	}
	i, known := all.ids[community]
	if !known || !all.Communities[i].ClosedAt.IsZero() {
		return push.Message{}, false, nil
	}
	c := all.Communities[i]
	ctx = i18n.With(ctx, who.Lang, who.Location())
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return push.Message{}, false, err
	}
	list, err := s.noticesOf(ctx, s.db.Read(), o.Readable(community), who.ID, func(w *db.Where) { w.And("n.id = ?", notice) }, "n.id", 1)
	if err != nil || len(list) == 0 {
		return push.Message{}, false, err
	}
	n := &list[0]
	m := push.Message{Title: n.Line(ctx), Body: n.Title, URL: s.URL(ctx, c) + "/notices/" + n.ID, Tag: n.ID, Lang: who.Lang}
	if n.Title != "" && n.Excerpt != "" {
		m.Body += "\n" + shortened(n.Excerpt, 160)
	}
	if n.Title == "" {
		m.Body = shortened(n.Words, 160)
	}
	if m.Body == "" {
		m.Body = c.Called(who.Lang)
	}
	return m, true, nil
}
