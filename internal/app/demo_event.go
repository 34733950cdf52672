package app

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/community"
)

// demoEvent is an event of the demo; days is when it begins from now on, hour and until are as the clocks in Paris show them.
type demoEvent struct {
	lang, by          string
	days              int
	hour, until       string
	place, link       string
	seats             int
	title, tags, body string
	come              []string
	off               string // why it does not take place
	weeks             int    // how often it takes place again, a week later each time
	replies           []demoReply
}

// demoEvents announces events; at is the clock of the service.
func (a *App) demoEvents(s *community.Service, people map[string]context.Context, at *time.Time) error {
	all, err := s.Map(people["claire"])
	if err != nil {
		return err
	}
	c, found := all.BySlug("sillage")
	space := ""
	for _, sp := range all.Spaces {
		if sp.Community == c.ID && sp.Slug == "rendez-vous" {
			space = sp.ID
		}
	}
	zone, err := time.LoadLocation("Europe/Paris")
	if !found || space == "" || err != nil {
		return err
	}
	now := a.Clock()
	for _, e := range demoEvents() {
		day := now.In(zone).AddDate(0, 0, e.days).Format(time.DateOnly)
		begun := now.Add(-72 * time.Hour)
		if e.days < 0 {
			begun = now.AddDate(0, 0, e.days-9)
		}
		*at = begun
		plan := community.EventPlan{Starts: day + "T" + e.hour, Ends: day + "T" + e.until, Zone: "Europe/Paris", Place: e.place, Link: e.link, Seats: e.seats}
		date := 0
		if e.weeks > 0 {
			plan.Often, plan.Until, date = community.EachWeek, now.In(zone).AddDate(0, 0, e.days+7*e.weeks).Format(time.DateOnly), community.EachDate
		}
		event, err := s.Start(people[e.by], community.Begin{Space: space, Kind: community.Events, Title: e.title, Body: e.body, Tags: e.tags, Lang: e.lang,
			Event: plan})
		if err != nil {
			return fmt.Errorf("%q: %w", e.title, err)
		}
		for n, who := range e.come {
			*at = begun.Add(time.Duration(n+1) * 3 * time.Hour)
			if err := s.Enrol(people[who], c.ID, event, date, true); err != nil {
				return fmt.Errorf("%s comes to %q: %w", who, e.title, err)
			}
		}
		for _, r := range e.replies {
			*at = begun.Add(time.Duration(r.hours * float64(time.Hour)))
			if _, err := s.Reply(people[r.by], c.ID, community.Reply{Post: event, Body: r.body, Lang: e.lang}); err != nil {
				return fmt.Errorf("reply to %q: %w", e.title, err)
			}
		}
		if e.off != "" {
			*at = begun.Add(40 * time.Hour)
			if err := s.CancelEvent(people["ines"], c.ID, event, 0, false, e.off); err != nil {
				return fmt.Errorf("call off %q: %w", e.title, err)
			}
		}
	}
	return nil
}

func demoEvents() []demoEvent {
	return []demoEvent{
		{lang: "fr", by: "sandrine", days: 4, hour: "18:30", until: "20:30", place: "Atelier Bruyère, 12 quai de la Tournette, Annecy", seats: 3, title: "Atelier ouvert : régler ses freins avant l’hiver", tags: "atelier freins",
			body: "Venez avec votre vélo : on démonte, on nettoie, on règle. Les plaquettes sont **fournies**, le thé aussi.", come: []string{"nadia", "paulo", "odile", "gwen", "julien"},
			replies: []demoReply{{by: "odile", hours: 20, body: "Je peux amener des gâteaux. Y a-t-il une prise pour ma batterie ?"}, {by: "sandrine", hours: 26, body: "Oui, deux. Et merci pour les gâteaux."}}},
		{lang: "fr", by: "ines", days: 11, hour: "20:00", until: "21:00", link: "https://visio.bruyere.example/hiver", title: "En ligne : garder l’autonomie quand il gèle", tags: "batterie hiver",
			body: "Karim répond en direct. Posez vos questions d’avance dans ce fil.", come: []string{"odile", "nadia", "gwen"}},
		{lang: "en", by: "gwen", days: 19, hour: "10:00", until: "16:00", place: "Sévrier, at the landing stage", link: "https://visio.bruyere.example/tour", seats: 20, title: "Round the lake, slowly, with a picnic", tags: "ride",
			body: "42 km, flat, nobody is left behind. Bring something to share.", come: []string{"gwen", "paulo"}},
		{lang: "fr", by: "paulo", days: 7, hour: "07:30", until: "08:30", place: "Pont Albert-Lebrun", title: "Vélobus du matin, version pluie", tags: "trajet",
			body: "On part groupés vers le centre, feux allumés.", come: []string{"nadia", "julien"}, off: "La piste est fermée jusqu’à la fin du mois. On reprend en janvier."},
		{lang: "fr", by: "nadia", days: 2, hour: "07:45", until: "08:20", place: "Place des Romains, Annecy", weeks: 7, seats: 12, title: "Vélobus de l’école, chaque semaine", tags: "trajet école",
			body: "On accompagne les enfants à plusieurs, gilets et sonnettes de sortie. Un adulte pour quatre enfants : dites sur quelles dates vous venez.", come: []string{"nadia", "paulo"}},
		{lang: "fr", by: "sandrine", days: -6, hour: "18:30", until: "20:30", place: "Atelier Bruyère, Annecy", seats: 6, title: "Atelier ouvert : crevaison en dix minutes", tags: "atelier",
			body: "Réparer sans démonter la roue : chacun repart en l’ayant fait.", come: []string{"nadia", "odile", "julien"},
			replies: []demoReply{{by: "nadia", hours: 230, body: "Neuf minutes quarante. Merci Sandrine !"}}},
	}
}
