package strategyweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/strategy/check"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// smartView is what the rules say of an objective, for its page.
type smartView struct {
	objective string
	edit      bool
	letters   []letterView
	holding   []lineView // rules that hold, folded away
}

type letterView struct {
	letter  check.Letter
	verdict check.Verdict
	lines   []lineView
	kept    *check.Override
	by      string
}

type lineView struct {
	verdict check.Verdict
	text    string
	advice  []string
	href    string // where it can be put right
}

// SmartPanel holds an objective against the rules, for its page.
func SmartPanel(s *strategy.Service, o *org.Service) func(ctx context.Context, e strategy.Evaluation, st strategy.Standing, means strategy.Means) (ui.Panel, error) {
	return func(ctx context.Context, e strategy.Evaluation, st strategy.Standing, means strategy.Means) (ui.Panel, error) {
		n, err := namesOf(ctx, s)
		if err != nil {
			return ui.Panel{}, err
		}
		smart, err := s.Smart(ctx, e, st, means, func(m strategy.Measure) string { return n.label(ctx, m) })
		if err != nil {
			return ui.Panel{}, err
		}
		over, err := s.Overrides(ctx, st.Objective)
		if err != nil {
			return ui.Panel{}, err
		}
		v := smartView{objective: st.ID, edit: mayEdit(ctx)}
		for _, l := range check.Letters() {
			lv := letterView{letter: l, verdict: smart.Letters[l]}
			if kept, ok := over[l]; ok {
				lv.kept = &kept
				if m, err := o.Find(ctx, kept.By); err == nil {
					lv.by = m.Name
				}
			}
			for _, f := range smart.Findings {
				if f.Letter != l {
					continue
				}
				line := lineOf(ctx, st, f)
				switch {
				case f.Verdict == check.Pass:
					v.holding = append(v.holding, line)
				case !slices.ContainsFunc(lv.lines, func(x lineView) bool { return x.text == line.text }):
					lv.lines = append(lv.lines, line)
				}
			}
			v.letters = append(v.letters, lv)
		}
		return ui.Panel{Title: i18n.T(ctx, "check.title"), Body: smartBody(v)}, nil
	}
}

func lineOf(ctx context.Context, st strategy.Standing, f check.Finding) lineView {
	line := lineView{verdict: f.Verdict, text: said(ctx, "check."+f.Rule+"."+string(f.Verdict), told(ctx, st, f))}
	for _, s := range f.Spans {
		line.advice = append(line.advice, i18n.T(ctx, "check.quoted", "Word", s.Text, "Advice", i18n.T(ctx, "check.advice."+s.Advice)))
	}
	if f.Verdict == check.Pass || f.Verdict == check.Unsure || !mayEdit(ctx) {
		return line
	}
	switch f.Field {
	case "plan":
		line.href = "/initiatives/new?objective=" + st.ID
	case "measures":
		if len(st.Readings) == 0 {
			line.href = objectiveHref(st.ID) + "/measures/new"
		} else if f.Measure != "" {
			line.href = "/strategy/measures/" + f.Measure + "/edit"
		}
	default:
		line.href = objectiveHref(st.ID) + "/edit"
	}
	return line
}

// told writes the numbers of a finding in the units of what they are about.
func told(ctx context.Context, st strategy.Standing, f check.Finding) []any {
	out := append([]any(nil), f.Args...)
	for i := 1; i < len(out); i += 2 {
		v, ok := out[i].(float64)
		if !ok {
			continue
		}
		out[i] = i18n.Number(ctx, v, 1)
		for _, r := range st.Readings {
			if r.Measure.ID == f.Measure {
				out[i] = unit(ctx, r).Write(ctx, v)
			}
		}
		if f.Rule == "hours" {
			out[i] = i18n.Number(ctx, v, 1) + "\u00a0h"
		}
	}
	return out
}

// said is a sentence, in the plural of its count when it has one.
func said(ctx context.Context, key string, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if n, ok := args[i+1].(int); ok && args[i] == "Count" {
			return i18n.N(ctx, key, n, args...)
		}
	}
	return i18n.T(ctx, key, args...)
}

// flawView is what the rules say of a map.
type flawView struct {
	text   string
	severe bool
	about  []strategy.Standing
}

// CheckPanel holds a map against the rules, for below it.
func CheckPanel(s *strategy.Service, o *org.Service) func(ctx context.Context, e strategy.Evaluation, means strategy.Means) (ui.Panel, error) {
	return func(ctx context.Context, e strategy.Evaluation, means strategy.Means) (ui.Panel, error) {
		flaws, err := s.CheckMap(ctx, e, means)
		if err != nil {
			return ui.Panel{}, err
		}
		var list []flawView
		for _, f := range flaws {
			args := append([]any(nil), f.Args...)
			for i := 1; i < len(args); i += 2 {
				if id, ok := args[i].(string); ok && args[i-1] == "Owner" {
					if m, err := o.Find(ctx, id); err == nil {
						args[i] = m.Name
					}
				}
			}
			v := flawView{text: said(ctx, "check.map."+f.Rule, args), severe: f.Severe}
			for _, id := range f.Objectives {
				for _, st := range e.Objectives {
					if st.ID == id {
						v.about = append(v.about, st)
					}
				}
			}
			list = append(list, v)
		}
		sorting.Stable(list, func(a, b flawView) int {
			switch {
			case a.severe == b.severe:
				return 0
			case a.severe:
				return -1
			}
			return 1
		})
		return ui.Panel{Title: i18n.T(ctx, "check.map_title"), Body: flawsBody(list)}, nil
	}
}

func (h *handlers) override(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	err = h.s.Override(r.Context(), id, check.Letter(f.Text("letter")), f.Text("reason"))
	if p := problem.Of(err); err != nil && p.Code == problem.Invalid {
		web.Flash(w, r, ui.Danger, p.Key, p.Args...)
		return web.Redirect(w, r, objectiveHref(id)+"#smart")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, objectiveHref(id)+"#smart")
}

func (h *handlers) removeOverride(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := h.s.RemoveOverride(r.Context(), id, check.Letter(strings.ToUpper(r.PathValue("letter")))); err != nil {
		return err
	}
	return web.Redirect(w, r, objectiveHref(id)+"#smart")
}

func verdictTone(v check.Verdict) ui.Tone {
	switch v {
	case check.Pass:
		return ui.Success
	case check.Warn:
		return ui.Warning
	case check.Fail:
		return ui.Danger
	}
	return ui.Neutral
}

func overrideHref(objective string, l check.Letter) string {
	return fmt.Sprintf("%s/overrides/%s/remove", objectiveHref(objective), l)
}

// heading says where a measure is going if what was seen goes on; "" when nobody can tell.
func heading(ctx context.Context, c strategy.Course, st strategy.Standing, e strategy.Evaluation) string {
	if c.Reading.Why == strategy.Gone || st.DueAt.IsZero() || !st.DueAt.After(e.At) {
		return ""
	}
	o := c.Outlook(st.DueAt, e.At)
	switch {
	case o.Far:
		first := 0
		for first < len(c.Points)-1 && !c.Points[first].Value.OK() {
			first++
		}
		return i18n.T(ctx, "check.outlook.far", "Day", i18n.Day(ctx, st.DueAt), "Since", i18n.Day(ctx, c.Points[first].At))
	case o.Alike:
		return i18n.T(ctx, "check.outlook.alike", "N", o.N, "Worth", int(o.Effective), "Min", stat.FewestIndependent)
	case !o.Bounded && c.Shared > o.Step:
		return i18n.N(ctx, "check.outlook.apart", c.Reading.Days, "N", o.N, "Min", stat.FewestSteps)
	case !o.Bounded:
		return i18n.T(ctx, "check.outlook.few", "N", o.N, "Min", stat.FewestSteps)
	}
	low, high := possible(c.Reading.Unit, o.Low), possible(c.Reading.Unit, o.High)
	u := unit(ctx, c.Reading)
	if high-low > tooWide*(o.Most-o.Least) {
		return i18n.T(ctx, "check.outlook.vague", "Day", i18n.Day(ctx, st.DueAt), "Low", u.Write(ctx, low), "High", u.Write(ctx, high),
			"Least", u.Write(ctx, o.Least), "Most", u.Write(ctx, o.Most), "N", o.N)
	}
	if now := c.Points[len(c.Points)-1].Value; now.OK() && (o.Rising() && now.Value > o.Value || o.Falling() && now.Value < o.Value) {
		return i18n.T(ctx, "check.outlook.bent", "Day", i18n.Day(ctx, st.DueAt), "Value", u.Write(ctx, possible(c.Reading.Unit, o.Value)), "Now", u.Write(ctx, now.Value), "N", o.N)
	}
	trend := "level"
	if o.Rising() {
		trend = "rising"
	} else if o.Falling() {
		trend = "falling"
	}
	return i18n.T(ctx, "check.outlook."+trend, "Day", i18n.Day(ctx, st.DueAt), "Value", u.Write(ctx, possible(c.Reading.Unit, o.Value)),
		"Low", u.Write(ctx, low), "High", u.Write(ctx, high), "N", o.N)
}

// tooWide is how many times as wide as all that was seen an interval may be and still say something. Numbers that go nowhere and vary by chance have
// one of 1.2 times what 26 of them cover, twice what eight do, three times what six do.
const tooWide = 2

// possible keeps a line drawn on from leaving what a unit can be: no less than nothing, no more than all.
func possible(u kpi.Unit, v float64) float64 {
	switch u {
	case kpi.Points:
		return min(max(v, -100), 100)
	case kpi.Share:
		return min(max(v, 0), 1)
	case kpi.Posts, kpi.Conversations, kpi.Seconds, kpi.Hours, kpi.Contacts, kpi.People:
		return max(v, 0)
	}
	return v
}
