package i18n

import (
	"fmt"
	"strings"

	"golang.org/x/text/language"
)

// pieces is a sentence cut at its values: at even places words, at odd ones the name of a value.
type pieces []string

// counted is a sentence in its two plural forms.
type counted struct {
	tag        language.Tag
	one, other pieces
}

// cut takes a sentence apart; ok is false when it asks for more than values.
func cut(s string) (p pieces, ok bool) {
	for {
		words, rest, found := strings.Cut(s, "{{")
		p = append(p, words)
		if !found {
			return p, true
		}
		name, rest, closed := strings.Cut(rest, "}}")
		if name = strings.TrimSpace(name); !closed || len(name) < 2 || name[0] != '.' || strings.ContainsAny(name[1:], " .|$(") {
			return nil, false
		}
		p = append(p, name[1:])
		s = rest
	}
}

// fill puts the values of args (name, value pairs) in their places.
func (p pieces) fill(args []any) string {
	if len(p) == 1 {
		return p[0]
	}
	var b strings.Builder
	for i, s := range p {
		if i%2 == 0 {
			b.WriteString(s)
			continue
		}
		switch v := value(args, s).(type) {
		case string:
			b.WriteString(v)
		case nil:
			b.WriteString("<no value>") // as text/template has it: seen, and found by the tests of sentences
		default:
			fmt.Fprint(&b, v)
		}
	}
	return b.String()
}

// value is the last of a name's, as when pairs makes a map of them.
func value(args []any, name string) any {
	for i := len(args)/2*2 - 2; i >= 0; i -= 2 {
		if args[i] == name {
			return args[i+1]
		}
	}
	return nil
}
