package main

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"testing"
)

// TestPack holds that what is unpacked is what was packed, and smaller.
func TestPack(t *testing.T) {
	for name, files := range carried() {
		var b bytes.Buffer
		if err := pack(&b, files); err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		sum := 0
		if err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			want, err := fs.ReadFile(files, path)
			if err != nil {
				return err
			}
			sum += len(want)
			got, err := fs.ReadFile(z, path)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s/%s differs: %v", name, path, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if b.Len() > sum/2 {
			t.Errorf("%s: %d bytes of %d", name, b.Len(), sum)
		}
	}
}
