package enrich

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich/remote"
	"github.com/entente/entente/internal/ledger"
)

// span is a stretch of posts that were not gone through: above is done, and so is below and all after it.
type span struct{ above, below int64 }

const (
	heldFor = time.Hour // a batch with all its repeats takes less; another node takes over after it
	glance  = 200       // posts looked at together
	glances = 10        // of them in one piece
)

// Loop asks, piece by piece, until ctx ends; while it is off it only looks whether it still is.
func (e *Elsewhere) Loop(ctx context.Context) error {
	for ctx.Err() == nil {
		more, err := e.Piece(ctx)
		if err != nil && ctx.Err() == nil {
			e.log.Error("posts could not be shown to a model elsewhere, will try again", "error", err)
		}
		wait := idleFor
		if more && err == nil {
			wait = 100 * time.Millisecond
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return nil
}

// Piece asks about one batch, newest posts first; more is false when there is nothing to ask now.
func (e *Elsewhere) Piece(ctx context.Context) (more bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f, err := e.read(ctx, e.db.Read())
	if err != nil || !f.On() || f.Stopped != "" || f.Spent() || f.RetryAt.After(e.now()) {
		return false, err
	}
	posts, before, looked, err := e.next(ctx, f)
	if err != nil || len(posts) == 0 {
		return looked, err
	}
	now := e.now()
	held, err := e.exec(ctx, "UPDATE enrich_remote SET holder = $1, held_until = $2 WHERE id = 'remote' AND (held_until IS NULL OR held_until <= $3)",
		e.holder, db.T(now.Add(heldFor)), db.T(now))
	if err != nil || held == 0 {
		e.spans = before
		return false, err
	}
	defer func() {
		_, letGo := e.exec(context.WithoutCancel(ctx), "UPDATE enrich_remote SET held_until = NULL WHERE id = 'remote' AND holder = $1", e.holder)
		err = errors.Join(err, letGo)
	}()
	ids := make([]string, len(posts))
	for i := range posts {
		ids[i] = posts[i].ID
	}
	done, err := farSaid(ctx, e.db.Read(), ids) // by another node meanwhile
	if err != nil {
		return false, err
	}
	if posts = slices.DeleteFunc(posts, func(p channel.Post) bool { return done[p.ID] != nil }); len(posts) == 0 {
		return true, nil
	}
	endpoint, err := e.endpoint(f)
	if err != nil {
		e.spans = before
		return false, e.failed(ctx, f, err)
	}
	answers, spent, err := e.ask(ctx, f, endpoint, posts)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case !spent:
		e.spans = before
		return false, nil
	case err != nil:
		if !errors.Is(err, remote.ErrAnswer) { // what it cannot answer is left out, until the program starts anew
			e.spans = before
		}
		if err := e.state(ctx, f, posts, answers); err != nil {
			return false, err
		}
		return false, e.failed(ctx, f, err)
	}
	if err := e.state(ctx, f, posts, answers); err != nil {
		return false, err
	}
	_, err = e.exec(ctx, "UPDATE enrich_remote SET failures = 0, retry_at = NULL WHERE id = 'remote' AND failures > 0")
	return true, err
}

// ask asks about all posts at once, and when the answer is none, once about each. spent is false when the budget did not allow anything.
func (e *Elsewhere) ask(ctx context.Context, f Far, endpoint remote.Endpoint, posts []channel.Post) (answers []remote.Answer, spent bool, err error) {
	texts := make([]string, len(posts))
	for i := range posts {
		texts[i] = Input{Title: posts[i].Title, Text: posts[i].Text}.whole()
	}
	questions := f.questions()
	answers = make([]remote.Answer, len(posts))
	if spent, err = e.spend(ctx, remote.Size(endpoint, questions, texts)); err != nil || !spent {
		return answers, spent, err
	}
	all, err := e.client.Ask(ctx, endpoint, questions, texts)
	if err == nil {
		return all, true, nothing(all)
	}
	if !errors.Is(err, remote.ErrAnswer) || len(posts) == 1 {
		return answers, true, err
	}
	for i := range texts {
		allowed, err := e.spend(ctx, remote.Size(endpoint, questions, texts[i:i+1]))
		if err != nil {
			return answers, true, err
		}
		if !allowed {
			break
		}
		one, err := e.client.Ask(ctx, endpoint, questions, texts[i:i+1])
		if err != nil && !errors.Is(err, remote.ErrAnswer) {
			return answers, true, err
		}
		if err == nil {
			answers[i] = one[0]
		}
	}
	return answers, true, nothing(answers)
}

// nothing is an error when no answer could be used.
func nothing(list []remote.Answer) error {
	if slices.ContainsFunc(list, func(a remote.Answer) bool { return a != nil }) {
		return nil
	}
	return fmt.Errorf("%w: no value in it was offered", remote.ErrAnswer)
}

// exec changes the state in a transaction of its own: no request is made inside one.
func (e *Elsewhere) exec(ctx context.Context, statement string, args ...any) (n int64, err error) {
	err = e.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err = db.Exec(ctx, q, statement, args...)
		return err
	})
	return n, err
}

// spend takes a request out of the budget of today, before it is made: what was counted and failed stays counted.
func (e *Elsewhere) spend(ctx context.Context, characters int) (bool, error) {
	day := today(e.now())
	n, err := e.exec(ctx, `UPDATE enrich_remote SET day = $1, asked = CASE WHEN day = $1 THEN asked ELSE 0 END + 1,
		shown = CASE WHEN day = $1 THEN shown ELSE 0 END + $2 WHERE id = 'remote' AND on_since IS NOT NULL AND stopped = ''
		AND CASE WHEN day = $1 THEN asked ELSE 0 END < requests AND CASE WHEN day = $1 THEN shown ELSE 0 END + $2 <= characters`, day, characters)
	if err != nil {
		return false, fmt.Errorf("count a request: %w", err)
	}
	return n > 0, nil
}

// state states what was said, one fact a post, and waits until it counts.
func (e *Elsewhere) state(ctx context.Context, f Far, posts []channel.Post, answers []remote.Answer) error {
	var list []ledger.Activity
	for i, a := range answers {
		if a == nil {
			continue
		}
		p := &posts[i]
		list = append(list, ledger.Activity{Kind: ledger.PostLabelled, Actor: f.name(), Object: p.ID, Channel: p.Channel, At: e.ledger.Now(),
			Data: ledger.Data(Word{Says: a, Of: textSum(p)})})
	}
	if len(list) == 0 {
		return nil
	}
	if _, err := e.ledger.State(ctx, list...); err != nil {
		return fmt.Errorf("state what a model elsewhere says: %w", err)
	}
	return nil
}

// next takes the newest posts that are to be asked about; before is what was left to go through until then. Each day all are gone through anew:
// some were edited since, or got no answer. looked reports whether there may be more.
func (e *Elsewhere) next(ctx context.Context, f Far) (out []channel.Post, before []span, looked bool, err error) {
	if of := fmt.Sprintf("%d %+v", today(e.now()), f.Asking); e.of != of {
		e.of, e.top, e.spans = of, 0, nil
	}
	rules, err := e.enrich.rulesOf(ctx, e.db.Read())
	if err != nil {
		return nil, nil, false, err
	}
	newest, _, err := db.Value[int64](ctx, e.db.Read(), "SELECT COALESCE(MAX(seq), 0) FROM post")
	if err != nil {
		return nil, nil, false, fmt.Errorf("find the newest post: %w", err)
	}
	if newest > e.top {
		e.spans = append(e.spans, span{e.top, newest + 1})
		e.top = newest
	}
	if len(e.spans) > 100 { // what comes in faster than it is asked about: the oldest are gone through together
		e.spans = append([]span{{e.spans[0].above, e.spans[1].below}}, e.spans[2:]...)
	}
	before = slices.Clone(e.spans)
	for range glances {
		if len(e.spans) == 0 || len(out) >= f.Batch {
			break
		}
		s := &e.spans[len(e.spans)-1]
		posts, err := db.All(ctx, e.db.Read(), channel.PostFields, "SELECT "+channel.PostColumns("")+" FROM post WHERE seq > $1 AND seq < $2 ORDER BY seq DESC LIMIT $3",
			s.above, s.below, glance)
		if err != nil {
			return nil, before, false, fmt.Errorf("find posts to ask about: %w", err)
		}
		wanted, err := e.wanted(ctx, f, posts, rules)
		if err != nil {
			return nil, before, false, err
		}
		done := len(posts) < glance
		for i := range posts {
			if len(out) >= f.Batch {
				done = false
				break
			}
			s.below = posts[i].Seq
			if wanted[posts[i].ID] {
				out = append(out, posts[i])
			}
		}
		if done {
			e.spans = e.spans[:len(e.spans)-1]
		}
	}
	return out, before, len(e.spans) > 0, nil
}

// wanted tells the posts that are to be asked about.
func (e *Elsewhere) wanted(ctx context.Context, f Far, posts []channel.Post, rules rules) (map[string]bool, error) {
	var ids []string
	for i := range posts {
		p := &posts[i]
		if !p.Ours && p.Automatic == "" && p.DeletedAt.IsZero() && (f.Private || !p.Private) && p.Title+p.Text != "" {
			ids = append(ids, p.ID)
		}
	}
	known, err := stored(ctx, e.db.Read(), ids)
	if err != nil {
		return nil, err
	}
	asked, err := farSaid(ctx, e.db.Read(), ids)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, id := range ids {
		k, is := known[id]
		out[id] = is && asked[id] == nil && (f.Every || unsure(&k.Reading, f.Heads, rules.thresholds))
	}
	return out, nil
}

// unsure reports whether the models here do not know one of the heads: they say nothing of it, or of a kind neither yes nor no.
func unsure(r *Reading, heads []string, t Thresholds) bool {
	l := Resolve(r, nil, t)
	for _, h := range heads {
		switch {
		case h == Kinds && slices.ContainsFunc(r.Kinds[:], func(p float64) bool { return p > 0.3 && p < 0.7 }), !r.Classified:
			return true
		case h != Kinds && l.Of(h) == "":
			return true
		}
	}
	return false
}
