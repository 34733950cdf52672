package plan

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
)

// Standing is where an initiative stands today.
type Standing struct {
	Initiative
	World      World
	Planned    schedule.Plan // of the tasks, in their order, as they were approved or else are planned
	Forecast   schedule.Plan // with what is done
	Due        schedule.Day  // when it should end: the last task as planned, else the end that is stated
	Expected   schedule.Day  // when it will
	Slip       int           // working days from Due to Expected, negative when early
	Done       float64       // share of the work, 0 to 1
	ShouldBe   float64       // the share that was to be done by now
	Weighed    bool          // there are tasks to tell Done from
	Accounts   []Account     // one a currency, its own first
	Spent      Actual
	Gaps       []Gap
	Weaknesses []Gap
	Unapproved []Change // what changed since approval
}

// Account is the money of an initiative in one currency, in minor units. Planned value and earned value are the budget times the share of the
// work that should be and that is done (EVM, with the work weighed by its hours).
type Account struct {
	Currency              string
	Budget, Reserve       int64
	ToDate                int64 // what was to be spent by now
	Actual                int64
	PlannedValue          int64
	EarnedValue           int64
	Low, Likely, High     int64 // benefit
	Return                cost.Return
	Costs, LikelyBenefits []cost.Piece
}

// CostVariance is earned value less actual cost: negative is over budget.
func (a Account) CostVariance() int64 { return a.EarnedValue - a.Actual }

// ScheduleVariance is earned value less planned value: negative is behind.
func (a Account) ScheduleVariance() int64 { return a.EarnedValue - a.PlannedValue }

// Estimate is what all will have cost at the end if the rest costs as what is done did (budget × actual / earned); ok is false while nothing
// is earned or spent.
func (a Account) Estimate() (minor int64, ok bool) {
	if a.EarnedValue <= 0 || a.Actual <= 0 || a.Budget <= 0 {
		return 0, false
	}
	v := float64(a.Budget) * float64(a.Actual) / float64(a.EarnedValue)
	if v > money.Most*100 {
		return 0, false
	}
	return int64(v + 0.5), true
}

// Stand says where an initiative stands.
func (s *Service) Stand(ctx context.Context, initiative string) (Standing, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Standing{}, err
	}
	i, err := one(ctx, s.db.Read(), initiative)
	if err != nil {
		return Standing{}, err
	}
	list, err := s.standings(ctx, s.db.Read(), []Initiative{i})
	if err != nil {
		return Standing{}, err
	}
	return list[0].shown(ctx, s.priced), nil
}

// Portfolio says where all initiatives stand, those that start first first.
func (s *Service) Portfolio(ctx context.Context) ([]Standing, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	list, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	return s.shownStandings(ctx, list)
}

// shownStandings are standings computed of everything and shown as whoever asks may see them.
func (s *Service) shownStandings(ctx context.Context, list []Initiative) ([]Standing, error) {
	out, err := s.standings(ctx, s.db.Read(), list)
	for n := range out {
		out[n] = out[n].shown(ctx, s.priced)
	}
	return out, err
}

// Facts lists the newest business facts that count as spent on an initiative, none for those who do not lead it.
func (s *Service) Facts(ctx context.Context, i Initiative) ([]Fact, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	if !i.Leads(ctx) {
		return nil, nil
	}
	return s.facts(ctx, s.db.Read(), i, s.Now())
}

func (s *Service) standings(ctx context.Context, q db.Q, list []Initiative) ([]Standing, error) {
	w, err := s.world(ctx, list...)
	if err != nil {
		return nil, err
	}
	spent, err := s.actuals(ctx, q, list, s.Now())
	if err != nil {
		return nil, err
	}
	out := make([]Standing, len(list))
	for n, i := range list {
		if out[n], err = i.stand(w, spent[i.ID]); err != nil {
			return nil, fmt.Errorf("the initiative %s: %w", i.ID, err)
		}
	}
	return out, nil
}

// stand is pure: the same plan, day and spending stand in the same place.
func (i Initiative) stand(w World, spent Actual) (Standing, error) {
	st := Standing{Initiative: i, World: w, Spent: spent, Unapproved: i.Changes(), Gaps: w.gaps(i), Weaknesses: i.weaknesses(w.Calendar, w.Today)}
	var err error
	if st.Planned, err = i.lay(w.Calendar, w.Today); err != nil {
		return st, err
	}
	if st.Forecast, err = schedule.Forecast(steps(i.Tasks), i.begin(w.Today), w.Today, w.Calendar); err != nil {
		return st, err
	}
	for n, t := range i.Tasks { // what was approved is what a task is held against
		if was, ok := i.Approved.Task(t.ID); ok && was.Start != 0 {
			st.Planned.Slots[n].Start, st.Planned.Slots[n].End = was.Start, was.End
		}
	}
	st.times()
	st.work()
	for _, currency := range i.currencies() {
		st.Accounts = append(st.Accounts, st.account(currency))
	}
	for _, m := range st.spentElsewhere() {
		st.Accounts = append(st.Accounts, st.account(m.Currency))
	}
	return st, nil
}

// times are when it should and when it will end.
func (st *Standing) times() {
	if len(st.Tasks) == 0 {
		if st.Due = st.End; st.Approved != nil {
			st.Due = st.Approved.End
		}
		st.Expected = st.End
		if !st.State.Closed() && st.End != 0 {
			st.Expected = max(st.End, st.World.Today)
		}
	} else {
		for n := range st.Tasks {
			st.Due = max(st.Due, st.Planned.Slots[n].End)
		}
		st.Expected = st.Forecast.End
		if st.State.Closed() {
			for _, t := range st.Tasks {
				st.Expected = max(t.Ended, min(st.Expected, st.Due))
			}
		}
	}
	if st.Due != 0 && st.Expected != 0 {
		st.Slip = st.World.Calendar.Late(st.Due, st.Expected)
	}
}

// work weighs tasks by their hours, or by their length where not all have hours; milestones weigh nothing.
func (st *Standing) work() {
	hours := true
	for _, t := range st.Tasks {
		hours = hours && (t.Length == 0 || t.Minutes > 0)
	}
	var all, done, due float64
	for n, t := range st.Tasks {
		weight := float64(t.Length)
		if t.Length > 0 && hours {
			weight = float64(t.Minutes)
		}
		all += weight
		done += weight * float64(t.Done) / 100
		slot := st.Planned.Slots[n]
		if length := st.World.Calendar.Days(slot.Start, slot.End); length > 0 {
			due += weight * float64(min(st.World.Calendar.Days(slot.Start, st.World.Today), length)) / float64(length)
		} else if st.World.Today >= slot.End {
			due += weight
		}
	}
	if all > 0 {
		st.Weighed, st.Done, st.ShouldBe = true, done/all, due/all
	}
}

func (st *Standing) account(currency string) Account {
	a := Account{Currency: currency, Costs: st.pieces(currency), Actual: st.Spent.Spent(currency)}
	a.Budget, a.ToDate = cost.Total(a.Costs), cost.Until(a.Costs, st.World.Today)
	for _, r := range st.Risks {
		if r.Currency == currency && r.State != RiskRemoved {
			a.Reserve += r.Reserve
		}
	}
	if st.Weighed {
		a.PlannedValue, a.EarnedValue = share(a.Budget, st.ShouldBe), share(a.Budget, st.Done)
	}
	low, likely, high := st.benefits(currency)
	a.Low, a.Likely, a.High, a.LikelyBenefits = cost.Total(low), cost.Total(likely), cost.Total(high), likely
	if len(likely) > 0 {
		a.Return = cost.Returns(a.Costs, a.Reserve, low, likely, high)
	}
	return a
}

func share(total int64, of float64) int64 {
	return money.Part(total, int64(of*1_000_000+0.5), 1_000_000)
}

// spentElsewhere are the currencies in which something was spent that nobody had planned in.
func (st *Standing) spentElsewhere() []money.Amount {
	sum := money.Sum{}
	for _, from := range []money.Sum{st.Spent.Booked, st.Spent.Facts} {
		for c, minor := range from {
			sum.Add(c, minor)
		}
	}
	for _, c := range st.currencies() {
		delete(sum, c)
	}
	return sum.Amounts()
}

// Own is the account in the initiative's own currency.
func (st Standing) Own() Account {
	if len(st.Accounts) == 0 {
		return Account{Currency: st.Currency}
	}
	return st.Accounts[0]
}
