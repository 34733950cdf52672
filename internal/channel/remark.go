package channel

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/entente/entente/internal/problem"
)

// Remark is why something did not go well: one line in the words of the other side or of the connector, without secrets, and the key of
// a sentence for people when there is one.
type Remark struct {
	Text string
	Key  string
	Args []any // name, value pairs for the sentence
}

// remark says err of a channel.
func (s *Service) remark(err error, a *Account) Remark {
	for fault, ok := err.(*Fault); ok; fault, ok = err.(*Fault) { // its kind is kept apart
		err = fault.Err
	}
	r := Remark{Text: err.Error()}
	var p *problem.Problem
	if errors.As(err, &p) {
		r.Key, r.Args = p.Key, slices.Clone(p.Args)
	}
	settings, e := s.opened(a)
	if e != nil {
		settings = nil
	}
	hide := func(text string) string {
		for _, name := range a.Secrets {
			if v := settings[name]; v != "" {
				text = strings.ReplaceAll(text, v, "•••")
			}
		}
		return line(text, 400)
	}
	r.Text = hide(r.Text)
	for i, arg := range r.Args {
		if text, ok := arg.(string); ok && i%2 == 1 {
			r.Args[i] = hide(text)
		}
	}
	return r
}

// skipped remarks on what could not be read of a page.
func skipped(list []Skipped) Remark {
	if len(list) == 0 {
		return Remark{}
	}
	one := list[0]
	text := line(fmt.Sprintf("%d: %s %s %s", len(list), one.Place, one.Reason, one.Detail), 400)
	return Remark{Text: text, Key: "channel.skipped", Args: []any{"Count", len(list), "Place", line(one.Place, 100)}}
}

// A remark is stored as its text, and below it the sentence as JSON.
func (r Remark) column() string {
	if r.Key == "" {
		return r.Text
	}
	raw, err := json.Marshal(map[string]any{"key": r.Key, "args": r.Args})
	if err != nil || len(raw) > 4000 {
		return r.Text
	}
	return r.Text + "\n" + string(raw)
}

// Scan reads a stored remark.
func (r *Remark) Scan(v any) error {
	text, ok := v.(string)
	if raw, is := v.([]byte); is {
		text, ok = string(raw), true
	}
	if !ok {
		return fmt.Errorf("a remark is stored as %T", v)
	}
	var said struct {
		Key  string `json:"key"`
		Args []any  `json:"args"`
	}
	*r = Remark{}
	text, raw, found := strings.Cut(text, "\n")
	r.Text = text
	if found && json.Unmarshal([]byte(raw), &said) == nil {
		r.Key, r.Args = said.Key, said.Args
	}
	return nil
}
