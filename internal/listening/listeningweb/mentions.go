package listeningweb

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
	"github.com/entente/entente/lang/query"
)

const perPage = 30

// mentionsView is what the list page shows.
type mentionsView struct {
	memo     *ui.Memo
	lines    *ui.Memo
	filter   listening.Filter
	period   string
	list     []listening.Mention
	topics   []listening.Topic
	channels []ui.Option
	names    map[string]string // channel id to name
	volume   []chart.Series
	step     chart.Step
	total    int
	older    string
	newest   string
	here     string
	first    bool
	filtered bool
	from, to string // days, as typed; either may be ""
	span     *span
	problems []query.Problem // of the query searched with
}

// span is the days shown instead of a period, and the way to those before and after.
type span struct{ days, earlier, later, all string }

// drawn is the chart of the volume, drawn once for the same figures.
func (v *mentionsView) drawn(p chart.BarsProps) templ.Component {
	return v.memo.Component(chart.Bars(p), p)
}

// kept is the line of a mention, drawn again only when something it shows has changed: many look at the same lists. Two edits may bear one
// date, so what is shown of the text is compared itself.
func (v *mentionsView) kept(ctx context.Context, m *listening.Mention) templ.Component {
	return v.lines.Component(mentionLine(v, m), m.ID, m.Title, m.Excerpt(240), m.DeletedAt, m.AuthorName, i18n.Ago(ctx, m.At, time.Now()), v.names[m.Channel], m.Lang, m.Label,
		says(m), v.others(m))
}

// others names the topics a mention belongs to besides the one looked at.
func (v *mentionsView) others(m *listening.Mention) []string {
	var out []string
	for _, t := range m.Topics {
		if t != v.filter.Topic {
			out = append(out, v.topic(t))
		}
	}
	return out
}

// topic names a topic by id.
func (v *mentionsView) topic(id string) string {
	for i := range v.topics {
		if v.topics[i].ID == id {
			return v.topics[i].Name
		}
	}
	return ""
}

func (p *pages) mentions(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), r.URL.Query()
	if post := in.Get("post"); post != "" {
		return web.Redirect(w, r, "/mentions/"+url.PathEscape(post))
	}
	v := &mentionsView{memo: &p.memo, lines: &p.lines, period: in.Get("period"), here: r.URL.RequestURI()}
	v.filter = listening.Filter{Topic: in.Get("topic"), Channel: in.Get("channel"), Lang: in.Get("lang"), Label: in.Get("label"), Kind: in.Get("kind"), Query: strings.TrimSpace(in.Get("q"))}
	var err error
	if v.topics, err = p.listening.Topics(ctx); err != nil {
		return err
	}
	if v.filter.Topic != "" && v.topic(v.filter.Topic) == "" {
		return problem.New(problem.Missing, "problem.not_found")
	}
	if v.names, v.channels, err = p.names(ctx); err != nil {
		return err
	}
	before, err := place(in.Get("before"))
	if err != nil {
		return err
	}
	now, zone := time.Now(), i18n.Zone(ctx)
	from, isFrom := day(in.Get("from"), zone)
	to, isTo := day(in.Get("to"), zone)
	if v.period != "" && v.period != "days" { // another period was chosen since
		isFrom, isTo = false, false
	} else if isFrom || isTo {
		v.period = "days"
	}
	days := map[string]int{"7": 7, "30": 30, "90": 90, "180": 183}[v.period]
	switch {
	case days > 0:
		v.filter.Since = now.AddDate(0, 0, -days)
	case v.period == "days":
		days = 183
	default:
		v.period, days = "180", 183 // of the chart; the list goes on
	}
	first, last := midnight(now.AddDate(0, 0, -days), zone), midnight(now, zone)
	if isFrom && isTo && to.Before(from) {
		from, to = to, from
	}
	if isFrom {
		v.from, v.filter.Since, first = iso(from), from, from
	}
	if isTo {
		v.to, v.filter.Until, last = iso(to), to.AddDate(0, 0, 1), to
		if !isFrom {
			v.filter.Since, first = time.Time{}, to.AddDate(0, 0, -days)
		}
	}
	if isFrom || isTo {
		v.span = spanned(ctx, in, from, to, isFrom, isTo)
	}
	if len(v.filter.Query) > 8<<10 {
		return problem.New(problem.TooLarge, "problem.too_large", "Limit", "8 kB")
	}
	var meant *query.Query
	if v.filter.Query != "" {
		meant, v.problems = query.Parse(v.filter.Query)
	}
	var list []listening.Mention
	var next listening.Place
	if !query.HasErrors(v.problems) {
		if list, next, err = p.listening.Mentions(ctx, v.filter, before, perPage); err != nil {
			return err
		}
		if v.filter.Query != "" && before.At.IsZero() {
			unknown, err := p.listening.Unknown(ctx, meant, posts(list))
			if err != nil {
				return err
			}
			v.problems = append(v.problems, unknown...)
		}
	}
	v.list, v.first = list, before.At.IsZero()
	v.filtered = v.filter != listening.Filter{}
	if next.Post != "" {
		v.older = with(in, "before", strconv.FormatInt(next.At.UnixMicro(), 10)+"-"+next.Post)
	}
	if !v.first {
		v.newest = with(in, "before", "")
	}
	if v.first && v.filter.Lang == "" && v.filter.Label == "" && v.filter.Kind == "" && v.filter.Query == "" { // volume is counted by topic and channel
		if err := p.drawVolume(ctx, v, first, last); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "listening.mentions")}, mentionsPage(v))
}

func posts(list []listening.Mention) []channel.Post {
	out := make([]channel.Post, len(list))
	for i := range list {
		out[i] = list[i].Post
	}
	return out
}

func midnight(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone)
}

// day reads a day as date fields write it; one that nothing can have been said on is none.
func day(text string, zone *time.Location) (time.Time, bool) {
	t, err := time.ParseInLocation("2006-01-02", text, zone)
	return t, err == nil && t.Year() >= 1970 && t.Year() < 2200
}

func iso(t time.Time) string { return t.Format("2006-01-02") }

// spanned describes days, with as many before and after them.
func spanned(ctx context.Context, in url.Values, from, to time.Time, isFrom, isTo bool) *span {
	without := url.Values{}
	for k, v := range in {
		if k != "from" && k != "to" && k != "before" && k != "period" {
			without[k] = v
		}
	}
	s := &span{all: with(without, "", "")}
	switch {
	case !isTo:
		s.days = i18n.T(ctx, "listening.days_from", "Day", i18n.Day(ctx, from))
		return s
	case !isFrom:
		s.days = i18n.T(ctx, "listening.days_to", "Day", i18n.Day(ctx, to))
		return s
	case from.Equal(to):
		s.days = i18n.Day(ctx, from)
	default:
		s.days = i18n.T(ctx, "listening.days", "From", i18n.Day(ctx, from), "To", i18n.Day(ctx, to))
	}
	n := int(math.Round(to.Sub(from).Hours()/24)) + 1
	move := func(by int) string {
		without.Set("from", iso(from.AddDate(0, 0, by)))
		without.Set("to", iso(to.AddDate(0, 0, by)))
		return with(without, "", "")
	}
	s.earlier, s.later = move(-n), move(n)
	return s
}

// drawVolume counts from a day to another: by day, by week from two months on.
func (p *pages) drawVolume(ctx context.Context, v *mentionsView, first, last time.Time) error {
	end := last.AddDate(0, 0, 1)
	days := math.Round(end.Sub(first).Hours() / 24)
	if days > 5*366 { // more than a chart can show
		return nil
	}
	step := 1
	v.step = chart.Day
	if days > 62 {
		step, v.step = 7, chart.Week
		for end.Weekday() != time.Monday {
			end = end.AddDate(0, 0, 1)
		}
	}
	cuts := []time.Time{end}
	for t := end; t.After(first); {
		t = t.AddDate(0, 0, -step)
		cuts = append(cuts, t)
	}
	slices.Reverse(cuts)
	show := []string{v.filter.Topic}
	if v.filter.Topic == "" && v.filter.Channel == "" {
		for i := range v.topics {
			if len(show) < 8 {
				show = append(show, v.topics[i].ID)
			}
		}
		if len(show) > 1 {
			show = show[1:]
		}
	}
	for _, topic := range show {
		volume, err := p.listening.VolumeBy(ctx, topic, v.filter.Channel, cuts)
		if err != nil {
			return err
		}
		s := chart.Series{Name: v.topic(topic)}
		if topic == "" {
			s.Name = i18n.T(ctx, "listening.all_posts")
		}
		for _, n := range volume {
			s.Points = append(s.Points, chart.Point{At: n.At, Value: float64(n.N), Low: math.NaN(), High: math.NaN()})
			v.total += n.N
		}
		v.volume = append(v.volume, s)
	}
	return nil
}

func (p *pages) names(ctx context.Context) (map[string]string, []ui.Option, error) {
	list, err := p.channels.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	names := map[string]string{}
	var options []ui.Option
	for i := range list {
		names[list[i].ID] = list[i].Name
		options = append(options, ui.Option{Value: list[i].ID, Label: list[i].Name})
	}
	return names, options, nil
}

// mentionView is what the page of one post shows.
type mentionView struct {
	listening.Mention
	channel string
	topics  []listening.Topic
	panels  []ui.Panel
}

func (p *pages) mention(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	m, found, err := p.listening.Find(ctx, r.PathValue("post"))
	if err != nil {
		return err
	}
	if !found {
		return problem.New(problem.Missing, "problem.not_found")
	}
	v := &mentionView{Mention: m}
	names, _, err := p.names(ctx)
	if err != nil {
		return err
	}
	v.channel = names[m.Channel]
	all, err := p.listening.Topics(ctx)
	if err != nil {
		return err
	}
	for i := range all {
		for _, id := range m.Topics {
			if id == all[i].ID {
				v.topics = append(v.topics, all[i])
			}
		}
	}
	if p.Panels != nil {
		v.panels = p.Panels(ctx, m)
	}
	return web.Show(w, r, web.Page{Title: title(ctx, &m)}, mentionPage(v))
}

// title is the post's own, or its beginning.
func title(ctx context.Context, m *listening.Mention) string {
	switch {
	case !m.DeletedAt.IsZero():
		return i18n.T(ctx, "listening.deleted")
	case m.Title != "":
		return m.Title
	case m.Text != "":
		return m.Excerpt(140)
	}
	return i18n.T(ctx, "listening.no_text")
}

// excerpt is the beginning of the text, when the title is not that already.
func excerpt(m *listening.Mention) string {
	if m.Title == "" && m.Excerpt(140) == m.Excerpt(240) {
		return ""
	}
	return m.Excerpt(240)
}

func author(m *listening.Mention) string {
	if m.AuthorName != "" {
		return m.AuthorName
	}
	if strings.HasPrefix(m.Author, "channel:") { // nobody signed
		return ""
	}
	_, rest, found := strings.Cut(m.Author, ":")
	if !found {
		return m.Author
	}
	return strings.TrimPrefix(rest, "//")
}

func labelTone(label string) ui.Tone {
	switch label {
	case "positive":
		return ui.Success
	case "negative":
		return ui.Danger
	}
	return ui.Neutral
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func languages() []string { return []string{"fr", "en", "de", "es", "it", "nl", "pt"} }

// with is the query with one value changed, as an address relative to the page.
func with(in url.Values, key, value string) string {
	out := url.Values{}
	for k, v := range in {
		if k != key && len(v) > 0 && v[0] != "" {
			out[k] = v[:1]
		}
	}
	if value != "" {
		out.Set(key, value)
	}
	return "/mentions?" + out.Encode()
}

func place(text string) (listening.Place, error) {
	if text == "" {
		return listening.Place{}, nil
	}
	micros, post, ok := strings.Cut(text, "-")
	n, err := strconv.ParseInt(micros, 10, 64)
	if !ok || err != nil {
		return listening.Place{}, problem.New(problem.Missing, "problem.not_found")
	}
	return listening.Place{At: time.UnixMicro(n), Post: post}, nil
}
