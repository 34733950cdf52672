package stat

import (
	"math"
	"math/bits"
	"slices"
	"sort"
	"time"
)

// Touch is one contact on the way to a conversion: where, and how long before.
type Touch struct {
	Channel string
	Before  time.Duration
}

// Credit is how much of conversions each channel is given; of one conversion it adds up to 1. All of these are allocations by a rule, not
// causes: what would have happened without a channel is only known from an experiment (Holdout, DifferenceInDifferences).
type Credit map[string]float64

// Rule allots one conversion to the touches before it.
type Rule func([]Touch) Credit

// FirstTouch gives all to the earliest touch, LastTouch to the latest; of touches at the same time, to the one that stands first or last.
func FirstTouch(touches []Touch) Credit {
	return share(touches, func(i, _ int) float64 { return one(i == 0) })
}

// LastTouch gives all to the latest touch.
func LastTouch(touches []Touch) Credit {
	return share(touches, func(i, n int) float64 { return one(i == n-1) })
}

// LinearTouch gives each touch 1/n.
func LinearTouch(touches []Touch) Credit {
	return share(touches, func(int, int) float64 { return 1 })
}

// PositionTouch gives 40 % to the first, 40 % to the last and 20 % to all between them; of two touches half each.
func PositionTouch(touches []Touch) Credit {
	return share(touches, func(i, n int) float64 {
		switch {
		case n < 3:
			return 1
		case i == 0 || i == n-1:
			return 0.4
		}
		return 0.2 / float64(n-2)
	})
}

// TimeDecay gives each touch a weight of 2^(−before/halfLife), in practice with 7 days.
func TimeDecay(halfLife time.Duration) Rule {
	return func(touches []Touch) Credit {
		if halfLife <= 0 || len(touches) == 0 {
			return Credit{}
		}
		latest := touches[0].Before // weights relative to the latest touch: an age of years underflows otherwise
		for _, t := range touches {
			latest = min(latest, t.Before)
		}
		sorted := ordered(touches)
		return share(touches, func(i, _ int) float64 {
			return math.Exp2(-(float64(sorted[i].Before) - float64(latest)) / float64(halfLife))
		})
	}
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// ordered is the touches from the earliest to the latest.
func ordered(touches []Touch) []Touch {
	out := slices.Clone(touches)
	sort.SliceStable(out, func(i, j int) bool { return out[i].Before > out[j].Before })
	return out
}

func share(touches []Touch, weight func(i, n int) float64) Credit {
	c, sum := Credit{}, 0.0
	for i, t := range ordered(touches) {
		w := weight(i, len(touches))
		c[t.Channel] += w
		sum += w
	}
	for k := range c {
		c[k] /= sum
	}
	return c
}

// mostPlayers bounds Shapley, which looks at every set of players.
const mostPlayers = 16

// Shapley allots what all players reach together, in the unit of v:
//
//	φᵢ = Σ over S ⊆ N∖i of |S|!·(|N|−|S|−1)!/|N|! · (v(S∪i) − v(S))        (Shapley 1953)
//
// v gives what a set reaches; bit i of it stands for player i. The parts add up to v(all) − v(none). Nil for more than 16 players.
func Shapley(players int, v func(set uint) float64) []float64 {
	if players < 1 || players > mostPlayers {
		return nil
	}
	weight := make([]float64, players) // by the size of S
	for s := range weight {
		lg := func(n int) float64 { x, _ := math.Lgamma(float64(n) + 1); return x }
		weight[s] = math.Exp(lg(s) + lg(players-s-1) - lg(players))
	}
	value := make([]float64, 1<<players)
	for set := range value {
		value[set] = v(uint(set))
	}
	out := make([]float64, players)
	for set := range value {
		for i := range players {
			if set&(1<<i) == 0 {
				out[i] += weight[bits.OnesCount(uint(set))] * (value[set|1<<i] - value[set])
			}
		}
	}
	return out
}

// Journey is a way that somebody took over channels, and whether it ended in a conversion. Times is how many took it.
type Journey struct {
	Channels  []string
	Converted bool
	Times     int
}

// Removal allots conversions by a Markov chain over channels: how much smaller the chance of a conversion would be if whoever comes to a
// channel were lost there,
//
//	REᵢ = 1 − P(conversion | i removed) / P(conversion),  shareᵢ = REᵢ / Σ RE        (Anderl et al. 2016, Int. J. Res. Mark. 33:457)
//
// of order one: the next step depends on the present one only. Empty when nothing converted; journeys without channels say nothing.
func Removal(journeys []Journey) Credit {
	const start, converted, lost = "\x00start", "\x00won", "\x00lost"
	moves := map[string]map[string]float64{}
	step := func(from, to string, n int) {
		if moves[from] == nil {
			moves[from] = map[string]float64{}
		}
		moves[from][to] += float64(n)
	}
	var channels []string
	for _, j := range journeys {
		if len(j.Channels) == 0 || j.Times <= 0 {
			continue
		}
		at := start
		for _, c := range j.Channels {
			if !slices.Contains(channels, c) {
				channels = append(channels, c)
			}
			step(at, c, j.Times)
			at = c
		}
		end := lost
		if j.Converted {
			end = converted
		}
		step(at, end, j.Times)
	}
	sort.Strings(channels) // so that rounding does not depend on the order of journeys
	states := append([]string{start}, channels...)
	index := map[string]int{}
	for i, s := range states {
		index[s] = i
	}
	// chance solves P = A·P + b: P of a state is the chance to convert from it.
	chance := func(without string) float64 {
		n := len(states)
		a := make([][]float64, n)
		for i, s := range states {
			a[i] = make([]float64, n+1)
			a[i][i] = 1
			sum := 0.0
			for _, w := range moves[s] {
				sum += w
			}
			if s == without || sum == 0 {
				continue
			}
			for to, w := range moves[s] {
				if to == converted {
					a[i][n] += w / sum
				} else if k, is := index[to]; is {
					a[i][k] -= w / sum
				}
			}
		}
		p, ok := solve(a)
		if !ok {
			return 0
		}
		return clamp(p[0], 0, 1)
	}
	all := chance("")
	if len(channels) == 0 || all <= 0 {
		return Credit{}
	}
	out, sum := Credit{}, 0.0
	for _, c := range channels {
		out[c] = math.Max(0, 1-chance(c)/all)
		sum += out[c]
	}
	for c := range out {
		out[c] /= sum // over 0: without the last channel of a way that converted, that way does not
	}
	return out
}

// solve works out a square system beside its right side by Gauss and Jordan with pivots.
func solve(a [][]float64) ([]float64, bool) {
	n := len(a)
	for c := range n {
		p := c
		for r := c + 1; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[p][c]) {
				p = r
			}
		}
		if math.Abs(a[p][c]) < 1e-12 {
			return nil, false
		}
		a[c], a[p] = a[p], a[c]
		for r := range n {
			if r == c {
				continue
			}
			f := a[r][c] / a[c][c]
			for x := c; x <= n; x++ {
				a[r][x] -= f * a[c][x]
			}
		}
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = a[i][n] / a[i][i]
	}
	return out, true
}
