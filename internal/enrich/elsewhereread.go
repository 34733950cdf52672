package enrich

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// textSum names the text that an answer is about: it may be edited while the answer is on its way.
func textSum(p *channel.Post) string {
	sum := sha256.Sum256([]byte(p.Title + "\n" + p.Text))
	return hex.EncodeToString(sum[:8])
}

// farLabelled keeps what a model elsewhere said of a post as it reads now, and takes the post for what that makes it.
func (s *Service) farLabelled(ctx context.Context, q db.Q, a *ledger.Activity, w *Word, rules rules) error {
	posts, err := channel.Posts(ctx, q, a.Object)
	if err != nil || len(posts) == 0 || textSum(&posts[0]) != w.Of {
		return err
	}
	row := []any{a.Object, strings.TrimPrefix(a.Actor, "model:")}
	for _, head := range FarHeads() {
		v := w.Says[head]
		if v != "" && !Valid(head, v) {
			v = ""
		}
		row = append(row, v)
	}
	if err := db.Insert(ctx, q, "remote_reading (post, model, sentiment, kinds, emotion, aggression, at)", [][]any{append(row, db.T(a.At))},
		`ON CONFLICT (post) DO UPDATE SET model = excluded.model, sentiment = excluded.sentiment, kinds = excluded.kinds, emotion = excluded.emotion,
		aggression = excluded.aggression, at = excluded.at`); err != nil {
		return err
	}
	_, err = s.again(ctx, q, posts, rules, false, true)
	return err
}

// farForget drops what a model elsewhere said of a post that now reads otherwise.
func farForget(ctx context.Context, q db.Q, post string) error {
	_, err := db.Exec(ctx, q, "DELETE FROM remote_reading WHERE post = $1", post)
	return err
}

// farSaid is what a model elsewhere said of posts, by post id and head.
func farSaid(ctx context.Context, q db.Q, posts []string) (map[string]map[string]string, error) {
	type row struct {
		post string
		says [4]string
	}
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.post, &r.says[0], &r.says[1], &r.says[2], &r.says[3]} },
		"SELECT post, sentiment, kinds, emotion, aggression FROM remote_reading WHERE post IN "+db.Among(q, "$1"), db.Texts(posts))
	if err != nil {
		return nil, fmt.Errorf("read what a model elsewhere says: %w", err)
	}
	out := map[string]map[string]string{}
	for _, r := range list {
		says := map[string]string{}
		for i, head := range FarHeads() {
			if r.says[i] != "" {
				says[head] = r.says[i]
			}
		}
		out[r.post] = says
	}
	return out, nil
}

// FarSaid is what a model elsewhere said of one post.
type FarSaid struct {
	Model string
	Says  map[string]string // by head
}

func farSaidOne(ctx context.Context, q db.Q, post string) (f FarSaid, err error) {
	list, err := farSaid(ctx, q, []string{post})
	if err != nil || list[post] == nil {
		return f, err
	}
	f.Says = list[post]
	f.Model, _, err = db.Value[string](ctx, q, "SELECT model FROM remote_reading WHERE post = $1", post)
	return f, err
}

// FarModel is the line of a model elsewhere beside the model cards.
type FarModel struct {
	Name   string
	Posts  int
	Agrees []FarAgreement
}

// FarAgreement is how often it says of a head what the first person said who judged the post in an audit sample, with Wilson's interval of 95 %.
type FarAgreement struct {
	Head             string
	N                int
	Share, Low, High float64
}

// FarModels lists the models elsewhere of which something still counts.
func (r *Review) FarModels(ctx context.Context) ([]FarModel, error) {
	if err := org.Require(ctx, org.ListeningRead); err != nil {
		return nil, err
	}
	out, err := db.All(ctx, r.db.Read(), func(m *FarModel) []any { return []any{&m.Name, &m.Posts} },
		"SELECT model, COUNT(*) FROM remote_reading GROUP BY model ORDER BY 2 DESC, 1 LIMIT 20")
	if err != nil || len(out) == 0 {
		return nil, err
	}
	type pair struct{ post, actor, head, value, model, sentiment, kinds, emotion, aggression string }
	list, err := db.All(ctx, r.db.Read(), func(p *pair) []any {
		return []any{&p.post, &p.actor, &p.head, &p.value, &p.model, &p.sentiment, &p.kinds, &p.emotion, &p.aggression}
	}, `SELECT j.post, j.actor, j.label, j.value, m.model, m.sentiment, m.kinds, m.emotion, m.aggression FROM judgement j JOIN remote_reading m ON m.post = j.post
		WHERE j.label <> 'skipped' ORDER BY j.at, j.post, j.actor, j.label LIMIT 100000`)
	if err != nil {
		return nil, fmt.Errorf("compare people and a model elsewhere: %w", err)
	}
	first := map[string]string{}
	type key struct{ model, head string }
	n, same := map[key]int{}, map[key]int{}
	for _, p := range list {
		if first[p.post] == "" {
			first[p.post] = p.actor
		}
		says := map[string]string{Sentiment: p.sentiment, Kinds: p.kinds, Emotion: p.emotion, Aggression: p.aggression}[p.head]
		if first[p.post] != p.actor || says == "" || p.value == "" {
			continue
		}
		n[key{p.model, p.head}]++
		if says == p.value {
			same[key{p.model, p.head}]++
		}
	}
	for i := range out {
		for _, head := range FarHeads() {
			if k := (key{out[i].Name, head}); n[k] > 0 {
				low, high := wilson(same[k], n[k])
				out[i].Agrees = append(out[i].Agrees, FarAgreement{head, n[k], float64(same[k]) / float64(n[k]), low, high})
			}
		}
	}
	return slices.Clip(out), nil
}

// wilson is the interval of a share, Wilson 1927, at 95 %.
func wilson(k, n int) (low, high float64) {
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	middle, half := p+z*z/(2*m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max((middle-half)/(1+z*z/m), 0), min((middle+half)/(1+z*z/m), 1)
}
