package strategyweb

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/strategy"
)

// Where a measure is heading is told only when that says something.
func TestHeading(t *testing.T) {
	t.Parallel()
	ctx := i18n.With(context.Background(), "en", time.UTC)
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	st := strategy.Standing{Objective: strategy.Objective{DueAt: at.AddDate(0, 0, 42)}}
	random := rand.New(rand.NewPCG(3, 4))
	chance := make([]float64, 26)
	for i := range chance {
		chance[i] = 40 + 4*random.NormFloat64()
	}
	for name, c := range map[string]struct {
		values []float64
		days   int
		shared bool
		want   string
	}{
		"chance alone":           {chance, 7, true, "No clear trend"},
		"a clear rise":           {[]float64{1, 3, 5, 6, 9, 11, 13, 14, 17, 19, 21, 22}, 7, true, "Rising"},
		"further than the line":  {[]float64{1, 3, 2, 4, 3, 5, 4, 5, 6, 5, 6, 5, 7, 6, 7, 6, 8, 7, 8, 9, 20}, 7, true, "No straight line fits: through 21 points it would give"},
		"few":                    {[]float64{3, 4, 5}, 7, true, "Too few numbers (3 of at least 6)"},
		"few without common day": {chance[:13], 28, true, "Too few periods of 28 days that share none (4 of at least 6)"},
		"alike":                  {[]float64{10, 12, 15, 19, 24, 28, 30, 30, 27, 22, 16, 11, 9}, 28, false, "Its 13 numbers resemble each other"},
		"anything":               {[]float64{9, 1, 14, 3, 2, 12, 5, 4}, 7, true, "Too uncertain to say where it is heading: on 5"},
	} {
		course := strategy.Course{Reading: strategy.Reading{Measure: strategy.Measure{Days: c.days}, Unit: kpi.Posts, Why: strategy.Judged}}
		if c.shared {
			course.Shared = time.Duration(c.days) * 24 * time.Hour
		}
		for i, v := range c.values {
			course.Points = append(course.Points, strategy.CoursePoint{At: at.AddDate(0, 0, -7*(len(c.values)-1-i)), Value: stat.Estimate{Value: v, N: 9, Grade: stat.Enough}})
		}
		if got := heading(ctx, course, st, strategy.Evaluation{At: at}); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
