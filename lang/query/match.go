package query

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/entente/entente/lang"
)

// Match says whether q means d. Make d with [NewDoc]; otherwise it is tokenised at each call.
func (q *Query) Match(d *Doc) bool {
	if q.Empty() || d == nil {
		return false
	}
	if !d.ready {
		d = NewDoc(*d, nil)
	}
	return q.root.match(d)
}

func (n *node) match(d *Doc) bool {
	switch n.op {
	case opAnd:
		for _, k := range n.kids {
			if !k.match(d) {
				return false
			}
		}
		return true
	case opOr:
		for _, k := range n.kids {
			if k.match(d) {
				return true
			}
		}
		return false
	case opNot:
		return !n.kids[0].match(d)
	case opWords:
		return n.matchWords(d)
	case opNear:
		return len(n.spans(d)) > 0
	}
	return n.matchField(d)
}

func (n *node) matchWords(d *Doc) bool {
	if n.near > 0 {
		return n.matchNear(d)
	}
	if len(n.words) == 1 && n.prefix {
		for i := range d.toks {
			if n.fits(d, i) {
				return true
			}
		}
		return false
	}
	i, ok := d.index[n.words[0].stems()[d.lang]]
	for ok && i >= 0 {
		if n.fits(d, int(i)) {
			return true
		}
		i = d.toks[i].before
	}
	return false
}

// fits says whether the words of n stand at tok i of d.
func (n *node) fits(d *Doc, i int) bool {
	if i+len(n.words) > len(d.toks) || n.scope != anywhere && d.toks[i].part != n.scope {
		return false
	}
	for k := range n.words {
		t, w := &d.toks[i+k], &n.words[k]
		if t.at != d.toks[i].at+int32(k) {
			return false
		}
		if n.prefix && k == len(n.words)-1 {
			if !strings.HasPrefix(t.term, w.term) {
				return false
			}
			continue
		}
		if t.stem != w.stems()[d.lang] || n.exact && !sameSpelling(t.raw, w.raw) {
			return false
		}
	}
	return true
}

func sameSpelling(text, query string) bool {
	if text == query {
		return true
	}
	text, query = norm.NFC.String(text), norm.NFC.String(query)
	rest, ok := strings.CutPrefix(text, query)
	return ok && (rest == "" || rest == "'s" || rest == "’s")
}

// matchNear goes through the post once and remembers where each word of n stood last.
func (n *node) matchNear(d *Doc) bool {
	last := make([]int32, len(n.words))
	for i, w := range n.words {
		if _, ok := d.index[w.stems()[d.lang]]; !ok {
			return false
		}
		last[i] = -1 << 30
	}
	width := int32(len(n.words) + n.near - 1) // below the distance between two parts of a post
	for i := range d.toks {
		t := &d.toks[i]
		if n.scope != anywhere && t.part != n.scope {
			continue
		}
		hit := false
		for k := range n.words {
			if n.words[k].stems()[d.lang] == t.stem {
				last[k], hit = t.at, true
			}
		}
		if hit && t.at-slices.Min(last) < width {
			return true
		}
	}
	return false
}

func (n *node) matchField(d *Doc) bool {
	v := n.value
	switch n.field {
	case "url":
		return n.inLinks(d.URL, d.links)
	case "site":
		host := siteOf(d.URL)
		return host == v || strings.HasSuffix(host, "."+v)
	case "author":
		return runsMatch(v, d.Author) || runsMatch(v, d.AuthorName)
	case "lang":
		code := strings.ToLower(d.Lang)
		if v == unknown {
			return code == ""
		}
		return code == v || lang.Base(code) == v
	case "channel":
		return runsMatch(v, d.Channel)
	case "kind":
		return sameLabel(v, kindOf(d.Kind)) || slices.ContainsFunc(d.Kinds, func(k string) bool { return sameLabel(v, k) })
	case "sentiment":
		return sameLabel(v, d.Sentiment) || v == unknown && d.Sentiment == ""
	case "emotion":
		return sameLabel(v, d.Emotion) || v == unknown && d.Emotion == ""
	case "in":
		return runsMatch(v, d.In)
	case "followers":
		return n.low <= d.Followers && d.Followers <= n.high
	case "tag":
		key, isPrefix := tagKey(v), strings.HasSuffix(v, "*")
		return slices.ContainsFunc(d.tags, func(t string) bool { return t == key || isPrefix && strings.HasPrefix(t, key) })
	}
	now := d.Now
	if now.IsZero() {
		now = time.Now()
	}
	return n.inTime(d.At, now)
}

func (n *node) inLinks(url string, links []string) bool {
	v := strings.ToLower(strings.Trim(n.value, "*"))
	return strings.Contains(strings.ToLower(url), v) ||
		slices.ContainsFunc(links, func(l string) bool { return strings.Contains(strings.ToLower(l), v) })
}

func (n *node) inTime(at, now time.Time) bool {
	if n.field == "since" {
		return !at.Before(n.when.start(now))
	}
	return at.Before(n.when.stop(now))
}

// kindOf is what a post is there; plain posts say nothing.
func kindOf(kind string) string {
	if kind == "" {
		return "post"
	}
	return kind
}

func sameLabel(value, label string) bool { return label != "" && value == lang.Fold(label) }

// runsMatch says whether the words of value stand one after the other in s; a final * lets the last one go on.
func runsMatch(value, s string) bool {
	want, have := foldRuns(value), foldRuns(s)
	isPrefix := strings.HasSuffix(value, "*")
	for i := 0; i+len(want) <= len(have) && len(want) > 0; i++ {
		last := len(want) - 1
		if slices.Equal(have[i:i+last], want[:last]) &&
			(have[i+last] == want[last] || isPrefix && strings.HasPrefix(have[i+last], want[last])) {
			return true
		}
	}
	return false
}
