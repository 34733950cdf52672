package layout

import "math"

// stack is the narrow plan: one column, links as lists of what an objective supports.
func (a *arrangement) stack() Plan {
	a.start()
	y := a.heading()
	w := a.o.Width - 2*margin - 16
	supports := make([][]int, len(a.nodes))
	for _, e := range a.links {
		supports[e.from] = append(supports[e.from], e.to)
	}
	for g := 0; g < len(a.groups); {
		b := a.groups[g].band
		ems := (w - 8) / 15 / bold
		box := BandBox{Box: Box{X: margin, Y: y, W: a.o.Width - 2*margin}, Band: b}
		box.Lines = limit(Wrap(a.m.Bands[b].Title, ems), 4, ems)
		box.Label = Box{X: margin, Y: y, W: box.W, H: 16 + 19*float64(len(box.Lines))}
		y += box.Label.H + 4
		for ; g < len(a.groups) && a.groups[g].band == b; g++ {
			if steps := a.m.Bands[b].Steps; len(steps) > 0 {
				ems := (w - 12) / stepSize / bold
				lines := limit(Wrap(steps[a.groups[g].step].Title, ems), 3, ems)
				box.Steps = append(box.Steps, StepBox{Box: Box{X: margin + 8, Y: y, W: w, H: float64(len(lines))*13 + 8}, Lines: lines})
				y += float64(len(lines))*13 + 14
			}
			for _, node := range a.groups[g].members {
				a.fill(node, w)
				n := &a.nodes[node]
				n.X, n.Y = margin+8, y
				inner := (w - 2*inset - 12) / smallSize
				for _, to := range supports[node] {
					n.Supports = append(n.Supports, limit(Wrap("→ "+a.objective(to).Title, inner), 2, inner)...)
				}
				if len(n.Supports) > 0 {
					n.H += smallLead*float64(len(n.Supports)+1) + 8
				}
				y += n.H + 10
			}
		}
		y += 4
		box.H = y - box.Y
		a.plan.Bands = append(a.plan.Bands, box)
		y += 8
	}
	a.plan.Width, a.plan.Height, a.plan.Narrow = a.o.Width, math.Ceil(y+margin-8), true
	a.number()
	return a.plan
}
