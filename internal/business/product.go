package business

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// mostProducts bounds how many names of products are listed.
const mostProducts = 200

// Products are the names of what was ordered, for who reads measures.
func (s *Service) Products(ctx context.Context) ([]string, error) {
	if err := org.Require(ctx, org.MeasureRead); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT label FROM business_fact WHERE kind = $1 AND label <> '' GROUP BY label ORDER BY COUNT(*) DESC, label"+db.Limit(mostProducts), Order)
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	return list, nil
}
