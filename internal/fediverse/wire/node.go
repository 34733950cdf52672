// Package wire decides what a message of the fediverse says: bytes from anybody come in, one bounded shape without surprises goes out, and HTML of others
// becomes Markdown that shows no more than ours may. It fetches nothing and knows no database.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of one message.
const (
	MaxBytes   = 256 << 10
	maxNesting = 24   // brackets inside each other
	maxInside  = 3    // objects inside activities that are looked at
	maxList    = 50   // of each list
	maxID      = 1000 // bytes of an address
	maxContent = 120_000
	maxName    = 500
)

// Public is the collection that stands for everybody.
const Public = "https://www.w3.org/ns/activitystreams#Public"

// What is wrong with a message.
var (
	ErrLarge     = errors.New("the message is too large")
	ErrDeep      = errors.New("the message is nested too deeply")
	ErrMalformed = errors.New("the message cannot be read")
)

// Node is an activity, an object or an actor. What it does not say is empty; addresses are http or https, in one form, or empty.
type Node struct {
	ID, Type     string
	Actor        string
	AttributedTo string
	Object       *Node   // with nothing but its ID when only that was said
	Objects      []*Node // all of them, where several are
	Target       string
	InReplyTo    []string
	To           []string // with cc and audience
	Content      string   // HTML
	Name         string
	Summary      string
	Lang         string
	URL          string
	Published    time.Time
	Updated      time.Time
	Sensitive    bool
	Attachments  []Attachment

	// Of actors.
	Username    string
	Inbox       string
	SharedInbox string
	KeyID       string
	KeyOwner    string
	Key         string // PEM
	Bot         bool
}

// Attachment is a file beside an object; it is named, never loaded.
type Attachment struct{ Type, URL, Name string }

// Is reports whether the node is of one of the types.
func (n *Node) Is(types ...string) bool {
	for _, t := range types {
		if n.Type == t {
			return true
		}
	}
	return false
}

// Open reports whether everybody may read it.
func (n *Node) Open() bool {
	for _, to := range n.To {
		if to == Public {
			return true
		}
	}
	return false
}

// Addresses reports whether it is addressed to somebody.
func (n *Node) Addresses(actor string) bool {
	for _, to := range n.To {
		if to == actor {
			return true
		}
	}
	return false
}

// Parse reads a message.
func Parse(raw []byte) (*Node, error) {
	if len(raw) > MaxBytes {
		return nil, ErrLarge
	}
	if nesting(raw) > maxNesting {
		return nil, ErrDeep
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil || m == nil {
		return nil, ErrMalformed
	}
	if d.More() {
		return nil, ErrMalformed
	}
	n := node(m, 0)
	if n.Type == "" && n.Key == "" {
		return nil, ErrMalformed
	}
	return n, nil
}

// nesting is how many brackets stand inside each other, strings aside.
func nesting(raw []byte) int {
	depth, most, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > most {
				most = depth
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return most
}

func node(m map[string]any, inside int) *Node {
	n := &Node{ID: Address(first(m["id"])), Type: kind(m["type"]), Actor: ref(m["actor"]), AttributedTo: ref(m["attributedTo"]), Target: ref(m["target"])}
	n.InReplyTo = refs(m["inReplyTo"])
	for _, list := range []string{"to", "cc", "audience"} {
		n.To = append(n.To, refs(m[list])...)
	}
	n.Content, n.Lang = worded(m, "content", maxContent)
	n.Name, _ = worded(m, "name", maxName)
	n.Summary, _ = worded(m, "summary", maxName)
	if n.Lang == "" {
		n.Lang = lang(m["language"])
	}
	n.URL = page(m["url"])
	n.Published, n.Updated = moment(m["published"]), moment(m["updated"])
	n.Sensitive, _ = m["sensitive"].(bool)
	for _, v := range list(m["attachment"]) {
		if a, ok := v.(map[string]any); ok {
			n.attach(a)
		}
	}
	n.Username = text(first(m["preferredUsername"]), 100)
	n.Inbox = ref(m["inbox"])
	if e, ok := m["endpoints"].(map[string]any); ok {
		n.SharedInbox = ref(e["sharedInbox"])
	}
	n.Bot = n.Is("Service", "Application", "Group", "Organization")
	for _, v := range list(m["publicKey"]) {
		if k, ok := v.(map[string]any); ok && n.Key == "" {
			n.KeyID, n.KeyOwner, n.Key = Address(first(k["id"])), ref(k["owner"]), text(first(k["publicKeyPem"]), 8000)
		}
	}
	if pem := first(m["publicKeyPem"]); pem != "" && n.Key == "" { // the key as a document of its own
		n.KeyID, n.KeyOwner, n.Key = Address(first(m["id"])), ref(m["owner"]), text(pem, 8000)
	}
	for _, v := range list(m["object"]) {
		switch v := v.(type) {
		case string:
			if to := Address(v); to != "" {
				n.Objects = append(n.Objects, &Node{ID: to})
			}
		case map[string]any:
			if inside < maxInside {
				n.Objects = append(n.Objects, node(v, inside+1))
			}
		}
	}
	if len(n.Objects) > 0 {
		n.Object = n.Objects[0]
	}
	return n
}

func (n *Node) attach(a map[string]any) {
	to := page(a["url"])
	if to == "" {
		to = Address(first(a["href"]))
	}
	if to == "" || len(n.Attachments) >= 10 {
		return
	}
	name, _ := worded(a, "name", maxName)
	n.Attachments = append(n.Attachments, Attachment{Type: kind(a["type"]), URL: to, Name: name})
}

// list is a value as a list: what stands alone is a list of one.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v[:min(len(v), maxList)]
	}
	return []any{v}
}

func first(v any) string {
	for _, v := range list(v) {
		if s, ok := v.(string); ok {
			return s
		}
	}
	return ""
}

// kind is the type without its namespace.
func kind(v any) string {
	t := text(first(v), 100)
	return strings.TrimPrefix(strings.TrimPrefix(t, "https://www.w3.org/ns/activitystreams#"), "as:")
}

// ref is the address of what a value names: an address, or an object that has one.
func ref(v any) string {
	if all := refs(v); len(all) > 0 {
		return all[0]
	}
	return ""
}

func refs(v any) []string {
	var out []string
	for _, v := range list(v) {
		switch v := v.(type) {
		case string:
			switch v {
			case "as:Public", "Public":
				v = Public
			}
			if to := Address(v); to != "" {
				out = append(out, to)
			}
		case map[string]any:
			if to := Address(first(v["id"])); to != "" {
				out = append(out, to)
			}
		}
	}
	return out
}

// page is the address people are sent to: of several, the one of HTML.
func page(v any) string {
	best := ""
	for _, v := range list(v) {
		switch v := v.(type) {
		case string:
			if to := Address(v); to != "" && best == "" {
				best = to
			}
		case map[string]any:
			to := Address(first(v["href"]))
			if to != "" && (best == "" || first(v["mediaType"]) == "text/html") {
				best = to
			}
		}
	}
	return best
}

// worded is a text, in the language it says or the first of several by name, and that language.
func worded(m map[string]any, name string, most int) (words, in string) {
	if words = text(first(m[name]), most); words != "" {
		if all, ok := m[name+"Map"].(map[string]any); ok {
			for l, v := range all {
				if s, _ := v.(string); s == first(m[name]) {
					return words, lang(l)
				}
			}
		}
		return words, ""
	}
	all, ok := m[name+"Map"].(map[string]any)
	if !ok {
		return "", ""
	}
	for l, v := range all {
		if s, ok := v.(string); ok && (in == "" || l < in) {
			words, in = text(s, most), l
		}
	}
	return words, lang(in)
}

// lang is a language as a hint, "" for what is none.
func lang(v any) string {
	if m, ok := v.(map[string]any); ok {
		v = m["identifier"]
	}
	s, _ := v.(string)
	s, _, _ = strings.Cut(strings.ToLower(s), "-")
	if len(s) < 2 || len(s) > 3 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return s
}

func text(s string, most int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
	for len(s) > most {
		_, size := utf8.DecodeLastRuneInString(s[:most+1])
		s = strings.ToValidUTF8(s[:min(most, len(s)-size)], "")
	}
	return s
}

func moment(v any) time.Time {
	t, err := time.Parse(time.RFC3339Nano, first(v))
	if err != nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// Document is the address that is asked for to read what an address names: without its fragment.
func Document(address string) string {
	to, _, _ := strings.Cut(address, "#")
	return to
}

// Address is an http or https address in one form, "" for what is none: without a name and password in it, the host in lower case.
func Address(s string) string {
	if len(s) > maxID || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == utf8.RuneError }) {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Opaque != "" {
		return ""
	}
	u.Host = strings.ToLower(u.Host)
	if u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":443")
	} else {
		u.Host = strings.TrimSuffix(u.Host, ":80")
	}
	out := u.String()
	if again, err := url.Parse(out); err != nil || again.String() != out || len(out) > maxID {
		return ""
	}
	return out
}

// Host is the host of an address, with its port where it has one, "" for none.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.Host, ".")
}

// Named reports whether a host has a name as places in the world have: not a bare number, and one with a dot.
func Named(host string) bool {
	name := host
	if i := strings.LastIndexByte(host, ':'); i > 0 && !strings.HasSuffix(host, "]") {
		name = host[:i]
	}
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return false
	}
	return strings.Contains(strings.Trim(name, "."), ".") && !strings.ContainsAny(name, "[]_%@")
}
