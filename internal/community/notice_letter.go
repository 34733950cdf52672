package community

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
)

// sheet is what a mail says, in the words of its reader.
type sheet struct {
	Lang, Brand, Home, Title string
	Colon                    string // what stands between a name and what is said of it, as the language writes it
	Items                    []item
	Reply                    string // how it is answered, "" for not at all
	Why                      string // it came
	Settings, SettingsLabel  string
	Stop, StopLabel          string
}

// item is one thing in a mail.
type item struct {
	Section string // stands above the first of several, "" for none
	Head    string
	Title   string
	Words   string
	Href    string
	Label   string
}

// passage is a paragraph of a mail.
type passage struct {
	Quoted bool
	Lines  []string
}

// Paragraphs are the words, cut where they have blank lines. Quotes go without their marks, which plain text alone needs.
func (i item) Paragraphs() []passage {
	var out []passage
	for part := range strings.SplitSeq(i.Words, "\n\n") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		p := passage{Quoted: true}
		for line := range strings.SplitSeq(part, "\n") {
			bare, quoted := unquote(line)
			p.Lines, p.Quoted = append(p.Lines, bare), p.Quoted && quoted
		}
		if !p.Quoted {
			p.Lines = strings.Split(part, "\n")
		}
		out = append(out, p)
	}
	return out
}

// text is the mail as plain text.
func (s *sheet) text() string {
	var b strings.Builder
	for i, x := range s.Items {
		if i > 0 {
			b.WriteString("\n")
		}
		if x.Section != "" {
			fmt.Fprintf(&b, "%s\n%s\n\n", x.Section, strings.Repeat("=", len([]rune(x.Section))))
		}
		if x.Head != "" {
			b.WriteString(x.Head + "\n")
		}
		if x.Title != "" {
			b.WriteString(x.Title + "\n")
		}
		if w := strings.TrimSpace(x.Words); w != "" {
			b.WriteString("\n" + w + "\n\n")
		}
		if x.Href != "" {
			b.WriteString(x.Label + s.Colon + x.Href + "\n")
		}
	}
	if s.Reply != "" {
		b.WriteString("\n" + s.Reply + "\n")
	}
	b.WriteString("\n-- \n" + s.Brand + " " + s.Home + "\n" + s.Why + "\n" + s.SettingsLabel + s.Colon + s.Settings + "\n" + s.StopLabel + s.Colon + s.Stop + "\n")
	return b.String()
}

// html is the mail as HTML that mail programs show: tables, styles on the elements, no script, no pictures.
func (s *sheet) html() (string, error) {
	t, err := template.New("mail").Parse(mailPage)
	if err != nil {
		return "", fmt.Errorf("read the template of mails: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, s); err != nil {
		return "", fmt.Errorf("write a mail: %w", err)
	}
	return b.String(), nil
}

const mailPage = `<!DOCTYPE html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body style="margin:0;padding:0;background:#f4f2ee;color:#22201c;font-family:Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f4f2ee"><tr><td align="center" style="padding:16px">
<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px;background:#ffffff;border:1px solid #dcd8d0">
<tr><td style="padding:20px 24px 4px"><p style="margin:0;color:#5d574d;font-size:13px"><a href="{{.Home}}" style="color:#5d574d">{{.Brand}}</a></p></td></tr>
{{range .Items}}{{if .Section}}<tr><td style="padding:16px 24px 0"><h2 style="margin:0;font-size:18px">{{.Section}}</h2></td></tr>{{end}}
<tr><td style="padding:12px 24px">{{if .Head}}<p style="margin:0;color:#5d574d;font-size:14px">{{.Head}}</p>{{end}}
{{if .Title}}<h3 style="margin:2px 0 6px;font-size:18px;line-height:1.3">{{if .Href}}<a href="{{.Href}}" style="color:#22201c">{{.Title}}</a>{{else}}{{.Title}}{{end}}</h3>{{end}}
{{range .Paragraphs}}{{if .Quoted}}<blockquote style="margin:0 0 10px;padding:0 0 0 12px;border-left:3px solid #dcd8d0;color:#5d574d">{{end}}<p style="margin:0 0 10px">{{range $i, $l := .Lines}}{{if $i}}<br>{{end}}{{$l}}{{end}}</p>{{if .Quoted}}</blockquote>{{end}}{{end}}
{{if .Href}}<p style="margin:6px 0 0"><a href="{{.Href}}" style="color:#1d4f8c">{{.Label}}</a></p>{{end}}</td></tr>{{end}}
{{if .Reply}}<tr><td style="padding:4px 24px 14px"><p style="margin:0;color:#5d574d;font-size:14px">{{.Reply}}</p></td></tr>{{end}}
<tr><td style="padding:14px 24px 18px;border-top:1px solid #e8e4dc;color:#5d574d;font-size:12px"><p style="margin:0">{{.Why}}</p>
<p style="margin:6px 0 0"><a href="{{.Settings}}" style="color:#1d4f8c">{{.SettingsLabel}}</a> · <a href="{{.Stop}}" style="color:#1d4f8c">{{.StopLabel}}</a></p></td></tr>
</table></td></tr></table></body></html>
`
