package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"maps"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/entente/entente/internal/org"
)

// wall is a closed place of a community with something said in it: nobody but who is in it may come upon the words.
type wall struct {
	community, space string   // slugs
	named            string   // a word of its name, "" for a name that everybody may know
	told             string   // a word of what was said there
	knows, reads     []string // visitors
	// ids
	communityID, spaceID, thread, answer, file string
	event, idea, call, article                 string // of who reads there; "" where the place holds none
}

// sought stands in everything that was said behind the walls, for looking for it.
const sought = "quincaillerie"

// visitors are those who walk along the walls, by who they are: an address of the demo, or "" for nobody.
func visitors() map[string]string {
	out := map[string]string{"nobody": "", "customer": "odile.marchand@post.example", "insider": "nadia.berthet@post.example", "partner": "paulo.sardinha@post.example", "silenced": "gwen.fairley@post.example"}
	maps.Copy(out, demoMembers)
	return out
}

// TestCommunityWalls: nobody comes upon a place of a community that they may not see, or what is said there: by no page, feed, count, list of
// similar questions, search, or REST, and nobody does anything there. The routes are those of the program: a new one is walked by itself.
func TestCommunityWalls(t *testing.T) {
	t.Parallel()
	routes := listed(t)
	s := demoed(t).serve(t)
	who := map[string]*client{}
	for name, email := range visitors() {
		c := newClient(t, s.URL)
		c.lang("en")
		if email != "" {
			c.signIn(email, demoPassword)
			c.lang("en")
		}
		who[name] = c
	}
	who["keeper"] = newClient(t, s.URL) // comes by an invitation, below
	staff := []string{"volunteer", "social", "strategist", "owner"}
	brief := []string{"strategist", "keeper", "partner", "silenced"} // who walk along the pages of communities alone: the others have tried the rest
	everybody := slices.Sorted(maps.Keys(who))
	in := []string{"insider", "owner"} // who makes a space is in it
	walls := []*wall{
		{community: "sillage", space: "cave", named: "Cavernicole", told: "amphigourique", knows: append(in, "social", "silenced", "partner"), reads: append(in, "silenced")}, // the partner is invited and has not come
		{community: "sillage", space: "cercle", named: "Cercleux", told: "billevesee", knows: everybody, reads: in},
		{community: "sillage", space: "guichet", named: "Guichetier", told: "coquecigrue", knows: everybody, reads: append(in, "social")},
		{community: "salon", space: "parloir", named: "Salonnard", told: "calembredaine", knows: append([]string{"insider", "partner"}, staff...), reads: append([]string{"insider"}, staff...)},
		{community: "equipe", space: "discussions", told: "turlutaine", reads: append([]string{"member"}, staff...)},
		{community: "clientele", space: "comptoir", named: "Clientard", told: "faribole", knows: append([]string{"insider", "customer"}, staff...), reads: append([]string{"insider", "customer"}, staff...)},
		{community: "confrerie", space: "cabinet", named: "Confrere", told: "galejade", knows: append(in, "volunteer", "social", "strategist"), reads: append(in, "volunteer", "social", "strategist")}, // for who is in the circle of another
	}
	paths := []string{"/c/sillage", "/c/sillage/all", "/c/sillage/spaces", "/c/sillage/feed.atom", "/c/sillage/feed.json", "/c/sillage/sitemap.xml", "/c/sillage/sitemap/threads-1.xml", "/c/sillage/search?q=" + sought, "/c/sillage/embed/ideas",
		"/c/sillage/events", "/c/sillage/events/calendar.ics", "/c/sillage/ideas", "/c/sillage/challenges", "/c/sillage/articles"}
	outside := func() map[string]string { // what somebody sees who may see nothing of it
		seen := map[string]string{}
		for _, path := range paths {
			seen[path] = unrefreshed(who["nobody"].page(path)) + unrefreshed(who["customer"].page(path))
		}
		return seen
	}

	// The places are made, and entered, before; what is said there is said between two looks from outside.
	owner, insider := who["owner"], who["insider"]
	done := func(c *client, path string, pairs ...string) string {
		t.Helper()
		a := c.post(path, pairs...)
		if a.status != http.StatusSeeOther {
			t.Fatalf("post %s: %d\n%s", path, a.status, refusals(a.body))
		}
		return a.to()
	}
	done(owner, "/govern/gate/open", "reason", "A test of walls.", "why", "A test of walls.")
	sillage := s.place.rows(t, "SELECT id FROM community WHERE slug = 'sillage'")[0]
	done(owner, "/communities/"+sillage+"/fediverse", "on", "1", "hold", "0")
	done(owner, "/communities", "slug", "salon", "name_en", "Salonnard", "lang", "en", "langs", "en", "audience", "invited", "sign_up", "closed")
	done(owner, "/communities", "slug", "clientele", "name_en", "Clientele", "lang", "en", "langs", "en", "audience", "kinds", "kinds", "customer", "sign_up", "approval")
	for name, kind := range map[string]string{"customer": "customer", "partner": "partner"} {
		uri := "mailto:" + visitors()[name]
		if s.place.count(t, "SELECT COUNT(*) FROM identity i JOIN person p ON p.id = i.person WHERE i.uri = $1", uri) == 0 {
			done(owner, "/people", "name", name, "uri", uri)
		}
		if s.place.sql(t, "UPDATE person SET kinds = $1 WHERE id = (SELECT person FROM identity WHERE uri = $2)", `["`+kind+`"]`, uri) != 1 {
			t.Fatalf("nobody has the address %s", uri)
		}
	}
	for _, w := range walls {
		if w.community == "confrerie" {
			done(owner, "/communities", "slug", "confrerie", "name_en", "Brothers", "lang", "en", "langs", "en", "audience", "group", "groups", walls[1].spaceID, "sign_up", "approval")
		}
		w.communityID = s.place.rows(t, "SELECT id FROM community WHERE slug = $1", w.community)[0]
		if w.named != "" {
			access := map[string]string{"cave": "hidden", "cercle": "invitation", "guichet": "request", "parloir": "open", "comptoir": "open", "cabinet": "open"}[w.space]
			done(owner, "/communities/"+w.communityID+"/spaces", "slug", w.space, "name_fr", w.named, "name_en", w.named, "about_en", "About "+w.named, "access", access, "holds", "question", "holds", "discussion", "holds", "event", "holds", "idea", "holds", "article")
		}
		w.spaceID = s.place.rows(t, "SELECT id FROM community_space WHERE community = $1 AND slug = $2", w.communityID, w.space)[0]
	}
	done(owner, "/communities/"+walls[3].communityID+"/members", "address", visitors()["insider"])
	done(insider, "/c/salon/join")
	done(owner, "/communities/"+walls[5].communityID+"/members", "address", visitors()["insider"])
	done(insider, "/c/clientele/join")
	for _, w := range walls[:3] {
		done(owner, "/c/sillage/spaces/"+w.space+"/members", "address", visitors()["insider"])
		done(insider, "/c/sillage/spaces/"+w.space+"/join")
	}
	// One is in a hidden group and silenced, one is invited and does not come, one looks after another space and came by a link.
	done(owner, "/c/sillage/spaces/cave/members", "address", visitors()["silenced"])
	done(who["silenced"], "/c/sillage/spaces/cave/join")
	s.place.sql(t, "INSERT INTO community_sanction (id, community, member, kind, reason, words, made_by, at) SELECT 'silence', $1, m.id, 'silence', 'spam', 'Quiet.', 'x', $2 FROM member m WHERE m.email = $3", sillage, time.Now().UnixMicro(), visitors()["silenced"])
	done(owner, "/c/sillage/spaces/cave/members", "address", visitors()["partner"])
	done(owner, "/communities/"+walls[3].communityID+"/members", "address", visitors()["partner"])
	const keeper = "garde@post.example"
	done(owner, "/communities/"+sillage+"/members", "address", keeper)
	link := regexp.MustCompile(`/c/sillage/invited/[a-z0-9]+`).FindString(owner.page("/communities/" + sillage + "/members"))
	if !strings.Contains(who["keeper"].page(link), keeper) {
		t.Fatalf("%q invites nobody", link)
	}
	done(who["keeper"], link, "name", "Garde Champêtre", "password", "Un vélo jaune 42")
	done(owner, "/communities/"+sillage+"/spaces", "slug", "remise", "name_fr", "Remise", "name_en", "Shed", "access", "invitation", "holds", "question")
	done(owner, "/c/sillage/spaces/remise/members", "address", keeper)
	done(who["keeper"], "/c/sillage/spaces/remise/join")
	done(owner, "/c/sillage/spaces/remise/members/"+s.place.rows(t, "SELECT id FROM member WHERE email = $1", keeper)[0]+"/moderator")
	before := outside()
	for _, w := range walls {
		c := insider
		if w.named == "" {
			c = who["member"]
		}
		title := sought + " " + w.told
		picture := upload(t, c, "/c/"+w.community+"/files", w.told)
		done(c, "/c/"+w.community+"/ask", "kind", "discussion", "space", w.space, "title", title, "body", "The "+sought+" is "+w.told+".\n\n"+picture, "tags", w.told, "looked", title, "token", w.told, "choices", "A "+w.told+"\nNone")
		w.thread = s.place.rows(t, "SELECT id FROM community_thread WHERE space = $1 ORDER BY at DESC LIMIT 1", w.spaceID)[0]
		done(c, "/c/"+w.community+"/p/"+w.thread+"/reply", "body", "Again "+w.told+".", "token", "r"+w.told)
		w.answer = s.place.rows(t, "SELECT id FROM community_post WHERE thread = $1 AND id <> thread", w.thread)[0]
		w.file = s.place.rows(t, "SELECT file FROM community_post_file WHERE post = $1", w.thread)[0]
		if a := c.get("/media/" + w.file); a.status != http.StatusOK {
			t.Fatalf("the picture in %s is not there for who is in it: %d", w.space, a.status)
		}
		if !strings.Contains(c.page("/c/"+w.community+"/t/"+w.thread+"/"+sought+"-"+w.told), w.told) {
			t.Fatalf("what was said in %s is not there for who is in it", w.space)
		}
		if w.named == "" || w.community == "clientele" || w.community == "confrerie" {
			continue
		}
		// What somebody says in a minute and in an hour is bounded: an owner announces, proposes, calls and explains, and is in all these places.
		in := "/c/" + w.community
		day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
		if w.community == "salon" {
			done(owner, "/c/salon/join")
		}
		done(owner, in+"/events", "space", w.space, "title", title, "body", "There is "+w.told+".", "token", "e"+w.told, "starts", day(7)+"T18:00", "ends", day(7)+"T19:00", "zone", "Europe/Paris", "place", w.told, "often", "week", "until", day(30))
		done(owner, in+"/ideas", "space", w.space, "title", title, "body", "More "+w.told+".", "token", "i"+w.told, "looked", title)
		juror := s.place.rows(t, "SELECT handle FROM community_voice v JOIN community c ON c.channel = v.channel WHERE c.slug = $1 AND v.author = $2", w.community, "mailto:"+visitors()["insider"])[0]
		done(owner, in+"/challenges", "space", w.spaceID, "title", title, "body", "Who has "+w.told+"?", "token", "c"+w.told, "starts", day(0), "ends", day(9), "until", day(19), "criteria", w.told, "jury", "@"+juror)
		w.event = s.place.rows(t, "SELECT id FROM community_thread WHERE space = $1 AND kind = 'event'", w.spaceID)[0]
		w.idea = s.place.rows(t, "SELECT id FROM community_thread WHERE space = $1 AND kind = 'idea'", w.spaceID)[0]
		w.call = s.place.rows(t, "SELECT id FROM community_challenge WHERE space = $1", w.spaceID)[0]
		done(owner, in+"/challenges/"+w.call+"/enter", "idea", "/t/"+w.idea)
		done(insider, in+"/challenges/"+w.call+"/score", "idea", w.idea, "s0", "5", "words", "So "+w.told+".")
		done(insider, in+"/t/"+w.event+"/seat", "want", "yes", "date", "all")
		w.article = strings.TrimPrefix(done(owner, in+"/articles", "space", w.space, "kind", "guide", "lang", "en", "title", title, "body", "How to "+w.told+".", "token", "a"+w.told, "months", "0"), in+"/articles/")
		s.place.sql(t, "UPDATE community_article SET approved = 1, state = 'approved' WHERE id = $1", w.article) // by somebody else who looks after it; the demo has no second one in all these places
		if !strings.Contains(insider.page(in+"/articles/"+w.article+"/"+sought+"-"+w.told), w.told) {
			t.Fatalf("the article in %s is not there for who is in it", w.space)
		}
	}
	insiders := s.place.rows(t, "SELECT handle FROM community_voice v JOIN community c ON c.channel = v.channel WHERE c.slug = 'sillage' AND v.author = $1", "mailto:"+visitors()["insider"])[0]
	after := outside()
	for path, was := range before {
		if now := after[path]; now != was {
			t.Errorf("%s shows from outside that something was said behind a wall:\n%s", path, differs(was, now))
		}
	}

	// found holds what somebody was given against what they may come upon.
	found := func(t *testing.T, name, path string, a answer) {
		t.Helper()
		text := strings.ToLower(a.body + "\n" + a.to())
		for _, w := range walls {
			// Whoever answers people reads what is said where everybody may ask to be let in, or in a community that staff see: in the inbox.
			inbox := w.space != "cave" && w.space != "cercle" && slices.Contains(staff, name) && !strings.HasPrefix(path, "/c/")
			if w.named != "" && !slices.Contains(w.knows, name) && !inbox && strings.Contains(text, strings.ToLower(w.named)) {
				t.Errorf("%s tells a %s that there is %s", path, name, w.named)
			}
			if !slices.Contains(w.reads, name) && !inbox && strings.Contains(text, w.told) {
				t.Errorf("%s tells a %s what was said in %s", path, name, w.space)
			}
		}
	}
	// into fills a route with a closed place.
	into := func(w *wall, path string) string {
		space := w.space
		if !strings.HasPrefix(path, "/c/") {
			space = w.spaceID
		}
		return placeholder.ReplaceAllStringFunc(path, func(p string) string {
			v, known := map[string]string{"{slug}": w.community, "{space}": space, "{thread}": w.thread, "{post}": w.answer, "{words}": "x", "{file}": "feed.atom",
				"{challenge}": w.call, "{article}": w.article, "{handle}": insiders, "{id}": w.communityID, "{part}": "threads-1.xml", "{$}": ""}[p]
			if !known {
				v = "none"
			}
			return v
		})
	}
	// What goes out as files is made by the owner, who is in all these places, and asked for by everybody: what is not theirs, and what is.
	exported := map[string][]string{} // files, by community
	for _, w := range walls {
		if exported[w.community] != nil {
			continue
		}
		for _, form := range []string{"jsonl", "stackexchange"} {
			order := []string{"form", form, "people", "on"}
			for _, other := range walls {
				if other.community == w.community {
					order = append(order, "group-"+other.spaceID, "on")
				}
			}
			exported[w.community] = append(exported[w.community], exportedBy(t, s, owner, w.communityID, order...))
		}
	}
	for _, w := range walls {
		for _, file := range exported[w.community] {
			if !strings.Contains(unzipped(t, owner.get(file)), w.told) {
				t.Fatalf("%s does not hold what was said in %s, which the owner reads", file, w.space)
			}
		}
	}
	if !strings.Contains(unzipped(t, insider.get("/c/sillage/me/export")), walls[0].told) {
		t.Fatal("the export of who is in it does not hold what they said in a hidden group")
	}
	threads := map[*wall]int{}
	for _, w := range walls {
		threads[w] = s.place.count(t, "SELECT COUNT(*) FROM community_thread WHERE space = $1", w.spaceID)
	}
	for name, c := range who {
		if name == "insider" || name == "owner" { // who is inside
			continue
		}
		t.Run("a "+name, func(t *testing.T) {
			role := roleOf(map[bool]string{true: name, false: "member"}[demoMembers[name] != ""])
			ask := *c
			ask.t = t
			c, tried := &ask, map[string]bool{}
			short := slices.Contains(brief, name)
			look := func(path string) {
				if tried[path] {
					return
				}
				tried[path] = true
				a := c.get(path)
				found(t, name, path, a)
				if a.status >= http.StatusInternalServerError {
					t.Errorf("%s: %d", path, a.status)
				}
			}
			for _, r := range routes {
				method, path, _ := strings.Cut(r.Pattern, " ")
				if method != http.MethodGet || path == "/live" || name == "nobody" && r.Permission != org.Public || !role.May(r.Permission) && r.Permission != org.Public {
					continue
				}
				if short && !strings.HasPrefix(path, "/c/{slug}") {
					continue
				}
				searches := strings.HasSuffix(path, "similar") || strings.HasSuffix(path, "ask") || strings.HasSuffix(path, "search") || slices.Contains([]string{"/inbox", "/mentions", "/people"}, path)
				for _, w := range walls {
					to := path
					if strings.Contains(path, "/media/{file}") {
						to = into(w, strings.ReplaceAll(path, "{file}", w.file))
						if a := c.get(to); a.status != http.StatusNotFound && !slices.Contains(w.reads, name) {
							t.Errorf("a %s who asks for the picture in %s is answered %d", name, w.space, a.status)
						}
						continue
					}
					if strings.HasPrefix(path, "/c/{slug}") || strings.HasPrefix(path, "/communities/{id}") {
						to = into(w, path)
					}
					if strings.Contains(to, "{") {
						break
					}
					look(to)
					for _, other := range []string{w.event, w.idea} {
						if other != "" && (w.space == "cave" || w.space == "parloir") && (strings.Contains(path, "{thread}") || strings.Contains(path, "{post}")) {
							look(into(w, strings.NewReplacer("{thread}", other, "{post}", other).Replace(path)))
						}
					}
					if r.Pattern == "GET /c/{slug}" || strings.Contains(path, "/t/{thread}") || strings.HasSuffix(path, "/p/{post}") {
						a, err := c.try(http.MethodGet, to, nil, "Accept", "application/activity+json")
						if err != nil {
							t.Fatal(err)
						}
						found(t, name, to+" for the fediverse", a)
					}
					if searches {
						look(to + "?q=" + sought + "&title=" + sought)
						look(to + "?q=" + w.told[:len(w.told)-1] + "x") // what may have been meant
						look(to + "?q=kind:post&lang=fr&days=7&tag=" + sought)
					}
					switch {
					case strings.HasSuffix(to, "/oembed"):
						look(to + "?url=" + url.QueryEscape(s.URL+"/c/"+w.community+"/t/"+w.thread))
					case strings.HasSuffix(path, "{thread}/card.png"):
						if a := c.get(to); a.status == http.StatusOK && !slices.Contains(w.reads, name) {
							t.Errorf("a %s who asks for the card of what was said in %s is given it", name, w.space)
						}
					}
				}
			}
			for _, w := range walls {
				if short {
					break
				}
				for _, file := range exported[w.community] {
					a := c.get(file)
					if found(t, name, file, a); a.status == http.StatusOK {
						t.Errorf("a %s is given the export of %s that the owner asked for", name, w.community)
					}
				}
				a := c.post("/communities/"+w.communityID+"/export", "form", "jsonl", "people", "on", "group-"+w.spaceID, "on")
				if found(t, name, "an export of "+w.community, a); a.status == http.StatusSeeOther && !strings.Contains(a.to(), "sign-in") {
					t.Errorf("a %s begins an export of %s", name, w.community)
				}
				for _, own := range []string{"/me/export", "/c/" + w.community + "/me/export"} {
					a := c.get(own)
					if a.header.Get("Content-Type") == "application/zip" {
						a.body = unzipped(t, a)
					} else if name != "nobody" && own == "/me/export" {
						t.Errorf("a %s is not given what is theirs: %d", name, a.status)
					}
					for _, w := range walls { // what they wrote themselves, where they write
						if !slices.Contains(w.reads, name) && strings.Contains(a.body, w.told) {
							t.Errorf("%s of a %s holds what was said in %s", own, name, w.space)
						}
					}
				}
			}
			if name == "silenced" {
				a := c.post("/c/sillage/ask", "kind", "discussion", "space", "cave", "title", "From who is silenced", "body", "Not silent.", "looked", "From who is silenced", "token", name)
				b := c.post("/c/sillage/p/"+walls[0].thread+"/reply", "body", "Not silent.", "token", name+"r")
				if n := s.place.count(t, "SELECT COUNT(*) FROM community_post WHERE markup LIKE '%Not silent%'"); n > 0 {
					t.Errorf("who is silenced speaks: %d %d", a.status, b.status)
				}
			}
			if !short {
				crawl(t, c, []string{"/c/sillage"}, 40, 3, func(path string, a answer, _ *html.Node) { found(t, name, path, a) })
			}
			if len(tried) < 40 {
				t.Errorf("only %d addresses were tried", len(tried))
			}
			// Who may not read what was said cannot do anything to it either.
			for _, w := range walls {
				if slices.Contains(w.reads, name) {
					continue
				}
				for _, r := range routes {
					method, path, _ := strings.Cut(r.Pattern, " ")
					if method != http.MethodPost || !strings.HasPrefix(path, "/c/{slug}") || !strings.Contains(path, "{thread}") && !strings.Contains(path, "{post}") && !strings.Contains(path, "{challenge}") && !strings.Contains(path, "{article}") {
						continue
					}
					for _, post := range []string{w.thread, w.answer, w.event, w.idea} {
						if post == "" || strings.Contains(path, "{challenge}") && w.call == "" || post == w.answer && !strings.Contains(path, "{post}") || post != w.thread && (strings.Contains(path, "{challenge}") || strings.Contains(path, "{article}")) || strings.Contains(path, "{article}") && w.article == "" {
							continue
						}
						to := into(w, strings.NewReplacer("{post}", post, "{thread}", post).Replace(path))
						a := c.post(to, "value", "1", "body", "From outside.", "title", "From outside", "space", "questions", "to", "", "state", "locked", "do", "pinned", "want", "yes", "idea", w.idea, "words", "From outside.", "s0", "1", "token", name+post)
						found(t, name, to, a)
						if a.status != http.StatusNotFound && a.status != http.StatusUnauthorized && a.status != http.StatusForbidden {
							t.Errorf("post %s as a %s: %d to %q, want a refusal", to, name, a.status, a.to())
						}
					}
				}
				if _, seen := before["/c/"+w.community]; !seen {
					continue
				}
				a := c.post("/c/"+w.community+"/ask", "kind", "discussion", "space", w.space, "title", "From outside", "body", "From outside.", "looked", "From outside", "token", name+w.space)
				found(t, name, "/c/"+w.community+"/ask", a)
				if strings.Contains(a.to(), "/t/") {
					t.Errorf("what a %s writes for %s lands in %s", name, w.space, a.to())
				}
				if n := s.place.count(t, "SELECT COUNT(*) FROM community_thread WHERE space = $1", w.spaceID); n != threads[w] {
					t.Errorf("a %s begins something in %s", name, w.space)
				}
				if a := c.get("/c/" + w.community + "/mentions?q=&space=" + w.space); !slices.Contains(w.knows, name) && a.status == http.StatusOK {
					t.Errorf("a %s is told who is in %s: %s", name, w.space, a.body)
				}
			}
			if name == "nobody" || short {
				return
			}
			// REST, with all that somebody may give to a token.
			var scopes []string
			for _, p := range role.Permissions() {
				scopes = append(scopes, "scopes", string(p))
			}
			made := c.post("/me/tokens", append([]string{"name", "walls", "days", "1"}, scopes...)...)
			body := made.body
			if made.status == http.StatusSeeOther {
				body = c.page(strings.SplitN(made.to(), "#", 2)[0])
			}
			token := regexp.MustCompile(`ent_[A-Za-z0-9_-]{20,}`).FindString(body)
			if token == "" {
				t.Fatalf("no token: %d\n%.3000s", made.status, body)
			}
			operations := 0
			for _, path := range restPaths(t, s) {
				to := []string{path}
				if strings.Contains(path, "{") {
					if to = nil; !strings.Contains(path, "/communities/{id}") {
						continue
					}
					for _, w := range walls {
						to = append(to, into(w, path))
					}
				}
				for _, path := range to {
					a, err := c.try(http.MethodGet, "/api/v1"+path, nil, "Authorization", "Bearer "+token)
					if err != nil {
						t.Fatal(err)
					}
					if a.status == http.StatusOK {
						operations++
					}
					found(t, name, "/api/v1"+path, a)
				}
			}
			if operations == 0 && slices.Contains(staff, name) {
				t.Error("no operation answered")
			}
		})
	}
	// Who does not read what was said there is told of it neither behind the bell nor by mail: letters are made of notices.
	for _, w := range walls {
		if w.named == "" { // a community of colleagues, of whom some are no visitors here
			continue
		}
		for _, email := range s.place.rows(t, "SELECT DISTINCT m.email FROM community_notice n JOIN member m ON m.id = n.member JOIN community_thread t ON t.id = n.thread WHERE t.space = $1", w.spaceID) {
			if !slices.ContainsFunc(w.reads, func(name string) bool { return visitors()[name] == email }) {
				t.Errorf("%s is told of what was said in %s", email, w.space)
			}
		}
	}
	// Who goes out of a group exports it no more, and what they had exported is not given out again.
	left := walls[:2]
	for _, w := range left {
		done(owner, "/c/sillage/spaces/"+w.space+"/leave")
	}
	for _, file := range exported["sillage"] {
		if a := owner.get(file); a.status != http.StatusNotFound {
			t.Errorf("%s is given out after its owner left a group that it holds: %d", file, a.status)
		}
	}
	for _, form := range []string{"jsonl", "stackexchange"} {
		file := exportedBy(t, s, owner, walls[0].communityID, "form", form, "group-"+walls[0].spaceID, "on", "group-"+walls[1].spaceID, "on", "group-"+walls[0].space, "on")
		holds := unzipped(t, owner.get(file))
		for _, w := range left {
			if strings.Contains(holds, w.told) {
				t.Errorf("an export as %s by who left %s holds what was said there", form, w.space)
			}
		}
	}
	for _, w := range walls {
		if n := s.place.count(t, "SELECT (SELECT COUNT(*) FROM community_event_seat s JOIN community_thread t ON t.id = s.event WHERE t.space = $1 AND s.person <> $2) + (SELECT COUNT(*) FROM community_challenge_score g JOIN community_challenge h ON h.id = g.challenge WHERE h.space = $1 AND g.juror <> $2)", w.spaceID, "mailto:"+visitors()["insider"]); n > 0 {
			t.Errorf("%d seats were taken or scores given in %s from outside", n, w.space)
		}
		if n := s.place.count(t, "SELECT COUNT(*) FROM community_post p JOIN community_thread t ON t.id = p.thread WHERE t.space = $1 AND p.markup LIKE '%From outside%'", w.spaceID); n > 0 {
			t.Errorf("%d things were said in %s from outside", n, w.space)
		}
	}
	// What goes by mail is written when it goes, as its reader may see it then: everybody who has an account is noted as told of everything behind the walls, and wants a summary.
	for _, w := range left { // its owner went out
		w.reads = slices.DeleteFunc(slices.Clone(w.reads), func(name string) bool { return name == "owner" })
		w.knows = slices.DeleteFunc(slices.Clone(w.knows), func(name string) bool { return name == "owner" && w.space == "cave" })
	}
	s.stop()
	lettersAlong(t, s.place, walls)
}

// lettersAlong sends everybody letters and summaries of what was said behind the walls, and reads them.
func lettersAlong(t *testing.T, p place, walls []*wall) {
	t.Helper()
	office := newPostOffice(t, rand.New(rand.NewPCG(1, 2)))
	whose := visitors()
	whose["keeper"] = "garde@post.example"
	delete(whose, "nobody")
	p.sql(t, "UPDATE organisation SET url = 'https://velo.example'")
	p.sql(t, "DELETE FROM community_read")
	p.sql(t, "DELETE FROM community_mail")
	now, n := time.Now().UnixMicro(), 0
	for _, email := range whose {
		member := p.rows(t, "SELECT id FROM member WHERE email = $1", email)[0]
		for _, w := range walls {
			for _, place := range []string{"community:" + w.communityID, "space:" + w.spaceID} {
				p.sql(t, "INSERT INTO community_level (member, place, level, at) VALUES ($1, $2, 'all', 1) ON CONFLICT (member, place) DO UPDATE SET level = 'all'", member, place)
			}
			p.sql(t, "INSERT INTO community_wish (member, community, mail, digest, digest_at) VALUES ($1, $2, 1, 'daily', $3) ON CONFLICT (member, community) DO UPDATE SET mail = 1, digest = 'daily', digest_at = $3", member, w.communityID, now)
			for kind, post := range map[string]string{"begun": w.thread, "followed": w.answer, "mention": w.event, "idea_judged": w.idea} {
				if post == "" {
					continue
				}
				n++
				letter := fmt.Sprintf("%020d", n)
				p.sql(t, "INSERT INTO community_mail (id, member, community, kind, for_at, state, due_at, created_at) VALUES ($1, $2, $3, 'notice', $4, 'queued', 1, $4)", letter, member, w.communityID, now)
				p.sql(t, "INSERT INTO community_notice (id, member, community, kind, thread, post, subject, mail, at) SELECT $1, $2, $3, $4, p.thread, p.id, 'walls', $1, $5 FROM community_post p WHERE p.id = $6", letter, member, w.communityID, kind, now, post)
			}
		}
	}
	again(t, p, "ENTENTE_SMTP=smtp://"+office.address, "ENTENTE_MAIL_FROM=notices@velo.example")
	waitFor(t, "letters and summaries to be sent", func() bool {
		return p.count(t, "SELECT COUNT(*) FROM community_mail WHERE state IN ('queued', 'sending') AND due_at <= $1", time.Now().UnixMicro()) == 0 &&
			p.count(t, "SELECT COUNT(*) FROM community_wish WHERE digest <> 'none' AND digest_at <= $1", now) == 0
	}, func() string {
		return fmt.Sprint(p.rows(t, "SELECT kind, state, COUNT(*) FROM community_mail GROUP BY kind, state"))
	})
	office.mu.Lock()
	defer office.mu.Unlock()
	told, summaries := 0, 0
	for id, raw := range office.words {
		head, err := mail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		to, err := mail.ParseAddress(head.Header.Get("To"))
		if err != nil {
			t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(head.Header.Get("Subject"))
		if err != nil {
			t.Fatal(err)
		}
		words, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(raw)))
		if err != nil {
			t.Logf("%s: %v", id, err)
		}
		text := strings.ToLower(subject + "\n" + string(words))
		name := ""
		for who, email := range whose {
			if email == to.Address {
				name = who
			}
		}
		for _, w := range walls {
			switch has := strings.Contains(text, w.told); {
			case has && !slices.Contains(w.reads, name):
				t.Errorf("a letter tells a %s what was said in %s: %s", name, w.space, subject)
			case has && p.count(t, "SELECT COUNT(*) FROM community_mail WHERE id = $1 AND kind = 'digest'", strings.Split(id, "@")[0]) == 1:
				summaries++
			case has:
				told++
			case w.named != "" && !slices.Contains(w.knows, name) && strings.Contains(text, strings.ToLower(w.named)):
				t.Errorf("a letter tells a %s that there is %s: %s", name, w.named, subject)
			}
		}
	}
	if told < len(walls) || summaries == 0 {
		t.Errorf("of %d letters %d tell what was said behind walls to who reads there, and %d summaries", len(office.words), told, summaries)
	}
}

// exportedBy asks for an export, waits until it is made, and gives the address of its file.
func exportedBy(t *testing.T, s *server, c *client, community string, order ...string) string {
	t.Helper()
	known := s.place.rows(t, "SELECT id FROM community_export")
	if a := c.post("/communities/"+community+"/export", order...); a.status != http.StatusSeeOther {
		t.Fatalf("ask for an export: %d\n%s", a.status, refusals(a.body))
	}
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(50 * time.Millisecond) {
		for _, id := range s.place.rows(t, "SELECT id FROM community_export WHERE state IN ('done', 'failed')") {
			if !slices.Contains(known, id) {
				return "/communities/" + community + "/export/" + id + "/file"
			}
		}
	}
	t.Fatal("no export was made")
	return ""
}

// unzipped is all that the files of an archive say, one after the other.
func unzipped(t *testing.T, a answer) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(a.body), int64(len(a.body)))
	if err != nil {
		t.Fatalf("no archive: %d %v\n%.500s", a.status, err, a.body)
	}
	var out strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err == nil {
			fmt.Fprintln(&out, f.Name)
			_, err = io.Copy(&out, r)
			r.Close()
		}
		if err != nil {
			t.Fatalf("read %s: %v", f.Name, err)
		}
	}
	return out.String()
}

// upload brings a picture, and gives the Markdown that shows it.
func upload(t *testing.T, c *client, path, name string) string {
	t.Helper()
	dot := image.NewRGBA(image.Rect(0, 0, 2+len(name), 2)) // of a size of its own: equal files may be kept once
	var raw, body bytes.Buffer
	if err := png.Encode(&raw, dot); err != nil {
		t.Fatal(err)
	}
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("files", name+".png")
	if err == nil {
		_, err = part.Write(raw.Bytes())
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.try(http.MethodPost, path, &body, "Content-Type", form.FormDataContentType())
	if err != nil {
		t.Fatal(err)
	}
	if a.status != http.StatusOK || a.body == "" {
		t.Fatalf("bring a picture to %s: %d %s", path, a.status, a.body)
	}
	return a.body
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// unrefreshed is a page without what is of this answer alone.
var unrefreshed = func() func(string) string {
	own := regexp.MustCompile(`nonce="[^"]*"|nonce-[\w+/=-]+|<time[^>]*>[^<]*</time>|<updated>[^<]*</updated>|name="token" value="[^"]*"`)
	return func(body string) string { return own.ReplaceAllString(body, "") }
}()

// differs is where two texts begin to differ.
func differs(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	cut := func(s string) string { return s[max(0, min(n-80, len(s))):min(len(s), n+200)] }
	return fmt.Sprintf("was …%s…\nis  …%s…", cut(a), cut(b))
}

// restPaths are the paths that REST answers to a GET.
func restPaths(t *testing.T, s *server) []string {
	t.Helper()
	var spec struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal([]byte(s.place.must(t, "openapi").out), &spec); err != nil {
		t.Fatal(err)
	}
	var out []string
	for path, operations := range spec.Paths {
		if _, read := operations["get"]; read {
			out = append(out, path)
		}
	}
	if len(out) < 20 {
		t.Fatalf("only %d paths are in the specification", len(out))
	}
	slices.Sort(out)
	return out
}

// refusals is what a page says of a form that it sends back.
func refusals(body string) string {
	page, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	var out []string
	for e := range elements(page) {
		if strings.Contains(attr(e, "class"), "error") || attr(e, "role") == "alert" {
			out = append(out, content(e))
		}
	}
	return strings.Join(out, "\n")
}
