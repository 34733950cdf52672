package reportweb

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/xlsx"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/report/tell"
	"github.com/entente/entente/internal/sheet"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
)

type nameWords = strategy.Words

// columns are the columns of an exported dashboard.
func columns() []string {
	return []string{"tile", "measure", "statistic", "what", "from", "to", "unit", "currency", "value", "low", "high", "n", "grade", "more_than"}
}

// lineOf is a line of an exported dashboard, in the order of columns; nil is nothing.
type lineOf []any

func (h *handlers) exported(r *http.Request) (name string, out []lineOf, err error) {
	ctx := r.Context()
	d, err := h.s.Dashboard(ctx, r.PathValue("id"))
	if err != nil {
		return "", nil, err
	}
	now := h.s.Now()
	for _, t := range d.Tiles {
		read, err := h.s.Read(ctx, t, now)
		if err != nil {
			return "", nil, err
		}
		for _, l := range read.Cells(func(by kpi.Dimension, c measure.Choice) string { return tell.Value(ctx, by, c.ID, c.Name) }) {
			line := lineOf{title(ctx, read), t.Measure, string(t.Statistic), l.What, l.Window.From, l.Window.To, string(l.Unit), l.Currency, nil, nil, nil, l.N, l.Value.Grade.String(), nil}
			switch {
			case l.Value.Beyond:
				line[13] = l.Value.Value
			case l.Value.Defined():
				line[8] = l.Value.Value
			}
			if l.Value.Bounded {
				line[9], line[10] = l.Value.Low, l.Value.High
			}
			out = append(out, line)
		}
	}
	return d.Name, out, nil
}

// export sends what a dashboard shows as a file.
func (h *handlers) export(w http.ResponseWriter, r *http.Request) error {
	name, list, err := h.exported(r)
	if err != nil {
		return err
	}
	kind := map[string]string{"csv": "text/csv; charset=utf-8", "json": "application/json; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}[r.PathValue("format")]
	if kind == "" {
		return problem.New(problem.Missing, "problem.not_found")
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="dashboard.`+r.PathValue("format")+`"`)
	w.Header().Set("Cache-Control", "no-store")
	switch r.PathValue("format") {
	case "csv":
		w.Write([]byte("\uFEFF"))
		out := csv.NewWriter(w)
		out.Write(columns())
		for _, l := range list {
			row := make([]string, len(l))
			for i, c := range l {
				switch v := c.(type) {
				case string:
					row[i] = sheet.Cell(v)
				case float64:
					row[i] = strconv.FormatFloat(v, 'f', -1, 64)
				case int:
					row[i] = strconv.Itoa(v)
				case time.Time:
					row[i] = v.Format(time.RFC3339)
				}
			}
			out.Write(row)
		}
		out.Flush()
		return nil // whoever stopped reading needs no answer
	case "xlsx":
		out, err := xlsx.New(w, i18n.T(r.Context(), "report.dashboard"))
		if err != nil {
			return err
		}
		out.Head(columns()...)
		for _, l := range list {
			out.Row(l...)
		}
		return out.Close()
	}
	rows := []map[string]any{}
	for _, l := range list {
		row := map[string]any{}
		for i, c := range l {
			if c != nil {
				row[columns()[i]] = c
			}
		}
		rows = append(rows, row)
	}
	return json.NewEncoder(w).Encode(map[string]any{"dashboard": name, "rows": rows})
}

// more registers what stands beside dashboards.
func (h *handlers) more(r *web.Routes) {
	h.noteRoutes(r)
	h.planRoutes(r)
	h.packRoutes(r)
	h.movedRoutes(r)
}
