// Package lexicon holds the words that this project gathered for what they tell: nothing comes in, the files go out, for the trainer.
package lexicon

import "embed"

// Files are lines of entry<TAB>class<TAB>strength and perhaps a language, which is otherwise that in the name of the file; lines that begin
// with # are comments.
//
//go:embed *.tsv
var Files embed.FS
