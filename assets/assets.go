// Package assets decides under which addresses the browser side is served: the bundle built by assets/build.sh comes in
// embedded, hashed paths and a handler with lasting cache headers go out.
package assets

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// Prefix is where Handler is to be mounted.
const Prefix = "/assets/"

// ErrMissing says that the program was built before its browser side.
var ErrMissing = errors.New("the browser bundle is missing: run `make build` (or `sh assets/build.sh`) and build the program again")

//go:embed all:dist
var dist embed.FS

var bundle = sync.OnceValues(func() (manifest, error) { return read(dist) })

type manifest struct {
	Script string `json:"app.js"`
	Style  string `json:"app.css"`
	Sprite string `json:"icons.svg"`
}

func read(files fs.FS) (manifest, error) {
	var m manifest
	raw, err := fs.ReadFile(files, "dist/manifest.json")
	if err != nil {
		return m, ErrMissing
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return manifest{}, fmt.Errorf("reading the manifest of the bundle: %w", err)
	}
	for _, name := range []string{m.Script, m.Style, m.Sprite} {
		if name == "" {
			return manifest{}, ErrMissing
		}
		if _, err := fs.Stat(files, path.Join("dist", name)); err != nil {
			return manifest{}, ErrMissing
		}
	}
	return m, nil
}

// Check is nil when the bundle is inside the program, else says what to run. Call it once at start.
func Check() error {
	_, err := bundle()
	return err
}

// Script is the path of the one script of every page, with its hash; "/assets/app.js" when there is no bundle.
func Script() string { return address(func(m manifest) string { return m.Script }, "app.js") }

// Style is the path of the one style sheet of every page.
func Style() string { return address(func(m manifest) string { return m.Style }, "app.css") }

// Sprite is the path of the icons; an icon is the fragment of that name.
func Sprite() string { return address(func(m manifest) string { return m.Sprite }, "icons.svg") }

func address(pick func(manifest) string, fallback string) string {
	if m, err := bundle(); err == nil {
		return Prefix + pick(m)
	}
	return Prefix + fallback
}

// Handler serves the bundle below Prefix. File names hold a hash of the content, so browsers may keep them for ever;
// compression is left to the server around it.
func Handler() http.Handler { return handler(dist) }

func handler(files fs.FS) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, err := read(files)
		if err != nil {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		types := map[string]string{
			m.Script: "text/javascript; charset=utf-8",
			m.Style:  "text/css; charset=utf-8",
			m.Sprite: "image/svg+xml",
		}
		name := strings.TrimPrefix(r.URL.Path, Prefix)
		kind, known := types[name]
		if !known {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", `"`+name+`"`)
		http.ServeFileFS(w, r, files, path.Join("dist", name))
	})
}
