package layout

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/entente/entente/internal/sorting"
)

// order looks for an order with few crossings: unplaced objectives are put where they cross least among placed ones; a map
// without any goes through barycentre sweeps; then neighbours are exchanged while that helps, and a new map is tried again from
// other starting orders. The search is bounded by the number of arrangements tried, not by a clock, so that it ends the same way
// on every machine.
func (a *arrangement) order() {
	a.start()
	budget := max(60, min(4000, 1_500_000/(1+len(a.links)*(1+len(a.links)/8)+len(a.nodes)*4)))
	try := func() float64 { budget--; return a.cost() }

	if slices.ContainsFunc(a.nodesOf(), a.placed) {
		for g := range a.groups {
			a.insertUnplaced(g, try)
		}
		a.exchange(try, &budget)
		a.cost()
		return
	}
	a.sweep(try)
	best, kept := a.exchange(try, &budget), a.copyOrder()
	random := rand.New(rand.NewPCG(1, 2)) // fixed, so that the same map is always drawn the same way
	for range 30 {
		if budget <= 0 || best < 1000 {
			break
		}
		for _, g := range a.groups {
			random.Shuffle(len(g.members), func(i, j int) { g.members[i], g.members[j] = g.members[j], g.members[i] })
		}
		if c := a.exchange(try, &budget); c < best-1e-6 {
			best, kept = c, a.copyOrder()
		}
	}
	a.restore(kept)
	a.cost()
}

func (a *arrangement) restore(order [][]int) {
	for g := range a.groups {
		a.groups[g].members = order[g]
	}
}

// exchange swaps pairs inside groups while that lowers the cost, and returns the cost reached.
func (a *arrangement) exchange(try func() float64, budget *int) float64 {
	best := try()
	for improved := true; improved && *budget > 0; {
		improved = false
		for g := range a.groups {
			members := a.groups[g].members
			for i := 0; i+1 < len(members) && *budget > 0; i++ {
				for j := i + 1; j < len(members) && *budget > 0; j++ {
					if !a.mayExchange(members[i : j+1]) {
						continue
					}
					members[i], members[j] = members[j], members[i]
					if c := try(); c < best-1e-6 {
						best, improved = c, true
					} else {
						members[i], members[j] = members[j], members[i]
					}
				}
			}
		}
	}
	return best
}

// mayExchange reports whether the ends of a run may change places without taking a placed objective past another.
func (a *arrangement) mayExchange(run []int) bool {
	first, last := a.placed(run[0]), a.placed(run[len(run)-1])
	if first && last {
		return false
	}
	if !first && !last {
		return true
	}
	return !slices.ContainsFunc(run[1:len(run)-1], a.placed)
}

func (a *arrangement) nodesOf() []int {
	all := make([]int, len(a.nodes))
	for i := range all {
		all[i] = i
	}
	return all
}

// insertUnplaced gives every unplaced objective of a group the place where it costs least, the last such place on equal cost.
func (a *arrangement) insertUnplaced(g int, try func() float64) {
	members := a.groups[g].members
	split := slices.IndexFunc(members, func(n int) bool { return !a.placed(n) })
	if split < 0 || len(a.links) == 0 {
		return
	}
	for k := split; k < len(members) && k < split+40; k++ {
		node, best, at := members[k], math.Inf(1), k
		for i := k; i >= 0; i-- {
			if i < k {
				members[i], members[i+1] = members[i+1], members[i]
			}
			if c := try(); c < best-1e-6 {
				best, at = c, i
			}
		}
		members = slices.Insert(slices.Delete(members, 0, 1), at, node)
		a.groups[g].members = members
	}
}

// sweep sorts groups by the mean place of their neighbours, down and up, and keeps the best arrangement met.
func (a *arrangement) sweep(try func() float64) {
	best, kept := try(), a.copyOrder()
	for pass := range 12 {
		groups := make([]int, len(a.groups))
		for i := range groups {
			groups[i] = i
			if pass%2 == 1 {
				groups[i] = len(groups) - 1 - i
			}
		}
		for _, g := range groups {
			a.rank(g)
			a.place()
		}
		if c := try(); c < best-1e-6 {
			best, kept = c, a.copyOrder()
		}
	}
	a.restore(kept)
}

func (a *arrangement) copyOrder() [][]int {
	out := make([][]int, len(a.groups))
	for g := range a.groups {
		out[g] = slices.Clone(a.groups[g].members)
	}
	return out
}

// rank orders a group by barycentre; an objective without links keeps its place.
func (a *arrangement) rank(g int) {
	members := a.groups[g].members
	sum, weight := map[int]float64{}, map[int]float64{}
	for _, e := range a.links {
		for _, end := range [2][2]int{{e.from, e.to}, {e.to, e.from}} {
			if a.nodes[end[0]].group == g && a.nodes[end[1]].row != a.nodes[end[0]].row {
				sum[end[0]] += e.weight * a.nodes[end[1]].middle()
				weight[end[0]] += e.weight
			}
		}
	}
	key := map[int]float64{}
	for _, n := range members {
		key[n] = a.nodes[n].middle()
		if weight[n] > 0 {
			key[n] = sum[n] / weight[n]
		}
	}
	sorting.Stable(members, func(x, y int) int {
		switch {
		case key[x] < key[y]-1e-9:
			return -1
		case key[x] > key[y]+1e-9:
			return 1
		}
		return 0
	})
}

func (n Node) middle() float64 { return n.X + n.W/2 }

// place builds rows from the order of the groups and gives every box its x.
func (a *arrangement) place() {
	a.rows = a.rows[:0]
	for g := 0; g < len(a.groups); {
		band := a.groups[g].band
		end := g
		for end < len(a.groups) && a.groups[end].band == band {
			end++
		}
		if len(a.m.Bands[band].Steps) > 0 {
			a.placeSteps(band, a.groups[g:end])
		} else {
			a.placeFlow(band, a.groups[g].members)
		}
		g = end
	}
	for r := range a.rows {
		a.rows[r].free = a.freeSpans(r)
	}
}

func (a *arrangement) addRow(band int, first bool) *row {
	a.rows = append(a.rows, row{band: band, first: first})
	return &a.rows[len(a.rows)-1]
}

func (a *arrangement) put(r *row, node int, middle float64) {
	n := &a.nodes[node]
	n.X, n.row = math.Round(middle-n.W/2), len(a.rows)-1
	n.portLow, n.portHigh = n.X+n.W*0.14, n.X+n.W*0.86
	r.members = append(r.members, node)
	r.height = math.Max(r.height, n.H)
}

// placeFlow spreads objectives over as few even rows as they need.
func (a *arrangement) placeFlow(band int, members []int) {
	lines := max(1, (len(members)+a.perRow-1)/a.perRow)
	done := 0
	for line := range lines {
		r := a.addRow(band, line == 0)
		count := (len(members) - done + lines - line - 1) / (lines - line)
		cell := (a.right - a.left) / float64(max(1, count))
		for i := range count {
			a.put(r, members[done+i], a.left+(float64(i)+0.5)*cell)
		}
		r.height = math.Max(r.height, rowMinimum)
		done += count
	}
}

// placeSteps gives every step a column, its objectives one under the other.
func (a *arrangement) placeSteps(band int, steps []group) {
	lines := 1
	for _, s := range steps {
		lines = max(lines, len(s.members))
	}
	cell := (a.right - a.left) / float64(len(steps))
	for line := range lines {
		r := a.addRow(band, line == 0)
		if line == 0 {
			r.strip = a.stripHeight(band)
		}
		for s, g := range steps {
			if line < len(g.members) {
				n := g.members[line]
				a.put(r, n, a.left+(float64(s)+0.5)*cell)
				if line == 0 { // the label stands at the left: leave by the right
					a.nodes[n].portLow = a.nodes[n].X + a.nodes[n].W*labelShare + 6
					a.nodes[n].portHigh = a.nodes[n].X + a.nodes[n].W*0.95
				}
			}
		}
		r.height = math.Max(r.height, rowMinimum)
	}
}

// labelShare is how much of a box's width the label of its step may take.
const labelShare = 0.62

func (a *arrangement) stepLines(band, step int) []string {
	ems := (a.boxWidth(band)*labelShare - 12) / stepSize / bold
	return limit(Wrap(a.m.Bands[band].Steps[step].Title, ems), 3, ems)
}

func (a *arrangement) stripHeight(band int) float64 {
	lines := 1
	for s := range a.m.Bands[band].Steps {
		lines = max(lines, len(a.stepLines(band, s)))
	}
	return float64(lines)*13 + 14
}

// freeSpans are the places where a curve may pass a row.
func (a *arrangement) freeSpans(r int) []span {
	type block struct{ from, to float64 }
	var blocks []block
	for _, n := range a.rows[r].members {
		blocks = append(blocks, block{a.nodes[n].X, a.nodes[n].X + a.nodes[n].W})
	}
	if a.rows[r].strip > 0 {
		for s := range a.m.Bands[a.rows[r].band].Steps {
			b := a.stepBox(a.rows[r].band, s)
			blocks = append(blocks, block{b.X, b.X + b.W})
		}
	}
	sorting.Func(blocks, func(x, y block) int {
		switch {
		case x.from < y.from:
			return -1
		case x.from > y.from:
			return 1
		}
		return 0
	})
	const clear = 7
	var out []span
	at := a.left - lane
	for _, b := range blocks {
		if b.from-clear > at+clear {
			out = append(out, span{at + clear, b.from - clear})
		}
		at = math.Max(at, b.to)
	}
	if a.right+lane-clear > at+clear {
		out = append(out, span{at + clear, a.right + lane - clear})
	}
	return out
}

// stepBox is where a step's label stands, without its height.
func (a *arrangement) stepBox(band, s int) Box {
	cell, w := (a.right-a.left)/float64(len(a.m.Bands[band].Steps)), a.boxWidth(band)
	return Box{X: math.Round(a.left + (float64(s)+0.5)*cell - w/2), W: math.Round(w * labelShare)}
}
