package community

import (
	"context"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// ideaTables are what is derived of ideas beside their threads, and of articles.
func ideaTables() []string {
	return append([]string{"community_idea", "community_idea_vote", "community_idea_ballot", "community_idea_step"}, articleTables()...)
}

func deriveIdea(ctx context.Context, q db.Q, a *ledger.Activity) error {
	_, err := db.Exec(ctx, q, "INSERT INTO community_idea (id, status, status_at) VALUES ($1, 'open', $2) ON CONFLICT DO NOTHING", a.ID, db.T(a.At))
	return err
}

// deriveSupport digests a vote on an idea; idea is false when it is on something else. One on an idea that was taken into another meanwhile counts there.
func deriveSupport(ctx context.Context, q db.Q, a *ledger.Activity) (idea bool, err error) {
	type row struct{ into, space string }
	r, idea, err := db.One(ctx, q, func(r *row) []any { return []any{&r.into, &r.space} },
		"SELECT CASE WHEN i.merged_into = '' THEN i.id ELSE i.merged_into END, t.space FROM community_idea i JOIN community_thread t ON t.id = i.id WHERE i.id = $1", a.Object)
	if err != nil || !idea {
		return idea, err
	}
	var v ledger.Vote
	if err := a.Decode(&v); err != nil {
		return true, err
	}
	value, by := 0, ""
	if v.Value > 0 {
		value, by = 1, v.By
	}
	was, _, err := db.Value[int](ctx, q, "SELECT value FROM community_idea_vote WHERE idea = $1 AND voter = $2", r.into, a.Actor)
	if err != nil {
		return true, err
	}
	if was != value {
		if _, err := db.Exec(ctx, q, `INSERT INTO community_idea_vote (idea, voter, value, via) VALUES ($1, $2, $3, $4)
			ON CONFLICT (idea, voter) DO UPDATE SET value = excluded.value, via = excluded.via`, r.into, a.Actor, value, by); err != nil {
			return true, err
		}
		if err := score(ctx, q, r.into, value-was); err != nil {
			return true, err
		}
	}
	_, err = db.Exec(ctx, q, "INSERT INTO community_idea_ballot (space, voter, last) VALUES ($1, $2, $3) ON CONFLICT (space, voter) DO UPDATE SET last = excluded.last",
		r.space, a.Actor, a.ID)
	return true, err
}

func score(ctx context.Context, q db.Q, idea string, by int) error {
	for _, table := range []string{"community_thread", "community_post"} {
		if _, err := db.Exec(ctx, q, "UPDATE "+table+" SET score = score + $1 WHERE id = $2", by, idea); err != nil {
			return err
		}
	}
	return nil
}

func deriveJudged(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var j ledger.Judged
	if err := a.Decode(&j); err != nil {
		return err
	}
	n, err := db.Exec(ctx, q, `UPDATE community_idea SET status = $1, status_at = $2, reason = $3, reason_by = $4, last = $5,
		initiative = CASE WHEN $6 = '' THEN initiative ELSE $6 END WHERE id = $7`, j.Status, db.T(a.At), j.Reason, j.By, a.ID, j.Initiative, a.Object)
	if err != nil || n == 0 {
		return err
	}
	_, err = db.Exec(ctx, q, "INSERT INTO community_idea_step (activity, idea, at, status, reason, decider) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
		a.ID, a.Object, db.T(a.At), j.Status, j.Reason, j.By)
	return err
}

// deriveMerged gives the votes of an idea to another. Those of the first are kept as they were, so that one can see who was for what.
func deriveMerged(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var j ledger.Joined
	if err := a.Decode(&j); err != nil {
		return err
	}
	if j.By != "" {
		if _, err := db.Exec(ctx, q, `INSERT INTO community_idea_step (activity, idea, at, status, reason, decider) SELECT $1, i.id, $2, 'merged', $3, $4 FROM community_idea i WHERE i.id = $5
			ON CONFLICT DO NOTHING`, a.ID, db.T(a.At), j.Reason, j.By, a.Object); err != nil {
			return err
		}
	}
	// What it was said to have elsewhere, before it came here, counts there as well: nobody knows whose votes these were.
	base, _, err := db.Value[int](ctx, q, "SELECT t.score - (SELECT COUNT(*) FROM community_idea_vote v WHERE v.idea = t.id AND v.value = 1) FROM community_thread t WHERE t.id = $1", a.Object)
	if err != nil {
		return err
	}
	n, err := db.Exec(ctx, q, "UPDATE community_idea SET merged_into = $1 WHERE id = $2 OR merged_into = $2", j.Into, a.Object)
	if err != nil || n == 0 {
		return err
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_thread SET duplicate_of = $1 WHERE id = $2 OR kind = 'idea' AND duplicate_of = $2", j.Into, a.Object); err != nil {
		return err
	}
	before, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_idea_vote WHERE idea = $1 AND value = 1", j.Into)
	if err != nil {
		return err
	}
	if _, err := db.Exec(ctx, q, `INSERT INTO community_idea_vote (idea, voter, value, via) SELECT $1, voter, 1, via FROM community_idea_vote WHERE idea = $2 AND value = 1
		ON CONFLICT (idea, voter) DO UPDATE SET via = CASE WHEN community_idea_vote.value = 1 THEN community_idea_vote.via ELSE excluded.via END, value = 1`, j.Into, a.Object); err != nil {
		return err
	}
	after, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_idea_vote WHERE idea = $1 AND value = 1", j.Into)
	if err != nil {
		return err
	}
	return score(ctx, q, j.Into, after-before+max(base, 0))
}
