package enrichweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/lang"
)

// postView is what the page of one post shows.
type postView struct {
	enrich.Seen
	history []enrich.Remark
	why     []enrich.Reason
	panels  []ui.Panel
	may     bool // correct it
	err     string
}

func (p *pages) post(w http.ResponseWriter, r *http.Request) error { return p.showPost(w, r, "") }

func (p *pages) showPost(w http.ResponseWriter, r *http.Request, wrong string) error {
	ctx := r.Context()
	seen, err := p.review.Post(ctx, clean(r.PathValue("post")))
	if err != nil {
		return err
	}
	v := &postView{Seen: seen, err: wrong, may: org.Who(ctx).May(org.InboxEdit) && !seen.Ours && seen.DeletedAt.IsZero()}
	if v.history, err = p.review.History(ctx, seen.ID); err != nil {
		return err
	}
	v.why = p.review.Why(&seen)
	if p.Panels != nil {
		v.panels = p.Panels(ctx, seen)
	}
	if wrong != "" {
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: title(ctx, &seen)}, postPage(v))
}

// correct states what the form says otherwise than what was shown.
func (p *pages) correct(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	post := clean(r.PathValue("post"))
	words := map[string]string{}
	if head := f.Text("back"); head != "" {
		words[head] = ""
	} else {
		for _, head := range enrich.Heads() {
			if v := spoken(f, head); v != f.Text("was."+head) && v != "" {
				words[head] = v
			}
		}
	}
	if err := p.review.Correct(ctx, post, words); err != nil {
		if pr := problem.Of(err); pr.Code == problem.Invalid {
			return p.showPost(w, r, i18n.T(ctx, pr.Key, pr.Args...))
		}
		return err
	}
	switch {
	case f.Text("back") != "":
		web.Flash(w, r, ui.Success, "enrich.done.taken_back")
	case len(words) == 0:
		web.Flash(w, r, ui.Info, "enrich.done.nothing")
	default:
		web.Flash(w, r, ui.Success, "enrich.done.corrected")
	}
	return web.Redirect(w, r, "/posts/"+post)
}

// spoken is what a form says of a head; of kinds that none is ticked says none.
func spoken(f *web.Form, head string) string {
	if head != enrich.Kinds {
		return f.Text(head)
	}
	if !f.Has("kinds.asked") {
		return ""
	}
	var out []string
	for _, k := range enrich.KindNames() {
		if f.Has("kind." + k) {
			out = append(out, k)
		}
	}
	if len(out) == 0 {
		return enrich.None
	}
	return strings.Join(out, ",")
}

// shown is a head's value as the form begins with it.
func (v *postView) shown(head string) string {
	s := v.Known.Taken.Of(head)
	if head == enrich.Kinds && s == "" {
		return enrich.None
	}
	return s
}

func (v *postView) has(kind string) bool { return slices.Contains(v.Known.Taken.Kinds, kind) }

// clean is what may be an id: nothing else goes into addresses.
func clean(s string) string {
	if len(s) > 50 {
		return ""
	}
	return url.PathEscape(s)
}

func title(ctx context.Context, p *enrich.Seen) string {
	switch {
	case !p.DeletedAt.IsZero():
		return i18n.T(ctx, "enrich.deleted")
	case p.Title != "":
		return p.Title
	case p.Text != "":
		return p.Excerpt(100)
	}
	return i18n.T(ctx, "enrich.no_text")
}

func author(ctx context.Context, p *enrich.Seen) string {
	if p.AuthorName != "" {
		return p.AuthorName
	}
	if _, rest, found := strings.Cut(p.Author, ":"); found && !strings.HasPrefix(p.Author, "channel:") {
		return strings.TrimPrefix(rest, "//")
	}
	return p.Channel
}

func side(p *enrich.Seen) ui.Side {
	if p.Ours {
		return ui.Ours
	}
	return ui.Theirs
}

// safeURL lets through addresses of pages only: what a channel says of a post is not ours.
func safeURL(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return s
}

// word is a value of a head as people read it.
func word(ctx context.Context, head, v string) string {
	switch {
	case v == "":
		return i18n.T(ctx, "enrich.unsure")
	case head == enrich.Language:
		return i18n.Language(ctx, v)
	}
	var out []string
	for _, s := range strings.Split(v, ",") {
		key := "enrich." + head + "." + s
		if !i18n.Has(key) {
			key = "enrich.unsure"
		}
		out = append(out, i18n.T(ctx, key))
	}
	return strings.Join(out, ", ")
}

func tone(head, v string) ui.Tone {
	switch v {
	case "positive", "praise", "joy":
		return ui.Success
	case "negative", "complaint", "attack", "insult", "hate", "anger", "disgust":
		return ui.Danger
	case "lead", "job", "suggestion", "question":
		return ui.Info
	}
	return ui.Neutral
}

func choices(ctx context.Context, head string) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "enrich.unsure")}}
	for _, v := range enrich.Values(head) {
		out = append(out, ui.Option{Value: v, Label: word(ctx, head, v)})
	}
	return out
}

func languages(ctx context.Context, now string) []ui.Option {
	codes := lang.Detected()
	if now != "" && !slices.Contains(codes, now) {
		codes = append(codes, now)
	}
	var out []ui.Option
	for _, c := range codes {
		out = append(out, ui.Option{Value: c, Label: i18n.Language(ctx, c)})
	}
	sorting.Func(out, func(a, b ui.Option) int { return strings.Compare(a.Label, b.Label) })
	return append([]ui.Option{{Label: i18n.T(ctx, "enrich.unsure")}}, out...)
}

// events is the history for the timeline.
func events(ctx context.Context, list []enrich.Remark) []ui.Event {
	var out []ui.Event
	for _, h := range list {
		e := ui.Event{Icon: "tag", Tone: tone(h.Head, h.Value), At: i18n.DateTime(ctx, h.At)}
		if h.Value == "" {
			e.Icon = "undo-2"
			e.Title = i18n.T(ctx, "enrich.history.back", "Name", h.Actor, "Head", i18n.T(ctx, "enrich.head."+h.Head))
		} else {
			e.Title = i18n.T(ctx, "enrich.history.said", "Name", h.Actor, "Head", i18n.T(ctx, "enrich.head."+h.Head), "Value", word(ctx, h.Head, h.Value))
		}
		if h.Sample {
			e.Icon = "clipboard-list"
		}
		out = append(out, e)
	}
	return out
}

// bar is one line of how sure the model is.
type bar struct {
	label string
	p     float64
	taken bool
}

// bars are the lines of a head: all of sentiment and kinds, of emotion and aggression what is likely at all.
func (v *postView) bars(ctx context.Context, head string) []bar {
	var out []bar
	for _, value := range enrich.Values(head) {
		b := bar{word(ctx, head, value), v.Known.Reading.P(head, value), v.shown(head) == value || head == enrich.Kinds && v.has(value)}
		if head == enrich.Sentiment || b.taken || b.p >= 0.05 {
			out = append(out, b)
		}
	}
	if head != enrich.Sentiment {
		sorting.Stable(out, func(a, b bar) int {
			switch {
			case a.p > b.p:
				return -1
			case a.p < b.p:
				return 1
			}
			return 0
		})
		out = out[:min(len(out), 4)]
	}
	return out
}

func (v *postView) facts(ctx context.Context) []ui.Item {
	out := []ui.Item{{Label: i18n.T(ctx, "enrich.channel"), Value: v.Channel}, {Label: i18n.T(ctx, "enrich.said_at"), Value: i18n.DateTime(ctx, v.At)}}
	if l := v.Known.Taken.Lang; l != "" {
		out = append(out, ui.Item{Label: i18n.T(ctx, "enrich.head.language"), Value: i18n.Language(ctx, l)})
	}
	if v.Known.Version != "" {
		out = append(out, ui.Item{Label: i18n.T(ctx, "enrich.version"), Body: code(v.Known.Version)})
	}
	return out
}

func words(ctx context.Context, v *postView) string {
	if v.Text == "" {
		return title(ctx, &v.Seen)
	}
	return v.Text
}

// name marks what the post is taken for.
func (b bar) name() string {
	if b.taken {
		return "✓ " + b.label
	}
	return b.label
}

func doneTone(s enrich.Sample) ui.Tone {
	if s.Judged >= s.Size {
		return ui.Success
	}
	return ui.Neutral
}
