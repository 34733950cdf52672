package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	maxDepth   = 32   // of a body; ours have 4
	maxMembers = 5000 // of a body in all
)

// unmarshal reads JSON that means one thing to everybody: no name twice (not even in another case, which would be the same member to us),
// no bytes that are not UTF-8, no NUL (which a database refuses), and no more depth than anybody needs.
func unmarshal(data []byte, v any) error {
	if _, first := v.(*any); first { // the same body is read a second time into its type
		if err := plain(data); err != nil {
			return err
		}
		if json.Unmarshal(data, v) != nil {
			return errors.New("api.body.json")
		}
		return nil
	}
	return json.Unmarshal(data, v)
}

type level struct {
	object, value bool // value: of an object, the next token is a value
	names         map[string]bool
}

func plain(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("api.body.utf8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var stack []*level
	members := 0
	for {
		token, err := d.Token()
		if err == io.EOF && len(stack) == 0 && members > 0 {
			return nil
		}
		if err != nil {
			return errors.New("api.body.json")
		}
		if members++; members > 2*maxMembers {
			return errors.New("api.body.members")
		}
		var in *level
		if n := len(stack); n > 0 {
			in = stack[n-1]
		}
		text, isText := token.(string)
		if isText && strings.ContainsRune(text, 0) {
			return errors.New("api.body.nul")
		}
		if in != nil && in.object && !in.value {
			if isText { // a name
				folded := strings.ToLower(strings.ToUpper(text))
				if in.names[folded] {
					return errors.New("api.body.twice " + text)
				}
				in.names[folded], in.value = true, true
				continue
			}
		} else if in != nil {
			in.value = false
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, &level{object: true, names: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, &level{})
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
		}
		if len(stack) > maxDepth {
			return errors.New("api.body.depth")
		}
	}
}
