package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says what a token is.
type Kind uint8

// The kinds of token.
const (
	Word     Kind = iota + 1
	Number        // digits, with a dot or comma between digits
	URL           // http://, https:// or www.
	Tag           // #tag, with the sign
	Name          // @name or @name@host, with the sign
	Emoji         // one emoji, joined sequences whole
	Emoticon      // :-) <3 ...
	Punct         // anything else that is not white space; the same sign repeated is one token
)

// Token is a piece of a text: text[Start:End].
type Token struct {
	Start, End int // byte offsets
	Kind       Kind
}

// Tokens cuts text into tokens, in order. White space is dropped; an elided article is a Word that
// ends with its apostrophe ("J'adore" gives "J'" and "adore").
func Tokens(text string) []Token {
	out := make([]Token, 0, len(text)/5+1)
	Walk(text, func(t Token) bool { out = append(out, t); return true })
	return out
}

// Walk calls yield for each token of text, in order, until yield returns false. It allocates nothing.
func Walk(text string, yield func(Token) bool) {
	for i := 0; i < len(text); {
		t, next := scan(text, i)
		if t.Kind != 0 && !yield(t) {
			return
		}
		i = next
	}
}

// Words calls yield for each indexed word of text (see the package comment), in order, until yield
// returns false. Kind is that of the token the word stands in. It allocates nothing.
func Words(text string, yield func(Token) bool) {
	Walk(text, func(t Token) bool {
		switch t.Kind {
		case URL, Emoticon, Punct:
			return true
		case Emoji:
			return yield(t)
		case Word:
			if last := text[t.End-1]; last == '\'' || last == 0x99 && strings.HasSuffix(text[t.Start:t.End], "’") {
				return true
			}
			return yield(t)
		}
		for i := t.Start; i < t.End; {
			r, n := decode(text, i)
			if !isLetter(r) && !isDigit(r) {
				i += n
				continue
			}
			end := i
			if isUnspaced(r) {
				end = skipMarks(text, i+n)
			} else {
				for end < t.End {
					r, n := decode(text, end)
					if !isWordRune(r) || isUnspaced(r) {
						break
					}
					end += n
				}
			}
			if !yield(Token{i, end, t.Kind}) {
				return false
			}
			i = end
		}
		return true
	})
}

func decode(s string, i int) (rune, int) {
	if c := s[i]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	return utf8.DecodeRuneInString(s[i:])
}

// scan reads the token at i and says where to go on; Kind is 0 for white space.
func scan(s string, i int) (Token, int) {
	r, n := decode(s, i)
	switch {
	case r == ' ' || r == '\n' || r == '\t' || r == '\r':
		return Token{}, i + 1
	case isASCIILetter(r):
		if r == 'h' || r == 'H' || r == 'w' || r == 'W' {
			if end := urlEnd(s, i); end > 0 && !wordBefore(s, i) {
				return Token{i, end, URL}, end
			}
		}
	case r == '#' || r == '@':
		if !wordBefore(s, i) {
			if end := signedEnd(s, i); end > 0 {
				k := Tag
				if r == '@' {
					k = Name
				}
				return Token{i, end, k}, end
			}
		}
	}
	if r < 0x80 && r >= '!' && !isASCIILetter(r) {
		if end := emoticonEnd(s, i); end > 0 {
			return Token{i, end, Emoticon}, end
		}
	}
	if end := emojiEnd(s, i, r, n); end > 0 {
		return Token{i, end, Emoji}, end
	}
	switch {
	case isDigit(r):
		return numberOrWord(s, i, n)
	case isLetter(r):
		return word(s, i, r, n)
	case r < 0x80 && r > ' ' || r == utf8.RuneError:
	case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r) || isVariation(r):
		return Token{}, i + n
	}
	end := i + n
	for end < len(s) && strings.HasPrefix(s[end:], s[i:i+n]) {
		end += n
	}
	return Token{i, end, Punct}, end
}

func word(s string, i int, r rune, n int) (Token, int) {
	if isUnspaced(r) {
		end := skipMarks(s, i+n)
		return Token{i, end, Word}, end
	}
	end := i + n
	first := true
	for end < len(s) {
		r, n := decode(s, end)
		switch {
		case isWordRune(r) && !isUnspaced(r):
			end += n
			continue
		case r == '\'' || r == '’' || r == 'ʼ':
			next, _ := peek(s, end+n)
			if !isLetter(next) || isUnspaced(next) {
				return Token{i, end, Word}, end
			}
			if first && r != 'ʼ' && isElided(s[i:end]) {
				return Token{i, end + n, Word}, end + n
			}
			first = false
			end += n
			continue
		case isJoiner(r):
			next, _ := peek(s, end+n)
			if isWordRune(next) && !isUnspaced(next) {
				end += n
				continue
			}
		}
		break
	}
	return Token{i, end, Word}, end
}

func numberOrWord(s string, i, n int) (Token, int) {
	end := i + n
	for end < len(s) {
		r, n := decode(s, end)
		if isDigit(r) {
			end += n
			continue
		}
		if r == '.' || r == ',' {
			if next, _ := peek(s, end+1); isDigit(next) {
				end++
				continue
			}
		}
		if isWordRune(r) && !isUnspaced(r) && isPlain(s[i:end]) {
			return word(s, i, '0', end-i)
		}
		break
	}
	return Token{i, end, Number}, end
}

func isPlain(s string) bool { return strings.IndexByte(s, '.') < 0 && strings.IndexByte(s, ',') < 0 }

func peek(s string, i int) (rune, int) {
	if i >= len(s) {
		return utf8.RuneError, 0
	}
	return decode(s, i)
}

func skipMarks(s string, i int) int {
	for i < len(s) {
		r, n := decode(s, i)
		if r < 0x300 || !unicode.IsMark(r) {
			break
		}
		i += n
	}
	return i
}

func wordBefore(s string, i int) bool {
	if i == 0 {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return isWordRune(r) && !isUnspaced(r) || r == '_'
}

// signedEnd is the end of a #tag or @name whose sign stands at i, 0 when there is none.
func signedEnd(s string, i int) int {
	name := s[i] == '@'
	end, letters, hosts := i+1, 0, 0
	for end < len(s) {
		r, n := decode(s, end)
		switch {
		case r == '_' || isWordRune(r):
			if !isDigit(r) {
				letters++
			}
		case name && (r == '.' || r == '-' || r == '@') && end > i+1:
			next, _ := peek(s, end+n)
			if !isWordRune(next) && next != '_' || r == '@' && hosts > 0 {
				return signedResult(end, letters, name, i)
			}
			if r == '@' {
				hosts++
			}
		default:
			return signedResult(end, letters, name, i)
		}
		end += n
	}
	return signedResult(end, letters, name, i)
}

func signedResult(end, letters int, name bool, start int) int {
	if end == start+1 || letters == 0 && !name {
		return 0
	}
	return end
}

// urlEnd is the end of a URL that starts at i, 0 when there is none.
func urlEnd(s string, i int) int {
	rest := s[i:]
	var head int
	switch {
	case hasFoldPrefix(rest, "https://"):
		head = 8
	case hasFoldPrefix(rest, "http://"):
		head = 7
	case hasFoldPrefix(rest, "www."):
		head = 4
	default:
		return 0
	}
	end := i + head
	open := 0
loop:
	for end < len(s) {
		r, n := decode(s, end)
		switch {
		case r <= ' ' || r == '<' || r == '>' || r == '"' || r == '«' || r == '»' || r == '“' || r == '”' || r == '`':
			break loop
		case r >= 0x80 && unicode.IsSpace(r):
			break loop
		case r == '(':
			open++
		case r == ')':
			if open == 0 {
				break loop
			}
			open--
		}
		end += n
	}
	for end > i+head {
		r, n := utf8.DecodeLastRuneInString(s[:end])
		if !strings.ContainsRune(".,;:!?'’…]}*_", r) {
			break
		}
		end -= n
	}
	if end == i+head {
		return 0
	}
	return end
}

func hasFoldPrefix(s, p string) bool { return len(s) >= len(p) && strings.EqualFold(s[:len(p)], p) }

// isElided says whether w, which stands before an apostrophe, is a French or Italian word that lost its vowel.
func isElided(w string) bool {
	if len(w) > 7 {
		return false
	}
	var b [8]byte
	for i := 0; i < len(w); i++ {
		b[i] = w[i] | 0x20
	}
	switch string(b[:len(w)]) {
	case "j", "l", "d", "m", "t", "s", "c", "n", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu",
		"un", "dell", "all", "nell", "sull", "dall", "quell", "gl":
		return true
	}
	return false
}

func isASCIILetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }

func isDigit(r rune) bool {
	if r < 0x80 {
		return r >= '0' && r <= '9'
	}
	return r >= 0x660 && unicode.IsDigit(r)
}

func isLetter(r rune) bool {
	if r < 0x80 {
		return isASCIILetter(r)
	}
	return unicode.IsLetter(r)
}

// isWordRune says whether r goes on a word: letters, digits, other numbers such as ², and marks.
func isWordRune(r rune) bool {
	if r < 0x80 {
		return isASCIILetter(r) || r >= '0' && r <= '9'
	}
	return unicode.IsLetter(r) || r >= 0x300 && (unicode.IsMark(r) && !isVariation(r) && r != 0x20e3 || unicode.IsDigit(r))
}

func isJoiner(r rune) bool { return r == 0xad || r == 0x200c || r == 0x200d || r == 0x2060 }

func isVariation(r rune) bool { return r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0100 && r <= 0xe01ef }

// isUnspaced says whether r belongs to a script written without spaces between words.
func isUnspaced(r rune) bool {
	switch {
	case r < 0xe00:
		return false
	case r <= 0xeff, r >= 0x1000 && r <= 0x109f, r >= 0x1780 && r <= 0x17ff:
		return true
	case r < 0x2e80:
		return false
	case r <= 0x312f, r >= 0x31a0 && r <= 0x31ff, r >= 0x3400 && r <= 0x9fff, r >= 0xf900 && r <= 0xfaff,
		r >= 0xff66 && r <= 0xff9f, r >= 0x20000 && r <= 0x3ffff:
		return true
	}
	return false
}
