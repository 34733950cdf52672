package orgapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/org/orgapi"
)

const ownerEmail = "ada@velo.example"

type site struct {
	s   *org.Service
	url string
}

func each(t *testing.T, f func(t *testing.T, s *site)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := slog.New(slog.DiscardHandler)
		s := org.New(d, log, time.Now)
		if err := s.SetUp(t.Context(), org.SetUp{Organisation: "Vélo Lumière", Lang: "en", URL: "https://velo.example", OwnerName: "Ada", OwnerEmail: ownerEmail, Password: "Pignon libre 42"}); err != nil {
			t.Fatal(err)
		}
		a := api.New(s, d, log, time.Now)
		orgapi.Operations(a, s)
		srv := httptest.NewServer(a.Handler())
		t.Cleanup(srv.Close)
		f(t, &site{s, srv.URL + api.Prefix})
	})
}

// token makes one for the owner.
func (s *site) token(t *testing.T, scopes ...org.Permission) string {
	t.Helper()
	m, err := s.s.ByEmail(t.Context(), ownerEmail)
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := s.s.MakeToken(org.With(context.Background(), m), "test", scopes, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// call fails unless the answer has the status, and returns its JSON.
func (s *site) call(t *testing.T, token, method, path, body string, want int) map[string]any {
	t.Helper()
	req, _ := http.NewRequest(method, s.url+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, _ := io.ReadAll(res.Body)
	if res.StatusCode != want {
		t.Fatalf("%s %s answers %d, want %d: %s", method, path, res.StatusCode, want, raw)
	}
	var out map[string]any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &out); err != nil {
			t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
	return out
}

func items(v map[string]any) []map[string]any {
	var out []map[string]any
	for _, x := range v["items"].([]any) {
		out = append(out, x.(map[string]any))
	}
	return out
}

func TestMe(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		s.call(t, "", "GET", "/me", "", 401)
		s.call(t, "ent_nonsense", "GET", "/me", "", 401)
		narrow, wide := s.token(t, org.InboxRead), s.token(t, org.SignedIn)
		me := s.call(t, narrow, "GET", "/me", "", 200)
		if got := fmt.Sprint(me["email"], me["permissions"]); got != ownerEmail+"[signed_in inbox:read]" {
			t.Fatalf("me: %s", got)
		}
		s.call(t, narrow, "PATCH", "/me", `{"name":"X"}`, 403)
		s.call(t, narrow, "GET", "/me/tokens", "", 403)
		s.call(t, narrow, "GET", "/members", "", 403)
		if me := s.call(t, wide, "PATCH", "/me", `{"zone":"Europe/Paris"}`, 200); me["zone"] != "Europe/Paris" || me["name"] != "Ada" {
			t.Fatalf("me: %v", me)
		}
		s.call(t, wide, "PATCH", "/me", `{"zone":"Mars"}`, 422)
		tokens := items(s.call(t, wide, "GET", "/me/tokens", "", 200))
		if len(tokens) != 2 {
			t.Fatalf("tokens: %v", tokens)
		}
		if raw, _ := json.Marshal(tokens); strings.Contains(string(raw), narrow[4:]) || strings.Contains(string(raw), "hash") {
			t.Fatal("secrets are shown")
		}
		s.call(t, wide, "DELETE", "/me/tokens/"+tokens[1]["id"].(string), "", 204)
		s.call(t, narrow, "GET", "/me", "", 401)
		if _, err := s.s.SignIn(t.Context(), ownerEmail, "Pignon libre 42", org.Visit{IP: "192.0.2.1"}); err != nil {
			t.Fatal(err)
		}
		sessions := items(s.call(t, wide, "GET", "/me/sessions", "", 200))
		s.call(t, wide, "DELETE", "/me/sessions/"+sessions[0]["id"].(string), "", 204)
		s.call(t, wide, "DELETE", "/me/sessions/"+sessions[0]["id"].(string), "", 404)
	})
}

func TestMembers(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		all := s.token(t, org.Owner.Permissions()...)
		var ids []string
		for _, name := range []string{"bea", "Zoé", "émile", "carl"} {
			in := s.call(t, all, "POST", "/invitations", `{"email":"`+name+`@velo.example","name":"`+name+`","role":"social"}`, 201)
			if in["mailed"] != false || !strings.HasPrefix(in["link"].(string), "https://velo.example/invitation/") {
				t.Fatalf("invitation: %v", in)
			}
			ids = append(ids, in["member"].(map[string]any)["id"].(string))
		}
		s.call(t, all, "POST", "/invitations", `{"email":"nonsense","role":"social"}`, 422)
		s.call(t, all, "POST", "/invitations", `{"email":"a@velo.example","role":"emperor"}`, 422)
		s.call(t, s.token(t, org.MemberEdit), "POST", "/invitations", `{"email":"mole@velo.example","role":"owner"}`, 403)
		var names []string
		for cursor := ""; ; {
			page := s.call(t, all, "GET", "/members?limit=2&cursor="+cursor, "", 200)
			for _, m := range items(page) {
				names = append(names, m["name"].(string))
			}
			next, more := page["next"].(string)
			if !more {
				break
			}
			cursor = next
		}
		if got := strings.Join(names, " "); got != "carl émile Zoé bea Ada" {
			t.Fatalf("names: %s", got)
		}
		s.call(t, all, "GET", "/members?cursor=x", "", 422)
		if got := items(s.call(t, all, "GET", "/members?email=ADA@velo.example", "", 200)); len(got) != 1 || got[0]["role"] != "owner" {
			t.Fatalf("by address: %v", got)
		}
		if got := items(s.call(t, all, "GET", "/members?email=x@velo.example", "", 200)); len(got) != 0 {
			t.Fatalf("by address: %v", got)
		}
		if got := items(s.call(t, all, "GET", "/members?state=invited", "", 200)); len(got) != 4 {
			t.Fatalf("invited: %v", got)
		}
		if m := s.call(t, all, "PATCH", "/members/"+ids[0], `{"role":"volunteer"}`, 200); m["role"] != "volunteer" {
			t.Fatalf("member: %v", m)
		}
		s.call(t, all, "POST", "/members/"+ids[0]+"/suspend", "", 409)
		s.call(t, all, "DELETE", "/invitations/"+ids[0], "", 204)
		s.call(t, all, "GET", "/members/"+ids[0], "", 404)
		s.call(t, all, "GET", "/members/nobody", "", 404)
		ada := items(s.call(t, all, "GET", "/members?email="+ownerEmail, "", 200))[0]["id"].(string)
		s.call(t, all, "PATCH", "/members/"+ada, `{"role":"member"}`, 409)
		s.call(t, all, "POST", "/members/"+ada+"/suspend", "", 409)
		s.call(t, all, "DELETE", "/members/"+ada, "", 409)
		s.call(t, all, "DELETE", "/members/"+ids[1], "", 409) // invited: the invitation is withdrawn instead
		s.call(t, all, "DELETE", "/members/nobody", "", 404)
		s.call(t, s.token(t, org.MemberRead), "DELETE", "/members/"+ada, "", 403)

		log := s.call(t, all, "GET", "/audit?action=member.&limit=3", "", 200)
		if got := items(log); len(got) != 3 || got[0]["action"] != "member.withdraw" || got[0]["way"] != "token" || got[0]["member"] != ada {
			t.Fatalf("audit: %v", got)
		}
		s.call(t, all, "GET", "/audit?action=member.&limit=3&cursor="+log["next"].(string), "", 200)
		s.call(t, all, "GET", "/audit?from=yesterday", "", 422)
	})
}

func TestOrganisation(t *testing.T) {
	each(t, func(t *testing.T, s *site) {
		all := s.token(t, org.OrgEdit)
		o := s.call(t, all, "PATCH", "/organisation", `{"addresses":["velo.example"]}`, 200)
		if fmt.Sprint(o["name"], o["addresses"]) != "Vélo Lumière[velo.example]" {
			t.Fatalf("organisation: %v", o)
		}
		s.call(t, all, "PATCH", "/organisation", `{"url":"javascript:1"}`, 422)
		s.call(t, s.token(t, org.InboxRead), "PATCH", "/organisation", `{"name":"x"}`, 403)
		s.call(t, s.token(t, org.InboxRead), "GET", "/organisation", "", 200)
	})
}
