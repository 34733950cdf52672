//go:build !packed

package migrations

import (
	"embed"
	"io/fs"
)

//go:embed *.sql
var files embed.FS

// Files are the migrations of both engines.
func Files() fs.FS { return files }
