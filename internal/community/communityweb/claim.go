package communityweb

import (
	"net/http"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// claims registers the pages by which what was brought from elsewhere comes to who said it there.
func (h *handlers) claims(r *web.Routes) {
	r.Page("GET /c/{slug}/people/{handle}/claim", org.SignedIn, h.in(h.claimForm))
	r.Do("POST /c/{slug}/people/{handle}/claim", org.SignedIn, h.in(h.claim))
	r.Page("GET /communities/{id}/claims", org.CommunityModerate, h.claimed)
	r.Do("POST /communities/{id}/claims/{claim}/{do}", org.CommunityModerate, h.decideClaim)
}

type claimView struct {
	*personView
	words string
	wrong wrong
}

func (h *handlers) claimView(r *http.Request) (*claimView, error) {
	v, err := h.personView(r)
	if err == nil && v.p.Claim == "" {
		err = problem.New(problem.Missing, "problem.not_found")
	}
	return &claimView{personView: v}, err
}

func (h *handlers) claimForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.claimView(r)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.claim.mine"), Head: hidden()}, claimPage(v))
}

func (h *handlers) claim(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := h.claimView(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v.words = f.Get("words")
	if err := h.s.AskClaim(ctx, v.Sight, v.place.ID, v.p.Handle, v.words); err != nil {
		if v.wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.claim.mine"), Head: hidden()}, claimPage(v))
	}
	web.Flash(w, r, ui.Success, "community.claim.asked")
	return web.Redirect(w, r, v.place.Path()+v.path())
}

type claimsView struct {
	visit
	list []community.Claim
	now  time.Time
}

func (h *handlers) claimed(w http.ResponseWriter, r *http.Request) error {
	at, err := h.managed(r)
	if err != nil {
		return err
	}
	v := &claimsView{visit: at, now: h.s.Now()}
	if v.list, err = h.s.Claims(r.Context(), v.ID); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.claim.title")}, claimsPage(v))
}

func (h *handlers) decideClaim(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	to := "/communities/" + v.ID + "/claims"
	if err := h.s.DecideClaim(r.Context(), v.ID, r.PathValue("claim"), community.ClaimState(r.PathValue("do"))); err != nil {
		return refused(w, r, err, to)
	}
	web.Flash(w, r, ui.Success, "community.done")
	return web.Redirect(w, r, to)
}

func claimTone(s community.ClaimState) ui.Tone {
	switch s {
	case community.ClaimAsked:
		return ui.Warning
	case community.ClaimConfirmed:
		return ui.Success
	}
	return ui.Neutral
}
