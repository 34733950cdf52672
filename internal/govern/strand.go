package govern

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
)

// Strand is one kind of tie with a group: what those persons do, how many should, and what tells which do.
type Strand struct {
	Kind   string `json:"kind"`             // one of TieKinds, or other words
	Wanted int    `json:"wanted,omitempty"` // persons; 0: no number was said
	By     string `json:"by,omitempty"`     // one of Signs; "": nothing that is heard or brought tells it
	Actual *int   `json:"-"`                // persons, where they were counted
}

// What tells of somebody that they have a tie. Each but Promoter is followed by what exactly.
const (
	OnCard   = "card:"  // what else their relation is called
	HasSaid  = "said:"  // what they wrote is taken for this, or is this where it stands
	OfTopic  = "topic:" // they wrote something that a topic counts
	HasFact  = "fact:"  // a business fact of this kind names them
	Promoter = "nps"    // asked last, they said 9 or 10 of 10
	Usual    = "usual"  // stands, in what is saved, for what usually tells the kind of tie
)

// signFor is how long what somebody wrote or did tells of a tie.
const signFor = 365 * 24 * time.Hour

// usual is what tells a kind of tie unless somebody says otherwise; "": nothing does.
func usual(kind string) string {
	switch kind {
	case "buys":
		return HasFact + ledger.FactOrder
	case "asks":
		return HasSaid + "question"
	case "answers":
		return HasSaid + "answer"
	case "contributes":
		return HasSaid + "idea"
	case "recommends":
		return Promoter
	case "resells":
		return OnCard + "reseller"
	case "supplies":
		return OnCard + "supplier"
	case "partners":
		return OnCard + "partner"
	case "employs":
		return OnCard + "employee"
	case "invests":
		return OnCard + "investor"
	case "reports":
		return OnCard + "journalist"
	}
	return ""
}

// SaidKinds are what something may be taken for, and what it may be where it stands.
func SaidKinds() []string { return append(enrich.KindNames(), "answer", "idea", "review") }

// SignFacts are the kinds of business facts that may name a person.
func SignFacts() []string {
	var out []string
	for _, k := range ledger.FactKinds() {
		if k.Has("person") {
			out = append(out, k.ID)
		}
	}
	return out
}

// strands puts the kinds of ties of a line in order: each once.
func (n *notes) strands(list, was []Strand) []Strand {
	var out []Strand
	for _, t := range list {
		if n.text(&t.Kind, "ties", 60); t.Kind == "" || slices.ContainsFunc(out, func(o Strand) bool { return o.Kind == t.Kind }) {
			continue
		}
		if t.Wanted < 0 || t.Wanted > 1e9 {
			n.refuse("ties", "govern.number_bad")
		}
		if t.By == Usual {
			t.By = usual(t.Kind)
		}
		if n.text(&t.By, "ties", 80); !slices.ContainsFunc(was, func(o Strand) bool { return o.By == t.By }) {
			n.sign(t.By)
		}
		t.Actual = nil
		out = append(out, t)
	}
	if len(out) > 20 {
		n.refuse("ties", "govern.too_many", "Max", 20)
	}
	return out
}

func (n *notes) sign(by string) {
	kind, of, _ := strings.Cut(by, ":")
	switch kind + ":" {
	case ":", Promoter + ":":
		if of == "" {
			return
		}
	case OnCard:
		if fold(of) != "" {
			return
		}
	case HasSaid:
		if slices.Contains(SaidKinds(), of) {
			return
		}
	case HasFact:
		if slices.Contains(SignFacts(), of) {
			return
		}
	case OfTopic:
		_, err := n.s.listening.Topic(n.ctx, of)
		if err == nil {
			return
		}
		if !problem.Is(err, problem.Missing) {
			n.down = err
		}
	}
	n.refuse("ties", "govern.sign_bad")
}

// bearing narrows persons to those whose relation is called so, as the list of people does.
func bearing(w *db.Where, kind string) {
	w.And("LOWER(p.kinds) LIKE ?", `%"`+strings.ToLower(strings.NewReplacer("%", "", "_", "", `"`, "", `\`, "").Replace(strings.TrimSpace(kind)))+`"%`)
}

// told reads the persons of a group who have a tie, from what tells it; ok is false where nothing does. last is when it was told last.
func (s *Service) told(group, by string) (from, last string, w *db.Where, ok bool) {
	w = &db.Where{}
	w.And("p.merged_into = ''")
	bearing(w, group)
	kind, of, _ := strings.Cut(by, ":")
	if kind+":" == OnCard {
		bearing(w, of)
		return "person p", "p.since", w, of != ""
	}
	// From persons on, in this order: groups are small beside what was ever written, and each of them finds their own by an index.
	at, table := "f.at", "business_fact f"
	w.And("i.person = p.id")
	switch kind + ":" {
	case HasFact:
		w.And("f.person = i.uri AND f.person <> ''").And("f.kind = ?", of).And("COALESCE(f.amount, 0) >= 0") // what was given back is no purchase
	case Promoter + ":":
		w.And("f.person = i.uri AND f.person <> ''").And("f.kind = 'rating' AND f.label = 'nps' AND f.quantity >= 9")
		w.And("NOT EXISTS (SELECT 1 FROM business_fact g WHERE g.kind = 'rating' AND g.label = 'nps' AND g.quantity < 9 AND g.person = f.person AND g.at > f.at AND g.at <= ?)", db.T(s.Now()))
	case HasSaid:
		at, table = "o.at", "post o LEFT JOIN enrichment e ON e.post = o.id"
		w.And("o.author = i.uri").And("o.deleted_at IS NULL AND o.automatic = ''").And("(o.kind = ? OR ',' || e.kinds || ',' LIKE ?)", of, "%,"+of+",%")
	case OfTopic:
		at, table = "o.at", "post o CROSS JOIN mention m"
		w.And("o.author = i.uri").And("m.topic = ?", of).And("m.post = o.id").And("o.deleted_at IS NULL AND o.automatic = ''")
	default:
		return "", "", nil, false
	}
	w.And(at+" > ?", db.T(s.Now().Add(-signFor))).And(at+" <= ?", db.T(s.Now()))
	return "person p CROSS JOIN identity i CROSS JOIN " + table, "MAX(" + at + ")", w, true
}

// Counted says of lines of the plan how many persons each kind of tie has. One person counts once for each.
func (s *Service) Counted(ctx context.Context, list ...Tie) ([]Tie, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	kinds, err := s.Kinds(ctx)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i] = list[i].In(kinds)
		list[i].Ties = slices.Clone(list[i].Ties)
		for j, t := range list[i].Ties {
			from, _, w, ok := s.told(list[i].Kind, t.By)
			if !ok {
				continue
			}
			n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(DISTINCT p.id) FROM "+from+" "+w.String(), w.Args...)
			if err != nil {
				return nil, fmt.Errorf("count ties: %w", err)
			}
			list[i].Ties[j].Actual = &n
		}
	}
	return list, nil
}

// Tied is somebody who has a tie.
type Tied struct {
	ID, Name, Organisation string    // the name may be their address
	At                     time.Time // when it was told last
}

// TiedPersons lists exactly those persons that Counted counts for one kind of tie of a line, by name; next is where the list goes on.
func (s *Service) TiedPersons(ctx context.Context, t Tie, kind string, after people.Place, limit int) (list []Tied, next people.Place, err error) {
	if err := org.Require(ctx, org.PeopleRead); err != nil {
		return nil, next, err
	}
	i := slices.IndexFunc(t.Ties, func(o Strand) bool { return o.Kind == kind })
	if i < 0 {
		return nil, next, notFound()
	}
	from, last, w, ok := s.told(t.Kind, t.Ties[i].By)
	if !ok {
		return nil, next, nil
	}
	if after.ID != "" {
		w.And("(p.folded, p.id) > (?, ?)", after.Folded, after.ID)
	}
	type row struct {
		Tied
		folded string
	}
	rows, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.ID, &r.Name, &r.Organisation, &r.folded, db.At(&r.At)} },
		"SELECT p.id, CASE WHEN p.name <> '' THEN p.name ELSE COALESCE((SELECT MIN(uri) FROM identity WHERE person = p.id), '') END, p.organisation, p.folded, "+last+
			" FROM "+from+" "+w.String()+" GROUP BY p.id, p.name, p.organisation, p.folded, p.since ORDER BY p.folded, p.id"+db.Limit(limit+1), w.Args...)
	if err != nil {
		return nil, next, fmt.Errorf("list ties: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = people.Place{Folded: rows[limit-1].folded, ID: rows[limit-1].ID}
	}
	for _, r := range rows {
		list = append(list, r.Tied)
	}
	return list, next, nil
}
