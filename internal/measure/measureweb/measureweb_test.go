package measureweb_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/measureweb"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/web"
)

var now = time.Date(2026, 11, 20, 15, 30, 0, 0, time.UTC)

// site is a server over threads conversations, one every 4 hours back from now, of which every third is not answered.
func site(t testing.TB, threads int) (handler http.Handler, cookie string) {
	t.Helper()
	return hurried(t, threads, time.Hour) // however slow the machine
}

// hurried is site that works out the numbers of the list for so long.
func hurried(t testing.TB, threads int, atOnce time.Duration) (handler http.Handler, cookie string) {
	t.Helper()
	ctx, d, log := t.Context(), dbtest.SQLite(t), slog.New(slog.NewTextHandler(io.Discard, nil))
	clock := func() time.Time { return now }
	o := org.New(d, log, clock)
	err := o.SetUp(ctx, org.SetUp{Organisation: "Bruyère", Lang: "fr", Zone: "Europe/Paris", URL: "http://localhost", OwnerName: "Ada",
		OwnerEmail: "ada@example.org", Password: "heather on the hills 42"})
	if err != nil {
		t.Fatal(err)
	}
	token, err := o.SignIn(ctx, "ada@example.org", "heather on the hills 42", org.Visit{})
	if err != nil {
		t.Fatal(err)
	}
	e := enrich.New(d, log, enrich.LanguageIdentifier{})
	l := ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
	err = d.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO channel (id, kind, name, created_at) VALUES ('mail', 'mail', $1, 1)", "Service <mail>")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var list []ledger.Activity
	say := func(external string, at time.Time, s ledger.Said) string {
		s.ExternalID = external
		a := ledger.Activity{ID: id.From(external, "post"), Kind: ledger.PostSaid, Actor: "mailto:bo@example.org", Channel: "mail", At: at, LearnedAt: at,
			Key: ledger.SaidKey("mail", external), Data: ledger.Data(s)}
		list = append(list, a)
		return a.ID
	}
	for i := range threads {
		at, ext := now.Add(-time.Duration(4*i+1)*time.Hour), fmt.Sprintf("p%d", i)
		title := fmt.Sprintf("Question %d", i)
		if i == 1 {
			title = `=HYPERLINK("https://evil.example","<b>free</b>")`
		}
		post := say(ext, at, ledger.Said{Title: title, Text: "My bike squeaks", AuthorName: "Bo", Inbox: true, Direct: true})
		if i%3 != 0 {
			say(ext+"r", at.Add(time.Duration(20+(i*37)%500)*time.Minute), ledger.Said{Ours: true, Text: "Bring it in", InReplyTo: []string{ext}, Member: "m"})
			if reply := at.Add(time.Duration(600+(i*91)%2000) * time.Minute); reply.Before(now) {
				list = append(list, ledger.Activity{Kind: ledger.ConversationResolved, Actor: "member:m", Object: id.From(post, "conversation"), At: reply, LearnedAt: reply})
			}
		}
		if i%2 == 0 {
			list = append(list, ledger.Activity{Kind: ledger.PostLabelled, Actor: "member:m", Object: post, At: at, LearnedAt: at,
				Data: ledger.Data(ledger.Label{Label: "sentiment", Value: []string{"positive", "negative", "neutral", "positive"}[i/2%4]})})
		}
	}
	for len(list) > 0 {
		n := min(len(list), 400)
		if _, err := l.State(ctx, list[:n]...); err != nil {
			t.Fatal(err)
		}
		list = list[n:]
	}
	s := web.New(web.Options{Org: o, Log: log, Live: web.NewLive(), Clock: clock})
	m := measure.New(d, o, clock)
	m.Trust(e)
	measureweb.Routes(s.Routes(), m, measureweb.Options{AtOnce: atOnce})
	return s.Handler(), s.SessionCookie() + "=" + token
}

func read(t *testing.T, h http.Handler, cookie, lang, address string) (int, string) {
	t.Helper()
	r := httptest.NewRequest("GET", address, nil)
	r.Header.Set("Cookie", cookie+"; lang="+lang)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestPages(t *testing.T) {
	t.Parallel()
	h, cookie := site(t, 300)
	for _, c := range []struct {
		address, lang string
		want          []string
	}{
		{"/measures", "en", []string{"Response rate", "First response time (median)", "Net sentiment", "labelled of", "/measures/volume"}},
		{"/measures?period=90d&step=month", "fr", []string{"Taux de réponse", "Délai de première réponse (médiane)", "étiquetés sur"}},
		{"/measures?period=6m&channel=mail", "en", []string{"channel=mail"}},
		{"/measures?period=custom&from=2026-11-01&to=2026-11-20", "en", []string{`value="2026-11-01"`, "1\u00a0Nov 2026 to 20\u00a0Nov 2026"}},
		{"/measures/volume", "en", []string{"Poisson (Garwood)", "#{ p : from", "180", "<svg", "post.said", "None: it is not a ratio"}},
		{"/measures/first-response-time?step=week", "fr", []string{"Kaplan–Meier", "P90", "Médiane", "Jugé à partir de", "n = 10"}},
		{"/measures/response-rate", "fr", []string{"Fenêtre habituelle", "<code>response-rate</code>", "Dénominateur"}},
		{"/measures/open-conversations", "en", []string{"complete count", "At the end of each step"}},
		{"/measures/net-sentiment?language=pt", "en", []string{"nothing to measure"}},
		{"/measures?section=customers", "en", []string{"measures without a number", "Bring them", "/import?format=facts&amp;kind=lead", "measure-fold"}},
		{"/measures/customer-retention", "en", []string{"Business facts of the kind"}},
		{"/measures/csat/series.csv", "en", []string{"satisfied"}},
		{"/measures/response-rate/rows", "en", []string{"Question 0", "/inbox/", "Waiting for an answer", "rel=\"next\"", "Service &lt;mail&gt;"}},
		{"/measures/first-response-time/rows?part=unanswered", "en", []string{"so far"}},
		{"/measures/volume/rows?weekday=1", "en", []string{"on Mondays", "rows.csv?at=", "weekday=1"}},
		{"/measures/volume/rows", "en", []string{"/mentions?post=", "&lt;b&gt;free&lt;/b&gt;"}},
		{"/measures/volume/rows?language=pt", "fr", []string{"Rien ne se trouve derrière ce nombre"}},
	} {
		code, body := read(t, h, cookie, c.lang, c.address)
		if code != 200 {
			t.Errorf("%s: %d", c.address, code)
		}
		for _, want := range c.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s has no %q", c.address, want)
			}
		}
		if strings.Contains(body, "measure.") && regexp.MustCompile(`>\s*measure\.[a-z_.-]+\s*<`).MatchString(body) {
			t.Errorf("%s shows the key of a sentence", c.address)
		}
	}
}

// TestTiles: a number that was not worked out before the list was sent is at the address of its tile.
func TestTiles(t *testing.T) {
	t.Parallel()
	h, cookie := hurried(t, 60, 1)
	_, body := read(t, h, cookie, "en", "/measures?period=90d")
	later := regexp.MustCompile(`hx-get="(/measures/net-sentiment/tile[^"]*)"`).FindStringSubmatch(body)
	if later == nil || strings.Contains(body, "labelled of") {
		t.Fatal("the list does not say where its numbers are fetched")
	}
	if code, tile := read(t, h, cookie, "en", html.UnescapeString(later[1])); code != 200 || !strings.Contains(tile, "labelled of") {
		t.Errorf("%d: %s", code, tile)
	}
}

// TestWalk follows a number to its rows, page by page, and counts them.
func TestWalk(t *testing.T) {
	t.Parallel()
	h, cookie := site(t, 300)
	_, body := read(t, h, cookie, "en", "/measures/response-rate?period=90d")
	next := regexp.MustCompile(`href="(/measures/response-rate/rows\?at=[^"]*)"`).FindStringSubmatch(body)
	if next == nil {
		t.Fatal("no way to the rows")
	}
	seen := map[string]bool{}
	address := next[1]
	for range 20 {
		_, body = read(t, h, cookie, "en", strings.ReplaceAll(address, "&amp;", "&"))
		for _, m := range regexp.MustCompile(`href="(/inbox/[^"]+)"`).FindAllStringSubmatch(body, -1) {
			seen[m[1]] = true
		}
		older := regexp.MustCompile(`href="([^"]*cursor=[^"]*)"[^>]*rel="next"|rel="next"[^>]*href="([^"]*cursor=[^"]*)"`).FindStringSubmatch(body)
		if older == nil {
			break
		}
		address = older[1] + older[2]
	}
	if len(seen) != 300 || !strings.Contains(body, "300 rows add up to n") {
		t.Errorf("walked over %d conversations, want 300", len(seen))
	}
	if !strings.Contains(body, `href="/measures/response-rate?period=90d"`) {
		t.Error("no way back with the same period")
	}
}

// TestRowsOfSteps follows the links of courses: behind each step are as many rows as its line says, also of the step that is cut short.
func TestRowsOfSteps(t *testing.T) {
	t.Parallel()
	h, cookie := site(t, 60)
	line := regexp.MustCompile(`<a href="(/measures/[^"]*/rows[^"]*)">[^<]*</a>(?:</th>|</td>)(.*?)</tr>`)
	cell := regexp.MustCompile(`<td[^>]*>([^<]*)</td>`)
	for _, address := range []string{"/measures/volume?step=day", "/measures/volume?step=week&period=90d", "/measures/first-response-time?step=week", "/measures/open-conversations?step=week"} {
		_, body := read(t, h, cookie, "en", address)
		lines := line.FindAllStringSubmatch(body, -1)
		if len(lines) < 2 {
			t.Fatalf("%s: %d steps lead to rows", address, len(lines))
		}
		for _, l := range []int{0, len(lines) / 2, len(lines) - 1} {
			cells := cell.FindAllStringSubmatch(lines[l][2], -1)
			n := cells[len(cells)-1][1]
			to := html.UnescapeString(lines[l][1])
			if code, body := read(t, h, cookie, "en", to); code != 200 || !strings.Contains(body, "All in n ("+n+")") {
				t.Errorf("%s: %d, not %s rows", to, code, n)
			}
		}
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	h, cookie := site(t, 1300)
	for _, c := range []struct {
		address string
		rows    int
		head    string
	}{
		{"/measures/volume/series.csv", 30, "from,to,complete,unit,n,open,grade,value,low,high,said"},
		{"/measures/first-response-time/series.csv?period=90d&step=week", 13, "from,to,complete,unit,n,open,grade,value,low,high,p90,p90_low,p90_high,answered,unanswered,closed_unanswered"},
		{"/measures/volume/rows.csv?period=custom&from=2026-01-01", 1300, "post,at,part,role,title,from,channel"},
		{"/measures/resolution-time/rows.csv?part=open", 60, "conversation,at,part,role,title,from,channel,seconds,open"},
	} {
		code, body := read(t, h, cookie, "en", c.address)
		if code != 200 {
			t.Fatalf("%s: %d", c.address, code)
		}
		lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\uFEFF"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(lines[0], ","); got != c.head {
			t.Errorf("%s begins with %s", c.address, got)
		}
		if n := len(lines) - 1; n < c.rows || n > c.rows+3 {
			t.Errorf("%s has %d rows, want about %d", c.address, n, c.rows)
		}
		for _, l := range lines[1:] {
			for _, cell := range l {
				if cell != "" && strings.ContainsRune("=+@", rune(cell[0])) {
					t.Errorf("%s: a spreadsheet would run %q", c.address, cell)
				}
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	h, cookie := site(t, 1)
	for address, want := range map[string]int{
		"/measures/likes":                                       404,
		"/measures/likes/rows":                                  404,
		"/measures/volume/rows?weekday=8":                       422,
		"/measures?step=decade":                                 422,
		"/measures?period=custom&from=2026-02-31":               422,
		"/measures?period=custom&from=2026-11-10&to=2026-11-01": 422,
		"/measures?period=custom&from=2050-12-31&to=2050-12-31": 422,
		"/measures/volume/rows?part=x%27":                       422,
		"/measures/volume/rows?cursor=%00":                      422,
		"/measures/volume/rows.csv?member=m":                    422,
		"/measures?channel=%00":                                 422,
		"/measures?at=99999999999999999999":                     422,
		"/measures?at=-5":                                       422,
		"/measures?at=yesterday":                                422,
		"/measures?at=1763000000000000000":                      422,
		"/measures?at=1763000000000000":                         200,
		"/measures?period=what":                                 422,
		"/measures?period=90d&from=nonsense":                    422,
		"/measures?channel=mial":                                422,
		"/measures/volume?topic=none":                           422,
		"/measures/volume?language=fz":                          422,
		"/measures/volume?language=fr":                          200,
		"/measures/volume?kind=rant":                            422,
		"/measures/customer-churn?team=sav":                     422,
		"/measures/customer-churn/series.csv?campaign=x":        422,
		"/measures/customer-churn/rows?partner=x":               422,
		"/measures/response-rate?member=nobody":                 422,
	} {
		if code, _ := read(t, h, cookie, "en", address); code != want {
			t.Errorf("%s: %d, want %d", address, code, want)
		}
	}
	if code, _ := read(t, h, "entente=nobody", "en", "/measures"); code != http.StatusSeeOther {
		t.Errorf("nobody gets %d", code)
	}
}

// TestStepHoldsEnough lets a course of a share be drawn by steps that hold enough, unless a step is asked for.
func TestStepHoldsEnough(t *testing.T) {
	t.Parallel()
	h, cookie := site(t, 20)
	if _, body := read(t, h, cookie, "en", "/measures/response-rate?period=30d"); !strings.Contains(body, "By week: a day holds too little to draw.") {
		t.Error("one conversation a day makes a course of zeros and ones")
	}
	if _, body := read(t, h, cookie, "en", "/measures/response-rate?period=30d&step=day"); strings.Contains(body, "a day holds too little") {
		t.Error("the step that was asked for was not taken")
	}
	if _, body := read(t, h, cookie, "en", "/measures/volume?period=30d"); strings.Contains(body, "a day holds too little") {
		t.Error("few posts are a number, not noise")
	}
	if _, body := read(t, h, cookie, "en", "/measures/response-rate?period=30d"); strings.Contains(body, "within chance") {
		t.Error("with nothing before, nothing can be said of chance")
	}
	h, cookie = site(t, 300) // fifty days
	if _, body := read(t, h, cookie, "en", "/measures/volume?period=30d"); strings.Contains(body, "against the period before") {
		t.Error("a period in which nothing was told yet is compared with")
	}
	if _, body := read(t, h, cookie, "en", "/measures/volume?period=custom&from=2026-11-01"); !strings.Contains(body, "against the period before") {
		t.Error("what can be compared is not")
	}
}
