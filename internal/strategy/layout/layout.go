// Package layout decides where everything on a strategy map stands: perspectives, objectives and links come in, a plan of boxes
// and curves with few crossings goes out, and the same plan drawn as an accessible SVG.
package layout

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/sorting"
)

// Map is what to draw. All words are in the reader's language already.
type Map struct {
	Title, Desc string
	Bands       []Band // top (value) to bottom (learning and growth)
	Themes      []Theme
	Objectives  []Objective
	Links       []Link
	Bare        bool // names only: nothing is said of how anything stands, not even that it is not known
}

// Theme is a chain through the map; its objectives carry its number.
type Theme struct {
	Title string
	Shade int // 1 to Shades
}

// Shades is how many colours the style sheet has for bands and themes.
const Shades = 8

// shade is a colour that there is: s, or when it is none, that of a place.
func shade(s, place int) int {
	if s >= 1 && s <= Shades {
		return s
	}
	return place%Shades + 1
}

// Band is a perspective; one with steps shows them side by side, as a process from left to right.
type Band struct {
	ID, Title string
	Steps     []Step
	Shade     int // 1 to Shades; 0 is by its place
}

// Step is a column of a band.
type Step struct{ ID, Title string }

// Objective is one box. An unknown band, or one beyond the fortieth, puts it into the last one, an unknown step into the first.
type Objective struct {
	ID, Band, Step string
	Title          string
	Href           string  // site path or http(s) address; anything else is not linked
	Position       float64 // stored order among its neighbours, used when Placed
	Placed         bool    // two placed objectives never change sides
	Card           Card
	Themes         []int // indices in Map.Themes
	Dim            bool  // stands back: another theme is looked at
}

// Card is what an objective shows of its main measure; empty strings are left out.
type Card struct {
	State    stat.State
	Measure  string // name of the main measure
	Value    string // formatted, with unit
	Target   string // formatted, with unit
	Note     string // why the state is unknown, how old the data is
	Bar      bool   // whether Progress and Expected are known
	Progress float64
	Expected float64
	Points   []float64 // recent values, oldest first; NaN leaves a gap
}

// Link is a hypothesis that From supports To.
type Link struct {
	From, To string
	Weight   float64 // 0 to 1 draws thin to thick; 0 counts as a half
	Verdict  stat.Verdict
	Note     string // shown on hover and read out, such as n, r and interval
}

// Options say how much room there is.
type Options struct {
	// Width in pixels; 0 is 1200. Under 640, or with more steps than fit, the plan is one column without curves.
	Width    float64
	Untangle bool // forget stored positions and look for the fewest crossings
	Words    Words
	Prefix   string // of element ids, when a page has two maps
	// Standalone embeds the style, the title as a heading, and fixed sizes: a file to save, print or mail.
	Standalone bool
	// Edit adds what the editor in the browser takes hold of: places to drop objectives into, and handles to draw links from.
	Edit bool
}

// Point is a place in pixels from the top left.
type Point struct{ X, Y float64 }

// Box is a rectangle in pixels.
type Box struct{ X, Y, W, H float64 }

// Node is a placed objective.
type Node struct {
	Box
	Objective int // index in Map.Objectives
	Order     int // place among the objectives of its band and step: store it as Position
	Lines     []string
	Supports  []string // narrow plan: titles of what it supports, wrapped

	row, group  int
	measure     []string
	note        []string
	state       []string
	value       []string
	valueSize   float64
	target      []string
	wideTarget  bool // the target needs its own line
	portLow     float64
	portHigh    float64
	textHeight  float64
	supportRows int
}

// BandBox is a placed perspective.
type BandBox struct {
	Box
	Band  int // index in Map.Bands
	Label Box
	Lines []string
	Steps []StepBox
	Drops []Box // where the objectives of the band, or of each step, may be put; none in a narrow plan
}

// StepBox is the label of a step.
type StepBox struct {
	Box
	Lines []string
}

// Curve is a placed link: a chain of cubic Béziers, 3k+1 points from border to border.
type Curve struct {
	Link   int // index in Map.Links
	Points []Point
}

// Plan is the finished arrangement; everything in it lies inside Width × Height.
type Plan struct {
	Width, Height float64
	Narrow        bool
	Bands         []BandBox
	Nodes         []Node
	Curves        []Curve
	Crossings     int   // pairs of curves that cross
	Ignored       []int // links that were not drawn: unknown end, to itself, or said twice
	Repeated      []int // objectives that were not drawn because their id was taken
}

// Most is how many objectives are arranged; what comes after is in Plan.Repeated. A map of 15 is readable, one of 60 legible.
const Most = 400

// mostLinks and mostBands keep hostile input from costing more than a moment.
const (
	mostLinks = 2000
	mostBands = 40
)

const (
	margin     = 16.0
	gutter     = 156.0 // band titles, wide
	lane       = 30.0  // room for curves left and right of the boxes
	widest     = 240.0
	narrowest  = 148.0
	tightest   = 120.0
	inset      = 12.0
	titleSize  = 13.0
	valueSize  = 16.0
	titleLead  = 17.0
	smallSize  = 11.0
	smallLead  = 14.0
	mostLines  = 5
	stepSize   = 11.0
	rowMinimum = 44.0
)

// Arrange places a map. It is deterministic, and never moves a placed objective to the other side of another one of its band and step.
func Arrange(m Map, o Options) Plan {
	if !(o.Width > 0) || math.IsInf(o.Width, 0) {
		o.Width = 1200
	}
	o.Width = math.Max(240, math.Min(o.Width, 6000))
	if len(m.Bands) == 0 {
		m.Bands = []Band{{}}
	}
	m.Bands = m.Bands[:min(len(m.Bands), mostBands)]
	a := newArrangement(m, o)
	if o.Width < 640 {
		return a.stack()
	}
	a.size()
	for b := range m.Bands {
		if a.boxWidth(b) < tightest { // more steps than there is room for
			return a.stack()
		}
	}
	a.order()
	return a.draw()
}

// arrangement is the work in progress.
type arrangement struct {
	m      Map
	o      Options
	plan   Plan
	nodes  []Node
	links  []edge
	groups []group
	rows   []row
	left   float64 // of the boxes
	right  float64
	gap    float64 // least room between boxes of a row
	w      float64 // of a box
	perRow int
}

// edge is a drawable link between nodes.
type edge struct {
	link     int
	from, to int
	weight   float64
}

// group is the objectives of a band without steps, or of one step, in order.
type group struct {
	band, step int
	members    []int
}

// row is one line of boxes across the map.
type row struct {
	band    int
	first   bool  // of its band
	members []int // left to right
	free    []span
	top     float64 // of the boxes
	height  float64
	strip   float64 // room for step labels above the boxes, crossed by vertical lines only
	channel float64 // room for curves above the strip
}

type span struct{ from, to float64 }

func newArrangement(m Map, o Options) *arrangement {
	a := &arrangement{m: m, o: o}
	bands, first := map[string]int{}, make([]int, len(m.Bands))
	for b, band := range m.Bands {
		if _, taken := bands[band.ID]; !taken {
			bands[band.ID] = b
		}
		first[b] = len(a.groups)
		for s := range max(1, len(band.Steps)) {
			a.groups = append(a.groups, group{band: b, step: s})
		}
	}
	byID := map[string]int{}
	for i, obj := range m.Objectives {
		if _, taken := byID[obj.ID]; taken || len(a.nodes) == Most {
			a.plan.Repeated = append(a.plan.Repeated, i)
			continue
		}
		b, known := bands[obj.Band]
		if !known {
			b = len(m.Bands) - 1
		}
		g := first[b]
		if s := slices.IndexFunc(m.Bands[b].Steps, func(s Step) bool { return s.ID == obj.Step }); s > 0 {
			g += s
		}
		byID[obj.ID] = len(a.nodes)
		a.groups[g].members = append(a.groups[g].members, len(a.nodes))
		a.nodes = append(a.nodes, Node{Objective: i, group: g})
	}
	seen := map[[2]int]bool{}
	for i, l := range m.Links {
		from, okFrom := byID[l.From]
		to, okTo := byID[l.To]
		if !okFrom || !okTo || from == to || seen[[2]int{from, to}] || len(a.links) == mostLinks {
			a.plan.Ignored = append(a.plan.Ignored, i)
			continue
		}
		seen[[2]int{from, to}] = true
		weight := 0.5
		if l.Weight > 0 {
			weight = math.Min(l.Weight, 1)
		}
		a.links = append(a.links, edge{link: i, from: from, to: to, weight: weight})
	}
	return a
}

func (a *arrangement) objective(node int) *Objective { return &a.m.Objectives[a.nodes[node].Objective] }

func (a *arrangement) placed(node int) bool { return a.objective(node).Placed && !a.o.Untangle }

// size decides the width of boxes and how many stand in a row.
func (a *arrangement) size() {
	a.left, a.right = margin+gutter+lane, a.o.Width-margin-lane
	a.gap = 30
	if len(a.links) > 40 {
		a.gap = 40
	}
	room := a.right - a.left
	a.perRow = max(1, int((room+a.gap)/(narrowest+a.gap)))
	most := 1
	for _, g := range a.groups {
		if steps := len(a.m.Bands[g.band].Steps); steps > 0 {
			most = max(most, steps)
			continue
		}
		n := len(g.members)
		lines := (n + a.perRow - 1) / a.perRow
		if lines > 0 {
			most = max(most, (n+lines-1)/lines)
		}
	}
	a.w = math.Floor(math.Max(60, math.Min(widest, room/float64(most)-a.gap)))
	for i := range a.nodes {
		a.fill(i, a.boxWidth(a.groups[a.nodes[i].group].band))
	}
}

// boxWidth is wider in a band of few steps than in a crowded row: its columns have the room, and labels need it.
func (a *arrangement) boxWidth(band int) float64 {
	steps := len(a.m.Bands[band].Steps)
	if steps == 0 {
		return a.w
	}
	gap := a.gap
	if a.gap > 30 {
		gap = 64 // curves of a large map pass between the columns
	}
	return math.Floor(math.Max(60, math.Min(widest, (a.right-a.left)/float64(steps)-gap)))
}

// fill wraps the texts of a node and decides its height.
func (a *arrangement) fill(node int, w float64) {
	n, obj := &a.nodes[node], a.objective(node)
	inner := w - 2*inset
	n.W = w
	n.Lines = limit(Wrap(obj.Title, inner/titleSize/bold), mostLines, inner/titleSize/bold)
	h := inset + float64(len(n.Lines))*titleLead + 3
	card := obj.Card
	if card.Measure != "" {
		n.measure = limit(Wrap(card.Measure, inner/smallSize), 2, inner/smallSize)
		h += float64(len(n.measure)) * smallLead
	}
	n.value, n.target, n.wideTarget = nil, nil, false
	if card.Value != "" || card.Target != "" {
		h += a.fillValue(n, card, inner)
	}
	if card.Bar {
		h += 12
	}
	n.note = nil
	if card.Note != "" {
		n.note = limit(Wrap(card.Note, inner/smallSize), 3, inner/smallSize)
		h += float64(len(n.note)) * smallLead
	}
	n.textHeight = h
	n.state = nil
	if !a.m.Bare {
		room := (inner - 19) / smallSize / bold
		n.state = limit(Wrap(a.o.Words.state(card.State), room), 2, room)
	}
	n.H = math.Ceil(h + 26 + smallLead*float64(max(0, len(n.state)-1)))
}

// fillValue gives value and target the room that they need, and tells how high it is: a number is never cut, it is written smaller or on
// more lines.
func (a *arrangement) fillValue(n *Node, card Card, inner float64) float64 {
	n.valueSize = valueSize
	if textWidth(clean(card.Value))*valueSize*bold > inner {
		n.valueSize = titleSize
	}
	value := card.Value
	if textWidth(clean(value))*titleSize*bold > inner { // the number above, what it counts below
		value = strings.ReplaceAll(value, "\u00a0", " ")
	}
	n.value = limit(Wrap(value, inner/n.valueSize/bold), mostLines, inner/n.valueSize/bold)
	if card.Target != "" {
		n.target = limit(Wrap(a.target(card), inner/smallSize), mostLines, inner/smallSize)
	}
	h := 24.0
	if extra := len(n.value) - 1; extra > 0 {
		h += float64(extra) * titleLead
	}
	switch {
	case len(n.target) == 0:
	case len(n.value) == 0:
		h += float64(len(n.target)-1) * smallLead
	case len(n.value) > 1 || len(n.target) > 1 || textWidth(card.Value)*n.valueSize*bold+textWidth(n.target[0])*smallSize+10 > inner:
		n.wideTarget = true
		h += float64(len(n.target)) * smallLead
	}
	return h
}

func (a *arrangement) target(c Card) string { return a.o.Words.Target + a.o.Words.colon() + c.Target }

// start sorts each group by stored position, then input order.
func (a *arrangement) start() {
	for g := range a.groups {
		sorting.Stable(a.groups[g].members, func(x, y int) int {
			px, py := a.placed(x), a.placed(y)
			switch {
			case px && py:
				return cmp.Compare(a.objective(x).Position, a.objective(y).Position)
			case px:
				return -1
			case py:
				return 1
			}
			return 0
		})
	}
}
