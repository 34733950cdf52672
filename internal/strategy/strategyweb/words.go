package strategyweb

import (
	"context"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

// unitOf is how values of a unit are written; money is in minor units of currency.
func unitOf(ctx context.Context, u kpi.Unit, currency string) chart.Unit {
	switch u {
	case kpi.Share, kpi.Ratio:
		return chart.Share(0)
	case kpi.Seconds:
		return chart.Duration()
	case kpi.Money:
		return chart.Money(currency)
	case kpi.Score:
		return chart.Count("", 2)
	case "":
		return chart.Count("", 1)
	}
	if u.Things() {
		return chart.Whole("measure.count."+string(u), measure.Word(ctx, u, 2))
	}
	if key := "strategy.count." + string(u); i18n.Has(key) {
		return chart.Counted(key, i18n.T(ctx, "strategy.unit."+string(u)))
	}
	return chart.Count("", 2)
}

// unit is how values of a reading are written.
func unit(ctx context.Context, r strategy.Reading) chart.Unit {
	return unitOf(ctx, r.Unit, r.Result.Currency)
}

// apartBy is how the difference between two values is written, and what one of it is in the unit: shares are apart by points, not by per cent.
func apartBy(ctx context.Context, r strategy.Reading) (u chart.Unit, one float64) {
	if r.Unit == kpi.Share || r.Unit == kpi.Ratio {
		return chart.Counted("strategy.count.points", ""), 0.01
	}
	return unit(ctx, r), 1
}

// typedUnit says in what a value is typed.
func typedUnit(ctx context.Context, u kpi.Unit, currency string) string {
	if u == kpi.Money && currency != "" {
		return i18n.T(ctx, "strategy.typed_in", "Currency", currency)
	}
	if key := "strategy.typed." + string(u); i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return ""
}

// typedIn is how many of a measure's unit are in one of what people type: amounts are typed in whole units of their currency.
func typedIn(u kpi.Unit, currency string) float64 {
	return strategy.TypedIn(u, currency)
}

// typed writes a value as it is typed into a form.
func typed(ctx context.Context, u kpi.Unit, currency string, v float64) string {
	s := strconv.FormatFloat(math.Round(v/typedIn(u, currency)*1000)/1000, 'f', -1, 64)
	if i18n.Lang(ctx) == "fr" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// number reads what people type: 1,5 or 1.5, spaces between thousands, a typographic minus.
func number(text string) (float64, bool) {
	clean := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '%', '+':
			return -1
		case '−':
			return '-'
		case ',':
			return '.'
		}
		return r
	}, text)
	if len(clean) > 40 || strings.ContainsAny(clean, "xXpP_iInN") {
		return 0, false
	}
	v, err := strconv.ParseFloat(clean, 64)
	return v, err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
}

// measureName is what the catalogue calls a measure.
func measureName(ctx context.Context, id string) string {
	if key := "measure." + id + ".name"; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return id
}

// label is the name of a measure with its statistic and what it is narrowed to.
func (n names) label(ctx context.Context, m strategy.Measure) string {
	s := n[m.Measure] // one that people put together
	if s == "" {
		s = measureName(ctx, m.Measure)
	}
	if m.Statistic == strategy.P90 {
		s += " (" + i18n.T(ctx, "strategy.statistic.p90") + ")"
	}
	for _, v := range m.Filter().Narrowed() {
		s += " · " + n.value(ctx, v.By, v.Value)
	}
	return s
}

// value is what a value of a dimension is called.
func (n names) value(ctx context.Context, by kpi.Dimension, id string) string {
	switch name := n[id]; {
	case by == kpi.ByLanguage:
		return i18n.Language(ctx, id)
	case by == kpi.ByKind && i18n.Has("enrich.kinds."+id):
		return i18n.T(ctx, "enrich.kinds."+id)
	case name != "" && (by == kpi.ByChannel || by == kpi.ByTopic || by == kpi.ByCommunity):
		return name
	case by == kpi.ByChannel || by == kpi.ByTopic:
		return i18n.T(ctx, "strategy.removed")
	}
	return id
}

// names are those of channels, topics and communities, by id.
type names map[string]string

func (h *handlers) names(ctx context.Context) (names, error) { return namesOf(ctx, h.s) }

func namesOf(ctx context.Context, s *strategy.Service) (names, error) {
	out := names{}
	channels, err := s.Measures().Channels(ctx)
	if err != nil {
		return nil, err
	}
	topics, err := s.Measures().Topics(ctx)
	if err != nil {
		return nil, err
	}
	communities, err := s.Measures().Values(ctx, kpi.ByCommunity, measure.Window{})
	if err != nil {
		return nil, err
	}
	for _, c := range slices.Concat(channels, topics, communities) {
		out[c.ID] = c.Name
	}
	own, err := s.Measures().Owned(measure.Permitted(ctx))
	if err != nil {
		return nil, err
	}
	for _, o := range own {
		out[o.ID] = o.Definition.Name
	}
	return out, nil
}

// standingWord is where an objective stands; too few observations are not none.
func standingWord(ctx context.Context, st strategy.Standing) string {
	if st.TooFew() {
		return i18n.T(ctx, "strategy.map.few")
	}
	return stateWord(ctx, st.Rolled.State)
}

// readingWord is where a measure stands.
func readingWord(ctx context.Context, r strategy.Reading) string {
	if r.Why == strategy.TooFew {
		return i18n.T(ctx, "strategy.map.few")
	}
	return stateWord(ctx, r.State)
}

func stateWord(ctx context.Context, s stat.State) string {
	return i18n.T(ctx, map[stat.State]string{stat.OnTrack: "strategy.map.on_track", stat.Watch: "strategy.map.watch", stat.Off: "strategy.map.off",
		stat.Unknown: "strategy.map.unknown"}[s])
}

func tone(s stat.State) ui.Tone {
	switch s {
	case stat.OnTrack:
		return ui.Success
	case stat.Watch:
		return ui.Warning
	case stat.Off:
		return ui.Danger
	}
	return ui.Neutral
}

// value writes the number of a reading, "" when there is none.
func value(ctx context.Context, r strategy.Reading) string {
	if !r.Value.Defined() {
		return ""
	}
	s := unit(ctx, r).Write(ctx, r.Value.Value)
	if r.Unit == kpi.Seconds {
		w := r.Result.Median
		if r.Statistic == strategy.P90 {
			w = r.Result.P90
		}
		if !w.Reached {
			return i18n.T(ctx, "strategy.more_than", "Value", s)
		}
	}
	return s
}

// target writes what a measure should reach, "" to whom its amounts are not shown.
func target(ctx context.Context, r strategy.Reading) string {
	if r.Hidden {
		return ""
	}
	u := unit(ctx, r)
	if r.Better != kpi.Within {
		return u.Write(ctx, r.Target)
	}
	low := u.Write(ctx, r.Low)
	switch r.Unit { // the unit need not be said twice
	case kpi.Seconds, kpi.Money:
	default:
		low = i18n.Number(ctx, r.Low/strategy.Typed(r.Unit), 0)
	}
	return i18n.T(ctx, "strategy.range", "Low", low, "High", u.Write(ctx, r.High))
}

// aim is target in a sentence.
func aim(ctx context.Context, r strategy.Reading) string {
	if r.Hidden {
		return i18n.T(ctx, "strategy.money_hidden")
	}
	return i18n.T(ctx, "strategy.target_is", "Target", target(ctx, r))
}

// hides reports whether amounts are left out of an evaluation for its reader.
func hides(e strategy.Evaluation) bool {
	return slices.ContainsFunc(e.Objectives, func(st strategy.Standing) bool {
		return slices.ContainsFunc(st.Readings, func(r strategy.Reading) bool { return r.Hidden })
	})
}

// sure writes the interval and on how many observations a reading stands.
func sure(ctx context.Context, r strategy.Reading) string {
	if !r.Value.Defined() {
		return ""
	}
	var parts []string
	if r.Value.Bounded {
		u := unit(ctx, r)
		parts = append(parts, i18n.T(ctx, "strategy.interval", "Low", u.Write(ctx, r.Value.Low), "High", u.Write(ctx, r.Value.High)))
	}
	parts = append(parts, i18n.T(ctx, "ui.stat.n", "N", i18n.Number(ctx, float64(r.Result.N), 0)))
	return strings.Join(parts, " · ")
}

// why says why a reading has no state, or no number for its reader; "" when it has both.
func why(ctx context.Context, r strategy.Reading) string {
	if r.Hidden {
		return i18n.T(ctx, "strategy.money_hidden")
	}
	if r.Why == strategy.Judged {
		return ""
	}
	return i18n.T(ctx, "strategy.why."+string(r.Why), "N", i18n.Number(ctx, float64(r.Value.N), 0))
}

// stands says in a sentence where an objective stands.
func stands(ctx context.Context, st strategy.Standing) string {
	switch {
	case len(st.Readings) == 0:
		return i18n.T(ctx, "strategy.stands.no_measure")
	case st.Rolled.Fresh == 0:
		return i18n.T(ctx, "strategy.stands.no_data")
	}
	key := "strategy.stands." + strings.ReplaceAll(st.Rolled.State.String(), "-", "_")
	return i18n.T(ctx, key, "Progress", i18n.Percent(ctx, st.Rolled.Progress, 0), "Expected", i18n.Percent(ctx, st.Rolled.Expected, 0)) + " " +
		i18n.N(ctx, "strategy.stands.coverage", st.Rolled.Fresh, "Total", st.Rolled.Total, "Coverage", i18n.Percent(ctx, st.Rolled.Coverage, 0))
}

// measureHref is the page of a measure, over the window and narrowed as the reading has it: it shows the same number.
func measureHref(ctx context.Context, r strategy.Reading) string {
	zone, q := i18n.Zone(ctx), url.Values{}
	q.Set("period", "custom")
	q.Set("from", r.Window.From.In(zone).Format(time.DateOnly))
	q.Set("to", r.Window.To.Add(-time.Microsecond).In(zone).Format(time.DateOnly))
	q.Set("at", strconv.FormatInt(r.Window.To.UnixMicro(), 10))
	for _, v := range r.Filter().Narrowed() {
		q.Set(string(v.By), v.Value)
	}
	return "/measures/" + url.PathEscape(r.Measure.Measure) + "?" + q.Encode()
}

func objectiveHref(id string) string { return "/strategy/objectives/" + id }

func mapHref(id string) string { return "/strategy?map=" + id }

func gapText(ctx context.Context, g strategy.Gap) string {
	return i18n.T(ctx, "strategy.gap."+string(g))
}

// dueDay is a due date as a form has it, in the reader's zone.
func dueDay(ctx context.Context, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(i18n.Zone(ctx)).Format(time.DateOnly)
}

// tested says what the data says about a link, and of which measures.
func (p objectivePage) tested(ctx context.Context, l strategy.Tested) string {
	c := l.Correlation
	key := map[stat.Verdict]string{stat.Consistent: "strategy.map.consistent", stat.NotConsistent: "strategy.map.not_consistent"}[c.Verdict]
	if key == "" {
		key = "strategy.map.too_few_data"
	}
	s := i18n.T(ctx, key)
	if c.Bounded {
		s += " (" + i18n.T(ctx, "strategy.correlation", "R", i18n.Number(ctx, c.R, 2), "Low", i18n.Number(ctx, c.Low, 2), "High", i18n.Number(ctx, c.High, 2), "N", c.N) + ")"
	}
	from, _ := p.E.Standing(l.Origin)
	to, _ := p.E.Standing(l.Serves)
	if c.N > 0 && l.From < len(from.Readings) && l.To < len(to.Readings) && len(from.Readings)+len(to.Readings) > 2 {
		s += " · " + p.Names.label(ctx, from.Readings[l.From].Measure) + " → " + p.Names.label(ctx, to.Readings[l.To].Measure)
	}
	return s
}

func lag(ctx context.Context, days int) string {
	if days < 4 {
		return i18n.T(ctx, "strategy.lag_none")
	}
	return i18n.N(ctx, "strategy.lag_weeks", (days+3)/7)
}
