package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
)

// waitsLong is how long an answer may wait for its channel before anybody is told: a mail server that is started anew is no news.
const waitsLong = 10 * time.Minute

// unsent is an answer that waits for its channel, did not arrive, or of which nobody knows.
type unsent struct {
	id, state, channel, name, conversation, member, title string
}

// TellUnsentOnce tells whoever wrote an answer that it waits because its channel takes nothing, that it was refused, or that nobody knows whether it
// arrived, each once; and the social team, once for as long as it lasts, that a channel takes nothing.
func (s *Service) TellUnsentOnce(ctx context.Context) error {
	for {
		n, err := s.tellUnsent(ctx)
		if err != nil {
			return fmt.Errorf("tell what did not leave: %w", err)
		}
		if n < warnBatch {
			return nil
		}
	}
}

func (s *Service) tellUnsent(ctx context.Context) (int, error) {
	now := s.now()
	list, err := db.All(ctx, s.db.Read(), func(u *unsent) []any {
		return []any{&u.id, &u.state, &u.channel, &u.name, &u.conversation, &u.member, &u.title}
	}, `SELECT o.id, o.state, o.channel, a.name, o.conversation, o.member, COALESCE(NULLIF(c.title, ''), c.excerpt, '') FROM outgoing o JOIN channel a ON a.id = o.channel
		LEFT JOIN conversation_alias x ON x.id = o.conversation LEFT JOIN conversation c ON c.id = COALESCE(x.conversation, o.conversation)
		WHERE (o.state IN ('failed', 'uncertain') OR o.state = 'queued' AND o.attempts > 0 AND o.created_at < $1) AND o.conversation <> ''
		AND NOT EXISTS (SELECT 1 FROM unsent_told t WHERE t.sending = o.id AND t.state = o.state) ORDER BY o.id`+db.Limit(warnBatch), db.T(now.Add(-waitsLong)))
	if err != nil || len(list) == 0 {
		return 0, err
	}
	social, err := s.SocialTeam(ctx)
	if err != nil {
		return 0, err
	}
	return len(list), s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		of := map[string][]*unsent{} // by whom to tell, and what happened where
		down := map[string]*unsent{} // channels that take nothing
		for i := range list {
			u := &list[i]
			n, err := db.Exec(ctx, q, "INSERT INTO unsent_told (sending, state, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", u.id, u.state, db.T(now))
			if err != nil {
				return err
			}
			if n == 0 { // another process did
				continue
			}
			if u.state == string(channel.Queued) {
				down[u.channel] = u
			}
			of[u.member+" "+u.state+" "+u.channel] = append(of[u.member+" "+u.state+" "+u.channel], u)
		}
		for _, key := range sortedKeys(of) {
			all := of[key]
			to := []string{all[0].member}
			if all[0].member == "" {
				to = social
			}
			if len(all) > tellSingly {
				token := "unsent:" + all[0].state + ":" + all[0].id
				if err := s.TellOnce(ctx, q, token, to, "inbox.told.unsent_many."+all[0].state, []any{"N", len(all), "Channel", all[0].name}, "", "/inbox?channel="+all[0].channel); err != nil {
					return err
				}
				continue
			}
			for _, u := range all {
				if err := s.TellOnce(ctx, q, "unsent:"+u.state+":"+u.id, to, "inbox.told.unsent."+u.state, []any{"Title", u.title, "Channel", u.name}, u.conversation, ""); err != nil {
					return err
				}
			}
		}
		for _, id := range sortedKeys(down) {
			oldest, _, err := db.Value[string](ctx, q, "SELECT MIN(id) FROM outgoing WHERE channel = $1 AND state = 'queued' AND attempts > 0", id)
			if err != nil {
				return err
			}
			if err := s.TellOnce(ctx, q, "down:"+id+":"+oldest, social, "inbox.told.channel_down", []any{"Channel", down[id].name}, "", "/channels/"+id); err != nil {
				return err
			}
		}
		return nil
	})
}
