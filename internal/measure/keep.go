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
	ofThread // a question, which depends on what is said in its thread
	ofFirst  // the first contribution of somebody, which depends on those that follow
	things   // how many there are
)

// family is how many things share numbers: the hour times that many, and those of later migrations from further on.
const (
	family  = 4
	further = 1 << 40
)

// places is the numbers of a thing from one hour to before another.
func (t thing) places(from, to int64) (begin, end int64) {
	base := int64(t) / family * further
	return base + from*family, base + to*family
}

// placed is what a number stands for.
func placed(place int64) (t thing, hour int64) {
	base := int64(0)
	if place >= further/2 {
		base = further
	}
	hour = floor(place-base, family)
	return thing(place - base - hour*family + base/further*family), hour
}

// keeping is a measure with a filter whose facts are kept by the day.
type keeping struct {
	id     string
	m      kpi.Measure
	f      Filter
	thing  thing
	moving bool // facts may change as time goes by
	whose  bool // it matters whose they are
	when   bool // it matters when within the hour they were
	spread bool // facts of periods are among them, which are kept on the day on which they begin
}

// periods is which facts of periods stand in the hours of a key.
func (k keeping) periods() kpi.Periods {
	if k.spread {
		return kpi.Beginning
	}
	return kpi.Reaching
}

// kept reports whether the facts of a measure are kept: whether what it counts in an hour follows from rows that note that hour when they
// change. It is decided by its SQL.
func kept(m kpi.Measure, f Filter) (keeping, bool) {
	k := keeping{m: m, f: f}
	if m.Made != nil || m.Between != nil && !m.Within || len(m.Parts) > 200 || len(m.Pending()) > 0 {
		return k, false
	}
	k.when = m.Clock == kpi.Business || m.Between != nil
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
	case m.Facts != nil && !m.Hourly, m.Spread != (src.Until != ""):
		return k, false
	default:
		var ok bool
		if k.thing, ok = rowsOf(src.At, text); !ok {
			return k, false
		}
	}
	k.whose, k.spread = src.Key != "" || m.Confused, m.Spread // what people said of posts is told by a key
	k.when = k.when || k.spread
	if k.whose || k.when {
		text += "\n" + src.Key + "\n" + src.Until
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
	posts := func(alias, of string) bool { // whether all posts beside the first are found by that
		return count["post"] == 1+strings.Count(text, "FROM post "+alias+" WHERE "+of)
	}
	switch at {
	case "p.at", "m.at", "l.post_at":
		// The channel of a community is made with it, before anything is said there, and stays.
		if held := strings.Count(text, "g.member = p.member AND g.given_at <= p.at"); !only("post", "mention", "enrichment", "post_label", "community", "certificate") || count["certificate"] != held { // which are noted too
			return 0, false
		}
		switch {
		case count["post"] <= 1,
			count["post"] == 2 && strings.Contains(text, "JOIN post q ON q.id = p.parent"),                                                           // whose author stays
			count["post"] == 2 && strings.Contains(text, "FROM post o WHERE o.id = p.parent AND o.ours = 1"),                                         // is noted when that changes
			count["post"] == 2 && strings.Contains(text, "FROM post q WHERE q.id = p.root AND q.accepted = p.external_id AND q.channel = p.channel"): // is noted too
			return ofPost, true
		case !only("post", "community"): // the others note the hour of the post alone
			return 0, false
		case posts("r", "r.root = p.root") && strings.Contains(text, "p.kind = 'question'"):
			return ofThread, true
		case posts("r", "r.author = p.author") && strings.Contains(text, "p.ours = 0") && strings.Contains(text, "(r.at, r.id) < (p.at, p.id)"):
			return ofFirst, true
		}
		return 0, false
	case "c.opened_at":
		// Posts are those of its thread, found by its root.
		followed := strings.Count(text, kpi.FollowedUp) // by an answer elsewhere, which is noted too
		return ofOpening, only("conversation", "conversation_author", "conversation_span", "post", "mention", "enrichment") && count["conversation"] == 1+followed && count["conversation_author"] == followed &&
			count["post"] == strings.Count(text, "root = c.root")+followed && count["conversation_span"] == strings.Count(text, "conversation = c.id")
	case "f.at":
		return ofFact, only("business_fact") && count["business_fact"] == 1+strings.Count(text, "g.kind = 'lead'") && strings.Count(text, "g.kind = 'lead'") == strings.Count(text, "g.ref = f.external")
	}
	return 0, false
}
