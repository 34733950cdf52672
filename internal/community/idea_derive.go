package community

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/people"
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
			ON CONFLICT (idea, voter) DO UPDATE SET value = excluded.value, via = excluded.via, from_idea = ''`, r.into, a.Actor, value, by); err != nil {
			return true, err
		}
		if value == 0 { // nor are they for what was taken into it
			taken, err := db.All(ctx, q, db.Self[string], "SELECT v.idea FROM community_idea_vote v JOIN community_idea i ON i.id = v.idea WHERE v.voter = $1 AND v.value = 1 AND i.merged_into = $2 ORDER BY v.idea", a.Actor, r.into)
			if err != nil {
				return true, err
			}
			for _, idea := range taken {
				if _, err := db.Exec(ctx, q, "UPDATE community_idea_vote SET value = 0 WHERE idea = $1 AND voter = $2", idea, a.Actor); err != nil {
					return true, err
				}
				if err := recountVoters(ctx, q, idea); err != nil {
					return true, err
				}
			}
		}
		if err := recountVoters(ctx, q, r.into); err != nil {
			return true, err
		}
	}
	_, err = db.Exec(ctx, q, "INSERT INTO community_idea_ballot (space, voter, last) VALUES ($1, $2, $3) ON CONFLICT (space, voter) DO UPDATE SET last = excluded.last",
		r.space, a.Actor, a.ID)
	return true, err
}

// recountVoters counts the people who are for an idea: whoever voted under several addresses that are known to be theirs counts once, whenever that became known.
func recountVoters(ctx context.Context, q db.Q, idea string) error {
	n, _, err := db.Value[int](ctx, q, `SELECT COUNT(DISTINCT COALESCE(NULLIF(i.person, ''), v.voter)) FROM community_idea_vote v LEFT JOIN identity i ON i.uri = v.voter
		WHERE v.idea = $1 AND v.value = 1`, idea)
	if err != nil {
		return fmt.Errorf("count who is for an idea: %w", err)
	}
	was, _, err := db.Value[int](ctx, q, "SELECT voters FROM community_idea WHERE id = $1", idea)
	if err != nil || n == was {
		return err
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_idea SET voters = $1 WHERE id = $2", n, idea); err != nil {
		return err
	}
	return score(ctx, q, idea, n-was)
}

// recountPeople counts anew who is for the ideas, and who found the posts useful, on which addresses voted that facts of a batch say are of somebody, or not any more. What the people's follower derived is of
// the whole batch, so each idea is counted once, after all of it.
func recountPeople(ctx context.Context, q db.Q, list []ledger.Activity) error {
	addresses, err := people.Regrouped(ctx, q, list)
	if err != nil || len(addresses) == 0 {
		return err
	}
	ideas, err := db.All(ctx, q, db.Self[string], "SELECT DISTINCT idea FROM community_idea_vote WHERE value = 1 AND voter IN "+db.Among(q, "$1")+" ORDER BY 1", db.Texts(addresses))
	if err != nil {
		return fmt.Errorf("find the ideas that somebody is for: %w", err)
	}
	for _, idea := range ideas {
		if err := recountVoters(ctx, q, idea); err != nil {
			return err
		}
	}
	posts, err := db.All(ctx, q, db.Self[string], "SELECT DISTINCT post FROM community_vote WHERE voter IN "+db.Among(q, "$1")+" ORDER BY 1", db.Texts(addresses))
	if err != nil {
		return fmt.Errorf("find the posts that somebody voted on: %w", err)
	}
	for _, post := range posts {
		if err := recountDoubled(ctx, q, post); err != nil {
			return err
		}
	}
	return nil
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

// deriveMerged gives the votes of an idea to another, or takes them from it again. Those of the first are kept as they were, so that one can see who was for what.
func deriveMerged(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var j ledger.Joined
	if err := a.Decode(&j); err != nil {
		return err
	}
	parent, found, err := db.Value[string](ctx, q, "SELECT joined FROM community_idea WHERE id = $1", a.Object)
	if err != nil || !found || (j.Into == "") == (parent == "") {
		return err
	}
	status := "merged"
	if j.Into == "" {
		status = "parted"
	} else {
		parent, found, err = db.Value[string](ctx, q, "SELECT CASE WHEN merged_into = '' THEN id ELSE merged_into END FROM community_idea WHERE id = $1", j.Into)
		if err != nil || !found || parent == a.Object {
			return err
		}
	}
	if j.By != "" {
		if _, err := db.Exec(ctx, q, "INSERT INTO community_idea_step (activity, idea, at, status, reason, decider) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
			a.ID, a.Object, db.T(a.At), status, j.Reason, j.By); err != nil {
			return err
		}
	}
	into := parent
	if j.Into == "" {
		into = ""
	}
	if _, err := db.Exec(ctx, q, "UPDATE community_idea SET joined = $1, last = $2 WHERE id = $3", into, a.ID, a.Object); err != nil {
		return err
	}
	if err := lead(ctx, q, a.Object, into); err != nil {
		return err
	}
	// What it was said to have elsewhere, before it came here, counts there as well: nobody knows whose votes these were.
	base, _, err := db.Value[int](ctx, q, "SELECT t.score - i.voters FROM community_thread t JOIN community_idea i ON i.id = t.id WHERE t.id = $1", a.Object)
	if err != nil {
		return err
	}
	base = max(base, 0)
	if into == "" {
		base = -base
	}
	for parent != "" {
		if err := gather(ctx, q, parent, base); err != nil {
			return err
		}
		if parent, _, err = db.Value[string](ctx, q, "SELECT joined FROM community_idea WHERE id = $1", parent); err != nil {
			return err
		}
	}
	return nil
}

// lead says of an idea, and of all that were taken into it, where their votes count now: at to, or, with "", where it is itself.
func lead(ctx context.Context, q db.Q, idea, to string) error {
	for list := []string{idea}; len(list) > 0; {
		if err := run(ctx, q,
			step{"UPDATE community_idea SET merged_into = $1 WHERE id IN " + db.Among(q, "$2"), []any{to, db.Texts(list)}},
			step{"UPDATE community_thread SET duplicate_of = $1 WHERE id IN " + db.Among(q, "$2"), []any{to, db.Texts(list)}}); err != nil {
			return err
		}
		if to == "" {
			to = idea
		}
		var err error
		if list, err = db.All(ctx, q, db.Self[string], "SELECT id FROM community_idea WHERE joined <> '' AND joined IN "+db.Among(q, "$1"), db.Texts(list)); err != nil {
			return err
		}
	}
	return nil
}

// gather counts the votes of what was taken into an idea with its own, those of one voter once; base is what it has to have more beside them.
func gather(ctx context.Context, q db.Q, idea string, base int) error {
	if err := run(ctx, q,
		step{"DELETE FROM community_idea_vote WHERE idea = $1 AND from_idea <> ''", []any{idea}},
		step{`INSERT INTO community_idea_vote (idea, voter, value, via, from_idea) SELECT i.joined, v.voter, 1, MIN(v.via), MIN(v.idea) FROM community_idea i JOIN community_idea_vote v ON v.idea = i.id AND v.value = 1
			WHERE i.joined = $1 AND i.joined <> '' GROUP BY i.joined, v.voter
			ON CONFLICT (idea, voter) DO UPDATE SET value = 1, via = excluded.via, from_idea = excluded.from_idea WHERE community_idea_vote.value <> 1`, []any{idea}}); err != nil {
		return err
	}
	if err := recountVoters(ctx, q, idea); err != nil || base == 0 {
		return err
	}
	return score(ctx, q, idea, base)
}
