package app

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/org"
)

// demoGovern gives the sample organisation a charter and what goes with steering.
func (a *App) demoGovern(ctx context.Context) error {
	if err := a.demoCharter(ctx); err != nil {
		return fmt.Errorf("charter: %w", err)
	}
	return nil
}

// demoCharter puts the charter that comes with Entente in force, with a small correction since, and lets most of those who speak agree to it.
func (a *App) demoCharter(ctx context.Context) error {
	first, err := a.Charter.Begin(ctx)
	if err != nil {
		return err
	}
	if first, err = a.Charter.Publish(ctx, first.ID, a.Clock(), true); err != nil {
		return err
	}
	members, err := a.Org.Members(ctx)
	if err != nil {
		return err
	}
	for _, m := range members {
		if charter.Speaks(m.Role) && m.Role != org.Volunteer || m.Email == "karim.belhadj-roche@bruyere.example" {
			if err := a.Charter.Acknowledge(org.With(ctx, m), first.ID, m.Lang); err != nil {
				return err
			}
		}
	}
	draft, err := a.Charter.Begin(ctx)
	if err != nil {
		return err
	}
	rule, _ := draft.Rule("next_step")
	rule.Sentence = charter.Words{"en": "My answer ends with what happens next: who does what, by when, and where to write if it does not happen.",
		"fr": "Ma réponse finit par la suite : qui fait quoi, pour quand, et où écrire si cela n’a pas lieu."}
	if _, err := a.Charter.SetRule(ctx, draft.ID, rule); err != nil {
		return err
	}
	rule, _ = draft.Rule("knows_place")
	rule.Binding = true
	if _, err = a.Charter.SetRule(ctx, draft.ID, rule); err != nil {
		return err
	}
	_, err = a.Charter.Reword(ctx, draft.ID, draft.Title, draft.Preamble, "Après la crise des batteries : dire aussi où écrire si la suite ne vient pas ; lire un lieu avant d’y parler devient obligatoire.")
	return err
}
