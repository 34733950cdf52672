package community

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Look is how a community looks: tokens, never style. What is empty is as everywhere in Entente, and in the dark as it follows from the light.
type Look struct {
	Accent         string `json:"accent,omitempty"` // #rrggbb: links and buttons
	AccentDark     string `json:"accent_dark,omitempty"`
	Background     string `json:"background,omitempty"` // #rrggbb: of the page
	BackgroundDark string `json:"background_dark,omitempty"`
	Text           string `json:"text,omitempty"` // #rrggbb
	TextDark       string `json:"text_dark,omitempty"`
	Font           string `json:"font,omitempty"` // one of Fonts
}

// Legible is the least contrast of text: WCAG 2.2, success criterion 1.4.3.
const Legible = 4.5

// What stands in assets/src/css/tokens.css for what a look leaves open, and what text also stands on.
const (
	defaultAccent, defaultAccentDark = "#0e6458", "#62c6b4"
	defaultPaper, defaultPaperDark   = "#fbfaf8", "#141615"
	defaultInk, defaultInkDark       = "#1b201e", "#e9ece9"
	faintInk, faintInkDark           = "#5f6763", "#9aa29e"
	surface, surfaceDark             = "#ffffff", "#1b1e1c"
	sunken, sunkenDark               = "#f1efea", "#252927"
)

// Fonts lists the families of letters: none is loaded from anywhere.
func Fonts() []string { return []string{"", "serif", "rounded", "mono"} }

func family(font string) string {
	switch font {
	case "serif":
		return `ui-serif, Georgia, "Noto Serif", "Liberation Serif", serif`
	case "rounded":
		return `ui-rounded, "SF Pro Rounded", Nunito, Quicksand, "Noto Sans", "Liberation Sans", sans-serif`
	case "mono":
		return `ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace`
	}
	return ""
}

// colour is red, green and blue from 0 to 1.
type colour [3]float64

func colourOf(s string) (c colour, ok bool) {
	if len(s) != 7 || s[0] != '#' {
		return c, false
	}
	for i := range c {
		v, err := strconv.ParseUint(s[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return c, false
		}
		c[i] = float64(v) / 255
	}
	return c, true
}

// known is colourOf for constants and for what was checked.
func known(s string) colour {
	c, _ := colourOf(s)
	return c
}

func (c colour) String() string {
	var b strings.Builder
	b.WriteByte('#')
	for _, v := range c {
		fmt.Fprintf(&b, "%02x", int(math.Round(min(max(v, 0), 1)*255)))
	}
	return b.String()
}

// luminance is relative luminance as WCAG 2.2 defines it.
func (c colour) luminance() float64 {
	lin := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c[0]) + 0.7152*lin(c[1]) + 0.0722*lin(c[2])
}

// Contrast is the contrast of two colours written #rrggbb, from 1 to 21 (WCAG 2.2); 0 when one is none.
func Contrast(a, b string) float64 {
	x, ok := colourOf(a)
	y, also := colourOf(b)
	if !ok || !also {
		return 0
	}
	return contrast(x, y)
}

func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func (c colour) mix(with colour, share float64) colour {
	for i := range c {
		c[i] += (with[i] - c[i]) * share
	}
	return known(c.String())
}

// least is the smallest contrast of a colour with several.
func least(c colour, on ...string) float64 {
	out := 21.0
	for _, o := range on {
		out = min(out, contrast(c, known(o)))
	}
	return out
}

// readable is the colour nearest to c, towards black or white, that can be read on all of on.
func (c colour) readable(on ...string) colour {
	best := c
	for step := 0; step <= 50; step++ {
		share := float64(step) / 50
		for _, to := range []colour{{0, 0, 0}, {1, 1, 1}} {
			if best = c.mix(to, share); least(best, on...) >= Legible {
				return best
			}
		}
	}
	return best
}

// half is a look by light or in the dark.
type half struct {
	accent, paper, ink     string
	faint, surface, sunken string
}

func (l Look) halves() (light, dark half) {
	or := func(v, otherwise string) string {
		if v != "" {
			return v
		}
		return otherwise
	}
	light = half{or(l.Accent, defaultAccent), or(l.Background, defaultPaper), or(l.Text, defaultInk), faintInk, surface, sunken}
	dark = half{or(l.AccentDark, defaultAccentDark), or(l.BackgroundDark, defaultPaperDark), or(l.TextDark, defaultInkDark), faintInkDark, surfaceDark, sunkenDark}
	if l.Accent != "" && l.AccentDark == "" {
		dark.accent = known(l.Accent).readable(dark.paper, dark.surface, dark.sunken).String()
	}
	return light, dark
}

// Mark is the colour of a mark of the community by light, and that of what is written on it.
func (l Look) Mark() (fill, ink string) {
	fill = cmp.Or(l.Accent, defaultAccent) // every page asks for it: what the dark is made of is not looked for
	return fill, over(fill).String()
}

// over is what can be read on an accent: white where it can.
func over(accent string) colour {
	if white := (colour{1, 1, 1}); contrast(white, known(accent)) >= Legible {
		return white
	}
	return colour{}.readable(accent)
}

// Checked returns the look in its one form, or everything that is wrong with it: what is no colour, and what cannot be read.
func (l Look) Checked() (Look, error) {
	var errs []error
	for _, f := range []struct {
		name string
		v    *string
	}{{"accent", &l.Accent}, {"accent_dark", &l.AccentDark}, {"background", &l.Background}, {"background_dark", &l.BackgroundDark}, {"text", &l.Text}, {"text_dark", &l.TextDark}} {
		*f.v = strings.ToLower(strings.TrimSpace(*f.v))
		if *f.v == "" {
			continue
		}
		if _, ok := colourOf(*f.v); !ok {
			errs = append(errs, refuse(f.name, "community.bad_colour"))
		}
	}
	if !slices.Contains(Fonts(), l.Font) {
		errs = append(errs, refuse("font", "community.bad_choice"))
	}
	if len(errs) > 0 {
		return l, errors.Join(errs...)
	}
	light, dark := l.halves()
	for _, h := range []struct {
		half
		suffix string
	}{{light, ""}, {dark, "_dark"}} {
		for _, t := range []struct{ field, v string }{{"text", h.ink}, {"accent", h.accent}} {
			on := []string{h.paper, h.surface, h.sunken}
			if c := known(t.v); least(c, on...) < Legible {
				errs = append(errs, refuse(t.field+h.suffix, "community.low_contrast", "Ratio", ratio(least(c, on...)), "Needs", ratio(Legible), "Try", c.readable(on...).String()))
			}
		}
		// The words beside (dates, counts) are grey everywhere.
		if c := contrast(known(h.faint), known(h.paper)); c < Legible {
			errs = append(errs, refuse("background"+h.suffix, "community.low_contrast_grey", "Ratio", ratio(c), "Needs", ratio(Legible)))
		}
	}
	return l, errors.Join(errs...)
}

// ratio is written down: 4.49 is not 4.5.
func ratio(v float64) float64 { return math.Floor(v*100) / 100 }

// CSS is the style sheet of the look: values for tokens, nothing that was typed.
func (l Look) CSS() string {
	light, dark := l.halves()
	var b strings.Builder
	b.WriteString(":root{")
	both := func(token string, of func(h half) colour) {
		fmt.Fprintf(&b, "--%s:light-dark(%s,%s);", token, of(light), of(dark))
	}
	if l.Accent != "" || l.AccentDark != "" {
		both("accent", func(h half) colour { return known(h.accent) })
		both("accent-hover", func(h half) colour { return known(h.accent).mix(known(h.ink), 0.3) })
		both("on-accent", func(h half) colour { return over(h.accent) })
		soft := func(h half) colour { return known(h.surface).mix(known(h.accent), 0.14) }
		both("accent-soft", soft)
		both("accent-ink", func(h half) colour { return known(h.accent).readable(soft(h).String(), h.paper, h.surface, h.sunken) })
	}
	if l.Background != "" || l.BackgroundDark != "" {
		both("paper", func(h half) colour { return known(h.paper) })
	}
	if l.Text != "" || l.TextDark != "" {
		both("ink", func(h half) colour { return known(h.ink) })
	}
	if f := family(l.Font); f != "" {
		b.WriteString("--font:" + f + ";")
	}
	b.WriteString("}\n")
	return b.String()
}

// Version changes with the look, for its address. Every page asks for it, so it is made of what the style sheet is made of.
func (l Look) Version() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %s", l, manner()))
	return hex.EncodeToString(sum[:6])
}

// manner changes when style sheets are made in another way: it is the style sheet of a look that says everything.
var manner = sync.OnceValue(func() string {
	all := Look{Accent: "#2b6a4d", AccentDark: "#7fd1a8", Background: "#fdfbf7", BackgroundDark: "#15181a", Text: "#1d2528", TextDark: "#e8ecea", Font: Fonts()[1]}
	return all.CSS()
})
