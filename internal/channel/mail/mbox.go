package mail

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/entente/entente/internal/problem"
)

// ReadMbox reads a mailbox file (mboxrd or mboxo) and hands over its messages one after the other, with the place in the file where
// each begins. raw is only good until each returns, and never longer than MaxMessage and one byte: of a longer message only that much is
// handed over, which Parse refuses as mail.too_large. An error of each ends the reading and is returned as it is; a file that is no
// mailbox is refused with the key mail.not_mbox.
func ReadMbox(r io.Reader, each func(offset int64, raw []byte) error) error {
	br := bufio.NewReaderSize(r, 64<<10)
	var (
		offset, start int64
		message       []byte
		inside        bool
		blank         = true // the line before was blank, or there was none
		begins        = true // the next piece begins a line
	)
	emit := func() error {
		if !inside {
			return nil
		}
		// The blank line before the next message belongs to the mailbox.
		if len(message) <= MaxMessage {
			if m, ok := bytes.CutSuffix(message, []byte("\r\n\r\n")); ok {
				message = message[:len(m)+2]
			} else if m, ok := bytes.CutSuffix(message, []byte("\n\n")); ok {
				message = message[:len(m)+1]
			}
		}
		return each(start, message)
	}
	for {
		piece, err := br.ReadSlice('\n')
		whole := err == nil || begins && err == io.EOF
		if offset == 0 {
			if cut, ok := bytes.CutPrefix(piece, []byte("\xef\xbb\xbf")); ok {
				piece, offset = cut, 3
			}
		}
		here := offset
		offset += int64(len(piece))
		text := bytes.TrimRight(piece, "\r\n")
		switch {
		case len(piece) == 0:
		case begins && whole && blank && fromLine(text, inside):
			if err := emit(); err != nil {
				return err
			}
			inside, message, start = true, message[:0], here+int64(len(piece))
		case !inside:
			if len(bytes.TrimSpace(text)) > 0 {
				return problem.New(problem.Invalid, "mail.not_mbox")
			}
		default:
			if begins && quotedFrom(text) {
				piece = piece[1:]
			}
			message = append(message, piece[:min(len(piece), MaxMessage+1-len(message))]...)
		}
		blank = begins && err == nil && len(text) == 0 || len(piece) == 0 && blank
		begins = err == nil
		switch {
		case err == nil || errors.Is(err, bufio.ErrBufferFull):
		case err == io.EOF:
			if !inside {
				return problem.New(problem.Invalid, "mail.not_mbox")
			}
			return emit()
		default:
			return problem.New(problem.Invalid, "mail.unreadable").Because(err)
		}
	}
}

// fromLine tells the line that opens a message from text that starts with the word: inside a mailbox it ends in a time and a year.
func fromLine(l []byte, inside bool) bool {
	rest, ok := bytes.CutPrefix(l, []byte("From "))
	if !ok || len(l) > 1000 {
		return false
	}
	if !inside {
		return true
	}
	clock, year := false, false
	for _, f := range bytes.Fields(rest) {
		if len(f) >= 4 && len(f) <= 8 && bytes.IndexByte(f, ':') > 0 && digits(bytes.ReplaceAll(f, []byte(":"), nil)) {
			clock = true
		}
		if len(f) == 4 && digits(f) {
			year = true
		}
	}
	return clock && year
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// quotedFrom tells a line that was marked because it looked like the start of a message.
func quotedFrom(l []byte) bool {
	n := 0
	for n < len(l) && l[n] == '>' {
		n++
	}
	return n > 0 && bytes.HasPrefix(l[n:], []byte("From "))
}
