package mail

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// decodeCharset turns bytes into text. What the label says is not believed when the bytes show that it is wrong: text labelled as
// Latin that is valid UTF-8 beyond ASCII is UTF-8, and text labelled as UTF-8 that mostly is not is windows-1252.
func decodeCharset(b []byte, label string) string {
	label = strings.ToLower(strings.Trim(label, " \"'\t"))
	label, _, _ = strings.Cut(label, "*") // RFC 2231 language
	if label != "utf-16" && !strings.HasPrefix(label, "iso-2022") && !strings.HasPrefix(label, "hz") && ascii(b) {
		return clean(string(b))
	}
	var enc encoding.Encoding
	name := ""
	switch label {
	case "", "utf-8", "utf8", "unknown", "x-unknown", "unknown-8bit", "us-ascii", "ascii", "8bit", "default":
		name = "utf-8"
	case "hz-gb-2312", "hz":
		enc, name = simplifiedchinese.HZGB2312, "hz"
	default:
		enc, name = charset.Lookup(label)
		if enc == nil || name == "replacement" {
			name = "utf-8"
		}
	}
	if name == "windows-1252" && utf8.Valid(b) {
		name = "utf-8"
	}
	if name == "utf-8" {
		if utf8.Valid(b) {
			return clean(string(b))
		}
		if mostlyUTF8(b) {
			return clean(strings.ToValidUTF8(string(b), "\uFFFD"))
		}
		enc = charmap.Windows1252
	}
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		out, _ = charmap.Windows1252.NewDecoder().Bytes(b)
	}
	return clean(strings.ToValidUTF8(string(out), "\uFFFD"))
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// mostlyUTF8 tells damaged UTF-8 from text in another charset: at least four good sequences for each bad byte.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n <= 1:
			bad++
		case n > 1:
			good++
		}
		b = b[n:]
	}
	return good >= 4*bad
}

// clean removes what databases and pages cannot bear: control characters other than tab and line feed, and lone carriage returns.
func clean(s string) string {
	if strings.IndexFunc(s, unwanted) < 0 {
		return s
	}
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case unwanted(r):
			return -1
		}
		return r
	}, s)
}

func unwanted(r rune) bool {
	return (r < ' ' && r != '\t' && r != '\n') || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == 0xfeff
}

// htmlCharset finds the charset of a page: the part's own word, else what the page says of itself.
func htmlCharset(b []byte, label string) string {
	if label != "" {
		return label
	}
	head := b[:min(len(b), 1024)]
	if bytes.Contains(bytes.ToLower(head), []byte("charset")) {
		if _, name, _ := charset.DetermineEncoding(head, ""); name != "" {
			return name
		}
	}
	return ""
}
