package communityweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/community/jury"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// challenges registers the pages of calls for ideas.
func (h *handlers) challenges(r *web.Routes) {
	r.Page("GET /c/{slug}/challenges", org.Public, h.in(h.challengeList))
	r.Page("GET /c/{slug}/challenges/new", org.SignedIn, h.in(h.calling))
	r.Do("POST /c/{slug}/challenges", org.SignedIn, h.in(h.call))
	r.Page("GET /c/{slug}/challenges/{challenge}", org.Public, h.in(h.challenge))
	r.Page("GET /c/{slug}/challenges/{challenge}/change", org.SignedIn, h.in(h.recalling))
	r.Do("POST /c/{slug}/challenges/{challenge}/change", org.SignedIn, h.in(h.recall))
	r.Do("POST /c/{slug}/challenges/{challenge}/enter", org.SignedIn, h.in(h.enter))
	r.Do("POST /c/{slug}/challenges/{challenge}/score", org.SignedIn, h.in(h.score))
}

// callView is the form of a call for ideas.
type callView struct {
	hall
	spaces []ui.Option
	in     community.Call
	form   *web.Form
	id     string // of the challenge that is changed, "" for a new one
}

func (v *callView) title(ctx context.Context) string {
	if v.id == "" {
		return i18n.T(ctx, "community.challenge.new")
	}
	return i18n.T(ctx, "community.challenge.change")
}

func (v *callView) action(ctx context.Context) string {
	if v.id == "" {
		return v.href(ctx, "/challenges")
	}
	return v.href(ctx, "/challenges/"+v.id+"/change")
}

// calls lists the spaces where whoever asks may call for ideas.
func (v *hall) calls() []ui.Option {
	var out []ui.Option
	for _, sp := range v.Spaces(v.place.ID) {
		if sp.Takes(community.Ideas) && v.who != nil && v.MayWrite(sp.ID) && v.MayModerate(sp.ID) {
			out = append(out, ui.Option{Value: sp.ID, Label: sp.Called(v.lang, v.place.Langs...)})
		}
	}
	return out
}

func (h *handlers) challengeList(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil || h.unchanged(w, r, &v) {
		return err
	}
	list, err := h.s.Challenges(r.Context(), v.Sight, v.place.ID)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.challenge.title"), Head: challengeHead(&v, "/challenges")}, challengesPage(&v, list))
}

func (h *handlers) calling(w http.ResponseWriter, r *http.Request) error {
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	return h.showCall(w, r, &callView{hall: at, in: community.Call{Token: id.New()}})
}

func (h *handlers) showCall(w http.ResponseWriter, r *http.Request, v *callView) error {
	if v.spaces = v.calls(); len(v.spaces) == 0 {
		return problem.New(problem.Forbidden, "problem.forbidden")
	}
	return web.Show(w, r, web.Page{Title: v.title(r.Context())}, callPage(v))
}

// callForm is what a form says of a call for ideas.
func callForm(f *web.Form) community.Call {
	return community.Call{Space: f.Text("space"), Title: f.Text("title"), Body: f.Text("body"), Starts: clip(f.Text("starts"), 20), Ends: clip(f.Text("ends"), 20),
		Until: clip(f.Text("until"), 20), Criteria: clip(f.Text("criteria"), 4000), Jury: clip(f.Text("jury"), 2000), Token: clip(f.Text("token"), 100), Seen: clip(f.Text("seen"), 100)}
}

// recallView finds the challenge that whoever moderates changes.
func (h *handlers) recallView(r *http.Request) (*callView, error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	c, err := h.s.FindChallenge(ctx, at.Sight, at.place.ID, r.PathValue("challenge"))
	if err != nil {
		return nil, err
	}
	if !at.MayModerate(c.Space) {
		return nil, problem.New(problem.Forbidden, "problem.forbidden")
	}
	v := &callView{hall: at, id: c.ID}
	v.in, err = h.s.Recall(ctx, &c, i18n.Zone(ctx))
	return v, err
}

func (h *handlers) recalling(w http.ResponseWriter, r *http.Request) error {
	v, err := h.recallView(r)
	if err != nil {
		return err
	}
	return h.showCall(w, r, v)
}

func (h *handlers) recall(w http.ResponseWriter, r *http.Request) error {
	v, err := h.recallView(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v.form, v.in = f, callForm(f)
	to := v.place.Path() + "/challenges/" + v.id
	err = h.s.ChangeCall(r.Context(), v.place.ID, v.id, v.in, i18n.Zone(r.Context()))
	if err != nil && problem.Of(err).Field != "" {
		f.Refuse(err)
		web.Invalid(w)
		return h.showCall(w, r, v)
	}
	if err != nil {
		return refused(w, r, err, to)
	}
	web.Flash(w, r, ui.Success, "community.challenge.changed")
	return web.Redirect(w, r, to)
}

func (h *handlers) call(w http.ResponseWriter, r *http.Request) error {
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v := &callView{hall: at, form: f, in: callForm(f)}
	made, err := h.s.Call(r.Context(), v.in, i18n.Zone(r.Context()))
	if err != nil && problem.Of(err).Field != "" {
		f.Refuse(err)
		web.Invalid(w)
		return h.showCall(w, r, v)
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.challenge.called")
	return web.Redirect(w, r, v.place.Path()+"/challenges/"+made)
}

// challengeView is the page of a call for ideas.
type challengeView struct {
	hall
	h        community.Challenge
	phase    community.Phase
	entries  map[string]*community.Idea
	lines    []jury.Line
	verdicts map[string][]community.Verdict // by idea
	sits     bool
	enters   bool // whoever asks may propose an idea for it
	keeps    bool // whoever asks may change it
	form     *web.Form
}

// mine is what whoever asks gave an entry.
func (v *challengeView) mine(idea string) community.Verdict {
	for _, x := range v.verdicts[idea] {
		if community.Wrote(v.who, x.Juror) {
			return x
		}
	}
	return community.Verdict{}
}

// judges reports whether whoever asks may score an entry now.
func (v *challengeView) judges(i *community.Idea) bool {
	return v.sits && (v.phase == community.Entering || v.phase == community.Judging) && !community.Wrote(v.who, i.Author)
}

// equal reports whether another has the same rank.
func (v *challengeView) equal(n int) bool {
	return n > 0 && v.lines[n-1].Rank == v.lines[n].Rank || n+1 < len(v.lines) && v.lines[n+1].Rank == v.lines[n].Rank
}

func (v *challengeView) scoreOf(idea string, n int) string {
	if v.form != nil && v.form.Text("idea") == idea {
		return v.form.Text("s" + strconv.Itoa(n))
	}
	if s := v.mine(idea).Scores; n < len(s) {
		return strconv.Itoa(s[n])
	}
	return ""
}

func (v *challengeView) wordsOf(idea string) string {
	if v.form != nil && v.form.Text("idea") == idea {
		return v.form.Text("words")
	}
	return v.mine(idea).Words
}

func (v *challengeView) problemOf(ctx context.Context, idea, field string) string {
	if v.form == nil || v.form.Text("idea") != idea {
		return ""
	}
	return problemOn(ctx, v.form, field)
}

func (h *handlers) challengeView(r *http.Request) (*challengeView, error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	v := &challengeView{hall: at, entries: map[string]*community.Idea{}, verdicts: map[string][]community.Verdict{}}
	if v.h, err = h.s.FindChallenge(ctx, at.Sight, at.place.ID, r.PathValue("challenge")); err != nil {
		return nil, err
	}
	v.phase, v.sits = v.h.Phase(at.now), v.h.Sits(at.who)
	entries, err := h.s.Entries(ctx, at.Sight, &v.h)
	if err != nil {
		return nil, err
	}
	verdicts, err := h.s.Verdicts(ctx, &v.h, at.who)
	if err != nil {
		return nil, err
	}
	for i := range entries {
		v.entries[entries[i].ID] = &entries[i]
	}
	for _, x := range verdicts {
		v.verdicts[x.Idea] = append(v.verdicts[x.Idea], x)
	}
	if v.phase == community.Judged {
		v.lines = v.h.Result(entries, verdicts)
	} else {
		for i := range entries {
			v.lines = append(v.lines, jury.Line{Entry: entries[i].ID})
		}
	}
	sp, _ := at.SpaceByID(v.h.Space)
	v.keeps = at.MayModerate(v.h.Space) && v.phase != community.Judged
	v.enters = v.phase == community.Entering && at.who != nil && at.mayPropose(sp)
	return v, nil
}

func (h *handlers) challenge(w http.ResponseWriter, r *http.Request) error {
	v, err := h.challengeView(r)
	if err != nil || h.unchanged(w, r, &v.hall) {
		return err
	}
	return h.showChallenge(w, r, v)
}

func (h *handlers) showChallenge(w http.ResponseWriter, r *http.Request, v *challengeView) error {
	return web.Show(w, r, web.Page{Title: v.h.Title, Head: challengeHead(&v.hall, "/challenges/"+v.h.ID)}, challengePage(v))
}

func (h *handlers) enter(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	call, err := h.s.FindChallenge(r.Context(), v.Sight, v.place.ID, r.PathValue("challenge"))
	if err != nil {
		return err
	}
	to := v.place.Path() + "/challenges/" + call.ID
	if err := h.s.Enter(r.Context(), v.place.ID, r.PathValue("challenge"), threadIn(f.Text("idea"))); err != nil {
		if problem.Is(err, problem.Missing) {
			err = problem.New(problem.Invalid, "community.idea.no_such_idea")
		}
		return refused(w, r, err, to)
	}
	web.Flash(w, r, ui.Success, "community.challenge.entered")
	return web.Redirect(w, r, to)
}

func (h *handlers) score(w http.ResponseWriter, r *http.Request) error {
	v, err := h.challengeView(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	scores := make([]int, len(v.h.Criteria))
	for i := range scores {
		scores[i] = number(strings.TrimSpace(f.Text("s" + strconv.Itoa(i))))
	}
	to := v.place.Path() + "/challenges/" + v.h.ID
	err = h.s.Score(r.Context(), v.place.ID, v.h.ID, f.Text("idea"), scores, f.Text("words"))
	if err != nil && problem.Of(err).Field != "" {
		f.Refuse(err)
		v.form = f
		web.Invalid(w)
		return h.showChallenge(w, r, v)
	}
	if err != nil {
		return refused(w, r, err, to)
	}
	web.Flash(w, r, ui.Success, "community.challenge.scored")
	return web.Redirect(w, r, to)
}
