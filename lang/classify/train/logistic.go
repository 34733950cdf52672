package train

import "math"

// logistic finds the weights of a logistic regression with few inputs by Newton's method; hold draws each weight to its value in start.
func logistic(xs [][]float64, ys []bool, costs, start []float64, hold float64) []float64 {
	n := len(start)
	w := append([]float64(nil), start...)
	for range 20 {
		g := make([]float64, n)
		h := make([][]float64, n)
		for i := range h {
			h[i] = make([]float64, n+1)
			h[i][i] = hold
			g[i] = float64(hold * (w[i] - start[i]))
		}
		for r, x := range xs {
			z := 0.0
			for i, v := range x {
				z += float64(w[i] * v)
			}
			p := 1 / (1 + math.Exp(-z))
			d := float64(costs[r] * (p - float64(b2i(ys[r]))))
			c := float64(costs[r]*p) * (1 - p)
			for i, v := range x {
				g[i] += float64(d * v)
				for j := 0; j <= i; j++ {
					h[i][j] += float64(float64(c*v) * x[j])
				}
			}
		}
		for i := range h {
			h[i][n] = g[i]
			for j := range i {
				h[j][i] = h[i][j]
			}
		}
		step := solve(h)
		size := 0.0
		for i := range w {
			w[i] -= step[i]
			size += math.Abs(step[i])
		}
		if size < 1e-6 {
			break
		}
	}
	return w
}

// solve solves linear equations by elimination; each row ends with its right side.
func solve(m [][]float64) []float64 {
	n := len(m)
	for i := range n {
		best := i
		for j := i + 1; j < n; j++ {
			if math.Abs(m[j][i]) > math.Abs(m[best][i]) {
				best = j
			}
		}
		m[i], m[best] = m[best], m[i]
		if m[i][i] == 0 {
			continue
		}
		for j := i + 1; j < n; j++ {
			f := m[j][i] / m[i][i]
			for k := i; k <= n; k++ {
				m[j][k] -= float64(f * m[i][k])
			}
		}
	}
	x := make([]float64, n)
	for i := n - 1; i >= 0; i-- {
		s := m[i][n]
		for j := i + 1; j < n; j++ {
			s -= float64(m[i][j] * x[j])
		}
		if m[i][i] != 0 {
			x[i] = s / m[i][i]
		}
	}
	return x
}
