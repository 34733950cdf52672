package enrich

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
)

// Judgement is what one person said of a head of a post of an audit sample, and what the model would have said then.
type Judgement struct {
	Post, Actor string
	Head        string
	Value       string
	Model       string // "?" when it was not sure
	Version     string
	Lang        string
	At          time.Time
	now         Reading
	far         map[string]string // what a model elsewhere says
	first       bool
}

// First reports whether nobody judged the post before: agreement with the model counts each post once.
func (j *Judgement) First() bool { return j.first }

// Judgements lists what was said in audit samples, oldest first.
func (s *Service) Judgements(ctx context.Context, q db.Q) ([]Judgement, error) {
	type row struct {
		Judgement
		p string
	}
	list, err := db.All(ctx, q, func(r *row) []any {
		return []any{&r.Post, &r.Actor, &r.Head, &r.Value, &r.Model, &r.Version, db.At(&r.At), &r.Lang, &r.p}
	}, `SELECT j.post, j.actor, j.label, j.value, j.model, j.version, j.at, e.lang, e.p FROM judgement j JOIN enrichment e ON e.post = j.post
		WHERE j.label <> 'skipped' ORDER BY j.at, j.post, j.actor, j.label LIMIT 100000`)
	if err != nil {
		return nil, fmt.Errorf("read judgements: %w", err)
	}
	posts := make([]string, len(list))
	for i := range list {
		posts[i] = list[i].Post
	}
	slices.Sort(posts)
	far, err := farSaid(ctx, q, slices.Compact(posts))
	if err != nil {
		return nil, err
	}
	by := map[string]string{} // who judged a post first
	out := make([]Judgement, len(list))
	for i := range list {
		j := &list[i].Judgement
		if by[j.Post] == "" {
			by[j.Post] = j.Actor
		}
		j.first = by[j.Post] == j.Actor
		j.now.unpack(list[i].p)
		j.far = far[j.Post]
		out[i] = *j
	}
	return out, nil
}

// Matrix is how often the models say what for what is. Rows are what people said; columns what the model says, of sentiment with a last one
// for when it is not sure. Of a kind: absent, present.
type Matrix struct {
	Names   []string // of rows and columns
	Counts  [][]float64
	N       int  // posts behind it, 0 when unknown
	Audited bool // from the audit samples of this installation; else from the validation texts of the models
}

// EnoughAudited is from how many judged posts on the audit samples say more of the models here than their validation texts.
const EnoughAudited = 100

// Errors is what is known of how the models err.
type Errors struct {
	s     *Service
	rules rules
	list  []Judgement
}

// Errors reads it.
func (s *Service) Errors(ctx context.Context, q db.Q) (*Errors, error) {
	rules, err := s.rulesOf(ctx, q)
	if err != nil {
		return nil, err
	}
	list, err := s.Judgements(ctx, q)
	return &Errors{s, rules, list}, err
}

// Matrix gives them for sentiment, or with value for a kind: from the audit samples when enough posts were judged and each row has thirty, else as
// the models were validated. found is false when neither is known.
func (e *Errors) Matrix(head, value string) (m Matrix, found bool) {
	rows, columns := Sentiments(), append(Sentiments(), "")
	if head == Kinds {
		rows = []string{None, value}
		columns = rows
	}
	m = Matrix{Names: columns, Audited: true}
	for range rows {
		m.Counts = append(m.Counts, make([]float64, len(columns)))
	}
	for i := range e.list {
		j := &e.list[i]
		if j.Head != head || !j.First() || !j.now.Classified {
			continue
		}
		is, says := j.Value, resolve(&j.now, j.far, nil, e.rules.thresholds).Of(head)
		if head == Kinds {
			is, says = present(is, value), present(says, value)
		}
		if r, c := slices.Index(rows, is), slices.Index(columns, says); r >= 0 && c >= 0 {
			m.Counts[r][c]++
			m.N++
		}
	}
	enough := m.N >= EnoughAudited
	for _, r := range m.Counts {
		sum := 0.0
		for _, n := range r {
			sum += n
		}
		enough = enough && sum >= 30
	}
	if enough {
		return m, true
	}
	counts := e.s.Confusion(head, value)
	if len(counts) != len(rows) {
		return m, false
	}
	m = Matrix{Names: rows, Counts: counts}
	for _, r := range counts {
		for _, n := range r {
			m.N += int(n)
		}
	}
	return m, true
}

// present is value when it is among kinds by commas, else None.
func present(kinds, value string) string {
	if slices.Contains(strings.Split(kinds, ","), value) {
		return value
	}
	return None
}
