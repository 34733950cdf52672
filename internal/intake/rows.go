package intake

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"

	"github.com/entente/entente/internal/problem"
)

const (
	maxRow        = 4 << 20 // bytes of one row of a dump
	maxAttributes = 40
)

// attribute is one attribute of a row, its value as it is written.
type attribute struct{ name, value []byte }

// rowReader reads the rows of a file of a dump: empty elements named row with attributes, one after the other. It understands just
// that of XML, keeps one row in memory, and expands no entities but those of a character.
type rowReader struct {
	in     io.Reader
	buf    []byte
	at     int // what of buf is read
	end    int // what of buf is filled
	n      int64
	eof    bool
	opened bool // the root element
	closed bool
	attrs  []attribute
}

func newRowReader(in io.Reader) (*rowReader, error) {
	r := &rowReader{in: in, buf: make([]byte, 256<<10), attrs: make([]attribute, 0, maxAttributes)}
	r.fill()
	head := r.buf[:r.end]
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) || sixteen(head[:min(len(head), 200)], 0) || sixteen(head[:min(len(head), 200)], 1) {
		return r.recoded("")
	}
	if decl, _, ok := bytes.Cut(head[:min(len(head), 300)], []byte("?>")); ok {
		if _, rest, ok := strings.Cut(string(decl), "encoding="); ok && len(rest) > 2 {
			label, _, _ := strings.Cut(rest[1:], rest[:1])
			if _, name := charset.Lookup(label); name != "utf-8" {
				return r.recoded(label)
			}
		}
	}
	return r, nil
}

func (r *rowReader) recoded(label string) (*rowReader, error) {
	in, err := decoded(io.MultiReader(bytes.NewReader(bytes.Clone(r.buf[:r.end])), r.in), label)
	if err != nil {
		return nil, err
	}
	next := &rowReader{in: in, buf: make([]byte, 256<<10), attrs: make([]attribute, 0, maxAttributes)}
	next.fill()
	return next, nil
}

// fill reads more; false when there is no more or no room for it.
func (r *rowReader) fill() bool {
	if r.eof {
		return false
	}
	if r.at > 0 {
		copy(r.buf, r.buf[r.at:r.end])
		r.end -= r.at
		r.at = 0
	}
	if r.end == len(r.buf) {
		if len(r.buf) >= maxRow {
			return false
		}
		next := make([]byte, len(r.buf)*2)
		copy(next, r.buf)
		r.buf = next
	}
	for range 100 { // readers may give nothing now and then
		n, err := r.in.Read(r.buf[r.end:])
		r.end += n
		if err != nil {
			r.eof = true
			return n > 0
		}
		if n > 0 {
			return true
		}
	}
	r.eof = true
	return false
}

// errRow says that a row is no row; the next one may be.
type errRow struct{ reason string }

func (e *errRow) Error() string { return e.reason }

// next reads the next row. Its attributes are good until the next call. io.EOF is the end; *errRow a row that is refused.
func (r *rowReader) next() ([]attribute, error) {
	for {
		i := bytes.IndexByte(r.buf[r.at:r.end], '<')
		if i < 0 {
			r.at = r.end
			if r.fill() {
				continue
			}
			if r.opened && !r.closed {
				return nil, problem.New(problem.Invalid, "intake.truncated")
			}
			if !r.opened {
				return nil, problem.New(problem.Invalid, "intake.not_rows")
			}
			return nil, io.EOF
		}
		r.at += i
		for r.end-r.at < 5 && r.fill() {
		}
		tag := r.buf[r.at:r.end]
		switch {
		case bytes.HasPrefix(tag, []byte("<row")) && len(tag) > 4 && (tag[4] <= ' ' || tag[4] == '/' || tag[4] == '>'):
			r.n++
			return r.row()
		case bytes.HasPrefix(tag, []byte("<!--")):
			if !r.skip("-->") {
				return nil, problem.New(problem.Invalid, "intake.truncated")
			}
		case bytes.HasPrefix(tag, []byte("<!")):
			// A document type could define entities; a dump has none.
			return nil, problem.New(problem.Invalid, "intake.doctype")
		case bytes.HasPrefix(tag, []byte("<?")):
			if !r.skip("?>") {
				return nil, problem.New(problem.Invalid, "intake.truncated")
			}
		default:
			if len(tag) > 1 && tag[1] == '/' {
				r.closed = true
			} else {
				r.opened = true
			}
			if !r.skip(">") {
				return nil, problem.New(problem.Invalid, "intake.truncated")
			}
		}
	}
}

// skip moves behind mark.
func (r *rowReader) skip(mark string) bool {
	for {
		if i := bytes.Index(r.buf[r.at:r.end], []byte(mark)); i >= 0 {
			r.at += i + len(mark)
			return true
		}
		r.at = max(r.at, r.end-len(mark)+1)
		if !r.fill() {
			return false
		}
	}
}

// row reads the attributes of the row at r.at. When the buffer ends within it, it reads more and begins again.
func (r *rowReader) row() ([]attribute, error) {
	for {
		attrs, used, reason, more := attributes(r.buf[r.at:r.end], r.attrs[:0])
		if !more {
			r.at += used
			r.attrs = attrs
			if reason != "" {
				return nil, &errRow{reason}
			}
			return attrs, nil
		}
		if r.fill() {
			continue
		}
		if r.eof {
			r.at = r.end
			return nil, problem.New(problem.Invalid, "intake.truncated")
		}
		// Longer than any row may be: on to the next.
		for {
			r.at = r.end
			if !r.fill() {
				return nil, problem.New(problem.Invalid, "intake.truncated")
			}
			if i := bytes.Index(r.buf[r.at:r.end], []byte("<row ")); i >= 0 {
				r.at += i
				return nil, &errRow{"intake.too_long"}
			}
			r.at = max(r.at, r.end-5)
			keep := r.end - r.at
			copy(r.buf, r.buf[r.at:r.end])
			r.at, r.end = 0, keep
			if r.eof {
				return nil, problem.New(problem.Invalid, "intake.truncated")
			}
		}
	}
}

// attributes reads the attributes of a tag; used is its length, more says that it goes on beyond b.
func attributes(b []byte, attrs []attribute) (_ []attribute, used int, reason string, more bool) {
	i := 4 // after <row
	for {
		for i < len(b) && b[i] <= ' ' {
			i++
		}
		if i >= len(b) {
			return attrs, 0, "", true
		}
		switch b[i] {
		case '>':
			return attrs, i + 1, reason, false
		case '/':
			i++
			continue
		case '<':
			return attrs, i, "intake.bad_row", false
		}
		start := i
		for i < len(b) && b[i] != '=' && b[i] > ' ' && b[i] != '>' && b[i] != '<' {
			i++
		}
		name := b[start:i]
		for i < len(b) && b[i] <= ' ' {
			i++
		}
		if i >= len(b) {
			return attrs, 0, "", true
		}
		if b[i] != '=' {
			reason = "intake.bad_row"
			continue
		}
		i++
		for i < len(b) && b[i] <= ' ' {
			i++
		}
		if i >= len(b) {
			return attrs, 0, "", true
		}
		quote := b[i]
		if quote != '"' && quote != '\'' {
			reason = "intake.bad_row"
			continue
		}
		i++
		n := bytes.IndexByte(b[i:], quote)
		if n < 0 {
			return attrs, 0, "", true
		}
		if len(attrs) < maxAttributes {
			attrs = append(attrs, attribute{name, b[i : i+n]})
		}
		i += n + 1
	}
}

// unescaped is the value of an attribute. Entities that XML does not define by itself stay as they are written.
func unescaped(b []byte) string {
	amp := bytes.IndexByte(b, '&')
	if amp < 0 {
		return string(b)
	}
	out := make([]byte, 0, len(b))
	for amp >= 0 {
		out = append(out, b[:amp]...)
		b = b[amp:]
		end := bytes.IndexByte(b[:min(len(b), 12)], ';')
		if end < 0 {
			out, b = append(out, '&'), b[1:]
		} else if c, ok := entity(b[1:end]); ok {
			out, b = utf8.AppendRune(out, c), b[end+1:]
		} else {
			out, b = append(out, '&'), b[1:]
		}
		amp = bytes.IndexByte(b, '&')
	}
	return string(append(out, b...))
}

func entity(name []byte) (rune, bool) {
	switch string(name) {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := string(name[1:]), 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n == 0 || n > utf8.MaxRune || n >= 0xd800 && n < 0xe000 {
		return 0, false
	}
	return rune(n), true
}
