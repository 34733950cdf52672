// Package businessapi offers over REST what business decides: facts are stated, read, corrected and withdrawn.
package businessapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// FactFigures is what a statement says of a fact.
type FactFigures struct {
	At           time.Time  `json:"at" doc:"When it counts; of a period its beginning."`
	Until        *time.Time `json:"until,omitempty" doc:"The end of the period, exclusive; absent for a moment."`
	Quantity     *float64   `json:"quantity,omitempty" doc:"In the unit of the kind; 1 when absent, where the kind allows it."`
	Amount       *int64     `json:"amount,omitempty" doc:"Minor units of the currency."`
	Before       *int64     `json:"before,omitempty" doc:"Purchases: the price before, in minor units."`
	Currency     string     `json:"currency,omitempty" maxLength:"3" doc:"ISO 4217."`
	Person       string     `json:"person,omitempty" maxLength:"300"`
	Organisation string     `json:"organisation,omitempty" maxLength:"300"`
	Channel      string     `json:"channel,omitempty" maxLength:"300"`
	Team         string     `json:"team,omitempty" maxLength:"300"`
	Partner      string     `json:"partner,omitempty" maxLength:"300"`
	Campaign     string     `json:"campaign,omitempty" maxLength:"300"`
	Community    string     `json:"community,omitempty" maxLength:"300"`
	Source       string     `json:"source,omitempty" maxLength:"300" doc:"Where an applicant or a customer comes from."`
	Status       string     `json:"status,omitempty" maxLength:"300"`
	Label        string     `json:"label,omitempty" maxLength:"300"`
	Ref          string     `json:"ref,omitempty" maxLength:"300" doc:"What it belongs to."`
	Topic        string     `json:"topic,omitempty" maxLength:"300" doc:"The name of a topic."`
	Language     string     `json:"language,omitempty" maxLength:"2" doc:"ISO 639-1."`
	Matter       string     `json:"matter,omitempty" maxLength:"300" doc:"complaint, praise, suggestion, question, lead or job."`
	Note         string     `json:"note,omitempty" maxLength:"300"`
}

// FactStatement is what a source says about a fact that it calls external_id.
type FactStatement struct {
	Kind       string `json:"kind" minLength:"1" maxLength:"40" doc:"See list-fact-kinds."`
	Origin     string `json:"origin,omitempty" maxLength:"300" doc:"The system that states it; api when absent."`
	ExternalID string `json:"external_id" minLength:"1" maxLength:"300" doc:"What that system calls it. A later statement about the same kind, origin and external_id replaces this one."`
	FactFigures
	Version   int64      `json:"version,omitempty" minimum:"0" doc:"Of the statement: a higher one wins, whenever it arrives."`
	StatedAt  *time.Time `json:"stated_at,omitempty" doc:"When the system said so: of one version the later wins. The time of arrival when absent."`
	Withdrawn bool       `json:"withdrawn,omitempty" doc:"The fact is taken back."`
}

// Fact is a fact as it counts now.
type Fact struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	Origin     string `json:"origin"`
	ExternalID string `json:"external_id"`
	FactFigures
	Version   int64     `json:"version,omitempty"`
	StatedAt  time.Time `json:"stated_at"`
	Activity  string    `json:"activity" doc:"The activity of the ledger that states it; give it as was when correcting."`
	Withdrawn bool      `json:"withdrawn" doc:"It was taken back and counts nowhere; only its last date is told."`
	Hidden    bool      `json:"money_hidden,omitempty" doc:"It has an amount; those are shown to those who steer the strategy."`
}

// FactLine is one statement in the history of a fact.
type FactLine struct {
	Activity  string    `json:"activity"`
	Actor     string    `json:"actor,omitempty" doc:"member:ID; absent for imports."`
	LearnedAt time.Time `json:"learned_at"`
	Counts    bool      `json:"counts" doc:"This is what counts now."`
	ByHand    bool      `json:"by_hand"`
	Withdrawn bool      `json:"withdrawn"`
	FactFigures
	Version int64 `json:"version,omitempty"`
}

// FactKind is a kind of fact, and what is known of it.
type FactKind struct {
	ID       string      `json:"id"`
	Unit     string      `json:"unit" doc:"Of quantities."`
	Amount   string      `json:"amount" enum:"never,may,must"`
	Period   string      `json:"period" enum:"never,may,must"`
	Statuses []string    `json:"statuses,omitempty"`
	Labels   []string    `json:"labels,omitempty" doc:"Absent: any words."`
	Fields   []string    `json:"fields" doc:"Which of person, organisation … concern it."`
	Count    int         `json:"count"`
	First    *time.Time  `json:"first,omitempty"`
	Last     *time.Time  `json:"last,omitempty"`
	Learned  *time.Time  `json:"learned,omitempty" doc:"When the newest was stated."`
	Gaps     []time.Time `json:"gaps,omitempty" doc:"Beginnings of months without any."`
}

// FactTotal is what the facts of a month come to.
type FactTotal struct {
	Month    time.Time `json:"month"`
	Split    string    `json:"split,omitempty" doc:"Status or label, of kinds whose facts must not be added across them."`
	Currency string    `json:"currency,omitempty" doc:"Currencies are never added to each other."`
	Count    int       `json:"count"`
	Quantity float64   `json:"quantity" doc:"The sum, or the mean of kinds that cannot be added."`
	Amount   *int64    `json:"amount,omitempty" doc:"Minor units; absent where amounts are prices of one piece."`
	Hidden   bool      `json:"money_hidden,omitempty" doc:"Amounts are shown to those who steer the strategy."`
}

// FolderRule says what is done with files of the watched folder.
type FolderRule struct {
	ID        string    `json:"id"`
	Pattern   string    `json:"pattern"`
	Kind      string    `json:"kind"`
	Origin    string    `json:"origin,omitempty"`
	Label     string    `json:"label,omitempty"`
	Columns   string    `json:"columns,omitempty" doc:"field=heading; field=heading"`
	Currency  string    `json:"currency,omitempty"`
	Decimal   string    `json:"decimal,omitempty"`
	Dates     string    `json:"dates,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// FolderFile is a file that was taken from the watched folder.
type FolderFile struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Kind    string     `json:"kind,omitempty"`
	State   string     `json:"state" enum:"taken,done,failed"`
	Added   int        `json:"added"`
	Known   int        `json:"known"`
	Refused int        `json:"refused"`
	Problem string     `json:"problem,omitempty"`
	TakenAt time.Time  `json:"taken_at"`
	EndedAt *time.Time `json:"ended_at,omitempty"`
}

// ByID is the id in a path. It is exported because the specification is made from exported fields.
type ByID struct {
	ID string `path:"id" maxLength:"50"`
}

// Narrowed are the filters of lists.
type Narrowed struct {
	Kind    string    `query:"kind" maxLength:"40"`
	Status  string    `query:"status" maxLength:"300"`
	Label   string    `query:"label" maxLength:"300"`
	Team    string    `query:"team" maxLength:"300"`
	Channel string    `query:"channel" maxLength:"300"`
	Origin  string    `query:"origin" maxLength:"300"`
	From    time.Time `query:"from" doc:"Of the moment or the beginning of the period."`
	Until   time.Time `query:"until" doc:"Exclusive."`
}

func (n *Narrowed) filter() business.Filter {
	return business.Filter{Kind: n.Kind, Status: n.Status, Label: n.Label, Team: n.Team, Channel: n.Channel, Origin: n.Origin, From: n.From, Until: n.Until}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func shown(f *business.Fact) Fact {
	out := Fact{ID: f.ID, Kind: f.Kind, Origin: f.Origin, ExternalID: f.External, Version: f.Version, StatedAt: f.StatedAt, Activity: f.Activity, Withdrawn: f.Withdrawn, Hidden: f.Hidden,
		FactFigures: FactFigures{At: f.At, Until: moment(f.Until), Amount: f.Amount, Before: f.Before, Currency: f.Currency, Person: f.Person, Organisation: f.Organisation, Channel: f.Channel,
			Team: f.Team, Partner: f.Partner, Campaign: f.Campaign, Community: f.Community, Source: f.Source, Status: f.Status, Label: f.Label, Ref: f.Ref,
			Topic: f.Topic, Language: f.Language, Matter: f.Matter}}
	if !f.Withdrawn {
		out.Quantity = &f.Quantity
	}
	return out
}

// said turns figures into a statement of a kind.
func (g *FactFigures) said(kind string) (business.Statement, error) {
	st := business.Statement{At: g.At, Currency: g.Currency, Fact: ledger.Fact{Kind: kind, Quantity: 1, Before: g.Before, Person: g.Person, Organisation: g.Organisation, Channel: g.Channel,
		Team: g.Team, Partner: g.Partner, Campaign: g.Campaign, Community: g.Community, Source: g.Source, Status: g.Status, Label: g.Label, Ref: g.Ref, Note: g.Note,
		Topic: g.Topic, Language: g.Language, Matter: g.Matter}}
	if g.Until != nil {
		st.Until = *g.Until
	}
	k, known := business.Kind(kind)
	switch {
	case g.Quantity != nil:
		st.Quantity = *g.Quantity
	case known && k.Quantity == ledger.Must:
		return st, problem.New(problem.Invalid, "intake.fact.no_quantity").On("quantity")
	}
	switch {
	case g.Amount != nil && g.Currency == "":
		return st, problem.New(problem.Invalid, "ledger.fact.no_amount").On("currency")
	case g.Amount == nil && g.Currency != "":
		return st, problem.New(problem.Invalid, "ledger.fact.no_amount").On("amount")
	case g.Amount != nil && intake.CurrencyOf(g.Currency) != g.Currency:
		return st, problem.New(problem.Invalid, "ledger.fact.currency", "Value", g.Currency).On("currency")
	case g.Amount != nil:
		st.Amount = *g.Amount
	}
	return st, nil
}

func need(n ledger.Need) string { return []string{"never", "may", "must"}[n] }

// StatedFact is what became of a statement.
type StatedFact struct {
	ID  string `json:"id"`
	New bool   `json:"new" doc:"It says something else than its source said before."`
}

// Operations adds the operations. folder may be nil.
func Operations(a *api.API, s *business.Service, folder *business.Watcher) {
	api.Add(a, api.Op{ID: "list-fact-kinds", Method: http.MethodGet, Path: "/fact-kinds", Tag: "facts", Summary: "The kinds of business facts, how many there are, and in which months there are none",
		Permission: org.MeasureRead}, func(ctx context.Context, _ *struct{}) (*api.List[FactKind], error) {
		list, err := s.Cover(ctx, i18n.Zone(ctx))
		if err != nil {
			return nil, err
		}
		out := make([]FactKind, len(list))
		for i, c := range list {
			out[i] = FactKind{ID: c.Kind.ID, Unit: c.Kind.Unit, Amount: need(c.Kind.Amount), Period: need(c.Kind.Period), Statuses: c.Kind.Statuses, Labels: c.Kind.Labels, Fields: c.Kind.Fields,
				Count: c.Count, First: moment(c.First), Last: moment(c.Last), Learned: moment(c.Learned), Gaps: c.Gaps}
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, api.Op{ID: "list-facts", Method: http.MethodGet, Path: "/facts", Tag: "facts", Summary: "List business facts, newest first", Permission: org.MeasureRead},
		func(ctx context.Context, in *struct {
			api.Paging
			Narrowed
			Withdrawn bool `query:"withdrawn" doc:"Those that were taken back, instead of those that count."`
		}) (*api.List[Fact], error) {
			parts, err := api.ParseCursor(in.Cursor, 2)
			if err != nil {
				return nil, err
			}
			var before business.Place
			if parts != nil {
				n, err := strconv.ParseInt(parts[0], 10, 64)
				if err != nil {
					return nil, problem.New(problem.Invalid, "api.bad_cursor").On("cursor")
				}
				before = business.Place{At: time.UnixMicro(n), ID: parts[1]}
			}
			f := in.filter()
			f.Withdrawn = in.Withdrawn
			list, next, err := s.List(ctx, f, before, in.Limit)
			if err != nil {
				return nil, err
			}
			out := make([]Fact, len(list))
			for i := range list {
				out[i] = shown(&list[i])
			}
			cursor := ""
			if next.ID != "" {
				cursor = api.Cursor(strconv.FormatInt(next.At.UnixMicro(), 10), next.ID)
			}
			return api.Listed(out, cursor), nil
		})
	api.Add(a, api.Op{ID: "list-fact-totals", Method: http.MethodGet, Path: "/fact-totals", Tag: "facts", Summary: "What the facts of a kind come to by month, of a year up to now when no period is said",
		Permission: org.MeasureRead}, func(ctx context.Context, in *struct {
		Narrowed
	}) (*api.List[FactTotal], error) {
		k, found := business.Kind(in.Kind)
		if !found {
			return nil, problem.New(problem.Invalid, "ledger.fact.kind", "Value", in.Kind).On("kind")
		}
		f := in.filter()
		if f.Until.IsZero() {
			f.Until = s.Now()
		}
		if f.From.IsZero() {
			f.From = f.Until.AddDate(-1, 0, 0)
		}
		list, err := s.Totals(ctx, f, i18n.Zone(ctx))
		if err != nil {
			return nil, err
		}
		out := make([]FactTotal, len(list))
		for i, t := range list {
			out[i] = FactTotal{Month: t.Month, Split: t.Split, Currency: t.Currency, Count: t.Count, Quantity: t.Quantity, Hidden: t.Hidden}
			if t.Currency != "" && !t.Hidden && business.Adds(&k) {
				out[i].Amount = &list[i].Amount
			}
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, api.Op{ID: "get-fact", Method: http.MethodGet, Path: "/facts/{id}", Tag: "facts", Summary: "One business fact", Permission: org.MeasureRead},
		func(ctx context.Context, in *ByID) (*api.One[Fact], error) { return one(ctx, s, in.ID) })
	api.Add(a, api.Op{ID: "list-fact-history", Method: http.MethodGet, Path: "/facts/{id}/history", Tag: "facts", Summary: "What was stated about a fact, what was learned last first", Permission: org.MeasureRead},
		func(ctx context.Context, in *ByID) (*api.List[FactLine], error) {
			f, err := s.Find(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			lines, err := s.History(ctx, f)
			if err != nil {
				return nil, err
			}
			out := make([]FactLine, len(lines))
			for i := range lines {
				l := &lines[i]
				f := l.Counted(&f)
				f.Withdrawn = false
				g := shown(&f).FactFigures
				g.Note = l.Note
				out[i] = FactLine{Activity: l.Activity, Actor: l.Actor, LearnedAt: l.LearnedAt, Counts: l.Counts, ByHand: l.ByHand, Withdrawn: l.Void, FactFigures: g, Version: l.Version}
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "state-facts", Method: http.MethodPost, Path: "/facts", Tag: "facts", Summary: "State business facts, up to 1,000, all or none",
		Description: "A source that repeats itself states nothing new. With an Idempotency-Key the same call is made once.", Permission: org.MeasureEdit, MaxBody: 4 << 20},
		func(ctx context.Context, in *struct {
			Body struct {
				Facts []FactStatement `json:"facts" minItems:"1" maxItems:"1000"`
			}
		}) (*api.List[StatedFact], error) {
			list := make([]business.Statement, len(in.Body.Facts))
			for i := range in.Body.Facts {
				b := &in.Body.Facts[i]
				st, err := b.said(b.Kind)
				if err != nil {
					p := problem.Of(err)
					return nil, p.On("facts[" + strconv.Itoa(i) + "]." + p.Field)
				}
				st.Origin, st.External, st.Version, st.Void = b.Origin, b.ExternalID, b.Version, b.Withdrawn
				if b.StatedAt != nil {
					st.StatedAt = b.StatedAt.Truncate(time.Microsecond).UTC()
				}
				list[i] = st
			}
			stated, err := s.State(ctx, list)
			if err != nil {
				return nil, err
			}
			out := make([]StatedFact, len(stated))
			for i, x := range stated {
				out[i].ID, out[i].New = x.ID, x.New
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "correct-fact", Method: http.MethodPut, Path: "/facts/{id}", Tag: "facts", Summary: "Correct a fact by hand; the history keeps what it was", Permission: org.MeasureEdit},
		func(ctx context.Context, in *struct {
			ByID
			Was  string `query:"was" maxLength:"50" doc:"The activity that was seen to state it: refused when another states it now."`
			Body FactFigures
		}) (*api.One[Fact], error) {
			f, err := s.Find(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			st, err := in.Body.said(f.Kind)
			if err != nil {
				return nil, err
			}
			if err := s.Correct(ctx, in.ID, in.Was, st); err != nil {
				return nil, err
			}
			return one(ctx, s, in.ID)
		})
	api.Add(a, api.Op{ID: "withdraw-fact", Method: http.MethodDelete, Path: "/facts/{id}", Tag: "facts", Summary: "Take a fact back; it stays in the history", Permission: org.MeasureEdit, Status: http.StatusNoContent},
		func(ctx context.Context, in *struct {
			ByID
			Was  string `query:"was" maxLength:"50"`
			Note string `query:"note" maxLength:"300" doc:"Why."`
		}) (*api.None, error) {
			return nil, s.Withdraw(ctx, in.ID, in.Was, in.Note)
		})
	if folder != nil {
		watched(a, folder)
	}
}

func one(ctx context.Context, s *business.Service, id string) (*api.One[Fact], error) {
	f, err := s.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	return api.Only(shown(&f)), nil
}

// watched adds the operations of the watched folder.
func watched(a *api.API, w *business.Watcher) {
	rule := func(r *business.Rule) FolderRule {
		return FolderRule{ID: r.ID, Pattern: r.Pattern, Kind: r.Kind, Origin: r.Settings.Origin, Label: r.Settings.Label, Columns: intake.WriteColumns(r.Settings.Columns),
			Currency: r.Settings.Currency, Decimal: r.Settings.Decimal, Dates: r.Settings.Dates, CreatedAt: r.CreatedAt}
	}
	api.Add(a, api.Op{ID: "list-folder-rules", Method: http.MethodGet, Path: "/folder-rules", Tag: "facts", Summary: "What is done with which files of the watched folder", Permission: org.MeasureRead},
		func(ctx context.Context, _ *struct{}) (*api.List[FolderRule], error) {
			list, err := w.Rules(ctx)
			if err != nil {
				return nil, err
			}
			out := make([]FolderRule, len(list))
			for i := range list {
				out[i] = rule(&list[i])
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "create-folder-rule", Method: http.MethodPost, Path: "/folder-rules", Tag: "facts", Summary: "Say what is done with files of a name", Permission: org.MeasureEdit, Status: http.StatusCreated},
		func(ctx context.Context, in *struct {
			Body struct {
				Pattern  string `json:"pattern" minLength:"1" maxLength:"200" doc:"Such as couts-*.csv."`
				Kind     string `json:"kind" minLength:"1" maxLength:"40"`
				Origin   string `json:"origin,omitempty" maxLength:"100"`
				Label    string `json:"label,omitempty" maxLength:"200"`
				Columns  string `json:"columns,omitempty" maxLength:"2000" doc:"field=heading; field=heading"`
				Currency string `json:"currency,omitempty" maxLength:"3"`
				Decimal  string `json:"decimal,omitempty"`
				Dates    string `json:"dates,omitempty" enum:"dmy,mdy"`
			}
		}) (*api.One[FolderRule], error) {
			b := &in.Body
			columns, ok := intake.ParseColumns(b.Columns)
			if !ok {
				return nil, problem.New(problem.Invalid, "business.watch.bad_columns").On("columns")
			}
			if b.Decimal != "" && b.Decimal != "," && b.Decimal != "." {
				return nil, problem.New(problem.Invalid, "intake.fact.ambiguous").On("decimal")
			}
			r, err := w.AddRule(ctx, business.Rule{Pattern: b.Pattern, Kind: b.Kind, Settings: intake.Settings{Origin: b.Origin, Label: b.Label, Columns: columns, Currency: b.Currency,
				Decimal: b.Decimal, Dates: b.Dates}})
			if err != nil {
				return nil, err
			}
			return api.Only(rule(&r)), nil
		})
	api.Add(a, api.Op{ID: "delete-folder-rule", Method: http.MethodDelete, Path: "/folder-rules/{id}", Tag: "facts", Summary: "Take a rule of the watched folder away", Permission: org.MeasureEdit, Status: http.StatusNoContent},
		func(ctx context.Context, in *ByID) (*api.None, error) { return nil, w.RemoveRule(ctx, in.ID) })
	api.Add(a, api.Op{ID: "list-folder-files", Method: http.MethodGet, Path: "/folder-files", Tag: "facts", Summary: "The newest files taken from the watched folder", Permission: org.MeasureRead},
		func(ctx context.Context, _ *struct{}) (*api.List[FolderFile], error) {
			list, err := w.Files(ctx, 100)
			if err != nil {
				return nil, err
			}
			out := make([]FolderFile, len(list))
			for i, f := range list {
				out[i] = FolderFile{ID: f.ID, Name: f.Name, Kind: f.Kind, State: string(f.State), Added: f.Progress.Added, Known: f.Progress.Known, Refused: f.Progress.Refused, TakenAt: f.TakenAt, EndedAt: moment(f.EndedAt)}
				if f.Problem.Reason != "" {
					out[i].Problem = f.Problem.In(ctx)
				}
			}
			return api.Listed(out, ""), nil
		})
}
