package governweb

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type tiesPage struct {
	Desk *desk
	List []govern.Tie
}

// has is how many persons of the group we know.
func has(t govern.Tie) int {
	if t.Persons == nil {
		return 0
	}
	return *t.Persons
}

// most is where a bar ends: each has its own scale, for a dozen resellers weigh as much as a hundred customers.
func most(has, wanted int) int { return max(1, wanted, has) }

func (h *handlers) ties(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := h.desk(ctx)
	if err != nil {
		return err
	}
	if err := h.tieDesk(ctx, d); err != nil {
		return err
	}
	list, err := h.s.Ties(ctx)
	if err != nil {
		return err
	}
	p := tiesPage{Desk: d}
	if p.List, err = h.s.Counted(ctx, list...); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.ties"), Wide: true}, tiesBody(p))
}

// tieDesk reads by what kinds of ties may be told.
func (h *handlers) tieDesk(ctx context.Context, d *desk) (err error) {
	if d.topics, err = h.s.Topics(ctx); err != nil {
		return err
	}
	kinds, err := h.s.Kinds(ctx)
	d.cards = slices.Sorted(maps.Keys(kinds))
	return err
}

type tiedPage struct {
	Tie          govern.Tie
	Line         govern.Strand
	Sign         string
	List         []govern.Tied
	First, Older string
}

// tied lists the persons who have a tie: those behind a number of the plan.
func (h *handlers) tied(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), r.URL.Query()
	t, err := h.s.Tie(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	list, err := h.s.Counted(ctx, t)
	if err != nil {
		return err
	}
	d := &desk{}
	if err := h.tieDesk(ctx, d); err != nil {
		return err
	}
	p := tiedPage{Tie: list[0]}
	i := slices.IndexFunc(p.Tie.Ties, func(s govern.Strand) bool { return s.Kind == in.Get("kind") })
	if i < 0 {
		return problem.New(problem.Missing, "problem.not_found")
	}
	p.Line = p.Tie.Ties[i]
	p.Sign = d.sign(ctx, p.Line.By)
	var after people.Place
	here := "/govern/ties/" + t.ID + "/people?kind=" + url.QueryEscape(p.Line.Kind)
	if text := in.Get("after"); text != "" {
		var ok bool
		if after.ID, after.Folded, ok = strings.Cut(text, "-"); !ok {
			return problem.New(problem.Missing, "problem.not_found")
		}
		p.First = here
	}
	next := people.Place{}
	if p.List, next, err = h.s.TiedPersons(ctx, t, p.Line.Kind, after, 50); err != nil {
		return err
	}
	if next.ID != "" {
		p.Older = here + "&after=" + url.QueryEscape(next.ID+"-"+next.Folded)
	}
	return web.Show(w, r, web.Page{Title: tieWord(ctx, p.Line.Kind)}, tiedBody(p))
}

// TiesOf gives the panel beside an objective: how many ties there are with the groups it is for, of those wanted.
func TiesOf(ctx context.Context, s *govern.Service, objective string, groups []string) ([]ui.Panel, error) {
	list, err := s.TiesOf(ctx, objective, groups)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	kinds, err := s.Kinds(ctx) // of groups alone: what each kind of tie comes to is on the page of the plan
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i] = list[i].In(kinds)
	}
	return []ui.Panel{{Title: i18n.T(ctx, "govern.ties"), Body: tiesPanel(tiesPage{List: list})}}, nil
}

func (h *handlers) tieNoun() noun[govern.Tie] {
	return noun[govern.Tie]{
		path: "/govern/ties", key: "govern.tie", plural: "govern.ties",
		id: func(v govern.Tie) string { return v.ID }, stamp: func(v *govern.Tie) *time.Time { return &v.UpdatedAt }, name: func(v govern.Tie) string { return v.Name },
		find: h.s.Tie, add: h.s.AddTie, change: h.s.ChangeTie, remove: h.s.RemoveTie,
		begin: func(_ *http.Request, d *desk) govern.Tie {
			return govern.Tie{Kind: "customer", Currency: "EUR", Often: "needed", DueAt: d.now.AddDate(1, 0, 0)}
		},
		inputs: func(ctx context.Context, d *desk, v govern.Tie) []input {
			wanted := ""
			if v.Wanted > 0 {
				wanted = strconv.Itoa(v.Wanted)
			}
			return []input{
				needed(text(ctx, "name", "govern.field.group", v.Name, 120)), hinted(needed(text(ctx, "kind", "govern.field.kind", v.Kind, 60)), i18n.T(ctx, "govern.field.kind_hint")),
				{Kind: inTies, Field: ui.Field{Name: "ties", Label: i18n.T(ctx, "govern.field.ties"), Hint: i18n.T(ctx, "govern.ties.hint")}, Lines: d.tieLines(ctx, v.Ties)}, text(ctx, "wanted", "govern.field.wanted", wanted, 12), date(ctx, "due_at", "govern.field.wanted_by", v.DueAt), area(ctx, "worth", "govern.field.worth", v.Worth),
				hinted(text(ctx, "amount", "govern.field.worth_amount", typedCents(v.Amount), 20), i18n.T(ctx, "govern.field.worth_amount_hint")), text(ctx, "currency", "govern.field.currency", v.Currency, 3),
				area(ctx, "how", "govern.field.how", v.How), choose(ctx, "often", "govern.field.often", v.Often, worded(ctx, "govern.often.", govern.Rhythms())...),
				d.member(ctx, "owner", "govern.field.owner", v.Owner), d.objective(ctx, v.Objective),
			}
		},
		read: func(f *form, v govern.Tie) govern.Tie {
			v.Name, v.Kind, v.Ties, v.Wanted, v.DueAt = f.text("name"), f.text("kind"), f.strands(), f.number("wanted"), f.until("due_at")
			v.Worth, v.Amount, v.Currency, v.How, v.Often = f.text("worth"), f.cents("amount"), f.text("currency"), f.text("how"), f.text("often")
			v.Owner, v.Objective = f.text("owner"), f.text("objective")
			return v
		},
		prepare: h.tieDesk,
		extra: func(ctx context.Context, d *desk, v govern.Tie, _ wrong) (templ.Component, error) {
			list, err := h.s.Counted(ctx, v)
			if err != nil {
				return nil, err
			}
			wishes, err := h.s.TieWishes(ctx, v.ID)
			return tieExtra(d, list[0], wishes), err
		},
		facts: func(ctx context.Context, d *desk, v govern.Tie) []ui.Item {
			worth := ""
			if v.Amount > 0 {
				worth = i18n.Money(ctx, v.Amount, v.Currency)
			}
			return []ui.Item{
				fact(ctx, "govern.field.kind", cardWord(ctx, v.Kind)), fact(ctx, "govern.field.wanted", i18n.Number(ctx, float64(v.Wanted), 0)), dayFact(ctx, "govern.field.wanted_by", v.DueAt),
				long(ctx, "govern.field.worth", v.Worth), fact(ctx, "govern.field.worth_amount", worth), long(ctx, "govern.field.how", v.How), fact(ctx, "govern.field.often", often(ctx, v.Often)),
				fact(ctx, "govern.field.owner", d.names[v.Owner]), d.objectiveFact(ctx, v.Objective),
			}
		},
	}
}

// wishEvents are what a line of the plan wanted, as a course.
func wishEvents(ctx context.Context, list []govern.TieWish) []ui.Event {
	var out []ui.Event
	for _, w := range list {
		parts := []string{i18n.N(ctx, "govern.ties.wanted", w.Wanted)}
		for _, t := range w.Ties {
			part := tieWord(ctx, t.Kind)
			if t.Wanted > 0 {
				part += " " + i18n.Number(ctx, float64(t.Wanted), 0)
			}
			parts = append(parts, part)
		}
		at := i18n.DateTime(ctx, w.At)
		if w.Member != "" {
			at += " · " + w.Member
		}
		out = append(out, ui.Event{Title: strings.Join(parts, " · "), At: at, Stamp: w.At.UTC().Format(time.RFC3339)})
	}
	return out
}

// strandCount is how many persons have a tie, of those wanted.
func strandCount(ctx context.Context, l govern.Strand) string {
	n := i18n.Number(ctx, float64(*l.Actual), 0)
	if l.Wanted == 0 {
		return n
	}
	return i18n.T(ctx, "govern.ties.of", "Has", n, "Wanted", i18n.Number(ctx, float64(l.Wanted), 0))
}

func often(ctx context.Context, id string) string {
	if id == "" {
		return ""
	}
	return i18n.T(ctx, "govern.often."+id)
}

func tieWord(ctx context.Context, id string) string {
	if id == "" {
		return "–"
	}
	if key := "govern.tie.kind." + id; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return id
}

// tieLine is one line of the form: a kind of tie.
type tieLine struct{ Kind, Wanted, By ui.Field }

// tieLines are the kinds of ties that a line of the plan has, and room for three more.
func (d *desk) tieLines(ctx context.Context, list []govern.Strand) []tieLine {
	kinds := append([]string{""}, govern.TieKinds()...)
	for _, t := range list {
		if !slices.Contains(kinds, t.Kind) {
			kinds = append(kinds, t.Kind)
		}
	}
	var out []tieLine
	for i := range len(list) + 3 {
		t := govern.Strand{By: govern.Usual}
		if i < len(list) {
			t = list[i]
		}
		field := func(name, label, value string) ui.Field {
			return ui.Field{ID: name + "-" + strconv.Itoa(i), Name: name, Label: i18n.T(ctx, label), Value: value}
		}
		l := tieLine{field("tie", "govern.ties.kind", t.Kind), field("tie_wanted", "govern.field.wanted", ""), field("tie_by", "govern.ties.by", t.By)}
		for _, k := range kinds {
			l.Kind.Options = append(l.Kind.Options, ui.Option{Value: k, Label: tieWord(ctx, k)})
		}
		l.Wanted.MaxLength = 12
		if t.Wanted > 0 {
			l.Wanted.Value = strconv.Itoa(t.Wanted)
		}
		l.By.Options = d.signs(ctx, t.By)
		out = append(out, l)
	}
	return out
}

// signs are what may tell a kind of tie.
func (d *desk) signs(ctx context.Context, now string) []ui.Option {
	list := []ui.Option{{Value: govern.Usual, Label: i18n.T(ctx, "govern.sign.usual")}, {Label: i18n.T(ctx, "govern.sign.none")}}
	add := func(by, group string) {
		list = append(list, ui.Option{Value: by, Label: d.signOf(ctx, by), Group: i18n.T(ctx, group)})
	}
	for _, k := range d.cards {
		add(govern.OnCard+k, "govern.sign.card")
	}
	for _, k := range govern.SaidKinds() {
		add(govern.HasSaid+k, "govern.sign.said")
	}
	for _, t := range d.topics {
		add(govern.OfTopic+t.ID, "govern.sign.topic")
	}
	add(govern.Promoter, "govern.sign.fact")
	for _, k := range govern.SignFacts() {
		add(govern.HasFact+k, "govern.sign.fact")
	}
	if !slices.ContainsFunc(list, func(o ui.Option) bool { return o.Value == now }) { // a card that nobody has yet, a topic that is gone
		list = append(list, ui.Option{Value: now, Label: d.sign(ctx, now)})
	}
	return list
}

// signOf is what tells a kind of tie, under a heading that says where it is looked for.
func (d *desk) signOf(ctx context.Context, by string) string {
	kind, of, _ := strings.Cut(by, ":")
	switch kind + ":" {
	case govern.OnCard:
		return cardWord(ctx, of)
	case govern.HasSaid:
		return i18n.T(ctx, "govern.said."+of)
	case govern.HasFact:
		return i18n.T(ctx, "business.kind."+of)
	case govern.OfTopic:
		for _, t := range d.topics {
			if t.ID == of {
				return t.Name
			}
		}
		return i18n.T(ctx, "govern.gone")
	}
	return i18n.T(ctx, "govern.sign.nps")
}

// cardWord is what a relation is called on the cards of people.
func cardWord(ctx context.Context, kind string) string {
	if key := "people.kind." + strings.ToLower(kind); i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return kind
}

// sign is what tells a kind of tie, alone.
func (d *desk) sign(ctx context.Context, by string) string {
	kind, _, more := strings.Cut(by, ":")
	switch {
	case by == "":
		return i18n.T(ctx, "govern.sign.none")
	case !more:
		return d.signOf(ctx, by)
	}
	return i18n.T(ctx, "govern.sign.by", "Where", i18n.T(ctx, "govern.sign."+kind), "What", d.signOf(ctx, by))
}

// strands reads the kinds of ties that were typed.
func (f *form) strands() []govern.Strand {
	var out []govern.Strand
	wanted, by := f.f.Values["tie_wanted"], f.f.Values["tie_by"]
	for i, k := range f.f.Values["tie"] {
		if k = strings.TrimSpace(k); k == "" {
			continue
		}
		t := govern.Strand{Kind: k}
		if i < len(wanted) {
			t.Wanted = f.whole("ties", wanted[i])
		}
		if i < len(by) {
			t.By = by[i]
		}
		out = append(out, t)
	}
	return out
}

func percent(part, whole int) string {
	return strconv.FormatFloat(100*float64(part)/float64(max(whole, 1)), 'f', 1, 64) + "%"
}
