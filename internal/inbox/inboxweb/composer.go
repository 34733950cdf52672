package inboxweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// composing is what stands around the words of a reply while it is written.
type composing struct {
	follow      string
	pair        bool
	used        []string // kind:ref
	shared      bool
	checked     *inbox.Checked
	asked       bool // somebody asked for a check, or sent it: what is met is shown too
	mine        inbox.Draft
	drafts      []inbox.Draft
	saved       []inbox.SavedReply
	values      inbox.Values
	translation string
	original
	owes *inbox.Pair
	seen string // the newest answer of ours that whoever writes has seen, in microseconds; "" for what the page shows
}

func (p *pages) composerRoutes(r *web.Routes) {
	r.Do("POST /inbox/{id}/compose", org.InboxEdit, p.compose)
	r.Do("POST /inbox/{id}/translate", org.InboxEdit, p.translatePost)
	r.Page("GET /inbox/{id}/help", org.InboxEdit, p.help)
	r.Do("POST /inbox/{id}/follow-up", org.InboxEdit, p.closePair)
	r.Page("GET /follow-ups", org.InboxRead, p.followUps)
	r.Page("GET /approvals", org.InboxEdit, p.approvals)
	r.Do("POST /approvals/{approval}", org.InboxEdit, p.decide)
	r.Page("GET /saved-replies", org.InboxRead, p.savedReplies)
	r.Page("GET /saved-replies/uses", org.InboxRead, p.uses)
	r.Page("GET /saved-replies/{saved}", org.InboxEdit, p.editSaved)
	r.Do("POST /saved-replies/{saved}", org.InboxEdit, p.saveReply)
	r.Page("GET /places", org.InboxRead, p.places)
	r.Do("POST /places/{channel}", org.InboxAssign, p.setPlace)
}

// answerOf reads the words of the composer.
func answerOf(f *web.Form) inbox.Answer {
	in := inbox.Answer{Text: f.Text("text"), Private: f.Text("private") == "yes", To: clean(f.Text("to")), Follow: f.Text("follow"), Pair: f.Has("pair"), Used: inbox.ParseHelp(f.Values["used"])}
	if micros, err := strconv.ParseInt(f.Text("seen"), 10, 64); err == nil {
		at := time.UnixMicro(micros)
		in.Seen = &at
	}
	return in
}

// typed is the composer as it was sent.
func typed(f *web.Form, in inbox.Answer) *composed {
	c := &composed{reply: in.Text, token: f.Text("token"), private: in.Private, chosen: true}
	c.follow, c.pair, c.shared, c.asked = in.Follow, in.Pair, f.Has("shared"), true
	if in.Seen != nil {
		c.seen = strconv.FormatInt(in.Seen.UnixMicro(), 10)
	}
	for _, h := range in.Used {
		c.used = append(c.used, string(h.Kind)+":"+h.Ref)
	}
	return c
}

// prepare fills in what the composer shows beside its words.
func (p *pages) prepare(ctx context.Context, v *conversationView) error {
	pair, found, err := p.inbox.PairOf(ctx, &v.c)
	if err != nil {
		return err
	}
	if found && pair.Open() {
		v.form.owes = &pair
	}
	if !v.may(org.InboxEdit) || !v.ways.Can() {
		return nil
	}
	f := v.form
	if f.seen == "" {
		f.seen = strconv.FormatInt(max(v.line.Ours.UnixMicro(), 0), 10) // the zero time lies before
	}
	if f.mine, f.drafts, err = p.inbox.Drafts(ctx, &v.c); err != nil {
		return err
	}
	if !f.asked && f.reply == "" {
		f.reply, f.shared = f.mine.Text, f.mine.Shared
	}
	if f.saved, err = p.inbox.SavedReplies(ctx); err != nil {
		return err
	}
	f.values = p.inbox.ValuesFor(ctx, &v.ways)
	checked, err := p.inbox.Glance(ctx, &v.c, &v.ways, inbox.Answer{Text: f.reply, Private: f.private, To: v.ways.Post.ID, Follow: f.follow, Pair: f.pair}, v.answers)
	if err != nil {
		return err
	}
	f.checked = &checked
	if !f.asked && checked.Complaint && !checked.Followed {
		f.pair = true
	}
	return nil
}

// compose answers while somebody writes: hints, words put in, a draft kept or shared. Nothing is sent.
func (p *pages) compose(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	in := answerOf(f)
	form := typed(f, in)
	if !f.Has("text") { // from a page without the words
		c, err := p.inbox.Find(ctx, id)
		if err != nil {
			return err
		}
		mine, _, err := p.inbox.Drafts(ctx, &c)
		if err != nil {
			return err
		}
		form.reply, form.shared, form.chosen = mine.Text, mine.Shared, false
	}
	switch what, ref, _ := strings.Cut(f.Text("insert"), ":"); what {
	case "":
	case "text":
		if err := p.insertSaved(ctx, id, f, form); err != nil {
			return err
		}
	case "translate":
		if err := p.translateDraft(ctx, id, ref, form); err != nil {
			return err
		}
	case "sign":
		form.reply = strings.TrimSpace(form.reply + "\n\n" + org.Who(ctx).Name)
	case "draft":
		c, err := p.inbox.Find(ctx, id)
		if err != nil {
			return err
		}
		_, others, err := p.inbox.Drafts(ctx, &c)
		if err != nil {
			return err
		}
		for _, d := range others {
			if d.Member == ref {
				form.reply = strings.TrimSpace(form.reply + "\n\n" + d.Text)
			}
		}
	default:
		if err := p.insertHelp(ctx, id, what, ref, form); err != nil {
			return err
		}
	}
	if err := p.inbox.KeepDraft(ctx, id, form.reply, form.shared); err != nil && !problem.Is(err, problem.Invalid) {
		return err
	}
	if r.Header.Get("HX-Target") == "hints" {
		c, err := p.inbox.Find(ctx, id)
		if err != nil {
			return err
		}
		checked, err := p.inbox.Check(ctx, c.ID, in)
		if err != nil {
			return err
		}
		form.checked, form.asked = &checked, false
		v := &conversationView{sight: sightOf(r.URL.Query()), c: c, now: p.inbox.Now(), me: org.Who(ctx), path: "/inbox/" + c.ID, form: form}
		return web.Part(w, r, hints(v))
	}
	return p.show(w, r, form)
}

// insertSaved puts a saved reply into the text, in the language of whoever is answered where there is one.
func (p *pages) insertSaved(ctx context.Context, id string, f *web.Form, form *composed) error {
	saved, err := p.inbox.SavedReply(ctx, f.Text("saved"))
	if problem.Is(err, problem.Missing) {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := p.inbox.Find(ctx, id)
	if err != nil {
		return err
	}
	w, err := p.inbox.Ways(ctx, &c, "")
	if err != nil {
		return err
	}
	_, lang := p.inbox.Terms(ctx, &w)
	if saved.Words[lang] == "" {
		lang = i18n.Lang(ctx)
	}
	form.put(p.inbox.ValuesFor(ctx, &w).Fill(saved.Words.In(lang)), "saved:"+saved.ID)
	return nil
}

// put adds words to the text, once, and notes where they come from.
func (c *composed) put(words, used string) {
	if words = strings.TrimSpace(words); words != "" && !strings.Contains(c.reply, words) {
		c.reply = strings.TrimSpace(c.reply + "\n\n" + words)
	}
	for _, u := range c.used {
		if u == used {
			return
		}
	}
	c.used = append(c.used, used)
}

// shown are the findings that somebody should see: what is not kept first, then what only they can tell.
func shown(c *inbox.Checked) (bad, unsure, met []inbox.Finding) {
	for _, f := range c.Findings {
		switch {
		case f.Check == "":
		case f.Verdict == "not_met":
			bad = append(bad, f)
		case f.Verdict == "cannot_tell":
			unsure = append(unsure, f)
		default:
			met = append(met, f)
		}
	}
	return bad, unsure, met
}

// decided are the words of the text that decided it, at most three.
func decided(text string, f *inbox.Finding) []string {
	var out []string
	for _, s := range f.Words {
		if s.From < s.To && s.To <= len(text) && len(out) < 3 {
			out = append(out, shorten(text[s.From:s.To]))
		}
	}
	return out
}

func findingTone(f *inbox.Finding) ui.Tone {
	switch {
	case f.Refuses():
		return ui.Danger
	case f.Verdict == "not_met":
		return ui.Warning
	}
	return ui.Info
}

// toCompose makes a button of the composer that does not send.
func toCompose(v *conversationView, p ui.ButtonProps) ui.ButtonProps {
	address := v.at(v.path + "/compose")
	p.Form = "reply"
	p.Attrs = templ.Attributes{"formaction": address, "formnovalidate": true, "hx-post": address, "hx-target": "#composer", "hx-swap": "outerHTML", "hx-include": "#reply"}
	return p
}

func savedOptions(ctx context.Context, list []inbox.SavedReply) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "inbox.saved.choose")}}
	for _, r := range list {
		out = append(out, ui.Option{Value: r.ID, Label: r.Title})
	}
	return out
}
