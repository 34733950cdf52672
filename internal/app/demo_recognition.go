package app

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
)

// demoRecognition lets people thank each other.
func (a *App) demoRecognition(s *community.Service, people map[string]context.Context) error {
	all, err := s.Map(people["claire"])
	if err != nil {
		return err
	}
	c, found := all.BySlug("sillage")
	if !found {
		return nil
	}
	if err := a.Ledger.CatchUp(people["claire"]); err != nil {
		return err
	}
	for i, t := range []struct{ by, to, words string }{
		{"odile", "karim", "Merci Karim : 47 km au lieu de 31 ce matin, grâce à la batterie au chaud."},
		{"nadia", "paulo", "Le coup de l’étiquette sous la batterie m’a évité une journée d’inquiétude."},
		{"gwen", "odile", "Merci Odile, your cakes and your patience with my French."},
	} {
		handle, err := a.Merits.HandleOf(people["claire"], c.Channel, "mailto:"+org.Who(people[t.to]).Email)
		if err != nil || handle == "" {
			return err
		}
		if err := a.Merits.Thank(people[t.by], c.ID, handle, t.words, fmt.Sprint("demo", i)); err != nil {
			return fmt.Errorf("%s thanks %s: %w", t.by, t.to, err)
		}
	}
	return nil
}
