// Package card decides what a link to something looks like where it is shared: a title, the name of a community and its colours come in, a small picture as PNG goes out.
package card

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"unicode/utf8"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/inconsolata"
	"golang.org/x/image/math/fixed"
)

// The size of a card in pixels, as those who show links want it.
const (
	Width  = 1200
	Height = 630
)

// Card is what is drawn.
type Card struct {
	Name  string // of the community
	Title string
	Kind  string // what it is: a word
	// Colours: of the page, of the letters, of the community.
	Paper, Ink, Accent color.RGBA
}

// Shades of a colour on another, so that letters are smooth and the picture stays small.
const shades = 16

// Draw draws a card.
func Draw(c Card) ([]byte, error) {
	palette := make(color.Palette, 0, 3*shades)
	for _, pair := range [][2]color.RGBA{{c.Paper, c.Ink}, {c.Paper, c.Accent}, {c.Accent, c.Paper}} {
		for i := range shades {
			palette = append(palette, mix(pair[0], pair[1], i))
		}
	}
	img := image.NewPaletted(image.Rect(0, 0, Width, Height), palette)
	const ink, accent, light = 0, shades, 2 * shades
	const edge, band = 80, 110
	fill(img, image.Rect(0, Height-band, Width, Height), light)
	write(img, edge, 70, 3, c.Name, accent)
	lines, size := lay(c.Title)
	for i, l := range lines {
		write(img, edge, 160+i*(glyphHeight*size+6), size, l, ink)
	}
	write(img, edge, Height-band+(band-3*glyphHeight)/2, 3, c.Kind, light)
	for i := range 3 { // people around a table
		disc(img, Width-edge-20-i*58, Height-band/2, 20, light+shades-1-4*i)
	}
	var out bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	err := enc.Encode(&out, img)
	return out.Bytes(), err
}

func mix(a, b color.RGBA, i int) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8((int(x)*(shades-1-i) + int(y)*i) / (shades - 1)) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

func fill(img *image.Paletted, r image.Rectangle, shade uint8) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			img.SetColorIndex(x, y, shade)
		}
	}
}

func disc(img *image.Paletted, cx, cy, r int, shade int) {
	for y := -r; y <= r; y++ {
		for x := -r; x <= r; x++ {
			if x*x+y*y <= r*r {
				img.SetColorIndex(cx+x, cy+y, uint8(shade))
			}
		}
	}
}

// Letters are drawn from a small bitmap, larger.
const (
	glyphWidth  = 8
	glyphHeight = 18 // with what hangs below the line
	mostLines   = 4
	room        = Width - 160
)

// lay breaks a title into lines, as large as fits; what does not fit is cut.
func lay(title string) (lines []string, size int) {
	title = strings.Join(strings.Fields(readable(title)), " ")
	for size = 6; size >= 4; size-- {
		if lines = broken(title, room/(glyphWidth*size)); len(lines)*(glyphHeight*size+6) <= 330 && len(lines) <= mostLines {
			return lines, size
		}
	}
	size = 4
	lines = lines[:min(len(lines), mostLines)]
	last := []rune(lines[len(lines)-1])
	most := room/(glyphWidth*size) - 3
	lines[len(lines)-1] = strings.TrimRight(string(last[:min(len(last), most)]), " ,.;:") + "..."
	return lines, size
}

// broken breaks a text into lines of so many letters.
func broken(text string, most int) []string {
	var out []string
	line := ""
	for _, w := range strings.Fields(text) {
		for utf8.RuneCountInString(w) > most {
			r := []rune(w)
			if line != "" {
				out, line = append(out, line), ""
			}
			out, w = append(out, string(r[:most])), string(r[most:])
		}
		switch {
		case line == "":
			line = w
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(w) <= most:
			line += " " + w
		default:
			out, line = append(out, line), w
		}
	}
	if line != "" {
		out = append(out, line)
	}
	return out
}

// readable keeps what there are letters for. A text of another script is left out rather than drawn as boxes.
func readable(text string) string {
	var b strings.Builder
	lost, kept := 0, 0
	for _, r := range text {
		if s, known := instead(r); known {
			b.WriteString(s)
			kept++
			continue
		}
		if _, _, ok := inconsolata.Bold8x16.GlyphBounds(r); ok && r >= ' ' && has(r) {
			b.WriteRune(r)
			kept++
			continue
		}
		lost++
	}
	if lost > kept {
		return ""
	}
	return b.String()
}

func has(r rune) bool {
	for _, rr := range inconsolata.Bold8x16.Ranges {
		if rr.Low <= r && r < rr.High {
			return true
		}
	}
	return false
}

func instead(r rune) (string, bool) {
	switch r {
	case '’', '‘', 'ʼ':
		return "'", true
	case '“', '”', '„':
		return `"`, true
	case '–', '—', '‑', '−':
		return "-", true
	case '…':
		return "...", true
	case 'œ':
		return "oe", true
	case 'Œ':
		return "OE", true
	case '\u00a0', '\u202f', '\u2009', '\t', '\n':
		return " ", true
	case '€':
		return "EUR", true
	}
	return "", false
}

// write draws a line of letters, size times as large as the bitmap; base is the first of the shades it is drawn in.
func write(img *image.Paletted, x, y, size int, text string, base uint8) {
	text = readable(text)
	if n := (Width - 80 - x) / (glyphWidth * size); utf8.RuneCountInString(text) > n {
		text = string([]rune(text)[:n])
	}
	if text == "" {
		return
	}
	w := glyphWidth * utf8.RuneCountInString(text)
	small := image.NewGray(image.Rect(0, 0, w, glyphHeight))
	d := font.Drawer{Dst: small, Src: image.White, Face: inconsolata.Bold8x16, Dot: fixed.P(0, inconsolata.Bold8x16.Ascent)}
	d.DrawString(text)
	large := image.NewGray(image.Rect(0, 0, w*size, glyphHeight*size))
	draw.CatmullRom.Scale(large, large.Bounds(), small, small.Bounds(), draw.Src, nil)
	for py := range glyphHeight * size {
		for px := range w * size {
			v := (int(large.GrayAt(px, py).Y)-128)*3 + 128 // edges as sharp as the size of the letters lets one expect
			if i := min(max(v*(shades-1)/255, 0), shades-1); i > 0 {
				img.SetColorIndex(x+px, y+py, base+uint8(i))
			}
		}
	}
}
