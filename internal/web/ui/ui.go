package ui

import (
	"html"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// Tone colours a small thing by what it means, never only by colour: every component writes the word too.
type Tone string

// The tones. Neutral is the zero value.
const (
	Neutral Tone = ""
	Accent  Tone = "accent"
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "danger"
)

func (t Tone) class(prefix string) string {
	switch t {
	case Accent, Info, Success, Warning, Danger:
		return prefix + " " + prefix + "-" + string(t)
	}
	return prefix
}

func (t Tone) icon() string {
	switch t {
	case Success:
		return "circle-check"
	case Warning:
		return "triangle-alert"
	case Danger:
		return "circle-alert"
	}
	return "info"
}

// Panel is a titled part of a page handed in by a module that stands after the page's own.
type Panel struct {
	Title string
	Body  templ.Component
	Later string // where the body is, for one that is folded and read when it is unfolded; without JavaScript a link leads there
}

// Option is one choice of Select or RadioGroup; Group gathers options under a heading in a Select.
type Option struct {
	Value, Label, Hint, Group string
	Disabled                  bool
}

// Shortcut is one line of the keyboard overlay: the keys as typed ("g i") and what they do.
type Shortcut struct{ Keys, Label string }

// Item is one line of a DescriptionList. Body wins over Value.
type Item struct {
	Label, Value string
	Body         templ.Component
}

// Crumb is one step of Breadcrumb; the last one has no Href.
type Crumb struct{ Label, Href string }

// Tab is one link of Tabs. Count 0 shows no number.
type Tab struct {
	Label, Href string
	Count       int
	Current     bool
}

// Event is one entry of Timeline; At is ready to read, Stamp (RFC 3339) is optional.
type Event struct {
	Icon      string
	Tone      Tone
	Title     string
	Href      string
	At, Stamp string
	Body      templ.Component
}

func initials(name string) string {
	var out []rune
	fields := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '-' || r == '.' || r == '_' || r == '@' })
	for _, f := range fields {
		for _, r := range f {
			out = append(out, r)
			break
		}
		if len(out) == 2 {
			break
		}
	}
	if len(out) == 0 {
		return "?"
	}
	return strings.ToUpper(string(out))
}

// TabIcon is the address of a picture for a tab: the initials of a name on a colour. Colours are written #rrggbb.
func TabIcon(name, fill, ink string) string {
	return "data:image/svg+xml," + url.PathEscape(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="`+fill+`"/><text x="8" y="11.2" text-anchor="middle" font-family="sans-serif" font-weight="700" font-size="8.5" fill="`+
		ink+`">`+html.EscapeString(initials(name))+`</text></svg>`)
}

// hue spreads names over the six colours of avatars, always the same for one name.
func hue(name string) string {
	var h uint32 = 2166136261
	for i := range len(name) {
		h = (h ^ uint32(name[i])) * 16777619
	}
	return "avatar-" + strconv.Itoa(int(h%6)+1)
}

func classes(all ...string) string {
	var kept []string
	for _, c := range all {
		if c != "" {
			kept = append(kept, c)
		}
	}
	return strings.Join(kept, " ")
}

func when(ok bool, value string) string {
	if ok {
		return value
	}
	return ""
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// countText keeps navigation narrow: beyond 999 it says 999+.
func countText(n int) string {
	if n > 999 {
		return "999+"
	}
	return strconv.Itoa(n)
}

func (f Field) rows() int {
	if f.Rows < 1 {
		return 4
	}
	return f.Rows
}
