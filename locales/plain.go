//go:build !packed

package locales

import (
	"embed"
	"io/fs"
)

//go:embed *.json
var files embed.FS

// Files are the files of all languages.
func Files() fs.FS { return files }
