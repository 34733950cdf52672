package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"
)

// sheet is what a spreadsheet program reads.
type sheet struct {
	Rows []struct {
		Cells []struct {
			At     string `xml:"r,attr"`
			Type   string `xml:"t,attr"`
			Style  string `xml:"s,attr"`
			Value  string `xml:"v"`
			Inline string `xml:"is>t"`
		} `xml:"c"`
	} `xml:"sheetData>row"`
}

func unpack(t testing.TB, raw []byte) (s sheet) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		seen[f.Name] = true
		d := xml.NewDecoder(bytes.NewReader(text))
		for { // every part is well-formed
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v\n%s", f.Name, err, text)
			}
		}
		if f.Name == "xl/worksheets/sheet1.xml" {
			if err := xml.Unmarshal(text, &s); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/worksheets/sheet1.xml"} {
		if !seen[name] {
			t.Errorf("no %s", name)
		}
	}
	return s
}

func TestWorkbook(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w, err := New(&b, "Délai: [1]/2 & <mehr> and so on, longer than a name may be")
	if err != nil {
		t.Fatal(err)
	}
	w.Head("name", "n")
	w.Row("=1+1 <b>&", 7, 0.25, true, time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC), nil, "é\x00\x0b")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := unpack(t, b.Bytes())
	if len(s.Rows) != 2 || len(s.Rows[1].Cells) != 6 {
		t.Fatalf("%+v", s)
	}
	c := s.Rows[1].Cells
	if c[0].Inline != "=1+1 <b>&" || c[0].Type != "inlineStr" || c[1].Value != "7" || c[2].Value != "0.25" || c[3].Value != "1" || c[4].Value != "46023.500000000" || c[4].Style != "1" || c[5].At != "G2" {
		t.Errorf("cells %+v", c)
	}
}

func TestColumn(t *testing.T) {
	t.Parallel()
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := column(i); got != want {
			t.Errorf("column %d is %s, want %s", i, got, want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	w, err := New(io.Discard, "")
	if err != nil {
		t.Fatal(err)
	}
	w.Row(struct{}{})
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "cannot hold") {
		t.Errorf("a cell of no kind: %v", err)
	}
}

func FuzzText(f *testing.F) {
	f.Add("=cmd()", "a\xffb")
	f.Add("\x01\u2028]]>", "<t/>")
	f.Fuzz(func(t *testing.T, a, b string) {
		var out bytes.Buffer
		w, err := New(&out, a)
		if err != nil {
			t.Fatal(err)
		}
		w.Row(a, b)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		unpack(t, out.Bytes())
	})
}
