// Package locales holds the words of the interface, one set of files a language, embedded in the binary.
package locales

import "embed"

// Files are named NAME.LANGUAGE.json; all files of a language are one list of sentences.
//
//go:embed *.json
var Files embed.FS
