//go:build packed

package sample

import (
	"archive/zip"
	_ "embed"
	"io/fs"
	"strings"
)

//go:embed packed.zip
var packed string

// Files are all files of this folder.
func Files() fs.FS {
	z, err := zip.NewReader(strings.NewReader(packed), int64(len(packed)))
	if err != nil {
		panic("sample/packed.zip: " + err.Error()) // internal/pack made it
	}
	return z
}
