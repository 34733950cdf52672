package api

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"a":1,"b":{"a":2},"c":[{"a":1},{"a":2}]}`: "",
		`"x"`:                      "",
		`{"a":"b","b":"a"}`:        "",
		`{"a":1,"a":2}`:            "api.body.twice a",
		`{"a":1,"A":2}`:            "api.body.twice A",
		`{"k":1,"\u212a":2}`:       "api.body.twice \u212a", // the sign for kelvin is a k to encoding/json
		`{"x":{"b":1,"\u0062":2}}`: "api.body.twice b",
		`{"a":"\u0000"}`:           "api.body.nul",
		`{"\u0000":1}`:             "api.body.nul",
		"\"\xff\"":                 "api.body.utf8",
		`{"a":`:                    "api.body.json",
		`{"a" 1}`:                  "api.body.json",
		strings.Repeat("[", 33):    "api.body.depth",
		"[" + strings.Repeat("1,", 20_000) + "1]": "api.body.members",
	} {
		got := ""
		if err := plain([]byte(body)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%.40q: %q, want %q", body, got, want)
		}
	}
}

// FuzzUnmarshal: what is read means one thing, and nothing makes us fall.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{`{}`, `{"name":"x","n":1}`, `{"name":"x","Name":"y"}`, `[[[[]]]]`, `"\ud800"`, `{"n":1e400}`, `{"n":-0}`, "\xff", `{"a":1}{}`} {
		f.Add([]byte(seed))
	}
	type thing struct {
		Name string
		N    int64
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var v any
		if unmarshal(data, &v) != nil {
			return
		}
		if !utf8.Valid(data) || strings.Contains(string(data), `\u0000`) && !strings.Contains(string(data), `\\u0000`) {
			t.Errorf("%q was read", data)
		}
		var typed thing
		if unmarshal(data, &typed) != nil {
			return
		}
		m, _ := v.(map[string]any)
		for k, x := range m {
			if s, ok := x.(string); ok && strings.EqualFold(k, "name") && s != typed.Name {
				t.Errorf("%q is checked as %q and used as %q", data, s, typed.Name)
			}
		}
		if _, err := json.Marshal(v); err != nil {
			t.Error(err)
		}
	})
}
