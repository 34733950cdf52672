package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/config"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	made "github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
)

const ownerMail, ownerPassword = "claire.vannier@bruyere.example", "petit-plateau-26"

// place is an installation with the demo, reached over HTTP.
type place struct {
	app    *app.App
	server *httptest.Server
	spec   specification
	owner  context.Context
	all    string // a token with every scope
	feed   string // address of a feed
}

func open(t *testing.T, demo bool, database string) *place {
	t.Helper()
	c := config.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", AllowPrivate: true, DatabaseURL: database}
	a, err := app.Open(t.Context(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	p := &place{app: a}
	raw, err := a.API().OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &p.spec); err != nil {
		t.Fatalf("the specification uses more of JSON Schema than the tests understand: %v", err)
	}
	if !demo {
		return p
	}
	if _, err := a.FillDemo(t.Context(), func(string) {}); err != nil {
		t.Fatal(err)
	}
	p.server = httptest.NewServer(a.Handler())
	t.Cleanup(p.server.Close)
	m, err := a.Org.ByEmail(t.Context(), ownerMail)
	if err != nil {
		t.Fatal(err)
	}
	p.owner = org.With(context.WithoutCancel(t.Context()), m)
	p.all, _ = p.token(t, org.Owner.Permissions()...)
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		io.WriteString(w, `<?xml version="1.0"?><rss version="2.0"><channel><title>Vélo</title><link>https://velo.example/</link></channel></rss>`)
	}))
	t.Cleanup(feed.Close)
	p.feed = feed.URL + "/feed.xml"
	return p
}

func (p *place) token(t *testing.T, scopes ...org.Permission) (secret, id string) {
	t.Helper()
	secret, made, err := p.app.Org.MakeToken(p.owner, "test", scopes, 2*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return secret, made.ID
}

// request is one call. Values fill the names in the path.
type request struct {
	values map[string]string
	query  url.Values
	body   any // encoded as JSON; a string or []byte is sent as it is
	kind   string
	header http.Header
}

type reply struct {
	status int
	header http.Header
	raw    []byte
	body   any
}

func (r reply) id() string             { return r.text("id") }
func (r reply) text(n string) string   { s, _ := r.object()[n].(string); return s }
func (r reply) object() map[string]any { m, _ := r.body.(map[string]any); return m }
func (r reply) items() []any           { l, _ := r.object()["items"].([]any); return l }
func (r reply) first(name string) string {
	for _, v := range r.items() {
		if s, _ := v.(map[string]any)[name].(string); s != "" {
			return s
		}
	}
	return ""
}

func (o *operation) address(r request) string {
	path := o.path
	for name, v := range r.values {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(v))
	}
	if len(r.query) > 0 {
		path += "?" + r.query.Encode()
	}
	return api.Prefix + path
}

func (p *place) call(t *testing.T, o *operation, token string, r request) reply {
	t.Helper()
	var body io.Reader
	kind := r.kind
	switch b := r.body.(type) {
	case nil:
	case string:
		body = strings.NewReader(b)
	case []byte:
		body = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	if body != nil && kind == "" {
		kind = "application/json"
	}
	header := r.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if kind != "" {
		header.Set("Content-Type", kind)
	}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	return p.do(t, o.method, o.address(r), header, body)
}

func (p *place) do(t *testing.T, method, address string, header http.Header, body io.Reader) reply {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, p.server.URL+address, body)
	if err != nil {
		t.Fatal(err)
	}
	q.Header = header
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(q)
	if err != nil {
		t.Fatalf("%s %s: %v", method, address, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := reply{status: res.StatusCode, header: res.Header, raw: raw}
	if method != http.MethodHead && strings.Contains(res.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(raw, &out.body); err != nil {
			t.Errorf("%s %s: %v in %s", method, address, err, raw)
		}
	}
	return out
}

// meets checks an answer against the specification.
func (p *place) meets(t *testing.T, o *operation, r reply) {
	t.Helper()
	declared := p.spec.response(o.Responses[strconv.Itoa(r.status)])
	if declared == nil {
		t.Errorf("%s: status %d is not declared: %s", o.OperationID, r.status, r.raw)
		return
	}
	if len(declared.Content) == 0 {
		if len(r.raw) > 0 {
			t.Errorf("%s: a body where none is declared: %s", o.OperationID, r.raw)
		}
		return
	}
	kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	m, ok := declared.Content[kind]
	if !ok {
		t.Errorf("%s: %d with Content-Type %q, which is not declared", o.OperationID, r.status, kind)
		return
	}
	if !strings.Contains(kind, "json") {
		return
	}
	for _, fault := range p.spec.faults(m.Schema, r.body, "body") {
		t.Errorf("%s: %d: %s", o.OperationID, r.status, fault)
	}
}

// refuses checks that an answer is a problem with this status.
func (p *place) refuses(t *testing.T, o *operation, r reply, statuses ...int) {
	t.Helper()
	if !slices.Contains(statuses, r.status) {
		t.Errorf("%s: status %d, want one of %v: %s", o.OperationID, r.status, statuses, r.raw)
		return
	}
	p.meets(t, o, r)
	if kind := r.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("%s: a problem as %q", o.OperationID, kind)
	}
	if status, _ := r.object()["status"].(float64); int(status) != r.status {
		t.Errorf("%s: %d says it is %v", o.OperationID, r.status, status)
	}
	if strings.Contains(string(r.raw), "Go struct") || strings.Contains(string(r.raw), "json:") || strings.Contains(string(r.raw), "SQL") {
		t.Errorf("%s: the insides are told: %s", o.OperationID, r.raw)
	}
}

func TestCommittedSpecification(t *testing.T) {
	t.Parallel()
	p := open(t, false, "")
	want, err := p.app.API().OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.FromSlash("../../docs/openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	if string(bytes.TrimSpace(got)) == string(want) {
		return
	}
	a, b := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("docs/openapi.json is not what the program makes; run make openapi. First difference in line %d:\n- %s\n+ %s", i+1, a[i], b[i])
		}
	}
	t.Fatalf("docs/openapi.json is not what the program makes (%d lines, want %d); run make openapi", len(a), len(b))
}

// TestSpecificationIsSound: what tools need of an OpenAPI document, and what we promise of every operation.
func TestSpecificationIsSound(t *testing.T) {
	t.Parallel()
	p := open(t, false, "")
	raw, err := p.app.API().OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var all any
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	if p.spec.OpenAPI != "3.1.0" {
		t.Errorf("openapi %q", p.spec.OpenAPI)
	}
	named := regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)
	for name := range p.spec.Components.Schemas {
		if !named.MatchString(name) {
			t.Errorf("the name of schema %q is not allowed", name)
		}
	}
	refs := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				refs[ref] = true
				at := all
				for _, step := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
					m, _ := at.(map[string]any)
					at = m[step]
				}
				if at == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, x := range v {
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(all)
	for name := range p.spec.Components.Schemas {
		if !refs["#/components/schemas/"+name] {
			t.Errorf("schema %s is used nowhere", name)
		}
	}
	count, inPath := 0, regexp.MustCompile(`\{(\w+)\}`)
	ids := p.spec.operations()
	permissions := org.Owner.Permissions()
	for path, item := range p.spec.Paths {
		for method, o := range item {
			count++
			id := o.OperationID
			if !regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`).MatchString(id) || o.Summary == "" || len(o.Tags) != 1 || o.Tags[0] == "" {
				t.Errorf("%s %s: id %q, summary %q, tags %v", method, path, id, o.Summary, o.Tags)
			}
			if !slices.Contains(permissions, org.Permission(o.Permission)) {
				t.Errorf("%s: permission %q", id, o.Permission)
			}
			if len(o.Security) != 1 || !slices.Equal(o.Security[0]["token"], []string{o.Permission}) {
				t.Errorf("%s: security %v", id, o.Security)
			}
			declared := map[string]bool{}
			for _, q := range o.Parameters {
				if declared[q.In+" "+q.Name] {
					t.Errorf("%s: parameter %s is declared twice", id, q.Name)
				}
				declared[q.In+" "+q.Name] = true
				if q.Schema == nil || q.In == "path" && !q.Required {
					t.Errorf("%s: parameter %s has no schema, or is in the path and not required", id, q.Name)
				}
				if q.In == "path" && !strings.Contains(path, "{"+q.Name+"}") {
					t.Errorf("%s: parameter %s is not in the path", id, q.Name)
				}
			}
			for _, m := range inPath.FindAllStringSubmatch(path, -1) {
				if !declared["path "+m[1]] {
					t.Errorf("%s: {%s} is not declared", id, m[1])
				}
			}
			if declared["header Idempotency-Key"] != (method == "post") {
				t.Errorf("%s: the Idempotency-Key belongs to POST", id)
			}
			ok := 0
			for status, r := range o.Responses {
				if n, err := strconv.Atoi(status); err != nil || n < 300 {
					ok++
					continue
				}
				r = p.spec.response(r)
				if m, has := r.Content["application/problem+json"]; !has || m.Schema == nil || m.Schema.Ref != "#/components/schemas/Problem" {
					t.Errorf("%s: %s is no problem", id, status)
				}
			}
			if ok != 1 {
				t.Errorf("%s: %d kinds of success", id, ok)
			}
			for _, status := range []string{"401", "403", "404", "422", "500"} {
				if o.Responses[status] == nil {
					t.Errorf("%s: %s is not declared", id, status)
				}
			}
		}
	}
	if count != len(ids) {
		t.Errorf("%d operations with %d ids", count, len(ids))
	}
	if got := len(p.app.API().Operations()); got != count {
		t.Errorf("%d operations are mounted, %d are in the specification", got, count)
	}
}

// step calls one operation with what came of the calls before.
type step struct {
	id string
	in func(got map[string]reply) request
}

func id(v string) request            { return request{values: map[string]string{"id": v}} }
func (r request) with(b any) request { r.body = b; return r }
func (r request) ask(pairs ...string) request {
	r.query = url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		r.query.Set(pairs[i], pairs[i+1])
	}
	return r
}

type object = map[string]any

// onTile names the first tile of the dashboard that was made.
func onTile(got map[string]reply) request {
	d := got["create-dashboard"].object()
	id, _ := d["id"].(string)
	tile, _ := d["tiles"].([]any)[0].(object)["id"].(string)
	return request{values: map[string]string{"id": id, "tile": tile}}
}

// steps call every operation, in an order in which each finds what it needs.
func (p *place) steps(t *testing.T) []step {
	none := func(map[string]reply) request { return request{} }
	of := func(from, name string) func(map[string]reply) request { // {id} is the member name of what from answered
		return func(got map[string]reply) request {
			if v := got[from].text(name); v != "" {
				return id(v)
			}
			return id(got[from].first(name))
		}
	}
	then := func(in func(map[string]reply) request, body any) func(map[string]reply) request {
		return func(got map[string]reply) request { return in(got).with(body) }
	}
	state := func(to string, in func(map[string]reply) request) func(map[string]reply) request { // as the sender would have left it
		return func(got map[string]reply) request {
			r := in(got)
			sending := r.values["id"]
			if r.values["reply"] != "" {
				sending = r.values["reply"]
			}
			err := p.app.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				n, err := db.Exec(ctx, q, "UPDATE outgoing SET state = $1 WHERE id = $2", to, sending)
				if n != 1 && err == nil {
					err = fmt.Errorf("no sending %q", sending)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			return r
		}
	}
	waits := func(body any) func(map[string]reply) request { // as a beginner would have left it
		return func(got map[string]reply) request {
			approval := made.New()
			err := p.app.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, `INSERT INTO reply_approval (id, conversation, member, answer, state, created_at)
					SELECT $1, (SELECT id FROM conversation WHERE private = 0 AND state = 'open' ORDER BY last_at DESC, id DESC LIMIT 1), id, '{"Text":"Je regarde demain et je vous écris."}',
					'waiting', 1 FROM member WHERE email = 'karim.belhadj-roche@bruyere.example'`, approval)
				return err
			})
			if err != nil {
				t.Error(err)
			}
			return id(approval).with(body)
		}
	}
	answered := func(got map[string]reply) request {
		return request{values: map[string]string{"id": got["list-conversations"].first("id"), "reply": got["reply"].id()}}
	}
	since := time.Now().Add(-90 * 24 * time.Hour).UTC().Format(time.RFC3339)
	measure := object{"measure": "response-rate", "better": "higher", "weight": 1, "baseline": 0.4, "baseline_at": since, "target": 0.9, "days": 30}
	return append([]step{
		{"me", none},
		{"change-me", then(none, object{"theme": "dark"})},
		{"list-my-sessions", none},
		{"end-my-session", of("list-my-sessions", "id")},
		{"list-my-tokens", none},
		{"revoke-my-token", func(map[string]reply) request { _, made := p.token(t, org.SignedIn); return id(made) }},
		{"read-organisation", none},
		{"change-organisation", then(none, object{"addresses": []string{"https://bruyere.example"}})},
		{"list-members", none},
		{"invite", then(none, object{"email": "new@bruyere.example", "role": "volunteer", "lang": "fr"})},
		{"withdraw-invitation", func(got map[string]reply) request {
			m, _ := got["invite"].object()["member"].(object)
			s, _ := m["id"].(string)
			return id(s)
		}},
		{"read-member", func(got map[string]reply) request {
			for _, v := range got["list-members"].items() {
				if m := v.(object); m["role"] == "volunteer" && m["state"] == "active" {
					return id(m["id"].(string))
				}
			}
			return request{}
		}},
		{"change-member", then(of("read-member", "id"), object{"role": "social"})},
		{"suspend-member", of("read-member", "id")},
		{"resume-member", of("read-member", "id")},
		{"remove-member", of("read-member", "id")},
		{"list-audit", none},

		{"list-channel-kinds", none},
		{"list-channels", none},
		{"create-channel", then(none, object{"kind": "webhook", "name": "Hook"})},
		{"renew-channel-secrets", of("create-channel", "id")},
		{"check-channel", of("create-channel", "id")},
		{"find-channel", of("create-channel", "id")},
		{"update-channel", then(of("create-channel", "id"), object{"name": "Hook two"})},
		{"poll-channel", func(map[string]reply) request {
			o := p.spec.operations()["create-channel"]
			r := p.call(t, o, p.all, request{body: object{"kind": "feed", "name": "Feed", "settings": object{"url": p.feed}}})
			p.meets(t, o, r)
			return id(r.id())
		}},
		{"delete-channel", of("create-channel", "id")},

		{"list-conversations", func(map[string]reply) request { return request{}.ask("view", "open") }},
		{"count-conversations", none},
		{"find-conversation", of("list-conversations", "id")},
		{"read-thread", of("list-conversations", "id")},
		{"see-moved", func(got map[string]reply) request {
			return request{}.ask("said", got["list-conversations"].first("id"))
		}},
		{"take-conversation", of("list-conversations", "id")},
		{"release-conversation", of("list-conversations", "id")},
		{"assign-conversation", func(got map[string]reply) request {
			return id(got["list-conversations"].first("id")).with(object{"to": got["me"].id(), "expect": ""})
		}},
		{"add-note", then(of("list-conversations", "id"), object{"text": "à voir"})},
		{"check-reply", then(of("list-conversations", "id"), object{"text": "Bonjour !"})},
		{"reply", then(of("list-conversations", "id"), object{"text": "Bonjour, je regarde demain et je reviens vers vous."})},
		{"list-approvals", none},
		{"approve-reply", waits(object{})},
		{"return-reply", waits(object{"reason": "Dites la suite."})},
		{"list-saved-replies", none},
		{"list-similar", of("list-conversations", "id")},
		{"list-follow-ups", none},
		{"resend-reply", state("failed", answered)},
		{"mark-reply-sent", state("uncertain", answered)},
		{"withdraw-reply", state("queued", answered)},
		{"list-outgoing", none},
		{"resend-outgoing", state("failed", of("reply", "id"))},
		{"withdraw-outgoing", state("queued", of("reply", "id"))},
		{"mark-outgoing-sent", state("uncertain", of("reply", "id"))},
		{"resolve-conversation", of("list-conversations", "id")},
		{"reopen-conversation", of("list-conversations", "id")},
		{"find-post", of("list-conversations", "post")},
		{"label-post", then(of("list-conversations", "post"), object{"sentiment": "positive"})},

		{"list-mentions", none},
		{"open-conversation", of("list-mentions", "id")},
		{"get-volume", none},
		{"preview-topic", func(map[string]reply) request { return request{}.ask("query", "batterie OR battery") }},
		{"read-labels", of("list-conversations", "post")},
		{"correct-labels", then(of("list-conversations", "post"), object{"kinds": []string{"question"}, "emotion": "joy", "take_back": []string{"sentiment"}})},
		{"list-remarks", of("list-conversations", "post")},
		{"list-corrections", none},
		{"draw-sample", then(none, object{"size": 20, "days": 3000, "seed": 7})},
		{"list-samples", none},
		{"next-of-sample", of("draw-sample", "id")},
		{"judge-post", func(got map[string]reply) request {
			post, _ := got["next-of-sample"].object()["post"].(object)
			return id(got["draw-sample"].id()).with(object{"post": post["id"], "sentiment": "neutral", "kinds": []string{}})
		}},
		{"take-back-judgement", of("draw-sample", "id")},
		{"read-models", none},
		{"read-model-elsewhere", none},
		{"set-thresholds", then(none, object{"sentiment": 0.5, "emotion": 0, "aggression": 0, "kinds": object{"lead": 0.9}})},
		{"pause-models", none},
		{"read-agreement", none},
		{"read-shares", none},
		{"resume-models", none},

		{"list-topics", none},
		{"create-topic", then(none, object{"name": "Freins", "query": "frein OR freins"})},
		{"get-topic", of("create-topic", "id")},
		{"update-topic", then(of("create-topic", "id"), object{"name": "Freins", "query": "frein", "inbox": true})},
		{"delete-topic", of("create-topic", "id")},

		{"list-people", none},
		{"get-person", of("list-people", "id")},
		{"list-timeline", of("list-people", "id")},
		{"create-person", then(none, object{"name": "Ada Pignon", "kinds": []string{"customer"}, "identities": []string{"ada@velo.example"}})},
		{"describe-person", then(of("create-person", "id"), object{"note": "roule l’hiver"})},
		{"find-identity", func(map[string]reply) request { return request{}.ask("uri", "mailto:ada@velo.example") }},
		{"link-identity", then(of("create-person", "id"), object{"uri": "mailto:ada@pignon.example"})},
		{"unlink-identity", func(got map[string]reply) request {
			return id(got["create-person"].id()).ask("uri", "mailto:ada@pignon.example")
		}},
		{"note-consent", then(of("create-person", "id"), object{"purpose": "survey", "given": true, "how": "on the phone"})},
		{"merge-person", func(got map[string]reply) request {
			o := p.spec.operations()["create-person"]
			r := p.call(t, o, p.all, request{body: object{"name": "A. Pignon", "identities": []string{"mailto:a@pignon.example"}}})
			p.meets(t, o, r)
			return id(got["create-person"].id()).with(object{"person": r.id()})
		}},
		{"list-merges", of("create-person", "id")},
		{"undo-merge", of("list-merges", "id")},

		{"create-initiative", then(none, object{"name": "Guides", "currency": "EUR"})},
		{"list-initiatives", none},
		{"get-initiative", of("create-initiative", "id")},
		{"update-initiative", then(of("create-initiative", "id"), object{"name": "Guides", "start": "2026-11-02", "end": "2026-12-31", "outcome": "moins d’appels"})},
		{"set-tasks", then(of("create-initiative", "id"), object{"items": []object{{"name": "Écrire", "length": 5}, {"name": "En ligne", "length": 0, "after": []object{{"task": "#1", "lag": 1}}}}})},
		{"report-progress", func(got map[string]reply) request { // of an initiative of the demo, which runs
			for _, v := range got["list-initiatives"].items() {
				if i := v.(map[string]any); i["state"] == "running" {
					return request{values: map[string]string{"id": i["id"].(string), "task": i["tasks"].([]any)[0].(map[string]any)["id"].(string)}}.with(object{"done": 60, "minutes": 90})
				}
			}
			return request{}
		}},
		{"set-contributors", func(got map[string]reply) request {
			return id(got["create-initiative"].id()).with(object{"items": []object{{"member": got["me"].id(), "minutes_a_week": 300}}})
		}},
		{"set-budget", then(of("create-initiative", "id"), object{"items": []object{{"kind": "recurring", "label": "Hébergement", "amount": 12000, "every": "quarter", "funding": "Informatique"}}})},
		{"set-initiative-risks", then(of("create-initiative", "id"), object{"items": []object{{"name": "Retard", "probability": 3, "impact": 2}}})},
		{"set-benefits", then(of("create-initiative", "id"), object{"items": []object{{"kind": "measure", "label": "Réponses", "measure": "response-rate", "baseline": 0.4, "target": 0.9, "to": "2027-06-30"}}})},
		{"take-step", then(of("create-initiative", "id"), object{"step": "propose"})},
		{"list-steps", of("create-initiative", "id")},
		{"stand-initiative", of("create-initiative", "id")},
		{"create-booking", then(of("create-initiative", "id"), object{"day": "2026-01-05", "amount": 1200, "currency": "EUR"})},
		{"list-bookings", of("create-initiative", "id")},
		{"delete-booking", func(got map[string]reply) request {
			return request{values: map[string]string{"id": got["create-initiative"].id(), "booking": got["create-booking"].id()}}
		}},
		{"read-capacity", none},
		{"list-means", none},
		{"read-working-days", none},
		{"set-working-days", then(none, object{"weekdays": []string{"monday", "tuesday"}, "closed": []string{"2026-12-25"}})},
		{"delete-initiative", func(map[string]reply) request {
			o := p.spec.operations()["create-initiative"]
			r := p.call(t, o, p.all, request{body: object{"name": "Brouillon"}})
			p.meets(t, o, r)
			return id(r.id())
		}},

		{"list-fact-kinds", none},
		{"state-facts", then(none, object{"facts": []object{{"kind": "cost", "origin": "books", "external_id": "r-1", "at": "2026-03-01T00:00:00Z", "until": "2026-04-01T00:00:00Z",
			"amount": 123450, "currency": "EUR", "label": "platform", "organisation": "Hébergement du Lac"}}})},
		{"list-facts", none},
		{"get-fact", of("state-facts", "id")},
		{"correct-fact", then(of("state-facts", "id"), object{"at": "2026-03-01T00:00:00Z", "amount": 120000, "currency": "EUR", "label": "licences", "note": "mauvaise ligne"})},
		{"list-fact-history", of("state-facts", "id")},
		{"list-fact-totals", func(map[string]reply) request { return request{}.ask("kind", "cost") }},
		{"withdraw-fact", of("state-facts", "id")},
		{"create-folder-rule", then(none, object{"pattern": "heures-*.csv", "kind": "hours"})},
		{"list-folder-rules", none},
		{"delete-folder-rule", of("create-folder-rule", "id")},
		{"list-folder-files", none},

		{"create-import", func(map[string]reply) request {
			r := request{}.ask("name", "cards.vcf", "format", "vcard").with("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Lou Moyeu\r\nEMAIL:lou@moyeu.example\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n")
			r.kind = "application/octet-stream"
			return r
		}},
		{"list-imports", none},
		{"get-import", of("create-import", "id")},
		{"get-import-refusals", func(got map[string]reply) request {
			p.finish(t, got["create-import"].id())
			return id(got["create-import"].id())
		}},
		{"cancel-import", func(got map[string]reply) request {
			o := p.spec.operations()["create-import"]
			return id(p.call(t, o, p.all, request{body: "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoé\r\nEND:VCARD\r\n", kind: "application/octet-stream"}.ask("name", "c.vcf", "format", "vcard")).id())
		}},

		{"list-measures", none},
		{"read-measure", of("list-measures", "id")},
		{"read-measure-series", of("list-measures", "id")},
		{"list-measure-rows", of("list-measures", "id")},
		{"read-measure-by", func(got map[string]reply) request {
			return request{values: map[string]string{"id": got["list-measures"].first("id"), "by": "channel"}}
		}},
		{"list-own-measures", none},
		{"create-own-measure", then(none, object{"name": "Freins", "way": "count", "of": "post", "query": "frein", "better": "neither", "days": 30})},
		{"preview-own-measure", then(none, object{"name": "Freins", "way": "count", "of": "post", "query": "frein", "better": "neither", "days": 30})},
		{"get-own-measure", of("create-own-measure", "id")},
		{"replace-own-measure", then(of("create-own-measure", "id"), object{"name": "Freins", "way": "count", "of": "post", "query": "frein OR brake", "better": "lower", "days": 30})},
		{"list-own-measure-versions", of("create-own-measure", "id")},
		{"choose-own-measure-version", then(of("create-own-measure", "id"), object{"version": 1})},
		{"read-measures-for-prometheus", none},
		{"delete-own-measure", of("create-own-measure", "id")},
		{"read-business-hours", none},
		{"set-business-hours", then(none, object{"zone": "Europe/Paris", "holidays": []string{"12-25"}, "week": [][]object{{}, {{"from": 540, "to": 1080}}, {}, {}, {}, {}, {}}})},

		{"create-dashboard", then(none, object{"name": "Lundi", "roles": []string{"social"}, "tiles": []object{{"kind": "number", "measure": "volume"}}})},
		{"list-dashboards", none},
		{"get-dashboard", of("create-dashboard", "id")},
		{"update-dashboard", then(of("create-dashboard", "id"), object{"name": "Lundi matin", "about": "À 9 h"})},
		{"add-tile", then(of("create-dashboard", "id"), object{"kind": "bars", "measure": "volume", "by": "channel", "days": 90, "filter": object{"language": "fr"}})},
		{"update-tile", func(got map[string]reply) request {
			return onTile(got).with(object{"kind": "table", "measure": "volume", "compare": "last_year", "width": 2})
		}},
		{"move-tile", func(got map[string]reply) request { return onTile(got).with(object{"by": 1}) }},
		{"read-dashboard", of("create-dashboard", "id")},
		{"list-notes", none},
		{"remove-tile", func(got map[string]reply) request { return onTile(got) }},
		{"delete-dashboard", of("create-dashboard", "id")},
		{"read-value", none},
		{"create-value-line", then(none, object{"name": "Contacts", "measure": "deflected-contacts", "price": 680, "currency": "EUR", "grade": "assumed", "reason": "Contrôle de gestion"})},
		{"list-value-lines", none},
		{"update-value-line", then(of("create-value-line", "id"), object{"name": "Contacts", "measure": "deflected-contacts", "price": 700, "currency": "EUR", "grade": "assumed", "reason": "Contrôle de gestion"})},
		{"delete-value-line", of("create-value-line", "id")},
		{"create-report", then(none, object{"name": "Revue", "content": "pack", "lang": "fr", "every": "month", "day": 31, "minute": 480, "zone": "Europe/Paris", "enabled": true, "recipients": []object{{"address": "board@bruyere.example"}}})},
		{"list-reports", none},
		{"get-report", of("create-report", "id")},
		{"update-report", then(of("create-report", "id"), object{"name": "Revue", "content": "map", "lang": "en", "every": "week", "weekday": 1, "minute": 480, "zone": "Europe/Paris", "enabled": false, "recipients": []object{{"address": "board@bruyere.example"}}})},
		{"list-report-mails", of("create-report", "id")},
		{"read-review-pack", none},
		{"delete-report", of("create-report", "id")},

		{"list-maps", none},
		{"create-map", func(map[string]reply) request {
			return request{body: object{"template": "small", "kind": "department", "scope": "Atelier"}}
		}},
		{"get-map", of("list-maps", "id")},
		{"evaluate-map", of("list-maps", "id")},
		{"create-objective", func(got map[string]reply) request {
			perspective, _ := got["get-map"].object()["objectives"].([]any)[0].(object)["perspective"].(string)
			return id(got["get-map"].id()).with(object{"perspective": perspective, "name": object{"fr": "Répondre vite", "en": "Answer fast"}, "due_at": time.Now().AddDate(0, 6, 0).UTC().Format(time.RFC3339)})
		}},
		{"get-objective", of("create-objective", "id")},
		{"list-map-templates", none},
		{"replace-map", then(of("list-maps", "id"), object{"name": object{"fr": "Notre carte", "en": "Our map"}, "kind": "organisation"})},
		{"create-perspective", then(of("list-maps", "id"), object{"name": object{"fr": "Société", "en": "Society"}, "colour": 4})},
		{"replace-perspective", then(of("create-perspective", "id"), object{"name": object{"en": "Society at large"}})},
		{"move-perspective", then(of("create-perspective", "id"), object{"by": -1})},
		{"create-theme", then(of("list-maps", "id"), object{"name": object{"fr": "Sécurité", "en": "Safety"}, "colour": 2})},
		{"replace-theme", then(of("create-theme", "id"), object{"name": object{"en": "Safety first"}})},
		{"undo-map-change", of("list-maps", "id")},
		{"redo-map-change", of("list-maps", "id")},
		{"list-map-changes", of("list-maps", "id")},
		{"move-objective", func(got map[string]reply) request {
			return id(got["create-objective"].id()).with(object{"perspective": got["create-perspective"].id()})
		}},
		{"see-objective", of("create-objective", "id")},
		{"compare-map", func(got map[string]reply) request {
			return id(got["list-maps"].first("id")).ask("from", time.Now().AddDate(0, -1, 0).UTC().Format(time.RFC3339))
		}},
		{"export-map", of("create-map", "id")},
		{"import-map", func(got map[string]reply) request { return request{body: got["export-map"].object()} }},
		{"create-contribution", func(got map[string]reply) request {
			to, _ := got["import-map"].object()["objectives"].([]any)[0].(object)["id"].(string)
			return request{body: object{"from": got["create-objective"].id(), "to": to, "weight": 2}}
		}},
		{"list-contributions", none},
		{"delete-contribution", func(got map[string]reply) request {
			return request{values: map[string]string{"from": got["create-contribution"].text("from"), "to": got["create-contribution"].text("to")}}
		}},
		{"create-map-share", then(of("list-maps", "id"), object{"label": "Conseil", "shows": "states", "days": 7})},
		{"list-map-shares", of("list-maps", "id")},
		{"revoke-map-share", of("create-map-share", "id")},
		{"replace-objective", func(got map[string]reply) request {
			return id(got["create-objective"].id()).with(object{"perspective": got["create-objective"].text("perspective"), "name": object{"fr": "Répondre plus vite", "en": "Answer faster"}, "due_at": got["create-objective"].text("due_at")})
		}},
		{"create-objective-measure", then(of("create-objective", "id"), measure)},
		{"replace-objective-measure", then(of("create-objective-measure", "id"), measure)},
		{"create-link", func(got map[string]reply) request {
			to, _ := got["get-map"].object()["objectives"].([]any)[0].(object)["id"].(string)
			return request{body: object{"from": got["create-objective"].id(), "to": to, "lag_days": 30}}
		}},
		{"delete-link", func(got map[string]reply) request {
			return request{values: map[string]string{"from": got["create-link"].text("from"), "to": got["create-link"].text("to")}}
		}},
		{"delete-objective-measure", of("create-objective-measure", "id")},
		{"delete-objective", of("create-objective", "id")},
		{"delete-theme", of("create-theme", "id")},
		{"delete-perspective", of("create-perspective", "id")},
		{"delete-map", of("create-map", "id")},
	}, slices.Concat(governSteps(), communitySteps(), ruleSteps(), teamSteps(), deskSteps(), p.situationSteps(t))...)
}

// finish does the imports that wait.
func (p *place) finish(t *testing.T, job string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.app.Intake.Run(ctx) }()
	o := p.spec.operations()["get-import"]
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if s := p.call(t, o, p.all, id(job)).text("state"); s == "done" || s == "failed" {
			break
		}
	}
	stop()
	<-ended
}

// TestREST walks the whole interface on the demo.
func TestREST(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); walk(t, "") })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); walk(t, dbtest.PostgresURL(t)) })
}

func walk(t *testing.T, database string) {
	p := open(t, true, database)
	if _, err := p.app.Org.SignIn(t.Context(), ownerMail, ownerPassword, org.Visit{Agent: "test"}); err != nil {
		t.Fatal(err)
	}
	ops := p.spec.operations()
	got, sent := map[string]reply{}, map[string]request{}
	for _, s := range p.steps(t) {
		o := ops[s.id]
		if o == nil {
			t.Errorf("there is no operation %s", s.id)
			continue
		}
		r := s.in(got)
		for name := range r.query {
			if !slices.ContainsFunc(o.Parameters, func(q parameter) bool { return q.In == "query" && q.Name == name }) {
				t.Errorf("%s: parameter %s is not declared", s.id, name)
			}
		}
		if o.RequestBody != nil && o.RequestBody.Content["application/json"].Schema != nil {
			raw, err := json.Marshal(r.body)
			if err != nil {
				t.Fatal(err)
			}
			var v any
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			for _, fault := range p.spec.faults(o.RequestBody.Content["application/json"].Schema, v, "request") {
				t.Errorf("%s: %s", s.id, fault)
			}
		}
		out := p.call(t, o, p.all, r)
		if out.status >= 300 {
			t.Errorf("%s: %d %s", s.id, out.status, out.raw)
		}
		p.meets(t, o, out)
		got[s.id], sent[s.id] = out, r
	}
	for id := range ops {
		if _, ok := sent[id]; !ok {
			t.Errorf("no step calls %s: add one", id)
		}
	}
	if name := got["create-import"].text("name"); name != "cards.vcf" {
		t.Errorf("an import of cards.vcf is called %q", name)
	}
	if t.Failed() {
		return
	}
	t.Run("refusals", func(t *testing.T) { p.refusals(t, sent) })
	t.Run("pages", func(t *testing.T) { p.pages(t, sent) })
	t.Run("keys", func(t *testing.T) { p.keys(t, sent) })
	t.Run("attacks", func(t *testing.T) { p.attacks(t, sent) })
}

// refusals asks of every operation what it must refuse.
func (p *place) refusals(t *testing.T, sent map[string]request) {
	const unknown = "01hzzzzzzzzzzzzzzzzzzzzzzz"
	revoked, revokedID := p.token(t, org.Owner.Permissions()...)
	if err := p.app.Org.RevokeToken(p.owner, revokedID); err != nil {
		t.Fatal(err)
	}
	expired, expiredID := p.token(t, org.Owner.Permissions()...)
	err := p.app.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE member_token SET expires_at = $1 WHERE id = $2", db.T(time.Now().Add(-time.Minute)), expiredID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	onlyMap, _ := p.token(t, org.StrategyRead)
	onlyMeasure, _ := p.token(t, org.MeasureRead)
	// These hold for every token: a program must be able to ask whom it acts for.
	anyToken := []string{"me", "read-organisation", "read-charter", "list-charter-versions", "get-charter-version", "compare-charter-versions"}
	most := map[string]int{"state-facts": 4 << 20} // bytes of a body, where it is not 1 MB
	french := http.Header{"Accept-Language": {"fr-CA, fr;q=0.9"}}
	ops := p.spec.operations()
	for _, name := range slices.Sorted(maps.Keys(ops)) {
		o, r := ops[name], sent[name]
		for what, token := range map[string]string{"none": "", "revoked": revoked, "expired": expired, "foreign": "ent_" + strings.Repeat("x", 43), "odd": "x\"'é"} {
			out := p.call(t, o, token, r)
			p.refuses(t, o, out, http.StatusUnauthorized)
			if !strings.HasPrefix(out.header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s: %s token: WWW-Authenticate %q", name, what, out.header.Get("WWW-Authenticate"))
			}
		}
		narrow := onlyMap
		if o.Permission == string(org.StrategyRead) {
			narrow = onlyMeasure
		}
		if !slices.Contains(anyToken, name) {
			p.refuses(t, o, p.call(t, o, narrow, r), http.StatusForbidden)
		}
		if len(r.values) > 0 {
			lost := r
			lost.values = maps.Clone(r.values)
			for k := range lost.values {
				lost.values[k] = unknown
			}
			out := p.call(t, o, p.all, lost)
			p.refuses(t, o, out, http.StatusNotFound)
		}
		if o.RequestBody == nil || o.RequestBody.Content["application/json"].Schema == nil {
			continue
		}
		for _, garbage := range []string{"", "{", "nul", "\xff\xfe", "<a/>", `{"a":1}{}`, strings.Repeat("[", 100_000), `{"a":"\u0000"}`} {
			bad := r
			bad.body, bad.header = garbage, french
			out := p.call(t, o, p.all, bad)
			p.refuses(t, o, out, http.StatusBadRequest)
			if title := out.text("title"); title != "Cela n’a pas fonctionné" {
				t.Errorf("%s: title %q, want French", name, title)
			}
		}
		for _, garbage := range []string{"[]", "null", "7", `"x"`, `{"no_such_member":1}`} {
			bad := r
			bad.body, bad.header = garbage, french
			out := p.call(t, o, p.all, bad)
			p.refuses(t, o, out, http.StatusUnprocessableEntity)
			if faults, _ := out.object()["errors"].([]any); len(faults) == 0 {
				t.Errorf("%s: %s: nothing says what is wrong: %s", name, garbage, out.raw)
			}
		}
		large := r
		large.body = `{"x":"` + strings.Repeat("a", max(1<<20, most[name])) + `"}`
		p.refuses(t, o, p.call(t, o, p.all, large), http.StatusRequestEntityTooLarge)
		form := r
		form.body, form.kind = "a=b", "application/x-www-form-urlencoded"
		p.refuses(t, o, p.call(t, o, p.all, form), http.StatusUnsupportedMediaType)
	}
}

// pages follows every list to its end.
func (p *place) pages(t *testing.T, sent map[string]request) {
	ops := p.spec.operations()
	for _, name := range slices.Sorted(maps.Keys(ops)) {
		o := ops[name]
		if !slices.ContainsFunc(o.Parameters, func(q parameter) bool { return q.Name == "cursor" }) {
			continue
		}
		walk := func(limit int, between func(page int)) (seen []string) {
			cursor := ""
			for page := range 2000 {
				r := sent[name]
				r.query = maps.Clone(r.query)
				if r.query == nil {
					r.query = url.Values{}
				}
				r.query.Set("limit", strconv.Itoa(limit))
				if cursor != "" {
					r.query.Set("cursor", cursor)
				}
				out := p.call(t, o, p.all, r)
				p.meets(t, o, out)
				counted := out.items()
				if name == "read-thread" { // its limit counts posts
					counted = slices.DeleteFunc(slices.Clone(counted), func(v any) bool { return v.(object)["post"] == nil })
				}
				if out.status != 200 || len(counted) > limit {
					t.Fatalf("%s: %d, %d items", name, out.status, len(out.items()))
				}
				for _, v := range out.items() {
					seen = append(seen, key(v))
				}
				if cursor = out.text("next"); cursor == "" || len(seen) > 400 {
					return seen
				}
				if between != nil {
					between(page)
				}
			}
			t.Fatalf("%s: no end", name)
			return nil
		}
		whole, small := walk(200, nil), walk(3, nil)
		if n := min(len(whole), len(small)); !sameItems(whole[:n], small[:n]) || len(whole) < 400 && len(whole) != len(small) {
			t.Errorf("%s: pages of 3 give other items than pages of 200: %d and %d", name, len(small), len(whole))
		}
		if double := twice(small); double != "" {
			t.Errorf("%s: %s is there twice", name, double)
		}
		if len(whole) < 4 {
			t.Logf("%s has only %d items", name, len(whole))
		}
		for _, cursor := range []string{"x", "!!", "AAAA", api.Cursor(), api.Cursor("a"), api.Cursor("a", "b"), api.Cursor("\x00"), api.Cursor("\x00", "\x00"),
			api.Cursor("a", "b", "c"), api.Cursor("a", "b", "c", "d"), strings.Repeat("A", 400), "W251bGxd", "bnVsbA"} {
			r := sent[name]
			r.query = maps.Clone(r.query)
			if r.query == nil {
				r.query = url.Values{}
			}
			r.query.Set("cursor", cursor)
			out := p.call(t, o, p.all, r)
			if out.status == 200 && cursor != "x" && cursor != "!!" && cursor != api.Cursor("\x00") && cursor != api.Cursor("\x00", "\x00") {
				p.meets(t, o, out) // well formed: a place in the list like any other
				continue
			}
			p.refuses(t, o, out, http.StatusUnprocessableEntity)
		}
		for _, limit := range []string{"0", "-1", "201", "9223372036854775808", "x", "1e3"} {
			r := sent[name]
			r.query = url.Values{"limit": {limit}}
			out := p.call(t, o, p.all, r)
			p.refuses(t, o, out, http.StatusUnprocessableEntity)
			if faults, _ := out.object()["errors"].([]any); len(faults) != 1 || faults[0].(object)["location"] != "query.limit" {
				t.Errorf("%s: limit %s: %s", name, limit, out.raw)
			}
		}
	}

	// People who come meanwhile push nobody out of a list that is being read, and show nobody twice.
	create, list := ops["create-person"], ops["list-people"]
	before := map[string]bool{}
	cursor, seen := "", []string{}
	for page := 0; page == 0 || cursor != ""; page++ {
		q := url.Values{"limit": {"200"}}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		out := p.call(t, list, p.all, request{query: q})
		for _, v := range out.items() {
			before[key(v)] = true
		}
		cursor = out.text("next")
	}
	for page := 0; page == 0 || cursor != ""; page++ {
		q := url.Values{"limit": {"50"}}
		if cursor != "" {
			q.Set("cursor", cursor)
		}
		out := p.call(t, list, p.all, request{query: q})
		for _, v := range out.items() {
			seen = append(seen, key(v))
		}
		cursor = out.text("next")
		for _, first := range []string{"Aa", "Zz"} {
			p.call(t, create, p.all, request{body: object{"name": fmt.Sprintf("%s %d", first, page)}})
		}
		if page > 100 {
			t.Fatal("no end")
		}
	}
	if double := twice(seen); double != "" {
		t.Errorf("%s is there twice", double)
	}
	for k := range before {
		if !slices.Contains(seen, k) {
			t.Errorf("%s was pushed out", k)
		}
	}
}

// key tells items apart.
func key(v any) string {
	m, _ := v.(object)
	if s, ok := m["id"].(string); ok {
		return s
	}
	for _, part := range []string{"post", "change", "answer"} {
		if in, ok := m[part].(object); ok {
			return part + " " + in["id"].(string)
		}
	}
	raw, _ := json.Marshal(v)
	return string(raw)
}

// sameItems compares without order: a thread is read page by page from its end, and each page from its beginning.
func sameItems(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func twice(list []string) string {
	seen := map[string]bool{}
	for _, v := range list {
		if seen[v] {
			return v
		}
		seen[v] = true
	}
	return ""
}

// keys: a repeated request does its work once.
func (p *place) keys(t *testing.T, sent map[string]request) {
	ops := p.spec.operations()
	o := ops["create-topic"]
	body := func(name string) object { return object{"name": name, "query": "selle"} }
	with := func(k string, b any) request { return request{body: b, header: http.Header{"Idempotency-Key": {k}}} }
	count := func(name string) (n int) {
		for _, v := range p.call(t, ops["list-topics"], p.all, request{}).items() {
			if v.(object)["name"] == name {
				n++
			}
		}
		return n
	}

	first := p.call(t, o, p.all, with("k1", body("Selles")))
	again := p.call(t, o, p.all, with("k1", body("Selles")))
	if first.status != 201 || again.status != 201 || string(first.raw) != string(again.raw) {
		t.Errorf("%d %s, then %d %s", first.status, first.raw, again.status, again.raw)
	}
	if first.header.Get("Idempotent-Replayed") != "" || again.header.Get("Idempotent-Replayed") != "true" || again.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v, then %v", first.header, again.header)
	}
	if n := count("Selles"); n != 1 {
		t.Errorf("%d topics", n)
	}
	p.refuses(t, o, p.call(t, o, p.all, with("k1", body("Selles 2"))), http.StatusUnprocessableEntity)
	p.refuses(t, ops["create-person"], p.call(t, ops["create-person"], p.all, with("k1", body("Selles"))), http.StatusUnprocessableEntity)
	narrow, _ := p.token(t, org.ListeningRead)
	p.refuses(t, o, p.call(t, o, narrow, with("k1", body("Selles"))), http.StatusForbidden)
	for _, bad := range []string{"é", "a b", strings.Repeat("k", 201), ""} {
		p.refuses(t, o, p.call(t, o, p.all, with(bad, body("x"))), http.StatusUnprocessableEntity)
	}

	// What was refused had no effect: the key is free for the request that is right.
	p.refuses(t, o, p.call(t, o, p.all, with("k2", object{"name": "x"})), http.StatusUnprocessableEntity)
	if out := p.call(t, o, p.all, with("k2", body("Guidons"))); out.status != 201 {
		t.Errorf("%d %s", out.status, out.raw)
	}

	var statuses sync.Map
	var wait sync.WaitGroup
	for i := range 12 {
		wait.Go(func() {
			q, err := http.NewRequestWithContext(t.Context(), "POST", p.server.URL+api.Prefix+"/topics", strings.NewReader(`{"name":"Moyeux","query":"moyeu"}`))
			if err != nil {
				t.Error(err)
				return
			}
			q.Header.Set("Authorization", "Bearer "+p.all)
			q.Header.Set("Idempotency-Key", "k3")
			res, err := http.DefaultClient.Do(q)
			if err != nil {
				t.Error(err)
				return
			}
			res.Body.Close()
			statuses.Store(i, res.StatusCode)
		})
	}
	wait.Wait()
	statuses.Range(func(_, v any) bool {
		if v != 201 && v != 409 {
			t.Errorf("one of many at once got %v", v)
		}
		return true
	})
	if n := count("Moyeux"); n != 1 {
		t.Errorf("%d topics of many at once", n)
	}

	// Secrets are never kept.
	for name, r := range map[string]request{"create-channel": with("s1", object{"kind": "webhook", "name": "Once"}),
		"invite": with("s2", object{"email": "once@bruyere.example", "role": "volunteer"})} {
		o := ops[name]
		if out := p.call(t, o, p.all, r); out.status != 201 {
			t.Errorf("%s: %d %s", name, out.status, out.raw)
		}
		out := p.call(t, o, p.all, r)
		p.refuses(t, o, out, http.StatusConflict)
		if out.text("key") != "api.key_secret" {
			t.Errorf("%s: %s", name, out.raw)
		}
	}
	kept, err := db.All(t.Context(), p.app.DB.Read(), func(s *string) []any { return []any{s} }, "SELECT body FROM api_answer")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range kept {
		if strings.Contains(s, "whsec_") || strings.Contains(s, "/invitation") || strings.Contains(s, `"shown"`) || strings.Contains(s, `"link"`) {
			t.Errorf("a secret is kept: %s", s)
		}
	}

	// After a day the key is new again; work that broke off is not done again blindly.
	age := func(k string, by time.Duration, more string) {
		t.Helper()
		err := p.app.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE api_answer SET created_at = $1"+more+" WHERE key = $2", db.T(time.Now().Add(-by)), k)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	age("k2", 11*time.Minute, ", status = 0")
	out := p.call(t, o, p.all, with("k2", body("Guidons")))
	p.refuses(t, o, out, http.StatusConflict)
	if out.text("key") != "api.key_broken" {
		t.Errorf("%s", out.raw)
	}
	age("k1", 24*time.Hour+time.Minute, "")
	if out := p.call(t, o, p.all, with("k1", body("Selles neuves"))); out.status != 201 || out.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("%d %s", out.status, out.raw)
	}

	// An empty answer is given again as it was.
	r := sent["poll-channel"]
	r.header = http.Header{"Idempotency-Key": {"k4"}}
	for range 2 {
		if out := p.call(t, ops["poll-channel"], p.all, r); out.status != 204 || len(out.raw) > 0 {
			t.Errorf("%d %s", out.status, out.raw)
		}
	}
}

// attacks: what somebody hostile tries.
func (p *place) attacks(t *testing.T, sent map[string]request) {
	ops := p.spec.operations()
	signed := func() http.Header { return http.Header{"Authorization": {"Bearer " + p.all}} }
	session, err := p.app.Org.SignIn(t.Context(), ownerMail, ownerPassword, org.Visit{Agent: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string]http.Header{
		"cookie":        {"Cookie": {"entente=" + session}},
		"secure cookie": {"Cookie": {"__Host-entente=" + session}},
		"session":       {"Authorization": {"Bearer " + session}},
		"basic":         {"Authorization": {"Basic " + p.all}},
		"other header":  {"X-Api-Key": {p.all}, "X-Authorization": {"Bearer " + p.all}},
		"nothing else":  {"Authorization": {"Bearer"}},
		"two tokens":    {"Authorization": {"Bearer " + p.all + " " + p.all}},
		"long":          {"Authorization": {"Bearer ent_" + strings.Repeat("a", 30_000)}},
	} {
		if out := p.do(t, "GET", api.Prefix+"/me", header, nil); out.status != 401 || out.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, out.status, out.raw)
		}
	}
	for _, q := range []string{"access_token", "token", "authorization", "api_key"} {
		if out := p.do(t, "GET", api.Prefix+"/me?"+q+"="+p.all, http.Header{}, nil); out.status != 401 {
			t.Errorf("a token in the query as %s: %d", q, out.status)
		}
	}
	if out := p.do(t, "GET", api.Prefix+"/me", http.Header{"Authorization": {"bearer " + p.all}}, nil); out.status != 200 {
		t.Errorf("the scheme in small letters: %d", out.status)
	}
	if out := p.do(t, "GET", api.Prefix+"/me", http.Header{"Authorization": {"Bearer ent_" + strings.Repeat("a", 2<<20)}}, nil); out.status != 431 {
		t.Errorf("a header of 2 MB: %d", out.status)
	}

	// Other origins get nothing that lets their scripts read.
	for _, method := range []string{"GET", "OPTIONS", "POST"} {
		for _, header := range []http.Header{signed(), {}} {
			header.Set("Origin", "https://evil.example")
			header.Set("Access-Control-Request-Method", "POST")
			out := p.do(t, method, api.Prefix+"/topics", header, nil)
			for name := range out.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s: %s", method, name)
				}
			}
			if out.header.Get("Cache-Control") != "no-store" || out.header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: headers %v", method, out.header)
			}
		}
	}
	if out := p.do(t, "HEAD", api.Prefix+"/topics", signed(), nil); out.status != 200 || len(out.raw) > 0 {
		t.Errorf("HEAD: %d %s", out.status, out.raw)
	}
	if out := p.do(t, "HEAD", api.Prefix+"/topics", http.Header{}, nil); out.status != 401 {
		t.Errorf("HEAD without a token: %d", out.status)
	}
	for _, method := range []string{"OPTIONS", "TRACE", "PUT", "FOO", "DELETE"} {
		out := p.do(t, method, api.Prefix+"/topics", signed(), nil)
		if out.status != 405 || out.header.Get("Allow") != "GET, POST" || out.text("key") != "api.method" {
			t.Errorf("%s: %d %v %s", method, out.status, out.header, out.raw)
		}
	}
	override := signed()
	override.Set("X-HTTP-Method-Override", "DELETE")
	if out := p.do(t, "GET", api.Prefix+"/topics/"+sent["get-topic"].values["id"]+"?_method=DELETE", override, nil); out.status != 404 {
		t.Errorf("the deleted topic: %d", out.status)
	}
	odd := signed()
	odd.Set("Accept", "json")
	if out := p.do(t, "GET", api.Prefix+"/topics", odd, nil); out.header.Get("Content-Type") != "application/json" {
		t.Errorf("Accept: json gives %q", out.header.Get("Content-Type"))
	}

	for _, path := range []string{"/members/..%2f..%2f..%2fetc%2fpasswd", "/members/%2e%2e", "/imports/..%2f..%2fsecret.key/refused", "/nothing", "/me/", "/",
		"/members/" + strings.Repeat("a", 3000), "/members/a%00b", "/members/%ff%fe", "/members/'%20OR%201=1--", "/openapi.json/x"} {
		out := p.do(t, "GET", api.Prefix+path, signed(), nil)
		if out.status != 404 && out.status != 422 && out.status != 400 || out.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %v %s", path, out.status, out.header, out.raw)
		}
	}
	for _, path := range []string{"//me", "/./me", "/x/../me", "/%2e%2e/%2e%2e/members"} {
		out := p.do(t, "GET", api.Prefix+path, signed(), nil)
		if to := out.header.Get("Location"); out.status == 200 || to != "" && !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
			t.Errorf("%s: %d to %q", path, out.status, to)
		}
	}
	for _, q := range []string{"search=%00", "search=%ff", "search=%zz", "kind=a%00", "%ff=1", "a;b=1"} {
		if out := p.do(t, "GET", api.Prefix+"/people?"+q, signed(), nil); out.status != 400 {
			t.Errorf("%s: %d %s", q, out.status, out.raw)
		}
	}

	o := ops["create-link"]
	for _, c := range []struct {
		body, at string
		status   int
	}{
		{`{"from":"a","to":"b","from":"c"}`, "body", 400},
		{`{"from":"a","to":"b","FROM":"c"}`, "body", 400},
		{`{"from":"a","to":"b","ſrom":1,"srom":2}`, "body", 400},
		{`{"from":"a","to":"b","lag_days":9223372036854775808}`, "body.lag_days", 422},
		{`{"from":"a","to":"b","lag_days":-1}`, "body.lag_days", 422},
		{`{"from":"a","to":"b","lag_days":1.5}`, "body.lag_days", 422},
		{`{"from":"a","to":"b","weight":1e400}`, "body", 400},
		{`{"from":"a","to":"b","weight":1e308}`, "body.weight", 422},
		{`{"from":"a\u0000","to":"b"}`, "body", 400},
		{"{\"from\":\"a\xc3\x28\",\"to\":\"b\"}", "body", 400},
		{`{"from":{"a":{"b":{}}},"to":"b"}`, "body.from", 422},
		{`{"from":null,"to":"b"}`, "body.from", 422},
		{`{"to":"b"}`, "body.from", 422},
		{`{"from":` + strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9001), "body", 400},
		{`{"from":[` + strings.Repeat(`0,`, 200_000) + `0]}`, "body", 400},
	} {
		out := p.call(t, o, p.all, request{body: c.body})
		p.refuses(t, o, out, c.status)
		faults, _ := out.object()["errors"].([]any)
		if len(faults) == 0 || faults[0].(object)["location"] != c.at || faults[0].(object)["detail"] == "" {
			t.Errorf("%.80s: %.300s, want a fault at %s", c.body, out.raw, c.at)
		}
		if len(out.raw) > 20_000 {
			t.Errorf("%.80s: an answer of %d bytes", c.body, len(out.raw))
		}
	}
	// Text that stays text.
	text := "\"'<script>\u202e🚲 ' OR 1=1; DROP TABLE member;-- %_\\"
	made := p.call(t, ops["create-person"], p.all, request{body: object{"name": text}})
	if made.status != 201 || made.text("name") != text {
		t.Errorf("%d %s", made.status, made.raw)
	}
	if out := p.do(t, "GET", api.Prefix+"/openapi.json", http.Header{}, nil); out.status != 200 || out.header.Get("Content-Type") != "application/openapi+json" {
		t.Errorf("the specification: %d %v", out.status, out.header)
	}
}
