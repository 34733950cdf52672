package assets

import (
	"errors"
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
		"manifest.json": {Data: []byte(`{"app.js":"app.1.js","app.css":"app.2.css","icons.svg":"icons.3.svg"}`)},
		"app.1.js":      {Data: []byte("1")},
		"app.2.css":     {Data: []byte("a{}")},
		"icons.3.svg":   {Data: []byte("<svg/>")},
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
	for name, manifest := range map[string]string{"empty": `{}`, "names what is not there": `{"app.js":"a.js","app.css":"b.css","icons.svg":"c.svg"}`} {
		if _, err := read(fstest.MapFS{"manifest.json": {Data: []byte(manifest)}}); !errors.Is(err, ErrMissing) {
			t.Errorf("%s: got %v, want ErrMissing", name, err)
		}
	}
	if _, err := read(fstest.MapFS{"manifest.json": {Data: []byte("{")}}); err == nil {
		t.Error("a broken manifest was read")
	}
}
