package enrich

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// Correction is a post with what people said of it, for training.
type Correction struct {
	Post, Lang, Text    string
	Sentiment, Kinds    string
	Emotion, Aggression string
	SaidAt              time.Time
}

// Corrections lists the posts that people labelled, in the order of their ids, after one of them ("" from the beginning), at most limit. They
// are the words of others: whoever takes them out answers for where they go, and it is noted in the audit log.
func (r *Review) Corrections(ctx context.Context, after string, limit int) ([]Correction, error) {
	if err := r.takeOut(ctx); err != nil {
		return nil, err
	}
	return r.corrections(ctx, after, limit)
}

// takeOut notes that whoever acts takes corrections out, if they may.
func (r *Review) takeOut(ctx context.Context) error {
	if err := org.Require(ctx, org.ExportRun); err != nil {
		return err
	}
	return r.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return r.org.Audit(ctx, q, "corrections.export", "organisation", nil)
	})
}

func (r *Review) corrections(ctx context.Context, after string, limit int) ([]Correction, error) {
	type row struct {
		Correction
		title string
	}
	list, err := db.All(ctx, r.db.Read(), func(c *row) []any {
		return []any{&c.Post, &c.Lang, &c.title, &c.Text, &c.Sentiment, &c.Kinds, &c.Emotion, &c.Aggression, db.At(&c.SaidAt)}
	}, `SELECT p.id, e.lang, p.title, p.text, MAX(CASE WHEN l.label = 'sentiment' THEN l.value ELSE '' END), MAX(CASE WHEN l.label = 'kinds' THEN l.value ELSE '' END),
		MAX(CASE WHEN l.label = 'emotion' THEN l.value ELSE '' END), MAX(CASE WHEN l.label = 'aggression' THEN l.value ELSE '' END), MAX(l.at)
		FROM post_label l JOIN post p ON p.id = l.post JOIN enrichment e ON e.post = l.post
		WHERE l.post > $1 AND l.actor NOT LIKE 'rule:%' AND p.deleted_at IS NULL AND p.text <> '' GROUP BY p.id, e.lang, p.title, p.text ORDER BY p.id LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list corrections: %w", err)
	}
	out := make([]Correction, len(list))
	for i, c := range list {
		if c.title != "" {
			c.Text = c.title + "\n" + c.Text
		}
		out[i] = c.Correction
	}
	return out, nil
}

// WriteCorrections writes the corrections as the trainer reads them: kinds, sentiment, language and text by tabs, one post a line. A head that
// nobody spoke of is empty, and the trainer learns nothing from it. That they were taken out is noted in the audit log.
func (r *Review) WriteCorrections(ctx context.Context, w io.Writer) error {
	if err := r.takeOut(ctx); err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "# what members of this organisation said of posts; kinds, sentiment, language, text")
	for after := ""; ; {
		list, err := r.corrections(ctx, after, 500)
		if err != nil {
			return err
		}
		for _, c := range list {
			fmt.Fprintf(b, "%s\t%s\t%s\t%s\n", c.Kinds, c.Sentiment, c.Lang, strings.Join(strings.Fields(c.Text), " "))
			after = c.Post
		}
		if len(list) < 500 {
			return b.Flush()
		}
	}
}
