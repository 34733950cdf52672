package measureweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/own"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

func (h *handlers) ownList(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := h.s.Owned(ctx)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "own.title")}, ownListPage(list, org.Require(ctx, org.MeasureEdit) == nil))
}

// ownProps is the form of an own measure.
type ownProps struct {
	ID       string // "" for a new one
	D        own.Definition
	Form     *web.Form
	Errors   map[string]string
	Preview  *measure.Report
	Rows     []measure.Row
	Short    bool   // the preview is of less than was asked
	Wrong    string // why there is no preview
	Versions []measure.OwnVersion
	Current  int
	Measures []measure.Choice
	May      bool
}

func (h *handlers) ownForm(w http.ResponseWriter, r *http.Request) error {
	p := ownProps{ID: r.PathValue("id"), D: own.Definition{Way: own.Count, Of: kpi.OfPosts, Better: kpi.Neither, Days: 30}}
	if p.ID != "" {
		o, err := h.s.OwnOf(r.Context(), p.ID)
		if err != nil {
			return err
		}
		p.D = o.Definition
	}
	return h.showOwn(w, r, p)
}

// showOwn shows the form with what it would give.
func (h *handlers) showOwn(w http.ResponseWriter, r *http.Request, p ownProps) error {
	ctx := r.Context()
	p.May = org.Require(ctx, org.MeasureEdit) == nil
	for _, m := range h.s.All() {
		if m.ID != p.ID && m.Unit != kpi.Seconds && (m.Between == nil || m.Over != "") && len(m.Pending()) == 0 {
			p.Measures = append(p.Measures, measure.Choice{ID: m.ID, Name: name(ctx, m)})
		}
	}
	title := i18n.T(ctx, "own.new")
	if p.ID != "" {
		title = i18n.T(ctx, "own.edit")
		o, err := h.s.OwnOf(ctx, p.ID)
		if err != nil {
			return err
		}
		p.Current = o.Version
		if p.Versions, err = h.s.OwnVersions(ctx, p.ID); err != nil {
			return err
		}
	}
	if err := h.tryOwn(ctx, &p); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: title, Wide: true}, ownPage(p))
}

// tryOwn fills the preview of a definition.
func (h *handlers) tryOwn(ctx context.Context, p *ownProps) error {
	d := p.D
	if d.Name == "" {
		d.Name = "–" // what it would give does not depend on it
	}
	days := d.Days
	if days < 1 || days > 366 {
		days = 30
	}
	asked := measure.Last(days, h.s.Now(), i18n.Zone(ctx))
	rep, rows, err := h.s.PreviewOwn(ctx, p.ID, d, asked)
	if problems := problemsOf(err); len(problems) > 0 {
		p.Wrong = i18n.T(ctx, problems[0].Key, problems[0].Args...)
		return nil
	}
	if err != nil {
		return err
	}
	p.Preview, p.Rows, p.Short = &rep, rows, rep.Result.Window.From.After(asked.From)
	return nil
}

// problemsOf lists the problems joined in an error; none when it is something else.
func problemsOf(err error) (out []*problem.Problem) {
	if err == nil {
		return nil
	}
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range list.Unwrap() {
			out = append(out, problemsOf(e)...)
		}
		return out
	}
	if problem.Is(err, problem.Invalid) || problem.Is(err, problem.Conflict) || problem.Is(err, problem.Missing) {
		return []*problem.Problem{problem.Of(err)}
	}
	return nil
}

// definitionOf reads the form.
func definitionOf(get func(string) string) own.Definition {
	text := func(name string) string { return strings.TrimSpace(get(name)) }
	d := own.Definition{Name: text("name"), About: text("about"), Way: own.Way(text("way")), Of: kpi.Thing(text("of")), Query: text("query"), Fact: text("fact"), Status: text("status"),
		Label: text("label"), PartQuery: text("part_query"), PartStatus: text("part_status"), PartLabel: text("part_label"), Value: text("value"), Currency: text("currency"), Begin: text("begin"), End: text("end"),
		Second: text("second"), Joined: text("joined"), Over: text("over"), Under: text("under"), Better: kpi.Better(text("better"))}
	d.Percent, _ = strconv.ParseFloat(strings.ReplaceAll(text("percent"), ",", "."), 64)
	d.Days, _ = strconv.Atoi(text("days"))
	d.MinN, _ = strconv.Atoi(text("min_n"))
	if d.Way == own.Duration && d.Of == kpi.OfFacts { // what follows are other fields of the form
		d.Begin, d.End = text("first_status"), text("second_status")
	}
	return d
}

func (h *handlers) ownPreview(w http.ResponseWriter, r *http.Request) error {
	p := ownProps{ID: r.URL.Query().Get("id"), D: definitionOf(r.URL.Query().Get)}
	if err := h.tryOwn(r.Context(), &p); err != nil {
		return err
	}
	return web.Part(w, r, ownPreviewPart(p))
}

func (h *handlers) ownSave(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := ownProps{ID: r.PathValue("id"), D: definitionOf(form.Text), Form: form}
	if form.Get("try") != "" {
		return h.showOwn(w, r, p)
	}
	var o measure.Own
	if p.ID == "" {
		o, err = h.s.AddOwn(r.Context(), p.D)
	} else {
		o, err = h.s.ChangeOwn(r.Context(), p.ID, p.D)
	}
	if problems := problemsOf(err); len(problems) > 0 && !problem.Is(err, problem.Missing) {
		for _, one := range problems {
			form.Refuse(one)
		}
		web.Invalid(w)
		return h.showOwn(w, r, p)
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "own.saved")
	return web.Redirect(w, r, "/measures/"+o.ID)
}

func (h *handlers) ownChoose(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(form.Get("version"))
	if err != nil {
		return problem.New(problem.Invalid, "own.no_version")
	}
	if _, err := h.s.ChooseOwn(r.Context(), r.PathValue("id"), version); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "own.saved")
	return web.Redirect(w, r, "/own-measures/"+r.PathValue("id"))
}

func (h *handlers) ownRemove(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.RemoveOwn(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "own.removed")
	return web.Redirect(w, r, "/own-measures")
}

func (p ownProps) action() string {
	if p.ID == "" {
		return "/own-measures"
	}
	return "/own-measures/" + p.ID
}

// wrong is what is wrong with a field.
func (p ownProps) wrong(ctx context.Context, field string) string {
	if p.Form == nil {
		return ""
	}
	for _, one := range p.Form.Problems {
		if one.Field == field {
			return i18n.T(ctx, one.Key, one.Args...)
		}
	}
	return ""
}

func ways(ctx context.Context) (out []ui.Option) {
	for _, w := range own.Ways() {
		out = append(out, ui.Option{Value: string(w), Label: i18n.T(ctx, "own.way."+string(w))})
	}
	return out
}

func worded(ctx context.Context, prefix string, values ...string) (out []ui.Option) {
	for _, v := range values {
		out = append(out, ui.Option{Value: v, Label: i18n.T(ctx, prefix+v)})
	}
	return out
}

func factKinds(ctx context.Context) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "own.choose_one")}}
	for _, k := range ledger.FactKinds() {
		out = append(out, ui.Option{Value: k.ID, Label: inWords(ctx, "business.kind.", k.ID)})
	}
	return out
}

// statuses are the statuses of all kinds, or of the one chosen.
func statuses(ctx context.Context, kind string) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "own.any")}}
	seen := map[string]bool{}
	for _, k := range ledger.FactKinds() {
		if kind != "" && k.ID != kind {
			continue
		}
		for _, s := range k.Statuses {
			if seen[s] {
				continue
			}
			seen[s] = true
			out = append(out, ui.Option{Value: s, Label: inWords(ctx, "business.value.", s)})
		}
	}
	return out
}

func betters(ctx context.Context) []ui.Option {
	return worded(ctx, "measure.better.", string(kpi.Neither), string(kpi.Higher), string(kpi.Lower), string(kpi.Within))
}

func written(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func writtenInt(v int) string {
	if v == 0 {
		return ""
	}
	return strconv.Itoa(v)
}

func (p ownProps) title(ctx context.Context) string {
	if p.ID == "" {
		return i18n.T(ctx, "own.new")
	}
	return i18n.T(ctx, "own.edit")
}

func (p ownProps) errors(ctx context.Context) (out []ui.FieldError) {
	for _, one := range p.Form.Problems {
		out = append(out, ui.FieldError{Field: one.Field, Text: i18n.T(ctx, one.Key, one.Args...)})
	}
	return out
}

// ofFacts is a status of a duration between facts; moments of conversations are others.
func (p ownProps) ofFacts(status string) string {
	if p.D.Of != kpi.OfFacts {
		return ""
	}
	return status
}

// summary is a definition in a line, for those who compare versions: what its way asks for, in words.
func summary(ctx context.Context, d own.Definition) string {
	parts := []string{i18n.T(ctx, "own.way."+string(d.Way))}
	add := func(prefix string, values ...string) {
		for _, v := range values {
			if v != "" {
				parts = append(parts, inWords(ctx, prefix, v))
			}
		}
	}
	switch {
	case d.Way == own.Ratio:
		for _, id := range []string{d.Over, d.Under} {
			if key := "measure." + id + ".name"; i18n.Has(key) {
				id = i18n.T(ctx, key)
			}
			parts = append(parts, id)
		}
		return strings.Join(parts, " · ")
	case d.Of == kpi.OfFacts:
		add("business.kind.", d.Fact)
		add("business.value.", d.Status, d.Label, d.PartStatus, d.PartLabel)
	default:
		add("own.of.", string(d.Of))
		add("", d.Query, d.PartQuery)
	}
	between := d.Way == own.Duration
	if !between && (d.Way == own.Sum || d.Way == own.Median || d.Way == own.Percentile) {
		between = d.Of == kpi.OfConversations
		if !between {
			add("own.value.", d.Value)
			add("", d.Currency)
		}
		add("", written(d.Percent))
	}
	if between && d.Of == kpi.OfFacts {
		add("business.value.", d.Begin)
		add("business.kind.", d.Second)
		add("business.value.", d.End)
	} else if between {
		add("own.moment.", d.Begin, d.End)
	}
	return strings.Join(parts, " · ")
}

// inWords is what people call a value of a definition; what has no word stands as it is.
func inWords(ctx context.Context, prefix, v string) string {
	if prefix != "" && i18n.Has(prefix+v) {
		return i18n.T(ctx, prefix+v)
	}
	return v
}

func previewStat(ctx context.Context, r measure.Report) ui.StatProps {
	f := figureOf(ctx, r.Measure, r.Result)
	notes := []string{}
	if f.note != "" {
		notes = append(notes, f.note)
	}
	if r.Result.Open > 0 { // why a duration is "more than"
		notes = append(notes, i18n.T(ctx, "measure.still_open", "N", count(ctx, r.Result.Open)))
	}
	if r.Result.LeftOut > 0 {
		notes = append(notes, i18n.N(ctx, "measure.left_out", r.Result.LeftOut))
	}
	return ui.StatProps{Label: r.Measure.Name, Value: f.value, Unit: f.unit, Interval: f.interval, N: r.Result.N, Note: strings.Join(notes, " · ")}
}
