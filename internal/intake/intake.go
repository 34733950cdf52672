// Package intake decides how files that people bring become facts: feeds, mailboxes, forum dumps, tables and address cards come in,
// activities go to the ledger, once each, and a list of what was refused and why goes back.
package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// Format is a kind of file that can be read.
type Format interface {
	Describe() Description
	// Read reads src from its beginning to its end in bounded memory and hands over what it finds, in order. What cannot be understood
	// is handed over as a refused row; an error ends the reading and says, as a *problem.Problem, why the rest cannot be read. An error
	// of emit is returned as it is.
	Read(ctx context.Context, src *Source, opts Options, emit func(Row) error) error
}

// Description is what a format says of itself.
type Description struct {
	Name       string   // on the command line, in URLs and in keys: intake.format.NAME
	Extensions []string // of files, with the dot
	Posts      bool     // it may bring posts, which need a channel
	Folder     bool     // a folder or an archive of several files can be read as one
	Fields     []string // the options that concern it beside the channel, as in Settings
}

// Formats lists the formats.
func Formats() []Format {
	return []Format{feedFormat{}, mboxFormat{}, emlFormat{}, stackExchange{}, discourse{}, table{}, factTable{}, jsonLines{}, cards{}}
}

// Find returns the format of that name.
func Find(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Describe().Name == name {
			return f, true
		}
	}
	return nil, false
}

// Detect says which format a source is, by its beginning and its name; "" when it cannot tell.
func Detect(src *Source) string {
	names := src.Names()
	for _, n := range names {
		if strings.EqualFold(path.Base(n), "Posts.xml") {
			return "stackexchange"
		}
	}
	if len(names) == 0 {
		return ""
	}
	if src.Many() {
		for _, n := range names {
			if base := strings.ToLower(path.Base(n)); base == "categories.json" || base == "site.json" {
				return "discourse"
			}
			if strings.HasSuffix(strings.ToLower(n), ".json") {
				if head, err := src.head(n, 64<<10); err == nil && bytes.Contains(head, []byte(`"post_stream"`)) {
					return "discourse"
				}
				break
			}
		}
		for _, f := range []string{"eml", "feed", "mbox", "vcard"} {
			format, _ := Find(f)
			if format.Describe().Folder && len(src.matching(format.Describe().Extensions)) > 0 {
				return f
			}
		}
		return ""
	}
	head, err := src.head(names[0], 4096)
	if err != nil {
		return ""
	}
	text := utf8Head(head)
	trimmed := bytes.TrimSpace(text)
	low := bytes.ToLower(trimmed)
	extension := strings.ToLower(path.Ext(names[0]))
	switch {
	case bytes.HasPrefix(low, []byte("begin:vcard")):
		return "vcard"
	case bytes.HasPrefix(text, []byte("From ")):
		return "mbox"
	case bytes.HasPrefix(low, []byte("<")) && (bytes.Contains(low, []byte("<posts")) && bytes.Contains(low, []byte("<row"))):
		return "stackexchange"
	case bytes.HasPrefix(low, []byte("<")):
		return "feed"
	case bytes.HasPrefix(low, []byte("{")) && bytes.Contains(low, []byte("jsonfeed.org/version")):
		return "feed"
	case (bytes.HasPrefix(low, []byte("{")) || bytes.HasPrefix(low, []byte("["))) && bytes.Contains(low, []byte(`"post_stream"`)):
		return "discourse"
	case bytes.HasPrefix(low, []byte("{")):
		first, _, _ := bytes.Cut(trimmed, []byte("\n"))
		if json.Valid(first) || extension == ".jsonl" || extension == ".ndjson" {
			return "jsonl"
		}
		return "feed"
	case extension == ".csv" || extension == ".tsv":
		return tableOf(src)
	case extension == ".eml" || headerLine(trimmed):
		return "eml"
	case bytes.ContainsAny(firstLine(trimmed), ",;\t"):
		return "csv"
	}
	return ""
}

// tableOf tells a table of facts from others, when its headings do.
func tableOf(src *Source) string {
	if l, err := inspect(src, Options{}, "csv"); err == nil && l.missing() == "" {
		return "csv"
	}
	if l, err := inspect(src, Options{}, "facts"); err == nil && l.missing() == "" && slices.ContainsFunc(Columns(l.Target), func(c Column) bool { return c.Must }) {
		return "facts" // a date and a name are no sign
	}
	return "csv"
}

func firstLine(b []byte) []byte {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return line
}

// headerLine tells the first line of a mail from that of a table.
func headerLine(b []byte) bool {
	name, _, ok := bytes.Cut(firstLine(b), []byte(":"))
	if !ok || len(name) == 0 || len(name) > 60 {
		return false
	}
	for _, c := range name {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}
