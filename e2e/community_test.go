package e2e

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/entente/entente/internal/web/webtest"
)

// communityViews are pairs of everything that may differ: theme, language and width.
var communityViews = []webtest.View{
	{Theme: "light", Lang: "en", Width: 1280, Height: 900}, {Theme: "light", Lang: "fr", Width: 390, Height: 844},
	{Theme: "dark", Lang: "en", Width: 390, Height: 844}, {Theme: "dark", Lang: "fr", Width: 1280, Height: 900},
}

// TestBrowserCommunity looks at the pages of a community as visitors and as its owner.
func TestBrowserCommunity(t *testing.T) {
	t.Parallel()
	browser(t)
	s := demo(t)
	one := func(query string) string {
		t.Helper()
		rows := s.place.rows(t, query)
		if len(rows) == 0 {
			t.Fatalf("%s finds nothing in the demo", query)
		}
		return rows[0]
	}
	sillage := one("SELECT id FROM community WHERE slug = 'sillage'")
	longest := "SELECT t.id FROM community_thread t JOIN community_space s ON s.id = t.space WHERE s.community = '" + sillage + "' AND s.access = 'open' AND t.kind = '%s' ORDER BY t.replies DESC, t.id LIMIT 1"
	question, talk := one(fmt.Sprintf(longest, "question")), one(fmt.Sprintf(longest, "discussion"))
	open := map[string]string{
		"home": "/c/sillage", "all": "/c/sillage/all", "spaces": "/c/sillage/spaces", "space": "/c/sillage/questions", "question": "/c/sillage/t/" + question,
		"discussion": "/c/sillage/t/" + talk, "ask": "/c/sillage/ask", "sign-up": "/c/sillage/sign-up", "sign-in": "/c/sillage/sign-in",
	}
	t.Run("visitor", func(t *testing.T) {
		window(t, s.URL).Walk(t, "community", communityViews, open, nil)
	})
	t.Run("search", func(t *testing.T) {
		const line, arrived = `main .forum-list li`, `document.readyState === "complete" && `
		w := window(t, s.URL)
		w.As("light", "fr")
		w.Size(390, 844)
		w.Open("/c/sillage")
		w.tabTo(`a[href$="/search"], input[name="q"]`) // found by whoever goes on with the keyboard
		w.Open("/c/sillage/search")
		w.Type(`main input[name="q"]`, "baterie\r") // a letter less
		w.Until(arrived + `location.search.includes("q=baterie") && document.querySelector("` + line + ` mark")`)
		if n := webtest.Eval[int](w.Window, `[...document.querySelectorAll("`+line+` mark")].filter(m => !/^batter/i.test(m.textContent)).length`); n > 0 {
			t.Errorf("%d words are marked that nobody looked for", n)
		}
		w.Look("search")
		counted := webtest.Eval[int](w.Window, `Number(document.querySelector(".search-facets a:not([aria-current]) .muted").textContent)`)
		w.Click(`.search-facets a:not([aria-current])`)
		w.Until(arrived + `document.querySelector('.search-facets a[aria-current="true"]')`)
		if shown := webtest.Eval[int](w.Window, `document.querySelectorAll("`+line+`").length`); shown != min(counted, 20) {
			t.Errorf("%d are shown where %d were promised", shown, counted)
		}
		title := webtest.Eval[string](w.Window, `document.querySelector("`+line+` h3 a").textContent.trim()`)
		w.Click(line + " h3 a")
		w.Until(arrived + `location.pathname !== "/c/sillage/search" && document.querySelector("h1")`)
		if head := webtest.Eval[string](w.Window, `document.querySelector("h1").textContent`); !strings.Contains(head, title) {
			t.Errorf("%q leads to %q", title, head)
		}
	})
	t.Run("owner", func(t *testing.T) {
		w := window(t, s.URL)
		w.signIn("owner", "light", "en")
		w.Walk(t, "community", communityViews[1:3], map[string]string{
			"overview": "/communities", "settings": "/communities/" + sillage + "/settings", "one": "/communities/" + sillage, "members": "/communities/" + sillage + "/members",
			"new-space": "/communities/" + sillage + "/spaces/new", "asked": "/c/sillage/t/" + question, "talked": "/c/sillage/t/" + talk, "asking": "/c/sillage/ask",
			"starting": "/c/sillage/ask?kind=discussion",
		}, nil)
	})
}

// enter signs somebody in at a community, and leads to a path of it.
func (w *tab) enter(email, to string) {
	w.Open("/c/sillage/sign-in?to=" + to)
	w.Type(`input[name="email"]`, email)
	w.Type(`input[name="password"]`, demoPassword+"\r")
	w.Until(`location.pathname + location.search === ` + webtest.Quote(to) + ` && document.readyState === "complete"`)
}

// tabTo presses Tab until the focus is on what a selector finds.
func (w *tab) tabTo(css string) {
	for range 150 {
		w.Keys("\t")
		if webtest.Eval[bool](w.Window, `document.activeElement.matches(`+webtest.Quote(css)+`)`) {
			return
		}
	}
	w.Fatalf("Tab never leads to %s", css)
}

const askButton = `form[action$="/ask"] .cluster button.btn-primary`

// TestBrowserAsks: a question is asked, answered and solved with the keyboard alone; and asked without script by somebody who signs in after
// writing it.
func TestBrowserAsks(t *testing.T) {
	t.Parallel()
	browser(t)
	s := demoed(t).serve(t)
	arrived := `(location.pathname.includes("/t/") && document.readyState === "complete")`
	t.Run("the keyboard alone", func(t *testing.T) {
		asker, other := window(t, s.URL), window(t, s.URL)
		asker.enter("odile.marchand@post.example", "/c/sillage/ask")
		asker.As("light", "fr")
		asker.tabTo(`input[name="title"]`)
		asker.Keys("Zyxwalder on a quofnel bracket?")
		asker.tabTo(`form[action$="/ask"] textarea[name="body"]`)
		asker.Keys("It does not fit. **Why?**")
		for range 2 { // once more where similar questions were shown
			asker.tabTo(askButton)
			asker.Keys("\r")
			asker.Until(arrived + ` || document.querySelector("input[name=looked]")`)
			if webtest.Eval[bool](asker.Window, `location.pathname.includes("/t/")`) {
				break
			}
		}
		asker.Until(arrived + ` && document.querySelector("h1").textContent.includes("Zyxwalder")`)
		thread := webtest.Eval[string](asker.Window, `location.pathname`)
		other.enter("gwen.fairley@post.example", thread)
		other.As("light", "fr")
		other.tabTo(`.forum-answer textarea[name="body"]`)
		other.Keys("Turn it over.")
		// What is not sent yet stays in this browser, for this member, until it is seen to be there.
		begun := `document.querySelector(".forum-answer textarea[name=body]").value`
		other.Open("/c/sillage")
		other.Open(thread)
		other.Until(begun + ` === "Turn it over."`)
		asker.Open(thread)
		if words := webtest.Eval[string](asker.Window, begun); words != "" {
			t.Errorf("another member's form begins with %q", words)
		}
		other.tabTo(`.forum-answer textarea[name="body"]`)
		other.tabTo(`.forum-answer form button.btn-primary`)
		other.Keys("\r")
		other.Until(arrived + ` && document.querySelector(".forum-replies").textContent.includes("Turn it over.") && ` + begun + ` === "" && !Object.keys(localStorage).some(k => k.startsWith("entente.draft.c."))`)
		// So do words that are changed of what is there, and the others come again when the form is put back.
		other.Click(`.forum-replies a[href$="/edit"]`)
		other.Until(`location.pathname.endsWith("/edit") && document.readyState === "complete"`)
		change := webtest.Eval[string](other.Window, `location.pathname`)
		changed := `document.querySelector("textarea[name=body]").value`
		other.tabTo(`textarea[name="body"]`)
		other.Keys(" Gently.")
		other.Until(changed + `.includes("Gently.")`)
		other.Open("/c/sillage")
		other.Open(change)
		other.Until(changed + `.includes("Gently.") && !document.querySelector("[data-draft-told]").hidden`)
		other.Click(`[data-draft-told] button`)
		other.Until(changed + ` === "Turn it over."`)
		other.tabTo(`textarea[name="body"]`)
		other.Keys(" Slowly.")
		other.Click(`form[action$="/edit"] .cluster button.btn-primary`)
		other.Until(arrived + ` && document.querySelector(".forum-replies").textContent.includes("Slowly.") && !Object.keys(localStorage).some(k => k.startsWith("entente.draft.c."))`)
		asker.Open(thread)
		asker.tabTo(`form[action$="/pick"] button`)
		asker.Keys("\r")
		asker.Until(arrived + ` && document.querySelector(".forum-accepted")`)
		other.Look("solved")
		asker.Look("asked")
	})
	// What is far too long comes back with its form, for who is signed in and who is not: with what else was written, and the beginning of the words.
	t.Run("ten megabytes", func(t *testing.T) {
		for _, email := range []string{"", "gwen.fairley@post.example"} {
			c := newClient(t, s.URL)
			c.lang("fr")
			if email != "" {
				c.signIn(email, demoPassword)
			}
			for _, path := range []string{"/c/sillage/ask", "/c/sillage/ideas"} {
				var body bytes.Buffer
				form := multipart.NewWriter(&body)
				for _, f := range [][2]string{{"kind", "question"}, {"title", "Combien pèse un vromdel entier ?"}, {"tags", "pesage"}, {"body", "Il commence ainsi. " + strings.Repeat("Il dit x. ", 1<<20)}, {"token", "lourd" + email}} {
					if err := form.WriteField(f[0], f[1]); err != nil {
						t.Fatal(err)
					}
				}
				if err := form.Close(); err != nil {
					t.Fatal(err)
				}
				a, err := c.try(http.MethodPost, path, &body, "Content-Type", form.FormDataContentType())
				if err != nil {
					t.Fatal(err)
				}
				if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Combien pèse un vromdel entier") || !strings.Contains(a.body, "Il commence ainsi.") || !strings.Contains(a.body, "pesage") || !strings.Contains(refusals(a.body), "40000") || len(a.body) > 1<<20 {
					t.Errorf("%s by %q: %d, %d bytes, %q", path, email, a.status, len(a.body), refusals(a.body))
				}
			}
			thread := s.place.rows(t, "SELECT t.id FROM community_thread t JOIN community_space s ON s.id = t.space JOIN community c ON c.id = s.community WHERE c.slug = 'sillage' AND s.access = 'open' AND t.kind = 'question' AND t.replies > 0 AND t.locked = 0 ORDER BY t.id LIMIT 1")[0]
			for _, form := range regexp.MustCompile(`<form[^>]*/reply"[^>]*>`).FindAllString(c.get("/c/sillage/t/"+thread).body, -1) {
				if !strings.Contains(form, "multipart/form-data") { // what is too long in another would not come back
					t.Errorf("by %q: %s", email, form)
				}
			}
		}
	})
	as := func(email, lang string) *client {
		c := newClient(t, s.URL)
		c.lang(lang)
		if email != "" {
			c.signIn(email, demoPassword)
			c.lang(lang)
		}
		return c
	}
	t.Run("an article and a profile are flagged", func(t *testing.T) {
		member, owner, visitor := as("gwen.fairley@post.example", "en"), as(demoMembers["owner"], "en"), as("", "en")
		eyes := window(t, s.URL)
		eyes.signIn("owner", "dark", "fr")
		eyes.Size(390, 844)
		article := s.place.rows(t, "SELECT a.id FROM community_article a JOIN community_space s ON s.id = a.space JOIN community c ON c.id = s.community WHERE c.slug = 'sillage' AND s.access = 'open' AND a.approved > 0 ORDER BY a.id LIMIT 1")[0]
		odile := as("odile.marchand@post.example", "fr")
		if a := odile.post("/c/sillage/people/me", "name", "Odile Marchand", "about", "Achetez mes montres"); a.status != http.StatusSeeOther {
			t.Fatalf("describe: %d %s", a.status, refusals(a.body))
		}
		handle := s.place.rows(t, "SELECT v.handle FROM community_voice v JOIN community c ON c.channel = v.channel WHERE c.slug = 'sillage' AND v.author = 'mailto:odile.marchand@post.example'")[0]
		for what, path := range map[string]string{"article": "/c/sillage/articles/" + article, "profile": "/c/sillage/people/" + handle} {
			long := path
			if what == "article" { // its address has its words in it
				long = member.get(path).to()
			}
			if page := member.page(long); !strings.Contains(page, path+"/flag") {
				t.Errorf("%s has no link to flag it", path)
			}
			if page := member.page(path + "/flag"); !strings.Contains(page, "Flag a") || what == "profile" && !strings.Contains(page, "Achetez mes montres") {
				t.Errorf("the form to flag %s lacks its words", path)
			}
			if a := member.post(path+"/flag", "reason", "other"); a.status != http.StatusUnprocessableEntity {
				t.Errorf("flag %s without words: %d", path, a.status)
			}
			if a := member.post(path+"/flag", "reason", "spam"); a.status != http.StatusSeeOther || !strings.HasPrefix(a.to(), path) {
				t.Errorf("flag %s: %d to %s", path, a.status, a.to())
			}
			id := s.place.rows(t, "SELECT id FROM community_case WHERE what = $1 AND state = 'open'", what)[0]
			if page := owner.page("/moderation/" + id); !strings.Contains(page, "The "+what) || !strings.Contains(page, path) {
				t.Errorf("the case of the %s does not lead to it", what)
			}
			eyes.Open("/moderation/" + id)
			eyes.Look("community-case-" + what)
			if a := member.get("/moderation/" + id); a.status != http.StatusNotFound {
				t.Errorf("a member reads a case: %d", a.status)
			}
			if a := owner.post("/moderation/"+id, "decision", "hidden", "reason", "spam"); a.status != http.StatusSeeOther {
				t.Errorf("decide on %s: %d %s", what, a.status, refusals(a.body))
			}
			if a := visitor.get(path); what == "article" && a.status != http.StatusNotFound && a.status != http.StatusSeeOther || strings.Contains(a.body, "montres") {
				t.Errorf("a visitor reads %s: %d", path, a.status)
			}
		}
		if page := odile.page("/c/sillage/mine"); !strings.Contains(page, "Achetez mes montres") || !strings.Contains(page, "/appeal") {
			t.Error("who was flagged does not find what was decided")
		}
	})
	t.Run("rules of recognition", func(t *testing.T) {
		owner, social := as(demoMembers["owner"], "en"), as(demoMembers["social"], "en")
		if a := social.get("/communities/recognition"); a.status != http.StatusForbidden {
			t.Errorf("the social team is answered %d", a.status)
		}
		values := []string{"accepted", "12", "useful", "2", "thanked", "3", "helped", "2", "realised", "17", "day", "45", "pair", "20", "returned", "8", "mutual", "4", "level1", "15", "level2", "60", "level3", "180", "level4", "450"}
		bad := slices.Clone(values)
		bad[11] = "5" // points a day, fewer than one answer gives
		if a := owner.post("/communities/recognition", bad...); a.status != http.StatusUnprocessableEntity || !strings.Contains(refusals(a.body), "Enter a number from") {
			t.Errorf("out of bounds: %d %s", a.status, refusals(a.body))
		}
		if a := owner.post("/communities/recognition", values...); a.status != http.StatusSeeOther {
			t.Fatalf("change the rules: %d %s", a.status, refusals(a.body))
		}
		if page := owner.page("/communities/recognition"); !strings.Contains(page, "Your answer is accepted: 15 → 12 · Your idea is done: 20 → 17") {
			t.Error("the history does not say what was changed")
		}
		values = append(values, "badge-idea_done-kind", "realised", "badge-idea_done-times", "2", "badge-idea_done-people", "1", "badge-idea_done-on", "on", "badge-idea_done-name-en", "Dreamer", "badge-idea_done-name-fr", "Idée réalisée",
			"badge-thanked-kind", "thanked", "badge-thanked-times", "10", "badge-thanked-people", "6", "badge-thanked-name-en", "Much thanked", "badge-thanked-name-fr", "Souvent remercié")
		if a := owner.post("/communities/recognition", values...); a.status != http.StatusSeeOther {
			t.Fatalf("change badges: %d %s", a.status, refusals(a.body))
		}
		if page := owner.page("/communities/recognition"); !strings.Contains(page, "Much thanked: Much thanked, thanked 10 times · from 6 people → not given · Idea done: Idea done, 1 idea done → Dreamer, 2 ideas done") {
			t.Error("the history does not say what was changed of badges")
		}
		if page := as("", "en").page("/c/sillage/recognition"); !strings.Contains(page, "Dreamer") || strings.Contains(page, "Much thanked") || !strings.Contains(page, "Good guide") {
			t.Error("visitors are not shown the badges that are given")
		}
		eyes := window(t, s.URL)
		eyes.signIn("owner", "dark", "fr")
		eyes.Size(390, 844)
		eyes.Open("/communities/recognition")
		eyes.Look("community-recognition-rules")
		if page := as("", "fr").page("/c/sillage/recognition"); !strings.Contains(page, "Idée réalisée") {
			t.Error("a badge has lost its name in French")
		}
		if page := as("", "en").page("/c/sillage/recognition"); !strings.Contains(page, "+12") || !strings.Contains(page, "In force since") {
			t.Error("visitors are not shown the rules in force")
		}
	})
	// A thread that is asked to be closed as another, merged or moved where it cannot be stays open before who asked, with what they said.
	t.Run("no such original", func(t *testing.T) {
		thread := s.place.rows(t, "SELECT t.id FROM community_thread t JOIN community_space s ON s.id = t.space JOIN community c ON c.id = s.community WHERE c.slug = 'sillage' AND s.access = 'open' AND t.kind = 'question' AND t.duplicate_of = '' AND t.deleted_at IS NULL ORDER BY t.id LIMIT 1")[0]
		owner := as(demoMembers["owner"], "fr")
		for state, says := range map[string]string{"closed": "Indiquez l’adresse d’un autre fil ouvert", "merged": "Indiquez l’adresse d’un autre fil ouvert", "moved": "Le fil ne peut pas y aller"} {
			a := owner.post("/c/sillage/t/"+thread+"/turn", "state", state, "to", "vromdel")
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(refusals(a.body), says) || state != "moved" && !strings.Contains(a.body, `value="vromdel"`) {
				t.Errorf("%s to nowhere: %d %q", state, a.status, refusals(a.body))
			}
		}
		eyes := window(t, s.URL)
		eyes.signIn("owner", "dark", "fr")
		eyes.Size(390, 844)
		eyes.Open("/c/sillage/t/" + thread)
		eyes.Click(".forum-moderation summary")
		eyes.Type("#f-original", "vromdel\r")
		eyes.Until(`location.pathname.endsWith("/turn") && document.readyState === "complete" && document.activeElement.id === "f-original"`)
		eyes.Look("community-no-such-original")
	})
	t.Run("without script, signed in after", func(t *testing.T) {
		w := window(t, s.URL)
		w.As("light", "fr")
		w.withoutScript()
		w.Open("/c/sillage/ask")
		w.Type(`input[name="title"]`, "Où ranger un vromdel ?")
		w.Type(`textarea[name="body"]`, "Il est trop grand.")
		ask := func(until string) {
			for range 2 {
				w.Click(askButton)
				w.Until(`document.readyState === "complete" && (` + until + ` || document.querySelector("input[name=looked]"))`)
				if webtest.Eval[bool](w.Window, until) {
					break
				}
			}
			w.Until(until)
		}
		ask(`location.pathname.endsWith("/sign-in")`)
		w.Type(`input[name="email"]`, "paulo.sardinha@post.example")
		w.Type(`input[name="password"]`, demoPassword+"\r")
		w.Until(`location.pathname === "/c/sillage/ask" && document.readyState === "complete" && document.querySelector("input[name=title]").value === "Où ranger un vromdel ?" &&
			document.querySelector("textarea[name=body]").value === "Il est trop grand."`)
		ask(`location.pathname.includes("/t/")`)
		w.Until(arrived + ` && document.querySelector("h1").textContent.includes("vromdel")`)
		w.Type(`.forum-answer textarea[name="body"]`, "Derrière la porte.")
		w.Click(`.forum-answer form button.btn-primary`)
		w.Until(arrived + ` && document.querySelector(".forum-replies")?.textContent.includes("Derrière la porte.")`)
	})
}
