package planweb

import (
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
)

// aboutRow writes what an initiative is into the form.
func aboutRow(i plan.Initiative) row {
	return row{"name": i.Name, "owner": i.Owner, "outcome": i.Outcome, "scope_in": i.ScopeIn, "scope_out": i.ScopeOut, "manner": i.Manner, "exit": i.Exit,
		"start": i.Start.String(), "end": i.End.String(), "currency": i.Currency}
}

func readAbout(in *web.Form) (form row, a plan.About, errs []error) {
	form = row{}
	for _, f := range []string{"name", "owner", "outcome", "scope_in", "scope_out", "manner", "exit", "start", "end", "currency"} {
		form[f] = in.Text(f)
	}
	a = plan.About{Name: form["name"], Owner: form["owner"], Outcome: form["outcome"], ScopeIn: form["scope_in"], ScopeOut: form["scope_out"], Manner: form["manner"], Exit: form["exit"],
		Currency: form["currency"], Objectives: in.Values["objective"]}
	for field, to := range map[string]*schedule.Day{"start": &a.Start, "end": &a.End} {
		var ok bool
		if *to, ok = schedule.ParseDay(form[field]); !ok {
			errs = append(errs, problem.New(problem.Invalid, "plan.day_bad").On(field))
		}
	}
	return form, a, errs
}

// objectiveMaps groups objectives by their map, in order.
func objectiveMaps(list []plan.Objective, lang string) (names []string, of map[string][]plan.Objective) {
	of = map[string][]plan.Objective{}
	for _, o := range list {
		name := strategy.Words(o.Map).In(lang)
		if of[name] == nil {
			names = append(names, name)
		}
		of[name] = append(of[name], o)
	}
	return names, of
}
