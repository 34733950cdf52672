package situationweb

import (
	"context"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/situation"
	"github.com/entente/entente/internal/web/ui"
)

// Beside shows the situations of a conversation, and offers to add it to one.
func Beside(ctx context.Context, s *situation.Service, c inbox.Conversation) ([]ui.Panel, error) {
	of, err := s.Of(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var open []situation.Named
	if may(ctx, org.InboxEdit) {
		if open, err = s.Ongoing(ctx); err != nil {
			return nil, err
		}
	}
	var options []ui.Option
	for _, v := range open {
		in := false
		for i := range of {
			in = in || of[i].ID == v.ID
		}
		if !in {
			options = append(options, ui.Option{Value: v.ID, Label: v.Name})
		}
	}
	if len(of) == 0 && !may(ctx, org.InboxEdit) {
		return nil, nil
	}
	return []ui.Panel{{Title: i18n.T(ctx, "situation.panel"), Body: panelBody(of, options, c.ID)}}, nil
}
