package app_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/config"
)

// Whether the database answers may be asked by anybody; why it does not is for the log.
func TestReady(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	a, err := app.Open(t.Context(), config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0"}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	ask := func() *httptest.ResponseRecorder {
		res := httptest.NewRecorder()
		a.Handler().ServeHTTP(res, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		return res
	}
	if res := ask(); res.Code != http.StatusOK || res.Body.String() != "ready\n" {
		t.Errorf("answered %d %q", res.Code, res.Body)
	}
	a.DB.Close()
	if res := ask(); res.Code != http.StatusServiceUnavailable || res.Body.String() != "database\n" {
		t.Errorf("without a database: answered %d %q", res.Code, res.Body)
	}
	if !strings.Contains(log.String(), "closed") {
		t.Errorf("the log does not say why: %s", &log)
	}
}
