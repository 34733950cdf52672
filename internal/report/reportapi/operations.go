// Package reportapi offers over REST what report decides.
package reportapi

import (
	"context"
	"net/http"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/report/tell"
)

// ByID names one thing.
type ByID struct {
	ID string `path:"id" maxLength:"50"`
}

// ByTile names a tile.
type ByTile struct {
	ByID
	Tile string `path:"tile" maxLength:"50"`
}

// Operations adds the operations.
func Operations(a *api.API, s *report.Service) {
	op := func(id, method, path, summary string, p org.Permission) api.Op {
		o := api.Op{ID: id, Method: method, Path: path, Tag: "report", Summary: summary, Permission: p}
		if method == http.MethodPost {
			o.Status = http.StatusCreated
		}
		return o
	}
	board := func(d report.Dashboard, err error) (*api.One[Dashboard], error) {
		if err != nil {
			return nil, err
		}
		return api.Only(dashboard(d)), nil
	}
	api.Add(a, op("list-dashboards", http.MethodGet, "/dashboards", "List the dashboards you see", org.MeasureRead), func(ctx context.Context, _ *struct{}) (*api.List[Dashboard], error) {
		list, err := s.Dashboards(ctx)
		return listed(list, dashboard, err)
	})
	api.Add(a, op("create-dashboard", http.MethodPost, "/dashboards", "Make a dashboard with its tiles", org.MeasureEdit), func(ctx context.Context, in *struct{ Body DashboardDraft }) (*api.One[Dashboard], error) {
		return board(s.AddDashboard(ctx, in.Body.dashboard()))
	})
	api.Add(a, op("get-dashboard", http.MethodGet, "/dashboards/{id}", "One dashboard", org.MeasureRead), func(ctx context.Context, in *ByID) (*api.One[Dashboard], error) {
		return board(s.Dashboard(ctx, in.ID))
	})
	api.Add(a, op("update-dashboard", http.MethodPut, "/dashboards/{id}", "Change what a dashboard is called and who sees it", org.MeasureEdit), func(ctx context.Context, in *struct {
		ByID
		Body DashboardAbout
	}) (*api.One[Dashboard], error) {
		return board(s.ChangeDashboard(ctx, in.ID, in.Body.Name, in.Body.About, in.Body.roles()))
	})
	api.Add(a, op("delete-dashboard", http.MethodDelete, "/dashboards/{id}", "Remove a dashboard", org.MeasureEdit), func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.RemoveDashboard(ctx, in.ID)
	})
	api.Add(a, op("add-tile", http.MethodPost, "/dashboards/{id}/tiles", "Put a tile at the end of a dashboard", org.MeasureEdit), func(ctx context.Context, in *struct {
		ByID
		Body TileDraft
	}) (*api.One[Dashboard], error) {
		return board(s.AddTile(ctx, in.ID, in.Body.tile()))
	})
	api.Add(a, op("update-tile", http.MethodPut, "/dashboards/{id}/tiles/{tile}", "Replace a tile", org.MeasureEdit), func(ctx context.Context, in *struct {
		ByTile
		Body TileDraft
	}) (*api.One[Dashboard], error) {
		t := in.Body.tile()
		t.ID = in.Tile
		return board(s.ChangeTile(ctx, in.ID, t))
	})
	move := op("move-tile", http.MethodPost, "/dashboards/{id}/tiles/{tile}/move", "Move a tile among the others", org.MeasureEdit)
	move.Status = http.StatusOK
	api.Add(a, move, func(ctx context.Context, in *struct {
		ByTile
		Body struct {
			By int `json:"by" minimum:"-24" maximum:"24"`
		}
	}) (*api.One[Dashboard], error) {
		return board(s.MoveTile(ctx, in.ID, in.Tile, in.Body.By))
	})
	api.Add(a, op("remove-tile", http.MethodDelete, "/dashboards/{id}/tiles/{tile}", "Remove a tile", org.MeasureEdit), func(ctx context.Context, in *ByTile) (*api.None, error) {
		_, err := s.RemoveTile(ctx, in.ID, in.Tile)
		return &api.None{}, err
	})
	api.Add(a, op("read-dashboard", http.MethodGet, "/dashboards/{id}/numbers", "The numbers of a dashboard as of now", org.MeasureRead), func(ctx context.Context, in *ByID) (*api.List[Cell], error) {
		d, err := s.Dashboard(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		now := s.Now()
		var out []Cell
		for _, t := range d.Tiles {
			r, err := s.Read(ctx, t, now)
			if err != nil {
				return nil, err
			}
			for _, c := range r.Cells(func(by kpi.Dimension, v measure.Choice) string { return tell.Value(ctx, by, v.ID, v.Name) }) {
				out = append(out, cell(t, c))
			}
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("list-notes", http.MethodGet, "/notes", "What is out of the ordinary, in sentences", org.MeasureRead), func(ctx context.Context, in *struct {
		Dashboard string `query:"dashboard" maxLength:"50" doc:"Only what this dashboard shows."`
		Days      int    `query:"days" minimum:"0" maximum:"366" doc:"How long a period without a dashboard is; 0 is for each measure the one that suits it."`
	}) (*api.List[Note], error) {
		var subjects []report.Subject
		var err error
		if in.Dashboard != "" {
			var d report.Dashboard
			if d, err = s.Dashboard(ctx, in.Dashboard); err == nil {
				subjects = d.Subjects()
			}
		} else {
			subjects, err = s.Subjects(ctx, in.Days)
		}
		if err != nil {
			return nil, err
		}
		list, err := s.Notes(ctx, subjects)
		if err != nil {
			return nil, err
		}
		name, err := s.Namer(ctx)
		return listed(list, func(n report.Note) Note { return note(ctx, n, name) }, err)
	})
	api.Add(a, op("read-value", http.MethodGet, "/value", "What the work brought or saved", org.MeasureRead), func(ctx context.Context, in *struct {
		Days      int    `query:"days" default:"365" minimum:"1" maximum:"1100" doc:"How many days, ending today."`
		Objective string `query:"objective" maxLength:"50"`
	}) (*api.One[Value], error) {
		v, err := s.Value(ctx, measure.Last(in.Days, s.Now(), i18n.Zone(ctx)), in.Objective)
		if err != nil {
			return nil, err
		}
		return api.Only(value(v)), nil
	})
	line := func(l report.ValueLine, err error) (*api.One[ValueLine], error) {
		if err != nil {
			return nil, err
		}
		return api.Only(valueLine(l)), nil
	}
	api.Add(a, op("list-value-lines", http.MethodGet, "/value/lines", "What one of a measure is worth", org.StrategyEdit), func(ctx context.Context, _ *struct{}) (*api.List[ValueLine], error) {
		list, err := s.ValueLines(ctx)
		return listed(list, valueLine, err)
	})
	api.Add(a, op("create-value-line", http.MethodPost, "/value/lines", "Say what one of a measure is worth", org.StrategyEdit), func(ctx context.Context, in *struct{ Body ValueLineDraft }) (*api.One[ValueLine], error) {
		return line(s.SaveValueLine(ctx, in.Body.line("")))
	})
	api.Add(a, op("update-value-line", http.MethodPut, "/value/lines/{id}", "Change a line", org.StrategyEdit), func(ctx context.Context, in *struct {
		ByID
		Body ValueLineDraft
	}) (*api.One[ValueLine], error) {
		return line(s.SaveValueLine(ctx, in.Body.line(in.ID)))
	})
	api.Add(a, op("delete-value-line", http.MethodDelete, "/value/lines/{id}", "Remove a line", org.StrategyEdit), func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.RemoveValueLine(ctx, in.ID)
	})
	api.Add(a, op("see-moved", http.MethodGet, "/moved", "From something that was said or done up to the objectives whose numbers count it", org.StrategyRead), func(ctx context.Context, in *struct {
		Said       string `query:"said" maxLength:"80" doc:"Id of a post or a conversation: all of its thread."`
		Initiative string `query:"initiative" maxLength:"50"`
		Campaign   string `query:"campaign" maxLength:"200" doc:"As business facts name it."`
		Fact       string `query:"fact" maxLength:"80" doc:"Id of a business fact."`
	}) (*api.One[Moved], error) {
		v, err := s.Moved(ctx, report.Moving{Said: in.Said, Initiative: in.Initiative, Campaign: in.Campaign, Fact: in.Fact})
		if err != nil {
			return nil, err
		}
		return api.Only(moved(v)), nil
	})
	rep := func(m report.Mailing, err error) (*api.One[Report], error) {
		if err != nil {
			return nil, err
		}
		return api.Only(mailing(m)), nil
	}
	api.Add(a, op("list-reports", http.MethodGet, "/reports", "List reports that are sent by mail", org.MeasureRead), func(ctx context.Context, _ *struct{}) (*api.List[Report], error) {
		list, err := s.Mailings(ctx)
		return listed(list, mailing, err)
	})
	api.Add(a, op("create-report", http.MethodPost, "/reports", "Have a report sent by mail", org.MeasureEdit), func(ctx context.Context, in *struct{ Body ReportDraft }) (*api.One[Report], error) {
		return rep(s.SaveMailing(ctx, in.Body.mailing("")))
	})
	api.Add(a, op("get-report", http.MethodGet, "/reports/{id}", "One report", org.MeasureRead), func(ctx context.Context, in *ByID) (*api.One[Report], error) {
		return rep(s.Mailing(ctx, in.ID))
	})
	api.Add(a, op("update-report", http.MethodPut, "/reports/{id}", "Change a report", org.MeasureEdit), func(ctx context.Context, in *struct {
		ByID
		Body ReportDraft
	}) (*api.One[Report], error) {
		return rep(s.SaveMailing(ctx, in.Body.mailing(in.ID)))
	})
	api.Add(a, op("list-report-mails", http.MethodGet, "/reports/{id}/mails", "What was sent of a report", org.MeasureRead), func(ctx context.Context, in *ByID) (*api.List[Mail], error) {
		list, err := s.Mails(ctx, in.ID)
		return listed(list, mail, err)
	})
	api.Add(a, op("read-review-pack", http.MethodGet, "/review-pack", "What a review looks at: objectives off their path, notes, value, late initiatives, decisions and insights that are due", org.StrategyRead), func(ctx context.Context, in *struct {
		Map string `query:"map" maxLength:"50" doc:"Of which map; the first when empty."`
	}) (*api.One[Pack], error) {
		p, err := s.Pack(ctx, in.Map)
		if err != nil {
			return nil, err
		}
		name, err := s.Namer(ctx)
		if err != nil {
			return nil, err
		}
		return api.Only(pack(ctx, p, name)), nil
	})
	api.Add(a, op("delete-report", http.MethodDelete, "/reports/{id}", "Remove a report", org.MeasureEdit), func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.RemoveMailing(ctx, in.ID)
	})
}

func listed[T, O any](list []T, as func(T) O, err error) (*api.List[O], error) {
	if err != nil {
		return nil, err
	}
	out := make([]O, len(list))
	for i, v := range list {
		out[i] = as(v)
	}
	return api.Listed(out, ""), nil
}
