// Command pack writes what the program carries as text (sentences, the sample, the browser side, migrations) into one archive a folder, for the program that is
// delivered: a third of the bytes. Every other build, and every test, reads the files themselves.
package main

import (
	"archive/zip"
	"compress/flate"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/db/migrations"
	"github.com/entente/entente/locales"
	"github.com/entente/entente/sample"
)

func main() {
	for dir, files := range carried() {
		if err := write(filepath.Join(dir, "packed.zip"), files); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// carried is what is packed, by the folder that holds it.
func carried() map[string]fs.FS {
	return map[string]fs.FS{"assets": assets.Files(), "internal/db/migrations": migrations.Files(), "locales": locales.Files(), "sample": sample.Files()}
}

// write makes the archive beside its place and moves it there, so that a build never finds half of one.
func write(name string, files fs.FS) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".packed")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := pack(f, files); err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func pack(w io.Writer, files fs.FS) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	if err := z.AddFS(files); err != nil {
		return err
	}
	return z.Close()
}
