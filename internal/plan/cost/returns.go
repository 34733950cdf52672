package cost

import "github.com/entente/entente/internal/plan/schedule"

// Return is what is got for what is spent: ROI = (benefit − cost) / cost. Known is false where nothing is spent.
type Return struct {
	Known           bool
	ROI, Low, High  float64
	Payback         schedule.Day // the end of the month from which on benefits have made up for costs; no day when they never do
	Earliest, Least schedule.Day // the same with the high, and with the low benefit and the reserve spent
}

// Returns weighs the pieces of benefits (low, likely, high) against those of costs. The low end takes the reserve as spent too.
func Returns(costs []Piece, reserve int64, low, likely, high []Piece) Return {
	c := Total(costs)
	if c <= 0 {
		return Return{}
	}
	roi := func(benefit, cost int64) float64 { return float64(benefit-cost) / float64(cost) }
	_, last := Bounds(costs)
	held := append(append([]Piece(nil), costs...), Piece{last, last, reserve})
	return Return{Known: true, ROI: roi(Total(likely), c), Low: roi(Total(low), c+reserve), High: roi(Total(high), c),
		Payback: payback(costs, likely), Earliest: payback(costs, high), Least: payback(held, low)}
}

// payback is the end of the month after which benefits never again are less than costs.
func payback(costs, benefits []Piece) schedule.Day {
	first, last := Bounds(append(append([]Piece(nil), costs...), benefits...))
	if first == 0 {
		return 0
	}
	var since schedule.Day
	for month := first.FirstOfMonth(); month <= last; month = month.AddMonths(1) {
		end := month.AddMonths(1) - 1
		switch made := Until(benefits, end) >= Until(costs, end); {
		case !made:
			since = 0
		case since == 0:
			since = end
		}
	}
	return since
}
