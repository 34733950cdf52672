package feed

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/plain"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

func read(t *testing.T, body string) (Feed, []channel.Skipped) {
	t.Helper()
	f, skipped, err := Parse([]byte(body), "", "https://velo.example/feed", noon)
	if err != nil {
		t.Fatal(err)
	}
	return f, skipped
}

func TestRSS(t *testing.T) {
	t.Parallel()
	f, skipped := read(t, `<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>V&#233;lo &amp;amp; ville</title><link>http://Velo.example/</link><language>fr_FR</language>
<item>
 <title>Une &lt;b&gt;belle&lt;/b&gt; sortie</title>
 <link>/p/1</link>
 <guid isPermaLink="false">tag:1</guid>
 <dc:creator>Élise Martin</dc:creator>
 <pubDate>Wed, 03 Jun 2026 10:00:00 +0200</pubDate>
 <category>Sorties</category><category> Sorties </category><category>R&amp;amp;D</category>
 <description>court</description>
 <content:encoded><![CDATA[<p>Long&nbsp;: <a href="x">ici</a>.</p><script>alert(1)</script><ul><li>un</li><li>deux</li></ul>]]></content:encoded>
 <enclosure url="/son.mp3" type="audio/mpeg" length="1234"/>
</item></channel></rss>`)
	want := Feed{
		Format: "rss", Version: "2.0", Title: "Vélo & ville", Link: "http://velo.example/", Lang: "fr-fr",
		Items: []channel.Item{{
			Said: ledger.Said{
				ExternalID: "tag:1", Kind: "article", AuthorName: "Élise Martin", Title: "Une belle sortie", Text: "Long\u00a0: ici.\n\n- un\n- deux",
				URL: "http://velo.example/p/1", Lang: "fr-fr", Tags: []string{"Sorties", "R&D"},
				Attachments: []ledger.Attachment{{Name: "son.mp3", Type: "audio/mpeg", Size: 1234}},
			},
			Author: ledger.Address{URI: "https://velo.example/#%C3%A9lise-martin", Name: "Élise Martin"},
			At:     time.Date(2026, 6, 3, 8, 0, 0, 0, time.UTC),
		}},
	}
	if diff := cmp.Diff(want, f, cmp.AllowUnexported(Feed{}, pace{})); diff != "" || len(skipped) > 0 {
		t.Error(diff, skipped)
	}
}

func TestAtom(t *testing.T) {
	t.Parallel()
	f, skipped := read(t, `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0" xml:lang="en" xml:base="https://a.example/blog/">
<title type="html">A &amp;lt; B</title><link rel="self" href="feed.atom"/><link href="."/><author><name>Site team</name></author>
<entry><id>urn:1</id><title>5 &lt; 6 &amp; 7</title><link rel="alternate" href="one.html"/><updated>2026-06-03T08:00:00Z</updated><published>2026-06-02T08:00:00Z</published>
<author><name>Ann</name><email>Ann@Example.org</email><uri>https://ann.example/</uri></author>
<author><name>Bob</name></author>
<category term="t1" label="Label one"/><category term="t2"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Hello <em>you</em></p><p>2 &lt; 3</p></div></content></entry>
<entry xml:lang="de"><id>urn:2</id><title/><content type="text">&lt;b&gt; stays
as text</content><author><name>Carl</name><uri>http://carl.example/me</uri></author><thr:in-reply-to ref="urn:1"/><updated>2026-06-03T09:00:00.5+02:00</updated></entry>
<entry><id>urn:3</id><title>By nobody</title><summary>No date</summary></entry>
</feed>`)
	want := Feed{
		Format: "atom", Version: "1.0", Title: "A < B", Link: "https://a.example/blog/", FeedLink: "https://a.example/blog/feed.atom", Lang: "en",
		Items: []channel.Item{
			{
				Said:   ledger.Said{ExternalID: "urn:1", Kind: "article", AuthorName: "Ann", Title: "5 < 6 & 7", Text: "Hello you\n\n2 < 3", URL: "https://a.example/blog/one.html", Lang: "en", Tags: []string{"Label one", "t2"}},
				Author: ledger.Address{URI: "mailto:ann@example.org", Name: "Ann"}, At: time.Date(2026, 6, 2, 8, 0, 0, 0, time.UTC),
			},
			{
				Said:   ledger.Said{ExternalID: "urn:2", Kind: "comment", AuthorName: "Carl", Text: "<b> stays\nas text", Lang: "de", InReplyTo: []string{"urn:1"}},
				Author: ledger.Address{URI: "https://carl.example/me", Name: "Carl"}, At: time.Date(2026, 6, 3, 7, 0, 0, 500_000_000, time.UTC),
			},
			{
				Said:   ledger.Said{ExternalID: "urn:3", Kind: "article", AuthorName: "Site team", Title: "By nobody", Text: "No date", Lang: "en", Dated: true},
				Author: ledger.Address{URI: "https://a.example/blog/#site-team", Name: "Site team"},
			},
		},
	}
	if diff := cmp.Diff(want, f, cmp.AllowUnexported(Feed{}, pace{})); diff != "" || len(skipped) > 0 {
		t.Error(diff, skipped)
	}
}

func TestJSONFeed(t *testing.T) {
	t.Parallel()
	f, skipped := read(t, `{"version":"https://jsonfeed.org/version/1.1","title":"J","home_page_url":"https://j.example/","language":"en","authors":[{"name":"Jo","url":"https://jo.example/"}],"extra":{"a":[1]},
"items":[{"id":7,"url":"https://j.example/7","content_text":"a < b","date_published":"2026-06-01T00:00:00Z","tags":["x",3,null,{"y":1}]},
"nonsense",
{"id":"8","title":"T","content_html":"<p>one<p>two","authors":"Kim","attachments":[{"url":"https://j.example/a.pdf","size_in_bytes":"12"}]}]}`)
	if f.Format != "json" || len(f.Items) != 2 || len(skipped) != 1 || skipped[0].Reason != "feed.bad_item" {
		t.Fatalf("got %+v, %v", f, skipped)
	}
	if diff := cmp.Diff(channel.Item{
		Said:   ledger.Said{ExternalID: "7", AuthorName: "Jo", Text: "a < b", URL: "https://j.example/7", Lang: "en", Tags: []string{"x", "3"}},
		Author: ledger.Address{URI: "https://jo.example/", Name: "Jo"}, At: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
	}, f.Items[0]); diff != "" {
		t.Error(diff)
	}
	if it := f.Items[1]; it.Text != "one\n\ntwo" || it.Author.Name != "Kim" || it.Attachments[0].Size != 12 {
		t.Errorf("got %+v", it)
	}
}

func TestWhatIdentifiesAnItem(t *testing.T) {
	t.Parallel()
	f, skipped := read(t, `<rss><channel><link>https://velo.example</link>
<item><guid>g1</guid><title>with an id</title></item>
<item><link>https://velo.example/2</link><title>with a link</title></item>
<item><title>with a title</title><pubDate>Wed, 03 Jun 2026 08:00:00 GMT</pubDate></item>
<item><title>with a title</title><pubDate>Tue, 02 Jun 2026 08:00:00 GMT</pubDate></item>
<item><description>only text</description></item>
<item><guid>g1</guid><title>with an id</title></item>
<item><guid>same</guid><title>different</title></item>
<item><guid>same</guid><title>posts</title></item>
<item><guid>`+strings.Repeat("x", 5000)+`</guid><title>long</title></item>
<item><guid>empty</guid></item>
</channel></rss>`)
	seen := map[string]bool{}
	for _, it := range f.Items {
		if seen[it.ExternalID] || it.ExternalID == "" || len(it.ExternalID) > maxID {
			t.Errorf("%q", it.ExternalID)
		}
		seen[it.ExternalID] = true
	}
	if len(f.Items) != 8 || !seen["g1"] || !seen["https://velo.example/2"] || seen["same"] {
		t.Errorf("%d items: %v", len(f.Items), seen)
	}
	want := []channel.Skipped{{Place: "g1", Reason: "feed.duplicate"}, {Place: "empty", Reason: "feed.empty_item"}}
	if diff := cmp.Diff(want, skipped); diff != "" {
		t.Error(diff)
	}
}

func TestAuthors(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]ledger.Address{
		"ann@example.org (Ann Lee)":         {URI: "mailto:ann@example.org", Name: "Ann Lee"},
		"Ann Lee (ann@example.org)":         {URI: "mailto:ann@example.org", Name: "Ann Lee"},
		"Ann Lee &lt;Ann@Example.org&gt;":   {URI: "mailto:ann@example.org", Name: "Ann Lee"},
		"ann@example.org":                   {URI: "mailto:ann@example.org"},
		"Ann Lee":                           {URI: "https://velo.example/#ann-lee", Name: "Ann Lee"},
		"noreply@blogger.com (Ann Lee)":     {URI: "https://velo.example/#ann-lee", Name: "Ann Lee"},
		"Ann (Paris)":                       {URI: "https://velo.example/#ann-paris", Name: "Ann (Paris)"},
		"!!!":                               {URI: "https://velo.example/#" + sum("!!!"), Name: "!!!"},
		"":                                  {URI: "https://velo.example/", Name: "Velo"},
		"@ann":                              {URI: "https://velo.example/#ann", Name: "@ann"},
		"a@b@c":                             {URI: "https://velo.example/#a-b-c", Name: "a@b@c"},
		"Ann\u202e (ann@exa mple.org, x@y)": {URI: "https://velo.example/#ann-ann-exa-mple-org-x-y", Name: "Ann\u202e (ann@exa mple.org, x@y)"},
	} {
		f, _ := read(t, rssOf(`<item><title>x</title><author>`+written+`</author></item>`))
		if diff := cmp.Diff(want, f.Items[0].Author); diff != "" {
			t.Errorf("%q: %s", written, diff)
		}
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	day := func(y int, m time.Month, d, h, min, s int) time.Time {
		return time.Date(y, m, d, h, min, s, 0, time.UTC)
	}
	for written, want := range map[string]time.Time{
		"Wed, 03 Jun 2026 10:00:00 +0200":          day(2026, 6, 3, 8, 0, 0),
		"Wed, 3 Jun 26 10:00 GMT":                  day(2026, 6, 3, 10, 0, 0),
		"03 Jun 2026 10:00:00 EST":                 day(2026, 6, 3, 15, 0, 0),
		"Wed, 03 Jun 2026 10:00:00 CEST":           day(2026, 6, 3, 8, 0, 0),
		"Wednesday, 03-Jun-26 10:00:00 UTC":        day(2026, 6, 3, 10, 0, 0),
		"Wed Jun  3 10:00:00 2026":                 day(2026, 6, 3, 10, 0, 0),
		"Wed Jun 03 2026 10:00:00 GMT+0200 (CEST)": day(2026, 6, 3, 8, 0, 0),
		"Wed, 03 Jun 2026 10:00:00 --0700":         day(2026, 6, 3, 17, 0, 0),
		"Wed, 03 Jun 2026 10:00:00 -07:00":         day(2026, 6, 3, 17, 0, 0),
		"Wed, 03 Jun 2026 10:00:00 00":             day(2026, 6, 3, 10, 0, 0),
		"Wed, 03 Jun 2026":                         day(2026, 6, 3, 0, 0, 0),
		"June 3, 2026 3:04 PM":                     day(2026, 6, 3, 15, 4, 0),
		"June 3, 2026, 12:04 a.m.":                 day(2026, 6, 3, 0, 4, 0),
		"6/3/2026 3:04:05 PM":                      day(2026, 6, 3, 15, 4, 5),
		"03/06/2026 15:04":                         day(2026, 6, 3, 15, 4, 0),
		"12/31/2026":                               day(2026, 12, 31, 0, 0, 0),
		"03.06.2026 15:04":                         day(2026, 6, 3, 15, 4, 0),
		"3 juin 2026 à 10h30":                      day(2026, 6, 3, 10, 30, 0),
		"mercredi 3 août 2026 10:00":               day(2026, 8, 3, 10, 0, 0),
		"mardi 1er décembre 2026":                  day(2026, 12, 1, 0, 0, 0),
		"2026-06-03T10:00:00Z":                     day(2026, 6, 3, 10, 0, 0),
		"2026-06-03T10:00:00+02:00":                day(2026, 6, 3, 8, 0, 0),
		"2026-06-03T10:00:00.123456789+02:00":      day(2026, 6, 3, 8, 0, 0).Add(123456789),
		"2026-06-03T10:00:00-0700":                 day(2026, 6, 3, 17, 0, 0),
		"2026-06-03T10:00Z":                        day(2026, 6, 3, 10, 0, 0),
		"2026-06-03 10:00:00 +0000 UTC":            day(2026, 6, 3, 10, 0, 0),
		"2026-06-03":                               day(2026, 6, 3, 0, 0, 0),
		"20260603":                                 day(2026, 6, 3, 0, 0, 0),
		"20260603T100000Z":                         day(2026, 6, 3, 10, 0, 0),
		"20260603100000":                           day(2026, 6, 3, 10, 0, 0),
		"Thu, 31 Dec 2026 24:00:00 GMT":            day(2027, 1, 1, 0, 0, 0),
		"Thu, 31 Dec 1998 23:59:60 GMT":            day(1999, 1, 1, 0, 0, 0),
		"Thu, 01 Jan 98 00:00:00 GMT":              day(1998, 1, 1, 0, 0, 0),
		"":                                         {},
		"yesterday":                                {},
		"2026":                                     {},
		"2026-06":                                  {},
		"Wed, 31 Feb 2026 10:00:00 GMT":            {},
		"2026-13-01T00:00:00Z":                     {},
		"0001-01-01T00:00:00Z":                     {},
		"1780000000":                               {},
		"99999999999999999999":                     {},
		"3 Jun 2026 25:00":                         {},
	} {
		got, ok := parseDate(written)
		if ok == want.IsZero() || ok && !got.Equal(want) {
			t.Errorf("%q: got %v %v, want %v", written, got, ok, want)
		}
	}
}

func TestFutureDates(t *testing.T) {
	t.Parallel()
	f, _ := read(t, rssOf(
		`<item><title>tomorrow</title><pubDate>Thu, 04 Jun 2026 11:00:00 GMT</pubDate></item>`,
		`<item><title>later</title><pubDate>Thu, 04 Jun 2026 13:00:00 GMT</pubDate></item>`,
		`<item><title>much later</title><pubDate>Thu, 04 Jun 9999 13:00:00 GMT</pubDate></item>`))
	for i, dated := range []bool{false, true, true} {
		if it := f.Items[i]; it.Dated != dated || it.At.IsZero() != dated {
			t.Errorf("%s: %v %v", it.Title, it.At, it.Dated)
		}
	}
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	const title = "Été à vélo – 12 €"
	doc := func(label, title string) string {
		if label != "" {
			label = ` encoding="` + label + `"`
		}
		return `<?xml version="1.0"` + label + `?><rss><channel><title>` + title + `</title></channel></rss>`
	}
	western := func(s string) []byte {
		out, err := charmap.Windows1252.NewEncoder().Bytes([]byte(s))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	utf16le := func(s string) []byte {
		out := []byte{0xFF, 0xFE}
		for _, u := range utf16.Encode([]rune(s)) {
			out = append(out, byte(u), byte(u>>8))
		}
		return out
	}
	utf16be := func(s string) []byte {
		var out []byte
		for _, u := range utf16.Encode([]rune(s)) {
			out = append(out, byte(u>>8), byte(u))
		}
		return out
	}
	jis, err := japanese.ISO2022JP.NewEncoder().Bytes([]byte(doc("iso-2022-jp", "自転車")))
	if err != nil {
		t.Fatal(err)
	}
	sjis, err := japanese.ShiftJIS.NewEncoder().Bytes([]byte(doc("Shift_JIS", "自転車")))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		body   []byte
		header string
		want   string
	}{
		"utf-8":                         {[]byte(doc("utf-8", title)), "", title},
		"no label":                      {[]byte(doc("", title)), "", title},
		"byte order mark":               {[]byte("\xEF\xBB\xBF" + doc("iso-8859-1", title)), "text/xml; charset=iso-8859-1", title},
		"windows-1252":                  {western(doc("windows-1252", title)), "", title},
		"latin-1 that is windows-1252":  {western(doc("ISO-8859-1", title)), "", title},
		"labelled by the header":        {western(doc("", title)), "application/xml; charset=windows-1252", title},
		"labelled utf-8, is not":        {western(doc("utf-8", title)), "application/xml; charset=utf-8", title},
		"labelled latin-1, is utf-8":    {[]byte(doc("iso-8859-1", title)), "text/xml; charset=iso-8859-1", title},
		"header wrong, document right":  {western(doc("windows-1252", title)), "text/xml; charset=utf-8", title},
		"mixed":                         {append([]byte(doc("utf-8", "é ")[:len(doc("utf-8", "é "))-len("</title></channel></rss>")]), append(western("è"), "</title></channel></rss>"...)...), "", "é è"},
		"utf-16 with mark":              {utf16le(doc("utf-16", title)), "", title},
		"utf-16 without mark":           {utf16be(doc("utf-16", title)), "", title},
		"utf-16 that is labelled utf-8": {utf16le(doc("utf-8", title)), "text/xml; charset=utf-8", title},
		"iso-2022-jp":                   {jis, "", "自転車"},
		"shift_jis":                     {sjis, "", "自転車"},
		"unknown label":                 {western(doc("x-martian", title)), "text/xml; charset=klingon", title},
		"utf-7 is refused":              {[]byte(doc("utf-7", "+ADw-")), "", "+ADw-"},
		"NUL bytes and controls":        {[]byte("\x00" + doc("", "a\x00b\x01\x7fc&#0;&#1;")), "", "abc"},
		"references of windows-1252":    {[]byte(doc("", "&#146;&#x80;&#xD800;&#x110000;&#99999999999;")), "", "’€\uFFFD\uFFFD\uFFFD"},
		"entities":                      {[]byte(doc("", "&eacute;&bogus;&amp;lt; & &;&#; &copy=2; AT&T")), "", "é&bogus;< & &;&#; &copy=2; AT&T"},
	} {
		f, _, err := Parse(c.body, c.header, "", noon)
		if err != nil || f.Title != c.want {
			t.Errorf("%s: got %q, %v", name, f.Title, err)
		}
	}
}

func TestBrokenXML(t *testing.T) {
	t.Parallel()
	whole := rssItem("1", "One", "a") + rssItem("2", "Two", "b")
	for name, c := range map[string]struct {
		body  string
		want  []string
		fault string
	}{
		"cut in an item":          {`<rss><channel>` + whole + `<item><guid>3</guid><title>Thr`, []string{"One", "Two"}, "feed.truncated"},
		"cut in a tag":            {`<rss><channel>` + whole + `<item><guid>3</guid><tit`, []string{"One", "Two"}, "feed.truncated"},
		"cut in an attribute":     {`<rss><channel>` + whole + `<item><guid isPermaLink="fal`, []string{"One", "Two"}, "feed.truncated"},
		"cut in CDATA":            {`<rss><channel>` + whole + `<item><title><![CDATA[Thr`, []string{"One", "Two"}, "feed.truncated"},
		"cut in a comment":        {`<rss><channel>` + whole + `<!-- `, []string{"One", "Two"}, "feed.truncated"},
		"cut after the items":     {`<rss><channel>` + whole, []string{"One", "Two"}, "feed.truncated"},
		"cut in an entry":         {`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title>One</title></entry><entry><id>2</id><title>Tw`, []string{"One"}, "feed.truncated"},
		"cut JSON":                {`{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","title":"One"},{"id":"2","ti`, []string{"One"}, "feed.truncated"},
		"end tags crossed":        {`<rss><channel><item><title><b>One</title></b></item>` + rssItem("2", "Two", "b") + `</channel></rss>`, []string{"One", "Two"}, ""},
		"end tags forgotten":      {`<rss><channel><item><title>One</item>` + rssItem("2", "Two", "b") + `</channel></rss>`, []string{"One", "Two"}, ""},
		"end tags misspelled":     {`<rss><channel><item><title>One</titel><guid>1</guid></item></channel></rss>`, []string{"One"}, ""},
		"stray end tags":          {`<rss><channel></p></x:y><item><title>One</br></title></item></channel></rss>`, []string{"One"}, ""},
		"bare ampersand":          {rssOf(`<item><title>One & Two</title></item>`), []string{"One & Two"}, ""},
		"bare less-than":          {rssOf(`<item><title>1 < 2</title></item>`), []string{"1 < 2"}, ""},
		"prefix without address":  {rssOf(`<item><dc:title>One</dc:title></item>`), []string{"One"}, ""},
		"attribute unquoted":      {`<rss version=2.0><channel><item><guid isPermaLink=false>1</guid><title>One</title></item></channel></rss>`, []string{"One"}, ""},
		"warning before":          {"<br />\nNotice: x\n" + rssOf(rssItem("1", "One", "")), nil, "-"},
		"text before":             {"PHP Notice: x\n" + rssOf(rssItem("1", "One", "")), []string{"One"}, ""},
		"no root":                 {`<channel><title>x</title>` + whole + `</channel>`, []string{"One", "Two"}, ""},
		"upper case":              {`<RSS><CHANNEL><ITEM><TITLE>One</TITLE></ITEM></CHANNEL></RSS>`, []string{"One"}, ""},
		"two channels":            {`<rss><channel>` + rssItem("1", "One", "") + `</channel><channel>` + rssItem("2", "Two", "") + `</channel></rss>`, []string{"One", "Two"}, ""},
		"other default namespace": {`<rss xmlns="http://nowhere.example/x"><channel><item><title>One</title></item></channel></rss>`, []string{"One"}, ""},
		"declaration in a string": {`<!DOCTYPE rss [<!ENTITY a "]>">]>` + rssOf(rssItem("1", "One", "")), []string{"One"}, ""},
	} {
		f, skipped, err := Parse([]byte(c.body), "", "", noon)
		if c.fault == "-" {
			if err == nil {
				t.Errorf("%s: taken", name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var titles []string
		for _, it := range f.Items {
			titles = append(titles, it.Title)
		}
		if diff := cmp.Diff(c.want, titles); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if c.fault == "" && len(skipped) > 0 || c.fault != "" && (len(skipped) != 1 || skipped[0].Reason != c.fault) {
			t.Errorf("%s: skipped %v", name, skipped)
		}
	}
}

func TestBombs(t *testing.T) {
	laughs := `<!DOCTYPE rss [<!ENTITY l0 "lol">`
	for i := range 9 {
		laughs += fmt.Sprintf(`<!ENTITY l%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&l%d;", i), 10))
	}
	laughs += `]>` + rssOf(rssItem("1", "&l9;", "&l9;"))
	big := func(unit string) string { return strings.Repeat(unit, (15<<20)/len(unit)) }
	for name, body := range map[string]string{
		"billion laughs":      laughs,
		"external entity":     `<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + rssOf(rssItem("1", "&x;", "")),
		"deep":                `<rss><channel>` + big("<a>"),
		"deep text":           rssOf(rssItem("1", "t", strings.ReplaceAll(big("<b>"), "<", "&lt;"))[:8<<20]),
		"deep HTML":           rssOf(`<item><title>x</title><description><![CDATA[` + big("<ul><li>") + `]]></description></item>`),
		"one long line":       rssOf(rssItem("1", "t", big("x"))),
		"one long title":      rssOf(rssItem("1", big("x"), "")),
		"one long name":       rssOf(`<item><` + big("x")),
		"one long attribute":  rssOf(`<item a="` + big("x") + `"/>`),
		"many attributes":     rssOf(`<item ` + big(`a="b" `) + `/>`),
		"many namespaces":     `<rss><channel>` + big(`<a xmlns:x="y"/>`),
		"nested namespaces":   `<rss ` + big(`xmlns:x="y" `) + `><channel><x:x/></channel></rss>`,
		"many empty items":    rssOf(big("<item/>")),
		"many items":          rssOf(big("<item><title>x</title></item>")),
		"many categories":     rssOf(`<item><title>x</title>` + big("<category>x</category>") + `</item>`),
		"many authors":        `<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>x</title>` + big("<author><name>x</name></author>") + `</entry></feed>`,
		"many end tags":       `<rss><channel>` + strings.Repeat("<a>", 150) + big("</b>"),
		"many ampersands":     rssOf(rssItem("1", "t", big("&"))),
		"many entities":       rssOf(rssItem("1", "t", big("&amp;"))),
		"many less-thans":     rssOf(rssItem("1", "t", big("<"))),
		"many comments":       rssOf(rssItem("1", "t", big("<!---->"))),
		"many CDATA":          rssOf(rssItem("1", "t", big("<![CDATA[]]>"))),
		"open CDATA":          rssOf(big("<![CDATA[")),
		"open declaration":    big("<!DOCTYPE ["),
		"many quotes":         "<!DOCTYPE " + big(`"`),
		"JSON deep":           `{"items":` + big("["),
		"JSON deep object":    `{"items":[` + big(`{"a":`),
		"JSON many items":     `{"version":"https://jsonfeed.org/version/1","items":[` + big(`{"id":1},`) + `{}]}`,
		"JSON many odd items": `{"version":"https://jsonfeed.org/version/1","items":[` + big(`1,`) + `1]}`,
		"JSON long string":    `{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","content_text":"` + big("x") + `"}]}`,
		"invalid bytes":       rssOf(rssItem("1", "t", big("\xff"))),
		"NUL bytes":           "<rss>" + big("\x00"),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, skipped, err := Parse([]byte(body), "", "https://velo.example/feed", noon)
			runtime.ReadMemStats(&after)
			if err != nil && problem.Of(err).Key == "problem.internal" {
				t.Error(err)
			}
			if len(f.Items) > maxItems || len(skipped) > maxSkipped+5 {
				t.Errorf("%d items, %d skipped", len(f.Items), len(skipped))
			}
			for _, it := range f.Items {
				if len(it.Text) > plain.MaxText || len(it.Title) > maxTitle || len(it.Tags) > maxCategories || strings.Contains(it.Text+it.Title, "root:") {
					t.Errorf("%d bytes of text, %d of title", len(it.Text), len(it.Title))
				}
			}
			// All that was ever taken, garbage included: twenty times the largest document.
			if used := after.TotalAlloc - before.TotalAlloc; used > 20*MaxBody {
				t.Errorf("%d MB were taken", used>>20)
			}
		})
	}
	if _, _, err := Parse(make([]byte, MaxBody+1), "", "", noon); problem.Of(err).Key != "feed.too_large" {
		t.Errorf("too large: %v", err)
	}
}

// TestSumsStay holds the sums that cursors and external ids are made of against the library's.
func TestSumsStay(t *testing.T) {
	t.Parallel()
	h := fnv.New64a()
	_, _ = h.Write([]byte("Vélo\x00x\x00"))
	if got, want := hash("Vélo", "x"), h.Sum64(); got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample(2), "application/rss+xml")
	f.Add([]byte(`<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://a/"><title type="html">&lt;b></title><entry><id>1</id><content type="xhtml"><div><p>x</div></content><author><name>a</name><uri>b</uri></author><link href="x"/></entry></feed>`), "")
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1","items":[{"id":1,"content_html":"<p>x","authors":[{"name":"a"}]}]}`), "application/json")
	f.Add([]byte(`<rdf:RDF xmlns="http://purl.org/rss/1.0/"><channel/><item rdf:about="x"><title>&#x41;&copy;</title></item></rdf:RDF>`), "text/xml; charset=iso-8859-1")
	f.Add([]byte("\xFF\xFE<\x00r\x00s\x00s\x00>\x00"), "")
	f.Add([]byte(`<!DOCTYPE x [<!ENTITY a "b">]><rss><channel><item><title><![CDATA[a]]>b</title></channel>`), "")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		feed, _, err := Parse(body, contentType, "https://velo.example/feed", noon)
		if err != nil {
			if problem.Of(err).Key == "problem.internal" {
				t.Fatal(err)
			}
			return
		}
		seen := map[string]bool{}
		for _, it := range feed.Items {
			if it.ExternalID == "" || seen[it.ExternalID] || it.Title == "" && it.Text == "" {
				t.Fatalf("%+v", it)
			}
			seen[it.ExternalID] = true
			for _, s := range []string{it.Title, it.Text, it.ExternalID, it.URL, it.Author.URI, it.Author.Name} {
				if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
					t.Fatalf("%q", s)
				}
			}
			if it.At.IsZero() != it.Dated || it.At.After(noon.Add(24*time.Hour)) {
				t.Fatalf("%v %v", it.At, it.Dated)
			}
			if u := it.URL; u != "" && !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
				t.Fatalf("%q", u)
			}
		}
		again, _, err := Parse(bytes.Clone(body), contentType, "https://velo.example/feed", noon)
		if err != nil || len(again.Items) != len(feed.Items) {
			t.Fatal("the second reading differs")
		}
	})
}

func FuzzDate(f *testing.F) {
	for _, s := range []string{"Wed, 03 Jun 2026 10:00:00 +0200", "2026-06-03T10:00:00.1Z", "6/3/2026 3:04 PM", "3 juin 2026 à 10h30", "20260603T100000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if at, ok := parseDate(s); ok && !plausible(at) || !ok && at.Year() > 10_000 {
			t.Fatal(at)
		}
	})
}
