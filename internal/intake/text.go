package intake

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/problem"
)

const sniffed = 64 << 10 // bytes looked at to find out how a text is written

// decoded reads r as UTF-8, whatever it is written in: by its byte order mark, by label when that names a charset, else UTF-8 when its
// beginning is, else Windows-1252. What is no text in that charset becomes the replacement character.
func decoded(r io.Reader, label string) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, sniffed)
	head, err := b.Peek(sniffed)
	if len(head) == 0 && err != nil && err != io.EOF {
		return nil, err
	}
	if label != "" {
		e, name := charset.Lookup(label)
		if e == nil {
			return nil, problem.New(problem.Invalid, "intake.bad_charset", "Name", brief(label)).On("encoding")
		}
		if name == "utf-8" {
			skipBOM(b, head)
			return b, nil
		}
		return bufio.NewReaderSize(transform.NewReader(b, unicode.BOMOverride(e.NewDecoder())), sniffed), nil
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		skipBOM(b, head)
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return bufio.NewReaderSize(transform.NewReader(b, unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()), sniffed), nil
	case sixteen(head, 1):
		return bufio.NewReaderSize(transform.NewReader(b, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewDecoder()), sniffed), nil
	case sixteen(head, 0):
		return bufio.NewReaderSize(transform.NewReader(b, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewDecoder()), sniffed), nil
	case !utf8.Valid(whole(head)):
		return bufio.NewReaderSize(transform.NewReader(b, charmap.Windows1252.NewDecoder()), sniffed), nil
	}
	return b, nil
}

func skipBOM(b *bufio.Reader, head []byte) {
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		b.Discard(3) // they were peeked
	}
}

// sixteen reports whether the bytes at odd (1) or even (0) places are nearly all zero, as in UTF-16 of a European language.
func sixteen(head []byte, at int) bool {
	if len(head) < 8 {
		return false
	}
	zero, all := 0, 0
	for i := at; i < len(head); i += 2 {
		all++
		if head[i] == 0 {
			zero++
		}
	}
	return zero*10 > all*7
}

// whole cuts a rune that the end of the head broke.
func whole(head []byte) []byte {
	for i := 1; i <= 3 && i <= len(head); i++ {
		if c := head[len(head)-i]; utf8.RuneStart(c) {
			if c >= 0x80 && !utf8.FullRune(head[len(head)-i:]) {
				return head[:len(head)-i]
			}
			break
		}
	}
	return head
}

// utf8Head is the beginning of a text in UTF-8.
func utf8Head(head []byte) []byte {
	r, err := decoded(bytes.NewReader(head), "")
	if err != nil {
		return head
	}
	out, _ := io.ReadAll(r) // what breaks at the end does not matter
	return out
}

// lines reads r line by line; of a line longer than most bytes only that much is handed over, and long is true. line is good until
// each returns.
func lines(r *bufio.Reader, most int, each func(n int64, line []byte, long bool) error) error {
	var n int64
	var line []byte
	for {
		line = line[:0]
		long := false
		var err error
		for {
			var piece []byte
			piece, err = r.ReadSlice('\n')
			if room := most - len(line); len(piece) > room {
				piece, long = piece[:max(room, 0)], true
			}
			line = append(line, piece...)
			if err != bufio.ErrBufferFull {
				break
			}
		}
		if err != nil && err != io.EOF {
			return err
		}
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		n++
		if e := each(n, bytes.TrimRight(line, "\r\n"), long); e != nil {
			return e
		}
		if err == io.EOF {
			return nil
		}
	}
}

// sum identifies a post that nobody gave an id.
func sum(i channel.Item) string {
	s := sha256.New()
	for _, part := range []string{i.Author.URI, i.AuthorName, i.Title, i.Text, i.URL} {
		io.WriteString(s, part)
		s.Write([]byte{0})
	}
	return "sum:" + hex.EncodeToString(s.Sum(nil)[:16])
}

// digest identifies a fact by what it says.
func digest(parts ...string) string {
	s := sha256.New()
	for _, part := range parts {
		io.WriteString(s, part)
		s.Write([]byte{0})
	}
	return hex.EncodeToString(s.Sum(nil)[:16])
}

// sound is text that may be kept: valid UTF-8 without NUL, trimmed.
func sound(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return strings.TrimSpace(strings.ToValidUTF8(s, "\uFFFD"))
}

// sniffCards reads cards as they are, but for UTF-16: their properties may each name a charset.
func sniffCards(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, sniffed)
	head, err := b.Peek(200)
	if len(head) == 0 && err != nil && err != io.EOF {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) || sixteen(head, 0) || sixteen(head, 1) {
		return decoded(b, "")
	}
	skipBOM(b, head)
	return b, nil
}
