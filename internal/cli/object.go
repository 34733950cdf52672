package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// object is a JSON object of which only the members of the first level are told apart. Its bytes stay as they are, so that it can be written
// back with little work, and with everything that nobody asked for.
type object struct {
	raw     []byte
	members []member
}

// member is where a member stands.
type member struct {
	key        string
	start, end int // of the whole member, without commas
	value      []byte
}

var errNoObject = errors.New("not a JSON object")

// read reads an object; its bytes must not change while it is in use.
func (o *object) read(raw []byte) error {
	o.raw, o.members = raw, o.members[:0]
	if len(raw) == 0 || raw[0] != '{' {
		return errNoObject
	}
	s := scanner{raw: raw, at: 1}
	s.space()
	if s.next() == '}' {
		s.at++
		return s.end()
	}
	for {
		m := member{start: s.at}
		if !s.quoted() {
			return s.wrong()
		}
		key := raw[m.start+1 : s.at-1]
		s.space()
		if s.next() != ':' {
			return s.wrong()
		}
		s.at++
		s.space()
		from := s.at
		if !s.value(1) {
			return s.wrong()
		}
		m.value, m.end, m.key = raw[from:s.at], s.at, unquoted(key)
		o.members = append(o.members, m)
		s.space()
		switch s.next() {
		case ',':
			s.at++
			s.space()
		case '}':
			s.at++
			return s.end()
		default:
			return s.wrong()
		}
	}
}

// reopen appends the object without the named members, open at its end for another one: {"text":"…",
func (o *object) reopen(dst []byte, without ...string) []byte {
	drop := func(key string) bool {
		for _, w := range without {
			if w == key {
				return true
			}
		}
		return false
	}
	whole := len(o.members) > 0
	for i := range o.members {
		whole = whole && !drop(o.members[i].key)
	}
	if whole {
		return append(append(dst, o.raw[:o.members[len(o.members)-1].end]...), ',')
	}
	dst = append(dst, '{')
	for i := range o.members {
		if m := &o.members[i]; !drop(m.key) {
			dst = append(append(dst, o.raw[m.start:m.end]...), ',')
		}
	}
	return dst
}

// text is the value of a member that is a string.
func (m *member) text() (string, bool) {
	if len(m.value) < 2 || m.value[0] != '"' {
		return "", false
	}
	return unquoted(m.value[1 : len(m.value)-1]), true
}

// null says whether a member has no value.
func (m *member) null() bool { return string(m.value) == "null" }

// number is the value of a member that is a number.
func (m *member) number() (float64, bool) {
	n, err := strconv.ParseFloat(string(m.value), 64)
	return n, err == nil
}

// texts is the strings of a member that is a list, or the one that it is.
func (m *member) texts(dst []string) []string {
	if s, ok := m.text(); ok {
		return append(dst, s)
	}
	if len(m.value) == 0 || m.value[0] != '[' {
		return dst
	}
	s := scanner{raw: m.value, at: 1}
	for s.space(); s.next() != ']' && s.at < len(s.raw); s.space() {
		from := s.at
		if s.next() == ',' {
			s.at++
		} else if !s.value(1) {
			return dst
		} else if v := (member{value: s.raw[from:s.at]}); v.value[0] == '"' {
			text, _ := v.text()
			dst = append(dst, text)
		}
	}
	return dst
}

// scanner checks JSON as it goes over it.
type scanner struct {
	raw []byte
	at  int
}

const maxNesting = 200

func (s *scanner) next() byte {
	if s.at < len(s.raw) {
		return s.raw[s.at]
	}
	return 0
}

func (s *scanner) space() {
	for s.at < len(s.raw) {
		switch s.raw[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *scanner) wrong() error {
	if s.at >= len(s.raw) {
		return errors.New("invalid JSON: it ends too early")
	}
	return fmt.Errorf("invalid JSON at byte %d", s.at+1)
}

func (s *scanner) end() error {
	if s.space(); s.at < len(s.raw) {
		return s.wrong()
	}
	return nil
}

func (s *scanner) value(depth int) bool {
	if depth > maxNesting {
		return false
	}
	switch c := s.next(); c {
	case '"':
		return s.quoted()
	case '{', '[':
		return s.nested(c, depth)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *scanner) nested(open byte, depth int) bool {
	end := open + 2 // of { and [ alike
	s.at++
	s.space()
	if s.next() == end {
		s.at++
		return true
	}
	for {
		if open == '{' {
			if s.next() != '"' || !s.quoted() {
				return false
			}
			if s.space(); s.next() != ':' {
				return false
			}
			s.at++
			s.space()
		}
		if !s.value(depth + 1) {
			return false
		}
		s.space()
		switch s.next() {
		case ',':
			s.at++
			s.space()
		case end:
			s.at++
			return true
		default:
			return false
		}
	}
}

func (s *scanner) word(w string) bool {
	if !strings.HasPrefix(string(s.raw[s.at:min(len(s.raw), s.at+len(w))]), w) {
		return false
	}
	s.at += len(w)
	return true
}

func (s *scanner) digits() bool {
	from := s.at
	for s.at < len(s.raw) && s.raw[s.at] >= '0' && s.raw[s.at] <= '9' {
		s.at++
	}
	return s.at > from
}

func (s *scanner) number() bool {
	if s.next() == '-' {
		s.at++
	}
	if s.next() == '0' {
		s.at++
	} else if !s.digits() {
		return false
	}
	if s.next() == '.' {
		s.at++
		if !s.digits() {
			return false
		}
	}
	if s.next()|0x20 == 'e' {
		s.at++
		if c := s.next(); c == '+' || c == '-' {
			s.at++
		}
		return s.digits()
	}
	return true
}

func (s *scanner) quoted() bool {
	if s.next() != '"' {
		return false
	}
	for i := s.at + 1; i < len(s.raw); i++ {
		switch c := s.raw[i]; {
		case c == '"':
			s.at = i + 1
			return true
		case c < ' ':
			s.at = i
			return false
		case c == '\\':
			i++
			if i == len(s.raw) {
				s.at = i
				return false
			}
			switch s.raw[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if i+4 >= len(s.raw) {
					s.at = len(s.raw)
					return false
				}
				if _, ok := hex4(s.raw[i+1:]); !ok {
					s.at = i
					return false
				}
				i += 4
			default:
				s.at = i
				return false
			}
		}
	}
	s.at = len(s.raw)
	return false
}

func hex4(b []byte) (rune, bool) {
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// unquoted is what stands between the quotation marks of a checked string. What is no UTF-8 becomes U+FFFD.
func unquoted(b []byte) string {
	i := 0
	for i < len(b) && b[i] != '\\' && b[i] < utf8.RuneSelf {
		i++
	}
	if i == len(b) {
		return string(b)
	}
	out := append(make([]byte, 0, len(b)), b[:i]...)
	for i < len(b) {
		c := b[i]
		if c != '\\' {
			if c < utf8.RuneSelf {
				out = append(out, c)
				i++
				continue
			}
			r, n := utf8.DecodeRune(b[i:])
			out = utf8.AppendRune(out, r)
			i += n
			continue
		}
		i += 2
		switch c := b[i-1]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, _ := hex4(b[i:])
			i += 4
			if utf16.IsSurrogate(r) && i+6 <= len(b) && b[i] == '\\' && b[i+1] == 'u' {
				if low, ok := hex4(b[i+2:]); ok {
					if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
						r = both
						i += 6
					}
				}
			}
			out = utf8.AppendRune(out, r) // half a pair becomes U+FFFD
		default:
			out = append(out, c)
		}
	}
	return string(out)
}
