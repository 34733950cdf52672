package feed

import (
	"net/http"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
)

func TestLimitsOf(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) time.Time { return now.Add(d) }
	for _, c := range []struct {
		header map[string]string
		want   channel.Limits
	}{
		{nil, channel.Limits{}},
		{map[string]string{"RateLimit": `"default";r=50;t=30`}, channel.Limits{Counted: true, Remaining: 50, ResetAt: in(30 * time.Second)}},
		{map[string]string{"RateLimit": "limit=100, remaining=0, reset=90"}, channel.Limits{Counted: true, ResetAt: in(90 * time.Second)}},
		{map[string]string{"RateLimit-Remaining": "3", "RateLimit-Reset": "60"}, channel.Limits{Counted: true, Remaining: 3, ResetAt: in(time.Minute)}},
		{map[string]string{"X-RateLimit-Remaining": "99.0", "X-RateLimit-Reset": "598"}, channel.Limits{Counted: true, Remaining: 99, ResetAt: in(598 * time.Second)}},
		{map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795262700"}, channel.Limits{Counted: true, ResetAt: time.Unix(1795262700, 0).UTC()}},
		{map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999999999999"}, channel.Limits{Counted: true, ResetAt: in(latest)}},
		{map[string]string{"X-RateLimit-Remaining": "7"}, channel.Limits{Counted: true, Remaining: 7}},
		{map[string]string{"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "5"}, channel.Limits{}},
		{map[string]string{"RateLimit": ";;=,r=NaN;t=x"}, channel.Limits{}},
	} {
		h := http.Header{}
		for k, v := range c.header {
			h.Set(k, v)
		}
		if got := limitsOf(h, now); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.header, got, c.want)
		}
	}
}
