package feed

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	soonest = 5 * time.Minute
	latest  = 24 * time.Hour
)

// pace is how often a feed asks to be read.
type pace struct {
	For   time.Duration // between two readings; 0 when the feed does not say
	Hours uint32        // bits of the hours, in UTC, at which it does not want to be read
	Days  uint8         // bits of the days, Sunday first

	sy    time.Duration
	times int
}

func (p *pace) ttl(minutes string) {
	if n, err := strconv.Atoi(minutes); err == nil && n > 0 {
		p.For = max(p.For, clampMinutes(n))
	}
}

func clampMinutes(n int) time.Duration {
	return min(max(time.Duration(min(n, 24*60))*time.Minute, soonest), latest)
}

func (p *pace) period(s string) {
	const day = 24 * time.Hour
	switch strings.ToLower(s) {
	case "hourly":
		p.sy = time.Hour
	case "daily":
		p.sy = day
	case "weekly":
		p.sy = 7 * day
	case "monthly":
		p.sy = 30 * day
	case "yearly":
		p.sy = 365 * day
	}
}

func (p *pace) frequency(s string) {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		p.times = min(n, 10_000)
	}
}

func (p *pace) skipHour(s string) {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n <= 24 {
		p.Hours |= 1 << (n % 24)
	}
}

func (p *pace) skipDay(s string) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(s, day.String()) {
			p.Days |= 1 << day
		}
	}
}

// every is the time between two readings that the feed itself asks for.
func (p *pace) every() time.Duration {
	wait := p.For
	if p.sy > 0 {
		wait = max(wait, min(max(p.sy/time.Duration(max(p.times, 1)), soonest), latest))
	}
	return wait
}

// notBefore is when the feed may be read again after now, by its own word and that of the answer; zero when neither says.
func (p *pace) notBefore(now time.Time, header http.Header) time.Time {
	wait := max(p.every(), freshFor(header, now))
	if wait == 0 && p.Hours == 0 && p.Days == 0 {
		return time.Time{}
	}
	at := now
	if wait > 0 {
		at = now.Add(min(max(wait, soonest), latest))
	}
	const allHours = 1<<24 - 1
	if p.Hours == 0 && p.Days == 0 || p.Hours&allHours == allHours || p.Days == 1<<7-1 {
		if wait == 0 {
			return time.Time{}
		}
		return at
	}
	last := now.Add(latest)
	if wait == 0 {
		at = now.Add(soonest)
	}
	for at.Before(last) {
		u := at.UTC()
		if p.Hours&(1<<u.Hour()) == 0 && p.Days&(1<<u.Weekday()) == 0 {
			break
		}
		at = u.Truncate(time.Hour).Add(time.Hour)
	}
	if at.After(last) {
		at = last
	}
	return at
}

// freshFor is how long an answer says that it stays fresh (RFC 9111); 0 when it does not.
func freshFor(header http.Header, now time.Time) time.Duration {
	stated := false
	for _, line := range header.Values("Cache-Control") {
		for part := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			switch strings.ToLower(name) {
			case "no-cache", "no-store":
				return 0
			case "max-age":
				stated = true
				if n, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 64); err == nil && n > 0 {
					return min(time.Duration(min(n, 1<<31))*time.Second, latest)
				}
			}
		}
	}
	if stated {
		return 0
	}
	if at, err := http.ParseTime(header.Get("Expires")); err == nil {
		if sent, err := http.ParseTime(header.Get("Date")); err == nil {
			now = sent
		}
		return min(max(at.Sub(now), 0), latest)
	}
	return 0
}

// retryAfter reads the header of that name, in seconds or as a date; 0 when there is none. It is at most a day.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		return min(time.Duration(min(max(n, 0), 1<<31))*time.Second, latest)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), latest)
	}
	return 0
}
