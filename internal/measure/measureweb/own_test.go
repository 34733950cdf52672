package measureweb_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// send posts a form as the page does.
func send(t *testing.T, h http.Handler, cookie, address string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("POST", address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Cookie", cookie+"; lang=en")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestOwnPages puts a measure together by forms alone: refused, previewed, saved, changed, an earlier definition chosen, removed.
func TestOwnPages(t *testing.T) {
	t.Parallel()
	h, cookie := site(t, 30)
	if code, body := read(t, h, cookie, "fr", "/own-measures"); code != 200 || !strings.Contains(body, "Pas encore de mesure propre") {
		t.Errorf("the empty list: %d", code)
	}
	form := url.Values{"name": {"Squeaks"}, "way": {"count"}, "of": {"post"}, "query": {"(squeaks AND"}, "better": {"lower"}, "days": {"30"}}
	if w := send(t, h, cookie, "/own-measures", form); w.Code != 422 || !strings.Contains(w.Body.String(), "cannot be saved yet") {
		t.Errorf("a query that breaks: %d", w.Code)
	}
	form.Set("query", "squeaks")
	form.Set("try", "1")
	if w := send(t, h, cookie, "/own-measures", form); w.Code != 200 || !strings.Contains(w.Body.String(), "n\u00a0=\u00a030") && !strings.Contains(w.Body.String(), "n = 30") {
		t.Errorf("shown without saving: %d", w.Code)
	}
	if code, body := read(t, h, cookie, "en", "/own-measures/preview?"+form.Encode()); code != 200 || !strings.Contains(body, `id="own-preview"`) || !strings.Contains(body, "The newest behind it") || !strings.Contains(body, "/mentions?post=") || !strings.Contains(body, "30") {
		t.Errorf("preview: %d %s", code, body)
	}
	wait := url.Values{"name": {"Wait"}, "way": {"duration"}, "of": {"conversation"}, "begin": {"opened"}, "end": {"resolved"}, "better": {"lower"}, "days": {"30"}}
	if code, body := read(t, h, cookie, "en", "/own-measures/preview?"+wait.Encode()); code != 200 || !strings.Contains(body, "12 still going on") {
		t.Errorf("a preview of waits does not say how many go on: %d %s", code, body)
	}
	form.Del("try")
	w := send(t, h, cookie, "/own-measures", form)
	to := w.Header().Get("Location")
	if w.Code != 303 || !strings.HasPrefix(to, "/measures/own-") {
		t.Fatalf("saved: %d %s", w.Code, to)
	}
	own := "/own-measures/" + strings.TrimPrefix(to, "/measures/")
	if code, body := read(t, h, cookie, "en", to+"?by=channel"); code != 200 || !strings.Contains(body, "Squeaks") || !strings.Contains(body, "Service &lt;mail&gt;") {
		t.Errorf("its page: %d", code)
	}
	if code, body := read(t, h, cookie, "en", to+"/rows"); code != 200 || !strings.Contains(body, "30 rows add up to n") {
		t.Errorf("its rows: %d", code)
	}
	form.Set("query", "")
	form.Set("name", "All of it")
	if w := send(t, h, cookie, own, form); w.Code != 303 {
		t.Errorf("changed: %d", w.Code)
	}
	if _, body := read(t, h, cookie, "en", own); !strings.Contains(body, "Version 2") || !strings.Contains(body, "squeaks") {
		t.Error("the earlier definition is not shown")
	}
	if _, body := read(t, h, cookie, "fr", own); !strings.Contains(body, "<code>Nombre · Messages des autres · squeaks</code>") || !strings.Contains(body, ">Résiliation</option>") {
		t.Error("a definition and its choices are not in the reader's words")
	}
	if w := send(t, h, cookie, own+"/choose", url.Values{"version": {"1"}}); w.Code != 303 {
		t.Errorf("chosen: %d", w.Code)
	}
	if _, body := read(t, h, cookie, "en", to); !strings.Contains(body, "Squeaks") {
		t.Error("the earlier definition does not count")
	}
	if _, body := read(t, h, cookie, "en", "/measures?section=own"); !strings.Contains(body, "Squeaks") || strings.Contains(body, "Response rate") {
		t.Error("the list of a section holds something else")
	}
	if w := send(t, h, cookie, own+"/remove", nil); w.Code != 303 {
		t.Errorf("removed: %d", w.Code)
	}
	if code, _ := read(t, h, cookie, "en", to); code != 404 {
		t.Errorf("a removed measure: %d", code)
	}
}

func TestHoursPage(t *testing.T) {
	t.Parallel()
	h, cookie := site(t, 1)
	if code, body := read(t, h, cookie, "en", "/business-hours"); code != 200 || !strings.Contains(body, "9:00-18:00") || !strings.Contains(body, "Europe/Paris") {
		t.Errorf("the usual hours: %d", code)
	}
	form := url.Values{"zone": {"Asia/Kolkata"}, "day1": {"9-12, 14h–18h30"}, "holidays": {"2026-05-14\n12-25"}}
	if w := send(t, h, cookie, "/business-hours", form); w.Code != 303 {
		t.Fatalf("saved: %d", w.Code)
	}
	if _, body := read(t, h, cookie, "en", "/business-hours"); !strings.Contains(body, "9:00-12:00, 14:00-18:30") || !strings.Contains(body, "12-25") {
		t.Error("the hours are others than those that were set")
	}
	for field, value := range map[string]string{"zone": "Moon", "day1": "9-8", "day2": "morning", "holidays": "2026-13-01"} {
		wrong := url.Values{"zone": {"UTC"}, "day1": {"9-12"}}
		wrong.Set(field, value)
		if w := send(t, h, cookie, "/business-hours", wrong); w.Code != 422 {
			t.Errorf("%s %q: %d", field, value, w.Code)
		}
	}
}

func TestWorkbooks(t *testing.T) {
	t.Parallel()
	h, cookie := site(t, 40)
	for _, address := range []string{"/measures/volume/series.xlsx", "/measures/volume/rows.xlsx", "/measures/first-response-time/series.xlsx?period=90d&step=week"} {
		code, body := read(t, h, cookie, "en", address)
		z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
		if code != 200 || err != nil || len(z.File) != 6 {
			t.Errorf("%s: %d, %v", address, code, err)
		}
	}
	code, body := read(t, h, cookie, "en", "/measures/volume/series.json")
	var got struct {
		Measure string
		Points  []struct{ N, Value float64 }
	}
	if err := json.Unmarshal([]byte(body), &got); code != 200 || err != nil || got.Measure != "volume" || len(got.Points) != 30 || got.Points[29].N == 0 {
		t.Errorf("series.json: %d %v %.200s", code, err, body)
	}
}

// TestMissing holds that a measure without its facts says which, and shows no number.
func TestMissing(t *testing.T) {
	t.Parallel()
	h, cookie := site(t, 3)
	code, body := read(t, h, cookie, "en", "/measures/csat")
	if code != 200 || !strings.Contains(body, "There is no number yet") || !strings.Contains(body, "/import?format=facts&amp;kind=rating") {
		t.Errorf("csat: %d", code)
	}
	if regexp.MustCompile(`class="stat-number"`).MatchString(body) {
		t.Error("a number is shown")
	}
}

// TestNumbersOpen holds that each number on the page of a measure leads to its rows, without a script: of this period, of its tail, of the period
// before and of the year before.
func TestNumbersOpen(t *testing.T) {
	t.Parallel()
	h, cookie := site(t, 3)
	tile := regexp.MustCompile(`(?s)<div class="stat">\s*<p class="stat-label">(.*?)</p>(.*?)</div>`)
	link := regexp.MustCompile(`href="([^"]+)"`)
	for id, want := range map[string]int{"volume": 3, "response-rate": 3, "first-response-time": 4} {
		code, body := read(t, h, cookie, "en", "/measures/"+id)
		tiles := tile.FindAllStringSubmatch(body, -1)
		if code != 200 || len(tiles) != want {
			t.Errorf("%s: answered %d with %d numbers, want %d", id, code, len(tiles), want)
		}
		for _, found := range tiles {
			to := link.FindStringSubmatch(found[1])
			if to == nil || !strings.Contains(to[1], "/measures/"+id+"/rows") {
				t.Errorf("%s: %s leads to no rows", id, found[1])
				continue
			}
			if code, _ := read(t, h, cookie, "en", strings.ReplaceAll(to[1], "&amp;", "&")); code != 200 {
				t.Errorf("%s: %s is answered %d", id, to[1], code)
			}
		}
	}
}
