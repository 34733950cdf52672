package measure

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/entente/entente/internal/measure/kpi"
)

// thing is what a measure counts, as measure_touch tells what changed.
type thing int64

// The things; the numbers are in the migration.
const (
	ofPost thing = iota
	ofOpening
	ofSpan
	ofFact
	things // how many there are
)

func (t thing) place(hour int64) int64 { return hour*int64(things) + int64(t) }

// keeping is a measure with a filter whose facts are kept by the day.
type keeping struct {
	id     string
	m      kpi.Measure
	f      Filter
	thing  thing
	moving bool // facts may change as time goes by
}

// kept reports whether the facts of a measure are kept: whether what it counts in an hour follows from rows that note that hour when they
// change. It is decided by its SQL. What it does not hold for, such as answers within seven days and distinct persons, is read directly.
func kept(m kpi.Measure, f Filter) (keeping, bool) {
	k := keeping{m: m, f: f}
	if m.Over != "" || m.Clock == kpi.Business || m.Between != nil || len(m.Parts) > 200 || len(m.Pending()) > 0 {
		return k, false
	}
	ask := func(now time.Time) kpi.Source {
		from := time.Unix(0, 0).UTC()
		return m.Source(kpi.Ask{Cuts: []time.Time{from, from.Add(day)}, Now: now, Filter: f})
	}
	src := ask(forever())
	text := strings.Join([]string{src.Table, src.At, src.Part, src.For, src.Open, src.Sum, src.Currency, src.N, src.Where.String()}, "\n")
	switch {
	case m.Stock:
		narrowed := f
		narrowed.Channel, narrowed.Member = "", ""
		if m.Changes == nil || narrowed != (Filter{}) {
			return k, false
		}
		k.thing = ofSpan
	case src.Key != "" || src.Until != "" || m.Spread || m.Facts != nil && !m.Hourly:
		return k, false
	default:
		var ok bool
		if k.thing, ok = rowsOf(src.At, text); !ok {
			return k, false
		}
	}
	other := ask(forever().AddDate(-150, 0, 0))
	k.moving = m.Moving || src.For != "" || fmt.Sprint(src) != fmt.Sprint(other) || fmt.Sprint(src.Where.Args) != fmt.Sprint(other.Where.Args)
	filter, _ := json.Marshal(f) // texts always marshal
	hash := sha256.Sum256([]byte(fmt.Sprintf("%d %s %s %v %v %s\n%s\n%v", version, m.ID, filter, m.Parts, m.Stock, m.Version, text, src.Where.Args)))
	k.id = base64.RawURLEncoding.EncodeToString(hash[:18])
	return k, true
}

var named = regexp.MustCompile(`(?i)\b(?:FROM|JOIN)\s+([a-z_]+)`)

// rowsOf says by the column of the time whose hour the facts of a statement follow, and whether it reads nothing else.
func rowsOf(at, text string) (thing, bool) {
	count := map[string]int{}
	for _, t := range named.FindAllStringSubmatch("FROM "+text, -1) {
		count[strings.ToLower(t[1])]++
	}
	only := func(tables ...string) bool {
		n := 0
		for _, t := range tables {
			n += count[t]
		}
		all := 0
		for _, k := range count {
			all += k
		}
		return n == all
	}
	switch at {
	case "p.at", "m.at", "l.post_at":
		// The channel of a community is made with it, before anything is said there, and stays.
		return ofPost, only("post", "mention", "enrichment", "post_label", "community") && count["post"] <= 1
	case "c.opened_at":
		// Posts are those of its thread, found by its root.
		return ofOpening, only("conversation", "conversation_span", "post", "mention", "enrichment") && count["conversation"] == 1 &&
			count["post"] == strings.Count(text, "root = c.root") && count["conversation_span"] == strings.Count(text, "conversation = c.id")
	case "f.at":
		return ofFact, only("business_fact") && count["business_fact"] == 1
	}
	return 0, false
}
