package enrich

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// Word is a ledger.PostLabelled: what a person says a post is. In an audit sample it also holds what the model said, which was not shown.
type Word struct {
	ledger.Label
	Sample  string `json:"sample,omitempty"`
	Model   string `json:"model,omitempty"`
	Version string `json:"version,omitempty"`

	Says map[string]string `json:"says,omitempty"` // of a model elsewhere instead, the actor model:NAME: by head
	Of   string            `json:"of,omitempty"`   // and of which text, see textSum
}

// Known is what is known of one post.
type Known struct {
	Taken
	Reading
	Version string
	hour    int64 // where it is counted, -1 for nowhere
}

// stored reads the rows of posts, by post id.
func stored(ctx context.Context, q db.Q, posts []string) (map[string]Known, error) {
	type row struct {
		post, kinds, hand, p string
		Known
	}
	list, err := db.All(ctx, q, func(r *row) []any {
		return []any{&r.post, &r.Version, &r.Taken.Lang, &r.Taken.Sentiment, &r.kinds, &r.Taken.Emotion, &r.Taken.Aggression, &r.hand, &r.p, &r.hour}
	}, "SELECT post, version, lang, sentiment, kinds, emotion, aggression, hand, p, hour FROM enrichment WHERE post IN "+db.Among(q, "$1"), db.Texts(posts))
	if err != nil {
		return nil, fmt.Errorf("read what is known of posts: %w", err)
	}
	out := make(map[string]Known, len(list))
	for i := range list {
		r := &list[i]
		r.Taken.Kinds, r.Taken.Hand = cut(r.kinds), cut(r.hand)
		r.Reading.unpack(r.p)
		r.Reading.Lang = r.Taken.Lang
		out[r.post] = r.Known
	}
	return out, nil
}

func cut(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// TakenFor returns what posts are taken for, by post id.
func TakenFor(ctx context.Context, q db.Q, posts []string) (map[string]Taken, error) {
	type row struct {
		post, kinds, hand string
		Taken
	}
	list, err := db.All(ctx, q, func(r *row) []any {
		return []any{&r.post, &r.Lang, &r.Sentiment, &r.kinds, &r.Emotion, &r.Aggression, &r.hand}
	}, "SELECT post, lang, sentiment, kinds, emotion, aggression, hand FROM enrichment WHERE post IN "+db.Among(q, "$1"), db.Texts(posts))
	if err != nil {
		return nil, fmt.Errorf("read what posts are taken for: %w", err)
	}
	out := make(map[string]Taken, len(list))
	for i := range list {
		r := &list[i]
		r.Kinds, r.Hand = cut(r.kinds), cut(r.hand)
		out[r.post] = r.Taken
	}
	return out, nil
}

// said is what people said of posts, by post id and head.
func said(ctx context.Context, q db.Q, posts []string) (map[string]map[string]string, error) {
	type row struct{ post, label, value string }
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.post, &r.label, &r.value} },
		"SELECT post, label, value FROM post_label WHERE post IN "+db.Among(q, "$1"), db.Texts(posts))
	if err != nil {
		return nil, fmt.Errorf("read labels: %w", err)
	}
	out := map[string]map[string]string{}
	for _, r := range list {
		if out[r.post] == nil {
			out[r.post] = map[string]string{}
		}
		out[r.post][r.label] = r.value
	}
	return out, nil
}

// RuleActor begins the name under which what a rule said of a post is kept: it is no person's word.
const RuleActor = "rule:"

// labelled keeps the newest word of people, "" takes it back, and takes the post for what that makes it.
func (s *Service) labelled(ctx context.Context, q db.Q, a *ledger.Activity, rules rules) error {
	var w Word
	if err := a.Decode(&w); err != nil {
		return err
	}
	if strings.HasPrefix(a.Actor, "model:") {
		return s.farLabelled(ctx, q, a, &w, rules)
	}
	if err := judged(ctx, q, a, &w); err != nil || w.Label.Label == skipped {
		return err
	}
	value, actor, at := w.Value, a.Actor, a.At
	through, byRule, err := a.Through()
	if err != nil {
		return err
	}
	if byRule { // its word counts, but nobody read the post
		actor = RuleActor + through.Rule
	}
	if w.Value == "" && w.Sample != "" {
		var err error
		if value, actor, at, err = earlier(ctx, q, a, &w); err != nil {
			return err
		}
	}
	if value == "" {
		if _, err := db.Exec(ctx, q, "DELETE FROM post_label WHERE post = $1 AND label = $2", a.Object, w.Label.Label); err != nil {
			return err
		}
	} else if _, err := db.Exec(ctx, q, `INSERT INTO post_label (post, label, value, actor, at, post_at) SELECT id, $1, $2, $3, $4, at FROM post WHERE id = $5
		ON CONFLICT (post, label) DO UPDATE SET value = excluded.value, actor = excluded.actor, at = excluded.at`,
		w.Label.Label, value, actor, db.T(at), a.Object); err != nil {
		return err
	}
	if !slices.Contains(Heads(), w.Label.Label) {
		return nil
	}
	posts, err := channel.Posts(ctx, q, a.Object)
	if err != nil || len(posts) == 0 {
		return err
	}
	_, err = s.again(ctx, q, posts, rules, false, true)
	return err
}

// earlier is the word that holds again when somebody takes back, with a, what they said in a sample: the newest of others, "" for none.
func earlier(ctx context.Context, q db.Q, a *ledger.Activity, back *Word) (value, actor string, at time.Time, err error) {
	list, err := db.All(ctx, q, func(e *ledger.Activity) []any { return []any{&e.Actor, db.At(&e.At), (*[]byte)(&e.Data)} },
		"SELECT actor, at, data FROM activity WHERE object = $1 AND object <> id AND kind = $2 AND (tx < $3 OR tx = $3 AND seq < $4) ORDER BY tx DESC, seq DESC"+db.Limit(500),
		a.Object, ledger.PostLabelled, a.Tx, a.Seq)
	if err != nil {
		return "", "", at, fmt.Errorf("look for earlier labels: %w", err)
	}
	gone := map[[2]string]bool{{a.Actor, back.Sample}: true}
	for i := range list {
		var w Word
		by := &list[i]
		if err := by.Decode(&w); err != nil || w.Label.Label != back.Label.Label || strings.HasPrefix(by.Actor, "model:") {
			continue
		}
		if w.Sample != "" && (w.Value == "" || gone[[2]string{by.Actor, w.Sample}]) {
			gone[[2]string{by.Actor, w.Sample}] = true
			continue
		}
		return w.Value, by.Actor, by.At, nil
	}
	return "", "", at, nil
}
