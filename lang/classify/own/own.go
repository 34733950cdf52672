// Package own holds the posts that this project wrote and labelled itself, by docs/models/guideline.md: nothing comes in, the files go out, for
// the trainer.
package own

import "embed"

// Files are lines of kinds<TAB>sentiment<TAB>language<TAB>text; lines that begin with # are comments.
//
//go:embed *.tsv
var Files embed.FS
