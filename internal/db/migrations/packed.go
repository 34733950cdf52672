//go:build packed

package migrations

import (
	"archive/zip"
	_ "embed"
	"io/fs"
	"strings"
)

//go:embed packed.zip
var packed string

// Files are the migrations of both engines.
func Files() fs.FS {
	z, err := zip.NewReader(strings.NewReader(packed), int64(len(packed)))
	if err != nil {
		panic("internal/db/migrations/packed.zip: " + err.Error()) // internal/pack made it
	}
	return z
}
