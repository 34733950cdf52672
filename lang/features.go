package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// FeatureRows is how many buckets [Features] sorts into: the rows of weights that [Detect] reads.
const FeatureRows = 1 << 17

const (
	maxGram     = 5
	maxFeatures = 600 // about 120 letters, plenty to tell a language
	maxLetters  = 40  // of one word; what is longer is no word
	maxRead     = 4096
	fnvStart    = 2166136261
	fnvPrime    = 16777619
)

// Features appends to dst the buckets (below [FeatureRows]) that [Detect] weighs in text, for the trainer of its
// weights: the character n-grams of words in Latin and Cyrillic letters, up to 5 characters with the borders of the
// word, its longer words whole, and the signs that only Spanish has. Only words count: no URLs, @names,
// numbers, emoji or words of every language, such as "ok" and "lol". Repeated letters ("sooooo") count twice at most.
func Features(dst []uint32, text string) []uint32 {
	var l letters
	return features(dst, text, &l)
}

func features(dst []uint32, text string, l *letters) []uint32 {
	budget := len(dst) + maxFeatures
	if len(text) > maxRead {
		text = text[:maxRead]
	}
	joined := false    // what came last goes on with an @: a mail address, not a name
	before := len(dst) // what there was before the last word
	var w shape
	for i := 0; i < len(text) && len(dst) < budget; {
		c := text[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= 0xc3:
			if c >= 0xc3 {
				r, n := utf8.DecodeRuneInString(text[i:])
				if !isDetectLetter(r) {
					i += n
					joined = false
					continue
				}
			} else if (c == 'h' || c == 'w' || c == 'p' || c == 'H' || c == 'W') && isLink(text[i:]) {
				for i < len(text) && text[i] > ' ' {
					i++
				}
				continue
			}
			start := i
			if i = w.read(text, i, l); i == start { // an apostrophe that is a letter to Unicode, and no word after it
				_, n := utf8.DecodeRuneInString(text[i:])
				i += n
				joined = false
				continue
			}
			joined, before = true, len(dst)
			if w.n > 1 && !isEverywhere(text[start:i]) {
				dst = w.appendGrams(dst)
			}
			continue
		case c == '@':
			if joined {
				dst = dst[:before]
			}
			i = skipName(text, i+1, joined)
		case c == '&':
			i = skipEntity(text, i)
		case c == '\\' && i+5 < len(text) && text[i+1] == 'u' && text[i+2] >= '0' && text[i+2] <= '9':
			i += 6 // an escaped character, as broken exports have them
		case c == 0xc2 && i+1 < len(text) && (text[i+1] == 0xbf || text[i+1] == 0xa1): // ¿ ¡
			dst = append(dst, bucket((fnvStart^uint32(text[i+1]))*fnvPrime))
			i += 2
		default:
			joined = c >= '0' && c <= '9' || c == '_'
			i++
			continue
		}
		joined = false
	}
	return dst[:min(len(dst), budget)]
}

// shape is a word between its borders, as the features see it.
type shape struct {
	buf   [maxLetters + 2]rune
	n     int  // characters in buf without the closing border
	plain bool // in Latin or Cyrillic letters, so that its n-grams tell something
}

// read takes the word at i, counts its letters and gives its end.
func (w *shape) read(text string, i int, l *letters) int {
	w.buf[0] = '_'
	n := 1
	latin, others := 0, false
	for i < len(text) {
		c := text[i]
		r, m := rune(c|0x20), 1
		if r >= 'a' && r <= 'z' {
			latin++
		} else if c < utf8.RuneSelf {
			if c != '\'' || !letterAt(text, i+1) {
				break
			}
			r = '\''
		} else {
			r, m = utf8.DecodeRuneInString(text[i:])
			switch {
			case r == '’' || r == 'ʼ':
				if !letterAt(text, i+m) {
					goto end
				}
				r = '\''
			case r >= 0x300 && r < 0x370: // a mark typed apart from its letter
				i += m
				if n > 1 {
					if c := norm.NFC.String(string([]rune{w.buf[n-1], r})); utf8.RuneCountInString(c) == 1 {
						w.buf[n-1], _ = utf8.DecodeRuneInString(c)
					}
				}
				continue
			case !isDetectLetter(r):
				goto end
			default:
				r = lowerLetter(r)
				others = l.count(r) || others
			}
		}
		i += m
		if n > maxLetters || n > 2 && w.buf[n-1] == r && w.buf[n-2] == r {
			continue
		}
		w.buf[n] = r
		n++
	}
end:
	l.latin += latin
	if others && latin == 0 {
		n = 1 // the script says it all
	}
	w.n = n
	return i
}

// appendGrams appends the buckets of the word's n-grams, and of the whole when it is longer than they are.
func (w *shape) appendGrams(dst []uint32) []uint32 {
	w.buf[w.n] = '_'
	buf := w.buf[:w.n+1]
	for i := range buf {
		h := uint32(fnvStart)
		part := buf[i:min(i+maxGram, len(buf))]
		if i == 0 {
			h = (h ^ '_') * fnvPrime
			part = part[1:]
		} else if i == len(buf)-1 {
			break
		}
		for _, r := range part {
			h = (h ^ uint32(r)) * fnvPrime
			dst = append(dst, bucket(h))
		}
	}
	if len(buf) > maxGram {
		h := uint32(fnvStart)
		for _, r := range buf {
			h = (h ^ uint32(r)) * fnvPrime
		}
		dst = append(dst, bucket(h))
	}
	return dst
}

func bucket(h uint32) uint32 {
	x := h ^ h>>15
	x *= 0x2c1b3c6d
	return (x ^ x>>16) & (FeatureRows - 1)
}

// isEverywhere says whether people write w in any language.
func isEverywhere(w string) bool {
	if len(w) > 6 || len(w) < 2 {
		return false
	}
	var b [6]byte
	for i := 0; i < len(w); i++ {
		b[i] = w[i] | 0x20
	}
	switch string(b[:len(w)]) {
	case "ok", "okay", "lol", "xd", "haha", "hahaha", "hehe", "rt", "http", "https", "www", "user", "url":
		return true
	}
	return false
}

func isLink(s string) bool {
	return hasFoldPrefix(s, "http://") || hasFoldPrefix(s, "https://") || hasFoldPrefix(s, "www.") || strings.HasPrefix(s, "pic.twitter.com/")
}

// skipName is the end of a name after its @, or of the host of a mail address.
func skipName(s string, i int, mail bool) int {
	for i < len(s) {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_' || mail && (c == '.' || c == '-') {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			break
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if !isDetectLetter(r) {
			break
		}
		i += n
	}
	return i
}

// skipEntity goes past &amp; and its like.
func skipEntity(s string, i int) int {
	for j := i + 1; j < len(s) && j < i+9; j++ {
		switch c := s[j]; {
		case c == ';':
			return j + 1
		case c == '#', c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z':
		default:
			return i + 1
		}
	}
	return i + 1
}

func letterAt(s string, i int) bool {
	if i >= len(s) {
		return false
	}
	if c := s[i]; c < utf8.RuneSelf {
		return c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return isDetectLetter(r)
}

// isDetectLetter says whether r, which is not ASCII, is a letter or a mark on one.
func isDetectLetter(r rune) bool {
	switch {
	case r < 0xc0:
		return false
	case r < 0x250:
		return r != '×' && r != '÷'
	case r >= 0x400 && r < 0x530:
		return r < 0x482 || r > 0x489
	case r >= 0x2000 && r < 0x2c00, r >= 0x3000 && r < 0x3040, r >= 0x1f000 && r < 0x20000:
		return false
	case r >= 0x300 && r < 0x370:
		return true
	}
	return unicode.IsLetter(r) || r >= 0x590 && r < 0x1200 && unicode.IsMark(r)
}

func lowerLetter(r rune) rune {
	switch {
	case r < 0xdf:
		return r + 0x20 // À to Þ
	case r < 0x100:
		return r
	case r == 'İ':
		return r // Turkish alone has it
	case r >= 0x410 && r < 0x430:
		return r + 0x20
	case r >= 0x430 && r < 0x450:
		return r
	}
	return unicode.ToLower(r)
}
