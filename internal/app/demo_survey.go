package app

import (
	"context"
	"hash/fnv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/survey"
)

// demoSurvey lets some of those who wrote to the sample organisation have answered how it went, as if they had been asked at the time; a mail
// sent today to each would not look so.
func (a *App) demoSurvey(ctx context.Context) error {
	members, err := a.Org.Members(ctx)
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Role == org.Owner {
			if _, err := a.Survey.Set(org.With(ctx, m), survey.Settings{On: true, Scale: survey.CSAT, Share: 50, Quiet: 60, After: 60}); err != nil {
				return err
			}
			break
		}
	}
	type talk struct {
		id, author, name, channel, place, said string
		n                                      int
		at                                     time.Time
	}
	list, err := db.All(ctx, a.DB.Read(), func(t *talk) []any {
		return []any{&t.id, &t.n, &t.author, &t.name, &t.channel, &t.place, &t.said, db.At(&t.at)}
	}, `SELECT c.id, s.n, c.author, c.author_name, c.channel, h.name, p.external_id, s.resolved_at FROM conversation_span s JOIN conversation c ON c.id = s.conversation JOIN channel h ON h.id = c.channel JOIN post p ON p.id = c.post
		WHERE s.resolved_at IS NOT NULL AND c.first_reply_at IS NOT NULL AND c.author LIKE 'mailto:%' AND s.resolved_at > $1 ORDER BY s.resolved_at, p.external_id`, db.T(a.Clock().AddDate(0, 0, -120)))
	if err != nil {
		return err
	}
	words := map[int][]string{5: {"Réponse claire, merci à toute l’équipe.", "Quick and friendly, thank you.", ""}, 4: {"Bien, un peu long au début.", ""}, 3: {""}, 2: {"J’ai dû écrire trois fois."}, 1: {"Toujours pas de vélo."}}
	asked := map[string]bool{}
	var rows [][]any
	var facts []ledger.Activity
	for _, t := range list {
		h := fnv.New32a()
		h.Write([]byte(t.said)) // not the id, which is another in each filling
		draw := int(h.Sum32() % 1000)
		state, why, at := survey.Asked, "", t.at.Add(time.Hour)
		switch {
		case draw%2 == 0:
			state, why = survey.LeftOut, survey.NotDrawn
		case asked[t.author]:
			state, why = survey.LeftOut, survey.AskedLate
		default:
			asked[t.author] = true
		}
		var answered, score any
		comment := ""
		if why == "" && draw%9 < 5 {
			n := []int{5, 5, 4, 5, 4, 3, 5, 2, 4, 1, 5, 4}[draw/9%12]
			when := at.Add(time.Duration(draw%40) * time.Hour)
			if when.After(a.Clock()) {
				when = at
			}
			state, answered, score = survey.Answered, db.T(when), n
			comment = words[n][draw/7%len(words[n])]
			f := ledger.Fact{Kind: ledger.FactRating, Origin: "survey", External: t.id, Quantity: float64(n), Label: "csat", Person: strings.TrimPrefix(t.author, "mailto:"), Channel: t.place, Ref: t.id}
			if err := f.Check(when, 0, ""); err != nil {
				return err
			}
			facts = append(facts, f.Statement(t.author, when, 0, ""))
		}
		rows = append(rows, []any{t.id, t.id, t.n, t.author, t.name, t.channel, "csat", state, why, db.T(at), answered, score, comment})
	}
	if err := a.DB.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return db.Insert(ctx, q, "survey_ask (id, conversation, span, author, author_name, channel, scale, state, why, at, answered_at, score, comment)", rows, "ON CONFLICT DO NOTHING")
	}); err != nil {
		return err
	}
	_, err = a.Ledger.State(ctx, facts...)
	return err
}
