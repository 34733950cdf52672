package app

import (
	"context"
	"time"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/report/due"
)

// demoReport gives the sample organisation two dashboards, a price for what volunteers' hours save, and a report that would be mailed on Mondays.
func (a *App) demoReport(ctx context.Context) error {
	members, err := a.Org.Members(ctx)
	if err != nil {
		return err
	}
	var boss, strategist context.Context
	for _, m := range members {
		switch m.Role {
		case org.Owner:
			boss = org.AsOperator(org.With(ctx, m))
		case org.Strategist:
			strategist = org.AsOperator(org.With(ctx, m))
		}
	}
	team := []org.Role{org.Owner, org.Strategist, org.Social, org.Volunteer}
	if _, err := a.Report.AddDashboard(strategist, report.Dashboard{Name: "Lundi de l’équipe sociale", About: "Ce que nous regardons ensemble le lundi à 9 h.", Roles: team, Tiles: []report.Tile{
		{Kind: report.Figure, Measure: "first-response-time", Days: 30, Compare: report.WithBefore},
		{Kind: report.Figure, Measure: "first-response-time", Title: "Première réponse, pour neuf personnes sur dix", Statistic: report.P90, Days: 30, Compare: report.WithBefore},
		{Kind: report.Figure, Measure: "open-conversations", Days: 30, Compare: report.WithBefore},
		{Kind: report.Line, Measure: "volume", Days: 90, Step: measure.Week, Compare: report.WithBefore, Width: 2},
		{Kind: report.Bars, Measure: "response-rate", Days: 90, By: kpi.ByChannel, Compare: report.WithNothing},
		{Kind: report.Table, Measure: "volume", Title: "Ce qui est dit, par genre", Days: 90, By: kpi.ByKind, Compare: report.WithNothing},
		{Kind: report.Table, Measure: "answer-rate", Days: 90, Step: measure.Month, Compare: report.WithBefore, Width: 2},
	}}); err != nil {
		return err
	}
	if _, err := a.Report.AddDashboard(boss, report.Dashboard{Name: "Clients et argent", About: "Pour la réunion de direction.", Roles: []org.Role{org.Owner, org.Strategist}, Tiles: []report.Tile{
		{Kind: report.Figure, Measure: "customer-retention", Days: 90, Compare: report.WithBefore},
		{Kind: report.Figure, Measure: "contact-saving", Days: 90, Compare: report.WithBefore},
		{Kind: report.Figure, Measure: "csat", Days: 90, Compare: report.WithLastYear},
		{Kind: report.Line, Measure: "net-sentiment", Days: 182, Step: measure.Month, Compare: report.WithBefore, Width: 3},
	}}); err != nil {
		return err
	}
	list, err := a.Plan.Objectives(ctx)
	if err != nil {
		return err
	}
	objective := ""
	for _, o := range list {
		if o.Name.In("en") == "Answer forum questions before they grow old" {
			objective = o.ID
		}
	}
	if _, err := a.Report.SaveValueLine(strategist, report.ValueLine{Objective: objective, Name: "Contacts évités, au prix du contrôle de gestion", Measure: "deflected-contacts", Price: 680, Currency: "EUR", Grade: report.Assumed,
		Reason: "6,80 € par contact : contrôle de gestion, 2025, sans les charges de structure."}); err != nil {
		return err
	}
	_, err = a.Report.SaveMailing(boss, report.Mailing{Name: "Revue du lundi", Content: report.OfPack, Lang: "fr", Enabled: true,
		Rhythm: due.Rhythm{Every: due.Week, Weekday: time.Monday, Minute: 8 * 60, Zone: "Europe/Paris"}, Recipients: []report.Recipient{{Member: org.Who(boss).ID}, {Member: org.Who(strategist).ID}}})
	return err
}
