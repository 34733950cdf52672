package stat

import "math"

// Kappa estimates Cohen's κ of two judges, in −1 to 1: how far they agree beyond what chance would make of their habits,
//
//	κ = (pₒ − pₑ) / (1 − pₑ),  SE = √(pₒ(1−pₒ) / (n(1−pₑ)²))        (Cohen 1960, Educ. Psychol. Meas. 20:37)
//
// counts holds how often one said the row and the other the column; it is square. When both always say the same one thing, chance
// explains all and there is no data. It assumes independent items.
func Kappa(counts [][]float64) Estimate {
	n, same := 0.0, 0.0
	rows, columns := make([]float64, len(counts)), make([]float64, len(counts))
	for i := range counts {
		if len(counts[i]) != len(counts) {
			return Estimate{}
		}
		for j, c := range counts[i] {
			if !(c >= 0) || math.IsInf(c, 0) {
				return Estimate{}
			}
			n += c
			rows[i] += c
			columns[j] += c
			if i == j {
				same += c
			}
		}
	}
	if n <= 0 {
		return Estimate{}
	}
	chance := 0.0
	for i := range rows {
		chance += rows[i] / n * columns[i] / n
	}
	if chance >= 1-1e-12 {
		return Estimate{N: int(n)}
	}
	observed := same / n
	value := (observed - chance) / (1 - chance)
	half := z95 * math.Sqrt(observed*(1-observed)/n) / (1 - chance)
	return Estimate{Value: value, Low: clamp(value-half, -1, 1), High: clamp(value+half, -1, 1), N: int(n), Grade: Enough, Bounded: true}
}
