package org

import (
	"context"
	"slices"

	"github.com/entente/entente/internal/problem"
)

type whoKey struct{}
type visitKey struct{}
type operatorKey struct{}

// Visit is where a request came from: the address without port, what the program calls itself, and by what it is known, see Remember.
type Visit struct{ IP, Agent, Device string }

// With returns a context in which m acts, nil for nobody: with their rights and no others. What runs behind the pages runs as the operator; what it does, asks or
// writes in the name of somebody does not.
func With(ctx context.Context, m *Member) context.Context {
	if IsOperator(ctx) {
		ctx = context.WithValue(ctx, operatorKey{}, false)
	}
	return context.WithValue(ctx, whoKey{}, m)
}

// Who returns the member that acts in ctx, nil when nobody does.
func Who(ctx context.Context) *Member {
	m, _ := ctx.Value(whoKey{}).(*Member)
	return m
}

// WithVisit returns a context that knows where the request came from; the audit log notes it.
func WithVisit(ctx context.Context, v Visit) context.Context {
	return context.WithValue(ctx, visitKey{}, v)
}

// VisitOf returns where the request of ctx came from, nothing when it came from none.
func VisitOf(ctx context.Context) Visit {
	v, _ := ctx.Value(visitKey{}).(Visit)
	return v
}

// AsOperator returns a context in which whoever runs the machine acts: the command line, and the demo. They may do everything.
func AsOperator(ctx context.Context) context.Context {
	return context.WithValue(ctx, operatorKey{}, true)
}

// IsOperator reports whether ctx was made by AsOperator.
func IsOperator(ctx context.Context) bool {
	is, _ := ctx.Value(operatorKey{}).(bool)
	return is
}

// Require refuses unless whoever acts in ctx may do p.
func Require(ctx context.Context, p Permission) error {
	m := Who(ctx)
	switch {
	case IsOperator(ctx) || m.May(p):
		return nil
	case m == nil:
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	return problem.New(problem.Forbidden, "problem.forbidden")
}

// may is Require as a question.
func may(ctx context.Context, p Permission) bool { return Require(ctx, p) == nil }

// ownAccount gives the member that acts on what is theirs: sessions, tokens, profile. A token needs the scope SignedIn for that.
func ownAccount(ctx context.Context) (*Member, error) {
	m := Who(ctx)
	if m == nil || m.State != Active {
		return nil, signInFirst()
	}
	if m.limited && !slices.Contains(m.scopes, SignedIn) {
		return nil, problem.New(problem.Forbidden, "problem.forbidden")
	}
	return m, nil
}

// InOwnName refuses nobody, and a token that may not act in its member's own name: one without the scope SignedIn.
func InOwnName(ctx context.Context) error {
	_, err := ownAccount(ctx)
	return err
}

// inPerson gives the member that acts, and refuses a token: what concerns passwords and tokens is done by people who signed in.
func inPerson(ctx context.Context) (*Member, error) {
	m := Who(ctx)
	if m == nil {
		return nil, signInFirst()
	}
	if m.limited {
		return nil, problem.New(problem.Forbidden, "org.not_by_token")
	}
	return m, nil
}
