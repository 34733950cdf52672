// Package xlsx decides how a table becomes a workbook that spreadsheet programs read: rows of texts, numbers and times come in, an Office Open
// XML file (ECMA-376) with one sheet goes out, row by row, so that nothing of it is held.
package xlsx

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// mostRows is what a sheet can hold.
const mostRows = 1 << 20

// longest is the most characters a cell can hold.
const longest = 32767

// Writer writes a workbook.
type Writer struct {
	zip   *zip.Writer
	sheet io.Writer
	row   int
	err   error
}

type part struct{ name, text string }

func parts(title string) []part {
	const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	const pack, doc = "http://schemas.openxmlformats.org/package/2006", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	return []part{
		{"[Content_Types].xml", head + `<Types xmlns="` + pack + `/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>`},
		{"_rels/.rels", head + `<Relationships xmlns="` + pack + `/relationships"><Relationship Id="rId1" Type="` + doc + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", head + `<workbook xmlns="` + main + `" xmlns:r="` + doc + `"><sheets><sheet name="` + escape(sheetName(title)) + `" sheetId="1" r:id="rId1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", head + `<Relationships xmlns="` + pack + `/relationships"><Relationship Id="rId1" Type="` + doc + `/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + doc + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", head + `<styleSheet xmlns="` + main + `"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts>` +
			`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
			`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
			`<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>` +
			`<cellXfs count="3"><xf xfId="0"/><xf xfId="0" numFmtId="164" applyNumberFormat="1"/><xf xfId="0" fontId="1" applyFont="1"/></cellXfs></styleSheet>`},
	}
}

// New begins a workbook whose sheet has a title.
func New(w io.Writer, title string) (*Writer, error) {
	out := &Writer{zip: zip.NewWriter(w)}
	for _, p := range parts(title) {
		f, err := out.zip.Create(p.name)
		if err == nil {
			_, err = io.WriteString(f, p.text)
		}
		if err != nil {
			return nil, fmt.Errorf("write a workbook: %w", err)
		}
	}
	var err error
	if out.sheet, err = out.zip.Create("xl/worksheets/sheet1.xml"); err != nil {
		return nil, fmt.Errorf("write a workbook: %w", err)
	}
	out.write(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
		`<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>`)
	return out, out.err
}

func (w *Writer) write(text string) {
	if w.err == nil {
		_, w.err = io.WriteString(w.sheet, text)
	}
}

// Head writes the names of the columns.
func (w *Writer) Head(names ...string) {
	row := make([]any, len(names))
	for i, n := range names {
		row[i] = n
	}
	w.line(row, true)
}

// Row writes a row: texts, int, float64, bool, time.Time (in UTC), or nil for nothing. Texts are never formulas. Rows beyond what a sheet can
// hold are refused.
func (w *Writer) Row(cells ...any) { w.line(cells, false) }

func (w *Writer) line(cells []any, head bool) {
	if w.row++; w.row > mostRows {
		if w.err == nil {
			w.err = fmt.Errorf("a sheet holds %d rows", mostRows)
		}
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<row r="%d">`, w.row)
	for i, c := range cells {
		at := column(i) + strconv.Itoa(w.row)
		switch v := c.(type) {
		case nil:
		case string:
			style := ""
			if head {
				style = ` s="2"`
			}
			fmt.Fprintf(&b, `<c r="%s"%s t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, at, style, escape(cut(v)))
		case int:
			fmt.Fprintf(&b, `<c r="%s"><v>%d</v></c>`, at, v)
		case float64:
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				fmt.Fprintf(&b, `<c r="%s"><v>%s</v></c>`, at, strconv.FormatFloat(v, 'g', -1, 64))
			}
		case bool:
			n := 0
			if v {
				n = 1
			}
			fmt.Fprintf(&b, `<c r="%s" t="b"><v>%d</v></c>`, at, n)
		case time.Time:
			fmt.Fprintf(&b, `<c r="%s" s="1"><v>%s</v></c>`, at, strconv.FormatFloat(serial(v), 'f', 9, 64))
		default:
			if w.err == nil {
				w.err = fmt.Errorf("a cell cannot hold %T", c)
			}
		}
	}
	b.WriteString("</row>")
	w.write(b.String())
}

// Close ends the workbook.
func (w *Writer) Close() error {
	w.write("</sheetData></worksheet>")
	if w.err != nil {
		return fmt.Errorf("write a workbook: %w", w.err)
	}
	if err := w.zip.Close(); err != nil {
		return fmt.Errorf("write a workbook: %w", err)
	}
	return nil
}

// serial is the days since 30 December 1899.
func serial(t time.Time) float64 {
	return t.UTC().Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24
}

// column is the name of a column: A, B … Z, AA.
func column(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

func cut(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if utf8.RuneCountInString(s) <= longest {
		return s
	}
	return string([]rune(s)[:longest])
}

// escape writes a text for XML; what XML cannot hold becomes a replacement character.
func escape(s string) string {
	var b strings.Builder
	if xml.EscapeText(&b, []byte(s)) != nil {
		return ""
	}
	return b.String()
}

// sheetName is at most 31 characters without those that sheets cannot have.
func sheetName(title string) string {
	title = strings.TrimSpace(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) || r < ' ' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(title, "")))
	if r := []rune(title); len(r) > 31 {
		title = string(r[:31])
	}
	if title == "" {
		return "Entente"
	}
	return title
}
