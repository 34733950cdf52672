package inboxweb_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich/remote"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/inbox/inboxweb"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/outside"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
	"github.com/entente/entente/internal/translate"
	"github.com/entente/entente/internal/web"
)

// TestTranslates: a post is shown, and a draft put, in another language by a server that speaks as LibreTranslate or OpenAI do; each is paid for once
// from the budget, private words stay here, and what goes wrong is said.
func TestTranslates(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		asked, status := 0, 0
		far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			if status != 0 {
				w.WriteHeader(status)
				return
			}
			var in struct {
				Q, Source, Target, Key string
				Messages               []struct{ Role, Content string }
			}
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil || r.Header.Get("Authorization") != "Bearer sk-sealed" {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			if r.URL.Path == "/translate" {
				json.NewEncoder(w).Encode(map[string]string{"translatedText": strings.ToUpper(in.Q) + " <" + in.Source + ">" + in.Target})
				return
			}
			var data struct{ Text, From, To string }
			_ = json.Unmarshal([]byte(in.Messages[1].Content), &data)
			answer, _ := json.Marshal(map[string]string{"translation": data.To + ": " + data.Text})
			json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": map[string]string{"content": string(answer)}}}})
		}))
		defer far.Close()
		k := inboxtest.New(t, d)
		box, err := seal.Load("", t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		s := web.New(web.Options{Org: k.Org, Log: slog.New(slog.DiscardHandler), Live: web.NewLive(), Clock: k.Now})
		tr := translate.New(d, k.Org, box, http.DefaultClient, slog.New(slog.DiscardHandler), k.Now)
		inboxweb.Routes(s.Routes(), k.Inbox, inboxweb.Options{Translate: tr})
		srv := httptest.NewServer(s.Handler())
		t.Cleanup(srv.Close)
		site := &site{k, srv.URL, t}
		olga, owner := site.as("Olga", org.Owner)
		sam, _ := site.as("Sam", org.Social)
		ctx := k.As(owner)
		public := inboxtest.Mail("f1", "zoe", "Les freins", "Bonjour, les freins de mon vélo grincent depuis la dernière sortie sous la pluie, que faire ?", k.Now())
		public.Said.Private = false
		k.Hear(k.Post.ID, public)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "zoe", "Mon adresse", "Bonjour, voici mon adresse et mon numéro de téléphone, merci de me rappeler demain matin.", k.Now()))
		open, private := k.About(k.Post.ID, "f1"), k.About(k.Post.ID, "m1")
		page := func(id string) string {
			t.Helper()
			code, body, _ := sam.do(http.MethodGet, "/inbox/"+id, nil)
			if code != http.StatusOK {
				t.Fatalf("the page: %d", code)
			}
			return body
		}
		ask := func(id, post string) (int, string) {
			t.Helper()
			code, body, _ := sam.do(http.MethodPost, "/inbox/"+id+"/translate", url.Values{"post": {post}})
			return code, body
		}
		if strings.Contains(page(open.ID), "/translate") {
			t.Error("translations are offered before an owner wants that")
		}
		set := translate.Settings{Address: far.URL, Kind: remote.LibreTranslate, Characters: 400}
		on := func(change func(*translate.Settings)) {
			t.Helper()
			change(&set)
			if err := tr.Set(ctx, set, "sk-sealed", false, true); err != nil {
				t.Fatal(err)
			}
		}
		on(func(*translate.Settings) {})
		if rows, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT secret FROM translate_remote"); err != nil || strings.Contains(rows[0], "sk-sealed") {
			t.Errorf("the key lies open: %v", err)
		}
		if !strings.Contains(page(open.ID), "/translate") || strings.Contains(page(private.ID), "/inbox/"+private.ID+"/translate") {
			t.Error("a post in another language is not offered, or one said in private is")
		}
		for range 2 {
			if code, body := ask(open.ID, open.Post); code != http.StatusSeeOther {
				t.Fatalf("translate: %d\n%.3000s", code, body)
			}
		}
		if asked != 1 {
			t.Errorf("it was asked %d times", asked)
		}
		if body := page(open.ID); !strings.Contains(body, "Machine translation") || !strings.Contains(body, "GRINCENT") || !strings.Contains(body, "&lt;fr&gt;en") {
			t.Error("the translation is not on the page, or not marked")
		}
		if code, body := ask(private.ID, private.Post); code != http.StatusUnprocessableEntity || asked != 1 || !strings.Contains(body, "not sent to the translator") && code == http.StatusOK {
			t.Errorf("what was said in private: %d, asked %d", code, asked)
		}
		_, body, _ := olga.do(http.MethodPost, "/inbox/"+open.ID+"/compose", url.Values{"text": {"Oil them."}, "insert": {"translate:fr"}, "private": {"no"}})
		if !strings.Contains(body, "OIL THEM. &lt;auto&gt;fr") || !strings.Contains(body, "read it before you send it") || !strings.Contains(body, "Oil them.") {
			t.Error("the draft is not there in both languages")
		}
		on(func(s *translate.Settings) { s.Kind, s.Model = remote.OpenAI, "oracle" })
		if got, err := tr.Translate(ctx, "Where?", "", "fr", false); err != nil || got != "fr: Where?" {
			t.Errorf("as OpenAI: %q, %v", got, err)
		}
		for code, why := range map[int]string{401: "translate.bad_key", 429: "translate.busy", 500: "translate.status"} {
			status = code
			if _, err := tr.Translate(ctx, "Again", "", "fr", false); key(err) != why {
				t.Errorf("%d: %v", code, err)
			}
		}
		status = 0
		if _, err := tr.Translate(ctx, strings.Repeat("a", 401), "", "fr", false); key(err) != "translate.spent" {
			t.Errorf("more than the budget: %v", err)
		}
		k.Pass(24 * time.Hour)
		if _, err := tr.Translate(ctx, strings.Repeat("a", 399), "", "fr", false); err != nil {
			t.Errorf("the next day: %v", err)
		}
		k.Pass(24 * time.Hour)
		far.Close()
		if _, err := tr.Translate(ctx, "Gone", "", "fr", false); key(err) != "translate.unreachable" {
			t.Errorf("nobody there: %v", err)
		}
		inside := translate.New(d, k.Org, box, outside.New(outside.Options{}).Client(), slog.New(slog.DiscardHandler), k.Now)
		if _, err := inside.Translate(ctx, "Inside", "", "fr", false); key(err) != "translate.inside" {
			t.Errorf("an address inside: %v", err)
		}
	})
}

func key(err error) string {
	if err == nil {
		return ""
	}
	return problem.Of(err).Key
}
