package intake

import (
	"bufio"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

const (
	maxRecord = 1 << 20 // bytes of one record of a table
	maxCells  = 500
)

var errRecordLong = errors.New("a record is too long")

// recordReader reads the records of a table: cells between separators, quoted with " when they hold separators, quotes or line ends.
// It forgives quotes within cells that are not quoted.
type recordReader struct {
	in    *bufio.Reader
	comma byte
	line  int64 // where the next record begins
	text  []byte
	ends  []int
	cells []string
}

// next reads a record; its cells are good until the next call. line is where it began, counted from 1. Empty lines are passed over.
func (r *recordReader) next() (line int64, cells []string, err error) {
	for {
		line = r.line + 1
		if err := r.read(); err != nil {
			return line, nil, err
		}
		if len(r.ends) == 1 && r.ends[0] == 0 {
			continue
		}
		r.cells = r.cells[:0]
		from := 0
		for _, end := range r.ends {
			r.cells = append(r.cells, readable(r.text[from:end]))
			from = end
		}
		return line, r.cells, nil
	}
}

// readable is a cell as text; in a file of mixed charsets, one that is not UTF-8 is taken as Windows-1252.
func readable(b []byte) string {
	if utf8.Valid(b) {
		return sound(string(b))
	}
	s, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		s = b
	}
	return sound(string(s))
}

func (r *recordReader) read() error {
	r.text, r.ends = r.text[:0], r.ends[:0]
	quoted, start, any := false, true, false
	for {
		c, err := r.in.ReadByte()
		if err != nil {
			if err == io.EOF && any {
				r.ends = append(r.ends, len(r.text))
				r.line++
				if quoted {
					return errUnclosed
				}
				return nil
			}
			return err
		}
		any = true
		if c == '\r' {
			if next, err := r.in.Peek(1); err != nil || next[0] != '\n' || quoted {
				if quoted {
					if err == nil && next[0] == '\n' {
						continue // the line end within a cell is \n
					}
				}
				c = '\n'
			} else {
				continue
			}
		}
		if c == '\n' {
			r.line++
		}
		switch {
		case quoted && c == '"':
			if next, err := r.in.Peek(1); err == nil && next[0] == '"' {
				r.in.Discard(1)
				r.text = append(r.text, '"')
				continue
			}
			quoted = false
		case quoted:
			r.text = append(r.text, c)
		case c == '"' && start:
			quoted, start = true, false
			continue
		case c == r.comma && len(r.ends) < maxCells:
			r.ends = append(r.ends, len(r.text))
			start = true
			continue
		case c == '\n':
			r.ends = append(r.ends, len(r.text))
			return nil
		case start && c == ' ':
			continue
		default:
			r.text = append(r.text, c)
		}
		start = false
		if len(r.text) > maxRecord {
			return r.pass(c)
		}
	}
}

var errUnclosed = errors.New("a quote is not closed")

// pass goes to the end of the line, after a record that is too long.
func (r *recordReader) pass(c byte) error {
	for c != '\n' {
		piece, err := r.in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return errRecordLong // the end; the next call finds it
		}
		c = piece[len(piece)-1]
		r.line++
	}
	return errRecordLong
}
