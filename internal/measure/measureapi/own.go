package measureapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/own"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// OwnMeasure is a measure that people put together.
type OwnMeasure struct {
	ID         string         `json:"id" doc:"Also the id of the measure: its numbers are read as those of the catalogue."`
	Version    int            `json:"version" doc:"The definition that counts."`
	CreatedAt  time.Time      `json:"created_at"`
	Definition own.Definition `json:"definition"`
}

// OwnVersion is one of its definitions.
type OwnVersion struct {
	Version    int            `json:"version"`
	At         time.Time      `json:"at"`
	Member     string         `json:"member,omitempty"`
	Definition own.Definition `json:"definition"`
}

func owned(o measure.Own) OwnMeasure {
	return OwnMeasure{o.ID, o.Version, o.CreatedAt, o.Definition}
}

// OwnID names an own measure in the path.
type OwnID struct {
	ID string `path:"id" maxLength:"100"`
}

// first gives the first of joined problems, which an answer can hold.
func first(err error) error {
	var p *problem.Problem
	if err != nil && errors.As(err, &p) {
		return p
	}
	return err
}

func ownMeasures(a *api.API, s *measure.Service) {
	api.Add(a, api.Op{ID: "list-own-measures", Method: http.MethodGet, Path: "/own-measures", Tag: "measures", Summary: "List the measures that people put together", Permission: org.MeasureRead},
		func(ctx context.Context, _ *struct{}) (*api.List[OwnMeasure], error) {
			list, err := s.Owned(ctx)
			if err != nil {
				return nil, err
			}
			out := make([]OwnMeasure, len(list))
			for i, o := range list {
				out[i] = owned(o)
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "create-own-measure", Method: http.MethodPost, Path: "/own-measures", Tag: "measures", Summary: "Put a measure together", Permission: org.MeasureEdit, Status: http.StatusCreated},
		func(ctx context.Context, in *struct{ Body own.Definition }) (*api.One[OwnMeasure], error) {
			o, err := s.AddOwn(ctx, in.Body)
			return api.Only(owned(o)), first(err)
		})
	api.Add(a, api.Op{ID: "preview-own-measure", Method: http.MethodPost, Path: "/own-measures/preview", Tag: "measures", Summary: "See what a definition would give, without saving it", Permission: org.MeasureRead},
		func(ctx context.Context, in *struct {
			Ask
			Body own.Definition
		}) (*api.One[Result], error) {
			ctx, w, _, err := in.Ask.read(ctx, s)
			if err != nil {
				return nil, err
			}
			r, _, err := s.PreviewOwn(ctx, "", in.Body, w)
			if err != nil {
				return nil, first(err)
			}
			return api.Only(result(r.Measure, r.Result)), nil
		})
	api.Add(a, api.Op{ID: "get-own-measure", Method: http.MethodGet, Path: "/own-measures/{id}", Tag: "measures", Summary: "Read the definition that counts", Permission: org.MeasureRead},
		func(ctx context.Context, in *OwnID) (*api.One[OwnMeasure], error) {
			o, err := s.OwnOf(ctx, in.ID)
			return api.Only(owned(o)), err
		})
	api.Add(a, api.Op{ID: "replace-own-measure", Method: http.MethodPut, Path: "/own-measures/{id}", Tag: "measures", Summary: "Change the definition; the earlier ones are kept", Permission: org.MeasureEdit},
		func(ctx context.Context, in *struct {
			OwnID
			Body own.Definition
		}) (*api.One[OwnMeasure], error) {
			o, err := s.ChangeOwn(ctx, in.ID, in.Body)
			return api.Only(owned(o)), first(err)
		})
	api.Add(a, api.Op{ID: "list-own-measure-versions", Method: http.MethodGet, Path: "/own-measures/{id}/versions", Tag: "measures", Summary: "List the definitions of a measure, newest first", Permission: org.MeasureRead},
		func(ctx context.Context, in *OwnID) (*api.List[OwnVersion], error) {
			list, err := s.OwnVersions(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			out := make([]OwnVersion, len(list))
			for i, v := range list {
				out[i] = OwnVersion{v.Version, v.At, v.Member, v.Definition}
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "choose-own-measure-version", Method: http.MethodPost, Path: "/own-measures/{id}/choose", Tag: "measures", Summary: "Let another definition count, for the past too", Permission: org.MeasureEdit},
		func(ctx context.Context, in *struct {
			OwnID
			Body struct {
				Version int `json:"version" minimum:"1"`
			}
		}) (*api.One[OwnMeasure], error) {
			o, err := s.ChooseOwn(ctx, in.ID, in.Body.Version)
			return api.Only(owned(o)), first(err)
		})
	api.Add(a, api.Op{ID: "delete-own-measure", Method: http.MethodDelete, Path: "/own-measures/{id}", Tag: "measures", Summary: "Take a measure out of use", Permission: org.MeasureEdit},
		func(ctx context.Context, in *OwnID) (*api.None, error) { return &api.None{}, s.RemoveOwn(ctx, in.ID) })
}

// Slice is a number for one value of a dimension.
type Slice struct {
	Value  string `json:"value" doc:"Id or word of the value, as the filter of the same name takes it."`
	Name   string `json:"name"`
	Result Result `json:"result"`
}

// Hours is when somebody is there. Days are by weekday, Sunday first; times are minutes since midnight.
type Hours struct {
	Zone     string            `json:"zone" maxLength:"64"`
	Week     [][]hours.Stretch `json:"week" minItems:"7" maxItems:"7"`
	Holidays []string          `json:"holidays" maxItems:"400" doc:"2026-05-14, or 12-25 for every year."`
}

func hoursOf(c hours.Calendar) Hours {
	out := Hours{Zone: c.Zone, Holidays: c.Holidays}
	if out.Holidays == nil {
		out.Holidays = []string{}
	}
	for _, d := range c.Week {
		if d == nil {
			d = []hours.Stretch{}
		}
		out.Week = append(out.Week, d)
	}
	return out
}

func slicesAndHours(a *api.API, s *measure.Service) {
	api.Add(a, api.Op{ID: "read-measure-by", Method: http.MethodGet, Path: "/measures/{id}/by/{by}", Tag: "measures", Summary: "Read a measure for each value of a dimension",
		Description: "Those with the most behind them first, at most 24. What counts for several values, such as a post with two topics, stands with each.", Permission: org.MeasureRead},
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"100"`
			By string `path:"by" maxLength:"50" doc:"channel, topic, language, member, kind, team, partner, campaign or community"`
			Ask
		}) (*api.List[Slice], error) {
			ctx, w, f, err := in.Ask.read(ctx, s)
			if err != nil {
				return nil, err
			}
			m, err := s.Find(in.ID)
			if err != nil {
				return nil, err
			}
			list, err := s.By(ctx, in.ID, w, f, kpi.Dimension(in.By))
			if err != nil {
				return nil, err
			}
			out := make([]Slice, len(list))
			for i, x := range list {
				out[i] = Slice{x.Value.ID, x.Value.Name, result(m, x.Result)}
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, api.Op{ID: "read-business-hours", Method: http.MethodGet, Path: "/business-hours", Tag: "measures", Summary: "Read when somebody is there", Permission: org.MeasureRead},
		func(ctx context.Context, _ *struct{}) (*api.One[Hours], error) {
			c, err := s.Hours(ctx)
			return api.Only(hoursOf(c)), err
		})
	api.Add(a, api.Op{ID: "set-business-hours", Method: http.MethodPut, Path: "/business-hours", Tag: "measures", Summary: "Say when somebody is there; waits by the business clock are counted anew", Permission: org.MeasureEdit},
		func(ctx context.Context, in *struct{ Body Hours }) (*api.One[Hours], error) {
			c := hours.Calendar{Zone: in.Body.Zone, Holidays: in.Body.Holidays}
			for i := range min(len(in.Body.Week), len(c.Week)) {
				c.Week[i] = in.Body.Week[i]
			}
			if err := s.SetHours(ctx, c); err != nil {
				return nil, first(err)
			}
			c, err := s.Hours(ctx)
			return api.Only(hoursOf(c)), err
		})
	api.Add(a, api.Op{ID: "read-measures-for-prometheus", Method: http.MethodGet, Path: "/measures.prom", Tag: "measures", Summary: "Read the measures in use as Prometheus does",
		Description: "One gauge for each measure that is on a map or was asked for lately, over its usual period that ends now; the labels say what it is called and narrowed to, by name and by id.", Permission: org.MeasureRead, Produces: "text/plain"},
		func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
			list, err := s.InUse(ctx)
			if err != nil {
				return nil, err
			}
			names, err := s.Names(ctx)
			if err != nil {
				return nil, err
			}
			text := exposition(ctx, list, names)
			return &huma.StreamResponse{Body: func(c huma.Context) {
				c.SetHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
				_, _ = c.BodyWriter().Write([]byte(text)) // a caller who has gone is nobody to tell
			}}, nil
		})
}

// exposition writes numbers in the text format of Prometheus, version 0.0.4.
func exposition(ctx context.Context, list []measure.Used, names map[string]string) string {
	var b strings.Builder
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	for _, g := range []struct {
		name, help string
		value      func(u measure.Used) (float64, bool)
	}{
		{"entente_measure", "Value of a measure over its usual period, in its unit; of waits the median in seconds.", func(u measure.Used) (float64, bool) { return u.Result.Value.Value, u.Result.Value.Defined() }},
		{"entente_measure_low", "Lower end of its 95 % interval.", func(u measure.Used) (float64, bool) { return u.Result.Value.Low, u.Result.Value.Bounded }},
		{"entente_measure_high", "Upper end of its 95 % interval.", func(u measure.Used) (float64, bool) { return u.Result.Value.High, u.Result.Value.Bounded }},
		{"entente_measure_n", "What it stands on.", func(u measure.Used) (float64, bool) { return float64(u.Result.N), true }},
	} {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n", g.name, g.help, g.name)
		for _, u := range list {
			v, ok := g.value(u)
			if !ok {
				continue
			}
			fmt.Fprintf(&b, "%s{measure=\"%s\",name=\"%s\",unit=\"%s\",days=\"%d\"", g.name, quote.Replace(u.Measure.ID), quote.Replace(measure.Name(ctx, u.Measure)), u.Measure.Unit, u.Measure.Days)
			for _, l := range u.Labels() {
				if name := names[l.Name+" "+l.ID]; name != "" {
					fmt.Fprintf(&b, ",%s=\"%s\",%s_id=\"%s\"", l.Name, quote.Replace(name), l.Name, quote.Replace(l.ID))
					continue
				}
				fmt.Fprintf(&b, ",%s=\"%s\"", l.Name, quote.Replace(l.ID))
			}
			fmt.Fprintf(&b, "} %g\n", v)
		}
	}
	return b.String()
}
