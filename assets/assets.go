// Package assets decides under which addresses the browser side is served: the bundle built by assets/build.sh comes in
// embedded, hashed paths and a handler with lasting cache headers go out.
package assets

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Prefix is where Handler is to be mounted.
const Prefix = "/assets/"

// ErrMissing says that the program was built before its browser side.
var ErrMissing = errors.New("the browser bundle is missing: run `make build` (or `sh assets/build.sh`) and build the program again")

var bundle = sync.OnceValues(func() (*held, error) { return read(Files()) })

type manifest struct {
	Script      string `json:"app.js"`
	Style       string `json:"app.css"`
	PlaceScript string `json:"place.js"`
	PlaceStyle  string `json:"place.css"`
	Sprite      string `json:"icons.svg"`
}

// held is the bundle in memory: in the program that is delivered the files lie packed.
type held struct {
	manifest
	files map[string]file // by name
}

type file struct {
	kind string
	body []byte
	gzip func() []byte // packed as small as can be, once, when first asked for
}

func pack(body []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level exists
	_, _ = z.Write(body)                                    // memory does not fail
	_ = z.Close()
	return out.Bytes()
}

func read(files fs.FS) (*held, error) {
	raw, err := fs.ReadFile(files, "manifest.json")
	if err != nil {
		return nil, ErrMissing
	}
	h := held{files: map[string]file{}}
	if err := json.Unmarshal(raw, &h.manifest); err != nil {
		return nil, fmt.Errorf("reading the manifest of the bundle: %w", err)
	}
	for name, kind := range map[string]string{
		h.Script:      "text/javascript; charset=utf-8",
		h.PlaceScript: "text/javascript; charset=utf-8",
		h.Style:       "text/css; charset=utf-8",
		h.PlaceStyle:  "text/css; charset=utf-8",
		h.Sprite:      "image/svg+xml",
	} {
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, ErrMissing
		}
		h.files[name] = file{kind, body, sync.OnceValue(func() []byte { return pack(body) })}
	}
	if len(h.files) < 5 {
		return nil, ErrMissing
	}
	return &h, nil
}

// Check is nil when the bundle is inside the program, else says what to run. Call it once at start.
func Check() error {
	_, err := bundle()
	return err
}

// Script is the path of the script of pages that people work on, with its hash; "/assets/app.js" when there is no bundle.
func Script() string { return address(func(m *held) string { return m.Script }, "app.js") }

// Style is the path of their style sheet.
func Style() string { return address(func(m *held) string { return m.Style }, "app.css") }

// PlaceScript is the path of the script of pages that are mostly read, those of communities: what is fetched again, the map and presentations are not in it.
func PlaceScript() string { return address(func(m *held) string { return m.PlaceScript }, "place.js") }

// PlaceStyle is the path of their style sheet: that of charts, plans and the map is not in it.
func PlaceStyle() string { return address(func(m *held) string { return m.PlaceStyle }, "place.css") }

// Sprite is the path of the icons; an icon is the fragment of that name.
func Sprite() string { return address(func(m *held) string { return m.Sprite }, "icons.svg") }

func address(pick func(*held) string, fallback string) string {
	if m, err := bundle(); err == nil {
		return Prefix + pick(m)
	}
	return Prefix + fallback
}

// Handler serves the bundle below Prefix, packed for whoever takes gzip. File names hold a hash of the content, so browsers may keep them for ever.
func Handler() http.Handler { return handler(bundle) }

func handler(bundle func() (*held, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, err := bundle()
		if err != nil {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		name := strings.TrimPrefix(r.URL.Path, Prefix)
		f, known := m.files[name]
		if !known {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Add("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			h.Set("ETag", `"`+name+`.gz"`)
			http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.gzip()))
			return
		}
		h.Set("ETag", `"`+name+`"`)
		http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.body))
	})
}
