package intakeweb

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

const shown = 12 // rows of a preview

type setupPage struct {
	Job      intake.Job
	Format   string
	Fields   []string
	Posts    bool // the channel matters
	Lines    bool // of a community: the space matters
	Set      intake.Settings
	New      string // name of a new channel
	Channels []channel.Account
	Spaces   []intake.Destination // of communities; nil for who brings nothing there
	Layout   *intake.Layout
	Rows     []previewRow
	Wrong    []ui.FieldError
}

type previewRow struct {
	Place, What, Who, When, Words string
	Refused                       bool
}

func (p *setupPage) wants(field string) bool { return slices.Contains(p.Fields, field) }

func (p *setupPage) wrong(field string) string {
	for _, e := range p.Wrong {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// column is the heading that a field of the table is taken from, "" for none.
func (p *setupPage) column(field string) string {
	if i, ok := p.Layout.Columns[field]; ok {
		return p.Layout.Head[i]
	}
	return ""
}

func (p *pages) settings(w http.ResponseWriter, r *http.Request) error {
	j, err := p.s.Find(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if j.Open() {
		return web.Redirect(w, r, "/import/"+j.ID)
	}
	return p.showSetup(w, r, &setupPage{Job: j, Format: j.Format, Set: j.Settings, New: j.Settings.NewChannel})
}

func (p *pages) showSetup(w http.ResponseWriter, r *http.Request, page *setupPage) error {
	ctx := r.Context()
	refuse := func(err error) error {
		known := problem.Of(err)
		if known.Code == problem.Internal {
			return err
		}
		page.Wrong = append(page.Wrong, ui.FieldError{Field: known.Field, Text: sentence(ctx, known)})
		return nil
	}
	var err error
	if page.Channels, err = p.s.Channels(ctx); err != nil {
		return err
	}
	if page.Spaces, err = p.s.Destinations(ctx); err != nil {
		return err
	}
	if f, ok := intake.Find(page.Format); ok {
		d := f.Describe()
		page.Fields, page.Posts = d.Fields, d.Posts && d.Name != "jsonl"
		rows, layout, err := p.s.Look(ctx, &page.Job, page.Format, page.Set, shown)
		if err != nil {
			if err := refuse(err); err != nil {
				return err
			}
		}
		if layout != nil && layout.Head != nil {
			page.Layout = layout
			page.Posts = layout.Target == intake.Posts
			page.Lines = layout.Target == intake.IdeaLines || layout.Target == intake.ArticleLines
		}
		for i := range rows {
			page.Rows = append(page.Rows, preview(ctx, &rows[i]))
		}
	}
	if page.New == "" && page.Set.Channel == "" {
		page.New, _, _ = strings.Cut(page.Job.Name, ".")
	}
	if len(page.Wrong) > 0 {
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: page.Job.Name, Wide: true}, setupBody(page))
}

// sentence is a problem in words; the name of a field of a table is one of our keys.
func sentence(ctx context.Context, p *problem.Problem) string {
	args := slices.Clone(p.Args)
	if p.Key == "intake.no_column" && len(args) == 2 {
		if name, ok := args[1].(string); ok {
			args[1] = i18n.T(ctx, "intake.column."+name)
		}
	}
	return i18n.T(ctx, p.Key, args...)
}

func preview(ctx context.Context, row *intake.Row) previewRow {
	out := previewRow{Place: row.Place.String()}
	when := func(ok bool, text string) {
		if ok {
			out.When = text
		}
	}
	switch {
	case row.Refused != nil:
		out.Refused, out.What = true, i18n.T(ctx, "intake.what.refused")
		out.Words = row.Refused.In(ctx)
		if row.Refused.Detail != "" {
			out.Words += " " + row.Refused.Detail
		}
	case row.Item != nil:
		i := row.Item
		key := "intake.what." + i.Kind
		if i.Kind == "" || !i18n.Has(key) {
			key = "intake.what.post"
		}
		out.What, out.Who, out.Words = i18n.T(ctx, key), first(i.AuthorName, i.Author.Name, i.Author.URI), first(i.Title, i.Text)
		if i.Title != "" && i.Text != "" {
			out.Words = i.Title + " – " + i.Text
		}
		when(!i.At.IsZero(), i18n.DateTime(ctx, i.At))
	case row.Fact != nil:
		f := row.Fact
		out.Who = f.Actor
		when(!f.At.IsZero(), i18n.DateTime(ctx, f.At))
		switch f.Kind {
		case ledger.PersonAdded:
			var d ledger.Person
			if f.Decode(&d) == nil {
				out.What, out.Who = i18n.T(ctx, "intake.what.person"), first(d.Name, d.Organisation)
				words := []string{strings.Join(d.Kinds, ", ")}
				for _, identity := range d.Identities {
					words = append(words, identity.URI)
				}
				out.Words = strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), " · ")
			}
		case ledger.ArticleWritten:
			var d ledger.Written
			if f.Decode(&d) == nil {
				out.What, out.Who, out.Words = i18n.T(ctx, "intake.what.article"), first(d.AuthorName, f.Actor), d.Title+" – "+d.Markup
			}
		case ledger.OrderPlaced:
			var o ledger.Order
			if f.Decode(&o) == nil {
				out.What, out.Words = i18n.T(ctx, "intake.what.order"), o.ExternalID+" · "+o.Product+" · "+i18n.Money(ctx, f.Amount, f.Currency)
			}
		case ledger.FactStated:
			var d ledger.Fact
			if f.Decode(&d) == nil {
				out.What, out.Who, out.When, out.Words = i18n.T(ctx, "intake.target."+intake.FactTarget(d.Kind)), first(d.Organisation, d.Person, d.Team), factWhen(ctx, f.At, d.Until), factWords(ctx, f, &d)
			}
		default:
			if key := "intake.what." + f.Kind; i18n.Has(key) {
				out.What, out.Who = i18n.T(ctx, key), ""
				break
			}
			out.What, out.Words = f.Kind, strings.TrimSpace(row.About.Channel+" "+row.About.Post)
		}
	}
	out.Words = clip(out.Words, 200)
	out.Who = clip(out.Who, 80)
	return out
}

func first(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

func clip(s string, most int) string {
	s = strings.Join(strings.Fields(s[:min(len(s), 8*most)]), " ")
	if utf8.RuneCountInString(s) <= most {
		return strings.ToValidUTF8(s, "")
	}
	return string([]rune(s)[:most-1]) + "…"
}

// start reads the form of the set-up page: look again, try, or import.
func (p *pages) start(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	j, err := p.s.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	page := &setupPage{Job: j, Format: f.Text("format"), New: f.Text("new_channel")}
	page.Set = intake.Settings{Channel: f.Text("channel"), Inbox: f.Text("inbox") != "", Direct: f.Text("direct") != "", Own: f.Text("own"), Site: f.Text("site"),
		Staff: f.Text("staff"), Encoding: f.Text("encoding"), Target: f.Text("target"), Comma: f.Get("comma"), Dates: f.Text("dates"), Decimal: f.Text("decimal"),
		Currency: f.Text("currency"), Region: f.Text("region"), Origin: f.Text("origin"), Label: f.Text("label"),
		Space: f.Text("space"), Spaces: f.Text("spaces") != "", Fetch: f.Text("fetch") != ""}
	if _, fact := strings.CutPrefix(page.Set.Target, "fact."); fact != (page.Format == "facts") {
		page.Set.Target = "" // chosen for another format
	}
	// A mapping counts only for the target it was made for.
	if f.Text("mapped") != "" && f.Text("mapped") == page.Set.Target && page.Format == j.Format || f.Text("mapped") != "" && f.Text("mapped") == page.Set.Target {
		page.Set.Columns = map[string]string{}
		for _, c := range intake.Columns(page.Set.Target) {
			if v := f.Text("column." + c.Name); v != "" {
				page.Set.Columns[c.Name] = v
			}
		}
	}
	do := f.Text("do")
	if do == "look" || f.Text("format_was") != page.Format {
		return p.showSetup(w, r, page)
	}
	name := ""
	if page.Set.Channel == "" && page.Set.Space == "" {
		name = page.New
	}
	if _, err := p.s.Start(ctx, j.ID, intake.Order{Format: page.Format, Settings: page.Set, NewChannel: name, Dry: do == "try"}); err != nil {
		return p.mend(w, r, page, err)
	}
	return web.Redirect(w, r, "/import/"+j.ID)
}

// mend shows the settings with what is to be put right in them.
func (p *pages) mend(w http.ResponseWriter, r *http.Request, page *setupPage, err error) error {
	known := problem.Of(err)
	if known.Code == problem.Internal || known.Code == problem.Missing {
		return err
	}
	field := known.Field
	if field == "name" || field == "channel" && page.Set.Channel == "" {
		field = "new_channel"
	}
	page.Wrong = append(page.Wrong, ui.FieldError{Field: field, Text: sentence(r.Context(), known)})
	return p.showSetup(w, r, page)
}

func formats(ctx context.Context, current string) []ui.Option {
	var out []ui.Option
	if current == "" {
		out = append(out, ui.Option{Label: i18n.T(ctx, "intake.format_unknown")})
	}
	for _, f := range intake.Formats() {
		name := f.Describe().Name
		out = append(out, ui.Option{Value: name, Label: formatName(ctx, name)})
	}
	return out
}

func channels(ctx context.Context, list []channel.Account) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "intake.channel_new")}}
	for _, a := range list {
		out = append(out, ui.Option{Value: a.ID, Label: a.Name})
	}
	return out
}

func spaces(ctx context.Context, list []intake.Destination) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "intake.space_none")}}
	for _, d := range list {
		out = append(out, ui.Option{Value: d.Space, Label: d.Name})
	}
	return out
}

func targets(ctx context.Context, format, current string) []ui.Option {
	var out []ui.Option
	list := intake.Targets()
	if format == "facts" {
		list = intake.FactTargets()
	}
	if current == "" {
		out = append(out, ui.Option{Label: "–"})
	}
	for _, t := range list {
		out = append(out, ui.Option{Value: t, Label: i18n.T(ctx, "intake.target."+t)})
	}
	return out
}

func headings(ctx context.Context, head []string) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "intake.not_there")}}
	for _, h := range head {
		if h != "" {
			out = append(out, ui.Option{Value: h, Label: clip(h, 60)})
		}
	}
	return out
}

// factWhen is a moment or a period: its first and its last day.
func factWhen(ctx context.Context, at, until time.Time) string {
	zone := i18n.Zone(ctx)
	if until.IsZero() {
		return i18n.DateTime(ctx, at)
	}
	return i18n.Day(ctx, at.In(zone)) + " – " + i18n.Day(ctx, until.In(zone).Add(-time.Microsecond))
}

func factWords(ctx context.Context, a *ledger.Activity, d *ledger.Fact) string {
	var out []string
	k, _ := ledger.KindOfFact(d.Kind)
	if a.Currency != "" {
		out = append(out, intake.Decimal{Coef: a.Amount, Scale: intake.MinorFigures(a.Currency)}.String()+" "+a.Currency)
	}
	if k.Quantity != ledger.Never && (d.Quantity != 1 || a.Currency == "") {
		out = append(out, "× "+i18n.Number(ctx, d.Quantity, 2))
	}
	for _, s := range []string{d.Label, d.Status, d.Channel, d.Partner, d.Campaign, d.Community, d.Source, d.Ref, d.External, d.Note} {
		if s != "" && !strings.HasPrefix(s, intake.NamelessPrefix) {
			out = append(out, s)
		}
	}
	return strings.Join(out, " · ")
}
