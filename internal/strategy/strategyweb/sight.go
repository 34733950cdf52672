package strategyweb

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/strategy/layout"
	"github.com/entente/entente/internal/web"
)

type sightPage struct {
	V            strategy.Sight
	Names        names
	Odd          string // what is wrong with the day asked for
	Wide, Narrow string
}

// sight draws the way from value down to what was said last behind each measure of an objective.
func (h *handlers) sight(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	at, odd := h.when(r)
	v, err := h.s.Sight(ctx, r.PathValue("id"), at)
	if err != nil {
		return err
	}
	n, err := h.names(ctx)
	if err != nil {
		return err
	}
	p := sightPage{V: v, Names: n, Odd: oddDay(ctx, odd)}
	c := chain(ctx, v, n)
	for width, into := range map[float64]*string{wide: &p.Wide, narrow: &p.Narrow} {
		o := layout.Options{Width: width, Prefix: "s" + strconv.Itoa(int(width)), Words: layout.WordsFrom(func(key string) string { return i18n.T(ctx, key) })}
		var b bytes.Buffer
		if err := layout.RenderChain(&b, c, o); err != nil {
			return err
		}
		*into = b.String()
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "strategy.sight"), Wide: true}, sightBody(p))
}

// mostColumns is how many steps above an objective are drawn apart; those further up share the first column.
const mostColumns = 3

// chain puts a line of sight into columns: value at the left, what was said at the right.
func chain(ctx context.Context, v strategy.Sight, n names) layout.Chain {
	lang := i18n.Lang(ctx)
	c := layout.Chain{Title: i18n.T(ctx, "strategy.sight_of", "Name", v.Standing.Name.In(lang)), Desc: i18n.T(ctx, "strategy.sight_sub"), Edges: v.Edges}
	deepest := 0
	for _, a := range v.Above {
		deepest = max(deepest, a.Depth)
	}
	deepest = min(deepest, mostColumns)
	for d := deepest; d > 0; d-- {
		col := layout.Column{Title: i18n.T(ctx, "strategy.sight_serves")}
		if d == deepest {
			col.Title = i18n.T(ctx, "strategy.sight_value")
		}
		for _, a := range v.Above {
			if a.Depth == d || d == mostColumns && a.Depth > d {
				s := station(ctx, a.Standing)
				if a.Map.ID != v.Map.ID {
					s.Note = a.Map.Name.In(lang)
				}
				col.Boxes = append(col.Boxes, s)
			}
		}
		c.Columns = append(c.Columns, col)
	}
	c.Columns = append(c.Columns, layout.Column{Title: i18n.T(ctx, "strategy.objective"), Boxes: []layout.Station{station(ctx, v.Standing)}})
	measures, said := layout.Column{Title: i18n.T(ctx, "strategy.measures")}, layout.Column{Title: i18n.T(ctx, "strategy.sight_last")}
	drawn := map[string]bool{}
	for _, b := range v.Behind {
		r := b.Reading
		s := layout.Station{ID: r.ID, Title: n.label(ctx, r.Measure), Note: numberOf(ctx, r) + " · " + i18n.T(ctx, "ui.stat.n", "N", i18n.Number(ctx, float64(r.Result.N), 0)),
			Href: goneHref(ctx, r), State: r.State, Judged: r.State != stat.Unknown}
		measures.Boxes = append(measures.Boxes, s)
		c.Edges = append(c.Edges, [2]string{v.Standing.ID, r.ID})
		for _, row := range b.Rows {
			id := "row-" + string(row.Of) + row.ID
			c.Edges = append(c.Edges, [2]string{r.ID, id})
			if drawn[id] {
				continue
			}
			drawn[id] = true
			said.Boxes = append(said.Boxes, layout.Station{ID: id, Title: rowTitle(ctx, row), Note: rowNote(ctx, row), Href: rowHref(row)})
		}
	}
	c.Columns = append(c.Columns, measures, said)
	return c
}

func station(ctx context.Context, st strategy.Standing) layout.Station {
	return layout.Station{ID: st.ID, Title: st.Name.In(i18n.Lang(ctx)), Href: objectiveHref(st.ID), State: st.Rolled.State, Judged: true,
		Spoken: st.Name.In(i18n.Lang(ctx)) + ". " + standingWord(ctx, st)}
}

// numberOf is the number of a reading where there is room for a few words.
func numberOf(ctx context.Context, r strategy.Reading) string {
	if r.Hidden {
		return i18n.T(ctx, "strategy.amount_hidden")
	}
	return orDash(value(ctx, r))
}

func rowTitle(ctx context.Context, r measure.Row) string {
	if r.Title == "" {
		return i18n.T(ctx, "strategy.not_for_you")
	}
	if list := []rune(r.Title); len(list) > 90 {
		return string(list[:90]) + "…"
	}
	return r.Title
}

func rowNote(ctx context.Context, r measure.Row) string {
	note := i18n.Day(ctx, r.At)
	if r.Channel != "" {
		note += " · " + r.Channel
	}
	return note
}

// rowHref is the page of what is behind a number, "" when it has none or may not be read.
func rowHref(r measure.Row) string {
	if r.Title == "" {
		return ""
	}
	switch r.Of {
	case kpi.OfConversations:
		return "/inbox/" + url.PathEscape(r.ID)
	case kpi.OfFacts:
		return "/business/facts/" + url.PathEscape(r.ID)
	case kpi.OfPosts:
		return "/mentions?post=" + url.QueryEscape(r.ID)
	}
	return ""
}
