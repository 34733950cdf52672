package app

import (
	"context"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/community/communityweb"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/recognition/recognitionweb"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// markPeople says beside what people say how they are recognised. Who has reached no level yet has no mark.
func (a *App) markPeople(ctx context.Context, o community.Sight, c community.Community, people []string) map[string]communityweb.Mark {
	marks, err := a.Merits.Marks(ctx, o, c, people)
	if err != nil {
		a.Log.Warn("how people are recognised could not be read", "error", err)
		return nil
	}
	out := make(map[string]communityweb.Mark, len(marks))
	for person, m := range marks {
		if m.Level > 0 {
			out[person] = communityweb.Mark{Label: recognitionweb.LevelName(ctx, m.Level), Hint: i18n.N(ctx, "recognition.points", m.Points), Href: web.Href(ctx, c.Path()+"/recognition/"+m.Handle)}
		}
	}
	return out
}

// besideMember shows on somebody's page how they are recognised. Who was not found by the reader has none.
func (a *App) besideMember(ctx context.Context, o community.Sight, c community.Community, handle string) []ui.Panel {
	p, found, err := recognitionweb.Panel(ctx, a.Merits, o, c, handle)
	if err != nil {
		a.Log.Warn("how somebody is recognised could not be read", "error", err)
	}
	if !found {
		return nil
	}
	return []ui.Panel{p}
}
