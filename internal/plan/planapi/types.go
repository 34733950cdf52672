package planapi

import (
	"time"

	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

// Initiative is what is done for objectives, with all its parts.
type Initiative struct {
	ID    string `json:"id"`
	State string `json:"state" enum:"draft,proposed,approved,running,done,stopped"`
	// MoneyHidden is true for those who neither may edit the strategy nor own the initiative.
	MoneyHidden bool `json:"money_hidden,omitempty" doc:"Money, and hours of others than you, are left out: they are for the owner and those who may edit the strategy."`
	InitiativeDraft
	Contributors []Contributor `json:"contributors" nullable:"false"`
	Tasks        []Task        `json:"tasks" nullable:"false"`
	Lines        []Line        `json:"lines" nullable:"false"`
	Risks        []Risk        `json:"risks" nullable:"false"`
	Benefits     []Benefit     `json:"benefits" nullable:"false"`
	Approval     *Approval     `json:"approval,omitempty" doc:"The last one."`
	CreatedAt    time.Time     `json:"created_at"`
	UpdatedAt    time.Time     `json:"updated_at" doc:"Give it as seen to be refused when somebody else changed the initiative meanwhile."`
}

// InitiativeDraft is what an initiative is, apart from its parts.
type InitiativeDraft struct {
	Name       string   `json:"name" minLength:"1" maxLength:"120" doc:"No two have the same. Business facts of cost and hours that name it as campaign or ref count as spent on it."`
	Owner      string   `json:"owner,omitempty" maxLength:"50" doc:"A member."`
	Outcome    string   `json:"outcome,omitempty" maxLength:"4000"`
	ScopeIn    string   `json:"scope_in,omitempty" maxLength:"4000"`
	ScopeOut   string   `json:"scope_out,omitempty" maxLength:"4000"`
	Manner     string   `json:"manner,omitempty" maxLength:"4000" doc:"How it is done."`
	Exit       string   `json:"exit,omitempty" maxLength:"4000" doc:"When it counts as done, or is given up."`
	Start      string   `json:"start,omitempty" maxLength:"10" doc:"Such as 2026-11-22."`
	End        string   `json:"end,omitempty" maxLength:"10"`
	Currency   string   `json:"currency,omitempty" maxLength:"3" doc:"Of new lines; EUR when absent."`
	Objectives []string `json:"objectives,omitempty" nullable:"false" maxItems:"30" doc:"Those it serves."`
}

// Contributor is somebody with hours released from their job.
type Contributor struct {
	Member  string `json:"member" maxLength:"50"`
	Minutes int    `json:"minutes_a_week" minimum:"1" maximum:"3600"`
	From    string `json:"from,omitempty" maxLength:"10" doc:"The start of the initiative when absent."`
	To      string `json:"to,omitempty" maxLength:"10" doc:"The end of the initiative when absent."`
}

// Task is a piece of work, or with length 0 a milestone.
type Task struct {
	ID      string `json:"id,omitempty" maxLength:"50" doc:"Absent for a new one."`
	Name    string `json:"name" minLength:"1" maxLength:"120"`
	Length  int    `json:"length" minimum:"0" maximum:"1000" doc:"Working days."`
	From    string `json:"from,omitempty" maxLength:"10" doc:"Not before this day."`
	After   []Wait `json:"after,omitempty" nullable:"false" maxItems:"20"`
	Member  string `json:"member,omitempty" maxLength:"50" doc:"Who does it."`
	Minutes int    `json:"minutes,omitempty" minimum:"0" maximum:"6000000" doc:"Planned work."`
	Done    int    `json:"done,omitempty" minimum:"0" maximum:"100" doc:"Percent."`
	Began   string `json:"began,omitempty" maxLength:"10"`
	Ended   string `json:"ended,omitempty" maxLength:"10"`
}

// TaskProgress is how far a task is.
type TaskProgress struct {
	Done    int    `json:"done" minimum:"0" maximum:"100" doc:"Percent; 100 once it has ended."`
	Began   string `json:"began,omitempty" maxLength:"10"`
	Ended   string `json:"ended,omitempty" maxLength:"10"`
	Minutes int    `json:"minutes,omitempty" minimum:"0" maximum:"6000000" doc:"Worked and not booked yet: booked as your hours."`
	Day     string `json:"day,omitempty" maxLength:"10" doc:"Of these minutes; today when absent."`
	Note    string `json:"note,omitempty" maxLength:"300"`
}

// Wait says that a task begins when another has ended and some working days have gone by.
type Wait struct {
	Task string `json:"task" maxLength:"50" doc:"The id of a task, or #3 for the third of the list."`
	Lag  int    `json:"lag,omitempty" minimum:"0" maximum:"500" doc:"Working days."`
}

// Line is one line of a budget.
type Line struct {
	ID       string `json:"id,omitempty" maxLength:"50" doc:"Absent for a new one."`
	Kind     string `json:"kind" enum:"one_off,recurring,hours,licences"`
	Label    string `json:"label" minLength:"1" maxLength:"120"`
	Funding  string `json:"funding,omitempty" maxLength:"120" doc:"The department that pays."`
	Currency string `json:"currency,omitempty" maxLength:"3"`
	Amount   int64  `json:"amount" minimum:"1" maximum:"10000000000000" doc:"Minor units: of a one-off all, of a recurring line each time, of hours the rate of one, of licences the price of one."`
	Every    string `json:"every,omitempty" enum:"once,month,quarter,year"`
	Count    int    `json:"count,omitempty" minimum:"0" maximum:"100000" doc:"Of licences."`
	Minutes  int    `json:"minutes,omitempty" minimum:"0" maximum:"6000000" doc:"Of hours."`
	From     string `json:"from,omitempty" maxLength:"10"`
	To       string `json:"to,omitempty" maxLength:"10"`
}

// Risk is what may go wrong, and what is done then.
type Risk struct {
	ID          string `json:"id,omitempty" maxLength:"50" doc:"Absent for a new one."`
	Name        string `json:"name" minLength:"1" maxLength:"200"`
	Trigger     string `json:"trigger,omitempty" maxLength:"1000"`
	Probability int    `json:"probability" minimum:"1" maximum:"5"`
	Impact      int    `json:"impact" minimum:"1" maximum:"5"`
	Contingency string `json:"contingency,omitempty" maxLength:"2000"`
	Reserve     int64  `json:"reserve,omitempty" minimum:"0" maximum:"10000000000000" doc:"Minor units."`
	Currency    string `json:"currency,omitempty" maxLength:"3"`
	State       string `json:"state,omitempty" enum:"open,struck,removed"`
}

// Benefit is what an initiative should bring: money, or a measure that should reach a target.
type Benefit struct {
	ID       string   `json:"id,omitempty" maxLength:"50" doc:"Absent for a new one."`
	Kind     string   `json:"kind" enum:"money,measure"`
	Label    string   `json:"label" minLength:"1" maxLength:"200"`
	From     string   `json:"from,omitempty" maxLength:"10"`
	To       string   `json:"to,omitempty" maxLength:"10" doc:"The last day, or by when the target should be reached."`
	Currency string   `json:"currency,omitempty" maxLength:"3"`
	Low      int64    `json:"low,omitempty" minimum:"0" maximum:"10000000000000" doc:"Minor units each time, as are likely and high."`
	Likely   int64    `json:"likely,omitempty" minimum:"0" maximum:"10000000000000"`
	High     int64    `json:"high,omitempty" minimum:"0" maximum:"10000000000000"`
	Every    string   `json:"every,omitempty" enum:"once,month,quarter,year"`
	Grade    string   `json:"grade,omitempty" enum:"assumed,modelled,surveyed,measured"`
	Measure  string   `json:"measure,omitempty" maxLength:"50"`
	Baseline *float64 `json:"baseline,omitempty"`
	Target   *float64 `json:"target,omitempty"`
}

// Amount is money in minor units; amounts of two currencies are never added.
type Amount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Approval is what was approved, when and by whom.
type Approval struct {
	At      time.Time `json:"at"`
	By      string    `json:"by,omitempty" doc:"A member."`
	Start   string    `json:"start"`
	End     string    `json:"end"`
	Cost    []Amount  `json:"cost" nullable:"false"`
	Reserve []Amount  `json:"reserve" nullable:"false"`
}

// Standing is where an initiative stands today.
type Standing struct {
	Initiative string        `json:"initiative"`
	Due        string        `json:"due,omitempty"`
	Expected   string        `json:"expected,omitempty" doc:"When it will end, by what is done."`
	Slip       int           `json:"slip" doc:"Working days late, negative when early."`
	Done       *float64      `json:"done,omitempty" doc:"Share of the work, weighed by hours; absent without tasks."`
	ShouldBe   *float64      `json:"should_be,omitempty"`
	Accounts   []Account     `json:"accounts" nullable:"false"`
	Tasks      []TaskDays    `json:"tasks" nullable:"false"`
	Missing    []MissingPart `json:"missing" nullable:"false" doc:"What keeps it from being approved."`
	Changed    []string      `json:"changed" nullable:"false" doc:"What changed since approval: with any, it needs approval again."`
}

// TaskDays is when a task is done.
type TaskDays struct {
	Task     string `json:"task"`
	Start    string `json:"start" doc:"As approved, else as planned."`
	End      string `json:"end"`
	Began    string `json:"forecast_start"`
	Ends     string `json:"forecast_end"`
	Slack    int    `json:"slack" doc:"Working days."`
	Critical bool   `json:"critical"`
}

// MissingPart is something that keeps an initiative from being approved.
type MissingPart struct {
	Code    string `json:"code"`
	Section string `json:"section" enum:"about,people,tasks,budget,risks,benefits"`
	Field   string `json:"field"`
}

// Account is the money of an initiative in one currency, in minor units.
type Account struct {
	Currency     string   `json:"currency"`
	Budget       int64    `json:"budget"`
	Reserve      int64    `json:"reserve"`
	ToDate       int64    `json:"planned_to_date"`
	Actual       int64    `json:"actual"`
	PlannedValue int64    `json:"planned_value"`
	EarnedValue  int64    `json:"earned_value"`
	Low          int64    `json:"benefit_low"`
	Likely       int64    `json:"benefit_likely"`
	High         int64    `json:"benefit_high"`
	ROI          *float64 `json:"roi,omitempty" doc:"(benefit − cost) / cost; absent without a cost or a benefit in money."`
	ROILow       *float64 `json:"roi_low,omitempty"`
	ROIHigh      *float64 `json:"roi_high,omitempty"`
	Payback      string   `json:"payback,omitempty" doc:"The last day of the month from which on benefits have made up for costs."`
}

// Decision is a step that was taken.
type Decision struct {
	At     time.Time `json:"at"`
	Member string    `json:"member,omitempty"`
	Step   string    `json:"step"`
	Note   string    `json:"note,omitempty"`
}

// Booking is money spent or time worked, noted by hand.
type Booking struct {
	ID        string    `json:"id"`
	Member    string    `json:"member,omitempty" doc:"Who noted it."`
	CreatedAt time.Time `json:"created_at"`
	BookingDraft
}

// BookingDraft is what a booking should be.
type BookingDraft struct {
	Line     string `json:"line,omitempty" maxLength:"50" doc:"Of the budget."`
	Day      string `json:"day" maxLength:"10"`
	Amount   int64  `json:"amount,omitempty" minimum:"-10000000000000" maximum:"10000000000000" doc:"Minor units; hours on a line of hours cost its rate when absent."`
	Currency string `json:"currency,omitempty" maxLength:"3"`
	Minutes  int    `json:"minutes,omitempty" minimum:"0" maximum:"6000000"`
	Note     string `json:"note,omitempty" maxLength:"300"`
}

// PersonWeeks is the time of a member, week by week.
type PersonWeeks struct {
	Member string     `json:"member"`
	Name   string     `json:"name,omitempty"`
	Weeks  []WeekLoad `json:"weeks" nullable:"false"`
}

// WeekLoad is the hours of a week, in minutes.
type WeekLoad struct {
	Monday    string     `json:"monday"`
	Available int        `json:"available"`
	Planned   int        `json:"planned"`
	Loads     []LoadPart `json:"loads" nullable:"false"`
}

// LoadPart is what an initiative takes of a week.
type LoadPart struct {
	Initiative string `json:"initiative"`
	Minutes    int    `json:"minutes"`
}

// ObjectiveMeans is what is done for an objective.
type ObjectiveMeans struct {
	Objective   string   `json:"objective"`
	Funded      bool     `json:"funded"`
	Initiatives int      `json:"initiatives"`
	Cost        []Amount `json:"cost" nullable:"false"`
	Minutes     int      `json:"minutes"`
}

// WorkingDays says on which days the organisation works.
type WorkingDays struct {
	Weekdays []string `json:"weekdays" nullable:"false" maxItems:"7" enum:"monday,tuesday,wednesday,thursday,friday,saturday,sunday"`
	Closed   []string `json:"closed" nullable:"false" maxItems:"1000" doc:"Days without work, such as 2026-12-25."`
}

// days reads texts that must be days; the first that is none is refused with its field.
type days struct{ err error }

func (d *days) read(text, field string) schedule.Day {
	day, ok := schedule.ParseDay(text)
	if !ok && d.err == nil {
		d.err = problem.New(problem.Invalid, "plan.day_bad").On(field)
	}
	return day
}

func (i InitiativeDraft) about() (plan.About, error) {
	var d days
	a := plan.About{Name: i.Name, Owner: i.Owner, Outcome: i.Outcome, ScopeIn: i.ScopeIn, ScopeOut: i.ScopeOut, Manner: i.Manner, Exit: i.Exit, Start: d.read(i.Start, "start"), End: d.read(i.End, "end"),
		Currency: i.Currency, Objectives: i.Objectives}
	return a, d.err
}

func initiative(i plan.Initiative) Initiative {
	out := Initiative{ID: i.ID, State: string(i.State), InitiativeDraft: InitiativeDraft{Name: i.Name, Owner: i.Owner, Outcome: i.Outcome, ScopeIn: i.ScopeIn, ScopeOut: i.ScopeOut, Manner: i.Manner, Exit: i.Exit,
		Start: i.Start.String(), End: i.End.String(), Currency: i.Currency, Objectives: i.Objectives}, MoneyHidden: i.Discreet, Contributors: []Contributor{}, Tasks: []Task{}, Lines: []Line{}, Risks: []Risk{}, Benefits: []Benefit{},
		CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt}
	for _, c := range i.Contributors {
		out.Contributors = append(out.Contributors, Contributor{c.Member, c.Minutes, c.From.String(), c.To.String()})
	}
	for _, t := range i.Tasks {
		k := Task{ID: t.ID, Name: t.Name, Length: t.Length, From: t.From.String(), Member: t.Member, Minutes: t.Minutes, Done: t.Done, Began: t.Began.String(), Ended: t.Ended.String()}
		for _, w := range t.After {
			k.After = append(k.After, Wait{w.Task, w.Lag})
		}
		out.Tasks = append(out.Tasks, k)
	}
	for _, l := range i.Lines {
		out.Lines = append(out.Lines, Line{l.ID, string(l.Kind), l.Label, l.Funding, l.Currency, l.Amount, string(l.Every), l.Count, l.Minutes, l.From.String(), l.To.String()})
	}
	for _, r := range i.Risks {
		out.Risks = append(out.Risks, Risk{r.ID, r.Name, r.Trigger, r.Probability, r.Impact, r.Contingency, r.Reserve, r.Currency, r.State})
	}
	for _, b := range i.Benefits {
		k := Benefit{ID: b.ID, Kind: string(b.Kind), Label: b.Label, From: b.From.String(), To: b.To.String(), Currency: b.Currency, Low: b.Low, Likely: b.Likely, High: b.High, Every: string(b.Every),
			Grade: string(b.Grade), Measure: b.Measure}
		if b.Kind == plan.InMeasure && !b.Hidden {
			k.Baseline, k.Target = &b.Baseline, &b.Target
		}
		out.Benefits = append(out.Benefits, k)
	}
	if a := i.Approved; a != nil {
		out.Approval = &Approval{a.At, a.By, a.Start.String(), a.End.String(), amounts(a.Cost), amounts(a.Reserve)}
	}
	return out
}

func amounts(list []money.Amount) []Amount {
	out := []Amount{}
	for _, a := range list {
		out = append(out, Amount{a.Minor, a.Currency})
	}
	return out
}

func standing(st plan.Standing) Standing {
	out := Standing{Initiative: st.ID, Due: st.Due.String(), Expected: st.Expected.String(), Slip: st.Slip, Accounts: []Account{}, Tasks: []TaskDays{}, Missing: []MissingPart{}, Changed: []string{}}
	if st.Weighed {
		out.Done, out.ShouldBe = &st.Done, &st.ShouldBe
	}
	for _, a := range st.Accounts {
		k := Account{Currency: a.Currency, Budget: a.Budget, Reserve: a.Reserve, ToDate: a.ToDate, Actual: a.Actual, PlannedValue: a.PlannedValue, EarnedValue: a.EarnedValue, Low: a.Low, Likely: a.Likely, High: a.High}
		if a.Return.Known {
			k.ROI, k.ROILow, k.ROIHigh, k.Payback = &a.Return.ROI, &a.Return.Low, &a.Return.High, a.Return.Payback.String()
		}
		out.Accounts = append(out.Accounts, k)
	}
	for n, t := range st.Tasks {
		p, f := st.Planned.Slots[n], st.Forecast.Slots[n]
		out.Tasks = append(out.Tasks, TaskDays{t.ID, p.Start.String(), p.End.String(), f.Start.String(), f.End.String(), f.Slack, f.Critical})
	}
	for _, g := range st.Gaps {
		out.Missing = append(out.Missing, MissingPart{g.Key, string(g.Section), g.Field})
	}
	for _, c := range st.Unapproved {
		out.Changed = append(out.Changed, c.Key)
	}
	return out
}

func contributors(list []Contributor) ([]plan.Contributor, error) {
	var d days
	var out []plan.Contributor
	for _, c := range list {
		out = append(out, plan.Contributor{Member: c.Member, Minutes: c.Minutes, From: d.read(c.From, "from"), To: d.read(c.To, "to")})
	}
	return out, d.err
}

func tasks(list []Task) ([]plan.Task, error) {
	var d days
	var out []plan.Task
	for _, t := range list {
		k := plan.Task{ID: t.ID, Name: t.Name, Length: t.Length, From: d.read(t.From, "from"), Member: t.Member, Minutes: t.Minutes, Done: t.Done, Began: d.read(t.Began, "began"), Ended: d.read(t.Ended, "ended")}
		for _, w := range t.After {
			k.After = append(k.After, plan.Wait{Task: w.Task, Lag: w.Lag})
		}
		out = append(out, k)
	}
	return out, d.err
}

func lines(list []Line) ([]cost.Line, error) {
	var d days
	var out []cost.Line
	for _, l := range list {
		out = append(out, cost.Line{ID: l.ID, Kind: cost.Kind(l.Kind), Label: l.Label, Funding: l.Funding, Currency: l.Currency, Amount: l.Amount, Every: cost.Every(l.Every), Count: l.Count, Minutes: l.Minutes,
			From: d.read(l.From, "from"), To: d.read(l.To, "to")})
	}
	return out, d.err
}

func risks(list []Risk) []plan.Risk {
	var out []plan.Risk
	for _, r := range list {
		out = append(out, plan.Risk{ID: r.ID, Name: r.Name, Trigger: r.Trigger, Probability: r.Probability, Impact: r.Impact, Contingency: r.Contingency, Reserve: r.Reserve, Currency: r.Currency, State: r.State})
	}
	return out
}

func benefits(list []Benefit) ([]plan.Benefit, error) {
	var d days
	var out []plan.Benefit
	for _, b := range list {
		k := plan.Benefit{ID: b.ID, Kind: plan.BenefitKind(b.Kind), Label: b.Label, From: d.read(b.From, "from"), To: d.read(b.To, "to"), Currency: b.Currency, Low: b.Low, Likely: b.Likely, High: b.High,
			Every: cost.Every(b.Every), Grade: kpi.Evidence(b.Grade), Measure: b.Measure}
		if b.Baseline != nil {
			k.Baseline = *b.Baseline
		}
		if b.Target != nil {
			k.Target = *b.Target
		}
		out = append(out, k)
	}
	return out, d.err
}

func booking(b plan.Booking) Booking {
	return Booking{b.ID, b.Member, b.CreatedAt, BookingDraft{b.Line, b.Day.String(), b.Amount, b.Currency, b.Minutes, b.Note}}
}
