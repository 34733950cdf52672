package hours

import (
	"fmt"
	"strings"
)

// ParseDay reads times of a day such as 9-12, 14:00–18:30.
func ParseDay(text string) (list []Stretch, ok bool) {
	for part := range strings.SplitSeq(strings.NewReplacer("–", "-", "—", "-", "h", ":", "H", ":", ";", ",").Replace(text), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		from, to, found := strings.Cut(part, "-")
		a, first := minutes(from)
		b, second := minutes(to)
		if !found || !first || !second {
			return nil, false
		}
		list = append(list, Stretch{From: a, To: b})
	}
	return list, true
}

func minutes(text string) (int, bool) {
	hour, minute := 0, 0
	text = strings.TrimSuffix(strings.TrimSpace(text), ":")
	if n, err := fmt.Sscanf(text+" ", "%d:%d ", &hour, &minute); err != nil || n != 2 {
		minute = 0
		if n, err := fmt.Sscanf(text+" ", "%d ", &hour); err != nil || n != 1 || strings.Contains(text, ":") {
			return 0, false
		}
	}
	return hour*60 + minute, hour >= 0 && hour <= 24 && minute >= 0 && minute < 60
}
