package app

import (
	"context"
	"hash/fnv"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
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
			if _, err := a.Survey.Set(org.AsOperator(org.With(ctx, m)), survey.Settings{On: true, Scale: survey.CSAT, Share: 50, Quiet: 60, After: 60}); err != nil {
				return err
			}
			break
		}
	}
	type talk struct {
		inbox.Span
		said string
	}
	list, err := db.All(ctx, a.DB.Read(), func(t *talk) []any { return []any{&t.Conversation, &t.N, &t.said, db.At(&t.ResolvedAt)} },
		`SELECT c.id, s.n, p.external_id, s.resolved_at FROM conversation_span s JOIN conversation c ON c.id = s.conversation JOIN post p ON p.id = c.post
		WHERE s.resolved_at IS NOT NULL AND c.first_reply_at IS NOT NULL AND c.author LIKE 'mailto:%' AND s.resolved_at > $1 AND s.resolved_at < $2 ORDER BY s.resolved_at, p.external_id`,
		db.T(a.Clock().AddDate(0, 0, -120)), db.T(a.Clock().Add(-time.Hour)))
	if err != nil {
		return err
	}
	words := map[int][]string{5: {"Réponse claire, merci à toute l’équipe.", "Quick and friendly, thank you.", ""}, 4: {"Bien, un peu long au début.", ""}, 3: {""}, 2: {"J’ai dû écrire trois fois."}, 1: {"Toujours pas de vélo."}}
	for _, t := range list {
		h := fnv.New32a()
		h.Write([]byte(t.said)) // not the id, which is another in each filling
		draw := int(h.Sum32() % 1000)
		at := t.ResolvedAt.Add(time.Hour)
		var reply *survey.Reply
		if draw%9 < 5 {
			n := []int{5, 5, 4, 5, 4, 3, 5, 2, 4, 1, 5, 4}[draw/9%12]
			if reply = (&survey.Reply{At: at.Add(time.Duration(draw%40) * time.Hour), Score: n, Comment: words[n][draw/7%len(words[n])]}); reply.At.After(a.Clock()) {
				reply.At = at
			}
		}
		if _, err := a.Survey.Recall(ctx, t.Span, at, reply); err != nil {
			return err
		}
	}
	return nil
}
