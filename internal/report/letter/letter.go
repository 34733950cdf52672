// Package letter decides how a report looks in a mail: figures, tables and sentences ready to read come in, HTML that mail programs show (tables, styles on the elements, no script, no pictures) and a plain text go out.
package letter

import (
	"bytes"
	"fmt"
	"html/template"
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

// Blank reports whether there is nothing in a block.
func (b Block) Blank() bool { return b.blank() }

// HTML is the mail's HTML.
func (d Doc) HTML() ([]byte, error) {
	t, err := template.New("mail").Parse(page)
	if err != nil {
		return nil, fmt.Errorf("read the template of reports: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, d); err != nil {
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

const page = `<!DOCTYPE html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body style="margin:0;padding:0;background:#f4f2ee;color:#22201c;font-family:Helvetica,Arial,sans-serif;font-size:15px;line-height:1.45">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f4f2ee"><tr><td align="center" style="padding:16px">
<table role="presentation" width="640" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:640px;background:#ffffff;border:1px solid #dcd8d0">
<tr><td style="padding:20px 24px 8px"><p style="margin:0;color:#5d574d;font-size:13px">{{.Brand}}</p><h1 style="margin:4px 0;font-size:22px;line-height:1.25">{{.Title}}</h1>
{{if .Subtitle}}<p style="margin:0;color:#5d574d">{{.Subtitle}}</p>{{end}}{{if .Open}}<p style="margin:8px 0 0"><a href="{{.Open}}" style="color:#1d4f8c">{{.OpenLabel}}</a></p>{{end}}</td></tr>
{{range .Blocks}}<tr><td style="padding:16px 24px 4px;border-top:1px solid #e8e4dc"><h2 style="margin:0 0 8px;font-size:17px">{{.Title}}</h2>
{{if .Blank}}<p style="margin:0 0 8px;color:#5d574d">{{.Empty}}</p>{{end}}
{{range .Figures}}<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 12px"><tr><td style="padding:0"><p style="margin:0;color:#5d574d;font-size:13px">{{.Label}}</p>
<p style="margin:0;font-size:21px;font-weight:bold">{{if .Href}}<a href="{{.Href}}" style="color:#22201c">{{.Value}}</a>{{else}}{{.Value}}{{end}}</p>
{{if .Detail}}<p style="margin:0;color:#5d574d;font-size:13px">{{.Detail}}</p>{{end}}{{if .Change}}<p style="margin:0;font-size:13px;color:{{if eq .Good 1}}#1c6b3c{{else if eq .Good -1}}#a32116{{else}}#5d574d{{end}}">{{.Change}}</p>{{end}}</td></tr>
{{range .Bars}}<tr><td style="padding:3px 0 0"><p style="margin:0;font-size:13px">{{.Label}}{{$.Colon}}{{.Value}}</p><table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>{{if .Percent}}<td width="{{.Percent}}%" bgcolor="#2f6db3" style="background:#2f6db3;height:8px;font-size:1px;line-height:8px">&nbsp;</td>{{end}}{{if .Rest}}<td width="{{.Rest}}%" style="height:8px;font-size:1px;line-height:8px">&nbsp;</td>{{end}}</tr></table></td></tr>{{end}}</table>{{end}}
{{if .Lines}}<ul style="margin:0 0 8px;padding:0 0 0 18px">{{range .Lines}}<li style="margin:0 0 6px">{{if .Href}}<a href="{{.Href}}" style="color:#1d4f8c">{{.Text}}</a>{{else}}{{.Text}}{{end}}</li>{{end}}</ul>{{end}}
{{with .Table}}{{if .Rows}}<table width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 10px;font-size:14px;border-collapse:collapse"><tr>{{range .Head}}<th align="left" scope="col" style="padding:4px 8px 4px 0;border-bottom:1px solid #b9b3a7;font-size:13px;color:#5d574d">{{.}}</th>{{end}}</tr>
{{range .Rows}}<tr>{{range .}}<td valign="top" style="padding:5px 8px 5px 0;border-bottom:1px solid #ece8e0">{{if .Href}}<a href="{{.Href}}" style="color:#1d4f8c">{{.Text}}</a>{{else}}{{.Text}}{{end}}</td>{{end}}</tr>{{end}}</table>{{end}}{{end}}</td></tr>{{end}}
<tr><td style="padding:14px 24px 18px;border-top:1px solid #e8e4dc;color:#5d574d;font-size:12px"><p style="margin:0">{{.Foot}}</p>{{if .Unsubscribe}}<p style="margin:6px 0 0"><a href="{{.Unsubscribe}}" style="color:#1d4f8c">{{.UnsubscribeLabel}}</a></p>{{end}}</td></tr>
</table></td></tr></table></body></html>
`
