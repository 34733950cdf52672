package mail

import (
	"encoding/base64"
	"strings"
)

// decodeWords reads a header value: RFC 2047 words, also badly formed ones, and bytes beyond ASCII (RFC 6532 or whatever they are).
// Neighbouring words of one charset are joined before they are decoded, because mailers split characters between them.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return decodeCharset([]byte(s), "")
	}
	var out strings.Builder
	var held []byte
	heldCharset := ""
	flush := func() {
		if held != nil {
			out.WriteString(strings.Map(oneLine, decodeCharset(held, heldCharset)))
			held, heldCharset = nil, ""
		}
	}
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		name, data, n, ok := encodedWord(s[i:])
		if !ok {
			flush()
			out.WriteString(decodeCharset([]byte(s[:i+2]), ""))
			s = s[i+2:]
			continue
		}
		between := s[:i]
		if held == nil || strings.TrimSpace(between) != "" {
			flush()
			out.WriteString(decodeCharset([]byte(between), ""))
		}
		if !strings.EqualFold(name, heldCharset) {
			flush()
		}
		held, heldCharset = append(held, data...), name
		if held == nil {
			held = []byte{}
		}
		s = s[i+n:]
	}
	flush()
	out.WriteString(decodeCharset([]byte(s), ""))
	return out.String()
}

func oneLine(r rune) rune {
	if r == '\n' || r == '\t' {
		return ' '
	}
	return r
}

// encodedWord reads "=?charset?B?data?=" at the start of s and returns the bytes it stands for and its length.
func encodedWord(s string) (name string, data []byte, n int, ok bool) {
	rest := s[2:]
	name, rest, ok = strings.Cut(rest, "?")
	if !ok || name == "" || len(name) > 60 || strings.ContainsAny(name, " \t=") || len(rest) < 2 || rest[1] != '?' {
		return "", nil, 0, false
	}
	method := rest[0]
	rest = rest[2:]
	end := strings.Index(rest, "?=")
	if end < 0 {
		return "", nil, 0, false
	}
	// A Q word may end in an encoded byte: "?==E9?=" ends at the second mark.
	if (method == 'q' || method == 'Q') && end+3 < len(rest) && end == 0 && hexByte(rest[2], rest[3]) >= 0 {
		if next := strings.Index(rest[end+1:], "?="); next >= 0 {
			end += 1 + next
		}
	}
	body := rest[:end]
	switch method {
	case 'b', 'B':
		data = decodeBase64([]byte(body), 0)
	case 'q', 'Q':
		data = decodeQ(body)
	default:
		return "", nil, 0, false
	}
	return name, data, len(s) - len(rest) + end + 2, true
}

func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
		case s[i] == '=' && i+2 < len(s) && hexByte(s[i+1], s[i+2]) >= 0:
			out = append(out, byte(hexByte(s[i+1], s[i+2])))
			i += 2
		default:
			out = append(out, s[i])
		}
	}
	return out
}

func hexByte(a, b byte) int {
	x, y := hexDigit(a), hexDigit(b)
	if x < 0 || y < 0 {
		return -1
	}
	return x<<4 | y
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// decodeBase64 forgives what is outside the alphabet, missing padding and padding in the middle. A max above zero bounds the result.
func decodeBase64(b []byte, max int) []byte {
	keep := make([]byte, 0, len(b))
	out := make([]byte, 0, len(b)*3/4+3)
	flush := func() {
		if len(keep)%4 == 1 {
			keep = keep[:len(keep)-1]
		}
		n := len(out)
		out = append(out, make([]byte, base64.RawStdEncoding.DecodedLen(len(keep)))...)
		m, _ := base64.RawStdEncoding.Decode(out[n:], keep)
		out, keep = out[:n+m], keep[:0]
	}
	for _, c := range b {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			keep = append(keep, c)
		case c == '-':
			keep = append(keep, '+')
		case c == '_':
			keep = append(keep, '/')
		case c == '=' && len(keep) > 0:
			flush()
		}
		if max > 0 && len(out)+len(keep)*3/4 > max+4 {
			break
		}
	}
	flush()
	return out
}
