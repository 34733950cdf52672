package businessweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type factView struct {
	business.Fact
	kind    business.FactKind
	history []business.Line
	names   map[string]string
	may     bool
	form    *web.Form // of a withdrawal that was refused
}

func (p *pages) fact(w http.ResponseWriter, r *http.Request) error { return p.showFact(w, r, nil) }

func (p *pages) showFact(w http.ResponseWriter, r *http.Request, form *web.Form) error {
	ctx := r.Context()
	f, err := p.s.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := &factView{Fact: f, names: p.names(ctx), may: org.Who(ctx).May(org.MeasureEdit), form: form}
	v.kind, _ = business.Kind(f.Kind)
	if v.history, err = p.s.History(ctx, f); err != nil {
		return err
	}
	if f.Withdrawn { // what it was before it was taken back
		for i := range v.history {
			if l := &v.history[i]; !l.Void {
				v.Fact = l.Counted(&f)
				break
			}
		}
	}
	if form != nil {
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: v.title(ctx)}, factPage(r, v))
}

func (v *factView) title(ctx context.Context) string {
	return i18n.T(ctx, "business.fact_title", "Kind", kindName(ctx, v.Kind), "When", when(ctx, v.At, v.Until))
}

// items are what is known of the fact.
func (v *factView) items(ctx context.Context) []ui.Item {
	out := []ui.Item{{Label: i18n.T(ctx, "business.when"), Value: when(ctx, v.At, v.Until)}}
	add := func(key, text string) {
		if text != "" {
			out = append(out, ui.Item{Label: i18n.T(ctx, key), Value: text})
		}
	}
	add("business.amount", amount(ctx, v.Amount, v.Currency))
	if v.Hidden {
		add("business.amount", i18n.T(ctx, "business.money_hidden"))
	}
	if v.Before != nil {
		add("business.before", money(ctx, *v.Before, v.Currency))
	}
	if v.kind.Quantity != ledger.Never && (v.Quantity != 1 || v.Amount == nil && !v.Hidden) {
		add("business.quantity", quantity(ctx, v.kind.Unit, v.Quantity))
	}
	add("business.status", value(ctx, v.Status))
	add("business.label", value(ctx, v.Label))
	for _, t := range []struct{ field, text string }{{"person", short(v.Person)}, {"organisation", v.Organisation}, {"channel", v.Channel}, {"team", v.Team}, {"partner", v.Partner},
		{"campaign", v.Campaign}, {"community", v.Community}, {"source", v.Source}, {"topic", v.Topic}, {"language", v.Language}, {"matter", value(ctx, v.Matter)}, {"ref", v.Ref}} {
		add("business.field."+t.field, t.text)
	}
	return out
}

// provenance is where the fact comes from.
func (v *factView) provenance(ctx context.Context) []ui.Item {
	out := []ui.Item{{Label: i18n.T(ctx, "business.origin"), Value: origin(ctx, v.Origin)}}
	if c := called(v.External); c != "" {
		out = append(out, ui.Item{Label: i18n.T(ctx, "business.external"), Value: c})
	}
	if v.Version > 0 {
		out = append(out, ui.Item{Label: i18n.T(ctx, "business.version"), Value: strconv.FormatInt(v.Version, 10)})
	}
	return append(out, ui.Item{Label: i18n.T(ctx, "business.stated"), Value: i18n.DateTime(ctx, v.StatedAt)})
}

// by names who made a statement.
func (v *factView) by(ctx context.Context, l *business.Line) string {
	member, ok := strings.CutPrefix(l.Actor, "member:")
	switch {
	case ok && v.names[member] != "":
		return v.names[member]
	case ok:
		return i18n.T(ctx, "business.former_member")
	}
	name := []rune(origin(ctx, l.Origin))
	if len(name) > maxName {
		return string(name[:maxName-1]) + "…" // all of it stands beside
	}
	return string(name)
}

const maxName = 28 // letters of a system's name in a line of the history

func (v *factView) events(ctx context.Context) []ui.Event {
	var out []ui.Event
	for i := range v.history {
		l := &v.history[i]
		f := l.Counted(&v.Fact)
		e := ui.Event{Icon: "file-text", Tone: ui.Neutral, At: i18n.DateTime(ctx, l.LearnedAt), Stamp: l.LearnedAt.UTC().Format(time.RFC3339)}
		switch {
		case l.Void:
			e.Icon, e.Tone, e.Title = "undo-2", ui.Warning, i18n.T(ctx, "business.event.withdrawn", "Who", v.by(ctx, l))
		case l.ByHand:
			e.Icon, e.Title = "pencil", i18n.T(ctx, "business.event.corrected", "Who", v.by(ctx, l), "Figure", figure(ctx, &f))
		default:
			e.Title = i18n.T(ctx, "business.event.stated", "Who", v.by(ctx, l), "Figure", figure(ctx, &f))
		}
		if l.Counts && !l.Void {
			e.Tone = ui.Success
		}
		e.Body = lineBody(l, when(ctx, l.At, l.Until), about(ctx, &f))
		out = append(out, e)
	}
	return out
}

type formView struct {
	kind   business.FactKind
	fact   string // id, "" for a new one
	was    string
	values map[string]string
	form   *web.Form
}

func (v *formView) value(field string) string {
	if v.form != nil {
		return v.form.Text(field)
	}
	return v.values[field]
}

func (v *formView) wrong(r *http.Request, field string) string {
	if v.form == nil {
		return ""
	}
	return v.form.Error(r, field)
}

func (p *pages) blank(w http.ResponseWriter, r *http.Request) error {
	k, found := business.Kind(r.URL.Query().Get("kind"))
	if !found {
		k, _ = business.Kind(business.Cost)
	}
	return p.showForm(w, r, &formView{kind: k})
}

func (p *pages) showForm(w http.ResponseWriter, r *http.Request, v *formView) error {
	if v.form != nil {
		web.Invalid(w)
	}
	key := "business.new"
	if v.fact != "" {
		key = "business.correct"
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), key)}, formPage(r, v))
}

func (p *pages) correction(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := p.s.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := &formView{fact: f.ID, was: f.Activity}
	v.kind, _ = business.Kind(f.Kind)
	if f.Withdrawn {
		history, err := p.s.History(ctx, f)
		if err != nil {
			return err
		}
		for i := range history {
			if !history[i].Void {
				f = history[i].Counted(&f)
				break
			}
		}
	}
	if f.Hidden {
		return problem.New(problem.Forbidden, "business.money_not_yours")
	}
	v.values = filled(ctx, &f)
	return p.showForm(w, r, v)
}

// filled is a fact as its form shows it.
func filled(ctx context.Context, f *business.Fact) map[string]string {
	zone := i18n.Zone(ctx)
	at := f.At.In(zone)
	moment := at.Format(time.DateOnly)
	if !midnight(at) {
		moment = at.Format("2006-01-02 15:04:05")
	}
	if !f.Until.IsZero() {
		until := f.Until.In(zone)
		switch {
		case at.Day() == 1 && midnight(at) && until.Equal(at.AddDate(0, 1, 0)):
			moment = at.Format("2006-01")
		case midnight(at) && midnight(until):
			moment = at.Format(time.DateOnly) + "/" + until.AddDate(0, 0, -1).Format(time.DateOnly)
		}
	}
	mark := decimalMark(ctx)
	out := map[string]string{"when": moment, "status": f.Status, "label": f.Label, "currency": f.Currency,
		"quantity": strings.Replace(strconv.FormatFloat(f.Quantity, 'f', -1, 64), ".", mark, 1)}
	if f.Amount != nil {
		out["amount"] = plain(*f.Amount, f.Currency, mark)
	}
	if f.Before != nil {
		out["before"] = plain(*f.Before, f.Currency, mark)
	}
	for _, t := range []struct{ field, text string }{{"person", f.Person}, {"organisation", f.Organisation}, {"channel", f.Channel}, {"team", f.Team}, {"partner", f.Partner},
		{"campaign", f.Campaign}, {"community", f.Community}, {"source", f.Source}, {"topic", f.Topic}, {"language", f.Language}, {"matter", f.Matter}, {"ref", f.Ref}} {
		out[t.field] = t.text
	}
	return out
}

// plain is an amount as it is typed.
func plain(minor int64, currency, mark string) string {
	return strings.Replace(intake.Decimal{Coef: minor, Scale: intake.MinorFigures(currency)}.String(), ".", mark, 1)
}

func decimalMark(ctx context.Context) string {
	if i18n.Lang(ctx) == "fr" {
		return ","
	}
	return "."
}

// read turns the form of a fact into a statement; what is wrong stands in the form.
func read(ctx context.Context, k *business.FactKind, form *web.Form) business.Statement {
	st := business.Statement{Fact: ledger.Fact{Kind: k.ID, Quantity: 1, Status: form.Text("status"), Label: form.Text("label"), Note: form.Optional("note", 300)}}
	refuse := func(field, reason string) { form.Refuse(problem.New(problem.Invalid, reason).On(field)) }
	var ok bool
	if text := form.Text("when"); text == "" {
		refuse("when", "problem.required")
	} else if st.At, st.Until, ok = intake.ReadWhen(k, text, "dmy", i18n.Zone(ctx)); !ok {
		key := "intake.fact.bad_period"
		if k.Period == ledger.Never {
			key = "intake.bad_date"
		}
		refuse("when", key)
	}
	mark := decimalMark(ctx)
	if text := form.Text("quantity"); text != "" && k.Quantity != ledger.Never {
		var reason string
		if k.Unit == ledger.UnitHours {
			st.Quantity, reason = intake.ReadHours(text, mark, "")
		} else {
			st.Quantity, _, reason = intake.ReadNumber(text, mark)
		}
		if reason != "" {
			refuse("quantity", reason)
		}
	} else if k.Quantity == ledger.Must {
		refuse("quantity", "problem.required")
	}
	if text := form.Text("amount"); text != "" && k.Amount != ledger.Never {
		var reason string
		if st.Amount, st.Currency, reason = intake.ReadMoney(text, mark, form.Text("currency"), ""); reason != "" {
			refuse("amount", reason)
		}
	} else if k.Amount == ledger.Must {
		refuse("amount", "problem.required")
	}
	if text := form.Text("before"); text != "" && k.Before {
		before, _, reason := intake.ReadMoney(text, mark, form.Text("currency"), st.Currency)
		if reason != "" {
			refuse("before", reason)
		}
		st.Before = &before
	}
	for _, field := range k.Fields {
		*st.Text(field) = form.Text(field)
	}
	if strings.Contains(st.Person, "@") {
		if uri, err := channel.Identify(st.Person, ""); err == nil {
			st.Person = uri
		}
	}
	return st
}

// refused puts what the service says into the form, where a person can mend it.
func refused(form *web.Form, err error) error {
	known := problem.Of(err)
	if known.Code != problem.Invalid && known.Code != problem.Conflict {
		return err
	}
	if slices.Contains([]string{"at", "until"}, known.Field) {
		known = known.On("when")
	}
	form.Refuse(known)
	return nil
}

func (p *pages) add(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	k, found := business.Kind(form.Text("kind"))
	if !found {
		return problem.New(problem.Invalid, "problem.bad_form")
	}
	st := read(ctx, &k, form)
	if form.OK() {
		id, err := p.s.Add(ctx, st)
		if err == nil {
			web.Flash(w, r, ui.Success, "business.added")
			return web.Redirect(w, r, "/business/facts/"+id)
		}
		if err := refused(form, err); err != nil {
			return err
		}
	}
	return p.showForm(w, r, &formView{kind: k, form: form})
}

func (p *pages) correct(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	f, err := p.s.Find(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	k, _ := business.Kind(f.Kind)
	st := read(ctx, &k, form)
	if form.OK() {
		err := p.s.Correct(ctx, f.ID, form.Text("was"), st)
		if err == nil {
			web.Flash(w, r, ui.Success, "business.corrected")
			return web.Redirect(w, r, "/business/facts/"+f.ID)
		}
		if err := refused(form, err); err != nil {
			return err
		}
	}
	return p.showForm(w, r, &formView{kind: k, fact: f.ID, was: f.Activity, form: form})
}

func (p *pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	reason := form.Require("note", 300)
	if form.OK() {
		err := p.s.Withdraw(r.Context(), r.PathValue("id"), form.Text("was"), reason)
		if err == nil {
			web.Flash(w, r, ui.Success, "business.withdrawn_done")
			return web.Redirect(w, r, "/business/facts/"+r.PathValue("id"))
		}
		if err := refused(form, err); err != nil {
			return err
		}
	}
	return p.showFact(w, r, form)
}
