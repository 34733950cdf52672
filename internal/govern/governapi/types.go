package governapi

import (
	"time"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/measure/stat"
)

// Stamp is when an entry was made and last changed.
type Stamp struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func at(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// RiskEntry is a risk in the register.
type RiskEntry struct {
	Stamp
	Severity int      `json:"severity" doc:"Probability times impact."`
	Lacks    []string `json:"lacks" doc:"owner, contingency, review_at, overdue."`
	RiskEntryDraft
}

// RiskEntryDraft is what a risk should be.
type RiskEntryDraft struct {
	Name        string     `json:"name" maxLength:"200"`
	Cause       string     `json:"cause,omitempty" maxLength:"2000" doc:"By what we would see it come."`
	Probability int        `json:"probability" minimum:"1" maximum:"5"`
	Impact      int        `json:"impact" minimum:"1" maximum:"5"`
	Response    string     `json:"response,omitempty" maxLength:"4000" doc:"What we do before."`
	Contingency string     `json:"contingency,omitempty" maxLength:"4000" doc:"What we do when it happens."`
	Owner       string     `json:"owner,omitempty" maxLength:"50" doc:"A member."`
	Objective   string     `json:"objective,omitempty" maxLength:"50"`
	ReviewAt    *time.Time `json:"review_at,omitempty"`
	State       string     `json:"state,omitempty" enum:"open,occurred,closed"`
}

func ofRisk(now time.Time) func(govern.Risk) RiskEntry {
	return func(r govern.Risk) RiskEntry {
		lacks := r.Gaps(now)
		if lacks == nil {
			lacks = []string{}
		}
		return RiskEntry{Stamp{r.ID, r.CreatedAt, r.UpdatedAt}, r.Severity(), lacks,
			RiskEntryDraft{r.Name, r.Cause, r.Probability, r.Impact, r.Response, r.Contingency, r.Owner, r.Objective, moment(r.ReviewAt), r.State}}
	}
}

func (d RiskEntryDraft) entry(id string) govern.Risk {
	return govern.Risk{ID: id, Name: d.Name, Cause: d.Cause, Probability: d.Probability, Impact: d.Impact, Response: d.Response, Contingency: d.Contingency, Owner: d.Owner, Objective: d.Objective,
		ReviewAt: at(d.ReviewAt), State: d.State}
}

// SurroundingEntry is one thing around us that changes.
type SurroundingEntry struct {
	Stamp
	ReviewedAt *time.Time `json:"reviewed_at,omitempty"`
	SurroundingEntryDraft
}

// SurroundingEntryDraft is what an entry should be.
type SurroundingEntryDraft struct {
	Factor      string     `json:"factor" enum:"political,economic,social,technological,legal,environmental"`
	Name        string     `json:"name" maxLength:"200"`
	Note        string     `json:"note,omitempty" maxLength:"4000"`
	Source      string     `json:"source,omitempty" maxLength:"500"`
	SourceOn    *time.Time `json:"source_on,omitempty"`
	Probability int        `json:"probability" minimum:"1" maximum:"5"`
	Impact      int        `json:"impact" minimum:"1" maximum:"5"`
	Horizon     string     `json:"horizon" enum:"quarter,year,three_years,later"`
	Objective   string     `json:"objective,omitempty" maxLength:"50"`
	Risk        string     `json:"risk,omitempty" maxLength:"50"`
	Topic       string     `json:"topic,omitempty" maxLength:"50" doc:"It follows this topic."`
	ReviewAt    *time.Time `json:"review_at,omitempty"`
}

func ofSurrounding(e govern.Surrounding) SurroundingEntry {
	return SurroundingEntry{Stamp{e.ID, e.CreatedAt, e.UpdatedAt}, moment(e.ReviewedAt),
		SurroundingEntryDraft{e.Factor, e.Name, e.Note, e.Source, moment(e.SourceOn), e.Probability, e.Impact, e.Horizon, e.Objective, e.Risk, e.Topic, moment(e.ReviewAt)}}
}

func (d SurroundingEntryDraft) entry(id string) govern.Surrounding {
	return govern.Surrounding{ID: id, Factor: d.Factor, Name: d.Name, Note: d.Note, Source: d.Source, SourceOn: at(d.SourceOn), Probability: d.Probability, Impact: d.Impact, Horizon: d.Horizon,
		Objective: d.Objective, Risk: d.Risk, Topic: d.Topic, ReviewAt: at(d.ReviewAt)}
}

// DecisionEntry is what was decided.
type DecisionEntry struct {
	Stamp
	DecisionEntryDraft
}

// DecisionEntryDraft is what a decision should say.
type DecisionEntryDraft struct {
	Name      string     `json:"name" maxLength:"300"`
	Why       string     `json:"why,omitempty" maxLength:"4000"`
	Instead   string     `json:"instead,omitempty" maxLength:"4000" doc:"What was not chosen."`
	DecidedBy string     `json:"decided_by,omitempty" maxLength:"300" doc:"In words."`
	DecidedAt time.Time  `json:"decided_at"`
	Owner     string     `json:"owner,omitempty" maxLength:"50" doc:"The member who sees to it."`
	Objective string     `json:"objective,omitempty" maxLength:"50"`
	Review    string     `json:"review,omitempty" maxLength:"50"`
	ReviewAt  *time.Time `json:"review_at,omitempty" doc:"When to look at it again."`
	State     string     `json:"state,omitempty" enum:"holds,revised,withdrawn"`
}

func ofDecision(d govern.Decision) DecisionEntry {
	return DecisionEntry{Stamp{d.ID, d.CreatedAt, d.UpdatedAt}, DecisionEntryDraft{d.Name, d.Why, d.Instead, d.DecidedBy, d.DecidedAt, d.Owner, d.Objective, d.Review, moment(d.ReviewAt), d.State}}
}

func (d DecisionEntryDraft) entry(id string) govern.Decision {
	return govern.Decision{ID: id, Name: d.Name, Why: d.Why, Instead: d.Instead, DecidedBy: d.DecidedBy, DecidedAt: d.DecidedAt.UTC(), Owner: d.Owner, Objective: d.Objective, Review: d.Review,
		ReviewAt: at(d.ReviewAt), State: d.State}
}

// ReviewEntry is a meeting that looks at where things stand.
type ReviewEntry struct {
	Stamp
	HeldAt    *time.Time `json:"held_at,omitempty"`
	Following string     `json:"following,omitempty" doc:"The next review, planned when this one was held."`
	ReviewEntryDraft
}

// ReviewEntryDraft is what a review should be.
type ReviewEntryDraft struct {
	Name         string    `json:"name" maxLength:"200"`
	Rhythm       string    `json:"rhythm" enum:"once,monthly,quarterly"`
	At           time.Time `json:"at"`
	Minutes      int       `json:"minutes,omitempty" minimum:"5" maximum:"1440" doc:"60 when absent."`
	Place        string    `json:"place,omitempty" maxLength:"300"`
	Participants []string  `json:"participants,omitempty" maxItems:"100" doc:"Members."`
	Notes        string    `json:"notes,omitempty" maxLength:"20000"`
}

func ofReview(r govern.Review) ReviewEntry {
	return ReviewEntry{Stamp{r.ID, r.CreatedAt, r.UpdatedAt}, moment(r.HeldAt), r.Following, ReviewEntryDraft{r.Name, r.Rhythm, r.At, r.Minutes, r.Place, r.Participants, r.Notes}}
}

func (d ReviewEntryDraft) entry(id string) govern.Review {
	return govern.Review{ID: id, Name: d.Name, Rhythm: d.Rhythm, At: d.At.UTC(), Minutes: d.Minutes, Place: d.Place, Participants: d.Participants, Notes: d.Notes}
}

// ActionEntry is what somebody took upon themselves.
type ActionEntry struct {
	Stamp
	DoneAt *time.Time `json:"done_at,omitempty"`
	ActionEntryDraft
}

// ActionEntryDraft is what an action should be.
type ActionEntryDraft struct {
	Name      string    `json:"name" maxLength:"300"`
	Owner     string    `json:"owner" maxLength:"50" doc:"A member."`
	DueAt     time.Time `json:"due_at"`
	Review    string    `json:"review,omitempty" maxLength:"50"`
	Objective string    `json:"objective,omitempty" maxLength:"50"`
	Outcome   string    `json:"outcome,omitempty" maxLength:"4000"`
}

func ofAction(a govern.Action) ActionEntry {
	return ActionEntry{Stamp{a.ID, a.CreatedAt, a.UpdatedAt}, moment(a.DoneAt), ActionEntryDraft{a.Name, a.Owner, a.DueAt, a.Review, a.Objective, a.Outcome}}
}

func (d ActionEntryDraft) entry(id string) govern.Action {
	return govern.Action{ID: id, Name: d.Name, Owner: d.Owner, DueAt: d.DueAt.UTC(), Review: d.Review, Objective: d.Objective, Outcome: d.Outcome}
}

// SpendingEntry is a tool that somebody pays for.
type SpendingEntry struct {
	Stamp
	Yearly      int64 `json:"yearly" doc:"In a year, minor units."`
	MoneyHidden bool  `json:"money_hidden,omitempty" doc:"Amount, currency, period and payer are left out: they are for those who may edit the strategy and for the owner."`
	SpendingEntryDraft
}

// SpendingEntryDraft is what an entry should be.
type SpendingEntryDraft struct {
	Tool       string     `json:"tool" maxLength:"120"`
	Capability string     `json:"capability" maxLength:"60" doc:"What it is for."`
	Department string     `json:"department" maxLength:"80"`
	Payer      string     `json:"payer,omitempty" maxLength:"80"`
	Amount     int64      `json:"amount" minimum:"0" maximum:"10000000000000" doc:"Minor units a period."`
	Currency   string     `json:"currency" maxLength:"3"`
	Period     string     `json:"period" enum:"once,month,quarter,year"`
	BeginsAt   time.Time  `json:"begins_at"`
	EndsAt     *time.Time `json:"ends_at,omitempty"`
	Approval   string     `json:"approval" enum:"yes,asked,no" doc:"Of IT."`
	Owner      string     `json:"owner,omitempty" maxLength:"50"`
	Note       string     `json:"note,omitempty" maxLength:"2000"`
}

func ofSpending(e govern.Spending) SpendingEntry {
	return SpendingEntry{Stamp{e.ID, e.CreatedAt, e.UpdatedAt}, e.Yearly(), e.Discreet,
		SpendingEntryDraft{e.Tool, e.Capability, e.Department, e.Payer, e.Amount, e.Currency, e.Period, e.BeginsAt, moment(e.EndsAt), e.Approval, e.Owner, e.Note}}
}

func (d SpendingEntryDraft) entry(id string) govern.Spending {
	return govern.Spending{ID: id, Tool: d.Tool, Capability: d.Capability, Department: d.Department, Payer: d.Payer, Amount: d.Amount, Currency: d.Currency, Period: d.Period, BeginsAt: d.BeginsAt.UTC(),
		EndsAt: at(d.EndsAt), Approval: d.Approval, Owner: d.Owner, Note: d.Note}
}

// InsightEntry is something heard that was handed to a department.
type InsightEntry struct {
	Stamp
	Verdict   string     `json:"verdict,omitempty" enum:"done,planned,refused" doc:"Absent while nothing is decided."`
	Reason    string     `json:"reason,omitempty"`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
	DecidedBy string     `json:"decided_by,omitempty"`
	Outcome   string     `json:"outcome,omitempty"`
	HandedBy  string     `json:"handed_by,omitempty"`
	InsightEntryDraft
}

// InsightEntryDraft is what an insight should say.
type InsightEntryDraft struct {
	Name       string    `json:"name" maxLength:"300"`
	Note       string    `json:"note,omitempty" maxLength:"4000"`
	Department string    `json:"department" maxLength:"80"`
	Owner      string    `json:"owner,omitempty" maxLength:"50" doc:"The member who decides."`
	About      string    `json:"about,omitempty" maxLength:"80" doc:"conversation:ID or post:ID."`
	DueAt      time.Time `json:"due_at"`
	Objective  string    `json:"objective,omitempty" maxLength:"50"`
}

func ofInsight(i govern.Insight) InsightEntry {
	return InsightEntry{Stamp{i.ID, i.CreatedAt, i.UpdatedAt}, i.Verdict, i.Reason, moment(i.DecidedAt), i.DecidedBy, i.Outcome, i.HandedBy,
		InsightEntryDraft{i.Name, i.Note, i.Department, i.Owner, i.About, i.DueAt, i.Objective}}
}

func (d InsightEntryDraft) entry(id string) govern.Insight {
	return govern.Insight{ID: id, Name: d.Name, Note: d.Note, Department: d.Department, Owner: d.Owner, About: d.About, DueAt: d.DueAt.UTC(), Objective: d.Objective}
}

// TieEntry is a line of the relationship plan.
type TieEntry struct {
	Stamp
	Persons     int  `json:"persons" doc:"How many of the group we know."`
	MoneyHidden bool `json:"money_hidden,omitempty" doc:"What a tie is worth is left out: it is for those who may edit the strategy and for the owner."`
	TieEntryDraft
}

// TieEntryDraft is what a line should be.
type TieEntryDraft struct {
	Name      string     `json:"name" maxLength:"120"`
	Kind      string     `json:"kind" maxLength:"60" doc:"Of persons who count."`
	Ties      []TieKind  `json:"ties,omitempty" maxItems:"20" doc:"Kinds of ties."`
	Wanted    int        `json:"wanted,omitempty" minimum:"0" maximum:"1000000000"`
	DueAt     *time.Time `json:"due_at,omitempty"`
	Worth     string     `json:"worth,omitempty" maxLength:"1000"`
	Amount    int64      `json:"amount,omitempty" minimum:"0" maximum:"10000000000000" doc:"What one tie brings in a year, minor units."`
	Currency  string     `json:"currency,omitempty" maxLength:"3"`
	How       string     `json:"how,omitempty" maxLength:"1000"`
	Often     string     `json:"often,omitempty" enum:"daily,weekly,monthly,quarterly,yearly,needed"`
	Owner     string     `json:"owner,omitempty" maxLength:"50"`
	Objective string     `json:"objective,omitempty" maxLength:"50"`
}

// TieKind is a kind of tie with a group.
type TieKind struct {
	Kind      string `json:"kind" maxLength:"60" doc:"What those persons do: buys, follows, asks, answers, recommends, contributes, tests, resells, supplies, partners, employs, invests, regulates, reports, or other words."`
	Wanted    int    `json:"wanted,omitempty" minimum:"0" maximum:"1000000000" doc:"Persons."`
	CountedBy string `json:"counted_by,omitempty" maxLength:"80" doc:"What tells who has it: card:KIND (also their relation), said:KIND (praise, complaint, suggestion, question, lead, job, answer, idea, review), topic:ID, fact:KIND (of a business fact that names them), nps (9 or 10 when asked last); usual: what is usual for the kind. Absent: nothing that is heard or brought says it. What was written or done counts for a year."`
	Actual    *int   `json:"actual,omitempty" doc:"Persons who have it; absent where nothing says so. Ignored in what is sent."`
}

func ofTie(t govern.Tie) TieEntry {
	d := TieEntryDraft{t.Name, t.Kind, nil, t.Wanted, moment(t.DueAt), t.Worth, t.Amount, t.Currency, t.How, t.Often, t.Owner, t.Objective}
	for _, k := range t.Ties {
		d.Ties = append(d.Ties, TieKind{k.Kind, k.Wanted, k.By, k.Actual})
	}
	e := TieEntry{Stamp{t.ID, t.CreatedAt, t.UpdatedAt}, 0, t.Discreet, d}
	if t.Persons != nil {
		e.Persons = *t.Persons
	}
	return e
}

func (d TieEntryDraft) entry(id string) govern.Tie {
	t := govern.Tie{ID: id, Name: d.Name, Kind: d.Kind, Wanted: d.Wanted, DueAt: at(d.DueAt), Worth: d.Worth, Amount: d.Amount, Currency: d.Currency, How: d.How, Often: d.Often,
		Owner: d.Owner, Objective: d.Objective}
	for _, k := range d.Ties {
		t.Ties = append(t.Ties, govern.Strand{Kind: k.Kind, Wanted: k.Wanted, By: k.CountedBy})
	}
	return t
}

// AgendaPoint is one point of an agenda.
type AgendaPoint struct {
	Kind string `json:"kind" enum:"objective,action,insight,risk,surrounding,decision,spending,charter"`
	Ref  string `json:"ref,omitempty" doc:"Its id."`
	Name string `json:"name,omitempty"`
	Why  string `json:"why" doc:"In words."`
}

// Share is a share with its 95 % interval (Wilson); value is absent without data.
type Share struct {
	Value *float64 `json:"value,omitempty"`
	Low   *float64 `json:"low,omitempty"`
	High  *float64 `json:"high,omitempty"`
	N     int      `json:"n"`
}

func shareOf(e stat.Estimate) Share {
	if !e.Defined() {
		return Share{}
	}
	return Share{&e.Value, &e.Low, &e.High, e.N}
}

// InsightRate is the insight-to-decision rate.
type InsightRate struct {
	Decided Share `json:"decided" doc:"Of those due, or decided before."`
	InTime  Share `json:"in_time"`
	Acted   Share `json:"acted" doc:"Done or planned, of those decided."`
	Waiting int   `json:"waiting" doc:"Not due yet: left out."`
}

// DoubledCapability is a capability that several departments pay for.
type DoubledCapability struct {
	Capability  string    `json:"capability"`
	Departments []string  `json:"departments"`
	Entries     []string  `json:"entries" doc:"Of the register."`
	Licences    []Licence `json:"licences,omitempty" doc:"That initiatives under way plan."`
}

// Licence is a licence that an initiative plans.
type Licence struct {
	Initiative string    `json:"initiative" doc:"Its id."`
	Tool       string    `json:"tool" doc:"As the line of the budget calls it."`
	Department string    `json:"department,omitempty" doc:"Who pays."`
	Approval   string    `json:"approval" doc:"Of IT, as the register says of the tool."`
	BeginsAt   time.Time `json:"begins_at"`
	EndsAt     time.Time `json:"ends_at"`
}

// ReadinessView is where the organisation stands.
type ReadinessView struct {
	Scores    []ReadinessScore `json:"scores"`
	Service   float64          `json:"service" doc:"Readiness for a public service, 0 to 6."`
	Needed    float64          `json:"needed"`
	Open      bool             `json:"open" doc:"A public service may open."`
	Overruled bool             `json:"overruled" doc:"An owner opened it although the organisation is not ready."`
	First     []ReadinessStep  `json:"first" doc:"What to do first."`
}

// ReadinessScore is how far one of the four is.
type ReadinessScore struct {
	P        string  `json:"p" enum:"people,policies,processes,practices"`
	Mean     float64 `json:"mean"`
	Stage    string  `json:"stage,omitempty"`
	Answered int     `json:"answered"`
	Of       int     `json:"of"`
}

// ReadinessStep is something to do first.
type ReadinessStep struct {
	Question string `json:"question"`
	Is       int    `json:"is"`
	To       int    `json:"to"`
}

// ReadinessClaim is a level of a question with what there is to show for it.
type ReadinessClaim struct {
	Question   string     `json:"question" maxLength:"50"`
	Level      int        `json:"level" minimum:"0" maximum:"6"`
	Evidence   string     `json:"evidence,omitempty" maxLength:"2000" doc:"Needed from level 3 on, or a link."`
	Link       string     `json:"link,omitempty" maxLength:"500"`
	EvidenceOn *time.Time `json:"evidence_on,omitempty"`
}

// OrientationView is where the organisation is going, and what follows.
type OrientationView struct {
	Answers    map[string][]string   `json:"answers" doc:"Choices by question."`
	Complete   bool                  `json:"complete"`
	Direction  string                `json:"direction,omitempty" enum:"inward,outward,both"`
	Market     string                `json:"market,omitempty" enum:"b2b,b2c,both"`
	Activities []OrientationWeight   `json:"activities"`
	Proposals  []OrientationProposal `json:"proposals"`
}

// OrientationWeight is how much speaks for an activity.
type OrientationWeight struct {
	Subject string   `json:"subject"`
	Points  int      `json:"points"`
	Because []string `json:"because" doc:"question.choice, the strongest first."`
}

// OrientationProposal is an objective that follows.
type OrientationProposal struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Measures  []string `json:"measures"`
	Presence  []string `json:"presence"`
	Because   []string `json:"because"`
	Objective string   `json:"objective,omitempty" doc:"When it is on a map."`
}
