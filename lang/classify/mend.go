package classify

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// mend undoes what careless programs do to texts on their way: &amp; for &, and \u2019 for ’. Other texts come back as they are.
func mend(text string) string {
	if strings.Contains(text, "&") {
		text = html.UnescapeString(text)
	}
	i := strings.Index(text, `\u`)
	if i < 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	for ; i >= 0; i = strings.Index(text, `\u`) {
		out = append(out, text[:i]...)
		text = text[i:]
		r, ok := escaped(text)
		if !ok {
			out = append(out, text[:2]...)
			text = text[2:]
			continue
		}
		text = text[6:]
		if utf16.IsSurrogate(r) {
			low, ok := escaped(text)
			if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
				text = text[6:]
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return string(append(out, text...))
}

// escaped reads \uXXXX at the beginning of s.
func escaped(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
