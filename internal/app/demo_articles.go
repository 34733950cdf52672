package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
)

// demoArticle is an article of the demo; days is how long ago it was written.
type demoArticle struct {
	lang, by, kind   string
	days             float64
	title, body      string
	later            string // what a second version adds
	months           int
	thread           string // title of the thread it was made of
	of               int    // the article it translates, from 1
	products         []string
	state            community.ArticleState
	helped, unhelped []string
	reason           string
}

// demoArticles fills the shelf of articles; at is the clock of the service.
func (a *App) demoArticles(ctx context.Context, s *community.Service, people map[string]context.Context, at *time.Time) error {
	all, err := s.Map(ctx)
	if err != nil {
		return err
	}
	c, found := all.BySlug("sillage")
	space := ""
	for _, sp := range all.Spaces {
		if sp.Community == c.ID && sp.Slug == "savoir" {
			space = sp.ID
		}
	}
	if !found || space == "" {
		return nil
	}
	o, err := s.Sees(people["ines"], nil)
	if err != nil {
		return err
	}
	threads, err := s.Threads(people["ines"], o, community.Query{Community: c.ID, Order: community.Newest})
	if err != nil {
		return err
	}
	now := a.Clock()
	var made []string
	for _, d := range demoShelf() {
		*at = now.Add(-time.Duration(d.days * 24 * float64(time.Hour)))
		in := community.ArticleDraft{Space: space, Kind: d.kind, Title: d.title, Body: d.body, Lang: d.lang, Months: d.months, Products: d.products}
		for _, t := range threads.Threads {
			if t.Title == d.thread {
				in.Thread = t.ID
			}
		}
		if d.of > 0 {
			in.Original = made[d.of-1]
		}
		article, err := s.WriteArticle(people[d.by], in)
		if err != nil {
			return fmt.Errorf("%q: %w", d.title, err)
		}
		made = append(made, article)
		turn := func(to community.ArticleState) error {
			*at = at.Add(3 * time.Hour)
			return s.TurnArticle(people["ines"], c.ID, article, to, "")
		}
		if d.state != community.Drafted {
			if err := turn(d.state); err != nil {
				return fmt.Errorf("%q: %w", d.title, err)
			}
		}
		for _, who := range append(d.helped, d.unhelped...) {
			*at = at.Add(time.Hour)
			yes := strings.Contains(" "+strings.Join(d.helped, " ")+" ", " "+who+" ")
			reason := ""
			if !yes {
				reason = d.reason
			}
			if err := s.Helped(people[who], c.ID, article, "", yes, reason); err != nil {
				return fmt.Errorf("%q: %w", d.title, err)
			}
		}
	}
	// The first article gets a second version, so that its translation falls behind.
	for n, d := range demoShelf() {
		if d.later == "" {
			continue
		}
		*at = now.Add(-30 * time.Hour)
		in := community.ArticleDraft{Kind: d.kind, Title: d.title, Body: d.body + d.later, Lang: d.lang, Months: d.months, Products: d.products}
		if err := s.ReviseArticle(people[d.by], c.ID, made[n], in, 1); err != nil {
			return fmt.Errorf("%q: %w", d.title, err)
		}
		if err := s.TurnArticle(people["ines"], c.ID, made[n], community.Approved, "Relu avec l’atelier."); err != nil {
			return fmt.Errorf("%q: %w", d.title, err)
		}
	}
	return nil
}

func demoShelf() []demoArticle {
	return []demoArticle{
		{lang: "fr", by: "karim", kind: community.Guide, days: 6, title: "Hiverner sa batterie en quatre gestes", months: 12, state: community.Approved,
			products: []string{"Callune", "Lande 2"},
			thread:   "L’autonomie tombe de moitié quand il gèle, est-ce normal ?",
			body:     "À −3 °C une batterie donne un quart à un tiers de moins. Elle n’est pas usée : elle a froid.\n\n## Les quatre gestes\n\n1. **Rentrez-la la nuit**, entre 10 et 20 °C.\n2. **Partez avec une batterie tiède** : montez-la au moment de partir.\n3. **Rangez-la à moitié pleine** si vous ne roulez pas pendant plus de deux semaines.\n4. **Vérifiez-la chaque mois** : sous deux barres, rechargez jusqu’à la moitié.\n\nNe la chargez jamais au-dessous de 0 °C.",
			later:    "\n\n## Si l’affichage reste bas\n\nDeux nuits au chaud suffisent d’ordinaire. Sinon, passez à l’atelier : la mesure prend dix minutes et ne coûte rien.",
			helped:   []string{"odile", "nadia", "paulo"}, unhelped: []string{"gwen"}, reason: "In English, please?"},
		{lang: "en", by: "karim", kind: community.Guide, days: 4, title: "Four habits that bring a battery through winter", months: 12, state: community.Approved, of: 1, products: []string{"Callune", "Lande 2"},
			body:   "At −3 °C a battery gives a quarter to a third less. It is not worn: it is cold.\n\n1. **Take it inside at night**, between 10 and 20 °C.\n2. **Leave with a warm battery**: fit it when you go.\n3. **Store it half full** when you do not ride for more than two weeks.\n4. **Check it every month**: below two bars, charge to one half.\n\nNever charge it below 0 °C.",
			helped: []string{"gwen"}},
		{lang: "fr", by: "sandrine", kind: community.Practice, days: 17, title: "Serrer sans casser : les couples utiles d’une Lande 2", months: 24, state: community.Approved, products: []string{"Lande 2"},
			body:   "Une clé dynamométrique coûte moins qu’une potence.\n\n| vis | couple |\n|---|---|\n| potence | 5 à 6 Nm |\n| tige de selle | 5 Nm |\n| étrier de frein | 6 à 8 Nm |\n| axe de plaquettes | 3 à 4 Nm |\n\nOn serre en deux fois, et on reprend après la première sortie.",
			helped: []string{"paulo", "nadia"}},
		{lang: "fr", by: "ines", kind: community.Opinion, days: 2, title: "Pourquoi nous publions les idées que nous écartons", state: community.InReview,
			body: "Une idée écartée sans un mot décourage plus qu’un refus expliqué. Voici comment nous décidons, et ce que nous y avons appris."},
	}
}
