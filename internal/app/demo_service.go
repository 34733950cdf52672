package app

import (
	"context"
	"time"

	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/org"
)

// demoService promises until when the sample organisation answers, before anything is said there.
func (a *App) demoService(ctx context.Context) error {
	m, err := a.Org.ByEmail(ctx, "ines.cordelier@bruyere.example")
	if err != nil {
		return err
	}
	office := hours.Calendar{Zone: "Europe/Paris", Holidays: []string{"01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25"}}
	for d := time.Monday; d <= time.Friday; d++ {
		office.Week[d] = []hours.Stretch{{From: 9 * 60, To: 12*60 + 30}, {From: 13*60 + 30, To: 18 * 60}}
	}
	from := a.Clock().UTC().AddDate(-1, 0, 0)
	return a.Inbox.Promise(org.AsOperator(org.With(ctx, m)), due.Promises{
		Calendars: []due.Calendar{{ID: "bureau", Name: "Bureau de Nantes", Calendar: office}},
		Policies: []due.Policy{
			{ID: "urgent", Name: "Urgences", Priorities: []string{"urgent"}, FirstReply: 60, NextReply: 120, Resolution: 8 * 60, Warn: 50, From: from},
			{ID: "reclamations", Name: "Réclamations", Kinds: []string{"complaint"}, FirstReply: 4 * 60, NextReply: 8 * 60, Resolution: 24 * 60, Calendar: "bureau", Pause: true, Warn: 75, From: from},
			{ID: "public", Name: "En public", Seen: "public", FirstReply: 8 * 60, NextReply: 16 * 60, Calendar: "bureau", Warn: 80, From: from},
			{ID: "tous", Name: "Tout le reste", FirstReply: 16 * 60, NextReply: 16 * 60, Resolution: 80 * 60, Calendar: "bureau", Pause: true, Warn: 80, From: from},
		},
	}, "")
}

// demoViews saves views of the inbox, and links the parts of one matter.
func (a *App) demoViews(ctx context.Context) error {
	m, err := a.Org.ByEmail(ctx, "ines.cordelier@bruyere.example")
	if err != nil {
		return err
	}
	ctx = org.AsOperator(org.With(ctx, m))
	for _, v := range []struct {
		name string
		view inbox.View
		f    inbox.Filter
	}{
		{"Réclamations en cours", inbox.OpenView, inbox.Filter{Nature: "complaint"}},
		{"En anglais", inbox.OpenView, inbox.Filter{Language: "en"}},
		{"Bientôt dû", inbox.OpenView, inbox.Filter{Service: inbox.Soon}},
		{"Mécontents, à personne", inbox.UnassignedView, inbox.Filter{Feeling: "negative"}},
	} {
		if _, err := a.Inbox.SaveView(ctx, v.name, true, v.view, v.f); err != nil {
			return err
		}
	}
	list, _, err := a.Inbox.Queue(ctx, inbox.OpenView, inbox.Filter{}, "", 100)
	if err != nil {
		return err
	}
	var public, private *inbox.Conversation
	for i := range list {
		if c := &list[i]; c.Private && private == nil {
			private = c
		} else if !c.Private && public == nil && c.Nature == "complaint" {
			public = c
		}
	}
	if public != nil && private != nil {
		if _, err := a.Inbox.Rank(ctx, private.ID, "urgent"); err != nil {
			return err
		}
		if _, err := a.Inbox.Tag(ctx, private.ID, []string{"atelier", "rappel"}, nil); err != nil {
			return err
		}
		return a.Inbox.Link(ctx, public.ID, private.ID)
	}
	return nil
}
