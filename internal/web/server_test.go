package web_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
)

func open(t *testing.T, log io.Writer) *web.Server {
	t.Helper()
	out := slog.New(slog.NewTextHandler(log, nil))
	return web.New(web.Options{Org: org.New(dbtest.SQLite(t), out, time.Now), Log: out, Live: web.NewLive()})
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	s := open(t, io.Discard)
	var read int64
	var failed error
	h := func(w http.ResponseWriter, r *http.Request) error {
		read, failed = io.Copy(io.Discard, r.Body)
		return nil
	}
	for _, pattern := range []string{"/page", "POST /import", "POST /import/{id}", "/api/", "/hooks/{channel}"} {
		s.Routes().Do(pattern, org.Public, h)
	}
	handler := s.Handler()
	const size = web.MaxForm + 1000
	for _, c := range []struct {
		method, path string
		bounded      bool
	}{
		{"GET", "/page", true},
		{"POST", "/page", true},
		{"POST", "/import", false},
		{"POST", "/import/1", true},
		{"POST", "/api/v1/imports", false},
		{"POST", "/hooks/1", false},
	} {
		read, failed = -1, nil
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(c.method, c.path, bytes.NewReader(make([]byte, size))))
		var big *http.MaxBytesError
		if got := errors.As(failed, &big); got != c.bounded || c.bounded && read != web.MaxForm || !c.bounded && read != size {
			t.Errorf("%s %s: read %d bytes, bounded %t (%v), want bounded %t", c.method, c.path, read, got, failed, c.bounded)
		}
	}
}

// TestSecretsStayOutOfTheLog lets pages fail whose address holds a secret.
func TestSecretsStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := open(t, &log)
	s.Routes().Page("GET /reset/{secret}", org.Public, func(http.ResponseWriter, *http.Request) error { return errors.New("the disk is full") })
	s.Routes().Page("GET /invitation/{secret}", org.Public, func(http.ResponseWriter, *http.Request) error { panic("a mistake") })
	h := s.Handler()
	for _, path := range []string{"/reset/s3cr3t", "/invitation/s3cr3t"} {
		log.Reset()
		res := httptest.NewRecorder()
		h.ServeHTTP(res, httptest.NewRequest("GET", path, nil))
		if res.Code != http.StatusInternalServerError {
			t.Errorf("%s answered %d", path, res.Code)
		}
		if text := log.String(); strings.Contains(text, "s3cr3t") || !strings.Contains(text, "{secret}") {
			t.Errorf("%s: the log says %s", path, text)
		}
	}
}

// TestLongForm: a form that is too long is told so, whichever way it is written; it does not look as if it had been empty.
func TestLongForm(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", web.MaxForm)
	for kind, body := range map[string]string{
		"application/x-www-form-urlencoded": "token=1&body=" + long,
		"multipart/form-data; boundary=x":   "--x\r\nContent-Disposition: form-data; name=\"body\"\r\n\r\n" + long + "\r\n--x--\r\n",
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		if f, err := web.ReadForm(r); problem.Of(err).Code != problem.TooLarge {
			t.Errorf("%s: %v, %v", kind, f, err)
		}
	}
}
