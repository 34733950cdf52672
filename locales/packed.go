//go:build packed

package locales

import (
	"archive/zip"
	_ "embed"
	"io/fs"
	"strings"
)

//go:embed packed.zip
var packed string

// Files are the files of all languages.
func Files() fs.FS {
	z, err := zip.NewReader(strings.NewReader(packed), int64(len(packed)))
	if err != nil {
		panic("locales/packed.zip: " + err.Error()) // internal/pack made it
	}
	return z
}
