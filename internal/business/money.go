package business

import (
	"context"

	"github.com/entente/entente/internal/org"
)

// shown is a fact as whoever asks may see it: amounts are not for everybody who reads facts.
func (f Fact) shown(ctx context.Context) Fact {
	if f.Currency != "" && !org.SeesMoney(ctx) {
		f.Amount, f.Before, f.Currency, f.Hidden = nil, nil, "", true
	}
	return f
}

// shown is a line of the history as whoever asks may see it.
func (l Line) shown(ctx context.Context) Line {
	if l.Currency != "" && !org.SeesMoney(ctx) {
		l.Amount, l.Before, l.Currency, l.Hidden = 0, nil, "", true
	}
	return l
}
