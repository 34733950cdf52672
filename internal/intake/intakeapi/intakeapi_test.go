package intakeapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/intake/intakeapi"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

func TestImportOverREST(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := slog.New(slog.DiscardHandler)
		o := org.New(d, log, time.Now)
		if err := o.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", URL: "https://velo.example", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: "Pignon libre 42"}); err != nil {
			t.Fatal(err)
		}
		m, err := o.ByEmail(t.Context(), "ada@velo.example")
		if err != nil {
			t.Fatal(err)
		}
		secret, _, err := o.MakeToken(org.With(t.Context(), m), "test", []org.Permission{org.ImportRun}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		l := ledger.New(d, log, time.Now, channel.PostFollower())
		s := intake.New(d, l, channel.New(d, l, nil, channel.World{}, log, time.Now), o, t.TempDir(), log, time.Now, nil)
		a := api.New(o, d, log, time.Now)
		intakeapi.Operations(a, s)
		srv := httptest.NewServer(a.Handler())
		defer srv.Close()
		call := func(method, path, kind string, body io.Reader) (int, map[string]any, string) {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+api.Prefix+path, body)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+secret)
			if kind != "" {
				req.Header.Set("Content-Type", kind)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			raw, _ := io.ReadAll(res.Body)
			var v map[string]any
			json.Unmarshal(raw, &v)
			return res.StatusCode, v, string(raw)
		}
		activities := func() int {
			t.Helper()
			n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM activity")
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		cards := "BEGIN:VCARD\nFN:Zoé\nEMAIL:z@y.example\nEND:VCARD\nBEGIN:VCARD\nEND:VCARD\n"
		status, v, raw := call("POST", "/imports?name=a.vcf", "application/octet-stream", strings.NewReader(cards))
		if status != 202 || v["state"] != "queued" || v["format"] != "vcard" {
			t.Fatal(status, raw)
		}
		id := v["id"].(string)
		if _, err := s.RunNext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if status, v, raw = call("GET", "/imports/"+id, "", nil); status != 200 || v["state"] != "done" || v["added"] != 1.0 || v["refused"] != 1.0 {
			t.Error(status, raw)
		}
		if status, _, raw = call("GET", "/imports/"+id+"/refused", "", nil); status != 200 || !strings.Contains(raw, "There is neither a name nor an address.") {
			t.Error(status, raw)
		}
		if status, _, raw = call("DELETE", "/imports/"+id, "", nil); status != 409 {
			t.Error(status, raw)
		}
		// A dry run only counts, and says that it does.
		fresh := "BEGIN:VCARD\nFN:Ida\nEMAIL:i@y.example\nEND:VCARD\n"
		if status, v, raw = call("POST", "/imports?name=b.vcf&dry_run=true", "application/octet-stream", strings.NewReader(fresh)); status != 202 || v["dry_run"] != true || v["name"] != "b.vcf" {
			t.Fatal(status, raw)
		}
		before := activities()
		if _, err := s.RunNext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if status, v, raw = call("GET", "/imports/"+v["id"].(string), "", nil); status != 200 || v["state"] != "done" || v["dry_run"] != true || v["added"] != 1.0 {
			t.Error(status, raw)
		}
		if n := activities(); n != before {
			t.Errorf("a dry run added %d activities", n-before)
		}
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		p, _ := w.CreateFormFile("file", "posts.jsonl")
		io.WriteString(p, `{"id":"1","text":"x"}`)
		w.Close()
		sent := form.String()
		if status, _, raw = call("POST", "/imports", w.FormDataContentType(), strings.NewReader(sent)); status != 202 {
			t.Error(status, raw)
		}
		if status, v, raw = call("POST", "/imports?format=mbox", "application/octet-stream", strings.NewReader("From ")); status != 422 || v["key"] != "intake.no_channel" {
			t.Error(status, raw)
		}
		if status, v, raw = call("GET", "/imports?limit=1", "", nil); status != 200 || v["next"] == nil || len(v["items"].([]any)) != 1 {
			t.Error(status, raw)
		}
		if status, _, raw = call("GET", "/imports/nothing", "", nil); status != 404 {
			t.Error(status, raw)
		}
	})
}
