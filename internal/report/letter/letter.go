// Package letter decides how a report looks in a mail: figures, tables and sentences ready to read come in, HTML that mail programs show (tables, styles on the elements, no script, no pictures) and a plain text go out.
package letter

import (
	"bytes"
	"context"
	"fmt"
	"strings"
)

// Doc is a report. All words are in the reader's language already; addresses are whole.
type Doc struct {
	Lang, Title, Subtitle string
	Brand                 string
	Colon                 string // what stands between a name and what is said of it, as the language writes it
	Open                  string // where it is on the site, "" for nowhere
	OpenLabel             string
	Blocks                []Block
	Foot                  string
	Unsubscribe           string // address, "" for none
	UnsubscribeLabel      string
}

// Block is a part with a heading: figures, sentences, a table.
type Block struct {
	Title   string
	Figures []Figure
	Lines   []Line
	Table   *Table
	Empty   string // said when there is nothing in it
}

// Figure is one number. Good is 1 when it moved as it should, -1 when the other way.
type Figure struct {
	Label, Value, Detail, Change, Href string
	Good                               int
	Bars                               []Bar
}

// Bar is a value of a breakdown, Share of the longest 0 to 1.
type Bar struct {
	Label, Value string
	Share        float64
}

// Percent is the width of a bar.
func (b Bar) Percent() int { return int(min(max(b.Share, 0), 1)*100 + 0.5) }

// Rest is what is left of the width beside it.
func (b Bar) Rest() int { return 100 - b.Percent() }

// Line is a sentence, with an address when it can be opened.
type Line struct{ Text, Href string }

// Table has cells ready to read.
type Table struct {
	Head []string
	Rows [][]Line
}

func (b Block) blank() bool {
	return len(b.Figures) == 0 && len(b.Lines) == 0 && (b.Table == nil || len(b.Table.Rows) == 0)
}

// HTML is the mail's HTML.
func (d Doc) HTML() ([]byte, error) {
	var b bytes.Buffer
	if err := page(d).Render(context.Background(), &b); err != nil {
		return nil, fmt.Errorf("write a report: %w", err)
	}
	return b.Bytes(), nil
}

// Text is the mail's plain text.
func (d Doc) Text() string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, "") + "\n") }
	line(d.Title)
	line(strings.Repeat("=", len([]rune(d.Title))))
	if d.Subtitle != "" {
		line(d.Subtitle)
	}
	if d.Open != "" {
		line(d.OpenLabel, d.Colon, d.Open)
	}
	for _, k := range d.Blocks {
		line("\n", k.Title)
		line(strings.Repeat("-", len([]rune(k.Title))))
		if k.blank() {
			line(k.Empty)
		}
		for _, f := range k.Figures {
			line("* ", f.Label, d.Colon, f.Value)
			for _, more := range []string{f.Detail, f.Change, f.Href} {
				if more != "" {
					line("  ", more)
				}
			}
			for _, bar := range f.Bars {
				line("  ", strings.Repeat("#", bar.Percent()/5), " ", bar.Label, d.Colon, bar.Value)
			}
		}
		for _, l := range k.Lines {
			line("* ", l.Text)
			if l.Href != "" {
				line("  ", l.Href)
			}
		}
		if k.Table != nil {
			for _, row := range k.Table.Rows {
				for i, c := range row {
					if c.Text == "" {
						continue
					}
					if i == 0 {
						line("* ", c.Text)
					} else if i < len(k.Table.Head) {
						line("  ", k.Table.Head[i], d.Colon, c.Text)
					}
				}
			}
		}
	}
	line("\n-- ")
	if d.Foot != "" {
		line(d.Foot)
	}
	if d.Unsubscribe != "" {
		line(d.UnsubscribeLabel, d.Colon, d.Unsubscribe)
	}
	return b.String()
}
