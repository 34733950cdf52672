package intake

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func write(t testing.TB, name string, content []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func zipped(t testing.TB, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range files {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(content))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, "a.zip", b.Bytes())
}

// told is a row in short, for comparing.
func told(row Row) string {
	switch {
	case row.Refused != nil:
		return row.Place.String()[strings.LastIndexAny(row.Place.String(), "/")+1:] + " refused " + row.Refused.Reason
	case row.Left:
		return "left"
	case row.Item != nil:
		i := row.Item
		s := fmt.Sprintf("%s %s by %q <%s> at %s: %s|%s", i.Kind, i.ExternalID, i.AuthorName, i.Author.URI, i.At.UTC().Format("2006-01-02T15:04:05"), i.Title, i.Text)
		if i.InReplyTo != nil {
			s += fmt.Sprint(" to ", i.InReplyTo)
		}
		if i.Ours {
			s += " ours"
		}
		if i.Inbox {
			s += " inbox"
		}
		return s
	}
	f := row.Fact
	s := fmt.Sprintf("%s %s %s", f.Kind, f.Actor, f.At.UTC().Format("2006-01-02T15:04:05"))
	if f.Currency != "" {
		s += fmt.Sprintf(" %d %s", f.Amount, f.Currency)
	}
	if row.About.Post != "" {
		s += " about " + row.About.Channel + "/" + row.About.Post
	}
	return s + " " + string(f.Data)
}

func tellAll(rows []Row) []string {
	var out []string
	for _, r := range rows {
		out = append(out, told(r))
	}
	return out
}

const xmlHead = `<?xml version="1.0" encoding="utf-8"?>` + "\n"

func TestStackExchange(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"Users.xml": xmlHead + `<users>
  <row Id="-1" DisplayName="Community" />
  <row Id="2" DisplayName="Zo&#xE9; &amp; Co" WebsiteUrl="https://firm.example/team/zoe" />
  <row Id="1" DisplayName="Ada" />
</users>`,
		"Posts.xml": xmlHead + `<posts>
  <row Id="3" PostTypeId="2" ParentId="1" CreationDate="2026-01-02T10:00:00.500" Score="-2" Body="before its question" OwnerUserId="1" />
  <row Id="1" PostTypeId="1" AcceptedAnswerId="2" CreationDate="2026-01-01T10:00:00.000" Score="7" Body="&lt;p&gt;How &amp;amp; why?&lt;/p&gt;" OwnerUserId="1" Title="A > B" Tags="&lt;one&gt;&lt;two&gt;" />
  <!-- a comment with <row Id="9"/> in it -->
  <row Id="2" PostTypeId="2" ParentId="1" CreationDate="2026-01-01T12:00:00.000" Body="So." OwnerUserId="2"/>
  <row Id="4" PostTypeId="5" CreationDate="2026-01-01T12:00:00.000" Body="about a tag" />
  <row Id="5" PostTypeId="1" AcceptedAnswerId="3" CreationDate="2026-01-05T10:00:00.000" Body='it''s' Title='gone' OwnerDisplayName="user9" />
  <row Id="6" PostTypeId="1" CreationDate="yesterday" Body="x" />
  <row PostTypeId="1" CreationDate="2026-01-05T10:00:00.000" Body="no id" />
</posts>`,
		"Comments.xml": xmlHead + `<comments><row Id="1" PostId="2" Score="3" Text="thanks &lt;b&gt;" CreationDate="2026-01-01T13:00:00.000" UserId="1"/>
<row Id="2" PostId="1" Text="?" CreationDate="2026-01-01T13:00:00.000" UserDisplayName="gone"/></comments>`,
		"Votes.xml": xmlHead + `<votes><row Id="1" PostId="2" VoteTypeId="1" CreationDate="2026-01-03T00:00:00.000"/><row Id="2" PostId="2" VoteTypeId="2" CreationDate="2026-01-03T00:00:00.000"/></votes>`,
		"Tags.xml":  xmlHead + `<tags/>`,
	})
	opts := Options{Settings: Settings{Site: "https://f.example/", Staff: "https://firm.example/team/", Inbox: true, Channel: "C"}, Now: now}
	var got []string
	src, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := (stackExchange{}).Read(t.Context(), src, opts, func(r Row) error { got = append(got, told(r)); return nil }); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`answer a3 by "Ada" <https://f.example/users/1> at 2026-01-02T10:00:00: |before its question to [q1]`,
		`question q1 by "Ada" <https://f.example/users/1> at 2026-01-01T10:00:00: A > B|How & why? inbox`,
		`answer a2 by "Zoé & Co" <https://f.example/users/2> at 2026-01-01T12:00:00: |So. to [q1] ours`,
		`answer.picked  2026-01-03T00:00:00 about /q1 {"answer":"a2"}`,
		`left`,
		`Posts.xml#5 refused intake.bad_row`,
		`Posts.xml#6 refused intake.bad_date`,
		`Posts.xml#7 refused intake.no_id`,
		`comment c1 by "Ada" <https://f.example/users/1> at 2026-01-01T13:00:00: |thanks <b> to [a2]`,
		`comment c2 by "gone" <> at 2026-01-01T13:00:00: |? to [q1]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if src.Done() != src.Size() {
		t.Errorf("read %d of %d bytes", src.Done(), src.Size())
	}
}

func TestAcceptedBeforeItsQuestion(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"Posts.xml": `<posts><row Id="3" PostTypeId="2" ParentId="5" CreationDate="2026-01-02T10:00:00" Body="a"/>
		<row Id="5" PostTypeId="1" AcceptedAnswerId="3" CreationDate="2026-01-01T10:00:00" Body="b"/>
		<row Id="6" PostTypeId="1" AcceptedAnswerId="99" CreationDate="2026-01-01T10:00:00" Body="its answer is missing"/></posts>`})
	got := tellAll(readAll(t, "stackexchange", dir, Options{}))
	if last := got[len(got)-1]; len(got) != 4 || !strings.HasPrefix(last, "answer.picked") || !strings.Contains(last, `/q5 {"answer":"a3"}`) {
		t.Error(got)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		opts       Settings
		want       []string
	}{
		{"French customers", "N° client;Nom;Prénom;Courriel;Téléphone;Code postal;Ville;Adresse;Pays;Client depuis;Type\r\n7;Petit;Zoé;Zoe@Petit.example;01 99 00 22 29;74000;Annecy;\"1, rue\r\nHaute\";France;06/03/2022;Revendeur\r\n;;;;;;;;;;\r\n8;Sans;;pas une adresse;;;;;;31/02/2022;\r\n",
			Settings{}, []string{
				`person.added  2022-03-06T00:00:00 {"name":"Zoé Petit","kinds":["reseller"],"identities":[{"uri":"mailto:zoe@petit.example"},{"uri":"tel:+33199002229"},{"uri":"postal:1, rue haute, 74000 annecy, france"}]}`,
				`t.csv:5 refused intake.bad_identity`}},
		{"what customers agree to", "Nom;Courriel;Newsletter;Accepte les enquêtes\nZoé;zoe@y.example;Oui;non\nAda;ada@y.example;;\nBo;bo@y.example;peut-être;\n",
			Settings{}, []string{
				`person.added  2026-11-21T12:00:00 {"name":"Zoé","kinds":["customer"],"identities":[{"uri":"mailto:zoe@y.example"}],"consents":[{"purpose":"survey","how":"non"},{"purpose":"news","given":true,"how":"Oui"}]}`,
				`person.added  2026-11-21T12:00:00 {"name":"Ada","kinds":["customer"],"identities":[{"uri":"mailto:ada@y.example"}]}`,
				`t.csv:4 refused intake.bad_consent`}},
		{"a heading that only begins so", "Nom;Courriel;Newsletter sent on\nZoé;zoe@y.example;2026-01-02\n",
			Settings{}, []string{`person.added  2026-11-21T12:00:00 {"name":"Zoé","kinds":["customer"],"identities":[{"uri":"mailto:zoe@y.example"}]}`}},
		{"English orders", "order_id,date,email,product,quantity,amount,currency\nA1,2026-05-21,a@b.example,Bike,1,\"2,141.40\",GBP\nA1,2026-05-22,a@b.example,Bike,-1,-2141.40,GBP\nA1,2026-05-21,a@b.example,Bike,1,99.00,GBP\nA2,2030-01-01,a@b.example,Bike,1,1,GBP\n,2026-05-21,a@b.example,Bike,1,1,GBP\nA3,2026-05-21,nobody,Bike,1,1,GBP\nA4,2026-05-21,a@b.example,Bike,1,1.234,GBP\nA5,2026-05-21,a@b.example,Bike,1,1,POUNDS\n",
			Settings{}, []string{
				`order.placed mailto:a@b.example 2026-05-21T00:00:00 214140 GBP {"external_id":"A1","product":"Bike","quantity":1}`,
				`order.placed mailto:a@b.example 2026-05-22T00:00:00 -214140 GBP {"external_id":"A1","product":"Bike","quantity":-1}`,
				`t.csv:4 refused intake.order_differs`, `t.csv:5 refused intake.future`, `t.csv:6 refused intake.no_id`, `t.csv:7 refused intake.bad_identity`,
				`t.csv:8 refused intake.bad_amount`, `t.csv:9 refused intake.bad_currency`}},
		{"American dates, tabs", "Order number\tOrder date\tEmail\tTotal\n1\t01/02/2026\ta@b.example\t$1,000.00\n2\t01/31/2026\ta@b.example\t$5\n",
			Settings{}, []string{`order.placed mailto:a@b.example 2026-01-02T00:00:00 100000 USD {"external_id":"1"}`, `order.placed mailto:a@b.example 2026-01-31T00:00:00 500 USD {"external_id":"2"}`}},
		{"a chosen mapping", "a;b;c\n5;x@y.example;hello\n", Settings{Target: Posts, Columns: map[string]string{"id": "a", "author": "b", "text": "c"}},
			[]string{`5-ignored`}},
		{"posts", "Date;Auteur;Texte;Titre\n6 mars 2026 14h30;z@y.example;\"un \"\"mot\"\"\";Bonjour\n2026-03-07;@a@b.example;x;\n;;;\n1er avril 2026;;;\n", Settings{},
			[]string{` sum by "" <mailto:z@y.example> at 2026-03-06T14:30:00: Bonjour|un "mot"`, ` sum by "" <acct:a@b.example> at 2026-03-07T00:00:00: |x`, `t.csv:5 refused intake.no_text`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, row := range readAll(t, "csv", write(t, "t.csv", []byte(c.text)), Options{Settings: c.opts, Now: now}) {
				if row.Item != nil && row.Item.ExternalID == "" {
					row.Item.ExternalID = "sum"
				}
				got = append(got, told(row))
			}
			if c.name == "a chosen mapping" {
				if len(got) != 1 || !strings.Contains(got[0], "5 by") || !strings.Contains(got[0], "hello") {
					t.Error(got)
				}
				return
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	const text = "Nom;Courriel\nZoé Älv;zoe@y.example\n"
	encode := func(e interface{ Bytes([]byte) ([]byte, error) }) string {
		b, err := e.Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, content := range map[string]string{
		"utf-8":        text,
		"bom":          "\xef\xbb\xbf" + text,
		"windows-1252": encode(charmap.Windows1252.NewEncoder()),
		"utf-16le":     encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()),
		"utf-16be":     encode(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder()),
	} {
		rows := readAll(t, "csv", write(t, "t.csv", []byte(content)), Options{Now: now})
		if len(rows) != 1 || !strings.Contains(told(rows[0]), `"name":"Zoé Älv"`) {
			t.Error(name, tellAll(rows))
		}
	}
}

func TestCards(t *testing.T) {
	t.Parallel()
	text := "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:B=E9rang=E8re;Ad=E9la=EFde\r\nNOTE;ENCODING=QUOTED-PRINTABLE:one=0D=0A=\r\ntwo\r\nTEL;WORK:+33 1 99 00 61 17\r\nEMAIL;INTERNET:a@b.example\r\nPHOTO;ENCODING=BASE64:AAAA\r\n AAAA\r\nEND:VCARD\r\n" +
		"begin:vcard\nversion:4.0\nKIND:org\nFN:Firm\\, Ltd\nitem1.EMAIL;TYPE=\"work,x:y\":mailto:c@d.example\nTEL;VALUE=uri:tel:+33-1-99-00-52-11\nADR;TYPE=work:;;1 rue\n  Haute;Annecy;;74000;France\nCATEGORIES:Fournisseur,Autre\nURL:firm.example\nREV:20260102T030405Z\nend:vcard\n" +
		"BEGIN:VCARD\nVERSION:4.0\nFN:Ada\nEMAIL:ada@y.example\nX-CONSENT-QUOTE:yes\nX-CONSENT-NEWS:no\nREV:20260102T030405Z\nEND:VCARD\n" +
		"BEGIN:VCARD\nVERSION:3.0\nNOTE:nobody\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:No colon\nrubbish\nEND:VCARD\nBEGIN:VCARD\nFN:Cut\nEMAIL:x@"
	want := []string{
		`person.added  2026-11-21T12:00:00 {"name":"Adélaïde Bérangère","note":"one\ntwo","identities":[{"uri":"mailto:a@b.example"},{"uri":"tel:+33199006117"}]}`,
		`person.added  2026-01-02T03:04:05 {"name":"Firm, Ltd","kinds":["supplier"],"identities":[{"uri":"mailto:c@d.example"},{"uri":"tel:+33199005211"},{"uri":"https://firm.example/"},{"uri":"postal:1 rue haute, 74000 annecy, france"}],"firm":true}`,
		`person.added  2026-01-02T03:04:05 {"name":"Ada","identities":[{"uri":"mailto:ada@y.example"}],"consents":[{"purpose":"news","how":"no"},{"purpose":"quote","given":true,"how":"yes"}]}`,
		`t.vcf:31 refused intake.nobody`, `t.vcf:35 refused intake.bad_card`, `t.vcf:40 refused intake.card_open`,
	}
	if diff := cmp.Diff(want, tellAll(readAll(t, "vcard", write(t, "t.vcf", []byte(text)), Options{Now: now}))); diff != "" {
		t.Error(diff)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	text := strings.Join([]string{
		`{"id":"1","at":"2026-01-02T03:04:05Z","author":"mailto:A@b.example","text":"hello","in_reply_to":"0","type":"comment"}`,
		`{"id":"2","html":"<p>x</p>","in_reply_to":["1","0"]}`,
		`{"kind":"conversation.noted","at":"2026-01-02T03:04:05Z","actor":"mailto:m@us.example","channel":"forum","post":"q1","text":"n"}`,
		`{"kind":"conversation.taken","at":"2026-01-02T03:04:05Z","actor":"mailto:x@them.example","channel":"forum","post":"q1"}`,
		`{"kind":"conversation.taken","actor":"mailto:m@us.example","channel":"forum","post":"q1"}`,
		`{"kind":"post.labelled","at":"2026-01-02T03:04:05Z","actor":"mailto:m@us.example","channel":"forum","post":"q1","label":"sentiment","value":"bad"}`,
		`{"kind":"member.removed","at":"2026-01-02T03:04:05Z"}`,
		`not json`, `{"id":"3"}`, ``, `{"id":"4","text":"future","at":"2090-01-02T03:04:05Z"}`, `{"id":5}`,
		`{"id":"6","text":"` + strings.Repeat("x", maxLine) + `"}`,
		`{"id":"7","text":"after"}`,
	}, "\n")
	member := func(_ context.Context, email string) (string, bool) {
		if email == "m@us.example" {
			return "M", true
		}
		return "", false
	}
	want := []string{
		`comment 1 by "" <mailto:a@b.example> at 2026-01-02T03:04:05: |hello to [0]`,
		` 2 by "" <> at 0001-01-01T00:00:00: |x to [1 0]`,
		`conversation.noted member:M 2026-01-02T03:04:05 about forum/q1 {"text":"n"}`,
		`t.jsonl:4 refused intake.no_member`, `t.jsonl:5 refused intake.no_date`, `t.jsonl:6 refused intake.bad_label`, `t.jsonl:7 refused intake.bad_kind`,
		`t.jsonl:8 refused intake.bad_json`, `t.jsonl:9 refused intake.no_text`, `t.jsonl:11 refused intake.future`, `t.jsonl:12 refused intake.bad_json`,
		`t.jsonl:13 refused intake.too_long`, ` 7 by "" <> at 0001-01-01T00:00:00: |after`,
	}
	if diff := cmp.Diff(want, tellAll(readAll(t, "jsonl", write(t, "t.jsonl", []byte(text)), Options{Now: now, Member: member}))); diff != "" {
		t.Error(diff)
	}
}

func TestMails(t *testing.T) {
	t.Parallel()
	theirs := "From: Ada <ada@out.example>\nTo: us@firm.example\nSubject: Hello\nMessage-ID: <1@out.example>\nDate: Fri, 02 Jan 2026 10:00:00 +0000\n\nA question?\n"
	ours := "From: Us <us@firm.example>\nSender: zoe@firm.example\nTo: ada@out.example\nSubject: Re: Hello\nMessage-ID: <2@firm.example>\nIn-Reply-To: <1@out.example>\nDate: Fri, 02 Jan 2026 11:00:00 +0000\n\nAn answer.\n"
	opts := Options{Settings: Settings{Own: "us@firm.example", Inbox: true}, Now: now, Member: func(_ context.Context, email string) (string, bool) {
		return "Z", email == "zoe@firm.example"
	}}
	mbox := "From a Fri Jan  2 10:00:00 2026\n" + theirs + "\nFrom b Fri Jan  2 11:00:00 2026\n" + ours
	for name, file := range map[string]string{
		"mbox": write(t, "m.mbox", []byte(mbox)),
		"eml":  folder(t, map[string]string{"a/1.eml": theirs, "b/2.eml": ours, "b/notes.txt": "x"}),
		"zip":  zipped(t, map[string]string{"1.eml": theirs, "../../2.eml": ours}),
		"dir":  folder(t, map[string]string{"cur/1:2,S": theirs, "new/2": ours, "tmp/3": "x"}),
	} {
		format := "eml"
		if name == "mbox" {
			format = "mbox"
		}
		rows := readAll(t, format, file, opts)
		if len(rows) != 2 {
			t.Errorf("%s: %v", name, tellAll(rows))
			continue
		}
		a, b := rows[0].Item, rows[1].Item
		if a != nil && a.Ours {
			a, b = b, a
		}
		if a == nil || b == nil || !a.Inbox || a.Ours || b.Inbox || !b.Ours || b.Member != "Z" || len(b.InReplyTo) != 1 || b.InReplyTo[0] != a.ExternalID {
			t.Errorf("%s: %v", name, tellAll(rows))
		}
	}
}

func TestShift(t *testing.T) {
	t.Parallel()
	text := "order_id,date,email,amount\n1,2026-11-20,a@b.example,1\n2,2027-03-01,a@b.example,1\n"
	for shift, want := range map[time.Duration][]string{
		0:                     {"2026-11-20", "refused"},
		24 * time.Hour:        {"2026-11-21", "refused"},
		30 * 24 * time.Hour:   {"2026-11-21", "2026-11-21"},
		-365 * 24 * time.Hour: {"2025-11-20", "2026-03-01"},
	} {
		got := tellAll(readAll(t, "csv", write(t, "t.csv", []byte(text)), Options{Now: now, Shift: shift}))
		if shift == 24*time.Hour { // beyond now is now
			want[1] = "2026-11-21"
		}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("moved by %s: %s, want %s", shift, got[i], want[i])
			}
		}
	}
}

// TestBroken reads what no file should hold. What came before the break is handed over, and the break is named.
func TestBroken(t *testing.T) {
	t.Parallel()
	row := `<row Id="1" PostTypeId="1" CreationDate="2026-01-01T10:00:00" Body="x"/>`
	for _, c := range []struct {
		name, format, file string
		rows               int
		want               string
	}{
		{"truncated dump", "stackexchange", folder(t, map[string]string{"Posts.xml": "<posts>" + row + `<row Id="2" Bo`}), 1, "intake.truncated"},
		{"dump without an end", "stackexchange", folder(t, map[string]string{"Posts.xml": "<posts>" + row}), 1, "intake.truncated"},
		{"entity bomb", "stackexchange", folder(t, map[string]string{"Posts.xml": `<!DOCTYPE a [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><posts>` + row + `</posts>`}), 0, "intake.doctype"},
		{"no dump", "stackexchange", folder(t, map[string]string{"Posts.xml": "hello"}), 0, "intake.not_rows"},
		{"no posts", "stackexchange", folder(t, map[string]string{"Users.xml": "<users/>"}), 0, "intake.no_posts_xml"},
		{"users cut off", "stackexchange", folder(t, map[string]string{"Users.xml": "<users><row ", "Posts.xml": "<posts>" + row + "</posts>"}), 2, ""},
		{"endless row", "stackexchange", folder(t, map[string]string{"Posts.xml": "<posts>" + `<row Id="2" Body="` + strings.Repeat("x", maxRow+100) + `"/>` + row + "</posts>"}), 2, ""},
		{"unclosed quote", "csv", write(t, "t.csv", []byte("email,name\na@b.example,\"x\n")), 1, ""},
		{"endless cell", "csv", write(t, "t.csv", []byte("email,name\na@b.example,\""+strings.Repeat("x", 2*maxRecord)+"\"\nb@b.example,y\n")), 2, ""},
		{"binary table", "csv", write(t, "t.csv", []byte("a,b\x00\x00\x01\nx,y\n")), 0, "intake.not_table"},
		{"no headings", "csv", write(t, "t.csv", []byte("xyzzy,plugh\n1,2\n")), 0, "intake.no_target"},
		{"not a mailbox", "mbox", write(t, "t.mbox", []byte("hello\n")), 0, "mail.not_mbox"},
		{"not a feed", "feed", write(t, "t.xml", []byte("<html><body>")), 0, "feed."},
		{"not cards", "vcard", write(t, "t.vcf", []byte("hello\n")), 0, "intake.not_vcard"},
		{"not lines", "jsonl", write(t, "t.jsonl", []byte(strings.Repeat("hello\n", 50))), 20, "intake.not_jsonl"},
		{"nothing inside", "eml", folder(t, map[string]string{"a/x.txt": ""}), 0, "intake.nothing_to_read"},
		{"zip bomb", "eml", zipped(t, map[string]string{"1.eml": "From: a@b.example\n\n" + strings.Repeat("\x00", 20<<20)}), 0, "intake.zip_bomb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rows, err := tryRead(t, c.format, c.file, Options{Now: now})
			if len(rows) != c.rows {
				t.Errorf("%d rows, want %d: %v", len(rows), c.rows, tellAll(rows))
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(problem.Of(err).Key, c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err != nil && !i18n.Has(problem.Of(err).Key) {
				t.Errorf("%s has no words", problem.Of(err).Key)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		write(t, "a.7z", []byte("7z\xbc\xaf\x27\x1c")):           "intake.7z",
		write(t, "a.gz", []byte("\x1f\x8b\x08\x00")):             "intake.packed",
		write(t, "a.zip", []byte("PK\x03\x04 not really a zip")): "intake.bad_zip",
		filepath.Join(t.TempDir(), "nothing"):                    "intake.no_file",
		"/dev/zero":                                              "intake.cannot_open",
	} {
		if _, err := Open(name); err == nil || problem.Of(err).Key != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// endless gives a line that does not end, 300 MB of it.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, os.ErrClosed
	}
	n := min(int64(len(p)), e.left)
	for i := range p[:n] {
		p[i] = 'x'
	}
	e.left -= n
	return int(n), nil
}

func TestEndlessLinesStaySmall(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rows, _ := newRowReader(&endless{300 << 20})
	rows.next()
	in, _ := decoded(&endless{300 << 20}, "utf-8")
	lines(in, maxLine, func(int64, []byte, bool) error { return nil })
	records := &recordReader{in: in, comma: ','}
	in2, _ := decoded(&endless{300 << 20}, "utf-8")
	records.in = in2
	records.next()
	runtime.ReadMemStats(&after)
	if grown := int64(after.TotalAlloc - before.TotalAlloc); grown > 80<<20 {
		t.Errorf("900 MB of one line took %d MB", grown>>20)
	}
}

func TestAmountsAndDates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, mark, currency string
		want                 int64
		ok                   bool
	}{
		{"1 234,56 €", ",", "EUR", 123456, true}, {"1,234.56", ".", "EUR", 123456, true}, {"1.234,5", ",", "EUR", 123450, true}, {"-0.05", ".", "EUR", -5, true},
		{"(12)", ".", "EUR", -1200, true}, {"−3,00", ",", "EUR", -300, true}, {"12", ".", "JPY", 12, true}, {"1.5", ".", "JPY", 0, false}, {"1.2345", ".", "KWD", 0, false},
		{"1.234", ".", "KWD", 1234, true}, {"EUR 5", ".", "EUR", 500, true}, {"", ".", "EUR", 0, false}, {"x", ".", "EUR", 0, false}, {"1.2.3", ".", "EUR", 0, false},
		{"99999999999999999999", ".", "EUR", 0, false}, {"1.500", ".", "EUR", 150, true},
	} {
		if got, ok := amountOf(c.text, c.mark, c.currency); got != c.want || ok != c.ok {
			t.Errorf("%q: %d %v, want %d %v", c.text, got, ok, c.want, c.ok)
		}
	}
	for text, want := range map[string]string{
		"06/03/2022": "2022-03-06T00:00", "6.3.22": "2022-03-06T00:00", "06-03-2022 14:05": "2022-03-06T14:05", "6 mars 2022": "2022-03-06T00:00",
		"1er août 2022 à 9h": "2022-08-01T09:00", "Sunday, March 6, 2022": "2022-03-06T00:00", "2022-03-06": "2022-03-06T00:00", "2022-03-06T10:00:00+02:00": "2022-03-06T08:00",
		"20220306": "2022-03-06T00:00", "1646568000": "2022-03-06T12:00", "1646568000000": "2022-03-06T12:00", "31/02/2022": "", "13/13/2022": "", "yesterday": "", "0000-00-00": "",
		"6 juil. 2022": "2022-07-06T00:00", "3/6/2022 2:30 pm": "2022-06-03T14:30",
	} {
		got, ok := dateOf(text, "dmy", time.UTC)
		if s := got.UTC().Format("2006-01-02T15:04"); ok != (want != "") || ok && s != want {
			t.Errorf("%q: %s %v, want %s", text, s, ok, want)
		}
	}
}

func TestDateOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sample    []string
		want      string
		ambiguous bool
	}{
		{[]string{"13/01/2026", "01/02/2026"}, "dmy", false}, {[]string{"01/13/2026"}, "mdy", false}, {[]string{"01/02/2026"}, "dmy", true}, {[]string{"2026-01-02"}, "dmy", false},
		{[]string{"13/01/2026", "01/13/2026"}, "dmy", true},
	} {
		if got, ambiguous := dateOrder("", c.sample); got != c.want || ambiguous != c.ambiguous {
			t.Errorf("%v: %s %v", c.sample, got, ambiguous)
		}
	}
}

func TestRefusedList(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	list := NewRefused(i18n.With(context.Background(), "fr", nil), &b)
	for i := range MaxRefused + 5 {
		if err := list.Add(refused(Place{"f.csv", Line, int64(i)}, "intake.bad_date", "=1+1;=2")); err != nil {
			t.Fatal(err)
		}
	}
	if err := list.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != MaxRefused+2 || !strings.Contains(lines[1], "La date est illisible.,'=1+1;'=2") || !strings.Contains(lines[len(lines)-1], "5 autres refus") {
		t.Error(len(lines), lines[1], lines[len(lines)-1])
	}
}

// TestReasonsHaveWords finds the keys in the package's own text: each must have a sentence in both languages.
func TestReasonsHaveWords(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(text), `"intake.`)[1:] {
			key, _, _ := strings.Cut(part, `"`)
			if strings.HasSuffix(f, "_test.go") || strings.HasSuffix(key, ".") {
				continue
			}
			if !i18n.Has("intake." + key) {
				t.Errorf("%s: intake.%s has no words", f, key)
			}
		}
	}
	for _, target := range Targets() {
		for _, c := range Columns(target) {
			if !i18n.Has("intake.column." + c.Name) {
				t.Errorf("intake.column.%s has no words", c.Name)
			}
		}
	}
}
