package govern

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// Tie is the plan for our relations with one group: which ties we want, how many, what they are worth, how we talk with them.
type Tie struct {
	ID                   string
	Name                 string   // of the group
	Kind                 string   // of persons who count: what their relation is called, such as customer
	Ties                 []Strand // kinds of ties
	Wanted               int      // persons
	Persons              *int     // how many there are, where they were counted
	DueAt                time.Time
	Worth                string // what such a tie brings, in words
	Amount               int64  // what one brings in a year, minor units; 0: nobody knows
	Currency             string
	How                  string // how we communicate
	Often                string
	Owner                string // member id
	Objective            string
	Discreet             bool // the money is left out for whoever asked
	CreatedAt, UpdatedAt time.Time
}

// Rhythms lists how often we talk with a group.
func Rhythms() []string {
	return []string{"daily", "weekly", "monthly", "quarterly", "yearly", "needed"}
}

// TieKinds lists kinds of ties to choose from; a plan may name others.
func TieKinds() []string {
	return []string{"buys", "follows", "asks", "answers", "recommends", "contributes", "tests", "resells", "supplies", "partners", "employs", "invests", "regulates", "reports"}
}

func ties() register[Tie] {
	return register[Tie]{
		table: "tie_plan", order: "created_at, id",
		columns: "id, name, kind, ties, wanted, due_at, worth, amount, currency, how, often, owner, objective, created_at, updated_at",
		fields: func(t *Tie) []any {
			return []any{&t.ID, &t.Name, &t.Kind, db.JSON(&t.Ties), &t.Wanted, db.At(&t.DueAt), &t.Worth, &t.Amount, &t.Currency, &t.How, &t.Often, &t.Owner, &t.Objective, db.At(&t.CreatedAt), db.At(&t.UpdatedAt)}
		},
		row: func(t Tie) []any {
			if t.Ties == nil {
				t.Ties = []Strand{}
			}
			return []any{t.ID, t.Name, t.Kind, db.J(t.Ties), t.Wanted, db.T(t.DueAt), t.Worth, t.Amount, t.Currency, t.How, t.Often, t.Owner, t.Objective, db.T(t.CreatedAt), db.T(t.UpdatedAt)}
		},
	}
}

func (s *Service) checkTie(ctx context.Context, t, was Tie) (Tie, error) {
	n := s.notes(ctx)
	n.need(&t.Name, "name", 120)
	n.need(&t.Kind, "kind", 60)
	t.Ties = n.strands(t.Ties, was.Ties)
	if t.Wanted < 0 || t.Wanted > 1e9 {
		n.refuse("wanted", "govern.number_bad")
	}
	n.day(t.DueAt, "due_at")
	n.text(&t.Worth, "worth", 1000)
	if t.Amount < 0 || t.Amount > 1e13 {
		n.refuse("amount", "govern.amount_bad")
	}
	if t.Currency = strings.ToUpper(strings.TrimSpace(t.Currency)); t.Amount != 0 && !currencyCode.MatchString(t.Currency) {
		n.refuse("currency", "govern.currency_bad")
	}
	n.text(&t.How, "how", 1000)
	if t.Often != "" {
		n.among(t.Often, "often", Rhythms())
	}
	n.member(t.Owner, was.Owner, "owner")
	n.objective(t.Objective, was.Objective, "objective")
	return t, n.err()
}

func (t Tie) summary() map[string]any {
	return map[string]any{"name": t.Name, "kind": t.Kind, "ties": t.Ties, "wanted": t.Wanted, "owner": t.Owner}
}

// Ties lists the relationship plan.
func (s *Service) Ties(ctx context.Context) ([]Tie, error) {
	out, err := list(ctx, s, ties(), "")
	for n := range out {
		out[n] = out[n].shown(ctx)
	}
	return out, err
}

// shown is a line as whoever asks may see it: money is for those who steer and for who owns the line.
func (t Tie) shown(ctx context.Context) Tie {
	if !seesMoney(ctx, t.Owner) {
		t.Amount, t.Currency, t.Discreet = 0, "", true
	}
	return t
}

// Tie reads one line of the plan.
func (s *Service) Tie(ctx context.Context, tie string) (Tie, error) {
	t, err := one(ctx, s, ties(), tie)
	return t.shown(ctx), err
}

// TiesOf lists the lines of the plan that an objective stands on: those that name it, and those of the groups it is for, by name.
func (s *Service) TiesOf(ctx context.Context, objective string, groups []string) ([]Tie, error) {
	all, err := s.Ties(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(t Tie) bool {
		return (objective == "" || t.Objective != objective) && !slices.ContainsFunc(groups, func(g string) bool { return fold(g) == fold(t.Name) })
	}), nil
}

// AddTie adds a line to the plan.
func (s *Service) AddTie(ctx context.Context, t Tie) (Tie, error) {
	t, err := s.checkTie(ctx, t, Tie{})
	if err != nil {
		return t, err
	}
	t.ID, t.CreatedAt, t.UpdatedAt = s.newID(), s.Now(), s.Now()
	return t, s.edit(ctx, org.StrategyEdit, "govern.tie_added", "tie:"+t.ID, t.summary(), func(ctx context.Context, q db.Q) error { return ties().insert(ctx, q, t) })
}

// ChangeTie saves a line anew. UpdatedAt is that of what whoever changes it has seen; when
// somebody else changed it since, that is a conflict. Zero saves it whatever others did.
func (s *Service) ChangeTie(ctx context.Context, t Tie) (Tie, error) {
	was, err := s.Tie(ctx, t.ID)
	if err != nil {
		return t, err
	}
	if t, err = s.checkTie(ctx, t, was); err != nil {
		return t, err
	}
	is, err := change(ctx, s, ties(), changing[Tie]{entry: t.ID, seen: t.UpdatedAt, action: "govern.tie_changed", object: "tie", put: func(was Tie, at time.Time) (Tie, any, error) {
		is := t
		is.CreatedAt, is.UpdatedAt = was.CreatedAt, at
		return is, map[string]any{"name": is.Name, "was": was.summary(), "is": is.summary()}, nil
	}})
	if err != nil {
		return t, err
	}
	return is, nil
}

// TieWish is what a line of the plan wanted from some moment on.
type TieWish struct {
	At     time.Time
	Member string // who said so, by name; "" for a program
	Wanted int
	Ties   []Strand
}

// TieWishes lists what a line of the plan wanted, the newest first.
func (s *Service) TieWishes(ctx context.Context, tie string) ([]TieWish, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	type wish struct {
		Wanted int      `json:"wanted"`
		Ties   []Strand `json:"ties"`
	}
	type row struct {
		TieWish
		said struct {
			wish
			Is *wish `json:"is"`
		}
	}
	rows, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{db.At(&r.At), &r.Member, db.JSON(&r.said)} },
		"SELECT a.at, COALESCE(m.name, ''), a.details FROM audit a LEFT JOIN member m ON m.id = a.member WHERE a.object = $1 ORDER BY a.id DESC"+db.Limit(50), "tie:"+tie)
	if err != nil {
		return nil, fmt.Errorf("read what a tie wanted: %w", err)
	}
	var out []TieWish
	for _, r := range rows {
		if r.said.Is != nil {
			r.said.wish = *r.said.Is
		}
		r.Wanted, r.Ties = r.said.Wanted, r.said.Ties
		out = append(out, r.TieWish)
	}
	return out, nil
}

// RemoveTie takes a line away.
func (s *Service) RemoveTie(ctx context.Context, tie string) error {
	return s.edit(ctx, org.StrategyEdit, "govern.tie_removed", "tie:"+tie, nil, func(ctx context.Context, q db.Q) error { return ties().remove(ctx, q, tie) })
}

// In is a line of the plan with how many persons its group has, of those that Kinds counts.
func (t Tie) In(kinds map[string]int) Tie {
	n := kinds[fold(t.Kind)]
	t.Persons = &n
	return t
}

type kindCount struct {
	kinds []string
	n     int
}

// Kinds counts persons by what their relation is called. One of several kinds counts under each.
func (s *Service) Kinds(ctx context.Context) (map[string]int, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	rows, err := db.All(ctx, s.db.Read(), func(k *kindCount) []any { return []any{db.JSON(&k.kinds), &k.n} },
		"SELECT kinds, COUNT(*) FROM person WHERE merged_into = '' AND kinds <> '[]' GROUP BY kinds")
	if err != nil {
		return nil, fmt.Errorf("count persons by kind: %w", err)
	}
	out := map[string]int{}
	for _, r := range rows {
		for _, k := range slices.Compact(slices.Sorted(slices.Values(r.kinds))) {
			out[fold(k)] += r.n
		}
	}
	return out, nil
}
