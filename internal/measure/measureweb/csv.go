package measureweb

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/sheet"
)

// file begins a CSV file that spreadsheets read as UTF-8.
func file(w http.ResponseWriter, name string) *csv.Writer {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte("\uFEFF"))
	return csv.NewWriter(w)
}

func (h *handlers) seriesCSV(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	m, err := h.s.Find(r.PathValue("id"))
	if err != nil {
		return err
	}
	points, err := h.s.Series(r.Context(), m.ID, v.Window, v.Step, v.Filter)
	if err != nil {
		return err
	}
	out := file(w, m.ID)
	head := []string{"from", "to", "complete", "unit", "n", "open", "grade", "value", "low", "high"}
	if m.Unit == kpi.Seconds {
		head = append(head, "p90", "p90_low", "p90_high")
	}
	for _, p := range m.Parts {
		head = append(head, p.ID)
	}
	out.Write(head)
	for _, p := range points {
		row := []string{p.Window.From.Format(time.RFC3339), p.Window.To.Format(time.RFC3339), strconv.FormatBool(!p.Short), string(p.Unit),
			strconv.Itoa(p.N), strconv.Itoa(p.Open), p.Value.Grade.String()}
		if m.Unit == kpi.Seconds {
			row = append(append(row, wait(p.Median)...), wait(p.P90)...)
		} else {
			value, low, high := "", "", ""
			if p.Value.Defined() {
				value = number(p.Value.Value)
			}
			if p.Value.Bounded {
				low, high = number(p.Value.Low), number(p.Value.High)
			}
			row = append(row, value, low, high)
		}
		for _, part := range p.Parts {
			row = append(row, strconv.Itoa(part.N))
		}
		out.Write(row)
	}
	out.Flush()
	return nil // whoever stopped reading needs no answer
}

// wait writes a quantile in seconds, nothing for what was not reached.
func wait(w stat.Wait) []string {
	out := []string{"", "", ""}
	if w.Reached {
		out[0] = number(w.Value.Seconds())
	}
	if w.Defined() {
		out[1] = number(w.Low.Seconds())
	}
	if w.HighReached {
		out[2] = number(w.High.Seconds())
	}
	return out
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (h *handlers) rowsCSV(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	m, err := h.s.Find(r.PathValue("id"))
	if err != nil {
		return err
	}
	page := measure.Paging{Part: v.Part, Limit: 1000}
	rows, next, err := h.s.Rows(r.Context(), m.ID, v.Window, v.Filter, page)
	if err != nil {
		return err
	}
	out := file(w, m.ID+"-rows")
	head := []string{string(m.Of), "at", "part", "role", "title", "from", "channel"}
	if m.Unit == kpi.Seconds {
		head = append(head, "seconds", "open")
	}
	out.Write(head)
	for {
		for _, row := range rows {
			line := []string{row.ID, row.At.Format(time.RFC3339Nano), row.Part, string(row.Role), sheet.Cell(row.Title), sheet.Cell(row.Author), sheet.Cell(row.Channel)}
			if m.Unit == kpi.Seconds {
				line = append(line, number(row.For.Seconds()), strconv.FormatBool(row.Open))
			}
			out.Write(line)
		}
		out.Flush()
		if next == "" || out.Error() != nil {
			return nil // whoever stopped reading needs no answer
		}
		page.Cursor = next
		if rows, next, err = h.s.Rows(r.Context(), m.ID, v.Window, v.Filter, page); err != nil {
			panic(http.ErrAbortHandler) // half of the file is sent: end it so that it is seen to be broken
		}
	}
}
