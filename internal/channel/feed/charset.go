package feed

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// toUTF8 decodes a document. A byte order mark counts most; then what the bytes themselves prove, because labels lie; then the label of the
// answer, then that of the document; what is still wrong is read as windows-1252, byte by byte.
func toUTF8(body []byte, contentType string) string {
	switch {
	case bytes.HasPrefix(body, []byte("\xEF\xBB\xBF")):
		body = body[3:]
		contentType = ""
	case bytes.HasPrefix(body, []byte("\xFF\xFE")), wide(body, 0):
		return clean(through(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), body))
	case bytes.HasPrefix(body, []byte("\xFE\xFF")), wide(body, 1):
		return clean(through(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), body))
	}
	labels := [...]string{labelOf(contentType), declared(body)}
	valid := utf8.Valid(body)
	for _, label := range labels {
		if label == "" {
			continue
		}
		enc, name := charset.Lookup(label)
		switch {
		case enc == nil || name == "utf-8" || strings.HasPrefix(name, "utf-16"):
			continue
		case valid && name != "iso-2022-jp" && name != "hz-gb-2312":
			continue // ASCII is the same everywhere, and nothing but UTF-8 is valid UTF-8 by chance
		case name == "replacement":
			continue
		}
		return clean(through(enc, body))
	}
	if !valid {
		return clean(repair(body))
	}
	return clean(body)
}

// wide reports whether body is UTF-16 without a mark: its first characters have their zeros beside them, the visible byte at place.
func wide(body []byte, place int) bool {
	if len(body) < 4 || body[place] != '<' && body[place] != '{' {
		return false
	}
	return body[1-place] == 0 && body[3-place] == 0 && body[2+place] != 0
}

func through(enc encoding.Encoding, body []byte) []byte {
	out, err := enc.NewDecoder().Bytes(body)
	if err != nil {
		return repair(body)
	}
	return out
}

// repair keeps what is UTF-8 and reads every other byte as windows-1252.
func repair(body []byte) []byte {
	out := make([]byte, 0, len(body)+len(body)/8)
	for len(body) > 0 {
		r, n := utf8.DecodeRune(body)
		if r == utf8.RuneError && n == 1 {
			out = utf8.AppendRune(out, charmap.Windows1252.DecodeByte(body[0]))
		} else {
			out = append(out, body[:n]...)
		}
		body = body[n:]
	}
	return out
}

// clean drops control characters, which XML forbids and which hide words from searches.
func clean(body []byte) string {
	i := 0
	for i < len(body) && (body[i] >= 0x20 || allowedControl(body[i])) && body[i] != 0x7f {
		i++
	}
	if i == len(body) {
		if !utf8.Valid(body) {
			return string(repair(body))
		}
		return string(body)
	}
	out := make([]byte, i, len(body))
	copy(out, body[:i])
	for _, c := range body[i:] {
		if (c >= 0x20 || allowedControl(c)) && c != 0x7f {
			out = append(out, c)
		}
	}
	if !utf8.Valid(out) {
		out = repair(out)
	}
	return string(out)
}

func allowedControl(c byte) bool { return c == '\n' || c == '\t' || c == '\r' }

func labelOf(contentType string) string {
	if contentType == "" {
		return ""
	}
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return params["charset"]
}

// declared reads the label in <?xml encoding="…"?>.
func declared(body []byte) string {
	head := body[:min(len(body), 256)]
	if !bytes.HasPrefix(bytes.TrimSpace(head), []byte("<?xml")) {
		return ""
	}
	if end := bytes.Index(head, []byte("?>")); end >= 0 {
		head = head[:end]
	}
	_, after, ok := bytes.Cut(head, []byte("encoding"))
	if !ok {
		return ""
	}
	after = bytes.TrimLeft(after, " \t\r\n=")
	if len(after) < 2 || after[0] != '"' && after[0] != '\'' {
		return ""
	}
	end := bytes.IndexByte(after[1:], after[0])
	if end < 0 {
		return ""
	}
	return string(after[1 : end+1])
}
