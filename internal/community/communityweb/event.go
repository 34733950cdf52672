package communityweb

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/community/ical"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// events registers the pages of events.
func (h *handlers) events(r *web.Routes) {
	r.Page("GET /c/{slug}/events", org.Public, h.in(h.eventList))
	r.Page("GET /c/{slug}/events/calendar.ics", org.Public, h.in(h.calendar))
	r.Page("GET /c/{slug}/events/mine/{token}", org.Public, h.myCalendar)
	r.Do("POST /c/{slug}/events/address", org.SignedIn, h.in(h.calendarAddress))
	r.Page("GET /c/{slug}/events/new", org.SignedIn, h.in(h.announcing))
	r.Do("POST /c/{slug}/events", org.SignedIn, h.in(h.announce))
	r.Page("GET /c/{slug}/t/{thread}/event.ics", org.Public, h.in(h.eventFile))
	r.Do("POST /c/{slug}/t/{thread}/seat", org.SignedIn, h.in(h.enrol))
	r.Page("GET /c/{slug}/p/{post}/event", org.SignedIn, h.in(h.moving))
	r.Do("POST /c/{slug}/p/{post}/event", org.SignedIn, h.in(h.moveEvent))
	r.Do("POST /c/{slug}/p/{post}/cancel", org.SignedIn, h.in(h.cancelEvent))
}

// eventsView is a list of events.
type eventsView struct {
	hall
	space  *community.Space // nil for all of the community
	past   bool
	tag    string // of what is shown alone; "" for all
	page   int
	more   bool
	list   []community.Event
	seats  map[string]string
	spaces []community.Space // where whoever asks may announce one
	token  string            // of the reader's own calendar, "" before they asked for one
}

func (v *eventsView) title(ctx context.Context) string {
	if v.space == nil {
		return i18n.T(ctx, "community.event.title")
	}
	return v.space.Called(v.lang, v.place.Langs...)
}

func (v *eventsView) path() string {
	if v.space == nil {
		return "/events"
	}
	return "/" + v.space.Slug
}

func (v *eventsView) at(ctx context.Context, past bool, page int) string {
	q := url.Values{}
	if past {
		q.Set("past", "yes")
	}
	if v.tag != "" {
		q.Set("tag", v.tag)
	}
	if page > 0 {
		q.Set("page", strconv.Itoa(page))
	}
	to := v.href(ctx, v.path())
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}

func (v *eventsView) tabs(ctx context.Context) []ui.Tab {
	return []ui.Tab{{Label: i18n.T(ctx, "community.event.coming"), Href: v.at(ctx, false, 0), Current: !v.past}, {Label: i18n.T(ctx, "community.event.past"), Href: v.at(ctx, true, 0), Current: v.past}}
}

func (v *eventsView) pages(ctx context.Context) ui.Pages {
	var p ui.Pages
	if v.page > 0 {
		p.Newer = v.at(ctx, v.past, v.page-1)
	}
	if v.more {
		p.Older = v.at(ctx, v.past, v.page+1)
	}
	return p
}

// announces lists the spaces where whoever asks may announce an event.
func (v *hall) announces() []community.Space {
	var out []community.Space
	for _, sp := range v.Spaces(v.place.ID) {
		if sp.Takes(community.Events) && v.who != nil && v.MayWrite(sp.ID) {
			out = append(out, sp)
		}
	}
	return out
}

func (h *handlers) eventList(w http.ResponseWriter, r *http.Request) error {
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	return h.showEvents(w, r, at, nil)
}

func (h *handlers) showEvents(w http.ResponseWriter, r *http.Request, at hall, space *community.Space) error {
	if h.unchanged(w, r, &at) {
		return nil
	}
	ctx, q := r.Context(), r.URL.Query()
	v := &eventsView{hall: at, space: space, past: q.Get("past") != "", tag: tagIn(r), page: max(number(q.Get("page")), 0), spaces: at.announces()}
	in := community.EventQuery{Community: at.place.ID, Past: v.past, Tag: v.tag, Page: v.page}
	if space != nil {
		in.Space = space.ID
	}
	var err error
	if v.list, v.more, err = h.s.Events(ctx, at.Sight, in); err != nil {
		return err
	}
	if v.seats, err = h.s.EnrolledIn(ctx, at.who, v.list); err != nil {
		return err
	}
	if at.who != nil && !at.who.ByToken() {
		if v.token, err = h.s.CalendarToken(ctx, at.place.ID, false); err != nil && !problem.Is(err, problem.Missing) {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: v.title(ctx), Head: eventsHead(v)}, eventsPage(v))
}

// eventView is what the page of an event shows beside its thread.
type eventView struct {
	community.Event
	dates   []community.Event // those to come of one that repeats
	in      map[string]string // on which of them whoever asks enrolled, by DateID
	mine    community.Seat
	seats   []community.Seat
	changes []community.Changed
	enrols  bool
	keeps   bool // whoever asks may change it
	joins   bool // somebody who has not signed in may sign up to
}

// linkShown reports whether the address on the web is shown.
func (e *eventView) linkShown() bool { return e.Link != "" && (e.mine.State == "in" || e.keeps) }

// fillEvent reads what the page of an event shows.
func (h *handlers) fillEvent(ctx context.Context, v *threadView) error {
	if v.t.Kind != community.Events {
		return nil
	}
	e, found, err := h.dateOf(ctx, v.t.ID, v.date)
	if err != nil || !found || !e.DeletedAt.IsZero() { // of what was taken away only the thread says so
		return err
	}
	x := &eventView{Event: e}
	if e.Repeats() {
		if x.dates, err = h.s.Dates(ctx, e.ID); err != nil {
			return err
		}
		x.dates = slices.DeleteFunc(x.dates, func(d community.Event) bool { return d.Over(v.now) })
		if x.in, err = h.s.EnrolledIn(ctx, v.who, x.dates); err != nil {
			return err
		}
	}
	if x.mine, err = h.s.SeatOf(ctx, v.who, e.ID, e.Date); err != nil {
		return err
	}
	if v.who != nil {
		if x.seats, err = h.s.SeatsOf(ctx, e.ID, e.Date); err != nil {
			return err
		}
	}
	if x.changes, err = h.s.ChangesOf(ctx, e.ID); err != nil {
		return err
	}
	x.enrols = v.Enrols(v.who, &e, v.now)
	x.keeps = v.changes(&v.first)
	x.joins = v.invited && !e.Cancelled && !e.Over(v.now) && e.DeletedAt.IsZero()
	v.event = x
	return nil
}

// dateOf finds an event on the date that an address names, or on the next.
func (h *handlers) dateOf(ctx context.Context, thread, date string) (community.Event, bool, error) {
	if date != "" {
		if e, found, err := h.s.OnDate(ctx, thread, number(date)); found || err != nil {
			return e, found, err
		}
	}
	return h.s.Event(ctx, thread)
}

// all reports whether there are several dates on which whoever asks may still enrol.
func (e *eventView) all() bool {
	n := 0
	for i := range e.dates {
		if !e.dates[i].Cancelled && e.in[e.dates[i].DateID()] == "" {
			n++
		}
	}
	return e.enrols && n > 1
}

// dateQuery names the date in addresses, of an event that repeats.
func dateQuery(e *community.Event) string {
	if !e.Repeats() {
		return ""
	}
	return "?date=" + strconv.Itoa(e.Date)
}

// often says how often an event takes place; "" for once.
func often(ctx context.Context, e *community.Event) string {
	if !e.Repeats() {
		return ""
	}
	return i18n.T(ctx, "community.event.often."+e.Often)
}

// elsewhere says when the event is where the reader is; "" when the clocks there show the same.
func (e *eventView) elsewhere(ctx context.Context) string {
	z := i18n.Zone(ctx)
	if e.StartsAt.In(z).Format("15:04") == e.StartsAt.In(e.Location()).Format("15:04") {
		return ""
	}
	return community.Span(ctx, e.StartsAt, e.EndsAt, z)
}

func eventDay(ctx context.Context, e *community.Event) (day, month string) {
	at := i18n.With(ctx, i18n.Lang(ctx), e.Location())
	day, month, _ = strings.Cut(i18n.DayShort(at, e.StartsAt), "\u00a0")
	return day, month
}

// taken says how many seats are taken.
func taken(ctx context.Context, e *community.Event) string {
	if e.Seats == 0 {
		return i18n.N(ctx, "community.event.enrolled", e.In)
	}
	return i18n.N(ctx, "community.event.of", e.In, "Seats", e.Seats)
}

// waitingLine says how many wait for a seat, "" for nobody.
func waitingLine(ctx context.Context, n int) string {
	if n == 0 {
		return ""
	}
	return i18n.N(ctx, "community.event.waiting_n", n)
}

func (v *threadView) seatHref(ctx context.Context) string { return v.href(ctx, "/t/"+v.t.ID+"/seat") }

func (h *handlers) enrol(w http.ResponseWriter, r *http.Request) error {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx, want, date := r.Context(), f.Text("want") != "no", number(f.Text("date"))
	to := v.place.Path() + v.t.Path()
	if date > 0 {
		to += "?date=" + strconv.Itoa(date)
	}
	if f.Text("date") == "all" {
		date = community.EachDate
	}
	if err := h.s.Enrol(ctx, v.place.ID, v.t.ID, date, want); err != nil {
		return refused(w, r, err, to)
	}
	if date == community.EachDate {
		web.Flash(w, r, ui.Success, "community.event.you_come_always")
		return web.Redirect(w, r, to)
	}
	x, err := h.s.SeatOf(ctx, v.who, v.t.ID, date)
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, map[string]string{"in": "community.event.you_are_in", "waiting": "community.event.you_wait"}[x.State]+map[bool]string{false: "community.event.you_left"}[want])
	return web.Redirect(w, r, to)
}

// announceView is the form of an event, new or changed.
type announceView struct {
	hall
	spaces  []ui.Option
	in      community.Draft
	plan    community.EventPlan
	token   string
	preview string
	form    *web.Form
	event   *community.Event // nil for a new one
}

func (v *announceView) problem(ctx context.Context, field string) string {
	return problemOn(ctx, v.form, field)
}

func (v *announceView) zones() []ui.Option {
	var out []ui.Option
	seen := false
	for _, z := range org.Zones() {
		group, _, found := strings.Cut(z, "/")
		if !found {
			group = ""
		}
		out = append(out, ui.Option{Value: z, Label: strings.ReplaceAll(z, "_", " "), Group: group})
		seen = seen || z == v.plan.Zone
	}
	if !seen && v.plan.Zone != "" {
		out = append([]ui.Option{{Value: v.plan.Zone, Label: v.plan.Zone}}, out...)
	}
	return out
}

// oftens are how often an event may take place.
func (v *announceView) oftens(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, o := range community.Often() {
		out = append(out, ui.Option{Value: o, Label: i18n.T(ctx, "community.event.often."+cmp.Or(o, "once"))})
	}
	return out
}

// which are what a change or calling off may be about, of an event that repeats.
func (v *announceView) which(ctx context.Context) []ui.Option {
	return []ui.Option{{Value: "yes", Label: i18n.T(ctx, "community.event.only_this")}, {Value: "no", Label: i18n.T(ctx, "community.event.this_and_after")}}
}

func (v *announceView) seats() string {
	if v.plan.Seats == 0 {
		return ""
	}
	return strconv.Itoa(v.plan.Seats)
}

func (v *announceView) action(ctx context.Context) string {
	if v.event == nil {
		return v.href(ctx, "/events")
	}
	return v.href(ctx, "/p/"+v.event.ID+"/event"+dateQuery(v.event))
}

func (h *handlers) announceView(r *http.Request) (*announceView, error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, err
	}
	v := &announceView{hall: at, token: id.New(), plan: community.EventPlan{Zone: i18n.Zone(r.Context()).String()}}
	for _, sp := range at.announces() {
		v.spaces = append(v.spaces, ui.Option{Value: sp.Slug, Label: sp.Called(at.lang, at.place.Langs...)})
	}
	if len(v.spaces) == 0 {
		return nil, h.s.JoinFirst(r.Context(), at.place.ID)
	}
	return v, nil
}

func (v *announceView) title(ctx context.Context) string {
	if v.event == nil {
		return i18n.T(ctx, "community.event.new")
	}
	return i18n.T(ctx, "community.event.change")
}

func (h *handlers) showAnnounce(w http.ResponseWriter, r *http.Request, v *announceView) error {
	return web.Show(w, r, web.Page{Title: v.title(r.Context())}, announcePage(v))
}

func (h *handlers) announcing(w http.ResponseWriter, r *http.Request) error {
	v, err := h.announceView(r)
	if err != nil {
		return err
	}
	v.in.Space = r.URL.Query().Get("space")
	return h.showAnnounce(w, r, v)
}

// eventPlan reads what a form says of an event.
func eventPlan(f *web.Form) (community.EventPlan, error) {
	p := community.EventPlan{Starts: clip(f.Text("starts"), 40), Ends: clip(f.Text("ends"), 40), Zone: clip(f.Text("zone"), 60), Place: clip(f.Text("place"), 2000), Link: clip(f.Text("link"), 2000),
		Often: clip(f.Text("often"), 20), Until: clip(f.Text("until"), 20), Date: max(number(f.Text("date")), 0), Only: f.Text("only") != "no", Reason: f.Text("reason"), Seen: number(f.Text("seen"))}
	if text := f.Text("seats"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			n = -1
		}
		p.Seats = n
	}
	return p, nil
}

func (h *handlers) announce(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v, err := h.announceView(r)
	if err != nil {
		return err
	}
	v.form, v.token = f, clip(f.Text("token"), 100)
	v.in = community.Draft{Space: f.Text("space"), Title: f.Text("title"), Body: f.Text("body"), Tags: f.Text("tags")}
	if v.plan, err = eventPlan(f); err != nil {
		return err
	}
	if f.Text("do") == "preview" {
		v.preview = community.Preview(v.in.Body)
		return h.showAnnounce(w, r, v)
	}
	sp, _ := v.Space(v.place.ID, v.in.Space)
	event, err := h.s.Start(r.Context(), community.Begin{Space: sp.ID, Kind: community.Events, Title: v.in.Title, Body: v.in.Body, Tags: v.in.Tags, Token: v.token, Lang: v.lang, Event: v.plan})
	if community.Waits(err) {
		web.Said(w, r, f)
		return h.waits(w, r, &v.place)
	}
	if err != nil && problem.Of(err).Field != "" {
		f.Refuse(err)
		web.Invalid(w)
		return h.showAnnounce(w, r, v)
	}
	if err != nil {
		return err
	}
	web.Said(w, r, f)
	web.Flash(w, r, ui.Success, "community.event.announced")
	return web.Redirect(w, r, v.place.Path()+"/t/"+event)
}

// movingView finds the event of a form that changes it.
func (h *handlers) movingView(r *http.Request) (*announceView, error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, err
	}
	p, t, err := h.s.Post(r.Context(), at.Sight, at.place.ID, r.PathValue("post"))
	if err != nil {
		return nil, err
	}
	e, found, err := h.dateOf(r.Context(), t.ID, r.URL.Query().Get("date"))
	if err != nil {
		return nil, err
	}
	v := &announceView{hall: at, event: &e, plan: e.Plan()}
	tv := threadView{hall: at, t: t, writes: at.MayWrite(t.Space)}
	switch {
	case !found || p.ID != t.ID:
		return nil, problem.New(problem.Missing, "problem.not_found")
	case !tv.changes(&p):
		return nil, problem.New(problem.Forbidden, "community.post.not_yours")
	}
	return v, nil
}

func (h *handlers) moving(w http.ResponseWriter, r *http.Request) error {
	v, err := h.movingView(r)
	if err != nil {
		return err
	}
	return h.showAnnounce(w, r, v)
}

func (h *handlers) moveEvent(w http.ResponseWriter, r *http.Request) error {
	return h.setEvent(w, r, func(ctx context.Context, v *announceView) error {
		return h.s.ChangeEvent(ctx, v.place.ID, v.event.ID, v.plan)
	}, "community.event.changed")
}

func (h *handlers) cancelEvent(w http.ResponseWriter, r *http.Request) error {
	return h.setEvent(w, r, func(ctx context.Context, v *announceView) error {
		return h.s.CancelEvent(ctx, v.place.ID, v.event.ID, v.plan.Date, v.plan.Only, v.plan.Reason)
	}, "community.event.called_off")
}

func (h *handlers) setEvent(w http.ResponseWriter, r *http.Request, do func(context.Context, *announceView) error, done string) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v, err := h.movingView(r)
	if err != nil {
		return err
	}
	v.form = f
	plan, err := eventPlan(f)
	if err != nil {
		return err
	}
	if f.Values["starts"] != nil {
		v.plan = plan
	}
	v.plan.Reason, v.plan.Date, v.plan.Only = plan.Reason, plan.Date, plan.Only
	if err := do(r.Context(), v); err != nil {
		if community.Waits(err) {
			return h.waits(w, r, &v.place)
		}
		if problem.Of(err).Field == "" {
			return err
		}
		f.Refuse(err)
		web.Invalid(w)
		return h.showAnnounce(w, r, v)
	}
	web.Flash(w, r, ui.Success, done)
	return web.Redirect(w, r, v.place.Path()+v.event.DatePath())
}

func (h *handlers) calendarAddress(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	if _, err := h.s.CalendarToken(r.Context(), v.place.ID, true); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.event.address_made")
	return web.Redirect(w, r, v.place.Path()+"/events")
}

// mostFed is how many pages of events a calendar has.
const mostFed = 8

// sendCalendar sends the events that are to come, and those of the last weeks.
func (h *handlers) sendCalendar(w http.ResponseWriter, r *http.Request, v *hall, in community.EventQuery) error {
	ctx := r.Context()
	in.Community, in.Each = v.place.ID, true
	var list []community.Event
	for page := range mostFed {
		in.Page = page
		some, more, err := h.s.Events(ctx, v.Sight, in)
		if err != nil {
			return err
		}
		if list = append(list, some...); !more {
			break
		}
	}
	in.Past, in.Page = true, 0
	past, _, err := h.s.Events(ctx, v.Sight, in)
	if err != nil {
		return err
	}
	raw, err := h.s.Calendar(ctx, v.Sight, v.place, v.who, append(past, list...), v.place.Called(v.lang))
	if err != nil {
		return err
	}
	return h.file(w, ical.Type, raw)
}

func (h *handlers) calendar(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil || h.unchanged(w, r, &v) {
		return err
	}
	return h.sendCalendar(w, r, &v, community.EventQuery{})
}

// myCalendar sends the calendar of a member, to whoever has its address: what that member may read now, and nothing to anybody when they may not any
// more.
func (h *handlers) myCalendar(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all, err := h.s.Map(ctx)
	if err != nil {
		return err
	}
	c, _ := all.BySlug(r.PathValue("slug"))
	m, err := h.s.CalendarReader(ctx, c.ID, strings.TrimSuffix(r.PathValue("token"), ".ics"))
	if err != nil {
		return err
	}
	ctx = i18n.With(org.With(ctx, m), m.Lang, m.Location())
	r = r.WithContext(ctx)
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex")
	in := community.EventQuery{}
	if r.URL.Query().Get("all") == "" {
		in.Mine = "mailto:" + m.Email
	}
	return h.sendCalendar(w, r, &v, in)
}

func (h *handlers) eventFile(w http.ResponseWriter, r *http.Request) error {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	list, err := h.s.Dates(r.Context(), v.t.ID)
	if err != nil {
		return err
	}
	if len(list) == 0 || !v.t.DeletedAt.IsZero() {
		return problem.New(problem.Missing, "problem.not_found")
	}
	if date := r.URL.Query().Get("date"); date != "" {
		if n := number(date); n >= 0 && n < len(list) {
			list = list[n : n+1]
		}
	}
	e := &list[0]
	raw, err := h.s.Calendar(r.Context(), v.Sight, v.place, v.who, list, e.Title)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Disposition", `attachment; filename="`+e.ID+`.ics"`)
	return h.file(w, ical.Type, raw)
}
