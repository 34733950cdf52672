//go:build !packed

package assets

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files are what assets/build.sh made.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // dist is a valid path
	}
	return files
}
