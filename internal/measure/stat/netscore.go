package stat

import "math"

// NetSentiment estimates 100·(P−N)/(P+U+N), in −100 to 100: positive minus negative among all, neutral included.
// It is the same quantity as NPS with promoters, passives and detractors; the standard error is
//
//	100·√((p+d−(p−d)²)/n)        (cybaea.net 2016)
//
// where p and d are the shares of positive and negative. When n·(p+d−(p−d)²) is under 20 that normal interval is too
// narrow (with one opinion only it has no width at all), so the interval then adds three observations spread
// ¾, 1½, ¾ before applying the same formula (adjusted Wald; Bonett and Price 2012). Value is never adjusted.
// It assumes independent items and right labels: classifier error is not in the interval.
// A negative count gives no data.
func NetSentiment(positive, neutral, negative int) Estimate {
	n := positive + neutral + negative
	if positive < 0 || neutral < 0 || negative < 0 || n <= 0 {
		return Estimate{}
	}
	size := float64(n)
	value, variance := netMoments(float64(positive), float64(negative), size)
	middle, spread := value, variance/size
	if size*variance < 20 {
		var v float64
		middle, v = netMoments(float64(positive)+0.75, float64(negative)+0.75, size+3)
		spread = v / (size + 3)
	}
	half := z95 * math.Sqrt(spread)
	return Estimate{
		Value:   100 * value,
		Low:     100 * math.Min(value, clamp(middle-half, -1, 1)),
		High:    100 * math.Max(value, clamp(middle+half, -1, 1)),
		N:       n,
		Grade:   Enough,
		Bounded: true,
	}
}

// netMoments returns the mean and the variance of one observation worth +1, 0 or −1.
func netMoments(positive, negative, n float64) (mean, variance float64) {
	p, d := positive/n, negative/n
	return p - d, p + d - (p-d)*(p-d)
}

// NPS estimates the net promoter score, in −100 to 100, from counts of answers 9–10, 7–8 and 0–6. See NetSentiment.
func NPS(promoters, passives, detractors int) Estimate {
	return NetSentiment(promoters, passives, detractors)
}

// Polarity estimates 100·(P−N)/(P+N), in −100 to 100: neutral items are left out, so it is always further from zero than
// NetSentiment and the two must never share a chart. The interval is Wilson's on P/(P+N), rescaled. N counts opinions only.
func Polarity(positive, negative int) Estimate {
	if positive < 0 || negative < 0 {
		return Estimate{}
	}
	s := Share(positive, positive+negative)
	if !s.Defined() {
		return s
	}
	s.Value, s.Low, s.High = 100*(2*s.Value-1), 100*(2*s.Low-1), 100*(2*s.High-1)
	return s
}
