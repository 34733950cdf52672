package enrichweb_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/enrich/enrichweb"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/seal"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/lang/classify"
)

// gloom finds everything negative, a complaint and a question.
type gloom struct{ enrich.LanguageIdentifier }

func (gloom) Name() string    { return "gloom" }
func (gloom) Version() string { return "7" }
func (g gloom) Enrich(in enrich.Input, r *enrich.Reading) {
	g.LanguageIdentifier.Enrich(in, r)
	r.Classified, r.Sure = true, [3]bool{true, true, true}
	r.Sentiment, r.Kinds = [3]float64{0.72, 0.2, 0.08}, [6]float64{0.01, 0.91, 0, 0.64, 0, 0}
	r.Emotion, r.Aggression = [7]float64{0.6, 0.1, 0, 0, 0.2, 0, 0.1}, [4]float64{0.2, 0.7, 0.05, 0.05}
	r.Said = [6]bool{false, true, false, true, false, false}
}

// Explain takes the first word for it and the last against it.
func (gloom) Explain(in enrich.Input, head, value string) (classify.Explanation, bool) {
	words := strings.Fields(in.Text)
	return classify.Explanation{Weights: []classify.Weight{{Text: words[0], Value: 1.5}, {Text: words[len(words)-1], Value: -0.5}}}, true
}

// Card is short.
func (gloom) Card() (classify.Card, error) {
	return classify.Card{Version: "7", Data: []classify.Data{{Name: "Rainy days", Licence: "CC0-1.0", Lang: "fr", Rows: 1234, Refused: 5, Use: "training", Own: true}},
		Figures: []classify.Figure{{Head: "sentiment", Lang: "fr", Set: "Rainy days", Metric: "macro-F1", Value: 0.661, Low: 0.63, High: 0.69, N: 900}},
		Bins:    []classify.Bin{{Head: "sentiment", Label: "negative", P: 0.3, Share: 0.28, N: 60}, {Head: "sentiment", Label: "negative", P: 0.7, Share: 0.74, N: 80}},
		Weak:    []classify.Weak{{ID: "irony", Text: "Irony is taken at its word."}}}, nil
}

type site struct {
	*inboxtest.Desk
	review *enrich.Review
	e      *enrich.Service
	url    string
	t      *testing.T
	h      http.Handler
}

func open(t *testing.T) *site {
	t.Helper()
	k := inboxtest.New(t, dbtest.SQLite(t))
	log := slog.New(slog.DiscardHandler)
	e := enrich.New(k.DB, log, gloom{})
	led := ledger.New(k.DB, log, k.Now, channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
	r := enrich.NewReview(k.DB, led, e, k.Org, log, k.Now) // the desk's own ledger tells languages only
	box, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s := web.New(web.Options{Org: k.Org, Log: log, Live: web.NewLive(), Clock: k.Now})
	panel := templ.ComponentFunc(func(_ context.Context, w io.Writer) error { _, err := io.WriteString(w, "<p>beside</p>"); return err })
	enrichweb.Routes(s.Routes(), r, enrichweb.Options{
		Panels:    func(context.Context, enrich.Seen) []ui.Panel { return []ui.Panel{{Title: "Beside", Body: panel}} },
		Trust:     func(context.Context) []ui.Panel { return []ui.Panel{{Title: "Trust", Body: panel}} },
		Elsewhere: enrich.NewElsewhere(k.DB, led, e, k.Org, box, http.DefaultClient, log, k.Now),
	})
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return &site{k, r, e, srv.URL, t, s.Handler()}
}

// hear says posts and lets the model read them.
func (s *site) hear(items ...channel.Item) {
	s.t.Helper()
	s.Hear(s.Deaf.ID, items...)
	if err := s.e.Backfill(s.t.Context(), s.Ledger, nil); err != nil {
		s.t.Fatal(err)
	}
}

// reader is a browser without JavaScript.
type reader struct {
	s      *site
	cookie map[string]string
	lang   string
}

func (s *site) as(name string, role org.Role) *reader {
	_, secret := s.Join(name, role)
	return &reader{s, map[string]string{"entente": secret}, "en"}
}

func (r *reader) do(method, path string, form url.Values) (int, string, http.Header) {
	r.s.t.Helper()
	q, err := http.NewRequestWithContext(r.s.t.Context(), method, r.s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.s.t.Fatal(err)
	}
	if method == http.MethodPost {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	q.AddCookie(&http.Cookie{Name: "lang", Value: r.lang})
	for n, v := range r.cookie {
		q.AddCookie(&http.Cookie{Name: n, Value: v})
	}
	a, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		r.s.t.Fatal(err)
	}
	defer a.Body.Close()
	for _, c := range a.Cookies() {
		r.cookie[c.Name] = c.Value
	}
	raw, err := io.ReadAll(a.Body)
	if err != nil {
		r.s.t.Fatal(err)
	}
	return a.StatusCode, string(raw), a.Header
}

func (r *reader) get(path string, want int, contains ...string) string {
	r.s.t.Helper()
	status, body, _ := r.do("GET", path, nil)
	if status != want {
		r.s.t.Fatalf("GET %s: %d, want %d", path, status, want)
	}
	for _, c := range contains {
		if !strings.Contains(body, c) {
			r.s.t.Errorf("GET %s does not say %q", path, c)
		}
	}
	return body
}

func (r *reader) post(path string, want int, pairs ...string) (string, string) {
	r.s.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	status, body, header := r.do("POST", path, form)
	if status != want {
		r.s.t.Fatalf("POST %s: %d, want %d", path, status, want)
	}
	return header.Get("Location"), body
}

func (s *site) taken(external string) enrich.Taken {
	s.t.Helper()
	id := s.PostID(s.Deaf.ID, external)
	list, err := enrich.TakenFor(s.t.Context(), s.DB.Read(), []string{id})
	if err != nil {
		s.t.Fatal(err)
	}
	return list[id]
}

func TestPostPage(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.hear(inboxtest.Question("q1", "ada", "<b>Brakes</b>", "Squeak every morning, <script>why</script> is that", s.Now()),
		inboxtest.Mail("m1", "eve", "Invoice", "Where is my invoice?", s.Now()))
	here := "/posts/" + s.PostID(s.Deaf.ID, "q1")
	vera := s.as("Vera", org.Volunteer)
	vera.get(here, 200, "&lt;b&gt;Brakes&lt;/b&gt;", "&lt;script&gt;why", "✓ Negative", "72%", "✓ Complaint", "91%", "✓ Question", "✓ Anger", "✓ Attack", "Squeak", "<p>beside</p>", "gloom.7/")
	was := []string{"was.sentiment", "negative", "was.kinds", "complaint,question", "was.emotion", "anger", "was.aggression", "attack", "was.language", "en", "kinds.asked", "yes",
		"emotion", "anger", "aggression", "attack", "language", "en"}
	to, _ := vera.post(here+"/labels", 303, append(was, "sentiment", "positive", "kind.complaint", "yes", "kind.praise", "yes")...)
	if to != here {
		t.Errorf("goes to %q", to)
	}
	if got := s.taken("q1"); got.Sentiment != "positive" || strings.Join(got.Kinds, ",") != "praise,complaint" || len(got.Hand) != 2 {
		t.Errorf("corrected: %+v", got)
	}
	vera.get(here, 200, "A person said: Positive", "Vera: Sentiment, Positive", "Vera: Kinds, Praise, Complaint", "Your word counts from now on.", "Let the model say: Kinds")
	vera.post(here+"/labels", 303, "back", "sentiment")
	if got := s.taken("q1"); got.Sentiment != "negative" || len(got.Hand) != 1 {
		t.Errorf("taken back: %+v", got)
	}
	vera.get(here, 200, "The model says it again.")
	vera.post(here+"/labels", 303, append(was, "sentiment", "negative", "kind.complaint", "yes", "kind.question", "yes")...)
	vera.get(here, 200, "Nothing was changed.")
	vera.post(here+"/labels", 303, "was.kinds", "praise,complaint", "kinds.asked", "yes") // none of them ticked
	if got := s.taken("q1"); got.Of(enrich.Kinds) != enrich.None {
		t.Errorf("no kind: %+v", got)
	}
	vera.post(here+"/labels", 422, "was.sentiment", "negative", "sentiment", "gleeful")
	vera.lang = "fr"
	vera.get(here, 200, "Degré de certitude", "Négatif", "Réclamation")

	nils := s.as("Nils", org.Strategist)
	if body := nils.get(here, 200); strings.Contains(body, `action="`+here) {
		t.Error("who may not correct is shown the form")
	}
	nils.post(here+"/labels", 403, "was.sentiment", "negative", "sentiment", "positive")
	luc := s.as("Luc", org.Plain)
	luc.get(here, 403)
	luc.get("/models", 403)
	vera.get("/posts/nosuch", 404)
	vera.get("/posts/"+strings.Repeat("x", 500), 404)
	vera.get("/posts/"+s.PostID(s.Deaf.ID, "m1"), 200, "Invoice") // who reads the inbox reads what is private

	s.Hear(s.Deaf.ID, inboxtest.Question("q2", "ada", "", "Not yet read", s.Now()))
	vera.lang = "en"
	vera.get("/posts/"+s.PostID(s.Deaf.ID, "q2"), 200, "No model has read this post")
}

func TestSamplePages(t *testing.T) {
	t.Parallel()
	s := open(t)
	var items []channel.Item
	for n := range 25 {
		items = append(items, inboxtest.Question("q"+string(rune('a'+n)), "ada", "", "The brake squeaks in the rain", s.Now().Add(-time.Duration(n+1)*time.Hour)))
	}
	s.hear(items...)
	sami, vera := s.as("Sami", org.Social), s.as("Vera", org.Volunteer)
	vera.get("/samples", 200, "No sample yet")
	vera.post("/samples", 403, "size", "20", "days", "30")
	for _, bad := range [][]string{{"size", "3", "days", "30"}, {"size", "20", "days", "0"}, {"size", "x", "days", "30"}, {"size", "20", "days", "30", "seed", "soon"}} {
		if _, body := sami.post("/samples", 422, bad...); !strings.Contains(body, `value="`+bad[1]+`"`) {
			t.Errorf("%v is not shown again", bad)
		}
	}
	sami.post("/samples", 303, "size", "20", "days", "30", "seed", "42")
	sami.get("/samples", 200, "20 posts were drawn.", "0 of 20 judged", "seed 42")
	list, err := s.review.Samples(org.AsOperator(t.Context()))
	if err != nil || len(list) != 1 {
		t.Fatal(err)
	}
	here := "/samples/" + list[0].ID
	body := vera.get(here, 200, "0 of 20 judged", `data-key="1"`, `data-key="q"`, `data-key="x"`, "The brake squeaks")
	_, main, _ := strings.Cut(body, "<main")                                                           // names of files hold any number
	for _, told := range []string{"72%", "91%", "gloom", " checked", "option value=\"en\" selected"} { // what the model says is not shown
		if main == "" || strings.Contains(main, told) {
			t.Errorf("the page tells %q", told)
		}
	}
	post := between(body, `name="post" value="`, `"`)
	vera.post(here+"/judge", 422, "post", post, "kinds.asked", "yes")
	vera.post(here+"/judge", 422, "post", post, "sentiment", "gleeful", "kinds.asked", "yes")
	vera.post(here+"/judge", 404, "post", "nosuch", "sentiment", "neutral")
	vera.post(here+"/judge", 422, "post", post, "sentiment", "neutral", "kinds.asked", "yes", "emotion", "glee")
	vera.post(here+"/judge", 422, "post", post, "sentiment", "neutral", "kinds.asked", "yes", "language", "klingon")
	if to, _ := vera.post(here+"/judge", 303, "post", post, "sentiment", "neutral", "kinds.asked", "yes", "kind.question", "yes", "aggression", "attack", "emotion", "surprise", "language", "en"); to != here {
		t.Errorf("goes to %q", to)
	}
	body = vera.get(here, 200, "1 of 20 judged", "Undo")
	if between(body, `name="post" value="`, `"`) == post {
		t.Error("the same post again")
	}
	vera.post(here+"/undo", 303)
	body = vera.get(here, 200, "0 of 20 judged")
	if between(body, `name="post" value="`, `"`) != post {
		t.Error("undone, and another post")
	}
	vera.post(here+"/undo", 303)
	vera.get(here, 200, "There is no answer of yours to take back.")
	for range 25 {
		body = vera.get(here, 200)
		if post = between(body, `name="post" value="`, `"`); post == "" {
			break
		}
		vera.post(here+"/judge", 303, "post", post, "sentiment", "negative", "kinds.asked", "yes")
	}
	vera.get(here, 200, "Nothing left for you", "20 of 20 judged")
	sami.get(here, 200, "a second opinion")
	s.as("Nils", org.Strategist).get(here, 403)
	vera.get("/samples/nosuch", 404)
}

func between(s, from, to string) string {
	_, rest, found := strings.Cut(s, from)
	if !found {
		return ""
	}
	out, _, _ := strings.Cut(rest, to)
	return out
}

func TestModelsPage(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.Hear(s.Deaf.ID, inboxtest.Question("q1", "ada", "", "Brakes squeak", s.Now()), inboxtest.Question("q2", "ada", "", "Brakes squeak still", s.Now()))
	owner, sami, vera := s.as("Olga", org.Owner), s.as("Sami", org.Social), s.as("Vera", org.Volunteer)
	vera.get("/models", 200, "Will be looked at in a moment", "Rainy days", "66.1 (63.0–69.0)", "CC0-1.0", "written by us", "Irony is taken at its word.", "says 30%", "<p>beside</p>")
	sami.post("/models/pause", 303, "hold", "yes")
	sami.get("/models", 200, "Old posts wait.", "Paused since", "Go on")
	vera.post("/models/pause", 403, "hold", "no")
	sami.post("/models/pause", 303, "hold", "no")
	if err := s.e.Backfill(t.Context(), s.Ledger, nil); err != nil {
		t.Fatal(err)
	}
	sami.get("/models", 200, "All posts are read by this version", "2 of 2", "2 taken for something else")
	sami.post("/models/thresholds", 303, "sentiment", "80", "kind.question", "99")
	sami.get("/models", 200, `value="80"`, `value="99"`)
	for _, bad := range []string{"100", "-3", "much", "NaN"} {
		sami.post("/models/thresholds", 422, "sentiment", bad)
	}
	vera.post("/models/thresholds", 403, "sentiment", "80")
	if more, err := s.e.Piece(t.Context(), s.Ledger); err != nil || !more {
		t.Fatal(more, err)
	}
	vera.get("/models/run", 200, "Reading old posts again")
	if err := s.e.Backfill(t.Context(), s.Ledger, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.taken("q1"); got.Sentiment != "" || strings.Join(got.Kinds, ",") != "complaint" {
		t.Errorf("0.72 where 0.8 is asked for: %+v", got)
	}
	vera.post("/posts/"+s.PostID(s.Deaf.ID, "q1")+"/labels", 303, "sentiment", "neutral")
	if body := owner.get("/models/corrections.tsv", 200); !strings.Contains(body, "\tneutral\ten\tBrakes squeak\n") {
		t.Errorf("%q", body)
	}
	sami.get("/models/corrections.tsv", 403)
	if body := sami.get("/models", 200); strings.Contains(body, "corrections.tsv") {
		t.Error("who may not export is shown the way")
	}
}

// TestSpoken looks for words in no language file: in the made-up language every sentence of ours is marked.
func TestSpoken(t *testing.T) {
	t.Parallel()
	s := open(t)
	var items []channel.Item
	for n := range 20 {
		items = append(items, inboxtest.Question("q"+string(rune('a'+n)), "ada", "", "Brakes squeak", s.Now().Add(-time.Hour)))
	}
	s.hear(items...)
	olga := s.as("Olga", org.Owner)
	here := "/posts/" + s.PostID(s.Deaf.ID, "qa")
	olga.post(here+"/labels", 303, "sentiment", "neutral", "kinds.asked", "yes", "kind.lead", "yes", "emotion", "joy", "aggression", "hate", "language", "de")
	olga.post("/samples", 303, "size", "20", "days", "30")
	list, err := s.review.Samples(org.AsOperator(t.Context()))
	if err != nil || len(list) != 1 {
		t.Fatal(err)
	}
	olga.lang = i18n.Pseudo
	for _, path := range []string{here, "/models", "/samples", "/samples/" + list[0].ID} {
		if body := olga.get(path, 200); strings.Contains(body, "enrich.") {
			i := strings.Index(body, "enrich.")
			t.Errorf("%s shows a key: %s", path, body[max(0, i-40):min(len(body), i+60)])
		}
	}
}
