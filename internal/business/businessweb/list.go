package businessweb

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui/chart"
)

const perPage = 50

type indexView struct {
	list    []business.Coverage
	withNo  int
	may     bool
	imports bool
	watched bool
}

// index says which facts there are and which are missing.
func (p *pages) index(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := p.s.Cover(ctx, i18n.Zone(ctx))
	if err != nil {
		return err
	}
	v := &indexView{list: list, may: org.Who(ctx).May(org.MeasureEdit), imports: org.Who(ctx).May(org.ImportRun) && org.Who(ctx).May(org.MeasureEdit), watched: p.watch != nil}
	for _, c := range list {
		if c.Count == 0 {
			v.withNo++
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "business.title")}, indexPage(v))
}

// gaps names months without facts, those that stand together in one piece.
func gaps(ctx context.Context, list []time.Time) string {
	var out []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j].AddDate(0, 1, 0).Equal(list[j+1]) {
			j++
		}
		text := i18n.Month(ctx, list[i])
		if j > i {
			text += " – " + i18n.Month(ctx, list[j])
		}
		out = append(out, text)
		i = j + 1
	}
	if len(out) > 3 {
		out = append(out[:3], "…")
	}
	return strings.Join(out, ", ")
}

type listView struct {
	kind      business.FactKind
	filter    business.Filter
	period    string
	from, to  string // of a period that is chosen
	list      []business.Fact
	older     string
	newest    string
	totals    []business.Total
	count     int
	withdrawn int
	may       bool
	imports   bool
	odd       string // what was asked for as a period and is none
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, in := r.Context(), r.URL.Query()
	v := &listView{may: org.Who(ctx).May(org.MeasureEdit), imports: org.Who(ctx).May(org.ImportRun) && org.Who(ctx).May(org.MeasureEdit), period: in.Get("period")}
	id := in.Get("kind")
	if id == "" {
		id = business.Cost
	}
	found := false
	if v.kind, found = business.Kind(id); !found {
		return problem.New(problem.Missing, "problem.not_found")
	}
	v.filter = business.Filter{Kind: v.kind.ID, Status: known(in.Get("status"), v.kind.Statuses), Label: known(in.Get("label"), v.kind.Labels), Withdrawn: in.Get("withdrawn") != "", Reaching: true}
	v.during(in, p.clock().In(i18n.Zone(ctx)))
	var before business.Place
	if text := in.Get("before"); text != "" {
		micros, id, ok := strings.Cut(text, "-")
		n, err := strconv.ParseInt(micros, 10, 64)
		if err != nil || !ok {
			return problem.New(problem.Missing, "problem.not_found")
		}
		before = business.Place{At: time.UnixMicro(n), ID: id}
		v.newest = address(in, "before", "")
	}
	var next business.Place
	var err error
	if v.list, next, err = p.s.List(ctx, v.filter, before, perPage); err != nil {
		return err
	}
	if next.ID != "" {
		v.older = address(in, "before", strconv.FormatInt(next.At.UnixMicro(), 10)+"-"+next.ID)
	}
	if v.count, err = p.s.Count(ctx, v.filter); err != nil {
		return err
	}
	if !v.filter.Withdrawn {
		if v.totals, err = p.s.Totals(ctx, v.filter, i18n.Zone(ctx)); err != nil {
			return err
		}
		taken := v.filter
		taken.Withdrawn = true
		if v.withdrawn, err = p.s.Count(ctx, taken); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: kindName(ctx, v.kind.ID)}, listPage(v))
}

// known is a value of a list; "" when it is none of it.
func known(v string, list []string) string {
	if slices.Contains(list, v) {
		return v
	}
	return ""
}

// shortened is what was typed, cut where it is too long to be repeated.
func shortened(text string) string {
	if list := []rune(text); len(list) > 40 {
		return string(list[:40]) + "…"
	}
	return text
}

// Facts are looked for between these years.
const firstYear, lastYear = 1970, 2100

// during reads the period: so many months up to the end of this one, or from a day to a day.
func (v *listView) during(in url.Values, now time.Time) {
	zone := now.Location()
	next := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, zone)
	n := 12
	switch v.period {
	case "6m":
		n = 6
	case "24m":
		n = 24
	case "60m":
		n = 60
	case "custom":
		from, e1 := time.ParseInLocation(time.DateOnly, in.Get("from"), zone)
		to, e2 := time.ParseInLocation(time.DateOnly, in.Get("to"), zone)
		v.from, v.to = in.Get("from"), in.Get("to")
		if e1 == nil && e2 == nil && !to.Before(from) && from.Year() >= firstYear && to.Year() <= lastYear {
			v.filter.From, v.filter.Until = from, to.AddDate(0, 0, 1)
			return
		}
	default:
		v.period = "12m"
	}
	v.filter.From, v.filter.Until = next.AddDate(0, -n, 0), next
	if v.period == "custom" {
		if v.from != "" || v.to != "" {
			v.odd = shortened(v.from) + " – " + shortened(v.to)
		}
		v.from, v.to = v.filter.From.Format(time.DateOnly), next.AddDate(0, 0, -1).Format(time.DateOnly)
	}
}

func address(in url.Values, key, value string) string {
	out := url.Values{}
	for k, v := range in {
		if k != key && v[0] != "" {
			out[k] = v[:1]
		}
	}
	if value != "" {
		out.Set(key, value)
	}
	return "/business/facts?" + out.Encode()
}

func (v *listView) with(key, value string) string {
	return address(url.Values{"kind": {v.kind.ID}, "period": {v.period}, "from": {v.from}, "to": {v.to}}, key, value)
}

// totalRow is what a table of totals shows of one month.
type totalRow struct{ month, split, figure, count, href string }

func (v *listView) rows(ctx context.Context) []totalRow {
	var out []totalRow
	for i := len(v.totals) - 1; i >= 0; i-- {
		t := &v.totals[i]
		href := address(url.Values{"kind": {v.kind.ID}, "period": {"custom"}, "from": {t.Month.Format(time.DateOnly)}, "to": {t.Month.AddDate(0, 1, -1).Format(time.DateOnly)}, "status": {v.filter.Status}, "label": {v.filter.Label}}, cmp.Or(business.SplitBy(&v.kind), "before"), t.Split)
		out = append(out, totalRow{i18n.Month(ctx, t.Month), value(ctx, t.Split), v.figure(ctx, t), i18n.Number(ctx, float64(t.Count), 0), href})
	}
	return out
}

// share is how much of a fact counts in the period shown; "" for all of it.
func (v *listView) share(ctx context.Context, f *business.Fact) string {
	if f.Until.IsZero() || f.Withdrawn {
		return ""
	}
	share := hours.Overlap(f.At.In(i18n.Zone(ctx)), f.Until, v.filter.From, v.filter.Until)
	if share >= 1 {
		return ""
	}
	return i18n.T(ctx, "business.share", "Share", i18n.Percent(ctx, max(share, 0), 0))
}

func (v *listView) figure(ctx context.Context, t *business.Total) string {
	switch {
	case t.Hidden && business.Adds(&v.kind):
		return "–"
	case t.Currency != "" && business.Adds(&v.kind):
		return money(ctx, t.Amount, t.Currency)
	case v.kind.ID == business.Survey:
		return "–" // answers to different questions are not added up
	}
	return quantity(ctx, v.kind.Unit, t.Quantity)
}

// apart reports whether what is told apart must not even be stacked: a reach and visits, a mean of one scale and of another, what is measured
// and what is assumed.
func apart(k *business.FactKind) bool {
	switch k.ID {
	case business.Visit, business.Rating, business.Benefit, business.Revenue:
		return true
	}
	return false
}

// charts draws the totals: one picture a currency, never two in one.
func (v *listView) charts(ctx context.Context) []chart.BarsProps {
	if v.kind.ID == business.Survey {
		return nil
	}
	type key struct{ currency, split string }
	pictures := map[key]map[string][]chart.Point{}
	var order []key
	splits := map[key][]string{}
	for _, t := range v.totals {
		k := key{}
		y := t.Quantity
		if t.Hidden && business.Adds(&v.kind) {
			continue
		}
		if t.Currency != "" && business.Adds(&v.kind) {
			k.currency, y = t.Currency, float64(t.Amount)
		}
		if apart(&v.kind) {
			k.split = t.Split
		}
		if pictures[k] == nil {
			pictures[k] = map[string][]chart.Point{}
			order = append(order, k)
		}
		if !slices.Contains(splits[k], t.Split) {
			splits[k] = append(splits[k], t.Split)
		}
		pictures[k][t.Split] = append(pictures[k][t.Split], chart.Point{At: t.Month, Value: y, N: t.Count})
	}
	var out []chart.BarsProps
	for _, k := range order {
		b := chart.BarsProps{Title: kindName(ctx, v.kind.ID), Unit: chart.Count("", 0), Step: chart.Month, Short: true}
		if k.split != "" {
			b.Title += " · " + value(ctx, k.split)
		}
		if k.currency != "" {
			b.Unit = chart.Money(k.currency)
			b.Title += " (" + k.currency + ")"
		} else if key := "business.unit_name." + v.kind.Unit; i18n.Has(key) {
			b.Unit = chart.Count(i18n.T(ctx, key), 0)
		}
		slices.Sort(splits[k])
		for _, s := range splits[k] {
			name := value(ctx, s)
			if name == "" {
				name = b.Title
			}
			b.Series = append(b.Series, chart.Series{Name: name, Points: pictures[k][s]})
		}
		out = append(out, b)
	}
	return out
}

// hides reports whether amounts are left out for whoever looks.
func (v *listView) hides() bool {
	return slices.ContainsFunc(v.list, func(f business.Fact) bool { return f.Hidden }) || slices.ContainsFunc(v.totals, func(t business.Total) bool { return t.Hidden })
}

// mean reports whether figures of the kind are means rather than sums.
func mean(k *business.FactKind) bool {
	return !k.Sums && !business.Adds(k) && k.Quantity != ledger.Never
}
