package intake

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// sourceOf is a source of one file in a temporary folder.
func sourceOf(t *testing.T, name string, content []byte) *Source {
	t.Helper()
	src, err := Open(write(t, name, content))
	if err != nil {
		return nil // an archive that is none
	}
	t.Cleanup(func() { src.Close() })
	return src
}

// holds checks what every row promises, whatever was read.
func holds(t *testing.T, row Row) {
	t.Helper()
	n := 0
	for _, is := range []bool{row.Item != nil, row.Fact != nil, row.Refused != nil, row.Left} {
		if is {
			n++
		}
	}
	if n != 1 {
		t.Fatalf("a row is %d things: %+v", n, row)
	}
	if f := row.Fact; f != nil {
		if f.Key == "" || f.At.IsZero() || len(f.Data) > ledger.MaxData || !utf8.Valid(f.Data) || f.At.After(now.Add(24*time.Hour)) || f.Currency != "" && len(f.Currency) != 3 {
			t.Fatalf("a fact that the ledger refuses: %+v", f)
		}
	}
	if row.Refused != nil && row.Refused.Reason == "" {
		t.Fatal("refused without a reason")
	}
}

func fuzzFormat(f *testing.F, format, name string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	reader, _ := Find(format)
	f.Fuzz(func(t *testing.T, content []byte) {
		src := sourceOf(t, name, content)
		if src == nil {
			return
		}
		Detect(src)
		opts := Options{Now: now, Settings: Settings{Staff: "https://"}, Member: func(_ context.Context, email string) (string, bool) { return "M", email != "" }}
		err := reader.Read(t.Context(), src, opts, func(row Row) error { holds(t, row); return nil })
		if err != nil && problem.Of(err).Code == problem.Internal {
			t.Fatal(err)
		}
	})
}

func FuzzTable(f *testing.F) {
	fuzzFormat(f, "csv", "t.csv", "order_id,date,email,amount\n1,01/02/2026,a@b.example,\"1.234,56 €\"\n", "Nom;Courriel;Client depuis\nZoé;z@y.example;6 mars 2022\n",
		"text\tdate\n\"a\n\"\"b\"\t2026-01-01\n", "\xff\xfea\x00,\x00", "text,url\r\"x", "email|name\r\n|\r\n", "\"")
}

func FuzzCards(f *testing.F) {
	fuzzFormat(f, "vcard", "t.vcf", "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=latin1;ENCODING=QUOTED-PRINTABLE:=E9;x=\n y\nADR:;;a;b;c;d;e\nEND:VCARD\n",
		"BEGIN:VCARD\nFN:a\n b\\,c\nTEL;VALUE=uri:tel:+33%2D1\nKIND:group\nEND:VCARD", "begin:vcard\nbegin:vcard\nend:vcard\n:", "BEGIN:VCARD\n;:\nx.:\nEMAIL;=\":x\nREV:2026")
}

func FuzzLines(f *testing.F) {
	fuzzFormat(f, "jsonl", "t.jsonl", `{"id":"1","text":"x","in_reply_to":"2","at":"2026-01-01T00:00:00Z","author":"https://a.example/x"}`,
		`{"kind":"order.placed","at":"2026-01-01T00:00:00Z","actor":"mailto:a@b.example","order":{"external_id":"1"},"currency":"€"}`,
		`{"kind":"person.added","at":"2026-01-01T00:00:00Z","person":{"name":"x","identities":[{"uri":"tel:1"}]}}`, "{\"kind\":\"vote.cast\",\"value\":1}\n\x00", `{"in_reply_to":[null]}`)
}

func FuzzDump(f *testing.F) {
	fuzzFormat(f, "stackexchange", "Posts.xml", `<posts><row Id="1" PostTypeId="1" AcceptedAnswerId="2" CreationDate="2026-01-01T00:00:00.000" Body="&lt;p&gt;&#xE9;&bogus;"/><row Id="2" PostTypeId="2" ParentId="1" CreationDate="2026-01-01T00:00:00"/></posts>`,
		"<posts><row", "<posts><row Id='1' Id=2 /></posts>", "<!DOCTYPE a>", "<!-- <row --><a><row/></a>", "\xff\xfe<\x00p\x00", "<?xml encoding=\"latin1\"?><posts><row Id=\"99999999999999999999\" PostTypeId=\"1\"/></posts>")
}

// FuzzRecords reads a table twice, once in small pieces: the same records come out, and no cell holds what must not be kept.
func FuzzRecords(f *testing.F) {
	for _, s := range []string{"a,b\n\"c\"\"d\",e\r\nf", "\"", "a\r\rb", "a,\"b\r\nc\",d\r\n", " \"x\" ,y"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		all := func(in io.Reader) (out []string) {
			r := &recordReader{in: bufio.NewReaderSize(in, 16), comma: ','}
			for {
				_, cells, err := r.next()
				if errors.Is(err, io.EOF) {
					return out
				}
				out = append(out, strings.Join(cells, "\x01"))
				for _, c := range cells {
					if !utf8.ValidString(c) || strings.Contains(c, "\x00") {
						t.Fatalf("%q", c)
					}
				}
			}
		}
		a, b := all(bytes.NewReader(content)), all(oneByOne{bytes.NewReader(content)})
		if strings.Join(a, "\x02") != strings.Join(b, "\x02") {
			t.Fatalf("%q\n%q", a, b)
		}
	})
}

type oneByOne struct{ io.Reader }

func (o oneByOne) Read(p []byte) (int, error) { return o.Reader.Read(p[:min(len(p), 1)]) }

func FuzzValues(f *testing.F) {
	for _, s := range []string{"1 234,56 €", "06/03/2022 10h", "6 mars 2022", "(1.5)", "2022-03-06T10:00:00+02:00", "\u00a0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, order := range []string{"dmy", "mdy"} {
			if at, ok := dateOf(s, order, time.UTC); ok && (at.Year() < 1969 || at.Year() > 2300) {
				t.Fatalf("%q is %s", s, at)
			}
		}
		for _, mark := range []string{",", "."} {
			amountOf(s, mark, "EUR")
		}
		if c := currencyOf(s, s, ""); c != "" && len(c) != 3 {
			t.Fatalf("%q is %q", s, c)
		}
		stamp([]byte(s))
	})
}

func FuzzDiscourse(f *testing.F) {
	fuzzFormat(f, "discourse", "topics.json", `{"id":1,"title":"A topic of ours","post_stream":{"posts":[{"id":1,"post_number":1,"created_at":"2024-01-01T00:00:00Z","cooked":"<p>x</p>","raw":"[quote=\"a\"]b[/quote]"}]}}`,
		`[{"category_list":{"categories":[{"id":1}]}},{"users":[{"username":"a"}]}]`, `{"id":"x","post_stream":{"posts":[{"post_number":2}]}}{`, "[", "[1,2")
}
