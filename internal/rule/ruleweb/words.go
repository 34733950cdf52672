package ruleweb

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/rule"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

// when says when a rule looks.
func when(ctx context.Context, r *rule.Rule) string {
	if r.When == rule.Waiting {
		return i18n.T(ctx, "rule.when.waiting_for", "For", i18n.For(ctx, r.WaitFor))
	}
	return i18n.T(ctx, "rule.when."+string(r.When))
}

// conditions are the parts of If that narrow.
func conditions(ctx context.Context, r *rule.Rule, n *names) []ui.Item {
	var out []ui.Item
	add := func(key, value string) { out = append(out, ui.Item{Label: i18n.T(ctx, key), Value: value}) }
	if r.If.Words != "" {
		out = append(out, ui.Item{Label: i18n.T(ctx, "rule.if.words"), Value: r.If.Words, Body: code(r.If.Words)})
	}
	if len(r.If.Channels) > 0 {
		var list []string
		for _, c := range r.If.Channels {
			if list = append(list, n.channel[c]); n.channel[c] == "" {
				list[len(list)-1] = i18n.T(ctx, "rule.gone")
			}
		}
		add("rule.if.channels", strings.Join(list, ", "))
	}
	if r.If.Held != "" {
		add("rule.if.held", held(ctx, r.If.Held, n))
	}
	if r.If.Privacy != "" {
		add("rule.if.privacy", i18n.T(ctx, "rule.privacy."+r.If.Privacy))
	}
	if r.If.Standing != "" {
		add("rule.if.standing", i18n.T(ctx, "rule.standing."+r.If.Standing))
	}
	if r.If.Reopened > 0 {
		add("rule.if.reopened", i18n.N(ctx, "rule.times", r.If.Reopened))
	}
	return out
}

func held(ctx context.Context, v string, n *names) string {
	if v == rule.Nobody || v == rule.Somebody {
		return i18n.T(ctx, "rule.held."+v)
	}
	return n.of(ctx, v)
}

// doings are the parts of Then.
func doings(ctx context.Context, r *rule.Rule, n *names) []ui.Item {
	var out []ui.Item
	add := func(key, value string) { out = append(out, ui.Item{Label: i18n.T(ctx, key), Value: value}) }
	if r.Then.Open {
		add("rule.then.open", i18n.T(ctx, "rule.yes"))
	}
	if r.Then.Sentiment != "" {
		add("rule.then.sentiment", i18n.T(ctx, "rule.sentiment."+r.Then.Sentiment))
	}
	if r.Then.Kind != "" {
		add("rule.then.kind", i18n.T(ctx, "rule.kind."+r.Then.Kind))
	}
	if len(r.Then.Tags) > 0 {
		add("rule.then.tags", strings.Join(r.Then.Tags, ", "))
	}
	if r.Then.Department != "" {
		add("rule.then.department", r.Then.Department)
	}
	if r.Then.Skill != "" {
		add("rule.then.skill", r.Then.Skill)
	}
	if r.Then.Assign != "" {
		add("rule.then.assign", n.of(ctx, r.Then.Assign))
	}
	if r.Then.Release {
		add("rule.then.release", i18n.T(ctx, "rule.yes"))
	}
	if r.Then.Note != "" {
		add("rule.then.note", r.Then.Note)
	}
	if told := tells(ctx, r, n); told != "" {
		add("rule.then.tell", told)
	}
	if r.Then.Resolve {
		add("rule.then.resolve", or(r.Then.Because, i18n.T(ctx, "rule.yes")))
	}
	return out
}

func tells(ctx context.Context, r *rule.Rule, n *names) string {
	var list []string
	if r.Then.TellTeam {
		list = append(list, i18n.T(ctx, "rule.team"))
	}
	for _, m := range r.Then.Tell {
		list = append(list, n.of(ctx, m))
	}
	return strings.Join(list, ", ")
}

// short is a list of items on one line.
func short(list []ui.Item) string {
	parts := make([]string, len(list))
	for i, it := range list {
		parts[i] = it.Value
	}
	return strings.Join(parts, " · ")
}

// verbs are what a rule does, on one line.
func verbs(ctx context.Context, r *rule.Rule, n *names) string {
	var parts []string
	for _, it := range doings(ctx, r, n) {
		if it.Value == i18n.T(ctx, "rule.yes") {
			parts = append(parts, it.Label)
		} else {
			parts = append(parts, i18n.T(ctx, "rule.pair", "Label", it.Label, "Value", clip(it.Value, 60)))
		}
	}
	return strings.Join(parts, " · ")
}

func clip(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return strings.TrimSpace(string(r[:most-1])) + "…"
}

// reasons are why a rule fired.
func reasons(ctx context.Context, w rule.Why, n *names) []string {
	var out []string
	out = append(out, w.Words...)
	if w.Query != "" {
		out = append(out, w.Query)
	}
	if w.Where != "" {
		out = append(out, or(n.channel[w.Where], i18n.T(ctx, "rule.gone")))
	}
	if w.Waits > 0 {
		out = append(out, i18n.T(ctx, "rule.when.waiting_for", "For", i18n.For(ctx, time.Duration(w.Waits)*time.Second)))
	}
	if w.Held != "" {
		out = append(out, held(ctx, w.Held, n))
	}
	if w.Priv != "" {
		out = append(out, i18n.T(ctx, "rule.privacy."+w.Priv))
	}
	if w.Stood != "" {
		out = append(out, i18n.T(ctx, "rule.standing."+w.Stood))
	}
	if w.Again > 0 {
		out = append(out, i18n.N(ctx, "rule.times", w.Again))
	}
	return out
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// byDay counts moments by day, every day of the time between, in the reader's zone.
func byDay(ctx context.Context, at []time.Time, from, to time.Time, name string) []chart.Series {
	zone := i18n.Zone(ctx)
	day := func(t time.Time) time.Time {
		y, m, d := t.In(zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, zone)
	}
	n := map[time.Time]int{}
	for _, t := range at {
		n[day(t)]++
	}
	s := chart.Series{Name: name}
	for d := day(from); !d.After(to); d = d.AddDate(0, 0, 1) {
		s.Points = append(s.Points, chart.Point{At: d, Value: float64(n[d])})
	}
	return []chart.Series{s}
}

func stateTone(s rule.State) ui.Tone {
	switch s {
	case rule.On:
		return ui.Success
	case rule.Paused:
		return ui.Danger
	}
	return ui.Neutral
}

func firingTone(s rule.FiringState) ui.Tone {
	switch s {
	case rule.Carried:
		return ui.Success
	case rule.Failed:
		return ui.Danger
	case rule.Held:
		return ui.Warning
	}
	return ui.Info
}

// origin is the page of what a rule met.
func origin(conversation, post string) string {
	switch {
	case conversation != "":
		return "/inbox/" + conversation
	case post != "":
		return "/mentions/" + post
	}
	return ""
}

// waitTyped is a wait as it is typed: a number and its unit.
func waitTyped(d time.Duration) (n, unit string) {
	switch {
	case d > 0 && d%(24*time.Hour) == 0:
		return strconv.Itoa(int(d / (24 * time.Hour))), "days"
	case d%time.Hour == 0:
		return strconv.Itoa(int(d / time.Hour)), "hours"
	}
	return strconv.Itoa(int(d / time.Minute)), "minutes"
}

func options(ctx context.Context, any, prefix string, values []string) []ui.Option {
	var out []ui.Option
	if any != "" {
		out = append(out, ui.Option{Label: i18n.T(ctx, any)})
	}
	for _, v := range values {
		out = append(out, ui.Option{Value: v, Label: i18n.T(ctx, prefix+v)})
	}
	return out
}

func occasions() []string {
	var out []string
	for _, o := range rule.Occasions() {
		out = append(out, string(o))
	}
	return out
}

func (n *names) memberOptions(first ...ui.Option) []ui.Option {
	for _, m := range n.members {
		first = append(first, ui.Option{Value: m.ID, Label: m.Name})
	}
	return first
}

func (n *names) channelOptions() []ui.Option {
	var out []ui.Option
	for _, c := range n.channels {
		out = append(out, ui.Option{Value: c.ID, Label: c.Name})
	}
	return out
}

func formAction(p formPage) string {
	if p.Rule.ID != "" {
		return "/rules/" + p.Rule.ID
	}
	return "/rules"
}

func cancelHref(p formPage) string { return formAction(p) }

func typed(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func waitNumber(d time.Duration) string {
	if d == 0 {
		return ""
	}
	n, _ := waitTyped(d)
	return n
}

func waitUnit(d time.Duration) string {
	if d == 0 {
		return "hours"
	}
	_, unit := waitTyped(d)
	return unit
}

func dayOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, d := range trialDays() {
		out = append(out, ui.Option{Value: strconv.Itoa(d), Label: i18n.N(ctx, "rule.try.last", d)})
	}
	return out
}

func trialNote(ctx context.Context, t *rule.Trial) string {
	if t.All {
		return ""
	}
	return i18n.T(ctx, "rule.trial.newest")
}

func overText(ctx context.Context, t *rule.Trial) string {
	if t.OverAt.IsZero() {
		return i18n.T(ctx, "rule.trial.within")
	}
	return i18n.DayShort(ctx, t.OverAt)
}
