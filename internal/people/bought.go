package people

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// Bought is what somebody bought in one currency, with what they gave back taken off.
type Bought struct {
	Currency string
	Orders   int
	Sum      int64     // in the smallest unit of the currency
	LastAt   time.Time // of the last of it
}

// Bought lists what is known to have been bought by these identities, what was bought last first.
func (s *Service) Bought(ctx context.Context, uris []string) ([]Bought, error) {
	q := s.db.Read()
	list, err := db.All(ctx, q, func(b *Bought) []any { return []any{&b.Currency, &b.Orders, &b.Sum, db.At(&b.LastAt)} },
		`SELECT currency, CAST(SUM(CASE WHEN amount >= 0 THEN 1 ELSE 0 END) AS BIGINT), CAST(SUM(amount) AS BIGINT), MAX(at) FROM (SELECT DISTINCT a.id, a.currency, a.amount, a.at
		FROM timeline t JOIN activity a ON a.id = t.activity WHERE t.identity IN `+db.Among(q, "$1")+` AND a.kind = $2) AS o GROUP BY currency ORDER BY 4 DESC, 1`, db.Texts(uris), ledger.OrderPlaced)
	if err != nil {
		return nil, fmt.Errorf("read what was bought: %w", err)
	}
	return list, nil
}
