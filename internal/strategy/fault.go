package strategy

import (
	"errors"
	"fmt"
)

// Fault is what is wrong with one objective of a draft or a file.
type Fault struct {
	Objective Words // what it is called; may be empty
	err       error
}

func (f *Fault) Error() string { return fmt.Sprintf("objective %q: %v", f.Objective.In("en"), f.err) }

// Unwrap gives what is wrong.
func (f *Fault) Unwrap() error { return f.err }

// blame says which objective something is wrong with.
func blame(name Words, err error) error { return &Fault{Objective: name, err: err} }

// between names a link by both its ends, in the languages of either.
func between(a, b Words) Words {
	out := Words{}
	for _, w := range []Words{a, b} {
		for lang := range w {
			out[lang] = a.In(lang) + " → " + b.In(lang)
		}
	}
	return out
}

// About is the name of the objective that an error is about, in a language; "" when it is about none.
func About(err error, lang string) string {
	var f *Fault
	if errors.As(err, &f) {
		return f.Objective.In(lang)
	}
	return ""
}
