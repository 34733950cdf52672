package query

import (
	"slices"
	"strings"

	"github.com/entente/entente/lang"
)

// Value is what a query wants of a field that is a name, and where it stands in the source.
type Value struct {
	Field, Value string
	Start, End   int
}

// Values lists what q wants of some fields, leaving out what it only excludes.
func (q *Query) Values(fields ...string) []Value {
	if q.Empty() {
		return nil
	}
	var out []Value
	var walk func(n *node)
	walk = func(n *node) {
		switch {
		case n.op == opNot:
			return
		case n.op == opField && slices.Contains(fields, n.field):
			out = append(out, Value{n.field, n.value, int(n.start), int(n.end)})
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(q.root)
	return out
}

// String is v as a query has it.
func (v Value) String() string { return (&node{op: opField, field: v.Field, value: v.Value}).String() }

// Fits reports whether v finds posts whose author, channel, place, tag or, for site:, link is s.
func (v Value) Fits(s string) bool {
	switch v.Field {
	case "site":
		host := siteOf(s)
		return host == v.Value || strings.HasSuffix(host, "."+v.Value)
	case "tag":
		key, have := tagKey(v.Value), tagKey(s)
		return have == key || strings.HasSuffix(v.Value, "*") && strings.HasPrefix(have, key)
	}
	return runsMatch(v.Value, s)
}

// Meant is v with that of some names of which it may be a misspelling, the first of those as near; "" for none. Names are as [Value.Fits] takes them.
func (v Value) Meant(names []string) string {
	if strings.HasSuffix(v.Value, "*") {
		return ""
	}
	want := v.key(v.Value)
	best, found := 3, ""
	try := func(key, value string) {
		if d := apart(want, key, best); d < best {
			best, found = d, value
		}
	}
	one := len(foldRuns(v.Value)) == 1
	for _, name := range names {
		switch v.Field {
		case "site":
			host := siteOf(name)
			try(host, host)
			if ours, theirs := withoutEnd(want), withoutEnd(host); best > 2 && ours == theirs && len(ours) > 3 {
				best, found = 2, host
			}
		case "tag":
			try(v.key(name), strings.TrimLeft(name, "#"))
		default:
			try(v.key(name), name)
			for _, run := range foldRuns(name) {
				if one && len(run) > 3 {
					try(run, run)
				}
			}
		}
	}
	if found == "" {
		return ""
	}
	v.Value = strings.ReplaceAll(found, `"`, "")
	return v.String()
}

func (v Value) key(s string) string {
	switch v.Field {
	case "site":
		return siteOf(s)
	case "tag":
		return tagKey(s)
	}
	return strings.Join(foldRuns(s), "")
}

// withoutEnd is a host without its last label.
func withoutEnd(host string) string {
	if i := strings.LastIndexByte(host, '.'); i > 0 {
		return host[:i]
	}
	return host
}

// apart is the edit distance of two keys if it is below most, else most: one edit in three letters or more, two in eight; two letters in each other's place are one edit.
func apart(a, b string, most int) int {
	if d := len(a) - len(b); d >= most || -d >= most || a == b {
		return most
	}
	d := distance(a, b)
	if d == 2 && swapped(a, b) {
		d = 1
	}
	if least := min(len(a), len(b)); d < most && (d == 1 && least > 2 || d == 2 && least > 7) {
		return d
	}
	return most
}

// swapped reports whether a and b differ in the order of two letters only.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// Site is the host of a link, as site: compares it: in lower case, without "www.".
func Site(link string) string { return siteOf(link) }

// TagsIn lists the #tags in a text.
func TagsIn(text string) []string {
	var out []string
	if strings.IndexByte(text, '#') < 0 && !strings.Contains(text, "＃") {
		return nil
	}
	lang.Walk(head(text, maxText), func(t lang.Token) bool {
		if t.Kind == lang.Tag {
			out = append(out, text[t.Start:t.End])
		}
		return true
	})
	return out
}
