package enrichweb

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
	"github.com/entente/entente/lang/classify"
)

type modelsView struct {
	enrich.Rules
	card          classify.Card
	carded        bool
	trust         []ui.Panel
	edits, export bool
	err           string
	far           *farView // nil where none can be asked
}

func (p *pages) models(w http.ResponseWriter, r *http.Request) error { return p.showModels(w, r, "") }

func (p *pages) showModels(w http.ResponseWriter, r *http.Request, wrong string) error {
	return p.showModelsWith(w, r, wrong, nil)
}

// showModelsWith shows them with what change, which may be nil, makes of the view: a form with its errors.
func (p *pages) showModelsWith(w http.ResponseWriter, r *http.Request, wrong string, change func(*modelsView)) error {
	ctx := r.Context()
	v, err := p.modelsView(ctx)
	if err != nil {
		return err
	}
	if p.Trust != nil {
		v.trust = p.Trust(ctx)
	}
	if v.far, err = p.farView(ctx); err != nil {
		return err
	}
	if change != nil {
		change(v)
	}
	if v.err = wrong; wrong != "" || change != nil {
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "enrich.models")}, modelsPage(v))
}

func (p *pages) modelsView(ctx context.Context) (v *modelsView, err error) {
	v = &modelsView{edits: org.Who(ctx).May(org.ListeningEdit), export: org.Who(ctx).May(org.ExportRun)}
	v.card, v.carded = p.review.Card()
	v.Rules, err = p.review.Rules(ctx)
	return v, err
}

// run is the progress alone, for the page to look again.
func (p *pages) run(w http.ResponseWriter, r *http.Request) error {
	v, err := p.modelsView(r.Context())
	if err != nil {
		return err
	}
	return web.Part(w, r, progress(v))
}

func (p *pages) pause(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	hold := f.Text("hold") == "yes"
	if err := p.review.Pause(r.Context(), hold); err != nil {
		return err
	}
	key := "enrich.done.resumed"
	if hold {
		key = "enrich.done.paused"
	}
	web.Flash(w, r, ui.Success, key)
	return web.Redirect(w, r, "/models")
}

func (p *pages) thresholds(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	wrong := false
	percent := func(name string) float64 {
		s := strings.ReplaceAll(f.Text(name), ",", ".")
		if s == "" {
			return 0
		}
		n, err := strconv.ParseFloat(s, 64)
		wrong = wrong || err != nil || !(n >= 0 && n < 100)
		return n / 100
	}
	t := enrich.Thresholds{Sentiment: percent(enrich.Sentiment), Emotion: percent(enrich.Emotion), Aggression: percent(enrich.Aggression)}
	for _, k := range enrich.KindNames() {
		if v := percent("kind." + k); v > 0 {
			if t.Kinds == nil {
				t.Kinds = map[string]float64{}
			}
			t.Kinds[k] = v
		}
	}
	if wrong {
		err = problem.New(problem.Invalid, "enrich.no_threshold")
	} else {
		err = p.review.SetThresholds(ctx, t)
	}
	if err != nil {
		if pr := problem.Of(err); pr.Code == problem.Invalid {
			return p.showModels(w, r, i18n.T(ctx, pr.Key, pr.Args...))
		}
		return err
	}
	web.Flash(w, r, ui.Success, "enrich.done.thresholds")
	return web.Redirect(w, r, "/models")
}

func (p *pages) corrections(w http.ResponseWriter, r *http.Request) error {
	var b bytes.Buffer // a file that fails half-way is never sent
	if err := p.review.WriteCorrections(r.Context(), &b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/tab-separated-values; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="corrections.tsv"`)
	_, err := w.Write(b.Bytes())
	return err
}

// percentOf is a threshold as the form writes it, "" for the model's own.
func percentOf(t float64) string {
	if t <= 0 {
		return ""
	}
	return strconv.FormatFloat(t*100, 'f', -1, 64)
}

// detail says how far it has come, how fast and how long it will take.
func (v *modelsView) detail(ctx context.Context) string {
	out := i18n.T(ctx, "enrich.run.of", "N", i18n.Number(ctx, float64(v.Run.Looked), 0), "Of", i18n.Number(ctx, float64(v.Run.Total), 0))
	if rate := v.Run.Rate(); rate > 0 && !v.Run.Done() {
		out += " · " + i18n.T(ctx, "enrich.run.rate", "N", i18n.Number(ctx, rate, 0))
		if v.Run.PausedAt.IsZero() {
			out += " · " + i18n.T(ctx, "enrich.run.left", "For", i18n.For(ctx, max(v.Run.Left(), time.Second).Truncate(time.Second)))
		}
	}
	return out + " · " + i18n.N(ctx, "enrich.run.changed", v.Run.Changed)
}

// heads of the card, in its order.
func (v *modelsView) heads() []string {
	var out []string
	for _, b := range v.card.Bins {
		if !slices.Contains(out, b.Head) {
			out = append(out, b.Head)
		}
	}
	return out
}

// reliability is a chart of how often it is so when the model says p.
func (v *modelsView) reliability(ctx context.Context, head string) chart.DotsProps {
	p := chart.DotsProps{Title: i18n.T(ctx, "enrich.reliability_of", "Head", headName(ctx, head)), Unit: chart.Share(0), FromZero: true}
	var p10, share, n [10]float64 // by tenths of what was said
	for _, b := range v.card.Bins {
		if b.Head != head || b.N == 0 {
			continue
		}
		i := min(max(int(b.P*10), 0), 9)
		p10[i] += b.P * float64(b.N)
		share[i] += b.Share * float64(b.N)
		n[i] += float64(b.N)
	}
	for i := range n {
		if n[i] > 0 {
			p.Items = append(p.Items, chart.Estimate{Label: i18n.T(ctx, "enrich.says", "P", i18n.Percent(ctx, p10[i]/n[i], 0)), Value: share[i] / n[i], N: int(n[i])})
		}
	}
	return p
}

// headName is a head of the card, such as "kind:complaint", as people read it.
func headName(ctx context.Context, head string) string {
	head, label, _ := strings.Cut(head, ":")
	if head == "kind" {
		head = enrich.Kinds
	}
	for _, key := range []string{"enrich." + head + "." + label, "enrich.head." + head} {
		if i18n.Has(key) {
			return i18n.T(ctx, key)
		}
	}
	return strings.TrimSuffix(head+", "+label, ", ")
}

// main is a chart of a head: of each label and language the figure that stands on most texts.
func (v *modelsView) main(ctx context.Context, head string) chart.DotsProps {
	p := chart.DotsProps{Title: headName(ctx, head), Unit: chart.Count("", 1), FromZero: true}
	best, order := map[string]classify.Figure{}, []string{}
	for _, f := range v.card.Figures {
		if of, _, _ := strings.Cut(f.Head, ":"); of != head {
			continue
		}
		key := f.Head + " " + f.Lang
		b, known := best[key]
		if !known {
			order = append(order, key)
		}
		if !known || f.N > b.N {
			best[key] = f
		}
	}
	for _, key := range order {
		f := best[key]
		label := languageName(ctx, f.Lang)
		if strings.Contains(f.Head, ":") {
			label = headName(ctx, f.Head) + ", " + label
		}
		p.Items = append(p.Items, chart.Estimate{Label: label, Value: 100 * f.Value, Low: 100 * f.Low, High: 100 * f.High, N: f.N})
	}
	return p
}

// asked lists what the card has figures of.
func (v *modelsView) asked() []string {
	var out []string
	for _, f := range v.card.Figures {
		if of, _, _ := strings.Cut(f.Head, ":"); !slices.Contains(out, of) {
			out = append(out, of)
		}
	}
	return out
}

func languageName(ctx context.Context, code string) string {
	if code == "" {
		return i18n.T(ctx, "enrich.all_languages")
	}
	return i18n.Language(ctx, code)
}

func figure(ctx context.Context, f classify.Figure) string {
	if f.High > f.Low {
		return i18n.Number(ctx, 100*f.Value, 1) + " (" + i18n.Number(ctx, 100*f.Low, 1) + "–" + i18n.Number(ctx, 100*f.High, 1) + ")"
	}
	return i18n.Number(ctx, 100*f.Value, 1)
}
