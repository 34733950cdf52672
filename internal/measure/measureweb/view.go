package measureweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web/ui"
)

// view is what an address asks for.
type view struct {
	Period, From, To string // From and To are dates when Period is custom
	At               string // the moment at which a number was read, so that its rows are those it was made of
	Step             measure.Step
	Filter           measure.Filter
	Window           measure.Window
	Part             string
	Channels, Topics []measure.Choice
	Choices          map[kpi.Dimension][]measure.Choice // of the other dimensions
	Search, Section  string                             // of the list of measures
	By               kpi.Dimension                      // what the number is broken down by
	stepAsked        bool
}

const date = "2006-01-02"

func (h *handlers) view(r *http.Request) (view, error) {
	ctx, q := r.Context(), r.URL.Query()
	zone, now := i18n.Zone(ctx), h.s.Now()
	v := view{Period: q.Get("period"), From: q.Get("from"), To: q.Get("to"), At: q.Get("at"), Step: measure.Step(q.Get("step")), Part: q.Get("part"),
		Filter: measure.Filter{Channel: q.Get("channel"), Topic: q.Get("topic"), Language: q.Get("language"), Member: q.Get("member"),
			Kind: q.Get("kind"), Team: q.Get("team"), Partner: q.Get("partner"), Campaign: q.Get("campaign"), Community: q.Get("community")},
		Search: strings.TrimSpace(q.Get("q")), Section: q.Get("section"), By: kpi.Dimension(q.Get("by"))}
	if n, err := strconv.ParseInt(v.At, 10, 64); err == nil && n > 0 && n < now.UnixMicro() {
		now = time.UnixMicro(n).UTC()
	} else {
		v.At = ""
	}
	usual := measure.Week
	switch v.Period {
	case "90d":
		v.Window = measure.Last(90, now, zone)
	case "6m":
		y, m, d := now.In(zone).Date()
		v.Window = measure.Days(time.Date(y, m-6, d+1, 0, 0, 0, 0, zone), now.In(zone), now, zone)
	case "custom":
		last := measure.Last(30, now, zone)
		first, err := day(v.From, last.From.In(zone), "from")
		if err != nil {
			return v, err
		}
		end, err := day(v.To, now.In(zone), "to")
		if err != nil {
			return v, err
		}
		v.From, v.To = first.Format(date), end.Format(date)
		v.Window = measure.Days(first, end, now, zone)
		switch n := v.Window.To.Sub(v.Window.From).Hours() / 24; {
		case n <= 45:
			usual = measure.Day
		case n > 400:
			usual = measure.Month
		}
	default:
		v.Period, usual = "30d", measure.Day
		v.Window = measure.Last(30, now, zone)
	}
	if v.Step == "" {
		v.Step = usual
	} else {
		v.stepAsked = true
	}
	return v, nil
}

func day(text string, usual time.Time, field string) (time.Time, error) {
	if text == "" {
		return usual, nil
	}
	t, err := time.Parse(date, text)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return t, problem.New(problem.Invalid, "measure.bad_date").On(field)
	}
	return t, nil
}

// choose fills the lists of the filter bar; dims are what can be narrowed.
func (h *handlers) choose(r *http.Request, v *view, dims ...kpi.Dimension) (err error) {
	v.Choices = map[kpi.Dimension][]measure.Choice{}
	for _, d := range dims {
		switch d {
		case kpi.ByChannel, kpi.ByTopic, kpi.ByMember:
			continue
		}
		if v.Choices[d], err = h.s.Values(r.Context(), d, v.Window); err != nil {
			return err
		}
		for i, c := range v.Choices[d] {
			v.Choices[d][i].Name = valueName(r.Context(), d, c)
		}
	}
	if v.Channels, err = h.s.Channels(r.Context()); err != nil {
		return err
	}
	v.Topics, err = h.s.Topics(r.Context())
	return err
}

// to is an address that keeps the view; more are name, value pairs.
func (v view) to(path string, more ...string) string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	if v.Period != "30d" {
		set("period", v.Period)
	}
	if v.Period == "custom" {
		set("from", v.From)
		set("to", v.To)
	}
	if v.stepAsked {
		set("step", string(v.Step))
	}
	set("channel", v.Filter.Channel)
	set("topic", v.Filter.Topic)
	set("language", v.Filter.Language)
	set("member", v.Filter.Member)
	set("kind", v.Filter.Kind)
	set("team", v.Filter.Team)
	set("partner", v.Filter.Partner)
	set("campaign", v.Filter.Campaign)
	set("community", v.Filter.Community)
	for i := 0; i+1 < len(more); i += 2 {
		set(more[i], more[i+1])
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// moment pins an address to the moment at which its number was read.
func (v view) moment() string {
	if v.At != "" {
		return v.At
	}
	return strconv.FormatInt(v.Window.To.UnixMicro(), 10)
}

func options(all string, list []measure.Choice) []ui.Option {
	out := []ui.Option{{Label: all}}
	for _, c := range list {
		out = append(out, ui.Option{Value: c.ID, Label: c.Name})
	}
	return out
}

// valueOf is what a dimension is narrowed to.
func (v view) valueOf(d kpi.Dimension) string {
	f := v.Filter
	return map[kpi.Dimension]string{kpi.ByChannel: f.Channel, kpi.ByTopic: f.Topic, kpi.ByLanguage: f.Language, kpi.ByMember: f.Member, kpi.ByKind: f.Kind, kpi.ByTeam: f.Team,
		kpi.ByPartner: f.Partner, kpi.ByCampaign: f.Campaign, kpi.ByCommunity: f.Community}[d]
}

// sections are the parts of the list of measures.
func sections(ctx context.Context) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "measure.filter.all")}}
	for _, s := range append(kpi.Sections(), kpi.Own) {
		out = append(out, ui.Option{Value: string(s), Label: i18n.T(ctx, "measure.section."+string(s))})
	}
	return out
}
