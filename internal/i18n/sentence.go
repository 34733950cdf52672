package i18n

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// sentence is what a key says: words with values between {{. and }}, and when it depends on a count another form for one.
type sentence struct{ other, one string }

// UnmarshalJSON reads a plain sentence, or an object of the plural forms "one" and "other". CLDR gives French a third form, "many" (from a
// million on), which reads as "other".
func (s *sentence) UnmarshalJSON(b []byte) error {
	*s = sentence{}
	if len(b) > 0 && b[0] == '"' {
		if err := json.Unmarshal(b, &s.other); err != nil {
			return err
		}
		return check(s.other)
	}
	var forms map[string]string
	if err := json.Unmarshal(b, &forms); err != nil {
		return err
	}
	s.one, s.other = forms["one"], forms["other"]
	if len(forms) != 2 || s.one == "" || s.other == "" {
		return fmt.Errorf("%s is neither a sentence nor the plural forms one and other", b)
	}
	return errors.Join(check(s.one), check(s.other))
}

// check refuses a sentence that asks for anything else than values.
func check(text string) error {
	for rest := text; ; {
		_, name, after, ok := cut(rest)
		if !ok {
			if strings.Contains(rest, "{{") {
				return fmt.Errorf("%q: a value that is not closed", text)
			}
			return nil
		}
		if len(name) < 2 || name[0] != '.' || strings.ContainsAny(name[1:], " .|$({") {
			return fmt.Errorf("%q asks for %q; a sentence takes values only, as {{.Name}}", text, name)
		}
		rest = after
	}
}

// cut takes text apart at its first value.
func cut(text string) (words, name, rest string, ok bool) {
	words, rest, ok = strings.Cut(text, "{{")
	if !ok {
		return text, "", "", false
	}
	name, rest, ok = strings.Cut(rest, "}}")
	if !ok {
		return text, "", "", false
	}
	return words, strings.TrimSpace(name), rest, true
}

// say gives one form with the values of args (name, value pairs) in their places. In the made-up language it stands between brackets.
func (s sentence) say(lang, form string, args []any) string {
	words, name, rest, ok := cut(form)
	if !ok && lang != Pseudo {
		return form
	}
	var b strings.Builder
	if lang == Pseudo {
		b.WriteString("⟦")
	}
	for ok {
		b.WriteString(words)
		switch v := value(args, name[1:]).(type) {
		case string:
			b.WriteString(v)
		case nil:
			b.WriteString("<no value>") // seen, and found by the tests of sentences
		default:
			fmt.Fprint(&b, v)
		}
		words, name, rest, ok = cut(rest)
	}
	b.WriteString(words)
	if lang == Pseudo {
		b.WriteString("⟧")
	}
	return b.String()
}

// value is the last of a name's.
func value(args []any, name string) any {
	for i := len(args)/2*2 - 2; i >= 0; i -= 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return nil
}
