package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/pflag"
)

// brokenLines is the exit status when lines of the input could not be read: the others were worked on.
const brokenLines = 3

// jsonLines are the settings of a command that reads an object a line and writes one back for each, in the same order.
type jsonLines struct {
	Jobs     int
	Progress bool
}

func (j *jsonLines) flags(f *pflag.FlagSet) {
	f.IntVarP(&j.Jobs, "jobs", "j", 0, "How many lines are worked on at once; as many as there are processors when left out.")
	f.BoolVar(&j.Progress, "progress", false, "Show on standard error how far it is.")
}

// liner appends to dst what is to be written for a line, without the end of line. One belongs to one goroutine.
type liner func(dst, line []byte) ([]byte, error)

const (
	maxLine   = 8 << 20 // bytes; longer lines are refused
	chunkSize = 64 << 10
)

// chunk is some lines that are worked on together.
type chunk struct {
	first int // number of its first line
	lines []byte
	long  map[int]bool // numbers of lines that were too long, and stand there empty
	out   []byte
	bad   []badLine
	count int
	done  chan struct{}
}

type badLine struct {
	line int
	err  error
}

// run works through r.in. A line that cannot be worked on is reported with its number, comes back as an object that says so, and makes the
// exit status 3. Blank lines are left out.
func (j *jsonLines) run(r *run, newLiner func() liner) error {
	jobs := j.Jobs
	if jobs < 1 {
		jobs = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	work, order := make(chan *chunk, jobs), make(chan *chunk, 2*jobs)
	var all sync.WaitGroup
	for range jobs {
		all.Add(1)
		go func() {
			defer all.Done()
			do := newLiner()
			for c := range work {
				c.run(do)
				close(c.done)
			}
		}()
	}
	var readErr error
	all.Add(1)
	go func() {
		defer all.Done()
		defer close(work)
		defer close(order)
		readErr = cutLines(r.in, func(c *chunk) bool {
			select {
			case order <- c:
				work <- c
				return ctx.Err() == nil
			case <-ctx.Done():
				return false
			}
		})
	}()
	written, bad, err := j.write(ctx, r, order)
	if r.ctx.Err() != nil {
		return r.ctx.Err() // nobody can stop a read that waits
	}
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if all.Wait(); readErr != nil {
		return fmt.Errorf("read: %w", readErr)
	}
	if bad > 0 {
		fmt.Fprintf(r.err, "%d of %d lines could not be read\n", bad, written)
		return status(brokenLines)
	}
	return nil
}

func (j *jsonLines) write(ctx context.Context, r *run, order <-chan *chunk) (lines, bad int, err error) {
	out := bufio.NewWriterSize(r.out, chunkSize)
	var bar *progressbar.ProgressBar
	if j.Progress {
		bar = progressbar.NewOptions64(-1, progressbar.OptionSetWriter(r.err), progressbar.OptionShowCount(), progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("lines"), progressbar.OptionThrottle(500*time.Millisecond), progressbar.OptionSetDescription("lines"))
		defer func() {
			_ = bar.Finish() // only a picture
			fmt.Fprintln(r.err)
		}()
	}
	for {
		var c *chunk
		select {
		case c = <-order:
		default:
			if err := out.Flush(); err != nil { // nothing else is to be written now, and whoever reads may be waiting for it
				return lines, bad, err
			}
			select {
			case c = <-order:
			case <-ctx.Done():
				return lines, bad, ctx.Err()
			}
		}
		if c == nil {
			return lines, bad, out.Flush()
		}
		<-c.done
		for _, b := range c.bad {
			fmt.Fprintf(r.err, "line %d: %v\n", b.line, b.err)
		}
		if _, err := out.Write(c.out); err != nil {
			return lines, bad, err
		}
		lines, bad = lines+c.count, bad+len(c.bad)
		if bar != nil {
			_ = bar.Add(c.count)
		}
	}
}

// cutLines hands over the lines of in, many at a time, and at once what has come when nothing more is there yet.
func cutLines(in io.Reader, yield func(*chunk) bool) error {
	number, start := 1, true
	var rest []byte   // the beginning of a line
	skipping := false // the rest of a line that is too long
	buf := make([]byte, chunkSize)
	for {
		n, err := in.Read(buf)
		if n > 0 {
			data := buf[:n]
			if start {
				start = false
				data = bytes.TrimPrefix(data, []byte("\ufeff"))
			}
			c := &chunk{first: number, done: make(chan struct{})}
			if skipping {
				end := bytes.IndexByte(data, '\n')
				if end < 0 {
					data = nil
				} else {
					skipping = false
					c.tooLong(number)
					data = data[end:]
				}
			}
			if last := bytes.LastIndexByte(data, '\n'); last >= 0 {
				c.lines = append(append(make([]byte, 0, len(rest)+last+1), rest...), data[:last+1]...)
				number += bytes.Count(c.lines, []byte{'\n'})
				rest, data = rest[:0], data[last+1:]
				if !yield(c) {
					return nil
				}
			}
			if len(rest)+len(data) > maxLine {
				rest, skipping = nil, true
			} else if !skipping {
				rest = append(rest, data...)
			}
		}
		if errors.Is(err, io.EOF) {
			c := &chunk{first: number, lines: append(rest, '\n'), done: make(chan struct{})}
			if skipping {
				c.tooLong(number)
			}
			if len(rest) > 0 || skipping {
				yield(c)
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (c *chunk) tooLong(line int) {
	if c.long == nil {
		c.long = map[int]bool{}
	}
	c.long[line] = true
}

var errTooLong = fmt.Errorf("longer than %d bytes", maxLine)

func (c *chunk) run(do liner) {
	c.out = make([]byte, 0, len(c.lines)*5/4)
	rest := c.lines
	for number := c.first; len(rest) > 0; number++ {
		end := bytes.IndexByte(rest, '\n')
		line := bytes.Trim(rest[:end], " \t\r")
		rest = rest[end+1:]
		if len(line) == 0 && !c.long[number] {
			continue
		}
		c.count++
		before, err := len(c.out), errTooLong
		if !utf8.Valid(line) { // JSON is UTF-8: what comes back must be readable, whatever came in
			line = bytes.ToValidUTF8(line, []byte("\uFFFD"))
		}
		if !c.long[number] && len(line) <= maxLine {
			c.out, err = do(c.out, line)
		}
		if err != nil {
			c.bad = append(c.bad, badLine{number, err})
			c.out = append(c.out[:before], `{"error":`...)
			c.out = appendQuoted(c.out, err.Error())
			c.out = append(c.out, `,"line":`...)
			c.out = append(strconv.AppendInt(c.out, int64(number), 10), '}')
		}
		c.out = append(c.out, '\n')
	}
	c.lines = nil
}

// appendQuoted appends s as a string of JSON.
func appendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		i++
	}
	return append(dst, '"')
}
