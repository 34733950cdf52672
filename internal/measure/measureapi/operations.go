// Package measureapi decides how measures are read over REST: a period and filters come in, definitions, numbers with their n and interval,
// series and the rows behind each number go out.
package measureapi

import (
	"context"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Ask is what every number is asked with.
type Ask struct {
	From     string `query:"from" maxLength:"40" doc:"Beginning of the period: a date by the calendar of zone, or an instant (RFC 3339). 30 days before its end when absent."`
	To       string `query:"to" maxLength:"40" doc:"End of the period: its last day by the calendar of zone, or an instant (RFC 3339) that does not belong to it. Now when absent."`
	Zone     string `query:"zone" maxLength:"64" doc:"Time zone in which days are cut, such as Europe/Paris. Your own when absent."`
	Channel  string `query:"channel" maxLength:"100" doc:"Id of a channel."`
	Topic    string `query:"topic" maxLength:"100" doc:"Id of a topic."`
	Language string `query:"language" maxLength:"100" doc:"ISO 639-1 code, as detected."`
	Member   string `query:"member" maxLength:"100" doc:"Id of the member who has the conversation; only for measures of conversations."`

	Kind      string `query:"kind" maxLength:"100" doc:"complaint, praise, suggestion, question, lead or job."`
	Team      string `query:"team" maxLength:"200" doc:"Id, slug or name of one of ours, else as business facts name it."`
	Partner   string `query:"partner" maxLength:"200" doc:"Of what is said: the organisation of who said it."`
	Campaign  string `query:"campaign" maxLength:"200" doc:"Of what is said: utm_campaign of a link in its thread."`
	Community string `query:"community" maxLength:"200" doc:"Id, slug or name of one of ours, else as business facts name it."`
}

// read gives the context that speaks in the zone asked for, the window and the filter.
func (a *Ask) read(ctx context.Context, s *measure.Service) (context.Context, measure.Window, measure.Filter, error) {
	zone, now := s.Zone(ctx), s.Now()
	f := measure.Filter{Channel: a.Channel, Topic: a.Topic, Language: a.Language, Member: a.Member, Kind: a.Kind, Team: a.Team, Partner: a.Partner, Campaign: a.Campaign, Community: a.Community}
	if a.Zone != "" {
		if !org.KnownZone(a.Zone) {
			return ctx, measure.Window{}, f, problem.New(problem.Invalid, "measure.bad_zone").On("zone")
		}
		z, err := time.LoadLocation(a.Zone)
		if err != nil {
			return ctx, measure.Window{}, f, problem.New(problem.Invalid, "measure.bad_zone").On("zone").Because(err)
		}
		zone = z
	}
	if err := s.Known(ctx, f); err != nil {
		return ctx, measure.Window{}, f, err
	}
	ctx = i18n.With(ctx, i18n.Lang(ctx), zone)
	w := measure.Window{To: now}
	if a.To != "" {
		from, to, err := moment(a.To, "to", zone)
		if err != nil {
			return ctx, w, f, err
		}
		if w.To = to; from.Before(now) && now.Before(to) {
			w.To = now
		}
	}
	w.From = measure.Last(30, w.To, zone).From
	if a.From != "" {
		from, _, err := moment(a.From, "from", zone)
		if err != nil {
			return ctx, w, f, err
		}
		w.From = from
	}
	return ctx, w, f, nil
}

// moment reads an instant, or a date as the beginning and the end of that day.
func moment(text, field string, zone *time.Location) (from, to time.Time, err error) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t.UTC(), t.UTC(), nil
	}
	t, err := time.Parse("2006-01-02", text)
	if err != nil || t.Year() < 1970 {
		return t, t, problem.New(problem.Invalid, "measure.bad_date").On(field)
	}
	w := measure.Days(t, t, t.AddDate(0, 0, 3), zone)
	return w.From, w.To, nil
}

// Operations adds the operations on measures.
func Operations(a *api.API, s *measure.Service) {
	trust(a, s)
	ownMeasures(a, s)
	slicesAndHours(a, s)
	api.Add(a, api.Op{ID: "list-measures", Method: "GET", Path: "/measures", Tag: "measures", Summary: "List the definitions of all measures",
		Permission: org.MeasureRead}, func(ctx context.Context, _ *struct{}) (*api.List[Measure], error) {
		var out []Measure
		for _, m := range s.All() {
			out = append(out, definition(ctx, m))
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, api.Op{ID: "read-measure", Method: "GET", Path: "/measures/{id}", Tag: "measures",
		Summary: "Read a measure in a period, and in the same stretch before it", Permission: org.MeasureRead},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"100"`
			Ask
		}) (*api.One[Reading], error) {
			ctx, w, f, err := in.Ask.read(ctx, s)
			if err != nil {
				return nil, err
			}
			r, err := s.Report(ctx, in.ID, w, measure.Month, f)
			if err != nil {
				return nil, err
			}
			year, err := s.Compute(ctx, in.ID, w.LastYear(i18n.Zone(ctx)), f)
			if err != nil {
				return nil, err
			}
			if _, err := s.Comparable(ctx, r.Measure, &year); err != nil {
				return nil, err
			}
			if whole, err := s.Comparable(ctx, r.Measure, &r.Before); err != nil {
				return nil, err
			} else if !whole {
				r.Change.Known = false
			}
			missing, err := s.Missing(ctx, r.Measure)
			if err != nil {
				return nil, err
			}
			out := Reading{LastYear: result(r.Measure, year), Missing: missingOf(missing), Measure: definition(ctx, r.Measure), Result: result(r.Measure, r.Result), Before: result(r.Measure, r.Before)}
			if r.Change.Known {
				out.Change = &Change{By: r.Change.By, Clear: r.Change.Clear}
			}
			return api.Only(out), nil
		})
	api.Add(a, api.Op{ID: "read-measure-series", Method: "GET", Path: "/measures/{id}/series", Tag: "measures",
		Summary: "Read a measure step by step", Permission: org.MeasureRead},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"100"`
			Step string `query:"step" enum:"day,week,month" default:"week" doc:"Weeks begin on Monday."`
			Ask
		}) (*api.List[Point], error) {
			ctx, w, f, err := in.Ask.read(ctx, s)
			if err != nil {
				return nil, err
			}
			m, err := s.Find(in.ID)
			if err != nil {
				return nil, err
			}
			points, err := s.Series(ctx, in.ID, w, measure.Step(in.Step), f)
			if err != nil {
				return nil, err
			}
			out := make([]Point, len(points))
			for i, p := range points {
				out[i] = Point{result(m, p.Result), !p.Short}
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "list-measure-rows", Method: "GET", Path: "/measures/{id}/rows", Tag: "measures",
		Summary:     "List the conversations or posts behind a number",
		Description: "Newest first. Without part they are as many as the n of the number in the same period. Titles and names are empty for those who may not read conversations or posts.",
		Permission:  org.MeasureRead},
		func(ctx context.Context, in *struct {
			ID   string `path:"id" maxLength:"100"`
			Part string `query:"part" maxLength:"100" doc:"Only rows of one part of the measure."`
			api.Paging
			Ask
		}) (*api.List[Row], error) {
			ctx, w, f, err := in.Ask.read(ctx, s)
			if err != nil {
				return nil, err
			}
			m, err := s.Find(in.ID)
			if err != nil {
				return nil, err
			}
			rows, next, err := s.Rows(ctx, in.ID, w, f, measure.Paging{Part: in.Part, Limit: in.Limit, Cursor: in.Cursor})
			if err != nil {
				return nil, err
			}
			out := make([]Row, len(rows))
			for i, r := range rows {
				out[i] = row(m, r)
			}
			return api.Listed(out, next), nil
		})
}
