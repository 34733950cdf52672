package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestObject(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in      string
		without string
		text    string
		want    string // reopened; "" when it is refused
	}{
		{`{}`, "topics", "", `{`},
		{` {"text":"a"} `, "topics", "", ""}, // lines come trimmed
		{`{ "text" : "a" , "n":1.5e-3 }`, "topics", "a", `{ "text" : "a" , "n":1.5e-3,`},
		{`{"topics":["x"],"text":"a\n\u00e9\ud83d\udd25\ud83d"}`, "topics", "a\né🔥\ufffd", `{"text":"a\n\u00e9\ud83d\udd25\ud83d",`},
		{`{"te\u0078t":"b","topics":1}`, "topics", "b", `{"te\u0078t":"b",`},
		{`{"topics":{"a":[1,{"b":"}"}]}}`, "topics", "", `{`},
		{`{"text":"a"} x`, "", "", ""},
		{`{"text":"a"`, "", "", ""},
		{`{"text":"a",}`, "", "", ""},
		{`{"text":'a'}`, "", "", ""},
		{`{"text":"a` + "\t" + `"}`, "", "", ""},
		{`{"text":01}`, "", "", ""},
		{`{"text":"\ud8"}`, "", "", ""},
		{`["text"]`, "", "", ""},
		{`null`, "", "", ""},
		{`{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, "", "", ""},
	} {
		var o object
		err := o.read([]byte(c.in))
		if (err == nil) != (c.want != "") {
			t.Errorf("%.60s: %v", c.in, err)
		}
		if err != nil {
			continue
		}
		text := ""
		for i := range o.members {
			if o.members[i].key == "text" {
				text, _ = o.members[i].text()
			}
		}
		if d := cmp.Diff([]string{c.want, c.text}, []string{string(o.reopen(nil, c.without)), text}); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.in, d)
		}
	}
}

func FuzzObject(f *testing.F) {
	for _, s := range []string{`{"text":"a\u00e9\ud83d\udd25","n":[1,-2.5e+7,{"x":null}],"t":true}`, `{"a":"\\\"","a":{}}`, `{"tags":["a","b",3,[],"c"]}`, "{\"\xff\":\"\xff\"}", `{"a":0.}`, `{`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.Trim(s, " \t\r\n")
		var o object
		err := o.read([]byte(s))
		if valid := json.Valid([]byte(s)) && strings.HasPrefix(s, "{"); valid != (err == nil) && strings.Count(s, "[")+strings.Count(s, "{") < maxNesting {
			t.Fatalf("%q: %v, valid is %t", s, err, valid)
		}
		if err != nil {
			return
		}
		var want map[string]any
		if err := json.Unmarshal([]byte(s), &want); err != nil {
			t.Fatal(err)
		}
		got := map[string]any{}
		for i := range o.members {
			m := &o.members[i]
			m.texts(nil)
			m.label()
			if text, ok := m.text(); ok {
				got[m.key] = text
			} else {
				var v any
				if err := json.Unmarshal(m.value, &v); err != nil {
					t.Fatalf("%q: %v", m.value, err)
				}
				got[m.key] = v
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%q (-want +got):\n%s", s, d)
		}
		var back map[string]any
		if err := json.Unmarshal(append(o.reopen(nil, "topics"), `"topics":[]}`...), &back); err != nil {
			t.Fatalf("%q written back: %v", s, err)
		}
		want["topics"] = []any{}
		if d := cmp.Diff(want, back); d != "" {
			t.Fatalf("%q written back (-want +got):\n%s", s, d)
		}
	})
}
