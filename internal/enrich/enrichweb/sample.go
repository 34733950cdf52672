package enrichweb

import (
	"net/http"
	"strconv"

	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type samplesView struct {
	list             []enrich.Sample
	draws, judges    bool
	size, days, seed string
	err              []ui.FieldError
}

func (p *pages) samples(w http.ResponseWriter, r *http.Request) error {
	return p.showSamples(w, r, &samplesView{size: "200", days: "90"})
}

func (p *pages) showSamples(w http.ResponseWriter, r *http.Request, v *samplesView) (err error) {
	ctx := r.Context()
	if v.list, err = p.review.Samples(ctx); err != nil {
		return err
	}
	v.draws, v.judges = org.Who(ctx).May(org.ListeningEdit), org.Who(ctx).May(org.InboxEdit)
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "enrich.samples")}, samplesPage(v))
}

func (p *pages) draw(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := &samplesView{size: f.Text("size"), days: f.Text("days"), seed: f.Text("seed")}
	size, _ := strconv.Atoi(v.size) // what is no number is 0, which is refused
	days, _ := strconv.Atoi(v.days)
	seed, err := strconv.ParseInt(v.seed, 10, 64)
	if err != nil && v.seed != "" {
		err = problem.New(problem.Invalid, "enrich.bad_seed").On("seed")
	} else {
		var s enrich.Sample
		if s, err = p.review.Draw(ctx, size, days, seed); err == nil {
			web.Flash(w, r, ui.Success, "enrich.done.drawn", "N", s.Size)
			return web.Redirect(w, r, "/samples")
		}
	}
	pr := problem.Of(err)
	if pr.Code != problem.Invalid {
		return err
	}
	v.err = []ui.FieldError{{Field: pr.Field, Text: i18n.T(ctx, pr.Key, pr.Args...)}}
	web.Invalid(w)
	return p.showSamples(w, r, v)
}

type workView struct {
	enrich.Turn
	seen enrich.Seen
	err  string
}

func (p *pages) work(w http.ResponseWriter, r *http.Request) error { return p.showWork(w, r, "") }

func (p *pages) showWork(w http.ResponseWriter, r *http.Request, wrong string) error {
	ctx := r.Context()
	t, err := p.review.Next(ctx, clean(r.PathValue("sample")))
	if err != nil {
		return err
	}
	v := &workView{Turn: t, err: wrong}
	if t.Post != "" {
		if v.seen, err = p.review.Post(ctx, t.Post); err != nil {
			return err
		}
	}
	if wrong != "" {
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "enrich.judge"), Shortcuts: []ui.Shortcut{{Keys: "↵", Label: i18n.T(ctx, "enrich.next")}}}, workPage(v))
}

func (p *pages) judge(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	words := map[string]string{}
	if f.Text("do") != "skip" {
		words[enrich.Sentiment] = f.Text(enrich.Sentiment)
		words[enrich.Kinds] = spoken(f, enrich.Kinds)
		words[enrich.Aggression] = enrich.None
		if f.Has(enrich.Aggression) {
			words[enrich.Aggression] = "attack"
		}
		for _, head := range []string{enrich.Emotion, enrich.Language} {
			if v := f.Text(head); v != "" {
				words[head] = v
			}
		}
	}
	if err := p.review.Judge(ctx, clean(r.PathValue("sample")), clean(f.Text("post")), words); err != nil {
		if pr := problem.Of(err); pr.Code == problem.Invalid {
			return p.showWork(w, r, i18n.T(ctx, pr.Key, pr.Args...))
		}
		return err
	}
	return web.Redirect(w, r, "/samples/"+clean(r.PathValue("sample")))
}

func (p *pages) undo(w http.ResponseWriter, r *http.Request) error {
	sample := clean(r.PathValue("sample"))
	if _, err := p.review.TakeBack(r.Context(), sample); err != nil {
		pr := problem.Of(err)
		if pr.Code != problem.Conflict {
			return err
		}
		web.Flash(w, r, ui.Info, pr.Key, pr.Args...)
	}
	return web.Redirect(w, r, "/samples/"+sample)
}

// emotionKey is the digit of an emotion: those of sentiment come before.
func emotionKey(i int) string { return strconv.Itoa((4 + i) % 10) }

// keys are the letters of the kinds.
func keyOf(kind string) string {
	if kind == "job" {
		return "j"
	}
	return kind[:1]
}
