package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// classified is a line as `entente classify` writes it.
type classified struct {
	ID       int    `json:"id"`
	Text     string `json:"text"`
	Extra    any    `json:"extra"`
	Language struct {
		Code string  `json:"code"`
		P    float64 `json:"p"`
	} `json:"language"`
	Sentiment struct {
		Label string             `json:"label"`
		P     map[string]float64 `json:"p"`
	} `json:"sentiment"`
	Kinds   []string           `json:"kinds"`
	KindP   map[string]float64 `json:"kind_p"`
	Emotion struct {
		Label string             `json:"label"`
		P     map[string]float64 `json:"p"`
	} `json:"emotion"`
	Aggression struct {
		Label string  `json:"label"`
		P     float64 `json:"p"`
	} `json:"aggression"`
	Error string `json:"error"`
	Line  int    `json:"line"`
}

func classifyLines(t testing.TB, in string, args ...string) (code int, out []classified, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Run(t.Context(), append([]string{"classify"}, args...), strings.NewReader(in), &o, &e)
	for line := range strings.Lines(o.String()) {
		var c classified
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, c)
	}
	return code, out, e.String()
}

func TestClassify(t *testing.T) {
	t.Parallel()
	in := `{"id":1,"text":"J'adore cette application, elle marche parfaitement, merci beaucoup !","extra":{"a":[1]},"sentiment":"old"}
{"id":2,"text":"The app crashes every time I open it since the last update","lang":"en"}
{"id":3,"text":
{"id":4}
{"id":5,"text":7}
{"id":6,"text":""}
`
	code, out, errs := classifyLines(t, in)
	if code != brokenLines || len(out) != 6 {
		t.Fatalf("exit status %d, %d lines\n%s", code, len(out), errs)
	}
	if o := out[0]; o.ID != 1 || o.Language.Code != "fr" || o.Sentiment.Label != "positive" || o.Extra == nil || !strings.Contains(o.Text, "merci beaucoup") {
		t.Errorf("the first line: %+v", o)
	}
	if o := out[1]; o.Sentiment.Label != "negative" || !strings.Contains(strings.Join(o.Kinds, " "), "complaint") || o.Aggression.Label != "none" {
		t.Errorf("the second line: %+v", o)
	}
	for i, o := range out {
		if i >= 2 && i <= 4 {
			if o.Error == "" || o.Line != i+1 || !strings.Contains(errs, fmt.Sprintf("line %d: ", i+1)) {
				t.Errorf("line %d: %+v\n%s", i+1, o, errs)
			}
			continue
		}
		sum := o.Sentiment.P["negative"] + o.Sentiment.P["neutral"] + o.Sentiment.P["positive"]
		if math.Abs(sum-1) > 0.001 || len(o.KindP) != 6 || len(o.Emotion.P) != 7 || o.Kinds == nil || o.Aggression.P <= 0 {
			t.Errorf("line %d: %+v", i+1, o)
		}
	}
}

func TestClassifyKeepsOrder(t *testing.T) {
	t.Parallel()
	var in strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&in, "{\"id\":%d,\"text\":%q}\n", i, strings.Repeat("Je suis content ", i%40))
	}
	var want []classified
	for _, jobs := range []string{"1", "4"} {
		code, out, errs := classifyLines(t, in.String(), "--jobs", jobs)
		if code != done || len(out) != 3000 {
			t.Fatalf("exit status %d, %d lines: %s", code, len(out), errs)
		}
		for i, o := range out {
			if o.ID != i {
				t.Fatalf("line %d is number %d", i, o.ID)
			}
		}
		if want == nil {
			want = out
		} else if diff := cmp.Diff(want, out); diff != "" {
			t.Error(diff)
		}
	}
}

func FuzzClassifyLines(f *testing.F) {
	f.Add([]byte(`{"text":"bonjour"}`))
	f.Add([]byte("\xef\xbb\xbf{\"text\":\"\\ud83d\"}\r\n\n[]\n{\"text\":\"a\",\"text\":\"b\"}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		code, out, errs := classifyLines(t, string(in), "--jobs", "1")
		bad := 0
		for _, o := range out {
			if o.Error != "" && o.Line > 0 {
				bad++
			}
		}
		if code != done && code != brokenLines || code == brokenLines && bad == 0 {
			t.Errorf("exit status %d, %d broken: %s", code, bad, errs)
		}
	})
}

func TestTrainRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lang, says string }{{"../../lang", "refuse-hashes.txt"}, {t.TempDir(), "name it with --lang"}} {
		var o, e bytes.Buffer
		code := Run(t.Context(), []string{"train", "--data", t.TempDir(), "--lang", c.lang, "--out", t.TempDir(), "--only", "classify"}, strings.NewReader(""), &o, &e)
		if code == done || !strings.Contains(e.String(), c.says) {
			t.Errorf("trained without what it needs: %d %s%s", code, o.String(), e.String())
		}
	}
}

// A text too short to tell has an unknown language, and whatever bytes come in, what comes out is UTF-8.
func TestClassifyLittleAndBroken(t *testing.T) {
	t.Parallel()
	var o, e bytes.Buffer
	code := Run(t.Context(), []string{"classify"}, strings.NewReader("{\"text\":\"12 34\"}\n{\"text\":\"caf\xe9 ferm\xe9\",\"extra\":\"\xff\"}\n\xff\n"), &o, &e)
	if code != 3 || !utf8.Valid(o.Bytes()) {
		t.Errorf("exit %d, UTF-8 %v", code, utf8.Valid(o.Bytes()))
	}
	lines := strings.Split(o.String(), "\n")
	if !strings.Contains(lines[0], `"code":"unknown"`) || !strings.Contains(lines[1], `"extra":"�"`) || !strings.Contains(lines[2], `"line":3`) {
		t.Errorf("%s", o.String())
	}
}
