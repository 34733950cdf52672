package chart

import (
	"math"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// canvas writes elements; every value passes through the escape of HTML.
type canvas struct {
	strings.Builder
	linked bool // there are links in the drawing: it is a group then, not one picture
}

func (c *canvas) raw(s string) { c.WriteString(s) }

func (c *canvas) open(name string, attrs ...string) {
	c.WriteByte('<')
	c.WriteString(name)
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] == "" && attrs[i] != "tabindex" {
			continue
		}
		c.WriteByte(' ')
		c.WriteString(attrs[i])
		c.WriteString(`="`)
		if attrs[i] == "d" { // a path is made of numbers by us and may be long
			c.WriteString(attrs[i+1])
		} else {
			c.WriteString(clean(attrs[i+1]))
		}
		c.WriteByte('"')
	}
	c.WriteByte('>')
}

func (c *canvas) close(name string) {
	c.WriteString("</")
	c.WriteString(name)
	c.WriteByte('>')
}

func (c *canvas) text(name, body string, attrs ...string) {
	c.open(name, attrs...)
	c.WriteString(clean(body))
	c.close(name)
}

func (c *canvas) empty(name string, attrs ...string) {
	c.open(name, attrs...)
	c.close(name)
}

// svg opens a drawing that screen readers see as one picture with a name; the table beside it has the figures.
func (c *canvas) svg(f frame, class, label string) {
	naming := []string{"role", "img", "aria-label", label}
	if c.linked {
		naming[1] = "group"
	}
	if strings.TrimSpace(label) == "" && !c.linked {
		naming = []string{"aria-hidden", "true"}
	}
	c.open("svg", append([]string{"class", class, "viewBox", "0 0 " + num(f.width) + " " + num(f.height), "width", num(f.width), "height", num(f.height), "focusable", "false"}, naming...)...)
}

// slot opens what is seen as one, a link where there is something behind it, and says with which name to close it. Its title names it.
func (c *canvas) slot(href string) string {
	if href = local(href); href != "" {
		c.open("a", "class", "slot", "href", href)
		return "a"
	}
	c.open("g", "class", "slot")
	return "g"
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	c.empty("line", "class", class, "x1", num(x1), "y1", num(y1), "x2", num(x2), "y2", num(y2))
}

func (c *canvas) rect(class string, x, y, w, h float64, more ...string) {
	c.empty("rect", append([]string{"class", class, "x", num(x), "y", num(y), "width", num(max(w, 0)), "height", num(max(h, 0))}, more...)...)
}

func (c *canvas) circle(class string, x, y, r float64) {
	c.empty("circle", "class", class, "cx", num(x), "cy", num(y), "r", num(r))
}

func (c *canvas) label(class string, x, y float64, anchor, text string) {
	c.text("text", text, "class", class, "x", num(x), "y", num(y), "text-anchor", anchor)
}

// clean drops what neither HTML nor XML can carry, cuts what is absurdly long, and escapes.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	if len(s) > 4000 {
		s = cut(s, 1000)
	}
	return templ.EscapeString(s)
}

// cut shortens s to n letters, the last of them an ellipsis.
func cut(s string, n int) string {
	letters := []rune(s)
	if len(letters) <= n {
		return s
	}
	return strings.TrimRight(string(letters[:max(n-1, 0)]), " ") + "…"
}

func num(v float64) string {
	if !finite(v) {
		return "0"
	}
	v = math.Round(math.Max(-1e5, math.Min(1e5, v))*10) / 10
	if v == 0 {
		return "0"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
