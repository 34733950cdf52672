package reportapi

import "github.com/entente/entente/internal/report"

// Moved is the line of sight upwards.
type Moved struct {
	Counted     []Counted        `json:"counted" nullable:"false" doc:"Measures of objectives whose numbers count some of it."`
	Meant       []MeantObjective `json:"meant" nullable:"false" doc:"Objectives that initiatives and insights that came of it are for."`
	Insights    []string         `json:"insights" nullable:"false" doc:"Ids."`
	Initiatives []string         `json:"initiatives" nullable:"false" doc:"Ids."`
}

// Counted is a measure of an objective that counts something.
type Counted struct {
	Objective string `json:"objective"`
	ID        string `json:"id" doc:"Of the measure of the objective."`
	Measure   string `json:"measure"`
	Now       int    `json:"now" doc:"Rows in the window the measure is looked at over."`
	Since     int    `json:"since" doc:"Rows since its baseline."`
	State     string `json:"state" enum:"on-track,watch,off,unknown" doc:"Of the objective."`
}

// MeantObjective is one of them.
type MeantObjective struct {
	Objective string `json:"objective"`
	Map       string `json:"map"`
	State     string `json:"state" enum:"on-track,watch,off,unknown"`
}

func moved(v report.Moved) Moved {
	out := Moved{Counted: []Counted{}, Meant: []MeantObjective{}, Insights: []string{}, Initiatives: []string{}}
	for _, m := range v.Counted {
		out.Counted = append(out.Counted, Counted{m.Standing.ID, m.Reading.ID, m.Reading.Measure.Measure, m.Now, m.Since, m.Standing.Rolled.State.String()})
	}
	for _, a := range v.Meant {
		out.Meant = append(out.Meant, MeantObjective{a.Standing.ID, a.Map.ID, a.Standing.Rolled.State.String()})
	}
	for _, i := range v.Insights {
		out.Insights = append(out.Insights, i.ID)
	}
	for _, i := range v.Initiatives {
		out.Initiatives = append(out.Initiatives, i.ID)
	}
	return out
}
