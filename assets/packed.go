//go:build packed

package assets

import (
	"archive/zip"
	_ "embed"
	"io/fs"
	"strings"
)

//go:embed packed.zip
var packed string

// Files are what assets/build.sh made.
func Files() fs.FS {
	z, err := zip.NewReader(strings.NewReader(packed), int64(len(packed)))
	if err != nil {
		panic("assets/packed.zip: " + err.Error()) // internal/pack made it
	}
	return z
}
