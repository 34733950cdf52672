package app

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
)

// demoChallenge is a call for ideas of the demo; its days are counted from now.
type demoChallenge struct {
	starts, ends, until   int
	title, body, criteria string
	jury                  []string
	entries               []demoEntry
}

// demoEntry is an idea of demoBoard, by its place from 0, that was entered so many days from now, and what jurors gave it.
type demoEntry struct {
	idea, days int
	verdicts   []demoVerdict
}

type demoVerdict struct {
	by     string
	days   int
	scores []int
	words  string
}

// demoChallenges calls for ideas on a board; at is the clock of the service.
func (a *App) demoChallenges(s *community.Service, people map[string]context.Context, at *time.Time, c community.Community, space string, ideas []string) error {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		return err
	}
	now := a.Clock()
	for _, h := range demoCalls() {
		day := func(n int) string { return now.In(zone).AddDate(0, 0, n).Format(time.DateOnly) }
		in := community.Call{Space: space, Title: h.title, Body: h.body, Starts: day(h.starts), Ends: day(h.ends), Until: day(h.until), Criteria: h.criteria}
		for _, juror := range h.jury {
			handle, err := s.HandleOf(people[juror], c.Channel, "mailto:"+org.Who(people[juror]).Email)
			if err != nil {
				return err
			}
			in.Jury += "@" + handle + "\n"
		}
		*at = now.AddDate(0, 0, h.starts-1)
		call, err := s.Call(people["ines"], in, zone)
		if err != nil {
			return fmt.Errorf("%q: %w", h.title, err)
		}
		for _, e := range h.entries {
			*at = now.AddDate(0, 0, e.days)
			if err := s.Enter(people["ines"], c.ID, call, ideas[e.idea]); err != nil {
				return fmt.Errorf("enter an idea for %q: %w", h.title, err)
			}
			for _, v := range e.verdicts {
				*at = now.AddDate(0, 0, v.days)
				if err := s.Score(people[v.by], c.ID, call, ideas[e.idea], v.scores, v.words); err != nil {
					return fmt.Errorf("%s judges for %q: %w", v.by, h.title, err)
				}
			}
		}
	}
	return nil
}

func demoCalls() []demoChallenge {
	return []demoChallenge{
		{starts: -45, ends: -20, until: -12, title: "Qu’est-ce qui rendrait vos trajets d’hiver plus simples ?", criteria: "Utile à beaucoup x 2\nSimple à faire", jury: []string{"karim", "sandrine"},
			body: "Une petite chose, pas un nouveau vélo. L’idée retenue est faite avant les premières gelées, et son auteur l’essaie avant tout le monde.",
			entries: []demoEntry{
				{idea: 1, days: -38, verdicts: []demoVerdict{{by: "karim", days: -18, scores: []int{4, 5}, words: "Deux soudures et c’est fait. Trois minutes de gagnées chaque matin pour qui tire une remorque."},
					{by: "sandrine", days: -16, scores: []int{3, 4}, words: "Simple, mais tout le monde n’a pas de remorque."}}},
				{idea: 0, days: -26, verdicts: []demoVerdict{{by: "karim", days: -18, scores: []int{5, 4}, words: "La question que je reçois le plus en novembre."},
					{by: "sandrine", days: -16, scores: []int{5, 4}, words: "Une page accrochée dans le garage, tout le monde en profite."}}}}},
		{starts: -9, ends: 12, until: 19, title: "Un service d’atelier qui vous changerait la semaine", criteria: "Change le quotidien x 2\nTenable pour l’atelier\nClair pour qui vient", jury: []string{"karim", "sandrine"},
			body: "Dites-nous ce que l’atelier pourrait faire autrement : horaires, prêt, rendez-vous. Nous en essayons un dès janvier, pour trois mois.",
			entries: []demoEntry{
				{idea: 3, days: -6, verdicts: []demoVerdict{{by: "sandrine", days: -2, scores: []int{5, 3, 4}, words: "Deux vélos de prêt tiennent dans la réserve. Trois, non."}}},
				{idea: 4, days: -4}}},
	}
}
