package app

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/contact"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// demoContact gives the sample organisation a contact point with a season of questions: what was read and whether people wrote is stated as it would
// have been at the time; the newest two write now.
func (a *App) demoContact(ctx context.Context) error {
	m, err := a.Community.Map(ctx)
	if err != nil {
		return err
	}
	in := contact.Point{Name: "Aide pour votre vélo", Langs: []string{"fr", "en"}, Sites: []string{"https://www.bruyere.example"}, Holdout: 20, Survey: true}
	for _, c := range m.Communities {
		if c.Audience == community.Everybody && in.Community == "" {
			in.Community = c.ID
		}
	}
	boxes, err := a.Contact.Mailboxes(ctx)
	if err != nil {
		return err
	}
	for _, b := range boxes {
		if b.Name != "forum" {
			in.Mail = b.ID
		}
	}
	p, err := a.Contact.Add(ctx, in)
	if err != nil {
		return err
	}
	refs, err := db.All(ctx, a.DB.Read(), func(r *ledger.AnswerRead) []any { return []any{&r.Kind, &r.Ref} }, `SELECT 'question', t.id FROM community_thread t JOIN community_space s ON s.id = t.space
		WHERE s.community = $1 AND t.accepted <> '' AND t.deleted_at IS NULL UNION ALL SELECT 'article', a.id FROM community_article a JOIN community_space s ON s.id = a.space
		WHERE s.community = $1 AND a.approved > 0 ORDER BY 1, 2`, in.Community)
	if err != nil {
		return err
	}
	if err := a.demoVisits(ctx, p, refs); err != nil {
		return err
	}
	for i, w := range []contact.Message{
		{Name: "Solène Kerdoncuff", Mail: "solene.kerdoncuff@courriel.example", Subject: "Porte-bébé à l’avant", Text: "Bonjour, le porte-bébé à l’avant va-t-il avec le modèle de 2025\u202f? Le magasin de Nantes ne sait pas.", Lang: "fr"},
		{Name: "Tom Ashdown", Mail: "tom.ashdown@post.example", Subject: "Motor hums after the update", Text: "Since Monday’s update the motor hums at low speed. Is that known, or should I bring the bike in?", Lang: "en"},
	} {
		w.Consent, w.Token, w.Address = true, "demo", "127.0.0.1"
		if _, err := a.Contact.Say(ctx, &p, contact.NewSecret(), w); err != nil {
			return fmt.Errorf("message %d: %w", i, err)
		}
	}
	return nil
}

// demoVisits states a season of visits. Of those who were shown answers fewer wrote than of those from whom they were held back.
func (a *App) demoVisits(ctx context.Context, p contact.Point, refs []ledger.AnswerRead) error {
	var list []ledger.Activity
	begin := a.Clock().UTC().AddDate(0, 0, -88)
	for n := range 420 {
		visit := fmt.Sprintf("demo%028d", n)
		at := begin.Add(time.Duration(n) * 5 * time.Hour).Add(time.Duration(n*n%97) * time.Minute)
		state := func(kind, key string, at time.Time, data any) {
			list = append(list, ledger.Activity{Kind: kind, Actor: "visitor:" + visit, Object: visit, Channel: p.Channel, At: at, Key: "visit:" + key + ":" + visit, Data: ledger.Data(data)})
		}
		held, draw := n%5 == 2, (n*7919+n*n*31)%100
		offered := 1 + n%4
		if n%6 == 1 {
			offered = 0
		}
		state(ledger.VisitBegun, "begun", at, ledger.Visit{Point: p.ID, Widget: n%3 == 0, Held: held, Holdout: p.Holdout, Offered: offered, Lang: "fr"})
		reads := !held && offered > 0 && draw < 64 && len(refs) > 0
		wrote := held && draw < 58 || !held && !reads && draw%100 < 82 && draw > 20 || reads && draw < 14
		if reads {
			r := refs[(n*n+n)%len(refs)]
			state(ledger.VisitRead, "read", at.Add(time.Minute), r)
			if draw%3 != 0 {
				found := "yes"
				if wrote || draw%7 == 0 {
					found = "no"
				}
				state(ledger.VisitJudged, "found", at.Add(4*time.Minute), ledger.Judgement{Found: found})
				if found == "yes" && draw%4 != 1 {
					would := "yes"
					if draw%5 < 2 {
						would = "no"
					}
					state(ledger.VisitJudged, "would", at.Add(4*time.Minute), ledger.Judgement{Would: would})
				}
			}
		}
		if wrote {
			state(ledger.VisitWrote, "wrote", at.Add(6*time.Minute), ledger.VisitThread{})
		}
	}
	if _, err := a.Ledger.State(ctx, list...); err != nil {
		return err
	}
	return a.Contact.StateDays(ctx, begin)
}
