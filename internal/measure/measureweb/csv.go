package measureweb

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/measure/xlsx"
	"github.com/entente/entente/internal/sheet"
)

// table takes a table in some format.
type table interface {
	Head(names ...string)
	Row(cells ...any)
	Err() error
}

// csvTable writes CSV that spreadsheets read as UTF-8.
type csvTable struct{ out *csv.Writer }

func (t csvTable) Head(names ...string) { t.out.Write(names) }

func (t csvTable) Row(cells ...any) {
	line := make([]string, len(cells))
	for i, c := range cells {
		switch v := c.(type) {
		case string:
			line[i] = sheet.Cell(v)
		case int:
			line[i] = strconv.Itoa(v)
		case float64:
			line[i] = number(v)
		case bool:
			line[i] = strconv.FormatBool(v)
		case time.Time:
			line[i] = v.Format(time.RFC3339Nano)
		}
	}
	t.out.Write(line)
}

func (t csvTable) Err() error {
	t.out.Flush()
	return t.out.Error()
}

// xlsxTable writes a workbook.
type xlsxTable struct{ *xlsx.Writer }

func (xlsxTable) Err() error { return nil }

// file begins an answer that is saved as a file.
func file(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Cache-Control", "no-store")
}

func beginCSV(w http.ResponseWriter, name string) table {
	file(w, "text/csv; charset=utf-8", name+".csv")
	w.Write([]byte("\uFEFF"))
	return csvTable{csv.NewWriter(w)}
}

func beginXLSX(w http.ResponseWriter, name string) (xlsxTable, error) {
	file(w, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", name+".xlsx")
	out, err := xlsx.New(w, name)
	return xlsxTable{out}, err
}

// course reads the series that an address asks for.
func (h *handlers) course(r *http.Request) (m kpi.Measure, points []measure.Point, err error) {
	v, err := h.view(r)
	if err != nil {
		return m, nil, err
	}
	if m, err = h.s.Find(r.PathValue("id")); err != nil {
		return m, nil, err
	}
	v = v.of(r.Context(), m)
	points, err = h.s.Series(r.Context(), m.ID, v.Window, v.Step, v.Filter)
	return m, points, err
}

func (h *handlers) seriesCSV(w http.ResponseWriter, r *http.Request) error {
	m, points, err := h.course(r)
	if err != nil {
		return err
	}
	out := beginCSV(w, m.ID)
	writeSeries(out, m, points)
	out.Err() // whoever stopped reading needs no answer
	return nil
}

func (h *handlers) seriesXLSX(w http.ResponseWriter, r *http.Request) error {
	m, points, err := h.course(r)
	if err != nil {
		return err
	}
	out, err := beginXLSX(w, m.ID)
	if err != nil {
		return err
	}
	writeSeries(out, m, points)
	return out.Close()
}

// seriesJSON is the series as a list of objects with the names of the columns.
func (h *handlers) seriesJSON(w http.ResponseWriter, r *http.Request) error {
	m, points, err := h.course(r)
	if err != nil {
		return err
	}
	out := &jsonTable{}
	writeSeries(out, m, points)
	file(w, "application/json; charset=utf-8", m.ID+".json")
	return json.NewEncoder(w).Encode(map[string]any{"measure": m.ID, "unit": m.Unit, "points": out.rows})
}

// jsonTable gathers rows as objects.
type jsonTable struct {
	names []string
	rows  []map[string]any
}

func (t *jsonTable) Head(names ...string) { t.names = names }
func (t *jsonTable) Row(cells ...any) {
	row := map[string]any{}
	for i, c := range cells {
		if c != nil {
			row[t.names[i]] = c
		}
	}
	t.rows = append(t.rows, row)
}
func (t *jsonTable) Err() error { return nil }

func writeSeries(out table, m kpi.Measure, points []measure.Point) {
	head := []string{"from", "to", "complete", "unit", "n", "open", "grade", "value", "low", "high"}
	if m.Unit == kpi.Seconds {
		head = append(head, "p90", "p90_low", "p90_high")
	}
	if m.Unit == kpi.Money {
		head = append(head, "currency")
	}
	for _, p := range m.Parts {
		head = append(head, p.ID)
	}
	out.Head(head...)
	for _, p := range points {
		row := []any{p.Window.From, p.Window.To, !p.Short, string(p.Unit), p.N, p.Open, p.Value.Grade.String()}
		if m.Unit == kpi.Seconds {
			row = append(append(row, wait(p.Median)...), wait(p.P90)...)
		} else {
			row = append(row, estimate(p.Value)...)
		}
		if m.Unit == kpi.Money {
			row = append(row, p.Currency)
		}
		for _, part := range p.Parts {
			row = append(row, part.N)
		}
		out.Row(row...)
	}
}

func estimate(e stat.Estimate) []any {
	out := []any{nil, nil, nil}
	if e.Defined() {
		out[0] = e.Value
	}
	if e.Bounded {
		out[1], out[2] = e.Low, e.High
	}
	return out
}

// wait writes a quantile in seconds, nothing for what was not reached.
func wait(w stat.Wait) []any {
	out := []any{nil, nil, nil}
	if w.Reached {
		out[0] = w.Value.Seconds()
	}
	if w.Defined() {
		out[1] = w.Low.Seconds()
	}
	if w.HighReached {
		out[2] = w.High.Seconds()
	}
	return out
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (h *handlers) rowsCSV(w http.ResponseWriter, r *http.Request) error {
	return h.writeRows(w, r, func(m kpi.Measure) (table, func() error, error) {
		return beginCSV(w, m.ID+"-rows"), func() error { return nil }, nil
	})
}

func (h *handlers) rowsXLSX(w http.ResponseWriter, r *http.Request) error {
	return h.writeRows(w, r, func(m kpi.Measure) (table, func() error, error) {
		out, err := beginXLSX(w, m.ID+"-rows")
		return out, out.Close, err
	})
}

// writeRows writes all rows behind a number into the table that begin makes once the first of them are read.
func (h *handlers) writeRows(w http.ResponseWriter, r *http.Request, begin func(kpi.Measure) (table, func() error, error)) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	m, err := h.s.Find(r.PathValue("id"))
	if err != nil {
		return err
	}
	v = v.of(r.Context(), m)
	page := measure.Paging{Part: v.Part, Weekday: v.Weekday, Limit: 1000}
	rows, next, err := h.s.Rows(r.Context(), m.ID, v.Window, v.Filter, page)
	if err != nil {
		return err
	}
	out, end, err := begin(m)
	if err != nil {
		return err
	}
	head := []string{string(m.Of), "at", "part", "role", "title", "from", "channel"}
	if m.Unit == kpi.Seconds {
		head = append(head, "seconds", "open")
	}
	out.Head(head...)
	for {
		for _, row := range rows {
			line := []any{row.ID, row.At, row.Part, string(row.Role), row.Title, row.Author, row.Channel}
			if m.Unit == kpi.Seconds {
				line = append(line, row.For.Seconds(), row.Open)
			}
			out.Row(line...)
		}
		if stopped := out.Err(); next == "" || stopped != nil {
			if err := end(); err != nil {
				panic(http.ErrAbortHandler)
			}
			return nil // whoever stopped reading needs no answer
		}
		page.Cursor = next
		if rows, next, err = h.s.Rows(r.Context(), m.ID, v.Window, v.Filter, page); err != nil {
			panic(http.ErrAbortHandler) // half of the file is sent: end it so that it is seen to be broken
		}
	}
}
