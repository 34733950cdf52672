package org

import "context"

type moneyKey struct{}

// SeesMoney reports whether whoever acts in ctx sees amounts: what is earned, spent, paid and worth. They are for those who steer the strategy;
// everybody else who may read sees how many there are, shares, progress and states. This is the one place that says so.
func SeesMoney(ctx context.Context) bool {
	if sees, said := ctx.Value(moneyKey{}).(bool); said {
		return sees
	}
	return Require(ctx, StrategyEdit) == nil
}

// WithMoney returns a context in which amounts are reckoned with whoever asks, for what is kept for all: whoever shows it asks SeesMoney of the
// reader's context.
func WithMoney(ctx context.Context) context.Context { return context.WithValue(ctx, moneyKey{}, true) }

// WithoutMoney returns a context in which nobody sees amounts: for what goes on to others than who acts in ctx.
func WithoutMoney(ctx context.Context) context.Context {
	return context.WithValue(ctx, moneyKey{}, false)
}
