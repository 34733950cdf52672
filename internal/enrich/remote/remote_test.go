package remote

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var asked = []Question{{Head: "sentiment", Values: []string{"negative", "neutral", "positive"}}, {Head: "kinds", Values: []string{"praise", "complaint"}, Several: true}}

func wrap(content string) string {
	r := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	return `{"choices":[{"message":{"content":"` + r.Replace(content) + `"}}]}`
}

func TestReadChat(t *testing.T) {
	t.Parallel()
	both := `{"posts":[{"n":2,"sentiment":"neutral","kinds":[]},{"n":1,"sentiment":"negative","kinds":["complaint","praise"]}]}`
	for name, c := range map[string]struct {
		raw  string
		want []Answer // nil: none of it is believed
	}{
		"in another order":    {wrap(both), []Answer{{"sentiment": "negative", "kinds": "praise,complaint"}, {"sentiment": "neutral", "kinds": "none"}}},
		"an unknown value":    {wrap(strings.Replace(both, `"neutral"`, `"furious"`, 1)), []Answer{{"sentiment": "negative", "kinds": "praise,complaint"}, nil}},
		"a head is missing":   {wrap(strings.Replace(both, `"sentiment":"neutral",`, ``, 1)), []Answer{{"sentiment": "negative", "kinds": "praise,complaint"}, nil}},
		"null":                {wrap(strings.Replace(both, `"neutral"`, `null`, 1)), []Answer{{"sentiment": "negative", "kinds": "praise,complaint"}, nil}},
		"a number twice":      {wrap(strings.Replace(both, `"n":2`, `"n":1`, 1)), nil},
		"a number out of all": {wrap(strings.Replace(both, `"n":2`, `"n":3`, 1)), nil},
		"too few":             {wrap(`{"posts":[{"n":1,"sentiment":"negative","kinds":[]}]}`), nil},
		"words around":        {wrap("Here you are: " + both), nil},
		"words after":         {wrap(both + " Glad to help"), nil},
		"other fields":        {wrap(`{"posts":[],"note":"x"}`), nil},
		"no choice":           {`{"choices":[]}`, nil},
		"no JSON":             {`<html>`, nil},
	} {
		got, err := readChat([]byte(c.raw), asked, 2)
		if diff := cmp.Diff(c.want, got); diff != "" || (c.want == nil) != errors.Is(err, ErrAnswer) {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestReadScores(t *testing.T) {
	t.Parallel()
	names := map[string]string{"label_0": "negative"}
	raw := `[[{"label":"LABEL_0","score":0.8},{"label":"POSITIVE","score":0.2}],[{"label":"neutral","score":0.4}],[{"label":"joy","score":0.9}],[]]`
	got, err := readScores([]byte(raw), names, asked[0], 4)
	if diff := cmp.Diff([]Answer{{"sentiment": "negative"}, {}, nil, nil}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got, err = readScores([]byte(`[[{"label":"praise","score":0.8},{"label":"complaint","score":0.7}],[{"label":"praise","score":0.1}]]`), nil, asked[1], 2)
	if diff := cmp.Diff([]Answer{{"kinds": "praise,complaint"}, {"kinds": "none"}}, got); diff != "" || err != nil {
		t.Errorf("several %v (-want +got):\n%s", err, diff)
	}
	for _, raw := range []string{`[[]]`, `{}`, `[`, `[[{"label":"x","score":"y"}],[]]`} {
		if _, err := readScores([]byte(raw), nil, asked[0], 2); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(wrap(`{"posts":[{"n":1,"sentiment":"neutral","kinds":["praise"]},{"n":2}]}`)))
	f.Add([]byte(`[[{"label":"negative","score":0.8}],[{"label":"negative","score":1e309}]]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		chat, err1 := readChat(raw, asked, 2)
		scores, err2 := readScores(raw, nil, asked[0], 2)
		for _, list := range [][]Answer{chat, scores} {
			for _, a := range list {
				for head, v := range a {
					if head == "sentiment" && v != "negative" && v != "neutral" && v != "positive" {
						t.Fatalf("%q was never offered", v)
					}
				}
			}
		}
		if err1 == nil && len(chat) != 2 || err2 == nil && len(scores) != 2 {
			t.Fatal("not about as many as were asked about")
		}
	})
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ url, kind, want string }{
		{"https://api.example.com", OpenAI, "https://api.example.com/v1/chat/completions"},
		{"https://api.example.com/v1/", OpenAI, "https://api.example.com/v1/chat/completions"},
		{"https://api.example.com/x/chat/completions?api-version=2", OpenAI, "https://api.example.com/x/chat/completions?api-version=2"},
		{"http://tei.example.com:8080", TEI, "http://tei.example.com:8080/predict"},
		{"http://tei.example.com/predict", TEI, "http://tei.example.com/predict"},
	} {
		if got := (Endpoint{URL: c.url, Kind: c.kind}).address(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.url, got, c.want)
		}
	}
	for _, url := range []string{"", "ftp://x.example", "https://user:pass@x.example", "javascript:alert(1)", "https://"} {
		if (Endpoint{URL: url}).Check() == nil {
			t.Errorf("%q passes", url)
		}
	}
}

func TestAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Duration{"": 0, "60": time.Minute, "-5": 0, "99999999999": surest, "Mon, 04 May 2026 12:00:30 GMT": 30 * time.Second,
		"Mon, 04 May 2020 12:00:30 GMT": 0, "soon": 0} {
		if got := after(s, now); got != want {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}
