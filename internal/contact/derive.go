package contact

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// Follower derives visits and what was read in them.
func Follower() ledger.Follower {
	return ledger.Follower{Name: "contact", Version: 2, Tables: []string{"contact_visit", "contact_read"}, Apply: derive}
}

func derive(ctx context.Context, q db.Q, list []ledger.Activity) error {
	asked, err := askers(ctx, q, list)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].Kind == ledger.PostSaid {
			if !asked[list[i].Actor] {
				continue
			}
			if err := elsewhere(ctx, q, &list[i]); err != nil {
				return err
			}
			continue
		}
		if !strings.HasPrefix(list[i].Kind, "visit.") {
			continue
		}
		if err := deriveOne(ctx, q, &list[i]); err != nil {
			return fmt.Errorf("derive %s: %w", list[i].Kind, err)
		}
	}
	return nil
}

// askers are those of the writers of posts in a batch who had a question at a contact point, before it or in it.
func askers(ctx context.Context, q db.Q, list []ledger.Activity) (map[string]bool, error) {
	writers, known := map[string]bool{}, map[string]bool{}
	for i := range list {
		switch a := &list[i]; {
		case a.Kind == ledger.PostSaid && strings.HasPrefix(a.Actor, "mailto:"):
			writers[a.Actor] = true
		case a.Kind == ledger.VisitBegun:
			var v ledger.Visit
			if err := a.Decode(&v); err == nil && v.By != "" {
				known[v.By] = true
			}
		}
	}
	if len(writers) == 0 {
		return known, nil
	}
	found, err := db.All(ctx, q, db.Self[string], "SELECT DISTINCT author FROM contact_visit WHERE author <> '' AND author IN "+db.Among(q, "$1"), db.Texts(slices.Collect(maps.Keys(writers))))
	if err != nil {
		return nil, fmt.Errorf("find who had a question: %w", err)
	}
	for _, f := range found {
		known[f] = true
	}
	return known, nil
}

// elsewhere notes that somebody who had a question here wrote to us by another way in time: a mail from the same address.
func elsewhere(ctx context.Context, q db.Q, a *ledger.Activity) error {
	open, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM contact_visit v WHERE author = $1 AND author <> '' AND wrote_at IS NULL AND at <= $2 AND at + "+inTime+" >= $2", a.Actor, db.T(a.At))
	if err != nil || open == 0 {
		return err
	}
	said, err := a.Said()
	if err != nil || said.Ours || !said.Direct || said.Automatic != "" {
		return err
	}
	_, err = db.Exec(ctx, q, "UPDATE contact_visit AS v SET wrote_at = $2 WHERE author = $1 AND wrote_at IS NULL AND at <= $2 AND at + "+inTime+" >= $2", a.Actor, db.T(a.At))
	return err
}

func deriveOne(ctx context.Context, q db.Q, a *ledger.Activity) error {
	switch a.Kind {
	case ledger.VisitBegun:
		var v ledger.Visit
		if err := a.Decode(&v); err != nil {
			return err
		}
		_, err := db.Exec(ctx, q, `INSERT INTO contact_visit (id, point, at, held, holdout, widget, lang, offered, author, days) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
			a.Object, v.Point, db.T(a.At), db.B(v.Held), v.Holdout, db.B(v.Widget), v.Lang, v.Offered, v.By, cmp.Or(v.Days, UsualDays))
		return err
	case ledger.VisitRead:
		var r ledger.AnswerRead
		if err := a.Decode(&r); err != nil {
			return err
		}
		n, err := db.Exec(ctx, q, `INSERT INTO contact_read (visit, kind, ref, at) SELECT id, $2, $3, $4 FROM contact_visit WHERE id = $1 ON CONFLICT DO NOTHING`, a.Object, r.Kind, r.Ref, db.T(a.At))
		if err != nil || n == 0 {
			return err
		}
		_, err = db.Exec(ctx, q, "UPDATE contact_visit SET reads = reads + 1, read_at = COALESCE(read_at, $2) WHERE id = $1", a.Object, db.T(a.At))
		return err
	case ledger.VisitJudged:
		var j ledger.Judgement
		if err := a.Decode(&j); err != nil {
			return err
		}
		said := func(column, word string) error {
			if word == "" {
				return nil
			}
			_, err := db.Exec(ctx, q, "UPDATE contact_visit SET "+column+" = COALESCE("+column+", $2), judged_at = COALESCE(judged_at, $3) WHERE id = $1", a.Object, db.B(word == "yes"), db.T(a.At))
			return err
		}
		if err := said("found", j.Found); err != nil {
			return err
		}
		return said("would", j.Would)
	case ledger.VisitWrote:
		var t ledger.VisitThread
		if err := a.Decode(&t); err != nil {
			return err
		}
		_, err := db.Exec(ctx, q, "UPDATE contact_visit SET wrote_at = COALESCE(wrote_at, $2), thread = CASE WHEN thread = '' THEN $3 ELSE thread END WHERE id = $1", a.Object, db.T(a.At), t.Post)
		return err
	}
	return nil
}
