package feed

import (
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/plain"
	"github.com/entente/entente/internal/ledger"
)

const (
	maxTitle = 500
	maxName  = 200
	maxID    = 500
	maxURL   = 2000
	maxTag   = 100
)

// read turns what is written into posts.
func (d *document) read(base string, now time.Time) (Feed, []channel.Skipped) {
	f := Feed{
		Format:  d.format,
		Version: d.version,
		Title:   plain.Line(d.title.plain(), maxTitle),
		Lang:    langTag(d.lang),
		Every:   d.pace.every(),
		pace:    d.pace,
	}
	f.FeedLink = link(d.self, base)
	f.Link = link(d.link, base)
	site := first(f.Link, f.FeedLink, link(base, ""))
	within := first(f.Link, base)
	shared := sharedIDs(d.entries)
	seen := make(map[string]bool, len(d.entries))
	var faults faults
	f.Items = make([]channel.Item, 0, len(d.entries))
	for i := range d.entries {
		it := &d.entries[i]
		item := it.post(d, f, within, site, now)
		if item.Title == "" && item.Text == "" {
			faults.add(first(it.id, it.link, "item "+strconv.Itoa(i+1)), "feed.empty_item", "")
			continue
		}
		item.ExternalID = it.externalID(item, shared)
		if seen[item.ExternalID] {
			faults.add(item.ExternalID, "feed.duplicate", "")
			continue
		}
		seen[item.ExternalID] = true
		f.Items = append(f.Items, item)
	}
	return f, faults.close(nil)
}

// post reads one item.
func (it *entry) post(d *document, f Feed, within, site string, now time.Time) channel.Item {
	var out channel.Item
	out.Title = plain.Line(it.title.plain(), maxTitle)
	out.Text = it.content.plain()
	if out.Text == "" {
		out.Text = it.summary.plain()
	}
	out.URL = link(it.link, first(it.base, within))
	out.Lang = first(langTag(it.lang), f.Lang)
	switch {
	case len(it.replyTo) > 0:
		out.Kind = "comment"
		for _, ref := range it.replyTo {
			out.InReplyTo = append(out.InReplyTo, bounded(ref))
		}
	case out.Title != "":
		out.Kind = "article"
	}
	out.Tags = tags(it.categories)
	for _, e := range it.enclosures {
		if a, ok := e.attachment(); ok {
			out.Attachments = append(out.Attachments, a)
		}
	}
	out.Author = it.author(d, f, within, site)
	out.AuthorName = out.Author.Name
	for _, written := range [...]string{it.published, it.updated} {
		if at, ok := parseDate(written); ok && !at.After(now.Add(24*time.Hour)) {
			out.At = at
			break
		}
	}
	out.Dated = out.At.IsZero()
	return out
}

// plain gives the text without markup.
func (p prose) plain() string {
	switch {
	case p.text == "":
		return ""
	case p.form == literal:
		return plain.Tidy(p.text)
	case p.form == hyper, plain.Looks(p.text):
		return plain.FromHTML(p.text)
	case strings.IndexByte(p.text, '&') >= 0:
		return plain.Tidy(decode(p.text))
	}
	return plain.Tidy(p.text)
}

// sharedIDs finds the ids that several different items of a feed carry; such an id names none of them.
func sharedIDs(entries []entry) map[string]bool {
	seen := make(map[string]int, len(entries))
	var shared map[string]bool
	for i := range entries {
		id := entries[i].id
		if id == "" {
			continue
		}
		j, again := seen[id]
		if !again {
			seen[id] = i
			continue
		}
		if a, b := &entries[i], &entries[j]; a.link != b.link || a.title.text != b.title.text {
			if shared == nil {
				shared = map[string]bool{}
			}
			shared[id] = true
		}
	}
	return shared
}

func (it *entry) externalID(item channel.Item, shared map[string]bool) string {
	id := it.id
	switch {
	case id != "" && !shared[id]:
	case id != "":
		id = bounded(id) + "#" + sum(it.link, it.title.text, it.published)
	case item.URL != "":
		id = item.URL
	case it.about != "":
		id = it.about
	case item.Title != "" || it.published != "":
		id = "sum:" + sum(item.Title, it.published)
		if item.Title == "" {
			id = "sum:" + sum(item.Text, it.published)
		}
	default:
		id = "sum:" + sum(item.Text)
	}
	return bounded(id)
}

func bounded(id string) string {
	if len(id) > maxID {
		return strings.ToValidUTF8(id[:maxID-24], "") + "#" + sum(id)
	}
	return id
}

func sum(parts ...string) string { return strconv.FormatUint(hash(parts...), 16) }

// hash is FNV-1a over the parts, each ended by a zero. It is kept in cursors, so it must stay what it is.
func hash(parts ...string) uint64 {
	h := uint64(14695981039346656037)
	for _, p := range parts {
		for i := range len(p) {
			h = (h ^ uint64(p[i])) * 1099511628211
		}
		h *= 1099511628211
	}
	return h
}

// author finds who speaks: the item's own, that of the feed it was taken from, that of the feed, or the site itself.
func (it *entry) author(d *document, f Feed, within, site string) ledger.Address {
	var who person
	switch {
	case len(it.authors) > 0:
		who = it.authors[0]
	case !it.source.empty():
		who = it.source
	case len(d.authors) > 0:
		who = d.authors[0]
	}
	name := plain.Line(prose{text: who.name}.plain(), maxName)
	mail := strings.ToLower(strings.TrimPrefix(who.mail, "mailto:"))
	place := secure(site)
	switch uri := secure(link(who.uri, within)); {
	case address(mail) && !nobody(mail):
		return ledger.Address{URI: "mailto:" + mail, Name: name}
	case uri != "":
		return ledger.Address{URI: uri, Name: name}
	case name != "" && place != "":
		return ledger.Address{URI: withoutFragment(place) + "#" + slug(name), Name: name}
	}
	return ledger.Address{URI: place, Name: first(name, f.Title)}
}

// nobody reports whether a mailbox is one that programs put in for every author alike.
func nobody(mail string) bool {
	local, _, _ := strings.Cut(mail, "@")
	local = strings.NewReplacer("-", "", "_", "", ".", "").Replace(local)
	return local == "noreply" || local == "donotreply" || local == "nobody" || local == "nepasrepondre"
}

// slug is a name as it may stand after # in an address: lower case letters and digits, hyphens between.
func slug(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(name) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		} else {
			gap = true
		}
	}
	if b.Len() == 0 {
		return sum(name)
	}
	return url.PathEscape(b.String())
}

// secure names a web address as an identity: always https, because the same place must not be two identities.
func secure(uri string) string {
	if rest, ok := strings.CutPrefix(uri, "http://"); ok {
		return "https://" + rest
	}
	return uri
}

func withoutFragment(uri string) string {
	before, _, _ := strings.Cut(uri, "#")
	return before
}

// link makes a web address of ref, or "".
func link(ref, base string) string {
	ref = strings.TrimSpace(ref)
	if ref == "" || len(ref) > maxURL {
		return ""
	}
	if strings.ContainsAny(ref, " \n\r\t") {
		ref = strings.NewReplacer(" ", "%20", "\n", "", "\r", "", "\t", "").Replace(ref)
	}
	if !absolute(ref) {
		if base == "" && strings.HasPrefix(ref, "//") {
			base = "https://"
		}
		if base == "" {
			return ""
		}
		ref = resolve(base, ref)
	}
	u, err := url.Parse(ref)
	if err != nil || u.Host == "" {
		return ""
	}
	switch u.Scheme {
	case "http", "https":
	default:
		return ""
	}
	if u.User != nil {
		u.User = nil
		return u.String()
	}
	if lower := strings.ToLower(u.Host); lower != u.Host {
		u.Host = lower
		return u.String()
	}
	if strings.HasPrefix(ref, u.Scheme) {
		return ref
	}
	return u.String()
}

func tags(categories []string) []string {
	var out []string
	for _, c := range categories {
		tag := plain.Line(decode(c), maxTag)
		if tag != "" && !slices.Contains(out, tag) {
			out = append(out, tag)
		}
	}
	return out
}

// langTag keeps what has the form of a language tag.
func langTag(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "_", "-")
	if len(s) < 2 || len(s) > 35 {
		return ""
	}
	for i := range len(s) {
		c := s[i]
		if c|0x20 < 'a' || c|0x20 > 'z' {
			if i < 2 || c != '-' && (c < '0' || c > '9') {
				return ""
			}
		}
	}
	return strings.ToLower(s)
}

func (e enclosure) attachment() (ledger.Attachment, bool) {
	u, err := url.Parse(e.url)
	if err != nil || len(e.url) > maxURL {
		return ledger.Attachment{}, false
	}
	name := path.Base(u.Path)
	if name == "." || name == "/" {
		name = u.Host
	}
	size, err := strconv.ParseInt(strings.TrimSpace(e.length), 10, 64)
	if err != nil || size < 0 {
		size = 0
	}
	return ledger.Attachment{Name: plain.Line(name, maxName), Type: plain.Line(e.kind, maxTag), Size: size}, name != ""
}
