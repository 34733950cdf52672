package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// TestBrowserWidget: another site's page opens the widget; answers come first, a message is sent, an answer arrives live; what comes while the
// widget is put away is counted on its button; what is said after they left, with the program killed in between, comes by mail, once. The form works
// without script, with a file.
func TestBrowserWidget(t *testing.T) {
	t.Parallel()
	browser(t)
	p := demoed(t)
	s := again(t, p)
	c := as(t, s, "owner", "fr")
	office := newPostOffice(t, rand.New(rand.NewPCG(1, 3)))
	if a := c.post("/channels", "kind", "mail", "name", "Guichet", "inbox", "all", "enabled", "true", "set-address", "shop@velo.example", "set-name", "Vélo", "set-imap_host", "127.0.0.1:1",
		"set-imap_security", "none", "set-imap_user", "shop", "set-imap_password", "secret", "set-smtp_host", office.address, "set-smtp_security", "none"); a.status != http.StatusSeeOther {
		t.Fatalf("add the mailbox: %d\n%s", a.status, a.body)
	}
	slug := ""
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<!doctype html><html lang="fr"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Shop</title><h1>Shop</h1><script src="%s/widget.js" data-point="%s" data-label="Aide ?" async></script>`, s.URL, slug)
	}))
	defer shop.Close()
	point := strings.Split(p.rows(t, "SELECT id, slug, community FROM contact_point")[0], "|")
	slug = point[1]
	if a := c.post("/contact-points/"+point[0], "name", "Aide", "langs", "fr", "langs", "en", "community", point[2], "mail", p.rows(t, "SELECT id FROM channel WHERE name = 'Guichet'")[0],
		"sites", shop.URL, "survey", "yes", "holdout", "0"); a.status != http.StatusSeeOther {
		t.Fatalf("let the site show the widget: %d\n%s", a.status, a.body)
	}

	w := window(t, shop.URL)
	w.Open("/")
	w.Click("button")
	w.UntilInFrame(`document.hasFocus() && document.querySelector("input[name=q]")`)
	for range 5 {
		if w.Keys("\t"); w.InFrame(`document.activeElement.name === "q"`) {
			break
		}
	}
	w.Keys("batterie\r")
	w.UntilInFrame(`document.querySelector("a[href*='/answer/']")`)
	w.Shot("widget-answers")
	w.InFrame(`(document.querySelector("a[href*='/answer/']").click(), 1)`)
	w.UntilInFrame(`document.querySelector("article") && document.querySelector("input[name=found][value=no]")`)
	w.InFrame(`(document.querySelector("input[name=found][value=no]").form.querySelector("button").click(), 1)`)
	w.UntilInFrame(`document.querySelector("textarea[name=text]")`)
	w.InFrame(`(() => { const f = document.querySelector("textarea[name=text]").form; f.text.value = "Zyxwalder ne charge plus."; f.mail.value = "vis@home.example"; f.consent.checked = true; f.querySelector("button.btn-primary").click(); return 1 })()`)
	w.UntilInFrame(`document.querySelector(".thread") && document.querySelector(".thread").textContent.includes("Zyxwalder")`)
	conversation := p.rows(t, "SELECT c.id FROM conversation c JOIN post p ON p.root = c.root WHERE p.text LIKE 'Zyxwalder%'")[0]
	reply := func(text string) {
		t.Helper()
		if a := c.post("/inbox/"+conversation+"/reply", "text", text+" Écrivez-nous demain si cela ne suffit pas.", "private", "yes", "override", "yes", "token", text); a.status != http.StatusSeeOther {
			t.Fatalf("answer: %d\n%.3000s", a.status, a.body)
		}
		p.sql(t, "UPDATE outgoing SET due_at = 1 WHERE state = 'queued'")
	}
	reply("Débranchez-la.")
	w.UntilInFrame(`document.querySelector(".thread").textContent.includes("Débranchez-la.")`)
	w.Shot("widget-answered")
	w.Click("button")
	reply("Puis rebranchez-la.")
	w.Until(`document.querySelector("button").textContent === "Aide ? (1)"`)
	w.Click("button")
	w.Until(`document.querySelector("button").textContent === "Aide ?"`)
	waitFor(t, "both to be seen", func() bool { return p.count(t, "SELECT COUNT(*) FROM contact_delivery WHERE way = 'shown'") == 2 })
	w.Open("/gone")
	reply("Elle est réparée.")
	s.kill()
	p.sql(t, "UPDATE contact_presence SET seen_at = 1") // the time until they count as gone has passed
	p.sql(t, "UPDATE outgoing SET lease_until = 1 WHERE lease_until IS NOT NULL")
	s = again(t, p)
	waitFor(t, "the answer to go out by mail", func() bool {
		p.sql(t, "UPDATE outgoing SET due_at = 1 WHERE state = 'queued'")
		office.mu.Lock()
		defer office.mu.Unlock()
		return len(office.taken) > 0
	}, func() string {
		return strings.Join(p.rows(t, "SELECT state, content FROM outgoing ORDER BY created_at DESC LIMIT 3"), "\n")
	})
	if got := strings.Join(p.rows(t, "SELECT way, COUNT(*) FROM contact_delivery GROUP BY way ORDER BY way"), " "); got != "mail|1 shown|2" {
		t.Errorf("answers reached them so: %s", got)
	}

	n := window(t, s.URL)
	n.withoutScript()
	n.Open("/contact/" + slug + "?write=1")
	n.Type(`input[name="name"]`, "Odile")
	n.Type(`input[name="mail"]`, "odile@home.example")
	n.Type(`textarea[name="text"]`, "Vromdel sans script")
	n.Click(`input[name="consent"]`)
	n.Click(`form[enctype] button.btn-primary`)
	n.Until(`document.querySelector(".thread")?.textContent.includes("Vromdel sans script")`)

	// A file comes with a message and is read by whoever brought it and by members; what it is not is refused.
	v := newClient(t, s.URL)
	v.lang("fr")
	send := func(name string, data []byte) answer {
		t.Helper()
		var body bytes.Buffer
		f := multipart.NewWriter(&body)
		for k, x := range map[string]string{"do": "say", "name": "Gwen", "mail": "gwen@home.example", "text": "Voici la photo", "consent": "yes", "token": name} {
			_ = f.WriteField(k, x)
		}
		part, _ := f.CreateFormFile("files", name)
		_, _ = part.Write(data)
		f.Close()
		a, err := v.try(http.MethodPost, "/contact/"+slug, &body, "Content-Type", f.FormDataContentType())
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if a := send("virus.exe", []byte("MZ\x00\x01")); a.status != http.StatusUnprocessableEntity || p.count(t, "SELECT COUNT(*) FROM contact_file") != 0 {
		t.Errorf("a program: %d", a.status)
	}
	if a := send("note.txt", []byte("Numéro de série 4711")); a.status != http.StatusSeeOther {
		t.Errorf("a text: %d\n%.2000s", a.status, a.body)
	}
	page := v.page("/contact/" + slug)
	link := regexp.MustCompile(`/contact/[^"]+/file/\w+`).FindString(page)
	if link == "" || !strings.Contains(v.page(link), "4711") {
		t.Errorf("whoever brought a file reads %q", link)
	}
	if a := newClient(t, s.URL).get(link); a.status != http.StatusNotFound {
		t.Errorf("somebody else: %d", a.status)
	}
	m := as(t, s, "social", "fr")
	if !strings.Contains(m.page("/contact-points/files/"+link[strings.LastIndex(link, "/")+1:]), "4711") {
		t.Error("members do not read the file")
	}
}
