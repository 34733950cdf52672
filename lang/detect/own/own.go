// Package own decides which words the language detector learns besides the texts of others: lists and sentences that
// we wrote come out, for the trainer.
package own

import (
	_ "embed"
	"strings"
)

//go:embed words.tsv
var words string

// Line is some words or sentences of one language.
type Line struct{ Code, Text string }

// Lines gives all that we wrote, in the order of the file.
func Lines() []Line {
	var out []Line
	for l := range strings.Lines(words) {
		if code, text, ok := strings.Cut(strings.TrimSpace(l), "\t"); ok {
			out = append(out, Line{code, text})
		}
	}
	return out
}
