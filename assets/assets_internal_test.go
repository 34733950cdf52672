package assets

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestHandler(t *testing.T) {
	t.Parallel()
	built := fstest.MapFS{
		".keep":         {},
		"manifest.json": {Data: []byte(`{"app.js":"app.1.js","app.css":"app.2.css","place.js":"place.4.js","place.css":"place.5.css","icons.svg":"icons.3.svg"}`)},
		"app.1.js":      {Data: []byte("1")},
		"app.2.css":     {Data: []byte("a{}")},
		"icons.3.svg":   {Data: []byte("<svg/>")},
		"place.4.js":    {Data: []byte("4")},
		"place.5.css":   {Data: []byte("b{}")},
	}
	tests := []struct {
		name   string
		files  fstest.MapFS
		path   string
		status int
		kind   string
		cache  string
	}{
		{"script", built, "/assets/app.1.js", http.StatusOK, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"style", built, "/assets/app.2.css", http.StatusOK, "text/css; charset=utf-8", "public, max-age=31536000, immutable"},
		{"icons", built, "/assets/icons.3.svg", http.StatusOK, "image/svg+xml", "public, max-age=31536000, immutable"},
		{"an older hash", built, "/assets/app.0.js", http.StatusNotFound, "text/plain; charset=utf-8", ""},
		{"no listing", built, "/assets/", http.StatusNotFound, "text/plain; charset=utf-8", ""},
		{"no way out", built, "/assets/../manifest.json", http.StatusNotFound, "text/plain; charset=utf-8", ""},
		{"not built", fstest.MapFS{".keep": {}}, "/assets/app.js", http.StatusInternalServerError, "text/plain; charset=utf-8", "no-store"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.URL.Path = tt.path
			handler(func() (*held, error) { return read(tt.files) }).ServeHTTP(w, r)
			if w.Code != tt.status || w.Header().Get("Content-Type") != tt.kind || w.Header().Get("Cache-Control") != tt.cache {
				t.Errorf("got %d, %q, %q", w.Code, w.Header().Get("Content-Type"), w.Header().Get("Cache-Control"))
			}
			if tt.status == http.StatusInternalServerError && !strings.Contains(w.Body.String(), "make build") {
				t.Errorf("does not say what to run: %q", w.Body)
			}
		})
	}
}

func TestReadRefusesAHalfBuiltBundle(t *testing.T) {
	t.Parallel()
	for name, manifest := range map[string]string{"empty": `{}`, "names what is not there": `{"app.js":"a.js","app.css":"b.css","icons.svg":"c.svg"}`,
		"has only one of the two": `{"app.js":"app.1.js","app.css":"app.2.css","icons.svg":"icons.3.svg"}`} {
		if _, err := read(fstest.MapFS{"manifest.json": {Data: []byte(manifest)}}); !errors.Is(err, ErrMissing) {
			t.Errorf("%s: got %v, want ErrMissing", name, err)
		}
	}
	if _, err := read(fstest.MapFS{"manifest.json": {Data: []byte("{")}}); err == nil {
		t.Error("a broken manifest was read")
	}
}

// Whoever takes gzip gets the same bytes packed, under a name of their own for caches.
func TestPacked(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a{color:red}", 1000)
	files := fstest.MapFS{
		"manifest.json": {Data: []byte(`{"app.js":"1.js","app.css":"2.css","place.js":"4.js","place.css":"5.css","icons.svg":"3.svg"}`)},
		"1.js":          {}, "2.css": {Data: []byte(long)}, "3.svg": {}, "4.js": {}, "5.css": {},
	}
	h := handler(func() (*held, error) { return read(files) })
	ask := func(accept, match string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/assets/2.css", nil)
		r.Header.Set("Accept-Encoding", accept)
		r.Header.Set("If-None-Match", match)
		h.ServeHTTP(w, r)
		return w
	}
	plain, packed := ask("", ""), ask("gzip, br", "")
	if plain.Body.String() != long || plain.Header().Get("Content-Encoding") != "" {
		t.Errorf("plain: %d bytes, %q", plain.Body.Len(), plain.Header().Get("Content-Encoding"))
	}
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Body.Len() > len(long)/10 || packed.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("packed: %d bytes, %v", packed.Body.Len(), packed.Header())
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(z); err != nil || string(body) != long {
		t.Errorf("unpacked: %d bytes, %v", len(body), err)
	}
	if plain.Header().Get("ETag") == packed.Header().Get("ETag") {
		t.Error("a cache cannot tell the two apart")
	}
	if w := ask("gzip", packed.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Errorf("asked again: %d", w.Code)
	}
}
