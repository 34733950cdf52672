// Package problem decides what kinds of refusal exist and what each is called; surfaces turn them into pages and RFC 9457 answers.
package problem

import (
	"errors"
	"fmt"
)

// Code is the kind of a problem; surfaces map it to a status once.
type Code string

// The kinds of problem.
const (
	Invalid         Code = "invalid"         // what was given cannot be accepted; the caller can mend it
	Unauthenticated Code = "unauthenticated" // nobody has signed in
	Forbidden       Code = "forbidden"       // signed in, but not allowed
	Missing         Code = "missing"         // there is no such thing, or it may not be seen
	Conflict        Code = "conflict"        // somebody else changed it, or it exists already
	Busy            Code = "busy"            // too much at once; try again later
	TooLarge        Code = "too_large"       // more than is accepted
	Internal        Code = "internal"        // our fault
)

// Problem is an error with words for people: Key names the sentence in locales, Args fill it.
type Problem struct {
	Code  Code
	Key   string
	Args  []any  // name, value pairs
	Field string // the form field or JSON member concerned, or ""
	Other string // id of what stands in the way, such as what somebody else said, or ""
	Err   error  // what was behind it, for the log
}

// New returns a problem; args are name, value pairs for the sentence.
func New(code Code, key string, args ...any) *Problem {
	return &Problem{Code: code, Key: key, Args: args}
}

// Error is for logs, not for people.
func (p *Problem) Error() string {
	s := string(p.Code) + ": " + p.Key
	for i := 0; i+1 < len(p.Args); i += 2 {
		s += fmt.Sprintf(" %v=%v", p.Args[i], p.Args[i+1])
	}
	if p.Err != nil {
		s += ": " + p.Err.Error()
	}
	return s
}

// Unwrap gives what was behind the problem.
func (p *Problem) Unwrap() error { return p.Err }

// On names the field concerned.
func (p *Problem) On(field string) *Problem {
	q := *p
	q.Field = field
	return &q
}

// Beside names what stands in the way.
func (p *Problem) Beside(other string) *Problem {
	q := *p
	q.Other = other
	return &q
}

// Because keeps err for the log.
func (p *Problem) Because(err error) *Problem {
	q := *p
	q.Err = err
	return &q
}

// Of finds the problem in err. An error that is none is Internal, with the sentence "problem.internal".
func Of(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return &Problem{Code: Internal, Key: "problem.internal", Err: err}
}

// Is reports whether err is a problem of this kind.
func Is(err error, code Code) bool { return err != nil && Of(err).Code == code }
