package govern

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/sorting"
)

// Spending is one tool or service that somebody pays for.
type Spending struct {
	ID                   string
	Tool                 string
	Capability           string // what it is for: of Capabilities, or own words
	Department           string // who uses it
	Payer                string // which budget pays
	Amount               int64  // minor units a period
	Currency             string
	Period               string
	BeginsAt             time.Time
	EndsAt               time.Time // of the contract; zero: open
	Approval             string    // whether IT approved it
	Owner                string    // member id
	Note                 string
	Discreet             bool // the money is left out for whoever asked
	CreatedAt, UpdatedAt time.Time
	Initiative, Plan     string // id and name of the initiative that plans it; such an entry is not in the register
}

// Periods lists for how long an amount pays.
func Periods() []string { return []string{"month", "quarter", "year", "once"} }

// Approvals lists what IT says to a tool.
func Approvals() []string { return []string{"yes", "asked", "no"} }

// Capabilities lists what social tools are for; a register may name others.
func Capabilities() []string {
	return []string{"listening", "publishing", "inbox", "community", "reviews", "advocacy", "chat", "surveys", "analytics", "content", "ideas", "training"}
}

// noticeFor is how long before its end a contract is pointed out: most must be ended three months before.
const noticeFor = 92 * 24 * time.Hour

// Yearly is what it costs in a year, minor units; one-off costs count as they are.
func (e Spending) Yearly() int64 {
	switch e.Period {
	case "month":
		return 12 * e.Amount
	case "quarter":
		return 4 * e.Amount
	}
	return e.Amount
}

// Running reports whether it is paid for at a moment.
func (e Spending) Running(at time.Time) bool {
	return !e.BeginsAt.After(at) && (e.EndsAt.IsZero() || e.EndsAt.After(at))
}

// EndsSoon reports whether the contract ends within the time in which it must be renewed or ended.
func (e Spending) EndsSoon(at time.Time) bool {
	return e.Running(at) && !e.EndsAt.IsZero() && e.EndsAt.Before(at.Add(noticeFor))
}

func spendings() register[Spending] {
	return register[Spending]{
		table: "spending", order: "capability, department, tool, id",
		columns: "id, tool, capability, department, payer, amount, currency, period, begins_at, ends_at, approval, owner, note, created_at, updated_at",
		fields: func(e *Spending) []any {
			return []any{&e.ID, &e.Tool, &e.Capability, &e.Department, &e.Payer, &e.Amount, &e.Currency, &e.Period, db.At(&e.BeginsAt), db.At(&e.EndsAt), &e.Approval, &e.Owner, &e.Note,
				db.At(&e.CreatedAt), db.At(&e.UpdatedAt)}
		},
		row: func(e Spending) []any {
			return []any{e.ID, e.Tool, e.Capability, e.Department, e.Payer, e.Amount, e.Currency, e.Period, db.T(e.BeginsAt), db.T(e.EndsAt), e.Approval, e.Owner, e.Note,
				db.T(e.CreatedAt), db.T(e.UpdatedAt)}
		},
	}
}

var currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)

func (s *Service) checkSpending(ctx context.Context, e, was Spending) (Spending, error) {
	n := s.notes(ctx)
	n.need(&e.Tool, "tool", 120)
	n.need(&e.Capability, "capability", 60)
	n.need(&e.Department, "department", 80)
	n.text(&e.Payer, "payer", 80)
	if e.Amount < 0 || e.Amount > 1e13 {
		n.refuse("amount", "govern.amount_bad")
	}
	if e.Currency = strings.ToUpper(strings.TrimSpace(e.Currency)); !currencyCode.MatchString(e.Currency) {
		n.refuse("currency", "govern.currency_bad")
	}
	n.among(e.Period, "period", Periods())
	n.needDay(e.BeginsAt, "begins_at")
	if n.day(e.EndsAt, "ends_at"); !e.EndsAt.IsZero() && !e.EndsAt.After(e.BeginsAt) {
		n.refuse("ends_at", "govern.end_before")
	}
	n.among(e.Approval, "approval", Approvals())
	n.member(e.Owner, was.Owner, "owner")
	n.text(&e.Note, "note", 2000)
	return e, n.err()
}

func (e Spending) summary() map[string]any {
	return map[string]any{"name": e.Tool, "capability": e.Capability, "department": e.Department, "amount": e.Amount, "currency": e.Currency, "period": e.Period, "approval": e.Approval}
}

// Spendings lists the register, by capability and department.
func (s *Service) Spendings(ctx context.Context) ([]Spending, error) {
	out, err := list(ctx, s, spendings(), "")
	for n := range out {
		out[n] = out[n].shown(ctx)
	}
	return out, err
}

// shown is an entry as whoever asks may see it: money is for those who steer and for who owns the entry.
func (e Spending) shown(ctx context.Context) Spending {
	if !seesMoney(ctx, e.Owner) {
		e.Amount, e.Currency, e.Period, e.Payer, e.Discreet = 0, "", "", "", true
	}
	return e
}

// seesMoney reports whether whoever asks sees amounts of what somebody owns: those who steer, and the owner.
func seesMoney(ctx context.Context, owner string) bool {
	return org.SeesMoney(ctx) || owner != "" && owner == me(ctx)
}

// Spending reads one.
func (s *Service) Spending(ctx context.Context, entry string) (Spending, error) {
	e, err := one(ctx, s, spendings(), entry)
	return e.shown(ctx), err
}

// AddSpending puts a tool into the register.
func (s *Service) AddSpending(ctx context.Context, e Spending) (Spending, error) {
	e, err := s.checkSpending(ctx, e, Spending{})
	if err != nil {
		return e, err
	}
	e.ID, e.CreatedAt, e.UpdatedAt = s.newID(), s.Now(), s.Now()
	return e, s.edit(ctx, org.StrategyEdit, "govern.spending_added", "spending:"+e.ID, e.summary(), func(ctx context.Context, q db.Q) error { return spendings().insert(ctx, q, e) })
}

// ChangeSpending saves an entry anew. UpdatedAt is that of what whoever changes it has seen; when
// somebody else changed it since, that is a conflict. Zero saves it whatever others did.
func (s *Service) ChangeSpending(ctx context.Context, e Spending) (Spending, error) {
	was, err := s.Spending(ctx, e.ID)
	if err != nil {
		return e, err
	}
	if e, err = s.checkSpending(ctx, e, was); err != nil {
		return e, err
	}
	is, err := change(ctx, s, spendings(), changing[Spending]{entry: e.ID, seen: e.UpdatedAt, action: "govern.spending_changed", object: "spending", put: func(was Spending, at time.Time) (Spending, any, error) {
		is := e
		is.CreatedAt, is.UpdatedAt = was.CreatedAt, at
		return is, map[string]any{"name": is.Tool, "was": was.summary(), "is": is.summary()}, nil
	}})
	if err != nil {
		return e, err
	}
	return is, nil
}

// RemoveSpending takes an entry away.
func (s *Service) RemoveSpending(ctx context.Context, entry string) error {
	return s.edit(ctx, org.StrategyEdit, "govern.spending_removed", "spending:"+entry, nil, func(ctx context.Context, q db.Q) error { return spendings().remove(ctx, q, entry) })
}

// Money is an amount in minor units of a currency.
type Money struct {
	Currency string
	Amount   int64
}

// Double is a capability that several departments pay for at the same time.
type Double struct {
	Capability  string
	Departments []string // in order
	Entries     []Spending
	Yearly      []Money // of all entries, by currency
	Avoidable   []Money // none where money is left out; what is left when only the dearest entry of each currency stays: an upper bound, not a saving
}

// Planned lists the licences that initiatives under way plan, as whoever asks may see them, as entries beside those of a register: for what a
// tool is, and whether IT approved it, is what the register says of the tool by that name. Where the register has none its capability is empty,
// or its name when another initiative plans it too.
func (s *Service) Planned(ctx context.Context, register []Spending) ([]Spending, error) {
	if s.plan == nil {
		return nil, nil
	}
	list, err := s.plan.Initiatives(ctx)
	if err != nil {
		return nil, err
	}
	var out []Spending
	for _, i := range list {
		if i.State == plan.Done || i.State == plan.Stopped {
			continue
		}
		for _, l := range i.Lines {
			if l.Kind != cost.Licences {
				continue
			}
			from, to := l.From, l.To
			if from == 0 {
				from = i.Start
			}
			if to == 0 {
				to = i.End
			}
			e := Spending{Tool: l.Label, Department: l.Funding, Amount: l.Amount * int64(l.Count), Currency: l.Currency, Period: string(l.Every), Approval: "no", Owner: i.Owner,
				BeginsAt: from.Noon(time.UTC), EndsAt: to.Noon(time.UTC), Initiative: i.ID, Plan: i.Name}
			for _, r := range register {
				if strings.Contains(" "+fold(l.Label)+" ", " "+fold(r.Tool)+" ") {
					if e.Capability == "" {
						e.Capability = r.Capability
					}
					if slices.Index(Approvals(), r.Approval) < slices.Index(Approvals(), e.Approval) {
						e.Approval = r.Approval
					}
				}
			}
			out = append(out, e)
		}
	}
	for n, e := range out { // the register does not say what it is for, but whoever plans it too plans the same
		if e.Capability == "" && slices.ContainsFunc(out, func(o Spending) bool { return o.Initiative != e.Initiative && fold(o.Tool) == fold(e.Tool) }) {
			out[n].Capability = strings.Join(strings.Fields(e.Tool), " ")
		}
	}
	return out, nil
}

// Ahead reports whether it is paid for at a moment, or planned and not over.
func (e Spending) Ahead(at time.Time) bool {
	return e.Running(at) || e.Initiative != "" && (e.EndsAt.IsZero() || e.EndsAt.After(at))
}

// meets reports whether another department pays in a time in which this one does.
func (e Spending) meets(o Spending) bool {
	before := func(a, b Spending) bool { return !a.EndsAt.IsZero() && !a.EndsAt.After(b.BeginsAt) }
	return e.Department != "" && o.Department != "" && fold(e.Department) != fold(o.Department) && !before(e, o) && !before(o, e)
}

// Doubles finds capabilities that more than one department pays for while their contracts run at the same time; what an initiative plans
// is among them when it meets another. Departments and capabilities are compared without regard to case and spaces.
func Doubles(list []Spending, at time.Time) []Double {
	by := map[string]*Double{}
	var order []string
	for _, e := range list {
		if !e.Ahead(at) || e.Capability == "" {
			continue
		}
		if e.Initiative != "" && !slices.ContainsFunc(list, func(o Spending) bool { return o.Ahead(at) && fold(o.Capability) == fold(e.Capability) && e.meets(o) }) {
			continue
		}
		key := fold(e.Capability)
		d := by[key]
		if d == nil {
			d = &Double{Capability: e.Capability}
			by[key] = d
			order = append(order, key)
		}
		d.Entries = append(d.Entries, e)
		if !slices.ContainsFunc(d.Departments, func(x string) bool { return fold(x) == fold(e.Department) }) {
			d.Departments = append(d.Departments, e.Department)
		}
	}
	var out []Double
	for _, key := range order {
		d := by[key]
		if len(d.Departments) < 2 {
			continue
		}
		if slices.ContainsFunc(d.Entries, func(e Spending) bool { return e.Discreet }) {
			out = append(out, *d)
			continue
		}
		d.Yearly = total(d.Entries)
		for _, m := range d.Yearly {
			dearest := int64(0)
			for _, e := range d.Entries {
				if e.Currency == m.Currency {
					dearest = max(dearest, e.Yearly())
				}
			}
			d.Avoidable = append(d.Avoidable, Money{m.Currency, m.Amount - dearest})
		}
		out = append(out, *d)
	}
	return out
}

// Total is what runs at a moment in a year, by currency, of what whoever asked may see: amounts of different currencies are never added.
func Total(list []Spending, at time.Time) []Money {
	return total(slices.DeleteFunc(slices.Clone(list), func(e Spending) bool { return !e.Running(at) }))
}

func total(list []Spending) []Money {
	sums := map[string]int64{}
	for _, e := range list {
		if !e.Discreet {
			sums[e.Currency] += e.Yearly()
		}
	}
	var out []Money
	for _, e := range list {
		if v, ok := sums[e.Currency]; ok {
			out = append(out, Money{e.Currency, v})
			delete(sums, e.Currency)
		}
	}
	sorting.Func(out, func(a, b Money) int { return strings.Compare(a.Currency, b.Currency) })
	return out
}

func fold(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
