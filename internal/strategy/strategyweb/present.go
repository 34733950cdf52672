package strategyweb

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
)

// slide is one page of a presentation: the map as a whole first, then one objective after another.
type slide struct {
	E              strategy.Evaluation
	Shows          strategy.Shows
	Names          names
	Owner          string
	Alone          bool   // for readers without an account, who can open nothing
	At             string // the day asked for
	Reach          strategy.Reach
	Step, Steps    int // from 0; 0 is the map
	St             strategy.Standing
	Drawing        string
	Back, Next     string
	Leave          string
	Odd            string // what is wrong with the day asked for
	OnDesk, OnHand string
}

// present shows a map step by step, to a room.
func (h *handlers) present(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	at, odd := h.when(r)
	e, err := h.s.Evaluate(ctx, r.URL.Query().Get("map"), at)
	if err != nil {
		return err
	}
	n, err := h.names(ctx)
	if err != nil {
		return err
	}
	q := url.Values{"map": {e.Map.ID}}
	if at := r.URL.Query().Get("at"); at != "" && odd == "" {
		q.Set("at", at)
	}
	return h.showSlide(w, r, slide{E: e, At: q.Get("at"), Shows: strategy.ShowValues, Names: n, Leave: mapHref(e.Map.ID), Odd: oddDay(ctx, odd)}, "/strategy/present?"+q.Encode()+"&", false)
}

func (h *handlers) sharedPresent(w http.ResponseWriter, r *http.Request) error {
	private(w)
	ctx := r.Context()
	secret := r.PathValue("secret")
	share, e, err := h.s.Shared(ctx, secret)
	if err != nil {
		return err
	}
	n := names{}
	if share.Shows == strategy.ShowValues {
		if n, err = h.names(ctx); err != nil {
			return err
		}
	}
	return h.showSlide(w, r, slide{E: e, Shows: share.Shows, Names: n, Leave: sharedPath + url.PathEscape(secret)}, sharedPath+url.PathEscape(secret)+"/present?", true)
}

func (h *handlers) showSlide(w http.ResponseWriter, r *http.Request, p slide, base string, alone bool) error {
	ctx := r.Context()
	var list []strategy.Standing
	for _, place := range p.E.Map.Places() {
		for _, o := range p.E.Map.Row(place.ID) {
			if st, ok := p.E.Standing(o.ID); ok {
				list = append(list, st)
			}
		}
	}
	p.Steps, p.Alone = len(list), alone
	p.Step, _ = strconv.Atoi(r.URL.Query().Get("step"))
	p.Step = min(max(p.Step, 0), p.Steps)
	if p.Step > 0 {
		p.Back = base + "step=" + strconv.Itoa(p.Step-1)
	}
	if p.Step < p.Steps {
		p.Next = base + "step=" + strconv.Itoa(p.Step+1)
	}
	var err error
	if p.Step > 0 {
		p.St = list[p.Step-1]
		if !alone {
			owners, err := h.owners(ctx, []strategy.Standing{p.St})
			if err != nil {
				return err
			}
			p.Owner = owners[p.St.Owner]
			reach, err := h.s.Reach(ctx, p.E.At, p.St.ID)
			if err != nil {
				return err
			}
			p.Reach = reach[p.St.ID]
		}
	} else {
		m := picture(ctx, p.E, p.Names, look{alone: alone, names: p.Shows == strategy.ShowNames})
		if p.Shows == strategy.ShowStates {
			for i := range m.Objectives {
				m.Objectives[i].Card.Bar, m.Objectives[i].Card.Note = false, ""
			}
		}
		if p.OnDesk, p.OnHand, err = h.both(ctx, m); err != nil {
			return err
		}
	}
	page := web.Page{Title: p.E.Map.Name.In(i18n.Lang(ctx)), Wide: true}
	if alone {
		page.Head = robots()
	}
	return web.Bare(w, r, page, slideBody(p))
}

// stateHref is where the objectives in a state are listed, "" for readers who cannot open them.
func (p slide) stateHref(s stat.State) string {
	if p.Alone {
		return ""
	}
	return stateHref(p.E.Map.ID, s, p.At)
}

// judged reports whether the states of a slide are to be shown.
func (p slide) judged() bool { return p.Shows != strategy.ShowNames }

func (p slide) known() bool {
	return p.Shows == strategy.ShowValues && p.St.Rolled.State != stat.Unknown
}
