// Package sheet decides what of a text a spreadsheet could run: a text that strangers wrote comes in, a cell that stays text goes out.
package sheet

import "strings"

const (
	starts = "=+-@"              // of formulas
	breaks = ",;|\t\r\n\"\u2028" // after which a spreadsheet may begin a cell, whatever the file's own separator is
)

// Cell writes an apostrophe before whatever could begin a formula: at the beginning of the text, and within it after anything that some
// spreadsheet takes for the end of a cell. A French one splits a file with commas at its semicolons.
func Cell(text string) string {
	var b strings.Builder
	fresh, written := true, 0
	for i, r := range text {
		switch {
		case i == 0 && (r == '\t' || r == '\r' || r == '\n'), fresh && strings.ContainsRune(starts, r):
			b.WriteString(text[written:i])
			b.WriteByte('\'')
			written, fresh = i, i == 0 && !strings.ContainsRune(starts, r)
		case strings.ContainsRune(breaks, r):
			fresh = true
		case r != ' ' && r != '\u00a0':
			fresh = false
		}
	}
	if written == 0 && b.Len() == 0 {
		return text
	}
	b.WriteString(text[written:])
	return b.String()
}
