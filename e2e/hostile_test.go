package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/entente/entente/internal/web/webtest"
)

// hostile are texts that would run script, break the page or mislead its reader where they were taken for more than text. One a line; ran() is
// what they want to call.
const hostile = `<script>ran()</script>
<SCRIPT>ran()</SCRIPT >
<script src=//evil.example/x.js></script>
<script src=data:text/javascript,ran()></script>
<script/x>ran()</script>
<scr<script>ipt>ran()</scr</script>ipt>
<script type=module>ran()</script>
<script nonce>ran()</script>
<noscript><p title="</noscript><img src=x onerror=ran()>">
</script><script>ran()</script>
--></script><script>ran()</script>
<!--><script>ran()</script>-->
<![CDATA[<script>ran()</script>]]>
<img src=x onerror=ran()>
<img src=x onerror="ran()"//
<img src="x" onerror='ran()'>
<img/src=x/onerror=ran()>
<img src=x:x onerror=ran()
<IMG SRC=x OnErRoR=ran()>
<img src=x onerror=&#114;&#97;&#110;&#40;&#41;>
<img srcset=x onerror=ran()>
<img src=javascript:ran()>
<image src=x onerror=ran()>
<img src=x onload=ran() style=display:block>
"><img src=x onerror=ran()>
'><img src=x onerror=ran()>
" onmouseover="ran()
' onmouseover='ran()
" autofocus onfocus="ran()
' autofocus onfocus='ran()' x='
" style="animation-name:x" onanimationstart="ran()
"/><svg/onload=ran()>
></textarea><script>ran()</script>
</title><script>ran()</script>
</style><script>ran()</script>
</option></select><img src=x onerror=ran()>
</p></div></main><script>ran()</script>
</main></body></html><img src=x onerror=ran()>
<body onload=ran()>
<body onpageshow=ran()>
<html onmousemove=ran()>
<input autofocus onfocus=ran()>
<select autofocus onfocus=ran()>
<textarea autofocus onfocus=ran()>
<button onclick=ran()>x</button>
<details open ontoggle=ran()>
<marquee onstart=ran()>x</marquee>
<video src=x onerror=ran()></video>
<video><source onerror=ran()></video>
<audio src=x onerror=ran()></audio>
<p onpointerenter=ran()>x</p>
<b onclick=ran() tabindex=1>x</b>
<div contenteditable onbeforeinput=ran()>x</div>
<dialog open onclose=ran()><form method=dialog><button>x</button></form></dialog>
<x oncontentvisibilityautostatechange=ran() style=content-visibility:auto>
<xss id=x tabindex=1 onfocus=ran()></xss>
<div popover id=p onbeforetoggle=ran()>x</div><button popovertarget=p>x</button>
<svg onload=ran()>
<svg><script>ran()</script></svg>
<svg><script href=data:,ran()></script></svg>
<svg><animate onbegin=ran() attributeName=x dur=1s>
<svg><set attributeName=href to=javascript:ran()>
<svg><a xlink:href=javascript:ran()><text y=20>x</text></a></svg>
<svg><use href="data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg><image href=x onerror=ran() /></svg>#x">
<svg><foreignObject><img src=x onerror=ran()></foreignObject></svg>
<svg><style><img src=x onerror=ran()></style></svg>
<svg></p><style><a id="</style><img src=x onerror=ran()>">
<math><mtext><table><mglyph><style><img src=x onerror=ran()>
<math href=javascript:ran()>x</math>
<math><a xlink:href=javascript:ran()>x</a></math>
<math><annotation-xml encoding=text/html><img src=x onerror=ran()></annotation-xml></math>
<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=ran()>
<a href=javascript:ran()>x</a>
<a href=" javascript:ran()">x</a>
<a href="java&#9;script:ran()">x</a>
<a href="&#106;avascript:ran()">x</a>
<a href=JaVaScRiPt:ran()>x</a>
<a href=data:text/html,<script>ran()</script>>x</a>
<a href=vbscript:ran()>x</a>
<area href=javascript:ran()>
<form action=javascript:ran()><button>x</button></form>
<form><button formaction=javascript:ran()>x</button></form>
<input type=image src=x onerror=ran()>
<isindex action=javascript:ran() type=submit>
<iframe src=javascript:ran()></iframe>
<iframe srcdoc="<script>parent.ran()</script>"></iframe>
<frameset onload=ran()>
<object data=javascript:ran()></object>
<object data=data:text/html;base64,PHNjcmlwdD5wYXJlbnQucmFuKCk8L3NjcmlwdD4=></object>
<embed src=javascript:ran()>
<base href=javascript:/a/-ran()//>
<meta http-equiv=refresh content="0;url=javascript:ran()">
<meta http-equiv=Content-Security-Policy content="script-src *">
<link rel=stylesheet href=data:text/css,main{display:none}>
<link rel=import href=//evil.example/>
<style>main{display:none}</style>
<style>@import 'javascript:ran()';</style>
<p style="background:url(javascript:ran())">x</p>
<p style="position:fixed;inset:0;z-index:99999">x</p>
<p style="width:expression(ran())">x</p>
<template><script>ran()</script></template>
<template shadowrootmode=open><img src=x onerror=ran()></template>
<entente-live topics=x onclick=ran()>
<p hx-get=/sign-out hx-trigger=load hx-on::load=ran()>x</p>
<p data-hx-on:click=ran() data-hx-trigger=load data-hx-get=/>x</p>
[x](javascript:ran())
[x](<javascript:ran()>)
[x](java%0ascript:ran())
[x](JavaScript&colon;ran())
[x](data:text/html;base64,PHNjcmlwdD5yYW4oKTwvc2NyaXB0Pg==)
[x](vbscript:ran)
[x](//evil.example/" onclick="ran() "y")
[x](https://a.example/"onmouseover="ran())
![x](javascript:ran())
![x](x"onerror="ran())
![x" onerror="ran()](x)
![x](data:image/svg+xml,<svg/onload=ran()>)
[x]: javascript:ran()
[x][y] [y]: javascript:ran() "z"
<javascript:ran()>
<https://a.example/"onclick=ran()//>
**<img src=x onerror=ran()>**
> <script>ran()</script>
- <svg onload=ran()>
| <img src=x onerror=ran()> | x |
` + "`<img src=x onerror=ran()>`" + `
` + "``` \"><script>ran()</script>" + `
{{constructor.constructor('ran()')()}}
${ran()} #{ran()} <%= ran() %> {%x%}
{{{ran()}}} [[${ran()}]] @{ran()}
javascript:ran()//
javascript:/*--></title></style></textarea></script><svg/onload='+/"/+/onmouseover=1/+/[*/[]/+ran()//'>
';ran();// ";ran();// \";ran();//
\u003cscript\u003eran()\u003c/script\u003e
%3Cscript%3Eran()%3C/script%3E
&lt;script&gt;ran()&lt;/script&gt;
+ADw-script+AD4-ran()+ADw-/script+AD4-
＜script＞ran()＜/script＞
<ſcript>ran()</ſcript>
<img src=x onerror=ran()>
@import url(javascript:ran());
]]>*/--></style><img src=x onerror=ran()>
‮gnp.exe is a picture‬ and ⁦this⁩ is not
аdmin раypаl.com gооgle.com
https://xn--80ak6aa92e.com/ аpple.com
z͑ͫ̓ͪ̂a̴̵̶l̷̸g̹̺o̻̼ z͓͔͕a͖͙l͚͜g͝͞o
` + "a\u200bd\u2060m\ufeffi\u00adn\U000e0041 \u2028 \u2029 x"

// temper touches all that people filled in as a reader would, and lists what should not be on a page.
const temper = `(() => {
	const odd = [], main = document.querySelector("main"), same = (u) => new URL(u, location.href).origin === location.origin;
	if (!main || document.querySelectorAll("main").length !== 1 || document.querySelectorAll("h1").length !== 1 ) odd.push("the page is not whole");
	if (main && getComputedStyle(main).display === "none") odd.push("the page is hidden");
	for (const e of document.querySelectorAll("base, object, embed, iframe, frame, math, marquee, main style, main link, body meta, template[shadowrootmode], svg script, svg foreignObject, main [popover] [popover]")) odd.push(e.outerHTML);
	for (const e of document.querySelectorAll("script")) if (e.src ? !same(e.src) : e.type !== "application/ld+json" && !e.nonce) odd.push(e.outerHTML);
	for (const e of document.querySelectorAll("*")) for (const a of e.attributes) {
		if (a.name.startsWith("on") || a.name === "style" || a.name.includes("hx-on")) odd.push(e.outerHTML);
		if (/^(href|src|action|formaction|data|xlink:href|srcset|poster)$/.test(a.name) && /^[\s\x00-\x20]*(javascript|vbscript|data)\s*:/i.test(a.value) && !(e.localName === "link")) odd.push(e.outerHTML);
	}
	for (const f of document.forms) if (!same(f.getAttribute("action") || location.href)) odd.push(f.outerHTML);
	for (const i of document.images) if (!same(i.src)) odd.push(i.outerHTML);
	for (const e of document.querySelectorAll("main *")) for (const type of ["pointerenter", "mouseover", "focus", "load", "error", "toggle", "animationstart", "beforeinput"]) e.dispatchEvent(new Event(type));
	for (const t of [document.title, document.querySelector("h1")?.textContent ?? ""]) if (/[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff]/.test(t)) odd.push("characters that are not seen stand in " + t);
	return odd.map((o) => o.slice(0, 300)).join("\n");
})()`

// parts packs lines into texts of at most so many characters.
func parts(lines []string, most int) []string {
	out := []string{""}
	for _, l := range lines {
		if n := len([]rune(out[len(out)-1])); n > 0 && n+1+len([]rune(l)) > most {
			out = append(out, "")
		}
		out[len(out)-1] = strings.TrimPrefix(out[len(out)-1]+" "+l, " ")
	}
	return out
}

// shownText is the main part of a page without its marks, for messages.
func shownText(page string) string {
	return regexp.MustCompile(`\s+`).ReplaceAllString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(regexp.MustCompile(`(?s)<main.*</main>`).FindString(page), " "), " ")
}

// TestBrowserHostile: whatever people fill fields with, no script runs, the policy has nothing to forbid, and pages stay whole.
func TestBrowserHostile(t *testing.T) {
	t.Parallel()
	browser(t)
	lines := strings.Split(hostile, "\n")
	if len(lines) < 100 {
		t.Fatalf("only %d texts", len(lines))
	}
	s := demoed(t).serve(t)
	body := strings.Join(lines, "\n\n") + "\n"
	var team []*client
	for _, role := range []string{"owner", "strategist", "social", "volunteer", "member"} {
		team = append(team, as(t, s, role, "en"))
	}
	var visitors []*client
	for _, email := range []string{"odile.marchand@post.example", "gwen.fairley@post.example", "paulo.sardinha@post.example"} {
		c := newClient(t, s.URL)
		c.signIn(email, demoPassword)
		c.lang("en")
		visitors = append(visitors, c)
	}
	team = append(team, visitors...)
	owner, turn := team[0], 0
	var pages []string
	// put sends a form as one after the other of the team, and keeps where it led to.
	put := func(c *client, path string, pairs ...string) string {
		t.Helper()
		a := c.post(path, pairs...)
		if a.status != http.StatusSeeOther {
			t.Fatalf("%s: %d\n%s", path, a.status, shownText(a.body))
		}
		return strings.Split(a.to(), "#")[0]
	}
	// any is put by whoever may and has not said too much in this minute.
	any := func(path string, pairs ...string) string {
		t.Helper()
		said := ""
		for range team {
			turn++
			a := team[turn%len(team)].post(path, pairs...)
			if a.status == http.StatusSeeOther {
				return strings.Split(a.to(), "#")[0]
			}
			said = fmt.Sprint(a.status, shownText(a.body))
		}
		t.Fatalf("%s: nobody may: %s", path, said)
		return ""
	}
	thread := regexp.MustCompile(`/t/(\w+)`)
	question := ""
	for i, title := range parts(lines, 140) {
		title = title + " #" + fmt.Sprint(i)
		tags := ""
		for _, word := range strings.Fields(title)[:min(2, len(strings.Fields(title)))] {
			tags += " " + string([]rune(word)[:min(30, len([]rune(word)))])
		}
		token, body := fmt.Sprintf("hostile%d", i), body
		if i >= 4 { // one of each kind says all; the others are about their titles
			body = title
		}
		switch i % 4 {
		case 0:
			to := any("/c/sillage/ask", "kind", "question", "space", "questions", "title", title, "body", body, "tags", "", "looked", title, "token", token)
			pages = append(pages, to)
			question = thread.FindStringSubmatch(to)[1]
		case 1:
			day := time.Now().AddDate(0, 5, 0).Format(time.DateOnly)
			pages = append(pages, any("/c/sillage/events", "space", "rendez-vous", "title", title, "body", body, "token", token, "starts", day+"T10:00", "ends", day+"T12:00",
				"zone", "Europe/Paris", "place", title, "link", "https://a.example/?"+url.QueryEscape(title), "seats", "3"))
		case 2:
			pages = append(pages, any("/c/sillage/articles", "space", "savoir", "kind", "guide", "lang", "en", "title", title, "body", body, "months", "0", "token", token))
		case 3:
			pages = append(pages, any("/c/sillage/ask", "kind", "discussion", "space", "discussions", "title", title, "body", body, "tags", tags, "token", token,
				"choices", strings.Join(lines[i:i+8], "\n"), "several", "yes"))
		}
	}
	pages = pages[:12] // the other titles are seen in lists
	for i, title := range parts(lines[:25], 140) {
		a := visitors[i%len(visitors)].post("/c/sillage/ideas", "space", "idees", "title", title, "body", body, "token", fmt.Sprintf("idea%d", i), "looked", title)
		if a.status == http.StatusSeeOther {
			pages = append(pages, strings.Split(a.to(), "#")[0])
		}
	}
	for i := 0; i < len(lines); i += 20 {
		for _, comment := range []string{"", "yes"} {
			any("/c/sillage/p/"+question+"/reply", "body", strings.Join(lines[i:min(i+20, len(lines))], "\n\n"), "comment", comment, "token", fmt.Sprintf("r%d%s", i, comment))
		}
	}
	names, abouts := parts(lines, 100), parts(lines, 480)
	for i, c := range team {
		pages = append(pages, put(c, "/c/sillage/people/me", "name", names[i], "about", abouts[i%len(abouts)]))
	}
	for i, post := range s.place.rows(t, "SELECT id FROM community_post WHERE thread = $1 AND id <> $1 ORDER BY id LIMIT 4", question) {
		for n, c := range team[:3] {
			_ = c.post("/c/sillage/p/"+post+"/flag", "reason", "other", "words", abouts[(i+n)%len(abouts)]) // not one's own
		}
	}
	visitor := newClient(t, s.URL)
	visitor.lang("en")
	put(visitor, "/c/sillage/contact", "do", "say", "name", names[1], "mail", "vis@home.example", "subject", names[2], "text", body[:min(len(body), 9000)], "consent", "yes", "token", "x")
	sillage := s.place.rows(t, "SELECT id FROM community WHERE slug = 'sillage'")[0]
	put(owner, "/communities/"+sillage+"/settings", "slug", "sillage", "name_fr", "Sillage <script>ran()</script>", "name_en", `"><img src=x onerror=ran()>`, "about_fr", names[3], "about_en", names[4],
		"welcome_fr", body[:1900], "welcome_en", body[len(body)-1900:], "lang", "fr", "langs", "en", "audience", "public", "sign_up", "open")

	w := window(t, s.URL)
	w.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `window.ran = window.alert = window.prompt = window.confirm = () => console.error("script of a text ran")`})
		return err
	}))
	w.signIn("owner", "light", "en")
	pages = append(pages, "/c/sillage", "/c/sillage/questions", "/c/sillage/discussions", "/c/sillage/idees", "/c/sillage/articles", "/c/sillage/rendez-vous", "/c/sillage/all", "/c/sillage/spaces",
		"/communities", "/communities/"+sillage, "/communities/"+sillage+"/settings", "/moderation", "/inbox", "/c/sillage/notices", "/me", "/members", "/audit")
	for i, q := range parts(lines, 400) {
		if i%5 == 0 {
			pages = append(pages, "/c/sillage/search?q="+url.QueryEscape(q))
		}
		if i == 3 {
			pages = append(pages, "/contact/x"+url.QueryEscape(lines[0]), "/c/sillage/ask?title="+url.QueryEscape(q), "/people?q="+url.QueryEscape(q), "/sign-in?to="+url.QueryEscape("javascript:ran()"))
		}
	}
	for _, c := range s.place.rows(t, "SELECT id FROM community_case WHERE decided_at IS NULL ORDER BY id DESC LIMIT 4") {
		pages = append(pages, "/moderation/"+c)
	}
	for _, c := range s.place.rows(t, "SELECT id FROM conversation ORDER BY last_at DESC LIMIT 3") {
		pages = append(pages, "/inbox/"+c)
	}
	for _, path := range pages {
		w.Open(path)
		if odd := webtest.Eval[string](w.Window, temper); odd != "" {
			t.Errorf("%s\n%s", path, odd)
		}
	}
	webtest.Eval[int](w.Window, `(document.querySelector("main").insertAdjacentHTML("beforeend", "<a href=javascript:ran()>x</a>"), 0)`)
	if webtest.Eval[string](w.Window, temper) == "" {
		t.Error("a link that runs script is not noticed: nothing was tested")
	}
	t.Logf("%d texts on %d pages", len(lines), len(pages))
}
