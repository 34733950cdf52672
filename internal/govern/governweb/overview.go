package governweb

import (
	"net/http"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
)

type overviewPage struct {
	Desk   *desk
	Look   govern.Look
	Agenda []govern.Item
	Mine   bool // whoever looks must still acknowledge the charter
}

func (h *handlers) overview(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d, err := h.desk(ctx)
	if err != nil {
		return err
	}
	p := overviewPage{Desk: d}
	if p.Look, err = h.s.Look(ctx); err != nil {
		return err
	}
	p.Agenda = p.Look.Agenda()
	for _, st := range p.Look.Silent() {
		p.Mine = p.Mine || st.Member.ID == org.Who(ctx).ID
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "govern.title"), Wide: true}, overviewBody(p))
}

func (p overviewPage) spoken() (done, all int) {
	for _, st := range p.Look.Standings {
		if st.Speaks {
			all++
			if !st.At.IsZero() {
				done++
			}
		}
	}
	return done, all
}

func (p overviewPage) high() (n, gaps int) {
	for _, r := range p.Look.Risks {
		if r.State == govern.RiskClosed {
			continue
		}
		if govern.Level(r.Severity()) == "high" {
			n++
		}
		if len(r.Gaps(p.Look.At)) > 0 {
			gaps++
		}
	}
	return n, gaps
}

func (p overviewPage) open() (open, late int) {
	for _, a := range p.Look.Actions {
		if a.DoneAt.IsZero() {
			open++
		}
		if a.Overdue(p.Look.At) {
			late++
		}
	}
	return open, late
}

func (p overviewPage) undecided() (waiting, late int) {
	for _, i := range p.Look.Insights {
		if i.Verdict == "" {
			waiting++
		}
		if i.Overdue(p.Look.At) {
			late++
		}
	}
	return waiting, late
}

func (p overviewPage) heard() (n int) {
	for _, v := range p.Look.Heard {
		n += v
	}
	return n
}

func (p overviewPage) unapproved() (n int) {
	for _, e := range p.Look.Spendings {
		if e.Running(p.Look.At) && e.Approval != "yes" {
			n++
		}
	}
	return n
}

func (p overviewPage) short() (n int) {
	for _, t := range p.Look.Ties {
		if has(t.In(p.Look.Kinds)) < t.Wanted {
			n++
		}
	}
	return n
}

func (p overviewPage) dueDecisions() (n int) {
	for _, d := range p.Look.Decisions {
		if d.Due(p.Look.At) {
			n++
		}
	}
	return n
}

func (p overviewPage) charterNumber() int {
	if p.Look.Charter == nil {
		return 0
	}
	return p.Look.Charter.Number
}

func (p overviewPage) toPut() (n int) {
	for _, x := range p.Look.Orientation.Result.Proposals {
		if p.Look.Orientation.Put[x.ID] == "" {
			n++
		}
	}
	return n
}

// missing are the first few who speak without having agreed.
func (p overviewPage) missing() []charter.Standing {
	list := p.Look.Silent()
	return list[:min(len(list), 3)]
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func totalOf(p overviewPage) []govern.Money { return govern.Total(p.Look.Spendings, p.Look.At) }
