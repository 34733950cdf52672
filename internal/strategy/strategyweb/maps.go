package strategyweb

import (
	"net/http"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
)

type mapsPage struct {
	Maps []listedMap
	Ties []tie
	Edit bool
	// The links of all maps, for owners.
	Shares []strategy.Share
	Makers map[string]*org.Member
	Now    time.Time
}

// of is the map with an id.
func (p mapsPage) of(id string) strategy.Map {
	for _, m := range p.Maps {
		if m.E.Map.ID == id {
			return m.E.Map
		}
	}
	return strategy.Map{}
}

type listedMap struct {
	E      strategy.Evaluation
	Sketch string
}

// tie is a contribution between two maps of the list.
type tie struct {
	strategy.Contribution
	From, To       strategy.Standing
	FromMap, ToMap strategy.Map
}

// maps lists all maps with little drawings, and what contributes to what.
func (h *handlers) maps(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := h.s.Maps(ctx)
	if err != nil {
		return err
	}
	p := mapsPage{Edit: mayEdit(ctx)}
	type place struct {
		st strategy.Standing
		m  strategy.Map
	}
	at := map[string]place{}
	for _, kind := range strategy.Kinds() {
		for _, m := range list {
			if m.Kind != kind {
				continue
			}
			e, err := h.s.Lately(ctx, m.ID, h.s.Now())
			if err != nil {
				return err
			}
			sketch, err := h.sketched(ctx, picture(ctx, e, names{}, look{alone: true}), i18n.T(ctx, "strategy.sketch_of", "Name", m.Name.In(i18n.Lang(ctx))))
			if err != nil {
				return err
			}
			p.Maps = append(p.Maps, listedMap{e, sketch})
			for _, st := range e.Objectives {
				at[st.ID] = place{st, m}
			}
		}
	}
	all, err := h.s.Contributions(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		from, to := at[c.Origin], at[c.Serves]
		if from.st.ID != "" && to.st.ID != "" {
			p.Ties = append(p.Ties, tie{c, from.st, to.st, from.m, to.m})
		}
	}
	if org.Who(ctx).May(org.MemberEdit) {
		if p.Shares, err = h.s.AllShares(ctx); err != nil {
			return err
		}
		if p.Makers, err = h.makers(ctx, p.Shares); err != nil {
			return err
		}
		p.Now = h.s.Now()
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "strategy.maps"), Wide: true}, mapsBody(p))
}
