// Package planapi offers over REST what plan decides.
package planapi

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

// ByID names one thing.
type ByID struct {
	ID string `path:"id" maxLength:"50"`
}

// Parts is a request with all parts of one kind; those that are missing are removed.
type Parts[T any] struct {
	ByID
	Seen time.Time `query:"seen" doc:"The updated_at you have seen: a later change of somebody else is then a conflict."`
	Body struct {
		Items []T `json:"items" nullable:"false" maxItems:"200"`
	}
}

// Operations adds the operations.
func Operations(a *api.API, s *plan.Service) {
	op := func(id, method, path, summary string, p org.Permission) api.Op {
		o := api.Op{ID: id, Method: method, Path: path, Tag: "plan", Summary: summary, Permission: p}
		if method == http.MethodPost {
			o.Status = http.StatusCreated
		}
		return o
	}
	one := func(i plan.Initiative, err error) (*api.One[Initiative], error) {
		if err != nil {
			return nil, err
		}
		return api.Only(initiative(i)), nil
	}
	api.Add(a, op("list-initiatives", http.MethodGet, "/initiatives", "List initiatives", org.StrategyRead), func(ctx context.Context, _ *struct{}) (*api.List[Initiative], error) {
		list, err := s.Initiatives(ctx)
		if err != nil {
			return nil, err
		}
		out := make([]Initiative, len(list))
		for n, i := range list {
			out[n] = initiative(i)
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("create-initiative", http.MethodPost, "/initiatives", "Make a draft of an initiative", org.StrategyEdit), func(ctx context.Context, in *struct{ Body InitiativeDraft }) (*api.One[Initiative], error) {
		about, err := in.Body.about()
		if err != nil {
			return nil, err
		}
		return one(s.Add(ctx, about))
	})
	api.Add(a, op("get-initiative", http.MethodGet, "/initiatives/{id}", "One initiative", org.StrategyRead), func(ctx context.Context, in *ByID) (*api.One[Initiative], error) {
		return one(s.Initiative(ctx, in.ID))
	})
	api.Add(a, op("update-initiative", http.MethodPut, "/initiatives/{id}", "Change what an initiative is", org.StrategyEdit), func(ctx context.Context, in *struct {
		ByID
		Seen time.Time `query:"seen" doc:"The updated_at you have seen."`
		Body InitiativeDraft
	}) (*api.One[Initiative], error) {
		about, err := in.Body.about()
		if err != nil {
			return nil, err
		}
		return one(s.ChangeAbout(ctx, in.ID, in.Seen.UTC(), about))
	})
	api.Add(a, op("delete-initiative", http.MethodDelete, "/initiatives/{id}", "Remove a draft that was never approved", org.StrategyEdit), func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.Remove(ctx, in.ID)
	})
	api.Add(a, op("set-tasks", http.MethodPut, "/initiatives/{id}/tasks", "Set the tasks of an initiative", org.StrategyEdit), func(ctx context.Context, in *Parts[Task]) (*api.One[Initiative], error) {
		list, err := tasks(in.Body.Items)
		if err != nil {
			return nil, err
		}
		return one(s.ChangeTasks(ctx, in.ID, in.Seen.UTC(), list))
	})
	api.Add(a, op("report-progress", http.MethodPut, "/initiatives/{id}/tasks/{task}/progress", "Report how far a task is, and the hours it took: for who does it, the owner of the initiative, and those who may edit the strategy", org.StrategyRead), func(ctx context.Context, in *struct {
		ByID
		Task string    `path:"task" maxLength:"50"`
		Seen time.Time `query:"seen" doc:"The updated_at you have seen."`
		Body TaskProgress
	}) (*api.One[Initiative], error) {
		var d days
		p := plan.Progress{Done: in.Body.Done, Began: d.read(in.Body.Began, "began"), Ended: d.read(in.Body.Ended, "ended"), Minutes: in.Body.Minutes, Day: d.read(in.Body.Day, "day"), Note: in.Body.Note}
		if d.err != nil {
			return nil, d.err
		}
		if p.Day == 0 {
			p.Day = s.Today(ctx)
		}
		return one(s.Report(ctx, in.ID, in.Seen.UTC(), in.Task, p))
	})
	api.Add(a, op("set-contributors", http.MethodPut, "/initiatives/{id}/contributors", "Set who has hours for an initiative", org.StrategyEdit), func(ctx context.Context, in *Parts[Contributor]) (*api.One[Initiative], error) {
		list, err := contributors(in.Body.Items)
		if err != nil {
			return nil, err
		}
		return one(s.ChangePeople(ctx, in.ID, in.Seen.UTC(), list))
	})
	api.Add(a, op("set-budget", http.MethodPut, "/initiatives/{id}/budget", "Set the budget of an initiative", org.StrategyEdit), func(ctx context.Context, in *Parts[Line]) (*api.One[Initiative], error) {
		list, err := lines(in.Body.Items)
		if err != nil {
			return nil, err
		}
		return one(s.ChangeBudget(ctx, in.ID, in.Seen.UTC(), list))
	})
	api.Add(a, op("set-initiative-risks", http.MethodPut, "/initiatives/{id}/risks", "Set the risks of an initiative", org.StrategyEdit), func(ctx context.Context, in *Parts[Risk]) (*api.One[Initiative], error) {
		return one(s.ChangeRisks(ctx, in.ID, in.Seen.UTC(), risks(in.Body.Items)))
	})
	api.Add(a, op("set-benefits", http.MethodPut, "/initiatives/{id}/benefits", "Set what an initiative should bring", org.StrategyEdit), func(ctx context.Context, in *Parts[Benefit]) (*api.One[Initiative], error) {
		list, err := benefits(in.Body.Items)
		if err != nil {
			return nil, err
		}
		return one(s.ChangeBenefits(ctx, in.ID, in.Seen.UTC(), list))
	})
	api.Add(a, op("take-step", http.MethodPost, "/initiatives/{id}/steps", "Decide on an initiative; approval is refused with everything that is missing. Its owner may finish it without the right to edit the strategy", org.StrategyRead),
		func(ctx context.Context, in *struct {
			ByID
			Seen time.Time `query:"seen" doc:"The updated_at you have seen."`
			Body struct {
				Step string `json:"step" enum:"propose,withdraw,send_back,approve,start,finish,stop,reopen"`
				Note string `json:"note,omitempty" maxLength:"1000" doc:"send_back and stop need one."`
			}
		}) (*api.One[Initiative], error) {
			return one(s.Take(ctx, in.ID, in.Seen.UTC(), plan.Step(in.Body.Step), in.Body.Note))
		})
	api.Add(a, op("list-steps", http.MethodGet, "/initiatives/{id}/steps", "What was decided on an initiative, newest first", org.StrategyRead), func(ctx context.Context, in *ByID) (*api.List[Decision], error) {
		if _, err := s.Initiative(ctx, in.ID); err != nil {
			return nil, err
		}
		list, err := s.History(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := make([]Decision, len(list))
		for n, t := range list {
			out[n] = Decision{t.At, t.Member, string(t.Step), t.Note}
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("stand-initiative", http.MethodGet, "/initiatives/{id}/standing", "Where an initiative stands: dates, slip, money, what is missing", org.StrategyRead), func(ctx context.Context, in *ByID) (*api.One[Standing], error) {
		st, err := s.Stand(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return api.Only(standing(st)), nil
	})
	bookings(a, s, op)
	means(a, s, op)
}

func bookings(a *api.API, s *plan.Service, op func(id, method, path, summary string, p org.Permission) api.Op) {
	api.Add(a, op("list-bookings", http.MethodGet, "/initiatives/{id}/bookings", "What was booked on an initiative by hand: all for its owner and those who may edit the strategy, their own hours for others", org.StrategyRead), func(ctx context.Context, in *ByID) (*api.List[Booking], error) {
		if _, err := s.Initiative(ctx, in.ID); err != nil {
			return nil, err
		}
		list, err := s.Bookings(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		out := make([]Booking, len(list))
		for n, b := range list {
			out[n] = booking(b)
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("create-booking", http.MethodPost, "/initiatives/{id}/bookings", "Book what was spent; who works in the initiative and neither owns it nor may edit the strategy books their own hours", org.StrategyRead), func(ctx context.Context, in *struct {
		ByID
		Body BookingDraft
	}) (*api.One[Booking], error) {
		var d days
		b := plan.Booking{Initiative: in.ID, Line: in.Body.Line, Day: d.read(in.Body.Day, "day"), Amount: in.Body.Amount, Currency: in.Body.Currency, Minutes: in.Body.Minutes, Note: in.Body.Note}
		if d.err != nil {
			return nil, d.err
		}
		b, err := s.Book(ctx, b)
		if err != nil {
			return nil, err
		}
		return api.Only(booking(b)), nil
	})
	api.Add(a, op("delete-booking", http.MethodDelete, "/initiatives/{id}/bookings/{booking}", "Remove a booking; without the right to edit the strategy, of an initiative one owns, or of one's own hours", org.StrategyRead), func(ctx context.Context, in *struct {
		ByID
		Booking string `path:"booking" maxLength:"50"`
	}) (*api.None, error) {
		return &api.None{}, s.Unbook(ctx, in.ID, in.Booking)
	})
}

func means(a *api.API, s *plan.Service, op func(id, method, path, summary string, p org.Permission) api.Op) {
	api.Add(a, op("read-capacity", http.MethodGet, "/capacity", "The time of people over all initiatives, week by week", org.StrategyRead), func(ctx context.Context, in *struct {
		From  string `query:"from" maxLength:"10" doc:"A day of the first week; this week when absent."`
		Weeks int    `query:"weeks" minimum:"1" maximum:"53" default:"12"`
	}) (*api.List[PersonWeeks], error) {
		var d days
		from := d.read(in.From, "from")
		if d.err != nil {
			return nil, d.err
		}
		if from == 0 {
			from = s.Today(ctx)
		}
		c, err := s.Capacity(ctx, from, in.Weeks)
		if err != nil {
			return nil, err
		}
		out := []PersonWeeks{}
		for _, p := range c.People {
			k := PersonWeeks{Member: p.Member, Name: p.Name, Weeks: []WeekLoad{}}
			for n, w := range p.Weeks {
				load := WeekLoad{Monday: c.Weeks[n].String(), Available: w.Available, Planned: w.Planned, Loads: []LoadPart{}}
				for _, l := range w.Of {
					if l.Minutes > 0 {
						load.Loads = append(load.Loads, LoadPart{l.Initiative, l.Minutes})
					}
				}
				k.Weeks = append(k.Weeks, load)
			}
			out = append(out, k)
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("list-means", http.MethodGet, "/means", "What there is to reach each objective with", org.StrategyRead), func(ctx context.Context, _ *struct{}) (*api.List[ObjectiveMeans], error) {
		m, err := s.Means(ctx)
		if err != nil {
			return nil, err
		}
		out := []ObjectiveMeans{}
		for _, o := range slices.Sorted(maps.Keys(m.Objectives)) {
			of := m.Objectives[o]
			out = append(out, ObjectiveMeans{o, of.Funded, of.Initiatives, amounts(of.Cost), of.Minutes})
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("read-working-days", http.MethodGet, "/working-days", "The days that are worked", org.StrategyRead), func(ctx context.Context, _ *struct{}) (*api.One[WorkingDays], error) {
		c, err := s.WrittenCalendar(ctx)
		if err != nil {
			return nil, err
		}
		return api.Only(workingDays(c)), nil
	})
	api.Add(a, op("set-working-days", http.MethodPut, "/working-days", "Set the days that are worked; lengths and slip count on them", org.StrategyEdit), func(ctx context.Context, in *struct{ Body WorkingDays }) (*api.One[WorkingDays], error) {
		var d days
		var works [7]bool
		var closed []schedule.Day
		for n := range works {
			works[n] = slices.Contains(in.Body.Weekdays, strings.ToLower(time.Weekday(n).String()))
		}
		for _, text := range in.Body.Closed {
			if text == "" {
				return nil, problem.New(problem.Invalid, "plan.day_bad").On("closed")
			}
			closed = append(closed, d.read(text, "closed"))
		}
		if d.err != nil {
			return nil, d.err
		}
		if err := s.ChangeCalendar(ctx, works, closed); err != nil {
			return nil, err
		}
		c, err := s.WrittenCalendar(ctx)
		if err != nil {
			return nil, err
		}
		return api.Only(workingDays(c)), nil
	})
}

func workingDays(c schedule.Calendar) WorkingDays {
	out := WorkingDays{Weekdays: []string{}, Closed: []string{}}
	works := c.Weekdays()
	for n := range 7 {
		if day := time.Weekday((n + 1) % 7); works[day] {
			out.Weekdays = append(out.Weekdays, strings.ToLower(day.String()))
		}
	}
	for _, d := range c.Closed() {
		out.Closed = append(out.Closed, d.String())
	}
	return out
}
