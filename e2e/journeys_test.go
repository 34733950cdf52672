package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/web/webtest"
)

const (
	odile = "odile.marchand@post.example"
	gwen  = "gwen.fairley@post.example"
	paulo = "paulo.sardinha@post.example"
)

// whole is a page that has come.
const whole = `document.readyState === "complete"`

// submit clicks a button and waits for what the page it leads to has; the window is marked, so that it is not the page before.
func (w *tab) submit(button, until string) {
	webtest.Eval[int](w.Window, `(window.before = 1, 0)`)
	w.press(button)
	w.Until(`!window.before && ` + whole + ` && (` + until + `)`)
}

// press clicks a button that may stand in a folded part.
func (w *tab) press(button string) {
	webtest.Eval[int](w.Window, fmt.Sprintf(`(() => { const b = document.querySelector(%s); if (!b) throw new Error("no " + %[1]s + " on " + location.href); for (let d = b; d = d.parentElement;) if (d.localName === "details") d.open = true; b.scrollIntoView({block: "center"}); return 0 })()`, webtest.Quote(button)))
	w.Click(button)
}

// enters signs somebody in at the community, in English.
func enters(t *testing.T, s *server, email, to string) *tab {
	t.Helper()
	w := window(t, s.URL)
	w.enter(email, "/c/sillage/notices")
	w.As("light", "en")
	w.Open(to)
	return w
}

// TestBrowserJourneys: what people do in a community, as they do it.
func TestBrowserJourneys(t *testing.T) {
	t.Parallel()
	browser(t)
	p := demoed(t)
	office := newPostOffice(t, rand.New(rand.NewPCG(1, 3)))
	mails := []string{"ENTENTE_SMTP=smtp://" + office.address, "ENTENTE_MAIL_FROM=notices@velo.example"}
	s := again(t, p, mails...)
	visitor := func(email string) *client {
		c := newClient(t, s.URL)
		c.signIn(email, demoPassword)
		c.lang("en")
		return c
	}
	claire, ines, gwens, paulos, odiles := as(t, s, "owner", "en"), as(t, s, "social", "en"), visitor(gwen), visitor(paulo), visitor(odile)
	put := func(t *testing.T, c *client, path string, pairs ...string) string {
		t.Helper()
		a := c.post(path, pairs...)
		if a.status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", path, a.status, shownText(a.body))
		}
		return strings.Split(a.to(), "#")[0]
	}
	// read follows a page to where it is now, and gives its address and what it says.
	read := func(c *client, path string) (string, string) {
		a := c.get(path)
		for range 3 {
			if a.status/100 != 3 {
				break
			}
			path = a.to()
			a = c.get(path)
		}
		return path, shownText(a.body)
	}
	idOf := func(path string) string {
		return regexp.MustCompile(`/(?:t|articles|challenges)/(\w+)`).FindStringSubmatch(path)[1]
	}
	begin := func(t *testing.T, c *client, title string, more ...string) string {
		return put(t, c, "/c/sillage/ask", append([]string{"kind", "discussion", "space", "discussions", "title", title, "body", "Zyxwalder is what it is about.", "token", title}, more...)...)
	}

	// Somebody flags a post, a moderator hides it without any script, its author appeals, another moderator gives in; then its author is
	// silenced, and says so no more.
	t.Run("moderation", func(t *testing.T) {
		thread := begin(t, odiles, "A discussion to be flagged")
		w := enters(t, s, gwen, "/c/sillage/p/"+idOf(thread)+"/flag")
		w.Click(`input[name=reason][value=rude]`)
		w.Type(`textarea[name=words]`, "That is not kind.")
		w.submit(`form[action$="/flag"] button.btn-primary`, `location.pathname.includes("/t/")`)
		one := p.rows(t, "SELECT id FROM community_case WHERE post = $1", idOf(thread))[0]
		m := window(t, s.URL)
		m.withoutScript()
		m.As("light", "en")
		m.Open("/sign-in?to=/moderation")
		m.Type("#f-email", demoMembers["owner"])
		m.Type("#f-password", demoPassword+"\r")
		m.Until(`location.pathname === "/moderation" && document.querySelector("a[href='/moderation/` + one + `']")`)
		m.Click(`a[href='/moderation/` + one + `']`)
		m.Until(whole + ` && document.querySelector("button[value=hidden]") && document.querySelector("main").textContent.includes("That is not kind.")`)
		webtest.Eval[int](m.Window, `(document.querySelector("select[name=reason]").value = "rude", 0)`)
		m.Type(`form.stack textarea[name=words]`, "Please be kind.")
		m.Click(`button[value=hidden]`)
		m.Until(whole + ` && location.pathname === "/moderation" && !document.querySelector("a[href='/moderation/` + one + `']")`)
		if _, got := read(gwens, thread); strings.Contains(got, "Zyxwalder") {
			t.Error("what is hidden is shown")
		}
		a := enters(t, s, odile, "/c/sillage/mine")
		a.Until(`document.querySelector("main").textContent.includes("Please be kind.")`)
		webtest.Eval[int](a.Window, `(document.querySelector("form[action$='/appeal']").closest("details").open = true, 0)`)
		a.Type(`form[action$="/appeal"] textarea`, "I meant the bicycle.")
		a.Look("own")
		a.submit(`form[action$="/appeal"] button`, `!document.querySelector("form[action$='/appeal']")`)
		appeal := p.rows(t, "SELECT id FROM community_case WHERE kind = 'appeal' AND decided_at IS NULL ORDER BY at DESC")[0]
		if got := claire.page("/moderation/" + appeal); strings.Contains(got, `value="overturned"`) {
			t.Error("whoever decided may decide on the appeal")
		}
		put(t, ines, "/moderation/"+appeal, "decision", "overturned", "words", "You are right.")
		a.Open(thread)
		a.Until(`document.querySelector("main").textContent.includes("Zyxwalder")`)
		put(t, ines, "/moderation/"+one+"/sanction", "kind", "silence", "days", "7", "reason", "rude", "words", "Take a break.")
		odiles.post("/c/sillage/p/"+idOf(thread)+"/reply", "body", "Still here.", "token", "silenced")
		if _, got := read(gwens, thread); !strings.Contains(got, "Zyxwalder") || strings.Contains(got, "Still here.") {
			t.Error("somebody silenced speaks")
		}
		a.Open("/c/sillage/mine")
		a.Until(`document.querySelector("main").textContent.includes("Take a break.")`)
		sanction := p.rows(t, "SELECT id FROM community_sanction ORDER BY at DESC")[0]
		put(t, claire, "/communities/"+p.rows(t, "SELECT id FROM community WHERE slug = 'sillage'")[0]+"/moderation/"+sanction+"/end")
	})

	// An answer is counted at the bell, read, and told by mail; one click of the mail program ends mails, settings bring them back.
	t.Run("notices", func(t *testing.T) {
		thread := begin(t, gwens, "A discussion to hear of")
		w := enters(t, s, gwen, "/c/sillage/notices")
		put(t, paulos, "/c/sillage/p/"+idOf(thread)+"/reply", "body", "Vromdel, says Paulo.", "token", "hear")
		waitFor(t, "the notice", func() bool {
			return p.count(t, "SELECT COUNT(*) FROM community_notice WHERE thread = $1", idOf(thread)) == 1
		})
		bell := `a[href$="/notices"] .count, a.btn[href$="/notices"] [aria-hidden] *`
		w.Open("/c/sillage/notices")
		w.Until(`document.querySelector(` + webtest.Quote(bell) + `)`)
		notice := p.rows(t, "SELECT id FROM community_notice WHERE thread = $1", idOf(thread))[0]
		w.Look("notices")
		w.submit(`a[href$="/notices/`+notice+`"]`, `location.pathname.includes("/t/") && document.querySelector("main").textContent.includes("Vromdel")`)
		if n := p.count(t, "SELECT COUNT(*) FROM community_notice WHERE thread = $1 AND read_at IS NULL", idOf(thread)); n != 0 {
			t.Errorf("%d notices are still new", n)
		}
		put(t, paulos, "/c/sillage/p/"+idOf(thread)+"/reply", "body", "Quofnel, says Paulo.", "token", "hear more")
		var words string
		waitFor(t, "the mail to be queued", func() bool {
			return p.count(t, "SELECT COUNT(*) FROM community_mail m JOIN community_notice n ON n.mail = m.id WHERE n.thread = $1 AND n.read_at IS NULL", idOf(thread)) == 1
		})
		p.sql(t, "UPDATE community_mail SET due_at = 1 WHERE state = 'queued'") // the minute to take it back has passed
		begin(t, paulos, "So that it looks for what is due")
		waitFor(t, "the mail", func() bool {
			office.mu.Lock()
			defer office.mu.Unlock()
			for _, words = range office.words {
				if strings.Contains(words, "Quofnel") {
					return true
				}
			}
			return false
		})
		stop := regexp.MustCompile(`List-Unsubscribe:\s+<([^>]+)>`).FindStringSubmatch(words)
		if stop == nil || !strings.Contains(words, "List-Unsubscribe-Post: List-Unsubscribe=One-Click") {
			t.Fatalf("the mail cannot be ended with one click:\n%.800s", words)
		}
		path := regexp.MustCompile(`/c/.*`).FindString(stop[1])
		r, err := http.Post(s.URL+path, "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click")) // as mail programs do: no cookie, no origin
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Fatalf("one click: %d", r.StatusCode)
		}
		w.Open("/c/sillage/notices/settings")
		w.Until(`document.querySelector("input[name=mail]") && !document.querySelector("input[name=mail]").checked`)
		w.Click(`input[name=mail]`)
		w.Click(`input[name=level][value=none]`)
		w.submit(`form[action$="/notices/settings"] button.btn-primary`, `location.pathname.includes("/notices")`)
		w.Open("/c/sillage/notices/settings")
		w.Until(`document.querySelector("input[name=mail]").checked && document.querySelector("input[name=level][value=none]").checked`)
	})

	// An idea is proposed with the keyboard alone, has votes of others, and takes in another with its votes.
	t.Run("ideas", func(t *testing.T) {
		w := enters(t, s, gwen, "/c/sillage/ideas/new?space=idees")
		w.tabTo(`input[name="title"]`)
		w.Keys("A zyxwalder on every quofnel")
		w.tabTo(`form[action$="/ideas"] textarea[name="body"]`)
		w.Keys("It would hold better.")
		for range 2 { // once more where similar ideas were shown
			w.tabTo(`form[action$="/ideas"] .cluster button.btn-primary, form[action$="/ideas"] button.btn-primary`)
			w.Keys("\r")
			w.Until(`(location.pathname.includes("/t/") && ` + whole + `) || document.querySelector("input[name=looked]")?.value`)
			if webtest.Eval[bool](w.Window, `location.pathname.includes("/t/")`) {
				break
			}
		}
		w.Until(`location.pathname.includes("/t/") && document.querySelector("h1").textContent.includes("zyxwalder")`)
		idea := webtest.Eval[string](w.Window, `location.pathname`)
		other := put(t, paulos, "/c/sillage/ideas", "space", "idees", "title", "Let each vromdel have its hook", "body", "So that it hangs.", "token", "hook", "looked", "Let each vromdel have its hook")
		put(t, odiles, "/c/sillage/t/"+idOf(other)+"/support", "want", "yes")
		v := enters(t, s, paulo, idea)
		v.submit(`form[action$="/support"] button`, `document.querySelector("form[action$='/support'] input[value=no]")`)
		m := enters(t, s, demoMembers["owner"], other)
		webtest.Eval[int](m.Window, `(document.querySelector("#f-merge").closest("details").open = true, 0)`)
		m.Type(`#f-merge`, s.URL+idea)
		m.submit(`form[action$="/join"] button`, `document.querySelector("h1")`)
		if n := p.count(t, "SELECT COUNT(DISTINCT voter) FROM community_idea_vote WHERE idea = $1", idOf(idea)); n < 2 {
			t.Errorf("%d votes after merging, want those of both", n)
		}
		if to, got := read(gwens, other); !strings.Contains(got, "says the same as another") || !strings.Contains(gwens.page(to), "/t/"+idOf(idea)) {
			t.Errorf("what was merged does not lead on: %s", got)
		}
	})

	// A draft goes into review and is approved by somebody else; then visitors read it and say that it helped.
	t.Run("articles", func(t *testing.T) {
		w := enters(t, s, demoMembers["volunteer"], "/c/sillage/articles/new")
		w.Type(`input[name=title]`, "How a vromdel is oiled")
		w.Type(`form[action$="/articles"] textarea[name=body]`, "With **quofnel**, twice a year.")
		w.submit(`form[action$="/articles"] button.btn-primary`, `location.pathname.includes("/articles/") && document.querySelector("button[name=state][value=review]")`)
		article := webtest.Eval[string](w.Window, `location.pathname`)
		if _, got := read(gwens, article); strings.Contains(got, "quofnel") {
			t.Error("visitors read a draft")
		}
		w.submit(`button[name=state][value=review]`, `!document.querySelector("button[name=state][value=review]")`)
		m := enters(t, s, demoMembers["owner"], article)
		m.submit(`button[name=state][value=approved]`, `!document.querySelector("button[name=state][value=approved]")`)
		v := enters(t, s, paulo, article)
		v.Look("article")
		v.submit(`form[action$="/helped"] button`, `document.querySelector("main").textContent.includes("quofnel")`)
		if n := p.count(t, "SELECT COUNT(*) FROM community_help WHERE article = $1", idOf(article)); n != 1 {
			t.Errorf("%d said that it helped", n)
		}
	})

	// A poll is answered; a reply of the same discussion becomes one of its own.
	t.Run("polls and splitting", func(t *testing.T) {
		thread := begin(t, claire, "Which quofnel shall we take?", "choices", "The blue one\nThe green one")
		w := enters(t, s, gwen, thread)
		w.Click(`input[name=choice][value="1"]`)
		w.submit(`form[action$="/poll"] button`, `document.querySelector("form[action$='/poll'] button[value=back], form[action$='/poll'] input[name=choice][value='1']:checked") || document.querySelector("main").textContent.includes("100")`)
		if got := p.rows(t, "SELECT COUNT(*) FROM community_poll_ballot WHERE post = $1", idOf(thread))[0]; got != "1" {
			t.Errorf("%s ballots", got)
		}
		put(t, paulos, "/c/sillage/p/"+idOf(thread)+"/reply", "body", "My vromdel is another matter.", "token", "split")
		reply := p.rows(t, "SELECT id FROM community_post WHERE thread = $1 AND id <> $1", idOf(thread))[0]
		m := enters(t, s, demoMembers["owner"], "/c/sillage/t/"+idOf(thread)+"/split")
		m.Type(`input[name=title]`, "Vromdels are another matter")
		m.Click(`#f-post-` + reply)
		m.submit(`form.forum-form button.btn-primary`, `document.querySelector("h1").textContent.includes("Vromdels")`)
		if _, got := read(gwens, thread); !strings.Contains(got, "Which quofnel") || strings.Contains(got, "My vromdel is another") {
			t.Error("what was split off is still there")
		}
	})

	// One seat: the second waits, has the seat when the first gives it up, and a calendar knows of it.
	t.Run("events", func(t *testing.T) {
		day := time.Now().AddDate(0, 0, 20).Format(time.DateOnly)
		paris, err := time.LoadLocation("Europe/Paris")
		if err != nil {
			t.Fatal(err)
		}
		begins, err := time.ParseInLocation("2006-01-02T15:04", day+"T10:00", paris)
		if err != nil {
			t.Fatal(err)
		}
		event := put(t, claire, "/c/sillage/events", "space", "rendez-vous", "title", "A ride to the quofnel", "body", "Slowly.", "token", "ride", "starts", day+"T10:00", "ends", day+"T12:00",
			"zone", "Europe/Paris", "place", "At the bridge", "seats", "1")
		w := enters(t, s, gwen, event)
		seat, leave := `form[action$='/seat'] input[value=yes]`, `form[action$='/seat'] input[value=no]`
		w.submit(`form[action$="/seat"] button`, `document.querySelector("`+leave+`")`)
		v := enters(t, s, paulo, event)
		v.submit(`form[action$="/seat"] button`, `document.querySelector("`+leave+`")`)
		if got := strings.Join(p.rows(t, "SELECT state, COUNT(*) FROM community_event_seat WHERE event = $1 GROUP BY state ORDER BY state", idOf(event)), " "); got != "in|1 waiting|1" {
			t.Errorf("seats: %s", got)
		}
		v.Look("event")
		w.submit(`form[action$="/seat"] button`, `document.querySelector("`+seat+`")`)
		v.Open(event)
		v.Until(`document.querySelector("main").textContent.includes("1 / 1") || document.querySelector("` + leave + `")`)
		if n := p.count(t, "SELECT COUNT(*) FROM community_event_seat WHERE event = $1 AND state = 'in'", idOf(event)); n != 1 {
			t.Errorf("%d have the seat", n)
		}
		// One that repeats: enrolled on all dates by one click, one of them left again.
		again := put(t, claire, "/c/sillage/events", "space", "rendez-vous", "title", "A ride to the vromdel, weekly", "body", "Slowly.", "token", "rides", "starts", day+"T10:00", "ends", day+"T12:00",
			"zone", "Europe/Paris", "place", "At the bridge", "often", "week", "until", time.Now().AddDate(0, 0, 42).Format(time.DateOnly))
		w.Open(again)
		w.submit(`form:has(input[name=date][value=all]) button`, `!document.querySelector("input[name=date][value=all]")`)
		w.Open(again + "?date=2")
		w.submit(`form:has(input[name=want][value=no]) button`, `location.search === "?date=2" && document.querySelector("`+seat+`")`)
		w.Look("event-dates")
		if got := strings.Join(p.rows(t, "SELECT n, state FROM community_event_seat WHERE event = $1 ORDER BY n", idOf(again)), " "); got != "0|in 1|in 2|out 3|in" {
			t.Errorf("seats by date: %s", got)
		}
		c := enters(t, s, demoMembers["owner"], again+"?date=1")
		c.Open(strings.Replace(again, "/t/", "/p/", 1) + "/event?date=1")
		c.Look("event-change")
		ics := gwens.page("/c/sillage/t/" + idOf(event) + "/event.ics")
		for _, want := range []string{"BEGIN:VCALENDAR", "SUMMARY:A ride to the quofnel", "LOCATION:At the bridge", "DTSTART:" + begins.UTC().Format("20060102T150405Z")} {
			if !strings.Contains(ics, want) {
				t.Errorf("the calendar lacks %q:\n%s", want, ics)
			}
		}
	})

	// A challenge with a jury: an idea answers it, a juror gives marks with a reason, and all see the mean.
	t.Run("jury", func(t *testing.T) {
		begin(t, ines, "So that a juror is known here")
		juror := p.rows(t, "SELECT v.handle FROM community_voice v JOIN community c ON c.channel = v.channel WHERE c.slug = 'sillage' AND v.author = $1",
			p.rows(t, "SELECT author FROM community_post ORDER BY at DESC LIMIT 1")[0])[0]
		board := p.rows(t, "SELECT s.id FROM community_space s JOIN community c ON c.id = s.community WHERE c.slug = 'sillage' AND s.slug = 'idees'")[0]
		day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
		call := put(t, claire, "/c/sillage/challenges", "space", board, "title", "The best zyxwalder of the year", "body", "Show us.", "starts", day(-1), "ends", day(10), "until", day(20),
			"criteria", "Useful\nSimple x 2", "jury", "@"+juror, "token", "challenge")
		idea := put(t, paulos, "/c/sillage/ideas", "space", "idees", "title", "A zyxwalder that sings at noon", "body", "So that all hear it.", "token", "sings", "looked", "A zyxwalder that sings at noon", "challenge", idOf(call))
		w := enters(t, s, demoMembers["social"], call)
		form := `form[action$="/score"] `
		w.Type(form+`input[name=s0]`, "5")
		w.Type(form+`input[name=s1]`, "4")
		w.Type(form+`textarea[name=words]`, "Quofnel sings along.")
		w.submit(form+`button`, `document.querySelector("main").textContent.includes("Quofnel sings along.")`)
		w.Look("challenge")
		if n := p.count(t, "SELECT COUNT(*) FROM community_challenge_score WHERE idea = $1", idOf(idea)); n != 1 {
			t.Errorf("%d scores", n)
		}
		c := enters(t, s, demoMembers["owner"], call+"/change")
		c.Look("challenge-change")
		c.Type(`input[name=title]`, " and the next")
		c.submit(`form[action$="/change"] button.btn-primary`, `location.pathname === `+webtest.Quote(call)+` && document.querySelector("h1").textContent.includes("and the next")`)
	})

	// The worker of web push, run by the browser: a message that was pushed is shown as a notification, with its words.
	t.Run("push", func(t *testing.T) {
		w := enters(t, s, odile, "/c/sillage/notices/settings")
		got := w.Pushed("/c/sillage/push.js", `{"title": "Gwen answered you", "body": "<b>Zyxwalder</b>", "tag": "x", "lang": "en", "url": "/c/sillage/notices"}`)
		if strings.Join(got, ", ") != "Gwen answered you | <b>Zyxwalder</b> | /c/sillage/notices" {
			t.Errorf("the browser shows %q", got)
		}
	})

	// What a customer asks is asked of a colleague without saying whose it is, and comes back with credit to both; what was brought from elsewhere is asked for.
	t.Run("asked inside", func(t *testing.T) {
		thread := put(t, gwens, "/c/sillage/ask", "kind", "discussion", "space", "discussions", "title", "Does the quibble fit?", "body", "I am Gwen Fairley. Does the quibble fit a tandem?", "token", "quibble")
		w := window(t, s.URL)
		w.signIn("social", "light", "en")
		page := "/c/sillage/p/" + idOf(thread) + "/inside"
		w.Open(page)
		said := webtest.Eval[string](w.Window, `document.querySelector("textarea[name=body]").value`)
		if strings.Contains(said, "Fairley") || !strings.Contains(said, "quibble") {
			t.Errorf("inside is asked %q", said)
		}
		owner := p.rows(t, "SELECT id FROM member WHERE role = 'owner'")[0]
		bridge := put(t, ines, page, "to", "member:"+owner, "title", "Does the quibble fit?", "body", said, "token", "inside")
		if text := shownText(claire.page(bridge)); strings.Contains(text, "Fairley") {
			t.Errorf("the colleague reads whose it is: %s", text)
		}
		put(t, claire, bridge+"/answer", "body", "It fits every tandem.")
		w.Open(bridge)
		w.submit(`form[action$="/bring"] button.btn-primary`, `!document.querySelector("form[action$='/bring']")`)
		if _, text := read(gwens, thread); !strings.Contains(text, "It fits every tandem.") || !strings.Contains(text, "Claire Vannier") || strings.Contains(text, bridge) {
			t.Errorf("outside stands: %s", text)
		}
		sillage := p.rows(t, "SELECT id FROM community WHERE slug = 'sillage'")[0]
		p.sql(t, "INSERT INTO community_claim (id, community, author, member, words, state, at) SELECT 'claimed', $1, 'https://old.example/users/7', id, 'The word is quokka.', 'asked', 1 FROM member WHERE email = $2", sillage, odile)
		w.Walk(t, "inside", []webtest.View{webtest.Narrow}, map[string]string{"asking": page, "bridge": bridge, "claims": "/communities/" + sillage + "/claims"}, nil)
	})
}
