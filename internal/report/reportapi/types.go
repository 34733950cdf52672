package reportapi

import (
	"context"
	"time"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/report/due"
)

// Narrowing is what a number is narrowed to.
type Narrowing struct {
	Channel   string `json:"channel,omitempty" maxLength:"200"`
	Topic     string `json:"topic,omitempty" maxLength:"200"`
	Language  string `json:"language,omitempty" maxLength:"200"`
	Member    string `json:"member,omitempty" maxLength:"200"`
	Kind      string `json:"kind,omitempty" maxLength:"200"`
	Team      string `json:"team,omitempty" maxLength:"200"`
	Partner   string `json:"partner,omitempty" maxLength:"200"`
	Campaign  string `json:"campaign,omitempty" maxLength:"200"`
	Community string `json:"community,omitempty" maxLength:"200"`
}

func (n Narrowing) filter() measure.Filter {
	return measure.Filter{Channel: n.Channel, Topic: n.Topic, Language: n.Language, Member: n.Member, Kind: n.Kind, Team: n.Team, Partner: n.Partner, Campaign: n.Campaign, Community: n.Community}
}

func narrowing(f measure.Filter) Narrowing {
	return Narrowing{Channel: f.Channel, Topic: f.Topic, Language: f.Language, Member: f.Member, Kind: f.Kind, Team: f.Team, Partner: f.Partner, Campaign: f.Campaign, Community: f.Community}
}

// TileDraft is a tile to be.
type TileDraft struct {
	Kind      string    `json:"kind" enum:"number,line,bars,table"`
	Title     string    `json:"title,omitempty" maxLength:"120"`
	Measure   string    `json:"measure" maxLength:"100"`
	Statistic string    `json:"statistic,omitempty" enum:"p90,n" doc:"Absent: the measure's own, of a wait the median."`
	Filter    Narrowing `json:"filter,omitempty"`
	Days      int       `json:"days,omitempty" enum:"7,30,90,182,365"`
	Step      string    `json:"step,omitempty" enum:"day,week,month"`
	By        string    `json:"by,omitempty" enum:"channel,topic,language,member,kind,team,partner,campaign,community"`
	Compare   string    `json:"compare,omitempty" enum:"before,last_year,none"`
	Width     int       `json:"width,omitempty" minimum:"1" maximum:"3"`
}

func (t TileDraft) tile() report.Tile {
	return report.Tile{Kind: report.Kind(t.Kind), Title: t.Title, Measure: t.Measure, Statistic: report.Statistic(t.Statistic), Filter: t.Filter.filter(), Days: t.Days, Step: measure.Step(t.Step),
		By: kpi.Dimension(t.By), Compare: report.Compare(t.Compare), Width: t.Width}
}

// Tile is a tile of a dashboard.
type Tile struct {
	ID string `json:"id"`
	TileDraft
}

// DashboardAbout is what a dashboard is called and who sees it.
type DashboardAbout struct {
	Name  string   `json:"name" maxLength:"120"`
	About string   `json:"about,omitempty" maxLength:"600"`
	Roles []string `json:"roles,omitempty" nullable:"false" maxItems:"5" doc:"Who sees it beside its owner: owner, strategist, social, volunteer."`
}

func (d DashboardAbout) roles() []org.Role {
	var out []org.Role
	for _, r := range d.Roles {
		out = append(out, org.Role(r))
	}
	return out
}

// DashboardDraft is a dashboard to be.
type DashboardDraft struct {
	DashboardAbout
	Tiles []TileDraft `json:"tiles,omitempty" nullable:"false" maxItems:"24"`
}

func (d DashboardDraft) dashboard() report.Dashboard {
	out := report.Dashboard{Name: d.Name, About: d.About, Roles: d.roles()}
	for _, t := range d.Tiles {
		out.Tiles = append(out.Tiles, t.tile())
	}
	return out
}

// Dashboard is one of them.
type Dashboard struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	About     string    `json:"about"`
	Owner     string    `json:"owner"`
	Roles     []string  `json:"roles" nullable:"false"`
	Tiles     []Tile    `json:"tiles" nullable:"false"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func dashboard(d report.Dashboard) Dashboard {
	out := Dashboard{ID: d.ID, Name: d.Name, About: d.About, Owner: d.Owner, Roles: []string{}, Tiles: []Tile{}, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt}
	for _, r := range d.Roles {
		out.Roles = append(out.Roles, string(r))
	}
	for _, t := range d.Tiles {
		out.Tiles = append(out.Tiles, Tile{t.ID, TileDraft{string(t.Kind), t.Title, t.Measure, string(t.Statistic), narrowing(t.Filter), t.Days, string(t.Step), string(t.By), string(t.Compare), t.Width}})
	}
	return out
}

// Cell is one number of a dashboard.
type Cell struct {
	Tile     string    `json:"tile"`
	Measure  string    `json:"measure"`
	What     string    `json:"what" doc:"now, before, last_year, step, or a value of the dimension."`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Unit     string    `json:"unit"`
	Currency string    `json:"currency,omitempty"`
	Value    *float64  `json:"value,omitempty" doc:"Absent: nothing to measure. Money is in minor units."`
	Low      *float64  `json:"low,omitempty"`
	High     *float64  `json:"high,omitempty"`
	N        int       `json:"n"`
	Grade    string    `json:"grade"`
	MoreThan *float64  `json:"more_than,omitempty" doc:"Instead of value, when too many waits go on to see it."`
}

func ends(e stat.Estimate) (value, low, high *float64) {
	if e.Defined() {
		value = &e.Value
	}
	if e.Bounded {
		low, high = &e.Low, &e.High
	}
	return value, low, high
}

func cell(t report.Tile, c report.Cell) Cell {
	out := Cell{Tile: t.ID, Measure: t.Measure, What: c.What, From: c.Window.From, To: c.Window.To, Unit: string(c.Unit), Currency: c.Currency, N: c.N, Grade: c.Value.Grade.String()}
	if out.Value, out.Low, out.High = ends(c.Value); c.Value.Beyond {
		out.Value, out.MoreThan = nil, out.Value
	}
	return out
}

// Note is something out of the ordinary.
type Note struct {
	Kind     string    `json:"kind" enum:"rose,fell,surged,dipped,silent"`
	Sentence string    `json:"sentence"`
	Measure  string    `json:"measure,omitempty"`
	Was      float64   `json:"was"`
	Is       float64   `json:"is"`
	N        int       `json:"n"`
	Filter   Narrowing `json:"filter" doc:"Of the rows behind it, with the part that made most of it."`
	Chance   float64   `json:"chance" doc:"How often chance alone would do as much."`
	Page     string    `json:"page" doc:"Where the rows behind it are."`
}

func note(ctx context.Context, n report.Note, name report.Namer) Note {
	return Note{Kind: string(n.Kind), Sentence: n.Sentence(ctx, name), Measure: n.Measure.ID, Was: n.From, Is: n.To, N: n.N, Filter: narrowing(n.Narrowed), Chance: n.P, Page: n.Path(ctx)}
}

// Value is what the work brought or saved; amounts are in minor units.
type Value struct {
	From        time.Time   `json:"from"`
	To          time.Time   `json:"to"`
	Sums        []ValueSum  `json:"sums" nullable:"false"`
	Lines       []ValueRead `json:"lines" nullable:"false"`
	MoneyHidden bool        `json:"money_hidden" doc:"Amounts are shown to those who may edit the strategy; then there are no sums and no line has a value."`
}

// ValueSum is the sums of a currency.
type ValueSum struct {
	Currency  string `json:"currency"`
	Measured  int64  `json:"measured" doc:"Measured or held against a control group."`
	Potential int64  `json:"potential" doc:"The rest; never add it to what is measured."`
	Cost      int64  `json:"cost"`
}

// ValueRead is a line of the ledger.
type ValueRead struct {
	Origin     string   `json:"origin"`
	Ref        string   `json:"ref"`
	Name       string   `json:"name"`
	Measure    string   `json:"measure,omitempty"`
	Objectives []string `json:"objectives" nullable:"false"`
	Grade      string   `json:"grade"`
	Currency   string   `json:"currency,omitempty"`
	Value      *float64 `json:"value,omitempty"`
	Low        *float64 `json:"low,omitempty"`
	High       *float64 `json:"high,omitempty"`
	N          int      `json:"n"`
	Added      bool     `json:"added" doc:"Whether it is in the sums: another line may count the same."`
	Why        string   `json:"why,omitempty" doc:"Why there is no value."`
}

func value(v report.ValueLedger) Value {
	out := Value{From: v.Window.From, To: v.Window.To, Sums: []ValueSum{}, Lines: []ValueRead{}, MoneyHidden: v.Hidden}
	for _, s := range v.Sums {
		out.Sums = append(out.Sums, ValueSum{s.Currency, s.Proven, s.Potential, s.Cost})
	}
	for _, e := range v.Entries {
		l := ValueRead{Origin: string(e.Origin), Ref: e.Ref, Name: e.Name, Measure: e.Measure.ID, Objectives: append([]string{}, e.Objectives...), Grade: string(e.Grade), Currency: e.Currency, N: e.N,
			Added: !e.Twice && e.Value.Defined(), Why: e.Why}
		l.Value, l.Low, l.High = ends(e.Value)
		out.Lines = append(out.Lines, l)
	}
	return out
}

// ValueLineDraft is what one of a measure is worth.
type ValueLineDraft struct {
	Name      string    `json:"name" maxLength:"120"`
	Measure   string    `json:"measure" maxLength:"100"`
	Filter    Narrowing `json:"filter,omitempty"`
	Objective string    `json:"objective,omitempty" maxLength:"50"`
	Price     int64     `json:"price" minimum:"1" maximum:"1000000000000" doc:"Minor units for one of the measure."`
	Currency  string    `json:"currency" maxLength:"3"`
	Grade     string    `json:"grade" enum:"measured,holdout,surveyed,modelled,assumed"`
	Reason    string    `json:"reason" maxLength:"600" doc:"Where the price comes from."`
}

func (l ValueLineDraft) line(id string) report.ValueLine {
	return report.ValueLine{ID: id, Name: l.Name, Measure: l.Measure, Filter: l.Filter.filter(), Objective: l.Objective, Price: l.Price, Currency: l.Currency, Grade: report.Grade(l.Grade), Reason: l.Reason}
}

// ValueLine is one of them.
type ValueLine struct {
	ID string `json:"id"`
	ValueLineDraft
}

func valueLine(l report.ValueLine) ValueLine {
	return ValueLine{l.ID, ValueLineDraft{l.Name, l.Measure, narrowing(l.Filter), l.Objective, l.Price, l.Currency, string(l.Grade), l.Reason}}
}

// ReportRecipient is a member, or an address outside.
type ReportRecipient struct {
	Member  string `json:"member,omitempty" maxLength:"50"`
	Address string `json:"address,omitempty" maxLength:"254"`
}

// ReportDraft is a report to be.
type ReportDraft struct {
	Name       string            `json:"name" maxLength:"120"`
	Content    string            `json:"content" maxLength:"80" doc:"map, pack, or dashboard:ID."`
	Lang       string            `json:"lang" maxLength:"5"`
	Every      string            `json:"every" enum:"week,month"`
	Weekday    int               `json:"weekday,omitempty" minimum:"0" maximum:"6" doc:"0 is Sunday."`
	Day        int               `json:"day,omitempty" minimum:"0" maximum:"31" doc:"Of the month; in a shorter one its last."`
	Minute     int               `json:"minute" minimum:"0" maximum:"1439" doc:"Of the day."`
	Zone       string            `json:"zone" maxLength:"60"`
	Recipients []ReportRecipient `json:"recipients" nullable:"false" maxItems:"50"`
	Enabled    bool              `json:"enabled"`
}

func (d ReportDraft) mailing(id string) report.Mailing {
	m := report.Mailing{ID: id, Name: d.Name, Content: d.Content, Lang: d.Lang, Enabled: d.Enabled, Rhythm: due.Rhythm{Every: due.Every(d.Every), Weekday: time.Weekday(d.Weekday), Day: d.Day, Minute: d.Minute, Zone: d.Zone}}
	for _, r := range d.Recipients {
		m.Recipients = append(m.Recipients, report.Recipient{Member: r.Member, Address: r.Address})
	}
	return m
}

// Report is one that is sent by mail.
type Report struct {
	ID    string    `json:"id"`
	Owner string    `json:"owner"`
	DueAt time.Time `json:"due_at"`
	ReportDraft
}

func mailing(m report.Mailing) Report {
	out := Report{ID: m.ID, Owner: m.Owner, DueAt: m.DueAt, ReportDraft: ReportDraft{Name: m.Name, Content: m.Content, Lang: m.Lang, Every: string(m.Rhythm.Every), Weekday: int(m.Rhythm.Weekday), Day: m.Rhythm.Day,
		Minute: m.Rhythm.Minute, Zone: m.Rhythm.Zone, Enabled: m.Enabled, Recipients: []ReportRecipient{}}}
	for _, r := range m.Recipients {
		out.Recipients = append(out.Recipients, ReportRecipient{r.Member, r.Address})
	}
	return out
}

// Mail is one mail of a report.
type Mail struct {
	ID       string    `json:"id"`
	ForAt    time.Time `json:"for_at"`
	Address  string    `json:"address"`
	State    string    `json:"state" enum:"queued,sending,sent,failed,uncertain,refused"`
	Attempts int       `json:"attempts"`
	Problem  string    `json:"problem,omitempty" doc:"A key; what it says is in locales."`
	SentAt   time.Time `json:"sent_at,omitzero"`
}

func mail(m report.Mail) Mail {
	out := Mail{ID: m.ID, ForAt: m.ForAt, Address: m.Address, State: string(m.State), Attempts: m.Attempts, SentAt: m.SentAt}
	if m.Problem != "" {
		out.Problem = m.Problem
	}
	return out
}
