package feed

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
)

// limitsOf reads how many calls are left, in the fields that servers use for it: RateLimit as the IETF's httpapi group drafts it, in its
// present form and the one before with a field for each value, and what X-RateLimit-* has long meant.
func limitsOf(header http.Header, now time.Time) channel.Limits {
	remaining, reset := "", ""
	if line := header.Get("RateLimit"); line != "" {
		for part := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			switch name, value, _ := strings.Cut(part, "="); strings.ToLower(name) {
			case "r", "remaining":
				remaining = value
			case "t", "reset":
				reset = value
			}
		}
	}
	for _, prefix := range []string{"RateLimit-", "X-RateLimit-", "X-Rate-Limit-"} {
		if remaining == "" {
			remaining, reset = header.Get(prefix+"Remaining"), header.Get(prefix+"Reset")
		}
	}
	left, err := strconv.ParseFloat(strings.TrimSpace(remaining), 64)
	if err != nil || !(left >= 0 && left < 1e9) {
		return channel.Limits{}
	}
	l := channel.Limits{Counted: true, Remaining: int(left)}
	if n, err := strconv.ParseFloat(strings.TrimSpace(reset), 64); err == nil && n >= 0 {
		wait := time.Duration(min(n, latest.Seconds()) * float64(time.Second))
		if n > 1e9 { // the time itself, in seconds since 1970
			wait = min(max(time.Unix(int64(min(n, 1e11)), 0).Sub(now), 0), latest)
		}
		l.ResetAt = now.Add(wait).UTC().Truncate(time.Second)
	}
	return l
}
