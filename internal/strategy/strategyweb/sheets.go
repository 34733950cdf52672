package strategyweb

import (
	"slices"
	"strconv"

	"github.com/entente/entente/internal/strategy/layout"
)

// sheet is a kind of paper and how wide a map is drawn for it, in pixels.
type sheet struct {
	size       string  // as CSS names it
	wide, tall float64 // what can be printed on, in millimetres
	width      float64
}

// sheets are tried one after the other; the last one is for maps that need several.
func sheets() []sheet {
	return []sheet{{"A4 landscape", 281, 194, wide}, {"A4 portrait", 194, 281, 820}, {"A3 landscape", 404, 281, 1600}, {"A3 portrait", 281, 404, wide}, {"A3 landscape", 404, 281, 1600}}
}

// leastType is how small the smallest words of a map (11 pixels) may become on paper, in points.
const leastType = 5.4

// scale is how many millimetres a pixel has on the sheet when a drawing of that height is to fit on one.
func (s sheet) scale(height float64) float64 { return min(s.wide/s.width, s.tall/height) }

// readable reports whether a drawing of that height fits on one sheet with words that can be read.
func (s sheet) readable(height float64) bool {
	const points = 72 / 25.4
	return s.scale(height)*11*points >= leastType
}

// room is how many pixels of a drawing stand on one of several sheets.
func (s sheet) room() float64 { return s.tall * s.width / s.wide }

// cuts says where a drawing of that height is cut into sheets, from 0 to height: where a perspective ends if that is not far up, else
// between two rows; never through an objective that has room on a sheet.
func cuts(p layout.Plan, height, room float64) []float64 {
	out := []float64{0}
	var ends []float64
	for _, b := range p.Bands {
		ends = append(ends, b.Y+b.H+4)
	}
	through := func(y float64) bool {
		for _, n := range p.Nodes {
			if n.Y-2 < y && y < n.Y+n.H+2 {
				return true
			}
		}
		for _, b := range p.Bands {
			for _, step := range b.Steps {
				if step.Y-2 < y && y < step.Y+step.H+2 {
					return true
				}
			}
		}
		return false
	}
	for from := 0.0; height-from > room; from = out[len(out)-1] {
		to := 0.0
		for _, y := range ends {
			if y > from+room*0.55 && y <= from+room && !through(y) {
				to = max(to, y)
			}
		}
		for _, n := range p.Nodes { // just above or below one
			for _, y := range []float64{n.Y - 4, n.Y + n.H + 4} {
				if to == 0 || !slices.Contains(ends, to) {
					if y > from+room*0.3 && y <= from+room && !through(y) {
						to = max(to, y)
					}
				}
			}
		}
		if to == 0 {
			to = from + room
		}
		out = append(out, to)
	}
	return append(out, height)
}

// onSheets is a page with nothing but a drawing, cut into as many sheets as there are; svg is as wide as the sheet says.
func onSheets(lang, svg string, s sheet, at []float64) []byte {
	mm := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + "mm" }
	scale := s.wide / s.width
	if len(at) == 2 {
		scale = s.scale(at[1])
	}
	out := `<!DOCTYPE html><html lang="` + lang + `" data-theme="light"><head><meta charset="utf-8"><title></title><style>@page{size:` + s.size +
		`;margin:8mm}html,body{margin:0;background:#fff}section{position:relative;overflow:hidden;margin:0 auto;break-after:page;break-inside:avoid}section:last-child{break-after:auto}` +
		`svg{display:block;position:absolute;left:0;width:100%;height:` + mm(at[len(at)-1]*scale) + `}footer{position:absolute;right:0;bottom:0;font:8pt system-ui,"DejaVu Sans",sans-serif;color:#5a6675;background:#fff;padding:0 1mm}` +
		`</style></head><body>`
	for i := range len(at) - 1 {
		out += `<section style="width:` + mm(s.width*scale) + `;height:` + mm((at[i+1]-at[i])*scale) + `">` +
			`<div style="position:absolute;left:0;right:0;top:-` + mm(at[i]*scale) + `">` + svg + `</div>`
		if len(at) > 2 {
			out += `<footer>` + strconv.Itoa(i+1) + `/` + strconv.Itoa(len(at)-1) + `</footer>`
		}
		out += `</section>`
	}
	return []byte(out + `</body></html>`)
}
