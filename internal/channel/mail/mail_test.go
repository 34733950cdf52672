package mail

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

var us = NewOwn("contact@velo.example, lea@velo.example")

func parse(t *testing.T, raw string) Message {
	t.Helper()
	m, err := Parse([]byte(strings.ReplaceAll(raw, "\n", "\r\n")), noon, us)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func latin(s string) string {
	out, err := charmap.Windows1252.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return out
}

func TestParseText(t *testing.T) {
	t.Parallel()
	nested := "Content-Type: multipart/mixed; boundary=A\n\n--A\nContent-Type: multipart/related; boundary=B\n\n--B\nContent-Type: multipart/alternative; boundary=C\n\n" +
		"--C\nContent-Type: text/plain\n\nplain\n--C\nContent-Type: text/html\n\n<p>page</p>\n--C\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n--C--\n" +
		"--B\nContent-Type: image/png; name=\"logo.png\"\nContent-Transfer-Encoding: base64\n\nAAAA\n--B--\n" +
		"--A\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Disposition: attachment; filename*=utf-8''r%C3%A9sum%C3%A9.dat\n\nxyz\n--A--\n"
	for _, c := range []struct {
		name, raw, text string
		files           []ledger.Attachment
	}{
		{"nested", nested, "plain", []ledger.Attachment{{Name: "", Type: "text/calendar", Size: 15}, {Name: "logo.png", Type: "image/png", Size: 3}, {Name: "résumé.dat", Type: "application/ms-tnef", Size: 3}}},
		{"html only", "Content-Type: text/html; charset=utf-8\n\n<html><head><style>p{}</style></head><body><p>Bonjour&nbsp;!</p><div>Une ligne<br>une autre</div><script>x</script></body></html>", "Bonjour\u00a0!\n\nUne ligne\nune autre", nil},
		{"html quote", "Content-Type: text/html\n\n<div>Oui.</div><div class=gmail_quote><div class=gmail_attr>Le lun. 3 févr. 2026 à 10:12, Paul &lt;<a href='mailto:p@velo.example'>p@velo.example</a>&gt; a écrit :<br></div><blockquote class=gmail_quote><p>Ça va ?</p></blockquote></div>", "Oui.", nil},
		{"html indent is no quote", "Content-Type: text/html\n\n<blockquote style=\"margin: 0 0 0 40px; border: none; padding: 0px\">Oui.</blockquote>", "Oui.", nil},
		{"html hidden", "Content-Type: text/html\n\n<div style='display:none'>preview</div><p>text</p>", "text", nil},
		{"html signature", "Content-Type: text/html\n\n<p>text</p><div class=\"gmail_signature\">Léa<br>Bike club</div>", "text", nil},
		{"html outlook", "Content-Type: text/html\n\n<p class=MsoNormal>Je confirme.</p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>De&nbsp;:</b> Paul<br><b>Envoyé&nbsp;:</b> lundi<br><b>À&nbsp;:</b> Léa<br><b>Objet&nbsp;:</b> x</p></div></div><p>prêt</p>", "Je confirme.", nil},
		{"utf-8 without a word", "\nÇa grince", "Ça grince", nil},
		{"latin without a word", "\n" + latin("Ça grince à 10 €"), "Ça grince à 10 €", nil},
		{"latin said to be utf-8", "Content-Type: text/plain; charset=utf-8\n\n" + latin("Ça grince"), "Ça grince", nil},
		{"utf-8 said to be latin", "Content-Type: text/plain; charset=iso-8859-1\n\nÇa grince", "Ça grince", nil},
		{"unknown charset", "Content-Type: text/plain; charset=klingon\n\nÇa grince", "Ça grince", nil},
		{"damaged utf-8", "Content-Type: text/plain; charset=utf-8\n\néééééé\xc3 fin", "éééééé\uFFFD fin", nil},
		{"quoted-printable", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: Quoted-Printable\n\n=C3=87a=\n grince =3D=ZZ =", "Ça grince ==ZZ", nil},
		{"base64 with junk", "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte("Ça grince"))[:6] + "\n!" + base64.StdEncoding.EncodeToString([]byte("Ça grince"))[6:], "Ça grince", nil},
		{"base64 only by name", "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nThis is text, really. It was never encoded!", "This is text, really. It was never encoded!", nil},
		{"no closing boundary", "Content-Type: multipart/mixed; boundary=A\n\n--A\n\none\n--A\nContent-Type: text/plain\n\ntwo", "one\n\ntwo", nil},
		{"no boundary said", "Content-Type: multipart/mixed\n\n--A\n\none\n--A--\n", "one", nil},
		{"no boundary at all", "Content-Type: multipart/mixed; boundary=A\n\njust text", "just text", nil},
		{"forwarded mail", "Content-Type: multipart/mixed; boundary=A\n\n--A\n\nSee this.\n--A\nContent-Type: message/rfc822\n\nSubject: Old\nFrom: x@y.example\n\nold text\n--A--", "See this.", []ledger.Attachment{{Name: "Old.eml", Type: "message/rfc822", Size: 41}}},
		{"flowed", "Content-Type: text/plain; format=flowed\n\nOne line \nin two.\n> quoted \n> too\nEnd.", "One line in two.\nEnd.", nil},
		{"uuencoded", "\nSee:\nbegin 644 a.txt\n#0V%T\n`\nend\nDone.", "See:\n\nDone.", []ledger.Attachment{{Name: "a.txt", Type: "application/octet-stream", Size: 5}}},
		{"control characters", "\nA\x00B\x07C\x1b[0m", "ABC[0m", nil},
		{"forward without a word", "Subject: Fwd: x\n\n---------- Forwarded message ---------\nFrom: Paul\n\nready", "---------- Forwarded message ---------\nFrom: Paul\n\nready", nil},
		{"folder in a file name", "Content-Type: multipart/mixed; boundary=A\n\n--A\nContent-Type: text/x; name=\"..\\\\..\\\\etc/passwd\"\n\nx\n--A--", "", []ledger.Attachment{{Name: "passwd", Type: "text/x", Size: 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := parse(t, "From: a@client.example\n"+c.raw)
			if d := cmp.Diff(c.text, m.Said.Text); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.files, m.Said.Attachments, sizeNear()); d != "" {
				t.Error(d)
			}
		})
	}
}

// sizeNear forgives line ends in the sizes of what is not encoded.
func sizeNear() cmp.Option {
	return cmp.Comparer(func(a, b ledger.Attachment) bool {
		d := a.Size - b.Size
		return a.Name == b.Name && a.Type == b.Type && d <= 3 && d >= -3
	})
}

func TestParseHeader(t *testing.T) {
	t.Parallel()
	m := parse(t, `Return-Path: <max@client.example>
Received: from x by y; Mon, 2 Feb 2026 09:00:00 +0000
From: =?utf-8?q?Max_M=C3=BCl?= =?utf-8?q?ler?= <Max@Client.Example>
To: Undisclosed: Contact <contact@velo.example>, "Petit, Paul" <paul@client.example>;
Cc: Martin, Jeanne <jeanne@client.example>, paul@client.example, nobody
Subject: =?utf-8?B?w4dh?= =?iso-8859-1?q?_grince_=E0?=
 =?utf-8?q? l'avant?=
Subject: second
Date: lundi
Message-ID: <abc
 @client.example>
In-Reply-To: Your message of "Monday" <r2@client.example>
References: <r0@client.example> junk <r1@client.example>
	<r2@client.example> <abc@client.example> <r1@client.example>
Content-Language: fr-FR, en
X-Broken

text
`)
	want := ledger.Said{ExternalID: "abc@client.example", Kind: "mail", AuthorName: "Max Müller", Title: "Ça grince à l'avant", Text: "text", Lang: "fr-fr",
		InReplyTo: []string{"r2@client.example", "r1@client.example", "r0@client.example"}, Direct: true, Private: true,
		To: []ledger.Address{{URI: "mailto:paul@client.example", Name: "Petit, Paul"}, {URI: "mailto:jeanne@client.example", Name: "Martin, Jeanne"}}}
	if d := cmp.Diff(want, m.Said); d != "" {
		t.Error(d)
	}
	if m.Author.URI != "mailto:max@client.example" || !m.At.Equal(time.Date(2026, 2, 2, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("%v %v", m.Author, m.At)
	}
}

func TestParseWithoutID(t *testing.T) {
	t.Parallel()
	raw := "From: a@client.example\nSubject: x\n\ntext\n"
	m := parse(t, raw)
	if !strings.HasPrefix(m.Said.ExternalID, "hash:") {
		t.Error(m.Said.ExternalID)
	}
	// The way it came, line ends and blank lines at the end change nothing.
	same, err := Parse([]byte("Received: by z; x\n"+raw+"\n\n"), noon, us)
	if err != nil || same.Said.ExternalID != m.Said.ExternalID {
		t.Errorf("%v %v", same.Said.ExternalID, err)
	}
	if other := parse(t, strings.Replace(raw, "text", "texts", 1)); other.Said.ExternalID == m.Said.ExternalID {
		t.Error("another text has the same id")
	}
}

func TestParseDates(t *testing.T) {
	t.Parallel()
	want := time.Date(2026, 2, 2, 9, 30, 15, 0, time.UTC)
	for _, s := range []string{"Mon, 2 Feb 2026 10:30:15 +0100", "Mon,  2 Feb 2026 10:30:15 +0100 (CET)", "2 Feb 2026 09:30:15 GMT", "Monday, 2 February 2026 10:30:15 +0100", "2026-02-02T10:30:15+01:00",
		"2026-02-02 10:30:15 +0100", "Mon, 2 Feb 2026 10:30:15 GMT+1", "Mon, 02 Feb 2026 10:30:15 UTC+01:00", "Mon Feb 2 09:30:15 2026", "2-Feb-2026 10:30:15 +0100", "Mon, 2 Feb 2026 10.30.15 +0100", "02 Feb 26 10:30:15 +0100"} {
		if got := parseDate(s); !got.Equal(want) {
			t.Errorf("%q is read as %v", s, got)
		}
	}
	for _, s := range []string{"", "tomorrow", "32 Feb 2026 10:00:00 +0000", strings.Repeat("9", 1000)} {
		if got := parseDate(s); !got.IsZero() {
			t.Errorf("%q is read as %v", s, got)
		}
	}
	for _, s := range []string{"Mon, 2 Feb 2126 10:00:00 +0000", "Thu, 1 Jan 1970 00:00:00 +0000", "Mon, 2 Feb 0026 10:00:00 +0000"} {
		if m := parse(t, "From: a@b.example\nDate: "+s+"\n\nx"); !m.At.IsZero() && m.At.Year() != 2026 {
			t.Errorf("%q is believed: %v", s, m.At)
		}
	}
}

func TestParseAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want []ledger.Address
	}{
		{"A@B.example", []ledger.Address{{URI: "mailto:a@b.example"}}},
		{"<a@b.example>", []ledger.Address{{URI: "mailto:a@b.example"}}},
		{"a@b.example (Max)", []ledger.Address{{URI: "mailto:a@b.example", Name: "Max"}}},
		{`"Max \"M\" Müller" <a@b.example>`, []ledger.Address{{URI: "mailto:a@b.example", Name: `Max "M" Müller`}}},
		{"Max Müller a@b.example", []ledger.Address{{URI: "mailto:a@b.example", Name: "Max Müller"}}},
		{"'a@b.example' <a@b.example>", []ledger.Address{{URI: "mailto:a@b.example", Name: "a@b.example"}}},
		{`"never closed <a@b.example>, c@d.example`, []ledger.Address{{URI: "mailto:a@b.example", Name: "never closed"}, {URI: "mailto:c@d.example"}}},
		{"undisclosed-recipients:;", nil},
		{"friends: a@b.example, c@d.example;, e@f.example", []ledger.Address{{URI: "mailto:a@b.example"}, {URI: "mailto:c@d.example"}, {URI: "mailto:e@f.example"}}},
		{"<@x.example,@y.example:a@b.example>", []ledger.Address{{URI: "mailto:a@b.example"}}},
		{"a@@b.example, a b@c.example", []ledger.Address{{URI: "mailto:b@c.example", Name: "a"}}},
		{"a/b?c@d.example", []ledger.Address{{URI: "mailto:a%2Fb%3Fc@d.example"}}},
		{"", nil}, {"@", nil}, {"<>", nil}, {"a@", nil}, {"@b", nil}, {",,;;", nil}, {"a@b\x00c", []ledger.Address{{URI: "mailto:a@bc"}}},
	} {
		if d := cmp.Diff(c.want, addresses(c.in)); d != "" {
			t.Errorf("%q:\n%s", c.in, d)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	deep := "From: a@b.example\n"
	for i := range MaxDepth + 2 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	for _, c := range []struct{ name, raw, key string }{
		{"nothing", "", "mail.empty"},
		{"blanks", " \r\n\t\r\n", "mail.empty"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00: x\r\n", "mail.not_a_message"},
		{"words", "Dear all,\nnote: this is no mail.\n", "mail.not_a_message"},
		{"too large", "From: a@b.example\n\n" + strings.Repeat("x", MaxMessage), "mail.too_large"},
		{"header too large", "From: a@b.example\nX: " + strings.Repeat("x", MaxHeader) + "\n\nx", "mail.header_too_large"},
		{"endless header", "From: a@b.example\n" + strings.Repeat("X: y\n", MaxHeader/4) + "\n", "mail.header_too_large"},
		{"too deep", deep + "\nx", "mail.too_deep"},
		{"too many parts", "Content-Type: multipart/mixed; boundary=A\n\n" + strings.Repeat("--A\n\nx\n", MaxParts+10), "mail.too_many_parts"},
	} {
		_, err := Parse([]byte(c.raw), noon, us)
		if err == nil || problem.Of(err).Key != c.key {
			t.Errorf("%s: %v", c.name, err)
		}
		if _, err := Read(strings.NewReader(c.raw), noon, us); err == nil || problem.Of(err).Key != c.key {
			t.Errorf("%s, read: %v", c.name, err)
		}
	}
}

func TestParseAutomatic(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, fields, want string }{
		{"a person", "Subject: Re: Out of office", ""},
		{"a person, list header none", "Auto-Submitted: no", ""},
		{"a person who asks about it", "Subject: Problem with your automatic reply", ""},
		{"auto-replied", "Auto-Submitted: auto-replied (vacation)", AutoReply},
		{"auto-generated", "Auto-Submitted: auto-generated", AutoBulk},
		{"auto-generated answer", "Auto-Submitted: auto-generated\nIn-Reply-To: <x@velo.example>", AutoReply},
		{"x-autoreply", "X-Autoreply: yes", AutoReply},
		{"precedence", "Precedence: auto_reply", AutoReply},
		{"bulk", "Precedence: bulk", AutoBulk},
		{"list", "List-Id: <news.shop.example>", AutoBulk},
		{"unsubscribe", "List-Unsubscribe: <https://x.example>", AutoBulk},
		{"our own group mailbox", "List-Id: Contact <contact.velo.example>\nPrecedence: list\nList-Unsubscribe: <mailto:x@y.example>", ""},
		{"exchange", "X-Auto-Response-Suppress: All\nIn-Reply-To: <x@velo.example>", AutoReply},
		{"exchange notification", "X-Auto-Response-Suppress: All", AutoBulk},
		{"en", "Subject: Automatic reply: Your order", AutoReply},
		{"en 2", "Subject: Out of Office: back Monday", AutoReply},
		{"fr", "Subject: =?utf-8?q?R=C3=A9ponse_automatique=C2=A0: Votre commande?=", AutoReply},
		{"fr 2", "Subject: Absent du bureau", AutoReply},
		{"fr 3", "Subject: Message d'absence", AutoReply},
		{"null path", "Return-Path: <>\nSubject: Merci", AutoReply},
		{"vacation with bulk", "Precedence: bulk\nSubject: Automatic reply: x", AutoReply},
	} {
		if m := parse(t, "From: a@client.example\n"+c.fields+"\n\ntext"); m.Said.Automatic != c.want {
			t.Errorf("%s: %q", c.name, m.Said.Automatic)
		}
	}
}

func TestParseBounces(t *testing.T) {
	t.Parallel()
	dsn := func(action, status string) string {
		return "From: Mail Delivery System <MAILER-DAEMON@mx.velo.example>\nReturn-Path: <>\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <dsn@mx.velo.example>\nContent-Type: multipart/report; report-type=delivery-status; boundary=A\n\n" +
			"--A\n\nSorry.\n--A\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n\nFinal-Recipient: rfc822; inner@client.example\nOriginal-Recipient: rfc822;Max+2Ba@client.example\nAction: " + action + "\nStatus: " + status +
			"\n\n--A\nContent-Type: text/rfc822-headers\n\nMessage-ID: <k1@velo.example>\nSubject: x\n--A--\n"
	}
	for _, c := range []struct {
		name, raw       string
		failed, delayed []string
		answers         []string
	}{
		{"failed", dsn("failed", "5.1.1"), []string{"mailto:max+a@client.example"}, nil, []string{"k1@velo.example"}},
		{"given up", dsn("Failed", "4.4.7"), []string{"mailto:max+a@client.example"}, nil, []string{"k1@velo.example"}},
		{"delayed", dsn("delayed", "4.4.1"), nil, []string{"mailto:max+a@client.example"}, []string{"k1@velo.example"}},
		{"relayed", dsn("relayed", "2.0.0"), nil, nil, []string{"k1@velo.example"}},
		{"qmail", "Return-Path: <>\nFrom: MAILER-DAEMON@mx.client.example\nSubject: failure notice\n\nHi. This is the qmail-send program.\nI'm giving up.\n\n<max@client.example>:\nno mailbox here\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <contact@velo.example>\nTo: other@client.example\n", []string{"mailto:max@client.example"}, nil, nil},
		{"exim", "From: Mail Delivery System <Mailer-Daemon@mx.client.example>\nX-Failed-Recipients: max@client.example\nSubject: Mail delivery failed: returning message to sender\n\nA message that you sent could not be delivered.\n", []string{"mailto:max@client.example"}, nil, nil},
		{"exim late", "From: Mail Delivery System <Mailer-Daemon@mx.client.example>\nSubject: Warning: message 1x delayed 24 hours\nReturn-Path: <>\n\nThis message was created automatically. The address to which the message has not yet been delivered is:\n\n  max@client.example\n", nil, []string{"mailto:max@client.example"}, nil},
		{"french", "From: postmaster@mx.client.example\nReturn-Path: <>\nSubject: Non remis : Votre commande\n\nVotre message n'a pas pu être remis à max@client.example.\n", []string{"mailto:max@client.example"}, nil, nil},
	} {
		m := parse(t, c.raw)
		if m.Said.Automatic != AutoDSN {
			t.Errorf("%s: automatic %q", c.name, m.Said.Automatic)
		}
		if d := cmp.Diff(c.failed, m.Said.Bounced); d != "" {
			t.Errorf("%s, failed:\n%s", c.name, d)
		}
		if d := cmp.Diff(c.delayed, m.Delayed); d != "" {
			t.Errorf("%s, delayed:\n%s", c.name, d)
		}
		if d := cmp.Diff(c.answers, m.Said.InReplyTo); d != "" {
			t.Errorf("%s, answers:\n%s", c.name, d)
		}
	}
	if m := parse(t, "From: max@client.example\nSubject: Returned mail\n\nI got this from mailer-daemon: max@client.example"); m.Said.Automatic != "" {
		t.Errorf("a person who writes about a bounce: %q", m.Said.Automatic)
	}
}

func TestThreadCycles(t *testing.T) {
	t.Parallel()
	m := parse(t, "Message-ID: <a@b.example>\nIn-Reply-To: <a@b.example>\nReferences: "+strings.Repeat("<a@b.example> <c@d.example> ", 1000)+"\n\nx")
	if d := cmp.Diff([]string{"c@d.example"}, m.Said.InReplyTo); d != "" {
		t.Error(d)
	}
	long := parse(t, "Message-ID: <"+strings.Repeat("x", 5000)+"@b.example>\nFrom: a@b.example\n\nx")
	if !strings.HasPrefix(long.Said.ExternalID, "hash:") {
		t.Error("an id of 5000 characters is believed")
	}
}

func TestWordsAreRead(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"=?utf-8?q?=C3?= =?utf-8?q?=A9t=C3=A9?=": "été", "=?utf-8?B?w6l0w6k?=": "été", "=?iso-8859-1?Q?=E9t=E9?= au soir": "été au soir",
		"=?broken": "=?broken", "=?utf-8?x?abc?=": "=?utf-8?x?abc?=", "a =?utf-8?q?b?= c": "a b c", "=?utf-8?q??=": "", "=?klingon?q?=E9?=": "é",
		"=?utf-8*fr?q?oui?=": "oui", "=?UTF-8?Q?with blanks inside?=": "with blanks inside", latin("été"): "été", "=?utf-8?q?a?==?utf-8?q?b?=": "ab",
	} {
		if got := decodeWords(in); got != want {
			t.Errorf("%q is read as %q, not %q", in, got, want)
		}
	}
}

func TestParseKeepsValidText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "body")
		label := rapid.SampledFrom([]string{"utf-8", "iso-8859-1", "windows-1252", "iso-2022-jp", "big5", "utf-16", "utf-7", "", "x", "gb18030", "hz-gb-2312"}).Draw(t, "charset")
		coding := rapid.SampledFrom([]string{"7bit", "base64", "quoted-printable", ""}).Draw(t, "coding")
		kind := rapid.SampledFrom([]string{"text/plain", "text/html", "multipart/mixed; boundary=a", "text/plain; format=flowed; delsp=yes"}).Draw(t, "type")
		m, err := Parse(append([]byte("From: a@b.example\nContent-Type: "+kind+"; charset="+label+"\nContent-Transfer-Encoding: "+coding+"\n\n"), raw...), noon, us)
		if err != nil {
			t.Fatal(err)
		}
		checkSane(t, m)
	})
}

func checkSane(t interface{ Fatalf(string, ...any) }, m Message) {
	for _, s := range []string{m.Said.Text, m.Said.Quoted, m.Said.Title, m.Said.AuthorName, m.Said.ExternalID, m.Author.URI} {
		if strings.ToValidUTF8(s, "") != s || strings.ContainsAny(s, "\x00\x07\x1b\r") {
			t.Fatalf("bad characters in %q", s)
		}
	}
	if m.Said.ExternalID == "" || strings.ContainsAny(m.Said.Title+m.Said.AuthorName+m.Said.ExternalID+m.Author.URI, "\n") {
		t.Fatalf("bad fields: %+v", m.Said)
	}
	if m.Author.URI != "" && addressOf(m.Author.URI) == "" {
		t.Fatalf("author %q", m.Author.URI)
	}
}
