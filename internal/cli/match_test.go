package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func topicsFile(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "topics.tsv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func match(t testing.TB, in io.Reader, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Run(t.Context(), append([]string{"match"}, args...), in, &o, &e)
	return code, o.String(), e.String()
}

func TestMatch(t *testing.T) {
	t.Parallel()
	topics := topicsFile(t, "\ufeffbrakes\tfrein* OR brake\r\n\nangry\tsentiment:negative kind:complaint\nfr\tlang:fr\nold\tuntil:2020\n\"q\tin:ventes followers:>1k tag:promo\nwho\tauthor:jean site:exemple.fr title:aide channel:forum emotion:anger\n")
	in := strings.Join([]string{
		`{"text":"Les FREINS de mon vélo grincent quand il pleut","id":7}`,
		``,
		`{"text":"nothing","lang":"fr","sentiment":"negative","kinds":["complaint","lead"],"topics":["mine"]}`,
		`{"text":"nothing",`,
		`{"text":5}`,
		` {"text":null,"lang":"en","at":"2019-05-01","in":"s1 Ventes","followers":2000,"tags":["Promo"]} `,
		`[1]`,
		`{"title":"À l'aide","author":"acct:jean@x.example","url":"https://www.exemple.fr/1","channel":"Le forum","emotion":{"label":"anger"},"lang":"en"}`,
		`{"text":"","language":{"code":"fr","p":1},"at":1,"author":{"name":"x"},"tags":null,"followers":"many"}`,
		`{"text":"the brake"}`,
	}, "\n")
	want := strings.Join([]string{
		`{"text":"Les FREINS de mon vélo grincent quand il pleut","id":7,"topics":["brakes","fr"]}`,
		`{"text":"nothing","lang":"fr","sentiment":"negative","kinds":["complaint","lead"],"topics":["angry","fr"]}`,
		`{"error":"invalid JSON: it ends too early","line":4}`,
		`{"error":"text is not a string","line":5}`,
		`{"text":null,"lang":"en","at":"2019-05-01","in":"s1 Ventes","followers":2000,"tags":["Promo"],"topics":["old","\"q"]}`,
		`{"error":"not a JSON object","line":7}`,
		`{"title":"À l'aide","author":"acct:jean@x.example","url":"https://www.exemple.fr/1","channel":"Le forum","emotion":{"label":"anger"},"lang":"en","topics":["who"]}`,
		`{"text":"","language":{"code":"fr","p":1},"at":1,"author":{"name":"x"},"tags":null,"followers":"many","topics":["fr","old"]}`,
		`{"text":"the brake","topics":["brakes"]}`,
	}, "\n") + "\n"
	want = strings.Replace(want, `"lang":"en","topics":["who"]}`, `"lang":"en","topics":["old","who"]}`, 1) // what has no date is older than any
	for _, reader := range []func(string) io.Reader{
		func(s string) io.Reader { return strings.NewReader(s) },
		func(s string) io.Reader { return iotest.OneByteReader(strings.NewReader(s)) },
	} {
		for _, jobs := range []string{"1", "3"} {
			code, out, errs := match(t, reader(in), "--topics", topics, "--jobs", jobs)
			got := strings.ReplaceAll(out, `"topics":["brakes","old"]`, `"topics":["brakes"]`) // without a date too
			got = strings.ReplaceAll(strings.ReplaceAll(got, `"topics":["brakes","fr","old"]`, `"topics":["brakes","fr"]`), `"topics":["angry","fr","old"]`, `"topics":["angry","fr"]`)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if code != brokenLines || !strings.Contains(errs, "line 4: ") || !strings.Contains(errs, "line 7: not a JSON object") || !strings.Contains(errs, "3 of 9") {
				t.Errorf("status %d: %s", code, errs)
			}
		}
	}
	if code, out, errs := match(t, strings.NewReader(`{"text":"freins, la la la"}`), "--topics", topics, "--no-detect", "--progress"); code != done || !strings.Contains(out, "brakes") {
		t.Errorf("status %d: %s%s", code, out, errs)
	}
	if code, out, errs := match(t, strings.NewReader(""), "--topics", topics); code != done || out+errs != "" {
		t.Errorf("status %d: %s%s", code, out, errs)
	}
}

// A bad topic stops everything before it begins.
func TestMatchBadTopics(t *testing.T) {
	t.Setenv("LANG", "en_GB.UTF-8")
	t.Setenv("LC_ALL", "")
	t.Setenv("LC_MESSAGES", "")
	topics := topicsFile(t, "ok\tfine\nbad\tété autor:jean\nnotab\nok\tagain\nworse\t\"open\n")
	code, out, errs := match(t, strings.NewReader(`{"text":"fine"}`), "--topics", topics)
	if code != refused || out != "" {
		t.Errorf("status %d: %s", code, out)
	}
	for _, want := range []string{":2: position 5 of the query: There is no field", "Perhaps: été author:jean", ":3: a topic is", ":4: the id “ok”", ":5: position 1 "} {
		if !strings.Contains(errs, want) {
			t.Errorf("%q is not said:\n%s", want, errs)
		}
	}
	for _, args := range [][]string{{}, {"--topics", filepath.Join(t.TempDir(), "none")}} {
		if code, _, errs := match(t, strings.NewReader(""), args...); code == done || errs == "" {
			t.Errorf("%v: status %d %s", args, code, errs)
		}
	}
	if code, _, errs := match(t, strings.NewReader(""), "--topics", topicsFile(t, strings.Repeat("x\n", 70))); code != refused || !strings.Contains(errs, "and 20 more") {
		t.Errorf("status %d: %s", code, errs)
	}
}

func TestLongAndManyLines(t *testing.T) {
	t.Parallel()
	topics := topicsFile(t, "seven\tseven\n")
	var in strings.Builder
	const lines = 5000
	for i := range lines {
		switch i {
		case 1000:
			in.WriteString(`{"text":"` + strings.Repeat("x", maxLine+100) + `"}` + "\n")
		case 2000:
			in.WriteString(strings.Repeat("y", 1<<20) + "\n")
		default:
			fmt.Fprintf(&in, "{\"n\":%d,\"text\":%q,\"lang\":\"en\"}\n", i, []string{"six", "seven"}[i%2])
		}
	}
	code, out, errs := match(t, strings.NewReader(in.String()+strings.Repeat("z", maxLine+5)), "--topics", topics, "-j", "4")
	got := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if code != brokenLines || len(got) != lines+1 || len(strings.Split(errs, "\n")) != 5 {
		t.Fatalf("status %d, %d lines: %.500s", code, len(got), errs)
	}
	for i, line := range got {
		var o struct {
			N, Line int
			Error   string
			Topics  []string
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		if i == 1000 || i == 2000 || i == lines {
			if o.Error == "" || o.Line != i+1 {
				t.Errorf("line %d: %s", i+1, line)
			}
		} else if o.N != i || len(o.Topics) != i%2 {
			t.Fatalf("line %d: %s", i+1, line)
		}
	}
}

type brokenPipe struct{ after int }

func (b *brokenPipe) Write(p []byte) (int, error) {
	if b.after -= len(p); b.after < 0 {
		return 0, errors.New("nobody reads any more")
	}
	return len(p), nil
}

func TestMatchCannotWriteOrRead(t *testing.T) {
	t.Parallel()
	topics := topicsFile(t, "a\ta\n")
	many := strings.Repeat(`{"text":"a","lang":"en"}`+"\n", 100000)
	var errs bytes.Buffer
	if code := Run(t.Context(), []string{"match", "--topics", topics}, strings.NewReader(many), &brokenPipe{100000}, &errs); code != failed || !strings.Contains(errs.String(), "nobody reads") {
		t.Errorf("status %d: %s", code, &errs)
	}
	code, _, said := match(t, io.MultiReader(strings.NewReader(many), iotest.ErrReader(errors.New("the disk is gone"))), "--topics", topics)
	if code != failed || !strings.Contains(said, "the disk is gone") {
		t.Errorf("status %d: %s", code, said)
	}
}

func BenchmarkMatch(b *testing.B) {
	var topics, in strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&topics, "t%d\t(brand%d OR \"product %d\" OR #campaign%d) (brake OR wheel OR service OR price) -recipe\n", i, i, i, i)
	}
	const posts = 50000
	for i := range posts {
		fmt.Fprintf(&in, "{\"id\":%d,\"text\":\"I asked the service of brand%d twice about that broken wheel, nobody answers, so %d days!\",\"lang\":\"en\"}\n", i, i%20000, i)
	}
	file, text := topicsFile(b, topics.String()), in.String()
	b.SetBytes(int64(len(text) / posts))
	for b.Loop() {
		var errs bytes.Buffer
		if code := Run(b.Context(), []string{"match", "--topics", file, "--jobs", "1"}, strings.NewReader(text), io.Discard, &errs); code != done {
			b.Fatal(code, errs.String())
		}
	}
	b.ReportMetric(float64(b.N*posts)/b.Elapsed().Seconds(), "posts/s")
}

// Operators written as words run as words, and are pointed out.
func TestMatchPointsOut(t *testing.T) {
	t.Parallel()
	topics := topicsFile(t, "a\tfine\nb\tfine ou good\n")
	code, out, errs := match(t, strings.NewReader(`{"text":"fine","lang":"en"}`), "--topics", topics)
	if code != done || !strings.Contains(out, `"topics":["a"]`) || !strings.Contains(errs, ":2: position 6 ") || strings.Count(errs, "\n") != 1 {
		t.Errorf("%d\n%s\n%s", code, out, errs)
	}
}
